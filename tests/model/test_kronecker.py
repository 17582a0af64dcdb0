"""KroneckerNormal against the dense multivariate normal, however the factors are given."""

import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.graph.walk import toposort

RNG = np.random.default_rng(6)
HALVES = [RNG.normal(size=(n, n)) for n in (2, 3, 2)]
COVS = [a @ a.T + 0.3 * np.eye(len(a)) for a in HALVES]
COVS[1] = np.eye(3)  # equal eigenvalues
WAYS = {
    "covs": COVS,
    "chols": [np.linalg.cholesky(c) for c in COVS],
    "evds": [np.linalg.eigh(c) for c in COVS],
}
DENSE = np.kron(np.kron(COVS[0], COVS[1]), COVS[2])
X = RNG.normal(size=(4, 12))


@pytest.mark.parametrize("sigma", [None, 0.4])
@pytest.mark.parametrize("way", WAYS)
def test_densities_are_those_of_the_dense_covariance(way, sigma):
    rv = pm.KroneckerNormal.dist(np.arange(12.0), sigma=sigma, **{way: WAYS[way]})
    cov = DENSE + (sigma or 0.0) ** 2 * np.eye(12)
    want = stats.multivariate_normal(np.arange(12.0), cov)
    np.testing.assert_allclose(rv.logp(X).eval(), want.logpdf(X), rtol=1e-12)
    np.testing.assert_allclose(rv.logp(X[0]).eval(), want.logpdf(X[0]), rtol=1e-12)
    draws = rv.random(20_000, rng=1) - np.arange(12.0)
    np.testing.assert_allclose(np.cov(draws.T), cov, atol=0.05 * np.abs(cov).max())
    whitened = np.linalg.solve(np.linalg.cholesky(cov), draws.T)
    assert stats.kstest(whitened[5], "norm").pvalue > 1e-3


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("way", ["covs", "chols"])
def test_gradients_are_those_of_the_dense_covariance(way, noisy):
    """Where a factor has equal eigenvalues as well; of second order too."""
    scales = [tt.scalar(k) for k in "abc"]
    sigma = tt.scalar("sigma")
    power = 0.5 if way == "chols" else 1.0
    parts = [m * s**power for m, s in zip(WAYS[way], scales, strict=True)]
    rv = pm.KroneckerNormal.dist(0.0, sigma=sigma if noisy else None, **{way: parts})
    cov = DENSE * scales[0] * scales[1] * scales[2]
    dense = pm.MvNormal.dist(np.zeros(12), cov=cov + tt.sqr(sigma) * np.eye(12) * noisy)
    given = dict(zip([*scales, sigma], (1.3, 0.7, 0.9, 0.4), strict=True))
    found = []
    for density in (rv.logp(X).sum(), dense.logp(X).sum()):
        wrt = [*scales, sigma] if noisy else scales
        slopes = grad(density, wrt)
        found.append(evaluate([density, *slopes, *grad(slopes[0], wrt)], given))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_models_with_variable_factors(way):
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1)
        sigma = pm.HalfNormal("sigma", 1)
        parts = [(w * scale, v) for w, v in WAYS[way]] if way == "evds" else (
            [scale * m for m in WAYS[way]]
        )  # fmt: skip
        pm.KroneckerNormal("y", **{way: parts}, sigma=sigma, observed=X)
    f = model.logp_dlogp_function()
    point = np.array([0.2, -0.3])
    value, slope = f(point)
    s = np.exp(0.2) ** (6 if way == "chols" else 3)
    cov = DENSE * s + np.exp(-0.6) * np.eye(12)
    want = stats.multivariate_normal(np.zeros(12), cov).logpdf(X).sum()
    want += (stats.halfnorm.logpdf(np.exp(point)) + point).sum()
    assert value == pytest.approx(want, rel=1e-12)
    for i, step in enumerate(1e-6 * np.eye(2)):
        ends = (f(point + step)[0] - f(point - step)[0]) / 2e-6
        assert slope[i] == pytest.approx(ends, rel=1e-6)


@pytest.mark.parametrize("sigma", [None, 0.1])
def test_nothing_of_the_length_of_the_product_squared_is_made(sigma):
    halves = [RNG.normal(size=(n, n)) for n in (40, 50)]
    scale = tt.scalar("scale")
    covs = [scale * (a @ a.T + np.eye(len(a))) for a in halves]
    y = RNG.normal(size=2000)
    density = pm.KroneckerNormal.dist(0.0, covs=covs, sigma=sigma).logp(y)
    outputs = [density, grad(density, scale)]
    assert max(v.type.size or 0 for node in toposort(outputs) for v in node.outputs) <= 4000
    value, slope = graphcore.function([scale], outputs)(1.0)
    assert np.isfinite(value) and np.isfinite(slope)


def test_covariances_that_are_none():
    s = tt.scalar("s")
    for sigma in (None, 0.01):
        rv = pm.KroneckerNormal.dist(0.0, covs=[s * COVS[0], COVS[2]], sigma=sigma)
        np.testing.assert_array_equal(rv.logp(X[:, :4]).eval({s: -1.0}), -np.inf)


REFUSED = [
    ({"covs": [-np.eye(2)]}, ValueError, "parameter covs must be a symmetric positive definite"),
    ({"chols": [np.zeros((2, 2))]}, ValueError, "chols must be .* with a positive diagonal"),
    ({"evds": [([-1.0, 1.0], np.eye(2))]}, ValueError, "parameter evds must be non-negative"),
    ({"covs": []}, ValueError, "covs is an empty list"),
    ({"covs": [np.ones(3)]}, ValueError, r"must be square matrices of known shape, got \(3,\)"),
    ({"covs": COVS, "mu": np.zeros(5)}, ValueError, "but there are 12 numbers"),
    ({"covs": COVS, "sigma": -1.0}, ValueError, "parameter sigma must be non-negative"),
    ({"covs": COVS, "nugget": 1.0}, TypeError, "has no parameter 'nugget'"),
]


@pytest.mark.parametrize(("kwargs", "error", "message"), REFUSED, ids=lambda v: "")
def test_refusals(kwargs, error, message):
    with pm.Model(), pytest.raises(error, match=message):
        pm.KroneckerNormal("y", **kwargs)
