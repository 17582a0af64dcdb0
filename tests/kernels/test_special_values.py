"""Zeros, infinities, NaN, subnormal and huge arguments at every level."""

import importlib

import numpy as np
import pytest

from graphcore import kernels
from graphcore.optable import ROWS

inf, nan = np.inf, np.nan
TINY, LEAST, MOST = 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308
EDGES = [0.0, -0.0, inf, -inf, nan, TINY, -TINY, LEAST, -LEAST, 1e-310, MOST, -MOST]
EDGES += [1.0, -1.0, 2.0, -2.0, -3.0, 0.5, -0.5, -1.5, 1e22, -1e22, 1e300, -1e300, 1e150, 1e-150]
EDGES += [710.0, -745.2, 709.8, -750.0, 40.0, -40.0]
UNARY = [row for row in ROWS.values() if row.arity == 1 and "d" in row.kernel]

pytestmark = pytest.mark.parametrize("level", kernels.available())

# Where the reference itself is wrong or undefined: name -> argument -> value.
CORRECTED = {
    "softplus": {-745.2: 0.0},
    "log1mexp": {2.0: nan},
    "erfcx": {MOST: 3.138408733985445e-309},
    "gammaln": {TINY: 744.4400719213812, -TINY: 744.4400719213812, 1e-310: 713.8013788281423},
}


def call(name, *arrays, level):
    y = np.empty(arrays[0].size, dtype=np.int64 if ROWS[name].dtype == "bool" else np.float64)
    sig = "d" * len(arrays)
    kernels.call(f"{name}_{sig}_{'v' * len(arrays)}", y.size, y, *arrays, level=level)
    return y


def reference(row, *arrays):
    module, _, name = row.ref.rpartition(".")
    with np.errstate(all="ignore"):
        return np.asarray(getattr(importlib.import_module(module), name)(*arrays))


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_unary(row, level):
    x = np.array([*EDGES, *row.points])
    got, want = call(row.name, x, level=level), reference(row, x).copy()
    for argument, value in CORRECTED.get(row.name, {}).items():
        want[x == argument] = value
    # SciPy's gammaln loses relative accuracy at its zeros; test_accuracy looks there.
    atol = 1e-15 if row.name == "gammaln" else 1e-322
    np.testing.assert_allclose(got, want, rtol=2e-13, atol=atol, equal_nan=True)
    zeros = (got == 0) & (want == 0)
    if row.dtype != "bool":
        wrong = np.signbit(got[zeros]) != np.signbit(want[zeros])
        assert not wrong.any(), f"sign of zero at {x[zeros][wrong]}"


def test_pow(level):
    """C99's table of special powers, which Python follows where it does not raise."""
    v = [0.0, -0.0, 1, -1, 2, -2, 0.3, -0.3, 3, -3, inf, -inf, nan, TINY, -TINY, MOST, 2.0**53]
    a, b = (x.ravel().copy() for x in np.meshgrid(v, v))
    got, want = call("pow", a, b, level=level), reference(ROWS["pow"], a, b)
    np.testing.assert_allclose(got, want, rtol=1e-15, atol=1e-323, equal_nan=True)
    zeros = (got == 0) & (want == 0)
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(want[zeros]))


def test_whole_powers_are_exact(level):
    a, b = (x.ravel().copy() for x in np.meshgrid(np.arange(-20.0, 21), np.arange(0.0, 12)))
    np.testing.assert_array_equal(call("pow", a, b, level=level), a**b)


@pytest.mark.parametrize(
    "name", ["maximum", "minimum", "logaddexp", "xlogy", "xlog1py", "true_div"]
)
def test_binary(name, level):
    v = np.array([0.0, 1, -1, 2.5, -0.5, inf, -inf, nan, TINY, MOST])
    a, b = (x.ravel().copy() for x in np.meshgrid(v, v))
    got, want = call(name, a, b, level=level), reference(ROWS[name], a, b)
    np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-322, equal_nan=True)


def test_exact_values(level):
    """What must come out exactly."""
    for name, x, y in [
        ("exp", 0.0, 1.0),
        ("cos", 0.0, 1.0),
        ("log", 1.0, 0.0),
        ("sigmoid", 0.0, 0.5),
        ("cosh", 0.0, 1.0),
        ("gammaln", 1.0, 0.0),
        ("gammaln", 2.0, 0.0),
        ("erf", 7.0, 1.0),
        ("tanh", 25.0, 1.0),
        ("erfc", 0.0, 1.0),
    ]:
        assert call(name, np.array([x]), level=level)[0] == y, name


def test_subnormals_survive(level):
    """No extension may switch the processor to flushing subnormals."""
    kernels.load(level)
    assert np.float64(LEAST) / 2 != 0
    assert call("mul", np.array([LEAST]), np.array([0.5]), level=level)[0] == LEAST / 2
