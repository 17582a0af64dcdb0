"""Gauss's hypergeometric function."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.markers import UndefinedGradient
from graphcore.ops.operands import graph

_UNKNOWN = UndefinedGradient("hyp2f1 has a derivative by its last argument only")


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
        a, b, c, z = inputs  # Abramowitz and Stegun, 15.2.1
        factor = graph.true_div(graph.mul(a, b), c)
        slope = graph.mul(factor, Hyp2F1()(*(graph.add(x, 1) for x in (a, b, c)), z))
        return [_UNKNOWN, _UNKNOWN, _UNKNOWN, graph.mul(cotangents[0], slope)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example; the parameters have no derivatives."""
        a, b, c = np.array([1, 2, -2, 3]), np.array([1, -3, 2, 1]), np.array([2, 3, 1, 5])
        yield Hyp2F1(), [a, b, c, np.array([0.5, -0.75, 0.25, -3.0])]
        yield Hyp2F1(), [np.array(1), np.array(2), np.array(3), np.array(-0.5)]
        yield Hyp2F1(), [np.zeros((0, 2), "int64")] * 3 + [np.zeros((0, 2))]
