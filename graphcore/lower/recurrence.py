"""Items of scans: a sub-program that runs once per step, on memory that moves with the steps.

The body is lowered like any graph, into steps that share the pointer table, the cells and the work
memory of the program around it.  What a step reads of a sequence, and what it reads and writes of a
carried array, are rows of arrays: their slots are moved on after every step, so nothing is copied
from one step to the next.
"""

from graphcore.graph.nodes import Constant
from graphcore.graph.walk import toposort
from graphcore.lower.arrays import ITEM_BYTES, LANE, Array, View, c_strides, size_of, whole
from graphcore.lower.chains import add_chain, chain, rewritten
from graphcore.lower.columns import MOST_TOGETHER, SHORT, columns, short_axes
from graphcore.lower.shapes import concrete_shapes
from graphcore.lower.translate import RULES, Translator
from graphcore.ops import index, linalg
from graphcore.ops.elementwise import Elemwise, elemwise
from graphcore.ops.scan import Scan, finds_shapes

# operations that can work on numbers one by one
_APART = frozenset({*SHORT, linalg.Dot} - {index.Take, index.IncTake})
NUMBERS = 400  # that the operations of a step make, up to which the step is taken apart


class Frame:
    """The memory of the values of one step.

    Attributes
    ----------
    items : list of Item
        The work of one step.
    cursors : list of (slot, base slot, bytes per step)
    """

    def __init__(self):
        self.items = []
        self.cursors = []
        self._slots = {}
        self._sources = []  # (array of the step, array of the program around it)

    def row(self, view, start, step):
        """What a step sees of a view: row ``start`` first, ``step`` rows further each time."""
        array, stride = view.array, view.strides[0]
        place = ("moving", self, array, view.offset + start * stride, step * stride)
        own = Array(view.shape[1:], array.lane, array.memory, place)
        self._sources.append((own, array))
        return View(own, view.shape[1:], view.strides[1:])

    def fixed(self, view):
        """The same view in every step."""
        array = view.array
        own = Array(array.shape, array.lane, array.memory, data=array.data)
        self._sources.append((own, array))
        return View(own, view.shape, view.strides, view.offset)

    def place(self, view):
        """The place of what every run of the sub-program writes."""
        return ("moving", self, view.array, view.offset, 0)

    def settle(self):
        """Take over the places of the arrays around, once these have some."""
        for own, source in self._sources:
            own.memory = source.memory
            if own.place is None:
                own.place, own.offset = source.place, source.offset

    def slot(self, memory, array, offset, step):
        """A slot that follows the rows of an array."""
        base = memory.array_slot(array, offset)
        if not step:
            return base
        key = (base, step)
        if key not in self._slots:
            self._slots[key] = memory.private_slot()
            self.cursors.append((self._slots[key], base, step * ITEM_BYTES[array.memory]))
        return self._slots[key]


def _scan(t, node):
    op, body = node.op, node.op.body
    inputs = op.parts([t.of(v) for v in node.inputs])
    shapes = [t.shapes[v] for v in node.outputs]
    steps = _steps(op, node, t)
    filled = [s for s in shapes if size_of(s)]
    empty = not steps or not filled
    partly = not empty and len(filled) < len(shapes)  # the others have no rows to write to
    if partly or (op.stops and empty) or finds_shapes(body.order, body.others):
        t.python(node)
        return
    outs = [t.new(s, LANE[v.type.dtype]) for s, v in zip(shapes, node.outputs, strict=True)]
    begin = [_begin(t, op, j, outs[j], first) for j, first in enumerate(inputs[2])]
    if empty:
        t.view.update((v, whole(out)) for v, out in zip(node.outputs, outs, strict=True))
        return
    factor = _linear(body)
    if factor is not None:
        _add_linear(t, op, steps, factor, inputs, outs[0], begin[0])
    elif (found := chain(body, inputs)) is not None:
        add_chain(t, op, steps, found, inputs, outs[0], begin[0])
    else:
        frame, results = Frame(), rewritten(body)
        inputs[3][:] = [_in_cell(t, x) for x in inputs[3]]
        inner = _inner(t, frame, op, node, inputs, outs, results)
        if any(item.kind == "python" for item in inner.items):
            t.python(node)
            return
        info = {"outs": outs, "frame": frame, "steps": steps}
        if op.stops:
            results, last = results[:-1], results[-1]
            info["until"] = inner.cell(inner.of(last))
        for j, v in enumerate(results):
            _deliver(inner, frame, v, outs[j], *_written(op, j, steps))
        frame.items = inner.items
        info["work"] = steps * sum(item.size for item in inner.items)
        reads = [*inputs[1], *begin, *inputs[3]]
        item = t.add("recurrence", "recurrence", (1,), reads, whole(outs[0]), info=info)
        for extra in outs[1:]:
            extra.writers.append(item)
    t.view.update((v, whole(out)) for v, out in zip(node.outputs, outs, strict=True))


def _steps(op, node, t):
    v = node.inputs[0]
    return int(v.data if isinstance(v, Constant) else t.values[v])


def _written(op, j, steps):
    """First row and step of what result ``j`` is written to."""
    if op.reverse:
        return steps - 1, -1
    return (op.depths[j] if j < len(op.depths) else 0), 1


def _begin(t, op, j, out, first):
    """Copy the first values of a carried array into it; the view of their place."""
    depth, inner = op.depths[j], out.shape[1:]
    start = (out.shape[0] - depth) * size_of(inner) if op.reverse else 0
    place = View(out, (depth, *inner), c_strides((depth, *inner)), start)
    if place.size:
        t.copy(first, place, disjoint=True)
    return place


def _inner(t, frame, op, node, inputs, outs, results):
    """The translator of the body, all nodes translated."""
    _, sequences, _, others = inputs
    body, steps = op.body, _steps(op, node, t)
    view = {}
    start, step = (steps - 1, -1) if op.reverse else (0, 1)
    for v, x in zip(body.sequences, sequences, strict=True):
        view[v] = frame.row(x, start, step)
    for taps, out, depth in zip(body.taps, outs, op.depths, strict=False):
        for back, v in taps.items():
            first = steps - 1 + back if op.reverse else depth - back
            view[v] = frame.row(whole(out), first, step)
    for v, x in zip(body.others, others, strict=True):
        view[v] = frame.fixed(x)
    values = known_values(t, body.others, op.parts(node.inputs)[3])
    return translated(node, results, view, values, short_axes, tiny=True)


def known_values(t, inner, outer):
    """What planning knows of the inputs of a sub-program, from what it knows around it."""
    found = {}
    for v, source in zip(inner, outer, strict=True):
        known = source.data if isinstance(source, Constant) else t.values.get(source)
        if known is not None:
            found[v] = known
    return found


def translated(node, results, view, values, apart, tiny=False):
    """The translator of the graph of a sub-program, all its nodes translated.

    Parameters
    ----------
    node : Apply
        What the sub-program belongs to.
    results : list of Variable
    view : dict of Variable to View
        What is given.
    values : dict of Variable to ndarray
        Values of inputs that are known while planning.
    apart : callable
        See :class:`~graphcore.lower.translate.Translator`.
    tiny : bool
        Whether all axes are taken apart where everything is small.
    """
    shapes = {v: x.shape for v, x in view.items()}
    values = dict(values)
    order = toposort(results, stop=list(view))
    concrete_shapes(order, shapes, values)
    shapes.update((v, v.data.shape) for v in results if isinstance(v, Constant))
    inner = Translator(shapes, values, len if tiny and _is_tiny(order, shapes) else apart)
    inner.view.update(view)
    inner.translate_all(order)
    inner.node = node
    return inner


def _is_tiny(order, shapes):
    """Whether every array of a step is taken apart into numbers."""
    made = [size_of(shapes[v]) for node in order for v in node.outputs]
    sizes = [*made, *(size_of(shapes[v]) for node in order for v in node.inputs)]
    if sum(made) > NUMBERS or not 1 <= min(sizes, default=0) <= max(sizes) <= MOST_TOGETHER:
        return False
    return all(type(node.op) in _APART for node in order)


def _deliver(inner, frame, v, out, start, step):
    """Bring a result of a step to its row."""
    shape = inner.shapes[v]
    if not shape or inner.apart(shape) < len(shape):
        inner.deliver(v, frame.row(whole(out), start, step).array.place, "f8")
        return
    n, width = out.shape[0], size_of(shape)
    for k, part in enumerate(columns(inner, v, len(shape)).flat):
        place = frame.row(View(out, (n,), (width,), k), start, step)
        inner.add("scalar", "store", (1,), [inner.cell(part)], place)


def _in_cell(t, view):
    """A single number in a cell, so that not every step has to load it."""
    array = view.array
    if view.size != 1 or (array.is_scalar and array.place is None):
        return view
    number = t.elementwise("mov", [View(array, (), (), view.offset)], (), array.lane)
    return View(number.array, view.shape, (0,) * len(view.shape))


# ---- first-order linear recurrences of one number ------------------------------------------------


def _linear(body):
    """``(factor, rest)`` of a body ``factor * s + rest``, numbers or variables; None for others."""
    if len(body.results) != 1 or [list(taps) for taps in body.taps] != [[1]]:
        return None
    (v,), s = body.results, body.taps[0][1]
    if s.type.ndim or s.type.dtype != "float64":
        return None
    rest = 0.0
    if _is(v, "add"):
        v, rest = v.owner.inputs
    if v is s:
        factor = 1.0
    elif _is(v, "neg") and v.owner.inputs[0] is s:
        factor = -1.0
    elif _is(v, "mul") and s in v.owner.inputs:
        a, b = v.owner.inputs
        factor = b if a is s else a
    else:
        return None
    leaves = (*body.sequences, *body.others)
    for x in (factor, rest):
        if not (isinstance(x, float | Constant) or x in leaves) or x is s:
            return None
        if not isinstance(x, float) and x.type.dtype != "float64":
            return None
    return factor, rest


def _is(v, row):
    op = None if v.owner is None else v.owner.op
    return isinstance(op, Elemwise) and op is elemwise(row)


def _add_linear(t, op, steps, parts, inputs, out, begin):
    """One kernel call for all steps."""
    views = dict(zip(op.body.sequences, inputs[1], strict=True))
    numbers = dict(zip(op.body.others, inputs[3], strict=True))
    operands = []
    for x in parts:
        if x in views:
            view = views[x]
            if view.array.memory != "f8":
                view = t.contiguous(view)
        else:
            known = x if isinstance(x, float) else x.data if isinstance(x, Constant) else None
            view = t.cell(numbers[x] if known is None else t.constant(known))
        operands.append(view)
    start, step = _written(op, 0, steps)
    info = {"start": start, "step": step, "steps": steps, "reverse": op.reverse, "work": 2 * steps}
    t.add("linear", "linear", (1,), [*operands, begin], whole(out), info=info)


RULES[Scan] = _scan
