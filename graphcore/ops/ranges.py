"""Evenly spaced integers whose limits may be symbolic."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.index import IncTake, Take, shape_entry
from graphcore.ops.lengths import length_value, shape_of
from graphcore.ops.operands import constant, graph
from graphcore.ops.points import IncPoints, TakePoints
from graphcore.ops.shape import BroadcastTo, Reshape, dimshuffle, shape_vector


class Arange(Op):
    """Integers from start, by steps, to before stop; the inputs are integer scalars."""

    name = "arange"
    props = ("dtype",)
    shape_inputs = (0, 1, 2)
    no_gradient = (0, 1, 2)

    def __init__(self, dtype="int64"):
        self.dtype = dtype

    def out_types(self, start, stop, step):
        for t in (start, stop, step):
            if t.ndim or t.numpy_dtype.kind not in "iub":
                raise TypeError(f"{self.name}: limits must be integer scalars, not {t!r}")
        return [TensorType(self.dtype, (None,))]

    def types_of(self, inputs):
        (found,) = self.out_types(*(v.type for v in inputs))
        values = [length_value(v) for v in inputs]
        if all(v is not None for v in values):
            found = found.with_shape(self.infer_shape(None, values)[0])
        return [found]

    def infer_shape(self, shapes, values):
        if any(v is None for v in values):
            raise ValueError("the length of this result depends on values")
        start, stop, step = map(int, values)
        if not step:
            raise ValueError("arange: the step cannot be zero")
        return [(len(range(start, stop, step)),)]

    def reference(self, start, stop, step):
        self.infer_shape(None, [start, stop, step])
        return np.arange(int(start), int(stop), int(step)).astype(self.dtype)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None, None, None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for limits in [(0, 5, 1), (7, 0, -3), (3, 3, 1), (5, 2, 1)]:
            yield Arange(), [np.array(n) for n in limits]


def arange(n):
    """Integers from 0 to before ``n``, which is a number or an integer scalar."""
    if isinstance(n, int):
        return constant(np.arange(n))
    return Arange()(constant(0), graph.cast(n, "int64"), constant(1))


def _grid(x, idx, axis):
    """Positions on every axis of ``x``, so that each line is indexed by its own positions."""
    ndim = x.type.ndim
    if idx.type.ndim != ndim:
        raise ValueError(f"an index with {ndim} axes is needed, not one with {idx.type.ndim}")
    found = []
    for a in range(ndim):
        if a == axis:
            found.append(idx)
            continue
        n = x.type.shape[a]
        places = arange(shape_entry(x, a) if n is None else n)
        found.append(dimshuffle(places, ["x"] * a + [0] + ["x"] * (ndim - 1 - a)))
    return found


def take_along(x, idx, axis):
    """Elements of every line along an axis, at positions of its own."""
    return TakePoints(range(x.type.ndim))(x, *_grid(x, idx, axis))


def put_along(x, idx, value, axis):
    """``x`` with elements of every line along an axis replaced."""
    return IncPoints(range(x.type.ndim), True)(x, value, *_grid(x, idx, axis))


def last_occurrence(idx, length):
    """Whether no later entry of an array of positions names the same element.

    Every entry writes its number where it points, and finds there its own or a later one.
    """
    count = graph.prod(shape_of(idx), (0,))
    numbers = Reshape(idx.type.ndim)(arange(count), shape_of(idx))
    blank = BroadcastTo()(constant(0), shape_vector([length]))
    return graph.eq(Take(0)(IncTake(0, True)(blank, numbers, idx), idx), numbers)


graph.put_along = put_along
graph.last_occurrence = last_occurrence
