"""Log densities and gradients of real models at reference points that share no code with us."""

import numpy as np
import pytest

from graphcore import evaluate

NAMES = [
    "eight_schools_centered",
    "kidiq",
    "kilpisjarvi",
    "earnings",
    "mesquite",
    "sblri",
    "wells",
    "Rate_2",
    "arK",
    "arma",
    "gp_regr",
    "mixture",
    "hmm",
    "Survey",
    "M0",
]


def density_and_gradient(model, x):
    """By the reference evaluator."""
    given, n = {}, 0
    for v in model.value_vars:
        given[v] = x[n : n + v.type.size].reshape(v.type.shape)
        n += v.type.size
    logp, slope = evaluate([model.logp(), model.dlogp()], given)
    return float(logp), slope


def compiled(model, x):
    """By the program."""
    return model.logp_dlogp_function()(x)


def assert_gradient(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10 * np.abs(want).max())


@pytest.mark.parametrize("how", [density_and_gradient, compiled])
@pytest.mark.parametrize("name", NAMES)
def test_density_and_gradient_at_reference_points(posteriordb, name, how):
    posterior = posteriordb.load(name)
    points = posterior.points
    for u, logp, jacobian, slope in zip(
        points["u"], points["logp"], points["log_jacobian"], points["grad_u"], strict=True
    ):
        want = logp + points["halves"] * np.log(2) + jacobian + posterior.log_jacobian
        got, found = how(posterior.model, posterior.flat(u))
        assert got == pytest.approx(want, rel=1e-12)
        assert_gradient(posterior.reference_gradient(found), np.array(slope))


@pytest.mark.parametrize("how", [density_and_gradient, compiled])
def test_noncentered_eight_schools_is_the_centered_one_in_other_coordinates(posteriordb, how):
    posterior = posteriordb.load("eight_schools_noncentered")
    points = posterior.points
    for u, logp, jacobian, slope in zip(
        points["u"], points["logp"], points["log_jacobian"], points["grad_u"], strict=True
    ):
        theta, mu, log_tau = np.array(u[:8]), u[8], u[9]
        g_theta, g_mu, g_tau = np.array(slope[:8]), slope[8], slope[9]
        tau = np.exp(log_tau)
        z = (theta - mu) / tau
        got, found = how(posterior.model, np.array([mu, log_tau, *z]))
        # theta = mu + tau z: its Jacobian is tau**8, and slopes follow the chain rule.
        assert got == pytest.approx(logp + np.log(2) + jacobian + 8 * log_tau, rel=1e-12)
        want = [g_mu + g_theta.sum(), g_tau + (g_theta * tau * z).sum() + 8, *(g_theta * tau)]
        assert_gradient(found, np.array(want))


DRAWN = [  # those with reference draws; the others have exact answers
    "eight_schools_centered",
    "eight_schools_noncentered",
    "kidiq",
    "kilpisjarvi",
    "earnings",
    "mesquite",
    "sblri",
    "arK",
    "arma",
    "gp_regr",
    "mixture",
    "hmm",
]


@pytest.mark.parametrize("name", DRAWN)
def test_reference_draws_are_draws_of_the_density(posteriordb, name):
    """For draws u of p, E[g] = 0 and E[(u - m) g'] = -I with g the gradient of log p."""
    posterior = posteriordb.load(name)
    u = posterior.unconstrained(posteriordb.reference_draws(name))
    density = posterior.model.logp_dlogp_function()
    slopes = np.array([density(x)[1] for x in u])
    factor = np.linalg.cholesky(np.cov(u.T))  # in coordinates without correlation
    v, slopes = np.linalg.solve(factor, (u - u.mean(axis=0)).T).T, slopes @ factor
    products = v[:, :, None] * slopes[:, None, :]
    root = np.sqrt(len(u))
    assert (np.abs(slopes.mean(axis=0)) < 4 * slopes.std(axis=0, ddof=1) / root).all()
    excess = products.mean(axis=0) + np.eye(u.shape[1])
    assert (np.abs(excess) < 4 * products.std(axis=0, ddof=1) / root).all()
