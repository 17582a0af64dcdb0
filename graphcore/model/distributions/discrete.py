"""Distributions of counts and categories."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    binary,
    count,
    countable,
    counts_up_to,
    nonnegative,
    positive,
    probability,
    real,
    real_vector,
    simplex,
)
from graphcore.model.distributions.parameters import Alt, Link, Param
from graphcore.model.distributions.special import (
    binomln,
    count_cdf,
    draw_poisson,
    log_betainc,
    log_gammainc,
    log_gammaincc,
    log_ratio,
)
from graphcore.model.distributions.tables import Tabled
from graphcore.model.distributions.variable import RandomVariable

_logit = Param(real, typical=(-2.0, 2.0))
_probability = Param(probability, typical=(0.1, 0.9))


def _expit(x):
    """The logistic function of an array, without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


class _LogitBernoulli(Distribution, hidden=True):
    """Bernoulli by its log odds: one softplus per observation, no rounding at either end."""

    params = {"logit_p": _logit}
    support = binary

    def logp(o, x, logit_p):
        return -o.softplus((1 - 2 * x) * logit_p)

    def logcdf(o, x, logit_p):
        return o.switch(x < 0, -math.inf, o.switch(x < 1, -o.softplus(logit_p), 0.0))

    def logccdf(o, x, logit_p):
        return o.switch(x < 0, 0.0, o.switch(x < 1, -o.softplus(-logit_p), -math.inf))

    def icdf(o, q, logit_p):
        return o.switch(q <= o.sigmoid(-logit_p), 0.0, 1.0)

    def mean(o, logit_p):
        return o.sigmoid(logit_p)

    def variance(o, logit_p):
        return o.sigmoid(logit_p) * o.sigmoid(-logit_p)

    def support_point(o, logit_p):
        return o.switch(logit_p < 0, 0.0, 1.0)

    def random(rng, size, logit_p):
        return rng.random(size) < _expit(logit_p)

    def ref(logit_p):
        from scipy import stats

        return stats.bernoulli(_expit(logit_p))


class Bernoulli(Distribution):
    """0 or 1, with the probability ``p`` (or the log odds ``logit_p``) of a 1.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Bernoulli.dist(p=0.25).logp(1).eval()), 6)
    -1.386294
    """

    params = {"p": _probability}
    forms = (_LogitBernoulli,)
    links = (Link("p", "sigmoid", "logit_p", _LogitBernoulli),)
    support = binary

    def logp(o, x, p):
        if _may_be_exact(p):
            return o.xlogy(x, p) + o.xlog1py(1 - x, -p)
        return o.switch(x > 0.5, o.log(p), o.log1p(-p))

    def logcdf(o, x, p):
        return o.switch(x < 0, -math.inf, o.switch(x < 1, o.log1p(-p), 0.0))

    def logccdf(o, x, p):
        return o.switch(x < 0, 0.0, o.switch(x < 1, o.log(p), -math.inf))

    def icdf(o, q, p):
        return o.switch(q <= 1 - p, 0.0, 1.0)

    def mean(o, p):
        return p

    def variance(o, p):
        return p * (1 - p)

    def support_point(o, p):
        return o.switch(p < 0.5, 0.0, 1.0)

    def random(rng, size, p):
        return rng.random(size) < p

    def ref(p):
        from scipy import stats

        return stats.bernoulli(p)


class _LogitBinomial(Distribution, hidden=True):
    """Binomial by the log odds of a success."""

    params = {"n": Param(count, typical=(3, 20)), "logit_p": _logit}

    def support(n, logit_p):
        return counts_up_to(n)

    def logp(o, x, n, logit_p):
        return x * logit_p - n * o.softplus(logit_p) + binomln(o, n, x)

    def logcdf(o, x, n, logit_p):
        return Binomial.logcdf(o, x, n, o.sigmoid(logit_p))

    def logccdf(o, x, n, logit_p):
        return Binomial.logccdf(o, x, n, o.sigmoid(logit_p))

    def mean(o, n, logit_p):
        return n * o.sigmoid(logit_p)

    def variance(o, n, logit_p):
        return n * o.sigmoid(logit_p) * o.sigmoid(-logit_p)

    def support_point(o, n, logit_p):
        return o.round(n * o.sigmoid(logit_p))

    def random(rng, size, n, logit_p):
        return rng.binomial(n.astype("int64"), _expit(logit_p), size)

    def ref(n, logit_p):
        from scipy import stats

        return stats.binom(n, _expit(logit_p))


class Binomial(Distribution):
    """Successes among ``n`` trials of probability ``p`` (or log odds ``logit_p``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Binomial.dist(n=3, p=0.5).logp(1).eval()), 6)
    -0.980829
    """

    params = {"n": Param(count, typical=(3, 20)), "p": _probability}
    forms = (_LogitBinomial,)
    links = (Link("p", "sigmoid", "logit_p", _LogitBinomial),)

    def support(n, p):
        return counts_up_to(n)

    def logp(o, x, n, p):
        return o.xlogy(x, p) + o.xlog1py(n - x, -p) + binomln(o, n, x)

    def logcdf(o, x, n, p):
        inner = count_cdf(o, x, lambda k: log_betainc(o, o.maximum(n - k, 0.5), k + 1, 1 - p, p))
        return o.switch(x >= n, 0.0, inner)

    def logccdf(o, x, n, p):
        inner = count_cdf(
            o, x, lambda k: log_betainc(o, k + 1, o.maximum(n - k, 0.5), p, 1 - p), upper=True
        )
        return o.switch(x >= n, -math.inf, inner)

    def mean(o, n, p):
        return n * p

    def variance(o, n, p):
        return n * p * (1 - p)

    def support_point(o, n, p):
        return o.round(n * p)

    def random(rng, size, n, p):
        return rng.binomial(n.astype("int64"), p, size)

    def ref(n, p):
        from scipy import stats

        return stats.binom(n, p)


class _LogPoisson(Distribution, hidden=True):
    """Counts by the logarithm of their mean; not a parametrisation of its own for users."""

    params = {"log_mu": Param(real, typical=(-1.0, 2.5))}
    support = countable

    def logp(o, x, log_mu):
        return x * log_mu - o.exp(log_mu) - o.gammaln(x + 1)

    def logcdf(o, x, log_mu):
        return Poisson.logcdf(o, x, o.exp(log_mu))

    def logccdf(o, x, log_mu):
        return Poisson.logccdf(o, x, o.exp(log_mu))

    def mean(o, log_mu):
        return o.exp(log_mu)

    def variance(o, log_mu):
        return o.exp(log_mu)

    def support_point(o, log_mu):
        return o.floor(o.exp(log_mu))

    def random(rng, size, log_mu):
        return draw_poisson(rng, np.exp(log_mu), size)

    def ref(log_mu):
        from scipy import stats

        return stats.poisson(np.exp(log_mu))


class Poisson(Distribution):
    """Counts with mean ``mu``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Poisson.dist(mu=3).logp(2).eval()), 6)
    -1.495923
    """

    params = {"mu": Param(nonnegative, typical=(0.5, 12.0))}
    links = (Link("mu", "exp", "log_mu", _LogPoisson),)
    support = countable

    def logp(o, x, mu):
        return o.xlogy(x, mu) - mu - o.gammaln(x + 1)

    def logcdf(o, x, mu):
        return count_cdf(o, x, lambda k: log_gammaincc(o, k + 1, mu))

    def logccdf(o, x, mu):
        return count_cdf(o, x, lambda k: log_gammainc(o, k + 1, mu), upper=True)

    def mean(o, mu):
        return mu

    def variance(o, mu):
        return mu

    def support_point(o, mu):
        return o.floor(mu)

    def random(rng, size, mu):
        return draw_poisson(rng, mu, size)

    def ref(mu):
        from scipy import stats

        return stats.poisson(mu)


_dispersion = Param(positive, typical=(0.5, 8.0))
_share = Param(probability, typical=(0.2, 0.8))


class NegativeBinomial(Distribution):
    """Counts with mean ``mu`` and variance ``mu + mu**2 / alpha``.

    ``n`` is another name of ``alpha``; with ``p`` instead of ``mu``, the mean is ``n (1 - p) / p``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.NegativeBinomial.dist(mu=3, alpha=2).logp(1).eval()), 6)
    -1.65026
    """

    params = {
        "mu": Param(nonnegative, typical=(0.5, 12.0)),
        "alpha": _dispersion,
    }
    alt = (
        Alt(
            lambda o, n, p: {"mu": n * (1 - p) / p, "alpha": n},
            gives=("mu", "alpha"),
            params={"n": _dispersion, "p": _share},
        ),
        Alt(
            lambda o, alpha, p: {"mu": alpha * (1 - p) / p, "alpha": alpha},
            gives=("mu", "alpha"),
            params={"alpha": _dispersion, "p": _share},
        ),
        Alt(lambda o, n: {"alpha": n}, gives=("alpha",), params={"n": _dispersion}),
    )
    order = ("mu", "alpha", "p", "n")
    support = countable

    def logp(o, x, mu, alpha):
        # Stirling's leading terms are merged with the powers of mu and alpha, so that the limit of
        # a large alpha (Poisson) keeps its digits.
        return (
            o.xlogy(x, mu)
            - o.gammaln(x + 1)
            + x * log_ratio(o, alpha, x, mu)
            - x
            - alpha * o.log1p(mu / alpha)
            + (alpha - 0.5) * o.log1p(x / alpha)
            + o.stirling(alpha + x)
            - o.stirling(alpha)
        )

    def logcdf(o, x, mu, alpha):
        p, rest = alpha / (alpha + mu), mu / (alpha + mu)
        return count_cdf(o, x, lambda k: log_betainc(o, alpha, k + 1, p, rest))

    def logccdf(o, x, mu, alpha):
        p, rest = alpha / (alpha + mu), mu / (alpha + mu)
        return count_cdf(o, x, lambda k: log_betainc(o, k + 1, alpha, rest, p), upper=True)

    def mean(o, mu, alpha):
        return mu

    def variance(o, mu, alpha):
        return mu + o.sqr(mu) / alpha

    def support_point(o, mu, alpha):
        return o.floor(mu)

    def random(rng, size, mu, alpha):
        return draw_poisson(rng, mu / alpha * rng.gamma(alpha, 1.0, size))

    def ref(mu, alpha):
        from scipy import stats

        return stats.nbinom(alpha, alpha / (alpha + mu))


def _may_be_exact(p):
    """Whether probabilities depend on random counts, which may make them exactly 0 or 1.

    What has such a probability and did not happen must not enter a derivative: it would be 0 / 0.
    """
    return isinstance(p, Variable) and any(
        isinstance(v, RandomVariable) and v.dtype == "int64" for v in inputs_of([p])
    )


def select(o, table, x):
    """``table[..., x]`` for categories ``x``; the leading axes of the table broadcast with x."""
    k = table.type.shape[-1]
    inside = o.switch(x > 0, o.minimum(x, float(k - 1)), 0.0)  # NaN is not
    index = o.cast(inside, "int64")
    if table.ndim == 1:
        return o.take(table, index)
    shape = np.broadcast_shapes(table.type.shape[:-1], x.type.shape)
    rows = o.reshape(o.broadcast_to(table, (*shape, k)), (math.prod(shape) * k,))
    start = np.arange(math.prod(shape)).reshape(shape) * k
    return o.take(rows, index + start)


def draw_categories(rng, size, weights):
    """Categories with the given weights along the last axis."""
    upto = np.cumsum(weights, axis=-1)
    u = rng.random(size)[..., None] * upto[..., -1:]
    return np.minimum((u >= upto).sum(axis=-1), weights.shape[-1] - 1)


class _LogitCategorical(Tabled, hidden=True):
    """Categories by unnormalised log probabilities."""

    params = {"logit_p": Param(real_vector)}

    def last_value(self):
        return self.arguments["logit_p"].type.shape[-1] - 1

    def support(logit_p):
        return counts_up_to(logit_p.type.shape[-1] - 1)

    def logp(o, x, logit_p):
        return select(o, logit_p - o.logsumexp(logit_p, axis=-1, keepdims=True), x)

    def mean(o, logit_p):
        return Categorical.mean(o, o.softmax(logit_p, axis=-1))

    def variance(o, logit_p):
        return Categorical.variance(o, o.softmax(logit_p, axis=-1))

    def support_point(o, logit_p):
        return _mode(o, logit_p)

    def random(rng, size, logit_p):
        return draw_categories(rng, size, np.exp(logit_p - logit_p.max(axis=-1, keepdims=True)))


class Categorical(Tabled):
    """0 ... K-1 with probabilities ``p`` (or log odds ``logit_p``) along the last axis.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Categorical.dist(p=[0.2, 0.8]).logp(1).eval()), 6)
    -0.223144
    """

    params = {"p": Param(simplex)}
    forms = (_LogitCategorical,)

    def last_value(self):
        return self.arguments["p"].type.shape[-1] - 1

    def support(p):
        return counts_up_to(p.type.shape[-1] - 1)

    def logp(o, x, p):
        if _may_be_exact(p) and p.ndim > 1:
            return o.log(select(o, p, x))
        return select(o, o.log(p), x)

    def mean(o, p):
        return o.sum(p * np.arange(float(p.type.shape[-1])), axis=-1)

    def variance(o, p):
        away = np.arange(float(p.type.shape[-1])) - o.expand_dims(Categorical.mean(o, p), -1)
        return o.sum(p * o.sqr(away), axis=-1)

    def support_point(o, p):
        return _mode(o, p)

    def random(rng, size, p):
        return draw_categories(rng, size, p)


def _mode(o, table):
    """Position of the first largest entry along the last axis."""
    k = table.type.shape[-1]
    largest = table >= o.max(table, axis=-1, keepdims=True)
    return o.min(o.switch(largest, np.arange(float(k)), float(k)), axis=-1)
