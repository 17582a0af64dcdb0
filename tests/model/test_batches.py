"""Batches of values that are vectors: what each is alone, together."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.model.distributions.transforms import CholeskyCorr

OMEGA, ETA = np.array([0.5, 1.2]), np.array([0.8, 3.0])


def deviations(rate):
    return pm.Exponential.dist(rate)


def covariances(eta, **more):
    return pm.LKJCholeskyCov.dist(eta, 3, deviations(2.0), compute_corr=False, **more)


def uneven(rates, eta):
    return pm.LKJCholeskyCov.dist(eta, 3, deviations(rates), compute_corr=False)


RATES = np.array([[0.5, 1.0, 2.0], [3.0, 1.5, 0.7]])
BATCHES = {  # together, and one by one
    "GARCH11": (
        lambda: pm.GARCH11.dist(OMEGA, 0.2, 0.3, 1.5, steps=4),
        lambda i: pm.GARCH11.dist(OMEGA[i], 0.2, 0.3, 1.5, steps=4),
    ),
    "GARCH11 of one": (
        lambda: pm.GARCH11.dist(0.5, 0.2, 0.3, 1.5, shape=(2, 5)),
        lambda i: pm.GARCH11.dist(0.5, 0.2, 0.3, 1.5, steps=4),
    ),
    "LKJCholeskyCov": (lambda: covariances(ETA), lambda i: covariances(ETA[i])),
    "LKJCholeskyCov of one": (lambda: covariances(2.0, shape=(2, 6)), lambda i: covariances(2.0)),
    "LKJCholeskyCov by deviations": (
        lambda: uneven(RATES, 2.0),
        lambda i: uneven(RATES[i], 2.0),
    ),
    "LKJCorr": (lambda: pm.LKJCorr.dist(3, ETA), lambda i: pm.LKJCorr.dist(3, ETA[i])),
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_is_its_parts(name):
    together, alone = BATCHES[name]
    rv, parts = together(), [alone(i) for i in range(2)]
    assert rv.type.shape == (2, *parts[0].type.shape)
    x = np.stack([p.random(rng=i) for i, p in enumerate(parts)])
    want = [p.logp(v).eval() for p, v in zip(parts, x, strict=True)]
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-13)
    # values with more axes than parameters
    many = parts[0].random(4, rng=3)
    want = [parts[0].logp(v).eval() for v in many]
    np.testing.assert_allclose(parts[0].logp(many).eval(), want, rtol=1e-13)
    start = evaluate([rv.distribution.initial()], {})[0]
    assert start.shape == rv.type.shape and np.isfinite(rv.logp(start).eval()).all()


@pytest.mark.parametrize("name", BATCHES)
def test_random_batches_have_the_distributions_of_their_parts(name):
    together, alone = BATCHES[name]
    draws = together().random(3000, rng=1)
    for i in range(2):
        want = alone(i).random(3000, rng=2)
        for k in range(want.shape[-1]):
            assert stats.ks_2samp(draws[:, i, k], want[:, k]).pvalue > 1e-4


@pytest.mark.parametrize("name", BATCHES)
def test_gradients_of_models_with_batches(name):
    """The compiled gradient against the differences of the compiled density."""
    make = BATCHES[name][0]().recipe
    with pm.Model() as model:
        made = make.cls("x", *make.args, **make.kwargs, shape=make.shape)
    if name.startswith("LKJCholeskyCov"):
        assert [m.type.shape for m in made] == [(2, 3, 3), (2, 3, 3), (2, 3)]
    f = model.logp_dlogp_function()
    point = 0.4 * np.random.default_rng(5).normal(size=f.dim)
    _, slope = f(point)
    h = 1e-6
    for i, step in enumerate(h * np.eye(f.dim)):
        want = (f(point + step)[0] - f(point - step)[0]) / (2 * h)
        assert slope[i] == pytest.approx(want, rel=1e-6, abs=1e-7)


def test_batches_of_correlations_and_their_transform():
    t = CholeskyCorr(3)
    y = np.random.default_rng(0).normal(size=(2, 4, 3))
    v = tt.constant(y)
    x = t.backward(v)
    flat = y.reshape(-1, 3)
    for f in (t.backward, t.log_jac_det):
        want = np.array([f(tt.constant(row)).eval() for row in flat])
        np.testing.assert_allclose(f(v).eval().reshape(want.shape), want, rtol=1e-13)
    np.testing.assert_allclose(t.forward(x).eval(), y, rtol=1e-10)
    row = tt.constant(flat[0])
    back = t.backward(row)
    slopes = [grad(back[i], row) for i in range(3)]
    _, want = np.linalg.slogdet(np.array(evaluate(slopes, {})))
    assert t.log_jac_det(row).eval() == pytest.approx(want, rel=1e-12)


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"eta has shape \(3,\), but sd_dist has shape \(2, 3\)"):
        uneven(RATES, np.ones(3))
    with pytest.raises(ValueError, match="do not broadcast"):
        pm.GARCH11.dist(OMEGA, np.ones(3), 0.1, 1.0, steps=3)
