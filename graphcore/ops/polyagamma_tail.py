"""The tails of the Polya-Gamma distribution, by integrating its Laplace transform."""

import numpy as np

from graphcore.ops.operands import graph
from graphcore.ops.polyagamma import FIRST, NODES, PolyaGammaLog, log_cosh


class PolyaGammaTail(PolyaGammaLog):
    """Of PG(h, sqrt(2 a)): what its tails are up to a factor, as logarithms.

    The integral of ``exp(x t - h c(t)) / (t - a) / (2 pi i)`` upwards in the complex plane, with
    ``c(t) = log cosh sqrt(t / 2)``.  To the right of ``a`` it is the probability of lying below
    ``x``, to the left of it minus that of exceeding ``x``, both times ``exp(a x - h c(a))``.  On
    either side there is a saddle point, so that each tail has all of its digits by itself.

    With ``power=k`` and ``times=j``, not both 0: the mean of ``(t - a)**-k * c(t)**j`` under the
    integrand.
    """

    name = "polya_gamma_tail"
    props = ("upper", "power", "times")

    def __init__(self, upper=False, power=0, times=0):
        self.upper = bool(upper)
        super().__init__(power, times)

    def _integrated(self, x, h, a):
        saddle, gap, distance = self._saddle(x, h, a)
        step = 1e-4 * distance
        ends = [log_cosh(saddle + k * step).real for k in (-1, 0, 1)]
        curvature = h * (2 * ends[1] - ends[0] - ends[2]) / step**2 + gap**-2.0
        height = np.minimum(1 / np.sqrt(curvature), distance)
        bend = height**2 / (2 * distance)
        end = np.arccosh(1 + 45 / (x * bend))  # where exp(x t) has fallen below all digits
        v = end * np.linspace(0, 1, NODES + 1)
        move = bend * (1 - np.cosh(v)) + 1j * height * np.sinh(v)
        c = log_cosh(saddle + move)
        top = x * saddle - h * ends[1]
        weights = np.exp(x * move - h * (c - ends[1])) / (gap + move)
        weights *= 1j * height * np.cosh(v) - bend * np.sinh(v)
        weights[:, 0] *= 0.5
        total = weights.sum(axis=1).imag
        if not (self.power or self.times):
            size = -total if self.upper else total
            return top[:, 0] + np.log(size * (end[:, 0] / NODES) / np.pi)
        mean = weights * (gap + move) ** float(-self.power) * c**self.times
        return mean.sum(axis=1).imag / total

    def _saddle(self, x, h, a):
        """Where ``x - h c'(t) - 1 / (t - a)`` is zero, as :meth:`_place` has it."""
        low, high = np.full_like(x, -80.0), np.full_like(x, 80.0)
        for _ in range(60):
            middle = 0.5 * (low + high)
            t, gap, _ = self._place(middle, a)
            w = np.sqrt(np.abs(t) / 2) + 1e-30
            slope = x - h * np.where(t > 0, np.tanh(w), np.tan(w)) / (4 * w) - 1 / gap
            low, high = np.where(slope > 0, low, middle), np.where(slope > 0, middle, high)
        return self._place(0.5 * (low + high), a)

    def _place(self, u, a):
        """The point number ``u`` of the side, less ``a``, and how far from a singularity it is."""
        if not self.upper:
            return a + np.exp(u), np.exp(u), np.exp(u)
        width, share = a - FIRST, 1 / (1 + np.exp(-u))
        rest = width / (1 + np.exp(u))
        t = np.where(share < 0.5, FIRST + width * share, a - rest)
        return t, -rest, np.minimum(width * share, rest)

    def vjp(self, inputs, outputs, cotangents, needed):
        (g,) = cotangents
        k, j = self.power, self.times

        def moment(power, times):
            return PolyaGammaTail(self.upper, power, times)(*inputs)

        if not (k or j):
            slopes = [graph.add(moment(-1, 0), inputs[2]), graph.neg(moment(0, 1)), moment(1, 0)]
        else:
            (own,) = outputs
            slopes = [
                graph.sub(self._next(k - 1, j, inputs), graph.mul(own, moment(-1, 0))),
                graph.sub(graph.mul(own, moment(0, 1)), moment(k, j + 1)),
                graph.sub(
                    graph.mul(float(k + 1), self._next(k + 1, j, inputs)),
                    graph.mul(own, moment(1, 0)),
                ),
            ]
        return [graph.mul(g, slope) for slope in slopes]

    def _next(self, power, times, inputs):
        """A mean that may be that of 1."""
        if power or times:
            return PolyaGammaTail(self.upper, power, times)(*inputs)
        return graph.add(graph.mul(0.0, inputs[0]), 1.0)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x, h = np.array([0.1, 0.3, 2.0]), np.array([1.0, 0.4, 5.0])
        a = np.array([0.0, 0.5, 2.0])
        yield PolyaGammaTail(), [x, h, a]
        yield PolyaGammaTail(True), [x, h, a]
        yield PolyaGammaTail(True, 1, 1), [x, h, a]
        yield PolyaGammaTail(), [np.array(0.3), np.array(2.5), np.array(0.125)]
        yield PolyaGammaTail(), [np.zeros(0), np.zeros(0), np.zeros(0)]
