"""Distributions of vectors."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    Constraint,
    count,
    positive_vector,
    simplex,
    whole,
)
from graphcore.model.distributions.parameters import Param


class Dirichlet(Distribution):
    """Probabilities that sum to one, with concentrations ``a`` along the last axis.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     w = pm.Dirichlet("w", a=[1, 1, 1])
    >>> w.type.shape, [v.name for v in model.value_vars]
    ((3,), ['w_simplex__'])
    """

    params = {"a": Param(positive_vector, typical=(0.5, 4.0))}
    support = simplex
    ndim = 1

    def event_shape(a):
        return a.type.shape[-1:]

    def logp(o, x, a):
        return o.sum(o.xlogy(a - 1, x), axis=-1) + (
            o.gammaln(o.sum(a, axis=-1)) - o.sum(o.gammaln(a), axis=-1)
        )

    def mean(o, a):
        return a / o.sum(a, axis=-1, keepdims=True)

    def variance(o, a):
        total = o.sum(a, axis=-1, keepdims=True)
        return a / total * (1 - a / total) / (total + 1)

    def support_point(o, a):
        return a / o.sum(a, axis=-1, keepdims=True)

    def random(rng, size, a):
        a = np.broadcast_to(a, (*size, a.shape[-1]))
        # Sums of logarithms, because gamma draws of a small shape underflow.
        logs = np.log(rng.gamma(a + 1)) + np.log(rng.random(a.shape)) / a
        x = np.exp(logs - logs.max(axis=-1, keepdims=True))
        return x / x.sum(axis=-1, keepdims=True)

    def ref(a):
        from scipy import stats

        return stats.dirichlet(a)


def _adding_up_to(n):
    """Vectors of counts whose sum is ``n``."""
    return Constraint(
        "a vector of counts with sum n",
        lambda o, x: (
            o.all(whole.holds(o, x) & (x >= 0), axis=-1) & (o.abs(o.sum(x, axis=-1) - n) <= 0)
        ),
        ndim=1,
        discrete=True,
        nonnegative=True,
    )


def _log_ways(o, n, x):
    """Logarithm of the multinomial coefficient."""
    return o.gammaln(n + 1) - o.sum(o.gammaln(x + 1), axis=-1)


def _typical_counts(o, n, p):
    """Whole numbers close to ``n * p`` that add up to ``n``."""
    n = o.expand_dims(n, n.ndim)
    rest = o.floor(n * p)
    first = np.zeros(p.type.shape[-1])
    first[0] = 1.0
    return rest + (n - o.sum(rest, axis=-1, keepdims=True)) * first


class Multinomial(Distribution):
    """Counts of ``n`` draws among categories of probabilities ``p`` along the last axis.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Multinomial.dist(n=2, p=[0.5, 0.5]).logp([1, 1]).eval()), 6)
    -0.693147
    """

    params = {"n": Param(count, typical=(3, 20)), "p": Param(simplex)}
    ndim = 1

    def support(n, p):
        return _adding_up_to(n)

    def event_shape(n, p):
        return p.type.shape[-1:]

    def logp(o, x, n, p):
        return _log_ways(o, n, x) + o.sum(o.xlogy(x, p), axis=-1)

    def mean(o, n, p):
        return o.expand_dims(n, n.ndim) * p

    def variance(o, n, p):
        return o.expand_dims(n, n.ndim) * p * (1 - p)

    def support_point(o, n, p):
        return _typical_counts(o, n, p)

    def random(rng, size, n, p):
        p = np.clip(p, 0.0, 1.0)
        return rng.multinomial(n.astype("int64"), p / p.sum(axis=-1, keepdims=True), size)


class DirichletMultinomial(Distribution):
    """Multinomial counts whose probabilities are Dirichlet with concentrations ``a``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.DirichletMultinomial.dist(n=2, a=[1, 1])
    >>> round(float(d.logp([1, 1]).eval()), 6)
    -1.098612
    """

    params = {"n": Param(count, typical=(3, 20)), "a": Param(positive_vector)}
    ndim = 1

    def support(n, a):
        return _adding_up_to(n)

    def event_shape(n, a):
        return a.type.shape[-1:]

    def logp(o, x, n, a):
        total = o.sum(a, axis=-1)
        parts = o.sum(o.gammaln(o.maximum(x, 0.0) + a) - o.gammaln(a), axis=-1)
        return _log_ways(o, n, x) + parts + (o.gammaln(total) - o.gammaln(n + total))

    def mean(o, n, a):
        return o.expand_dims(n, n.ndim) * a / o.sum(a, axis=-1, keepdims=True)

    def support_point(o, n, a):
        return _typical_counts(o, n, a / o.sum(a, axis=-1, keepdims=True))

    def random(rng, size, n, a):
        return rng.multinomial(n.astype("int64"), Dirichlet.random(rng, size, a), size)
