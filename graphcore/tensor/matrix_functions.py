"""Functions of matrices: diagonals and triangles, solving, factors, determinants.

They compute in float64; results for float32 are rounded.  A symmetric matrix is read from its lower
triangle alone, and its derivative is lower triangular.  Axes before the last two are a batch of
matrices, each of which is a computation of its own.
"""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops import decompose, diagonals
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import as_variables, constant
from graphcore.ops.ranges import arange
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.batches import batched
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import set_subtensor
from graphcore.tensor.moving import following
from graphcore.tensor.products import dot
from graphcore.tensor.reductions import FUNCTIONS as _reductions
from graphcore.tensor.shaping import reshape, zeros

_sum = _reductions["sum"]


def _applied(op, *operands):
    """The operation on float64 operands; float32 when all of them are."""
    operands = [as_tensor_variable(x) for x in operands]
    narrow = all(x.type.dtype == "float32" for x in operands)
    found = op(*(cast(x, "float64") for x in operands))
    return cast(found, "float32") if narrow else found


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
    if x.type.ndim == 2 and not isinstance(k, Variable):
        return diagonals.Triangle(lower, k)(x)
    rows, columns = _grid(*(shape_entry(x, x.type.ndim - i) for i in (2, 1)))
    distance = columns - rows
    return apply_row("switch", apply_row("le" if lower else "ge", distance, k), x, 0)


def _grid(n, m):
    """Numbers of rows as a column and of columns as a row."""
    return dimshuffle(arange(n), (0, "x")), dimshuffle(arange(m), ("x", 0))


@following
def kron(a, b):
    """The Kronecker product of two matrices: every element of ``a`` times all of ``b``.

    A vector is a row beside a matrix; of two vectors it is a vector.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.kron([[1, 2]], [[1], [10]]).eval()
    array([[ 1,  2],
           [10, 20]])
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 1 and b.type.ndim == 1:
        return reshape(dimshuffle(a, (0, "x")) * b, (-1,))
    a, b = (dimshuffle(v, ("x", 0)) if v.type.ndim == 1 else _matrix("kron", v) for v in (a, b))
    product = dimshuffle(a, (0, "x", 1, "x")) * dimshuffle(b, ("x", 0, "x", 1))
    rows, columns = (shape_entry(a, i) * shape_entry(b, i) for i in range(2))
    return reshape(product, (rows, columns))


@batched(2)
def cholesky(x, lower=True, check_finite=False, overwrite_a=False, on_error="raise"):
    """The triangular factor L of a positive definite matrix, ``x = L @ L.T``.

    Parameters
    ----------
    x : matrix
        Symmetric; its lower triangle is read.
    lower : bool
        False for the transpose of L.
    on_error : {"raise", "nan"}
        What comes of a matrix that is not positive definite: an error, or NaN everywhere.
    check_finite, overwrite_a : bool
        Accepted for programs written for Theano.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a value is not positive definite and ``on_error`` is "raise".  Inside a log density it
        is recoverable instead: the density is -inf there.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.cholesky([[4.0, 2.0], [2.0, 2.0]]).eval()
    array([[2., 0.],
           [1., 1.]])
    """
    if on_error not in ("raise", "nan"):
        raise ValueError(f"cholesky: on_error must be 'raise' or 'nan', not {on_error!r}")
    if on_error == "raise":
        factor = _applied(decompose.Cholesky(), x)
    else:
        n = shape_entry(x, 0)
        log = decompose.GaussianTerm()(cast(x, "float64"), zeros((1, n), "float64"))
        definite = apply_row("gt", log, -np.inf)  # neither minus infinity nor NaN
        unit = cast(apply_row("eq", *_grid(n, n)), x.type.dtype)
        factor = _applied(decompose.Cholesky(), apply_row("switch", definite, x, unit))
        spoil = cast(apply_row("switch", definite, 0.0, np.nan), x.type.dtype)
        factor = factor + spoil * x  # so that the gradient is NaN too
    return factor if lower else dimshuffle(factor, (1, 0))


@batched(2, 0)
def solve_triangular(
    a, b, trans=0, lower=False, unit_diagonal=False, check_finite=False, b_ndim=None
):  # fmt: skip
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
    unit_diagonal : bool
        Whether the diagonal is taken to be ones, and not read.
    check_finite : bool
        Accepted for programs written for Theano.
    b_ndim : {1, 2}, optional
        How many axes of ``b`` belong to one matrix: 1 for a batch of vectors.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True).eval()
    array([1., 2.])
    """
    turned = {0: False, "N": False, 1: True, 2: True, "T": True, "C": True}
    if trans not in turned:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 'N', 'T' or 'C', not {trans!r}")
    if unit_diagonal:
        rows, columns = _grid(shape_entry(a, 0), shape_entry(a, 0))
        a = apply_row("switch", apply_row("eq", rows, columns), 1, a)
    return _applied(decompose.SolveTriangular(lower, turned[trans]), a, b)


def cho_solve(c_and_lower, b, b_ndim=None):
    """Solve ``A @ x = b`` with the Cholesky factor of A.

    Parameters
    ----------
    c_and_lower : (matrix, bool)
        The factor, and whether it is the lower one.
    b : vector or matrix
    b_ndim : {1, 2}, optional
        How many axes of ``b`` belong to one matrix: 1 for a batch of vectors.
    """
    c, lower = c_and_lower
    first = solve_triangular(c, b, trans=0 if lower else 1, lower=lower, b_ndim=b_ndim)
    return solve_triangular(c, first, trans=1 if lower else 0, lower=lower, b_ndim=b_ndim)


@batched(2, 0)
def solve(
    a, b, assume_a="gen", lower=True, transposed=False, check_finite=False, overwrite_a=False,
    overwrite_b=False, b_ndim=None,
):  # fmt: skip
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
    check_finite, overwrite_a, overwrite_b : bool
        Accepted for programs written for Theano.
    b_ndim : {1, 2}, optional
        How many axes of ``b`` belong to one matrix: 1 for a batch of vectors.

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
