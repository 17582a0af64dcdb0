"""The helpers of ``pm.math`` against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.linalg as sl
from scipy import special, stats

import graphcore.model as pm

RNG = np.random.default_rng(7)
A, B, C = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=(2, 2))
LOWER = [np.tril(m) + 2 * np.eye(2) for m in (RNG.normal(size=(2, 2)), RNG.normal(size=(2, 2)))]
X = np.linspace(-3, 3, 7)

CASES = {
    "kronecker": (lambda m: m.kronecker(A, B, C), np.kron(np.kron(A, B), C)),
    "kron_diag": (lambda m: m.kron_diag([1.0, 2.0], [3.0, 4.0]), np.kron([1, 2], [3, 4])),
    "kron_dot": (
        lambda m: m.kron_dot([A, B, C], np.arange(12.0)),
        (np.kron(np.kron(A, B), C) @ np.arange(12.0))[:, None],
    ),
    "kron_dot matrix": (
        lambda m: m.kron_dot([A, C], np.arange(12.0).reshape(6, 2)),
        np.kron(A, C) @ np.arange(12.0).reshape(6, 2),
    ),
    "kron_solve_lower": (
        lambda m: m.kron_solve_lower(LOWER, np.arange(4.0)),
        np.linalg.solve(np.kron(*LOWER), np.arange(4.0))[:, None],
    ),
    "kron_solve_upper": (
        lambda m: m.kron_solve_upper([x.T for x in LOWER], np.arange(4.0)),
        np.linalg.solve(np.kron(*[x.T for x in LOWER]), np.arange(4.0))[:, None],
    ),
    "block_diagonal": (lambda m: m.block_diagonal([A, B, C]), sl.block_diag(A, B, C)),
    "batched_diag": (lambda m: m.batched_diag(A), np.stack([np.diag(r) for r in A])),
    "batched_diag back": (
        lambda m: m.batched_diag(np.stack([C, C.T])), np.stack([np.diag(C), np.diag(C)]),
    ),
    "flatten_list": (lambda m: m.flatten_list([A, X]), np.concatenate([A.ravel(), X])),
    "flat_outer": (lambda m: m.flat_outer(X, [1.0, 2.0]), np.outer(X, [1, 2]).ravel()),
    "invprobit": (lambda m: m.invprobit(X), stats.norm.cdf(X)),
    "probit": (lambda m: m.probit([0.001, 0.5, 0.9]), special.ndtri([0.001, 0.5, 0.9])),
    "invlogit": (lambda m: m.invlogit(X), special.expit(X)),
    "log_sigmoid": (lambda m: m.log_sigmoid(X), special.log_expit(X)),
    "logdiffexp": (lambda m: m.logdiffexp(X, X - 0.5), X + np.log1p(-np.exp(-0.5))),
    "logdet": (lambda m: m.logdet(C @ C.T), np.linalg.slogdet(C @ C.T)[1]),
    "expand": (lambda m: m.expand_packed_triangular(2, [1.0, 2.0, 3.0]), [[1, 0], [2, 3]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values(name):
    make, want = CASES[name]
    np.testing.assert_allclose(make(pm.math).eval(), want, rtol=1e-12, atol=1e-14)


def test_numbers_that_are_no_graphs():
    np.testing.assert_array_equal(pm.math.cartesian([1, 2], [[3, 4], [5, 6]])[-1], [2, 5, 6])
    assert pm.math.cartesian([1, 2], [3], [4, 5]).shape == (4, 3)
    assert pm.math.logbern(np.zeros(5)).all()
    assert not pm.math.logbern(np.full(5, -np.inf)).any()
    with pytest.raises(FloatingPointError, match="NaN"):
        pm.math.logbern(np.nan)


def test_log1mexp_of_either_sign():
    x = np.array([1e-12, 0.3, 5.0, 50.0])
    wanted = np.where(x < 0.7, np.log(-np.expm1(-x)), np.log1p(-np.exp(-x)))
    np.testing.assert_allclose(pm.math.log1mexp(-x).eval(), wanted, rtol=1e-14)
    np.testing.assert_allclose(pm.math.log1mexp(-x, negative_input=True).eval(), wanted, rtol=1e-14)
    np.testing.assert_allclose(pm.math.log1mexp(x, negative_input=False).eval(), wanted, rtol=1e-14)
