"""PyMC3's page "PyMC3 and Theano" runs with nothing but its imports renamed."""

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    return 1.2, rng.normal(size=10), rng.integers(-2, 3, size=10).astype("int32")


def expression():
    a = tt.scalar("a")
    x = tt.vector("x")
    y = tt.ivector("y")
    inner = a * x**3 + y**2
    return a, x, y, inner


def test_first_function(values):
    a, x, y, inner = expression()
    out = tt.exp(inner).sum()
    func = graphcore.function([a, x, y], [out])
    a_val, x_vals, y_vals = values
    result = func(a_val, x_vals, y_vals)
    assert isinstance(result, list)
    np.testing.assert_allclose(result[0], np.exp(a_val * x_vals**3 + y_vals**2.0).sum(), rtol=1e-13)


def test_numpy_functions_build_the_same_graph(values):
    a, x, y, inner = expression()
    func = graphcore.function([a, x, y], [np.exp(inner).sum(), tt.exp(inner).sum()])
    by_numpy, by_tensor = func(*values)
    assert by_numpy == by_tensor


def test_functions_are_called_as_often_as_we_want(values):
    a, x, y, inner = expression()
    func = graphcore.function([a, x, y], [tt.exp(inner).sum()])
    a_val, x_vals, y_vals = values
    for n in (10, 3, 0, 7):
        expected = np.exp(a_val * x_vals[:n] ** 3 + y_vals[:n] ** 2.0).sum()
        np.testing.assert_allclose(func(a_val, x_vals[:n], y_vals[:n])[0], expected, rtol=1e-13)


def test_the_gradient_of_the_function(values):
    a, x, y, inner = expression()
    out = tt.exp(inner).sum()
    func = graphcore.function([a, x, y], graphcore.grad(out, [a, x]))
    a_val, x_vals, y_vals = values
    e = np.exp(a_val * x_vals**3 + y_vals**2.0)
    da, dx = func(a_val, x_vals, y_vals)
    np.testing.assert_allclose(da, (e * x_vals**3).sum(), rtol=1e-12)
    np.testing.assert_allclose(dx, 3 * a_val * x_vals**2 * e, rtol=1e-12)


def test_floats_for_an_integer_vector_are_refused_with_advice():
    a, x, y, inner = expression()
    func = graphcore.function([a, x, y], [tt.exp(inner).sum()])
    x_vals, y_vals = np.random.default_rng(1).normal(size=(2, 10))
    with pytest.raises(TypeError, match=r"(?s)y.*allow_input_downcast=True"):
        func(1.2, x_vals, y_vals)


def test_floats_for_an_integer_vector_are_truncated_on_request():
    a, x, y, inner = expression()
    func = graphcore.function([a, x, y], [tt.exp(inner).sum()], allow_input_downcast=True)
    x_vals, y_vals = np.random.default_rng(1).normal(size=(2, 10))
    expected = np.exp(1.2 * x_vals**3 + y_vals.astype("int32") ** 2.0).sum()
    np.testing.assert_allclose(func(1.2, x_vals, y_vals)[0], expected, rtol=1e-13)


def test_if_on_a_symbolic_condition_raises():
    a = tt.vector("a")
    with pytest.raises(TypeError, match="switch"):
        if (a > 0).all():
            tt.sqrt(a)


@pytest.mark.parametrize("value", [np.array([1.0, 4.0]), np.array([1.0, -4.0])])
def test_switch_is_the_symbolic_condition(value):
    a = tt.vector("a")
    b = tt.switch((a > 0).all(), tt.sqrt(a), -a)
    expected = np.sqrt(value) if (value > 0).all() else -value
    np.testing.assert_array_equal(graphcore.function([a], b)(value), expected)


def test_an_element_fails_at_call_time_when_the_array_is_too_short():
    a = tt.vector("a")
    func = graphcore.function([a], a[10])
    assert func(np.arange(12.0)) == 10
    with pytest.raises(IndexError, match="10"):
        func(np.arange(10.0))


def test_a_subvector_by_a_list_of_indices():
    a = tt.vector("a")
    func = graphcore.function([a], a[[1, 2, 10]])
    np.testing.assert_array_equal(func(np.arange(12.0) ** 2), [1, 4, 100])
    with pytest.raises(IndexError, match="10"):
        func(np.arange(10.0))


def test_set_subtensor_is_a_copy_with_changed_elements():
    a = tt.vector("a")
    func = graphcore.function([a], tt.set_subtensor(a[:10], 1))
    value = np.random.default_rng(2).normal(size=15)
    b = value.copy()
    b[:10] = 1
    before = value.copy()
    np.testing.assert_array_equal(func(value), b)
    np.testing.assert_array_equal(value, before)


@pytest.fixture
def data():
    return 0.1 + np.random.default_rng(3).normal(size=50)


def test_a_model_is_the_sum_of_its_terms(data):
    with pm.Model() as model:
        mu = pm.Normal("mu", mu=0, sd=1)
        pm.Normal("y", mu=mu, sd=1, observed=data)
    f = model.logp_dlogp_function()
    value, gradient = f(np.array([0.3]))
    log_norm = 0.5 * np.log(2 * np.pi)
    expected = -0.5 * 0.3**2 - 0.5 * ((data - 0.3) ** 2).sum() - 51 * log_norm
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    np.testing.assert_allclose(gradient, [(data - 0.3).sum() - 0.3], rtol=1e-12)


def test_dist_makes_a_distribution_whose_logp_is_an_expression(data):
    mu = tt.scalar("mu")
    terms = pm.Normal.dist(0, 1).logp(mu) + pm.Normal.dist(mu, 1).logp(data).sum()
    with pm.Model() as model:
        rv = pm.Normal("mu", mu=0, sd=1)
        pm.Normal("y", mu=rv, sd=1, observed=data)
    value, _ = model.logp_dlogp_function()(np.array([0.3]))
    np.testing.assert_allclose(graphcore.function([mu], terms)(0.3), value, rtol=1e-13)


def test_dist_does_not_touch_the_model(data):
    with pm.Model() as model:
        pm.Normal("mu", mu=0, sd=1)
        pm.Normal.dist(0, 1)
    assert model.logp_dlogp_function().dim == 1


def test_positive_variables_are_sampled_on_the_log_scale(data):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        sd = pm.HalfNormal("sd", 1)
        pm.Normal("y", mu=mu, sd=sd, observed=data)
    f = model.logp_dlogp_function()
    assert list(f.names) == ["mu", "sd_log__"]

    mu_value, sd_log__ = tt.scalar("mu"), tt.scalar("sd_log__")
    sd_value = tt.exp(sd_log__)
    logp = pm.Normal.dist(0, 1).logp(mu_value)
    logp += pm.HalfNormal.dist(1).logp(sd_value) + sd_log__  # the log Jacobian of exp
    logp += pm.Normal.dist(mu_value, sd_value).logp(data).sum()
    wrt = [mu_value, sd_log__]
    value, *gradient = graphcore.function(wrt, [logp, *graphcore.grad(logp, wrt)])(0.2, -0.3)
    np.testing.assert_allclose(f(np.array([0.2, -0.3]))[0], value, rtol=1e-13)
    np.testing.assert_allclose(f(np.array([0.2, -0.3]))[1], gradient, rtol=1e-11)


def test_random_variables_are_tensor_variables():
    with pm.Model():
        mu = pm.Normal("mu", 0, 1)
    assert isinstance(mu, tt.TensorVariable)


def test_linear_model_with_a_design_matrix():
    rng = np.random.default_rng(4)
    design_matrix = rng.normal(size=(40, 3))
    data = design_matrix @ [1.0, -2.0, 0.5] + rng.normal(size=40)
    with pm.Model() as model:
        # beta is a tt.dvector
        beta = pm.Normal("beta", 0, 1, shape=design_matrix.shape[1])
        predict = tt.dot(design_matrix, beta)
        sd = pm.HalfCauchy("sd", beta=2.5)
        pm.Normal("y", mu=predict, sd=sd, observed=data)
    point = np.array([0.9, -1.5, 0.2, 0.1])
    value, gradient = model.logp_dlogp_function()(point)
    b, s = point[:3], np.exp(point[3])
    r = (data - design_matrix @ b) / s
    expected = -0.5 * b @ b - 0.5 * r @ r - 43 * 0.5 * np.log(2 * np.pi) - 40 * point[3]
    expected += np.log(2 / (np.pi * 2.5)) - np.log1p((s / 2.5) ** 2) + point[3]
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient[:3], design_matrix.T @ r / s - b, rtol=1e-11)
