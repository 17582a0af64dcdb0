"""Gradients with respect to integers."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.walk import inputs_of


def test_gradients_with_respect_to_integers():
    i, k, x = tt.ivector("i"), tt.iscalar("k"), tt.vector("x")
    given = {i: np.array([3, 2], "int32"), k: 2, x: [0.5, 0.25]}
    table = [  # cost, with respect to, wanted: integer results are steps, real results are not
        ((i * x).sum(), i, [0.5, 0.25]),
        ((i * 2).sum() * x[0], i, [0.0, 0.0]),
        ((i * 2).sum() * x[0] + tt.dot(i, x), i, [0.5, 0.25]),
        (tt.cast(i, "float64")[0] * 0.5, i, [0.5, 0.0]),
        (tt.exp(k * x).sum(), k, (0.5 * np.exp(1.0) + 0.25 * np.exp(0.5))),
        (x.sum() ** k, k, 0.75**2 * np.log(0.75)),
        (tt.sqrt(k) * x[k - 1], k, 0.25 / np.sqrt(8)),
        ((x[0] > k) * x.sum(), k, 0.0),
        (tt.sqr(i * x).sum(), x, [9.0, 2.0]),
    ]
    for cost, wrt, wanted in table:
        got = graphcore.grad(cost, wrt)
        assert got.dtype == "float64" and got.ndim == wrt.ndim
        np.testing.assert_allclose(got.eval(_only(got, given)), wanted, rtol=1e-14)
    both = graphcore.grad((i * x).sum(), [x, i])
    assert [g.eval(given_of).tolist() for g, given_of in
            ((g, _only(g, given)) for g in both)] == [[3.0, 2.0], [0.5, 0.25]]  # fmt: skip
    bent = graphcore.grad(graphcore.grad(x.sum() ** k, k), x)[0]
    want = 1.5 * np.log(0.75) + 0.75
    np.testing.assert_allclose(bent.eval(_only(bent, given)), want, rtol=1e-14)


def _only(v, given):
    return {u: a for u, a in given.items() if u in set(inputs_of([v]))}


@pytest.mark.parametrize("cost", [lambda x, k: x[k], lambda x, k: tt.full((k,), x[0]).sum()])
def test_indices_and_lengths_have_no_gradient(cost):
    x, k = tt.vector("x"), tt.lscalar("k")
    with pytest.raises(graphcore.errors.DisconnectedInputError, match="'k'"):
        graphcore.grad(cost(x, k), k)
    zero = graphcore.grad(cost(x, k), k, disconnected_inputs="ignore")
    assert zero.dtype == "float64"
