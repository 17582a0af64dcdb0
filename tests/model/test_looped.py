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


def arma(mu, theta, sigma, size):
    """An ARMA(1, 1) process: the error is an output that the next step sees."""

    def step(y_tm1, e_tm1, mu, theta, sigma):
        y = pm.Normal.dist(mu + 0.5 * y_tm1 + theta * e_tm1, sigma)
        return y, y - (mu + 0.5 * y_tm1 + theta * e_tm1)

    (y, _), _ = graphcore.scan(
        step,
        outputs_info=[tt.constant(0.0), tt.constant(0.0)],
        non_sequences=[mu, theta, sigma],
        n_steps=STEPS,
    )
    return y


def arma_logp(y, mu, theta, sigma):
    before, error, found = 0.0, 0.0, []
    for x in y:
        mean = mu + 0.5 * before + theta * error
        found.append(stats.norm.logpdf(x, mean, sigma))
        before, error = x, x - mean
    return np.array(found)


def test_an_output_that_is_a_function_of_the_random_one():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        theta = pm.Normal("theta")
        sigma = pm.HalfNormal("sigma")
        y = pm.CustomDist("y", mu, theta, sigma, dist=arma, observed=Y)
    point = {"mu": 0.3, "theta": -0.4, "sigma_log__": np.log(0.7)}
    want = arma_logp(Y, 0.3, -0.4, 0.7)
    np.testing.assert_allclose(model.compile_logp(y, sum=False)(point)[0], want, rtol=1e-12)
    f = model.logp_dlogp_function()
    x = np.array([0.3, -0.4, np.log(0.7)])
    _, slope = f(x)
    for i in range(3):
        h = np.zeros(3)
        h[i] = 1e-5
        assert slope[i] == pytest.approx((f(x + h)[0] - f(x - h)[0]) / 2e-5, rel=1e-6)
    with model:
        prior = pm.sample_prior_predictive(20, random_seed=1, return_inferencedata=False)
    assert prior["y"].shape == (20, STEPS)


def test_the_other_outputs_agree_with_the_random_one():
    def step(before, total):
        x = 0.5 * before + pm.Normal.dist(0, 1)
        return x, total + x**2, tt.exp(x)

    (x, total, e), _ = graphcore.scan(
        step, outputs_info=[tt.constant(1.0), tt.constant(0.0), None], n_steps=6
    )
    a, b, c = pm.draw([x, total, e], draws=500, random_seed=1)
    np.testing.assert_allclose(b, np.cumsum(a**2, axis=1), rtol=1e-12)
    np.testing.assert_allclose(c, np.exp(a), rtol=1e-12)
    noise = a - 0.5 * np.c_[np.ones(500), a[:, :-1]]
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    value = np.arange(6.0) / 3
    want = stats.norm.logpdf(value, 0.5 * np.r_[1.0, value[:-1]], 1)
    np.testing.assert_allclose(pm.logp(x, value).eval(), want, rtol=1e-13)


def epidemic():
    """Susceptible, infected and recovered people: two random counts in every step."""

    def step(s, i, r):
        caught = pm.Binomial.dist(s, 1 - tt.exp(-0.5 * i / 100.0))
        healed = pm.Binomial.dist(i, 0.2)
        return s - caught, i + caught - healed, r + healed, caught

    first = [tt.constant(90), tt.constant(10), tt.constant(0), None]
    outputs, _ = graphcore.scan(step, outputs_info=first, n_steps=12)
    return outputs


def test_several_random_variables_are_drawn_together():
    outputs = epidemic()
    s, i, r, caught = pm.draw(outputs, draws=600, random_seed=1)
    assert {x.dtype.kind for x in (s, i, r, caught)} == {"i"} and s.shape == (600, 12)
    np.testing.assert_array_equal(s + i + r, 100)
    np.testing.assert_array_equal(np.c_[np.full(600, 90), s[:, :-1]] - caught, s)
    before = np.c_[np.full(600, 10), i[:, :-1]]
    left = np.c_[np.full(600, 90), s[:, :-1]]
    p = 1 - np.exp(-0.5 * before / 100)
    z = (caught - left * p) / np.sqrt(np.maximum(left * p * (1 - p), 1e-9))
    assert np.abs(z[:, :4].mean(axis=0)).max() < 4 / np.sqrt(600)
    with pm.Model():
        pm.Deterministic("infected", outputs[1])
        prior = pm.sample_prior_predictive(5, random_seed=1, return_inferencedata=False)
    assert prior["infected"].shape == (5, 12)


def test_a_parameter_of_a_step_may_be_drawn_in_it():
    def step(level):
        level = pm.Normal.dist(level, 1)
        return level, pm.Normal.dist(level, 0.1)

    (level, seen), _ = graphcore.scan(step, outputs_info=[tt.constant(0.0), None], n_steps=4)
    a, b = pm.draw([level, seen], draws=4000, random_seed=1)
    np.testing.assert_allclose(a.var(axis=0), np.arange(1, 5), rtol=5 * np.sqrt(2 / 4000))
    np.testing.assert_allclose((b - a).std(axis=0), 0.1, rtol=5 / np.sqrt(8000))


@pytest.mark.parametrize(
    "step",
    [
        lambda: pm.Normal.dist(pm.Normal.dist()),
        lambda: pm.Normal.dist() + pm.Cauchy.dist(0, 1),
        lambda: (pm.Normal.dist(), pm.Poisson.dist(2)),
    ],
)
def test_what_has_no_density_says_so(step):
    outputs, _ = graphcore.scan(step, n_steps=3, return_list=True)
    assert pm.draw(outputs[0], draws=2, random_seed=1).shape == (2, 3)
    message = r"y: the steps of a loop draw .*Normal"
    with pm.Model(), pytest.raises(NotImplementedError, match=message):
        pm.CustomDist("y", 1.0, dist=lambda m, size: outputs[0], observed=np.zeros(3))


def test_pieces_of_one_step_that_have_a_density_together():
    total, _ = graphcore.scan(lambda: pm.Normal.dist(1, 3) + pm.Normal.dist(2, 4), n_steps=3)
    value = np.array([0.0, 3.0, 8.0])
    np.testing.assert_allclose(
        pm.logp(total, value).eval(), stats.norm.logpdf(value, 3, 5), rtol=1e-13
    )
    once = pm.Normal.dist(0, 1)
    mixed, _ = graphcore.scan(lambda: once + pm.Normal.dist(0, 1e-9), n_steps=3)
    drawn = pm.draw(mixed, random_seed=1)
    np.testing.assert_allclose(drawn, drawn[0], atol=1e-6)
    with pytest.raises(NotImplementedError):
        pm.logp(mixed, value)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="number of steps that draw random variables must be"):
        graphcore.scan(lambda: pm.Normal.dist(), n_steps=tt.lscalar("n"))
    with pytest.raises(NotImplementedError, match="no updates and no condition to stop"):
        graphcore.scan(
            lambda x: (pm.Normal.dist(x), graphcore.until(x > 1)), outputs_info=0.0, n_steps=3
        )


def test_the_length_must_be_that_of_the_data():
    with pm.Model(), pytest.raises(ValueError, match=r"shape \(10,\) for size \(3,\)"):
        pm.CustomDist("y", [0.0, 0.0], [0.1, 0.1], 1.0, dist=autoregression, observed=Y[:3])
