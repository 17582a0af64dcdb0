"""Directions and lengths of vectors: VonMises, Rice."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import Constraint, nonnegative, positive, real
from graphcore.model.distributions.parameters import Alt, Param
from graphcore.model.distributions.quadrature import (
    DROP,
    along,
    log_integral,
    log_mean,
    rule,
    stretch,
)
from graphcore.model.distributions.transforms import circular

LOG_2PI = math.log(2 * math.pi)

# Chebyshev coefficients of exp(-x) I0(x) in x / 4 - 1 for x up to 8, and of sqrt(x) exp(-x) I0(x)
# in 16 / x - 1 beyond; those left out are below 3e-18.
_NEAR = (
    0.33839763720473803, -0.3046826723431984, 0.17162090152220877,
    -0.09490109704804764, 0.04930528423967071, -0.02373741480589947,
    0.010546460394594998, -0.004324309995050576, 0.0016394756169413357,
    -0.0005763755745385824, 0.00018850288509584165, -5.754195010082104e-05,
    1.6448448070728896e-05, -4.4167383584587505e-06, 1.1173875391201037e-06,
    -2.670793853940612e-07, 6.046995022541919e-08, -1.300025009986248e-08,
    2.6598237246823866e-09, -5.189795601635263e-10, 9.675809035373237e-11,
    -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13,
    7.676185498604936e-14, -1.1685332877993451e-14, 1.715391285555133e-15,
    -2.431279846547955e-16, 3.3307945188222384e-17, -4.4153416464793395e-18,
)  # fmt: skip
_FAR = (
    0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-05,
    2.8913705208347567e-06, 2.0489185894690638e-07, 2.266668990498178e-08,
    3.3962320257083865e-09, 4.94060238822497e-10, 1.1889147107846439e-11,
    -3.1499165279632416e-11, -1.3215811840447713e-11, -1.7941785315068062e-12,
    7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14,
    -4.150569347287222e-14, -9.554846698828307e-15, 3.8116806693526224e-15,
    1.7725601330565263e-15, -3.425485619677219e-16, -2.8276239805165836e-16,
    3.461222867697461e-17, 4.46562142029676e-17, -4.830504485944182e-18,
    -7.233180487874754e-18,
)  # fmt: skip


def _chebyshev(o, y, coefficients):
    """Clenshaw's sum of a Chebyshev series."""
    before = here = 0.0
    for c in reversed(coefficients[1:]):
        before, here = here, 2 * y * here - before + c
    return y * here - before + coefficients[0]


def log_i0e(o, x):
    """Logarithm of ``exp(-x) I0(x)``, the scaled Bessel function of order 0, for x >= 0."""
    near = o.log(_chebyshev(o, o.minimum(x, 8.0) * 0.25 - 1, _NEAR))
    large = o.maximum(x, 8.0)
    far = o.log(_chebyshev(o, 16 / large - 1, _FAR)) - 0.5 * o.log(large)
    return o.switch(x < 8, near, far)


_direction = Constraint(
    "an angle from -pi to pi",
    lambda o, x: o.abs(x) <= math.pi,
    transform=circular,
    lower=-math.pi,
    upper=math.pi,
)


def _falling(o, start, length, kappa):
    """Log mean density of angles from ``start`` on, on the side on which they grow to pi.

    Returns
    -------
    (log_mean, length)
        The length that counts: not more than where the density has fallen by ``exp(-DROP)``.
    """
    each = along(o, kappa)

    def log_density(t):
        return -2 * each * o.sqr(o.sin(0.5 * t)) - (log_i0e(o, each) + LOG_2PI)

    end, width = o.cos(start) - DROP / kappa, o.sqrt(kappa)
    falls = end > -1
    reach = o.arccos(o.switch(falls, end, 0.0)) - start
    reach = o.maximum(reach, stretch(o, o.sin(start) * width) / width)
    length = o.switch(falls, o.minimum(length, reach), length)
    return log_mean(o, log_density, start, length), length


def _angles(o, x, mu, kappa):
    """Log probabilities of lying below and above ``x``, between -pi and pi."""
    mu = mu - 2 * math.pi * o.round(mu / (2 * math.pi))
    mirrored = mu < 0
    # a switch has a derivative at zero, which the absolute value has not
    mu, y = o.switch(mirrored, -mu, mu), o.clip(o.switch(mirrored, -x, x), -math.pi, math.pi)
    b = y - mu  # angle from the mode, from -2 pi on; -pi is on the mode's other side
    start = o.minimum(o.switch(b >= 0, b, -b), math.pi)
    # what lies behind x, as seen from the mode: up to pi above it, to the antimode below it
    density, length = _falling(o, start, o.switch(b >= 0, math.pi - y, math.pi - start), kappa)
    behind = density + o.log(o.maximum(length, 1e-300))
    # what lies between -pi and the antimode, or up to x if that comes before; the length may be 0
    before = b > -math.pi
    density, length = _falling(o, math.pi - mu, o.switch(before, mu, y + math.pi), kappa)
    both = behind + o.log1p(length * o.exp(o.minimum(density - behind, 700.0)))
    alone = density + o.log(o.switch(before, 1.0, o.maximum(length, 1e-300)))
    below = o.minimum(o.switch(before, both, alone), 0.0)
    below = o.switch(b >= 0, o.log1mexp(o.minimum(behind, 0.0)), below)
    above = o.switch(b >= 0, o.minimum(behind, 0.0), o.log1mexp(below))
    return o.switch(mirrored, above, below), o.switch(mirrored, below, above)


def _turned(o, mu, kappa):
    """Mean and variance of angles as numbers from -pi to pi.

    Around ``mu`` the density is symmetric; what lies beyond pi comes out at the other end.
    """
    turn = 2 * math.pi
    mu = mu - turn * o.round(mu / turn)
    size, side = o.switch(mu < 0, -mu, mu), o.switch(mu < 0, -1.0, 1.0)

    def moments(start):
        """Probability, mean and mean square of distances from the mode beyond ``start``."""
        _, length = _falling(o, start, math.pi - start, kappa)
        x, log_w = rule()
        s = along(o, start) + along(o, length) * x
        kernel = -2 * along(o, kappa) * o.sqr(o.sin(0.5 * s))
        w = o.exp(log_w + kernel - (log_i0e(o, along(o, kappa)) + LOG_2PI)) * along(o, length)
        return [o.sum(w * s**k, axis=-1) for k in range(3)]

    whole = moments(0.0 * size)[2] * 2
    share, first, _ = moments(math.pi - size)
    mean = size - turn * share
    # squares of size + s, and of size + s - turn beyond pi, each less the mean
    shifted = -2 * turn * (first + (size - mean) * share) + turn**2 * share
    return side * mean, whole + o.sqr(size - mean) + shifted


class VonMises(Distribution):
    """Directions around ``mu`` with concentration ``kappa``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.VonMises.dist(mu=0, kappa=1).logp(0.0).eval()), 6)
    -1.073791
    """

    params = {
        "mu": Param(real, default=0.0, typical=(-0.2, 0.2)),
        "kappa": Param(positive, default=1.0, typical=(2.0, 12.0)),
    }
    support = _direction

    def logp(o, x, mu, kappa):
        half = o.sin(0.5 * (x - mu))
        return -2 * kappa * o.sqr(half) - (log_i0e(o, kappa) + LOG_2PI)

    def logcdf(o, x, mu, kappa):
        inner = o.switch(x >= math.pi, 0.0, _angles(o, x, mu, kappa)[0])
        return o.switch(x > -math.pi, inner, -math.inf)

    def logccdf(o, x, mu, kappa):
        inner = o.switch(x <= -math.pi, 0.0, _angles(o, x, mu, kappa)[1])
        return o.switch(x < math.pi, inner, -math.inf)

    def mean(o, mu, kappa):
        return _turned(o, mu, kappa)[0]

    def variance(o, mu, kappa):
        return _turned(o, mu, kappa)[1]

    def support_point(o, mu, kappa):
        return mu - 2 * math.pi * o.round(mu / (2 * math.pi))

    def random(rng, size, mu, kappa):
        return rng.vonmises(mu, kappa, size)

    def ref(mu, kappa):
        from scipy import stats

        return stats.vonmises(kappa, mu)


def _lengths(o, x, nu, sigma):
    """Log probabilities of a length below and above ``x`` > 0."""
    z, shift = o.clip(x, 1e-300, 1e150) / sigma, nu / sigma
    each = along(o, shift)

    def log_density(t):
        return o.log(t) - 0.5 * o.sqr(t - each) + log_i0e(o, t * each)

    low = z < o.maximum(shift, 1.0)  # each tail from its own side
    down = -o.minimum(z, stretch(o, o.maximum(shift - z, 0.0)))
    up = stretch(o, o.maximum(z - shift, 0.0))
    tail = o.minimum(log_integral(o, log_density, z, o.switch(low, down, up)), 0.0)
    rest = o.log1mexp(tail)
    return o.switch(low, tail, rest), o.switch(low, rest, tail)


class Rice(Distribution):
    """Distance from zero of a point at distance ``nu`` with noise ``sigma`` in two directions.

    ``b`` is ``nu / sigma`` and may be given instead of ``nu``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.Rice.dist(nu=0, sigma=1).logp(1.0).eval()), 6)
    -0.5
    """

    params = {
        "nu": Param(nonnegative, typical=(0.2, 6.0)),
        "sigma": Param(positive, default=1.0, typical=(0.5, 2.0)),
    }
    alt = (
        Alt(
            lambda o, b, sigma: {"nu": b * sigma, "sigma": sigma},
            gives=("nu", "sigma"),
            params={
                "b": Param(nonnegative, typical=(0.2, 6.0)),
                "sigma": Param(positive, default=1.0, typical=(0.5, 2.0)),
            },
        ),
    )
    support = nonnegative

    def logp(o, x, nu, sigma):
        z, shift = x / sigma, nu / sigma
        return o.log(z) - o.log(sigma) - 0.5 * o.sqr(z - shift) + log_i0e(o, z * shift)

    def logcdf(o, x, nu, sigma):
        return o.switch(x > 0, _lengths(o, x, nu, sigma)[0], -math.inf)

    def logccdf(o, x, nu, sigma):
        inner = o.switch(x > 0, _lengths(o, x, nu, sigma)[1], 0.0)
        return o.switch(x < math.inf, inner, -math.inf)

    def mean(o, nu, sigma):
        # Laguerre's polynomial of degree 1/2
        half = o.sqr(nu / sigma) / 4
        bessel = (0.5 + half) * o.i0e(half) + half * o.i1e(half)
        return sigma * math.sqrt(2 * math.pi) * bessel

    def variance(o, nu, sigma):
        shift = nu / sigma
        far = shift > 30  # the mean is shift + d / shift there, by the series of the same
        s = 1 / o.sqr(o.maximum(shift, 30.0))
        d = 0.5 + s * (0.125 + s * (0.1875 + s * (0.5859375 + s * 2.87109375)))
        near = 2 * o.sqr(sigma) + o.sqr(nu) - o.sqr(Rice.mean(o, nu, sigma))
        return o.switch(far, o.sqr(sigma) * (2 - d * (2 + d * s)), near)

    def support_point(o, nu, sigma):
        return Rice.mean(o, nu, sigma)

    def random(rng, size, nu, sigma):
        return np.hypot(nu + rng.normal(0, sigma, size), rng.normal(0, sigma, size))

    def ref(nu, sigma):
        from scipy import stats

        return stats.rice(nu / sigma, scale=sigma)
