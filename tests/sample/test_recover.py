"""Counts drawn after they were summed out, against Bayes' formula and the whole model."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
from graphcore.sample import Result, make_group

Y = np.array([-1.0, 0.5, 3.0, 4.2])


def trace_of(**arrays):
    return Result({"posterior": make_group(arrays)}, {})


def test_probabilities_and_draws_of_a_vector():
    with pm.Model(coords={"row": list("abcd")}) as model:
        mu = pm.Normal("mu", 0, 3, shape=3)
        z = pm.Categorical("z", [0.2, 0.5, 0.3], dims="row")
        pm.Normal("y", mu[z], 1, observed=Y)
    rng = np.random.default_rng(1)
    mus = np.repeat(rng.normal(size=(2, 1, 3)), 4000, axis=1)
    trace = trace_of(mu=mus)
    found = pm.recover_marginals(trace, model=pm.marginalize(model, "z"), random_seed=1)
    assert found is trace
    lp = trace.posterior["lp_z"]
    assert lp.dims == ("chain", "draw", "row", "lp_z_dim")
    joint = np.array([0.2, 0.5, 0.3]) * stats.norm.pdf(Y[:, None], mus[:, :, None], 1)
    want = joint / joint.sum(-1, keepdims=True)
    np.testing.assert_allclose(np.exp(lp.values), want, rtol=1e-12)
    drawn = trace.posterior["z"]
    assert drawn.dims == ("chain", "draw", "row") and drawn.dtype == "int64"
    for k in range(3):
        share = (drawn.values == k).mean(1)
        np.testing.assert_allclose(share, want[:, 0, :, k], atol=4 * 0.5 / np.sqrt(4000))


def test_several_variables_jointly():
    """A number inside of a vector's sum: the exact joint posterior by enumeration."""
    with pm.Model() as model:
        s = pm.DiscreteUniform("s", 2, 4)
        z = pm.Bernoulli("z", 0.3, shape=2)
        pm.Normal("y", 2.0 * z + s, 1.5, observed=[3.0, 5.0])
        pm.Normal("w", s, 1, observed=3.2)
        pm.Normal("free")
    weights = {
        (k, a, b): (0.7, 0.3)[a] * (0.7, 0.3)[b]
        * stats.norm.pdf([3.0, 5.0], [2 * a + k, 2 * b + k], 1.5).prod()
        * stats.norm.pdf(3.2, k)
        for k in (2, 3, 4) for a in (0, 1) for b in (0, 1)
    }  # fmt: skip
    total = sum(weights.values())
    n = 20_000
    for order in (["z", "s"], ["s", "z"]):
        summed = pm.marginalize(model, order)
        trace = trace_of(free=np.zeros((1, n)))
        got = pm.recover_marginals(trace, model=summed, random_seed=3).posterior
        pairs = np.column_stack([got["s"].values[0], got["z"].values[0]])
        for state, weight in weights.items():
            share = (pairs == state).all(1).mean()
            assert share == pytest.approx(weight / total, abs=4 * 0.5 / np.sqrt(n))
        marginal = [sum(w for k, w in weights.items() if k[0] == v) / total for v in (2, 3, 4)]
        np.testing.assert_allclose(np.exp(got["lp_s"].values[0, 0]), marginal, rtol=1e-12)


def test_options_and_mistakes():
    with pm.Model() as model:
        p = pm.Beta("p", 1, 1)
        z = pm.Bernoulli("z", p)
        pm.Normal("y", z, 1, observed=0.3)
    trace = trace_of(p=np.full((1, 5), 0.4))
    with pm.marginalize(model, "z") as summed:
        alone = pm.recover_marginals(trace, return_samples=False, extend_inferencedata=False)
    assert list(alone.data_vars) == ["lp_z"] and list(trace.posterior) == ["p"]
    with pytest.raises(KeyError, match="'q' was not summed out of this model; z was"):
        pm.recover_marginals(trace, model=summed, var_names=["q"])
    with pytest.raises(KeyError, match="the draws have no values of p"):
        pm.recover_marginals(trace_of(q=np.zeros((1, 5))), model=summed)
    again = [pm.recover_marginals(trace_of(p=np.full((1, 50), 0.4)), model=summed, random_seed=7)
             for _ in range(2)]  # fmt: skip
    np.testing.assert_array_equal(again[0].posterior["z"].values, again[1].posterior["z"].values)


def several():
    """Two observed variables and a free one depend on the same count."""
    with pm.Model() as model:
        p = pm.Beta("p", 2, 2)
        mu = pm.Normal("mu", 0, 1)
        z = pm.Bernoulli("z", p, shape=3)
        x = pm.Normal("x", 3 * z + mu, 1.0)
        pm.Normal("y", x - 2 * z, 0.5, observed=[1.0, 2.0, 0.3])
        pm.Poisson("w", pm.math.exp(0.7 * z), observed=[1, 2, 0])
    return model


def test_prior_draws_of_several_variables_share_the_count():
    n, found = 40_000, []
    for k, model in enumerate((several(), pm.marginalize(several(), "z"))):
        draws = pm.sample_prior_predictive(
            n, model=model, random_seed=k, return_inferencedata=False
        )
        columns = [draws["p"], draws["mu"], *(draws[v][:, i] for v in "xyw" for i in range(2))]
        found.append(np.cov(columns))
    spread = np.sqrt(np.outer(np.diag(found[0]), np.diag(found[0])))
    assert np.max(np.abs(found[0] - found[1]) / spread) < 0.03


def test_predictions_share_the_count_given_the_free_variables():
    """Given ``x``, the count has a posterior, in which both means and their correlation follow."""
    n, p, mu = 20_000, 0.3, 0.2
    x = np.array([0.5, 1.8, 3.0])
    trace = {"p": np.full((1, n), p), "mu": np.full((1, n), mu), "x": np.tile(x, (1, n, 1))}
    marginal = pm.marginalize(several(), "z")
    drawn = pm.sample_posterior_predictive(
        trace, model=marginal, random_seed=1, return_inferencedata=False
    )
    weight = np.array([(1 - p) * stats.norm(mu).pdf(x), p * stats.norm(mu + 3).pdf(x)])
    p_one = weight[1] / weight.sum(0)
    y, w = drawn["y"][0], drawn["w"][0]
    np.testing.assert_allclose(y.mean(0), x - 2 * p_one, atol=0.04)
    np.testing.assert_allclose(w.mean(0), 1 - p_one + np.exp(0.7) * p_one, atol=0.05)
    together = [np.cov(y[:, i], w[:, i])[0, 1] for i in range(3)]
    both = -2 * (np.exp(0.7) - 1) * p_one * (1 - p_one)
    np.testing.assert_allclose(together, both, atol=0.05)


def test_predictions_take_counts_from_the_trace():
    z = np.tile([0, 1, 0], (1, 5000, 1))
    trace = {"p": np.full((1, 5000), 0.5), "mu": np.zeros((1, 5000)), "x": 1.0 * z, "z": z}
    drawn = pm.sample_posterior_predictive(
        trace, model=pm.marginalize(several(), "z"), random_seed=1, return_inferencedata=False
    )
    np.testing.assert_allclose(drawn["y"][0].mean(0), [0, -1, 0], atol=0.04)


def test_recovered_counts_use_all_that_depends_on_them():
    trace = {"p": np.full((1, 2), 0.3), "mu": np.zeros((1, 2)), "x": np.full((1, 2, 3), 1.2)}
    groups = Result({"posterior": make_group(trace)}, {})
    found = pm.recover_marginals(groups, model=pm.marginalize(several(), "z"), random_seed=1)
    y, w = np.array([1.0, 2.0, 0.3]), np.array([1, 2, 0])
    logp = [
        np.log(q) + stats.norm(3 * k).logpdf(1.2) + stats.norm(1.2 - 2 * k, 0.5).logpdf(y)
        + stats.poisson(np.exp(0.7 * k)).logpmf(w)
        for k, q in ((0, 0.7), (1, 0.3))
    ]  # fmt: skip
    expected = np.stack(logp, -1) - np.logaddexp(*logp)[:, None]
    np.testing.assert_allclose(found.posterior["lp_z"].values[0, 0], expected, rtol=1e-12)


def test_redrawn_parameters_reach_through_the_count():
    """A parameter that is drawn anew changes the free variables that depend on it."""
    n = 4000
    trace = {"p": np.full((1, n), 0.5), "x": np.full((1, n, 3), 50.0)}
    drawn = pm.sample_posterior_predictive(
        trace, model=pm.marginalize(several(), "z"), var_names=["mu", "y"], random_seed=1,
        return_inferencedata=False,
    )  # fmt: skip
    assert np.corrcoef(drawn["mu"][0], drawn["y"][0, :, 0])[0, 1] > 0.4
    assert abs(drawn["y"].mean()) < 2
