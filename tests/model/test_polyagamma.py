"""Polya-Gamma: normalisation, moments, random numbers; the lattice is in test_vector_lattice.py."""

import mpmath
import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate

CASES = [(1.0, 0.0), (2.3, 1.5), (0.4, -3.0), (30.0, 0.02)]


def grid(h, z, panels=60):
    """Nodes and weights for integrals of the density: logarithms of x, around the mean."""
    (mean,) = evaluate([tt.as_tensor(pm.PolyaGamma.mean(tt, *map(tt.constant, (h, z))))], {})
    ends = np.log(mean) + np.linspace(-9, 4.5, panels + 1)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = np.diff(ends)[:, None] / 2
    x = np.exp(ends[:-1, None] + half * (1 + nodes))
    return x, weights * half * x


@pytest.mark.parametrize(("h", "z"), CASES)
def test_moments_are_those_of_the_density(h, z):
    x, weights = grid(h, z)
    mass = np.exp(pm.PolyaGamma.dist(h, z).logp(x).eval()) * weights
    assert mass.sum() == pytest.approx(1, rel=1e-9)
    formulas = [f(tt, tt.constant(h), tt.constant(z)) for f in (pm.PolyaGamma.mean,
                pm.PolyaGamma.variance)]  # fmt: skip
    mean, variance = evaluate([tt.as_tensor(v) for v in formulas], {})
    assert (mass * x).sum() == pytest.approx(mean, rel=1e-9)
    assert (mass * (x - mean) ** 2).sum() == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize(("h", "z"), CASES)
def test_random_numbers_follow_the_density(h, z):
    rv = pm.PolyaGamma.dist(h, z)
    draws = rv.random(5000, rng=2)
    x, weights = grid(h, z, 400)
    mass = (np.exp(rv.logp(x).eval()) * weights).sum(axis=1).cumsum()
    edges = x[:, -1]
    assert stats.kstest(draws, lambda t: np.interp(t, edges, mass)).pvalue > 1e-3


def test_small_and_large_tilts_have_the_same_moments():
    z = np.array([0.0499999, 0.0500001, 800.0])
    for formula in (pm.PolyaGamma.mean, pm.PolyaGamma.variance):
        (found,) = evaluate([tt.as_tensor(formula(tt, tt.constant(2.0), tt.constant(z)))], {})
        assert found[0] == pytest.approx(found[1], rel=1e-7)
        assert np.isfinite(found).all()


def test_in_models():
    with pm.Model() as model:
        h = pm.Gamma("h", 2, 1)
        pm.PolyaGamma("w", h=h, z=[0.0, 1.0, -2.0])
    f = model.logp_dlogp_function()
    point = np.array([0.3, -1.0, -0.5, -2.0])
    value, slope = f(point)
    assert np.isfinite(value)
    for i, step in enumerate(1e-6 * np.eye(4)):
        want = (f(point + step)[0] - f(point - step)[0]) / 2e-6
        assert slope[i] == pytest.approx(want, rel=1e-6)


def test_edges():
    rv = pm.PolyaGamma.dist(2.0, 1.0)
    np.testing.assert_array_equal(rv.logp([-1.0, 0.0, np.inf]).eval(), -np.inf)
    with pm.Model(), pytest.raises(ValueError, match="parameter h must be positive"):
        pm.PolyaGamma("w", h=0.0)


def tails(x, h, z):
    """Logarithms of both tails by the alternating series, in 250 digits."""
    with mpmath.workdps(250):
        x, h, z = mpmath.mpf(x), mpmath.mpf(h), mpmath.mpf(abs(z))
        total, factor, root, n = mpmath.mpf(0), mpmath.mpf(1), mpmath.sqrt(x), 0
        while n < 1000:
            c = n + h / 2
            down = mpmath.exp(-c * z) * mpmath.ncdf((z * x - c) / root)
            term = factor * (down + mpmath.exp(c * z) * mpmath.ncdf(-(z * x + c) / root))
            total += (-1) ** n * term
            n += 1
            factor *= (n - 1 + h) / n
            if n > 20 and abs(term) < mpmath.mpf(10) ** -220:
                break
        below = (2 * mpmath.cosh(z / 2)) ** h * total
        return mpmath.log(below), mpmath.log(1 - below)


PLACES = [(0.1, 0.0), (1.0, 0.3), (2.5, -6.0), (10.0, 2.0), (40.0, 0.0)]


@pytest.mark.parametrize(("h", "z"), PLACES)
def test_tails_are_those_of_the_series(h, z):
    rv = pm.PolyaGamma.dist(h, z)
    mean, variance = evaluate([rv.distribution.mean, rv.distribution.variance], {})
    x = np.array([0.002 * mean, 0.1 * mean, 0.7 * mean, mean, mean + 8 * np.sqrt(variance)])
    want = np.array([[float(v) for v in tails(v, h, z)] for v in x]).T
    np.testing.assert_allclose(evaluate([rv.logcdf(x), rv.logccdf(x)], {}), want, rtol=1e-12)


@pytest.mark.parametrize("place", [(0.3, 1.2, 0.7), (2.0, 3.0, -1.0), (0.05, 1.0, 3.0)])
@pytest.mark.parametrize("side", [0, 1])
def test_gradients_of_tails(place, side):
    x, h, z = tt.scalars("x", "h", "z")
    rv = pm.PolyaGamma.dist(h, z)
    f = graphcore.function([x, h, z], graphcore.grad((rv.logcdf, rv.logccdf)[side](x), [x, h, z]))
    with mpmath.workdps(250):
        step = mpmath.mpf(10) ** -20
        for i, got in enumerate(f(*place)):
            ends = [
                tails(*(mpmath.mpf(v) + s * step * (k == i) for k, v in enumerate(place)))[side]
                for s in (1, -1)
            ]
            assert got == pytest.approx(float((ends[0] - ends[1]) / (2 * step)), rel=1e-12)


def test_tails_add_up_to_one():
    rng = np.random.default_rng(0)
    h, z = np.exp(rng.uniform(-4, 7, 200)), rng.normal(size=200) * 5
    rv = pm.PolyaGamma.dist(h, z)
    x = evaluate([rv.distribution.mean], {})[0] * np.exp(rng.normal(size=200))
    below, above = evaluate([rv.logcdf(x), rv.logccdf(x)], {})
    np.testing.assert_allclose(np.exp(below) + np.exp(above), 1.0, rtol=1e-12)
    assert (below <= 0).all() and (above <= 0).all()
