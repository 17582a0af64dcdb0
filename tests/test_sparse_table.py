"""A table of sparse matrices: functions, shapes and formats, with positions known and as inputs.

Values, in every layout of the arrays, are those of dense matrices; gradients are compared with
complex steps.
"""

import cells
import numpy as np
import pytest

from graphcore import sparse

RNG = np.random.default_rng
SHAPES = [(1, 1), (3, 4), (4, 3), (1, 5), (5, 1), (0, 3), (3, 0), (3, 3)]


def vector(n):
    return RNG(n).normal(size=n)


def matrix(n, m):
    return RNG(3).normal(size=(n, m))


# name: (of a sparse matrix and a dense array, of two dense ones, the dense array of the lengths)
TABLE = {
    "times a vector": (sparse.dot, lambda x, v: x @ v, lambda n, m: vector(m)),
    "times a matrix": (sparse.dot, lambda x, v: x @ v, lambda n, m: matrix(m, 2)),
    "a vector times": (lambda x, v: sparse.dot(v, x), lambda x, v: v @ x, lambda n, m: vector(n)),
    "a matrix times": (
        lambda x, v: sparse.dot(v, x), lambda x, v: v @ x, lambda n, m: matrix(2, n),
    ),
    "structured_dot": (sparse.structured_dot, lambda x, v: x @ v, lambda n, m: matrix(m, 3)),
    "turned": (lambda x, v: sparse.dot(x.T, v), lambda x, v: x.T @ v, lambda n, m: vector(n)),
    "plus": (lambda x, v: x + v, lambda x, v: x + v, matrix),
    "minus": (lambda x, v: sparse.sub(x, v), lambda x, v: x - v, matrix),
    "each by each": (
        lambda x, v: sparse.mul(x, v).toarray(), lambda x, v: x * v, matrix,
    ),
    "a number": (lambda x, v: (x * v[0]).toarray(), lambda x, v: x * v[0], lambda n, m: vector(2)),
    "col_scale": (
        lambda x, v: sparse.col_scale(x, v).toarray(), lambda x, v: x * v, lambda n, m: vector(m),
    ),
    "row_scale": (
        lambda x, v: sparse.row_scale(x, v).toarray(), lambda x, v: x * v[:, None],
        lambda n, m: vector(n),
    ),
    "sums": (
        lambda x, v: [sparse.sp_sum(x) * v[0], sparse.sp_sum(x, 0), sparse.sp_sum(x, 1)],
        lambda x, v: [x.sum() * v[0], x.sum(0), x.sum(1)], lambda n, m: vector(1),
    ),
    "elements": (
        lambda x, v: sparse.structured_exp(x * v[0]).toarray(),
        lambda x, v: np.where(x != 0, np.exp(x * v[0]), 0), lambda n, m: vector(1),
    ),
    "its square": (
        lambda x, v: sparse.mul(x, x * v[0]).toarray(), lambda x, v: x * x * v[0],
        lambda n, m: vector(1),
    ),
    "with itself": (
        lambda x, v: (x + x * v[0]).toarray(), lambda x, v: x + x * v[0], lambda n, m: vector(1),
    ),
    "less itself": (
        lambda x, v: (x - x * v[0]).toarray(), lambda x, v: x - x * v[0], lambda n, m: vector(1),
    ),
    "sampled": (
        lambda x, v: sparse.sampling_dot(v[: x.shape[0]], v[: x.shape[1]], x).toarray(),
        lambda x, v: (v[: x.shape[0]] @ v[: x.shape[1]].T) * x, lambda n, m: matrix(max(n, m), 2),
    ),
}  # fmt: skip

# of matrices whose positions are known
KNOWN = {
    "the product with its transpose": (
        lambda x, v: sparse.true_dot(x, x.T * v[0]).toarray(), lambda x, v: x @ x.T * v[0],
        lambda n, m: vector(1),
    ),
    "side by side": (
        lambda x, v: sparse.hstack([x, x * v[0]]).toarray(), lambda x, v: np.hstack([x, x * v[0]]),
        lambda n, m: vector(1),
    ),
    "one above the other": (
        lambda x, v: sparse.vstack([x * v[0], x]).toarray(), lambda x, v: np.vstack([x * v[0], x]),
        lambda n, m: vector(1),
    ),
    "the diagonal": (
        lambda x, v: sparse.diag(sparse.true_dot(x, x.T)) * v[0],
        lambda x, v: np.diag(x @ x.T) * v[0], lambda n, m: vector(1),
    ),
}  # fmt: skip


def parts(shape, format):
    """Elements, positions and starts of a matrix with an empty row or column where one fits."""
    filled = RNG(8).random(shape) < 0.6
    filled[1:2] = False
    major, minor = np.nonzero(filled if format == "csr" else filled.T)
    count = shape[0] if format == "csr" else shape[1]
    return vector(len(minor)) + 2, minor, np.searchsorted(major, np.arange(count + 1))


def both(function, shape, format, known):
    """A function of the parts and a dense array, as it is computed and as it is meant."""
    make, plain, _ = function
    build = sparse.CSR if format == "csr" else sparse.CSC
    data, indices, indptr = parts(shape, format)

    def symbolic(data, *rest):
        *places, dense = rest
        return make(build(data, *(places or (indices, indptr)), shape), dense)

    def meant(data, *rest):
        x = np.zeros(shape, data.dtype)
        places = [indices, np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))]
        x[tuple(places[::-1] if format == "csr" else places)] = data
        return plain(x, rest[-1])

    dense = function[2](*shape)
    return symbolic, meant, [data, dense] if known else [data, indices, indptr, dense]


def cases():
    for format in ("csr", "csc"):
        for known in (True, False):
            for name in [*TABLE, *(KNOWN if known else ())]:
                for shape in SHAPES:
                    label = f"{name}-{shape}-{format}-{'known' if known else 'input'}"
                    yield pytest.param(name, shape, format, known, id=label)


def case(name, shape, format, known):
    function = TABLE.get(name) or KNOWN[name]
    return both(function, shape, format, known)


@pytest.mark.parametrize(("name", "shape", "format", "known"), [*cases()])
def test_values_and_layouts(name, shape, format, known):
    cells.assert_values(*case(name, shape, format, known))


@pytest.mark.parametrize("dtype", ["float32", "int64", "int8", "bool"])
@pytest.mark.parametrize("name", TABLE)
def test_element_types_of_the_dense_array(name, dtype):
    make, plain, (data, dense) = case(name, (3, 4), "csr", True)
    dense = np.abs(3 * dense).astype(dtype)
    cells.assert_values(make, lambda d, v: plain(d, v.astype("float64")), [data, dense])


def test_gradients_by_complex_steps():
    checked = 0
    for given in cases():
        if given.values[1] not in [(3, 4), (4, 3), (5, 1)]:
            continue
        try:
            checked += cells.gradient_cells(*case(*given.values))
        except AssertionError as error:
            raise AssertionError(f"{given.id}: {error}") from None
    assert checked > 2000
