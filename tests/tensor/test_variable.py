"""Operators, methods and NumPy's protocols build what NumPy computes."""

import copy
import operator
import pickle

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.nodes import Constant

A = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
B = np.array([0.5, 2.0, -3.0])


def check(build, *arrays):
    """``build`` gives the same for symbolic arrays as for NumPy's."""
    inputs = [tt.tensor(a.dtype, (None,) * a.ndim, f"x{i}") for i, a in enumerate(arrays)]
    with np.errstate(all="ignore"):
        expected = np.asarray(build(*arrays))
    found = build(*inputs).eval(dict(zip(inputs, arrays, strict=True)))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-15)


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
@pytest.mark.parametrize("other", [2, 2.5, B, np.float64(2), np.int64(3)], ids=repr)
def test_operators(op, other):
    check(lambda x: op(x, other), A)
    check(lambda x: op(other, x), A)


def test_more_operators():
    check(lambda x: abs(x) ** 1.5, A)
    check(lambda x: 2**x, A)
    check(lambda x: -x, A)
    check(lambda x: +x, A)
    check(lambda x: divmod(x, 2)[1], A)
    check(lambda x: divmod(7, x)[0], A)
    check(lambda x: (x > 0) & ~(x > 1) | (x < 0) ^ (x < -1), A)
    check(lambda x: x @ B, A)
    check(lambda x, y: x @ y.T @ x, A, A)
    check(lambda x: A @ x, B)
    check(lambda x: (1 / x).sum(), A)


@pytest.mark.parametrize(
    ("dtype", "other", "result"),
    [
        ("float32", 2, "float32"),
        ("float32", 2.5, "float32"),
        ("float32", np.float64(2.5), "float64"),
        ("int8", 2, "int8"),
        ("int8", 2.5, "float64"),
        ("int32", True, "int32"),
        ("bool", 2, "int64"),
        ("float32", np.ones(1, "int64"), "float64"),
    ],
)
def test_python_numbers_are_weak(dtype, other, result):
    x = tt.vector("x", dtype=dtype)
    assert (x + other).dtype == (other + x).dtype == result
    assert (np.ones(2, dtype) + other).dtype == result


def test_a_python_integer_that_does_not_fit_is_an_error():
    with pytest.raises(OverflowError, match="300"):
        tt.vector("x", dtype="int8") + 300


def test_literals_become_constants_of_no_axes():
    x = tt.vector("x")
    two = (2 * x).owner.inputs[0]
    assert isinstance(two, Constant)
    assert two.ndim == 0
    assert two.dtype == "float64"


NUMPY = [
    np.exp, np.log1p, np.tanh, np.square, np.abs, np.negative, np.isnan, np.isfinite, np.floor,
    np.sum, np.mean, np.std, np.var, np.max, np.min, np.prod, np.ravel, np.transpose, np.shape,
    np.size, np.zeros_like, np.ones_like, np.rint, np.sign, np.reciprocal, np.logical_not,
    lambda x: np.sum(x, axis=0),
    lambda x: np.max(x, axis=(0, 1), keepdims=True),
    lambda x: np.any(x > 0, axis=1),
    lambda x: np.all(x > -5),
    lambda x: np.add(x, B),
    lambda x: np.maximum(x, 0.0),
    lambda x: np.logical_and(x, x > 1),
    lambda x: np.where(x > 0, x, 0.0),
    lambda x: np.clip(x, -1, 1),
    lambda x: np.dot(x, B),
    lambda x: np.matmul(x, B),
    lambda x: np.concatenate([x, x], axis=1),
    lambda x: np.stack([x, x], axis=-1),
    lambda x: np.reshape(x, (3, 2)),
    lambda x: np.expand_dims(x, (0, 2)),
    lambda x: np.squeeze(x[:1], 0),
    lambda x: np.broadcast_to(x, (2, 2, 3)),
    lambda x: np.swapaxes(x, 0, 1),
    lambda x: np.moveaxis(x, 0, -1),
    lambda x: np.take(x, [1, 0], axis=1),
    lambda x: np.full_like(x, 3),
    lambda x: np.outer(x[0], B),
    lambda x: B + x,
    lambda x: np.float64(2) * x,
    lambda x: np.add.reduce(x),
    lambda x: np.var(x, ddof=1, axis=0),
]  # fmt: skip


@pytest.mark.parametrize("function", NUMPY)
def test_numpy_functions_build_graphs(function):
    check(function, A)


def test_scipy_ufuncs_build_graphs():
    import scipy.special as sp

    check(lambda x: sp.gammaln(abs(x)) + sp.expit(x) + sp.xlogy(2.0, abs(x)), A)


def test_numpy_functions_without_counterpart_are_named():
    x = tt.vector("x")
    for call, name in [
        (lambda: np.heaviside(x, x), "numpy.heaviside"),
        (lambda: np.linalg.tensorinv(x), "numpy.tensorinv"),
        (lambda: np.add.accumulate(x), "numpy.add.accumulate"),
        (lambda: np.exp(x, out=np.ones(2)), "out="),
    ]:
        with pytest.raises(TypeError, match=name):
            call()


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        (lambda x: bool(tt.eq(x, 1.0)), "graphcore.tensor.switch"),
        (lambda x: bool(tt.constant([True])), "graphcore.tensor.switch"),
        (lambda x: 1 if (x > 0).all() else 2, "the result of all is symbolic.*switch"),
        (lambda x: 0 < x < 1, "combine conditions use &"),
        (lambda x: len(x), r"x.shape\[0\]"),
        (lambda x: list(x), "scan"),
        (lambda x: 1.0 in x, "tt.any"),
        (lambda x: range(x), "eval"),
        (lambda x: float(x), "eval"),
        (lambda x: int(x), "eval"),
        (lambda x: np.asarray(x), "eval"),
        (lambda x: np.array([1.0, 2.0])[x], "eval|index"),
    ],
)
def test_what_symbolic_arrays_refuse(use, hint):
    with pytest.raises((TypeError, IndexError), match=hint):
        use(tt.vector("x"))


def test_arrays_that_are_there_are_true():
    for x in (tt.scalar(), tt.matrix() + 1, tt.constant(0.0), tt.vector(dtype="bool")):
        assert bool(x) is True
    assert graphcore.shared(0.0) and graphcore.shared(np.array([False]))


def test_vectors_of_known_length_unpack():
    n, m = tt.matrix("x", shape=(2, 3)).shape
    assert (n.data, m.data) == (2, 3)
    x = tt.matrix("x")
    n, m = x.shape
    assert (n * m).eval({x: A}) == 6


def test_methods():
    for build in [
        lambda x: x.sum(), lambda x: x.sum(axis=0), lambda x: x.mean(axis=-1, keepdims=True),
        lambda x: x.T, lambda x: x.reshape(3, 2), lambda x: x.reshape((3, -1)), lambda x: x.max(),
        lambda x: x.transpose(1, 0), lambda x: x.flatten(), lambda x: x.astype("int32"),
        lambda x: x.clip(-1, 1), lambda x: x.round(), lambda x: x.dot(B), lambda x: x.copy(),
        lambda x: x.swapaxes(0, 1), lambda x: x.take([0], axis=1), lambda x: x.var(ddof=1),
        lambda x: x.prod(axis=1), lambda x: (x > 0).any(axis=0), lambda x: (x > 0).all(),
    ]:  # fmt: skip
        check(build, A)


def test_static_shapes():
    x = tt.matrix("x", shape=(2, 3))
    for y, shape in [
        (x + np.ones(3), (2, 3)),
        (x.sum(axis=0), (3,)),
        (x[:, None], (2, 1, 3)),
        (x.reshape(3, -1), (3, 2)),
        (x.ravel(), (6,)),
        (tt.concatenate([x, x], axis=1), (2, 6)),
        (tt.stack([x, x]), (2, 2, 3)),
        (x @ np.ones((3, 4)), (2, 4)),
        (tt.zeros_like(x), (2, 3)),
        (tt.ones(x.shape), (2, 3)),
        (tt.zeros((x.shape[0] - 1, 4)), (1, 4)),
        (x[:, : x.shape[1] - 1], (2, 2)),
        (tt.broadcast_to(x[0], (4, 3)), (4, 3)),
        (tt.softmax(x), (2, 3)),
        (tt.logsumexp(x, axis=1), (2,)),
        (x[1:, ::2], (1, 2)),
        (tt.set_subtensor(x[0], 1), (2, 3)),
    ]:
        assert y.type.shape == shape
    v = tt.vector("v")
    assert tt.zeros((3, v.shape[0])).type.shape == (3, None)
    assert (x + v).type.shape == (2, 3)
    assert (tt.col("c") + v).type.shape == (None, None)


def test_eval_of_wrong_values_names_the_input():
    x, i = tt.vector("x", shape=(3,)), tt.ivector("i")
    for variable, value, error, message in [
        (x, [1, 2], ValueError, r"input 'x' needs an array of shape \(3,\), not \(2,\)"),
        (x, 1.0, TypeError, "input 'x' needs an array with 1 axes, not one with 0"),
        (i, np.random.default_rng(0).normal(size=3), TypeError, "input 'i' needs elements of int"),
        (i, [0.5], TypeError, "input 'i' needs elements of int32, not float64"),
        (x, x, TypeError, "was given the symbolic"),
        (x, ["a"], TypeError, "input 'x' needs elements of float64"),
    ]:
        with pytest.raises(error, match=message):
            (variable + 1).eval({variable: value})
    with pytest.raises(ValueError, match="the value of 'x' is needed, but none was given; given "):
        (x + i).eval({i: [1, 2, 3]})
    assert (x + i).eval({x: [1, 2, 3], i: [1, 2, 3]}).tolist() == [2, 4, 6]


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"add: shapes \(3,\) and \(4,\) do not broadcast") as info:
        tt.vector("x", shape=(3,)) + tt.vector("y", shape=(4,))
    assert "test_variable.py" in "".join(info.value.__notes__)
    x, y = tt.vector("x"), tt.vector("y")
    with pytest.raises(ValueError, match=r"(?s)\(3,\) and \(4,\).*'x', 'y'.*test_variable.py:\d"):
        (x + y).eval({x: np.ones(3), y: np.ones(4)})


def test_shared_variables_keep_and_check_their_value():
    s = tt.shared(np.array([1.0, 2.0]), "s")
    y = 2 * s
    s.set_value([3.0, 4.0, 5.0])
    np.testing.assert_array_equal(y.eval(), [6, 8, 10])
    s.get_value()[:] = 0
    assert s.get_value().tolist() == [3, 4, 5]
    with pytest.raises(TypeError, match="'s' has 1 axes; the new value has 2"):
        s.set_value([[1.0]])
    with pytest.raises(TypeError, match="'n' holds int64; a value of float64"):
        tt.shared(3, "n").set_value(0.5)
    fixed = tt.shared(np.ones(2), "fixed", shape=(2,))
    with pytest.raises(ValueError, match=r"'fixed' has shape \(2,\); the new value has \(3,\)"):
        fixed.set_value(np.ones(3))


def test_constants_do_not_change_with_the_array_they_came_from():
    data = np.ones(2)
    y = tt.vector("x") * data
    data[:] = 5
    assert y.owner.inputs[1].data.tolist() == [1, 1]


@pytest.mark.parametrize("dtype", ["object", "float16", "S3"])
def test_unsupported_element_types_are_named(dtype):
    with pytest.raises(TypeError, match="is not supported"):
        tt.vector("x", dtype=dtype)
    with pytest.raises(TypeError, match="is not supported"):
        tt.constant(np.zeros(1, dtype=dtype))


@pytest.mark.parametrize("value", [None, "a", {}, [1, [2]], 2**70, [object()]])
def test_what_is_no_array_is_shown(value):
    with pytest.raises(TypeError, match="cannot make a") as info:
        tt.as_tensor(value)
    assert repr(value)[:20] in str(info.value)


def test_constructors():
    assert tt.dvector("v").type == tt.vector("v").type
    assert tt.ivector("v").dtype == "int32"
    assert tt.bscalar().dtype == "int8"
    assert tt.row("r").broadcastable == (True, False)
    assert tt.tensor3("t").ndim == 3
    a, b = tt.scalars("a", "b")
    assert (a.name, b.name) == ("a", "b")
    with pytest.raises(TypeError, match="the name must be a string"):
        tt.vector(3)


def test_functions_of_several_rows():
    x = tt.vector("x")
    values = np.array([-800.0, 0.0, 800.0])
    for build, expected in [
        (tt.softmax(x), [0, 0, 1]),
        (tt.log_softmax(x), [-1600, -800, 0]),
        (tt.logsumexp(x), 800),
    ]:
        np.testing.assert_allclose(build.eval({x: values}), expected)
    empty = tt.logsumexp(tt.constant([-np.inf, -np.inf]))
    assert empty.eval() == -np.inf
    assert tt.logsumexp(tt.constant([np.inf, 0.0])).eval() == np.inf


def test_sequences_of_variables_stack():
    a, b = tt.scalars("a", "b")
    y = tt.add(tt.exp([a, b]), [[a, 1.0], [2, b]])
    found = y.eval({a: 0.0, b: 1.0})
    np.testing.assert_allclose(found, np.exp([0, 1]) + np.array([[0, 1], [2, 1]]))


def test_classes_of_variables_are_siblings():
    """As in Theano, where programs tell parameters from expressions by their class."""
    x, c, s = tt.vector(), tt.constant([1.0]), graphcore.shared(np.ones(1))
    kinds = (tt.TensorVariable, tt.TensorConstant, tt.TensorSharedVariable)
    found = [[isinstance(v, k) for k in kinds] for v in (x + 1, c, s)]
    assert found == np.eye(3, dtype=bool).tolist()


def test_numpy_combines_symbolic_numbers():
    a, b = tt.scalars("a", "b")
    at = {a: 3.0, b: 5.0}
    assert np.prod([a, b, 2]).eval(at) == 30
    assert np.sum([a, b]).eval(at) == 8
    matrix = tt.as_tensor_variable(np.array([[a, 1.0], [b, a]]))
    np.testing.assert_array_equal(matrix.eval(at), [[3, 1], [5, 3]])
    with pytest.raises(TypeError, match="'a' is symbolic and cannot become a NumPy array"):
        np.asarray(a, dtype=float)
    with pytest.raises(TypeError, match="is symbolic and cannot become a NumPy array"):
        np.asarray(tt.vector())


def test_programs_attach_what_they_like():
    x, s, c = tt.vector("x"), graphcore.shared(1.0, "s"), tt.constant(2.0)
    for v in (x, s, c, x + 1):
        v._my_shape = (1, 2)
        assert v._my_shape == (1, 2)
    for v in (x, s, c):
        assert pickle.loads(pickle.dumps(v))._my_shape == copy.copy(v)._my_shape == (1, 2)
