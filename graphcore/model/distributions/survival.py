"""Distributions of durations, sizes and other positive numbers with heavy or light tails."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import above, nonnegative, positive
from graphcore.model.distributions.continuous import LOG_2, LOG_PI
from graphcore.model.distributions.parameters import Alt, Param
from graphcore.model.distributions.special import (
    HALF_LOG_2PI,
    exponential_part,
    gammaln_half_step,
    log_betainc,
    log_gammainc,
    log_gammaincc,
    near_gamma,
    t_size,
)

_scale = Param(positive, default=1.0, typical=(0.3, 3.0))
_positive = Param(positive, typical=(0.5, 3.0))


class Weibull(Distribution):
    """Weibull distribution with shape ``alpha`` and scale ``beta``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.Weibull.dist(alpha=1, beta=1).logp(2.0).eval())
    -2.0
    """

    params = {"alpha": Param(positive, typical=(0.5, 5.0)), "beta": _positive}
    support = nonnegative

    def logp(o, x, alpha, beta):
        z, above = x / beta, x > 0
        # The power has derivatives at 0 too; the faster form of it is what data above 0 get.
        power = o.switch(above, o.exp(alpha * o.log(o.switch(above, z, 1.0))), z**alpha)
        return o.xlogy(alpha - 1, z) - power + o.log(alpha / beta)

    def logcdf(o, x, alpha, beta):
        return o.log1mexp(Weibull.logccdf(o, x, alpha, beta))

    def logccdf(o, x, alpha, beta):
        before = x <= 0  # where the logarithm has no derivative
        z = o.switch(before, 1.0, x) / beta
        return o.switch(before, 0.0, -o.exp(alpha * o.log(z)))

    def mean(o, alpha, beta):
        return beta * o.exp(o.gammaln(1 + 1 / alpha))

    def variance(o, alpha, beta):
        second, first = o.gammaln(1 + 2 / alpha), o.gammaln(1 + 1 / alpha)
        return o.sqr(beta) * o.exp(2 * first) * o.expm1(second - 2 * first)

    def support_point(o, alpha, beta):
        return beta * o.exp(o.gammaln(1 + 1 / alpha))

    def icdf(o, q, alpha, beta):
        return beta * (-o.log1p(-q)) ** (1 / alpha)

    def random(rng, size, alpha, beta):
        return beta * rng.weibull(alpha, size)

    def ref(alpha, beta):
        from scipy import stats

        return stats.weibull_min(alpha, scale=beta)


class ChiSquared(Distribution):
    """Sum of squares of ``nu`` standard normal variables.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.ChiSquared.dist(nu=2).logp(2.0).eval()), 6)
    -1.693147
    """

    params = {"nu": Param(positive, typical=(0.7, 9.0))}
    support = nonnegative

    def logp(o, x, nu):
        half = 0.5 * nu
        return o.xlogy(half - 1, x) - 0.5 * x - (half * LOG_2 + o.gammaln(half))

    def careful_logp(o, x, nu):
        near, kernel = near_gamma(o, 0.5 * nu, 0.5 * x)
        inside = kernel - o.log(o.switch(near, x, 1.0))
        return o.switch(near, inside, ChiSquared.logp(o, x, nu))

    def logcdf(o, x, nu):
        return log_gammainc(o, 0.5 * nu, 0.5 * x)

    def logccdf(o, x, nu):
        return log_gammaincc(o, 0.5 * nu, 0.5 * x)

    def icdf(o, q, nu):
        return 2 * o.gammaincinv(0.5 * nu, q)

    def mean(o, nu):
        return nu

    def variance(o, nu):
        return 2 * nu

    def support_point(o, nu):
        return nu

    def random(rng, size, nu):
        return rng.chisquare(nu, size)

    def ref(nu):
        from scipy import stats

        return stats.chi2(nu)


class HalfStudentT(Distribution):
    """Student's t around 0 restricted to positive numbers; scale ``sigma`` (or ``lam``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HalfStudentT.dist(nu=1, sigma=1).logp(0.0).eval()), 6)
    -0.451583
    """

    params = {"nu": Param(positive, default=1.0, typical=(0.7, 12.0)), "sigma": _scale}
    alt = (
        Alt(
            lambda o, lam: {"sigma": 1 / o.sqrt(lam)},
            gives=("sigma",),
            params={"lam": Param(positive, typical=(0.3, 3.0))},
        ),
    )
    support = nonnegative

    def logp(o, x, nu, sigma):
        half = 0.5 * nu
        constant = gammaln_half_step(o, half) - 0.5 * o.log(nu) - 0.5 * LOG_PI - o.log(sigma)
        return constant + LOG_2 - (half + 0.5) * o.log1p(o.sqr(x / sigma) / nu)

    def logcdf(o, x, nu, sigma):
        square = o.sqr(o.clip(x / sigma, 0.0, 1e150))
        return log_betainc(o, 0.5, 0.5 * nu, square / (nu + square), nu / (nu + square))

    def logccdf(o, x, nu, sigma):
        square = o.sqr(o.clip(x / sigma, 0.0, 1e150))
        return log_betainc(o, 0.5 * nu, 0.5, nu / (nu + square), square / (nu + square))

    def icdf(o, q, nu, sigma):
        return sigma * t_size(o, q, 1 - q, nu)

    def mean(o, nu, sigma):
        ratio = o.exp(gammaln_half_step(o, 0.5 * nu))
        center = 2 * sigma * o.sqrt(nu / math.pi) * ratio / (nu - 1)
        return o.switch(nu > 1, center, math.inf)

    def variance(o, nu, sigma):
        spread = o.sqr(sigma) * nu / (nu - 2) - o.sqr(HalfStudentT.mean(o, nu, sigma))
        return o.switch(nu > 2, spread, o.switch(nu > 1, math.inf, math.nan))

    def support_point(o, nu, sigma):
        return sigma

    def random(rng, size, nu, sigma):
        return np.abs(sigma * rng.standard_t(nu, size))


class Pareto(Distribution):
    """Pareto distribution with tail exponent ``alpha`` and smallest value ``m``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Pareto.dist(alpha=2, m=1).logp(1.0).eval()), 6)
    0.693147
    """

    params = {"alpha": Param(positive, typical=(0.7, 5.0)), "m": _positive}

    def support(alpha, m):
        return above(m)

    def logp(o, x, alpha, m):
        return o.log(alpha / m) - (alpha + 1) * o.log(x / m)

    def logcdf(o, x, alpha, m):
        return o.log1mexp(-alpha * o.log(o.maximum(x, m) / m))

    def logccdf(o, x, alpha, m):
        return -alpha * o.log(o.maximum(x, m) / m)

    def mean(o, alpha, m):
        return o.switch(alpha > 1, alpha * m / (alpha - 1), math.inf)

    def variance(o, alpha, m):
        near = o.sqr(m) * alpha / (o.sqr(alpha - 1) * (alpha - 2))
        return o.switch(alpha > 2, near, math.inf)

    def support_point(o, alpha, m):
        return m * o.exp(LOG_2 / alpha)

    def icdf(o, q, alpha, m):
        return m * o.exp(-o.log1p(-q) / alpha)

    def random(rng, size, alpha, m):
        return m * np.exp(rng.exponential(1.0, size) / alpha)

    def ref(alpha, m):
        from scipy import stats

        return stats.pareto(alpha, scale=m)


def _wald_parts(o, y, mu, lam):
    """``sqrt(lam / y) (y / mu - 1)``, and the mirror image's part of a tail at ``y``."""
    y = o.clip(y, 1e-300, 1e300)
    root, q = o.sqrt(lam / y), y / mu
    z = root * (q - 1)
    return z, exponential_part(o, z, 2 * root * q)  # exp(2 lam / mu) Phi(-sqrt(lam / y) (q + 1))


class Wald(Distribution):
    """Inverse Gaussian distribution with mean ``mu`` and shape ``lam``, shifted by ``alpha``.

    ``phi`` is ``lam / mu``; it may replace either of them.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Wald.dist(mu=1, lam=1).logp(1.0).eval()), 6)
    -0.918939
    """

    params = {
        "mu": _positive,
        "lam": Param(positive, default=1.0, typical=(0.5, 3.0)),
        "alpha": Param(nonnegative, default=0.0, typical=(0.1, 1.0)),
    }
    alt = (
        Alt(
            lambda o, mu, phi: {"mu": mu, "lam": mu * phi},
            gives=("mu", "lam"),
            params={"mu": _positive, "phi": _positive},
        ),
        Alt(
            lambda o, lam, phi: {"mu": lam / phi, "lam": lam},
            gives=("mu", "lam"),
            params={"lam": _positive, "phi": _positive},
        ),
    )
    order = ("mu", "lam", "phi", "alpha")

    def support(mu, lam, alpha):
        if isinstance(alpha, Constant) and not alpha.data.any():
            return positive
        return above(alpha, closed=False)

    def logp(o, x, mu, lam, alpha):
        y = x - alpha
        # two forms of one number, each where it and its derivative keep their digits
        apart = o.switch(y > 0.5 * mu, (y - mu) / mu, y / mu - 1)
        distance = 0.5 * lam * o.sqr(apart) / y
        return 0.5 * o.log(lam) - 1.5 * o.log(y) - distance - HALF_LOG_2PI

    def logcdf(o, x, mu, lam, alpha):
        z, mirrored = _wald_parts(o, x - alpha, mu, lam)
        both = o.minimum(o.logaddexp(o.log_ndtr(z), mirrored), 0.0)
        return o.switch(x > alpha, both, -math.inf)

    def logccdf(o, x, mu, lam, alpha):
        z, mirrored = _wald_parts(o, x - alpha, mu, lam)
        upper, below = o.log_ndtr(-z), o.logaddexp(o.log_ndtr(z), mirrored)
        high = upper + o.log1mexp(o.minimum(mirrored - upper, 0.0))
        rest = o.switch(z > 0, high, o.log1mexp(o.minimum(below, 0.0)))
        return o.switch(x > alpha, rest, 0.0)

    def mean(o, mu, lam, alpha):
        return mu + alpha

    def variance(o, mu, lam, alpha):
        return mu * o.sqr(mu) / lam

    def support_point(o, mu, lam, alpha):
        return mu + alpha

    def random(rng, size, mu, lam, alpha):
        # Michael, Schucany and Haas (1976), the smaller root without a difference: that of NumPy
        # cancels where mu is much larger than lam
        with np.errstate(over="ignore"):
            q = 0.5 * mu / lam * np.square(rng.standard_normal(size))
            ratio = 1 + q + np.sqrt(q * (2 + q))
        smaller = rng.random(size) <= ratio / (1 + ratio)
        return alpha + np.where(smaller, mu / ratio, mu * ratio)

    def ref(mu, lam, alpha):
        from scipy import stats

        return stats.invgauss(mu / lam, alpha, lam)
