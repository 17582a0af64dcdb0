"""Derivatives of logarithms of probabilities, where the probabilities leave the range of floats."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt

FAR = np.array([-2000.0, -800.0, -1.5, 0.0, 0.7, 800.0, 2000.0])


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


CASES = {
    "sigmoid": (lambda x: tt.log(tt.sigmoid(x)), lambda x: sigmoid(-x)),
    "written out": (lambda x: tt.log(1 / (1 + tt.exp(-x))), lambda x: sigmoid(-x)),
    "the other sign": (lambda x: tt.log(1 / (tt.exp(x) + 1)), lambda x: -sigmoid(x)),
    "one minus": (lambda x: tt.log(1 - tt.sigmoid(x)), lambda x: -sigmoid(x)),
    "one minus, written out": (lambda x: tt.log(1 - 1 / (1 + tt.exp(-x))), lambda x: -sigmoid(x)),
    "log1p": (lambda x: tt.log1p(-tt.sigmoid(x)), lambda x: -sigmoid(x)),
    "exponential": (lambda x: tt.log(tt.exp(x)), np.ones_like),
    "moved": (lambda x: tt.log(tt.sigmoid(x)[::-1].reshape((7, 1))), lambda x: sigmoid(-x)),
}


@pytest.mark.parametrize("name", CASES)
def test_far_from_zero(name):
    make, derivative = CASES[name]
    x = tt.vector("x")
    found = graphcore.grad(make(x).sum(), x).eval({x: FAR})
    np.testing.assert_allclose(found, derivative(FAR), rtol=1e-14, atol=0)


@pytest.mark.parametrize("chosen_first", [True, False])
def test_chosen_probabilities_of_a_softmax(chosen_first):
    X, rows, y = tt.matrix("X"), np.arange(3), np.array([1, 0, 2])
    p = tt.softmax(X, axis=-1)
    cost = (tt.log(p[rows, y]) if chosen_first else tt.log(p)[rows, y]).sum()
    at = np.array([[1e6, 0, -1e6], [0.5, 1, -2], [-3e5, 2, 3e5]])
    odds = np.exp(at - at.max(1, keepdims=True))
    expected = np.eye(3)[y] - odds / odds.sum(1, keepdims=True)
    np.testing.assert_allclose(graphcore.grad(cost, X).eval({X: at}), expected, rtol=1e-13, atol=0)


def test_what_is_asked_for_on_the_way_keeps_its_derivative():
    x = tt.vector("x")
    p = tt.sigmoid(x)
    cost = tt.log(p).sum()
    dp, dx = graphcore.grad(cost, [p, x])
    at = np.array([-1.0, 2.0])
    np.testing.assert_allclose(dp.eval({x: at}), 1 / sigmoid(at), rtol=1e-14)
    np.testing.assert_allclose(dx.eval({x: at}), sigmoid(-at), rtol=1e-13)
    with pytest.raises(graphcore.DisconnectedInputError):
        graphcore.grad(cost, x, consider_constant=[p])


def test_no_derivative_passes_through_whole_numbers():
    x = tt.vector("x")
    whole = tt.cast(x, "int64")
    for cost in (tt.log(tt.exp(whole)), tt.log(tt.sigmoid(whole)), tt.log1p(-tt.sigmoid(whole))):
        found = graphcore.grad(cost.sum(), x).eval({x: [1.2, 2.7]})
        np.testing.assert_array_equal(found, [0, 0])


def test_second_derivatives():
    x = tt.scalar("x")
    slope = graphcore.grad(tt.log(tt.sigmoid(x)), x)
    for at in (-40.0, 0.3, 40.0):
        expected = -sigmoid(at) * sigmoid(-at)
        found = graphcore.function([x], graphcore.grad(slope, x))(at)
        np.testing.assert_allclose(found, expected, rtol=1e-13)
