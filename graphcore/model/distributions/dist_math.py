"""Pieces of log densities, for users' own distributions, under PyMC's names."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import all_of, guarded


def bound(logp, *conditions, broadcast_conditions=True):
    """A log density where every condition holds, -inf elsewhere.

    Parameters
    ----------
    logp : Variable
    *conditions : Variable or bool
    broadcast_conditions : bool
        Whether conditions hold element by element; False for one answer to all.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.constant([-1.0, 2.0])
    >>> bound(tt.log(abs(x)), x > 0).eval()
    array([      -inf, 0.69314718])
    """
    tests = [tt.as_tensor_variable(t) for t in conditions]
    if not broadcast_conditions:
        tests = [tt.all(t) for t in tests]
    return guarded(tests, tt.as_tensor_variable(logp))


def check_parameters(expr, *conditions, msg="", can_be_replaced_by_ninf=True):
    """A log density where all conditions on its parameters hold, -inf elsewhere."""
    return bound(expr, *conditions, broadcast_conditions=False)


def alltrue_elemwise(vals):
    """Whether all of several conditions hold, element by element."""
    return all_of([tt.as_tensor_variable(v) for v in vals])


def alltrue_scalar(vals):
    """Whether all elements of several conditions hold."""
    return all_of([tt.all(tt.as_tensor_variable(v)) for v in vals])


def logpow(x, m):
    """The logarithm of ``x**m``, with ``0**0`` one."""
    return tt.xlogy(m, x)


def factln(n):
    """The logarithm of the factorial."""
    return tt.gammaln(tt.as_tensor_variable(n) + 1)


def betaln(x, y):
    """The logarithm of the beta function."""
    return tt.betaln(x, y)


def binomln(n, k):
    """The logarithm of the binomial coefficient.

    Examples
    --------
    >>> round(float(binomln(5, 2).eval()), 6)
    2.302585
    """
    return factln(n) - factln(k) - factln(tt.as_tensor_variable(n) - k)


def std_cdf(x):
    """The cumulative distribution function of the standard normal distribution."""
    return tt.exp(tt.log_ndtr(x))


def normal_lcdf(mu, sigma, x):
    """The logarithm of the cumulative distribution function of a normal distribution."""
    return tt.log_ndtr((tt.as_tensor_variable(x) - mu) / sigma)


def normal_lccdf(mu, sigma, x):
    """The logarithm of the probability that a normal variable exceeds ``x``."""
    return tt.log_ndtr((mu - tt.as_tensor_variable(x)) / sigma)


def log_diff_normal_cdf(mu, sigma, x, y):
    """The logarithm of the probability that a normal variable lies between ``y`` and ``x``.

    Examples
    --------
    >>> round(float(log_diff_normal_cdf(0.0, 1.0, 1.0, -1.0).eval()), 6)
    -0.381715
    """
    high = (tt.as_tensor_variable(x) - mu) / sigma
    low = (tt.as_tensor_variable(y) - mu) / sigma
    above = low > 0  # the tail on the other side has no digits left
    first = tt.log_ndtr(tt.switch(above, -low, high))
    second = tt.log_ndtr(tt.switch(above, -high, low))
    return first + tt.log1mexp(second - first)


def sigma2rho(sigma):
    """The number whose softplus is ``sigma``."""
    return tt.log(tt.expm1(sigma))


def rho2sigma(rho):
    """The positive number that ``rho`` stands for: its softplus."""
    return tt.softplus(rho)


def multigammaln(a, p):
    """The logarithm of the multivariate gamma function of dimension ``p``, a number.

    Examples
    --------
    >>> round(float(multigammaln(3.0, 2).eval()), 6)
    1.550195
    """
    steps = np.arange(p) / 2
    terms = tt.gammaln(tt.shape_padright(tt.as_tensor_variable(a)) - steps)
    return p * (p - 1) / 4 * math.log(math.pi) + tt.sum(terms, axis=-1)


__all__ = [
    "alltrue_elemwise",
    "alltrue_scalar",
    "betaln",
    "binomln",
    "bound",
    "check_parameters",
    "factln",
    "log_diff_normal_cdf",
    "logpow",
    "multigammaln",
    "normal_lccdf",
    "normal_lcdf",
    "rho2sigma",
    "sigma2rho",
    "std_cdf",
]
