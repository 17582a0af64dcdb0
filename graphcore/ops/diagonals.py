"""Diagonals and triangles of matrices."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import graph


def check_matrix(name, t):
    """Refuse anything but a matrix."""
    if t.ndim != 2:
        raise TypeError(
            f"{name}: needs a matrix, not an array with {t.ndim} axes"
            + ("; apply it to one matrix at a time" if t.ndim > 2 else "")
        )


def _shorter(shape):
    """Length of the main diagonal; None when it is not decided."""
    return 0 if 0 in shape else None if None in shape else min(shape)


class Diagonal(Op):
    """The main diagonal of a matrix, as a vector."""

    name = "diagonal"

    def out_types(self, x):
        check_matrix(self.name, x)
        return [TensorType(x.dtype, (_shorter(x.shape),))]

    def infer_shape(self, shapes, values):
        return [(min(shapes[0]),)]

    def reference(self, x):
        return np.diagonal(x).copy()

    def vjp(self, inputs, outputs, cotangents, needed):
        return [IncDiagonal()(graph.zeros_like(inputs[0]), cotangents[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        yield Diagonal(), [x]
        yield Diagonal(), [x[:, :3]]
        yield Diagonal(), [x.T]
        yield Diagonal(), [x[:0, :0]]


class IncDiagonal(Op):
    """A matrix with a vector added to its main diagonal."""

    name = "inc_diagonal"

    def _check(self, x, v):
        n = _shorter(x)
        if n is not None and v[0] is not None and n != v[0]:
            raise ValueError(f"{self.name}: {v[0]} numbers for a diagonal of length {n}")

    def out_types(self, x, v):
        check_matrix(self.name, x)
        if v.ndim != 1 or v.dtype != x.dtype:
            raise TypeError(f"{self.name}: needs a vector of {x.dtype}, not {v!r}")
        self._check(x.shape, v.shape)
        return [x]

    def infer_shape(self, shapes, values):
        self._check(*shapes)
        return [tuple(shapes[0])]

    def reference(self, x, v):
        self._check(x.shape, v.shape)
        out = x.copy()
        at = np.arange(len(v))
        out[at, at] += v
        return out

    def vjp(self, inputs, outputs, cotangents, needed):
        (g,) = cotangents
        return [g, Diagonal()(g) if needed[1] else None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        yield IncDiagonal(), [x, np.ones(3)]
        yield IncDiagonal(), [x[:2, :2], np.array([1.0, 2.0])]
        yield IncDiagonal(), [x[:0, :0], np.ones(0)]


class Triangle(Op):
    """A matrix with zeros above (or below) a diagonal.

    Parameters
    ----------
    lower : bool
        Which side is kept.
    offset : int
        The last diagonal kept: 0 for the main one, positive above it.
    """

    name = "triangle"
    props = ("lower", "offset")

    def __init__(self, lower=True, offset=0):
        self.lower, self.offset = bool(lower), int(offset)

    def out_types(self, x):
        check_matrix(self.name, x)
        return [x]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def mask(self, shape):
        """Which elements are kept."""
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        distance = columns - rows
        return distance <= self.offset if self.lower else distance >= self.offset

    def reference(self, x):
        return np.where(self.mask(x.shape), x, np.zeros((), x.dtype))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [self(cotangents[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4) + 1
        yield Triangle(True), [x]
        yield Triangle(False), [x]
        yield Triangle(True, -1), [x.T]
        yield Triangle(False, 1), [x]
        yield Triangle(True, 1), [x[:0]]
