"""Pickles of models and of random variables: the same density, names and data, nothing shared."""

import copy
import pickle

import numpy as np
import pytest

import graphcore.model as pm
import graphcore.tensor as tt

Y = np.array([0.5, -1.0, 2.0])


def again(x):
    return pickle.loads(pickle.dumps(x))


def hierarchy():
    with pm.Model(coords={"group": ["a", "b", "c"]}) as model:
        x = pm.Data("x", [1.0, 2.0, 3.0])
        mu = pm.Normal("mu", 0, 5)
        top = pm.Uniform("top", -1, mu + 9)
        sd = pm.HalfNormal("sd", 2, dims="group", initval=[1.0, 2.0, 3.0])
        line = pm.Deterministic("line", mu + top * x)
        pm.Potential("wall", -tt.sqr(mu))
        pm.Normal("y", line, sd, observed=Y, total_size=30)
    return model


def mixture():
    with pm.Model("out") as model:
        w = pm.Dirichlet("w", [1.0, 2.0])
        m = pm.Normal("m", 0, 3, shape=2, default_transform=pm.distributions.transforms.ordered)
        pm.Mixture("y", w, [pm.Normal.dist(m[0], 1), pm.StudentT.dist(4, m[1], 2)], observed=Y)
    return model


def gaps():
    with pm.Model(check_bounds=False) as model:
        k = pm.Poisson("k", 3)
        pm.Normal("y", k, 1, observed=np.ma.masked_invalid([1.0, np.nan, 2.0]))
    return model


@pytest.mark.filterwarnings("ignore::graphcore.model.ImputationWarning")
@pytest.mark.parametrize("make", [hierarchy, mixture, gaps])
def test_models(make):
    model = make()
    new = again(model)
    assert (str(new), new.name, new.check_bounds) == (str(model), model.name, model.check_bounds)
    assert list(new.named_vars) == list(model.named_vars)
    assert new.coords == model.coords and new.named_vars_to_dims == model.named_vars_to_dims
    start = model.initial_point()
    for name, value in new.initial_point().items():
        np.testing.assert_array_equal(value, start[name])
    for seed in range(3):
        rng = np.random.default_rng(seed)
        point = {k: v + rng.integers(3) if v.dtype.kind == "i" else v + rng.normal(size=v.shape)
                 for k, v in start.items()}  # fmt: skip
        want = model.compile_logp()(point)
        assert np.isfinite(want)
        np.testing.assert_allclose(new.compile_logp()(point), want, rtol=1e-14)
    assert not set(new.named_vars.values()) & set(model.named_vars.values())


@pytest.mark.filterwarnings("ignore::graphcore.model.ImputationWarning")
def test_clone_of_missing_data():
    model = gaps()
    new = pm.clone_model(model)
    point = {"k": 2, "y_unobserved": [0.5]}
    assert list(new.named_vars) == list(model.named_vars)
    assert new.compile_logp()(point) == pytest.approx(model.compile_logp()(point), rel=1e-14)
    assert not set(new.named_vars.values()) & set(model.named_vars.values())


def test_data_of_the_copy_are_its_own():
    model = hierarchy()
    model.set_data("x", [4.0, 5.0, 6.0])
    new = again(model)
    np.testing.assert_array_equal(new["x"].get_value(), [4, 5, 6])
    new.set_data("x", np.zeros(3))
    np.testing.assert_array_equal(model["x"].get_value(), [4, 5, 6])


def test_variables_come_with_their_model():
    model = hierarchy()
    mu, y, x = again((model["mu"], model["y"], model["x"]))
    assert mu.model is y.model is x.model
    assert mu is mu.model["mu"] and x is mu.model["x"]
    assert copy.copy(model["mu"]) is model["mu"]


def test_variables_without_a_model():
    loose = again(pm.Gamma.dist(alpha=2, beta=[1.0, 3.0]))
    want = pm.Gamma.dist(alpha=2, beta=[1.0, 3.0])
    np.testing.assert_array_equal(loose.logp([0.5, 2.0]).eval(), want.logp([0.5, 2.0]).eval())
    np.testing.assert_array_equal(loose.random(rng=1), want.random(rng=1))
