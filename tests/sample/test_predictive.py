"""Predictions before and after data, and densities of draws."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm
from graphcore.sample import Result, make_group

DRAWS = 4000


def model_with_data():
    with pm.Model(coords={"row": list("abc")}) as model:
        x = pm.Data("x", [1.0, 2.0, 3.0], dims="row")
        a = pm.Normal("a", 1, 2)
        k = pm.Poisson("k", 3)
        sd = pm.HalfNormal("sd", 1)
        mean = pm.Deterministic("mean", a * x + k, dims="row")
        pm.Normal("y", mean, sd, observed=[1.0, 2.0, 3.0], dims="row")
    return model


def posterior(chains=2, draws=30):
    rng = np.random.default_rng(1)
    lead = (chains, draws)
    return {
        "a": rng.normal(size=lead),
        "k": rng.integers(0, 5, lead),
        "sd": np.full(lead, 1e-9),
    }


def test_prior_draws_are_distributed_as_the_model_says():
    with pm.Model():
        mu = pm.Normal("mu", 1, 2)
        w = pm.Dirichlet("w", [1.0, 2.0, 1.0])
        pm.Categorical("c", w)
        pm.MvNormal("v", [mu, 0], [[1.0, 0.5], [0.5, 1.0]])
        pm.NormalMixture("m", w, [mu, 0, 1], [1.0, 1.0, 1.0], observed=[0.0, 1.0])
        pm.Gamma("g", 2, pm.math.exp(mu / 10), shape=2)
        drawn = pm.sample_prior_predictive(DRAWS, random_seed=3, return_inferencedata=False)
    assert {k: v.shape[1:] for k, v in drawn.items()} == {
        "mu": (), "w": (3,), "c": (), "v": (2,), "m": (2,), "g": (2,),
    }  # fmt: skip
    assert drawn["c"].dtype == "int64"
    assert st.kstest(drawn["mu"], st.norm(1, 2).cdf).pvalue > 1e-3
    assert st.kstest(drawn["v"][:, 0] - drawn["mu"], st.norm.cdf).pvalue > 1e-3
    assert st.kstest(drawn["v"][:, 1], st.norm.cdf).pvalue > 1e-3
    rate = drawn["g"] * np.exp(drawn["mu"] / 10)[:, None]
    assert st.kstest(rate[:, 1], st.gamma(2).cdf).pvalue > 1e-3
    assert np.mean(drawn["c"] == 1) == pytest.approx(0.5, abs=0.04)
    want = drawn["w"][:, 0] * drawn["mu"] + drawn["w"][:, 2]
    error = drawn["m"][:, 0] - want
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(DRAWS)


def test_a_seed_gives_the_same_draws():
    with model_with_data():
        first, same, other = (
            pm.sample_prior_predictive(5, random_seed=s, return_inferencedata=False)
            for s in (1, 1, 2)
        )
    assert all(np.array_equal(first[k], same[k]) for k in first)
    assert not np.array_equal(first["y"], other["y"])


def test_groups_of_the_prior():
    with model_with_data():
        found = pm.sample_prior_predictive(7, random_seed=1)
    assert found.prior["mean"].shape == found.prior_predictive["y"].shape == (1, 7, 3)
    assert list(np.asarray(found.prior_predictive["y"].coords["row"])) == list("abc")
    assert found.constant_data["x"].shape == found.observed_data["y"].shape == (3,)
    assert "y" not in found.prior


@pytest.mark.parametrize("wrap", [dict, lambda d: Result({"posterior": make_group(d)}, {})])
def test_predictions_use_the_posterior(wrap):
    draws = posterior()
    with model_with_data() as model:
        new = pm.sample_posterior_predictive(wrap(draws), random_seed=2)
        y = np.asarray(new.posterior_predictive["y"])
        mean = draws["a"][..., None] * np.array([1.0, 2.0, 3.0]) + draws["k"][..., None]
        np.testing.assert_allclose(y, mean, atol=1e-7)
        model.set_data("x", [10.0, 20.0], coords={"row": ["u", "v"]})
        ahead = pm.sample_posterior_predictive(
            wrap(draws), var_names=["y", "mean"], predictions=True, random_seed=2
        )
    mean = draws["a"][..., None] * np.array([10.0, 20.0]) + draws["k"][..., None]
    np.testing.assert_allclose(np.asarray(ahead.predictions["y"]), mean, atol=1e-6)
    assert list(np.asarray(ahead.predictions["y"].coords["row"])) == ["u", "v"]
    np.testing.assert_array_equal(ahead.predictions_constant_data["x"], [10, 20])


def test_what_is_drawn_again():
    with pm.Model() as model:
        x = pm.Data("x", [0.0, 0.0])
        top = pm.Normal("top", 0, 1e-9)
        z = pm.Normal("z", x + top, 1e-9, shape=x.shape)
        pm.Normal("y", z, 1e-9, observed=[0.0, 0.0])
        draws = {"top": np.full((1, 3), 5.0), "z": np.full((1, 3, 2), 7.0)}

        def predicted(**options):
            return pm.sample_posterior_predictive(
                draws, return_inferencedata=False, random_seed=1, **options
            )["y"]

        np.testing.assert_allclose(predicted(), 7.0, atol=1e-6)
        np.testing.assert_allclose(predicted(var_names=["z", "y"]), 5.0, atol=1e-6)
        np.testing.assert_allclose(predicted(var_names=["top", "y"]), 0.0, atol=1e-6)
        model.set_data("x", [1.0, 2.0, 3.0])
        np.testing.assert_allclose(predicted()[0, 0], [6.0, 7.0, 8.0], atol=1e-6)
        assert predicted().shape == (1, 3, 3)


def test_traces_of_pymc3_are_read_by_variable():
    draws = posterior()
    trace = Result({"posterior": make_group(draws)}, {})
    np.testing.assert_array_equal(trace["a"], draws["a"].ravel())
    np.testing.assert_array_equal(trace.get_values("a", thin=3, chains=1), draws["a"][1, ::3])
    assert trace.varnames == ["a", "k", "sd"]
    with pytest.raises(KeyError, match="no group"):
        trace["q"]


def test_points_and_extension():
    draws = posterior()
    points = [{k: v[0, i] for k, v in draws.items()} for i in range(5)]
    trace = Result({"posterior": make_group(draws)}, {})
    with model_with_data():
        y = pm.sample_posterior_predictive(points, return_inferencedata=False)["y"]
        same = pm.sample_posterior_predictive(trace, extend_inferencedata=True)
    assert y.shape == (5, 3) and same is trace and "posterior_predictive" in trace


def test_densities_of_draws():
    draws = posterior()
    draws["sd"] = np.full((2, 30), 0.7)
    trace = Result({"posterior": make_group(draws)}, {})
    with model_with_data():
        pm.compute_log_likelihood(trace)
        pm.compute_log_prior(trace)
        mean = np.asarray(pm.compute_deterministics(trace.posterior)["mean"])
    want = draws["a"][..., None] * np.array([1.0, 2.0, 3.0]) + draws["k"][..., None]
    np.testing.assert_allclose(mean, want, rtol=1e-13)
    likelihood = st.norm(want, 0.7).logpdf([1.0, 2.0, 3.0])
    np.testing.assert_allclose(trace.log_likelihood["y"], likelihood, rtol=1e-12)
    prior = trace.log_prior
    np.testing.assert_allclose(prior["a"], st.norm(1, 2).logpdf(draws["a"]), rtol=1e-12)
    np.testing.assert_allclose(prior["k"], st.poisson(3).logpmf(draws["k"]), rtol=1e-12)
    np.testing.assert_allclose(prior["sd"], st.halfnorm.logpdf(0.7) * np.ones((2, 30)))


def test_rows_are_computed_in_chunks(monkeypatch):
    from graphcore.sample import expand

    monkeypatch.setattr(expand, "CHUNK", 7)
    draws = posterior()
    with model_with_data():
        mean = np.asarray(pm.compute_deterministics(draws)["mean"])
    np.testing.assert_allclose(mean[1, 4, 2], draws["a"][1, 4] * 3 + draws["k"][1, 4])


def test_draw():
    mu = pm.Normal.dist([0.0, 100.0], 1)
    x = pm.Normal.dist(mu, 1)
    a, b = pm.draw([x, x - mu], draws=DRAWS, random_seed=1)
    assert a.shape == b.shape == (DRAWS, 2)
    assert st.kstest(a[:, 1], st.norm(100, np.sqrt(2)).cdf).pvalue > 1e-3
    assert st.kstest(b[:, 0], st.norm.cdf).pvalue > 1e-3
    assert pm.draw(pm.Poisson.dist(3), random_seed=1).dtype == "int64"


def test_what_cannot_be_drawn():
    with model_with_data(), pytest.raises(KeyError, match="no variable 'q'; there are a"):
        pm.sample_prior_predictive(3, var_names=["q"])
    with pm.Model():
        pm.Flat("f")
        with pytest.raises(NotImplementedError, match="Flat is improper"):
            pm.sample_prior_predictive(3)
    with pm.Model():
        pm.Normal("x")
        with pytest.raises(ValueError, match="nothing to draw: the model has no observed"):
            pm.sample_posterior_predictive({"x": np.zeros((1, 2))})
    with pytest.raises(ValueError, match="draws must be at least 1"):
        pm.draw(pm.Normal.dist(), draws=0)


def test_what_depends_on_nothing_is_the_same_in_every_draw():
    with pm.Model() as model:
        pm.Deterministic("const", pm.math.exp(np.array([0.0, 1.0])))
        pm.Normal("x")
    got = pm.sample_prior_predictive(
        3, model=model, var_names=["const"], return_inferencedata=False
    )
    np.testing.assert_array_equal(got["const"], np.exp([[0.0, 1.0]] * 3))


def test_potentials_are_said_to_be_ignored():
    with pm.Model():
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("pull", -mu)
        pm.Normal("y", mu, 1, observed=1.0)
        with pytest.warns(UserWarning, match=r"Potentials .* prior predictive sampling \(pull\)"):
            pm.sample_prior_predictive(3)
        trace = {"mu": np.zeros((1, 3))}
        with pytest.warns(UserWarning, match="Potentials .* posterior predictive"):
            pm.sample_posterior_predictive(trace)


def test_nothing_may_be_asked_for():
    with pm.Model():
        pm.Normal("mu", 0, 1)
        trace = {"mu": np.zeros((1, 3))}
        options = {"var_names": [], "return_inferencedata": False}
        assert pm.sample_posterior_predictive(trace, **options) == {}
        with pytest.raises(ValueError, match="no observed variable"):
            pm.sample_posterior_predictive(trace)


# ------------------------------------------------------------------------- as PyMC3 predicted


def test_transformed_values_of_prior_draws():
    with pm.Model() as model:
        sd = pm.HalfNormal("sd", 1, shape=2)
        pm.Uniform("u", 0, sd)
        w = pm.Dirichlet("w", [1.0, 2.0, 1.0])
        pm.Normal("y", w, 1, observed=np.zeros(3))
        names = ["sd", "u", "w", "sd_log__", "u_interval__", "w_simplex__"]
        found = pm.sample_prior_predictive(
            20, var_names=names, random_seed=1, return_inferencedata=False
        )
        whole = pm.sample_prior_predictive(3, return_inferencedata=False)
        with pytest.raises(KeyError, match="no variable 'y_log__'"):
            pm.sample_prior_predictive(3, var_names=["y_log__"])
    assert set(found) == set(names) and set(whole) == {"sd", "u", "w", "y"}
    np.testing.assert_allclose(found["sd_log__"], np.log(found["sd"]), rtol=1e-13)
    odds = np.log(found["u"] / (found["sd"] - found["u"]))
    np.testing.assert_allclose(found["u_interval__"], odds, rtol=1e-9, atol=1e-9)
    for i in range(20):
        values = {name: found[name][i] for name in names[3:]}
        start = model.initial_point(overrides={name: found[name][i] for name in names[:3]})
        for name in names[3:]:
            np.testing.assert_allclose(values[name], start[name], rtol=1e-12, atol=1e-12)


def test_several_data_sets_for_every_draw():
    draws = posterior()
    draws["sd"] = np.full((2, 30), 0.5)
    with model_with_data():
        found = pm.sample_posterior_predictive(
            draws, size=40, random_seed=1, return_inferencedata=False
        )["y"]
        labelled = pm.sample_posterior_predictive(draws, size=3).posterior_predictive["y"]
        short = pm.sample_posterior_predictive(draws, samples=7, size=4, return_inferencedata=False)
        with pytest.raises(ValueError, match="size must be an integer of at least 1"):
            pm.sample_posterior_predictive(draws, size=0)
    mean = draws["a"][..., None] * np.array([1.0, 2.0, 3.0]) + draws["k"][..., None]
    assert found.shape == (2, 30, 40, 3) and short["y"].shape == (7, 4, 3)
    assert labelled.dims == ("chain", "draw", "repetition", "row")
    error = (found - mean[:, :, None]).ravel() / 0.5
    assert st.kstest(error, st.norm.cdf).pvalue > 1e-3


def one_normal(name="y", n=2):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Normal(name, mu, 0.5, observed=np.zeros(n))
    return model


def test_models_predict_as_often_as_their_weights_say():
    low, high = {"mu": np.zeros((2, 50))}, {"mu": np.full((1, 300), 100.0)}
    models = [one_normal(), one_normal()]
    drawn = pm.sample_posterior_predictive_w(
        [low, high], DRAWS, models, [1, 3], random_seed=1, return_inferencedata=False
    )["y"]
    second = drawn[:, 0] > 50
    assert drawn.shape == (DRAWS, 2) and np.array_equal(second, drawn[:, 1] > 50)
    assert st.binomtest(int(second.sum()), DRAWS, 0.75).pvalue > 1e-3
    error = (drawn - 100 * second[:, None]).ravel() / 0.5
    assert st.kstest(error, st.norm.cdf).pvalue > 1e-3
    with models[0]:  # one model for all, as many draws as the shortest trace has
        result = pm.sample_posterior_predictive_w([low, high], random_seed=1)
    assert result.posterior_predictive["y"].shape == (1, 100, 2)


@pytest.mark.parametrize(("models", "weights", "told"), [
    ([one_normal()], None, "2 traces, 1 models"),
    ([one_normal()] * 2, [1.0], "1 weights"),
    ([one_normal()] * 2, [1.0, -1.0], "weights must not be negative"),
    ([one_normal(), one_normal(n=3)], None, "same variables in the same shapes"),
    ([one_normal(), one_normal("z")], None, "same variables in the same shapes"),
])  # fmt: skip
def test_models_that_cannot_predict_together(models, weights, told):
    with pytest.raises(ValueError, match=told):
        pm.sample_posterior_predictive_w([{"mu": np.zeros((1, 5))}] * 2, 3, models, weights)


def test_dims_of_the_log_likelihood_of_vectors():
    coords = {"time": range(5), "kind": ["a", "b"]}
    with pm.Model(coords=coords) as model:
        mu = pm.Normal("mu", dims="kind")
        pm.MvNormal("y", mu, np.eye(2), observed=np.ones((5, 2)), dims=("time", "kind"))
        run = {"tune": 20, "chains": 2, "progressbar": False, "return_inferencedata": False}
        trace = pm.sample(10, idata_kwargs={"log_likelihood": True}, random_seed=1,
                          compute_convergence_checks=False, **run)  # fmt: skip
        again = pm.compute_log_likelihood(Result(dict(trace), {}), model=model)
    y = trace.log_likelihood["y"]
    assert y.dims == ("chain", "draw", "time") and y.shape == (2, 10, 5)
    np.testing.assert_allclose(again.log_likelihood["y"].values, y.values, rtol=1e-13)
