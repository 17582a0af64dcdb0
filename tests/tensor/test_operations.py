"""Theano's classes of operations: makers of functions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import graphcore
import graphcore.tensor as tt
from graphcore.tensor import extra_ops, nnet

RNG = np.random.default_rng(0)
X, COUNTS = RNG.normal(size=(3, 4)), np.array([3, 1, 3, 7])


@pytest.mark.parametrize(
    ("made", "exact"),
    [
        (tt.elemwise.Sum(axis=1)(X), X.sum(1)),
        (tt.Prod()(X), X.prod()),
        (tt.Any((0,))(X > 0), (X > 0).any(0)),
        (tt.elemwise.DimShuffle((False, False), (1, "x", 0))(X), X.T[:, None]),
        (tt.Reshape(2)(X, (6, 2)), X.reshape(6, 2)),
        (tt.Flatten(1)(X), X.ravel()),
        (tt.Join()(1, X, X), np.hstack([X, X])),
        (tt.Split(2)(X, 1, [1, 3])[1], X[:, 1:]),
        (tt.ARange("int32")(2, 5, 2), np.arange(2, 5, 2, "int32")),
        (tt.Eye("float32")(2, 3, 1), np.eye(2, 3, 1, "float32")),
        (tt.Alloc()(1.5, 2, 3), np.full((2, 3), 1.5)),
        (tt.Dot()(X, X.T), X @ X.T),
        (tt.Argmax(axis=1)(X), X.argmax(1)),
        (tt.MaxAndArgmax((1,))(X)[0], X.max(1)),
        (extra_ops.CumOp(1)(X), X.cumsum(1)),
        (extra_ops.CumOp(axis=0, mode="mul")(X), X.cumprod(0)),
        (extra_ops.DiffOp(2, axis=0)(X), np.diff(X, 2, axis=0)),
        (extra_ops.RepeatOp(axis=0)(X, 2), X.repeat(2, 0)),
        (extra_ops.SearchsortedOp(side="right")([1, 2, 2], 2), 3),
        (extra_ops.Unique(False, True, False)(COUNTS)[1], np.unique(COUNTS, False, True)[1]),
        (nnet.Softmax()(X), np.exp(X) / np.exp(X).sum(1, keepdims=True)),
        (tt.tensor_from_scalar(tt.constant(2.0)), 2.0),
    ],
)
def test_what_is_made_computes_the_same(made, exact):
    assert_allclose(made.eval(), exact, rtol=1e-14)
    assert made.type.dtype == np.asarray(exact).dtype.name or made.type.dtype == "int64"


def test_wrong_options_are_named():
    with pytest.raises(TypeError, match="Sum takes axis, dtype, acc_dtype"):
        tt.Sum(keepdims=True)
    with pytest.raises(TypeError, match="Dot takes no options"):
        tt.Dot(1)


def test_softmax_in_two_levels():
    x, W1, b1 = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
    W2, b2 = RNG.normal(size=(3, 4, 2)), RNG.normal(size=(3, 2))
    target = np.array([0, 4, 3, 2, 1])
    args = (5, 5, 3, 2, W1, b1, W2, b2)
    classes = np.exp(x @ W1 + b1)
    classes /= classes.sum(1, keepdims=True)
    inside = np.exp(np.einsum("bf,cfo->bco", x, W2) + b2)
    inside /= inside.sum(2, keepdims=True)
    exact = (classes[:, :, None] * inside).reshape(5, 6)[:, :5]
    assert_allclose(nnet.h_softmax(x, *args).eval(), exact, rtol=1e-13)
    assert_allclose(nnet.h_softmax(x, *args, target).eval(), exact[range(5), target], rtol=1e-13)
    graphcore.gradient.verify_grad(
        lambda v: tt.log(nnet.h_softmax(v, *args, target)), [x], rng=np.random.RandomState(1)
    )


def test_parts_stay_as_they_are():
    assert_array_equal(tt.Nonzero()(np.array([0, 2]))[0].eval(), [1])
