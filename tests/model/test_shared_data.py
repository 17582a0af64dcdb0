"""Shared variables as data of a model, as they were before ``pm.Data``."""

import pickle

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt


def regression(x, y):
    with pm.Model() as model:
        b = pm.Normal("b")
        s = pm.HalfNormal("s")
        pm.Normal("y", 1 + b * x, s, observed=y)
    return model


def expected(x, y, b, log_s):
    s = np.exp(log_s)
    total = np.sum(-0.5 * ((y - 1 - b * x) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi))
    total += -0.5 * b**2 - 0.5 * np.log(2 * np.pi)
    return total + np.log(2) - 0.5 * np.log(2 * np.pi) - 0.5 * s**2 + log_s


POINT = {"b": 0.4, "s_log__": 0.2}


@pytest.fixture
def data():
    x, y = graphcore.shared(np.arange(5.0)), graphcore.shared(np.arange(5.0) ** 2)
    return x, y, regression(x, y)


def value(model):
    return float(model.compile_logp()(POINT))


def test_the_density_is_that_of_the_values(data):
    _x, _y, model = data
    want = expected(np.arange(5.0), np.arange(5.0) ** 2, 0.4, 0.2)
    assert value(model) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("n", [5, 8, 1, 0])
def test_new_values_count_in_functions_that_exist(data, n):
    x, y, model = data
    logp, density = model.compile_logp(), model.logp_dlogp_function()
    flat = np.array([0.4, 0.2])
    density(flat)
    new = np.linspace(-1, 1, n)
    x.set_value(new)
    y.set_value(3 * new)
    want = expected(new, 3 * new, 0.4, 0.2)
    assert float(logp(POINT)) == pytest.approx(want, rel=1e-13)
    assert float(density(flat)[0]) == pytest.approx(want, rel=1e-13)


def test_numbers_are_followed_too():
    scale = graphcore.shared(2.0)
    with pm.Model() as model:
        pm.Normal("x", 0, scale)
    density = model.logp_dlogp_function()
    before = density(np.array([1.0]))[1].copy()
    scale.set_value(1.0)
    np.testing.assert_allclose([before, density(np.array([1.0]))[1]], [[-0.25], [-1.0]])


def test_several_models_follow_one_variable():
    x = graphcore.shared(np.ones(3))
    y = graphcore.shared(np.ones(3))
    models = [regression(x, y), regression(x, y)]
    for model in models:
        value(model)
    x.set_value(np.zeros(4))
    y.set_value(np.zeros(4))
    want = expected(np.zeros(4), np.zeros(4), 0.4, 0.2)
    assert [value(m) for m in models] == pytest.approx([want, want], rel=1e-14)


def test_data_that_do_not_fit_say_so(data):
    x, _y, model = data
    x.set_value(np.zeros(8))
    with pytest.raises(ValueError, match=r"y: the observed data have shape \(5,\)"):
        value(model)
    with pytest.raises(ValueError, match="axes"):
        x.set_value(np.zeros((2, 2)))
    assert x.get_value().shape == (8,)


def test_arrays_of_the_user_are_not_written_into():
    mine = np.arange(3.0)
    x = graphcore.shared(mine, borrow=True)
    regression(x, np.zeros(3))
    x.set_value([5.0, 6.0, 7.0])
    assert mine.tolist() == [0, 1, 2]


def test_predictions_for_new_values(data):
    x, _y, model = data
    with model:
        trace = pm.sample(
            50,
            tune=50,
            chains=2,
            random_seed=1,
            progressbar=False,
            return_inferencedata=False,
            compute_convergence_checks=False,
        )
        x.set_value(np.arange(7.0))
        drawn = pm.sample_posterior_predictive(
            trace, random_seed=2, progressbar=False, return_inferencedata=False
        )
    assert drawn["y"].shape[-1] == 7


def test_shapes_of_expressions_follow():
    x = graphcore.shared(np.ones((3, 2)))
    with pm.Model() as model:
        b = pm.Normal("b", shape=2)
        mu = pm.Deterministic("mu", tt.dot(x, b))
    assert mu.type.shape == (3,)
    x.set_value(np.ones((6, 2)))
    assert mu.type.shape == model["mu"].type.shape == (6,)


def test_it_survives_pickling(data):
    x, y, model = data
    x2, y2, again = pickle.loads(pickle.dumps((x, y, model)))
    assert value(again) == value(model)
    x2.set_value(np.zeros(2))
    y2.set_value(np.zeros(2))
    want = expected(np.zeros(2), np.zeros(2), 0.4, 0.2)
    assert value(again) == pytest.approx(want, rel=1e-14)
    assert x.get_value().shape == (5,)
