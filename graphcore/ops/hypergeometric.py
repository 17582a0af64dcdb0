"""Gauss's hypergeometric function."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.markers import UndefinedGradient
from graphcore.ops.operands import graph

_UNKNOWN = UndefinedGradient("hyp2f1 has no second derivatives by its first three arguments")
_MOST = 50_000  # terms of a series


class Hyp2F1(Op):
    """``hyp2f1(a, b, c, z)`` of four arrays of one shape, through SciPy."""

    name = "hyp2f1"

    def out_types(self, a, b, c, z):
        if z.dtype != "float64" or len({t.ndim for t in (a, b, c, z)}) > 1:
            raise TypeError("hyp2f1: needs four arrays of one shape, the last one of float64")
        return [TensorType("float64", z.shape)]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[3])]

    def reference(self, a, b, c, z):
        from scipy.special import hyp2f1

        with np.errstate(all="ignore"):
            return np.asarray(hyp2f1(a, b, c, z))

    def vjp(self, inputs, outputs, cotangents, needed):
        by_parameters = [
            graph.mul(cotangents[0], Hyp2F1Slope(i)(*inputs)) if needed[i] else None
            for i in range(3)
        ]
        return [*by_parameters, graph.mul(cotangents[0], _slope(Hyp2F1(), *inputs))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example; the parameters have no derivatives."""
        a, b, c = np.array([1, 2, -2, 3]), np.array([1, -3, 2, 1]), np.array([2, 3, 1, 5])
        yield Hyp2F1(), [a, b, c, np.array([0.5, -0.75, 0.25, -3.0])]
        yield Hyp2F1(), [np.array(1), np.array(2), np.array(3), np.array(-0.5)]
        yield Hyp2F1(), [np.zeros((0, 2), "int64")] * 3 + [np.zeros((0, 2))]


def _slope(op, a, b, c, z):
    """``a b / c`` times a function of all three parameters increased: Abramowitz, Stegun 15.2.1."""
    return graph.mul(graph.true_div(graph.mul(a, b), c), _raised(op, a, b, c, z))


def _raised(op, a, b, c, z):
    return op(*(graph.add(x, 1) for x in (a, b, c)), z)


class Hyp2F1Slope(Op):
    """The derivative of :class:`Hyp2F1` by its first, second or third argument.

    The power series is differentiated term by term; below zero after Pfaff's transformation
    (Abramowitz and Stegun, 15.3.4), so that all powers are of a number in [0, 1).

    Parameters
    ----------
    which : int
        0, 1 or 2.
    """

    name = "hyp2f1_slope"
    props = ("which",)

    def __init__(self, which):
        self.which = which

    def out_types(self, a, b, c, z):
        return Hyp2F1().out_types(a, b, c, z)

    def infer_shape(self, shapes, values):
        return [tuple(shapes[3])]

    def reference(self, a, b, c, z):
        a, b, c, z = (np.asarray(v, "float64") for v in (a, b, c, z))
        with np.errstate(all="ignore"):
            moved = z < 0
            w, second = np.where(moved, z / (z - 1), z), np.where(moved, c - b, b)
            value, by_a, by_b, by_c = _series(a, second, c, w)
            scale = np.where(moved, (1 - z) ** -a, 1.0)
            if self.which == 0:
                found = by_a - np.where(moved, np.log1p(-z), 0.0) * value
            elif self.which == 1:
                found = np.where(moved, -by_b, by_b)
            else:
                found = by_c + np.where(moved, by_b, 0.0)
            return np.asarray(np.where(z < 1, scale * found, np.nan))

    def vjp(self, inputs, outputs, cotangents, needed):
        a, b, c, _ = inputs
        rest = [graph.true_div(b, c), graph.true_div(a, c)]
        rest.append(graph.neg(graph.true_div(graph.mul(a, b), graph.mul(c, c))))
        slope = graph.add(
            graph.mul(rest[self.which], _raised(Hyp2F1(), *inputs)), _slope(self, *inputs)
        )
        return [_UNKNOWN, _UNKNOWN, _UNKNOWN, graph.mul(cotangents[0], slope)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        a, b, c = np.array([1, 2, -2, 3]), np.array([1, -3, 2, 1]), np.array([2, 3, 1, 5])
        for which in range(3):
            yield Hyp2F1Slope(which), [a, b, c, np.array([0.5, -0.75, 0.25, -3.0])]
        yield Hyp2F1Slope(0), [np.array(1), np.array(2), np.array(3), np.array(-0.5)]
        yield Hyp2F1Slope(2), [np.zeros((0, 2), "int64")] * 3 + [np.zeros((0, 2))]


def _series(a, b, c, z):
    """The power series at ``0 <= z < 1`` and its derivatives by a, b and c.

    NaN where many terms do not suffice: above 0.999.
    """
    term = np.ones(np.broadcast_shapes(a.shape, b.shape, c.shape, z.shape))
    terms = [term, *(np.zeros_like(term) for _ in range(3))]
    sums = [t.copy() for t in terms]
    for k in range(_MOST):
        part = z / ((c + k) * (k + 1.0))
        ratio = (a + k) * (b + k) * part
        t, by_a, by_b, by_c = terms
        terms = [
            t * ratio,
            by_a * ratio + t * (b + k) * part,
            by_b * ratio + t * (a + k) * part,
            by_c * ratio - t * ratio / (c + k),
        ]
        sums = [s + t for s, t in zip(sums, terms, strict=True)]
        left = [abs(t) * z > 1e-17 * (1 - z) * abs(s) for s, t in zip(sums, terms, strict=True)]
        open_ = np.logical_or.reduce(left)
        if k > 10 and not open_.any():
            return sums
    return [np.where(open_, np.nan, s) for s in sums]
