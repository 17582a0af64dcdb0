"""Jacobians, Hessians, products with them, marks on gradients, derivatives of high order."""

import mpmath
import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import gradient
from graphcore.gradient import Lop, Rop, hessian, hessian_vector_product, jacobian

RNG = np.random.default_rng(4)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)


def complex_jacobian(f, x):
    """Exact to rounding: f takes complex arrays."""
    columns = []
    for at in np.ndindex(x.shape):
        z = x.astype(complex)
        z[at] += 1e-30j
        columns.append(np.imag(f(z)) / 1e-30)
    return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)


EXPRESSIONS = {
    "elementwise": (lambda x, o: o.exp(x) * x, np.exp),
    "product": (lambda x, o: o.dot(A, x), None),
    "sums": (lambda x, o: x * o.sum(x) + o.sum(x * x), None),
    "indexing": (lambda x, o: x[np.array([0, 2, 0])] * x[1], None),
    "slices": (lambda x, o: x[1:] * x[:-1] ** 2, None),
    "joined": (lambda x, o: o.concatenate([x[::-1], o.sin(x[:2])]), None),
    "matrix": (lambda x, o: x[:, None] * o.tanh(x), None),
    "scalar": (lambda x, o: o.sum(o.sin(x) * x), None),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("static", [True, False])
def test_jacobians_and_products_with_them(name, static):
    make = EXPRESSIONS[name][0]
    x = tt.tensor("float64", (4 if static else None,), "x")
    y = make(x, tt)
    wanted = complex_jacobian(lambda z: make(z, np), B)
    f = graphcore.function([x], jacobian(y, x), on_unused_input="ignore")
    np.testing.assert_allclose(f(B), wanted, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(jacobian(y, x).eval({x: B}), wanted, rtol=1e-13, atol=1e-15)
    v, u = RNG.normal(size=4), RNG.normal(size=wanted.shape[:-1])
    forward = graphcore.function([x], Rop(y, x, tt.constant(v)), on_unused_input="ignore")
    np.testing.assert_allclose(forward(B), wanted @ v, rtol=1e-12, atol=1e-14)
    reverse = graphcore.function([x], Lop(y, x, tt.constant(u)), on_unused_input="ignore")
    flat = wanted.reshape(-1, 4)
    np.testing.assert_allclose(reverse(B), u.reshape(-1) @ flat, rtol=1e-12, atol=1e-14)


def test_jacobians_of_lists_and_of_other_shapes():
    x, m = tt.vector("x"), tt.matrix("m")
    y = tt.dot(m, x)
    by_x, by_m = jacobian(y, [x, m])
    f = graphcore.function([m, x], [by_x, by_m], on_unused_input="ignore")
    got_x, got_m = f(A, B)
    np.testing.assert_array_equal(got_x, A)
    np.testing.assert_array_equal(got_m, np.einsum("ij,k->ijk", np.eye(3), B))
    with pytest.raises(graphcore.DisconnectedInputError):
        jacobian(tt.exp(x), m)
    zero = jacobian(tt.exp(x), m, disconnected_inputs="ignore")
    assert zero.eval({x: B, m: A}).shape == (4, 3, 4)


def test_hessians_and_products_with_them():
    x = tt.vector("x")
    cost = tt.exp(x[0] * x[1]) * x[2] ** 3 + tt.sin(x).prod()
    slope = graphcore.function([x], graphcore.grad(cost, x))
    h = graphcore.function([x], hessian(cost, x))(B)
    step = 1e-5
    numeric = [(slope(B + step * e) - slope(B - step * e)) / (2 * step) for e in np.eye(4)]
    np.testing.assert_allclose(h, numeric, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(h, h.T, rtol=1e-14)
    p = RNG.normal(size=4)
    product = graphcore.function([x], hessian_vector_product(cost, x, tt.constant(p)))(B)
    np.testing.assert_allclose(product, h @ p, rtol=1e-12)
    a, b = tt.scalars("a", "b")
    blocks = hessian(a**2 * b**3, [a, b])
    assert [float(v.eval({a: 2.0, b: 3.0})) for v in blocks] == [54.0, 72.0]
    assert np.array_equal(hessian(x.sum(), x).eval({x: B}), np.zeros((4, 4)))


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sin", "tanh", "sigmoid", "softplus", "erf", "gammaln", "expm1", "log1p",
     "sqrt", "arctan"],
)  # fmt: skip
def test_derivatives_of_high_order(name, order):
    if not hasattr(tt, name):
        pytest.skip(f"{name} is not there yet")
    exact = {
        "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)),
        "softplus": lambda t: mpmath.log(1 + mpmath.exp(t)),
        "gammaln": mpmath.loggamma,
        "arctan": mpmath.atan,
    }.get(name, getattr(mpmath, name, None))
    x = tt.scalar("x")
    y = getattr(tt, name)(x)
    for _ in range(order):
        try:
            y = graphcore.grad(y, x)
        except NotImplementedError:
            assert name == "gammaln"  # while the trigamma function has no derivative
            pytest.skip("no derivative of this order")
    with mpmath.workdps(40):
        wanted = float(mpmath.diff(exact, mpmath.mpf("0.7"), order))
    assert abs(graphcore.function([x], y)(0.7) - wanted) < 1e-12 * max(1, abs(wanted))


PRODUCTS = [
    [2.0, 3.0, 4.0, 5.0],
    [0.0, 3.0, 4.0, 5.0],
    [0.0, 3.0, 0.0, 5.0],
    [0.0, 0.0, 0.0, 5.0],
    [-1.0, 0.0, 2.0, 1e-300],
]


@pytest.mark.parametrize("values", PRODUCTS, ids=str)
def test_derivatives_of_a_product_at_zeros(values):
    x = tt.vector("x")
    y = tt.prod(x)
    first = graphcore.grad(y, x)
    second = [graphcore.grad(first[i], x) for i in range(4)]
    third = graphcore.grad(second[0][1], x)
    f = graphcore.function([x], [first, *second, third])
    got_first, *got_second, got_third = f(values)
    v = np.array(values)

    def without(*left_out):
        if len(set(left_out)) < len(left_out):
            return 0.0
        return np.prod([a for i, a in enumerate(v) if i not in left_out])

    np.testing.assert_allclose(got_first, [without(i) for i in range(4)], rtol=1e-15)
    np.testing.assert_allclose(
        got_second, [[without(i, j) for j in range(4)] for i in range(4)], rtol=1e-15
    )
    np.testing.assert_allclose(got_third, [without(0, 1, j) for j in range(4)], rtol=1e-15)


def test_marks_on_gradients():
    x = tt.scalar("x")

    def slope(y):
        return float(graphcore.function([x], graphcore.grad(y, x))(3.0))

    assert slope(x * gradient.zero_grad(x)) == 3.0
    assert slope(gradient.zero_grad(x)) == 0.0
    assert slope(x * gradient.disconnected_grad(x)) == 3.0
    with pytest.raises(graphcore.DisconnectedInputError):
        graphcore.grad(gradient.disconnected_grad(x), x)
    assert slope(gradient.grad_clip(x, -2, 2) ** 2) == 2.0
    assert slope(gradient.grad_scale(x, -0.5) ** 2) == -3.0
    with pytest.raises(graphcore.NullTypeGradError, match="of 'x' through undefined_grad"):
        graphcore.grad(gradient.undefined_grad(x) * x, x)
    y = tt.scalar("y")
    assert graphcore.grad(gradient.undefined_grad(x) * y, y).eval({x: 2.0, y: 0.0}) == 2.0
    f = graphcore.function([x], gradient.grad_clip(gradient.zero_grad(x), 0, 1) + 1)
    assert f(5.0) == 6.0 and "grad" not in graphcore.explain(f)
    assert Rop(gradient.zero_grad(x) * x, x, 1.0).eval({x: 3.0}) == 3.0


def test_forward_mode_reports_what_is_not_connected():
    x, y = tt.vector("x"), tt.vector("y")
    with pytest.raises(graphcore.DisconnectedInputError, match="does not depend on wrt"):
        Rop([x * 2, y], [x], [y])
    twice, nothing = Rop([x * 2, y], [x], [y], disconnected_outputs="ignore")
    assert np.array_equal(twice.eval({x: B, y: B}), 2 * B)
    assert np.array_equal(nothing.eval({y: B}), np.zeros(4))
    with pytest.raises(ValueError, match="the point of 'x' has 0 axes"):
        Rop(x, x, 1.0)
    with pytest.raises(ValueError, match="1 variables need as many points"):
        Rop(x, [x], [x, y])
    both = Rop([x * y, x.sum()], [x, y], [x, y])
    assert np.allclose(both[0].eval({x: B, y: 2 * B}), 4 * B**2)


def test_forward_mode_through_loops():
    x, a = tt.vector("x"), tt.scalar("a")
    rows, _ = graphcore.scan(lambda v, s, a: tt.tanh(a * s + v), sequences=x, outputs_info=0.5,
                             non_sequences=a)  # fmt: skip
    forward = graphcore.function([x, a], Rop(rows, [x, a], [tt.ones_like(x), tt.constant(2.0)]))

    def unrolled(z, a):
        s, found = 0.5, []
        for v in z:
            s = np.tanh(a * s + v)
            found.append(s)
        return np.array(found)

    exact = np.imag(unrolled(B + 1e-30j, 0.7 + 2e-30j)) / 1e-30
    np.testing.assert_allclose(forward(B, 0.7), exact, rtol=1e-13)


def test_gradients_of_parts_of_a_graph():
    w1, w2, x = tt.scalars("w1", "w2", "x")
    hidden = tt.tanh(x * w1)
    cost = (hidden * w2) ** 2 + w2
    (g2,), (at_hidden,) = gradient.subgraph_grad([w2], [hidden], cost=cost)
    (g1,), (at_x,), from_start, from_cost = gradient.subgraph_grad(
        [w1], [x], start={hidden: at_hidden}, details=True
    )
    wanted = graphcore.grad(cost, [w1, w2, x])
    point = {x: 0.3, w1: 2.0, w2: 3.0}
    for a, b in zip((g1, g2, at_x), wanted, strict=True):
        assert np.isclose(a.eval(point), b.eval(point), rtol=1e-15)
    assert from_cost is None and len(from_start) == 1
    with pytest.raises(ValueError, match="pass a cost or start"):
        gradient.subgraph_grad([w1], [x])


def test_names_of_theano_in_the_tensor_module():
    for name in ("grad", "jacobian", "hessian", "Rop", "Lop", "verify_grad"):
        assert getattr(tt, name) is getattr(graphcore, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        tt.nonsense


def test_tangents_of_constant_gradients_are_zero():
    a, v, s = np.arange(6.0).reshape(2, 3), tt.vector("v"), tt.scalar("s")
    value = np.array([1.0, 2.0, 3.0])
    for cost in (tt.dot(a, v).sum(), (3 * v).sum(), v[1] + v[2]):
        found = Rop(graphcore.grad(cost, v), v, v).eval({v: value})
        np.testing.assert_array_equal(found, np.zeros(3))
    assert Rop(graphcore.grad(3 * s, s), s, s).eval({s: 2.0}) == 0
    assert Rop(tt.zeros_like(v), v, v).eval({v: value}).shape == (3,)
    np.testing.assert_array_equal(Rop(gradient.zero_grad(v), v, v).eval({v: value}), 0)
    with pytest.raises(graphcore.DisconnectedInputError):
        Rop(2 * s, v, v)


def test_operations_that_say_nothing_of_tangents_have_none():
    class Silent(graphcore.Op):
        itypes, otypes = [tt.dvector], [tt.dvector]

        def perform(self, node, inputs, cells):
            cells[0][0] = inputs[0].copy()

        def R_op(self, inputs, points):
            return [None]

    v = tt.dvector("v")
    with pytest.raises(graphcore.DisconnectedInputError):
        Rop(Silent()(v), v, v)
