"""Walks, copies and the text of graphs."""

import numpy as np
import pytest

import graphcore.tensor as tt
from graphcore import debugprint, evaluate, pp
from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.graph.walk import ancestors, clients, inputs_of, rebuild, replace, toposort


def graph():
    x, y = tt.vector("x"), tt.vector("y")
    z = tt.exp(x) * y
    return x, y, z, z + z


def test_toposort_puts_applications_after_what_they_need():
    x, _, z, w = graph()
    order = toposort([w])
    assert [n.op.name for n in order] == ["exp", "mul", "add"]
    assert toposort([w], stop=[z]) == [w.owner]
    assert toposort([x]) == []


def test_inputs_ancestors_clients():
    x, y, z, w = graph()
    assert inputs_of([w]) == [x, y]
    assert inputs_of([w], stop=[z]) == [z]
    found = ancestors([w])
    assert found.index(x) < found.index(z) < found.index(w)
    assert clients([w])[z] == [(w.owner, 0), (w.owner, 1)]


def test_replace_keeps_names_and_known_shapes():
    x, _, z, w = graph()
    z.name = "z"
    fixed = tt.vector("x", shape=(3,))
    (new,) = replace([w], {x: fixed})
    assert new.type.shape == (3,)
    assert new.owner.inputs[0].name == "z"
    assert replace([w], {}) == [w]
    assert rebuild(w.owner, w.owner.inputs) is w.owner
    r = tt.reshape(fixed, (1, 3))
    assert replace([r], {fixed: tt.vector("x")})[0].type.shape == (1, 3)
    (shifted,) = replace([w], {x: x + 1})  # a replacement may contain what it replaces
    assert shifted.eval({x: [0.0], w.owner.inputs[0].owner.inputs[1]: [1.0]}) == [2 * np.e]


def test_a_cycle_is_an_error():
    _, _, z, w = graph()
    z.owner.inputs = (w, w)
    with pytest.raises(ValueError, match="cycle"):
        toposort([w])


def test_long_chains_are_walked_without_recursion():
    x = tt.scalar("x")
    y = x
    for _ in range(30_000):
        y = -y
    assert len(toposort([y])) == 30_000
    assert len(ancestors([y])) == 30_001
    assert replace([y], {x: tt.scalar()})[0] is not y
    assert debugprint(y, file="str").count("\n") == 30_001
    assert len(pp(y)) < 2100


def test_debugprint():
    x, _, _, w = graph()
    text = debugprint(w, file="str", print_type=True).splitlines()
    assert text[0] == "add [0] TensorType(float64, (?))"
    assert text[-1] == "  mul [1] TensorType(float64, (?)) ..."
    assert debugprint([x, tt.scalar()], file="str") == "x\n<input 0>\n"


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda a, b: a - (b - a), "a - (b - a)"),
        (lambda a, b: (a - b) - a, "a - b - a"),
        (lambda a, b: (a + b) * -a, "(a + b) * -a"),
        (lambda a, b: (a**b) ** a, "(a ** b) ** a"),
        (lambda a, b: a ** (b**a), "a ** b ** a"),
        (lambda a, b: -(a**2), "-a ** 2.0"),
        (lambda a, b: (-a) ** 2, "(-a) ** 2.0"),
        (lambda a, b: tt.maximum(a, 1 / b), "maximum(a, 1.0 / b)"),
        (lambda a, b: (a > 0) & (b < 1), "(a > 0.0) & (b < 1.0)"),
        (lambda a, b: tt.log(a).sum(), "log(a)"),
    ],
)
def test_pp_writes_parentheses_where_they_are_needed(build, text):
    assert pp(build(tt.scalar("a"), tt.scalar("b"))) == text


def test_types_are_values():
    assert TensorType("float64", (3, None)) == TensorType(float, [3, None])
    assert len({TensorType("int8"), TensorType(np.int8), TensorType("bool")}) == 2
    assert TensorType("bool", (2, 3)).size == 6
    assert TensorType("bool", (None,)).size is None


def test_constants_are_read_only():
    c = tt.constant([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        c.data[0] = 5


def test_an_operation_of_the_user_runs_in_the_reference_evaluator():
    class Double(Op):
        name = "double"

        def out_types(self, x):
            return [x, TensorType("int64")]

        def reference(self, x):
            return 2 * x, np.asarray(x.size)

    x = tt.vector("x")
    doubled, size = Double()(x)
    assert [a.tolist() for a in evaluate([doubled, size], {x: [1.0, 2.0]})] == [[2, 4], 2]
    with pytest.raises(NotImplementedError, match="double has no derivative"):
        Double().vjp([x], [doubled, size], [x, None], [True])


def test_evaluate_takes_values_of_results_and_shared_variables():
    x, _, z, w = graph()
    assert evaluate(w, {z: [1.0, 2.0]}).tolist() == [2, 4]
    s = tt.shared(2.0, "s")
    assert evaluate([s * 3, s])[0] == 6
    assert evaluate(s * 3, {s: 5.0}) == 15
    data = np.ones(2)
    (found,) = evaluate([x], {x: data})
    found[0] = 9  # a result is never the array that was given
    assert data[0] == 1


def test_an_operation_that_breaks_its_promise_is_reported():
    class Liar(Op):
        name = "liar"

        def out_types(self, x):
            return [x]

        def reference(self, x):
            return x.astype("float32")

    x = tt.vector("x")
    with pytest.raises(AssertionError, match=r"liar promised .*gave float32"):
        Liar()(x).eval({x: [1.0]})
