"""Draws of variables with parents, with given values, and of random rows; tempered densities."""

import numpy as np
import pytest

import graphcore.model as pm


def test_random_draws_the_parents_too():
    with pm.Model():
        x = pm.Normal("x")
        y = pm.Normal("y", x, 1, observed=[1.0, 2.0])
        z = pm.Normal("z", y.sum() + x, 0.001, shape=3)
    assert pm.Normal.dist(x, 1).random().shape == () and z.random().shape == (3,)
    assert z.random(size=(2, 4)).shape == (2, 4, 3)
    draws = z.random(20_000, rng=1)
    # y.sum() + x = 3 x + two noises
    np.testing.assert_allclose(draws.std(axis=0), np.sqrt(11), rtol=5 / np.sqrt(2 * 20_000))
    assert np.corrcoef(draws.T).min() > 0.999
    at = y.random({"x": 100.0}, 5000)  # PyMC3: point, size
    np.testing.assert_allclose(at.mean(axis=0), 100, atol=5 / np.sqrt(5000))
    np.testing.assert_array_equal(x.random(3, rng=1), x.random(3, rng=1))


def test_draw_takes_given_values():
    mu = pm.Normal.dist(0, 1, shape=2)
    x = pm.Normal.dist(mu, 1e-9)
    np.testing.assert_allclose(
        pm.draw(x, draws=3, givens={mu: [5.0, 6.0]}), [[5, 6]] * 3, rtol=1e-7
    )
    np.testing.assert_array_equal(pm.draw(2 * mu, givens=[(mu, [5.0, 6.0])]), [10.0, 12.0])
    with pytest.raises(ValueError, match=r"has shape \(2,\), its value \(3,\)"):
        pm.draw(x, givens={mu: np.zeros(3)})


def test_random_rows_are_others_in_every_draw():
    x, y = pm.Minibatch(np.arange(1000.0), -np.arange(1000.0), batch_size=20)
    found = pm.draw([x, y], draws=50, random_seed=1)
    assert [a.shape for a in found] == [(50, 20)] * 2
    np.testing.assert_array_equal(found[0], -found[1])
    assert len(np.unique(found[0])) > 500
    np.testing.assert_array_equal(found[0], pm.draw(x, draws=50, random_seed=1))
    noisy = pm.Normal.dist(x, 1e-9)
    drawn = pm.draw([noisy, y], draws=5, random_seed=2)
    np.testing.assert_allclose(drawn[0], -drawn[1], atol=1e-6)


def test_a_tempered_density():
    with pm.Model() as model:
        x = pm.HalfNormal("x")
        pm.Normal("y", x, 1, observed=np.arange(5.0))
        pm.Potential("p", -(x**2))
    f = model.logp_dlogp_function(tempered=True)
    at = np.array([0.3])
    whole = model.logp_dlogp_function()(at)
    prior = float(model.compile_logp(model.free_RVs)({"x_log__": 0.3}))
    assert f(at)[0] == pytest.approx(whole[0], rel=1e-13)
    for weight in (0.0, 0.25, [0.5]):
        f.set_weights(weight)
        w = np.ravel(weight)[0]
        assert f(at)[0] == pytest.approx(prior + w * (whole[0] - prior), rel=1e-12)
        h = 1e-6
        slope = (f(at + h)[0] - f(at - h)[0]) / (2 * h)
        assert f(at)[1][0] == pytest.approx(slope, rel=1e-7)
    with pytest.raises(ValueError, match="tempered=True"):
        model.logp_dlogp_function().set_weights(1.0)


def test_a_mapped_point_is_a_flat_vector():
    with pm.Model() as model:
        pm.Normal("x", shape=2)
        f = model.logp_dlogp_function(ravel_inputs=True)
    point = {"x": np.array([0.5, -1.0])}
    flat = pm.blocking.DictToArrayBijection.map(point)
    assert f(flat)[0] == f(point["x"])[0]


def test_functions_of_points_of_the_model_around():
    with pm.Model() as model:
        s = pm.HalfNormal("s")
        made = [pm.compile_fn(s**2), pm.fn(s**2), pm.fastfn([s**2])]
    values = [f({"s_log__": np.log(3.0)}) for f in made]
    assert values[0] == pytest.approx(9) and values[1] == values[0] and values[2][0] == values[0]
    assert pm.compile_fn(s, point_fn=False, model=model)(0.0) == 1.0
    with pytest.raises(TypeError, match="no model on the context stack"):
        pm.compile_fn(s)


def test_missing_values_of_an_observed_variable():
    data = np.ma.masked_values([1.0, -999.0, 3.0, -999.0], -999.0)
    with pm.Model() as model:
        mu = pm.Normal("mu")
        with pytest.warns(pm.ImputationWarning):
            y = pm.Normal("y", mu, 1, observed=data)
        step = pm.Metropolis([y.missing_values[0]])
    assert y.missing_values == model.missing_values and step.vars[0].name == "y_unobserved"
    assert (y + 1).type.shape == (4,)


def test_the_factor_that_lkj_returns_is_expanded_already():
    with pm.Model():
        chol = pm.LKJCholeskyCov("c", n=3, eta=2, sd_dist=pm.Exponential.dist(1))
    full = pm.expand_packed_triangular(3, chol)
    upper = pm.expand_packed_triangular(3, chol, lower=False)
    diagonal = pm.expand_packed_triangular(3, chol, diagonal_only=True)
    a, b, c, d = pm.draw([chol[0], full, upper, diagonal], random_seed=1)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, c.T)
    np.testing.assert_array_equal(np.diag(a), d)
