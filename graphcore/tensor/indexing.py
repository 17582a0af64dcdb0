"""Indexing as users write it, translated to the indexing operations; and writing to parts.

``x[key]`` becomes at most one ``Subtensor`` (integers and slices), one ``Take`` (an array of
integers) and one ``Dimshuffle`` (new axes), each only where it is needed.
"""

import numpy as np

from graphcore.errors import shown
from graphcore.graph.nodes import Constant, Variable
from graphcore.ops.index import IncSubtensor, IncTake, Subtensor, Take, subtensor
from graphcore.ops.operands import as_variables, constant
from graphcore.ops.shape import Dimshuffle, Shape
from graphcore.tensor.convert import as_tensor_variable, stacked

_SUPPORTED = (
    "supported are integers, slices, None, ..., and one array of integers (a list, an array or a "
    "symbolic integer vector)"
)


def getitem(x, key):
    """``x[key]``."""
    parts = _parts(x, key if isinstance(key, tuple) else (key,))
    own = [p for p in parts if p is not None]
    length = _known_length(x, own)
    if length is not None:
        return constant(length, "int64")
    arrays = [i for i, p in enumerate(own) if _is_array(p)]
    if len(arrays) > 1:
        raise TypeError(f"indexing by {len(arrays)} arrays is not supported; {_SUPPORTED}")
    if not arrays:
        y = subtensor(x, own)
        return _with_new_axes(y, [p for p in parts if p is None or isinstance(p, slice)])
    return _gather(x, parts, own, arrays[0])


def _known_length(x, own):
    """``y.shape[i]`` as a number, when that length is known."""
    if x.type.ndim != 1 or not isinstance(own[0], int):
        return None
    if x.owner is not None and isinstance(x.owner.op, Shape):
        lengths = x.owner.inputs[0].type.shape
    elif isinstance(x, Constant) and x.type.dtype == "int64":
        lengths = x.data
    else:
        return None
    return lengths[own[0]] if -len(lengths) <= own[0] < len(lengths) else None


def _gather(x, parts, own, axis):
    """Indexing with one array among the parts."""
    idx = own[axis]
    basic = [slice(None) if i == axis else p for i, p in enumerate(own)]
    y = x
    if any(not isinstance(p, slice) or p != slice(None) for p in basic):
        y = subtensor(x, basic)
        y.owner.op.joint = True
    at = len([p for p in own[:axis] if isinstance(p, slice)])
    y = Take(at)(y, idx)
    axes = list(range(y.type.ndim))
    block, rest = axes[at : at + idx.type.ndim], axes[:at] + axes[at + idx.type.ndim :]
    layout, rest_axes = [], iter(rest)
    for p in parts:
        if p is None:
            layout.append("x")
        elif _is_array(p):
            layout.extend(block)
        elif isinstance(p, slice):
            layout.append(next(rest_axes))
    if _separated(parts):  # NumPy then puts the axes of the array first
        layout = block + [a for a in layout if a not in block]
    return y if layout == axes else Dimshuffle(layout)(y)


def _separated(parts):
    """Whether integers and the array are not neighbours in the index."""
    advanced = [i for i, p in enumerate(parts) if p is not None and not isinstance(p, slice)]
    return advanced[-1] - advanced[0] != len(advanced) - 1


def _with_new_axes(y, parts):
    if None not in parts:
        return y
    axes = iter(range(y.type.ndim))
    return Dimshuffle(["x" if p is None else next(axes) for p in parts])(y)


def _is_array(p):
    return isinstance(p, Variable) and p.type.ndim > 0


def _parts(x, key):
    """The index with one entry per axis of ``x`` (int, scalar, array or slice) and None."""
    parts = [k if k is None or k is Ellipsis or isinstance(k, slice) else _index(k) for k in key]
    ellipses = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    given = len([p for p in parts if p is not None and p is not Ellipsis])
    missing = x.type.ndim - given
    if missing < 0:
        raise IndexError(f"too many indices: {given} for an array with {x.type.ndim} axes")
    at = ellipses[0] if ellipses else len(parts)
    parts[at : at + len(ellipses)] = [slice(None)] * missing
    return _checked(x, parts)


def _checked(x, parts):
    axis = 0
    for i, p in enumerate(parts):
        if p is None:
            continue
        if isinstance(p, slice):
            parts[i] = _slice(p)
        elif isinstance(p, _Mask):
            parts[i] = p.positions(x.type.shape[axis], axis)
        axis += 1
    return parts


class _Mask:
    """A concrete one-dimensional mask, whose true positions are known."""

    def __init__(self, values):
        self.values = values

    def positions(self, length, axis):
        if length is not None and length != len(self.values):
            raise IndexError(
                f"a mask of length {len(self.values)} does not fit axis {axis} of length {length}"
            )
        return constant(np.flatnonzero(self.values))


def _index(k):
    """An int, an integer scalar or array variable, or a mask."""
    if isinstance(k, (bool, np.bool_)):
        raise TypeError(f"True and False are not indices; {_SUPPORTED}")
    if isinstance(k, (int, np.integer)):
        return int(k)
    k = stacked(k)
    if not isinstance(k, Variable):
        try:
            k = np.asarray(k)
        except ValueError:
            raise TypeError(f"an index cannot be a ragged list; {_SUPPORTED}") from None
        if k.dtype == bool and k.ndim == 1:
            return _Mask(k)
        k = constant(k.astype("int64") if k.size == 0 else k)
    kind = np.dtype(k.type.dtype).kind
    if kind == "b":
        raise TypeError(
            f"indexing by a boolean mask ({shown(k)}) is not supported, because the shape of the "
            f"result would depend on its values; {_SUPPORTED}. To select values use switch."
        )
    if kind not in "iu":
        raise TypeError(f"an index must be an integer, not {k.type.dtype}; {_SUPPORTED}")
    if isinstance(k, Constant) and k.type.ndim == 0:
        return int(k.data)
    return k


def _slice(s):
    ends = []
    for name, e in (("start", s.start), ("stop", s.stop), ("step", s.step)):
        if e is None:
            ends.append(None)
            continue
        e = _index(e)
        if isinstance(e, Variable) and (name == "step" or e.type.ndim):
            raise TypeError(f"the {name} of a slice must be an integer, not {e.type!r}")
        if isinstance(e, _Mask):
            raise TypeError(f"the {name} of a slice must be an integer, not a mask")
        ends.append(e)
    return slice(*ends)


def set_subtensor(x, y):
    """The array ``a`` with its part ``x = a[...]`` replaced by ``y``.

    Parameters
    ----------
    x : TensorVariable
        An indexing expression, written as the argument.
    y : array_like or variable
        Broadcasts to the shape of the part.

    Returns
    -------
    TensorVariable
        A new array; ``a`` itself does not change.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = tt.vector("a")
    >>> b = tt.set_subtensor(a[:2], 1)
    >>> b.eval({a: [5, 6, 7]})
    array([1., 1., 7.])
    """
    return _write("set_subtensor", x, y, True)


def inc_subtensor(x, y):
    """The array ``a`` with ``y`` added to its part ``x = a[...]``; repeated positions accumulate.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = tt.vector("a")
    >>> tt.inc_subtensor(a[[0, 0, 2]], 1).eval({a: [5, 6, 7]})
    array([7., 6., 8.])
    """
    return _write("inc_subtensor", x, y, False)


def _write(name, x, y, is_set):
    x = as_tensor_variable(x)
    node = x.owner
    if node is None or not isinstance(node.op, (Subtensor, Take)):
        reason = (
            "new axes (None) and moved axes are not supported in it"
            if node is not None and isinstance(node.op, Dimshuffle)
            else f"not {shown(x)}"
        )
        raise TypeError(f"{name}: the first argument must be an expression like a[1:3]; {reason}")
    base, *rest = node.inputs
    base, value = as_variables((base, stacked(y)))
    if value.type.dtype != base.type.dtype and isinstance(value, Constant) and not value.type.ndim:
        value = _exact(value, base.type.dtype)
    if isinstance(node.op, Subtensor):
        return IncSubtensor(node.op.spec, is_set)(base, value, *rest)
    new = IncTake(node.op.axis, is_set)(base, value, *rest)
    outer = base.owner
    if outer is not None and isinstance(outer.op, Subtensor) and outer.op.joint:
        array, *ints = outer.inputs
        return IncSubtensor(outer.op.spec, True)(array, new, *ints)
    return new


def _exact(value, dtype):
    """A scalar constant in another element type, when that keeps its value."""
    converted = value.data.astype(dtype)
    return constant(converted) if converted == value.data else value


__all__ = ["inc_subtensor", "set_subtensor"]
