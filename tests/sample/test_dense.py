"""The dense metric: the right law, fewer steps where coordinates are correlated."""

import numpy as np
import pytest
from graphcore._linear import LinearDensity

import graphcore.model as pm

QUIET = {"progressbar": False, "return_inferencedata": False, "compute_convergence_checks": False}
RHO = 0.995
COV = np.array([[1.0, RHO, 0.0], [RHO, 1.0, 0.0], [0.0, 0.0, 100.0]])


def correlated():
    with pm.Model() as model:
        pm.MvNormal("x", [1.0, 2.0, 3.0], COV)
    return model


def test_a_linear_change_of_coordinates():
    rng = np.random.default_rng(1)
    for n in (3, 200):
        with pm.Model() as model:
            x = pm.StudentT("x", 4, 0.1, 2, shape=n)
            pm.Potential("p", -(x[0] ** 2) * x[n - 1] ** 2)
        density = model.logp_dlogp_function()
        factor = np.tril(rng.normal(size=(n, n))) + 3 * np.eye(n)
        linear = LinearDensity(density.address, density.user_data, factor)
        z = rng.normal(size=n)
        value, slope = density(factor @ z)
        got, got_slope = linear(z)
        assert got == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(got_slope, factor.T @ slope, rtol=1e-9, atol=1e-9)
    with pytest.raises(ValueError, match="square matrix"):
        LinearDensity(density.address, density.user_data, np.ones((2, 3)))


def test_the_law_and_the_number_of_steps():
    steps = {}
    for init in ("adapt_full", "adapt_diag"):
        result = pm.sample(
            1500, tune=1000, chains=2, random_seed=3, init=init, model=correlated(), **QUIET
        )
        steps[init] = np.mean(result.sample_stats["n_steps"])
    assert steps["adapt_full"] < 0.5 * steps["adapt_diag"]
    full = pm.sample(
        3000, tune=1000, chains=2, random_seed=3, init="jitter+adapt_full", model=correlated(),
        **QUIET,
    )  # fmt: skip
    draws = np.asarray(full.posterior["x"]).reshape(-1, 3)
    np.testing.assert_allclose(draws.mean(axis=0), [1, 2, 3], atol=0.6)
    got = np.cov(draws.T)
    np.testing.assert_allclose(got, COV, rtol=0.15, atol=0.5)
    assert np.corrcoef(draws.T)[0, 1] == pytest.approx(RHO, abs=2e-3)


def test_warm_up_and_callbacks():
    seen = []
    result = pm.sample(
        5, tune=41, chains=1, random_seed=3, init="adapt_full", model=correlated(),
        discard_tuned_samples=False, callback=lambda trace, draw: seen.append(draw), **QUIET,
    )  # fmt: skip
    assert result.warmup_posterior["x"].shape == (1, 41, 3)
    assert len(result.warmup_sample_stats["energy"][0]) == 41
    assert [d.draw_idx for d in seen] == list(range(46)) and seen[-1].is_last
    assert [d.tuning for d in seen] == [True] * 41 + [False] * 5
    everything = np.concatenate([result.warmup_posterior["x"][0], result.posterior["x"][0]])
    np.testing.assert_allclose([d.point["x"] for d in seen], everything, rtol=1e-9)


def test_discrete_models_have_no_dense_metric():
    with pm.Model() as model:
        pm.Poisson("k", 3)
    with pytest.raises(NotImplementedError, match="NUTS alone"):
        pm.sample(5, init="adapt_full", model=model, **QUIET)
