"""Reductions over axes, and what is made of them."""

from graphcore.graph.nodes import Variable
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.linalg import Dot
from graphcore.ops.operands import is_inexact
from graphcore.ops.reduce import Reduce, reduce
from graphcore.ops.shape import Concatenate, StopGradient, dimshuffle, expand
from graphcore.optable import REDUCTIONS
from graphcore.tensor.convert import as_tensor_variable, normal_axes
from graphcore.tensor.elementwise import isclose
from graphcore.tensor.moving import following


def _reduce(name, x, axis, keepdims):
    x = as_tensor_variable(x)
    axes = normal_axes(axis, x.type.ndim)
    y = reduce(name, x, axes)
    return expand(y, axes, x.type.ndim) if keepdims else y


def _reduction_function(row):
    if row.dtype == "sum":

        def function(input, axis=None, dtype=None, keepdims=False, acc_dtype=None):
            if dtype is not None:
                input = cast(as_tensor_variable(input), dtype)
            return _reduce(row.name, input, axis, keepdims)

    else:

        def function(x, axis=None, keepdims=False):
            return _reduce(row.name, x, axis, keepdims)

    function.__name__ = function.__qualname__ = row.public
    function.__doc__ = f"""{row.doc}

    Parameters
    ----------
    {"input" if row.dtype == "sum" else "x"} : array_like or variable
    axis : int or sequence of int, optional
        Axes to combine; all by default.
    keepdims : bool
        Whether the result keeps these axes, with length 1.
    """
    return function


FUNCTIONS = {}
for _row in REDUCTIONS.values():
    if not _row.internal:
        FUNCTIONS[_row.public] = _reduction_function(_row)
        FUNCTIONS.update(dict.fromkeys(_row.aliases, FUNCTIONS[_row.public]))


def prod(
    input, axis=None, dtype=None, keepdims=False, acc_dtype=None, no_zeros_in_input=False
):  # fmt: skip
    """Product of elements.

    Parameters
    ----------
    input : array_like or variable
    axis : int or sequence of int, optional
        Axes to combine; all by default.
    dtype : dtype, optional
        What the elements are converted to first.
    keepdims : bool
        Whether the result keeps these axes, with length 1.
    acc_dtype, no_zeros_in_input
        Accepted for programs written for Theano: gradients are right beside zeros, too.
    """
    return _product(input, axis, dtype, keepdims)


_product = FUNCTIONS["prod"]
FUNCTIONS["prod"] = prod


def _count(x, axes):
    """Number of elements along axes: a Python int when it is known."""
    total = 1
    for i in axes:
        n = x.type.shape[i]
        total = total * (shape_entry(x, i) if n is None else n)
    return total


@following
def mean(input, axis=None, dtype=None, keepdims=False, acc_dtype=None):
    """Arithmetic mean.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.matrix("x")
    >>> tt.mean(x, axis=0).eval({x: [[1, 2], [3, 5]]})
    array([2. , 3.5])
    """
    input = as_tensor_variable(input)
    if dtype is not None or not is_inexact(input.type.dtype):
        input = cast(input, dtype or "float64")
    axes = normal_axes(axis, input.type.ndim)
    count = _count(input, axes)
    if isinstance(count, Variable):
        count = cast(count, input.type.dtype)
    return _reduce("sum", input, axes, keepdims) / count


@following
def var(input, axis=None, ddof=0, keepdims=False, corrected=False):
    """Variance: the mean squared distance from the mean.

    ``ddof`` is subtracted from the number of elements that the sum is divided by.  ``corrected``
    is accepted for programs written for Theano: the result is as accurate with it as without.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.var([1.0, 2.0, 3.0], ddof=1).eval())
    1.0
    """
    input = as_tensor_variable(input)
    squares = apply_row("sqr", input - mean(input, axis, keepdims=True))
    if not ddof:
        return mean(squares, axis, keepdims=keepdims)
    count = _count(input, normal_axes(axis, input.type.ndim)) - ddof
    if isinstance(count, Variable):
        count = cast(count, squares.type.dtype)
    return _reduce("sum", squares, axis, keepdims) / count


@following
def std(input, axis=None, ddof=0, keepdims=False, corrected=False):
    """Standard deviation: the square root of :func:`var`.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.std([1.0, 3.0]).eval())
    1.0
    """
    return apply_row("sqrt", var(input, axis, ddof, keepdims))


def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    """Covariance matrix of the rows of a matrix, as ``numpy.cov`` without weights.

    Parameters
    ----------
    m : vector or matrix
        A variable per row; a vector is one variable.
    y : vector or matrix, optional
        More variables.
    rowvar : bool
        False where every column is a variable.
    bias : bool
        Whether to divide by the number of observations instead of one less.
    ddof : int, optional
        What to subtract from the number of observations, in the place of ``bias``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.cov([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]).eval()
    array([[ 1., -2.],
           [-2.,  4.]])
    """
    rows = [_variables(x, rowvar) for x in (m, y) if x is not None]
    x = rows[0] if len(rows) == 1 else Concatenate(0)(*rows)
    ddof = (0 if bias else 1) if ddof is None else ddof
    x = x - mean(x, 1, keepdims=True)
    found = Dot()(x, dimshuffle(x, (1, 0))) / (shape_entry(x, 1) - ddof)
    return dimshuffle(found, ()) if found.type.shape == (1, 1) else found


def _variables(x, rowvar):
    """A matrix of floats with a variable per row."""
    x = as_tensor_variable(x)
    if x.type.ndim > 2:
        raise ValueError(f"cov: needs vectors or matrices, not an array of {x.type.ndim} axes")
    x = x if is_inexact(x.type.dtype) else cast(x, "float64")
    if x.type.ndim < 2:
        return dimshuffle(x, ("x",) * (2 - x.type.ndim) + tuple(range(x.type.ndim)))
    return x if rowvar else dimshuffle(x, (1, 0))


def norm(x, L=2, axis=None, keepdims=False):
    """The ``L``-norm of the elements along axes: the root of the sum of their powers.

    ``L`` may be infinity (the largest absolute value), minus infinity, or 0 (how many are not 0).

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.constant([3.0, -4.0]).norm(2).eval())
    5.0
    """
    x = _float(x)
    size = apply_row("abs", x)
    if float("inf") == L:
        return _reduce("max", size, axis, keepdims)
    if -float("inf") == L:
        return _reduce("min", size, axis, keepdims)
    if L == 0:
        return _reduce("sum", cast(apply_row("ne", x, 0), x.type.dtype), axis, keepdims)
    if L == 1:
        return _reduce("sum", size, axis, keepdims)
    if L == 2:
        return apply_row("sqrt", _reduce("sum", apply_row("sqr", size), axis, keepdims))
    return apply_row("pow", _reduce("sum", apply_row("pow", size, L), axis, keepdims), 1 / L)


def _shift(x, axes):
    """The maximum, by which exponents are shifted; 0 where it is infinite, as that of nothing."""
    top = Reduce("max", axes, True)(x) if axes else x
    return StopGradient()(apply_row("switch", apply_row("isinf", top), 0, top))


def _float(x):
    x = as_tensor_variable(x)
    return x if is_inexact(x.type.dtype) else cast(x, "float64")


def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) without overflow.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.logsumexp([1000.0, 1000.0]).eval())
    1000.6931471805599
    """
    x = _float(x)
    axes = normal_axes(axis, x.type.ndim)
    shift = _shift(x, axes)
    e = apply_row("exp", x - expand(shift, axes, x.type.ndim))
    y = apply_row("log", _reduce("sum", e, axes, False)) + shift
    return expand(y, axes, x.type.ndim) if keepdims else y


def softmax(c, axis=None):
    """exp(c) divided by its sum along axes, all by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.softmax([0.0, 0.0]).eval()
    array([0.5, 0.5])
    """
    c = _float(c)
    axes = normal_axes(axis, c.type.ndim)
    e = apply_row("exp", c - expand(_shift(c, axes), axes, c.type.ndim))
    return e / _reduce("sum", e, axes, True)


def log_softmax(c, axis=None):
    """Logarithm of :func:`softmax`.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.log_softmax([0.0, 1000.0]).eval()
    array([-1000.,     0.])
    """
    c = _float(c)
    return c - logsumexp(c, axis, keepdims=True)


def allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements agree, as :func:`isclose` says of each.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> bool(tt.allclose([1.0, 2.0], [1.0, 2.0000001]).eval())
    True
    """
    return _reduce("all", isclose(a, b, rtol, atol, equal_nan), None, False)


__all__ = [
    "allclose", "cov", "log_softmax", "logsumexp", "mean", "softmax", "std", "var",
]  # fmt: skip
