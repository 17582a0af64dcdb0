"""Walks over graphs.  Every walk is iterative: a graph may be a million nodes deep."""

from graphcore._graph import ancestors, application, inputs_of, leaves_of, operations, toposort


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
    return exchange(outputs, lambda node, now: None, mapping)


def exchange(outputs, results_of, mapping=()):
    """``outputs`` with other results in the place of what some applications give.

    Parameters
    ----------
    outputs : list of Variable
    results_of : callable
        ``results_of(node, now)`` gives what takes the place of the node's outputs, or None if it
        stays; ``now(v)`` is what has taken the place of a variable that comes before the node.
    mapping : dict of Variable to Variable, optional
        What is replaced to begin with.
    """
    memo = dict(mapping)

    def now(v):
        return memo.get(v, v)

    for node in toposort(outputs, stop=mapping):
        found = results_of(node, now)
        if found is None:
            found = rebuild(node, [now(v) for v in node.inputs]).outputs
        for old, fresh in zip(node.outputs, found, strict=True):
            memo.setdefault(old, fresh)
    return [now(v) for v in outputs]


__all__ = [
    "ancestors", "clients", "exchange", "inputs_of", "leaves_of", "operations", "rebuild",
    "replace", "toposort",
]  # fmt: skip
