"""Distributions of vectors."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import Distribution, as_shape
from graphcore.model.distributions.constraints import (
    Constraint,
    count,
    positive,
    positive_vector,
    simplex,
    whole,
)
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import HALF_LOG_2PI, log_ratio, rising_excess
from graphcore.model.distributions.transforms import ZeroSumTransform
from graphcore.runtime.reference import evaluate


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


def log_ways(o, n, x):
    """Logarithm of the multinomial coefficient."""
    return o.gammaln(n + 1) - o.sum(o.gammaln(x + 1), axis=-1)


def _typical_counts(o, n, p):
    """Whole numbers close to ``n * p`` that add up to ``n``: the likeliest takes what is left.

    Rounded numbers; where they leave less than nothing to the likeliest, whole parts.
    """
    n = o.expand_dims(n, n.ndim)
    likeliest = o.cast(
        o.eq(o.expand_dims(o.argmax(p, axis=-1), p.ndim - 1), np.arange(p.type.shape[-1])),
        "float64",
    )

    def completed(counts):
        return counts + (n - o.sum(counts, axis=-1, keepdims=True)) * likeliest

    near = completed(o.round(n * p))
    fits = o.min(near, axis=-1, keepdims=True) >= 0
    return o.switch(fits, near, completed(o.floor(n * p)))


class _OfCounts(Distribution, hidden=True):
    """Vectors of counts, whose third argument may be their shape, as it was in PyMC3."""

    keywords = ("shape",)

    @classmethod
    def make(cls, label, args, kwargs, shape=None, **others):
        if len(args) == 3 and shape is None:
            *args, shape = args
        return super().make(label, args, kwargs, shape=shape, **others)


class Multinomial(_OfCounts):
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
        return log_ways(o, n, x) + o.sum(o.xlogy(x, p), axis=-1)

    def mean(o, n, p):
        return o.expand_dims(n, n.ndim) * p

    def variance(o, n, p):
        return o.expand_dims(n, n.ndim) * p * (1 - p)

    def support_point(o, n, p):
        return _typical_counts(o, n, p)

    def random(rng, size, n, p):
        p = np.clip(p, 0.0, 1.0)
        return rng.multinomial(n.astype("int64"), p / p.sum(axis=-1, keepdims=True), size)


class DirichletMultinomial(_OfCounts):
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
        x, whole = o.maximum(x, 0.0), o.expand_dims(total, total.ndim)
        # Gamma(a + x) / Gamma(a) is a**x and little more when a is large, and so is the total.
        shares = x * log_ratio(o, a, 0.0, whole - a)
        parts = o.sum(rising_excess(o, a, x) + shares, axis=-1)
        return log_ways(o, n, x) + parts - rising_excess(o, total, n)

    def mean(o, n, a):
        return o.expand_dims(n, n.ndim) * a / o.sum(a, axis=-1, keepdims=True)

    def variance(o, n, a):
        n, total = o.expand_dims(n, n.ndim), o.sum(a, axis=-1, keepdims=True)
        p = a / total
        return n * p * (1 - p) * (n + total) / (1 + total)

    def support_point(o, n, a):
        return _typical_counts(o, n, a / o.sum(a, axis=-1, keepdims=True))

    def random(rng, size, n, a):
        return rng.multinomial(n.astype("int64"), Dirichlet.random(rng, size, a), size)


class ZeroSumNormal(Distribution):
    """Normal variables whose sum along the last axes is zero.

    Parameters
    ----------
    name : str
    sigma : number or variable
        Standard deviation before the sum is taken out.
    n_zerosum_axes : int
        Axes, from the last on, along which sums are zero.
    support_shape : int or tuple, optional
        Lengths of these axes, if ``shape``, ``dims`` or ``observed`` do not give them.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.ZeroSumNormal("x", sigma=1, shape=4)
    >>> [(v.name, v.type.shape) for v in model.value_vars]
    [('x_zerosum__', (3,))]
    """

    keywords = ("n_zerosum_axes", "support_shape")
    params = {"sigma": Param(positive, default=1.0)}

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None):
        kwargs = dict(kwargs)
        n = kwargs.pop("n_zerosum_axes", None)
        n = 1 if n is None else n
        event = kwargs.pop("support_shape", None)
        if not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"{label}: n_zerosum_axes must be a positive whole number, got {n!r}")
        if event is None:
            full = shape if shape is not None else observed_shape
            if full is None:
                raise ValueError(f"{label}: give shape=, dims= or support_shape=")
            event = as_shape(full, label)[-n:]
        event = as_shape(event, label)
        if len(event) != n:
            raise ValueError(f"{label}: {n} zero-sum axes are wanted, but the shape is {event}")
        return super().make(
            label,
            args,
            kwargs,
            shape=shape,
            size=size,
            observed_shape=observed_shape,
            ndim=int(n),
            event=event,
        )

    def _find_support(self):
        axes = tuple(range(-self.ndim, 0))

        def holds(o, x):
            sums = [o.abs(o.sum(x, axis=a, keepdims=True)) for a in axes]
            return sum((o.max(s, axis=axes) for s in sums), 0.0) <= 1e-6

        return Constraint(
            "an array with sum zero", holds, ndim=self.ndim, transform=ZeroSumTransform(self.ndim)
        )

    def _parameter_shapes(self):
        if self.arguments["sigma"].ndim:
            raise ValueError(f"{self.label}: sigma must be one number")
        return (), self.event

    def formula(self, value):
        sigma, axes = self.arguments["sigma"], tuple(range(value.ndim - self.ndim, value.ndim))
        free = float(math.prod(n - 1 for n in self.event))
        squares = tt.sum(tt.sqr(value), axis=axes)
        return -0.5 * squares / tt.sqr(sigma) - free * (tt.log(sigma) + HALF_LOG_2PI)

    def initial(self):
        return tt.zeros(self.shape)

    @property
    def mean(self):
        return self.initial()

    @property
    def variance(self):
        left = math.prod(1 - 1 / n for n in self.event)
        return tt.broadcast_to(left * tt.sqr(self.arguments["sigma"]), self.shape)

    def draw(self, rng, size, given):
        (sigma,) = evaluate([self.arguments["sigma"]], given)
        lead = () if size is None else as_shape(size, self.label)
        x = rng.normal(0, sigma, lead + self.shape)
        for axis in range(-self.ndim, 0):
            x -= x.mean(axis=axis, keepdims=True)
        return x
