"""Combinations of log-gamma functions that keep their digits when the arguments are large.

Differences such as ``gammaln(x + a) - gammaln(a)`` cancel: at a = 1e10 nothing below 1e-5 is left
of them.  Here the leading terms of Stirling's series are combined by hand and only the remainders,
which are small, are subtracted.
"""

import math

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_LARGE = 10.0
# Coefficients of a**-1, a**-3, ... in the remainder of Stirling's series; at 10 the first one left
# out is below 1e-15.
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
# The same for the logarithm of gamma(a + 1/2) / (gamma(a) sqrt(a)).
_HALF_STEP = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224)


def stirling_remainder(o, a):
    """``gammaln(a) - ((a - 1/2) log(a) - a + log(2 pi) / 2)`` for a > 0."""
    direct = o.gammaln(a) - (a - 0.5) * o.log(a) + a - HALF_LOG_2PI
    return o.switch(a < _LARGE, direct, _series(o, a, _SERIES))


def _series(o, a, coefficients):
    """Sum of ``coefficients[k] / a**(2 k + 1)`` for a large ``a``, with one division."""
    inverse = 1 / o.maximum(a, _LARGE)  # keeps the branch not taken, and its derivative, finite
    r = inverse * inverse
    series = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        series = series * r + c
    return series * inverse


def gammaln_half_step(o, a):
    """``gammaln(a + 1/2) - gammaln(a)`` for a > 0."""
    direct = o.gammaln(a + 0.5) - o.gammaln(a)
    far = 0.5 * o.log(o.maximum(a, _LARGE)) + _series(o, a, _HALF_STEP)
    return o.switch(a < _LARGE, direct, far)


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
        + stirling_remainder(o, a)
        + stirling_remainder(o, b)
        - stirling_remainder(o, a + b)
    )


def binomln(o, n, k):
    """Logarithm of the number of ways to choose k of n."""
    return o.gammaln(n + 1) - o.gammaln(k + 1) - o.gammaln(n - k + 1)
