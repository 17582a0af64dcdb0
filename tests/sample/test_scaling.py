"""Metrics from curvature and draws, start points with a step, Metropolis with a matrix."""

import numpy as np
import pytest

import graphcore.model as pm

RUN = {"tune": 500, "chains": 2, "random_seed": 1, "progressbar": False,
       "return_inferencedata": False, "compute_convergence_checks": False}  # fmt: skip
COV = np.array([[1.0, 0.95], [0.95, 1.0]])


def pair():
    with pm.Model() as model:
        pm.MvNormal("x", np.zeros(2), COV)
        pm.HalfNormal("s")
    return model


def test_the_diagonal_of_the_hessian():
    model = pair()
    point = {"x": np.array([0.3, -0.2]), "s_log__": np.array(0.4)}
    want = np.diag(pm.find_hessian(point, model=model))
    np.testing.assert_allclose(pm.find_hessian_diag(point, model=model), want, rtol=1e-12)
    found = pm.find_hessian_diag(point, vars=[model["s"]], model=model, negate_output=False)
    np.testing.assert_allclose(found, -want[2:], rtol=1e-12)
    np.testing.assert_allclose(pm.guess_scaling(point, model=model), np.abs(want), rtol=1e-12)


def test_a_covariance_matrix_moves_all_elements_at_once():
    with pair() as model:
        step = [pm.Metropolis([model["x"]], S=COV), pm.Metropolis([model["s"]], scaling=0.5)]
        trace = pm.sample(4000, step=step, **RUN)
    np.testing.assert_allclose(np.cov(trace["x"].T), COV, atol=0.25)
    assert 0.15 < trace["accepted"][:, 0].mean() < 0.6
    found = pm.trace_cov(trace, model=model)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found[:2, :2], np.cov(trace["x"].T), rtol=1e-12)
    np.testing.assert_allclose(found[2, 2], np.var(trace["s_log__"], ddof=1), rtol=1e-12)
    with pytest.raises(ValueError, match=r"S has shape \(3, 3\), but the variables have 2"):
        pm.Metropolis([model["x"]], S=np.eye(3), model=model)
    with pytest.raises(ValueError, match="must be positive definite"):
        pm.MultivariateNormalProposal(-np.eye(2))


def test_transformed_draws_are_needed_for_their_covariance():
    with pair(), pytest.raises(KeyError, match="no values of s_log__: sample with"):
        pm.trace_cov({"x": np.zeros((2, 5, 2)), "s": np.ones((2, 5))})


def test_init_nuts_makes_start_points_and_a_step():
    with pair() as model:
        starts, step = pm.init_nuts(chains=3, random_seed=[1, 2, 3], Emax=500)
        assert [sorted(p) for p in starts] == [["s_log__", "x"]] * 3
        assert len({float(p["s_log__"]) for p in starts}) == 3
        assert step.constants["max_energy_error"] == 500
        trace = pm.sample(20, step=step, initvals=starts, **{**RUN, "chains": 3})
        plain, _ = pm.init_nuts(init="adapt_diag")
    assert trace.nchains == 3
    np.testing.assert_array_equal(plain[0]["x"], model.initial_point()["x"])


def test_constants_of_a_chain():
    with pair():
        same = [pm.sample(50, **RUN, **kw)["s"] for kw in ({}, {"Emax": 1000, "gamma": 0.05})]
        np.testing.assert_array_equal(*same)
        for options in ({"gamma": 0.2}, {"k": 0.6}, {"nuts": {"t0": 50}}):
            assert not np.array_equal(pm.sample(50, **RUN, **options)["s"], same[0])
        tight = pm.sample(500, Emax=0.05, **RUN)
        assert tight["diverging"].sum() > 50
        fixed = pm.sample(20, adapt_step_size=False, step_scale=0.5, **RUN)
        np.testing.assert_allclose(fixed["step_size"], 0.5 / 3**0.25)
        with pytest.raises(ValueError, match="k must be positive"):
            pm.sample(k=0)


def test_options_of_the_usual_steps_by_their_names():
    with pm.Model():
        pm.Poisson("n", 3)
        with pytest.raises(TypeError, match="Metropolis has no option 'tunes'"):
            pm.sample(metropolis={"tunes": 5})
        trace = pm.sample(20, metropolis={"scaling": 3.0, "tune": False}, **RUN)
    assert set(trace["scaling"]) == {3.0}


def test_a_warm_up_alone():
    with pm.Model():
        pm.Normal("x")
        run = {**RUN, "tune": 30, "discard_tuned_samples": False}
        trace = pm.sample(draws=0, **run)
        assert trace["x"].shape == (60,) and trace["tune"].all()
        with pytest.raises(ValueError, match="draws must be an integer of at least 1"):
            pm.sample(draws=0)


def test_where_chains_start():
    with pm.Model() as model:
        x = pm.Normal("x", 3, 0.1)
        pm.HalfNormal("s", observed=2.0)
        mode, _ = pm.init_nuts(init="map", chains=2)
        np.testing.assert_allclose([p["x"] for p in mode], 3, atol=1e-4)
        run = {**RUN, "discard_tuned_samples": False}
        np.testing.assert_array_equal(
            pm.sample(20, init="MAP", **run)["x"], pm.sample(20, init="map", **run)["x"]
        )
        with pytest.warns(UserWarning, match="no variational inference"):
            a = pm.sample(20, init="advi+adapt_diag", **RUN)["x"]
        np.testing.assert_array_equal(a, pm.sample(20, init="jitter+adapt_diag", **RUN)["x"])
    assert pm.Metropolis([x], S=np.array([[4.0]]), model=model).S == 2.0


def funnel():
    """A posterior in which the first steps of warm-up are far too short."""
    with pm.Model() as model:
        pm.MvNormal("x", np.zeros(2), cov=np.diag([1e-4, 1e4]))
    return model


def test_trees_of_early_warm_up_have_a_limit_of_their_own():
    run = {**RUN, "tune": 300, "discard_tuned_samples": False, "model": funnel()}
    depth = {}
    for early in (None, 4, 9):
        trace = pm.sample(20, max_treedepth=8, early_max_treedepth=early, init="adapt_diag", **run)
        depth[early] = np.asarray(trace["tree_depth"]).reshape(2, 320)
    assert {early: d[:, :200].max() for early, d in depth.items()} == {None: 8, 4: 4, 9: 9}
    assert depth[4][:, 200:].max() > 4 and depth[9][:, 200:].max() <= 8
    with pytest.raises(ValueError, match="early_max_treedepth must lie between 1 and 30, not 31"):
        pm.sample(20, early_max_treedepth=31, **run)
    step = pm.NUTS(early_max_treedepth=3, model=run["model"])
    trace = pm.sample(20, step=step, **run)
    assert np.asarray(trace["tree_depth"]).reshape(2, 320)[:, :200].max() == 3


def test_step_sizes_of_single_trajectories():
    sizes = []

    def halved(size):
        sizes.append(float(size))
        return size / 2

    with pair():
        trace = pm.sample(200, step_rand=halved, **RUN)
        plain = pm.sample(200, **RUN)
    warm_up = RUN["tune"]
    assert len(sizes) == RUN["chains"] * (200 + warm_up) and min(sizes) > 0
    assert set(trace["step_size"]) <= set(sizes)
    # Warm-up aims at the same rate, with twice the size of which half is used.
    assert 1.4 < np.mean(trace["step_size"]) / np.mean(plain["step_size"]) < 2.8
