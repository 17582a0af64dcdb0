"""Linear algebra on vectors and matrices."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import broadcast_static, graph, promote
from graphcore.ops.shape import dimshuffle, sum_like


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


class Matmul(Op):
    """Products of stacks of matrices of one element type: the last two axes of each.

    The axes before them broadcast against each other.
    """

    name = "matmul"

    def _shape(self, a, b):
        if len(a) < 2 or len(b) < 2:
            raise TypeError(f"{self.name}: needs matrices, not {len(a)} and {len(b)} axes")
        if None not in (a[-1], b[-2]) and a[-1] != b[-2]:
            shown = [str(tuple(s)).replace("None", "?") for s in (a, b)]
            raise ValueError(
                f"{self.name}: matrices of shapes {shown[0]} and {shown[1]} do not match: the last "
                f"axis of the first has length {a[-1]}, the last but one of the second {b[-2]}"
            )
        return (*broadcast_static([tuple(a[:-2]), tuple(b[:-2])], self.name), a[-2], b[-1])

    def out_types(self, a, b):
        if a.dtype != b.dtype:
            raise TypeError(f"{self.name}: operands of types {a.dtype} and {b.dtype}")
        return [TensorType(a.dtype, self._shape(a.shape, b.shape))]

    def infer_shape(self, shapes, values):
        return [self._shape(*shapes)]

    def reference(self, a, b):
        self._shape(a.shape, b.shape)
        with np.errstate(all="ignore"):
            return np.matmul(a, b)

    def vjp(self, inputs, outputs, cotangents, needed):
        a, b = inputs
        (g,) = cotangents
        return [
            sum_like(Matmul()(g, swapped(b)), a) if needed[0] else None,
            sum_like(Matmul()(swapped(a), g), b) if needed[1] else None,
        ]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(5)
        a, b = rng.normal(size=(4, 1, 2, 3)), rng.normal(size=(5, 3, 2))
        yield Matmul(), [a, b]
        yield Matmul(), [a[:, 0], b[0]]
        yield Matmul(), [a[0, 0], b]
        yield Matmul(), [b.swapaxes(1, 2)[:, :, ::-1], b]
        yield Matmul(), [a[..., :0], b[:, :0]]
        yield Matmul(), [a[:0], b]


def swapped(x):
    """The last two axes exchanged."""
    n = x.type.ndim
    return dimshuffle(x, (*range(n - 2), n - 1, n - 2))


def matmul(a, b):
    """``Dot`` or ``Matmul`` of operands converted to a common element type."""
    if a.type.ndim <= 2 and b.type.ndim <= 2:
        return dot(a, b)
    dtype = promote(a.type.dtype, b.type.dtype)
    return Matmul()(graph.cast(a, dtype), graph.cast(b, dtype))


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
