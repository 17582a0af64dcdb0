"""What users pass where a symbolic array is expected."""

import numpy as np

from graphcore.graph.nodes import Apply, Variable
from graphcore.ops.elementwise import cast
from graphcore.ops.operands import check_dtype
from graphcore.ops.operands import constant as _constant
from graphcore.ops.shape import Concatenate, dimshuffle, expand


def constant(x, name=None, ndim=None, dtype=None):
    """A constant of the graph, with its own copy of ``x``.

    Arrays of a megabyte and more, and those mapped from a file, are not copied: they must not be
    changed afterwards.

    Parameters
    ----------
    x : array_like
        Python numbers become int64 or float64; arrays keep their element type.
    name : str, optional
    ndim : int, optional
        Required number of axes; missing ones are put in front.
    dtype : dtype, optional

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.constant([1, 2, 3]).type
    TensorType(int64, (3))
    """
    found = _constant(x, None if dtype is None else check_dtype(dtype), name)
    return found if ndim is None else _with_ndim(found, ndim)


def as_tensor_variable(x, name=None, ndim=None, dtype=None):
    """A symbolic array of anything that can be one.

    Variables are returned as they are, of an ``Apply`` its output, sequences that contain variables
    are stacked, everything else becomes a constant.  ``ndim`` adds axes of length 1 in front, or
    takes off some that are known to have this length.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = tt.scalar("a")
    >>> tt.as_tensor([a, 1.0, 2 * a]).eval({a: 3.0})
    array([3., 1., 6.])
    """
    x = _output(x) if isinstance(x, Apply) else stacked(x)
    if not isinstance(x, Variable):
        return constant(x, name, ndim, dtype)
    if dtype is not None:
        x = cast(x, dtype)
    return x if ndim is None else _with_ndim(x, ndim)


as_tensor = as_tensor_variable


def _output(node):
    """The output of a node that has one, or says which one is meant."""
    which = getattr(node.op, "default_output", None)
    if which is None and len(node.outputs) > 1:
        raise TypeError(f"{node.op} has {len(node.outputs)} outputs; take one of node.outputs")
    return node.outputs[which or 0]


def _with_ndim(x, ndim):
    more = x.type.ndim - ndim
    if more > 0 and x.type.shape[:more] == (1,) * more:
        return dimshuffle(x, range(more, x.type.ndim))
    if more > 0:
        raise ValueError(f"expected an array with {ndim} axes, got one with {x.type.ndim}")
    return expand(x, range(ndim - x.type.ndim), ndim)


def _has_variable(x):
    return isinstance(x, Variable) or (
        isinstance(x, (list, tuple)) and any(_has_variable(v) for v in x)
    )


def stacked(x):
    """A (nested) sequence that contains variables as one variable; anything else unchanged."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        x = x.tolist()
    if not isinstance(x, (list, tuple)) or not _has_variable(x):
        return x
    return stack_first([as_tensor_variable(v) for v in x])


def stack_first(parts):
    """Arrays of one number of axes joined along a new first axis."""
    ndim = parts[0].type.ndim
    if any(p.type.ndim != ndim for p in parts):
        raise ValueError(
            "cannot stack arrays with " + ", ".join(str(p.type.ndim) for p in parts) + " axes"
        )
    return Concatenate(0)(*[expand(p, (0,), ndim + 1) for p in parts])


def normal_axis(axis, ndim):
    """A non-negative axis."""
    try:
        found = axis.__index__()
    except (AttributeError, TypeError):
        raise TypeError(f"an axis must be an integer, not {type(axis).__name__}") from None
    if not -ndim <= found < ndim:
        message = f"axis {axis} is out of bounds for an array with {ndim} axes"
        raise np.exceptions.AxisError(message)
    return found % ndim


def normal_axes(axis, ndim):
    """Increasing non-negative axes of None (all), an integer or a sequence."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, (list, tuple)) or (isinstance(axis, np.ndarray) and axis.ndim):
        found = sorted(normal_axis(a, ndim) for a in axis)
        if len(set(found)) != len(found):
            raise ValueError(f"an axis occurs twice in {axis}")
        return tuple(found)
    return (normal_axis(axis, ndim),)
