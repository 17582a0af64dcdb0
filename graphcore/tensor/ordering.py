"""Order and position: sorting, extremes, cumulative sums, searching, counting."""

from graphcore.graph.nodes import Variable
from graphcore.ops import lines, points, ranges
from graphcore.ops.debug import Assert
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import IncTake, shape_entry
from graphcore.ops.operands import as_variables, constant, graph, is_inexact, promote
from graphcore.ops.reduce import reduce
from graphcore.ops.shape import Concatenate, dimshuffle, expand
from graphcore.tensor.arranging import broadcast_arrays
from graphcore.tensor.convert import (
    as_tensor_variable,
    normal_axes,
    normal_axis,
    stack_first,
    stacked,
)
from graphcore.tensor.elementwise import switch
from graphcore.tensor.indexing import getitem, positions, set_subtensor
from graphcore.tensor.moving import following
from graphcore.tensor.reductions import FUNCTIONS, mean
from graphcore.tensor.shaping import ravel, reshape, shape, size, take, zeros


def _line(x, axis):
    """``x`` and one axis of it; the flattened array for None."""
    x = as_tensor_variable(x)
    if axis is None:
        return ravel(x), 0
    return x, normal_axis(axis, x.type.ndim)


def _cumulative(kind):
    def function(x, axis=None):
        x, axis = _line(x, axis)
        return lines.Cumulative(kind, axis)(x)

    function.__name__ = function.__qualname__ = kind
    return function


cumsum = _cumulative("cumsum")
cumsum.__doc__ = """Sums of the elements up to each one; of the flattened array by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.cumsum([[1, 2], [3, 4]], axis=0).eval()
    array([[1, 2],
           [4, 6]])
    """
cumprod = _cumulative("cumprod")
cumprod.__doc__ = """Products of the elements up to each one; of the flattened array by default."""


def _extreme_position(kind):
    def function(x, axis=None, keepdims=False):
        x = as_tensor_variable(x)
        axes = normal_axes(axis, x.type.ndim)
        if len(axes) == 1:
            y = lines.ArgExtreme(kind, axes[0])(x)
        else:
            rest = [i for i in range(x.type.ndim) if i not in axes]
            last = dimshuffle(x, [*rest, *axes])
            joined = reshape(last, [*(shape_entry(x, i) for i in rest), -1])
            y = lines.ArgExtreme(kind, len(rest))(joined)
        return expand(y, axes, x.type.ndim) if keepdims else y

    function.__name__ = function.__qualname__ = kind
    function.__doc__ = f"""Position of the first {"largest" if kind == "argmax" else "smallest"} \
element along an axis; in the flattened array by default.

    A NaN counts as {"larger" if kind == "argmax" else "smaller"} than every number.

    Parameters
    ----------
    x : array_like or variable
    axis : int or sequence of int, optional
        Several axes are flattened, in their order.
    keepdims : bool
    """
    return function


argmax, argmin = _extreme_position("argmax"), _extreme_position("argmin")


def max_and_argmax(a, axis=None, keepdims=False):
    """The largest elements along an axis, and their positions.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> m, i = tt.max_and_argmax([[1, 5], [7, 2]], axis=1)
    >>> m.eval(), i.eval()
    (array([5, 7]), array([1, 0]))
    """
    return [FUNCTIONS["max"](a, axis, keepdims=keepdims), argmax(a, axis, keepdims)]


def ptp(a, axis=None):
    """The largest element minus the smallest one."""
    return FUNCTIONS["max"](a, axis) - FUNCTIONS["min"](a, axis)


def sort(a, axis=-1, kind="quicksort", order=None, stable=None):
    """The elements along an axis in increasing order, NaN last.

    Parameters
    ----------
    a : array_like or variable
    axis : int or None
        None sorts the flattened array.
    kind, order, stable
        Accepted for programs written for NumPy: the order is stable.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.sort([3, 1, 2]).eval()
    array([1, 2, 3])
    """
    a, axis = _line(a, axis)
    return lines.Sort(axis)(a)


def argsort(a, axis=-1, kind="quicksort", order=None, stable=None):
    """Positions that bring the elements along an axis in increasing order; equal ones stay."""
    a, axis = _line(a, axis)
    return lines.ArgSort(axis)(a)


def _part(x, axis, part):
    return getitem(x, (*[slice(None)] * axis, part))


def argtopk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """Positions of the ``kth`` largest elements along an axis, the largest first.

    A negative number asks for the smallest ones, the smallest first.
    """
    x, axis = _line(x, axis)
    order = lines.ArgSort(axis)(x)
    if isinstance(kth, Variable):
        order = switch(kth > 0, lines.reverse(order, axis), order)
        return cast(_part(order, axis, slice(None, apply_row("abs", kth))), idx_dtype)
    if not kth:
        raise ValueError("topk: the number of elements cannot be zero")
    order = lines.reverse(order, axis) if kth > 0 else order
    return cast(_part(order, axis, slice(None, abs(kth))), idx_dtype)


def topk_and_argtopk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """The ``kth`` largest elements along an axis, and their positions."""
    x, axis = _line(x, axis)
    found = argtopk(x, kth, axis, sorted, idx_dtype)
    return [ranges.take_along(x, found, axis), found]


def topk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """The ``kth`` largest elements along an axis, the largest first.

    A negative number asks for the smallest ones, the smallest first.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.topk([5, 1, 4], 2).eval(), tt.topk([5, 1, 4], -2).eval()
    (array([5, 4]), array([1, 4]))
    """
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


@following
def median(x, axis=None, keepdims=False):
    """The middle of the ordered elements; the mean of the two middle ones where they are even.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.median([4.0, 1.0, 2.0, 10.0]).eval())
    3.0
    """
    x = as_tensor_variable(x)
    x = x if is_inexact(x.type.dtype) else cast(x, "float64")
    axes = normal_axes(axis, x.type.ndim)
    rest = [i for i in range(x.type.ndim) if i not in axes]
    last = dimshuffle(x, [*rest, *axes])
    if len(axes) != 1:
        last = reshape(last, [*(shape_entry(x, i) for i in rest), -1])
    k = len(rest)
    ordered = lines.Sort(k)(last)
    n = shape_entry(ordered, k)
    low, high = (_part(ordered, k, apply_row("floor_div", n - i, 2)) for i in (1, 0))
    top = _part(ordered, k, -1)  # a NaN stands last and makes the median NaN
    y = apply_row("switch", apply_row("isnan", top), top, mean(_stack(low, high), axis=0))
    return expand(y, axes, x.type.ndim) if keepdims else y


@following
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The values below which given parts of the elements lie.

    Parameters
    ----------
    x : array_like or variable
    q : array_like or variable
        The parts, between 0 and 1; its axes come first in the result.
    axis : int or sequence of int, optional
        All axes by default.
    method : {"linear", "lower", "higher", "midpoint", "nearest"}
        What is between two elements of the ordered array: with ``"linear"`` the straight line.
    keepdims : bool

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.quantile([4.0, 1.0, 2.0], [0.25, 0.5]).eval()
    array([1.5, 2. ])
    """
    parts = {
        "linear": None,
        "lower": lambda part: 0.0 * part,
        "higher": lambda part: apply_row("ceil", part),
        "midpoint": lambda part: 0.5 * apply_row("ceil", part),
        "nearest": None,
    }
    if method not in parts:
        raise ValueError(f"quantile: method must be one of {', '.join(parts)}, not {method!r}")
    x, q = as_tensor_variable(x), as_tensor_variable(q)
    x = x if is_inexact(x.type.dtype) else cast(x, "float64")
    axes = normal_axes(axis, x.type.ndim)
    rest = [i for i in range(x.type.ndim) if i not in axes]
    first = dimshuffle(x, [*axes, *rest])  # the ordered axis first, as the result has it
    if len(axes) != 1:
        first = reshape(first, [-1, *(shape_entry(x, i) for i in rest)])
    ordered = lines.Sort(0)(first)
    last = shape_entry(ordered, 0) - 1
    place = apply_row("mul", cast(q, "float64"), cast(last, "float64"))
    if method == "nearest":
        place = apply_row("round", place)
    low = apply_row("floor", place)
    part = place - low
    below = cast(low, "int64")
    above = apply_row("minimum", below + 1, last)
    if parts[method] is not None:
        part = parts[method](part)
    part = dimshuffle(part, [*range(q.type.ndim), *["x"] * len(rest)])
    low, high = take(ordered, below, 0), take(ordered, above, 0)
    gap = high - low
    y = switch(part < 0.5, low + gap * part, high - gap * (1 - part))
    top = _part(ordered, 0, -1)  # a NaN stands last and makes every quantile NaN
    y = cast(apply_row("switch", apply_row("isnan", top), top, y), x.type.dtype)
    if not keepdims:
        return y
    kept = iter(range(q.type.ndim, y.type.ndim))
    inner = ["x" if i in axes else next(kept) for i in range(x.type.ndim)]
    return dimshuffle(y, [*range(q.type.ndim), *inner])


@following
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """:func:`quantile` with parts in percent."""
    return quantile(x, as_tensor_variable(q) / 100.0, axis, method, keepdims)


def _stack(*parts):
    """Arrays of one shape joined along a new first axis."""
    return Concatenate(0)(*[expand(p, (0,), p.type.ndim + 1) for p in parts])


def diff(x, n=1, axis=-1):
    """Differences of neighbours along an axis, ``n`` times.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.diff([1, 4, 9]).eval()
    array([3, 5])
    """
    x, axis = _line(x, axis)
    for _ in range(n):
        x = _part(x, axis, slice(1, None)) - _part(x, axis, slice(None, -1))
    return x


def searchsorted(x, v, side="left", sorter=None):
    """Where the elements of ``v`` would be put into the ordered vector ``x``.

    Parameters
    ----------
    x : vector
        In increasing order; or brought in it by ``sorter``.
    v : array_like or variable
    side : {"left", "right"}
        Before or after elements that are equal.
    sorter : vector of int, optional

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.searchsorted([1, 3, 5], [3, 4]).eval()
    array([1, 2])
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', not {side!r}")
    x, v = as_variables((stacked(x), stacked(v)))
    if sorter is not None:
        x = take(x, sorter)
    dtype = promote(x.type.dtype, v.type.dtype)
    return lines.SearchSorted(side == "right")(cast(x, dtype), cast(v, dtype))


def bincount(x, weights=None, minlength=None, assert_nonneg=False):
    """How often each number from 0 on occurs in a vector, or the sum of the weights of these.

    Parameters
    ----------
    x : vector of int
        Not negative.
    weights : vector, optional
    minlength : int, optional
        Least length of the result.
    assert_nonneg : bool
        Whether a negative number is an ``AssertionError`` and not an ``IndexError``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.bincount([1, 3, 1]).eval()
    array([0, 2, 0, 1])
    """
    x = cast(as_tensor_variable(x), "int64")
    if x.type.ndim != 1:
        raise TypeError(f"bincount: needs a vector, not an array with {x.type.ndim} axes")
    if assert_nonneg:
        x = Assert("bincount: a number is negative")(x, apply_row("ge", x, 0))
    least = constant(0 if minlength is None else minlength)
    length = reduce("max", Concatenate(0)(x + 1, expand(cast(least, "int64"), (0,), 1)), (0,))
    weights = constant(1) if weights is None else as_tensor_variable(weights)
    total = zeros((length,), lines.accumulated(weights.type.dtype))
    # a negative number is moved out of range, so that it is an error
    return IncTake(0, False)(total, weights, apply_row("switch", x < 0, length, x))


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None):
    """The distinct elements in increasing order.

    Parameters
    ----------
    ar : array_like or variable
    return_index, return_inverse, return_counts : bool
        Also return where each occurs first; which of them each element of ``ar`` is, in the shape
        of ``ar``; how often each occurs.
    axis : int, optional
        Distinct slices along an axis, in lexicographic order, instead of elements.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> values, counts = tt.unique([3, 1, 3], return_counts=True)
    >>> values.eval(), counts.eval()
    (array([1, 3]), array([1, 2]))
    """
    ar = as_tensor_variable(ar)
    if axis is None:
        flat = ravel(ar)
        order = lines.ArgSort(0)(flat)
    else:
        axis = normal_axis(axis, ar.type.ndim)
        flat = dimshuffle(ar, [axis, *(i for i in range(ar.type.ndim) if i != axis)])
        order = lines.ArgSortRows()(flat)
    ordered = take(flat, order, 0)
    late, early = _part(ordered, 0, slice(1, None)), _part(ordered, 0, slice(None, -1))
    changes = apply_row("ne", late, early)
    if is_inexact(ar.type.dtype):
        nan = apply_row("and_", apply_row("isnan", late), apply_row("isnan", early))
        changes = apply_row("and_", changes, apply_row("not_", nan))
    changes = reduce("any", changes, range(1, flat.type.ndim))
    head = _part(order, 0, slice(None, 1))
    first = Concatenate(0)(apply_row("eq", head, head), changes)
    (starts,) = positions(first, order)
    found = [take(ordered, starts, 0)]
    if axis:
        found = [dimshuffle(found[0], [*range(1, axis + 1), 0, *range(axis + 1, ar.type.ndim)])]
    if return_index:
        found.append(take(order, starts, 0))
    if return_inverse:
        number = lines.Cumulative("cumsum", 0)(cast(first, "int64")) - 1
        placed = set_subtensor(getitem(graph.zeros_like(order), order), number)
        found.append(reshape(placed, shape(ar), ar.type.ndim) if axis is None else placed)
    if return_counts:
        ends = Concatenate(0)(_part(starts, 0, slice(1, None)), expand(size(order), (0,), 1))
        found.append(ends - starts)
    return found[0] if len(found) == 1 else found


@following
def take_along_axis(arr, indices, axis=-1):
    """Elements of every line along an axis, at positions of its own.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).eval()
    array([[2],
           [3]])
    """
    arr, axis = _line(arr, axis)
    return ranges.take_along(arr, as_tensor_variable(indices), axis)


def nonzero(a, return_matrix=False):
    """Positions of the elements that are not zero: one vector per axis.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> tt.nonzero(x)[0].eval({x: [0, 3, 4]})
    array([1, 2])
    """
    a = as_tensor_variable(a)
    if not a.type.ndim:
        raise ValueError("nonzero: a scalar has no positions")
    found = tuple(positions(a if a.type.dtype == "bool" else apply_row("ne", a, 0), a))
    return _stack(*found) if return_matrix else found


def where(cond, ift=None, iff=None):
    """``ift`` where ``cond`` is true (not zero), ``iff`` elsewhere; without both, the positions.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.where([True, False], 1, [2, 3]).eval()
    array([1, 3])
    """
    if ift is None and iff is None:
        return nonzero(cond)
    if ift is None or iff is None:
        raise TypeError("where: pass both values, or none of them")
    return switch(cond, ift, iff)


def flatnonzero(a):
    """Positions in the flattened array of the elements that are not zero."""
    a = ravel(a)
    return nonzero(a)[0]


def nonzero_values(a):
    """The elements that are not zero, as a vector."""
    a = ravel(a)
    return take(a, nonzero(a)[0], 0)


def compress(condition, x, axis=None):
    """The parts of an array along an axis where a vector of conditions is true.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.compress([0, 1, 1], [4, 5, 6]).eval()
    array([5, 6])
    """
    x, axis = _line(x, axis)
    (where_true,) = nonzero(condition)
    return take(x, where_true, axis)


@following
def choose(a, choices, out=None, mode="raise"):
    """For each element the one of the array of ``choices`` that ``a`` names.

    Parameters
    ----------
    a : array of int
    choices : sequence of arrays, or one array
        They broadcast with ``a``; of one array the first axis chooses.
    mode : {"raise", "wrap", "clip"}
        What to do about numbers out of range.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]]).eval()
    array([ 1, 20,  3])
    """
    if isinstance(choices, (list, tuple)):
        choices = stack_first(broadcast_arrays(*choices))
    a, choices = as_tensor_variable(a), as_tensor_variable(choices)
    n = shape_entry(choices, 0)
    if mode == "wrap":
        a = apply_row("mod", a, n)
    elif mode == "clip":
        a = apply_row("minimum", apply_row("maximum", a, 0), n - 1)
    elif mode == "raise":
        a = apply_row("switch", a < 0, n, a)  # no counting from the end
    else:
        raise ValueError(f"choose: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    ndim = max(a.type.ndim, choices.type.ndim - 1)
    choices = dimshuffle(
        choices, [0, *["x"] * (ndim + 1 - choices.type.ndim), *range(1, choices.type.ndim)]
    )
    grid = [cast(expand(a, range(ndim - a.type.ndim), ndim), "int64")]
    for i in range(ndim):
        line = ranges.arange(shape_entry(choices, i + 1))
        grid.append(dimshuffle(line, ["x"] * i + [0] + ["x"] * (ndim - 1 - i)))
    return points.TakePoints(range(ndim + 1))(choices, *grid)


def inverse_permutation(perm):
    """The permutation that undoes one (or one per row).

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.inverse_permutation([2, 0, 1]).eval()
    array([1, 2, 0])
    """
    perm = as_tensor_variable(perm)
    return cast(argsort(perm, axis=-1), perm.type.dtype)


def permute_row_elements(x, y, inverse=0):
    """The elements of each row of ``x`` in the order of the permutation ``y``."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    y = inverse_permutation(y) if inverse else y
    ndim = max(x.type.ndim, y.type.ndim)
    x, y = (expand(v, range(ndim - v.type.ndim), ndim) for v in (x, y))
    return ranges.take_along(x, y, ndim - 1)


__all__ = [
    "argmax", "argmin", "argsort", "argtopk", "bincount", "choose", "compress", "cumprod",
    "cumsum", "diff", "flatnonzero", "inverse_permutation", "max_and_argmax", "median", "nonzero",
    "nonzero_values", "percentile", "permute_row_elements", "ptp", "quantile",
    "searchsorted", "sort", "take_along_axis", "topk", "topk_and_argtopk", "unique", "where",
]  # fmt: skip
