"""Mean and variance of distributions that have no formula of them, such as truncated ones.

Of counts by sums over those that are likely.  Of other numbers as integrals of the quantile over
the probability, by the rule of Takahasi and Mori (1974): its nodes go to both ends like double
exponentials, so that it finds the places by itself where a distribution has its mass.  What lies
beyond the last nodes is that of a power law, whose exponent the last two nodes tell; it is next to
nothing for light tails and infinite for the heaviest.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.quantiles import quantile_of_logs
from graphcore.runtime.reference import evaluate

PLACES = np.arange(-85, 86) / 14  # of the rule: the outermost have probabilities of 1e-295
HEAVIEST = 0.999  # exponents of tails from which on a moment is infinite
UNLIKELY = -80.0  # log probability of counts that are left out
FEW, MOST = 10**4, 10**7  # counts that are all taken, and that can be


def mean_and_variance(distribution):
    """Both moments of a distribution of numbers, which has tails."""
    if distribution.support_of().discrete:
        return _of_counts(distribution)
    return _of_numbers(distribution)


def _of_numbers(distribution):
    shape = (-1, *(1,) * len(distribution.batch_shape))
    s = np.reshape(math.pi * np.sinh(PLACES), shape)
    log_share, log_left = -np.logaddexp(0, -s), -np.logaddexp(0, s)
    weight = np.reshape(np.cosh(PLACES), shape) * np.exp(log_share + log_left)
    weight = weight / weight.sum()
    places, weights, pieces = [], [], list(_pieces(distribution))
    for below, mass, above in pieces:
        log_q = tt.log(below + mass * np.exp(log_share))
        log_rest = tt.log(above + mass * np.exp(log_left))
        x = quantile_of_logs(distribution, log_q, log_rest)
        places.append(tt.switch(mass > 0, x, 0.0))
        weights.append(tt.broadcast_to(mass * weight, places[-1].type.shape))
    masses = [mass for _, mass, _ in pieces]
    ends = [(masses[0], places[0][0], places[0][1]), (masses[-1], places[-1][-1], places[-1][-2])]
    x, w = tt.concatenate(places, axis=0), tt.concatenate(weights, axis=0)
    tails = [_Tail(distribution, log_share, *ends[side], side) for side in (0, 1)]
    mean = tt.sum(w * x, axis=0) + sum(tail.beyond(1, 0.0) for tail in tails)
    away = tt.sum(w * tt.sqr(x - mean), axis=0)
    away = away + sum(tail.beyond(2, mean) for tail in tails)
    return mean, tt.switch(tt.isinf(mean), math.inf, away)


def _pieces(distribution):
    """Probabilities below, inside and above the pieces between corners of the density."""
    corners = distribution.corners()
    below = [0.0, *(tt.exp(distribution.log_cdf(c)) for c in corners), 1.0]
    above = [1.0, *(tt.exp(distribution.log_ccdf(c)) for c in corners), 0.0]
    for i in range(len(corners) + 1):
        low = below[i + 1] - below[i]
        high = above[i] - above[i + 1]
        mass = tt.maximum(tt.switch(tt.lt(below[i], 0.5), low, high), 0.0)
        yield below[i], mass, above[i + 1]


class _Tail:
    """What lies beyond the outermost node: ``x`` grows like a power of the probability left."""

    def __init__(self, distribution, log_share, mass, last, before, side):
        support = distribution.support_of()
        self.open = (support.lower, support.upper)[side] is None
        self.mass, self.last, self.before = mass, last, before
        self.log_last, self.log_before = log_share.ravel()[:2]

    def beyond(self, power, center):
        """Its part of the moment of that power around ``center``."""
        if not self.open:
            return 0.0
        far, near = self.last - center, self.before - center
        slope = tt.log(tt.abs(far)) - tt.log(tt.abs(near))
        exponent = power * slope / (self.log_before - self.log_last)
        part = far**power * (self.mass * math.exp(self.log_last))
        heavy = exponent > HEAVIEST
        left = 1 - tt.switch(heavy, 0.0, exponent)
        half = 0.5 * (self.log_last - self.log_before)  # the last node stands for as much beyond
        finite = part * tt.exp(left * half) / left
        return tt.switch(heavy, tt.sign(part) * math.inf, finite)


def _of_counts(distribution):
    low, high = _likely(distribution)
    count = tt.max(high - low) + 1
    axes = (slice(None), *(None,) * len(distribution.batch_shape))
    if inputs_of([count]):
        steps = tt.arange(count)
    else:
        (number,) = evaluate([count], {})
        if not number <= MOST:
            raise NotImplementedError(
                f"{distribution.label}: the moments are sums over {number:.3g} counts, too many"
            )
        steps = tt.constant(np.arange(float(number)))
    k = low + steps[axes]
    p = tt.switch(k <= high, tt.exp(distribution.log_density(k)), 0.0)
    p = p / tt.sum(p, axis=0)
    mean = tt.sum(k * p, axis=0)
    return mean, tt.sum(tt.sqr(k - mean) * p, axis=0)


def _likely(distribution):
    """The ends of the support, or the counts beyond which next to nothing lies."""
    support = distribution.support_of()
    ends = [support.lower, support.upper]
    if None not in ends:
        ends = [tt.as_tensor_variable(end) for end in ends]
        if not inputs_of(ends) and _span(*evaluate(ends, {})) < FEW:
            return ends
    logs = tt.constant(UNLIKELY), tt.constant(math.log1p(-math.exp(UNLIKELY)))
    low, high = (quantile_of_logs(distribution, *logs[::way]) for way in (1, -1))
    low = low if ends[0] is None else tt.maximum(low, ends[0])
    return low, high if ends[1] is None else tt.minimum(high, ends[1])


def _span(low, high):
    return np.max(high - low, initial=0)


__all__ = ["mean_and_variance"]
