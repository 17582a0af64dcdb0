"""Distributions on the unit interval and on other bounded sets."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    Constraint,
    interval,
    open_probability,
    positive,
    probability,
    real,
)
from graphcore.model.distributions.continuous import LOG_2, precision
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import HALF_LOG_2PI, betaln

_shape = Param(positive, typical=(0.5, 5.0))


class Kumaraswamy(Distribution):
    """Kumaraswamy distribution: ``1 - x**a`` is distributed as a power ``1 / b``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.Kumaraswamy.dist(a=1, b=1).logp(0.3).eval())
    0.0
    """

    params = {"a": _shape, "b": _shape}
    support = probability

    def logp(o, x, a, b):
        t = a * o.log(x)
        low = o.xlog1py(b - 1, -o.exp(o.minimum(t, -0.5)))
        high = o.xlogy(b - 1, -o.expm1(o.maximum(t, -0.5)))
        return o.xlogy(a - 1, x) + o.switch(t < -0.5, low, high) + (o.log(a) + o.log(b))

    def logcdf(o, x, a, b):
        return o.log1mexp(b * o.log1mexp(a * o.log(o.clip(x, 0.0, 1.0))))

    def logccdf(o, x, a, b):
        return b * o.log1mexp(a * o.log(o.clip(x, 0.0, 1.0)))

    def mean(o, a, b):
        return b * o.exp(betaln(o, 1 + 1 / a, b))

    def variance(o, a, b):
        first, second = betaln(o, 1 + 1 / a, b), betaln(o, 1 + 2 / a, b)
        return b * o.exp(second) - o.sqr(b * o.exp(first))

    def support_point(o, a, b):
        return b * o.exp(betaln(o, 1 + 1 / a, b))

    def icdf(o, q, a, b):
        return o.exp(o.log1mexp(o.log1p(-q) / b) / a)

    def random(rng, size, a, b):
        return (-np.expm1(-rng.exponential(1.0, size) / b)) ** (1 / a)


_Z = np.arange(-64, 65) / 7.5  # the trapezoidal rule for densities like the normal one
_NORMAL = np.exp(-0.5 * _Z**2) / np.exp(-0.5 * _Z**2).sum()
_L = np.arange(-75, 76) / 2.0  # and for those like the logistic one
_LOGISTIC = 0.5 / np.square(np.exp(0.5 * _L) + np.exp(-0.5 * _L))


def _logit_normal_moments(o, mu, sigma):
    """Mean and variance of a number with normal log odds.

    A mean over the normal variable where it is not much wider than the logistic function, and
    otherwise over a logistic variable, which lies below the normal one with the same probability.
    """
    narrow = sigma < 2
    mu, sigma = o.as_tensor_variable(mu), o.as_tensor_variable(sigma)
    each, scale = (o.expand_dims(v, v.ndim) for v in (mu, sigma))
    share = o.sigmoid(each + o.minimum(scale, 2.0) * _Z)
    center = o.sum(share * _NORMAL, axis=-1, keepdims=True)
    spread = o.sum(o.sqr(share - center) * _NORMAL, axis=-1)
    width = o.maximum(scale, 2.0)
    z = (each - _L) / width
    mean = o.switch(narrow, center[..., 0], o.sum(o.exp(o.log_ndtr(z)) * _LOGISTIC, axis=-1))
    # sigmoid**2 is sigmoid less its derivative, the logistic density
    slope = o.sum(o.exp(-0.5 * o.sqr(z) - HALF_LOG_2PI) * _LOGISTIC, axis=-1) / width[..., 0]
    return mean, o.switch(narrow, spread, mean * (1 - mean) - slope)


class LogitNormal(Distribution):
    """Numbers whose log odds are normal with ``mu`` and ``sigma`` (or ``tau``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.LogitNormal.dist(0, 1).logp(0.5).eval()), 6)
    0.467356
    """

    params = {
        "mu": Param(real, default=0.0),
        "sigma": Param(positive, default=1.0, typical=(0.3, 3.0)),
    }
    alt = (precision,)
    support = open_probability

    def logp(o, x, mu, sigma):
        up, down = o.log(x), o.log1p(-x)
        return -0.5 * o.sqr((up - down - mu) / sigma) - up - down - o.log(sigma) - HALF_LOG_2PI

    def logcdf(o, x, mu, sigma):
        inside = o.clip(x, 0.0, 1.0)
        return o.log_ndtr((o.log(inside) - o.log1p(-inside) - mu) / sigma)

    def logccdf(o, x, mu, sigma):
        inside = o.clip(x, 0.0, 1.0)
        return o.log_ndtr((mu - o.log(inside) + o.log1p(-inside)) / sigma)

    def icdf(o, q, mu, sigma):
        return o.sigmoid(mu + sigma * o.ndtri(q))

    def mean(o, mu, sigma):
        return _logit_normal_moments(o, mu, sigma)[0]

    def variance(o, mu, sigma):
        return _logit_normal_moments(o, mu, sigma)[1]

    def support_point(o, mu, sigma):
        return o.sigmoid(mu)

    def random(rng, size, mu, sigma):
        return 1 / (1 + np.exp(-rng.normal(mu, sigma, size)))


class Triangular(Distribution):
    """Density rising in a line from ``lower`` to the mode ``c`` and falling to ``upper``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.Triangular.dist(0, 2, 1).logp(1.0).eval())
    0.0
    """

    params = {
        "lower": Param(real, default=0.0, typical=(-3.0, -1.0)),
        "upper": Param(real, default=1.0, typical=(1.0, 3.0)),
        "c": Param(real, default=0.5, typical=(-0.9, 0.9)),
    }
    relations = (
        (lambda o, lower, upper: lower < upper, "lower < upper"),
        (lambda o, lower, upper, c: (lower <= c) & (c <= upper), "lower <= c <= upper"),
    )

    def support(lower, upper, c):
        return interval(lower, upper)

    def corners(self):
        return [self.arguments["c"]]

    def logp(o, x, lower, upper, c):
        left, right = (x - lower) / (c - lower), (upper - x) / (upper - c)
        height = o.switch(x < c, left, o.switch(x > c, right, 1.0))
        return o.log(height) + (LOG_2 - o.log(upper - lower))

    def logcdf(o, x, lower, upper, c):
        inside = o.clip(x, lower, upper)
        left = o.log(o.sqr(inside - lower) / ((upper - lower) * (c - lower)))
        right = o.log1p(-o.sqr(upper - inside) / ((upper - lower) * (upper - c)))
        return o.switch(x < c, left, o.switch(x < upper, right, 0.0))

    def logccdf(o, x, lower, upper, c):
        inside = o.clip(x, lower, upper)
        left = o.log1p(-o.sqr(inside - lower) / ((upper - lower) * (c - lower)))
        right = o.log(o.sqr(upper - inside) / ((upper - lower) * (upper - c)))
        return o.switch(x < c, left, o.switch(x < upper, right, -math.inf))

    def mean(o, lower, upper, c):
        return (lower + upper + c) / 3

    def variance(o, lower, upper, c):
        return (o.sqr(upper - lower) + (c - lower) * (c - upper)) / 18

    def support_point(o, lower, upper, c):
        return (lower + upper + c) / 3

    def icdf(o, q, lower, c, upper):
        width = upper - lower
        left = lower + o.sqrt(q * width * (c - lower))
        right = upper - o.sqrt((1 - q) * width * (upper - c))
        return o.switch(q * width < c - lower, left, right)

    def random(rng, size, lower, upper, c):
        return rng.triangular(lower, c, upper, size)

    def ref(lower, upper, c):
        from scipy import stats

        return stats.triang((c - lower) / (upper - lower), lower, upper - lower)


class DiracDelta(Distribution):
    """The number ``c``, always.  An integer ``c`` makes it a distribution of counts.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> pm.DiracDelta.dist(3).logp([3, 4]).eval()
    array([  0., -inf])
    """

    params = {"c": Param(real)}

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        c = args[0] if args else kwargs.get("c", 0.0)
        kind = np.dtype(getattr(c, "dtype", None) or np.asarray(c).dtype).kind
        return super().make(label, args, kwargs, discrete=kind in "biu", **shapes)

    def _find_support(self):
        c = self.arguments["c"]
        return Constraint(
            "equal to c", lambda o, x: o.abs(x - c) <= 0, discrete=self.discrete, lower=c, upper=c
        )

    def logp(o, x, c):
        return o.zeros_like(x)

    def logcdf(o, x, c):
        return o.log(o.switch(x >= c, 1.0, 0.0))

    def logccdf(o, x, c):
        return o.log(o.switch(x >= c, 0.0, 1.0))

    def icdf(o, q, c):
        return c + o.zeros_like(q)

    def mean(o, c):
        return c

    def variance(o, c):
        return o.zeros_like(c)

    def support_point(o, c):
        return c

    def random(rng, size, c):
        return np.broadcast_to(c, size).copy()
