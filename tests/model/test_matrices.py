"""Matrices, areas, sticks: against SciPy, quadrature and moments."""

import numpy as np
import pytest
import scipy.stats as st
from scipy.integrate import dblquad, quad, tplquad

import graphcore.model as pm

RNG = np.random.default_rng(6)
V = np.array([[1.0, 0.3, 0.0], [0.3, 2.0, -0.2], [0.0, -0.2, 0.7]])
ROW, COL = V[:2, :2], V
W = np.array([[0.0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])
X = RNG.normal(size=(2, 3))


def car_precision(alpha, tau):
    return tau * (np.diag(W.sum(axis=1)) - alpha * W)


DENSITIES = {
    "Wishart": (
        lambda: pm.Wishart.dist(nu=5.5, V=V),
        st.wishart(5.5, V).rvs(random_state=1),
        lambda x: st.wishart(5.5, V).logpdf(x),
    ),
    "MatrixNormal": (
        lambda: pm.MatrixNormal.dist(0.5, rowcov=ROW, colcov=COL),
        X,
        lambda x: st.matrix_normal(np.full((2, 3), 0.5), ROW, COL).logpdf(x),
    ),
    "MatrixNormal by factors": (
        lambda: pm.MatrixNormal.dist(
            rowchol=np.linalg.cholesky(ROW), colchol=np.linalg.cholesky(COL)
        ),
        X,
        lambda x: st.matrix_normal(None, ROW, COL).logpdf(x),
    ),
    "KroneckerNormal": (
        lambda: pm.KroneckerNormal.dist(np.arange(6.0), covs=[ROW, COL], sigma=0.3),
        X.ravel(),
        lambda x: st.multivariate_normal(
            np.arange(6.0), np.kron(ROW, COL) + 0.09 * np.eye(6)
        ).logpdf(x),
    ),
    "KroneckerNormal by spectra": (
        lambda: pm.KroneckerNormal.dist(
            np.zeros(6), evds=[np.linalg.eigh(ROW), np.linalg.eigh(COL)]
        ),
        X.ravel(),
        lambda x: st.multivariate_normal(np.zeros(6), np.kron(ROW, COL)).logpdf(x),
    ),
    "CAR": (
        lambda: pm.CAR.dist([1.0, 0.0, 0.0, 2.0], W, 0.7, 1.5),
        np.array([0.3, -0.2, 0.5, 1.0]),
        lambda x: st.multivariate_normal(
            [1, 0, 0, 2], np.linalg.inv(car_precision(0.7, 1.5))
        ).logpdf(x),
    ),
    "StickBreakingWeights": (
        lambda: pm.StickBreakingWeights.dist(alpha=2.5, K=1),
        np.array([0.3, 0.7]),
        lambda x: st.beta(1, 2.5).logpdf(x[0]),
    ),
    "OrderedMultinomial": (
        lambda: pm.OrderedMultinomial.dist(0.2, [-1.0, 1.0], n=4),
        np.array([1, 2, 1]),
        lambda x: st.multinomial(
            4, np.diff([0, 1 / (1 + np.exp(1.2)), 1 / (1 + np.exp(-0.8)), 1])
        ).logpmf(x),
    ),
    "LKJCorr": (
        lambda: pm.LKJCorr.dist(n=2, eta=3.0),
        np.array([0.4]),
        lambda x: np.log(st.beta(3, 3).pdf((x[0] + 1) / 2) / 2),
    ),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_densities(name):
    make, x, want = DENSITIES[name]
    rv = make()
    assert rv.type.shape == x.shape
    assert float(rv.logp(x).eval()) == pytest.approx(want(x), rel=1e-11)
    draws = rv.random(size=4, rng=1)
    assert draws.shape == (4, *x.shape)
    for part in draws:
        assert float(rv.logp(part).eval()) == pytest.approx(want(part), rel=1e-9)


def test_rows_of_areas_and_sticks():
    x = RNG.normal(size=(5, 4))
    rv = pm.CAR.dist(np.zeros(4), W, 0.2, 1.0, shape=(5, 4))
    want = st.multivariate_normal(np.zeros(4), np.linalg.inv(car_precision(0.2, 1.0))).logpdf(x)
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-11)
    sticks = pm.StickBreakingWeights.dist(alpha=[1.0, 4.0], K=3)
    draws = sticks.random(size=20000, rng=1)
    np.testing.assert_allclose(draws.sum(axis=-1), 1)
    np.testing.assert_allclose(draws.mean(axis=0)[:, 0], [0.5, 0.2], atol=0.01)
    assert np.isfinite(sticks.logp(draws[0]).eval()).all()


def test_densities_integrate_to_one():
    rv = pm.StickBreakingWeights.dist(alpha=2.5, K=2)
    f = rv.distribution

    def stick(b, a):
        return float(np.exp(f.log_density([a, b, 1 - a - b]).eval()))

    total, _ = dblquad(stick, 0, 1, 0, lambda a: 1 - a, epsabs=1e-5, epsrel=1e-5)
    assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("eta", [1.0, 2.5])
def test_three_correlations_integrate_to_one(eta):
    """With the normaliser: by a sum over a grid of the cube."""
    grid = (np.arange(60) + 0.5) / 30 - 1
    a, b, c = (g.ravel() for g in np.meshgrid(grid, grid, grid, indexing="ij"))
    det = 1 + 2 * a * b * c - a**2 - b**2 - c**2
    mass = np.where(det > 0, np.maximum(det, 0) ** (eta - 1), 0).mean() * 8
    rv = pm.LKJCorr.dist(n=3, eta=eta)
    at_zero = float(np.exp(rv.logp([0.0, 0.0, 0.0]).eval()))
    assert at_zero == pytest.approx(1 / mass, rel=0.02)
    assert rv.logp([0.9, 0.9, -0.9]).eval() == -np.inf


def test_the_intrinsic_model_is_differences():
    x = np.array([0.3, -0.2, 0.5, 1.0])
    rv = pm.ICAR.dist(W, sigma=2.0, zero_sum_stdev=0.1)
    pairs = ((0.3 + 0.2) ** 2 + (0.3 - 0.5) ** 2 + 0.7**2 + 0.5**2) / 4
    want = -0.5 * pairs - 3 * np.log(2 * np.sqrt(2 * np.pi)) + st.norm(0, 0.4).logpdf(x.sum())
    assert float(rv.logp(x).eval()) == pytest.approx(want)


def test_bartlett_matrices_are_wishart():
    with pm.Model():
        pm.WishartBartlett("w", ROW, nu=6)
        drawn = pm.sample_prior_predictive(6000, random_seed=1, return_inferencedata=False)["w"]
    np.testing.assert_allclose(drawn.mean(axis=0), 6 * ROW, atol=0.3)
    want = st.wishart(6, ROW).rvs(6000, random_state=2)[:, 0, 0]
    assert st.ks_2samp(drawn[:, 0, 0], want).pvalue > 1e-3


@pytest.mark.parametrize("n", [2, 3])
def test_correlations_are_sampled(n):
    """The log odds of a correlation under LKJ(eta) are those of a beta distribution."""
    with pm.Model() as model:
        pm.LKJCorr("r", n=n, eta=2.0)
    density = model.logp_dlogp_function()
    point = np.linspace(-0.3, 0.4, density.dim)
    value, slope = density(point)
    for i in range(density.dim):
        h = np.eye(density.dim)[i] * 1e-6
        numeric = (density(point + h)[0] - density(point - h)[0]) / 2e-6
        assert slope[i] == pytest.approx(numeric, rel=1e-6)
    assert np.isfinite(value)
    if n == 2:
        total, _ = quad(lambda y: np.exp(density(np.array([y]))[0]), -np.inf, np.inf)
    else:
        return
    assert total == pytest.approx(1, rel=1e-6)


def test_the_jacobian_of_three_correlations():
    with pm.Model() as model:
        pm.LKJCorr("r", n=3, eta=1.0)
    f = model.logp_dlogp_function()
    total, _ = tplquad(
        lambda a, b, c: np.exp(f(np.tan([a, b, c]))[0]) / np.prod(np.cos([a, b, c])) ** 2,
        *(-1.5, 1.5) * 3, epsabs=1e-2, epsrel=1e-2,
    )  # fmt: skip
    assert total == pytest.approx(1, abs=0.03)


def test_matrices_from_packed_correlations():
    with pm.Model() as model:
        r = pm.LKJCorr("r", n=3, eta=2.0, return_matrix=True)
    (value,) = model.value_vars
    matrix = model.compile_fn(r)({value.name: np.array([0.5, -0.3, 1.2])})
    np.testing.assert_allclose(np.diag(matrix), 1)
    assert (np.linalg.eigvalsh(matrix) > 0).all() and np.array_equal(matrix, matrix.T)


REFUSED = [
    (lambda: pm.Wishart.dist(3, np.ones((2, 3))), ValueError, r"square matrix, got shape \(2, 3\)"),
    (lambda: pm.Wishart.dist(3, [[1.0, 2.0], [2.0, 1.0]]), ValueError, "positive definite"),
    (lambda: pm.MatrixNormal.dist(0, rowcov=ROW), TypeError, "exactly one of colcov and colchol"),
    (lambda: pm.MatrixNormal.dist(X, rowcov=COL, colcov=COL), ValueError, r"mu has shape \(2, 3\)"),
    (lambda: pm.KroneckerNormal.dist(0, covs=[ROW], chols=[ROW]), TypeError, "exactly one of covs"),
    (lambda: pm.CAR.dist(0, W[:2], 0.5, 1), ValueError, r"W must be a square matrix, .*\(2, 4\)"),
    (lambda: pm.CAR.dist(0, np.triu(W), 0.5, 1), ValueError, "W must be symmetric"),
    (lambda: pm.CAR.dist(0, np.zeros((2, 2)), 0.5, 1), ValueError, "row 0 of W has no neighbour"),
    (lambda: pm.CAR.dist(0, W, 1.5, 1), ValueError, "alpha must be between -1 and 1"),
    (lambda: pm.ICAR.dist(2 * W), ValueError, "entries 0 and 1 only"),
    (lambda: pm.LKJCorr.dist(0, 1.0), ValueError, "n must be a positive whole number"),
    (lambda: pm.OrderedMultinomial.dist(0.0, n=2), TypeError, "cutpoints is missing"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=lambda v: "")
def test_refusals(make, error, message):
    with pytest.raises(error, match=message):
        make().random()
