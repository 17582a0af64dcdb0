"""Indexing as users write it, translated to the indexing operations; and writing to parts.

``x[key]`` becomes at most one ``Subtensor`` (integers and slices), one ``Take`` or ``TakePoints``
(one or several arrays of integers) and one ``Dimshuffle`` (new axes), each only where it is needed.
A mask is the positions of its true elements.
"""

import numpy as np

from graphcore.errors import shown
from graphcore.graph.nodes import Constant, Variable
from graphcore.ops.elementwise import apply_row
from graphcore.ops.index import IncSubtensor, IncTake, Subtensor, Take, subtensor
from graphcore.ops.lengths import Shape, shape_of
from graphcore.ops.operands import as_variables, constant, graph
from graphcore.ops.points import IncPoints, MaskPositions, TakePoints
from graphcore.ops.shape import Dimshuffle, SpecifyShape, dimshuffle, expand
from graphcore.tensor import moving
from graphcore.tensor.convert import as_tensor_variable, stacked

_SUPPORTED = (
    "supported are integers, slices, None, ..., arrays of integers and masks (lists, arrays or "
    "symbolic ones)"
)


def getitem(x, key):
    """``x[key]``."""
    if isinstance(key, list) and any(isinstance(k, slice) or k is None for k in key):
        key = tuple(key)  # as NumPy once did
    parts, masks, promised, separated = _parts(x, key if isinstance(key, tuple) else (key,))
    if any(n is not None and m is None for n, m in zip(promised, x.type.shape, strict=True)):
        x = SpecifyShape(promised)(x)  # the lengths of masks, checked when they are known
    own = [p for p in parts if p is not None]
    length = _known_length(x, own)
    if length is not None:
        return constant(length, "int64")
    if not any(map(_is_array, own)):
        y = subtensor(x, own)
        return _with_new_axes(y, [p for p in parts if p is None or isinstance(p, slice)])
    y = _gather(x, parts, own, separated)
    if len(masks) == 1 and len(own) - masks[0].type.ndim == len([p for p in own if _is_full(p)]):
        y.owner.op.mask = masks[0], next(i for i, p in enumerate(own) if not _is_full(p))
    return y


def _known_length(x, own):
    """``y.shape[i]`` as a number, when that length is known."""
    if x.type.ndim != 1 or not isinstance(own[0], int):
        return None
    if x.owner is not None and isinstance(x.owner.op, Shape):
        if moving.moves(x):
            return None
        lengths = x.owner.inputs[0].type.shape
    elif isinstance(x, Constant) and x.type.dtype == "int64":
        lengths = x.data
    else:
        return None
    return lengths[own[0]] if -len(lengths) <= own[0] < len(lengths) else None


def _gather(x, parts, own, separated):
    """Indexing with arrays among the parts."""
    basic = [slice(None) if _is_array(p) else p for p in own]
    y = x
    if not all(map(_is_full, basic)):
        y = subtensor(x, basic)
        y.owner.op.joint = True
    left = [p for p in own if _is_array(p) or isinstance(p, slice)]
    at = [i for i, p in enumerate(left) if _is_array(p)]
    if len(at) == 1:
        first, (idx,) = at[0], [left[i] for i in at]
        y, block = Take(first)(y, idx), idx.type.ndim
    else:
        first, before = 0, y.type.ndim - len(at)
        y = TakePoints(at)(y, *[left[i] for i in at])
        block = y.type.ndim - before
    axes = list(range(y.type.ndim))
    block, rest = axes[first : first + block], axes[:first] + axes[first + block :]
    layout, rest_axes, placed = [], iter(rest), False
    for p in parts:
        if p is None:
            layout.append("x")
        elif _is_array(p) and not placed:
            layout.extend(block)
            placed = True
        elif isinstance(p, slice):
            layout.append(next(rest_axes))
    if separated:  # NumPy then puts the axes of the arrays first
        layout = block + [a for a in layout if a not in block]
    return y if layout == axes else Dimshuffle(layout)(y)


def _is_full(p):
    return isinstance(p, slice) and p == slice(None)


def _separated(parts):
    """Whether integers and arrays are not neighbours in the index, as it was written."""
    basic = (type(None), slice, type(Ellipsis))
    advanced = [i for i, p in enumerate(parts) if not isinstance(p, basic)]
    return bool(advanced) and advanced[-1] - advanced[0] != len(advanced) - 1


def _with_new_axes(y, parts):
    if None not in parts:
        return y
    axes = iter(range(y.type.ndim))
    return Dimshuffle(["x" if p is None else next(axes) for p in parts])(y)


def _is_array(p):
    return isinstance(p, Variable) and p.type.ndim > 0


def _parts(x, key):
    """The index with one entry per axis of ``x`` (int, scalar, array or slice) and None.

    Also the symbolic masks that were among them, the lengths that the other masks promise, and
    whether arrays and integers are separated.
    """
    parts = [k if k is None or k is Ellipsis or isinstance(k, slice) else _index(k) for k in key]
    ellipses = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    given = sum(_axes_of(p) for p in parts)
    missing = x.type.ndim - given
    if missing < 0:
        raise IndexError(f"too many indices: {given} for an array with {x.type.ndim} axes")
    separated = _separated(parts)
    at = ellipses[0] if ellipses else len(parts)
    parts[at : at + len(ellipses)] = [slice(None)] * missing
    return (*_checked(x, parts), separated)


def _checked(x, parts):
    axis, found, masks, promised = 0, [], [], [None] * x.type.ndim
    for p in parts:
        if isinstance(p, slice):
            found.append(_slice(p))
        elif _is_mask(p):
            found += positions(p, x, axis)
            if isinstance(p, Constant):
                promised[axis : axis + p.type.ndim] = p.type.shape
            else:
                masks.append(p)
        else:
            found.append(p)
        axis += _axes_of(p)
    return found, masks, promised


def _is_mask(p):
    return isinstance(p, Variable) and p.type.dtype == "bool"


def _axes_of(p):
    """How many axes an entry of an index takes."""
    return 0 if p is None or p is Ellipsis else p.type.ndim if _is_mask(p) else 1


def positions(mask, x, axis=0):
    """Positions where a mask on some axes of ``x``, the first one ``axis``, is true: one vector
    per axis."""
    shape = x.type.shape[axis : axis + mask.type.ndim]
    if None not in shape:
        lengths = constant(np.array(shape, dtype="int64"))
    else:
        lengths = shape_of(x)[axis : axis + len(shape)]
    flat = MaskPositions()(mask, lengths)
    if isinstance(mask, Constant):
        return [constant(i) for i in np.nonzero(mask.data)]
    found = []
    for i in range(mask.type.ndim - 1, 0, -1):
        n = lengths[i]
        found.append(apply_row("mod", flat, n))
        flat = apply_row("floor_div", flat, n)
    return [flat, *reversed(found)]


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
        k = constant(k.astype("int64") if k.size == 0 else k)
    kind = np.dtype(k.type.dtype).kind
    if kind == "b" and k.type.ndim:
        return k
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
        if isinstance(e, Variable) and e.type.ndim:
            raise TypeError(f"the {name} of a slice must be an integer, not {e.type!r}")
        ends.append(e)
    return slice(*ends)


def set_subtensor(x, y, inplace=False, tolerate_inplace_aliasing=False):
    """The array ``a`` with its part ``x = a[...]`` replaced by ``y``.

    Parameters
    ----------
    x : TensorVariable
        An indexing expression, written as the argument.
    y : array_like or variable
        Broadcasts to the shape of the part.
    inplace, tolerate_inplace_aliasing : bool
        Accepted for programs written for Theano.

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


def inc_subtensor(
    x, y, inplace=False, set_instead_of_inc=False, tolerate_inplace_aliasing=False,
    ignore_duplicates=False,
):  # fmt: skip
    """The array ``a`` with ``y`` added to its part ``x = a[...]``; repeated positions accumulate.

    ``set_instead_of_inc`` makes it :func:`set_subtensor`; with ``ignore_duplicates`` repeated
    positions count once, as in NumPy's ``a[...] += y``; the other options change nothing.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = tt.vector("a")
    >>> tt.inc_subtensor(a[[0, 0, 2]], 1).eval({a: [5, 6, 7]})
    array([7., 6., 8.])
    """
    if ignore_duplicates and not set_instead_of_inc:
        return _write("inc_subtensor", x, as_tensor_variable(x) + y, True)
    return _write("inc_subtensor", x, y, bool(set_instead_of_inc))


def _write(name, x, y, is_set):
    x = as_tensor_variable(x)
    _, value = as_variables((x, stacked(y)))
    node = x.owner
    if node is not None and isinstance(node.op, Dimshuffle):
        value = _before_dimshuffle(node.op.pattern, node.inputs[0].type.ndim, value)
        node = node.inputs[0].owner
    if node is None or not isinstance(node.op, (Subtensor, Take, TakePoints)):
        raise TypeError(
            f"{name}: the first argument must be an expression like a[1:3]; not {shown(x)}"
        )
    base, *rest = node.inputs
    if value.type.dtype != base.type.dtype and isinstance(value, Constant) and not value.type.ndim:
        value = _exact(value, base.type.dtype)
    if isinstance(node.op, Subtensor):
        return IncSubtensor(node.op.spec, is_set)(base, value, *rest)
    if node.op.mask is not None and not value.type.ndim:
        return _at_mask(base, value, is_set, *node.op.mask)
    if isinstance(node.op, Take):
        new = IncTake(node.op.axis, is_set)(base, value, *rest)
    else:
        new = IncPoints(node.op.axes, is_set)(base, value, *rest)
    outer = base.owner
    if outer is not None and isinstance(outer.op, Subtensor) and outer.op.joint:
        array, *ints = outer.inputs
        return IncSubtensor(outer.op.spec, True)(array, new, *ints)
    return new


def _before_dimshuffle(pattern, ndim, value):
    """A value for rearranged axes as one for the axes before."""
    if value.type.ndim > len(pattern):
        raise ValueError(f"a value with {value.type.ndim} axes is too much for {len(pattern)}")
    value = expand(value, range(len(pattern) - value.type.ndim), len(pattern))
    value = dimshuffle(value, [pattern.index(i) if i in pattern else "x" for i in range(ndim)])
    lead = 0  # lengths of one in front say nothing
    while lead < ndim and value.type.shape[lead] == 1:
        lead += 1
    return dimshuffle(value, range(lead, ndim)) if lead else value


def _at_mask(base, value, is_set, mask, axis):
    """One number written where a mask on axes from ``axis`` on is true: a choice per element."""
    after = base.type.ndim - axis - mask.type.ndim
    mask = dimshuffle(mask, [*range(mask.type.ndim), *["x"] * after])
    if graph.add(base, value).type.dtype != base.type.dtype:
        raise TypeError(f"a value of {value.type.dtype} does not fit into {base.type.dtype}")
    return apply_row("switch", mask, value if is_set else graph.add(base, value), base)


def _exact(value, dtype):
    """A scalar constant in another element type, when that keeps its value."""
    converted = value.data.astype(dtype)
    return constant(converted) if converted == value.data else value


__all__ = ["inc_subtensor", "set_subtensor"]
