"""Gradients: what they are, what is refused, and what cannot poison them."""

import numpy as np
import pytest

import graphcore.tensor as tt
from graphcore import DisconnectedInputError, grad, verify_grad
from graphcore.graph.walk import toposort
from graphcore.testing import check_grad


def value(variable, given):
    with np.errstate(all="raise", under="ignore"):
        return variable.eval(given)


def test_results_have_type_and_form_of_wrt():
    x, y = tt.vector("x"), tt.fmatrix("y")
    cost = (x * y).sum()
    gx, gy = grad(cost, [x, y])
    assert (gx.dtype, gy.dtype) == ("float64", "float32")
    assert (gx.ndim, gy.ndim) == (1, 2)
    assert isinstance(grad(cost, (x,)), tuple)
    assert grad(cost, []) == []
    given = {x: [1, 2, 3], y: np.ones((2, 3), "float32")}
    np.testing.assert_array_equal(gx.eval(given), [2, 2, 2])
    np.testing.assert_array_equal(gy.eval(given), [[1, 2, 3]] * 2)


SHAPES = [((3, 1), (1, 4)), ((3,), (2, 3)), ((), (2, 3)), ((3, 1), (4,)), ((1,), (1,)), ((0,), ())]


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_gradients_sum_over_broadcast_axes(shapes, known, rng):
    arrays = [rng.normal(size=s) for s in shapes]
    inputs = [
        tt.tensor("float64", s if known else (None,) * len(s), f"x{i}")
        for i, s in enumerate(shapes)
    ]
    a, b = inputs
    cost = (tt.sin(a) * b + a / tt.exp(b)).sum()
    given = dict(zip(inputs, arrays, strict=True))
    ga, gb = (g.eval(given) for g in grad(cost, inputs))
    x, y = np.broadcast_arrays(*arrays)
    np.testing.assert_allclose(ga, summed(np.cos(x) * y + np.exp(-y), shapes[0]))
    np.testing.assert_allclose(gb, summed(np.sin(x) - x * np.exp(-y), shapes[1]))


def summed(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=axes, keepdims=True) if axes else g


def test_known_shapes_need_no_decisions_at_run_time():
    x, b = tt.matrix("x", shape=(4, 3)), tt.vector("b", shape=(3,))
    s = tt.scalar("s")
    cost = tt.exp(-(((x @ b - x[:, 0]) / s) ** 2)).mean() + tt.logsumexp(x * b, axis=1).sum()
    gradients = grad(cost, [x, b, s])
    names = {node.op.name for node in toposort(gradients) if node.outputs[0].type.ndim}
    assert not names & {"sum_like", "broadcast_like", "shape"}
    assert [g.type.shape for g in gradients] == [(4, 3), (3,), ()]


def test_known_lengths_of_one_operand_are_enough_for_scalars():
    x = tt.vector("x")
    names = [n.op.name for n in toposort([grad((2 * tt.exp(x) + 1).sum(), x)])]
    assert "sum_like" not in names


def test_only_what_is_needed_is_built():
    x = tt.vector("x")
    names = {n.op.name for n in toposort([grad((x**3).sum(), x)])}
    assert "log" not in names
    assert "xlogy" not in names


def test_intermediate_variables_and_accumulation():
    x = tt.scalar("x")
    y = x**2
    z = y * y + x
    gy, gx = grad(z, [y, x])
    assert gy.eval({x: 3.0}) == 18
    assert gx.eval({x: 3.0}) == 4 * 27 + 1
    assert grad(x, x).eval({x: 3.0}) == 1


def test_consider_constant_and_stop_gradient():
    x = tt.scalar("x")
    y = x**2
    assert grad(y * x, x, consider_constant=[y]).eval({x: 3.0}) == 9
    assert grad(tt.stop_gradient(y) * x, x).eval({x: 3.0}) == 9
    assert grad(y * x, y, consider_constant=[y]).eval({x: 3.0}) == 3


def test_known_grads():
    x = tt.vector("x")
    y = tt.exp(x)
    g = grad(None, x, known_grads={y: np.array([1.0, 2.0])})
    np.testing.assert_allclose(g.eval({x: [0.0, 1.0]}), [1, 2 * np.e])
    g = grad((y**2).sum(), x, known_grads={y: np.array([1.0, 2.0])})
    np.testing.assert_allclose(g.eval({x: [0.0, 1.0]}), [1, 2 * np.e])


def test_disconnected_inputs():
    x, z = tt.vector("x"), tt.vector("z")
    cost = x.sum()
    with pytest.raises(DisconnectedInputError, match=r"does not depend on 'z'.*ignore"):
        grad(cost, [x, z])
    with pytest.warns(UserWarning, match="'z'"):
        grad(cost, z, disconnected_inputs="warn")
    zero = grad(cost, z, disconnected_inputs="ignore")
    assert zero.eval({z: [1, 2]}).tolist() == [0, 0]
    assert grad(cost, z, None, "ignore", return_disconnected="None") is None
    for cost in (z.shape[0] * x.sum(), tt.stop_gradient(z).sum(), tt.zeros_like(z).sum()):
        with pytest.raises(DisconnectedInputError, match="'z'"):
            grad(cost.astype("float64"), z)


def test_step_functions_have_gradient_zero():
    x = tt.vector("x")
    for cost in (tt.floor(x).sum(), (x > 0).sum().astype("float64"), tt.sign(x).sum()):
        assert grad(cost, x).eval({x: [1.5, -2.5]}).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda x, i: grad(x, x), TypeError, "must be a scalar, 'x' has 1 axes; sum it"),
        (lambda x, i: grad(x.sum(), tt.zvector("z")), TypeError, "'z' has element type complex128"),
        (lambda x, i: grad(tt.zscalar("z"), x), TypeError, "'z' has element type complex128"),
        (lambda x, i: grad(3.0, x), TypeError, "the cost must be symbolic, not float"),
        (lambda x, i: grad(x.sum(), "x"), TypeError, "wrt must be symbolic variables, not str"),
        (lambda x, i: grad(x.sum(), x, None, "explode"), ValueError, "disconnected_inputs is 'exp"),
        (lambda x, i: grad(None, x), ValueError, "pass a cost or known_grads"),
        (
            lambda x, i: grad(tt.kv(x, 1.0).sum(), x),
            NotImplementedError,
            "by the order of a Bessel",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(tt.vector("x"), tt.ivector("i"))


def test_verify_grad_finds_a_wrong_gradient():
    def wrong(x):
        return x * tt.stop_gradient(x)

    with pytest.raises(AssertionError, match=r"argument 0 at \(0,\): symbolic .*, numerical"):
        verify_grad(wrong, [[2.0]])


X = np.array([-1.0, 0.0, 2.0])
INF = np.inf


@pytest.mark.parametrize(
    ("build", "at", "expected"),
    [
        (lambda x: tt.switch(x > 0, tt.log(x), 0.0), X, [0, 0, 0.5]),
        (lambda x: tt.switch(x > 0, tt.sqrt(x), x), X, [1, 1, 0.5 / np.sqrt(2)]),
        (lambda x: tt.switch(x > 0, tt.log(tt.sqrt(x)) * 2, -INF), X, [0, 0, 0.5]),
        (lambda x: tt.switch(x <= 0, 0.0, 1 / x), X, [0, 0, -0.25]),
        (lambda x: tt.switch(x < 1, tt.switch(x > -1, tt.log1p(x), 0.0), x), X, [0, 1, 1]),
        (lambda x: tt.maximum(x, 0.0) ** 2, X, [0, 0, 4]),
        (lambda x: tt.clip(x, -0.5, 1.0), X, [0, 1, 0]),
        (lambda x: tt.minimum(tt.exp(x * 1000), 1.0), X, [0, 1000, 0]),
        (lambda x: tt.xlogy(0.0, x), np.array([0.0, 2.0]), [0, 0]),
        (lambda x: tt.xlogy(2.0, x), np.array([0.5, 2.0]), [4, 1]),
        (lambda x: x**2, X, [-2, 0, 4]),
        (lambda x: x**1, X, [1, 1, 1]),
        (lambda x: x**0, X, [0, 0, 0]),
        (lambda x: x**0.5, np.array([4.0]), [0.25]),
        (lambda x: tt.abs(x), X, [-1, 0, 1]),
        (lambda x: tt.logaddexp(x, -INF), X, [1, 1, 1]),
        (lambda x: tt.softplus(x * 1000), X, [0, 500, 1000]),
        (lambda x: tt.switch(x > 0, INF, x), X, [1, 1, 0]),
    ],
)
def test_a_branch_not_taken_does_not_poison_the_gradient(build, at, expected):
    x = tt.vector("x")
    g = grad(build(x).sum(), x).eval({x: at})
    np.testing.assert_allclose(g, expected)


def test_second_derivatives_are_not_poisoned_either():
    x = tt.vector("x")
    g = grad(tt.switch(x > 0, x * tt.log(x), 0.0).sum(), x)
    h = grad(g.sum(), x).eval({x: X})
    np.testing.assert_allclose(h, [0, 0, 0.5])


def test_masks_do_not_nest():
    x = tt.scalar("x")
    y = x
    for _ in range(200):
        y = tt.maximum(y * 1.5, -1.0)
    nodes = toposort([grad(y, x)])
    assert len(nodes) < 200 * 12
    assert grad(y, x).eval({x: 1e-30}) == pytest.approx(1.5**200)


def test_extrema_share_the_gradient_among_ties():
    x = tt.matrix("x")
    g = grad(x.max(axis=1).sum(), x).eval({x: [[1, 3, 3], [2, 0, 1]]})
    np.testing.assert_array_equal(g, [[0, 0.5, 0.5], [1, 0, 0]])


def test_products_with_zeros():
    x = tt.matrix("x")
    data = np.array([[1.0, 2, 3], [0, 2, 3], [0, 0, 3], [0, 0, 0]])
    g = grad(x.prod(axis=1).sum(), x).eval({x: data})
    np.testing.assert_array_equal(g, [[6, 3, 2], [6, 0, 0], [0, 0, 0], [0, 0, 0]])
    v = tt.vector("v")
    first = grad(v.prod(), v)
    for i in range(3):
        h = grad(first[i], v).eval({v: [0.0, 2.0, 3.0]})
        expected = np.array([[0, 3, 2], [3, 0, 0], [2, 0, 0]])[i]
        np.testing.assert_array_equal(h, expected)


def test_second_order_of_compositions(rng):
    a = rng.normal(size=(3, 3))
    check_grad(lambda x: tt.logsumexp(x @ a, axis=0), [a])
    check_grad(lambda x: tt.softmax(x), [a])
    check_grad(lambda x: tt.log_softmax(x, axis=0), [a])
    check_grad(lambda x, y: tt.set_subtensor(x[1:], y) ** 3, [a[0], a[1, :2]])
    check_grad(lambda x: tt.concatenate([x[::-1], x[[0, 0]] ** 2]), [a])
    check_grad(lambda x: x.var(axis=0) + x.std(axis=1, ddof=1), [a])
    check_grad(lambda x, y: tt.betaln(x, y), [np.abs(a) + 1, np.abs(a[0]) + 2])
    check_grad(lambda x: tt.stack([x.T, x]).reshape((9, 2)).sum(axis=1), [a])
    check_grad(lambda x, y: x**y, [np.abs(a) + 0.1, a])
    check_grad(lambda x: tt.logit(tt.sigmoid(x)) * tt.erf(x), [a])


def test_long_chains_need_no_recursion():
    n = 100_000
    x = tt.scalar("x")
    y = x
    for _ in range(n):
        y = y + x
    g = grad(y, x)
    assert len(toposort([g])) < 3 * n
    assert g.eval({x: 0.5}) == n + 1
