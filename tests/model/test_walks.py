"""Random walks of any steps, autoregressions, GARCH, stochastic differences, bounds."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm

RNG = np.random.default_rng(4)
X = RNG.normal(size=7)
V = RNG.normal(size=(5, 2))
COV = np.array([[1.0, 0.3], [0.3, 0.5]])
N01 = pm.Normal.dist(0.0, 1.0)


def norm(x, mu=0.0, sd=1.0):
    return -0.5 * ((x - np.asarray(mu)) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)


def garch(x, omega, alpha, beta, initial):
    total, variance = 0.0, initial**2
    for t in range(len(x)):
        total += norm(x[t], 0, np.sqrt(variance))
        variance = omega + alpha * x[t] ** 2 + beta * variance
    return total


DENSITIES = {
    "walk": (
        lambda: pm.RandomWalk.dist(N01, pm.StudentT.dist(4, 0.1, 2.0), steps=6),
        X,
        norm(X[0]) + st.t(4, 0.1, 2.0).logpdf(np.diff(X)).sum(),
    ),
    "walk per row": (
        lambda: pm.RandomWalk.dist(N01, pm.Normal.dist([0.0, 1.0], [1.0, 2.0]), shape=(2, 5)),
        V.T,
        norm(V[0]) + norm(np.diff(V, axis=0), [0, 1], [1, 2]).sum(axis=0),
    ),
    "vectors": (
        lambda: pm.MvGaussianRandomWalk.dist(
            [0.1, 0.0], COV, init_dist=pm.MvNormal.dist([0, 0], np.eye(2)), steps=4
        ),
        V,
        norm(V[0]).sum() + st.multivariate_normal([0.1, 0], COV).logpdf(np.diff(V, axis=0)).sum(),
    ),
    "heavy vectors": (
        lambda: pm.MvStudentTRandomWalk.dist(
            3.0, [0.1, 0.0], chol=np.linalg.cholesky(COV),
            init_dist=pm.MvNormal.dist([0, 0], np.eye(2)), shape=(5, 2),
        ),
        V,
        norm(V[0]).sum()
        + st.multivariate_t([0.1, 0], COV, 3).logpdf(np.diff(V, axis=0)).sum(),
    ),
    "ar1": (
        lambda: pm.AR.dist(0.6, sigma=0.5, init_dist=N01, steps=6),
        X,
        norm(X[0]) + norm(X[1:], 0.6 * X[:-1], 0.5).sum(),
    ),
    "ar2 with constant": (
        lambda: pm.AR.dist([0.3, 0.6, -0.2], tau=4.0, constant=True, init_dist=N01, shape=7),
        X,
        norm(X[:2]).sum() + norm(X[2:], 0.3 + 0.6 * X[1:-1] - 0.2 * X[:-2], 0.5).sum(),
    ),
    "ar per row": (
        lambda: pm.AR.dist([[0.6], [-0.1]], sigma=[1.0, 2.0], init_dist=N01, shape=(2, 5)),
        V.T,
        norm(V[0]) + norm(V[1:], V[:-1] * [0.6, -0.1], [1, 2]).sum(axis=0),
    ),
    "stationary": (
        lambda: pm.AR1.dist(k=0.6, tau_e=4.0, shape=7),
        X,
        norm(X[0], 0, 0.5 / 0.8) + norm(X[1:], 0.6 * X[:-1], 0.5).sum(),
    ),
    "garch": (
        lambda: pm.GARCH11.dist(0.5, 0.2, 0.3, 1.5, shape=7),
        X,
        garch(X, 0.5, 0.2, 0.3, 1.5),
    ),
    "differences": (
        lambda: pm.EulerMaruyama.dist(
            0.25, lambda x, a, s: (-a * x, s), (0.7, 2.0), init_dist=N01, steps=6
        ),
        X,
        norm(X[0]) + norm(X[1:], X[:-1] * (1 - 0.25 * 0.7), 0.5 * 2.0).sum(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DENSITIES)
def test_densities(name):
    make, x, want = DENSITIES[name]
    rv = make()
    assert rv.type.shape == x.shape
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-12)
    draws = rv.random(size=3000, rng=1)
    assert draws.shape == (3000, *x.shape)
    assert np.isfinite(draws).all()


@pytest.mark.parametrize("name", ["walk per row", "vectors", "ar per row", "garch", "differences"])
def test_draws_follow_the_density(name):
    """For draws of a density p, the mean of p(x + h) / p(x) over the draws is one."""
    make, x, _ = DENSITIES[name]
    rv = make()
    draws = rv.random(size=4000, rng=3)
    shift = np.zeros(x.shape)
    shift[..., -1] = 0.15
    ratios = np.array([np.exp(_logp(name, d + shift) - _logp(name, d)) for d in draws])
    error = ratios.std(axis=0) / np.sqrt(len(ratios))
    assert np.all(abs(ratios.mean(axis=0) - 1) < 5 * error)


def _logp(name, x):
    """The density again, in NumPy."""
    if name == "walk per row":
        return norm(x[:, 0]) + norm(np.diff(x, axis=1).T, [0, 1], [1, 2]).sum(axis=0)
    if name == "vectors":
        steps = np.diff(x, axis=0) - [0.1, 0.0]
        return -0.5 * (x[0] @ x[0]) - 0.5 * np.einsum("ti,ij,tj", steps, np.linalg.inv(COV), steps)
    if name == "ar per row":
        return norm(x[:, 0]) + norm(x[:, 1:].T, x[:, :-1].T * [0.6, -0.1], [1, 2]).sum(axis=0)
    if name == "garch":
        return garch(x, 0.5, 0.2, 0.3, 1.5)
    return norm(x[0]) + norm(x[1:], x[:-1] * (1 - 0.25 * 0.7), 1.0).sum()


def test_models_of_series_have_gradients():
    with pm.Model() as model:
        rho = pm.Normal("rho", 0, 1, shape=2)
        sd = pm.HalfNormal("sd", 1)
        x = pm.AR("x", rho, sd, init_dist=N01, shape=8)
        pm.Normal("y", x, 1.0, observed=np.arange(8.0))
        pm.GARCH11("g", 0.5, pm.Uniform("a", 0, 0.5), 0.3, 1.0, observed=X)
        pm.RandomWalk("w", N01, pm.Normal.dist(0, sd), steps=3)
    density = model.logp_dlogp_function()
    point = np.random.default_rng(2).normal(size=density.dim) * 0.3
    _, slope = density(point)
    for i in range(density.dim):
        h = np.zeros(density.dim)
        h[i] = 1e-5
        numeric = (density(point + h)[0] - density(point - h)[0]) / 2e-5
        assert slope[i] == pytest.approx(numeric, rel=1e-6, abs=1e-7)


REFUSED = [
    (lambda: pm.AR.dist([0.5], init_dist=N01), ValueError, "AR: give steps, or a shape"),
    (lambda: pm.AR.dist([0.5], sigma=-1, init_dist=N01, steps=3), ValueError, "sigma must be pos"),
    (lambda: pm.AR.dist([0.5], 1.0, 1.0, init_dist=N01, steps=3), TypeError, "or .rho, tau"),
    (lambda: pm.RandomWalk.dist(N01, 1.0, steps=2), TypeError, "innovation_dist must be a dist"),
    (lambda: pm.RandomWalk.dist(N01, N01, steps=-1), ValueError, "must be a non-negative whole"),
    (lambda: pm.GARCH11.dist(-1, 0.1, 0.1, 1, steps=3), ValueError, "omega must be positive"),
    (lambda: pm.EulerMaruyama.dist(0.1, 3), TypeError, "EulerMaruyama takes"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=lambda v: "")
def test_refusals(make, error, message):
    with pytest.raises(error, match=message):
        make().random()


def test_a_missing_start_is_said():
    with pytest.warns(UserWarning, match="no init_dist was given; .*Normal"):
        pm.AR.dist([0.5], steps=3)


# -------------------------------------------------------------------------------------- Bound


def test_bounds_do_not_normalise():
    rv = pm.Bound.dist(pm.Normal.dist(0, 1), lower=-1.0, upper=2.0)
    np.testing.assert_allclose(rv.logp([0.0, 1.5]).eval(), norm([0.0, 1.5]))
    np.testing.assert_array_equal(rv.logp([-1.1, 2.1]).eval(), -np.inf)
    draws = rv.random(size=2000, rng=1)
    assert st.kstest(draws, st.truncnorm(-1, 2).cdf).pvalue > 1e-3
    with pytest.raises(NotImplementedError, match="not normalised"):
        rv.logcdf(0.0)


def test_bounded_families_and_supports():
    with pm.Model() as model:
        low = pm.Normal("low")
        pm.Bound(pm.Normal, lower=low)("x", mu=0, sigma=2)
        pm.Bound("y", pm.Gamma.dist(2, 1), upper=3.0)
        pm.Bound("k", pm.Poisson.dist(3), upper=5)
    point = model.initial_point()
    assert 0 < model.compile_fn(model["y"])(point) < 3
    assert np.isfinite(model.compile_logp()(point))
    assert [v.name for v in model.value_vars] == ["low", "x_interval__", "y_interval__", "k"]


def test_first_values_of_an_autoregression_may_be_a_batch():
    start = pm.Normal.dist(np.array([[0.0], [5.0]]), 2.0, shape=(2, 3))
    d = pm.AR.dist([0.5, 0.2, 0.1], 1.5, init_dist=start, steps=4)
    assert d.type.shape == (2, 7)
    x = np.random.default_rng(3).normal(size=(2, 7))
    each = [
        pm.AR.dist([0.5, 0.2, 0.1], 1.5, init_dist=pm.Normal.dist(m, 2.0), steps=4).logp(row).eval()
        for m, row in zip((0.0, 5.0), x, strict=True)
    ]
    np.testing.assert_allclose(d.logp(x).eval(), each, rtol=1e-13)
    draws = d.random(500, rng=1)[:, :, 0].mean(axis=0)
    np.testing.assert_allclose(draws, [0.0, 5.0], atol=0.4)
