"""Items of indexing: views, gathers, scatters, and arrays with a region changed."""

import numpy as np

from graphcore.graph.large import REFERENCED
from graphcore.graph.nodes import Constant
from graphcore.lower.arrays import LANE, View, c_strides, size_of, whole
from graphcore.lower.items import broadcast_view
from graphcore.lower.translate import NARROW, RULES, Unsupported
from graphcore.ops import index, points
from graphcore.ops.elementwise import Elemwise


def _known_int(t, node, part):
    """A number of an index specification; None when it is only known at run time."""
    if isinstance(part, index.Arg):
        v = node.inputs[_first_arg(node) + part.k]
        value = v.data if isinstance(v, Constant) else t.values.get(v)
        return None if value is None else int(value)
    return part


def _first_arg(node):
    return 1 if isinstance(node.op, index.Subtensor) else 2


def _out_of_range(i, axis, n):
    return f"index {i} is out of bounds for axis {axis} with size {n}"


def region(t, node, view, moving=None):
    """The part of ``view`` that a basic index specification means.

    Integers that are known only at run time count as 0; they are entered in ``moving`` as
    ``{axis: variable}``.
    """
    shape, strides, offset = [], [], view.offset
    for axis, entry in enumerate(node.op.spec):
        n, stride = view.shape[axis], view.strides[axis]
        if isinstance(entry, index.Slice):
            parts = [_known_int(t, node, p) for p in (entry.start, entry.stop, entry.step)]
            asked = (entry.start, entry.stop, entry.step)
            if any(p is None and a is not None for p, a in zip(parts, asked, strict=True)):
                raise Unsupported("slice bounds known only at run time")
            start, stop, step = slice(*parts).indices(n)
            shape.append(len(range(start, stop, step)))
            strides.append(stride * step)
            offset += stride * start if shape[-1] else 0
            continue
        i = _known_int(t, node, entry)
        if i is None:
            if moving is None:
                raise Unsupported("index known only at run time")
            moving[axis] = node.inputs[_first_arg(node) + entry.k]
            continue
        if not -n <= i < n:
            raise IndexError(_out_of_range(i, axis, n))
        offset += stride * (i + n if i < 0 else i)
    done = len(node.op.spec)
    return View(
        view.array,
        (*shape, *view.shape[done:]),
        (*strides, *view.strides[done:]),
        offset,
    )


def _subtensor(t, node):
    moving, x, y = {}, t.of(node.inputs[0]), node.outputs[0]
    part = region(t, node, x, moving)
    if not moving:
        t.view[y] = part
        return
    if x.array.memory != "f8" or x.array.is_scalar:  # a copy, to which indices are added
        x = t.contiguous(x)
        part = region(t, node, x, {})
    out = t.new(part.shape, LANE[y.type.dtype])
    if out.size:
        at = element_positions(t, node, x, moving)
        if part.is_contiguous and part.size > 1:
            line = View(x.array, (part.size,), (1,), part.offset)
            info = {"k": part.size, "ld": 1}
            t.add("take_rows", "take_rows", (1,), [line, t.contiguous(at)], whole(out), info=info)
        else:
            at = _spread(t, at, part.shape, part.strides)
            line = View(x.array, (x.array.size,), (1,), part.offset)
            t.add("gather", "gather", part.shape, [line, at], whole(out))
    t.view[y] = whole(out)


def is_zero(view):
    data = view.array.data
    return data is not None and data.size == 1 and data.reshape(-1)[0] == 0


def start_from(t, view, shape, lane):
    """A fresh array that begins as what ``view`` shows."""
    out = t.new(shape, lane)
    if size_of(shape):
        if is_zero(view):
            out.start = 0
        else:
            t.copy(view, whole(out))
    return whole(out)


def _is_ours(t, x):
    """Whether the array of ``x`` was made for an increment, or by one kernel, and nobody else
    reads it.
    """
    made = (index.IncSubtensor, Elemwise)
    if x.owner is None or not isinstance(x.owner.op, made) or t.uses.get(x) != 1:
        return False
    view = t.view.get(x)
    return (
        view is not None
        and view.is_whole
        and view.array.data is None
        and (view.array.place is None and bool(view.array.writers))
        and not view.array.readers
    )


def _inc_subtensor(t, node):
    x, value = node.inputs[:2]
    y = node.outputs[0]
    lane = LANE[y.type.dtype]
    moving = {}
    new = t.cast(t.of(value), value.type.dtype, y.type.dtype)
    probe = region(t, node, t.of(x), moving)
    old = t.cast(t.of(x), x.type.dtype, y.type.dtype)
    if not probe.size:
        t.view[y] = old
        return
    if moving:
        out = start_from(t, old, t.shapes[y], lane)
        part = region(t, node, out, {})
        at = element_positions(t, node, out, moving)
        _scatter(t, node, out, at, part, broadcast_view(new, part.shape), part.offset)
        return
    many = size_of(t.shapes[y]) > 1
    increase = many and not node.op.is_set and y.type.dtype not in (*NARROW, "bool")
    if increase and _is_ours(t, x):
        out = old
    else:
        out = start_from(t, old, t.shapes[y], lane)
    place = region(t, node, out)
    t.view[y] = out
    if increase:
        new = broadcast_view(new, place.shape)
        t.add("increase", f"sum_{lane}", place.shape, [new], place)
        return
    if not node.op.is_set and out.array.start is None:
        seen = View(place.array, place.shape, place.strides, place.offset)
        old = t.new(place.shape, lane)
        t.copy(seen, whole(old))
        total = t.elementwise(
            f"add_{lane}{lane}", [whole(old), broadcast_view(new, place.shape)], place.shape, lane
        )
        new = t.sum_in_range(total, y.type.dtype)
    t.copy(new, place)


# ---- integer arrays ---------------------------------------------------------------------------


def positions(t, node, v, length, axis):
    """A view of int64 indices counted from the front, checked against ``length``."""
    view = t.of(v)
    data = v.data if isinstance(v, Constant) else t.values.get(v)
    if data is not None:
        least, most = (int(data.min()), int(data.max())) if data.size else (0, -1)
        if data.size and (least < -length or most >= length):
            wrong = (data < -length) | (data >= length)
            at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            raise IndexError(_out_of_range(int(data[at]), axis, length))
        if least < 0 or (data.dtype != np.int64 and data.nbytes < REFERENCED):
            data = np.where(data < 0, data + length, data).astype(np.int64)
            return t.constant(data)
        return view
    if not length and view.size:
        raise IndexError(_out_of_range("of any value", axis, length))
    out = t.new(view.shape, "l")
    if view.size:
        info = {"length": length, "axis": axis}
        t.add("check", "check_index", view.shape, [view], whole(out), info=info)
    return whole(out)


def _permuted(view, order):
    shape, strides = ([part[i] for i in order] for part in (view.shape, view.strides))
    return View(view.array, tuple(shape), tuple(strides), view.offset)


def element_positions(t, node, view, indices):
    """Where in memory, counted from the first element of ``view``, indices into it point.

    Parameters
    ----------
    indices : dict of int to Variable
        The integers that index an axis; they broadcast against each other.
    """
    total = None
    shape = np.broadcast_shapes(*[t.shapes[v] for v in indices.values()])
    for axis, v in indices.items():
        where = positions(t, node, v, view.shape[axis], axis)
        if where.array.data is not None and where.is_whole:
            data = where.array.data.reshape(where.shape) * view.strides[axis]
            where = t.constant(data.astype(np.int64))
        elif view.strides[axis] != 1:
            step = t.constant(np.array(view.strides[axis]))
            where = t.elementwise("mul_ll", [where, step], where.shape, "l")
        both = total is not None and (total.array.data is not None, where.array.data is not None)
        if both == (True, True) and total.is_whole and where.is_whole:
            sums = total.array.data.reshape(total.shape) + where.array.data.reshape(where.shape)
            total = t.constant(sums)
        else:
            total = where if total is None else t.elementwise("add_ll", [total, where], shape, "l")
    return broadcast_view(total, shape)


def _spread(t, at, shape, strides):
    """Positions of all elements of rows of this layout, which begin at ``at``."""
    within = np.zeros((), dtype=np.int64)
    for n, stride in zip(shape, strides, strict=True):
        within = within[..., None] + np.arange(n) * stride
    lead = at.shape
    at = View(at.array, (*lead, *(1,) * len(shape)), (*at.strides, *(0,) * len(shape)), at.offset)
    return t.elementwise("add_ll", [at, t.constant(within)], (*lead, *shape), "l")


def _scatter(t, node, out, at, rest, new, offset=0):
    """Write ``new`` (axes of the positions, then of ``rest``) at positions in the array of ``out``.

    ``rest`` is laid out as the elements from each position on.
    """
    y = node.outputs[0]
    lane = LANE[y.type.dtype]
    t.view[y] = out
    op = "scatter_set" if node.op.is_set else f"scatter_add_{lane}"
    if rest.size > 1 or offset:
        shape, strides = rest.shape, rest.strides
        if offset:
            at = t.elementwise("add_ll", [at, t.constant(np.array(offset))], at.shape, "l")
        at = _spread(t, at, shape, strides)
    new = View(new.array, at.shape, new.strides[: len(at.shape)], new.offset)
    if not at.shape:  # one element
        at, new = (View(v.array, (1,), (0,), v.offset) for v in (at, new))
    t.add("scatter", op, at.shape, [at, new], whole(out.array))
    if not node.op.is_set:
        t.view[y] = t.sum_in_range(out, y.type.dtype)


def _axis_first(view, axis):
    return _permuted(view, (axis, *(i for i in range(len(view.shape)) if i != axis)))


def _take(t, node):
    x, idx = node.inputs
    y, axis = node.outputs[0], node.op.axis
    base = _axis_first(t.of(x), axis)
    rest = base.shape[1:]
    where = positions(t, node, idx, base.shape[0], axis)
    lead = where.shape
    out = t.new((*lead, *rest), LANE[y.type.dtype])
    if out.size:
        if size_of(rest) == 1:
            base = base if base.array.memory == "f8" else t.contiguous(base)
            line = View(base.array, base.shape[:1], base.strides[:1], base.offset)
            t.add("gather", "gather", lead, [line, where], View(out, lead, c_strides(lead)))
        else:
            where = t.contiguous(where)
            base = t.contiguous(base)
            t.add("take_rows", "take_rows", (1,), [base, where], whole(out))
    full = whole(out)  # axes: index axes, rest; the result wants the index axes at `axis`
    k = len(lead)
    order = (*range(k, k + axis), *range(k), *range(k + axis, k + len(rest)))
    t.view[y] = _permuted(full, order)


def _inc_take(t, node):
    """The array with its axis in front is made; the result is a view of it."""
    x, value, idx = node.inputs
    y, axis = node.outputs[0], node.op.axis
    lane, full = LANE[y.type.dtype], t.shapes[y]
    rows = size_of(full) and size_of(full) != full[axis]
    if rows and (node.op.is_set or lane != "d"):
        shape, k = (*full[:axis], *t.shapes[idx], *full[axis + 1 :]), idx.type.ndim
        order = (*range(axis, axis + k), *range(axis), *range(axis + k, len(shape)))
        _write_points(t, node, x, value, {axis: idx}, shape, order)
        return
    where = positions(t, node, idx, full[axis], axis)
    new = t.cast(t.of(value), value.type.dtype, y.type.dtype)
    new = broadcast_view(new, (*full[:axis], *where.shape, *full[axis + 1 :]))
    if not new.size:
        t.view[y] = t.cast(t.of(x), x.type.dtype, y.type.dtype)
        return
    k = len(where.shape)
    new = _permuted(new, (*range(axis, axis + k), *range(axis), *range(axis + k, len(new.shape))))
    old = _axis_first(t.cast(t.of(x), x.type.dtype, y.type.dtype), axis)
    out = start_from(t, old, old.shape, lane)
    if rows:
        inputs = [t.contiguous(where), t.contiguous(new)]
        t.add("scatter_rows", "scatter_rows", (1,), inputs, out)
    else:
        op = "scatter_set" if node.op.is_set else f"scatter_add_{lane}"
        flat = View(new.array, where.shape, new.strides[:k], new.offset)
        t.add("scatter", op, where.shape, [where, flat], out)
        if not node.op.is_set:
            out = t.sum_in_range(out, y.type.dtype)
    rest = range(1, len(full))
    t.view[y] = _permuted(out, (*rest[:axis], 0, *rest[axis:]))


def _axes_first(view, axes):
    order = (*axes, *(i for i in range(len(view.shape)) if i not in axes))
    return _permuted(view, order)


def _take_points(t, node):
    x, *idx = node.inputs
    y, axes = node.outputs[0], node.op.axes
    k = len(axes)
    base = t.of(x)
    rest = _axes_first(base, axes).shape[k:]
    out = t.new(t.shapes[y], LANE[y.type.dtype])
    t.view[y] = whole(out)
    if not out.size:
        return
    if (
        size_of(rest) != 1
        or base.array.memory != "f8"
        or base.array.is_scalar
        or (min(base.strides, default=0) < 0)
    ):
        base = t.contiguous(_axes_first(base, axes))
        axes = tuple(range(k))
    where = element_positions(t, node, base, dict(zip(axes, idx, strict=True)))
    line = View(base.array, (max(base.array.size - base.offset, 1),), (1,), base.offset)
    if size_of(rest) == 1:
        lead = where.shape
        t.add("gather", "gather", lead, [line, where], View(out, lead, c_strides(lead)))
        return
    info = {"k": size_of(rest), "ld": 1}
    t.add("take_rows", "take_rows", (1,), [line, t.contiguous(where)], whole(out), info=info)


def _inc_points(t, node):
    x, value, *idx = node.inputs
    axes = node.op.axes
    rest = [n for i, n in enumerate(t.shapes[x]) if i not in axes]
    lead = np.broadcast_shapes(*[t.shapes[v] for v in idx])
    region_shape = (*lead, *rest)
    order = range(len(region_shape))
    _write_points(t, node, x, value, dict(zip(axes, idx, strict=True)), region_shape, order)


def _write_points(t, node, x, value, indices, shape, order):
    """Scatter a value of ``shape``, whose axes in ``order`` are those of the positions first."""
    y = node.outputs[0]
    lane = LANE[y.type.dtype]
    new = t.cast(t.of(value), value.type.dtype, y.type.dtype)
    new = _permuted(broadcast_view(new, shape), order)
    old = t.cast(t.of(x), x.type.dtype, y.type.dtype)
    if not new.size:
        t.view[y] = old
        return
    out = start_from(t, old, t.shapes[y], lane)
    axes = tuple(indices)
    k = len(axes)
    rest = _axes_first(out, axes)
    rest = View(out.array, rest.shape[k:], rest.strides[k:])
    leading = sorted(axes) == list(range(k)) and rest.size > 1
    if leading and y.type.dtype == "float64" and not node.op.is_set:
        rows = View(out.array, out.shape, tuple(s // rest.size for s in out.strides))
        at = element_positions(t, node, rows, indices)
        t.view[y] = out
        operands = [t.contiguous(at), t.contiguous(new)]
        t.add("scatter_rows", "scatter_rows", (1,), operands, whole(out.array))
        return
    _scatter(t, node, out, element_positions(t, node, out, indices), rest, new)


RULES[index.Subtensor] = _subtensor
RULES[index.IncSubtensor] = _inc_subtensor
RULES[index.Take] = _take
RULES[index.IncTake] = _inc_take
RULES[points.TakePoints] = _take_points
RULES[points.IncPoints] = _inc_points
