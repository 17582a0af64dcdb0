"""Densities and tails at infinities and NaN, upper tails of composed distributions."""

import mpmath
import numpy as np
import pytest
from distribution_cases import case
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate
from graphcore.model.distributions.base import Distribution

SCALAR = sorted(
    n for n, cls in Distribution.registry.items()
    if n not in ("Flat", "HalfFlat", "CustomDist", "Bound")
    and getattr(pm, n).dist(**case(n)).distribution.ndim == 0
)  # fmt: skip


@pytest.mark.parametrize("name", SCALAR)
def test_infinite_values_have_density_zero_and_known_tails(name):
    rv = getattr(pm, name).dist(**case(name))
    for x, below, above in [(np.inf, 0.0, -np.inf), (-np.inf, -np.inf, 0.0)]:
        value = np.full(rv.type.shape, x)
        assert (rv.logp(value).eval() == -np.inf).all()
        found = evaluate([rv.logcdf(value), rv.logccdf(value)], {})
        for got, want in zip(found, (below, above), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-14)


@pytest.mark.parametrize("name", SCALAR)
def test_nan_is_not_in_any_support(name):
    rv = getattr(pm, name).dist(**case(name))
    found = rv.logp(np.full(rv.type.shape, np.nan)).eval()
    assert (np.isnan(found) | (found == -np.inf)).all()


@pytest.mark.parametrize("name", ["Gumbel", "Moyal", "ExGaussian", "SkewStudentT", "HalfStudentT"])
@pytest.mark.parametrize("x", [1e308, -1e308, 1e200, -1e200])
def test_far_values_are_no_nan(name, x):
    rv = getattr(pm, name).dist(**case(name))
    value = np.full(rv.type.shape, x)
    found = evaluate([rv.logp(value), rv.logcdf(value), rv.logccdf(value)], {})
    assert not np.isnan(found).any()
    np.testing.assert_allclose(np.exp(found[1]) + np.exp(found[2]), 1.0, rtol=1e-12)


def test_wald_at_its_lower_end():
    rv = pm.Wald.dist(1.0, 1.0, alpha=2.0)
    x = np.array([1.0, 2.0, 2.5, np.inf])
    with np.errstate(divide="ignore"):
        want = stats.invgauss(1.0, 2.0, 1.0).logcdf(x)
    np.testing.assert_allclose(rv.logcdf(x).eval(), want, rtol=1e-12)
    assert (rv.logp(x).eval()[:2] == -np.inf).all()
    value = tt.scalar("value")
    f = graphcore.function([value], graphcore.grad(rv.logcdf(value), value))
    assert f(1.0) == f(2.0) == 0.0


def test_upper_tails_of_mixtures_keep_their_digits():
    rv = pm.Mixture.dist([0.25, 0.75], pm.Normal.dist([0.0, 1.0], [1.0, 2.0]))
    x = np.array([0.0, 10.0, 30.0])
    norm = stats.norm([[0.0], [1.0]], [[1.0], [2.0]])
    want = np.logaddexp(*(norm.logsf(x) + np.log([[0.25], [0.75]])))
    np.testing.assert_allclose(rv.logccdf(x).eval(), want, rtol=1e-13)


def test_upper_tails_of_cut_distributions_keep_their_digits():
    base = pm.Normal.dist(0.0, 1.0)
    x = np.array([0.5, 8.0, 11.0, 11.9])
    lower = pm.Truncated.dist(base, lower=-1.0)
    want = stats.norm.logsf(x) - stats.norm.logsf(-1.0)
    np.testing.assert_allclose(lower.logccdf(x).eval(), want, rtol=1e-13)
    both = pm.Truncated.dist(base, lower=-1.0, upper=12.0)
    inside = np.log(-np.expm1(stats.norm.logsf(12.0) - stats.norm.logsf(x)))
    np.testing.assert_allclose(both.logccdf(x).eval(), want + inside, rtol=1e-12)
    ends = both.logccdf([-1.0, -2.0, 12.0, 13.0]).eval()
    np.testing.assert_array_equal(ends, [0.0, 0.0, -np.inf, -np.inf])
    counts = pm.Truncated.dist(pm.Poisson.dist(3.0), lower=2, upper=40)
    left = stats.poisson.pmf(40, 3) / stats.poisson.sf(1, 3)
    assert counts.logccdf(39).eval() == pytest.approx(np.log(left), rel=1e-12)
    censored = pm.Censored.dist(base, lower=-1.0, upper=12.0)
    np.testing.assert_allclose(censored.logccdf(x).eval(), stats.norm.logsf(x), rtol=1e-13)
    ends = censored.logccdf([-2.0, 12.0]).eval()
    np.testing.assert_array_equal(ends, [0.0, -np.inf])


def test_exgaussian_of_a_vanishing_exponential_is_normal():
    x = np.array([-3.0, 0.2, 5.0])
    got = pm.ExGaussian.dist(0.5, 2.0, 1e-300).logp(x).eval()
    np.testing.assert_allclose(got, stats.norm.logpdf(x, 0.5, 2.0), rtol=1e-12)


HURDLES = {
    "HurdlePoisson": lambda mu: pm.HurdlePoisson.dist(1.0, mu),
    "HurdleNegativeBinomial": lambda mu: pm.HurdleNegativeBinomial.dist(1.0, mu, 1.7),
    "HurdleNegativeBinomial, spread": lambda mu: pm.HurdleNegativeBinomial.dist(1.0, mu, 0.05),
}


@pytest.mark.parametrize("mu", [1e-300, 1e-3, 0.7, 5.0, 40.0])
@pytest.mark.parametrize("name", HURDLES)
def test_positive_counts_by_their_probabilities(name, mu):
    rv = HURDLES[name](mu)
    draws = rv.random(20_000, rng=1)
    assert draws.min() >= 1
    counts = np.arange(1, max(3, draws.max() + 1))
    want = len(draws) * np.exp(rv.logp(counts).eval())
    seen = np.bincount(draws, minlength=len(counts) + 1)[1 : len(counts) + 1]
    often = want > 5
    square = ((seen - want)[often] ** 2 / want[often]).sum()
    assert stats.chi2.sf(square, max(1, often.sum() - 1)) > 1e-4


def test_counts_too_large_for_integers_keep_their_sign():
    assert pm.DiscreteWeibull.dist(0.3, 1e-8).random(100, rng=1).min() >= 0


@pytest.mark.parametrize("mu", [1e-3, 1.0, 1e4, 1e9, 1e15])
def test_wald_numbers_of_any_mean(mu):
    draws = pm.Wald.dist(mu, 0.5).random(2000, rng=1)
    u = np.exp(pm.Wald.dist(mu, 0.5).logcdf(draws).eval())
    assert stats.kstest(u, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("nu", [0.7, 5.0, 29.0, 31.0, 100.0, 1e4, 1e8])
def test_tails_of_student_t_below_the_root_of_nu(nu):
    z = np.array([-0.3, -0.99, -1.01, -3.0, -9.9, -30.0, -90.0])
    with mpmath.workdps(60):
        n = mpmath.mpf(nu)
        want = [
            float(mpmath.log(mpmath.betainc(n / 2, 0.5, 0, n / (n + t * t), regularized=True) / 2))
            for t in map(mpmath.mpf, z)
        ] if nu < 1e6 else stats.norm.logcdf(z)  # fmt: skip
    near = z > -30 if nu > 1e6 else slice(None)  # the limit has an error of z**4 / nu
    got = pm.StudentT.dist(nu, 0.0, 1.0).logcdf(z).eval()
    np.testing.assert_allclose(got[near], np.asarray(want)[near], rtol=1e-12 if nu < 1e6 else 1e-5)
    upper = pm.StudentT.dist(nu, 0.0, 1.0).logccdf(-z).eval()
    np.testing.assert_array_equal(upper, got)
