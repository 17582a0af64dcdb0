"""``function``: semantics, errors, threads, size."""

import threading
import time

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import MissingInputError, UnusedInputError, function


def test_a_list_of_outputs_returns_a_list():
    x = tt.vector("x")
    assert isinstance(function([x], [x + 1])(np.ones(2)), list)
    assert function([x], x.sum())(np.ones(2)) == 2.0
    assert function([], [tt.constant(3.0) * 2])() == [6.0]


def test_new_shapes_are_planned_and_remembered():
    x = tt.matrix("x")
    f = function([x], tt.exp(x).sum(axis=0))
    for shape in ((2, 3), (4, 1), (2, 3), (0, 5), (700, 2)):
        value = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_allclose(f(value), np.exp(value).sum(axis=0), rtol=1e-13)
    assert len(f.programs) == 4


def test_values_that_decide_shapes():
    x, n = tt.vector("x"), tt.lscalar("n")
    f = function([x, n], [x[:n], tt.zeros((n, 2)), x[n]])
    for k in (1, 3, 2):
        head, zeros, element = f(np.arange(5.0), k)
        np.testing.assert_array_equal(head, np.arange(k))
        assert zeros.shape == (k, 2) and element == k


def test_names_bind_inputs():
    a, b = tt.scalar("a"), tt.scalar("b")
    f = function([a, b], a - b)
    assert f(3.0, b=1.0) == f(b=1.0, a=3.0) == 2.0
    with pytest.raises(TypeError, match="no input called 'c'; it has a, b"):
        f(1.0, c=2.0)
    with pytest.raises(TypeError, match="'a' was given twice"):
        f(1.0, a=2.0)
    with pytest.raises(TypeError, match="no value for 'b'"):
        f(1.0)
    with pytest.raises(TypeError, match="takes 2 inputs, 3 were given"):
        f(1.0, 2.0, 3.0)


def test_updates_see_the_old_values():
    s, t = graphcore.shared(np.array(1.0), "s"), graphcore.shared(np.array(10.0), "t")
    f = function([], s + t, updates=[(s, t), (t, s + t)])
    assert f() == 11.0
    assert (s.get_value(), t.get_value()) == (10.0, 11.0)
    assert f() == 21.0
    with pytest.raises(TypeError, match="updates change shared variables; 'x' is not one"):
        function([], s, updates=[(tt.scalar("x"), s)])
    with pytest.raises(ValueError, match="two updates of 's'"):
        function([], s, updates=[(s, t), (s, t)])


def test_givens_replace():
    x, y = tt.vector("x"), tt.vector("y")
    assert function([x], (y**2).sum(), givens={y: x + 1})(np.ones(3)) == 12.0


def test_inputs_must_be_used_and_complete():
    x, y = tt.vector("x"), tt.vector("y")
    with pytest.raises(UnusedInputError, match="nothing depends on the input 'y'"):
        function([x, y], x)
    assert function([x, y], x.sum(), on_unused_input="ignore")(np.ones(2), np.ones(1)) == 2.0
    with pytest.warns(UserWarning, match="nothing depends on the input 'y'"):
        function([x, y], x, on_unused_input="warn")
    with pytest.raises(MissingInputError, match="depend on 'y'"):
        function([x], x + y)
    with pytest.raises(ValueError, match="'x' stands twice"):
        function([x, x], x)


def test_wrong_values_are_refused_by_name():
    x, i = tt.vector("x"), tt.ivector("i")
    f = function([x, i], x + i)
    with pytest.raises(TypeError, match=r"'i' needs elements of int32, not float64.*allow_input_d"):
        f(np.ones(2), np.ones(2))
    with pytest.raises(TypeError, match=r"'x' needs an array with 1 axes, not one with 2"):
        f(np.ones((2, 2)), [1, 2])
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\) do not broadcast") as info:
        f(np.ones(2), [1, 2, 3])
    assert "test_function.py" in str(info.value)
    narrowing = function([x, i], x + i, allow_input_downcast=True)
    np.testing.assert_array_equal(narrowing([1, 2], [1.9, 2.1]), [2.0, 4.0])


def test_an_index_out_of_range_is_an_error_with_its_place():
    x, i = tt.vector("x"), tt.lvector("i")
    f = function([x, i], x[i])
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 0 with size 5") as info:
        f(np.arange(5.0), [0, 7])
    assert "test_function.py" in str(info.value)
    with pytest.raises(IndexError, match="index -6 is out of bounds"):
        f(np.arange(5.0), [-6])
    with pytest.raises(IndexError):
        function([x], x[10])(np.arange(3.0))
    with pytest.raises(IndexError):
        function([x], x[np.array([1, 2, 10])])(np.arange(3.0))


def test_layouts_and_byte_orders_do_not_matter():
    m = tt.matrix("m")
    f = function([m], [tt.exp(m), m.sum(axis=1)])
    value = np.random.default_rng(0).normal(size=(6, 4))
    wanted = f(value)
    frozen = value.copy()
    frozen.flags.writeable = False
    for same in (
        np.asfortranarray(value),
        np.repeat(value, 2, axis=1)[:, ::2],
        value[::-1][::-1],
        value.astype(">f8"),
        frozen,
    ):
        for a, b in zip(f(same), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_inputs_stay_and_outputs_are_fresh():
    x = tt.vector("x")
    f = function([x], [x, x[1:], tt.set_subtensor(x[0], 9.0)])
    value = np.arange(3.0)
    same, part, changed = f(value)
    np.testing.assert_array_equal(value, [0, 1, 2])
    assert not any(np.shares_memory(value, a) for a in (same, part, changed))
    assert changed[0] == 9.0


def test_explain_tells_where_nodes_run():
    x = tt.tensor("float64", (3,), "x")
    text = graphcore.explain(function([x], tt.exp(x).sum()))
    assert "exp of 'x', written at" in text and "test_function.py" in text


def test_an_op_without_kernels_is_called_back_and_says_so():
    x = tt.vector("x", dtype="uint64")
    f = function([x], x // 3 + 1)
    np.testing.assert_array_equal(f(np.array([2**63 + 1, 7], "uint64")), [2**63 // 3 + 2, 3])
    assert "python" in graphcore.explain(f) and "NumPy reference is called" in graphcore.explain(f)


def test_sixteen_threads_share_one_function():
    x, a = tt.vector("x"), tt.scalar("a")
    f = function([a, x], [(tt.exp(a) * x).sum(), x * a])
    point = np.arange(8.0)
    wrong = []

    def work(k):
        rng = np.random.default_rng(k)
        for scale in rng.uniform(0.1, 1.0, 10_000):
            total, product = f(scale, point)
            if not np.isclose(total, np.exp(scale) * 28.0, rtol=1e-12):
                wrong.append((k, scale))
            if product[7] != 7.0 * scale:
                wrong.append((k, scale))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_long_chains_take_linear_time():
    def seconds(n):
        x = tt.tensor("float64", (3,), "x")
        start = time.perf_counter()
        y = x
        for _ in range(n // 2):
            y = tt.sin(y) + x
        cost = y.sum()
        f = function([x], [cost, graphcore.grad(cost, x)])
        value, gradient = f(np.full(3, 0.5))
        assert np.isfinite(value) and np.isfinite(gradient).all()
        return time.perf_counter() - start

    seconds(1000)
    short, long = min(seconds(2000) for _ in range(3)), seconds(20_000)
    assert long < 40 * short


@pytest.mark.slow
def test_a_chain_of_100_000_nodes():
    x = tt.scalar("x")
    y = x
    for _ in range(50_000):
        y = tt.sin(y) + x
    value, gradient = function([x], [y, graphcore.grad(y, x)])(0.5)
    want = 0.5
    slope = 1.0
    for _ in range(50_000):
        slope = np.cos(want) * slope + 1.0
        want = np.sin(want) + 0.5
    np.testing.assert_allclose(value, want, rtol=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10)


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_a_single_narrow_element_given_to_an_op_without_kernels(dtype):
    x, y = tt.imatrix("x"), tt.tensor(dtype, shape=(None,), name="y")
    f = graphcore.function([x, y], tt.dot(x, y.astype("int32")))
    column = np.array([[3], [1]], dtype="int32")
    np.testing.assert_array_equal(f(column, np.ones(1, dtype)), [3, 1])
