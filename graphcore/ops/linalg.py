"""Linear algebra on vectors and matrices."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import graph, promote
from graphcore.ops.shape import dimshuffle


class Dot(Op):
    """Product of vectors and matrices of one element type, as ``numpy.dot``."""

    name = "dot"

    def _shape(self, a, b):
        if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2):
            raise TypeError(
                f"dot: needs vectors or matrices, not arrays with {len(a)} and {len(b)} axes"
            )
        inner = (a[-1], b[0])
        if None not in inner and inner[0] != inner[1]:
            shown = [str(tuple(s)).replace("None", "?") for s in (a, b)]
            raise ValueError(
                f"dot: shapes {shown[0]} and {shown[1]} do not match: the last axis of the first "
                f"has length {inner[0]}, the first axis of the second {inner[1]}"
            )
        return (*a[:-1], *b[1:])

    def out_types(self, a, b):
        if a.dtype != b.dtype:
            raise TypeError(f"dot: operands of different element types {a.dtype}, {b.dtype}")
        return [TensorType(a.dtype, self._shape(a.shape, b.shape))]

    def infer_shape(self, shapes, values):
        return [self._shape(*shapes)]

    def reference(self, a, b):
        self._shape(a.shape, b.shape)
        with np.errstate(all="ignore"):
            return np.asarray(np.dot(a, b))

    def vjp(self, inputs, outputs, cotangents, needed):
        a, b = inputs
        (g,) = cotangents
        return [
            self._left(a, b, g) if needed[0] else None,
            self._right(a, b, g) if needed[1] else None,
        ]

    def _left(self, a, b, g):
        if a.type.ndim == b.type.ndim == 1:
            return graph.mul(g, b)
        if a.type.ndim == 1:
            return Dot()(b, g)
        return Dot()(g, transposed(b)) if b.type.ndim == 2 else outer(g, b)

    def _right(self, a, b, g):
        if a.type.ndim == b.type.ndim == 1:
            return graph.mul(g, a)
        if a.type.ndim == 1:
            return outer(a, g)
        return Dot()(transposed(a), g)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(5)
        a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
        yield Dot(), [a, b]
        yield Dot(), [a, b[:, 0]]
        yield Dot(), [a[0], b]
        yield Dot(), [a[0], b[:, 0]]
        yield Dot(), [a[:, :0], b[:0]]
        yield Dot(), [a[:0], b]


def transposed(x):
    return dimshuffle(x, (1, 0))


def outer(u, v):
    """The matrix of products of the elements of two vectors."""
    return graph.mul(dimshuffle(u, (0, "x")), dimshuffle(v, ("x", 0)))


def dot(a, b):
    """``Dot`` of operands converted to a common element type."""
    dtype = promote(a.type.dtype, b.type.dtype)
    return Dot()(graph.cast(a, dtype), graph.cast(b, dtype))


graph.dot = dot
