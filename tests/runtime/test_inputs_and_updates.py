"""``function``: defaults, names, modes, updates, copies."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import In, Mode, Out, function
from graphcore.runtime.modes import DebugMode, NanGuardMode


def test_defaults_names_and_outputs_of_every_form():
    x, y = tt.scalars("x", "y")
    f = function([x, In(y, value=2.0, name="w")], {"sum": x + y, "product": x * y})
    assert f(3.0) == {"sum": 5.0, "product": 6.0}
    assert f(3.0, w=4.0) == f(3.0, 4.0) == {"sum": 7.0, "product": 12.0}
    with pytest.raises(TypeError, match="no input called 'y'; it has x, w"):
        f(3.0, y=1.0)
    assert function([x], Out(x + 1, borrow=True))(1.0) == 2.0
    assert function([x, (y, 5.0)], x + y)(1.0) == 6.0
    assert f["w"] == 2.0
    f[y] = 10.0
    assert f(3.0)["sum"] == 13.0
    with pytest.raises(KeyError, match="no shared variable or input with a default called 'z'"):
        f["z"]


def test_an_input_with_an_update_is_a_state():
    step, state = tt.lscalar("step"), tt.lscalar("state")
    f = function([step, In(state, value=10, update=state + step)], state)
    assert [int(f(1)), int(f(5)), int(f(0))] == [10, 11, 16]
    assert f[state] == f.value["state"] == 16
    g = f.copy()
    assert g(1) == 10  # a copy has its own defaults, those of the beginning
    with pytest.raises(ValueError, match="'state' has an update but no value"):
        In(state, update=state + 1)


def test_strict_and_downcasting_inputs():
    x = tt.fscalar("x")
    assert function([x], x * 2)(1.5) == 3.0
    with pytest.raises(TypeError, match="'x' is strict"):
        function([In(x, strict=True)], x * 2)(1.5)
    with pytest.raises(TypeError, match="needs elements of float32"):
        function([x], x * 2)(np.float64(0.1))
    assert function([In(x, allow_downcast=True)], x * 2)(np.float64(1.5)) == 3.0


def test_default_updates_and_leaving_them_out():
    s, t = graphcore.shared(1.0, "s"), graphcore.shared(1.0, "t")
    s.default_update = s + t
    t.default_update = t * 2
    assert [float(function([], s)()) for _ in range(3)] == [1.0, 2.0, 4.0]
    assert (s.get_value(), t.get_value()) == (8.0, 8.0)
    function([], s, no_default_updates=True)()
    assert s.get_value() == 8.0
    function([], s, no_default_updates=[t])()
    assert (s.get_value(), t.get_value()) == (16.0, 8.0)
    function([], s, updates={s: s - 1})()  # what is asked for goes before
    assert (s.get_value(), t.get_value()) == (15.0, 8.0)
    function([], s, givens={s: tt.constant(0.0)})()
    assert s.get_value() == 15.0


def test_copies_swap_and_delete():
    s, t = graphcore.shared(np.zeros(2), "s"), graphcore.shared(np.ones(2), "t")
    x = tt.vector("x")
    f = function([x], s + x, updates={s: s + x})
    g = f.copy(swap={s: t}, name="g")
    np.testing.assert_array_equal(f([1.0, 1.0]), [1, 1])
    np.testing.assert_array_equal(g([1.0, 1.0]), [2, 2])
    np.testing.assert_array_equal(t.get_value(), [2, 2])
    still = f.copy(delete_updates=True)
    np.testing.assert_array_equal(still([0.0, 0.0]), [1, 1])
    still([5.0, 5.0])
    np.testing.assert_array_equal(s.get_value(), [1, 1])
    assert f.get_shared() == [s] and g.get_shared() == [t]
    np.testing.assert_array_equal(g["t"], [2, 2])
    with pytest.raises(TypeError, match="'s' can be swapped for a shared variable of its type"):
        f.copy(swap={s: graphcore.shared(1.0)})
    f.free()
    assert not f.programs
    np.testing.assert_array_equal(f([0.0, 0.0]), [1, 1])


def test_an_input_may_be_computed_from_others():
    x = tt.vector("x")
    y = tt.exp(x)
    f = function([y], y * 2, updates=None)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2.0, 4.0])
    np.testing.assert_array_equal(function([x, y], x + y)([1.0], [5.0]), [6.0])


def test_replacements_of_other_types_need_rebuild_strict_off():
    x, y = tt.scalar("x"), tt.vector("y")
    with pytest.raises(TypeError, match="'x' has 0 axes, its new value 1"):
        function([y], x * 2, givens={x: y})
    f = function([y], x * 2, givens=[(x, y)], rebuild_strict=False)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2.0, 4.0])


@pytest.mark.parametrize(
    "mode",
    ["fast", "reference", "debug", "nan_guard", "profile", "FAST_RUN", "FAST_COMPILE", "DebugMode",
     "NanGuardMode", "py", "cvm", None, Mode("fast", optimizer=None), NanGuardMode(), DebugMode()],
    ids=str,
)  # fmt: skip
def test_modes_agree(mode):
    x = tt.matrix("x")
    s = graphcore.shared(1.0)
    f = function([x], [tt.log(1 + tt.exp(x)).sum(axis=0), x.T], mode=mode, updates={s: s * 2})
    value = np.random.default_rng(0).normal(size=(4, 3))
    for k in range(2):
        a, b = f(value)
        np.testing.assert_allclose(a, np.logaddexp(0, value).sum(axis=0), rtol=1e-14)
        np.testing.assert_array_equal(b, value.T)
        assert s.get_value() == 2.0 ** (k + 1)


def test_modes_that_do_not_exist_and_rewrites_left_out():
    x = tt.scalar("x")
    with pytest.raises(ValueError, match="no mode 'warp'; the modes are fast, reference"):
        function([x], x, mode="warp")
    mode = Mode().excluding("softplus_from_log1p_exp", "inplace")
    f = function([x], tt.log(1 + tt.exp(x)), mode=mode)
    assert "softplus" not in repr(f.maker.fgraph.toposort())
    g = function([x], tt.log(1 + tt.exp(x)), mode=mode.including("softplus_from_log1p_exp"))
    assert "softplus" in repr(g.maker.fgraph.toposort())
    assert f(1000.0) == np.inf and g(1000.0) == 1000.0


def test_the_guard_names_the_node_that_makes_a_nan():
    x = tt.vector("x")
    y = tt.switch(x > 0, tt.log(x), 0.0)
    f = function([x], (y * 2).sum(), mode="nan_guard")
    assert f([1.0, 1.0]) == 0.0
    with pytest.raises(FloatingPointError) as info:
        f([1.0, 2.0, -1.0])
    message = str(info.value)
    assert message.startswith("nan at [2] of an array of shape (3,)\n  made by log of 'x', written")
    assert "test_inputs_and_updates.py" in message and "shapes of its inputs: (3,)" in message
    with pytest.raises(FloatingPointError, match=r"inf at \[0\]"):
        f([0.0])
    only_nan = function([x], y.sum(), mode=NanGuardMode(inf_is_error=False))
    assert only_nan([0.0]) == 0.0
    inf_in = function([x], (x + 1).sum(), mode="nan_guard")  # was there before
    assert inf_in([np.inf]) == np.inf


def test_the_debug_mode_sees_a_wrong_kernel(monkeypatch):
    x = tt.vector("x")
    f = function([x], tt.exp(x), mode="debug")
    monkeypatch.setattr(f, "_run_fast", lambda arrays: [np.exp(arrays[0]) + 1e-3])
    with pytest.raises(AssertionError, match="the program and NumPy disagree about"):
        f([1.0])


def test_profiles_count_calls():
    x = tt.vector("x")
    f = function([x], tt.exp(x).sum(), profile=True)
    for _ in range(3):
        f(np.ones(100))
    assert str(f.profile()).startswith("3 calls in")
    assert not str(function([x], tt.exp(x)).profile(np.ones(3))).startswith("3 calls")


def test_run_time_errors_tell_the_shapes():
    x, i = tt.vector("x"), tt.lvector("i")
    f = function([x, i], x[i])
    for _ in range(2):
        with pytest.raises(IndexError, match=r"(?s)index 9 .*take.*shapes of its inputs: \(3,\)"):
            f(np.ones(3), [9])
        f(np.ones(3), [1])


def test_arguments_that_change_their_look_between_calls():
    x, a = tt.vector("x"), tt.scalar("a")
    f = function([x, a], x * a)
    n = np.arange(6.0)
    for value in (n, n[::2], n[:3], n.astype("float32"), n.astype(">f8"), [1, 2], n, (), n[::-1]):
        for scale in (2.0, 2, np.float32(2), np.array(2.0), True + True):
            np.testing.assert_array_equal(f(value, scale), np.asarray(value, float) * 2)
    with pytest.raises(TypeError, match="'a' needs an array with 0 axes"):
        f(n, n)
    f.trust_input = True
    np.testing.assert_array_equal(f(n, 2.0), n * 2)
    np.testing.assert_array_equal(f(n[:2].copy(), np.array(2.0)), n[:2] * 2)


def test_many_inputs():
    many = [tt.scalar(f"x{i}") for i in range(100)]
    f = function(many, sum(many[1:], many[0]))
    assert f(*range(100)) == f(*range(100)) == 4950


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int32", np.int64(3)), ("int32", 3.0), ("int32", np.float64(-4)), ("int64", np.uint64(7)),
        ("float32", np.float64(0.5)), ("float32", np.float64("nan")), ("float32", 0.1),
    ],
)  # fmt: skip
def test_numbers_are_converted_where_nothing_is_lost(dtype, value):
    x = tt.scalar("x", dtype=dtype)
    found = graphcore.function([x], x)(value)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.asarray(value).astype(dtype))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int32", np.int64(2**40)), ("int32", 3.5), ("int32", float("nan")), ("int64", 1e300),
        ("int32", np.array(4)), ("float32", np.float64(0.1)), ("float64", 1j),
    ],
)  # fmt: skip
def test_numbers_that_would_lose_something_are_errors(dtype, value):
    x = tt.scalar("x", dtype=dtype)
    with pytest.raises(TypeError, match=f"needs elements of {dtype}"):
        graphcore.function([x], x)(value)
