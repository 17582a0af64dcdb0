"""pm.sample on models: answers, arguments, results, messages."""

import contextlib
import re
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import graphcore.model as pm
from graphcore.interop import arviz as bridge
from graphcore.sample import SamplingError, SamplingWarning, diagnostics
from graphcore.sample.results import Result
from graphcore.sample.start import start_points

QUIET = {"progressbar": False, "return_inferencedata": False, "compute_convergence_checks": False}


def conjugate():
    """A normal mean with known variance, and a scale that only its prior informs."""
    with pm.Model(coords={"group": ["a", "b", "c"]}) as model:
        mu = pm.Normal("mu", 0, 1)
        sd = pm.HalfNormal("sd", 1)
        z = pm.Normal("z", 0, 1, dims="group")
        pm.Deterministic("shifted", z + mu, dims="group")
        pm.Deterministic("positive", mu > 0)
        pm.Normal("y", mu, 0.5, observed=[1.0, 2.0, 3.0, 2.5])
        pm.Potential("nothing", 0.0 * sd)
    return model


CHECKED = {"compute_convergence_checks": True}


@contextlib.contextmanager
def notes():
    """The texts of the sampling warnings issued inside; nothing else may be issued."""
    texts = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
    for w in caught:
        assert w.category is SamplingWarning
        texts.append(str(w.message))


def sample(model, **options):
    return pm.sample(
        **{"draws": 200, "tune": 200, "random_seed": 1, **QUIET, **options}, model=model
    )


# ---------------------------------------------------------------------------------- answers


def test_a_conjugate_posterior():
    result = sample(conjugate(), draws=5000, tune=500)
    precision = 1 + 4 / 0.25
    mean, sd = 4 * 2.125 / 0.25 / precision, precision**-0.5
    mu = result.posterior["mu"].values
    assert abs(mu.mean() - mean) < 4 * diagnostics.mcse_mean(mu)
    assert abs(mu.std() - sd) < 4 * diagnostics.mcse_sd(mu)
    half_normal = result.posterior["sd"].values
    assert abs(half_normal.mean() - np.sqrt(2 / np.pi)) < 4 * diagnostics.mcse_mean(half_normal)


def test_deterministics_belong_to_their_draws():
    posterior = sample(conjugate()).posterior
    assert_allclose(
        posterior["shifted"].values, np.asarray(posterior["z"]) + posterior["mu"][..., None]
    )
    assert posterior["positive"].dtype == bool
    assert_array_equal(posterior["positive"].values, posterior["mu"].values > 0)


def test_transformed_variables_come_back_constrained():
    with pm.Model() as model:
        pm.Dirichlet("w", [1.0, 2.0, 3.0])
        pm.Uniform("u", 2, 5, shape=(2, 2))
    posterior = sample(model, draws=2000).posterior
    assert_allclose(posterior["w"].values.sum(axis=-1), 1)
    assert np.all((posterior["u"].values > 2) & (posterior["u"].values < 5))
    error = np.abs(posterior["w"].mean(("chain", "draw")) - [1 / 6, 2 / 6, 3 / 6])
    assert np.all(error < 4 * diagnostics.mcse_mean(posterior["w"]))


@pytest.mark.slow
def test_eight_schools():
    """Against the reference draws of posteriordb (means and sds of mu, tau, theta[0])."""
    effects = [28, 8, -3, 7, -1, 1, 18, 12]
    errors = [15, 10, 16, 11, 9, 11, 10, 18]
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        z = pm.Normal("z", 0, 1, shape=8)
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("y", theta, np.array(errors), observed=effects)
    result = sample(model, draws=20_000, tune=1000, target_accept=0.95)
    steps = sample(model, draws=1000, tune=1000).sample_stats["n_steps"].mean()
    assert 6 < steps < 11
    x = result.posterior
    for draws, mean in [(x["mu"], 4.41), (x["tau"], 3.60), (x["theta"][..., 0], 6.15)]:
        draws = np.asarray(draws)
        assert abs(draws.mean() - mean) < 4 * np.hypot(diagnostics.mcse_mean(draws), 0.06)


# ---------------------------------------------------------------------------------- the result


def test_groups_names_and_coordinates():
    result = sample(conjugate(), discard_tuned_samples=False)
    assert isinstance(result, Result)
    assert result.groups() == [
        "posterior",
        "sample_stats",
        "warmup_posterior",
        "warmup_sample_stats",
        "observed_data",
    ]
    assert list(result.posterior) == ["mu", "sd", "z", "shifted", "positive"]
    z = result.posterior["z"]
    assert z.dims == ("chain", "draw", "group") and z.shape == (4, 200, 3)
    assert list(z.coords["group"]) == ["a", "b", "c"]
    assert z.sel(group="b", chain=2).shape == (200,)
    for name in (
        *("lp", "acceptance_rate", "step_size", "tree_depth", "n_steps", "diverging"),
        *("energy", "energy_error", "reached_max_treedepth", "divergence_reason"),
    ):
        assert result.sample_stats[name].shape == (4, 200)
    assert result.sample_stats.diverging.dtype == bool
    assert result.warmup_posterior["mu"].shape == (4, 200)
    assert result.warmup_sample_stats["lp"].shape == (4, 200)
    assert_array_equal(result["observed_data"]["y"], [1.0, 2.0, 3.0, 2.5])
    assert result.posterior.attrs["tuning_steps"] == 200
    assert result.attrs["inference_library"] == "graphcore"
    assert "posterior" in repr(result) and "mu" in repr(result.posterior)


def test_lp_is_the_density_of_the_draw():
    model = conjugate()
    result = sample(model, idata_kwargs={"include_transformed": True})
    values = result.unconstrained_posterior
    assert list(values) == ["mu", "sd_log__", "z"]
    density = model.logp_dlogp_function()
    x = np.concatenate([np.ravel(values[name][1, 7]) for name in values])
    assert_allclose(density(x)[0], result.sample_stats["lp"][1, 7])
    assert_allclose(np.exp(values["sd_log__"].values), result.posterior["sd"].values)


def test_log_likelihood():
    result = sample(conjugate(), idata_kwargs={"log_likelihood": True})
    mu = result.posterior["mu"].values[..., None]
    y = result.observed_data["y"].values
    expected = -0.5 * ((y - mu) / 0.5) ** 2 - np.log(0.5) - 0.5 * np.log(2 * np.pi)
    assert_allclose(result.log_likelihood["y"].values, expected)


def test_data_arrays_feel_like_xarray():
    mu = sample(conjugate()).posterior.mu
    assert_allclose(mu.mean(), np.mean(mu))
    assert mu.mean("draw").shape == (4,)
    assert mu.std(("chain", "draw")) == mu.values.std()
    assert_allclose(mu + 1, mu.values + 1)
    assert_allclose(np.exp(mu)[0], np.exp(mu.values[0]))
    assert float(mu.max()) == mu.values.max()
    assert mu.quantile(0.5, dim="draw").shape == (4,)
    assert len(mu) == 4 and (mu > 0).dtype == bool
    assert mu.isel(draw=slice(10)).sizes == {"chain": 4, "draw": 10}
    with pytest.raises(KeyError, match="no dimension 'time'"):
        mu.mean("time")
    with pytest.raises(KeyError, match="no label 9"):
        mu.sel(chain=9)


def test_missing_names_say_what_there_is():
    result = sample(conjugate(), draws=5)
    with pytest.raises(KeyError, match="no group 'prior'; there are posterior, sample_stats"):
        result["prior"]
    with pytest.raises(KeyError, match="no variable 'nu'; there are mu, sd"):
        result.posterior["nu"]
    with pytest.raises(AttributeError, match="no group 'prior'"):
        result.prior


def test_summary_rows_carry_the_labels():
    table = pm.summary(sample(conjugate()), var_names=["mu", "z"])
    assert table.rows == ["mu", "z[a]", "z[b]", "z[c]"]


def test_var_names():
    result = sample(conjugate(), var_names=["shifted", "mu"])
    assert set(result.posterior) == {"mu", "shifted"}
    with pytest.raises(KeyError, match="no variable 'y'; there are mu, sd"):
        sample(conjugate(), var_names=["y"])


# ---------------------------------------------------------------------------------- arguments


def test_cores_do_not_change_the_draws():
    runs = [sample(conjugate(), cores=cores).posterior for cores in (1, 2, 4)]
    for other in runs[1:]:
        for name in other:
            assert_array_equal(other[name], runs[0][name])


def test_nuts_options_and_their_names():
    depth = {"max_treedepth": 1, "target_accept": 0.5}
    stats = sample(conjugate(), nuts=depth).sample_stats
    assert stats["tree_depth"].max() == 1
    small = sample(conjugate(), target_accept=0.99).sample_stats["step_size"].mean()
    assert small < sample(conjugate(), target_accept=0.6).sample_stats["step_size"].mean()
    with pytest.raises(TypeError, match="nuts has no option 'step_scael'; there are target"):
        sample(conjugate(), nuts={"step_scael": 1})


def test_initvals():
    model = conjugate()
    density = model.logp_dlogp_function()
    seeds = np.random.SeedSequence(1).spawn(2)
    given = {"mu": 40.0, "sd": 0.001}
    exact = [40.0, np.log(0.001), 0, 0, 0]
    one = start_points(model, density, seeds, given, "adapt_diag")
    assert_allclose(one, [exact, exact])
    both = start_points(model, density, seeds, [given, None], "adapt_diag")
    assert_allclose(both, [exact, [0, 0, 0, 0, 0]])
    moved = start_points(model, density, seeds, given) - exact
    assert np.all((np.abs(moved) <= 1) & (moved != 0)) and np.all(moved[0] != moved[1])
    assert sample(model, initvals=given, draws=5).posterior["mu"].shape == (4, 5)
    with pytest.raises(KeyError, match="no free variable is called nu"):
        sample(model, initvals={"nu": 1.0})
    with pytest.raises(ValueError, match="initvals has 3 entries for 2 chains"):
        sample(model, initvals=[given] * 3, chains=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"init": "adwi"}, ValueError, "init='adwi' is not supported; choose one of 'auto'"),
        ({"draws": 0}, ValueError, "draws must be an integer of at least 1"),
        ({"tune": -1}, ValueError, "tune must be an integer of at least 0"),
        ({"chains": 1.5}, ValueError, "chains must be an integer"),
        ({"target_accept": 1.0}, ValueError, "target_accept must lie between 0 and 1"),
        ({"idata_kwargs": {"log_priors": True}}, TypeError, "no option 'log_priors'"),
        ({"max_treedepth": 0}, ValueError, "max_treedepth must lie between 1 and 30"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        sample(conjugate(), **options)


def test_the_model_of_the_context():
    with conjugate():
        assert pm.sample(10, tune=10, random_seed=1, **QUIET).posterior["mu"].shape == (4, 10)
    with pytest.raises(TypeError, match="no model on the context stack"):
        pm.sample(10, **QUIET)


def test_callback_gets_every_draw_and_may_stop():
    seen = []

    def watch(trace, draw):
        seen.append((draw.chain, draw.draw_idx, draw.tuning, draw.is_last))
        assert set(draw.point) == {"mu", "sd_log__", "z"}
        assert draw.stats[0]["n_steps"] >= 1

    sample(conjugate(), chains=2, tune=3, draws=2, callback=watch)
    expected = {(c, i, i < 3, i == 4) for c in (0, 1) for i in range(5)}
    assert set(seen) == expected and len(seen) == 10

    def stop(trace, draw):
        if draw.draw_idx == 30:
            raise KeyboardInterrupt

    with notes() as texts:
        result = sample(conjugate(), tune=20, draws=50, callback=stop, **CHECKED)
    assert any("interrupted" in t and "of 50 draws of the chains" in t for t in texts)
    assert 1 <= result.posterior["mu"].shape[1] <= 50


# ---------------------------------------------------------------------------------- messages


def test_a_start_point_of_no_density_names_the_term():
    with pm.Model() as model:
        rate = pm.Normal("rate", 0, 1)
        pm.Exponential("waiting", 1.0, observed=[0.5, 2.0])
        pm.Potential("wall", pm.math.log(rate - 1e6))
    with pytest.raises(ValueError, match=r"not finite at the start point(.|\n)*wall"):
        sample(model)
    with pytest.raises(pm.SamplingError, match="wall"), model:
        pm.sample(progressbar=False)
    with pytest.raises(pm.SamplingError, match="wall"):
        model.check_start_vals()


def test_jitter_finds_a_start_where_the_initial_point_has_none():
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Potential("positive", pm.math.log(x))
    assert sample(model).posterior["x"].values.min() > 0


def test_a_model_without_free_variables():
    with pm.Model() as model:
        pm.Normal("y", 0, 1, observed=[1.0])
    with pytest.raises(ValueError, match="no free variables"):
        sample(model)


def test_an_improper_posterior_is_an_error():
    with pm.Model() as model:
        pm.Flat("x")
    with pytest.raises(SamplingError, match="improper"):
        sample(model)


def test_chains_that_stay_apart_are_named():
    with pm.Model() as model:
        x = pm.Flat("x")
        pm.Potential("wells", pm.math.logaddexp(-((x - 50) ** 2) / 2, -((x + 50) ** 2) / 2))
    with notes() as texts:
        sample(model, chains=2, initvals=[{"x": -50.0}, {"x": 50.0}], **CHECKED)
    assert any("R-hat of 'x'" in t for t in texts)
    assert any("effective sample size of 'x'" in t for t in texts)


def test_warnings_name_what_is_wrong():
    with pm.Model() as funnel:
        log_scale = pm.Normal("log_scale", 0, 3)
        pm.Normal("x", 0, pm.math.exp(log_scale / 2), shape=9)
    with notes() as texts:
        sample(funnel, **CHECKED)
    assert any("effective sample size of 'log_scale'" in t for t in texts)
    assert any("BFMI" in t for t in texts)
    with pm.Model() as half:
        x = pm.Normal("x", 0, 1)
        pm.Potential("positive", pm.math.log(x))
    with notes() as texts:
        sample(half, **CHECKED)
    assert any("divergences after" in t and "gradient was not finite" in t for t in texts)


def test_warnings_of_tree_depth_and_missing_warmup():
    with pm.Model() as model:
        pm.Normal("x", 0, [1e-3, 1e3])
    with notes() as texts:
        sample(model, tune=0, draws=50, max_treedepth=3, **CHECKED)
    assert any("maximum tree depth" in t for t in texts)
    assert any("no warm-up" in t for t in texts)


def test_a_good_run_warns_of_nothing():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1, shape=3)
        pm.Normal("y", mu, 0.5, observed=[1.0, 2.0, 3.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample(model, draws=1000, tune=1000, **CHECKED)


# ---------------------------------------------------------------------------------- progress, ArviZ


def test_progress_bar(capsys):
    pytest.importorskip("tqdm")
    sample(conjugate(), draws=500, progressbar=True)
    shown = capsys.readouterr().err
    assert "2800/2800" in shown
    assert re.search(r"\d+ divergences?, step size \d", shown)


def test_progress_bar_without_tqdm(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.autonotebook", None)
    sample(conjugate(), progressbar=True)
    assert capsys.readouterr().err == ""


def test_without_arviz_the_small_result_is_returned(monkeypatch):
    monkeypatch.setattr(bridge, "is_installed", lambda: False)
    assert isinstance(sample(conjugate(), return_inferencedata=True), Result)


def test_arviz_data():
    arviz = pytest.importorskip("arviz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = sample(conjugate(), return_inferencedata=True, discard_tuned_samples=False)
        plain = sample(conjugate())
        assert_array_equal(data.posterior["z"].values, plain.posterior["z"].values)
        assert data.posterior["z"].dims == ("chain", "draw", "group")
        assert list(data.posterior["z"].coords["group"].values) == ["a", "b", "c"]
        assert data.posterior.attrs["inference_library"] == "graphcore"
        assert data.warmup_posterior["mu"].shape == (4, 200)
        assert_array_equal(data.observed_data["y"].values, [1.0, 2.0, 3.0, 2.5])
        table = arviz.summary(data, var_names=["mu", "sd", "z"])
        ours = pm.summary(data, var_names=["mu", "sd", "z"])
    assert_allclose(ours["ess_bulk"], table["ess_bulk"], rtol=1e-2)
    assert str(ours) == str(pm.summary(plain, var_names=["mu", "sd", "z"]))
