"""Short last axes taken apart: a value of shape (n, 3) as three values of shape (n,).

Mixture components, categories and random-effect dimensions are short axes beside a long one.  A
loop over the short axis would call a kernel for every three numbers.  Taken apart, each column runs
along the long axis, and everything that happens to the columns (their sum, their maximum) happens
in the same loop.  The columns are put together only where somebody needs the whole array.
"""

from graphcore.lower.arrays import LANE, View, size_of
from graphcore.lower.indexing import is_zero
from graphcore.lower.items import broadcast_view
from graphcore.lower.translate import RULES, apply_row, reduce_view, row_plan
from graphcore.ops import elementwise, index, reduce, shape

MOST = 8  # columns
LEAST_ROWS = 32
JOIN = {  # row that combines two columns as a reduction combines elements
    "sum": "add",
    "prod": "mul",
    "max": "maximum",
    "min": "minimum",
    "any": "or_",
    "all": "and_",
}


def is_short(shape):
    """Whether a value of this shape is taken apart."""
    return len(shape) > 1 and 2 <= shape[-1] <= MOST and size_of(shape[:-1]) >= LEAST_ROWS


def column(t, v, k):
    """Column ``k`` of a variable that broadcasts to the columns of another."""
    parts = t.columns.get(v)
    if parts is not None:
        return parts[k]
    view = t.of(v)
    if not view.shape:
        return view
    step = view.strides[-1] if view.shape[-1] != 1 else 0
    return View(view.array, view.shape[:-1], view.strides[:-1], view.offset + k * step)


def _is_apart(t, node, v):
    return v in t.columns and t.shapes[v] == t.shapes[node.outputs[0]]


def _elemwise(t, node):
    (y,) = node.outputs
    full = t.shapes[y]
    if not is_short(full):
        _whole(t, node)
        return
    if not any(_is_apart(t, node, v) for v in node.inputs) and not _pays(t, node, full):
        _whole(t, node)
        return
    plan = row_plan(node)
    lead = full[:-1]
    t.columns[y] = [
        apply_row(t, plan, [column(t, v, k) for v in node.inputs], lead) for k in range(full[-1])
    ]


def _whole(t, node):
    plan = row_plan(node)
    y = node.outputs[0]
    t.view[y] = apply_row(t, plan, [t.of(v) for v in node.inputs], t.shapes[y])


def _pays(t, node, full):
    """Arrays that lie in memory as they are stay so, unless something is broadcast to them."""
    return any(t.shapes[v] != full for v in node.inputs if t.shapes[v])


def _cast(t, node):
    (x,), (y,) = node.inputs, node.outputs
    if x in t.columns:
        t.columns[y] = [t.cast(c, x.type.dtype, y.type.dtype) for c in t.columns[x]]
    else:
        t.view[y] = t.cast(t.of(x), x.type.dtype, y.type.dtype)


def _reduce(t, node):
    (x,), (y,) = node.inputs, node.outputs
    full, axes = t.shapes[x], node.op.axes
    name, dtype = node.op.row_name, y.type.dtype
    last = len(full) - 1
    apart = x in t.columns or (is_short(full) and last in axes)
    if not apart or name not in JOIN:
        _WHOLE[reduce.Reduce](t, node)
        return
    lane = LANE[dtype]
    source = "bool" if name in ("any", "all") else dtype
    parts = [t.cast(column(t, x, k), x.type.dtype, source) for k in range(full[-1])]
    rest = tuple(a for a in axes if a != last)
    if last in axes:
        total = parts[0]
        for part in parts[1:]:
            op = f"{JOIN[name]}_{lane}{lane}"
            total = t.elementwise(op, [total, part], full[:-1], lane)
        total = broadcast_view(t.narrow(total, dtype), full[:-1])
        t.view[y] = reduce_view(t, name, total, rest, dtype) if rest else total
    else:
        t.columns[y] = [reduce_view(t, name, part, rest, dtype) for part in parts]


def _dimshuffle(t, node):
    (x,), (y,) = node.inputs, node.outputs
    pattern = node.op.pattern
    last = len(t.shapes[x]) - 1
    if x in t.columns and pattern == (1, 0):
        t.turned[y] = x
        return
    if x not in t.columns or pattern[-1:] != (last,) or last in pattern[:-1]:
        _WHOLE[shape.Dimshuffle](t, node)
        return
    lead = t.shapes[y][:-1]
    t.columns[y] = [
        View(c.array, lead, tuple(0 if p == "x" else c.strides[p] for p in pattern[:-1]), c.offset)
        for c in t.columns[x]
    ]


def _broadcast(t, node):
    x, y = node.inputs[0], node.outputs[0]
    if x not in t.columns or t.shapes[x][-1] != t.shapes[y][-1]:
        _WHOLE[type(node.op)](t, node)
        return
    lead = t.shapes[y][:-1]
    t.columns[y] = [broadcast_view(c, lead) for c in t.columns[x]]


def _same(t, node):
    x, y = node.inputs[0], node.outputs[0]
    if x in t.columns:
        t.columns[y] = t.columns[x]
    else:
        t.view[y] = t.of(x)


def _subtensor(t, node):
    x, y = node.inputs[0], node.outputs[0]
    spec = node.op.spec
    everything = index.Slice(None, None, None)
    last = spec[-1] if x in t.columns and len(spec) == len(t.shapes[x]) else None
    if isinstance(last, int) and all(entry == everything for entry in spec[:-1]):
        t.view[y] = t.columns[x][last]
        return
    _WHOLE[index.Subtensor](t, node)


def _concatenate(t, node):
    """Columns that are joined along the short axis stay apart."""
    (y,) = node.outputs
    full = t.shapes[y]
    if not (is_short(full) and node.op.axis == len(full) - 1):
        _WHOLE[shape.Concatenate](t, node)
        return
    parts = []
    for v in node.inputs:
        found = [column(t, v, k) for k in range(t.shapes[v][-1])]
        parts += [t.cast(part, v.type.dtype, y.type.dtype) for part in found]
    t.columns[y] = parts


def _inc_subtensor(t, node):
    """Changing one column leaves the others as they are."""
    x, value = node.inputs[:2]
    (y,) = node.outputs
    full = t.shapes[y]
    *others, last = node.op.spec or (None,)
    everything = index.Slice(None, None, None)
    whole_column = isinstance(last, int) and all(entry == everything for entry in others)
    zero = is_zero(t.of(x)) if x not in t.columns else False
    if not (is_short(full) and whole_column and (zero or x in t.columns)):
        _WHOLE[index.IncSubtensor](t, node)
        return
    dtype, lane = y.type.dtype, LANE[y.type.dtype]
    parts = [t.cast(column(t, x, k), x.type.dtype, dtype) for k in range(full[-1])]
    new = broadcast_view(t.cast(t.of(value), value.type.dtype, dtype), full[:-1])
    if not (node.op.is_set or is_zero(parts[last])):
        new = t.elementwise(f"add_{lane}{lane}", [parts[last], new], full[:-1], lane)
        new = t.narrow(new, dtype)
    parts[last] = new
    t.columns[y] = parts


_WHOLE = dict(RULES)
RULES[elementwise.Elemwise] = _elemwise
RULES[elementwise.Cast] = _cast
RULES[reduce.Reduce] = _reduce
RULES[shape.Dimshuffle] = _dimshuffle
RULES[shape.BroadcastTo] = _broadcast
RULES[shape.BroadcastLike] = _broadcast
RULES[shape.StopGradient] = _same
RULES[shape.Concatenate] = _concatenate
RULES[index.Subtensor] = _subtensor
RULES[index.IncSubtensor] = _inc_subtensor
