"""Arrays made longer at their ends."""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops import ranges
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import is_inexact
from graphcore.ops.shape import Concatenate, expand
from graphcore.tensor import reductions
from graphcore.tensor.arranging import flip
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import getitem, set_subtensor
from graphcore.tensor.moving import following
from graphcore.tensor.ordering import median
from graphcore.tensor.shaping import broadcast_to, full, take

_STATISTICS = {
    "maximum": reductions.FUNCTIONS["max"],
    "mean": reductions.mean,
    "median": median,
    "minimum": reductions.FUNCTIONS["min"],
}
_PLACES = ("edge", "wrap", "reflect", "symmetric")
_MODES = ("constant", "linear_ramp", *_PLACES, *_STATISTICS)


@following
def pad(x, pad_width, mode="constant", constant_values=0, end_values=0, stat_length=None):
    """``x`` with elements added at the ends of its axes.

    Parameters
    ----------
    x : array_like or variable
    pad_width : int, (int, int), or sequence of (int, int)
        How many before and after; for all axes, or for each.
    mode : {"constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", \
"symmetric", "wrap"}
    constant_values : number
        What is added, with ``"constant"``.
    end_values : number
        Where straight lines from the first and last elements end, with ``"linear_ramp"``.
    stat_length : int, optional
        Of how many elements at the end the maximum, mean, median or minimum is; of all by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.pad([1, 2, 3], (1, 2), "reflect").eval()
    array([2, 1, 2, 3, 2, 1])
    """
    x = as_tensor_variable(x)
    if mode not in _MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(_MODES)}, not {mode!r}")
    if isinstance(pad_width, (int, np.integer, Variable)):
        pad_width = (pad_width, pad_width)
    if not isinstance(pad_width[0], (list, tuple, np.ndarray)):
        pad_width = [pad_width] * x.type.ndim
    if len(pad_width) == 1:
        pad_width = list(pad_width) * x.type.ndim
    if mode == "constant":
        return _with_constant(x, pad_width, constant_values)
    for axis, (before, after) in enumerate(pad_width):
        if mode in _PLACES:
            x = take(x, _places(shape_entry(x, axis), before, after, mode), axis)
        elif mode == "linear_ramp":
            first, last = (_part(x, axis, slice(*ends)) for ends in ((None, 1), (-1, None)))
            front = _ramp(first, axis, before, end_values)
            x = Concatenate(axis)(flip(front, axis), x, _ramp(last, axis, after, end_values))
        else:
            x = _with_statistic(x, axis, before, after, _STATISTICS[mode], stat_length)
    return x


def _with_constant(x, pad_width, value):
    lengths, place = [], []
    for axis, (before, after) in enumerate(pad_width):
        n = shape_entry(x, axis)
        lengths.append(n + before + after)
        place.append(slice(before, before + n))
    whole = full(lengths, cast(as_tensor_variable(value), x.type.dtype))
    return set_subtensor(getitem(whole, tuple(place)), x)


def _places(n, before, after, mode):
    """Which elements along an axis of length ``n`` the longer axis has."""
    limits = (-as_tensor_variable(before), n + after, 1)
    at = ranges.Arange()(*(cast(as_tensor_variable(v), "int64") for v in limits))
    if mode == "edge":
        return apply_row("minimum", apply_row("maximum", at, 0), n - 1)
    if mode == "wrap":
        return apply_row("mod", at, n)
    # there and back again
    period = 2 * n if mode == "symmetric" else apply_row("maximum", 2 * n - 2, 1)
    at = apply_row("mod", at, period)
    back = period - at - (1 if mode == "symmetric" else 0)
    return apply_row("switch", at < n, at, back)


def _part(x, axis, part):
    return getitem(x, (*[slice(None)] * axis, part))


def _converted(values, x):
    """Values as elements of the type of ``x``; whole numbers where these are."""
    if is_inexact(values.type.dtype) and not is_inexact(x.type.dtype):
        values = apply_row("round", values)
    return cast(values, x.type.dtype)


def _ramp(edge, axis, count, end):
    """Values on the way from an edge to a number, which is the last of them."""
    steps = ranges.arange(count) + 1
    part = cast(steps, "float64") / cast(as_tensor_variable(count), "float64")
    ndim = edge.type.ndim
    part = expand(part, [i for i in range(ndim) if i != axis], ndim)
    values = edge + (end - edge) * part
    if not is_inexact(edge.type.dtype):  # as NumPy does
        values = apply_row("trunc", values)
    return cast(values, edge.type.dtype)


def _with_statistic(x, axis, before, after, statistic, length):
    n = shape_entry(x, axis)
    ends = []
    for count, at_front in ((before, True), (after, False)):
        part = x
        if length is not None:
            m = apply_row("minimum", length, n)
            part = _part(x, axis, slice(None, m) if at_front else slice(n - m, None))
        value = _converted(statistic(part, axis=axis, keepdims=True), x)
        lengths = [count if i == axis else shape_entry(x, i) for i in range(x.type.ndim)]
        ends.append(broadcast_to(value, lengths))
    return Concatenate(axis)(ends[0], x, ends[1])


__all__ = ["pad"]
