"""Quantiles by a search on the cumulative distribution function.

For every distribution that has tails but no formula of its quantiles: the smallest value whose
cumulative probability is at least ``q``.  Between the ends of the support an interval is halved a
fixed number of times, first by the exponents of its ends and then by the numbers themselves, so
that nothing but rounding is left of it whatever the scale.  Up to ``q = 1/2`` the lower tail
decides, above that the upper one, which keeps its digits where the probability is close to one.

The derivative is that of the inverse function: the density and the derivatives of the tails at the
quantile.  It does not go through the steps of the search.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, Variable, new_variable
from graphcore.graph.walk import inputs_of, replace
from graphcore.ops.inner import OpFromGraph
from graphcore.tensor.scan import scan

LARGEST, SMALLEST = 1.7e308, 1e-307
HALVINGS = 70  # 11 of the exponents, 53 of the digits, one at zero, and a few to spare
LOG_HALF = math.log(0.5)
EPS = float(np.finfo(float).eps)


class Quantile(OpFromGraph):
    """Quantiles of one distribution, by halving.

    Parameters
    ----------
    inputs : list of Variable
        The logarithms of the probability and of what is left of it, and all that the distribution
        depends on.
    found : Variable
        The result of the search.
    at : Variable
        A place, for ``rules``.
    rules : list of Variable
        Logarithms there of the lower tail, the upper tail and the density.
    discrete : bool
    """

    def __init__(self, inputs, found, at, rules, discrete):
        super().__init__(inputs, [found], name="quantile")
        inner = dict(zip(inputs, self.inner_inputs, strict=True))
        self.discrete, self.at = discrete, at
        self.rules = [replace([v], inner)[0] for v in rules]

    def vjp(self, inputs, outputs, cotangents, needed):
        (x,), (g,) = outputs, cotangents
        own = self.inner_inputs
        if self.discrete:
            return [tt.zeros_like(v) if v.dtype == "float64" else None for v in inputs]
        below, above, density = self.rules
        lower = own[0] <= LOG_HALF
        weight = new_variable(x.type)
        tail = tt.switch(lower, below, above)
        wanted = [v for v, n in zip(own[2:], needed[2:], strict=True) if n and v.dtype == "float64"]
        slopes = tt.grad(tt.sum(weight * tail), wanted, disconnected_inputs="ignore")
        swap = dict(zip(own, inputs, strict=True)) | {self.at: x}
        share, lower = replace([tt.exp(tail - density), lower], swap)
        by_q, by_rest = tt.switch(lower, g * share, 0.0), tt.switch(lower, 0.0, -g * share)
        swap[weight] = -(by_q + by_rest)
        found = dict(zip(wanted, replace(slopes, swap), strict=True))
        return [by_q, by_rest, *(found.get(v) for v in own[2:])]


def quantile(distribution, probability):
    """The quantiles of probabilities strictly between 0 and 1."""
    return quantile_of_logs(distribution, *_logs(distribution, probability))


def _logs(distribution, q):
    """Logarithms of a probability and of what it leaves, which has lost digits close to one."""
    rest = tt.log1p(-q)
    if distribution.support_of().discrete:
        rest = rest + 0.35 * EPS / (1 - q)
    return tt.log(q), rest


def quantile_of_logs(distribution, log_q, log_rest):
    """The quantiles of ``exp(log_q)``, of which ``exp(log_rest)`` is left to one."""
    log_q, log_rest = (_full(distribution, v) for v in (log_q, log_rest))
    q, rest, at = (new_variable(log_q.type, name=name) for name in ("log_q", "log_rest", "at"))
    found = _search(distribution, q, rest)
    rules = [
        distribution.log_cdf(at),
        distribution.log_ccdf(at),
        distribution.log_density(at, inside=True),
    ]
    leaves = [v for v in inputs_of([found, *rules]) if v not in {q, rest, at}]
    op = Quantile([q, rest, *leaves], found, at, rules, distribution.support_of().discrete)
    return op(log_q, log_rest, *leaves)


def _full(distribution, v):
    """An argument in the shape of the result."""
    if None in distribution.shape or not v.type.is_static:
        return v + tt.zeros_like(distribution.log_cdf(v))
    shape = np.broadcast_shapes(v.type.shape, distribution.batch_shape)
    return v if v.type.shape == shape else tt.broadcast_to(v, shape)


def settled(distribution, q, k):
    """The quantile of counts from the result of a formula, which rounding may move by one."""
    reached = _reached(distribution, *_logs(distribution, q))
    above = tt.switch(reached(k), k, k + 1)
    return tt.switch(reached(k - 1), k - 1, above)


def at_ends(support, q, inner):
    """Quantiles with the ends of the support where ``q`` is 0 or 1."""
    low = -math.inf if support.lower is None else support.lower
    high = math.inf if support.upper is None else support.upper
    return tt.switch(tt.eq(q, 0), low, tt.switch(tt.eq(q, 1), high, inner))


def _reached(distribution, log_q, log_rest):
    """A test of a value: whether its cumulative probability is that much or more.

    That of counts allows for the rounding of a probability that is itself computed from a tail, so
    that the quantile of the probability of up to ``k`` is ``k``.
    """
    lower = log_q <= LOG_HALF
    if distribution.support_of().discrete:
        rest = tt.exp(log_rest)
        log_q = log_q - 4 * EPS * (1 - log_q)
        log_rest = log_rest + tt.minimum(4 * EPS / rest, 1e-3)

    def reached(x):
        return tt.switch(
            lower,
            tt.ge(distribution.log_cdf(x), log_q),
            tt.le(distribution.log_ccdf(x), log_rest),
        )

    return reached


def _search(distribution, log_q, log_rest):
    support, reached = distribution.support_of(), _reached(distribution, log_q, log_rest)
    low, high = -LARGEST, LARGEST
    if support.lower is not None:
        low = tt.maximum(support.lower - int(support.discrete), low)
    if support.upper is not None:
        high = tt.minimum(support.upper, high)

    def halve(low, high):
        middle = _middle(low, high, support.discrete)
        there = reached(middle)
        return tt.switch(there, low, middle), tt.switch(there, middle, high)

    zeros = tt.zeros_like(log_q)
    (_, highs), _ = scan(halve, outputs_info=[zeros + low, zeros + high], n_steps=_count(support))
    found = highs[-1]
    if support.lower is None or support.discrete:
        return found
    return tt.switch(reached(zeros + support.lower), support.lower, found)  # a mass at the end


def _middle(low, high, discrete):
    """A number between two: zero, or halfway by their exponents, or halfway."""
    least, factor = (0.5, 4) if discrete else (SMALLEST, 2)
    a, b = (tt.maximum(tt.abs(v), least) for v in (low, high))
    size = tt.sqrt(a) * tt.sqrt(b)
    far = tt.switch(low < 0, -size, size)
    wide = tt.maximum(a, b) > factor * tt.minimum(a, b)
    middle = tt.switch(wide, far, low + 0.5 * (high - low))
    middle = tt.switch((low < 0) & (high > 0), 0.0, middle)
    return tt.floor(middle) if discrete else middle


def _count(support):
    """How often to halve: not so often between constant ends of counts."""
    ends = [v.data if isinstance(v, Constant) else v for v in (support.lower, support.upper)]
    if not support.discrete or any(v is None or isinstance(v, Variable) for v in ends):
        return HALVINGS
    values = float(np.max(ends[1] - ends[0] + 2, initial=2))
    return min(HALVINGS, math.ceil(math.log2(values)) + 6) if math.isfinite(values) else HALVINGS


__all__ = ["Quantile", "at_ends", "quantile", "quantile_of_logs", "settled"]
