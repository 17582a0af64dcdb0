"""Traces in files and tables."""

import warnings

import numpy as np
import pytest

import graphcore.model as pm


@pytest.fixture(scope="module")
def trace():
    with pm.Model(coords={"g": ["a", "b"]}):
        pm.HalfNormal("s", dims="g")
        pm.Normal("y", 0, 1, observed=[1.0])
        return pm.sample(
            30, tune=50, chains=2, random_seed=1, progressbar=False, return_inferencedata=False,
            compute_convergence_checks=False,
        )  # fmt: skip


def test_what_is_saved_is_loaded(trace, tmp_path):
    folder = pm.save_trace(trace, tmp_path / "run")
    again = pm.load_trace(folder)
    assert again.groups() == trace.groups() and again.varnames == ["s", "s_log__"]
    for group in trace.groups():
        for name, array in trace[group].items():
            found = again[group][name]
            np.testing.assert_array_equal(found.values, array.values)
            assert found.values.dtype == array.values.dtype
            assert found.dims == tuple(array.dims)
    assert list(again.posterior["s"].coords["g"]) == ["a", "b"]
    np.testing.assert_array_equal(again["s_log__"], trace["s_log__"])
    np.testing.assert_allclose(again["s_log__"], np.log(trace["s"]), rtol=1e-13)
    assert again.report == trace.report and again.report.ok
    with pytest.raises(OSError, match="pass overwrite=True"):
        pm.save_trace(trace, folder)
    pm.save_trace(trace[10:], folder, overwrite=True)
    assert len(pm.load_trace(folder)) == 20


def test_names_of_directories_are_found(trace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [pm.save_trace(trace) for _ in range(2)] == [".pymc_1.trace", ".pymc_2.trace"]


def test_other_results_are_refused():
    with pytest.raises(TypeError, match="return_inferencedata=False"):
        pm.save_trace({"x": np.zeros(3)})


def test_a_table_of_draws(trace):
    pytest.importorskip("pandas")
    table = pm.trace_to_dataframe(trace)
    assert list(table.columns) == ["s__0", "s__1"] and len(table) == 60
    np.testing.assert_array_equal(table["s__1"], trace["s"][:, 1])
    table = pm.trace_to_dataframe(trace, chains=1, include_transformed=True)
    assert list(table.columns) == ["s__0", "s__1", "s_log____0", "s_log____1"] and len(table) == 30


def test_points_are_taken_by_functions_of_the_model(trace):
    with pm.Model() as model:
        pm.HalfNormal("s", shape=2)
    point = trace[5]
    want = model.compile_logp()({"s_log__": np.log(point["s"])})
    assert model.logp(point) == pytest.approx(float(want), rel=1e-13)


def test_how_the_run_went(trace):
    assert (trace.report.n_tune, trace.report.n_draws) == (50, 30)
    assert trace.report.t_sampling > 0
    assert trace["tune"].shape == (60,) and not trace["tune"].any()
    assert "tune" in trace.stat_names
    with pm.Model():
        pm.Normal("x")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bad = pm.sample(20, tune=0, progressbar=False, return_inferencedata=False)
    assert not bad.report.ok
    with pytest.raises(ValueError, match=r"the run had problems: .*no warm-up"):
        bad.report.raise_ok()


def test_a_summary_has_what_a_data_frame_has(trace):
    table = pm.summary(trace)
    assert table.shape == (2, 9) and table.round(1)["s[a]", "mean"] == round(
        table["s[a]", "mean"], 1
    )
    pytest.importorskip("pandas")
    assert table.loc["s[b]", "sd"] == table["s[b]", "sd"]
    assert list(table.to_dataframe().columns) == list(table.columns)
    with pytest.raises(AttributeError):
        table.no_such_thing
