"""``pm.math``: the functions of ``graphcore.tensor`` under PyMC's names.

Examples
--------
>>> import graphcore.model as pm
>>> pm.math.invlogit(0.0).eval()
array(0.5)
"""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.lkj import expand_packed_triangular
from graphcore.tensor import (
    abs,
    abs_,
    and_,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    as_tensor,
    as_tensor_variable,
    broadcast_to,
    ceil,
    clip,
    concatenate,
    constant,
    cos,
    cosh,
    cumprod,
    cumsum,
    diff,
    dimshuffle,
    dot,
    eq,
    erf,
    erfc,
    erfcinv,
    erfinv,
    exp,
    expand_dims,
    extract_diag,
    flatten,
    floor,
    full,
    full_like,
    gammaln,
    ge,
    gt,
    invert,
    kron,
    le,
    linalg,
    log,
    log1p,
    log_softmax,
    logaddexp,
    logit,
    logsumexp,
    lt,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    ndtri,
    neq,
    ones,
    ones_like,
    or_,
    outer,
    prod,
    reshape,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    softmax,
    softplus,
    sqr,
    sqrt,
    stack,
    sum,
    switch,
    tan,
    tanh,
    where,
    xlogy,
    zeros,
    zeros_like,
)
from graphcore.tensor.linalg import det, logdet, matrix_dot, trace
from graphcore.tensor.nlinalg import matrix_inverse

invlogit = sigmoid
log1pexp = softplus
sgn = sign


def log_sigmoid(x):
    """``log(invlogit(x))`` without overflow.

    Examples
    --------
    >>> float(log_sigmoid(-1000.0).eval())
    -1000.0
    """
    return -softplus(-as_tensor_variable(x))


logsigmoid = log_sigmoid


def probit(p):
    """The standard normal quantile of a probability.

    Examples
    --------
    >>> float(probit(0.5).eval())
    0.0
    """
    return ndtri(as_tensor_variable(p))


def invprobit(x):
    """The standard normal distribution function.

    Examples
    --------
    >>> float(invprobit(0.0).eval())
    0.5
    """
    return 0.5 * erfc(as_tensor_variable(x) * -np.sqrt(0.5))


def log1mexp(x, *, negative_input=True):
    """``log(1 - exp(x))`` for negative ``x``; for positive ones with ``negative_input=False``.

    The function of PyMC3 took positive numbers, that of PyMC takes negative ones.

    Examples
    --------
    >>> float(log1mexp(-1.0).eval()) == float(log1mexp(1.0, negative_input=False).eval())
    True
    """
    x = as_tensor_variable(x)
    return tt.log1mexp(x if negative_input else -x)


def logdiffexp(a, b):
    """``log(exp(a) - exp(b))``, for ``a`` at least ``b``.

    Examples
    --------
    >>> float(logdiffexp(0.0, -1.0).eval())
    -0.458675...
    """
    a = as_tensor_variable(a)
    return a + log1mexp(b - a)


def logbern(log_p, rng=None):
    """Whether events happen that have the given log probabilities; numbers, not a graph."""
    log_p = np.asarray(log_p)
    if np.isnan(log_p).any():
        raise FloatingPointError("log_p is NaN")
    return np.log(np.random.default_rng(rng).uniform(size=log_p.shape)) < log_p


def flat_outer(a, b):
    """The elements of an outer product as a vector."""
    return flatten(outer(a, b))


def kronecker(*matrices):
    """The Kronecker product of all matrices.

    Examples
    --------
    >>> kronecker([[1, 2]], [[1], [10]]).eval()
    array([[ 1,  2],
           [10, 20]])
    """
    product = as_tensor_variable(matrices[0])
    for m in matrices[1:]:
        product = kron(product, m)
    return product


def kron_diag(*diagonals):
    """The diagonal of the Kronecker product of diagonal matrices.

    Examples
    --------
    >>> kron_diag([1, 2], [1, 10]).eval()
    array([ 1, 10,  2, 20])
    """
    product = as_tensor_variable(diagonals[0])
    for d in diagonals[1:]:
        product = flat_outer(product, d)
    return product


def kron_dot(matrices, x):
    """The Kronecker product of matrices times a vector or matrix, without making it.

    Examples
    --------
    >>> kron_dot([[[1.0, 2.0]], [[3.0]]], [1.0, 1.0]).eval()
    array([[9.]])
    """
    return kron_apply(dot, matrices, x)


def kron_solve_lower(factors, x):
    """Solves with the Kronecker product of lower triangular matrices."""
    return kron_apply(lambda a, b: linalg.solve_triangular(a, b, lower=True), factors, x)


def kron_solve_upper(factors, x):
    """Solves with the Kronecker product of upper triangular matrices."""
    return kron_apply(lambda a, b: linalg.solve_triangular(a, b, lower=False), factors, x)


def kron_apply(operation, matrices, x):
    """``operation`` with one factor after the other, on the axis that belongs to it."""
    x = as_tensor_variable(x)
    x = reshape(x, (-1, 1)) if x.ndim == 1 else x
    columns = x.shape[1]
    for m in map(as_tensor_variable, matrices):
        # The axis of this factor leads; after it was used it goes behind those still to come.
        made = reshape(operation(m, reshape(x, (m.shape[1], -1))), (m.shape[0], -1, columns))
        x = reshape(dimshuffle(made, (1, 0, 2)), (-1, columns))
    return x


def cartesian(*arrays):
    """All combinations of the rows of arrays, one per row; arrays or numbers, not a graph.

    Examples
    --------
    >>> cartesian([1, 2], [3, 4])
    array([[1, 3],
           [1, 4],
           [2, 3],
           [2, 4]])
    """
    parts = [np.asarray(a).reshape(len(a), -1) for a in arrays]
    index = np.meshgrid(*(np.arange(len(p)) for p in parts), indexing="ij")
    rows = [p[i.ravel()] for p, i in zip(parts, index, strict=True)]
    return np.concatenate(rows, axis=1)


def block_diagonal(matrices, sparse=False, format="csr"):
    """Matrices along the diagonal of one; arrays or variables.

    Examples
    --------
    >>> block_diagonal([[[1, 2]], [[3]]]).eval()
    array([[1, 2, 0],
           [0, 0, 3]])
    """
    if sparse:
        raise NotImplementedError("block_diagonal: sparse matrices are not supported")
    blocks = [as_tensor_variable(m) for m in matrices]
    widths = [b.type.shape[1] for b in blocks]
    rows = []
    for k, b in enumerate(blocks):
        before, after = int(np.sum(widths[:k])), int(np.sum(widths[k + 1 :]))
        n = b.type.shape[0]
        parts = [zeros((n, before), b.dtype), b, zeros((n, after), b.dtype)]
        rows.append(concatenate(parts, axis=1))
    return concatenate(rows, axis=0)


def batched_diag(C):
    """Diagonal matrices of the rows of a matrix; the diagonals of a stack of matrices.

    Examples
    --------
    >>> batched_diag([[1.0, 2.0]]).eval()
    array([[[1., 0.],
            [0., 2.]]])
    """
    C = as_tensor_variable(C)
    if C.ndim == 2:
        return expand_dims(C, 2) * np.eye(C.type.shape[1])
    if C.ndim == 3:
        return sum(C * np.eye(C.type.shape[1]), axis=-1)
    raise ValueError(f"batched_diag takes two or three axes, got {C.ndim}")


def flatten_list(tensors):
    """All elements of several variables as one vector.

    Examples
    --------
    >>> flatten_list([[[1, 2]], [3]]).eval()
    array([1, 2, 3])
    """
    return concatenate([flatten(as_tensor_variable(v)) for v in tensors])


def tround(*args, **kwargs):
    """Rounding to the nearest whole number, halves to even ones."""
    return round(*args, **kwargs)


__all__ = [
    "abs", "abs_", "and_", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh",
    "as_tensor", "batched_diag", "block_diagonal", "broadcast_to", "cartesian", "ceil", "clip",
    "concatenate", "constant", "cos", "cosh", "cumprod", "cumsum", "det", "diff", "dot", "eq",
    "erf", "erfc", "erfcinv", "erfinv", "exp", "expand_packed_triangular", "extract_diag",
    "flat_outer", "flatten_list", "floor", "full", "full_like", "gammaln", "ge", "gt", "invert",
    "invlogit", "invprobit", "kron_diag", "kron_dot", "kron_solve_lower", "kron_solve_upper",
    "kronecker", "le", "log", "log1mexp", "log1p", "log1pexp", "log_sigmoid", "log_softmax",
    "logaddexp", "logbern", "logdet", "logdiffexp", "logit", "logsigmoid", "logsumexp", "lt",
    "matmul", "matrix_dot", "matrix_inverse", "max", "maximum", "mean", "min", "minimum", "neq",
    "ones", "ones_like", "or_", "probit", "prod", "round", "sgn", "sigmoid", "sign", "sin",
    "sinh", "softmax", "softplus", "sqr", "sqrt", "stack", "sum", "switch", "tan", "tanh",
    "trace", "tround", "where", "xlogy", "zeros", "zeros_like",
]  # fmt: skip
