"""Loops whose steps draw random variables: densities of all steps, and draws step by step."""

import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.model.pytensorf import collect_default_updates

STEPS, LAGS = 10, 2
Y = np.random.default_rng(0).normal(size=STEPS)


def autoregression(init, rho, sigma, size):
    """As PyMC's users write it."""

    def step(x_tm2, x_tm1, rho, sigma):
        x = x_tm1 * rho[0] + x_tm2 * rho[1] + pm.Normal.dist(sigma=sigma)
        return x, collect_default_updates([x])

    found, updates = graphcore.scan(
        fn=step,
        outputs_info=[{"initial": init, "taps": range(-LAGS, 0)}],
        non_sequences=[rho, sigma],
        n_steps=STEPS,
        strict=True,
    )
    assert not updates
    return found


def test_an_autoregression_written_as_a_loop():
    with pm.Model() as model:
        rho = pm.Normal("rho", 0, 0.2, shape=LAGS)
        sigma = pm.HalfNormal("sigma", 0.2)
        init = pm.Normal("init", 0, 1, shape=LAGS)
        y = pm.CustomDist("y", init, rho, sigma, dist=autoregression, observed=Y)
    r, s, first = np.array([0.3, -0.2]), 0.7, np.array([0.1, 0.4])
    point = {"rho": r, "sigma_log__": np.log(s), "init": first}
    full = np.r_[first, Y]
    want = stats.norm.logpdf(Y, full[1:-1] * r[0] + full[:-2] * r[1], s)
    assert model.compile_logp(y)(point) == pytest.approx(want.sum(), rel=1e-13)
    np.testing.assert_allclose(model.compile_logp(y, sum=False)(point)[0], want, rtol=1e-12)
    f = model.logp_dlogp_function()
    x = np.random.default_rng(1).normal(size=f.dim) / 2
    _, slope = f(x)
    for i in range(f.dim):
        h = np.zeros(f.dim)
        h[i] = 1e-5
        assert slope[i] == pytest.approx((f(x + h)[0] - f(x - h)[0]) / 2e-5, rel=1e-6, abs=1e-6)
    with model:
        prior = pm.sample_prior_predictive(20, random_seed=1, return_inferencedata=False)
    assert np.asarray(prior["y"]).shape[-2:] == (20, STEPS)


def test_a_walk_has_the_density_of_the_one_that_is_there():
    def walk(sigma, size):
        step = graphcore.scan(
            lambda before, sigma: pm.Normal.dist(before, sigma),
            outputs_info=[tt.constant(0.0)],
            non_sequences=[sigma],
            n_steps=6,
        )
        return step[0]

    models = []
    for looped in (True, False):
        with pm.Model() as model:
            sigma = pm.HalfNormal("sigma", 1)
            if looped:
                x = pm.CustomDist("x", sigma, dist=walk, shape=6)
            else:
                start = pm.Normal.dist(0, sigma)
                x = pm.GaussianRandomWalk("x", 0, sigma, init_dist=start, steps=5)
            pm.Normal("y", x, 1, observed=np.arange(6.0))
        models.append(model)
    at = np.random.default_rng(2).normal(size=7)
    got, want = (m.logp_dlogp_function()(at) for m in models)
    assert got[0] == pytest.approx(want[0], rel=1e-13)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-11)
    np.testing.assert_array_equal(models[0].initial_point()["x"], np.zeros(6))


def test_every_step_draws_anew():
    rv, _ = graphcore.scan(
        lambda before: before + pm.Normal.dist(0, 1), outputs_info=[tt.constant(0.0)], n_steps=4
    )
    draws = pm.draw(rv, draws=4000, random_seed=1)
    cov = np.minimum.outer(np.arange(1, 5), np.arange(1, 5))  # of a random walk
    np.testing.assert_allclose(np.cov(draws.T), cov, atol=5 * 4 * np.sqrt(2 / 4000))


def test_chains_of_counts_and_sequences():
    P = np.array([[0.9, 0.1], [0.3, 0.7]])
    chain, _ = graphcore.scan(
        lambda before: pm.Categorical.dist(tt.constant(P)[before]),
        outputs_info=[tt.constant(0)],
        n_steps=8,
    )
    x = np.array([0, 0, 1, 1, 0, 1, 1, 1])
    want = np.log(P[np.r_[0, x[:-1]], x])
    np.testing.assert_allclose(pm.logp(chain, x).eval(), want, rtol=1e-14)
    assert chain.dtype == "int64" and set(np.unique(chain.random(20, rng=1))) == {0, 1}
    scales = np.arange(1.0, 6.0)
    scaled, _ = graphcore.scan(lambda a: a * pm.Normal.dist(), sequences=[tt.constant(scales)])
    want = stats.norm.logpdf(Y[:5], 0, scales)
    np.testing.assert_allclose(pm.logp(scaled, Y[:5]).eval(), want, rtol=1e-14)
    want = stats.norm.logcdf(Y[:5], 0, scales)
    np.testing.assert_allclose(pm.logcdf(scaled, Y[:5]).eval(), want, rtol=1e-13)


def test_a_variable_made_outside_is_one_for_all_steps():
    once = pm.Normal.dist()
    product, _ = graphcore.scan(lambda a: a * once, sequences=[tt.constant([1.0, 2.0, 3.0])])
    x = pm.draw(product, random_seed=1)
    np.testing.assert_allclose(x, x[0] * np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    ("step", "n", "message"),
    [
        (lambda: [pm.Normal.dist(), tt.constant(1.0)], 3, "must have one output"),
        (lambda: pm.Normal.dist(pm.Normal.dist()), 3, "is random itself"),
        (lambda: pm.Normal.dist() + pm.Cauchy.dist(0, 1), 3, "several random variables"),
        (lambda: pm.Normal.dist(), tt.lscalar("n"), "number of steps .* must be known"),
    ],
)
def test_what_has_no_density_is_refused(step, n, message):
    with pytest.raises((NotImplementedError, ValueError), match=message):
        graphcore.scan(step, n_steps=n)


def test_the_length_must_be_that_of_the_data():
    with pm.Model(), pytest.raises(ValueError, match=r"shape \(10,\) for size \(3,\)"):
        pm.CustomDist("y", [0.0, 0.0], [0.1, 0.1], 1.0, dist=autoregression, observed=Y[:3])
