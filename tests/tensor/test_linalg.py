"""Functions of matrices against NumPy and SciPy, their gradients, and what they refuse."""

import mpmath
import numpy as np
import pytest
import scipy.linalg

import graphcore
import graphcore.tensor as tt
from graphcore.testing import check_grad

A = np.array([[2.0, -1.0, 0.5], [0.3, 1.5, -2.0], [1.0, 0.0, 3.0]])
K = A @ A.T + np.eye(3)
B = np.arange(6.0).reshape(3, 2) - 2.5
LOW = np.linalg.cholesky(K)

VALUES = [
    (lambda: tt.linalg.cholesky(K), LOW),
    (lambda: tt.slinalg.cholesky(K, lower=False), LOW.T),
    (lambda: tt.linalg.solve(A, B), np.linalg.solve(A, B)),
    (lambda: tt.slinalg.solve(K, B[:, 0], assume_a="pos"), np.linalg.solve(K, B[:, 0])),
    (lambda: tt.linalg.cho_solve((LOW, True), B), np.linalg.solve(K, B)),
    (lambda: tt.linalg.cho_solve((LOW.T, False), B), np.linalg.solve(K, B)),
    (lambda: tt.linalg.solve_triangular(A, B), scipy.linalg.solve_triangular(A, B)),
    (
        lambda: tt.slinalg.solve_triangular(A, B, trans="T", lower=True),
        scipy.linalg.solve_triangular(A, B, trans="T", lower=True),
    ),
    (lambda: tt.nlinalg.matrix_inverse(A), np.linalg.inv(A)),
    (lambda: tt.nlinalg.det(A), np.linalg.det(A)),
    (lambda: tt.linalg.det(A[::-1]), np.linalg.det(A[::-1])),
    (lambda: tt.linalg.slogdet(-A)[0], np.linalg.slogdet(-A)[0]),
    (lambda: tt.linalg.slogdet(-A)[1], np.linalg.slogdet(-A)[1]),
    (lambda: tt.linalg.logdet(A), np.linalg.slogdet(A)[1]),
    (lambda: tt.linalg.matrix_power(A, 5), np.linalg.matrix_power(A, 5)),
    (lambda: tt.linalg.matrix_power(A, -2), np.linalg.matrix_power(A, -2)),
    (lambda: tt.linalg.matrix_power(A, 0), np.eye(3)),
    (lambda: tt.nlinalg.matrix_dot(A, B, B.T), A @ B @ B.T),
    (lambda: tt.trace(B), np.trace(B)),
    (lambda: tt.trace(A, -1), np.trace(A, -1)),
    (lambda: tt.kron(A, B), np.kron(A, B)),
    (lambda: tt.diagonal(A, 1, 1, 0), np.diagonal(A, 1, 1, 0)),
    *[(lambda k=k: tt.diagonal(B, k), np.diagonal(B, k)) for k in (-3, -2, 0, 1, 2)],
    *[(lambda k=k: tt.diag(B[0], k), np.diag(B[0], k)) for k in (-2, 0, 1)],
    *[(lambda k=k: tt.tril(B, k), np.tril(B, k)) for k in (-1, 0, 1)],
    *[(lambda k=k: tt.triu(B, k), np.triu(B, k)) for k in (-1, 0, 1)],
]


@pytest.mark.parametrize("case", range(len(VALUES)))
def test_values(case):
    make, want = VALUES[case]
    found = make()
    for value in (found.eval(), graphcore.function([], found)()):
        np.testing.assert_allclose(value, want, rtol=1e-12, atol=1e-14)
        assert value.shape == np.shape(want)


GRADIENTS = {
    "cholesky": (lambda k: tt.linalg.cholesky(k), [K]),
    "upper factor": (lambda k: tt.linalg.cholesky(k, lower=False), [K]),
    "solve": (tt.linalg.solve, [A, B]),
    "solve pos": (lambda k, b: tt.linalg.solve(k, b, assume_a="pos"), [K, B[:, 1]]),
    "solve_triangular": (lambda a, b: tt.linalg.solve_triangular(a, b, trans=1), [A, B]),
    "inv": (tt.linalg.inv, [A]),
    "det": (tt.linalg.det, [A]),
    "logdet": (tt.linalg.logdet, [A]),
    "matrix_power": (lambda a: tt.linalg.matrix_power(a, 3), [A]),
    "trace": (lambda a: tt.trace(a, 1), [A]),
    "kron": (tt.kron, [A, B]),
    "diag": (lambda v: tt.diag(v, -1), [B[:, 0]]),
    "diagonal": (lambda a: tt.diagonal(a, -1), [B]),
    "tril": (lambda a: tt.tril(a, 1), [B]),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_first_and_second_order(name):
    fun, points = GRADIENTS[name]
    check_grad(fun, points)


def test_the_gradient_of_a_factor_keeps_its_digits():
    """An ill-conditioned matrix, compared with mpmath's central differences."""
    n = 5
    hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)
    k = tt.matrix("k")
    cost = tt.log(tt.diagonal(tt.linalg.cholesky(k))).sum() * 2
    found = graphcore.function([k], graphcore.grad(cost, k))(hilbert)
    with mpmath.workdps(40):
        inverse = mpmath.inverse(mpmath.matrix(hilbert.tolist()))
        want = np.array(inverse.tolist(), dtype=float)
    want = 2 * np.tril(want) - np.diag(np.diag(want))
    condition = np.linalg.cond(hilbert)
    np.testing.assert_allclose(found, want, rtol=condition * 1e-15)


def test_numpy_functions_stand_for_them():
    x = tt.matrix("x")
    for function in (np.linalg.cholesky, np.linalg.inv, np.linalg.det, np.diag, np.trace, np.tril):
        np.testing.assert_allclose(function(x).eval({x: K}), function(K), rtol=1e-12)
    sign, log = np.linalg.slogdet(x)
    assert (float(sign.eval({x: K})), float(log.eval({x: K}))) == pytest.approx(
        np.linalg.slogdet(K)
    )


def test_element_types():
    for dtype, found in [("float32", "float32"), ("int64", "float64"), ("bool", "float64")]:
        x = tt.matrix("x", dtype=dtype)
        assert tt.linalg.inv(x).dtype == found
        np.testing.assert_allclose(tt.linalg.inv(x).eval({x: np.eye(2, dtype=dtype)}), np.eye(2))
    assert tt.diag(tt.lvector("v"), 1).dtype == "int64"


REFUSED = [
    (lambda: tt.linalg.cholesky([1.0, 2.0]), TypeError, "needs a matrix, not an array with 1"),
    (lambda: tt.linalg.inv(B), ValueError, "inv: the matrix must be square, not 3 by 2"),
    (lambda: tt.linalg.solve(A, [1.0, 2.0]), ValueError, "3 rows, the right-hand side has 2"),
    (lambda: tt.linalg.solve(A, B, assume_a="odd"), ValueError, "assume_a must be 'gen', 'sym'"),
    (lambda: tt.linalg.solve_triangular(A, B, trans=7), ValueError, "trans must be 0, 1"),
    (lambda: tt.diagonal(1.0), TypeError, "diagonal: needs a matrix"),
    (lambda: tt.kron(A, 1.0), TypeError, "kron: needs a matrix"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_refusals(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make()


def test_shapes_that_do_not_fit_are_found_when_running():
    x, b = tt.matrix("x"), tt.vector("b")
    f = graphcore.function([x, b], tt.linalg.solve(x, b))
    with pytest.raises(ValueError, match="must be square, not 2 by 3"):
        f(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ValueError, match="3 rows, the right-hand side has 2"):
        f(np.eye(3), np.ones(2))
