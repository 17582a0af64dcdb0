"""Walks over graphs.  Every walk is iterative: a graph may be a million nodes deep."""

from graphcore._graph import ancestors, application, inputs_of, operations, toposort


def clients(outputs):
    """``{variable: [(node, position), ...]}`` for the graph of ``outputs``."""
    uses = {}
    for node in toposort(outputs):
        for i, v in enumerate(node.inputs):
            uses.setdefault(v, []).append((node, i))
    return uses


def rebuild(node, inputs):
    """The same operation on other inputs; the node itself when nothing changed."""
    if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
        return node
    new = application(node.op, inputs, node.op.types_of(inputs), node.where)
    for old, fresh in zip(node.outputs, new.outputs, strict=True):
        fresh.name = old.name
    return new


def replace(outputs, mapping):
    """``outputs`` with every variable in ``mapping`` replaced, everywhere it is used.

    Replacements are not searched again, so a replacement may contain the variable it replaces.
    """
    memo = dict(mapping)
    for node in toposort(outputs, stop=mapping):
        new = rebuild(node, [memo.get(v, v) for v in node.inputs])
        for old, fresh in zip(node.outputs, new.outputs, strict=True):
            memo.setdefault(old, fresh)
    return [memo.get(v, v) for v in outputs]


__all__ = ["ancestors", "clients", "inputs_of", "operations", "rebuild", "replace", "toposort"]
