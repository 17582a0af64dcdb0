"""Combinations of log-gamma functions that keep their digits when the arguments are large.

Differences such as ``gammaln(x + a) - gammaln(a)`` cancel: at a = 1e10 nothing below 1e-5 is left
of them.  Here the leading terms of Stirling's series are combined by hand and only the remainders,
which are small, are subtracted.
"""

import math

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def gammaln_half_step(o, a):
    """``gammaln(a + 1/2) - gammaln(a)`` for a > 0."""
    return (
        o.stirling(a + 0.5)
        - o.stirling(a)
        + (a * o.log1p(0.5 / a) - 0.5)
        + 0.5 * o.log(a)
    )


def log_ratio(o, a, x, y):
    """``log((a + x) / (a + y))`` for a > 0 and x, y >= 0, with full digits near 0 too."""
    d = (x - y) / (a + y)
    return o.switch(d < -0.5, o.log((a + x) / (a + y)), o.log1p(o.maximum(d, -0.5)))


def betaln(o, a, b):
    """Logarithm of the beta function for a, b > 0."""
    return (
        HALF_LOG_2PI
        - (a - 0.5) * o.log1p(b / a)
        - (b - 0.5) * o.log1p(a / b)
        - 0.5 * o.log(a + b)
        + o.stirling(a)
        + o.stirling(b)
        - o.stirling(a + b)
    )


def binomln(o, n, k):
    """Logarithm of the number of ways to choose k of n."""
    return o.gammaln(n + 1) - o.gammaln(k + 1) - o.gammaln(n - k + 1)
