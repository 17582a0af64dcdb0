"""Values that are passed on unchanged, while their gradient is treated in a special way.

Differentiation uses these operations up: the rewrites drop them from what will be computed.
"""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.ops.operands import constant, graph
from graphcore.ops.shape import StopGradient


class UndefinedGradient:
    """What a ``vjp`` returns for an input whose gradient does not exist.

    It is an error only where that gradient is needed.

    Parameters
    ----------
    reason : str
    """

    def __init__(self, reason=""):
        self.reason = reason


class _Marker(Op):
    """The value itself."""

    broadcasts = True

    def out_types(self, x):
        return [x]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def reference(self, x):
        return np.asarray(x)


class ZeroGradient(_Marker):
    """The value itself, as if it did not change: gradients through it are zero."""

    name = "zero_grad"

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    def R_op(self, inputs, tangents):
        """As if it did not change."""
        return [graph.zeros_like(inputs[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example; differences would not see the mark."""
        yield ZeroGradient(), [np.arange(3)]


class NoGradient(_Marker):
    """The value itself, of which nobody may ask for a gradient."""

    name = "undefined_grad"

    def vjp(self, inputs, outputs, cotangents, needed):
        return [UndefinedGradient("it was marked with undefined_grad")]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield NoGradient(), [np.arange(3)]


class ClippedGradient(_Marker):
    """The value itself; the elements of its cotangent are limited to an interval."""

    name = "grad_clip"
    props = ("low", "high")

    def __init__(self, low, high):
        self.low, self.high = float(low), float(high)

    def vjp(self, inputs, outputs, cotangents, needed):
        (g,) = cotangents
        low, high = (constant(x, g.type.dtype) for x in (self.low, self.high))
        return [graph.clip(g, low, high)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield ClippedGradient(-1.0, 1.0), [np.arange(3)]


class ScaledGradient(_Marker):
    """The value itself; its cotangent is multiplied by a number."""

    name = "grad_scale"
    props = ("factor",)

    def __init__(self, factor):
        self.factor = float(factor)

    def vjp(self, inputs, outputs, cotangents, needed):
        (g,) = cotangents
        return [graph.mul(g, constant(self.factor, g.type.dtype))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield ScaledGradient(2.0), [np.arange(3)]


#: All of them.
MARKERS = (StopGradient, ZeroGradient, NoGradient, ClippedGradient, ScaledGradient)
