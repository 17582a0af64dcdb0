"""Cells of tables: one function, one shape, one element type, every layout.

A function of symbolic arrays is compared with the same function of NumPy's arrays, which has to be
analytic where gradients are asked for: these are compared with complex steps.
"""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt

LOOSE = {"float64": 1e-11, "float32": 2e-5}


def distinct(shape):
    """Different numbers, none of them close to a corner of a function."""
    n = int(np.prod(shape))
    return np.random.default_rng(7).permutation(np.linspace(-2.03, 2.51, n)).reshape(shape)


def largest(part):
    """The largest real part along the last axis, with its imaginary part."""
    at = part.real.argmax(-1)
    return np.take_along_axis(part, at[..., None], -1)[..., 0]


def params(table):
    """Names and shapes of a table whose rows end with the shapes, for ``parametrize``."""
    return [
        pytest.param(name, shape, id=f"{name}-{shape}")
        for name, (*_, shapes) in table.items()
        for shape in shapes
    ]


def layouts(x):
    """An array in every order in memory that NumPy gives to it, and as bytes turned around."""
    yield x
    if x.ndim:
        yield np.asfortranarray(x)
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        yield wide[..., ::2]
        yield x[::-1].copy()[::-1]
    frozen = x.copy()
    frozen.flags.writeable = False
    yield frozen
    yield x.astype(x.dtype.newbyteorder(">"))


def _listed(found):
    return list(found) if isinstance(found, (list, tuple)) else [found]


def assert_values(make, plain, arrays):
    """By the oracle, by programs for lengths known and not known, in all layouts."""
    expected = [np.asarray(a) for a in _listed(plain(*arrays))]
    narrow = any(a.dtype == "float32" for a in arrays)
    for known in (True, False):
        inputs = [tt.tensor(a.dtype, a.shape if known else (None,) * a.ndim) for a in arrays]
        outputs = _listed(make(*inputs))
        f = graphcore.function(inputs, outputs, on_unused_input="ignore")
        _assert_same(f(*arrays), expected, outputs, narrow)
        if not known:
            for i, a in enumerate(arrays):
                for given in layouts(a):
                    found = f(*arrays[:i], given, *arrays[i + 1 :])
                    _assert_same(found, expected, outputs, narrow)
    found = graphcore.evaluate(outputs, dict(zip(inputs, arrays, strict=True)))
    _assert_same(found, expected, outputs, narrow)


def _assert_same(found, expected, outputs, narrow=False):
    for a, b, v in zip(found, expected, outputs, strict=True):
        assert a.shape == b.shape and a.dtype == v.dtype
        size = max(1.0, np.abs(b).max(initial=0.0))
        loose = LOOSE.get("float32" if narrow else v.dtype, 0.0)
        np.testing.assert_allclose(a, b, rtol=loose, atol=loose * size)


def gradient_cells(make, plain, arrays):
    """Compare the derivative by every element of the float64 arrays; how many there were."""
    expected = _listed(plain(*arrays))
    weights = [np.cos(np.arange(np.size(a))).reshape(np.shape(a)) for a in expected]
    inputs = [tt.tensor(a.dtype, (None,) * a.ndim) for a in arrays]
    wrt = [i for i, a in enumerate(arrays) if a.dtype == "float64"]
    cost = sum(tt.sum(v * w) for v, w in zip(_listed(make(*inputs)), weights, strict=True))
    slopes = graphcore.grad(cost, [inputs[i] for i in wrt])
    found = graphcore.function(inputs, slopes, on_unused_input="ignore")(*arrays)
    checked = 0
    for i, slope in zip(wrt, found, strict=True):
        for at in np.ndindex(arrays[i].shape):
            step = arrays[i].astype(complex)
            step[at] += 1e-25j
            ends = _listed(plain(*arrays[:i], step, *arrays[i + 1 :]))
            want = sum((w * a).sum() for w, a in zip(weights, ends, strict=True)).imag * 1e25
            assert abs(slope[at] - want) <= 1e-10 * max(1, abs(want)), (i, at, slope[at], want)
            checked += 1
    return checked


def count_gradients(cases):
    """Compare the derivatives of many ``(make, plain, arrays, label)``; how many there were."""
    checked = 0
    for make, plain, arrays, label in cases:
        try:
            checked += gradient_cells(make, plain, arrays)
        except AssertionError as error:
            raise AssertionError(f"{label}: {error}") from None
    return checked
