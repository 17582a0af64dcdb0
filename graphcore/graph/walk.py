"""Walks over graphs.  Every walk is iterative: a graph may be a million nodes deep."""

from graphcore.graph.nodes import Apply, Constant


def toposort(outputs, stop=()):
    """Applications needed for ``outputs``, each after the ones it depends on.

    Variables in ``stop`` are treated as inputs.  Raises ValueError on a cycle.
    """
    stop = set(stop)
    order, finished = [], {}  # False while the inputs of a node are on the stack above it
    stack = [v.owner for v in reversed(outputs) if v.owner is not None and v not in stop]
    while stack:
        node = stack[-1]
        done = finished.get(node)
        if done is not None:
            stack.pop()
            if not done:
                finished[node] = True
                order.append(node)
            continue
        finished[node] = False
        for v in reversed(node.inputs):
            owner = v.owner
            if owner is None or (stop and v in stop):
                continue
            done = finished.get(owner)
            if done is None:
                stack.append(owner)
            elif not done:
                raise ValueError(f"the graph contains a cycle through {owner.op!r}")
    return order


def inputs_of(outputs, stop=()):
    """Variables without owner (constants left out) that ``outputs`` depend on, in walk order."""
    found, seen = [], set()
    stop = set(stop)

    def visit(v):
        if v not in seen and (v.owner is None or v in stop) and not isinstance(v, Constant):
            seen.add(v)
            found.append(v)

    for node in toposort(outputs, stop):
        for v in node.inputs:
            visit(v)
    for v in outputs:
        visit(v)
    return found


def ancestors(outputs):
    """Every variable that ``outputs`` depend on, themselves included, in topological order."""
    found, seen = [], set()

    def visit(v):
        if v not in seen:
            seen.add(v)
            found.append(v)

    for node in toposort(outputs):
        for v in (*node.inputs, *node.outputs):
            visit(v)
    for v in outputs:
        visit(v)
    return found


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
    new = Apply(node.op, inputs, node.op.types_of(inputs), node.where)
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
