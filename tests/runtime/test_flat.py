"""The flat value-and-gradient function and its C entry point."""

import ctypes
import threading

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.nodes import Op
from graphcore.runtime.flat import FlatFunction

ENTRY = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_size_t,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
)


def make(n=5):
    a = tt.tensor("float64", (), "a")
    x = tt.tensor("float64", (n,), "x")
    m = tt.tensor("float64", (2, 2), "m")
    value = tt.exp(a) * (x**2).sum() + tt.sin(m).sum()
    return FlatFunction([a, x, m], value)


def expected(point, n=5):
    a, x, m = point[0], point[1 : 1 + n], point[1 + n :]
    value = np.exp(a) * (x**2).sum() + np.sin(m).sum()
    gradient = np.concatenate([[np.exp(a) * (x**2).sum()], 2 * np.exp(a) * x, np.cos(m)])
    return value, gradient


@pytest.mark.parametrize("n", [0, 1, 5, 300])
def test_value_and_gradient(n):
    f = make(n)
    assert f.dim == 5 + n and len(f.names) == f.dim
    point = np.random.default_rng(0).normal(size=f.dim)
    value, gradient = f(point)
    want, slope = expected(point, n)
    np.testing.assert_allclose(value, want, rtol=1e-13)
    np.testing.assert_allclose(gradient, slope, rtol=1e-13)


def test_names():
    assert make(2).names == ["a", "x[0]", "x[1]", "m[0,0]", "m[0,1]", "m[1,0]", "m[1,1]"]


def test_the_c_entry_point_from_many_threads():
    f = make()
    entry = ENTRY(f.address)
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        gradient, value = np.empty(f.dim), np.empty(1)
        for _ in range(100):
            point = rng.normal(size=f.dim)
            status = entry(
                f.dim, point.ctypes.data, gradient.ctypes.data, value.ctypes.data, f.user_data
            )
            want, slope = expected(point)
            if status or not np.allclose(value[0], want) or not np.allclose(gradient, slope):
                wrong.append(seed)

    # more threads than a program keeps work areas for, then others after they have ended
    for count in (80, 16):
        threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert not wrong


def test_a_program_that_calls_itself_keeps_its_numbers():
    """A call back into Python may run the same program at another point."""

    class Below(Op):
        name = "below"

        def out_types(self, x):
            return [x]

        def infer_shape(self, shapes, values):
            return [shapes[0]]

        def reference(self, x):
            return x if x[0] < 1 else f(x - 1)

    x = tt.tensor("float64", (1,), "x")
    f = graphcore.function([x], tt.exp(x) + Below()(x))
    assert f(np.array([3.5]))[0] == pytest.approx(0.5 + np.exp([3.5, 2.5, 1.5, 0.5]).sum())


def test_points_of_any_kind_are_taken_and_wrong_lengths_refused():
    f = make()
    value, _ = f(np.zeros(f.dim))
    assert f([0] * f.dim)[0] == value == f(np.zeros(2 * f.dim)[::2])[0]
    with pytest.raises(ValueError, match="length 10, got length 3"):
        f(np.zeros(3))
    with pytest.raises(ValueError, match="length 10, got 2 axes"):
        f(np.zeros((2, 5)))


def test_what_the_value_may_depend_on():
    x, other = tt.tensor("float64", (2,), "x"), tt.scalar("other")
    with pytest.raises(ValueError, match="depends on 'other'"):
        FlatFunction([x], x.sum() + other)
    with pytest.raises(ValueError, match="'v' must be float64 and of known shape"):
        FlatFunction([tt.vector("v")], x.sum())
    with pytest.raises(ValueError, match="must be a float64 scalar"):
        FlatFunction([x], x)


def test_an_unused_variable_has_gradient_zero():
    x, unused = tt.tensor("float64", (2,), "x"), tt.tensor("float64", (3,), "unused")
    _, gradient = FlatFunction([unused, x], x.sum())(np.ones(5))
    np.testing.assert_array_equal(gradient, [0, 0, 0, 1, 1])
