"""The checks of distributions that libraries take from PyMC, on right and on wrong formulas."""

import numpy as np
import pytest
from graphcore.model.testing import (
    Bool,
    Domain,
    Nat,
    R,
    Rplus,
    Unit,
    assert_support_point_is_expected,
    check_icdf,
    check_logcdf,
    check_logp,
    check_selfconsistency_discrete_logcdf,
    mock_sample,
    mock_sample_setup_and_teardown,
    select_by_precision,
)
from scipy import stats

import graphcore.model as pm

NORMAL = {"mu": R, "sigma": Rplus}


def test_right_formulas_pass():
    check_logp(pm.Normal, R, NORMAL, lambda value, mu, sigma: stats.norm.logpdf(value, mu, sigma))
    check_logcdf(pm.Normal, R, NORMAL, lambda value, mu, sigma: stats.norm.logcdf(value, mu, sigma))
    check_icdf(pm.Normal, NORMAL, lambda q, mu, sigma: stats.norm.ppf(q, mu, sigma))
    check_logp(pm.Poisson, Nat, {"mu": Rplus}, lambda value, mu: stats.poisson.logpmf(value, mu))
    check_logcdf(pm.Bernoulli, Bool, {"p": Unit}, lambda value, p: stats.bernoulli.logcdf(value, p))
    check_selfconsistency_discrete_logcdf(
        pm.Geometric, Domain([1, 2, 5, 9, np.inf], "int64"), {"p": Unit}
    )


def test_wrong_formulas_do_not():
    wrong = {"domain": R, "paramdomains": NORMAL, "n_samples": 20}
    with pytest.raises(AssertionError, match="logp of Normal at value="):
        check_logp(pm.Normal, scipy_logp=lambda value, mu, sigma: -(value**2), **wrong)
    with pytest.raises(AssertionError, match="logcdf of Normal at value="):
        check_logcdf(pm.Normal, scipy_logcdf=lambda value, mu, sigma: 0 * value, **wrong)
    with pytest.raises(AssertionError, match="icdf of Normal at q="):
        check_icdf(pm.Normal, NORMAL, lambda q, mu, sigma: q, n_samples=20)
    with pytest.raises(AssertionError, match="lies outside of its domain"):
        check_logp(
            pm.Normal, R, {"mu": Domain([-1, 0.0, 1])},
            lambda value, mu: stats.norm.logpdf(value, mu),
        )  # fmt: skip
    with pytest.raises(AssertionError, match="logp of Normal at -2"):
        check_logp(pm.Normal, Domain([-1, 0.0, 1]), {}, lambda value: stats.norm.logpdf(value))
    with pytest.raises(ValueError, match="values between its edges"):
        Domain([0, 1])
    assert select_by_precision(float64=6, float32=3) == 6


def test_support_points():
    with pm.Model() as model:
        pm.Normal("x", np.arange(3.0), 1)
    assert_support_point_is_expected(model, np.arange(3.0))
    with pytest.raises(AssertionError):
        assert_support_point_is_expected(model, np.zeros(3))


def test_a_stand_in_for_sampling():
    with pm.Model(coords={"g": ["a", "b"]}) as model:
        x = pm.HalfNormal("x", dims="g")
        pm.Deterministic("y", 2 * x, dims="g")
        pm.Normal("z", 0, 1, observed=[1.0])
        run = {"chains": 3, "random_seed": 1, "tune": 7}
        stats_of = {"diverging": lambda shape: np.zeros(shape, dtype=bool)}
        found = mock_sample(4, sample_stats=stats_of, **run)
        again = mock_sample(4, model=model, **run)
        fixture = mock_sample_setup_and_teardown()
        next(fixture)
        assert pm.sample is mock_sample
        next(fixture, None)
        assert pm.sample is not mock_sample
    assert set(found.groups()) >= {"posterior", "sample_stats", "observed_data"}
    values = np.asarray(found.posterior["x"])
    assert values.shape == (3, 4, 2) and tuple(found.posterior["x"].dims)[-1] == "g"
    np.testing.assert_array_equal(values, np.asarray(again.posterior["x"]))
    np.testing.assert_array_equal(np.asarray(found.posterior["y"]), 2 * values)
    assert found.sample_stats["diverging"].shape == (3, 4)
