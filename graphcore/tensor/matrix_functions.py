"""Functions of matrices: diagonals and triangles, solving, factors, determinants.

They compute in float64; results for float32 are rounded.  A symmetric matrix is read from its lower
triangle alone, and its derivative is lower triangular.  Axes before the last two are a batch of
matrices, each of which is a computation of its own: their lengths must be known.
"""

import functools

import numpy as np

from graphcore.ops import decompose, diagonals
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import as_variables, constant
from graphcore.ops.ranges import arange
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import set_subtensor
from graphcore.tensor.moving import following
from graphcore.tensor.products import dot
from graphcore.tensor.reductions import FUNCTIONS as _reductions
from graphcore.tensor.shaping import reshape, stack, zeros

_sum = _reductions["sum"]


def _applied(op, *operands):
    """The operation on float64 operands; float32 when all of them are."""
    operands = [as_tensor_variable(x) for x in operands]
    narrow = all(x.type.dtype == "float32" for x in operands)
    found = op(*(cast(x, "float64") for x in operands))
    return cast(found, "float32") if narrow else found


def batched(*cores):
    """Make a function of matrices one of batches of matrices.

    ``cores`` is the number of axes of each leading operand that one computation takes; 0 stands for
    a right-hand side, which is a vector when it has one axis and a matrix otherwise.
    """

    def decorate(function):
        @functools.wraps(function)
        def over_batch(*operands, **options):
            given = [as_tensor_variable(x) for x in operands[: len(cores)]]
            rest = operands[len(cores) :]
            lengths = [
                x.type.shape[: max(x.type.ndim - (n or 2), 0)]
                for n, x in zip(cores, given, strict=False)
            ]
            if not any(lengths):
                return function(*given, *rest, **options)
            return _each(lambda *x: function(*x, *rest, **options), given, lengths)

        return over_batch

    return decorate


def _each(function, given, lengths):
    """``function`` of every matrix of a batch, and the results stacked."""
    if any(None in shape for shape in lengths):
        raise TypeError(
            f"the lengths {lengths} of a batch of matrices must be known; declare the shape of the "
            "array, or use graphcore.scan or map over the first axis"
        )
    batch = np.broadcast_shapes(*lengths)
    found = []
    for index in np.ndindex(*batch):
        parts = []
        for x, shape in zip(given, lengths, strict=True):
            at = index[len(batch) - len(shape) :]
            key = tuple(0 if n == 1 else i for i, n in zip(at, shape, strict=True))
            parts.append(x[key] if key else x)
        result = function(*parts)
        found.append(tuple(result) if isinstance(result, (list, tuple)) else (result,))
    if not found:
        raise ValueError("a batch of matrices without any has no shape to compute with")
    outs = []
    for parts in zip(*found, strict=True):
        whole = stack(parts)
        tail = [
            shape_entry(whole, i + 1) if n is None else n
            for i, n in enumerate(whole.type.shape[1:])
        ]
        outs.append(reshape(whole, (*batch, *tail)) if len(batch) > 1 else whole)
    return outs[0] if len(outs) == 1 else outs


def _matrix(name, x):
    x = as_tensor_variable(x)
    diagonals.check_matrix(name, x.type)
    return x


def diagonal(a, offset=0, axis1=0, axis2=1):
    """A diagonal of a matrix, as a vector; of a batch of matrices, along the last axis.

    Parameters
    ----------
    a : matrix
    offset : int
        0 for the main diagonal, positive above it.
    axis1, axis2 : int
        The axes that stand for rows and columns; the others are a batch, and come first.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.diagonal([[1, 2], [3, 4]]).eval()
    array([1, 4])
    """
    a = as_tensor_variable(a)
    if a.type.ndim == 2 and (axis1 % 2, axis2 % 2) == (1, 0):
        a = dimshuffle(a, (1, 0))
    if a.type.ndim > 2:
        axes = [axis % a.type.ndim for axis in (axis1, axis2)]
        a = dimshuffle(a, [*(i for i in range(a.type.ndim) if i not in axes), *axes])
    else:
        diagonals.check_matrix("diagonal", a.type)
    if offset:
        a = a[..., offset:] if offset > 0 else a[..., -offset:, :]
    if a.type.ndim == 2:
        return diagonals.Diagonal()(a)
    sizes = [
        shape_entry(a, a.type.ndim - 1 - i) if n is None else n
        for i, n in enumerate(a.type.shape[:-3:-1])
    ]
    known = all(isinstance(n, int) for n in sizes)
    at = arange(min(sizes) if known else apply_row("minimum", *as_variables(sizes)))
    return a[..., at, at]


@following
def diag(v, k=0):
    """A diagonal of a matrix, or the matrix that has a vector as its ``k``-th diagonal.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]])
    """
    v = as_tensor_variable(v)
    if v.type.ndim != 1:
        return diagonal(v, k)
    n = shape_entry(v, 0)
    whole = zeros((n, n) if not k else (n + abs(k), n + abs(k)), v.type.dtype)
    if not k:
        return diagonals.IncDiagonal()(whole, v)
    place = whole[: whole.shape[0] - k, k:] if k > 0 else whole[-k:, : whole.shape[1] + k]
    return set_subtensor(place, diagonals.IncDiagonal()(zeros((n, n), v.type.dtype), v))


def trace(x, offset=0, axis1=0, axis2=1):
    """Sum of a diagonal of a matrix; of every matrix of a batch.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.trace([[1, 2], [3, 4]]).eval()
    array(5)
    """
    return _sum(diagonal(x, offset, axis1, axis2), -1)


@following
def tril(m, k=0):
    """``m`` with zeros above its ``k``-th diagonal.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tril([[1, 2], [3, 4]]).eval()
    array([[1, 0],
           [3, 4]])
    """
    return _triangle(m, True, k)


@following
def triu(m, k=0):
    """``m`` with zeros below its ``k``-th diagonal."""
    return _triangle(m, False, k)


def _triangle(x, lower, k):
    x = as_tensor_variable(x)
    if x.type.ndim == 2:
        return diagonals.Triangle(lower, k)(x)
    rows, columns = (arange(shape_entry(x, x.type.ndim - i)) for i in (2, 1))
    distance = dimshuffle(columns, ("x", 0)) - dimshuffle(rows, (0, "x"))
    return apply_row("switch", apply_row("le" if lower else "ge", distance, k), x, 0)


@following
def kron(a, b):
    """The Kronecker product of two matrices: every element of ``a`` times all of ``b``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.kron([[1, 2]], [[1], [10]]).eval()
    array([[ 1,  2],
           [10, 20]])
    """
    a, b = _matrix("kron", a), _matrix("kron", b)
    product = dimshuffle(a, (0, "x", 1, "x")) * dimshuffle(b, ("x", 0, "x", 1))
    rows, columns = (shape_entry(a, i) * shape_entry(b, i) for i in range(2))
    return reshape(product, (rows, columns))


@batched(2)
def cholesky(x, lower=True):
    """The triangular factor L of a positive definite matrix, ``x = L @ L.T``.

    Parameters
    ----------
    x : matrix
        Symmetric; its lower triangle is read.
    lower : bool
        False for the transpose of L.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a value is not positive definite.  Inside a log density it is recoverable instead: the
        density is -inf there.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.cholesky([[4.0, 2.0], [2.0, 2.0]]).eval()
    array([[2., 0.],
           [1., 1.]])
    """
    factor = _applied(decompose.Cholesky(), x)
    return factor if lower else dimshuffle(factor, (1, 0))


@batched(2, 0)
def solve_triangular(a, b, trans=0, lower=False):
    """Solve ``a @ x = b`` where ``a`` is triangular.

    Parameters
    ----------
    a : matrix
        Only the triangle that ``lower`` names is read.
    b : vector or matrix
        One or several right-hand sides, in columns.
    trans : {0, 1, "N", "T", "C"}
        1, ``"T"`` and ``"C"`` solve with the transpose of ``a``.
    lower : bool

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True).eval()
    array([1., 2.])
    """
    turned = {0: False, "N": False, 1: True, 2: True, "T": True, "C": True}
    if trans not in turned:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 'N', 'T' or 'C', not {trans!r}")
    return _applied(decompose.SolveTriangular(lower, turned[trans]), a, b)


def cho_solve(c_and_lower, b):
    """Solve ``A @ x = b`` with the Cholesky factor of A.

    Parameters
    ----------
    c_and_lower : (matrix, bool)
        The factor, and whether it is the lower one.
    b : vector or matrix
    """
    c, lower = c_and_lower
    first = solve_triangular(c, b, trans=0 if lower else 1, lower=lower)
    return solve_triangular(c, first, trans=1 if lower else 0, lower=lower)


@batched(2, 0)
def solve(a, b, assume_a="gen", lower=True, transposed=False):
    """Solve ``a @ x = b``.

    Parameters
    ----------
    a : matrix
    b : vector or matrix
        One or several right-hand sides, in columns.
    assume_a : {"gen", "pos", "sym", "diagonal", "lower triangular", "upper triangular"}
        What is known of the matrix; ``"pos"``, symmetric positive definite, costs half.
    lower, transposed : bool
        ``lower`` says which half of a ``"pos"`` matrix is read (the other one of a symmetric
        matrix is the same); ``transposed`` solves with the transpose.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a value of the matrix is singular (or not positive definite).

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.solve([[0.0, 2.0], [1.0, 0.0]], [2.0, 3.0]).eval()
    array([3., 1.])
    """
    triangles = {"lower triangular": True, "upper triangular": False}
    if assume_a in triangles:
        return solve_triangular(a, b, trans=int(transposed), lower=triangles[assume_a])
    if assume_a == "diagonal":
        d = diagonal(a)
        return b / (d if b.type.ndim == 1 else dimshuffle(d, (0, "x")))
    if assume_a in ("pos", "positive definite"):
        return cho_solve((cholesky(a if lower else dimshuffle(a, (1, 0))), True), b)
    if assume_a not in ("gen", "general", "sym", "symmetric", "her", "hermitian"):
        raise ValueError(
            "solve: assume_a must be 'gen', 'sym', 'pos', 'diagonal', 'lower triangular' or 'upper "
            f"triangular', not {assume_a!r}"
        )
    return _applied(decompose.Solve(bool(transposed)), a, b)


@batched(2)
def inv(x):
    """The inverse of a matrix.  To solve a system, :func:`solve` is cheaper and more accurate.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).eval()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return _applied(decompose.Inverse(), x)


@batched(2)
def slogdet(x):
    """Sign of the determinant of a matrix, and the logarithm of its absolute value.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> sign, log = tt.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]])
    >>> float(sign.eval()), float(log.eval())
    (-1.0, 0.0)
    """
    return _applied(decompose.SignDet(), x), _applied(decompose.LogAbsDet(), x)


@batched(2)
def logdet(x):
    """Logarithm of the absolute value of the determinant."""
    return _applied(decompose.LogAbsDet(), x)


@batched(2)
def det(x):
    """The determinant of a matrix.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.linalg.det([[0.0, 2.0], [1.0, 0.0]]).eval())
    -2.0
    """
    sign, log = slogdet(x)
    return sign * apply_row("exp", log)


@batched(2)
def matrix_power(M, n):
    """The ``n``-th power of a square matrix; negative powers are those of the inverse.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.matrix_power([[1, 1], [0, 1]], 5).eval()
    array([[1, 5],
           [0, 1]])
    """
    M = _matrix("matrix_power", M)
    if n < 0:
        M, n = inv(M), -n
    if n == 0:
        whole = M * constant(0, M.type.dtype)
        return diagonals.IncDiagonal()(whole, diagonal(whole) + constant(1, M.type.dtype))
    result = None
    while n:
        if n & 1:
            result = M if result is None else dot(result, M)
        M = dot(M, M) if n > 1 else M
        n >>= 1
    return result


def matrix_dot(*factors):
    """The product of several matrices, from left to right.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.nlinalg.matrix_dot([[2.0]], [[3.0]], [[4.0]]).eval()
    array([[24.]])
    """
    result = factors[0]
    for x in factors[1:]:
        result = dot(result, x)
    return as_tensor_variable(result)


#: NumPy's top-level functions of matrices, which are functions of ``graphcore.tensor`` too.
__all__ = ["diag", "diagonal", "kron", "trace", "tril", "triu"]
