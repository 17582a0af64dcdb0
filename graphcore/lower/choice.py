"""Items of lazy choices: two sub-programs, of which a run executes one.

The branches are lowered like any graph, into steps that share the pointer table, the cells and the
work memory of the program around them.
"""

from graphcore.errors import UndecidedShapeError
from graphcore.graph.nodes import Constant
from graphcore.lower.arrays import LANE, whole
from graphcore.lower.columns import short_axes
from graphcore.lower.recurrence import Frame, known_values, translated
from graphcore.lower.translate import RULES, Unsupported
from graphcore.ops.choice import Branches
from graphcore.rewrite import rewrite


def _choice(t, node):
    op = node.op
    made = [v.type.dtype for inner in op.order for v in inner.outputs]
    if not all(dtype in LANE for dtype in made):
        raise Unsupported("a branch of a choice")
    border = [t.of(v) for v in node.inputs[1:]]
    values = known_values(t, op.inner_inputs, node.inputs[1:])
    outs = [t.new(t.shapes[v], LANE[v.type.dtype]) for v in node.outputs]
    condition = node.inputs[0]
    cell = t.cell(t.cast(t.of(condition), condition.type.dtype, "bool"))
    known = condition.data if isinstance(condition, Constant) else t.values.get(condition)
    frames = []
    for taken, branch in zip((True, False), op.branches, strict=True):
        frame = Frame()
        frames.append(frame)
        if known is not None and bool(known) != taken:
            continue
        view = {v: frame.fixed(x) for v, x in zip(op.inner_inputs, border, strict=True)}
        results = rewrite(branch, final=True)
        inner = _lowered(node, results, view, values, known is None)
        for v, out in zip(results, outs, strict=True):
            inner.deliver(v, frame.place(whole(out)), "f8")
        frame.items = inner.items
    info = {"outs": outs, "frames": frames}
    info["work"] = max(sum(item.size for item in frame.items) for frame in frames)
    item = t.add("choice", "choice", (1,), [cell, *border], whole(outs[0]), info=info)
    for extra in outs[1:]:
        extra.writers.append(item)
    t.view.update((v, whole(out)) for v, out in zip(node.outputs, outs, strict=True))


def _lowered(node, results, view, values, undecided):
    """The translator of a branch; what is wrong with a branch that may not be taken is no error."""
    try:
        return translated(node, results, view, values, short_axes)
    except (ValueError, IndexError) as error:
        if not undecided:
            raise
        raise UndecidedShapeError(str(error)) from error


RULES[Branches] = _choice
