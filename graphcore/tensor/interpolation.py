"""Functions that are given by their values at some points."""

from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import switch
from graphcore.tensor.moving import following
from graphcore.tensor.ordering import argsort, searchsorted
from graphcore.tensor.shaping import concatenate, take


@following
def interp(x, xp, fp, left=None, right=None, period=None):
    """The straight lines between points, as ``numpy.interp``.

    Parameters
    ----------
    x : array_like or variable
        Where to know the value.
    xp : vector
        Places of the points, in increasing order (in any order with a period).
    fp : vector
        Values of the points.
    left, right : number or scalar, optional
        The value before the first point and after the last one; by default those of these points.
    period : number, optional
        After which everything repeats; then ``left`` and ``right`` count for nothing.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.interp([0.5, 1.5, 9.0], [0.0, 1.0, 2.0], [0.0, 10.0, 30.0]).eval()
    array([ 5., 20., 30.])
    """
    x, xp, fp = (as_tensor_variable(v) for v in (x, xp, fp))
    if period is not None:
        x, xp = apply_row("mod", x, period), apply_row("mod", xp, period)
        order = argsort(xp)
        xp, fp = take(xp, order, 0), take(fp, order, 0)
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    last = shape_entry(xp, 0) - 1
    at = searchsorted(xp, x, side="right") - 1
    at = apply_row("minimum", apply_row("maximum", at, 0), apply_row("maximum", last - 1, 0))
    after = apply_row("minimum", at + 1, last)
    low, high = (cast(take(xp, i, 0), "float64") for i in (at, after))
    start, end = (cast(take(fp, i, 0), "float64") for i in (at, after))
    width = switch(apply_row("eq", high, low), 1.0, high - low)
    y = start + (end - start) * ((x - low) / width)
    y = switch(x < xp[0], fp[0] if left is None else left, y)
    return switch(x >= xp[-1], switch(x > xp[-1], fp[-1] if right is None else right, fp[-1]), y)


__all__ = ["interp"]
