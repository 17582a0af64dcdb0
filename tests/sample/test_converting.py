"""Traces with what PyMC3's have, and ArviZ data made of them."""

import numpy as np
import pytest

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.sample import Result, make_group
from graphcore.sample.converting import dataset_to_point_list
from graphcore.sample.results import DataArray, Group


@pytest.fixture(scope="module")
def run():
    seen = []
    with pm.Model(coords={"i": ["a", "b"]}) as model:
        mu = pm.Normal("mu", dims="i")
        sd = pm.HalfNormal("sd", 1)
        pm.Normal("y", mu, sd, observed=[0.1, 0.4], dims="i")

        def look(trace, draw):
            if draw.chain == 1 and draw.draw_idx == 119:
                seen.append((len(trace), trace["mu"].copy(), trace.chain, trace.varnames))

        trace = pm.sample(50, tune=100, chains=2, random_seed=1, progressbar=False,
                          return_inferencedata=False, compute_convergence_checks=False,
                          callback=look)  # fmt: skip
    return model, trace, seen


def test_a_callback_sees_the_begin_of_its_chain(run):
    _, trace, [(count, draws, chain, names)] = run
    assert (count, chain, names) == (120, 1, ["mu", "sd"])
    np.testing.assert_array_equal(draws, trace.posterior["mu"].values[1, :20])


def test_values_of_transformed_variables(run):
    _, trace, _ = run
    np.testing.assert_allclose(np.exp(trace["sd_log__"]), trace["sd"], rtol=1e-14)
    assert trace.varnames == ["mu", "sd", "sd_log__"]


def test_everything_in_one_result(run):
    model, trace, _ = run
    with model:
        after = pm.sample_posterior_predictive(trace, return_inferencedata=False, random_seed=1)
        prior = pm.sample_prior_predictive(7, return_inferencedata=False, random_seed=1)
        made = pm.to_inference_data(
            trace, prior=prior, posterior_predictive=after, log_likelihood=True
        )
    np.testing.assert_array_equal(made.posterior["mu"].values, trace.posterior["mu"].values)
    assert made.posterior_predictive["y"].shape == (2, 50, 2)
    assert made.prior["sd"].shape == (1, 7) and made.prior_predictive["y"].shape == (1, 7, 2)
    assert tuple(made.log_likelihood["y"].dims) == ("chain", "draw", "i")
    assert list(np.asarray(made.posterior_predictive["y"].coords["i"])) == ["a", "b"]
    assert "unconstrained_posterior" not in made.groups()


def test_observing_more_than_one_row():
    with pm.Model(coords={"i": [0]}) as one:
        a = pm.Normal("a", dims="i")
        pm.Normal("b", 2 * a, 1, dims="i")
    many = pm.observe(one, {"a": np.arange(4.0), "b": np.arange(4.0)})
    many.set_dim("i", 4, coord_values=list("wxyz"))
    assert many["a"].type.shape == (4,) and many.coords["i"] == tuple("wxyz")
    with pytest.raises(ValueError, match="dimension 'i' would have the lengths 4 and 5"):
        pm.observe(one, {"a": np.arange(4.0), "b": np.arange(5.0)})


def test_parts_of_spectral_processes():
    from graphcore.model.gp import hsgp_approx

    x = np.linspace(-1, 1, 6)[:, None]
    L = hsgp_approx.set_boundary(x, 2.0)
    values = hsgp_approx.calc_eigenvalues(L, [5])
    phi = hsgp_approx.calc_eigenvectors(x, L, values, [5]).eval()
    want, _ = pm.gp.HSGP([5], c=2.0, cov_func=pm.gp.cov.ExpQuad(1, 0.4)).prior_linearized(x)
    np.testing.assert_allclose(phi, want.eval(), rtol=1e-13, atol=1e-15)
    for wrong in ([[1, 0], [1, 2], "expquad"], [[0, 1], [2, 1], "expquad"], [[0, 1], [1, 2], "x"]):
        with pytest.raises(ValueError):
            hsgp_approx.approx_hsgp_hyperparams(*wrong)


def test_densities_without_derivatives_are_sampled_by_slices():
    class Squares(tt.Op):
        def make_node(self, m, x):
            m, x = tt.as_tensor(m), tt.as_tensor(x)
            return tt.Apply(self, [m, x], [x.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = np.asarray(-0.5 * (inputs[1] - inputs[0]) ** 2)

    squares = Squares()
    with pm.Model():
        m = pm.Normal("m", 0, 1)
        pm.CustomDist("y", m, observed=[0.5, 0.7], logp=lambda value, m: squares(m, value))
        trace = pm.sample(1000, tune=200, chains=2, random_seed=1, progressbar=False,
                          return_inferencedata=False, compute_convergence_checks=False)  # fmt: skip
    assert trace["m"].mean() == pytest.approx(0.4, abs=0.08)
    assert trace["m"].std() == pytest.approx(3**-0.5, abs=0.06)


def test_a_posterior_as_points_of_which_predictions_are_made():
    with pm.Model(coords={"i": ["a", "b"]}):
        mu = pm.Normal("mu", dims="i")
        pm.Normal("y", mu, 1e-9, observed=[0.0, 0.0], dims="i")
        rng = np.random.default_rng(1)
        group = make_group({"mu": rng.normal(size=(3, 4, 2))}, {"mu": ["i"]})
        points, labels = dataset_to_point_list(group)
        y = pm.sample_posterior_predictive(points, return_inferencedata=False)["y"]
    assert {d: len(x) for d, x in labels.items()} == {"chain": 3, "draw": 4}
    np.testing.assert_array_equal(points[5]["mu"], group["mu"].values[1, 1])
    np.testing.assert_allclose(y, group["mu"].values.reshape(12, 2), atol=1e-7)
    with pytest.raises(ValueError, match="2 axes in front"):
        dataset_to_point_list(group, ["sample"])


def test_draws_of_chains_stacked_into_one_axis(run):
    """As ``az.extract`` makes them: the axis of the samples stands last."""
    model, trace, _ = run
    labels = np.empty(100, object)
    labels[:] = [(c, d) for c in range(2) for d in range(50)]
    mu, sd = (np.concatenate(list(trace.posterior[name].values)) for name in ("mu", "sd"))
    arrays = {
        "mu": DataArray(mu.T, ("i", "sample"), {"sample": labels, "i": ["a", "b"]}, "mu"),
        "sd": DataArray(sd, ("sample",), {"sample": labels}, "sd"),
    }
    stacked = Result({"posterior": Group(arrays)}, {})
    with model:
        new = pm.sample_posterior_predictive(stacked, sample_dims=["sample"], random_seed=1)
        plain = pm.sample_posterior_predictive(trace, random_seed=1)
        found = pm.compute_log_likelihood(stacked, sample_dims=["sample"])
        wanted = pm.compute_log_likelihood(Result(dict(trace), {}))
    y = new.posterior_predictive["y"]
    assert y.dims == ("sample", "i") and y.coords["sample"][51] == (1, 1)
    wanted_y = np.concatenate(list(plain.posterior_predictive["y"].values))
    np.testing.assert_array_equal(y.values, wanted_y)
    density = found.log_likelihood["y"]
    assert density.dims == ("sample", "i")
    np.testing.assert_allclose(density.values.reshape(2, 50, 2), wanted.log_likelihood["y"].values)
