"""Windows of an array: what convolutions, pooling and neighbourhoods are made of."""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops.elementwise import apply_row
from graphcore.ops.index import shape_entry
from graphcore.ops.ranges import arange
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.indexing import getitem
from graphcore.tensor.padding import pad


def tuple_of(value, k, what):
    """``k`` entries: a number repeated, or a sequence or a vector of as many."""
    if isinstance(value, (int, Variable)) and getattr(value, "ndim", 0) == 0:
        return (value,) * k
    if isinstance(value, Variable):
        found = tuple(getitem(value, i) for i in range(value.type.shape[0] or k))
    else:
        found = tuple(value.tolist() if isinstance(value, np.ndarray) else value)
    if len(found) != k:
        raise ValueError(f"{what} needs {k} numbers, not {len(found)}")
    return found


def length(x, axis):
    """Length of an axis: an int where it is known."""
    n = x.type.shape[axis]
    return shape_entry(x, axis) if n is None else n


def at_least(n, least):
    """The larger of two lengths."""
    if isinstance(n, int) and isinstance(least, int):
        return max(n, least)
    return apply_row("maximum", n, least)


def counts(x, size, step, dilation):
    """How many windows fit along each of the last axes."""
    k = len(size)
    return tuple(
        at_least(
            (length(x, x.type.ndim - k + i) - (size[i] - 1) * dilation[i] - 1) // step[i] + 1, 0
        )
        for i in range(k)
    )


def windows(x, size, step, dilation=None, count=None):
    """The windows of the last axes of an array.

    Parameters
    ----------
    x : Variable
    size, step : sequence
        Length of a window and distance between windows, per axis; ints or integer variables.
    dilation : sequence, optional
        Distance between the elements of a window.
    count : sequence, optional
        How many windows; as many as fit by default.

    Returns
    -------
    Variable
        The last ``k`` axes replaced by ``k`` axes that count windows and ``k`` within a window.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> windows(tt.arange(5), (2,), (3,)).eval()
    array([[0, 1],
           [3, 4]])
    """
    k = len(size)
    dilation = (1,) * k if dilation is None else dilation
    count = counts(x, size, step, dilation) if count is None else count
    places = []
    for i in range(k):
        starts, within = arange(count[i]) * step[i], arange(size[i]) * dilation[i]
        order = ["x"] * (2 * k)
        order[i], order[k + i] = 0, 1
        both = dimshuffle(starts, (0, "x")) + dimshuffle(within, ("x", 0))
        places.append(dimshuffle(both, order))
    return getitem(x, (..., *places))


def padded(x, before, after, value=0):
    """``x`` with elements added at the ends of its last axes."""
    if all(isinstance(n, int) and n == 0 for n in (*before, *after)):
        return x
    rest = x.type.ndim - len(before)
    pairs = list(zip(before, after, strict=True))
    return pad(x, [(0, 0)] * rest + pairs, constant_values=value)
