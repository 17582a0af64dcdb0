"""Items of operations along one axis."""

from graphcore.graph.nodes import Constant
from graphcore.lower.arrays import LANE, View, c_strides, size_of, whole
from graphcore.lower.items import broadcast_view
from graphcore.lower.translate import RULES
from graphcore.ops import lines, ranges


def _layout(shape, axis):
    """Numbers of blocks, of elements of a line, and of lines in a block."""
    return size_of(shape[:axis]), shape[axis], size_of(shape[axis + 1 :])


def _call(t, name, outs, inputs, *numbers):
    info = {"outs": outs, "functions": (), "numbers": numbers, "work": 8 * outs[0].size}
    item = t.add("library", name, (1,), inputs, whole(outs[0]), info=info)
    for extra in outs[1:]:
        extra.writers.append(item)


def _cumulative(t, node):
    (x,), (y,) = node.inputs, node.outputs
    view = t.cast(t.of(x), x.type.dtype, y.type.dtype)
    out = t.new(t.shapes[y], LANE[y.type.dtype])
    if out.size:
        name = f"{node.op.name}_{out.lane}"
        _call(t, name, [out], [t.contiguous(view)], *_layout(out.shape, node.op.axis))
    t.view[y] = t.narrow(whole(out), y.type.dtype)


def _decay(t, node):
    (y,) = node.outputs
    out = t.new(t.shapes[y], "d")
    if out.size:
        inputs = [t.contiguous(t.of(v)) for v in node.inputs]
        _call(t, "decay_d", [out], inputs, *_layout(out.shape, node.op.axis))
    t.view[y] = t.narrow(whole(out), y.type.dtype)


def _arg_extreme(t, node):
    (x,), (y,) = node.inputs, node.outputs
    out = t.new(t.shapes[y], "l")
    if out.size:
        view = t.contiguous(t.of(x))
        name = f"{node.op.name}_{LANE[x.type.dtype]}"
        _call(t, name, [out], [view], *_layout(t.shapes[x], node.op.axis))
    t.view[y] = whole(out)


def _ordered(t, node):
    """Lines are brought together first, so that the elements of each are adjacent."""
    (x,), (y,), axis = node.inputs, node.outputs, node.op.axis
    view = t.of(x)
    ndim = len(view.shape)
    order = (*(i for i in range(ndim) if i != axis), axis)
    shape, strides = (tuple(part[i] for i in order) for part in (view.shape, view.strides))
    lines_of = View(view.array, shape, strides, view.offset)
    out = t.new(shape, LANE[y.type.dtype])
    if out.size:
        lane = LANE[x.type.dtype]
        room = t.new((shape[-1],), out.lane)
        source = t.contiguous(lines_of)
        _call(t, f"{node.op.name}_{lane}", [out, room], [source], *_layout(shape, ndim - 1))
    strides = c_strides(shape)
    back = [order.index(i) for i in range(ndim)]
    t.view[y] = View(out, tuple(shape[i] for i in back), tuple(strides[i] for i in back))


def _search(t, node):
    x, v = node.inputs
    (y,) = node.outputs
    out = t.new(t.shapes[y], "l")
    if out.size and not t.shapes[x][0]:
        t.view[y] = broadcast_view(t.constant(0), out.shape)
        return
    if out.size:
        views = [t.contiguous(t.of(u)) for u in (x, v)]
        sizes = (out.size, t.shapes[x][0], int(node.op.right))
        _call(t, f"search_{LANE[x.type.dtype]}", [out], views, *sizes)
    t.view[y] = whole(out)


def _arange(t, node):
    """Planned for these limits: a constant."""
    limits = [v.data if isinstance(v, Constant) else t.values[v] for v in node.inputs]
    t.view[node.outputs[0]] = t.constant(node.op.reference(*limits))


RULES[ranges.Arange] = _arange
RULES[lines.Cumulative] = _cumulative
RULES[lines.Decay] = _decay
RULES[lines.ArgExtreme] = _arg_extreme
RULES[lines.ArgSort] = _ordered
RULES[lines.Sort] = _ordered
RULES[lines.SearchSorted] = _search
