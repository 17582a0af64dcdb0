"""Sums of very many cotangents of one variable."""

import pickle

import numpy as np
import pytest
from graphcore._graph import shape_origins

import graphcore
import graphcore.tensor as tt
from graphcore.autodiff.totals import MANY
from graphcore.graph.walk import toposort
from graphcore.ops.reduce import Reduce, reduction


def sums_in(outputs):
    return sum(isinstance(node.op, Reduce) for node in toposort(outputs))


def recurrence(a, x, steps):
    y = x
    for i in range(steps):
        y = tt.sin(a * y) + 0.1 * i
    return y


@pytest.mark.parametrize("length", [0, 1, 5])
def test_number_in_many_steps_has_one_sum(length):
    a, x = tt.scalar("a"), tt.vector("x")
    g = graphcore.grad(recurrence(a, x, 40).sum(), a)
    assert sums_in([g]) == 1
    start = np.linspace(-1, 2, length)
    y = start.astype(complex)
    for i in range(40):
        y = np.sin((0.7 + 1e-30j) * y) + 0.1 * i
    f = graphcore.function([a, x], g)
    np.testing.assert_allclose(f(0.7, start), y.imag.sum() / 1e-30, rtol=1e-12)
    np.testing.assert_allclose(g.eval({a: 0.7, x: start}), f(0.7, start), rtol=1e-13)


def test_matrices_along_one_axis():
    a, x = tt.vector("a"), tt.matrix("x")
    cost = sum((tt.cos(a * i) * x.sum(axis=0) * 1.0).sum() for i in range(2 * MANY))
    cost = cost + sum(tt.sin(a[0] * x * i).sum() for i in range(2 * MANY))
    X, at = np.arange(6.0).reshape(2, 3) / 7, np.array([0.3, -0.2, 0.9])
    i = np.arange(2.0 * MANY)[:, None]
    want = (-i * np.sin(at * i) * X.sum(axis=0)).sum(axis=0)
    want[0] += (i[:, :, None] * X * np.cos(at[0] * X * i[:, :, None])).sum()
    f = graphcore.function([a, x], graphcore.grad(cost, a))
    np.testing.assert_allclose(f(at, X), want, rtol=1e-12)


def test_arrays_of_other_lengths_have_sums_of_their_own():
    a, x, y = tt.scalar("a"), tt.vector("x"), tt.vector("y")
    cost = sum(tt.exp(a * v * i).sum() for i in range(MANY) for v in (x, y))
    g = graphcore.grad(cost, a)
    X, Y = np.array([0.1, 0.2, -0.3]), np.array([0.4])
    i = np.arange(float(MANY))
    want = sum((i * v * np.exp(0.5 * v * i)).sum() for v in (*X, *Y))
    f = graphcore.function([a, x, y], g)
    np.testing.assert_allclose(f(0.5, X, Y), want, rtol=1e-13)
    np.testing.assert_allclose(f(0.5, Y, X), want, rtol=1e-13)


def test_sums_over_known_lengths_stay_apart():
    a, x = tt.scalar("a"), tt.tensor("float64", shape=(5,), name="x")
    cost = sum(tt.exp(a * x * i).sum() for i in range(MANY))
    assert sums_in([graphcore.grad(cost, a)]) == MANY


def test_origins():
    x, y, s, m = tt.vector("x"), tt.vector("y"), tt.scalar("s"), tt.matrix("m")
    mixed, wide = x + y, m * x
    far = x
    for _ in range(10_000):
        far = s * far + tt.sin(far)
    given = [far, s * y, mixed, tt.exp(mixed), wide, mixed + x, tt.zeros_like(far), s, x[:2]]
    found = shape_origins(given)
    want = [x, y, mixed, mixed, wide, given[5], x, s, given[8]]
    assert all(a is b for a, b in zip(found, want, strict=True))


def test_reductions_are_one_object_each():
    assert reduction("sum", (0,), False) is reduction("sum", (0,), False)
    op = tt.vector("x").sum().owner.op
    assert op is reduction("sum", (0,), False)
    assert pickle.loads(pickle.dumps(op)) is op
