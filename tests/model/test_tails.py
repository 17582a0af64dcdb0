"""Tails that are integrals: Rice, VonMises, SkewNormal against mpmath's quadrature of densities."""

import mpmath
import numpy as np
import pytest

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad

mp = mpmath.mp


def rice(t, nu, sigma):
    t, shift = t / sigma, nu / sigma
    near = mp.exp(-((t - shift) ** 2) / 2 - t * shift) * mp.besseli(0, t * shift)
    return t / sigma * near


def von_mises(t, mu, kappa):
    return mp.exp(kappa * mp.cos(t - mu)) / (2 * mp.pi * mp.besseli(0, kappa))


def skew_normal(t, alpha, mu, sigma):
    z = (t - mu) / sigma
    return 2 / sigma * mp.npdf(z) * mp.erfc(-alpha * z / mp.sqrt(2)) / 2


# distribution, density, support, parameters, x, scale on which the density changes at x
TAILS = [
    (pm.Rice, rice, (0, mp.inf), (0.0, 2.0), 1e-3, 1.0),
    (pm.Rice, rice, (0, mp.inf), (3.0, 2.0), 2.5, 2.0),
    (pm.Rice, rice, (0, mp.inf), (3.0, 0.5), 0.2, 0.1),
    (pm.Rice, rice, (0, mp.inf), (40.0, 1.0), 30.0, 0.1),
    (pm.Rice, rice, (0, mp.inf), (40.0, 1.0), 52.0, 0.1),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.0, 1e-6), -2.0, 1.0),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.4, 2.0), -1.0, 0.5),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.4, 2.0), 1.3, 0.5),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.0, 30.0), -2.0, 0.04),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (2.5, 5.0), -2.0, 0.3),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (2.5, 5.0), -0.5, 0.3),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (-2.5, 5.0), 0.7, 0.3),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (9.0, 4.0), 2.9, 0.3),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.2, 1e4), 0.1, 1e-3),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (0.0, 0.0, 1.0), -1.0, 0.5),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (2.0, 1.0, 0.5), 0.7, 0.2),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (2.0, 1.0, 0.5), -1.0, 0.02),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (-2.0, 1.0, 0.5), -1.0, 0.1),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (-2.0, 1.0, 0.5), 2.0, 0.05),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (0.0, 0.0, 1.0), 0.0, 0.5),
    (pm.VonMises, von_mises, (-mp.pi, mp.pi), (0.0, 2.0), 0.0, 0.5),
    (pm.SkewNormal, skew_normal, (-mp.inf, mp.inf), (50.0, 0.0, 1.0), -0.3, 1e-3),
]


def mass(density, start, end, scale):
    """The integral from ``start`` away, in pieces that grow with the distance from there."""
    sign = 1 if end > start else -1
    steps = [0, 0.5, 1, 2, 4, 8, 16, 32, 64, 128]
    places = [start + sign * scale * k for k in steps]
    inside = [p for p in places if sign * p < sign * end]
    far = [] if mp.isinf(end) else [end]
    if len(inside) < len(places) or far:
        inside += far
    return sign * mp.quad(density, inside)


CHOSEN = [pytest.param(k, marks=[pytest.mark.slow] if k % 3 else []) for k in range(len(TAILS))]


@pytest.mark.parametrize("k", CHOSEN)
def test_tails_and_their_derivatives(k):
    cls, density, (low, high), parameters, x, scale = TAILS[k]
    symbols = [tt.scalar() for _ in (*parameters, x)]
    rv = cls.dist(*symbols[:-1])
    given = dict(zip(symbols, (*parameters, x), strict=True))
    below, above = rv.logcdf(symbols[-1]), rv.logccdf(symbols[-1])
    got = evaluate([below, above, *grad(below, symbols)], given)
    with mpmath.workdps(20):

        def tails(*at):
            *p, t = map(mp.mpf, at)
            f, scale_ = (lambda s: density(s, *p)), mp.mpf(scale)
            return [mass(f, t, mp.mpf(end), scale_) for end in (low, high)]

        lower, upper = tails(*parameters, x)
        # the larger from the smaller, whose piece of the integral has the digits
        lower, upper = (lower, 1 - lower) if lower < upper else (1 - upper, upper)
        want = [float(mp.log(v)) for v in (lower, upper)]
        np.testing.assert_allclose(got[:2], want, rtol=2e-11, atol=1e-20)
        want = float(density(mp.mpf(x), *map(mp.mpf, parameters)) / lower)
        assert got[-1] == pytest.approx(want, rel=1e-9)

        def log_lower(*at):
            a, b = tails(*at)
            return mp.log(a if a < b else 1 - b)

        for i, slope in enumerate(got[2:-1]):
            moved = list(parameters)
            h = mp.mpf(10) ** -8 * (1 + abs(parameters[i]))
            ends = []
            for sign in (1, -1):
                moved[i] = mp.mpf(parameters[i]) + sign * h
                ends.append(log_lower(*moved, x))
            if cls is pm.Rice and parameters[i] == 0:
                continue  # the density is even in nu
            want = float((ends[0] - ends[1]) / (2 * h))
            assert slope == pytest.approx(want, rel=1e-9, abs=1e-13)


def test_ends_of_the_support():
    x = np.array([-np.inf, -np.pi, np.pi, np.inf])
    np.testing.assert_array_equal(pm.VonMises.dist(1, 2).logcdf(x).eval(), [-np.inf] * 2 + [0, 0])
    np.testing.assert_array_equal(pm.VonMises.dist(1, 2).logccdf(x).eval(), [0, 0] + [-np.inf] * 2)
    x = np.array([-1.0, 0.0, np.inf])
    np.testing.assert_array_equal(pm.Rice.dist(1, 2).logcdf(x).eval(), [-np.inf, -np.inf, 0])
    np.testing.assert_array_equal(pm.Rice.dist(1, 2).logccdf(x).eval(), [0, 0, -np.inf])
    x = np.array([-np.inf, np.inf])
    np.testing.assert_array_equal(pm.SkewNormal.dist(1, 0, 1).logcdf(x).eval(), [-np.inf, 0])


def test_batches_of_tails():
    x, nu = np.array([[0.5], [2.0]]), np.array([0.1, 1.0, 3.0])
    got = pm.Rice.dist(nu, 1.0).logcdf(x).eval()
    want = [[pm.Rice.dist(b, 1.0).logcdf(a).eval() for b in nu] for a in x[:, 0]]
    np.testing.assert_allclose(got, want, rtol=1e-14)
