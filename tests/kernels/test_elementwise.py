"""Every elementwise kernel of every level against its reference, in every form and many lengths."""

import importlib
import itertools
from collections import Counter

import numpy as np
import pytest

from graphcore import _call, kernels
from graphcore.lower.spec import ChoiceStep, ProgramSpec, RecurrenceStep, ScalarStep
from graphcore.optable import ROWS

LENGTHS = (0, 1, 2, 7, 8, 9, 15, 16, 17, 255, 256, 257)
LONGEST = max(LENGTHS)
DTYPE = {"d": np.float64, "l": np.int64}
GUARD = {"d": -12345.678, "l": -12345678}
SIGNATURES = [(row, sig) for row in ROWS.values() for sig in row.kernel]

pytestmark = pytest.mark.parametrize("level", kernels.available())


def reference(row):
    module, _, name = row.ref.rpartition(".")
    return getattr(importlib.import_module(module), name)


def operands(row, sig, rng):
    """Arguments from the row's typical domain, of the longest length."""
    for cls, (low, high) in zip(sig, row.typical, strict=True):
        if cls == "d":
            yield rng.uniform(low, high, LONGEST)
        else:
            yield rng.integers(-5, 6, LONGEST)


def run(name, out, n, arrays, level):
    """Call a kernel on the first n elements; the element behind them must not change."""
    y = np.full(n + 1, GUARD[out], dtype=DTYPE[out])
    kernels.call(name, n, y, *arrays, level=level)
    assert y[n] == GUARD[out], f"{name} wrote beyond element {n}"
    return y[:n]


def bits(array):
    return np.ascontiguousarray(array).view(np.int64)


@pytest.mark.parametrize(("row", "sig"), SIGNATURES, ids=lambda x: getattr(x, "name", x))
def test_values_in_every_form_and_length(row, sig, level):
    rng = np.random.default_rng(7)
    full = list(operands(row, sig, rng))
    out = row.out(sig)
    every = run(f"{row.name}_{sig}_{'v' * len(sig)}", out, LONGEST, full, level)
    with np.errstate(all="ignore"):
        expected = reference(row)(*full)
    np.testing.assert_allclose(every, expected, rtol=1e-13, atol=1e-15, equal_nan=True)
    for form in itertools.product("vs", repeat=len(sig)):
        name = f"{row.name}_{sig}_{''.join(form)}"
        if name not in kernels.addresses(level):
            assert "v" not in form or (row.commutative and form == ("s", "v"))
            continue
        used = [x if kind == "v" else x[:1] for x, kind in zip(full, form, strict=True)]
        spread = [np.ascontiguousarray(np.broadcast_to(x, LONGEST)) for x in used]
        same = run(f"{row.name}_{sig}_{'v' * len(sig)}", out, LONGEST, spread, level)
        for n in LENGTHS:
            got = run(name, out, n, used, level)
            np.testing.assert_array_equal(bits(got), bits(same[:n]), err_msg=f"{name} n={n}")


@pytest.mark.parametrize(("row", "sig"), SIGNATURES, ids=lambda x: getattr(x, "name", x))
def test_scalar_runs_agree_bit_for_bit(row, sig, level):
    """A number must not depend on whether it was computed alone or in a vector."""
    rng = np.random.default_rng(11)
    full = list(operands(row, sig, rng))
    every = run(f"{row.name}_{sig}_{'v' * len(sig)}", row.out(sig), LONGEST, full, level)
    for i in range(0, LONGEST, 16):
        cells = np.zeros(4)
        for j, x in enumerate(full):
            cells[j : j + 1].view(x.dtype)[0] = x[i]
        operation = (f"{row.name}_{sig}", 3, 0, 1, 2)
        kernels.scalar_call([operation], cells, level)
        assert bits(cells)[3] == bits(every)[i]
        # the same with an operand that the operation before has just made
        for j in (j for j, cls in enumerate(sig) if cls == "d"):
            again = np.append(cells, 1.0)
            for reads in (None, Counter({j: 1})):  # and when nothing else reads it
                again[3] = 0
                code = [("mul_dd", j, j, 4, 0), operation]
                kernels.scalar_call(code, again, level, reads=reads)
                assert bits(again)[3] == bits(every)[i]


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "gammaln", "digamma", "trigamma"])
def test_rare_arguments_beside_ordinary_ones(name, level):
    """Elements that need the second pass, alone and among others."""
    x = np.linspace(0.5, 3.0, 40)
    x[[3, 17, 39]] = [-2.5, 1e10, -0.3] if "gamma" in name else [1e10, -1e22, 7e5]
    y = run(f"{name}_d_v", "d", 40, [x], level)
    np.testing.assert_allclose(y, reference(ROWS[name])(x), rtol=1e-12)


def test_integers_follow_numpy(level):
    """Signs, wrap-around and division by zero."""
    edge = np.array([0, 1, -1, 2, -2, 7, -7, 2**63 - 1, -(2**63), 2**62, 3037000500])
    a, b = (x.ravel().copy() for x in np.meshgrid(edge, edge))
    for name in ("add", "sub", "mul", "floor_div", "mod", "maximum", "minimum", "lt", "ge", "xor"):
        got = run(f"{name}_ll_vv", "l", a.size, [a, b], level)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(got, reference(ROWS[name])(a, b), err_msg=name)
    small = np.arange(-9, 10)
    a, b = (x.ravel().copy() for x in np.meshgrid(small, small))
    got = run("pow_ll_vv", "l", a.size, [a, b], level)
    np.testing.assert_array_equal(got, reference(ROWS["pow"])(a, b))


def test_float_division_follows_numpy(level):
    inf, nan = np.inf, np.nan
    edge = np.array([0.0, -0.0, 1, -1, 0.1, -0.1, 2.5, -2.5, 1e300, 5e-324, inf, -inf, nan])
    a, b = (x.ravel().copy() for x in np.meshgrid(edge, edge))
    for name in ("floor_div", "mod"):
        got = run(f"{name}_dd_vv", "d", a.size, [a, b], level)
        want = reference(ROWS[name])(a, b)
        np.testing.assert_array_equal(got, want, err_msg=name)
        np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(want[want == 0]))


def test_conversions(level):
    d = np.array([0.0, -0.0, 1.5, -1.5, 2.0**62, -(2.0**63), 2.0**63, np.inf, np.nan, 1e-320, 0.1])
    i = np.array([0, 1, -1, 127, 128, -129, 255, 256, 2**15, 2**31, -(2**31) - 1, 2**63 - 1])
    i = np.append(i, -(2**63))
    with np.errstate(all="ignore"):
        expected = d.astype(np.int64)
        single = d.astype(np.float32).astype(np.float64)
    expected[~(np.abs(d) < 2.0**63)] = -(2**63)
    np.testing.assert_array_equal(run("cast_dl_v", "l", d.size, [d], level), expected)
    np.testing.assert_array_equal(run("cast_ld_v", "d", i.size, [i], level), i.astype(float))
    np.testing.assert_array_equal(run("round_f4_v", "d", d.size, [d], level), single)
    np.testing.assert_array_equal(run("bool_d_v", "l", d.size, [d], level), d != 0)
    np.testing.assert_array_equal(run("bool_l_v", "l", i.size, [i], level), i != 0)
    for name in ("i1", "i2", "i4", "u1", "u2", "u4"):
        np.testing.assert_array_equal(
            run(f"wrap_{name}_v", "l", i.size, [i], level), i.astype(name).astype(np.int64)
        )
    rng = np.random.default_rng(0)
    i = rng.integers(-(2**63), 2**63, 500, dtype=np.int64) >> rng.integers(0, 63, 500)
    np.testing.assert_array_equal(run("cast_ld_v", "d", i.size, [i], level), i.astype(float))


def test_mov_copies_and_fills(level):
    a = np.arange(20.0)
    np.testing.assert_array_equal(run("mov_v", "d", 20, [a], level), a)
    np.testing.assert_array_equal(run("mov_s", "d", 20, [a[7:8].copy()], level), np.full(20, 7.0))


def test_scalar_run_of_several_operations(level):
    """Registers, moves and memory: 2 * (x + 1), stored behind x."""
    cells = np.zeros(6)
    cells[:3] = 3.0, 1.0, 2.0
    code = [("load", 3, 0, 0, 0), ("add_dd", 4, 3, 1, 0), ("mul_dd", 5, 4, 2, 0)]
    kernels.scalar_call(code, cells, level)
    assert cells[5] == 8.0
    kernels.scalar_call([("mov", 1, 5, 0, 0), ("store", 0, 1, 0, 0)], cells, level)
    assert cells[0] == cells[1] == 8.0


def test_a_cell_that_changed_is_not_taken_from_the_register(level):
    cells = np.array([2.0, 3.0, 0.0, 0.0])
    code = [("add_dd", 2, 0, 1, 0), ("mov", 2, 0, 0, 0), ("mul_dd", 3, 2, 2, 0)]
    kernels.scalar_call(code, cells, level)
    assert cells[3] == 4.0
    code = [("mul_dd", 2, 1, 1, 0), ("mul_dd", 3, 2, 2, 0), ("add_dd", 3, 2, 3, 0)]
    kernels.scalar_call([*code, ("store", 0, 3, 0, 0)], cells, level)
    assert cells[3] == cells[0] == 90.0


def test_a_result_that_only_the_next_operation_reads_is_not_written(level):
    code = [("load", 2, 0, 0, 0), ("add_dd", 3, 2, 1, 0), ("sqr_d", 4, 3, 0, 0)]
    code += [("muladd_ddd", 5, 1, 1, 4), ("sub_dd", 6, 5, 5, 0), ("store", 0, 6, 0, 0)]
    inner = ChoiceStep(0, [[], [ScalarStep(code, [])]], None)
    spec = ProgramSpec(steps=[RecurrenceStep(1, [inner], [], None)])
    for kept in (None, 2, 3, 4, 5):
        spec.slots = [] if kept is None else [("cell", kept, 0)]
        reads = kernels.cell_reads(spec)
        assert all(reads[c] == (2 if c == 5 else 1) + 2 * (c == kept) for c in (2, 3, 4, 5, 6))
        cells = np.array([3.0, 2.0, *[np.nan] * 5])
        kernels.scalar_call(code, cells, level, reads=reads)
        want = np.array([0.0, 2.0, 3.0, 5.0, 25.0, 29.0, 0.0])
        want[[c for c in (2, 3, 4, 6) if c != kept]] = np.nan
        np.testing.assert_array_equal(cells, want)


def test_kernels_for_far_data_give_the_same_bits(level):
    rng = np.random.default_rng(2)
    special = [0.0, -0.0, np.inf, -np.inf, 5e-324, -1e308, 1e308, 1.0, 1e-300]
    others = {name: kernels.far(level, name) for name in kernels.addresses(level)}
    others = {name: address for name, address in others.items() if address is not None}
    assert ("muladd_ddd_vvs" in others) == (level == "x86_v4")
    for name, address in others.items():
        row, sig, _ = name.rsplit("_", 2)
        arrays = [rng.integers(-9, 9, 300) for _ in sig]
        for i, cls in enumerate(sig):
            if cls == "d":
                arrays[i] = np.append(rng.normal(size=219), np.roll(np.repeat(special, 9), 5 * i))
        y, z = (np.zeros(300, DTYPE[ROWS[row].out(sig)]) for _ in range(2))
        kernels.call(name, 300, y, *arrays, level=level)
        _call.call(address, 300, [z, *arrays])
        np.testing.assert_array_equal(y, z, err_msg=name)
