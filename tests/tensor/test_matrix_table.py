"""A table of linear algebra: functions, shapes and stacks, element types, layouts, gradients.

The references are analytic: they hold for complex matrices without conjugating anything.
"""

import cells
import numpy as np
import pytest
import scipy.linalg

import graphcore.tensor as tt

RNG = np.random.default_rng
SQUARE = [(0, 0), (1, 1), (2, 2), (3, 3), (5, 5), (2, 3, 3), (2, 1, 3, 3), (0, 3, 3)]
ANY = [*SQUARE, (3, 1), (1, 3), (4, 2), (2, 4), (2, 4, 3), (2, 2, 5)]
DTYPES = ["float32", "int64", "int8", "uint16"]
SIDES = {"vector": (), "matrix": (2,)}


def _t(a):
    return np.swapaxes(a, -1, -2)


def general(shape, seed=0):
    """Matrices whose diagonal is heavy and different, so that every decomposition is unique."""
    heavy = 2.0 * np.arange(1, min(shape[-2:]) + 1)
    return RNG(seed).uniform(-0.6, 0.6, shape) + np.eye(*shape[-2:])[..., :, :] * _fit(heavy, shape)


def _fit(heavy, shape):
    row = np.zeros(shape[-1])
    row[: heavy.size] = heavy
    return row


def symmetric(shape, seed=0):
    a = general(shape, seed)
    return (a + _t(a)) / 2


def whole(shape, dtype):
    """Whole numbers, symmetric and with a heavy diagonal."""
    a = RNG(1).integers(0, 2, shape)
    a = np.maximum(a, _t(a)) if shape[-1] == shape[-2] else a
    return (a + np.eye(*shape[-2:]) * _fit(4 * np.arange(1, min(shape[-2:]) + 1), shape)).astype(
        dtype
    )


# -- references ---------------------------------------------------------------------------------


def lower_of(a):
    """The symmetric matrix of which the lower triangle is given."""
    return np.tril(a) + _t(np.tril(a, -1))


def chol(a):
    a = lower_of(a)
    low = np.zeros(a.shape, np.result_type(a, float))
    for j in range(a.shape[-1]):
        rest = a[..., j:, j] - (low[..., j:, :j] * low[..., j : j + 1, :j]).sum(-1)
        low[..., j:, j] = rest / np.sqrt(rest[..., :1])
    return low


def eigh(a):
    """Ascending eigenvalues, and eigenvectors ``v`` with ``v.T v = 1``."""
    w, v = np.linalg.eig(lower_of(a).astype(complex))
    order = np.argsort(w.real, axis=-1)
    w = np.take_along_axis(w, order, -1)
    v = np.take_along_axis(v, order[..., None, :], -1)
    return w, v / np.sqrt((v * v).sum(-2, keepdims=True))


def _same_kind(found, a):
    return found if np.iscomplexobj(a) else found.real


def eigenvalues(a):
    return _same_kind(eigh(a)[0], a)


def eigenvectors(a):
    return _same_kind(eigh(a)[1] ** 2, a)


def svd(a):
    """The squares of ``u``, singular values, the squares of ``vt``, of full rank."""
    if a.shape[-2] < a.shape[-1]:
        u, s, vt = svd(_t(a))
        return _t(vt), s, _t(u)
    w, v = eigh(_t(a) @ a)
    s, v = np.sqrt(w[..., ::-1]), v[..., ::-1]
    u = a @ v / s[..., None, :]
    return tuple(_same_kind(y, a) for y in (u * u, s, _t(v * v)))


def qr(a):
    """The squares of ``q`` and ``r``."""
    k = min(a.shape[-2:])
    head = a[..., :k]
    r = _t(chol(_t(head) @ head))
    q = head @ np.linalg.inv(r)
    return q * q, (_t(q) @ a) ** 2


def lu(a):
    """Factors of a matrix whose pivots are on its diagonal."""
    n = a.shape[-1]
    low, up = np.zeros(a.shape, np.result_type(a, float)) + np.eye(n), a * 1.0
    for j in range(n):
        low[..., j + 1 :, j] = up[..., j + 1 :, j] / up[..., j : j + 1, j]
        up = up - low[..., :, j : j + 1] * (np.arange(n) > j)[:, None] * up[..., j : j + 1, :]
    return low, np.triu(up)


def pinv(a):
    if a.shape[-2] >= a.shape[-1]:
        return np.linalg.inv(_t(a) @ a) @ _t(a)
    return _t(pinv(_t(a)))


def logdet(a):
    d = np.linalg.det(a)
    return np.log(d * np.sign(d.real))


def each(function):
    """A function of one matrix for stacks of them."""

    def of(a):
        a = np.asarray(a)
        found = [function(a[at]) for at in np.ndindex(a.shape[:-2])]
        size = np.shape(found[0]) if found else a.shape[-2:]
        kind = complex if np.iscomplexobj(a) else float
        return np.asarray(found, dtype=kind).reshape(*a.shape[:-2], *size)

    return of


def _expm(a):
    return scipy.linalg.expm(np.asarray(a, np.result_type(a, float))) if a.size else a * 1.0


def exp_of(a):
    return tt.linalg.expm(a * 0.25)


# name: (of symbolic arrays, of NumPy's, data, shapes)
TABLE = {
    "det": (tt.linalg.det, np.linalg.det, general, SQUARE),
    "slogdet": (lambda a: tt.linalg.slogdet(a)[1], logdet, general, SQUARE),
    "inv": (tt.linalg.inv, np.linalg.inv, general, SQUARE),
    "cholesky": (tt.linalg.cholesky, chol, symmetric, SQUARE),
    "cholesky upper": (
        lambda a: tt.slinalg.cholesky(a, lower=False), lambda a: _t(chol(a)), symmetric, SQUARE,
    ),
    "eigvalsh": (lambda a: tt.linalg.eigh(a)[0], eigenvalues, symmetric, SQUARE),
    "eigenvectors": (lambda a: tt.linalg.eigh(a)[1] ** 2, eigenvectors, symmetric, SQUARE),
    "svd": (
        lambda a: [y if i == 1 else y * y for i, y in enumerate(tt.linalg.svd(a, False))],
        svd, general, ANY,
    ),
    "singular values": (
        lambda a: tt.linalg.svd(a, compute_uv=False), lambda a: svd(a)[1], general, ANY,
    ),
    "qr": (lambda a: [y * y for y in tt.linalg.qr(a)], qr, general, ANY),
    "lu": (lambda a: tt.linalg.lu(a)[1:], lu, general, SQUARE),
    "pinv": (tt.linalg.pinv, pinv, general, ANY),
    "expm": (exp_of, each(lambda a: _expm(a * 0.25)), general, SQUARE),
    "matrix_power": (
        lambda a: tt.linalg.matrix_power(a, 3), lambda a: a @ a @ a, general, SQUARE,
    ),
    "inverse power": (
        lambda a: tt.linalg.matrix_power(a, -2),
        lambda a: np.linalg.inv(a) @ np.linalg.inv(a), general, SQUARE,
    ),
    "trace": (
        lambda a: tt.trace(a, 0, -2, -1), lambda a: np.trace(a, 0, -2, -1), general, ANY,
    ),
    "kron": (lambda a: tt.slinalg.kron(a, a), lambda a: np.kron(a, a), general, ANY),
    "block_diag": (
        lambda a: tt.linalg.block_diag(a, a), lambda a: _blocks(a), general, ANY,
    ),
    "frobenius": (
        lambda a: tt.linalg.norm(a, "fro"), lambda a: np.sqrt((a * a).sum()), general, ANY,
    ),
    "nuclear": (
        lambda a: tt.linalg.norm(a, "nuc"), lambda a: svd(a)[1].sum(), general, ANY,
    ),
}  # fmt: skip
FLAT = {"kron", "block_diag", "frobenius", "nuclear"}  # one matrix, no stacks


def _blocks(a):
    zero = np.zeros_like(a)
    return np.block([[a, zero], [zero, a]])


def unit(a):
    return np.tril(a, -1) + np.eye(a.shape[-1])


# name: (of a symbolic matrix and a right side, of NumPy's, data)
SOLVERS = {
    "solve": (tt.linalg.solve, np.linalg.solve, general),
    "solve transposed": (
        lambda a, b: tt.linalg.solve(a, b, transposed=True),
        lambda a, b: np.linalg.solve(_t(a), b), general,
    ),
    "solve sym": (
        lambda a, b: tt.linalg.solve(a, b, assume_a="sym"),
        lambda a, b: np.linalg.solve(a, b), symmetric,
    ),
    "solve pos": (
        lambda a, b: tt.linalg.solve(a, b, assume_a="pos", lower=True),
        lambda a, b: np.linalg.solve(lower_of(a), b), symmetric,
    ),
    "lower": (
        lambda a, b: tt.slinalg.solve_triangular(a, b, lower=True),
        lambda a, b: np.linalg.solve(np.tril(a), b), general,
    ),
    "upper": (
        lambda a, b: tt.slinalg.solve_triangular(a, b, lower=False),
        lambda a, b: np.linalg.solve(np.triu(a), b), general,
    ),
    "lower transposed": (
        lambda a, b: tt.slinalg.solve_triangular(a, b, trans=1, lower=True),
        lambda a, b: np.linalg.solve(_t(np.tril(a)), b), general,
    ),
    "unit diagonal": (
        lambda a, b: tt.slinalg.solve_triangular(a, b, lower=True, unit_diagonal=True),
        lambda a, b: np.linalg.solve(unit(a), b), general,
    ),
    "cho_solve": (
        lambda a, b: tt.slinalg.cho_solve((a, True), b),
        lambda a, b: np.linalg.solve(np.tril(a) @ _t(np.tril(a)), b), general,
    ),
    "lstsq": (lambda a, b: tt.linalg.lstsq(a, b)[0], lambda a, b: pinv(a) @ b, general),
}  # fmt: skip
ORDERS = [0, 1, 2, 3, 5]


CELLS = [
    cell
    for cell in cells.params(TABLE)
    for name, shape in [cell.values]
    if len(shape) == 2 or name not in FLAT
]


@pytest.mark.parametrize(("name", "shape"), CELLS)
def test_values_and_layouts(name, shape):
    make, plain, data, _ = TABLE[name]
    cells.assert_values(make, plain, [data(shape)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_element_types(name, dtype):
    make, plain, _, shapes = TABLE[name]
    for shape in {(3, 3), shapes[-1] if name not in FLAT else (2, 2)}:
        a = whole(shape, dtype)
        as_given = name in ("kron", "matrix_power", "trace", "block_diag")
        cells.assert_values(make, plain if as_given else lambda a: plain(a.astype("float64")), [a])


def _sides(n):
    return [RNG(2).normal(size=(n, *side)) for side in SIDES.values()]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", SOLVERS)
def test_solutions(name, order):
    make, plain, data = SOLVERS[name]
    for b in _sides(order):
        cells.assert_values(make, plain, [data((order, order)), b])


@pytest.mark.parametrize("name", sorted(SOLVERS.keys() - {"cho_solve", "lstsq"}))
def test_solutions_of_stacks(name):
    make, plain, data = SOLVERS[name]
    cells.assert_values(make, plain, [data((2, 3, 3)), RNG(3).normal(size=(2, 3, 2))])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SOLVERS)
def test_solutions_by_element_type(name, dtype):
    make, plain, _ = SOLVERS[name]
    arrays = [whole((3, 3), dtype), np.array([1, 2, 3], dtype)]
    cells.assert_values(make, lambda *a: plain(*(x.astype("float64") for x in a)), arrays)


def test_gradients_by_complex_steps():
    cases = []
    for name, shape in (cell.values for cell in CELLS):
        make, plain, data, _ = TABLE[name]
        cases.append((make, plain, [data(shape)], f"{name} {shape}"))
    for name, (make, plain, data) in SOLVERS.items():
        for n in ORDERS:
            cases += [(make, plain, [data((n, n)), b], f"{name} {n}") for b in _sides(n)]
    assert cells.count_gradients(cases) > 2000
