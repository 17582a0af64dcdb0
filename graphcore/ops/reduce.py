"""Reductions: the reduction rows of the op table over any axes."""

from functools import cache

import numpy as np

from graphcore._graph import remembered_types
from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import resolve
from graphcore.ops.operands import constant, graph, is_float, is_inexact
from graphcore.ops.shape import Reshape, broadcast_like, expand, shape_vector
from graphcore.optable import REDUCTIONS


class Reduce(Op):
    """A reduction row over some axes, which the result does not have.

    Use :func:`reduction`, which keeps one instance per row and axes.

    Parameters
    ----------
    row_name : str
    axes : tuple of int
        Increasing and not negative.  No axes means that nothing is combined.
    bottom : bool
        Whether the largest of no elements is minus infinity, not an error.
    """

    props = ("row_name", "axes", "bottom")

    def __init__(self, row_name, axes, bottom=False):
        self.row_name = self.head = self.name = row_name
        self.row = REDUCTIONS[row_name]
        self.axes, self.bottom = tuple(axes), bottom
        self.memo = {}

    def __reduce__(self):
        return reduction, (self.row_name, self.axes, self.bottom)

    def __repr__(self):
        return f"{self.row_name}{{axes={self.axes}}}"

    def along(self, axes):
        """The same reduction over other axes."""
        return reduction(self.row_name, tuple(axes), self.bottom)

    def _dtype(self, dtype):
        if self.row.dtype == "bool":
            return "bool"
        if self.row.dtype != "sum" or is_inexact(dtype):
            return dtype
        return "uint64" if dtype.startswith("uint") else "int64"

    def _shape(self, shape):
        if self.axes and not 0 <= self.axes[-1] < len(shape):
            raise ValueError(f"{self.name}: there is no axis {self.axes[-1]} in shape {shape}")
        if not self.row.empty and not self.bottom and any(shape[i] == 0 for i in self.axes):
            raise ValueError(
                f"{self.name}: an array of shape {tuple(shape)} has no elements along axes "
                f"{self.axes}, so there is no {self.name}"
            )
        return tuple(n for i, n in enumerate(shape) if i not in self.axes)

    def out_types(self, x):
        return [TensorType(self._dtype(x.dtype), self._shape(x.shape))]

    types_of = remembered_types

    def infer_shape(self, shapes, values):
        return [self._shape(shapes[0])]

    def reference(self, x):
        self._shape(x.shape)
        dtype = self._dtype(x.dtype.name)
        if self.row.dtype == "sum":
            x = x.astype("float64" if is_float(dtype) else dtype, copy=False)
        initial = {"initial": -np.inf} if self.bottom else {}
        with np.errstate(all="ignore"):
            found = resolve(self.row.ref)(x, axis=self.axes, **initial)
            return np.asarray(found).astype(dtype, copy=False)

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
        yield Reduce("max", (0,), True), [x[:0, 0]]
        yield Reduce("max", (0, 2), True), [x]


def _sum(op, x, y, g, full):
    return broadcast_like(full(g), x)


def _extremum(op, x, y, g, full):
    """The cotangent shared equally by the elements that attain the extremum."""
    best = graph.eq(x, full(y))
    share = g / graph.cast(graph.sum(best, op.axes), g.type.dtype)
    return graph.switch(best, full(share), 0)


def _prod(op, x, y, g, full):
    return full(g) * ProductOfOthers(op.axes)(x)


class ProductOfOthers(Op):
    """For every element the product of all others along some axes: the derivative of a product.

    The rewrites replace it by :func:`product_of_others`, which is cheap and has the right value;
    the operation itself has the right derivatives of every order, also at zeros.
    """

    name = "product_of_others"
    props = ("axes",)
    broadcasts = True

    def __init__(self, axes):
        self.axes = tuple(axes)

    def out_types(self, x):
        return [x]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def reference(self, x):
        zero = x == 0
        others = np.prod(np.where(zero, 1, x), self.axes, keepdims=True)
        at_zero = np.where(zero.sum(self.axes, keepdims=True) == 1, others, 0)
        with np.errstate(all="ignore"):
            quotient = np.prod(x, self.axes, keepdims=True) / x
        return np.where(zero, at_zero, quotient).astype(x.dtype)

    def vjp(self, inputs, outputs, cotangents, needed):
        """From a form with a copy of the elements per left out element."""
        (x,), (g,) = inputs, cotangents
        kept = [a for a in range(x.type.ndim) if a not in self.axes]
        order = (*kept, *self.axes)
        turned = graph.dimshuffle(x, order)
        n = len(kept)
        lengths = [graph.shape_entry(x, a) for a in order]
        together = constant(1, "int64")
        for length in lengths[n:]:
            together = graph.mul(together, length)
        flat = Reshape(n + 1)(turned, shape_vector([*lengths[:n], together]))
        copies = expand(flat, (n,), n + 2)
        places = graph.places(together)
        same = graph.eq(expand(places, (1,), 2), places)
        products = graph.prod(graph.switch(same, 1, copies), (n + 1,))
        back = Reshape(x.type.ndim)(products, shape_vector(lengths))
        back = graph.dimshuffle(back, [order.index(a) for a in range(x.type.ndim)])
        return [graph.backward({back: g}, [x], stops={x})[x]]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.random.default_rng(5).uniform(0.5, 2.0, (2, 3, 2))
        yield ProductOfOthers((1,)), [x]
        yield ProductOfOthers((0, 2)), [x]
        yield ProductOfOthers((0,)), [np.array([2.0, 0.0, 3.0, 0.0])]
        yield ProductOfOthers((0,)), [np.array([2.0, 0.0, 3.0])]
        yield ProductOfOthers(()), [x[0]]
        yield ProductOfOthers((0,)), [x[:0, 0, 0]]


def product_of_others(x, axes):
    """The value of :class:`ProductOfOthers`: ``prod(x) / x`` unless an element is zero."""
    zero = graph.eq(x, 0)
    rest = graph.prod(graph.switch(zero, 1, x), axes)
    alone = graph.eq(graph.sum(zero, axes), 1)
    at_zero = expand(graph.switch(alone, rest, 0), axes, x.type.ndim)
    total = expand(graph.prod(x, axes), axes, x.type.ndim)
    return graph.switch(zero, at_zero, total / x)


_RULES = {"sum": _sum, "prod": _prod, "max": _extremum, "min": _extremum}


@cache
def reduction(row_name, axes, bottom):
    """The operation of a row over a tuple of axes; see :class:`Reduce`."""
    return Reduce(row_name, axes, bottom)


def reduce(row_name, x, axes):
    """A reduction applied; ``x`` itself where there is nothing to combine."""
    op = reduction(row_name, tuple(axes), False)
    if not op.axes and op._dtype(x.type.dtype) == x.type.dtype:
        return x
    return op(x)


def _add_to_namespace(name):
    setattr(graph, name, lambda x, axes: reduce(name, x, axes))


for _name in REDUCTIONS:
    if not REDUCTIONS[_name].internal:
        _add_to_namespace(_name)
graph.zeros_like = lambda x: broadcast_like(constant(0, x.type.dtype), x)
