"""Operations of users, graphs as operations, checks and prints, in functions and models."""

import copy
import pickle

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.compile.ops import as_op
from graphcore.graph.basic import ancestors, applys_between, explicit_graph_inputs, graph_inputs
from graphcore.printing import Print, pydotprint
from graphcore.raise_op import Assert, CheckAndRaise
from graphcore.testing import check_op

X = np.random.default_rng(2).normal(size=5)


class Scale(graphcore.Op):
    __props__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor

    def make_node(self, x):
        x = tt.as_tensor_variable(x)
        return graphcore.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = self.factor * inputs[0]

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_gradients):
        return [self.factor * output_gradients[0]]


class TwoOutputs(graphcore.Op):
    itypes, otypes = [tt.dvector, tt.dscalar], [tt.dscalar, tt.dvector]

    def perform(self, node, inputs, output_storage):
        x, a = inputs
        output_storage[0][0] = np.asarray((x**2).sum() * a)
        output_storage[1][0] = x[x > 0]

    def L_op(self, inputs, outputs, output_gradients):
        x, a = inputs
        g = output_gradients[0]
        return [2 * x * a * g, graphcore.gradient.grad_undefined(self, 1, a, "nobody knows it")]


@as_op([tt.dvector], [tt.dscalar])
def spread(x):
    return np.asarray(np.ptp(x))


def test_an_operation_in_theanos_style():
    x = tt.vector("x")
    y = Scale(3.0)(x)
    f = graphcore.function([x], [y, graphcore.grad((y**2).sum(), x)])
    for _ in range(2):
        value, gradient = f(X)
        np.testing.assert_array_equal(value, 3 * X)
        np.testing.assert_allclose(gradient, 18 * X, rtol=1e-15)
    assert "python Scale{factor=3.0} of 'x', written at" in graphcore.explain(f)
    assert Scale(2.0) == Scale(2.0) != Scale(3.0)
    check_op(Scale(2.0), [X])
    np.testing.assert_array_equal(graphcore.Rop(y, x, tt.ones_like(x)).eval({x: X}), np.full(5, 3))
    np.testing.assert_allclose(y.eval({x: X}), 3 * X)


@pytest.mark.parametrize("duplicate", [lambda f: pickle.loads(pickle.dumps(f)), copy.deepcopy])
def test_operations_of_users_are_pickled(duplicate):
    x = tt.dvector("x")
    f = graphcore.function([x], Scale(3.0)(x) + spread(x))
    np.testing.assert_array_equal(duplicate(f)(X), f(X))


def test_several_outputs_and_shapes_that_depend_on_values():
    x, a = tt.dvector("x"), tt.dscalar("a")
    total, positive = TwoOutputs()(x, a)
    f = graphcore.function([x, a], [total, positive.sum(), graphcore.grad(total, x)])
    for point in (X, -X, np.ones(3)):
        t, p, g = f(point, 2.0)
        np.testing.assert_allclose(t, 2 * (point**2).sum())
        np.testing.assert_allclose(p, point[point > 0].sum())
        np.testing.assert_allclose(g, 4 * point)
    with pytest.raises(graphcore.NullTypeGradError, match=r"'a' .*nobody knows it"):
        graphcore.grad(total, a)


def test_mistakes_of_operations_are_named():
    x = tt.vector("x")

    class Wrong(Scale):
        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0][1:]

    class Fails(Scale):
        def perform(self, node, inputs, output_storage):
            raise KeyError("no such thing")

    class Forgets(Scale):
        def perform(self, node, inputs, output_storage):
            pass

    class BadGradient(Scale):
        def grad(self, inputs, output_gradients):
            return []

    with pytest.raises(ValueError, match=r"Wrong.*shape \(4,\), not \(5,\); check its infer_shape"):
        graphcore.function([x], Wrong(1.0)(x))(X)
    with pytest.raises(KeyError) as info:
        graphcore.function([x], Fails(1.0)(x))(X)
    assert "while computing Fails" in info.value.__notes__[0]
    assert "test_user.py" in info.value.__notes__[0]
    with pytest.raises(ValueError, match=r"Forgets.perform left output_storage\[0\]\[0\] empty"):
        graphcore.function([x], Forgets(1.0)(x))(X)
    with pytest.raises(ValueError, match="grad must return a list of 1 gradients"):
        graphcore.grad(BadGradient(1.0)(x).sum(), x)
    with pytest.raises(TypeError, match="spread: input 0 must be a"):
        spread(tt.matrix())
    with pytest.raises(graphcore.NullTypeGradError, match="spread has no method grad"):
        graphcore.grad(spread(x), x)


def test_a_graph_as_an_operation():
    x, y, z = tt.scalars("x", "y", "z")
    s = graphcore.shared(10.0)
    op = graphcore.OpFromGraph([x, y, z], [x + y * z + s, x * y])
    a, b = op(x, y, z), op(z, y, x)
    f = graphcore.function([x, y, z], [a[0] + b[0], *graphcore.grad(a[0] * b[1], [x, y, z])])
    assert [float(v) for v in f(2.0, 3.0, 5.0)] == [27 + 21, 15.0, 75 + 27 * 5, 45 + 81]
    assert "python" not in graphcore.explain(f)
    with pytest.raises(ValueError, match="which is not an input"):
        graphcore.OpFromGraph([x], [x * y])


def test_gradients_of_graphs_that_are_given():
    x, y = tt.vectors("x", "y")
    whole = graphcore.OpFromGraph([x, y], [x * y], lop_overrides=lambda i, o, g: [g[0], 2 * g[0]])
    single = graphcore.OpFromGraph([x, y], [x * y], lop_overrides=[None, lambda i, o, g: 7 * g[0]])
    older = graphcore.OpFromGraph([x, y], [x * y], grad_overrides=lambda i, g: [g[0], g[0]])
    for op, wanted in ((whole, (1, 2)), (single, (None, 7)), (older, (1, 1))):
        f = graphcore.function([x, y], graphcore.grad(op(x, y).sum(), [x, y]),
                               on_unused_input="ignore")  # fmt: skip
        gx, gy = f(X, 2 * X)
        np.testing.assert_array_equal(gx, 2 * X if wanted[0] is None else np.full(5, wanted[0]))
        np.testing.assert_array_equal(gy, np.full(5, wanted[1]))
    op = graphcore.OpFromGraph([x], [tt.exp(x)], rop_overrides=lambda i, t: [5 * t[0]])
    np.testing.assert_array_equal(graphcore.Rop(op(x), x, x).eval({x: X}), 5 * X)


def test_a_choice_computes_one_branch_only(capsys):
    a, x = tt.scalar("a"), tt.vector("x")
    left, right = Print("left")(tt.exp(x)).sum(), Print("right")(tt.log(x)).sum()
    y = graphcore.ifelse.ifelse(a > 0, left, right, name="y")
    f = graphcore.function([a, x], y)
    assert np.isclose(f(1.0, [1.0, 2.0]), np.exp([1, 2]).sum())
    assert "left" in (text := capsys.readouterr().out) and "right" not in text
    assert np.isclose(f(-1.0, [1.0, 2.0]), np.log(2))
    assert "right" in (text := capsys.readouterr().out) and "left" not in text
    for value in (1.0, -1.0):
        assert np.isclose(y.eval({a: value, x: [1.0, 2.0]}), f(value, [1.0, 2.0]))


def test_choices_within_choices_and_their_gradients():
    a, x = tt.scalar("a"), tt.vector("x")
    inner = graphcore.ifelse.ifelse(a > 1, tt.sin(x).sum(), (x**2).sum())
    first, second = graphcore.ifelse.ifelse(a > 0, [inner, x * 2], [x.sum(), x])
    cost = first + (second * x).sum()
    f = graphcore.function([a, x], [cost, graphcore.grad(cost, x)])
    for value, slope in ((2.0, np.cos(X) + 4 * X), (0.5, 6 * X), (-1.0, 1 + 2 * X)):
        got, gradient = f(value, X)
        np.testing.assert_allclose(gradient, slope, rtol=1e-14)
        np.testing.assert_allclose(got, cost.eval({a: value, x: X}), rtol=1e-14)
    with pytest.raises(TypeError, match="ifelse: both branches must be lists"):
        graphcore.ifelse.ifelse(a, [x], x)
    with pytest.raises(TypeError, match="make them alike"):
        graphcore.ifelse.ifelse(a, x, a)


def test_checks_and_prints(capsys):
    x = tt.vector("x")
    checked = Assert("not positive")(x, (x > 0).all(), x.sum() < 100)
    f = graphcore.function([x], [checked.sum(), graphcore.grad((checked**2).sum(), x)])
    total, gradient = f([1.0, 2.0])
    assert total == 3.0 and gradient.tolist() == [2.0, 4.0]
    with pytest.raises(AssertionError, match="not positive"):
        f([1.0, -2.0])
    g = graphcore.function([x], CheckAndRaise(KeyError, "gone")(x, x[0] > 0))
    with pytest.raises(KeyError, match="gone"):
        g([-1.0])
    seen = []
    shown = Print("x", attrs=("shape",))(x) + Print(global_fn=lambda op, v: seen.append(v))(x)
    graphcore.function([x], shown)([1.0, 2.0])
    assert "x shape = (2,)" in capsys.readouterr().out and len(seen) == 1


def test_walks_over_graphs_and_replacements(tmp_path):
    x, s = tt.vector("x"), graphcore.shared(2.0, "s")
    hidden = tt.exp(x)
    y = (hidden * s).sum() + 1
    assert {x, s, hidden, y} <= set(ancestors([y]))
    assert x not in ancestors([y], blockers=[hidden])
    assert explicit_graph_inputs([y]) == [x] and s in graph_inputs([y])
    assert len(applys_between([hidden], [y])) == len(applys_between([x], [y])) - 1
    twice = graphcore.clone_replace(y, {x: 2 * x, s: tt.constant(1.0)})
    np.testing.assert_allclose(twice.eval({x: X}), np.exp(2 * X).sum() + 1)
    assert graphcore.graph_replace([y], {hidden: x})[0].eval({x: [1.0]}) == 3.0
    with pytest.raises(ValueError, match="is not in the graph"):
        graphcore.graph_replace([y], {tt.scalar("z"): x})
    pydotprint(graphcore.function([x], y), outfile=tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text().startswith("digraph {")
    text = graphcore.debugprint(graphcore.function([x], y), file="str", depth=1)
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("lead", [(3,), (2, 3)])
def test_graphs_for_many_values_at_once(lead):
    x, w, a = tt.vector("x"), tt.matrix("w"), tt.scalar("a")
    outputs = [
        tt.tanh(tt.dot(w, x)) * a,
        x.sum() + a,
        tt.set_subtensor(x[1], a),
        Scale(2.0)(x),
        tt.dot(w, w.T),
    ]
    rng = np.random.default_rng(0)
    many_x, many_a = rng.normal(size=(*lead, 4)), rng.normal(size=lead)
    weights = rng.normal(size=(3, 4))
    axes = (None,) * len(lead)
    new = {x: tt.tensor("float64", (*axes, None)), a: tt.tensor("float64", axes)}
    found = graphcore.vectorize_graph(outputs, new)
    f = graphcore.function([w, *new.values()], found)
    single = graphcore.function([w, x, a], outputs)
    results = f(weights, many_x, many_a)
    for at in np.ndindex(lead):
        wanted = single(weights, many_x[at], many_a[at])
        for got, value in zip(results[:4], wanted[:4], strict=True):
            np.testing.assert_allclose(got[at], value, rtol=1e-13)
    np.testing.assert_allclose(results[4], weights @ weights.T)
    with pytest.raises(ValueError, match="the same number of axes more"):
        graphcore.vectorize_graph(outputs, {x: tt.matrix(), a: tt.scalar()})


def test_shared_variables_inside_of_a_graph_have_gradients():
    x, w = tt.dvector("x"), graphcore.shared(np.array([2.0, 3.0]), "w")
    op = graphcore.OpFromGraph([x], [(x * w**2).sum()])
    f = graphcore.function([x], graphcore.grad(op(x), [x, w]))
    for value in (np.array([2.0, 3.0]), np.array([1.0, -1.0])):
        w.set_value(value)
        gx, gw = f([5.0, 7.0])
        np.testing.assert_array_equal(gx, value**2)
        np.testing.assert_array_equal(gw, 2 * value * [5.0, 7.0])
    given = graphcore.OpFromGraph([x], [(x * w).sum()], lop_overrides=lambda i, o, g: [i[0]])
    np.testing.assert_array_equal(graphcore.grad(given(x), x).eval({x: [5.0, 7.0]}), [5, 7])


@pytest.mark.parametrize("form", ["grad", "lop", "list"])
def test_a_gradient_may_be_an_operation(form):
    x, y, z, g = tt.dvectors("x", "y", "z", "g")
    if form == "lop":
        slope = graphcore.OpFromGraph([x, y, z, g], [2 * y * g, z * g])
        op = graphcore.OpFromGraph([x, y], [x * y], lop_overrides=slope)
    elif form == "grad":
        slope = graphcore.OpFromGraph([x, y, g], [2 * y * g, x * y * g])
        op = graphcore.OpFromGraph([x, y], [x * y], grad_overrides=slope)
    else:
        slope = graphcore.OpFromGraph([x, y, g], [2 * y * g])
        op = graphcore.OpFromGraph([x, y], [x * y], grad_overrides=[slope, lambda i, g: z * g[0]])
    gx, gy = graphcore.grad(op(x, y).sum(), [x, y])
    values = {x: [1.0, 2.0], y: [3.0, 4.0], z: [3.0, 8.0]}
    f = graphcore.function([x, y, z], [gx, gy], on_unused_input="ignore")
    np.testing.assert_array_equal(f(*values.values()), [[6, 8], [3, 8]])
