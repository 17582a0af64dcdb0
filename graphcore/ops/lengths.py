"""Shapes of arrays as values: the operation, and what is known of lengths computed from them."""

import numpy as np

from graphcore.graph.nodes import Constant, Op
from graphcore.graph.types import TensorType
from graphcore.graph.walk import toposort
from graphcore.ops.operands import constant

KNOWN_SIZE = 64  # integer results up to this many elements are followed at planning time


class Shape(Op):
    """The shape of an array, as a vector of int64."""

    name = "shape"
    no_gradient = (0,)
    shape_only = (0,)

    def out_types(self, x):
        return [TensorType("int64", (x.ndim,))]

    def reference(self, x):
        return np.array(x.shape, dtype="int64")

    def infer_shape(self, shapes, values):
        return [(len(shapes[0]),)]

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield Shape(), [np.zeros((2, 3))]
        yield Shape(), [np.zeros(())]


def is_planned(v, given):
    """Whether planning follows the value of ``v``: from shapes and few integers alone.

    What it follows is added to ``given``, so that nothing is looked at twice.
    """
    stack, seen = [v], set()
    while stack:
        u = stack.pop()
        if u in seen or u in given or isinstance(u, Constant):
            continue
        seen.add(u)
        if u.type.numpy_dtype.kind not in "biu" or u.owner is None:
            return False
        if isinstance(u.owner.op, Shape):
            continue
        if u.type.size is None or u.type.size > KNOWN_SIZE:
            return False
        stack.extend(u.owner.inputs)
    given |= seen
    return True


def shape_of(x):
    """Shape vector of ``x``: a constant when it is known."""
    return constant(np.array(x.type.shape, dtype="int64")) if x.type.is_static else Shape()(x)


def length_value(v, limit=32):
    """The value of what is computed from constants and from shapes that are known; else None."""
    nodes, stack, values = [], [v], {}
    while stack:
        u = stack.pop()
        node = u.owner
        if u in values or node in nodes:
            continue
        if isinstance(u, Constant):
            values[u] = u.data
        elif node is None or len(nodes) >= limit:
            return None
        elif isinstance(node.op, Shape):
            if not node.inputs[0].type.is_static:
                return None
            values[u] = np.array(node.inputs[0].type.shape, dtype="int64")
        else:
            nodes.append(node)
            stack.extend(node.inputs)
    for node in toposort([v]):
        if node in nodes:
            found = node.op.reference(*(values[u] for u in node.inputs))
            found = found if isinstance(found, tuple) else [found]
            values.update(zip(node.outputs, found, strict=True))
    return values[v]
