"""The log density of the Polya-Gamma distribution, by integrating its Laplace transform."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.ops.operands import graph

NODES = 200  # above the saddle point; below it is the mirror image
FIRST = -(np.pi**2) / 2  # the first singularity
_PIECE = 256  # elements whose nodes are held at once


class PolyaGammaLog(Op):
    """Of PG(h, 0) at x: the logarithm of the density, or one of its moments along the contour.

    The Laplace transform is ``cosh(sqrt(t / 2)) ** -h`` (N. Polson, J. Scott and J. Windle (2013)),
    so that the density is ``exp(x t - h c(t))``, ``c = log cosh sqrt(t / 2)``, integrated over t
    upwards in the complex plane and divided by ``2 pi i``.  The path is a branch of a hyperbola
    through the saddle point, where all digits of the result come from; it opens to the left, around
    the singularities, which lie below ``-pi**2 / 2``.  On it the trapezoidal rule converges
    geometrically.

    With ``power=k`` and ``times=j``, not both 0: the mean of ``t**k * c(t)**j`` under the
    integrand.  These are what derivatives are made of.
    """

    name = "polya_gamma_log"
    props = ("power", "times")

    def __init__(self, power=0, times=0):
        self.power, self.times = int(power), int(times)

    def out_types(self, x, *others):
        if any(v.dtype != "float64" or v.ndim != x.ndim for v in (x, *others)):
            raise TypeError(f"{self.name}: needs arrays of float64 with as many axes")
        lengths = list(zip(x.shape, *(v.shape for v in others), strict=True))
        known = [[n for n in axis if n is not None] for axis in lengths]
        self._check(known)
        return [x.with_shape([axis[0] if axis else None for axis in known])]

    def _check(self, lengths):
        if any(len(set(axis)) > 1 for axis in lengths):
            raise ValueError(f"{self.name}: the arrays must have the same shape")

    def infer_shape(self, shapes, values):
        self._check(zip(*shapes, strict=True))
        return [tuple(shapes[0])]

    def reference(self, x, *others):
        self.infer_shape([v.shape for v in (x, *others)], None)
        flat = np.stack([v.ravel() for v in (x, *others)])
        pieces = [self._values(*flat[:, i : i + _PIECE]) for i in range(0, x.size, _PIECE)]
        return np.concatenate([np.zeros(0), *pieces]).reshape(x.shape)

    def _values(self, x, h, *others):
        good = (x > 0) & (x < np.inf) & (h > 0) & (h < np.inf) & np.isfinite(sum(others))
        safe = [np.where(good, v, 0.25)[:, None] for v in (x, h, *others)]
        with np.errstate(all="ignore"):
            found = self._integrated(*safe)
        return np.where(good, found, np.nan)

    def _integrated(self, x, h):
        distance = _saddle(4 * x / h)  # from the first singularity
        saddle = distance + FIRST
        step = 1e-4 * distance
        ends = [log_cosh(saddle + k * step).real for k in (-1, 0, 1)]
        curvature = h * (2 * ends[1] - ends[0] - ends[2]) / step**2
        height = np.minimum(1 / np.sqrt(curvature), distance)
        bend = height**2 / (2 * distance)
        end = np.arccosh(1 + 45 / (x * bend))  # where exp(x t) has fallen below all digits
        v = end * np.linspace(0, 1, NODES + 1)
        t = saddle + bend * (1 - np.cosh(v)) + 1j * height * np.sinh(v)
        c = log_cosh(t)
        top = x * saddle - h * ends[1]
        weights = np.exp(x * t - h * c - top) * (1j * height * np.cosh(v) - bend * np.sinh(v))
        weights[:, 0] *= 0.5
        total = weights.sum(axis=1).imag
        if not (self.power or self.times):
            return top[:, 0] + np.log(total * (end[:, 0] / NODES) / np.pi)
        return (weights * t**self.power * c**self.times).sum(axis=1).imag / total

    def vjp(self, inputs, outputs, cotangents, needed):
        x, h = inputs
        (g,) = cotangents
        k, j = self.power, self.times

        def moment(power, times):
            return PolyaGammaLog(power, times)(x, h)

        if not (k or j):
            by_x, by_h = moment(1, 0), graph.neg(moment(0, 1))
        else:
            (own,) = outputs
            by_x = graph.sub(moment(k + 1, j), graph.mul(own, moment(1, 0)))
            by_h = graph.sub(graph.mul(own, moment(0, 1)), moment(k, j + 1))
        return [graph.mul(g, by_x), graph.mul(g, by_h)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x, h = np.array([0.05, 0.3, 2.0]), np.array([1.0, 0.4, 5.0])
        yield PolyaGammaLog(), [x, h]
        yield PolyaGammaLog(1, 1), [x, h]
        yield PolyaGammaLog(), [np.array(0.3), np.array(2.5)]
        yield PolyaGammaLog(), [np.zeros(0), np.zeros(0)]


def log_cosh(t):
    """``log cosh sqrt(t / 2)``, analytic but for ``t <= -pi**2 / 2``."""
    w = np.sqrt(np.asarray(t, dtype=complex) / 2)
    return w + np.log1p(np.exp(-2 * w)) - np.log(2)


def _saddle(ratio):
    """Where ``tanh(w) / w = ratio``, ``w**2 = t / 2``: ``t`` from ``-pi**2 / 2``, by bisection."""
    low = np.log(np.minimum(1 / ratio, 1 / ratio**2)) - 3
    high = np.log(1 / ratio + 1 / ratio**2 + 2.5) + 3
    for _ in range(60):
        middle = 0.5 * (low + high)
        u = np.exp(middle) / 2 - np.pi**2 / 4
        w = np.sqrt(np.abs(u)) + 1e-30
        above = np.where(u > 0, np.tanh(w), np.tan(w)) / w > ratio
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.exp(0.5 * (low + high))
