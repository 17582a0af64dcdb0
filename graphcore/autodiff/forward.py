"""Forward-mode differentiation: tangents carried from the inputs to the outputs.

Every operation has one derivative rule, the vjp.  It is linear in the cotangent, so its own
derivative with respect to the cotangent is the forward rule: for a dummy cotangent ``u``,
``d/du <vjp(u), t>`` is what the tangent ``t`` of the inputs does to the output.
"""

from graphcore.autodiff.reverse import backward
from graphcore.graph.nodes import new_variable
from graphcore.graph.walk import replace, toposort
from graphcore.ops.operands import graph, is_float


def forward(tangents, outputs, lost=None):
    """Tangents of ``outputs`` for tangents of some variables.

    Parameters
    ----------
    tangents : dict of Variable to Variable
        Of the type of the variable.
    outputs : sequence of Variable
    lost : set, optional
        Gets the results, real ones, of operations that do not say what becomes of a tangent.

    Returns
    -------
    list of (Variable or None)
        None for an output that does not depend on any of the variables.
    """
    found = dict(tangents)
    for node in toposort(outputs, stop=tangents):
        moved = [
            found.get(v) if is_float(v.type.dtype) and i not in node.op.no_gradient else None
            for i, v in enumerate(node.inputs)
        ]
        if all(t is None for t in moved):
            continue
        rule = getattr(node.op, "R_op", None)
        made = _pushed(node, moved) if rule is None else rule(list(node.inputs), moved)
        found.update((v, t) for v, t in zip(node.outputs, made, strict=True) if t is not None)
        if lost is not None:
            lost.update(v for v in node.outputs if v not in found and is_float(v.type.dtype))
    return [found.get(v) for v in outputs]


def _pushed(node, moved):
    """Tangents of the outputs of one application."""
    floats = [is_float(v.type.dtype) for v in node.outputs]
    if not any(floats):
        return [None] * len(floats)
    dummies = [
        new_variable(v.type) if wanted else None
        for v, wanted in zip(node.outputs, floats, strict=True)
    ]
    needed = [t is not None for t in moved]
    pulled = node.op.vjp(node.inputs, node.outputs, dummies, needed)
    start = {}
    for g, t in zip(pulled, moved, strict=True):
        if t is not None and g is not None:
            start[g] = graph.add(start[g], t) if g in start else t
    targets = [u for u in dummies if u is not None]
    found = backward(start, targets, stops={*node.inputs, *node.outputs}) if start else {}
    made = [None if u is None else found.get(u) for u in dummies]
    # what is left of the dummies is their shape, which is that of the outputs
    swap = {u: v for u, v in zip(dummies, node.outputs, strict=True) if u is not None}
    present = [t for t in made if t is not None]
    replaced = iter(replace(present, swap))
    return [None if t is None else next(replaced) for t in made]
