"""Modes, second derivatives, the Laplace approximation, priors from intervals."""

import numpy as np
import pytest
import scipy.stats as st
from scipy.optimize import minimize

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.compile.ops import as_op

Y = np.array([1.0, 2.0, 4.0, 3.0])


def normal_model():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        sd = pm.HalfNormal("sd", 10)
        pm.Deterministic("double", 2 * mu)
        pm.Normal("y", mu, sd, observed=Y)
    return model


METHODS = ["L-BFGS-B", "BFGS", "Newton-CG", "trust-ncg", "Powell", "Nelder-Mead"]


@pytest.mark.parametrize("method", METHODS)
def test_the_mode_has_no_slope(method):
    model = normal_model()
    point = pm.find_MAP(method=method, model=model, progressbar=False)
    bare = pm.remove_value_transforms(model).logp_dlogp_function()
    _, slope = bare(np.array([point["mu"], point["sd"]]))
    np.testing.assert_allclose(slope, 0, atol=2e-3)
    assert point["double"] == 2 * point["mu"]
    assert point["sd_log__"] == pytest.approx(np.log(point["sd"]))
    # the mode of the variables themselves, not of their logarithms
    assert point["sd"] == pytest.approx(Y.std() * (1 - 0.5 * Y.var() / 100 / 4), rel=2e-2)


def test_options_of_the_search():
    model = normal_model()
    plain = pm.find_MAP(model=model, include_transformed=False)
    assert list(plain) == ["mu", "sd", "double"]
    part, raw = pm.find_MAP({"sd": 2.0}, [model["mu"]], model=model, return_raw=True)
    assert part["sd"] == pytest.approx(2.0) and raw.success
    assert part["mu"] == pytest.approx(Y.sum() / 4 / (4 / 4 + 0.01), rel=1e-5)
    with pytest.warns(UserWarning, match="stopped after 3"):
        pm.find_MAP(model=model, maxeval=3)
    with pm.Model() as discrete:
        pm.Poisson("k", 3)
        pm.Normal("x")
    with pytest.warns(UserWarning, match="k stay at the start"):
        assert pm.find_MAP(model=discrete)["k"] == 3


def test_modes_without_gradients():
    """A count has its mode at a whole number; the rest is found given that."""
    with pm.Model() as model:
        k = pm.Poisson("k", 3.5)
        x = pm.Normal("x", k, 3.0)
        pm.Normal("y", x, 1.0, observed=7.0)
        pm.Deterministic("sum", k + x)
    best = max(range(20), key=lambda i: st.poisson(3.5).logpmf(i) + st.norm(i, 10**0.5).logpdf(7))
    with pytest.warns(UserWarning, match="no gradient by k"):
        found = pm.find_MAP(vars=[k, x], model=model)
    assert found["k"] == best and found["k"].dtype == np.int64
    assert found["x"] == pytest.approx(0.1 * best + 6.3, abs=1e-3)
    assert found["sum"] == found["k"] + found["x"]
    with pytest.warns(UserWarning, match="sum is no free variable.* k, x"):
        again = pm.find_MAP(vars=["sum"], model=model, method="Nelder-Mead", start={"k": best})
    assert again["x"] == pytest.approx(0.1 * again["k"] + 6.3, abs=1e-3)  # a mode beside it
    only, raw = pm.find_MAP({"x": 0.3}, "k", model=model, method="powell", return_raw=True)
    assert only["x"] == 0.3 and raw.nfev > 1
    with pm.Model(), pytest.raises(ValueError, match="no free continuous variable"):
        pm.Poisson("k", 3)
        pm.find_MAP()


def test_a_density_without_derivative():
    @as_op(itypes=[tt.dscalar], otypes=[tt.dscalar])
    def square(x):
        return np.asarray(x**2)

    with pm.Model() as model:
        x = pm.Normal("x", 2.0, 1.0)
        pm.Potential("pull", -0.5 * square(x))
    with pytest.warns(UserWarning, match="searches without gradients.*square"):
        found = pm.find_MAP(model=model)
    assert found["x"] == pytest.approx(1.0, abs=1e-4)


def test_a_method_of_ones_own_and_a_search_that_is_stopped():
    model = normal_model()

    def steepest(fun, x0, args=(), jac=None, **options):
        assert jac is True or callable(jac)
        return minimize(fun, x0, jac=jac, method="BFGS")

    found = pm.find_MAP(method=steepest, model=model)
    assert found["mu"] == pytest.approx(pm.find_MAP(model=model)["mu"], abs=1e-3)

    def stopped(fun, x0, **options):
        fun(x0)
        raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="was stopped after 1 evaluation"):
        point, raw = pm.find_MAP(method=stopped, model=model, return_raw=True)
    assert raw is None and np.isfinite(point["mu"])


def test_second_derivatives_at_a_point():
    model = normal_model()
    point = pm.find_MAP(model=model)
    hessian = pm.find_hessian(point, model=model)
    assert hessian.shape == (2, 2)
    assert hessian[0, 0] == pytest.approx(4 / point["sd"] ** 2 + 0.01)
    mean = pm.find_hessian(point, [model["mu"]], model=model, negate_output=False)
    np.testing.assert_allclose(mean, -hessian[:1, :1])


def test_the_laplace_approximation_of_a_normal_is_exact():
    with pm.Model() as model:
        x = pm.MvNormal("x", [1.0, -1.0], [[2.0, 0.8], [0.8, 1.0]])
        pm.Normal("y", x, 1.0, observed=[0.0, 0.0])
        found = pm.fit_laplace(3000, random_seed=1)
    precision = np.linalg.inv([[2.0, 0.8], [0.8, 1.0]]) + np.eye(2)
    want = np.linalg.inv(precision)
    np.testing.assert_allclose(found.fit["covariance_matrix"], want, rtol=1e-8)
    draws = np.asarray(found.posterior["x"]).reshape(-1, 2)
    np.testing.assert_allclose(np.cov(draws.T), want, atol=0.05)
    with pm.Model(), pytest.raises(TypeError, match="without discrete free"):
        pm.Poisson("k", 3)
        pm.fit_laplace()
    assert model["x"].ndim == 1


PRIORS = [
    (pm.Normal, -1, 3, {"mu": 0, "sigma": 1}, {}, lambda p: st.norm(p["mu"], p["sigma"])),
    (pm.Exponential, 0, 3, {"lam": 1}, {}, lambda p: st.expon(scale=1 / p["lam"])),
    (pm.HalfNormal, 0, 2, {"sigma": 1}, {}, lambda p: st.halfnorm(0, p["sigma"])),
    (pm.Cauchy, -1, 1, {"beta": 3}, {"alpha": 0}, lambda p: st.cauchy(0, p["beta"])),
]


@pytest.mark.parametrize("case", PRIORS, ids=lambda c: c[0].__name__)
def test_priors_from_intervals(case):
    cls, lower, upper, guess, fixed, frozen = case
    found = pm.find_constrained_prior(cls, lower, upper, guess, 0.9, fixed)
    assert list(found) == list(guess)
    law = frozen(found)
    assert law.cdf(upper) - law.cdf(lower) == pytest.approx(0.9, abs=1e-5)


def test_impossible_intervals():
    with pytest.raises(ValueError, match="no parameters of Uniform were found"):
        pm.find_constrained_prior(pm.Uniform, 0, 1, {"upper": 0.5}, 0.5, {"lower": -1e9})
    with pytest.raises(ValueError, match="mass must lie between 0 and 1"):
        pm.find_constrained_prior(pm.Normal, 0, 1, {"mu": 0}, 2)
    with pytest.raises(TypeError, match="has no parameter 'scale'"):
        pm.find_constrained_prior(pm.Normal, 0, 1, {"scale": 1})
