"""Distributions on positive numbers and on the unit interval."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    nonnegative,
    open_probability,
    positive,
    probability,
    real,
)
from graphcore.model.distributions.continuous import LOG_2, precision
from graphcore.model.distributions.parameters import Alt, Param
from graphcore.model.distributions.special import (
    HALF_LOG_2PI,
    SQRT_HALF,
    betaln,
    gap,
    log_betainc,
    log_gammainc,
    log_gammaincc,
    near_gamma,
)

LOG_2_OVER_PI = math.log(2 / math.pi)

_scale = Param(positive, default=1.0, typical=(0.3, 3.0))
_shape = Param(positive, typical=(0.5, 5.0))
_mean = Param(positive, typical=(0.5, 3.0))
_sd = Param(positive, typical=(0.3, 2.0))


class HalfNormal(Distribution):
    """Normal distribution around 0 restricted to positive numbers.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HalfNormal.dist(sigma=1).logp(0.0).eval()), 6)
    -0.225791
    """

    params = {"sigma": _scale}
    alt = (precision,)
    support = nonnegative

    def logp(o, x, sigma):
        return -0.5 * o.sqr(x / sigma) - o.log(sigma) + 0.5 * LOG_2_OVER_PI

    def logcdf(o, x, sigma):
        z = o.maximum(x, 0.0) / sigma * SQRT_HALF
        return o.switch(z < 0.5, o.log(o.erf(z)), o.log1p(-o.erfc(z)))

    def logccdf(o, x, sigma):
        return LOG_2 + o.log_ndtr(-o.maximum(x, 0.0) / sigma)

    def icdf(o, q, sigma):
        return sigma * math.sqrt(2.0) * o.erfinv(q)

    def mean(o, sigma):
        return sigma * math.sqrt(2 / math.pi)

    def variance(o, sigma):
        return o.sqr(sigma) * (1 - 2 / math.pi)

    def support_point(o, sigma):
        return sigma

    def random(rng, size, sigma):
        return abs(rng.normal(0.0, sigma, size))

    def ref(sigma):
        from scipy import stats

        return stats.halfnorm(0, sigma)


class HalfCauchy(Distribution):
    """Cauchy distribution around 0 with scale ``beta``, restricted to positive numbers.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HalfCauchy.dist(beta=1).logp(0.0).eval()), 6)
    -0.451583
    """

    params = {"beta": Param(positive, typical=(0.3, 3.0))}
    support = nonnegative

    def logp(o, x, beta):
        return LOG_2_OVER_PI - o.log(beta) - o.log1p(o.sqr(x / beta))

    def logcdf(o, x, beta):
        z = o.maximum(x, 0.0) / beta
        upper = -o.arctan(1 / o.maximum(z, 0.5)) * (2 / math.pi)
        return o.switch(z < 1, o.log(o.arctan(z)) + LOG_2_OVER_PI, o.log1p(upper))

    def logccdf(o, x, beta):
        return o.log(o.arctan(beta / o.maximum(x, 0.0))) + LOG_2_OVER_PI

    def mean(o, beta):
        return math.inf * beta

    def variance(o, beta):
        return math.inf * beta

    def support_point(o, beta):
        return beta

    def icdf(o, q, beta):
        low = o.tan(0.5 * math.pi * o.minimum(q, 0.5))
        return beta * o.switch(q < 0.5, low, 1 / o.tan(0.5 * math.pi * o.minimum(1 - q, 0.5)))

    def random(rng, size, beta):
        return abs(beta * rng.standard_cauchy(size))

    def ref(beta):
        from scipy import stats

        return stats.halfcauchy(0, beta)


class Exponential(Distribution):
    """Exponential distribution with rate ``lam`` (or ``scale``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Exponential.dist(lam=2).logp(1.0).eval()), 6)
    -1.306853
    """

    params = {"lam": Param(positive, typical=(0.3, 3.0))}
    alt = (
        Alt(
            lambda o, scale: {"lam": 1 / scale},
            gives=("lam",),
            params={"scale": Param(positive, typical=(0.3, 3.0))},
        ),
    )
    support = nonnegative

    def logp(o, x, lam):
        return o.log(lam) - lam * x

    def logcdf(o, x, lam):
        return o.log1mexp(-lam * o.maximum(x, 0.0))

    def logccdf(o, x, lam):
        return -lam * o.maximum(x, 0.0)

    def mean(o, lam):
        return 1 / lam

    def variance(o, lam):
        return 1 / o.sqr(lam)

    def support_point(o, lam):
        return 1 / lam

    def icdf(o, q, lam):
        return -o.log1p(-q) / lam

    def random(rng, size, lam):
        return rng.exponential(1 / lam, size)

    def ref(lam):
        from scipy import stats

        return stats.expon(0, 1 / lam)


class Gamma(Distribution):
    """Gamma distribution with shape ``alpha`` and rate ``beta`` (or ``mu`` and ``sigma``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Gamma.dist(alpha=2, beta=1).logp(1.0).eval()), 6)
    -1.0
    """

    params = {"alpha": _shape, "beta": Param(positive, typical=(0.5, 3.0))}
    alt = (
        Alt(
            lambda o, mu, sigma: {"alpha": (mu / sigma) ** 2, "beta": mu / sigma**2},
            gives=("alpha", "beta"),
            params={"mu": _mean, "sigma": _sd},
        ),
    )
    support = nonnegative

    def logp(o, x, alpha, beta):
        return o.xlogy(alpha - 1, x) - beta * x + (o.xlogy(alpha, beta) - o.gammaln(alpha))

    def careful_logp(o, x, alpha, beta):
        near, kernel = near_gamma(o, alpha, beta * x)
        inside = kernel - o.log(o.switch(near, x, 1.0))
        return o.switch(near, inside, Gamma.logp(o, x, alpha, beta))

    def logcdf(o, x, alpha, beta):
        return log_gammainc(o, alpha, beta * x)

    def logccdf(o, x, alpha, beta):
        return log_gammaincc(o, alpha, beta * x)

    def icdf(o, q, alpha, beta):
        return o.gammaincinv(alpha, q) / beta

    def mean(o, alpha, beta):
        return alpha / beta

    def variance(o, alpha, beta):
        return alpha / o.sqr(beta)

    def support_point(o, alpha, beta):
        return alpha / beta

    def random(rng, size, alpha, beta):
        return rng.gamma(alpha, 1 / beta, size)

    def ref(alpha, beta):
        from scipy import stats

        return stats.gamma(alpha, scale=1 / beta)


class InverseGamma(Distribution):
    """Inverse gamma distribution with ``alpha`` and ``beta`` (or ``mu`` and ``sigma``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.InverseGamma.dist(alpha=2, beta=1).logp(1.0).eval()), 6)
    -1.0
    """

    params = {"alpha": _shape, "beta": Param(positive, default=1.0, typical=(0.5, 3.0))}
    alt = (
        Alt(
            lambda o, mu, sigma: {
                "alpha": 2 + (mu / sigma) ** 2,
                "beta": mu * (1 + (mu / sigma) ** 2),
            },
            gives=("alpha", "beta"),
            params={"mu": _mean, "sigma": _sd},
        ),
    )
    support = positive

    def logp(o, x, alpha, beta):
        return -(alpha + 1) * o.log(x) - beta / x + (o.xlogy(alpha, beta) - o.gammaln(alpha))

    def careful_logp(o, x, alpha, beta):
        near, kernel = near_gamma(o, alpha, beta / o.maximum(x, 0.0))
        inside = kernel - o.log(o.switch(near, x, 1.0))
        return o.switch(near, inside, InverseGamma.logp(o, x, alpha, beta))

    def logcdf(o, x, alpha, beta):
        return log_gammaincc(o, alpha, beta / o.maximum(x, 0.0))

    def logccdf(o, x, alpha, beta):
        return log_gammainc(o, alpha, beta / o.maximum(x, 0.0))

    def icdf(o, q, alpha, beta):
        return beta / o.gammainccinv(alpha, q)

    def mean(o, alpha, beta):
        return o.switch(alpha > 1, beta / (alpha - 1), math.inf)

    def variance(o, alpha, beta):
        return o.switch(alpha > 2, o.sqr(beta / (alpha - 1)) / (alpha - 2), math.inf)

    def support_point(o, alpha, beta):
        return o.switch(alpha > 1, beta / (alpha - 1), beta / (alpha + 1))

    def random(rng, size, alpha, beta):
        return 1 / rng.gamma(alpha, 1 / beta, size)

    def ref(alpha, beta):
        from scipy import stats

        return stats.invgamma(alpha, scale=beta)


class LogNormal(Distribution):
    """The exponential of a normal variable with ``mu`` and ``sigma`` (or ``tau``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.LogNormal.dist(mu=0, sigma=1).logp(1.0).eval()), 6)
    -0.918939
    """

    params = {"mu": Param(real, default=0.0), "sigma": _scale}
    alt = (precision,)
    support = positive

    def logp(o, x, mu, sigma):
        log_x = o.log(x)
        return -0.5 * o.sqr((log_x - mu) / sigma) - log_x - o.log(sigma) - HALF_LOG_2PI

    def logcdf(o, x, mu, sigma):
        return o.log_ndtr((o.log(o.maximum(x, 0.0)) - mu) / sigma)

    def logccdf(o, x, mu, sigma):
        return o.log_ndtr((mu - o.log(o.maximum(x, 0.0))) / sigma)

    def icdf(o, q, mu, sigma):
        return o.exp(mu + sigma * o.ndtri(q))

    def mean(o, mu, sigma):
        return o.exp(mu + 0.5 * o.sqr(sigma))

    def variance(o, mu, sigma):
        return o.expm1(o.sqr(sigma)) * o.exp(2 * mu + o.sqr(sigma))

    def support_point(o, mu, sigma):
        return o.exp(mu + 0.5 * o.sqr(sigma))

    def random(rng, size, mu, sigma):
        return rng.lognormal(mu, sigma, size)

    def ref(mu, sigma):
        import numpy as np
        from scipy import stats

        return stats.lognorm(sigma, scale=np.exp(mu))


class HalfFlat(Distribution):
    """Improper: log density zero on numbers that are not negative.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HalfFlat.dist().logp(3.0).eval()), 6)
    0.0
    """

    support = nonnegative
    improper = True

    def logp(o, x):
        return o.zeros_like(x)

    def logcdf(o, x):
        return o.switch(x < math.inf, -math.inf, 0.0)

    def support_point(o):
        return 1.0


class _MeanBeta(Distribution, hidden=True):
    """Beta by its mean and the sum of alpha and beta, of which the latter is often one number."""

    params = {
        "mu": Param(open_probability, typical=(0.2, 0.8)),
        "nu": Param(positive, typical=(1.0, 10.0)),
    }
    support = probability

    def logp(o, x, mu, nu):
        alpha, beta = mu * nu, (1 - mu) * nu
        # betaln of special.py, with mu for alpha / (alpha + beta)
        constant = o.stirling(nu) + 0.5 * o.log(nu) - HALF_LOG_2PI
        spread = (alpha - 0.5) * o.log(mu) + (beta - 0.5) * o.log1p(-mu)
        remainders = o.stirling(alpha) + o.stirling(beta)
        kernel = o.xlogy(alpha - 1, x) + o.xlog1py(beta - 1, -x)
        return kernel - spread - remainders + constant

    def logcdf(o, x, mu, nu):
        return log_betainc(o, mu * nu, (1 - mu) * nu, x)

    def logccdf(o, x, mu, nu):
        return log_betainc(o, (1 - mu) * nu, mu * nu, 1 - x, o.clip(x, 0.0, 1.0))

    def icdf(o, q, mu, nu):
        return o.betaincinv(mu * nu, (1 - mu) * nu, q)

    def mean(o, mu, nu):
        return mu

    def variance(o, mu, nu):
        return mu * (1 - mu) / (nu + 1)

    def support_point(o, mu, nu):
        return mu

    def random(rng, size, mu, nu):
        return rng.beta(mu * nu, (1 - mu) * nu, size)

    def ref(mu, nu):
        from scipy import stats

        return stats.beta(mu * nu, (1 - mu) * nu)


class Beta(Distribution):
    """Beta distribution with ``alpha``, ``beta`` (or ``mu``, ``sigma``, or ``mu``, ``nu``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Beta.dist(alpha=2, beta=2).logp(0.5).eval()), 6)
    0.405465
    """

    params = {"alpha": _shape, "beta": _shape}
    alt = (
        Alt(
            lambda o, mu, sigma: {
                "alpha": mu * (mu * (1 - mu) / sigma**2 - 1),
                "beta": (1 - mu) * (mu * (1 - mu) / sigma**2 - 1),
            },
            gives=("alpha", "beta"),
            params={
                "mu": Param(open_probability, typical=(0.2, 0.8)),
                "sigma": Param(positive, typical=(0.05, 0.25)),
            },
        ),
    )
    forms = (_MeanBeta,)
    support = probability

    def logp(o, x, alpha, beta):
        return o.xlogy(alpha - 1, x) + o.xlog1py(beta - 1, -x) - betaln(o, alpha, beta)

    def careful_logp(o, x, alpha, beta):
        # near the mode by how far x is from the mean, of which both powers are a part
        apart = beta * x - alpha * (1 - x)
        near = o.abs(apart) < 0.5 * o.minimum(alpha, beta)
        apart, inner = o.switch(near, apart, 0.0), o.switch(near, x, 0.5)
        total = alpha + beta
        powers = -alpha * gap(o, apart / alpha) - beta * gap(o, -apart / beta)
        scale = 0.5 * (o.log(alpha) + o.log(beta) - o.log(total)) - HALF_LOG_2PI
        rest = o.stirling(total) - o.stirling(alpha) - o.stirling(beta)
        inside = powers + scale + rest - o.log(inner) - o.log1p(-inner)
        return o.switch(near, inside, Beta.logp(o, x, alpha, beta))

    def logcdf(o, x, alpha, beta):
        return log_betainc(o, alpha, beta, x)

    def logccdf(o, x, alpha, beta):
        return log_betainc(o, beta, alpha, 1 - x, o.clip(x, 0.0, 1.0))

    def icdf(o, q, alpha, beta):
        return o.betaincinv(alpha, beta, q)

    def mean(o, alpha, beta):
        return alpha / (alpha + beta)

    def variance(o, alpha, beta):
        total = alpha + beta
        return alpha * beta / (o.sqr(total) * (total + 1))

    def support_point(o, alpha, beta):
        return alpha / (alpha + beta)

    def random(rng, size, alpha, beta):
        return rng.beta(alpha, beta, size)

    def ref(alpha, beta):
        from scipy import stats

        return stats.beta(alpha, beta)
