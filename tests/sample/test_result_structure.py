"""Groups, names, dims, types and attributes of results, as PyMC 5.28 gives them.

The tables were read from what PyMC returned for the same models.  Differences on purpose:
``n_steps`` is a whole number here, ``divergence_reason`` and the group ``unconstrained_posterior``
come to it, and a Python integer stays an integer as data.
"""

import numpy as np
import pytest

import graphcore.model as pm

RUN = {
    "draws": 6, "tune": 8, "chains": 2, "random_seed": 1, "progressbar": False,
    "compute_convergence_checks": False, "discard_tuned_samples": False,
}  # fmt: skip
KINDS = {"f": np.float64, "i": np.int64, "b": np.bool_}
TRAJECTORY = {
    "diverging": "b", "divergences": "i", "energy": "f", "energy_error": "f", "lp": "f",
    "n_steps": "i", "step_size": "f", "step_size_bar": "f", "largest_eigval": "f",
    "smallest_eigval": "f", "perf_counter_start": "f", "perf_counter_diff": "f",
    "process_time_diff": "f", "divergence_reason": "i",
}  # fmt: skip
NUTS = TRAJECTORY | {
    "acceptance_rate": "f", "index_in_trajectory": "i", "max_energy_error": "f",
    "reached_max_treedepth": "b", "tree_depth": "i",
}  # fmt: skip
METROPOLIS = {"accept": "f", "accepted": "f", "scaling": "f"}
EVOLUTION = {"accept": "f", "accepted": "b", "scaling": "f", "lambda": "f"}
SLICE = {"nstep_in": "i", "nstep_out": "i"}
ORIGIN = {
    "created_at", "creation_library", "creation_library_language", "creation_library_version",
    "inference_library", "inference_library_version", "sample_dims",
}  # fmt: skip
FIRST = ("chain", "draw")


def check(result, expected):
    """``expected`` has ``{group: {name: "type dim dim"}}`` without the axes of chains and draws."""
    assert set(result) == set(expected)
    for group, names in expected.items():
        found = result[group]
        assert set(found) == set(names), group
        data = group.endswith("data")
        for name, text in names.items():
            kind, *dims = text.split()
            assert found[name].dims == (() if data else FIRST) + tuple(dims), name
            assert found[name].dtype == KINDS[kind], name
            for dim in dims:
                labels = LABELS.get(dim, list(range(found[name].sizes[dim])))
                assert list(found[name].coords[dim]) == labels
        run = {"sampling_time", "tuning_steps"} if group in SAMPLED else set()
        assert set(found.attrs) == ORIGIN | run, group


LABELS = {"g": ["a", "b"], "obs": [10, 20, 30, 40], "t": [1, 2, 3]}
SAMPLED = {
    "posterior", "sample_stats", "warmup_posterior", "warmup_sample_stats",
    "unconstrained_posterior",
}  # fmt: skip


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Results as they are without ArviZ."""
    monkeypatch.setattr("graphcore.interop.arviz.is_installed", lambda: False)


@pytest.fixture
def model():
    with pm.Model(coords={"g": ["a", "b"], "obs": [10, 20, 30, 40]}) as model:
        x = pm.Data("x", np.arange(4.0), dims="obs")
        pm.Data("k", 3)
        mu = pm.Normal("mu", 0, 1, dims="g")
        sd = pm.HalfNormal("sd")
        pm.Normal("w", shape=3)
        d = pm.Deterministic("d", mu[0] + x, dims="obs")
        pm.Deterministic("e", 2 * sd)
        pm.Potential("pot", -(mu.sum() ** 2))
        pm.Normal("y", d, sd, observed=[1.0, 2.0, 3.0, 2.5], dims="obs")
        pm.Poisson("z", pm.math.exp(mu[1]), observed=[1, 2, 0])
    return model


FREE = {"mu": "f g", "sd": "f", "w": "f w_dim_0"}
POSTERIOR = FREE | {"d": "f obs", "e": "f"}
DENSITIES = {"y": "f obs", "z": "f z_dim_0"}
SEEN = {"y": "f obs", "z": "i z_dim_0"}
DATA = {"x": "f obs", "k": "i"}


def test_groups_of_sampling(model):
    more = {"log_likelihood": True, "log_prior": True, "include_transformed": True}
    result = pm.sample(idata_kwargs=more, model=model, **RUN)
    transformed = POSTERIOR | {"sd_log__": "f"}
    expected = {
        "posterior": transformed,
        "sample_stats": NUTS,
        "warmup_posterior": transformed,
        "warmup_sample_stats": NUTS,
        "unconstrained_posterior": {"mu": "f g", "sd_log__": "f", "w": "f w_dim_0"},
        "log_likelihood": DENSITIES,
        "log_prior": FREE,
        "observed_data": SEEN,
        "constant_data": DATA,
    }
    check(result, expected)
    assert result.posterior.attrs["tuning_steps"] == 8
    assert result.posterior.attrs["sampling_time"] > 0
    np.testing.assert_allclose(np.exp(result.posterior["sd_log__"]), result.posterior["sd"].values)
    for name in ("largest_eigval", "smallest_eigval"):
        assert np.all(np.isnan(result.sample_stats[name].values))
    assert not result.warmup_sample_stats["divergences"].any()


@pytest.mark.filterwarnings("ignore:The effect of Potentials")
def test_groups_of_functions_of_draws(model):
    posterior = {"posterior": POSTERIOR, "sample_stats": NUTS}
    both = {"observed_data": SEEN, "constant_data": DATA}
    with model:
        trace = pm.sample(**{**RUN, "discard_tuned_samples": True})
        check(trace, posterior | both)
        new = pm.sample_posterior_predictive(trace, progressbar=False)
        check(new, {"posterior_predictive": SEEN} | both)
        new = pm.sample_posterior_predictive(trace, predictions=True, progressbar=False)
        check(new, {"predictions": SEEN, "predictions_constant_data": DATA})
        names = ["mu", "e", "z"]
        new = pm.sample_posterior_predictive(trace, var_names=names, progressbar=False)
        chosen = {"mu": "f g", "e": "f", "z": "i z_dim_0"}
        check(new, {"posterior_predictive": chosen} | both)
        check(
            pm.sample_prior_predictive(5, random_seed=1),
            {"prior": POSTERIOR, "prior_predictive": SEEN} | both,
        )
        same = pm.sample_posterior_predictive(trace, extend_inferencedata=True, progressbar=False)
        assert same is trace
        pm.compute_log_likelihood(trace, progressbar=False)
        pm.compute_log_prior(trace, progressbar=False)
        computed = {"log_likelihood": DENSITIES, "log_prior": FREE, "posterior_predictive": SEEN}
        check(trace, posterior | both | computed)
        alone = pm.compute_log_likelihood(trace, extend_inferencedata=False)
        assert set(alone) == {"y", "z"} and set(alone.attrs) == ORIGIN
        found = pm.compute_deterministics(trace.posterior, progressbar=False)
        assert set(found) == {"d", "e"} and found["d"].dims == (*FIRST, "obs")


@pytest.mark.filterwarnings("ignore:y. 1 of 3 observed values are missing")
def test_groups_with_counts_and_missing_data():
    data = np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0])
    with pm.Model(coords={"t": [1, 2, 3]}):
        lam = pm.Exponential("lam", 1, dims="t")
        b = pm.Bernoulli("b", 0.5, shape=2)
        c = pm.Categorical("c", [0.2, 0.3, 0.5])
        n = pm.Poisson("n", 2)
        pm.Normal("y", lam.sum() + b[0] + c + n, 1, observed=data, dims="t")
        result = pm.sample(**RUN)
        free = {"lam": "f t", "b": "i b_dim_0", "c": "i", "n": "i"}
        posterior = free | {"y": "f t", "y_unobserved": "f y_unobserved_dim_0"}
        seen = {"observed_data": {"y_observed": "f y_observed_dim_0"}}
        stats = NUTS | METROPOLIS
        check(
            result,
            seen
            | {"posterior": posterior, "warmup_posterior": posterior}
            | {"sample_stats": stats, "warmup_sample_stats": stats},
        )
        drawn = {"y": "f t", "y_observed": "f y_observed_dim_0"}
        new = pm.sample_posterior_predictive(result, progressbar=False)
        check(new, {"posterior_predictive": drawn} | seen)
        check(
            pm.sample_prior_predictive(5, random_seed=1),
            {"prior": posterior, "prior_predictive": seen["observed_data"]} | seen,
        )


def several(stats):
    """What two methods of one kind report has an axis of its own."""
    return {name: f"{kind} {name}_dim_0" for name, kind in stats.items()}


STEPS = {
    "nuts": (lambda: pm.NUTS(), NUTS),
    "trajectories": (
        lambda: pm.HamiltonianMC(),
        TRAJECTORY | {"accept": "f", "accepted": "b", "path_length": "f"},
    ),
    "metropolis": (lambda: pm.Metropolis(), METROPOLIS),
    "slice": (lambda: pm.Slice(), SLICE),
    "evolution": (lambda: pm.DEMetropolisZ(), EVOLUTION),
    "population": (lambda: pm.DEMetropolis(), EVOLUTION),
    "two": (lambda: [pm.Slice(["x"]), pm.Metropolis(["y"])], SLICE | METROPOLIS),
    "twice": (lambda: [pm.Metropolis(["x"]), pm.Metropolis(["y"])], several(METROPOLIS)),
    "two kinds of flags": (
        lambda: [pm.Metropolis(["x"]), pm.DEMetropolisZ(["y"])],
        several(METROPOLIS) | {"lambda": "f"},
    ),
    "trees twice": (lambda: [pm.NUTS(["x"]), pm.NUTS(["y"])], several(NUTS)),
}


@pytest.mark.filterwarnings("ignore:DEMetropolis. 3 chains")
@pytest.mark.parametrize("name", STEPS)
def test_statistics_of_each_method(name):
    make, stats = STEPS[name]
    with pm.Model() as model:
        pm.Normal("x")
        pm.Normal("y", shape=2)
        step = make()
    result = pm.sample(step=step, model=model, **{**RUN, "chains": 3})
    posterior = {"x": "f", "y": "f y_dim_0"}
    check(
        result,
        {"posterior": posterior, "warmup_posterior": posterior}
        | {"sample_stats": stats, "warmup_sample_stats": stats},
    )


FLIPS = {
    "flips": (lambda b: pm.BinaryMetropolis([b]), {"accept": "f", "p_jump": "f"}),
    "flips in random order": (lambda b: None, None),
}


@pytest.mark.parametrize("name", FLIPS)
def test_statistics_of_counts(name):
    make, stats = FLIPS[name]
    with pm.Model() as model:
        step = make(pm.Bernoulli("b", 0.5, shape=3))
    result = pm.sample(step=step, model=model, **RUN)
    groups = {"posterior", "warmup_posterior"}
    if stats:
        groups |= {"sample_stats", "warmup_sample_stats"}
        assert set(result.sample_stats) == set(stats)
    assert set(result) == groups


def test_callbacks_get_the_statistics_of_each_method():
    seen = []
    with pm.Model():
        x, k = pm.Normal("x"), pm.Poisson("k", 3)
        steps = [pm.NUTS([x]), pm.Metropolis([k])]
        pm.sample(step=steps, callback=lambda trace, draw: seen.append(draw.stats), **RUN)
    assert len(seen) == 2 * 14
    assert all(len(stats) == 2 and "scaling" in stats[1] for stats in seen)


def test_data_that_are_only_observed_are_no_constant_data():
    with pm.Model(coords={"row": [0, 1]}) as model:
        x, both, shapes = (pm.Data(name, [1.0, 2.0]) for name in ("x", "both", "shapes"))
        y = pm.Data("y_data", [3.0, 4.0])
        mu = pm.Normal("mu")
        pm.Normal("a", mu * x, observed=y, dims="row")
        pm.Normal("b", mu * both, observed=both, shape=2)
        pm.Normal("c", mu, observed=shapes)
        prior = pm.sample_prior_predictive(3, random_seed=1)
        drawn = pm.sample(5, tune=5, chains=1, progressbar=False, compute_convergence_checks=False)
    for found in (prior, drawn):
        assert set(found.constant_data) == {"x", "both", "shapes"}
        np.testing.assert_array_equal(found.observed_data["a"], [3.0, 4.0])
    from graphcore.model.backends.arviz import find_constants, find_observations

    assert set(find_constants(model)) == {"x", "both", "shapes"}
    assert set(find_observations(model)) == {"a", "b", "c"}
