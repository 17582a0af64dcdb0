"""Distributions with more, or fewer, zeros than their base: zero-inflated and hurdle families."""

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import Constraint, nonnegative, probability
from graphcore.model.distributions.discrete import Binomial, NegativeBinomial, Poisson
from graphcore.model.distributions.parameters import Param, names_of
from graphcore.model.distributions.positive import Gamma, LogNormal
from graphcore.model.distributions.special import draw_poisson

_psi = Param(probability, typical=(0.2, 0.8))

# Log probability of zero under the base distributions.
_LOG_ZERO = {
    Poisson: lambda o, mu: -mu,
    Binomial: lambda o, n, p: o.xlog1py(n, -p),
    NegativeBinomial: lambda o, mu, alpha: -alpha * o.log1p(mu / alpha),
}


def _more_poisson(rng, size, left, mu):
    return 1 + draw_poisson(rng, mu * left, size)


def _more_negative_binomial(rng, size, left, mu, alpha):
    share = np.minimum(mu / (mu + alpha), 1 - 1e-16)  # of a logarithmic distribution
    more = draw_poisson(rng, mu / alpha * rng.gamma(alpha * left, 1.0, size))
    return rng.logseries(share, size) + more


# The size of the first cluster, and of those in the share of time that is left.
_FROM_FIRST = {Poisson: _more_poisson, NegativeBinomial: _more_negative_binomial}


class _WithZeros(Distribution, hidden=True):
    """Takes parameters and parametrisations over from ``base``, with ``psi`` in front."""

    base = None

    def __init_subclass__(cls, base=None, hidden=False, **kwargs):
        if base is not None:
            cls.base = base
            cls.params = {"psi": _psi, **base.params}
            cls.alt = base.alt
            cls.order = ("psi", *names_of(base))
            cls.logp, cls.support_point, cls.random = cls.formulas(base)
            cls.logcdf, cls.logccdf = cls.tails(base)
            cls.mean, cls.variance = _moments(cls)
        super().__init_subclass__(hidden=hidden, **kwargs)

    def _find_support(self):
        support = self.base.support
        if isinstance(support, Constraint):
            return support if support.discrete else nonnegative
        return support(**{k: v for k, v in self.arguments.items() if k != "psi"})


def _moments(cls):
    """Mean and variance, from those of the base, of which the hurdle families leave out zero."""
    base = cls.base
    log_zero = _LOG_ZERO.get(base) if issubclass(cls, _Hurdle) else None

    def parts(o, psi, rest):
        some = psi if log_zero is None else psi / -o.expm1(log_zero(o, **rest))
        return some, base.mean(o, **rest)

    def mean(o, psi, **rest):
        some, center = parts(o, psi, rest)
        return some * center

    def variance(o, psi, **rest):
        some, center = parts(o, psi, rest)
        return some * (base.variance(o, **rest) + (1 - some) * o.sqr(center))

    return staticmethod(mean), staticmethod(variance)


class _ZeroInflated(_WithZeros, hidden=True):
    """A base distribution with probability ``psi``, else zero."""

    @staticmethod
    def tails(base):
        def logcdf(o, x, psi, **rest):
            below = o.logaddexp(o.log1p(-psi), o.log(psi) + base.logcdf(o, x, **rest))
            return o.switch(x < 0, -math.inf, o.minimum(below, 0.0))

        def logccdf(o, x, psi, **rest):
            return o.switch(x < 0, 0.0, o.log(psi) + base.logccdf(o, x, **rest))

        return staticmethod(logcdf), staticmethod(logccdf)

    @staticmethod
    def formulas(base):
        log_zero = _LOG_ZERO[base]

        def logp(o, x, psi, **rest):
            zero = o.logaddexp(o.log1p(-psi), o.log(psi) + log_zero(o, **rest))
            return o.switch(x > 0, o.log(psi) + base.logp(o, x, **rest), zero)

        def support_point(o, psi, **rest):
            return o.round(psi * base.support_point(o, **rest))

        def random(rng, size, psi, **rest):
            return np.where(rng.random(size) < psi, base.random(rng, size, **rest), 0)

        return staticmethod(logp), staticmethod(support_point), staticmethod(random)


class _Hurdle(_WithZeros, hidden=True):
    """Zero with probability ``1 - psi``, else a positive value of the base distribution."""

    @staticmethod
    def tails(base):
        log_zero = _LOG_ZERO.get(base)

        def above(o, x, rest):
            """Log probability of exceeding ``x``, of what is not zero."""
            some = base.logccdf(o, o.maximum(x, 0.0), **rest)
            if log_zero is None:
                return some
            return o.minimum(some - o.log1mexp(log_zero(o, **rest)), 0.0)

        def logcdf(o, x, psi, **rest):
            return o.switch(x < 0, -math.inf, o.log1p(-psi * o.exp(above(o, x, rest))))

        def logccdf(o, x, psi, **rest):
            return o.switch(x < 0, 0.0, o.log(psi) + above(o, x, rest))

        return staticmethod(logcdf), staticmethod(logccdf)

    @staticmethod
    def formulas(base):
        log_zero = _LOG_ZERO.get(base)

        def logp(o, x, psi, **rest):
            inside = o.switch(x > 0, x, 1.0)  # keeps the branch not taken finite
            some = o.log(psi) + base.logp(o, inside, **rest)
            if log_zero is not None:
                some = some - o.log1mexp(log_zero(o, **rest))
            return o.switch(x > 0, some, o.log1p(-psi))

        def support_point(o, psi, **rest):
            point = base.support_point(o, **rest)
            if log_zero is None:
                return psi * point
            return o.round(psi * o.switch(point < 1, 2.0, point))

        def random(rng, size, psi, **rest):
            if log_zero is None:
                drawn = base.random(rng, size, **rest)
            else:
                # Counts as those of the clusters of a Poisson process: the time of the first one,
                # given that there is one, its size, and what comes in the time that is left.
                rate = np.maximum(-log_zero(np, **rest), 1e-300)
                left = 1 + np.log1p(rng.random(size) * np.expm1(-rate)) / rate
                drawn = _FROM_FIRST[base](rng, size, np.clip(left, 0.0, 1.0), **rest)
            return np.where(rng.random(size) < psi, drawn, 0)

        return staticmethod(logp), staticmethod(support_point), staticmethod(random)


class ZeroInflatedPoisson(_ZeroInflated, base=Poisson):
    """Poisson counts with probability ``psi``, else zero.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.ZeroInflatedPoisson.dist(psi=0.5, mu=3).logp(0).eval()), 5)
    -0.64456
    """


class ZeroInflatedBinomial(_ZeroInflated, base=Binomial):
    """Binomial counts with probability ``psi``, else zero.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.ZeroInflatedBinomial.dist(psi=0.5, n=1, p=0.5).logp(0).eval()), 6)
    -0.287682
    """


class ZeroInflatedNegativeBinomial(_ZeroInflated, base=NegativeBinomial):
    """Negative binomial counts with probability ``psi``, else zero.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.ZeroInflatedNegativeBinomial.dist(psi=0.5, mu=1, alpha=1)
    >>> round(float(d.logp(0).eval()), 6)
    -0.287682
    """


class HurdlePoisson(_Hurdle, base=Poisson):
    """Zero with probability ``1 - psi``, else a Poisson count that is not zero.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HurdlePoisson.dist(psi=0.5, mu=3).logp(0).eval()), 6)
    -0.693147
    """


class HurdleNegativeBinomial(_Hurdle, base=NegativeBinomial):
    """Zero with probability ``1 - psi``, else a negative binomial count that is not zero.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.HurdleNegativeBinomial.dist(psi=0.5, mu=1, alpha=1)
    >>> round(float(d.logp(1).eval()), 6)
    -1.386294
    """


class HurdleGamma(_Hurdle, base=Gamma):
    """Zero with probability ``1 - psi``, else gamma distributed.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HurdleGamma.dist(psi=0.5, alpha=1, beta=1).logp(1.0).eval()), 6)
    -1.693147
    """


class HurdleLogNormal(_Hurdle, base=LogNormal):
    """Zero with probability ``1 - psi``, else log-normal.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HurdleLogNormal.dist(psi=0.5, mu=0, sigma=1).logp(1.0).eval()), 6)
    -1.612086
    """
