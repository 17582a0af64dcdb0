"""Moments by quantiles and by sums: of truncated and censored variables, and four families."""

import mpmath
import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate

mp = mpmath.mp
INF = mpmath.inf


def moments(rv):
    return evaluate([rv.distribution.mean, rv.distribution.variance], {})


def integrals(density, points):
    """Mean and variance of a density, by mpmath's quadrature between the points."""
    with mpmath.workdps(40):
        points = [mp.mpf(p) for p in points]
        whole = mp.quad(density, points)
        mean = mp.quad(lambda x: x * density(x), points) / whole
        return float(mean), float(mp.quad(lambda x: (x - mean) ** 2 * density(x), points) / whole)


TRUNCATED = {  # base, bounds, density, ends and corners
    "gamma": (pm.Gamma.dist(2.0, 1.0), (1, 4), lambda x: x * mp.exp(-x), (1, 4)),
    "gamma from": (pm.Gamma.dist(2.0, 1.0), (1, None), lambda x: x * mp.exp(-x), (1, INF)),
    "cauchy": (pm.Cauchy.dist(0, 1), (-1, 2), lambda x: 1 / (1 + x * x), (-1, 2)),
    "t": (pm.StudentT.dist(3, 0, 1), (0, None), lambda x: (3 + x * x) ** -2, (0, 3, 1e2, 1e4, INF)),
    "laplace": (pm.Laplace.dist(0.25, 1), (-1, 2), lambda x: mp.exp(-abs(x - 0.25)),
                (-1, 0.25, 2)),
    "laplace, one side": (pm.Laplace.dist(-5, 1), (-1, 2), lambda x: mp.exp(-x), (-1, 2)),
    "triangular": (pm.Triangular.dist(0, 2, 1), (0.5, None), lambda x: 1 - abs(x - 1),
                   (0.5, 1, 2)),
    "lognormal": (pm.LogNormal.dist(0, 1), (0.5, None), lambda x: mp.exp(-mp.log(x) ** 2 / 2) / x,
                  (0.5, 1, 10, 100, INF)),
    "beta": (pm.Beta.dist(0.5, 0.5), (0.5, None), lambda x: 1 / mp.sqrt(x - x * x), (0.5, 1)),
    "wald": (pm.Wald.dist(1, 2), (0.5, None), lambda x: x**-1.5 * mp.exp(-((x - 1) ** 2) / x),
             (0.5, INF)),
    "lines": (pm.Interpolated.dist([0.0, 1, 2], [0.0, 1, 0]), (0.5, None),
              lambda x: 1 - abs(x - 1), (0.5, 1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_numbers(name):
    base, (lower, upper), density, points = TRUNCATED[name]
    found = moments(pm.Truncated.dist(base, lower=lower, upper=upper))
    np.testing.assert_allclose(found, integrals(density, points), rtol=1e-12)


def test_exact_moments_of_what_is_cut():
    exponential = pm.Exponential.dist(2.0)
    np.testing.assert_allclose(moments(pm.Truncated.dist(exponential, lower=40.0)), [40.5, 0.25])
    np.testing.assert_allclose(moments(pm.Truncated.dist(exponential)), [0.5, 0.25], rtol=1e-14)
    small = pm.Truncated.dist(pm.Gamma.dist(0.1, 1.0), upper=1.0)
    want = float(mp.gammainc(1.1, 0, 1) / mp.gammainc(0.1, 0, 1))
    assert moments(small)[0] == pytest.approx(want, rel=1e-13)
    # alpha / (alpha - 1), whose integral goes on to where doubles end
    pareto = pm.Truncated.dist(pm.Pareto.dist(1.05, 1.0), lower=2.0)
    assert moments(pareto)[0] == pytest.approx(2 * 1.05 / 0.05, rel=1e-10)


def test_moments_that_do_not_exist():
    mean, variance = moments(pm.Truncated.dist(pm.Cauchy.dist(0, 1), lower=-1.0))
    assert mean == variance == np.inf
    assert moments(pm.Truncated.dist(pm.Cauchy.dist(0, 1), upper=1.0))[0] == -np.inf
    assert np.isnan(moments(pm.Truncated.dist(pm.Cauchy.dist(0, 1)))).all()
    mean, variance = moments(pm.Truncated.dist(pm.StudentT.dist(1.5, 0, 1), lower=0.0))
    assert np.isfinite(mean) and variance == np.inf
    assert np.isnan(moments(pm.Cauchy.dist([0, 1], 1))).all()
    assert (moments(pm.HalfCauchy.dist([2.0, 1])) == np.full((2, 2), np.inf)).all()


COUNTS = {
    "between": (pm.Poisson.dist(4.0), stats.poisson(4.0), 3, 6),
    "from": (pm.Poisson.dist(4.0), stats.poisson(4.0), 3, None),
    "far": (pm.Poisson.dist(0.5), stats.poisson(0.5), 8, None),
    "up to": (pm.NegativeBinomial.dist(3.0, 1.5), stats.nbinom(1.5, 1 / 3), None, 7),
    "of n": (pm.Binomial.dist(30, 0.4), stats.binom(30, 0.4), 10, 14),
    "drawn": (pm.HyperGeometric.dist(50, 30, 12), stats.hypergeom(50, 30, 12), 6, None),
}


@pytest.mark.parametrize("name", COUNTS)
def test_cut_counts(name):
    base, ref, lower, upper = COUNTS[name]
    k = np.arange(400)
    low, high = (0 if lower is None else lower), (399 if upper is None else upper)
    p = np.where((k >= low) & (k <= high), ref.pmf(k), 0)
    p = p / p.sum()
    mean = (k * p).sum()
    found = moments(pm.Truncated.dist(base, lower=lower, upper=upper))
    np.testing.assert_allclose(found, [mean, ((k - mean) ** 2 * p).sum()], rtol=1e-12)
    x, p = np.clip(k, low, high), ref.pmf(k)
    mean = (x * p).sum()
    found = moments(pm.Censored.dist(base, lower=lower, upper=upper))
    np.testing.assert_allclose(found, [mean, ((x - mean) ** 2 * p).sum()], rtol=1e-11)


def test_too_many_counts_are_refused():
    with pytest.raises(NotImplementedError, match=r"Truncated: the moments are sums over .* many"):
        pm.Truncated.dist(pm.DiscreteUniform.dist(0, 10**9), lower=3).distribution.mean


def test_cut_batches_and_derivatives():
    alpha = tt.tensor("float64", (2,), name="alpha")
    rv = pm.Truncated.dist(pm.Gamma.dist(alpha, 1.0), lower=1.0, upper=4.0)
    slope = graphcore.grad(rv.distribution.mean.sum(), alpha)
    f = graphcore.function([alpha], [rv.distribution.mean, slope])
    at, h = np.array([2.0, 3.5]), 1e-4
    mean, found = f(at)
    single = [float(moments(pm.Truncated.dist(pm.Gamma.dist(a, 1.0), 1.0, 4.0))[0]) for a in at]
    np.testing.assert_allclose(mean, single, rtol=1e-13)
    np.testing.assert_allclose(found, (f(at + h)[0] - f(at - h)[0]) / (2 * h), rtol=1e-7)
    mu = tt.scalar("mu")
    positive = pm.Truncated.dist(pm.Poisson.dist(mu), lower=1).distribution.mean
    f = graphcore.function([mu], [positive, graphcore.grad(positive, mu)])
    for value in (0.1, 3.0, 50.0):
        none = np.exp(-value)
        want = [value / (1 - none), 1 / (1 - none) - value * none / (1 - none) ** 2]
        np.testing.assert_allclose(f(value), want, rtol=1e-12)
    bound = moments(pm.Bound.dist(pm.Gamma.dist(2.0, 1.0), lower=1.0, upper=4.0))
    both = moments(pm.Truncated.dist(pm.Gamma.dist(2.0, 1.0), lower=1.0, upper=4.0))
    np.testing.assert_array_equal(bound, both)


@pytest.mark.parametrize(
    ("mu", "sigma"),
    [(0, 1), (1, 0.01), (3, 1.9), (3, 2.1), (-2, 10), (1, 1e4), (40, 20), (0.5, 1.99999)],
)
def test_logit_normal(mu, sigma):
    steps = [(d - mu) / sigma for d in (-30, -10, -3, -1, 0, 1, 3, 10, 30)]
    points = sorted({-13, -6, 0, 6, 13, *(s for s in steps if abs(s) < 13)})
    with mpmath.workdps(30):
        share = lambda z: 1 / (1 + mp.exp(-(mu + sigma * z)))  # noqa: E731
        mean = mp.quad(lambda z: share(z) * mp.npdf(z), points)
        variance = mp.quad(lambda z: (share(z) - mean) ** 2 * mp.npdf(z), points)
    found = moments(pm.LogitNormal.dist(mu, sigma))
    np.testing.assert_allclose(found, [float(mean), float(variance)], rtol=1e-12)


@pytest.mark.parametrize(
    ("mu", "kappa"), [(0, 1), (2.5, 0.5), (-2.5, 3), (3, 100), (3.14159, 1e4), (0.3, 1e6), (9, 2)]
)
def test_von_mises(mu, kappa):
    """As numbers from -pi to pi."""
    with mpmath.workdps(30):
        turn, width = 2 * mp.pi, 1 / mp.sqrt(kappa)
        near = [
            mu + d * width + k * turn for d in (-20, -8, -3, 0, 3, 8, 20) for k in (-2, -1, 0, 1)
        ]
        points = sorted({-mp.pi, mp.pi, *(p for p in near if abs(p) < mp.pi)})
    want = integrals(lambda x: mp.exp(kappa * (mp.cos(x - mu) - 1)), points)
    found = moments(pm.VonMises.dist(mu, kappa))
    np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("q", "beta"), [(0.5, 1), (0.9, 0.6), (0.99, 2), (1 - 1e-6, 3), (0.2, 0.3), (1 - 1e-9, 1)]
)
def test_discrete_weibull(q, beta):
    """By sums of 20000 terms, and integrals beyond, whose error is that of the trapezoid's rule."""
    with mpmath.workdps(30):
        rate, n = -mp.log(mp.mpf(q)), 20000
        k = np.arange(1.0, n)
        terms = np.exp(-float(rate) * k**beta)
        sums = []
        for power, part in ((1, terms.sum()), (2, (k * terms).sum())):
            term = lambda x, p=power: x ** (p - 1) * mp.exp(-rate * x**beta)  # noqa: E731
            a = mp.mpf(power) / beta
            integral = mp.gammainc(a, rate * mp.mpf(n) ** beta) * rate**-a / beta
            half = term(mp.mpf(n)) / 2 - mp.diff(term, n) / 12
            sums.append(float(mp.mpf(part) + integral + half))
    found = moments(pm.DiscreteWeibull.dist(q, beta))
    np.testing.assert_allclose(found, [sums[0], 2 * sums[1] - sums[0] - sums[0] ** 2], rtol=1e-12)


SERIES = [
    pm.AR.dist([0.5, -0.3], sigma=1.5, init_dist=pm.Normal.dist([1, 2], [0.5, 1]), steps=5),
    pm.AR.dist([2, 0.5, -0.3], sigma=1.5, constant=True, init_dist=pm.Normal.dist(1, 2), steps=5),
    pm.AR.dist([[0.5], [0.9]], sigma=[1, 2], init_dist=pm.Normal.dist(1, 2), steps=4),
    pm.AR.dist([0.5], sigma=1.0, init_dist=pm.Normal.dist(1, 2), shape=(3, 4)),
    pm.LKJCholeskyCov.dist(1.0, 4, pm.Exponential.dist([1.0, 2, 3, 4]), compute_corr=False),
    pm.LKJCholeskyCov.dist(np.array([1.0, 3]), 3, pm.HalfNormal.dist(2.0), compute_corr=False),
]


@pytest.mark.parametrize("k", range(len(SERIES)))
def test_series_and_factors_against_draws(k):
    mean, variance = moments(SERIES[k])
    draws = SERIES[k].random(20000, rng=3)
    squares = (draws - mean) ** 2
    assert mean.shape == variance.shape == draws.shape[1:]
    for found, want in ((draws, mean), (squares, variance)):
        error = found.std(axis=0) / np.sqrt(len(found)) + 1e-12
        assert (np.abs(found.mean(axis=0) - want) < 4.5 * error).all()


def test_a_stationary_autoregression_keeps_its_variance():
    start = pm.Normal.dist(0.0, 1 / np.sqrt(1 - 0.6**2))
    mean, variance = moments(pm.AR.dist([0.6], sigma=1.0, init_dist=start, steps=50))
    np.testing.assert_array_equal(mean, 0)
    np.testing.assert_allclose(variance, 1 / (1 - 0.6**2), rtol=1e-13)
