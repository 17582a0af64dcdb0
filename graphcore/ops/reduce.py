"""Reductions: the reduction rows of the op table over any axes."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import resolve
from graphcore.ops.operands import constant, graph, is_float, is_inexact
from graphcore.ops.shape import broadcast_like, expand
from graphcore.optable import REDUCTIONS


class Reduce(Op):
    """A reduction row over some axes, which the result does not have.

    Parameters
    ----------
    row_name : str
    axes : tuple of int
        Increasing and not negative.  No axes means that nothing is combined.
    """

    props = ("row_name", "axes")

    def __init__(self, row_name, axes):
        self.row_name = row_name
        self.row = REDUCTIONS[row_name]
        self.name = row_name
        self.axes = tuple(axes)

    def __repr__(self):
        return f"{self.row_name}{{axes={self.axes}}}"

    def _dtype(self, dtype):
        if self.row.dtype == "bool":
            return "bool"
        if self.row.dtype != "sum" or is_inexact(dtype):
            return dtype
        return "uint64" if dtype.startswith("uint") else "int64"

    def _shape(self, shape):
        if self.axes and not 0 <= self.axes[-1] < len(shape):
            raise ValueError(f"{self.name}: there is no axis {self.axes[-1]} in shape {shape}")
        if not self.row.empty and any(shape[i] == 0 for i in self.axes):
            raise ValueError(
                f"{self.name}: an array of shape {tuple(shape)} has no elements along axes "
                f"{self.axes}, so there is no {self.name}"
            )
        return tuple(n for i, n in enumerate(shape) if i not in self.axes)

    def out_types(self, x):
        return [TensorType(self._dtype(x.dtype), self._shape(x.shape))]

    def infer_shape(self, shapes, values):
        return [self._shape(shapes[0])]

    def reference(self, x):
        self._shape(x.shape)
        dtype = self._dtype(x.dtype.name)
        if self.row.dtype == "sum":
            x = x.astype("float64" if is_float(dtype) else dtype, copy=False)
        with np.errstate(all="ignore"):
            return np.asarray(resolve(self.row.ref)(x, axis=self.axes)).astype(dtype, copy=False)

    def vjp(self, inputs, outputs, cotangents, needed):
        rule = _RULES.get(self.row_name)
        if rule is None:
            return [None]
        (x,), (y,), (g,) = inputs, outputs, cotangents

        def full(v):
            return expand(v, self.axes, x.type.ndim)

        return [rule(self, x, y, g, full)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(3)
        x = rng.uniform(0.5, 2.0, (2, 3, 4))
        for name, row in REDUCTIONS.items():
            if row.arity != 1:
                continue
            a = x > 1 if row.dtype == "bool" else x
            yield Reduce(name, (0, 1, 2)), [a]
            yield Reduce(name, (1,)), [a]
            yield Reduce(name, (0, 2)), [a]
            yield Reduce(name, ()), [a]
            yield Reduce(name, (0,)), [a[:, :0, 0]]
            if row.empty:
                yield Reduce(name, (0,)), [a[:0, 0]]


def _sum(op, x, y, g, full):
    return broadcast_like(full(g), x)


def _extremum(op, x, y, g, full):
    """The cotangent shared equally by the elements that attain the extremum."""
    best = graph.eq(x, full(y))
    share = g / graph.cast(graph.sum(best, op.axes), g.type.dtype)
    return graph.switch(best, full(share), 0)


def _prod(op, x, y, g, full):
    """The product of the other elements: ``y / x`` unless an element is zero."""
    zero = graph.eq(x, 0)
    others = graph.prod(graph.switch(zero, 1, x), op.axes)
    alone = graph.eq(graph.sum(zero, op.axes), 1)
    at_zero = full(graph.switch(alone, others, 0))
    return full(g) * graph.switch(zero, at_zero, full(y) / x)


_RULES = {"sum": _sum, "prod": _prod, "max": _extremum, "min": _extremum}


def reduce(row_name, x, axes):
    """A reduction applied; ``x`` itself where there is nothing to combine."""
    axes = tuple(axes)
    if not axes and Reduce(row_name, axes)._dtype(x.type.dtype) == x.type.dtype:
        return x
    return Reduce(row_name, axes)(x)


def _add_to_namespace(name):
    setattr(graph, name, lambda x, axes: reduce(name, x, axes))


for _name in REDUCTIONS:
    if not REDUCTIONS[_name].internal:
        _add_to_namespace(_name)
graph.zeros_like = lambda x: broadcast_like(constant(0, x.type.dtype), x)
