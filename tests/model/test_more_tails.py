"""Tails, quantiles and moments of families that SciPy has no table for here."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt


@pytest.mark.parametrize("vector", [False, True])
def test_tails_of_tables_with_a_number_of_trials_that_is_not_known(vector):
    n, trials = (tt.dvector("n"), np.array([5.0, 7.0])) if vector else (tt.dscalar("n"), 5.0)
    x = np.array([2.0, 7.0]) if vector else np.arange(-1, 7.0)
    for rv, ref in (
        (pm.BetaBinomial.dist(2.0, 3.0, n), stats.betabinom(trials, 2, 3)),
        (pm.HyperGeometric.dist(20, 8, n), stats.hypergeom(20, 8, trials)),
    ):
        below = np.exp(pm.logcdf(rv, x).eval({n: trials}))
        above = np.exp(pm.logccdf(rv, x).eval({n: trials}))
        np.testing.assert_allclose(below, ref.cdf(x), rtol=1e-11)
        np.testing.assert_allclose(above, ref.sf(x), rtol=1e-11, atol=1e-14)


ORDERED = (pm.OrderedLogistic, pm.OrderedProbit)


@pytest.mark.parametrize("cls", ORDERED)
def test_tails_of_ordered_categories_are_sums(cls):
    for eta in (0.3, np.array([[0.3], [-2.0]])):
        rv = cls.dist(eta, [-1.0, 0.0, 2.0])
        p = np.exp(rv.logp(np.arange(4.0)).eval())
        below, above = p.cumsum(axis=-1), p[..., ::-1].cumsum(axis=-1)[..., ::-1][..., 1:]
        np.testing.assert_allclose(np.exp(rv.logcdf(np.arange(4.0)).eval()), below, rtol=1e-12)
        np.testing.assert_allclose(np.exp(rv.logccdf(np.arange(3.0)).eval()), above, rtol=1e-12)
        assert (rv.logcdf(-1.0).eval() == -np.inf).all() and (rv.logccdf(-1.0).eval() == 0).all()
        assert (rv.logccdf(3.0).eval() == -np.inf).all()
        halves = rv.logcdf(np.array([1.5])).eval()
        np.testing.assert_array_equal(halves, rv.logcdf(np.array([1.0])).eval())


def test_tails_of_the_skewed_student_t_integrate_its_density():
    """Far tails are those of a power law: ``(a + b)**a / (2 a 4**a B(a, b)) |z|**(-2 a)``."""
    rv = pm.SkewStudentT.dist(a=2.0, b=1.2, mu=0.3, sigma=2.0)
    x = np.array([-5.0, 0.0, 0.3, 2.0, 9.0])
    np.testing.assert_allclose(rv.logcdf(rv.icdf(np.exp(rv.logcdf(x).eval()))).eval(),
                               rv.logcdf(x).eval(), rtol=1e-12)  # fmt: skip
    nodes, weights = np.polynomial.legendre.leggauss(60)
    low, high = x[:-1, None], x[1:, None]
    at = low + (high - low) * (nodes + 1) / 2
    areas = (np.exp(rv.logp(at).eval()) * weights).sum(axis=1) * (high - low)[:, 0] / 2
    np.testing.assert_allclose(np.diff(np.exp(rv.logcdf(x).eval())), areas, rtol=1e-9)
    np.testing.assert_allclose(-np.diff(np.exp(rv.logccdf(x).eval())), areas, rtol=1e-9)
    log_beta = np.log(stats.beta(2.0, 1.2).pdf(0.5)) + (2.0 + 1.2 - 2) * np.log(2)  # of 1 / B
    far = 2 * np.log(3.2) + log_beta - np.log(2.0) - 2 * np.log(4) - 4 * np.log(1e6)
    assert rv.logcdf(0.3 - 2e6).eval() == pytest.approx(far, rel=1e-9)
    np.testing.assert_array_equal(rv.icdf([0.0, 1.0]).eval(), [-np.inf, np.inf])


COUNTS = {
    "ZeroInflatedPoisson": {"psi": 0.4, "mu": 3.0},
    "ZeroInflatedBinomial": {"psi": 0.4, "n": 9, "p": 0.3},
    "ZeroInflatedNegativeBinomial": {"psi": 0.4, "mu": 2.0, "alpha": 3.0},
    "HurdlePoisson": {"psi": 0.4, "mu": 0.7},
    "HurdleNegativeBinomial": {"psi": 0.4, "mu": 2.0, "alpha": 3.0},
}
AMOUNTS = {
    "HurdleGamma": {"psi": 0.4, "alpha": 2.0, "beta": 1.5},
    "HurdleLogNormal": {"psi": 0.4, "mu": 0.2, "sigma": 0.5},
}


@pytest.mark.parametrize("name", [*COUNTS, *AMOUNTS])
def test_moments_with_zeros_are_those_of_the_density(name):
    cls, given = getattr(pm, name), (COUNTS | AMOUNTS)[name]
    rv = cls.dist(**given)
    if name in COUNTS:
        x = np.arange(300.0)
        p = np.exp(rv.logp(x).eval())
    else:
        nodes, weights = np.polynomial.legendre.leggauss(800)
        x, p = 40 * (nodes + 1), 40 * weights
        p = p * np.exp(rv.logp(x).eval())
    graphs = {k: tt.constant(float(v)) for k, v in given.items()}
    mean, variance = (float(f(tt, **graphs).eval()) for f in (cls.mean, cls.variance))
    assert mean == pytest.approx((p * x).sum(), rel=1e-9)
    assert variance == pytest.approx((p * x**2).sum() - mean**2, rel=1e-9)


def test_names_of_the_dispersion_of_the_negative_binomial():
    want = stats.nbinom(2.0, 0.3).logpmf(3)
    for given in ({"n": 2.0, "p": 0.3}, {"alpha": 2.0, "p": 0.3}, {"mu": 14 / 3, "n": 2.0}):
        assert pm.NegativeBinomial.dist(**given).logp(3).eval() == pytest.approx(want, rel=1e-13)
    with pytest.raises(TypeError, match=r"\(mu, alpha\) or \(n, p\).*got \(mu, n, alpha\)"):
        pm.NegativeBinomial.dist(mu=3, n=2, alpha=1)
    zeros = pm.ZeroInflatedNegativeBinomial.dist(psi=1.0, mu=14 / 3, n=2.0)
    assert zeros.logp(3).eval() == pytest.approx(want, rel=1e-13)


def test_quantiles_of_a_coin():
    got = pm.Bernoulli.dist(0.3).icdf([0.0, 0.5, 0.7, 0.71, 1.0]).eval()
    np.testing.assert_array_equal(got, [0, 0, 0, 1, 1])


def test_probabilities_in_single_precision_are_probabilities():
    p = np.random.default_rng(0).dirichlet(np.ones(4)).astype("float32")
    assert p.astype(float).sum() != 1
    got = pm.Categorical.dist(p).logp(np.arange(4)).eval()
    np.testing.assert_allclose(got, np.log(p.astype(float)), rtol=1e-12)
    assert np.isfinite(pm.Dirichlet.dist(np.ones(4)).logp(p).eval())
    assert pm.Dirichlet.dist(np.ones(4)).logp(p.astype(float) + 1e-5).eval() == -np.inf
