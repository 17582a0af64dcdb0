"""Reductions: values, lanes, and the same bits however the elements are cut."""

import numpy as np
import pytest

from graphcore import kernels
from graphcore.optable import REDUCTIONS

LENGTHS = (0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1000)
CASES = [(row, sig) for row in REDUCTIONS.values() for sig in row.init]
DTYPE = {"d": np.float64, "l": np.int64}
IDS = {"ids": lambda x: getattr(x, "name", x)}

pytestmark = pytest.mark.parametrize("level", kernels.available())


def data(row, sig, n, rng):
    if row.name == "prod":
        return [rng.uniform(0.7, 1.4, n) if sig == "d" else rng.choice([-1, 1, 1, 3], n)]
    if row.name in ("any", "all"):
        return [rng.integers(0, 2, n) | (row.name == "all")]
    if sig == "l":
        return [rng.integers(-1000, 1000, n)]
    return [rng.normal(size=n) for _ in range(row.arity)]


def call(name, n, y, *arrays, level):
    kernels.call(name, n, y, *arrays, level=level)
    return y


def whole(row, sig, arrays, level):
    y = np.zeros(1, dtype=DTYPE[sig[0]])
    return call(f"{row.name}_{sig}_all", arrays[0].size, y, *arrays, level=level)[0]


def empty_value(row, sig):
    if row.name in ("max", "min"):
        low, high = (-np.inf, np.inf) if sig == "d" else (-(2**63), 2**63 - 1)
        return low if row.name == "max" else high
    return {"sum": 0, "prod": 1, "any": 0, "all": 1, "dot": 0}[row.name]


@pytest.mark.parametrize(("row", "sig"), CASES, **IDS)
def test_all(row, sig, level):
    rng = np.random.default_rng(3)
    for n in LENGTHS:
        arrays = data(row, sig, n, rng)
        got = whole(row, sig, arrays, level)
        if n == 0:
            assert got == empty_value(row, sig)
            continue
        module = getattr(np, row.name)
        np.testing.assert_allclose(got, module(*arrays), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("row", "sig"), CASES, **IDS)
def test_pieces_give_the_same_bits(row, sig, level):
    """begin, acc, end over any cut at multiples of 16 is exactly all."""
    rng = np.random.default_rng(5)
    arrays = data(row, sig, 1003, rng)
    expected = whole(row, sig, arrays, level)
    name = f"{row.name}_{sig}"
    for size in (16, 48, 256, 1008):
        lanes, y = np.empty(16, dtype=DTYPE[sig[0]]), np.zeros(1, dtype=DTYPE[sig[0]])
        call(f"{name}_begin", 0, lanes, level=level)
        for start in range(0, 1003, size):
            piece = [np.ascontiguousarray(x[start : start + size]) for x in arrays]
            call(f"{name}_acc", piece[0].size, lanes, *piece, level=level)
        call(f"{name}_end", 0, y, lanes, level=level)
        assert y.view(np.int64)[0] == np.asarray(expected).view(np.int64)


@pytest.mark.parametrize(("row", "sig"), CASES, **IDS)
def test_few_elements_give_the_same_bits(row, sig, level):
    """Short vectors take another path, which must not show."""
    rng = np.random.default_rng(9)
    name = f"{row.name}_{sig}"
    for n in range(20):
        arrays = data(row, sig, n, rng)
        lanes, y = np.empty(16, dtype=DTYPE[sig[0]]), np.zeros(1, dtype=DTYPE[sig[0]])
        call(f"{name}_begin", 0, lanes, level=level)
        call(f"{name}_acc", n, lanes, *arrays, level=level)
        call(f"{name}_end", 0, y, lanes, level=level)
        got = whole(row, sig, arrays, level)
        assert np.asarray(got).view(np.int64) == y.view(np.int64)[0], n


@pytest.mark.parametrize(("row", "sig"), CASES, **IDS)
def test_into(row, sig, level):
    rng = np.random.default_rng(6)
    first, second = data(row, sig, 20, rng), data(row, sig, 37, rng)
    y = np.array([whole(row, sig, first, level)])
    call(f"{row.name}_{sig}_into", 37, y, *second, level=level)
    both = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    np.testing.assert_allclose(y[0], getattr(np, row.name)(*both), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("row", "sig"), [c for c in CASES if c[0].arity == 1], **IDS)
def test_each(row, sig, level):
    rng = np.random.default_rng(8)
    for n in (0, 1, 9, 100):
        (a,), (b,) = data(row, sig, n, rng), data(row, sig, n, rng)
        y = a.copy()
        call(f"{row.name}_{sig}_each", n, y, b, level=level)
        want = getattr(np, row.name)(np.stack([a, b]), axis=0)
        np.testing.assert_array_equal(y, want)


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_propagate_nan(name, level):
    row = REDUCTIONS[name]
    for n in (1, 5, 16, 40):
        for where in {0, n // 2, n - 1}:
            a = np.arange(float(n))
            a[where] = np.nan
            assert np.isnan(whole(row, "d", [a], level))
    ends = np.array([np.inf, -np.inf, 1.0])
    assert whole(row, "d", [ends], level) == getattr(np, name)(ends)


def test_sum_is_the_same_at_every_level(level):
    a = np.random.default_rng(1).normal(size=1001)
    row = REDUCTIONS["sum"]
    assert whole(row, "d", [a], level) == whole(row, "d", [a], "base")


def test_sum_is_accurate(level):
    """Sixteen lanes lose less than one running sum."""
    import math

    a = np.random.default_rng(2).uniform(size=100_000)
    got, exact = whole(REDUCTIONS["sum"], "d", [a], level), math.fsum(a)
    assert abs(got - exact) < 1e-12 * exact
