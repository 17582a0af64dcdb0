"""Sparse matrices as inputs and outputs of functions."""

import pickle

import numpy as np
import pytest
import scipy.sparse

import graphcore
import graphcore.tensor as tt
from graphcore import sparse

RNG = np.random.default_rng(0)
DENSE = (RNG.random((4, 3)) < 0.6) * RNG.normal(size=(4, 3))
DENSE[2] = 0.0  # a row without elements
MATRICES = {
    "usual": DENSE,
    "without elements": np.zeros((4, 3)),
    "larger": scipy.sparse.random(60, 3, 0.2, random_state=1).toarray(),
    "one element": np.array([[0.0, 0.0, 2.0]]),
}
FORMATS = {"csr": scipy.sparse.csr_matrix, "csc": scipy.sparse.csc_matrix}


def dense(x):
    return x.toarray() if scipy.sparse.issparse(x) else x


@pytest.fixture(scope="module", params=["csr", "csc"])
def made(request):
    """A format, and functions of one matrix with a vector and with a matrix."""
    x = getattr(sparse, f"{request.param}_matrix")("x")
    w, m = tt.vector("w"), tt.matrix("m")
    cost = (tt.tanh(sparse.dot(x, w)) ** 2).sum()
    with_vector = graphcore.function(
        [x, w],
        [
            sparse.dot(x, w), graphcore.grad(cost, w), graphcore.grad(cost, x), x.T,
            sparse.structured_exp(x), x.toarray(), sparse.sp_sum(x, 0), sparse.sp_sum(x, 1),
            sparse.sp_sum(x), x * 2.0, sparse.col_scale(x, w),
            graphcore.grad(sparse.structured_exp(x).toarray().sum(), x),
        ],
    )  # fmt: skip
    with_matrix = graphcore.function(
        [x, m],
        {
            "product": sparse.structured_dot(x, m),
            "turned": sparse.dot(m.T, x.T),
            "slope": graphcore.grad((sparse.dot(x, m) ** 2).sum(), m),
            "sampled": sparse.sampling_dot(sparse.dot(x, m), m, x),
            "times": x * sparse.dot(x, tt.ones((3, 3))),
        },
    )
    return request.param, with_vector, with_matrix


@pytest.mark.parametrize("name", MATRICES)
def test_products_sums_and_their_gradients(made, name):
    format, with_vector, with_matrix = made
    a = MATRICES[name]
    given, there = FORMATS[format](a), a != 0
    v, m = np.array([0.3, -1.2, 0.7]), np.array([[0.1, 2.0], [-0.4, 0.3], [0.9, -1.0]])
    y = a @ v
    slope = 2 * np.tanh(y) * (1 - np.tanh(y) ** 2)
    wanted = [
        y, a.T @ slope, there * np.outer(slope, v), a.T, there * np.exp(a), a, a.sum(0), a.sum(1),
        a.sum(), 2 * a, a * v, there * np.exp(a),
    ]  # fmt: skip
    for f in (with_vector, pickle.loads(pickle.dumps(with_vector))):
        found = f(given, v)
        assert found[2].format == format and found[3].format != format
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_allclose(dense(got), want, rtol=1e-13, atol=1e-15)
    found = with_matrix(given, m)
    wanted = {
        "product": a @ m, "turned": m.T @ a.T, "slope": 2 * a.T @ a @ m,
        "sampled": a * (a @ m @ m.T), "times": a * (a @ np.ones((3, 3))),
    }  # fmt: skip
    for key, want in wanted.items():
        np.testing.assert_allclose(dense(found[key]), want, rtol=1e-12, atol=1e-15)
    assert "python" not in with_vector.explain()


def test_values_are_brought_into_the_format(made):
    _, f, _ = made
    v = np.ones(3)
    want = f(scipy.sparse.csr_matrix(DENSE), v)[0]
    for other in (scipy.sparse.coo_matrix(DENSE), scipy.sparse.csc_array(DENSE)):
        np.testing.assert_array_equal(f(other, w=v)[0], want)
    twice = scipy.sparse.csr_matrix(([1.0, 2.0], [1, 1], [0, 2]), shape=(1, 3))
    assert f(twice, v)[4].toarray()[0, 1] == np.exp(3.0)
    assert twice.nnz == 2  # arguments do not change
    assert f(x=scipy.sparse.csr_matrix(DENSE), w=v)[0].tolist() == want.tolist()


def test_training_with_minibatches_of_a_sparse_matrix():
    x, y, w = sparse.csr_matrix("x"), tt.vector("y"), graphcore.shared(np.zeros(3), "w")
    cost = tt.sqr(sparse.dot(x, w) - y).mean()
    train = graphcore.function([x, y], cost, updates={w: w - 0.3 * graphcore.grad(cost, w)})
    data = scipy.sparse.random(80, 3, 0.5, format="csr", random_state=3)
    target = data @ np.array([1.0, -2.0, 0.5])
    for _ in range(300):
        for part in (slice(0, 30), slice(30, 80)):
            train(data[part], target[part])
    np.testing.assert_allclose(w.get_value(), [1.0, -2.0, 0.5], rtol=1e-4)


def test_known_matrices_may_be_results():
    v = tt.vector("v")
    f = graphcore.function([v], [sparse.CSR(v, [1, 0], [0, 1, 2], (2, 2)).T, v.sum()])
    matrix, total = f([2.0, 3.0])
    assert matrix.toarray().tolist() == [[0.0, 3.0], [2.0, 0.0]] and total == 5.0
    indices, indptr = tt.lvectors("i", "p")
    g = graphcore.function([v, indices, indptr], sparse.CSC(v, indices, indptr, (2, 3)))
    assert g([5.0], [1], [0, 0, 1, 1]).toarray().tolist() == [[0, 0, 0], [0, 5.0, 0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, f: f(DENSE, [1.0, 1.0, 1.0]), TypeError, "input x needs a sparse matrix of Sci"),
        (lambda x, f: f(scipy.sparse.csr_matrix(DENSE * 1j), np.ones(3)), TypeError, "complex"),
        (lambda x, f: f(), TypeError, "no value for the sparse input x"),
        (lambda x, f: sparse.true_dot(x, x), TypeError, "the positions of x are symbolic"),
        (lambda x, f: sparse.hstack([x, x]), TypeError, "the positions of x are symbolic"),
        (lambda x, f: graphcore.function([x], tt.ones(2)), ValueError, "nothing depends on the in"),
        (lambda x, f: graphcore.function([x * 2], x.data), TypeError, "made by sparse.csr_matrix"),
    ],
)
def test_what_is_refused(made, call, error, message):
    x = sparse.csr_matrix("x")
    with pytest.raises(error, match=message):
        call(x, made[1])


@pytest.mark.parametrize("second", ["csr", "csc"])
@pytest.mark.parametrize("first", ["csr", "csc"])
def test_sums_and_products_of_inputs(first, second):
    x, y = getattr(sparse, f"{first}_matrix")("x"), getattr(sparse, f"{second}_matrix")("y")
    f = graphcore.function([x, y], [x + y, x - y, sparse.mul(x, y), sparse.mul(x, x)])
    for shape in [(4, 3), (1, 1), (0, 3), (3, 0), (20, 30)]:
        for filled in [(0.4, 0.4), (0.0, 0.4), (0.4, 0.0), (1.0, 0.3)]:
            a, b = (
                scipy.sparse.random(*shape, part, format, random_state=i)
                for i, (part, format) in enumerate(zip(filled, (first, second), strict=True))
            )
            wanted = [a + b, a - b, a.multiply(b), a.multiply(a)]
            for found, expected in zip(f(a, b), wanted, strict=True):
                assert found.format == first and found.has_canonical_format
                np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=1e-15)
            assert f(a, b)[2].nnz == wanted[2].nnz
    with pytest.raises(AssertionError, match="different shapes"):
        f(scipy.sparse.eye(2, 3), scipy.sparse.eye(3, 2))


def test_known_matrices_and_inputs():
    known = scipy.sparse.random(4, 3, 0.5, random_state=1)
    x = sparse.csr_matrix("x")
    f = graphcore.function([x], [sparse.add(known, x), x + known, sparse.mul(known, x)])
    a = scipy.sparse.csr_matrix(DENSE)
    for found, wanted in zip(f(a), [known + a, known + a, a.multiply(known)], strict=True):
        np.testing.assert_allclose(found.toarray(), wanted.toarray(), rtol=1e-15)


def test_gradients_of_sums_and_products_of_inputs():
    x, y = sparse.csr_matrix("x"), sparse.csr_matrix("y")
    a, b = scipy.sparse.csr_matrix(DENSE), scipy.sparse.random(4, 3, 0.5, "csr", random_state=2)
    weights = np.arange(12.0).reshape(4, 3)
    for e, slopes in [
        (x + y, (weights, weights)),
        (sparse.mul(x, y), (weights * b.toarray(), weights * DENSE)),
    ]:
        cost = (e.toarray() * weights).sum()
        f = graphcore.function([x, y], graphcore.grad(cost, [x.data, y.data]))
        for found, slope, at in zip(f(a, b), slopes, (a, b), strict=True):
            np.testing.assert_allclose(found, slope[at.nonzero()], rtol=1e-14)
