"""Further distributions of counts."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import (
    Constraint,
    count,
    counts_up_to,
    from_one,
    open_probability,
    positive,
    probability,
    whole,
    whole_between,
)
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import betaln, binomln, rising, rising_excess
from graphcore.model.distributions.tables import Tabled, largest


class DiscreteUniform(Distribution):
    """Whole numbers from ``lower`` to ``upper``, all equally likely.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.DiscreteUniform.dist(1, 6).logp(3).eval()), 6)
    -1.791759
    """

    params = {"lower": Param(whole, typical=(0, 5)), "upper": Param(whole, typical=(6, 12))}
    relations = ((lambda o, lower, upper: lower <= upper, "lower <= upper"),)

    def support(lower, upper):
        return whole_between(lower, upper)

    def logp(o, x, lower, upper):
        return -o.log(upper - lower + 1) + o.zeros_like(x)

    def logcdf(o, x, lower, upper):
        n = upper - lower + 1
        return o.log(o.clip((o.floor(x) - lower + 1) / n, 0.0, 1.0))

    def logccdf(o, x, lower, upper):
        n = upper - lower + 1
        return o.log(o.clip((upper - o.floor(x)) / n, 0.0, 1.0))

    def mean(o, lower, upper):
        return 0.5 * (lower + upper)

    def variance(o, lower, upper):
        return (o.sqr(upper - lower + 1) - 1) / 12

    def support_point(o, lower, upper):
        return o.floor(0.5 * (lower + upper))

    def icdf(o, q, lower, upper):
        return o.maximum(lower, lower - 1 + o.ceil(q * (upper - lower + 1)))

    def random(rng, size, lower, upper):
        return rng.integers(lower.astype("int64"), upper.astype("int64"), size, endpoint=True)

    def ref(lower, upper):
        from scipy import stats

        return stats.randint(lower, upper + 1)


class Geometric(Distribution):
    """Trials up to and including the first success, of probability ``p`` each.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Geometric.dist(0.5).logp(1).eval()), 6)
    -0.693147
    """

    params = {"p": Param(probability, typical=(0.1, 0.9))}
    support = from_one

    def logp(o, x, p):
        return o.log(p) + o.xlog1py(x - 1, -p)

    def logcdf(o, x, p):
        return o.log1mexp(o.xlog1py(o.maximum(o.floor(x), 0.0), -p))

    def logccdf(o, x, p):
        return o.xlog1py(o.maximum(o.floor(x), 0.0), -p)

    def mean(o, p):
        return 1 / p

    def variance(o, p):
        return (1 - p) / o.sqr(p)

    def support_point(o, p):
        return o.round(1 / p)

    def icdf(o, q, p):
        return o.maximum(1.0, o.ceil(o.log1p(-q) / o.log1p(-p)))

    def random(rng, size, p):
        return rng.geometric(p, size)

    def ref(p):
        from scipy import stats

        return stats.geom(p)


class BetaBinomial(Tabled):
    """Successes among ``n`` trials whose probability is Beta(``alpha``, ``beta``).

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.BetaBinomial.dist(alpha=1, beta=1, n=3).logp(2).eval()), 6)
    -1.386294
    """

    params = {
        "alpha": Param(positive, typical=(0.5, 5.0)),
        "beta": Param(positive, typical=(0.5, 5.0)),
        "n": Param(count, typical=(3, 20)),
    }

    def last_value(self):
        return largest(self, "n")

    def support(alpha, beta, n):
        return counts_up_to(n)

    def logp(o, x, alpha, beta, n):
        inside = o.clip(x, 0.0, n)
        others = n - inside
        # many trials: a ratio of beta functions; large parameters: products of that many numbers
        many = betaln(o, inside + alpha, others + beta) - betaln(o, alpha, beta)
        few = rising_excess(o, alpha, inside) + rising_excess(o, beta, others)
        few = few - rising_excess(o, alpha + beta, n)
        few = few - inside * o.log1p(beta / alpha) - others * o.log1p(alpha / beta)
        return binomln(o, n, inside) + o.switch(alpha + beta < n, many, few)

    def mean(o, alpha, beta, n):
        return n * alpha / (alpha + beta)

    def variance(o, alpha, beta, n):
        total = alpha + beta
        return n * alpha * beta * (total + n) / (o.sqr(total) * (total + 1))

    def support_point(o, alpha, beta, n):
        return o.round(n * alpha / (alpha + beta))

    def random(rng, size, alpha, beta, n):
        return rng.binomial(n.astype("int64"), rng.beta(alpha, beta, size))

    def ref(alpha, beta, n):
        from scipy import stats

        return stats.betabinom(n, alpha, beta)


class HyperGeometric(Tabled):
    """Good ones among ``n`` drawn, without putting back, from ``N`` of which ``k`` are good.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.HyperGeometric.dist(N=10, k=5, n=1).logp(1).eval()), 6)
    -0.693147
    """

    params = {
        "N": Param(count, typical=(20, 30)),
        "k": Param(count, typical=(5, 15)),
        "n": Param(count, typical=(3, 12)),
    }
    relations = (
        (lambda o, N, k: k <= N, "k <= N"),
        (lambda o, N, n: n <= N, "n <= N"),
    )

    def last_value(self):
        return largest(self, "n")

    def support(N, k, n):
        return Constraint(
            "a whole number from max(0, n + k - N) to min(k, n)",
            lambda o, x: whole.holds(o, x) & (x >= 0) & (x >= n + k - N) & (x <= k) & (x <= n),
            discrete=True,
            nonnegative=True,
            lower=tt.maximum(n + k - N, 0.0),
            upper=tt.minimum(k, n),
        )

    def logp(o, x, N, k, n):
        drawn, marked = o.minimum(n, k), o.maximum(n, k)  # they may change places
        good = o.clip(x, 0.0, drawn)
        bad = drawn - good

        def ordered(of, few):
            """Ways to draw some of more in order."""
            return rising(o, o.maximum(of - few + 1, 1.0), few)

        ways = ordered(marked, good) + ordered(N - marked, bad) - ordered(N, drawn)
        return ways + binomln(o, drawn, good)

    def mean(o, N, k, n):
        return n * k / N

    def variance(o, N, k, n):
        share = k / N
        return n * share * (1 - share) * (N - n) / (N - 1)

    def support_point(o, N, k, n):
        return o.floor((n + 1) * (k + 1) / (N + 2))

    def random(rng, size, N, k, n):
        good, bad, drawn = (v.astype("int64") for v in (k, N - k, n))
        return rng.hypergeometric(good, bad, drawn, size)

    def ref(N, k, n):
        from scipy import stats

        return stats.hypergeom(N, k, n)


_SUMMED = 512


def _survival_sums(o, q, beta):
    """The sums over k = 1, 2, ... of ``q**(k**beta)`` and of ``k * q**(k**beta)``.

    The first terms by themselves, the rest by the formula of Euler and Maclaurin.
    """
    rate = -o.log(q)
    k = np.arange(1.0, _SUMMED)
    each, power = (o.expand_dims(v, v.ndim) for v in map(o.as_tensor_variable, (rate, beta)))
    terms = o.exp(-each * k**power)
    n = float(_SUMMED)
    g = rate * n**beta
    last = o.exp(-g)
    # derivatives of g, and of exp(-g) over itself
    g1 = g * beta / n
    g2 = g1 * (beta - 1) / n
    g3 = g2 * (beta - 2) / n
    first, second, third = -g1, o.sqr(g1) - g2, 3 * g1 * g2 - g3 - g1**3

    def rest(power, value, slope, bend):
        """Of n**(power - 1) * exp(-g) from n on: integral, value and first and third slopes."""
        a = power / beta
        size = o.exp(o.gammaln(a) - a * o.log(rate)) / beta
        return size * o.gammaincc(a, g) + last * (value / 2 - slope / 12 + bend / 720)

    return (
        o.sum(terms, axis=-1) + rest(1.0, 1.0, first, third),
        o.sum(k * terms, axis=-1) + rest(2.0, n, 1 + n * first, 3 * second + n * third),
    )


class DiscreteWeibull(Distribution):
    """Counts of which more than x happen with probability ``q**((x + 1)**beta)``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.DiscreteWeibull.dist(q=0.5, beta=1).logp(0).eval()), 6)
    -0.693147
    """

    params = {
        "q": Param(open_probability, typical=(0.2, 0.9)),
        "beta": Param(positive, typical=(0.6, 2.0)),
    }
    support = count

    def logp(o, x, q, beta):
        before = o.pow(o.maximum(x, 0.0), beta)
        # (x + 1)**beta - x**beta, without taking a difference of nearly equal numbers
        step = before * o.expm1(beta * o.log1p(1 / o.maximum(x, 1.0)))
        return before * o.log(q) + o.log1mexp(o.switch(x > 0, step, 1.0) * o.log(q))

    def logcdf(o, x, q, beta):
        return o.log1mexp(o.pow(o.maximum(o.floor(x) + 1, 0.0), beta) * o.log(q))

    def logccdf(o, x, q, beta):
        return o.pow(o.maximum(o.floor(x) + 1, 0.0), beta) * o.log(q)

    def mean(o, q, beta):
        return _survival_sums(o, q, beta)[0]

    def variance(o, q, beta):
        first, second = _survival_sums(o, q, beta)
        return 2 * second - first - o.sqr(first)

    def support_point(o, q, beta):
        return o.maximum(o.floor(o.pow(math.log(0.5) / o.log(q), 1 / beta)) - 1, 0.0)

    def random(rng, size, q, beta):
        with np.errstate(over="ignore"):
            x = np.ceil((-rng.exponential(1.0, size) / np.log(q)) ** (1 / beta)) - 1
        return np.maximum(x, 0)
