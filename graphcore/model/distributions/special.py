"""Combinations of log-gamma functions that keep their digits when the arguments are large.

Differences such as ``gammaln(x + a) - gammaln(a)`` cancel: at a = 1e10 nothing below 1e-5 is left
of them.  Here the leading terms of Stirling's series are combined by hand and only the remainders,
which are small, are subtracted.
"""

import math

import numpy as np

from graphcore.model.distributions.quadrature import DROP, along, log_integral

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
LOG_2 = math.log(2.0)
SQRT_HALF = math.sqrt(0.5)


def gammaln_half_step(o, a):
    """``gammaln(a + 1/2) - gammaln(a)`` for a > 0."""
    return o.stirling(a + 0.5) - o.stirling(a) + (a * o.log1p(0.5 / a) - 0.5) + 0.5 * o.log(a)


def log_ratio(o, a, x, y):
    """``log((a + x) / (a + y))`` for a > 0 and x, y >= 0, with full digits near 0 too."""
    d = (x - y) / (a + y)
    return o.switch(d < -0.5, o.log((a + x) / (a + y)), o.log1p(o.maximum(d, -0.5)))


def rising(o, a, k):
    """``gammaln(a + k) - gammaln(a)`` for a > 0 and k >= 0, with full digits for large a."""
    return k * o.log(a) + rising_excess(o, a, k)


def rising_excess(o, a, k):
    """:func:`rising` less ``k * log(a)``, which is what is left of it when a is large."""
    return (a + k - 0.5) * o.log1p(k / a) - k + o.stirling(a + k) - o.stirling(a)


def gap(o, d):
    """``d - log1p(d)`` for d > -1."""
    return d - o.log1p(d)


def near_gamma(o, a, t):
    """``log(t**a * exp(-t) / Gamma(a))`` near its mode, where the parts cancel when a is large.

    Returns
    -------
    (near, value)
        Where ``t`` is within half of ``a``, and the value there.
    """
    near = o.abs(t - a) < 0.5 * a
    d = o.switch(near, (t - a) / a, 0.0)
    return near, 0.5 * o.log(a) - HALF_LOG_2PI - o.stirling(a) - a * gap(o, d)


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


LEVELS = 14  # of continued fractions


def log_gammainc(o, a, x):
    """Logarithm of the regularised lower incomplete gamma function; -inf below zero."""
    x = o.maximum(x, 0.0)
    far, log_kernel = _far_gamma(o, a, x, x < a)
    near_a, near_x = o.switch(far, 1.0, a), o.switch(far, 1.0, x)
    p = o.gammainc(near_a, near_x)
    near = o.switch(p > 0.5, o.log1p(-o.gammaincc(near_a, near_x)), o.log(p))
    a, x, rest = o.switch(far, a, 2.0), o.switch(far, x, 1.0), 0.0
    for k in range(LEVELS, 0, -1):
        rest = -x * ((a + (k - 1)) / (a + (2 * k - 1) + k * x / (a + 2 * k + rest)))
    return o.switch(far, log_kernel - o.log(a + rest), near)


def log_gammaincc(o, a, x):
    """Logarithm of the regularised upper incomplete gamma function; 0 below zero."""
    x = o.maximum(x, 0.0)
    far, log_kernel = _far_gamma(o, a, x, x > a)
    near_a, near_x = o.switch(far, 1.0, a), o.switch(far, 1.0, x)
    q = o.gammaincc(near_a, near_x)
    near = o.switch(q > 0.5, o.log1p(-o.gammainc(near_a, near_x)), o.log(q))
    a, x, rest = o.switch(far, a, 1.0), o.switch(far, x, 2.0), 0.0
    for k in range(LEVELS, 0, -1):
        rest = k * (a - k) / (x - a + (2 * k + 1) + rest)
    return o.switch(far, log_kernel - o.log(x - a + 1 + rest), near)


def _far_gamma(o, a, x, side):
    """Whether a tail of the gamma distribution is taken as a continued fraction, and its factor.

    There it is too small for a double, or the parameter so large that the usual series, which
    stop after some thousand terms, have not converged.

    Returns
    -------
    (far, log_kernel)
        The factor is ``log(x**a * exp(-x) / Gamma(a))``.
    """
    far = side & (x > 0) & (x < math.inf)
    a, x = o.switch(far, a, 1.0), o.switch(far, x, 1.0)
    near, kernel = near_gamma(o, a, x)
    kernel = o.switch(near, kernel, a * o.log(x) - x - o.gammaln(a))
    unseen = (a > 1e6) & (o.sqr(x - a) > 20 * x)
    return far & ((kernel < -600) | unseen), kernel


def log_betainc(o, a, b, x, rest=None):
    """Logarithm of the regularised incomplete beta function; ``rest`` is ``1 - x``, if known."""
    x = o.clip(x, 0.0, 1.0)
    rest = 1 - x if rest is None else rest
    far, log_kernel = _far_beta(o, a, b, x, rest)
    near_a, near_b = o.switch(far, 1.0, a), o.switch(far, 1.0, b)
    near_x, near_rest = o.switch(far, 0.5, x), o.switch(far, 0.5, rest)
    p = o.betainc(near_a, near_b, near_x)
    near = o.switch(p > 0.5, o.log1p(-o.betainc(near_b, near_a, near_rest)), o.log(p))
    a, b, x, fraction = o.switch(far, a, 1.0), o.switch(far, b, 1.0), o.switch(far, x, 0.1), 1.0
    for m in range(LEVELS, -1, -1):
        if m < LEVELS:
            even = (m + 1) / (a + (2 * m + 1)) * ((b - (m + 1)) / (a + 2 * (m + 1)))
            fraction = 1 + even * x / fraction
        odd = (a + m) / (a + 2 * m) * ((a + b + m) / (a + (2 * m + 1)))
        fraction = 1 - odd * x / fraction
    return o.switch(far, log_kernel - o.log(a) - o.log(fraction), near)


def _far_beta(o, a, b, x, rest):
    """Whether the tail of a beta distribution is too small for a double, and its factor.

    Returns
    -------
    (far, log_kernel)
        The factor is ``log(x**a * rest**b / B(a, b))``, put together from what is small.
    """
    apart = b * x - a * rest  # the distance from the mean, times a + b
    far = (apart < 0) & (x > 0) & (a < math.inf) & (b < math.inf)
    a, b, x = o.switch(far, a, 1.0), o.switch(far, b, 1.0), o.switch(far, x, 0.25)
    rest, apart = o.switch(far, rest, 0.75), o.switch(far, apart, -0.5)
    total = a + b

    def away(d, ratio):
        """``d - log(1 + d)``, of which the logarithm may be known better from the ratio."""
        small = o.abs(d) < 0.5
        return d - o.switch(small, o.log1p(o.switch(small, d, 0.0)), o.log(ratio))

    powers = a * away(apart / a, x / a * total) + b * away(-apart / b, rest / b * total)
    scale = 0.5 * (o.log(a) + o.log(b) - o.log(total)) - HALF_LOG_2PI
    kernel = scale + o.stirling(total) - o.stirling(a) - o.stirling(b) - powers
    return far & (kernel < -600), kernel


def size_of(o, z):
    """The absolute value, whose derivative at 0 is 1: formulas of tails treat 0 as above it."""
    return o.switch(z < 0, -z, z)


def t_tail(o, z, nu):
    """Log probability of lying below ``z`` under Student's t."""
    square = o.sqr(z)
    near = square < o.minimum(nu, 1.0)  # both forms, each where its argument keeps digits
    flat = square < 1e-18 * nu  # where the density is that at 0
    share = o.switch(near, o.switch(flat, 0.5, square / (nu + square)), 0.5)
    half = 0.5 * nu
    height = 2 * o.exp(gammaln_half_step(o, half) - 0.5 * o.log(nu * math.pi))
    middle = o.switch(flat, height * size_of(o, z), o.betainc(0.5, half, share))
    far, whole = o.switch(near, 1.0, nu / (nu + square)), o.switch(near, 1.0, nu + square)
    outer = o.betainc(0.5 * nu, 0.5, far)
    tail = 0.5 * o.switch(near, 1 - middle, outer)
    lost = outer < 1e-280  # then its logarithm is found otherwise
    a, x, rest = o.switch(lost, 0.5 * nu, 1.0), o.switch(lost, far, 0.5), square / whole
    log_tail = o.switch(
        lost,
        log_betainc(o, a, 0.5, x, o.switch(lost, rest, 0.5)) - LOG_2,
        o.log(o.switch(lost, 1.0, tail)),
    )
    # Of many degrees of freedom the second one does not keep them before z**2 reaches nu.
    steep = (square >= 1) & (square < nu) & (nu > 30)
    size, many = o.switch(steep, size_of(o, z), 1.0), o.switch(steep, nu, 100.0)
    fall = 2 * DROP / (many + 1)
    length = o.sqrt(o.sqr(size) * o.exp(fall) + many * o.expm1(fall)) - size
    each = along(o, many)
    area = log_integral(o, lambda t: -0.5 * (each + 1) * o.log1p(o.sqr(t) / each), size, length) + (
        gammaln_half_step(o, 0.5 * many) - 0.5 * o.log(many * math.pi)
    )
    below = o.switch(steep, area, log_tail)
    return o.switch(z < 0, below, o.switch(steep, o.log1mexp(area), o.log1p(-tail)))


def t_quantile(o, q, nu):
    """The quantile of Student's t."""
    both = 2 * o.minimum(q, 1 - q)  # probability of both tails
    size = t_size(o, 1 - both, both, nu)
    return o.switch(q < 0.5, -size, size)


def t_size(o, inner, both, nu):
    """What Student's t exceeds on either side with probability ``both``, which is 1 - ``inner``."""
    middle = both > 0.5
    u = o.betaincinv(0.5, 0.5 * nu, o.switch(middle, inner, 0.5))
    w = o.betaincinv(0.5 * nu, 0.5, o.switch(middle, 0.5, both))
    return o.sqrt(nu * o.switch(middle, u / (1 - u), (1 - w) / w))


def exponential_part(o, z, r):
    """``r**2 / 2 - r z + log_ndtr(z - r)``, also where its terms cancel."""
    w = z - r
    u = o.maximum(-w, 0.0)
    # far out by the asymptotic series, as the derivative of erfcx cancels there
    distance = o.maximum(u, 1e3)
    inverse = 1 / o.sqr(distance)
    series = o.log1p(inverse * (3 * inverse - 1)) - o.log(distance) - HALF_LOG_2PI
    tail = o.switch(u > 1e3, series, o.log(0.5 * o.erfcx(o.minimum(u, 1e3) * SQRT_HALF)))
    far = tail - 0.5 * o.sqr(z)
    return o.switch(w < 0, far, r * (0.5 * r - z) + o.log_ndtr(w))


def count_cdf(o, x, of_whole, upper=False):
    """A cumulative log probability of counts at any number; ``of_whole`` takes whole ones."""
    inner = of_whole(o.clip(o.floor(x), 0.0, 1e300))
    return o.switch(x < 0, 0.0 if upper else -math.inf, inner)


def draw_poisson(rng, mu, size=None):
    """Poisson numbers; a mean that whole numbers cannot hold counts as the largest that they can.

    Examples
    --------
    >>> import numpy as np
    >>> int(draw_poisson(np.random.default_rng(1), 1e300) > 1e18)
    1
    """
    return rng.poisson(np.minimum(mu, 9.2e18), size)
