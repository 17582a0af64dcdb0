"""Rewriting a value, then its gradient, with one memory."""

import numpy as np

import graphcore
import graphcore.tensor as tt
from graphcore.graph.walk import toposort
from graphcore.rewrite.pipeline import Rewriter, rewrite


def expression():
    x = tt.vector("x")
    return x, (tt.log(1 + tt.exp(x)) * 3 / 4).sum() + tt.logsumexp(x * x)


def test_a_second_call_does_not_try_again_what_the_first_has_made():
    _, y = expression()
    steps = []
    rewriter = Rewriter(steps)
    first = rewriter.run([y])
    fired = len(steps)
    assert fired
    assert rewriter.run(first)[0] is first[0]
    assert len(steps) == fired


def test_value_and_gradient_are_as_good_as_from_two_separate_calls():
    x, y = expression()
    rewriter = Rewriter()
    (value,) = rewriter.run([y])
    gradient = graphcore.grad(value, x)
    together = rewriter.run([value, gradient], final=True)
    (alone,) = rewrite([y])
    apart = rewrite([alone, graphcore.grad(alone, x)], final=True)
    assert _operations(together) == _operations(apart)
    assert "StopGradient" not in {n.op.head for n in toposort(together)}
    point = np.array([-800.0, 0.3, 40.0])
    z = point.astype(complex)
    want = np.array([np.imag(_plain(z + 1e-30j * e)) / 1e-30 for e in np.eye(3)])
    np.testing.assert_allclose(graphcore.evaluate(together[1], {x: point}), want, rtol=1e-12)


def _operations(outputs):
    return sorted(repr(node.op) for node in toposort(outputs))


def _plain(z):
    """The expression for complex numbers, with what overflows taken out."""
    softplus = np.where(z.real > 0, z, 0) + np.log(1 + np.exp(np.where(z.real > 0, -z, z)))
    square = z * z
    top = square.real.max()
    return (softplus * 0.75).sum() + top + np.log(np.exp(square - top).sum())
