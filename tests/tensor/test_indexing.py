"""Indexing, and writing to parts, against NumPy."""

import itertools

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import grad
from graphcore.ops.index import IncSubtensor, Subtensor, Take

X = np.arange(60.0).reshape(3, 4, 5)
I = np.array([2, 0, 2])
KEYS = [
    0,
    -1,
    np.int64(1),
    slice(None),
    slice(None, None, -1),
    slice(1, 3),
    slice(-2, 100),
    slice(5, 2),
    ...,
    None,
    (),
    (0, 1, 2),
    (0, ..., 1),
    (..., 1),
    (None, 0, None),
    (slice(None), None, slice(1, 3)),
    (slice(None), 1, slice(None, None, 2)),
    [1, 2, 0],
    [],
    [[0, 1], [2, 2]],
    I,
    (I, 0),
    (0, I),
    (I, slice(1, 3), 0),
    (0, slice(1, 3), I),
    (slice(None), I),
    (..., I),
    (slice(1, None), [[0], [3]], slice(None, None, 2)),
    (None, I),
    (I, None),
    (slice(None), None, I, 2),
    np.array([True, False, True]),
    (slice(None), [True, False, True, True]),
    (0, np.array(1)),
    (I, [1, 3, 1]),
    (slice(None), [1, 3, 1], I),
    (I, slice(None), [1, 0, 1]),
    (I, slice(3, 0, -1), [1, 0, 1]),
    (I, None, [1, 3, 0]),
    ([[2], [0]], [[1, 3, 1]]),
    (I, [1, 3, 1], [4, -5, 0]),
    (I, [1, 3, 1], 2),
    (0, slice(1, 3), [1, 1]),
    (..., I, [1, 3, 1]),
    (I, 1, None, [1, 3, 1]),
    (I[:0], I[:0]),
    X > 30,
    X < 0,
    X[:, :, 0] % 3 == 0,
    (slice(None), X[0] % 7 < 3),
    (X[:, 0, 0] > 10, slice(None), [1, 4]),
    (None, X[:, :, 1] > 20),
    (1, X[0] % 2 == 0),
]


def _numpy_key(key):
    """NumPy reads an empty list as floats."""
    if isinstance(key, tuple):
        return tuple(map(_numpy_key, key))
    return np.zeros(0, dtype=int) if isinstance(key, list) and not key else key


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_getitem_is_numpys(key, known):
    x = tt.tensor("float64", X.shape if known else (None,) * 3, "x")
    y = x[key]
    expected = X[_numpy_key(key)]
    assert y.type.accepts(expected.shape)
    if known:
        assert y.type.shape == expected.shape
    weight = np.sin(np.arange(expected.size)).reshape(expected.shape)
    g = grad((y * weight).sum(), x)
    f = graphcore.function([x], [y, g])
    numerical = np.zeros_like(X)
    np.add.at(numerical, _numpy_key(key), weight)
    for value, slope in (f(X), (y.eval({x: X}), g.eval({x: X}))):
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_allclose(slope, numerical)
    assert "python" not in graphcore.explain(f)


def _symbolic(key):
    """The key with its arrays, masks and integers as variables, and their values."""
    parts, given = [], {}
    for p in key if isinstance(key, tuple) else (key,):
        if isinstance(p, (int, list, np.ndarray)):
            p = np.asarray(_numpy_key(p) if isinstance(p, list) else p)
            v = tt.tensor(p.dtype, (None,) * p.ndim, f"k{len(given)}")
            given[v] = p
            p = v
        parts.append(p)
    return tuple(parts), given


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_symbolic_indices_run_without_python(key):
    x = tt.tensor3("x")
    parts, given = _symbolic(key)
    expected = X[_numpy_key(key)]
    weight = np.sin(np.arange(expected.size)).reshape(expected.shape)
    v = tt.tensor("float64", (None,) * expected.ndim, "v")
    y = x[parts]
    z = tt.set_subtensor(y, v)
    gx, gv = grad((z * np.cos(X)).sum(), [x, v])
    outs = [y, z, tt.inc_subtensor(y, v), grad((y * weight).sum(), x), gx]
    f = graphcore.function([x, v, *given], outs)
    found = f(X, weight, *given.values())
    oracle = graphcore.evaluate(outs, {x: X, v: weight, **given})
    assert "python" not in graphcore.explain(f)
    for a, b in zip(found, oracle, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], _written(X, key, weight, True))
    np.testing.assert_allclose(found[2], _written(X, key, weight, False))
    np.testing.assert_allclose(found[3], _written(0 * X, key, weight, False))
    np.testing.assert_allclose(found[4], _written(np.cos(X), key, 0, True))
    survives = graphcore.function([x, v, *given], gv, on_unused_input="ignore")
    g = survives(X, weight, *given.values())
    np.testing.assert_allclose(g.sum(), (np.cos(X) - _written(np.cos(X), key, 0, True)).sum())


def _written(x, key, value, is_set):
    out = x.copy()
    key = _numpy_key(key)
    if is_set:
        out[key] = value
    else:
        np.add.at(out, key, value)
    return out


@pytest.mark.parametrize("is_set", [True, False], ids=["set", "inc"])
@pytest.mark.parametrize(
    "key",
    [
        *[0, slice(1, 3), (0, 1, 2), (..., 1), [1, 2, 0], [], [1, 1], (0, I), (I, 0)],
        *[(slice(1, 3), I), (None, 0), (I, [1, 3, 1]), (slice(None), [1, 3, 1], I)],
        *[(I, slice(None), [1, 0, 1]), X > 30],
    ],
    ids=str,
)
def test_writing_is_numpys(key, is_set):
    x = tt.tensor3("x")
    region = X[_numpy_key(key)]
    write = tt.set_subtensor if is_set else tt.inc_subtensor
    for value in (1, 2.5, np.cos(region), np.ones(region.shape[-1:])):
        y = write(x[key], value)
        np.testing.assert_array_equal(y.eval({x: X}), _written(X, key, value, is_set))


def test_writing_leaves_the_array_alone():
    x = tt.vector("x")
    data = np.arange(4.0)
    x[:2].set(7).eval({x: data})
    np.testing.assert_array_equal(data, np.arange(4.0))
    assert x[:2].inc(7).eval({x: data}).tolist() == [7, 8, 2, 3]


def test_symbolic_integers_index():
    x, i, n = tt.vector("x"), tt.iscalar("i"), tt.lscalar("n")
    y = x[i : n + 1].sum() + x[i] + x[-n]
    data = np.array([1.0, 10.0, 100.0, 1000.0])
    assert y.eval({x: data, i: 1, n: 2}) == 110 + 10 + 100
    g = grad(y, x).eval({x: data, i: 1, n: 2})
    np.testing.assert_array_equal(g, [0, 2, 2, 0])
    assert x[i:n].type.shape == (None,)


def test_integer_vector_indexes():
    a, idx = tt.vector("a"), tt.ivector("idx")
    y = a[idx]
    np.testing.assert_array_equal(y.eval({a: [1, 2, 3], idx: [2, 2, -3]}), [3, 3, 1])
    np.testing.assert_array_equal(
        grad((y**2).sum(), a).eval({a: [1, 2, 3], idx: [2, 2, -3]}), [2, 0, 12]
    )


def test_the_two_halves_of_one_index_are_ordinary_operations():
    x = tt.matrix("x")
    y = x[1, [0, 2]]
    assert isinstance(y.owner.op, Take)
    first = y.owner.inputs[0].owner.op
    assert type(first) is Subtensor
    assert first == Subtensor(first.spec)
    z = tt.set_subtensor(y, 9.0)
    assert isinstance(z.owner.op, IncSubtensor)
    np.testing.assert_array_equal(z.eval({x: np.zeros((2, 3))}), [[0, 0, 0], [9, 0, 9]])
    part = x[1]
    inner = tt.set_subtensor(part[[0, 2]], 9.0)  # of the part: two expressions
    assert inner.type.ndim == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda x: x[x[0] > 0], IndexError, r"mask of shape \(3,\) .*axis 0 has length 3, .* 2"),
        (lambda x: x[x > 0, 0], IndexError, "too many indices: 3 for an array with 2 axes"),
        (
            lambda x: x[[0, 1], [0, 3]],
            IndexError,
            "index 3 is out of bounds for axis 1 with size 3",
        ),
        (lambda x: x[[0, 1], [0, 1, 2]], ValueError, "do not broadcast together"),
        (lambda x: x[True], TypeError, "True and False are not indices"),
        (lambda x: x[1.0], TypeError, "an index must be an integer, not float64"),
        (lambda x: x[0, 0, 0], IndexError, "too many indices: 3 for an array with 2 axes"),
        (lambda x: x[..., ...], IndexError, "only one ellipsis"),
        (lambda x: x[::0], ValueError, "step of a slice cannot be zero"),
        (lambda x: x[: tt.vector("v")], TypeError, "index must be an integer, not float64"),
        (lambda x: x[np.array([True, False, True])], IndexError, r"mask of shape \(3,\)"),
        (lambda x: x[5], IndexError, "index 5 is out of bounds for axis 0 with size 2"),
        (lambda x: x[:, [0, 7]], IndexError, "index 7 is out of bounds for axis 1 with size 3"),
        (lambda x: tt.set_subtensor(x, 1), TypeError, r"an expression like a\[1:3\]; not 'x'"),
        (lambda x: tt.set_subtensor(x[None], np.ones((1, 4))), ValueError, "does not fit"),
        (lambda x: tt.set_subtensor(x[0], np.ones(4)), ValueError, r"shape \(4,\) .*\(3,\)"),
        (lambda x: tt.set_subtensor(x.astype("int64")[0], 0.5), TypeError, "float64 .* int64"),
        (lambda x: x.__setitem__(0, 1), TypeError, "use y = graphcore.tensor.set_subtensor"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(tt.matrix("x", shape=(2, 3)))


def test_an_index_out_of_range_is_named_when_it_is_computed():
    a = tt.vector("a")
    with pytest.raises(IndexError, match=r"(?s)index 10 is out of bounds .* size 3.*of 'a', writ"):
        a[10].eval({a: [1, 2, 3]})
    with pytest.raises(IndexError, match="index 10 is out of bounds for axis 0 with size 3"):
        a[[1, 2, 10]].eval({a: [1, 2, 3]})


def test_bounds_and_steps_of_slices_may_be_symbolic():
    x, start, stop, step = tt.vector("x"), *tt.lscalars("start", "stop", "step")
    part = x[start:stop:step]
    f = graphcore.function(
        [x, start, stop, step],
        [part, graphcore.grad((part**2).sum(), x), tt.set_subtensor(part, 7.0), part.shape[0]],
    )
    values = np.arange(10.0) + 0.5
    for key in itertools.product([-12, -3, 0, 11], [-11, 0, 5, 20], [-7, -1, 1, 2, 30]):
        cut = slice(*key)
        slope, changed = np.zeros(10), values.copy()
        slope[cut], changed[cut] = 2 * values[cut], 7.0
        for got, want in zip(f(values, *key), [values[cut], slope, changed, len(values[cut])],
                             strict=True):  # fmt: skip
            np.testing.assert_array_equal(got, want)
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        f(values, 0, 3, 0)


@pytest.mark.parametrize("step", [-3, -1, 1, 2])
def test_symbolic_steps_beside_arrays_of_positions(step):
    m, idx, k = tt.matrix("m"), tt.lvector("idx"), tt.lscalar("k")
    values, at = np.arange(12.0).reshape(3, 4) + 0.3, np.array([2, 0, 2])
    outputs = [m[idx, ::k], m[::k, idx], graphcore.grad((m[idx, ::k] ** 2).sum(), m)]
    slope = np.zeros_like(values)
    np.add.at(slope, (at[:, None], np.arange(4)[::step]), 2 * values[at, ::step])
    found = graphcore.function([m, idx, k], outputs)(values, at, step)
    for got, want in zip(found, [values[at, ::step], values[::step, at], slope], strict=True):
        np.testing.assert_array_equal(got, want)


PARTS = {
    "all": lambda a, i, m, n: a[:],
    "a row": lambda a, i, m, n: a[0],
    "a row of unknown number": lambda a, i, m, n: a[n],
    "backwards": lambda a, i, m, n: a[::-1],
    "rows": lambda a, i, m, n: a[i],
    "columns": lambda a, i, m, n: a[:, 0 * i[:1]],
    "points": lambda a, i, m, n: a[i, 0 * i],
    "a mask": lambda a, i, m, n: a[m],
    "a column": lambda a, i, m, n: a[:, 0],
    "the first rows": lambda a, i, m, n: a[:n],
    "the first of a column": lambda a, i, m, n: a[:n, 0],
}


@pytest.mark.parametrize("write", [tt.set_subtensor, tt.inc_subtensor])
@pytest.mark.parametrize("name", PARTS)
def test_values_that_do_not_fit_are_refused(name, write):
    a, value, i = tt.dmatrix("a"), tt.dvector("value"), tt.lvector("i")
    m, n = tt.vector("m", "bool"), tt.lscalar("n")
    part = PARTS[name]
    f = graphcore.function(
        [a, value, i, m, n], write(part(a, i, m, n), value), on_unused_input="ignore"
    )
    index, mask = np.array([0, 2]), np.array([True, False, True])
    refused = 0
    for shape, length, rows in itertools.product([(3, 1), (3, 3)], range(5), range(3)):
        x, v = np.zeros(shape), np.arange(1.0, length + 1)
        region = part(x, index, mask, rows).shape
        try:
            wanted = np.broadcast_to(v, region)
        except ValueError:
            refused += 1
            with pytest.raises(ValueError, match="value"):
                f(x, v, index, mask, rows)
            continue
        found = f(x, v, index, mask, rows)
        np.testing.assert_array_equal(part(found, index, mask, rows), wanted)
    assert refused


def test_choices_broadcast_against_each_other():
    a, p, q = np.array([[0, 1], [1, 0]]), np.array([[1, 2]]), np.array([[3], [4]])
    x = tt.lmatrix("x")
    f = graphcore.function([x], tt.choose(x, (p, q)))
    np.testing.assert_array_equal(f(a), np.choose(a, (p, q)))
