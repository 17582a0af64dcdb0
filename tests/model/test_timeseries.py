"""Random walks against the product of their normal densities, and as parts of models."""

import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate
from graphcore.testing import check_grad


def reference(x, mu, sigma, start):
    steps = stats.norm(np.asarray(mu)[..., None], np.asarray(sigma)[..., None])
    return start.logpdf(x[..., 0]) + steps.logpdf(np.diff(x)).sum(axis=-1)


@pytest.mark.parametrize(
    ("mu", "sigma", "shape"),
    [(0.0, 1.0, (5,)), (0.3, 0.2, (2,)), ([0.1, -1.0], [0.5, 2.0], (2, 7)), (0.5, 2.0, (3, 4))],
)
def test_density_is_that_of_the_steps(mu, sigma, shape):
    walk = pm.GaussianRandomWalk.dist(mu, sigma, init_dist=pm.Normal.dist(1, 2), shape=shape)
    x = np.random.default_rng(3).normal(size=shape)
    got = evaluate(walk.logp(x))
    assert walk.type.shape == shape
    np.testing.assert_allclose(got, reference(x, mu, sigma, stats.norm(1, 2)), rtol=1e-12)


def test_gradients():
    def density(x, mu, sigma):
        walk = pm.GaussianRandomWalk.dist(
            mu, tt.exp(sigma), init_dist=pm.Normal.dist(mu, 1.0), steps=3
        )
        return walk.logp(x)

    check_grad(density, [[0.1, -0.4, 0.5, 0.2], 0.3, -0.2])


def test_draws_walk():
    walk = pm.GaussianRandomWalk.dist(0.5, 0.1, init_dist=pm.Normal.dist(3, 0.1), steps=40)
    draws = walk.random(size=2000, rng=1)
    assert draws.shape == (2000, 41)
    np.testing.assert_allclose(draws[:, 0].mean(), 3, atol=0.02)
    np.testing.assert_allclose(draws[:, -1].mean(), 23, atol=0.1)
    np.testing.assert_allclose(np.diff(draws).std(), 0.1, rtol=0.02)
    several = pm.GaussianRandomWalk.dist(
        [0.0, 5.0], 0.1, init_dist=pm.Normal.dist([0, 9], 0.1), steps=2
    )
    assert several.random(rng=1).shape == (2, 3)


def test_in_a_model():
    with pm.Model() as model:
        sigma = pm.Exponential("sigma", 10)
        x = pm.GaussianRandomWalk("x", mu=0.1, sigma=sigma, init_dist=pm.Normal.dist(0, 1), steps=9)
        pm.Normal("y", x, 1.0, observed=np.zeros(10))
    assert x.type.shape == (10,)
    f = model.logp_dlogp_function()
    point = np.r_[-1.0, np.linspace(-1, 1, 10)]
    value, gradient = f(point)
    s = np.exp(-1.0)
    want = stats.expon(scale=0.1).logpdf(s) - 1 + stats.norm.logpdf(point[1:]).sum()
    want += reference(point[1:], 0.1, s, stats.norm(0, 1))
    np.testing.assert_allclose(value, want, rtol=1e-12)
    eps = 1e-6
    for i, g in enumerate(gradient):
        shift = eps * (np.arange(11) == i)
        np.testing.assert_allclose(g, (f(point + shift)[0] - f(point - shift)[0]) / 2 / eps,
                                   rtol=1e-6, atol=1e-6)  # fmt: skip
    assert not any(step.kind == "python" for step in f.program.spec.steps)


def test_a_recursion_as_a_potential():
    """A GARCH likelihood: the loop and its reverse are kernels."""
    y = np.random.default_rng(0).normal(size=50)
    with pm.Model() as model:
        w, a, b = pm.HalfNormal("w", 1), pm.Beta("a", 2, 5), pm.Beta("b", 5, 2)
        s, _ = graphcore.scan(
            lambda q, s, w, a, b: w + a * q + b * s,
            sequences=[(y**2)[:-1]],
            outputs_info=[tt.as_tensor(1.0)],
            non_sequences=[w, a, b],
            strict=True,
        )
        pm.Potential("p", pm.logp(pm.Normal.dist(0, tt.sqrt(s)), y[1:]).sum())
    f = model.logp_dlogp_function()
    point = np.array([-0.5, -0.3, 0.4])
    names = [step.name for step in f.program.spec.steps if step.kind == "call"]
    assert names.count("linear") == 2
    gradient = f(point)[1]
    for i in range(3):
        shift = 1e-6 * (np.arange(3) == i)
        slope = (f(point + shift)[0] - f(point - shift)[0]) / 2e-6
        np.testing.assert_allclose(gradient[i], slope, rtol=1e-6)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"init_dist": 3, "steps": 3}, TypeError, r"made with \.dist\(\)"),
        ({"init_dist": pm.Normal.dist(0, 1)}, ValueError, "give steps, or a shape"),
        ({"init_dist": pm.Normal.dist([0, 1]), "shape": (3, 5)}, ValueError, "one entry per walk"),
        ({"sigma": -1.0, "init_dist": pm.Normal.dist(), "steps": 2}, ValueError, "sigma must be"),
        ({"init_dist": pm.Normal.dist(), "steps": 2, "shape": 5}, ValueError, "does not fit"),
    ],
)
def test_errors(kwargs, error, message):
    with pytest.raises(error, match=message):
        pm.GaussianRandomWalk.dist(**kwargs).random()


def test_without_a_distribution_of_the_first_value_there_is_a_warning():
    with pytest.warns(UserWarning, match="no init_dist"):
        walk = pm.GaussianRandomWalk.dist(steps=2)
    np.testing.assert_allclose(
        evaluate(walk.logp(np.zeros(3))),
        stats.norm(0, 100).logpdf(0) + 2 * stats.norm.logpdf(0),
    )
