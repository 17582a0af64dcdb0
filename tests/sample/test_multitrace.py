"""Traces are read as those of PyMC3."""

import numpy as np
import pytest

import graphcore.model as pm
from graphcore.sample import MultiTrace


@pytest.fixture(scope="module")
def trace():
    with pm.Model():
        x = pm.Normal("x", shape=3)
        pm.Deterministic("y", 2 * x[0])
        return pm.sample(
            40,
            tune=60,
            chains=2,
            random_seed=1,
            progressbar=False,
            return_inferencedata=False,
            compute_convergence_checks=False,
        )


def test_chains_and_draws_are_counted(trace):
    assert (len(trace), trace.nchains, trace.chains) == (40, 2, [0, 1])
    assert trace.varnames == ["x", "y"]


def test_values_are_those_of_the_posterior(trace):
    x = trace.posterior["x"].values
    assert np.array_equal(trace["x"], x.reshape(80, 3))
    assert np.array_equal(trace.x, trace["x"])
    assert np.array_equal(trace["y"], 2 * trace["x"][:, 0])
    assert np.array_equal(trace["x", 30:], x[:, 30:].reshape(20, 3))
    assert np.array_equal(trace["x", 10, 3], x[:, 10::3].reshape(20, 3))
    assert np.array_equal(trace.get_values("x", chains=1), x[1])
    assert [a.shape for a in trace.get_values("x", burn=10, combine=False)] == [(30, 3)] * 2


def test_statistics_have_old_names_too(trace):
    assert trace["diverging"].shape == (80,)
    assert np.array_equal(trace["mean_tree_accept"], trace["acceptance_rate"])
    assert trace.get_sampler_stats("depth", burn=10).shape == (60,)
    with pytest.raises(KeyError, match="no statistic 'depht'; there are acceptance_rate"):
        trace.get_sampler_stats("depht")


def test_points_are_of_the_last_chain(trace):
    x = trace.posterior["x"].values
    assert np.array_equal(trace[-1]["x"], x[1, -1])
    assert np.array_equal(trace.point(3, chain=0)["x"], x[0, 3])
    assert np.array_equal([p["x"] for p in trace], x[1])
    assert np.array_equal([p["x"] for p in trace.points()], trace["x"])


def test_a_slice_is_a_trace(trace):
    part = trace[10::2]
    assert isinstance(part, MultiTrace)
    assert len(part) == len(part.posterior["x"].coords["draw"]) == 15
    assert np.array_equal(part["x"], trace["x", 10, 2])
    assert part["diverging"].shape == (30,)


def test_variables_are_added_and_removed(trace):
    trace.add_values({"z": trace["x"] ** 2})
    assert trace.posterior["z"].shape == (2, 40, 3)
    with pytest.raises(ValueError, match="pass overwrite=True"):
        trace.add_values({"z": trace["x"]})
    trace.remove_values("z")
    with pytest.raises(KeyError, match="no variable 'z'"):
        trace.remove_values("z")


def test_groups_are_there_as_well(trace):
    assert list(trace.keys()) == trace.groups()
    assert trace["posterior"] is trace.posterior
    assert dict(trace.items())["sample_stats"] is trace.sample_stats
    assert "x" in trace
    assert "posterior" in trace
    assert "diverging" in trace
    with pytest.raises(KeyError, match="no group 'w'"):
        trace["w"]


def test_predictions_of_a_trace(trace):
    with pm.Model():
        x = pm.Normal("x", shape=3)
        pm.Normal("data", x, 1, observed=np.zeros(3))
        drawn = pm.sample_posterior_predictive(
            trace[::4], random_seed=1, progressbar=False, return_inferencedata=True
        )
    values = np.asarray(drawn.posterior_predictive["data"])
    assert values.shape == (2, 10, 3)


def test_plots_and_statistics_are_those_of_arviz(trace):
    arviz = pytest.importorskip("arviz")
    assert pm.hdi(trace, var_names=["y"])["y"].shape == (2,)
    assert pm.traceplot.__doc__ == arviz.plot_trace.__doc__


def test_without_arviz_its_functions_are_missing(monkeypatch):
    monkeypatch.setattr("graphcore.interop.arviz.is_installed", lambda: False)
    assert not hasattr(pm, "plot_trace")
    with pytest.raises(AttributeError, match="loo is a function of ArviZ: pip install"):
        pm.loo


def test_the_warm_up_comes_first():
    run = {"tune": 60, "chains": 2, "random_seed": 1, "progressbar": False,
           "return_inferencedata": False, "compute_convergence_checks": False}  # fmt: skip
    with pm.Model() as model:
        s = pm.HalfNormal("s", shape=3)
        kept = pm.sample(40, **run)
        trace = pm.sample(40, discard_tuned_samples=False, **run)
    assert len(trace) == 100 and (trace.report.n_tune, trace.report.n_draws) == (60, 40)
    np.testing.assert_array_equal(trace["s", 60:], kept["s"])
    np.testing.assert_array_equal(trace["s_log__", 60:], kept["s_log__"])
    np.testing.assert_array_equal(trace.get_sampler_stats("tune", combine=False)[1],
                                  np.arange(100) < 60)  # fmt: skip
    part = trace[60:]
    np.testing.assert_array_equal(part["s"], kept["s"])
    assert not part["tune"].any() and part["energy"].shape == (80,)
    np.testing.assert_array_equal(trace[50:]["tune"].reshape(2, 50).sum(axis=1), [10, 10])
    assert model.logp(trace[3]) == pytest.approx(float(trace["lp"][103]), rel=1e-12)
    data = pm.to_inference_data(trace, model=model, save_warmup=True)
    assert data.posterior["s"].shape == (2, 40, 3)
    np.testing.assert_array_equal(np.asarray(data.posterior["s"]).reshape(80, 3), kept["s"])
    assert data.warmup_posterior["s"].shape == (2, 60, 3)
    assert "tune" not in data.sample_stats
    assert trace.posterior["s"].shape == (2, 40, 3)
    assert trace.warmup_sample_stats["lp"].shape == (2, 60)
    trace.add_values({"z": trace["s"][:, 0]})
    assert trace["z"].shape == (200,) and trace.posterior["z"].shape == (2, 40)
    trace.remove_values("z")
    assert "z" not in trace and "z" not in trace.posterior
    assert pm.to_inference_data(kept, model=model).groups() == kept.groups()
    assert np.array_equal(pm.summary(trace).values, pm.summary(kept).values)
    assert s.name in trace


def test_a_warm_up_of_steps_without_statistics():
    with pm.Model():
        pm.Bernoulli("k", 0.3)
        trace = pm.sample(
            10, tune=20, chains=1, progressbar=False, return_inferencedata=False,
            discard_tuned_samples=False, compute_convergence_checks=False,
        )  # fmt: skip
    assert trace["tune"].sum() == 20 and trace["k"].shape == (30,)
