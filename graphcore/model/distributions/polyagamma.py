"""The Polya-Gamma distribution."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import positive, real
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import HALF_LOG_2PI
from graphcore.ops.polyagamma import PolyaGammaLog
from graphcore.ops.polyagamma_tail import PolyaGammaTail

_TERMS = 200  # of the sum of gamma variables that is drawn
LOG_2 = math.log(2.0)
FAR = 1e15


class PolyaGamma(Distribution):
    """The mixing distribution of logistic models: ``h`` terms, tilted by ``z``.

    A sum of gamma variables, ``g[k] / (2 * pi**2 * ((k - 1/2)**2 + z**2 / (4 * pi**2)))`` with
    ``g[k] ~ Gamma(h, 1)`` for k = 1, 2, ...  The first 200 of them are drawn, the rest as one gamma
    variable of the same mean and variance.  Support: positive numbers; mean
    ``h * tanh(z / 2) / (2 * z)``, variance ``h * (sinh(z) - z) / (4 * z**3 * cosh(z / 2)**2)``.

    Parameters
    ----------
    name : str
    h : number or variable
        Positive.
    z : number or variable

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.PolyaGamma.dist(h=1, z=0).logp(0.25).eval()), 6)
    0.604021
    """

    params = {
        "h": Param(positive, default=1.0, typical=(0.5, 4.0)),
        "z": Param(real, default=0.0),
    }
    support = positive

    def logp(o, x, h, z):
        size = o.abs(z)
        tilt = h * (0.5 * size + o.log1p(o.exp(-size)) - LOG_2) - 0.5 * o.sqr(z) * x
        # Far below the mean only the first term of the alternating series is left.
        first = (h + 1) / (2 * x) > 50 + o.log(h + 2)
        leading = (h - 1) * LOG_2 + o.log(h) - HALF_LOG_2PI - 1.5 * o.log(x) - o.sqr(h) / (8 * x)
        x, h = (o.switch(first, v, w) for v, w in ((0.25, x), (1.0, h)))
        inner = PolyaGammaLog()(*_together(o, o.minimum(x, FAR), h)) - _beyond(o, x)
        return tilt + o.switch(first, leading, inner)

    def logcdf(o, x, h, z):
        return o.switch(x > 0, _tails(o, x, h, z)[0], -math.inf)

    def logccdf(o, x, h, z):
        return o.switch(x > 0, _tails(o, x, h, z)[1], 0.0)

    def mean(o, h, z):
        small, size, s = _sizes(o, z)
        series = 0.25 - s / 12 + o.sqr(s) / 30 - 17 * s**3 / 1260
        return h * o.switch(small, series, o.tanh(0.5 * size) / (2 * size))

    def variance(o, h, z):
        small, size, s = _sizes(o, z)
        series = 1 / 24 - s / 30 + 17 * o.sqr(s) / 840 - 31 * s**3 / 2835
        decay = o.exp(-size)
        whole = 2 * (1 - o.sqr(decay) - 2 * size * decay) / o.sqr(1 + decay)
        return h * o.switch(small, series, whole / (4 * size**3))

    def support_point(o, h, z):
        return PolyaGamma.mean(o, h, z)

    def random(rng, size, h, z):
        rate = 2 * math.pi**2
        h, z = (np.broadcast_to(v, size) for v in (h, z))
        shift = (z / (2 * math.pi)) ** 2
        drawn = np.zeros(size)
        for end in (np.arange(_TERMS) + 0.5) ** 2:
            drawn += rng.standard_gamma(h, size) / (rate * (end + shift))
        rest = [_left_out(k, shift) / rate**k for k in (1, 2)]
        mean, variance = h * rest[0], h * rest[1]
        return drawn + rng.standard_gamma(mean**2 / variance, size) * variance / mean


def _tails(o, x, h, z):
    """Log probabilities of lying below and above ``x`` > 0, each by itself where it is small."""
    size = o.abs(z)
    log_cosh = 0.5 * size + o.log1p(o.exp(-size)) - LOG_2
    # Far below the mean only the first term of an alternating series is left: a Wald variable's.
    first = (h + 1) / (2 * x) > 50 + o.log(h + 2)
    near = o.clip(o.switch(first, x, 1.0), 1e-300, math.inf)
    c, root = 0.5 * h, o.sqrt(near)
    leading = h * (LOG_2 + log_cosh) + o.logaddexp(
        -c * size + o.log_ndtr(size * root - c / root),
        c * size + o.log_ndtr(-size * root - c / root),
    )
    x, h, z = (o.switch(first, v, w) for v, w in ((0.25, x), (1.0, h), (0.0, z)))
    half = 0.5 * o.sqr(z)
    size = o.abs(z)
    last, more = o.minimum(x, FAR), _beyond(o, x) + half * o.maximum(x - FAR, 0.0)
    tilt = h * (0.5 * size + o.log1p(o.exp(-size)) - LOG_2) - half * last
    inputs = _together(o, last, h, half)
    below, above = (o.minimum(tilt + PolyaGammaTail(up)(*inputs), 0.0) for up in (False, True))
    above = above - more
    low = below < -LOG_2  # the larger tail, close to a pole, is what the smaller one leaves
    whole = o.switch(first, leading, o.switch(low, below, o.log1mexp(above)))
    return whole, o.switch(first | low, o.log1mexp(whole), above)


def _beyond(o, x):
    """How much an exponential tail falls from ``FAR`` on."""
    return 0.5 * math.pi**2 * o.maximum(x - FAR, 0.0)


def _together(o, *values):
    """Values of one shape, which need not be known."""
    zeros = o.zeros_like(sum(values))
    return [v + zeros for v in values]


def _sizes(o, z):
    """Whether ``z`` is so small that a series is better, its size elsewhere, and ``z**2 / 4``."""
    small = o.abs(z) < 0.05
    return small, o.switch(small, 1.0, o.abs(z)), 0.25 * o.sqr(z)


def _left_out(power, shift):
    """The sum of ``((k - 1/2)**2 + shift)**-power`` over the terms that are not drawn.

    By the midpoint rule, whose error is that of ``1 / (24 * 200**3)``.
    """
    root = np.sqrt(shift)
    far = shift < 1e-6
    safe = np.where(far, 1.0, root)
    angle = np.arctan(safe / _TERMS)
    if power == 1:
        return np.where(far, 1.0 / _TERMS, angle / safe)
    exact = angle / (2 * safe**3) - _TERMS / (2 * safe**2 * (_TERMS**2 + safe**2))
    return np.where(shift < 1.0, 1.0 / (3 * _TERMS**3), exact)
