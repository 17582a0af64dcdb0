"""Random numbers between bounds far out in a tail, where hardly any draw of a distribution falls.

The tails are inverted by bisection, each element in the tail that is the smaller one at its lower
bound, so that no digits are lost however far out the bounds are.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.runtime.reference import evaluate

LOG_HALF = math.log(0.5)


def between(rng, base, given, low, high, tails):
    """One random number of a distribution between each pair of bounds.

    Parameters
    ----------
    rng : Generator
    base : Distribution
        With a logcdf.
    given : dict
        Values of the random variables that its parameters depend on.
    low, high : array
        Bounds of the shape of ``base``, infinite where there is none.
    tails : tuple of four arrays
        The logarithms of the probabilities below the lower bound, above it, below the upper bound
        and above it.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> d = pm.Exponential.dist(1.0).distribution
    >>> tails = np.log1p(-np.exp(-800.0)), -800.0, 0.0, -801.0
    >>> x = between(np.random.default_rng(1), d, {}, np.array(800.0), np.array(801.0), tails)
    >>> bool(800 < x < 801)
    True
    """
    shape = np.shape(low)
    below, above, up_to, beyond = (np.broadcast_to(t, shape) for t in tails)
    upper = below > LOG_HALF
    u = rng.random(shape)
    with np.errstate(divide="ignore"):
        near, far = np.where(upper, above, up_to), np.where(upper, beyond, below)
        wanted = np.logaddexp(near + np.log(u), far + np.log1p(-u))
    at = tt.TensorType("float64", shape)()
    both = [base.log_cdf(at), base.log_ccdf(at)]

    def too_small(x):
        lower_tail, upper_tail = evaluate(both, {at: x, **given})
        return np.where(upper, upper_tail > wanted, lower_tail < wanted)

    discrete = base.support_of().discrete
    start, end = _bracket(low - 1 if discrete else low, high, too_small)
    while True:
        middle = start + (end - start) / 2
        middle = np.floor(middle) if discrete else middle
        if not ((middle > start) & (middle < end)).any():
            return end
        small = too_small(middle)
        start, end = np.where(small, middle, start), np.where(small, end, middle)


def _bracket(low, high, too_small):
    """Finite ends between which the numbers lie, found by doubling from the finite ones."""
    open_low, open_high, width = np.isinf(low), np.isinf(high), 1.0
    start, end = low, high
    while True:
        start = np.where(open_low, np.where(np.isinf(high), 0.0, high) - width, start)
        end = np.where(open_high, np.where(np.isinf(low), 0.0, low) + width, end)
        open_low, open_high = open_low & ~too_small(start), open_high & too_small(end)
        if width > 1e300 or not (open_low | open_high).any():
            return start, end
        width *= 2
