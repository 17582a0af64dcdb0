"""Whether graphs compute the same, operation by operation."""

import pytest

import graphcore.tensor as tt
from graphcore.graph.basic import equal_computations, is_same_graph

x, y, n = tt.vector("x"), tt.vector("y"), tt.matrix("n")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (lambda: x, lambda: x, True),
        (lambda: x, lambda: y, False),
        (lambda: tt.exp(x) * 2, lambda: tt.exp(x) * 2, True),
        (lambda: tt.exp(x) * 2, lambda: tt.exp(x) * 3, False),
        (lambda: n.sum(0), lambda: n.sum(0), True),
        (lambda: n.sum(0), lambda: n.sum(1), False),
        (lambda: tt.max_and_argmax(x)[0], lambda: tt.max_and_argmax(x)[0], True),
        (lambda: x + y, lambda: y + x, False),  # alike only after rewriting
        (lambda: x.mean(), lambda: x.mean(), True),
    ],
)
def test_one_pair(a, b, same):
    assert is_same_graph(a(), b()) is same
    assert equal_computations([x, a()], [x, b()]) is same


def test_variables_that_stand_for_others():
    a, b = tt.exp(x) + y, tt.exp(y) + x
    assert not is_same_graph(a, b)
    assert is_same_graph(a, b, {x: y, y: x})
    assert not equal_computations([x.sum()], [n.sum()], [x], [n])
    inner = tt.exp(x)  # also in the middle of a graph
    assert equal_computations([inner * 2], [y * 2], [inner], [y])


def test_lists_of_different_lengths():
    with pytest.raises(ValueError, match="equal_computations: the lists have different lengths"):
        equal_computations([x], [x, y])


def test_deep_graphs():
    def chain():
        v = x
        for _ in range(5000):
            v = tt.sin(v)
        return v

    assert is_same_graph(chain(), chain())
