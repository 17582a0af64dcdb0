"""Short last axes taken apart: a value of shape (n, 3) as three values of shape (n,).

Mixture components, categories, states and random-effect dimensions are short axes beside a long
one.  A loop over the short axes would call a kernel for every few numbers.  Taken apart, each
column runs along the long axis, and everything that happens to the columns (their sum, their
maximum) happens in the same loop.  The columns are put together only where somebody needs the whole
array.

The columns of a variable are an array of views whose shape is that of the axes taken apart, so what
an operation does to these axes it does to the array of views: transposing, slicing, joining.  In
the steps of a loop over few numbers all axes are taken apart, and every column is one number.
"""

from functools import reduce as chain

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.lower.arrays import LANE, View, shape_function, size_of, whole
from graphcore.lower.indexing import is_zero, positions, start_from
from graphcore.lower.items import broadcast_view
from graphcore.lower.memory import COPIED
from graphcore.lower.translate import RULES, apply_row, reduce_view, row_plan
from graphcore.ops import elementwise, index, reduce, shape
from graphcore.ops.markers import MARKERS

MOST = 16  # entries of one axis
MOST_TOGETHER = 16  # columns of several axes
LEAST_ROWS = 32
JOIN = {  # row that combines two columns as a reduction combines elements
    "sum": "add",
    "prod": "mul",
    "max": "maximum",
    "min": "minimum",
    "any": "or_",
    "all": "and_",
}


@shape_function
def short_axes(shape):
    """How many last axes of a value of this shape are taken apart."""
    together, best = 1, 0
    for count, n in enumerate(reversed(shape[1:]), 1):
        together *= n
        if not 1 <= n <= MOST or together > MOST_TOGETHER:
            break
        if together > 1 and size_of(shape[: len(shape) - count]) >= LEAST_ROWS:
            best = count
    return best


def column(t, v, at):
    """The column at an index of a variable that broadcasts to the columns of another."""
    parts = t.columns.get(v)
    if parts is not None and parts.ndim == len(t.shapes[v]) < len(at):
        at = at[len(at) - parts.ndim :]  # all its axes are apart: it is repeated along the others
    if parts is not None and parts.ndim == len(at):
        return parts[tuple([0 if n == 1 else i for i, n in zip(at, parts.shape, strict=True)])]
    view = _by_columns(t, v) if isinstance(v, Constant) and len(at) == 1 else t.of(v)
    lead = max(len(view.shape) - len(at), 0)
    offset = view.offset
    axes = range(len(view.shape) - 1, lead - 1, -1)
    for axis, i in zip(axes, reversed(at), strict=False):
        offset += i * view.strides[axis] if view.shape[axis] != 1 else 0
    return View(view.array, view.shape[:lead], view.strides[:lead], offset)


def _by_columns(t, v):
    """A constant of which columns are read, these one after the other unless it is large."""
    data = v.data
    if data.ndim != 2 or data.nbytes > COPIED or not data.flags.c_contiguous or 1 in data.shape:
        return t.of(v)
    if (v, "columns") not in t.made:
        t.made[v, "columns"] = t.constant(np.asfortranarray(data))
    return t.made[v, "columns"]


def columns(t, v, count, dtype=None):
    """All columns of a variable along its last ``count`` axes, of another type if asked."""
    full = t.shapes[v]
    found = np.empty(full[len(full) - count :], dtype=object)
    for at in np.ndindex(found.shape):
        part = column(t, v, at)
        found[at] = part if dtype is None else t.cast(part, v.type.dtype, dtype)
    return found


def _objects(found, shape):
    """What indexing or reshaping gave, as an array of views of the shape it has to have."""
    out = np.empty(shape, dtype=object)
    out[...] = found
    return out


def _is_apart(t, node, v):
    return v in t.columns and t.shapes[v] == t.shapes[node.outputs[0]]


def _elemwise(t, node):
    (y,) = node.outputs
    full = t.shapes[y]
    count = t.apart(full) if full else 0
    lead = full[: len(full) - count]
    if not count or (
        lead and not any(_is_apart(t, node, v) for v in node.inputs) and not _pays(t, node, full)
    ):
        t.view[y] = apply_row(t, row_plan(node), [t.of(v) for v in node.inputs], full)
        return
    plan = row_plan(node)
    parts = np.empty(full[len(lead) :], dtype=object)
    for at in np.ndindex(parts.shape):
        parts[at] = apply_row(t, plan, [column(t, v, at) for v in node.inputs], lead)
    t.columns[y] = parts


def _pays(t, node, full):
    """Arrays that lie in memory as they are stay so, unless something is broadcast to them."""
    return any(t.shapes[v] != full for v in node.inputs if t.shapes[v])


def _cast(t, node):
    (x,), (y,) = node.inputs, node.outputs
    if x in t.columns:
        t.columns[y] = columns(t, x, t.columns[x].ndim, y.type.dtype)
    else:
        t.view[y] = t.cast(t.of(x), x.type.dtype, y.type.dtype)


def _reduce(t, node):
    (x,), (y,) = node.inputs, node.outputs
    full, axes, name = t.shapes[x], node.op.axes, node.op.row_name
    count = t.columns[x].ndim if x in t.columns else t.apart(full)
    lead = len(full) - count
    # a sum over everything that lies in memory is one over its elements in a row
    apart = x in t.columns or (count and lead <= axes[-1] and len(axes) < len(full))
    if name not in JOIN or not apart:
        _WHOLE[reduce.Reduce](t, node)
        return
    dtype = y.type.dtype
    parts = columns(t, x, count, "bool" if name in ("any", "all") else dtype)
    over = [a - lead for a in axes if a >= lead]
    rest = tuple(a for a in axes if a < lead)
    if rest:  # first, for it is the cheapest, and may have been done already
        for at in np.ndindex(parts.shape):
            parts[at] = _reduced(t, name, parts[at], rest, dtype)
    lead = tuple(n for a, n in enumerate(full[:lead]) if a not in rest)
    _set(t, y, _joined(t, name, parts, over, lead, dtype))


def _reduced(t, name, part, axes, dtype):
    """One column reduced; done once."""
    key = (part.array, part.shape, part.strides, part.offset, name, axes, dtype)
    if key not in t.made:
        t.made[key] = reduce_view(t, name, part, axes, dtype)
    return t.made[key]


def _joined(t, name, parts, axes, lead, dtype):
    """The columns along some axes combined into one."""
    if not axes:
        return parts
    kept = [i for i in range(parts.ndim) if i not in axes]
    lane = LANE[dtype]

    def both(a, b):
        return t.elementwise(f"{JOIN[name]}_{lane}{lane}", [a, b], lead, lane)

    found = np.empty([parts.shape[i] for i in kept], dtype=object)
    lines = parts.transpose(*kept, *axes).reshape(*found.shape, -1)
    for at in np.ndindex(found.shape):
        found[at] = broadcast_view(t.narrow(chain(both, lines[at]), dtype), lead)
    return found


def _set(t, y, parts):
    """A result in columns; one column without an index is a view like any other."""
    if parts.ndim:
        t.columns[y] = parts
    else:
        t.view[y] = parts[()]


def _sum_like(t, node):
    """A sum over the short axes along which the other operand was broadcast."""
    g, y = node.inputs[0], node.outputs[0]
    full, want = t.shapes[g], t.shapes[y]
    lead = len(full) - len(want)
    axes = [*range(lead)]
    axes += [lead + i for i, n in enumerate(want) if n == 1 and full[lead + i] != 1]
    if g not in t.columns or not axes or axes[0] < len(full) - t.columns[g].ndim:
        _WHOLE[shape.SumLike](t, node)
        return
    before = len(full) - t.columns[g].ndim
    parts = columns(t, g, t.columns[g].ndim, y.type.dtype)
    parts = _joined(t, "sum", parts, [a - before for a in axes], full[:before], y.type.dtype)
    _set(t, y, parts.reshape(want[before:] if not lead else want))


def _dimshuffle(t, node):
    (x,), (y,) = node.inputs, node.outputs
    pattern = node.op.pattern
    if x in t.columns and pattern == (1, 0) and t.columns[x].ndim == 1:
        t.turned[y] = x
        return
    full = t.shapes[y]
    count = t.apart(full)
    lead = len(full) - count
    before = len(t.shapes[x]) - t.columns[x].ndim if x in t.columns else None
    if before is None or not count or _mixes(pattern, lead, before):
        _WHOLE[shape.Dimshuffle](t, node)
        return
    kept = [p - before for p in pattern[lead:] if p != "x"]
    dropped = [i for i in range(t.columns[x].ndim) if i not in kept]
    parts = t.columns[x].transpose(*kept, *dropped).reshape(full[lead:])
    moved = np.empty(parts.shape, dtype=object)
    for at, c in zip(np.ndindex(parts.shape), parts.flat, strict=True):
        strides = tuple(0 if p == "x" else c.strides[p] for p in pattern[:lead])
        moved[at] = View(c.array, full[:lead], strides, c.offset)
    t.columns[y] = moved


def _mixes(pattern, lead, before):
    """Whether axes taken apart would trade places with others."""
    first = [p for p in pattern[:lead] if p != "x"]
    last = [p for p in pattern[lead:] if p != "x"]
    return any(p >= before for p in first) or any(p < before for p in last)


def _broadcast(t, node):
    x, y = node.inputs[0], node.outputs[0]
    full = t.shapes[y]
    parts = t.columns.get(x)
    if parts is None or parts.ndim != t.apart(full):
        _WHOLE[type(node.op)](t, node)
        return
    lead = full[: len(full) - parts.ndim]
    spread = np.empty(full[len(lead) :], dtype=object)
    for at in np.ndindex(spread.shape):
        spread[at] = broadcast_view(column(t, x, at), lead)
    t.columns[y] = spread


def _same(t, node):
    x, y = node.inputs[0], node.outputs[0]
    if x in t.columns:
        t.columns[y] = t.columns[x]
    else:
        t.view[y] = t.of(x)


def _reshape(t, node):
    """Only the axes taken apart get another shape."""
    x, y = node.inputs[0], node.outputs[0]
    full, parts = t.shapes[y], t.columns.get(x)
    count = t.apart(full)
    lead = len(full) - count
    if parts is None or t.shapes[x][: len(t.shapes[x]) - parts.ndim] != full[:lead]:
        _WHOLE[shape.Reshape](t, node)
        return
    _set(t, y, parts.reshape(full[lead:]))


def _short_part(op, count, ndim):
    """The part of an index that concerns the columns; None if it concerns other axes too."""
    spec = (*op.spec, *[index.Slice(None, None, None)] * (ndim - len(op.spec)))
    lead = ndim - count
    if any(entry != index.Slice(None, None, None) for entry in spec[:lead]):
        return None
    found = []
    for entry in spec[lead:]:
        known = (entry,)
        if isinstance(entry, index.Slice):
            known = (entry.start, entry.stop, entry.step)
            entry = slice(*known)
        if not all(k is None or isinstance(k, int) for k in known):
            return None
        found.append(entry)
    return tuple(found)


def _subtensor(t, node):
    x, y = node.inputs[0], node.outputs[0]
    parts = t.columns.get(x)
    at = None if parts is None else _short_part(node.op, parts.ndim, len(t.shapes[x]))
    if at is None:
        _WHOLE[index.Subtensor](t, node)
        return
    lead = len(t.shapes[x]) - parts.ndim
    _set(t, y, _objects(parts[at], t.shapes[y][lead:]))


def _concatenate(t, node):
    """Columns that are joined along a short axis stay apart."""
    (y,) = node.outputs
    full = t.shapes[y]
    count = t.apart(full)
    lead = len(full) - count
    if not count or node.op.axis < lead:
        _WHOLE[shape.Concatenate](t, node)
        return
    parts = [columns(t, v, count, y.type.dtype) for v in node.inputs]
    t.columns[y] = np.concatenate(parts, axis=node.op.axis - lead)


def _inc_subtensor(t, node):
    """Changing some columns leaves the others as they are."""
    x, value = node.inputs[:2]
    (y,) = node.outputs
    full = t.shapes[y]
    count = t.apart(full)
    at = _short_part(node.op, count, len(full)) if count else None
    zero = is_zero(t.of(x)) if x not in t.columns else False
    if at is None or not (zero or x in t.columns or count == len(full)):
        _WHOLE[index.IncSubtensor](t, node)
        return
    dtype, lane = y.type.dtype, LANE[y.type.dtype]
    lead = full[: len(full) - count]
    parts = columns(t, x, count, dtype)
    places = np.arange(parts.size).reshape(parts.shape)[at]
    region = np.shape(places)
    new = t.cast(t.of(value), value.type.dtype, dtype)
    new = broadcast_view(new, (*lead, *region))
    strides = new.strides[len(lead) :]
    flat = parts.reshape(-1)
    for i, k in zip(np.ndindex(region), np.ravel(places), strict=True):
        offset = new.offset + sum(j * s for j, s in zip(i, strides, strict=True))
        part = View(new.array, lead, new.strides[: len(lead)], offset)
        if not (node.op.is_set or is_zero(flat[k])):
            part = t.elementwise(f"add_{lane}{lane}", [flat[k], part], lead, lane)
            part = t.sum_in_range(part, dtype)
        flat[k] = part
    t.columns[y] = flat.reshape(parts.shape)


# ---- rows by number ------------------------------------------------------------------------------


def _rows_apart(t, rows, idx):
    """Whether rows picked by a vector of numbers are handled column by column."""
    return len(rows) == 2 and len(t.shapes[idx]) == 1 and t.apart(rows) == 1


def _take(t, node):
    """Short rows are picked column by column, so that they need not lie in memory."""
    x, idx = node.inputs
    (y,) = node.outputs
    full = t.shapes[y]
    if node.op.axis or not _rows_apart(t, full, idx):
        _WHOLE[index.Take](t, node)
        return
    where = positions(t, node, idx, t.shapes[x][0], 0)
    parts = np.empty(full[1:], dtype=object)
    for at in np.ndindex(parts.shape):
        line = column(t, x, at)
        if line.array.memory != "f8" or line.array.is_scalar:
            line = t.contiguous(line)
        parts[at] = whole(t.new(full[:1], LANE[y.type.dtype]))
        t.add("gather", "gather", full[:1], [line, where], parts[at])
    t.columns[y] = parts


def _inc_take(t, node):
    """Short rows are added to rows by number column by column."""
    x, value, idx = node.inputs
    (y,) = node.outputs
    full, dtype = t.shapes[y], y.type.dtype
    rows = (*t.shapes[idx], *full[1:])
    if node.op.is_set or node.op.axis or dtype != "float64" or not _rows_apart(t, rows, idx):
        _WHOLE[index.IncTake](t, node)
        return
    where = positions(t, node, idx, full[0], 0)
    old = columns(t, x, 1, dtype)
    parts = np.empty(full[1:], dtype=object)
    for k in range(full[1]):
        parts[k] = start_from(t, broadcast_view(old[k], full[:1]), full[:1], "d")
        added = t.cast(column(t, value, (k,)), value.type.dtype, dtype)
        operands = [where, broadcast_view(added, rows[:1])]
        t.add("scatter", "scatter_add_d", rows[:1], operands, parts[k])
    t.columns[y] = parts


_WHOLE = dict(RULES)
SHORT = {
    elementwise.Elemwise: _elemwise,
    elementwise.Cast: _cast,
    reduce.Reduce: _reduce,
    shape.SumLike: _sum_like,
    shape.Dimshuffle: _dimshuffle,
    shape.Reshape: _reshape,
    shape.BroadcastTo: _broadcast,
    shape.BroadcastLike: _broadcast,
    **dict.fromkeys(MARKERS, _same),
    shape.Concatenate: _concatenate,
    index.Subtensor: _subtensor,
    index.IncSubtensor: _inc_subtensor,
    index.Take: _take,
    index.IncTake: _inc_take,
}
RULES.update(SHORT)
