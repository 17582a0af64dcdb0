"""Graphs as text: ``debugprint`` as a tree with every node, ``pp`` as one formula."""

import sys

from graphcore.graph.nodes import Apply, Constant, Variable

_ATOM = 100  # binding strength of what needs no parentheses
_STRENGTH = {"|": 1, "^": 2, "&": 3, "<": 0, "<=": 0, ">": 0, ">=": 0, "==": 0, "!=": 0}
_STRENGTH |= {"+": 4, "-": 4, "*": 5, "/": 5, "//": 5, "%": 5, "@": 5, "~": 7, "**": 8}
_NEGATIVE = 6


def _constant_text(v, limit=6):
    if v.name:
        return v.name
    if v.data.size <= limit:
        return repr(v.data.tolist())
    return f"<constant {v.dtype} {v.data.shape}>"


def _leaf_text(v, numbers):
    if isinstance(v, Constant):
        return _constant_text(v)
    if v.name:
        return v.name
    return f"<input {numbers.setdefault(v, len(numbers))}>"


def roots_of(graphs):
    """Variables of what users pass: a variable, an application, a function, or several of these."""
    if isinstance(graphs, Variable):
        return [graphs]
    if isinstance(graphs, Apply):
        return list(graphs.outputs)
    graph = getattr(getattr(graphs, "maker", None), "fgraph", graphs)
    if hasattr(graph, "apply_nodes"):
        return list(graph.outputs)
    return [v for item in graphs for v in roots_of(item)]


def debugprint(graphs, depth=-1, print_type=False, file=None, **ignored):
    """Print graphs as trees, one line per node; repeated nodes are shown once.

    Parameters
    ----------
    graphs : Variable, Function or sequence of these
    depth : int
        How many levels to print; all by default.
    print_type : bool
        Whether to append each variable's type.
    file : file or "str", optional
        Where to print; ``"str"`` returns the text instead.

    Notes
    -----
    The indentation stops growing at depth 100, so that the text of a chain stays linear in its
    length.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> y = tt.exp(x)
    >>> graphcore.debugprint((y + y * 2).sum())
    sum{axes=(0,)} [0]
      add [1]
        exp [2]
          x
        mul [3]
          exp [2] ...
          2.0
    """
    roots = roots_of(graphs)
    lines, ids, leaves = [], {}, {}
    stack = [(v, 0) for v in reversed(roots)]
    while stack:
        v, level = stack.pop()
        node = v.owner
        kind = f" {v.type!r}" if print_type else ""
        indent = "  " * min(level, 100)
        if node is None:
            lines.append(indent + _leaf_text(v, leaves) + kind)
            continue
        seen = node in ids
        number = ids.setdefault(node, len(ids))
        port = f".{v.index}" if len(node.outputs) > 1 else ""
        name = f" '{v.name}'" if v.name else ""
        more = " ..." if seen else ""
        lines.append(indent + f"{node.op!r}{port} [{number}]{name}{kind}{more}")
        if not seen and (depth < 0 or level + 1 < depth):
            stack.extend((u, level + 1) for u in reversed(node.inputs))
    text = "\n".join(lines)
    if file == "str":
        return text + "\n"
    print(text, file=file or sys.stdout)
    return None


dprint = debugprint


def pp(variable, limit=2000):
    """A graph as one formula.

    Parameters
    ----------
    variable : Variable
    limit : int
        Longer formulas are cut: shared parts are written out each time they occur.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.pp(tt.exp(-(x - 1) ** 2) * 3)
    'exp(-(x - 1.0) ** 2.0) * 3.0'
    """
    out, length, leaves = [], 0, {}
    stack = [(variable, 0)]
    while stack:
        item, outer = stack.pop()
        pieces = [item] if isinstance(item, str) else _formula(item, outer, leaves)
        if len(pieces) == 1 and isinstance(pieces[0], str):
            out.append(pieces[0])
            length += len(pieces[0])
            if length > limit:
                out.append("...")
                break
            continue
        stack.extend(p if isinstance(p, tuple) else (p, 0) for p in reversed(pieces))
    return "".join(out)


def _formula(v, outer, leaves):
    """Text pieces and ``(variable, binding strength around it)`` of one node."""
    node = v.owner
    if node is None or (v.name and outer >= 0 and v.owner is None):
        return [_leaf_text(v, leaves)]
    symbol = getattr(getattr(node.op, "row", None), "symbol", None)
    if symbol is not None and len(node.inputs) == 2:
        strength = _STRENGTH[symbol]
        a, b = node.inputs
        power = symbol == "**"
        pieces = [(a, strength + power), f" {symbol} ", (b, strength + (not power))]
    elif symbol is not None and len(node.inputs) == 1:
        strength = _NEGATIVE
        pieces = [symbol, (node.inputs[0], strength)]
    else:
        strength = _ATOM
        pieces = [f"{node.op!r}("]
        for i, u in enumerate(node.inputs):
            pieces += [", "] * (i > 0) + [(u, 0)]
        pieces.append(")")
    return ["(", *pieces, ")"] if strength < outer else pieces
