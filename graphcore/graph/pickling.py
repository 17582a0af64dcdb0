"""Pickles and deep copies of graphs, without recursion.

Pickle and ``copy.deepcopy`` recurse into what an object refers to.  An application therefore lists
all applications that it depends on first, in topological order: each of these finds its inputs done
already.
"""

import threading

_state = threading.local()  # whether this thread is in the middle of such a list


class _Before(list):
    """The applications before one, as a list that is pickled in order."""

    def __init__(self, node=None):
        super().__init__()
        self.node = node

    def __reduce__(self):
        return _Before, (), None, self._in_order()

    def _in_order(self):
        from graphcore.graph.walk import toposort

        _state.inside = True
        try:
            for node in toposort(self.node.outputs):
                if node is not self.node:
                    yield node
        finally:
            _state.inside = False


def reduce_apply(node):
    """What ``Apply.__reduce__`` returns."""
    names = tuple(v.name for v in node.outputs)
    types = tuple(v.type for v in node.outputs)
    before = None if getattr(_state, "inside", False) else _Before(node)
    return _apply, (before, node.op, node.inputs, types, names, node.where)


def _apply(before, op, inputs, types, names, where):
    from graphcore.graph.nodes import Apply

    node = Apply(op, inputs, types, where)
    for v, name in zip(node.outputs, names, strict=True):
        v.name = name
    return node


def output_of(node, index):
    """A computed variable from its pickle."""
    return node.outputs[index]
