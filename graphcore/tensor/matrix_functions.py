"""Functions of matrices: diagonals and triangles, solving, factors, determinants.

They take one matrix at a time and compute in float64; results for float32 are rounded.  A symmetric
matrix is read from its lower triangle alone, and its derivative is lower triangular.
"""

from graphcore.ops import decompose, diagonals
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import constant
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import set_subtensor
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


def diagonal(x, offset=0, axis1=0, axis2=1):
    """A diagonal of a matrix, as a vector.

    Parameters
    ----------
    x : matrix
    offset : int
        0 for the main diagonal, positive above it.
    axis1, axis2 : int
        The axes that stand for rows and columns.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.diagonal([[1, 2], [3, 4]]).eval()
    array([1, 4])
    """
    x = _matrix("diagonal", x)
    if (axis1 % 2, axis2 % 2) == (1, 0):
        x = dimshuffle(x, (1, 0))
    if offset:
        x = x[:, offset:] if offset > 0 else x[-offset:]
    return diagonals.Diagonal()(x)


def diag(x, k=0):
    """A diagonal of a matrix, or the matrix that has a vector as its ``k``-th diagonal.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]])
    """
    x = as_tensor_variable(x)
    if x.type.ndim != 1:
        return diagonal(x, k)
    n = shape_entry(x, 0)
    whole = zeros((n, n) if not k else (n + abs(k), n + abs(k)), x.type.dtype)
    if not k:
        return diagonals.IncDiagonal()(whole, x)
    place = whole[: whole.shape[0] - k, k:] if k > 0 else whole[-k:, : whole.shape[1] + k]
    return set_subtensor(place, diagonals.IncDiagonal()(zeros((n, n), x.type.dtype), x))


def trace(x, offset=0):
    """Sum of a diagonal of a matrix.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.trace([[1, 2], [3, 4]]).eval()
    array(5)
    """
    return _sum(diagonal(x, offset))


def tril(x, k=0):
    """``x`` with zeros above its ``k``-th diagonal.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tril([[1, 2], [3, 4]]).eval()
    array([[1, 0],
           [3, 4]])
    """
    return diagonals.Triangle(True, k)(as_tensor_variable(x))


def triu(x, k=0):
    """``x`` with zeros below its ``k``-th diagonal."""
    return diagonals.Triangle(False, k)(as_tensor_variable(x))


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


def solve(a, b, assume_a="gen"):
    """Solve ``a @ x = b``.

    Parameters
    ----------
    a : matrix
    b : vector or matrix
        One or several right-hand sides, in columns.
    assume_a : {"gen", "pos"}
        ``"pos"`` for a symmetric positive definite matrix, which costs half.

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
    if assume_a in ("pos", "positive definite"):
        return cho_solve((cholesky(a), True), b)
    if assume_a not in ("gen", "general"):
        raise ValueError(f"solve: assume_a must be 'gen' or 'pos', not {assume_a!r}")
    return _applied(decompose.Solve(), a, b)


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


def logdet(x):
    """Logarithm of the absolute value of the determinant."""
    return _applied(decompose.LogAbsDet(), x)


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


def matrix_power(x, n):
    """The ``n``-th power of a square matrix; negative powers are those of the inverse.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.matrix_power([[1, 1], [0, 1]], 5).eval()
    array([[1, 5],
           [0, 1]])
    """
    x = _matrix("matrix_power", x)
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        whole = x * constant(0, x.type.dtype)
        return diagonals.IncDiagonal()(whole, diagonal(whole) + constant(1, x.type.dtype))
    result = None
    while n:
        if n & 1:
            result = x if result is None else dot(result, x)
        x = dot(x, x) if n > 1 else x
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
