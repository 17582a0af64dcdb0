"""A table of functions against NumPy: by element type, shape and layout, with their gradients.

Every cell is computed by the oracle, by a program for lengths that are known and by one for lengths
that are not; gradients are compared with complex steps of the NumPy function.
"""

import numpy as np
import pytest
from cells import layouts

import graphcore
import graphcore.tensor as tt

SHAPES = [(), (0,), (1,), (5,), (3, 1), (1, 4), (2, 3), (0, 3), (2, 3, 4)]
DTYPES = ["float64", "float32", "int64", "int8", "uint16", "bool"]


def _ij(x, lib):
    n = x.shape[0]
    return x[(lib.arange(n) * 2) % n] if lib is np else x[(tt.arange(n) * 2) % n]


def _median(x):
    """NumPy's median refuses complex numbers in some versions: by order."""
    s = np.sort(x, axis=0)
    return (s[(len(s) - 1) // 2] + s[len(s) // 2]) / 2


# name: (of symbolic arrays, of NumPy's arrays, least and largest number of axes)
TABLE = {
    "cumsum": (lambda x: tt.cumsum(x), np.cumsum, 0, 3),
    "cumsum axis": (lambda x: x.cumsum(axis=0), lambda x: x.cumsum(axis=0), 1, 3),
    "cumprod axis": (lambda x: tt.cumprod(x, -1), lambda x: x.cumprod(axis=-1), 1, 3),
    "sort": (tt.sort, np.sort, 1, 3),
    "sort 0": (lambda x: tt.sort(x, 0), lambda x: np.sort(x, 0), 1, 3),
    "sort None": (lambda x: tt.sort(x, None), lambda x: np.sort(x, None), 0, 3),
    "argsort": (
        lambda x: tt.argsort(x, 0),
        lambda x: np.argsort(x, 0, kind="stable"),
        1,
        3,
    ),
    "argmax": (lambda x: tt.argmax(x, 0), lambda x: np.argmax(x, 0), 1, 3),
    "argmin all": (tt.argmin, np.argmin, 0, 3),
    "argmax keepdims": (
        lambda x: tt.argmax(x, -1, keepdims=True),
        lambda x: np.argmax(x, -1, keepdims=True),
        1,
        3,
    ),
    "ptp": (lambda x: tt.ptp(x, 0), lambda x: np.max(x, 0) - np.min(x, 0), 1, 3),
    "median": (lambda x: tt.median(x, 0), _median, 1, 3),
    "diff": (tt.diff, lambda x: x[..., 1:] - x[..., :-1], 1, 3),
    "topk": (
        lambda x: tt.topk(x, 1, axis=0),
        lambda x: np.sort(x, 0)[::-1][:1],
        1,
        3,
    ),
    "unique": (tt.unique, np.unique, 0, 3),
    "nonzero": (lambda x: tt.nonzero(x, True), lambda x: np.stack(np.nonzero(x)), 1, 3),
    "nonzero_values": (tt.nonzero_values, lambda x: np.ravel(x)[np.flatnonzero(x)], 0, 3),
    "mask": (lambda x: x[tt.neq(x, 0)], lambda x: x[x != 0], 1, 3),
    "compress": (
        lambda x: tt.compress([1, 0, 1], x),
        lambda x: np.compress([1, 0, 1], x),
        0,
        3,
    ),
    "take_along_axis": (
        lambda x: tt.take_along_axis(x, tt.argsort(x, 0), 0),
        lambda x: np.take_along_axis(x, np.argsort(x, 0, kind="stable"), 0),
        1,
        3,
    ),
    "gather": (lambda x: _ij(x, tt), lambda x: _ij(x, np), 1, 3),
    "flip": (tt.flip, np.flip, 0, 3),
    "flip axis": (lambda x: tt.flip(x, 0), lambda x: np.flip(x, 0), 1, 3),
    "roll": (lambda x: tt.roll(x, 2), lambda x: np.roll(x, 2), 0, 3),
    "roll axis": (lambda x: tt.roll(x, -1, 0), lambda x: np.roll(x, -1, 0), 1, 3),
    "repeat": (lambda x: tt.repeat(x, 2), lambda x: np.repeat(x, 2), 0, 3),
    "repeat axis": (lambda x: x.repeat(3, axis=0), lambda x: x.repeat(3, axis=0), 1, 3),
    "repeat each": (
        lambda x: tt.repeat(x, tt.arange(x.shape[0]), axis=0),
        lambda x: np.repeat(x, np.arange(len(x)), axis=0),
        1,
        3,
    ),
    "tile": (lambda x: tt.tile(x, (2, 3)), lambda x: np.tile(x, (2, 3)), 0, 3),
    "pad": (lambda x: tt.pad(x, (1, 2)), lambda x: np.pad(x, (1, 2)), 1, 3),
    "pad edge": (
        lambda x: tt.pad(x, 1, "edge"),
        lambda x: np.pad(x, 1, "edge"),
        1,
        3,
    ),
    "pad reflect": (
        lambda x: tt.pad(x, (1, 3), "reflect"),
        lambda x: np.pad(x, (1, 3), "reflect"),
        1,
        2,
    ),
    "pad symmetric": (
        lambda x: tt.pad(x, (2, 1), "symmetric"),
        lambda x: np.pad(x, (2, 1), "symmetric"),
        1,
        2,
    ),
    "pad wrap": (lambda x: tt.pad(x, 2, "wrap"), lambda x: np.pad(x, 2, "wrap"), 1, 2),
    "split": (
        lambda x: tt.split(x, [1, x.shape[0] - 1], 2)[1],
        lambda x: np.split(x, [1])[1],
        1,
        3,
    ),
    "stack": (lambda x: tt.stack([x, x * x], -1), lambda x: np.stack([x, x * x], -1), 0, 3),
    "vstack": (lambda x: tt.vstack([x, x]), lambda x: np.vstack([x, x]), 0, 3),
    "hstack": (lambda x: tt.hstack([x, x]), lambda x: np.hstack([x, x]), 0, 3),
    "dstack": (lambda x: tt.dstack([x, x]), lambda x: np.dstack([x, x]), 0, 3),
    "atleast_3d": (tt.atleast_3d, np.atleast_3d, 0, 3),
    "moveaxis": (lambda x: tt.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1), 1, 3),
    "rollaxis": (lambda x: tt.rollaxis(x, -1), lambda x: np.rollaxis(x, -1), 1, 3),
    "reshape": (lambda x: x.reshape((-1, 1)), lambda x: x.reshape((-1, 1)), 1, 3),
    "flatten 2": (lambda x: x.flatten(2), lambda x: x.reshape(len(x), -1), 2, 3),
    "outer": (lambda x: tt.outer(x, x), lambda x: np.multiply.outer(x.ravel(), x.ravel()), 1, 3),
    "inner": (lambda x: tt.inner(x, x), lambda x: np.inner(x, x), 0, 3),
    "tensordot": (
        lambda x: tt.tensordot(x, x, [[0], [0]]),
        lambda x: np.tensordot(x, x, [[0], [0]]),
        1,
        3,
    ),
    "matmul": (lambda x: x @ x.mT, lambda x: x @ np.swapaxes(x, -1, -2), 2, 3),
    "batched_dot": (
        lambda x: tt.batched_dot(x, x.mT),
        lambda x: x @ np.swapaxes(x, -1, -2),
        3,
        3,
    ),
    "einsum": (
        lambda x: tt.einsum("...i,...i->...", x, x),
        lambda x: np.einsum("...i,...i->...", x, x),
        1,
        3,
    ),
    "einsum pair": (
        lambda x: tt.einsum("ij,kj->ki", x, x),
        lambda x: np.einsum("ij,kj->ki", x, x),
        2,
        2,
    ),
    "eye product": (lambda x: x * tt.eye(*x.shape), lambda x: x * np.eye(*x.shape), 2, 2),
    "tril": (
        lambda x: x[tt.tril_indices_from(x)],
        lambda x: x[np.tril_indices_from(x)],
        2,
        2,
    ),
    "fill_diagonal": (
        lambda x: tt.fill_diagonal(x, 1),
        lambda x: np.where(np.eye(*x.shape, dtype=bool), x * 0 + 1, x).astype(x.dtype),
        2,
        2,
    ),
    "meshgrid": (lambda x: tt.meshgrid(x, x)[1], lambda x: np.meshgrid(x, x)[1], 1, 1),
    "norm": (lambda x: x.norm(2), lambda x: np.sqrt((x * x).sum()), 0, 3),
    "searchsorted": (
        lambda x: tt.searchsorted(tt.sort(x), x, "right"),
        lambda x: np.searchsorted(np.sort(x), x, "right"),
        1,
        1,
    ),
}
SMOOTH_ONLY = {"norm"}  # of whole numbers NumPy's arithmetic would wrap around
NO_BOOLS = {"diff", "ptp", "median", "norm"}


def _data(shape, dtype):
    rng = np.random.default_rng(7)
    if np.dtype(dtype).kind == "f":
        return (
            rng.permutation(np.linspace(-2, 2.5, int(np.prod(shape)))).reshape(shape).astype(dtype)
        )
    return rng.integers(0, 3, shape).astype(dtype)


def _cells(shapes=SHAPES):
    for name, (_, plain, least, most) in TABLE.items():
        for shape in shapes:
            if least <= len(shape) <= most:
                try:
                    with np.errstate(all="ignore"):
                        plain(_data(shape, "float64"))
                except (ValueError, IndexError):
                    continue
                yield pytest.param(name, shape, id=f"{name}-{shape}")


def _assert_same(found, expected, rtol=1e-12):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("name", "shape"), [*_cells()])
def test_values_and_layouts(name, shape):
    make, plain, *_ = TABLE[name]
    data = _data(shape, "float64")
    expected = np.asarray(plain(data))
    for known in (True, False):
        x = tt.tensor("float64", shape if known else (None,) * len(shape), "x")
        y = make(x)
        f = graphcore.function([x], y)
        for given in layouts(data) if not known else [data]:
            _assert_same(f(given), expected)
        assert "python" not in graphcore.explain(f)
    _assert_same(y.eval({x: data}), expected)


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("name", TABLE)
def test_element_types(name, dtype):
    if np.dtype(dtype).kind != "f" and name in SMOOTH_ONLY:
        return
    if dtype == "bool" and name in NO_BOOLS:
        return
    make, plain, least, most = TABLE[name]
    shape = {1: (5,), 2: (2, 3), 3: (2, 3, 4)}[min(most, 2) if least < 3 else 3]
    data = _data(shape, dtype)
    expected = np.asarray(plain(data))
    x = tt.tensor(dtype, (None,) * len(shape), "x")
    y = make(x)
    if dtype != "float32":
        assert y.dtype == expected.dtype.name
    for found in (graphcore.function([x], y)(data), y.eval({x: data})):
        assert found.dtype == y.dtype
        _assert_same(found, expected, 1e-6 if dtype == "float32" else 1e-12)


DISCRETE = {"argsort", "argmax", "argmin all", "argmax keepdims", "nonzero", "searchsorted"}


def test_gradients_by_complex_steps():
    """Every element of every cell."""
    checked = 0
    for cell in _cells([*(s for s in SHAPES if 0 not in s), (7,), (4, 5)]):
        name, shape = cell.values
        if name in DISCRETE:
            continue
        make, plain, *_ = TABLE[name]
        data = _data(shape, "float64")
        x = tt.tensor("float64", (None,) * len(shape), "x")
        y = make(x)
        weight = np.cos(np.arange(np.asarray(plain(data)).size)).reshape(np.shape(plain(data)))
        g = graphcore.grad((y * weight).sum(), x)
        found = graphcore.function([x], g, on_unused_input="ignore")(data)
        np.testing.assert_allclose(g.eval({x: data}), found, rtol=1e-12, atol=1e-12)
        for at in np.ndindex(*shape):
            step = data.astype(complex)
            step[at] += 1e-25j
            slope = (np.asarray(plain(step)) * weight).sum().imag * 1e25
            assert abs(found[at] - slope) <= 1e-10 * max(1, abs(slope)), (name, shape, at)
            checked += 1
    assert checked > 3000
