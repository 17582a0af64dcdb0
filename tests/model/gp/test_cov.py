"""Covariance and mean functions against their formulas in NumPy and their Fourier transforms."""

import numpy as np
import pytest
from scipy import integrate

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad

cov = pm.gp.cov
X = np.array([[0.0, 1.0], [0.4, -1.0], [0.4, -1.0], [2.5, 0.3], [-1.0, 7.0]])
Z = np.array([[0.1, 1.2], [2.5, 0.3]])
LS = np.array([0.7, 2.0])


def distance(x, z, ls=LS):
    return np.sqrt((((x[:, None] - z[None]) / ls) ** 2).sum(-1))


def circle(x, z):
    t = np.abs((x[:, None, 0] - z[None, :, 0] + 1.5) % 3.0 - 1.5) / 1.5
    return (1 + 5 * t) * np.clip(1 - t, 0, None) ** 5


def waves(x, z):
    return (np.sin(np.pi * (x[:, None] - z[None]) / 1.3) ** 2 / LS**2).sum(-1)


def gibbs(x, z):
    a, b = 0.5 + x[:, :1] ** 2, (0.5 + z[:, :1] ** 2).T
    gap = (x[:, :1] - z[:, :1].T) ** 2
    return np.sqrt(2 * a * b / (a**2 + b**2)) * np.exp(-gap / (a**2 + b**2))


KERNELS = {
    "ExpQuad": (cov.ExpQuad(2, ls=LS), lambda x, z: np.exp(-0.5 * distance(x, z) ** 2)),
    "one scale": (cov.ExpQuad(2, ls=0.7), lambda x, z: np.exp(-0.5 * distance(x, z, 0.7) ** 2)),
    "ls_inv": (cov.ExpQuad(2, ls_inv=1 / LS), lambda x, z: np.exp(-0.5 * distance(x, z) ** 2)),
    "whole": (cov.ExpQuad(2, ls=2), lambda x, z: np.exp(-0.5 * distance(x, z, 2.0) ** 2)),
    "RatQuad": (
        cov.RatQuad(2, alpha=0.3, ls=LS),
        lambda x, z: (1 + 0.5 * distance(x, z) ** 2 / 0.3) ** -0.3,
    ),
    "Exponential": (cov.Exponential(2, ls=LS), lambda x, z: np.exp(-0.5 * distance(x, z))),
    "Matern12": (cov.Matern12(2, ls=0.6), lambda x, z: np.exp(-distance(x, z, 0.6))),
    "Matern32": (
        cov.Matern32(2, ls=LS),
        lambda x, z: (1 + 3**0.5 * distance(x, z)) * np.exp(-(3**0.5) * distance(x, z)),
    ),
    "Matern52": (
        cov.Matern52(2, ls=LS),
        lambda x, z: (
            (1 + 5**0.5 * distance(x, z) + 5 / 3 * distance(x, z) ** 2)
            * np.exp(-(5**0.5) * distance(x, z))
        ),
    ),
    "Cosine": (cov.Cosine(2, ls=LS), lambda x, z: np.cos(2 * np.pi * distance(x, z))),
    "one column": (
        cov.Matern12(2, ls=2.0, active_dims=[1]),
        lambda x, z: np.exp(-np.abs(x[:, None, 1] - z[None, :, 1]) / 2),
    ),
    "Periodic": (cov.Periodic(2, period=1.3, ls=LS), lambda x, z: np.exp(-0.5 * waves(x, z))),
    "WrappedPeriodic": (
        cov.WrappedPeriodic(cov.Matern32(2, ls=LS), period=1.3),
        lambda x, z: (1 + np.sqrt(3 * waves(x, z))) * np.exp(-np.sqrt(3 * waves(x, z))),
    ),
    "Linear": (cov.Linear(2, c=[0.2, 0.5]), lambda x, z: (x - [0.2, 0.5]) @ (z - [0.2, 0.5]).T),
    "Polynomial": (
        cov.Polynomial(2, c=0.1, d=3, offset=1.5),
        lambda x, z: ((x - 0.1) @ (z - 0.1).T + 1.5) ** 3,
    ),
    "Constant": (cov.Constant(2.5), lambda x, z: np.full((len(x), len(z)), 2.5)),
    "WhiteNoise": (
        cov.WhiteNoise(1.5),
        lambda x, z: 2.25 * np.eye(len(x)) if x is z else np.zeros((len(x), len(z))),
    ),
    "Circular": (cov.Circular(2, period=3.0, tau=5, active_dims=[0]), circle),
    "Gibbs": (cov.Gibbs(2, lambda x: 0.5 + x**2, active_dims=[0]), gibbs),
    "WarpedInput": (
        cov.WarpedInput(2, cov.Matern12(2, ls=1.0), lambda x, a, b: a * x**2 + b, (0.5, 1.0)),
        lambda x, z: np.exp(-distance(0.5 * x**2, 0.5 * z**2, 1.0)),
    ),
    "ScaledCov": (
        cov.ScaledCov(2, cov.Matern12(2, ls=1.0), lambda x, a: tt.exp(a * x[:, 0]), 0.3),
        lambda x, z: np.exp(0.3 * (x[:, :1] + z[:, :1].T)) * np.exp(-distance(x, z, 1.0)),
    ),
    "Add": (
        2.0 + cov.Matern12(2, ls=1.0) + cov.Linear(2, c=0.0),
        lambda x, z: 2 + np.exp(-distance(x, z, 1.0)) + x @ z.T,
    ),
    "Prod": (
        0.5 * cov.Matern12(2, ls=1.0) * cov.Linear(2, c=0.0) * 3,
        lambda x, z: 1.5 * np.exp(-distance(x, z, 1.0)) * (x @ z.T),
    ),
    "Exponentiated": (
        cov.Matern12(2, ls=1.0) ** 2,
        lambda x, z: np.exp(-2 * distance(x, z, 1.0)),
    ),
    "Kron": (
        cov.Kron([cov.ExpQuad(1, ls=0.7), cov.Matern12(1, ls=2.0)]),
        lambda x, z: (
            np.exp(-0.5 * distance(x[:, :1], z[:, :1], 0.7) ** 2)
            * np.exp(-distance(x[:, 1:], z[:, 1:], 2.0))
        ),
    ),
}


@pytest.mark.parametrize("symbolic", [False, True], ids=["constant", "symbolic"])
@pytest.mark.parametrize("name", KERNELS)
def test_covariances_are_their_formulas(name, symbolic):
    kernel, formula = KERNELS[name]
    x, z, given = X, Z, {}
    if symbolic:
        x, z = tt.tensor("float64", (None, 2)), tt.tensor("float64", (None, 2))
        given = {x: X, z: Z}
    for got, want in zip(
        evaluate([kernel(x), kernel(x, z), kernel(x, diag=True)], given),
        [formula(X, X), formula(X, Z), np.diag(formula(X, X))],
        strict=True,
    ):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["ExpQuad", "RatQuad", "Exponential", "Matern32", "Matern52"])
def test_slopes_are_finite_where_points_coincide(name):
    ls, x = tt.vector("ls"), tt.matrix("x")
    more = {"alpha": 0.7} if name == "RatQuad" else {}
    K = getattr(cov, name)(2, ls=ls, **more)(x)
    cost = tt.sum(K * np.cos(np.arange(25.0)).reshape(5, 5))
    g = evaluate(grad(cost, [ls, x]), {ls: LS, x: X})
    step = 1e-6
    for i in range(2):
        up, down = LS.copy(), LS.copy()
        up[i] += step
        down[i] -= step
        high, low = (evaluate([cost], {ls: v, x: X})[0] for v in (up, down))
        assert g[0][i] == pytest.approx((high - low) / (2 * step), rel=1e-6, abs=1e-8)
    assert np.isfinite(g[1]).all()


def test_variables_join_covariances():
    a = tt.scalar("a")
    for kernel in (a * cov.Constant(2.0), cov.Constant(2.0) * a):
        np.testing.assert_array_equal(evaluate([kernel(X)], {a: 3.0})[0], np.full((5, 5), 6.0))


def test_matrices_join_covariances():
    M = np.arange(25.0).reshape(5, 5)
    for kernel in (cov.Constant(2.0) + M, M + cov.Constant(2.0)):
        np.testing.assert_array_equal(kernel(X).eval(), M + 2)
        np.testing.assert_array_equal(kernel(X, diag=True).eval(), np.diag(M) + 2)


def test_coregion():
    W, kappa = np.array([[1.0, 0.2], [0.5, -1.0], [0.0, 0.3]]), np.array([0.1, 0.2, 0.3])
    B = W @ W.T + np.diag(kappa)
    outputs = np.array([[0.5, 0], [0.7, 2], [0.1, 2], [0.3, 1]])
    rows = outputs[:, 1].astype(int)
    for parameters in ({"W": W, "kappa": kappa}, {"B": B}):
        kernel = cov.Coregion(2, **parameters, active_dims=[1])
        np.testing.assert_allclose(kernel(outputs).eval(), B[np.ix_(rows, rows)])
        np.testing.assert_allclose(kernel(outputs, outputs[:2]).eval(), B[np.ix_(rows, rows[:2])])
        np.testing.assert_allclose(kernel(outputs, diag=True).eval(), np.diag(B)[rows])


@pytest.mark.parametrize("name", ["ExpQuad", "Matern12", "Matern32", "Matern52"])
def test_spectral_densities_are_fourier_transforms(name):
    kernel = 3.0 * getattr(cov, name)(1, ls=0.7)
    for omega in (0.0, 0.5, 3.0):
        (want, _) = integrate.quad(
            lambda t, w=omega: 2 * np.cos(w * t) * float(kernel([[0.0]], [[t]]).eval()[0, 0]),
            0,
            30,
            limit=300,
        )
        (got,) = kernel.power_spectral_density([[omega]]).eval()
        assert got == pytest.approx(want, rel=1e-7)
    # the product over dimensions, for the one function that is a product
    square = cov.ExpQuad(2, ls=LS).power_spectral_density([[0.3, 0.8]]).eval()
    pairs = zip(LS, [0.3, 0.8], strict=True)
    lines = [cov.ExpQuad(1, ls=s).power_spectral_density([[w]]).eval() for s, w in pairs]
    np.testing.assert_allclose(square, lines[0] * lines[1])


MISTAKES = [
    (lambda: cov.ExpQuad(1), ValueError, "needs one of ls and ls_inv"),
    (lambda: cov.ExpQuad(1, ls=1, ls_inv=1), ValueError, "needs one of ls and ls_inv"),
    (lambda: cov.ExpQuad(1, ls=1, active_dims=[1]), ValueError, "active_dims=.1. of an input"),
    (lambda: cov.ExpQuad(1, ls=1)(X[:, 0]), ValueError, r"write x\[:, None\]"),
    (lambda: cov.ExpQuad(3, ls=1)(X), ValueError, "3 dimensions, these have 2"),
    (lambda: cov.ExpQuad(1, ls=1) + "a", ValueError, "a number or a matrix"),
    (lambda: cov.ExpQuad(1, ls=1) ** np.ones(2), ValueError, "raised to a number"),
    (lambda: cov.Coregion(2, active_dims=[0, 1]), ValueError, "one active dimension"),
    (lambda: cov.Coregion(1), ValueError, "either B or both W and kappa"),
    (lambda: cov.Gibbs(2, abs), NotImplementedError, "one active dimension"),
    (lambda: cov.WarpedInput(1, 3, abs), TypeError, "must be a covariance function"),
    (lambda: cov.WarpedInput(1, cov.Constant(1), 3), TypeError, "warp_func must be callable"),
    (lambda: cov.WrappedPeriodic(cov.Constant(1), 3), TypeError, "Stationary"),
]


@pytest.mark.parametrize(("make", "error", "text"), MISTAKES)
def test_mistakes_are_named(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_means():
    mean = pm.gp.mean
    total = mean.Constant(2.0) + mean.Linear([1.0, -1.0], 0.5) * mean.Constant(3.0) + mean.Zero()
    np.testing.assert_allclose(total(X).eval(), 2 + 3 * (X @ [1.0, -1.0] + 0.5))


def test_a_function_of_fewer_columns_takes_the_first_ones():
    X = np.random.default_rng(3).normal(size=(4, 2))
    both = cov.ExpQuad(1, ls=0.5) * cov.ExpQuad(2, ls=2.0)
    assert both.input_dim == 2
    want = cov.ExpQuad(1, ls=0.5)(X[:, :1]).eval() * cov.ExpQuad(2, ls=2.0)(X).eval()
    np.testing.assert_allclose(both(X).eval(), want, rtol=1e-14)


def test_powers_may_be_arrays_of_one_number():
    X = np.random.default_rng(3).normal(size=(4, 1))
    want = cov.ExpQuad(1, ls=0.5)(X).eval() ** 2
    for two in (2, np.array([[2.0]]), tt.alloc(2.0, 1, 1)):
        np.testing.assert_allclose((cov.ExpQuad(1, ls=0.5) ** two)(X).eval(), want, rtol=1e-13)
    with pytest.raises(ValueError, match="only be raised to a number"):
        cov.ExpQuad(1, ls=1) ** np.array([1.0, 2.0])
