"""Distributions on the whole real line, and on an interval of it."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import interval, positive, real, whole
from graphcore.model.distributions.parameters import Alt, Link, Param
from graphcore.model.distributions.special import (
    HALF_LOG_2PI,
    gammaln_half_step,
    size_of,
    t_quantile,
    t_tail,
)

LOG_PI = math.log(math.pi)
LOG_2 = math.log(2.0)

_scale = Param(positive, default=1.0, typical=(0.3, 3.0))
_location = Param(real, default=0.0)
_log_scale = Param(real, typical=(-1.2, 1.2))
precision = Alt(
    lambda o, tau: {"sigma": 1 / o.sqrt(tau)},
    gives=("sigma",),
    params={"tau": Param(positive, typical=(0.3, 3.0))},
)


def get_tau_sigma(tau=None, sigma=None):
    """Precision and standard deviation from one of them, or 1 and 1; PyMC's helper.

    Examples
    --------
    >>> get_tau_sigma(sigma=2.0)
    (0.25, 2.0)
    """
    if tau is not None and sigma is not None:
        raise ValueError("give one of tau and sigma, not both")
    if tau is not None:
        return tau, tau**-0.5
    sigma = 1.0 if sigma is None else sigma
    return sigma**-2.0, sigma


class _LogScaleNormal(Distribution, hidden=True):
    """Normal by the logarithm of its standard deviation: no division per observation."""

    params = {"mu": _location, "log_sigma": _log_scale}

    def logp(o, x, mu, log_sigma):
        return -0.5 * o.sqr((x - mu) * o.exp(-log_sigma)) - log_sigma - HALF_LOG_2PI

    def logcdf(o, x, mu, log_sigma):
        return o.log_ndtr((x - mu) * o.exp(-log_sigma))

    def support_point(o, mu, log_sigma):
        return mu

    def random(rng, size, mu, log_sigma):
        return rng.normal(mu, np.exp(log_sigma), size)

    def ref(mu, log_sigma):
        return Normal.ref(mu, np.exp(log_sigma))


class _VarianceNormal(Distribution, hidden=True):
    """Normal by its variance, as models of changing volatility have it."""

    params = {"mu": _location, "variance": Param(positive, typical=(0.1, 9.0))}

    def logp(o, x, mu, variance):
        return -0.5 * (o.sqr(x - mu) / variance + o.log(variance)) - HALF_LOG_2PI

    def logcdf(o, x, mu, variance):
        return o.log_ndtr((x - mu) / o.sqrt(variance))

    def support_point(o, mu, variance):
        return mu

    def random(rng, size, mu, variance):
        return rng.normal(mu, np.sqrt(variance), size)

    def ref(mu, variance):
        return Normal.ref(mu, np.sqrt(variance))


class Normal(Distribution):
    """Normal distribution with mean ``mu`` and standard deviation ``sigma`` (or precision ``tau``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", mu=0, sigma=[1, 2])
    >>> x.type.shape
    (2,)
    """

    params = {"mu": _location, "sigma": _scale}
    alt = (precision,)
    links = (
        Link("sigma", "exp", "log_sigma", _LogScaleNormal),
        Link("sigma", "sqrt", "variance", _VarianceNormal),
    )

    def logp(o, x, mu, sigma):
        return -0.5 * o.sqr((x - mu) / sigma) - o.log(sigma) - HALF_LOG_2PI

    def logcdf(o, x, mu, sigma):
        return o.log_ndtr((x - mu) / sigma)

    def logccdf(o, x, mu, sigma):
        return o.log_ndtr((mu - x) / sigma)

    def icdf(o, q, mu, sigma):
        return mu + sigma * o.ndtri(q)

    def mean(o, mu, sigma):
        return mu

    def variance(o, mu, sigma):
        return o.sqr(sigma)

    def support_point(o, mu, sigma):
        return mu

    def random(rng, size, mu, sigma):
        return rng.normal(mu, sigma, size)

    def ref(mu, sigma):
        from scipy import stats

        return stats.norm(mu, sigma)


def _cauchy_tail(o, x, alpha, beta):
    """The scaled distance from ``alpha``, and the probability of lying beyond it on its side."""
    z = (x - alpha) / beta
    return z, o.arctan2(1.0, size_of(o, z)) / math.pi


class Cauchy(Distribution):
    """Cauchy distribution with location ``alpha`` and scale ``beta``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Cauchy.dist(alpha=0, beta=1).logp(0.0).eval()), 6)
    -1.14473
    """

    params = {"alpha": Param(real), "beta": Param(positive, typical=(0.3, 3.0))}

    def logp(o, x, alpha, beta):
        return -LOG_PI - o.log(beta) - o.log1p(o.sqr((x - alpha) / beta))

    def logcdf(o, x, alpha, beta):
        z, tail = _cauchy_tail(o, x, alpha, beta)
        return o.switch(z < 0, o.log(tail), o.log1p(-tail))

    def logccdf(o, x, alpha, beta):
        z, tail = _cauchy_tail(o, x, alpha, beta)
        return o.switch(z < 0, o.log1p(-tail), o.log(tail))

    def mean(o, alpha, beta):
        return math.nan * (alpha + beta)  # there is none

    def variance(o, alpha, beta):
        return math.nan * (alpha + beta)

    def support_point(o, alpha, beta):
        return alpha

    def icdf(o, q, alpha, beta):
        size = beta / o.tan(math.pi * o.minimum(q, 1 - q))  # the smaller one has the digits
        return o.switch(q < 0.5, alpha - size, alpha + size)

    def random(rng, size, alpha, beta):
        return alpha + beta * rng.standard_cauchy(size)

    def ref(alpha, beta):
        from scipy import stats

        return stats.cauchy(alpha, beta)


class _LogScaleStudentT(Distribution, hidden=True):
    """Student's t by the logarithm of its scale: no division by it per observation."""

    params = {"nu": Param(positive, typical=(0.7, 12.0)), "mu": _location, "log_sigma": _log_scale}

    def logp(o, x, nu, mu, log_sigma):
        half = 0.5 * nu
        constant = gammaln_half_step(o, half) - 0.5 * o.log(nu) - 0.5 * LOG_PI
        square = o.sqr((x - mu) * o.exp(-log_sigma))
        return constant - log_sigma - (half + 0.5) * o.log1p(square / nu)

    def logcdf(o, x, nu, mu, log_sigma):
        return t_tail(o, (x - mu) * o.exp(-log_sigma), nu)

    def logccdf(o, x, nu, mu, log_sigma):
        return t_tail(o, (mu - x) * o.exp(-log_sigma), nu)

    def icdf(o, q, nu, mu, log_sigma):
        return mu + o.exp(log_sigma) * t_quantile(o, q, nu)

    def support_point(o, nu, mu, log_sigma):
        return mu

    def random(rng, size, nu, mu, log_sigma):
        return mu + np.exp(log_sigma) * rng.standard_t(nu, size)

    def ref(nu, mu, log_sigma):
        return StudentT.ref(nu, mu, np.exp(log_sigma))


class StudentT(Distribution):
    """Student's t with ``nu`` degrees of freedom, location ``mu``, scale ``sigma`` (or ``lam``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.StudentT.dist(nu=3, mu=0, sigma=1).logp(0.0).eval()), 6)
    -1.000889
    """

    params = {
        "nu": Param(positive, typical=(0.7, 12.0)),
        "mu": _location,
        "sigma": _scale,
    }
    alt = (
        Alt(
            lambda o, lam: {"sigma": 1 / o.sqrt(lam)},
            gives=("sigma",),
            params={"lam": Param(positive, typical=(0.3, 3.0))},
        ),
    )
    links = (Link("sigma", "exp", "log_sigma", _LogScaleStudentT),)

    def logp(o, x, nu, mu, sigma):
        half = 0.5 * nu
        constant = gammaln_half_step(o, half) - 0.5 * o.log(nu) - 0.5 * LOG_PI - o.log(sigma)
        return constant - (half + 0.5) * o.log1p(o.sqr((x - mu) / sigma) / nu)

    def logcdf(o, x, nu, mu, sigma):
        return t_tail(o, (x - mu) / sigma, nu)

    def logccdf(o, x, nu, mu, sigma):
        return t_tail(o, (mu - x) / sigma, nu)

    def icdf(o, q, nu, mu, sigma):
        return mu + sigma * t_quantile(o, q, nu)

    def mean(o, nu, mu, sigma):
        return o.switch(nu > 1, mu, math.nan)

    def variance(o, nu, mu, sigma):
        return o.switch(nu > 2, o.sqr(sigma) * nu / (nu - 2), math.inf)

    def support_point(o, nu, mu, sigma):
        return mu

    def random(rng, size, nu, mu, sigma):
        return mu + sigma * rng.standard_t(nu, size)

    def ref(nu, mu, sigma):
        from scipy import stats

        return stats.t(nu, mu, sigma)


class Laplace(Distribution):
    """Laplace (double exponential) distribution with location ``mu`` and scale ``b``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Laplace.dist(mu=0, b=1).logp(0.0).eval()), 6)
    -0.693147
    """

    params = {"mu": Param(real), "b": Param(positive, typical=(0.3, 3.0))}

    def corners(self):
        return [self.arguments["mu"]]

    def logp(o, x, mu, b):
        return -o.abs(x - mu) / b - o.log(b) - LOG_2

    def logcdf(o, x, mu, b):
        z = (x - mu) / b
        tail = -size_of(o, z) - LOG_2
        return o.switch(z < 0, tail, o.log1p(-o.exp(tail)))

    def logccdf(o, x, mu, b):
        z = (x - mu) / b
        tail = -size_of(o, z) - LOG_2
        return o.switch(z < 0, o.log1p(-o.exp(tail)), tail)

    def mean(o, mu, b):
        return mu

    def variance(o, mu, b):
        return 2 * o.sqr(b)

    def support_point(o, mu, b):
        return mu

    def icdf(o, q, mu, b):
        size = -b * o.log(2 * o.minimum(q, 1 - q))
        return o.switch(q < 0.5, mu - size, mu + size)

    def random(rng, size, mu, b):
        return rng.laplace(mu, b, size)

    def ref(mu, b):
        from scipy import stats

        return stats.laplace(mu, b)


class Logistic(Distribution):
    """Logistic distribution with location ``mu`` and scale ``s``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Logistic.dist(mu=0, s=1).logp(0.0).eval()), 6)
    -1.386294
    """

    params = {"mu": _location, "s": _scale}

    def logp(o, x, mu, s):
        z = o.abs((x - mu) / s)
        return -z - 2 * o.softplus(-z) - o.log(s)

    def logcdf(o, x, mu, s):
        return -o.softplus(-(x - mu) / s)

    def logccdf(o, x, mu, s):
        return -o.softplus((x - mu) / s)

    def mean(o, mu, s):
        return mu

    def variance(o, mu, s):
        return o.sqr(s) * (math.pi**2 / 3)

    def support_point(o, mu, s):
        return mu

    def icdf(o, q, mu, s):
        return mu + s * (o.log(q) - o.log1p(-q))

    def random(rng, size, mu, s):
        return rng.logistic(mu, s, size)

    def ref(mu, s):
        from scipy import stats

        return stats.logistic(mu, s)


class Uniform(Distribution):
    """Uniform distribution between ``lower`` and ``upper``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Uniform.dist(lower=0, upper=2).logp(1.0).eval()), 6)
    -0.693147
    """

    params = {
        "lower": Param(real, default=0.0, typical=(-3.0, 0.0)),
        "upper": Param(real, default=1.0, typical=(0.5, 3.0)),
    }
    relations = ((lambda o, lower, upper: lower < upper, "lower < upper"),)

    def support(lower, upper):
        return interval(lower, upper)

    def logp(o, x, lower, upper):
        return -o.log(upper - lower) + o.zeros_like(x)

    def logcdf(o, x, lower, upper):
        return o.log(o.clip((x - lower) / (upper - lower), 0.0, 1.0))

    def logccdf(o, x, lower, upper):
        return o.log(o.clip((upper - x) / (upper - lower), 0.0, 1.0))

    def mean(o, lower, upper):
        return 0.5 * (lower + upper)

    def variance(o, lower, upper):
        return o.sqr(upper - lower) / 12

    def support_point(o, lower, upper):
        return 0.5 * (lower + upper)

    def icdf(o, q, lower, upper):
        return lower + q * (upper - lower)

    def random(rng, size, lower, upper):
        return rng.uniform(lower, upper, size)

    def ref(lower, upper):
        from scipy import stats

        return stats.uniform(lower, upper - lower)


class Flat(Distribution):
    """Improper: log density zero everywhere; over whole numbers with an integer ``dtype``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Flat.dist().logp(3.0).eval()), 6)
    0.0
    """

    typed = improper = True

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        dtype = np.dtype(kwargs.pop("dtype", None) or "float64")
        return super().make(label, args, kwargs, discrete=dtype.kind in "biu", **shapes)

    def _find_support(self):
        return whole if self.discrete else real

    def logp(o, x):
        return o.zeros_like(x)

    def logcdf(o, x):
        return o.switch(o.abs(x) < math.inf, math.log(0.5), o.switch(x > 0, 0.0, -math.inf))

    def support_point(o):
        return 0.0
