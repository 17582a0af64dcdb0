"""Distributions of vectors."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import positive_vector, simplex
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
