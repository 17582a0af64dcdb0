"""Decompositions: values against NumPy and SciPy, derivatives against mpmath, batches."""

import mpmath as mp
import numpy as np
import pytest
import scipy.linalg

import graphcore
import graphcore.tensor as tt

SQUARE, TALL, WIDE = (3, 3), (4, 2), (2, 4)


def weights(shape, seed):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


def squares(outputs, o_sum):
    """Weighted sum of the squares of all elements: it does not depend on signs of vectors."""
    return sum(o_sum(weights(shape, k) * value * value) for k, (value, shape) in enumerate(outputs))


def mp_array(m):
    return np.array(m.tolist(), dtype=object).reshape(m.rows, m.cols)


def exact_eigh(a):
    w, v = mp.eigsy(a)
    order = sorted(range(len(w)), key=lambda i: w[i])
    v = mp_array(v)[:, order]
    return [np.array([w[i] for i in order]), v]


def exact_svd(a):
    u, s, v = mp.svd_r(a)
    return [mp_array(u), mp_array(s).ravel(), mp_array(v)]


def exact_qr(a):
    q, _ = mp.qr(a[:, : min(a.rows, a.cols)], mode="skinny")
    return [mp_array(q), mp_array(q.T * a)]


def exact_lu(a):
    _, low, up = mp.lu(a)
    return [mp_array(low), mp_array(up)]


def exact_pinv(a):
    t = a.T
    found = mp.inverse(t * a) * t if a.rows >= a.cols else t * mp.inverse(a * t)
    return [mp_array(found)]


CASES = {
    "eigh": (tt.linalg.eigh, exact_eigh, (SQUARE,)),
    "svd": (tt.linalg.svd, exact_svd, (SQUARE, TALL, WIDE)),
    "qr": (tt.linalg.qr, exact_qr, (SQUARE, TALL, WIDE)),
    "full svd": (
        lambda x: [tt.linalg.svd(x, full_matrices=True)[1]],
        lambda a: exact_svd(a)[1:2],
        (SQUARE, TALL, WIDE),
    ),
    "lu": (lambda x: tt.linalg.lu(x)[1:], exact_lu, (SQUARE,)),
    "expm": (lambda x: [tt.linalg.expm(x)], lambda a: [mp_array(mp.expm(a))], (SQUARE,)),
    "pinv": (lambda x: [tt.linalg.pinv(x)], exact_pinv, (SQUARE, TALL, WIDE)),
}


@pytest.mark.parametrize(
    ("name", "shape"), [(n, s) for n, case in CASES.items() for s in case[2]], ids=str
)
def test_derivatives_against_mpmath(name, shape):
    function, exact, _ = CASES[name]
    heavy = 9 if name == "lu" else 2  # so that every rule of choosing pivots agrees
    value = np.random.default_rng(3).normal(size=shape) + heavy * np.eye(*shape)
    if name == "eigh":
        value = value + value.T
    x = tt.tensor("float64", shape, "x")
    found = function(x)
    found = [(y, tuple(y.type.shape)) for y in found]
    slope = graphcore.grad(squares(found, tt.sum), x).eval({x: value})

    def cost(a):
        return squares([(y, y.shape) for y in exact(a)], np.sum)

    with mp.workdps(50):
        h = mp.mpf(10) ** -20
        for i, j in np.ndindex(*shape):
            if name == "eigh" and j > i:
                assert slope[i, j] == 0  # only the lower triangle is read
                continue
            ends = []
            for step in (h, -h):
                a = mp.matrix(value.tolist())
                a[i, j] += step
                if name == "eigh":
                    a[j, i] = a[i, j]
                ends.append(cost(a))
            want = float((ends[0] - ends[1]) / (2 * h))
            assert slope[i, j] == pytest.approx(want, rel=1e-10, abs=1e-11), (i, j)


def test_values():
    rng = np.random.default_rng(5)
    a, tall = rng.normal(size=(4, 4)), rng.normal(size=(5, 3))
    sym, b = a + a.T, a @ a.T + np.eye(4)
    side = rng.normal(size=5)
    for found, want in [
        (tt.linalg.eigvalsh(sym), np.linalg.eigvalsh(sym)),
        (tt.linalg.eigvalsh(sym, b), scipy.linalg.eigvalsh(sym, b)),
        (tt.linalg.eigh(np.triu(sym), "U")[0], np.linalg.eigvalsh(sym)),
        (tt.linalg.eigvals(a), np.linalg.eigvals(a)),
        (tt.linalg.svd(tall, compute_uv=False), np.linalg.svd(tall, compute_uv=False)),
        (tt.linalg.pinv(tall), np.linalg.pinv(tall)),
        (tt.linalg.expm(a), scipy.linalg.expm(a)),
        (tt.linalg.lstsq(tall, side)[0], np.linalg.lstsq(tall, side, rcond=None)[0]),
        (tt.linalg.lstsq(tall, side)[1], np.linalg.lstsq(tall, side, rcond=None)[1][0]),
        (tt.linalg.lstsq(tall, side)[2], 3),
        (tt.linalg.block_diag(a, tall, [[1.0]]), scipy.linalg.block_diag(a, tall, [[1.0]])),
        (tt.linalg.lu(a, permute_l=True)[0], scipy.linalg.lu(a, permute_l=True)[0]),
        (tt.linalg.qr(tall, "r"), np.linalg.qr(tall, "r")),
        (tt.linalg.solve(a, side[:4], transposed=True), np.linalg.solve(a.T, side[:4])),
        (tt.linalg.solve(np.diag(side), side, assume_a="diagonal"), np.ones(5)),
        (tt.linalg.solve(sym, side[:4], assume_a="sym"), np.linalg.solve(sym, side[:4])),
        (
            tt.linalg.solve(a, side[:4], assume_a="lower triangular"),
            scipy.linalg.solve_triangular(a, side[:4], lower=True),
        ),
    ]:
        np.testing.assert_allclose(found.eval(), want, rtol=1e-10, atol=1e-12)


NORMS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("ord", NORMS, ids=str)
def test_norms_of_matrices(ord):
    a = np.random.default_rng(8).normal(size=(4, 3))
    for found, want in [
        (tt.linalg.norm(a, ord), np.linalg.norm(a, ord)),
        (tt.nlinalg.norm(a, ord, keepdims=True), np.linalg.norm(a, ord, keepdims=True)),
        (tt.linalg.norm(a, ord, axis=(1, 0)), np.linalg.norm(a, ord, axis=(1, 0))),
    ]:
        np.testing.assert_allclose(found.eval(), want, rtol=1e-13)


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, np.inf, -np.inf], ids=str)
def test_norms_of_vectors(ord):
    a = np.random.default_rng(9).normal(size=(4, 3))
    found = tt.linalg.norm(a, ord, axis=1).eval()
    np.testing.assert_allclose(found, np.linalg.norm(a, ord, axis=1), rtol=1e-13)


def test_tensors_as_matrices():
    rng = np.random.default_rng(10)
    a, b = rng.normal(size=(6, 4, 2, 3, 4)), rng.normal(size=(6, 4))
    square = a[:, :4, 0, 0, 0].reshape(4, 6)
    for found, want in [
        (tt.nlinalg.tensorsolve(a, b), np.linalg.tensorsolve(a, b)),
        (tt.linalg.tensorsolve(np.moveaxis(a, 2, 0), b, axes=(0, 3, 4)),
         np.linalg.tensorsolve(np.moveaxis(a, 2, 0), b, axes=(0, 3, 4))),
        (tt.nlinalg.tensorinv(a), np.linalg.tensorinv(a)),
        (tt.nlinalg.tensorinv(square[:4, :4].reshape(4, 2, 2), 1),
         np.linalg.tensorinv(square[:4, :4].reshape(4, 2, 2), 1)),
    ]:  # fmt: skip
        np.testing.assert_allclose(found.eval(), want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [SQUARE, TALL, WIDE])
def test_full_decompositions(shape):
    a = np.random.default_rng(11).normal(size=shape)
    for found, want in [
        (tt.linalg.svd(a, full_matrices=True), np.linalg.svd(a)),
        (tt.linalg.qr(a, "complete"), np.linalg.qr(a, "complete")),
    ]:
        for x, y in zip(found, want, strict=True):
            np.testing.assert_allclose(x.eval(), y, rtol=1e-12, atol=1e-14)


BATCH = np.random.default_rng(6).normal(size=(2, 3, 3, 3)) + 3 * np.eye(3)
BATCHED = {
    "inv": (tt.linalg.inv, np.linalg.inv),
    "det": (tt.linalg.det, np.linalg.det),
    "logdet": (tt.linalg.logdet, lambda a: np.linalg.slogdet(a)[1]),
    "cholesky": (
        lambda x: tt.linalg.cholesky(x @ x if x.ndim == 2 else x),
        lambda a: np.linalg.cholesky(np.tril(a) + np.swapaxes(np.tril(a, -1), -1, -2)),
    ),
    "svd": (lambda x: tt.linalg.svd(x, compute_uv=False), lambda a: np.linalg.svd(a)[1]),
    "solve": (
        lambda x: tt.linalg.solve(x, np.ones((3, 2))),
        lambda a: np.linalg.solve(a, np.ones((3, 2))),
    ),
    "diagonal": (
        lambda x: tt.diagonal(x, axis1=-2, axis2=-1),
        lambda a: np.diagonal(a, axis1=-2, axis2=-1),
    ),
    "trace": (
        lambda x: tt.trace(x, 1, -2, -1),
        lambda a: np.trace(a, 1, -2, -1),
    ),
    "tril": (lambda x: tt.tril(x, -1), lambda a: np.tril(a, -1)),
    "triu": (lambda x: tt.triu(x, 1), lambda a: np.triu(a, 1)),
    "matrix_power": (
        lambda x: tt.linalg.matrix_power(x, 3),
        lambda a: np.linalg.matrix_power(a, 3),
    ),
}


@pytest.mark.parametrize("name", BATCHED)
def test_batches(name):
    function, reference = BATCHED[name]
    data = BATCH + 3 * np.eye(3) if name == "cholesky" else BATCH
    x = tt.tensor("float64", data.shape, "x")
    np.testing.assert_allclose(function(x).eval({x: data}), reference(data), rtol=1e-11, atol=1e-13)
    if name != "cholesky":
        slope = graphcore.grad(tt.sum(function(x) ** 2), x).eval({x: data})
        one = tt.tensor("float64", (3, 3), "one")
        each = graphcore.grad(tt.sum(function(one) ** 2), one)
        for index in np.ndindex(2, 3):
            want = each.eval({one: data[index]})
            np.testing.assert_allclose(slope[index], want, rtol=1e-11, atol=1e-12)


def test_equal_eigenvalues_have_derivatives_of_symmetric_functions():
    x = tt.matrix("x")
    w, _ = tt.linalg.eigh(x)
    slope = graphcore.grad(tt.sum(w**3), x).eval({x: 2 * np.eye(3)})
    np.testing.assert_allclose(slope, 12 * np.eye(3), rtol=1e-14)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda x: graphcore.grad(tt.linalg.svd(x, full_matrices=True)[0][0, 0], x),
            NotImplementedError,
            "full_matrices",
        ),
        (lambda x: tt.linalg.qr(x, "square"), ValueError, "mode must be"),
        (lambda x: tt.linalg.expm(np.ones((2, 3))), ValueError, "must be square"),
        (lambda x: tt.linalg.block_diag(), ValueError, "at least one"),
        (
            lambda x: graphcore.grad(tt.linalg.qr(x[0, 0] * np.ones((3, 2)), "full")[1][0, 0], x),
            NotImplementedError,
            "mode 'complete'",
        ),
        (lambda x: tt.linalg.norm(tt.dtensor3(), 2), ValueError, "one axis or two"),
        (lambda x: tt.linalg.norm(x, 7), ValueError, "no matrix norm"),
        (lambda x: tt.linalg.norm(x[0], "nuc"), ValueError, "norm of matrices"),
        (lambda x: tt.linalg.tensorinv(x, 2), ValueError, "ind must be"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(tt.matrix("x"))
