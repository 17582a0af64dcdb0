"""Sparse matrices against SciPy, in programs and through the reference, with their gradients."""

import numpy as np
import pytest
import scipy.sparse

import graphcore
import graphcore.tensor as tt
from graphcore import sparse
from graphcore.runtime.reference import evaluate

FORMATS = ("csr", "csc")


def matrix(rows, columns, format="csr", density=0.3, seed=0):
    return scipy.sparse.random(
        rows, columns, density, format=format, rng=np.random.default_rng(seed)
    )


def both(output, values):
    """The value by a program without Python steps, after a comparison with the reference."""
    f = graphcore.function(list(values), output, on_unused_input="ignore")
    found = f(*values.values())
    np.testing.assert_allclose(found, evaluate(output, values), rtol=1e-14, atol=1e-14)
    assert "python" not in graphcore.explain(f)
    return found


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (1, 4), (4, 1), (60, 50)])
def test_products(format, shape):
    m = matrix(*shape, format)
    s = sparse.as_sparse_variable(m)
    rng = np.random.default_rng(1)
    v, u = tt.vector("v"), tt.vector("u")
    w, z = tt.matrix("w"), tt.matrix("z")
    values = {
        v: rng.normal(size=shape[1]),
        u: rng.normal(size=shape[0]),
        w: rng.normal(size=(shape[1], 3)),
        z: rng.normal(size=(2, shape[0])),
    }
    dense = m.toarray()
    for output, want in [
        (s @ v, dense @ values[v]),
        (sparse.dot(u, s), values[u] @ dense),
        (sparse.dot(m, w), dense @ values[w]),
        (sparse.dot(z, m), values[z] @ dense),
        (s.T @ u, dense.T @ values[u]),
        (sparse.usmm(2.0, s, v, u), 2 * dense @ values[v] + values[u]),
    ]:
        np.testing.assert_allclose(both(output, values), want, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("format", FORMATS)
def test_product_of_two_sparse_matrices(format):
    a, b = matrix(6, 5, format, 0.4), matrix(5, 7, "csr", 0.4, seed=1)
    data, w = tt.vector("data"), np.random.default_rng(2).normal(size=(6, 7))
    left = sparse.CSR if format == "csr" else sparse.CSC
    c = sparse.true_dot(left(data, a.indices, a.indptr, a.shape), b)
    assert sparse.is_sparse_variable(c) and c.shape == (6, 7)
    np.testing.assert_allclose(both(c.toarray(), {data: a.data}), (a @ b).toarray(), rtol=1e-14)
    slope = graphcore.grad(tt.sum(w * c.toarray()), data)
    want = (w @ b.toarray().T)[a.tocoo().row, a.tocoo().col]  # the product is linear
    np.testing.assert_allclose(both(slope, {data: a.data}), want, rtol=1e-13)
    assert not sparse.true_dot(a, scipy.sparse.csr_matrix((5, 3))).toarray().eval().any()
    added = sparse.structured_add_s_v(a, np.arange(5.0)).toarray().eval()
    at = a.toarray() != 0
    np.testing.assert_array_equal(added, np.where(at, a.toarray() + np.arange(5.0), 0))


@pytest.mark.parametrize("format", FORMATS)
def test_gradients_by_complex_step(format):
    m = matrix(6, 4, format, 0.5)
    data, v = tt.vector("data"), tt.vector("v")
    parts = (m.indices, m.indptr, m.shape)
    s = (sparse.CSR if format == "csr" else sparse.CSC)(data, *parts)
    given = {data: m.data, v: np.random.default_rng(2).normal(size=4)}
    cost = tt.sum((s @ v) ** 3) + tt.sum(sparse.dot(s @ v, s) ** 2)
    cost = cost + sparse.sp_sum(sparse.mul(s, s)) + tt.sum(sparse.sp_sum(s.T, 0) ** 2)
    kind = scipy.sparse.csr_matrix if format == "csr" else scipy.sparse.csc_matrix

    def value(elements, x):
        a = kind((elements, *parts[:2]), shape=parts[2]).toarray()
        y = a @ x
        return (y**3).sum() + ((y @ a) ** 2).sum() + (a * a).sum() + (a.sum(1) ** 2).sum()

    for wrt in (data, v):
        found = both(graphcore.grad(cost, wrt), given)
        for i, g in enumerate(found):
            moved = {k: x.astype(complex) for k, x in given.items()}
            moved[wrt][i] += 1e-30j
            want = value(moved[data], moved[v]).imag / 1e-30
            assert g == pytest.approx(want, rel=1e-10, abs=1e-12)


def test_second_derivative_of_a_quadratic_form():
    m = matrix(5, 5, density=0.6)
    s, v = sparse.as_sparse_variable(m), tt.vector("v")
    slope = graphcore.grad(tt.sum(v * (s @ v)), v)
    second = graphcore.grad(tt.sum(slope * slope), v)
    sym = (m + m.T).toarray()
    x = np.arange(5.0)
    np.testing.assert_allclose(both(second, {v: x}), 2 * sym @ sym @ x, rtol=1e-13)


@pytest.mark.parametrize("format", FORMATS)
def test_arithmetic_and_conversion(format):
    a, b = matrix(5, 6, format, 0.4, 1), matrix(5, 6, "csr", 0.4, 2)
    x, y = sparse.as_sparse_variable(a), sparse.as_sparse_variable(b)
    dense = np.random.default_rng(3).normal(size=(5, 6))
    s = np.random.default_rng(4).normal(size=6)
    da, db, corner = a.toarray(), b.toarray(), matrix(5, 5)
    for found, want in [
        (x, da),
        (x + y, da + db),
        (x - y, da - db),
        (x * y, da * db),
        (x * 2.5, da * 2.5),
        (x / 2.0, da / 2),
        (-x, -da),
        (x * dense, da * dense),
        (x * s, da * s),
        (x.T, da.T),
        (sparse.col_scale(x, s), da * s),
        (sparse.row_scale(x, s[:5]), da * s[:5, None]),
        (sparse.hstack([x, y]), np.hstack([da, db])),
        (sparse.vstack([x, y]), np.vstack([da, db])),
        (sparse.sqr(x), da**2),
        (sparse.structured_exp(x), np.where(da != 0, np.exp(da), 0)),
        (sparse.sp_zeros_like(x), 0 * da),
        (sparse.sampling_dot(dense, dense, corner), corner.toarray() * (dense @ dense.T)),
        (sparse.square_diagonal(s), np.diag(s)),
        (sparse.csr_from_dense(da), da),
    ]:
        np.testing.assert_allclose(found.toarray().eval(), want, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose((x + dense).eval(), da + dense)
    np.testing.assert_allclose((dense - x).eval(), dense - da)
    for axis in (None, 0, 1):
        np.testing.assert_allclose(x.sum(axis).eval(), da.sum(axis), rtol=1e-14)
    np.testing.assert_allclose(sparse.diag(corner).eval(), corner.diagonal())


@pytest.mark.parametrize("format", FORMATS)
def test_properties_are_scipys(format):
    m = matrix(5, 6, format)
    m.sort_indices()
    data, indices, indptr, shape = sparse.csm_properties(sparse.as_sparse_variable(m))
    np.testing.assert_array_equal(data.eval(), m.data)
    np.testing.assert_array_equal(indices.eval(), m.indices)
    np.testing.assert_array_equal(indptr.eval(), m.indptr)
    assert shape == m.shape


def test_elements_at_one_position_are_added():
    w = tt.vector("w")
    s = sparse.CSR(w, [1, 1, 0], [0, 2, 3], (2, 2))
    np.testing.assert_array_equal(s.toarray().eval({w: [1.0, 2.0, 4.0]}), [[0, 3], [4, 0]])


def test_empty_matrices():
    for shape in ((0, 3), (3, 0), (2, 3)):
        s = sparse.as_sparse_variable(scipy.sparse.csr_matrix(shape))
        np.testing.assert_array_equal((s @ np.ones(shape[1])).eval(), np.zeros(shape[0]))
        np.testing.assert_array_equal(s.toarray().eval(), np.zeros(shape))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda s: sparse.CSR([1.0], [5], [0, 1], (1, 2)), ValueError, "column is out of range"),
        (lambda s: sparse.CSR([1.0], [-1], [0, 1], (1, 2)), ValueError, "column is out of range"),
        (lambda s: sparse.CSR([1.0], [0], [0, 2], (1, 2)), ValueError, "indptr ends at 2"),
        (lambda s: sparse.CSR([1.0], [0], [0], (1, 2)), ValueError, "must rise from 0"),
        (lambda s: sparse.CSR([1.0, 2], [0], [0, 1], (1, 2)), ValueError, "2 elements for 1"),
        (lambda s: s @ np.ones(5), ValueError, "length 5 where it needs 3"),
        (lambda s: s @ s, ValueError, "sparse matrices of shapes"),
        (lambda s: s + s.T, ValueError, "of shapes"),
        (lambda s: sparse.as_sparse_variable(np.eye(2)), TypeError, "csr_from_dense"),
        (lambda s: sparse.diag(s), ValueError, "must be square"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(sparse.as_sparse_variable(matrix(2, 3)))
