"""Tails as integrals of the density: for distributions without a formula of their tails.

A tail is the integral of a density that falls from the point where it begins. It is taken by
Gauss's rule over the stretch on which the density falls to ``exp(-DROP)`` of its first value, in
logarithms, so that small tails keep their digits. Derivatives follow from the rule itself.
"""

from functools import lru_cache

import numpy as np

NODES = 48
DROP = 42.0


@lru_cache(maxsize=1)
def rule():
    """Places between 0 and 1 and the logarithms of their weights."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    return 0.5 * (x + 1), np.log(0.5 * w)


def log_integral(o, log_density, start, length):
    """Logarithm of the integral of ``exp(log_density(t))`` from ``start`` to ``start + length``.

    Parameters
    ----------
    log_density : callable
        Takes points with an axis more than ``start``, at the end.
    start, length : variable
        A negative length integrates downwards; the integral is positive all the same.
    """
    return log_mean(o, log_density, start, length) + o.log(o.abs(length))


def log_mean(o, log_density, start, length):
    """Logarithm of the mean of ``exp(log_density(t))`` over the same stretch, perhaps empty."""
    x, log_w = rule()
    start, length = along(o, start), along(o, length)
    return o.logsumexp(log_w + log_density(start + length * x), axis=-1)


def along(o, v):
    """A variable with the axis of the rule."""
    v = o.as_tensor_variable(v)
    return o.expand_dims(v, v.ndim)


def stretch(o, slope):
    """How far a density reaches that falls like ``exp(-slope * s - s**2 / 2)``."""
    return DROP / (slope + np.sqrt(0.5 * DROP))


__all__ = ["DROP", "along", "log_integral", "log_mean", "rule", "stretch"]
