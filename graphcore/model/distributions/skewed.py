"""Asymmetric distributions on the whole real line."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    Constraint,
    open_probability,
    positive,
    real,
)
from graphcore.model.distributions.continuous import LOG_2, precision
from graphcore.model.distributions.parameters import Alt, Param
from graphcore.model.distributions.quadrature import along, log_integral, stretch
from graphcore.model.distributions.special import (
    HALF_LOG_2PI,
    SQRT_HALF,
    betaln,
    exponential_part,
    gammaln_half_step,
    log_betainc,
)

EULER_GAMMA = 0.5772156649015329

_scale = Param(positive, default=1.0, typical=(0.3, 3.0))
_location = Param(real, default=0.0)


class Gumbel(Distribution):
    """Gumbel distribution of maxima, with location ``mu`` and scale ``beta``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.Gumbel.dist(mu=0, beta=1).logp(0.0).eval())
    -1.0
    """

    params = {"mu": Param(real), "beta": Param(positive, typical=(0.3, 3.0))}

    def logp(o, x, mu, beta):
        z = o.maximum((x - mu) / beta, -1e300)  # at -inf the terms would be inf - inf
        return -z - o.exp(-z) - o.log(beta)

    def logcdf(o, x, mu, beta):
        return -o.exp(-(x - mu) / beta)

    def logccdf(o, x, mu, beta):
        return o.log1mexp(-o.exp(-(x - mu) / beta))

    def mean(o, mu, beta):
        return mu + EULER_GAMMA * beta

    def variance(o, mu, beta):
        return o.sqr(beta) * (math.pi**2 / 6)

    def support_point(o, mu, beta):
        return mu + EULER_GAMMA * beta

    def icdf(o, q, mu, beta):
        return mu - beta * o.log(-o.log(q))

    def random(rng, size, mu, beta):
        return rng.gumbel(mu, beta, size)

    def ref(mu, beta):
        from scipy import stats

        return stats.gumbel_r(mu, beta)


class Moyal(Distribution):
    """Moyal distribution with location ``mu`` and scale ``sigma``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Moyal.dist().logp(0.0).eval()), 6)
    -1.418939
    """

    params = {"mu": _location, "sigma": _scale}

    def logp(o, x, mu, sigma):
        z = o.maximum((x - mu) / sigma, -1e300)  # at -inf the terms would be inf - inf
        return -0.5 * (z + o.exp(-z)) - o.log(sigma) - HALF_LOG_2PI

    def logcdf(o, x, mu, sigma):
        u = o.exp(-0.5 * (x - mu) / sigma)
        near = o.log1p(-o.erf(o.minimum(u, 1.0) * SQRT_HALF))
        return o.switch(u < 1, near, LOG_2 + o.log_ndtr(-u))

    def logccdf(o, x, mu, sigma):
        return o.log(o.erf(o.exp(-0.5 * (x - mu) / sigma) * SQRT_HALF))

    def icdf(o, q, mu, sigma):
        return mu - 2 * sigma * o.log(math.sqrt(2.0) * o.erfcinv(q))

    def mean(o, mu, sigma):
        return mu + sigma * (EULER_GAMMA + LOG_2)

    def variance(o, mu, sigma):
        return o.sqr(sigma) * (math.pi**2 / 2)

    def support_point(o, mu, sigma):
        return mu + sigma * (EULER_GAMMA + LOG_2)

    def random(rng, size, mu, sigma):
        return mu - sigma * np.log(np.square(rng.standard_normal(size)))

    def ref(mu, sigma):
        from scipy import stats

        return stats.moyal(mu, sigma)


def _beta_shares(o, a, b, z):
    """``(1 + z / root) / 2``, which is Beta(a, b), and what is left, without a difference."""
    z = o.clip(z, -1e150, 1e150)
    right = z >= 0
    size = o.switch(right, z, -z)  # abs has no slope at zero, and both shares have one
    root = o.sqrt(a + b + o.sqr(z))
    small = 0.5 * (a + b) / root / (root + size)
    large = 0.5 + 0.5 * size / root
    return o.switch(right, large, small), o.switch(right, small, large)


def _skewness(o, a, b):
    """Mean of a skewed t variable of location 0 and scale 1; 0 at the poles of the formula."""
    log_ratio = gammaln_half_step(o, a) + gammaln_half_step(o, b)
    poles = (a - 0.5) * (b - 0.5)
    there = o.neq(poles, 0)
    center = 0.5 * (a - b) * o.sqrt(a + b) * o.exp(log_ratio) / o.switch(there, poles, 1.0)
    return o.switch(there, center, 0.0)


class SkewStudentT(Distribution):
    """Student's t with two tails of its own: ``a`` on the left, ``b`` on the right (Jones, Faddy).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.SkewStudentT.dist(a=1.0, b=1.0, mu=0.0, sigma=1.0)
    >>> round(float(d.logp(0.0).eval()), 6)
    -1.039721
    """

    params = {
        "a": Param(positive, typical=(0.6, 5.0)),
        "b": Param(positive, typical=(0.6, 5.0)),
        "mu": Param(real, default=0.0),
        "sigma": Param(positive, default=1.0, typical=(0.3, 3.0)),
    }
    alt = (
        Alt(
            lambda o, lam: {"sigma": 1 / o.sqrt(lam)},
            gives=("sigma",),
            params={"lam": Param(positive, typical=(0.3, 3.0))},
        ),
    )
    support = Constraint("a number", lambda o, x: o.abs(x) < math.inf)

    def logp(o, x, a, b, mu, sigma):
        z = o.clip((x - mu) / sigma, -1e150, 1e150)
        root = o.sqrt(a + b + o.sqr(z))
        # 1 + z / root and 1 - z / root, the smaller one without a difference
        small = o.log(a + b) - o.log(root) - o.log(root + o.abs(z))
        large = o.log1p(o.abs(z) / root)
        right = z >= 0
        up, down = o.switch(right, large, small), o.switch(right, small, large)
        constant = (a + b - 1) * LOG_2 + betaln(o, a, b) + 0.5 * o.log(a + b) + o.log(sigma)
        return (a + 0.5) * up + (b + 0.5) * down - constant

    def logcdf(o, x, a, b, mu, sigma):
        return log_betainc(o, a, b, *_beta_shares(o, a, b, (x - mu) / sigma))

    def logccdf(o, x, a, b, mu, sigma):
        left, right = _beta_shares(o, a, b, (x - mu) / sigma)
        return log_betainc(o, b, a, right, left)

    def icdf(o, q, a, b, mu, sigma):
        low = o.betaincinv(a, b, o.minimum(q, 0.5))
        high = o.betaincinv(b, a, o.minimum(1 - q, 0.5))
        left, right = o.switch(q < 0.5, low, 1 - high), o.switch(q < 0.5, 1 - low, high)
        return mu + sigma * (left - right) * o.sqrt(a + b) / (2 * o.sqrt(left * right))

    def mean(o, a, b, mu, sigma):
        return o.switch(o.minimum(a, b) > 0.5, mu + sigma * _skewness(o, a, b), math.nan)

    def variance(o, a, b, mu, sigma):
        square = (a + b) / 4 * (o.sqr(a - b) + a + b - 2) / ((a - 1) * (b - 1))
        spread = o.sqr(sigma) * (square - o.sqr(_skewness(o, a, b)))
        least = o.minimum(a, b)
        return o.switch(least > 1, spread, o.switch(least > 0.5, math.inf, math.nan))

    def support_point(o, a, b, mu, sigma):
        return mu + _skewness(o, a, b)  # PyMC's: the mean for a deviation of one

    def random(rng, size, a, b, mu, sigma):
        v = rng.beta(a, b, size)
        return mu + sigma * (2 * v - 1) * np.sqrt(a + b) / (2 * np.sqrt(v * (1 - v)))

    def ref(a, b, mu, sigma):
        from scipy import stats

        return stats.jf_skew_t(a, b, mu, sigma)


class AsymmetricLaplace(Distribution):
    """Laplace distribution with rates ``b * kappa`` above ``mu`` and ``b / kappa`` below it.

    With ``q`` instead of ``kappa``, ``mu`` is the quantile q.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.AsymmetricLaplace.dist(kappa=1, mu=0, b=1).logp(0.0).eval()), 6)
    -0.693147
    """

    params = {
        "kappa": Param(positive, typical=(0.4, 2.5)),
        "mu": Param(real),
        "b": Param(positive, typical=(0.3, 3.0)),
    }
    alt = (
        Alt(
            lambda o, q: {"kappa": o.sqrt(q / (1 - q))},
            gives=("kappa",),
            params={"q": Param(open_probability, typical=(0.2, 0.8))},
        ),
    )
    order = ("kappa", "mu", "b", "q")

    def corners(self):
        return [self.arguments["mu"]]

    def logp(o, x, kappa, mu, b):
        z = (x - mu) * b
        return -o.maximum(z * kappa, -z / kappa) + o.log(b / (kappa + 1 / kappa))

    def logcdf(o, x, kappa, mu, b):
        z = (x - mu) * b
        share = o.sqr(kappa)
        low = o.minimum(z, 0.0) / kappa - o.log1p(1 / share)
        return o.switch(z < 0, low, o.log1p(-o.exp(-z * kappa) / (1 + share)))

    def logccdf(o, x, kappa, mu, b):
        z = (x - mu) * b
        share = o.sqr(kappa)
        high = -o.maximum(z, 0.0) * kappa - o.log1p(share)
        return o.switch(z < 0, o.log1p(-o.exp(z / kappa) / (1 + 1 / share)), high)

    def icdf(o, q, kappa, mu, b):
        share = o.sqr(kappa)
        border = share / (1 + share)  # the probability of lying below mu
        low = kappa * o.log(o.minimum(q / border, 1.0))
        high = -o.log(o.minimum((1 - q) * (1 + share), 1.0)) / kappa
        return mu + o.switch(q < border, low, high) / b

    def mean(o, kappa, mu, b):
        return mu + (1 / kappa - kappa) / b

    def variance(o, kappa, mu, b):
        return (1 / o.sqr(kappa) + o.sqr(kappa)) / o.sqr(b)

    def support_point(o, kappa, mu, b):
        return mu + (1 / kappa - kappa) / b

    def random(rng, size, kappa, mu, b):
        up, down = rng.exponential(1.0, size), rng.exponential(1.0, size)
        return mu + (up / kappa - down * kappa) / b

    def ref(kappa, mu, b):
        from scipy import stats

        return stats.laplace_asymmetric(kappa, mu, 1 / b)


class ExGaussian(Distribution):
    """Sum of a normal variable (``mu``, ``sigma``) and an exponential one of mean ``nu``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.ExGaussian.dist(mu=0, sigma=1, nu=1).logp(0.0).eval()), 6)
    -1.341022
    """

    params = {"mu": _location, "sigma": _scale, "nu": Param(positive, typical=(0.3, 3.0))}

    def logp(o, x, mu, sigma, nu):
        return exponential_part(o, (x - mu) / sigma, sigma / nu) - o.log(nu)

    def logcdf(o, x, mu, sigma, nu):
        z = o.maximum((x - mu) / sigma, -1e150)
        whole = o.log_ndtr(z)
        return whole + o.log1mexp(o.minimum(exponential_part(o, z, sigma / nu) - whole, 0.0))

    def logccdf(o, x, mu, sigma, nu):
        z = o.clip((x - mu) / sigma, -1e150, 1e150)
        return o.minimum(o.logaddexp(o.log_ndtr(-z), exponential_part(o, z, sigma / nu)), 0.0)

    def mean(o, mu, sigma, nu):
        return mu + nu

    def variance(o, mu, sigma, nu):
        return o.sqr(sigma) + o.sqr(nu)

    def support_point(o, mu, sigma, nu):
        return mu + nu

    def random(rng, size, mu, sigma, nu):
        return rng.normal(mu, sigma, size) + rng.exponential(nu, size)

    def ref(mu, sigma, nu):
        from scipy import stats

        return stats.exponnorm(nu / sigma, mu, sigma)


def _skewed_tail(o, z, alpha):
    """Log probability of lying below ``z`` under the standard skew normal.

    Below zero and for positive ``alpha`` as an integral; the other cases are twice a normal tail
    less that (Azzalini 1985), or what is left of one.
    """
    below, right = z < 0, alpha > 0
    # switches have derivatives at zero, which the absolute value has not
    h, a = o.maximum(o.switch(below, z, -z), -1e150), o.switch(right, alpha, -alpha)
    each = along(o, a)

    def log_density(t):
        return (LOG_2 - HALF_LOG_2PI) - 0.5 * o.sqr(t) + o.log_ndtr(each * t)

    width = o.sqrt(1 + o.sqr(a))  # the density falls like a normal one that is narrower by this
    steep = log_integral(o, log_density, h, -stretch(o, -h * width) / width)
    normal = o.log_ndtr(h)
    flat = normal + o.log(2 - o.exp(o.minimum(steep - normal, 1e-9)))
    tail = o.minimum(o.switch(o.eq(below, right), steep, flat), 0.0)
    tail = o.switch(h > -1e150, tail, -math.inf)
    return o.switch(below, tail, o.log1mexp(tail))


class SkewNormal(Distribution):
    """Normal distribution skewed by ``alpha``, with ``mu`` and ``sigma`` (or ``tau``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.SkewNormal.dist(alpha=3, mu=0, sigma=1).logp(0.0).eval()), 6)
    -0.918939
    """

    params = {"alpha": Param(real, default=1.0), "mu": _location, "sigma": _scale}
    alt = (precision,)

    def logp(o, x, alpha, mu, sigma):
        z = (x - mu) / sigma
        return -0.5 * o.sqr(z) + o.log_ndtr(alpha * z) - o.log(sigma) + (LOG_2 - HALF_LOG_2PI)

    def logcdf(o, x, alpha, mu, sigma):
        return _skewed_tail(o, (x - mu) / sigma, alpha)

    def logccdf(o, x, alpha, mu, sigma):
        return _skewed_tail(o, (mu - x) / sigma, -alpha)

    def mean(o, alpha, mu, sigma):
        return mu + sigma * alpha / o.sqrt(1 + o.sqr(alpha)) * math.sqrt(2 / math.pi)

    def variance(o, alpha, mu, sigma):
        return o.sqr(sigma) * (1 - 2 / math.pi * o.sqr(alpha) / (1 + o.sqr(alpha)))

    def support_point(o, alpha, mu, sigma):
        return mu + sigma * alpha / o.sqrt(1 + o.sqr(alpha)) * math.sqrt(2 / math.pi)

    def random(rng, size, alpha, mu, sigma):
        d = alpha / np.sqrt(1 + alpha**2)
        u, v = rng.standard_normal(size), rng.standard_normal(size)
        return mu + sigma * (d * np.abs(u) + np.sqrt(1 - d**2) * v)

    def ref(alpha, mu, sigma):
        from scipy import stats

        return stats.skewnorm(alpha, mu, sigma)
