"""Values with short last axes, taken apart: against the reference, and what they become."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import evaluate, grad

ROWS = 40
PICKED = np.random.default_rng(4).integers(-ROWS, ROWS, 50)


def softmin(x, axis):
    return -tt.logsumexp(-x, axis=axis)


CASES = {
    "two axes": ((ROWS, 2, 3), lambda x: tt.exp(x[:, :, None] + x[:, None]).sum(axis=(1, 2))),
    "the first of two": ((ROWS, 2, 3), lambda x: softmin(x * np.arange(3.0), axis=1)),
    "the last of two": ((ROWS, 2, 3), lambda x: softmin(x * np.arange(3.0), axis=2)),
    "the long axis": ((ROWS, 2, 3), lambda x: tt.max(x * np.arange(3.0), axis=0)),
    "all axes": ((ROWS, 2, 3), lambda x: tt.sqr(x - x[:, :1]).sum()),
    "transposed": ((ROWS, 2, 3), lambda x: (x + x[:, :1]).dimshuffle(0, 2, 1) * np.arange(2.0)),
    "moved behind": ((ROWS, 2), lambda x: (x + x[:, :1]).T @ x),
    "reshaped": ((ROWS, 2, 3), lambda x: tt.exp((x + x[:, :1]).reshape((ROWS, 6))) * np.arange(6)),
    "long axes joined": ((8, 8, 3), lambda x: (x + x[:, :, :1]).reshape((64, 3)) * np.arange(3)),
    "slices": ((ROWS, 4), lambda x: tt.sin((x + x[:, :1])[:, ::-2]) * np.arange(2.0)),
    "slices of two": ((ROWS, 2, 4), lambda x: tt.sin((x + x[:, :, :1])[:, 1, 1:]) * x[:, 0, :3]),
    "rows of columns": ((ROWS, 3), lambda x: (x + x[:, :1])[3:-1] * np.arange(3.0)),
    "joined": ((ROWS, 3), lambda x: tt.exp(tt.concatenate([x[:, :1], x * x[:, :1]], axis=1))),
    "set": ((ROWS, 3), lambda x: tt.set_subtensor((x + x[:, :1])[:, 1:], x[:, :2] ** 2) * x),
    "added to": ((ROWS, 3), lambda x: tt.inc_subtensor((x + x[:, :1])[:, ::2], x[:, :1] ** 2)),
    "one number added": ((ROWS, 2, 3), lambda x: tt.inc_subtensor((x + x[:, :1])[:, 1], 2.0) * x),
    "an axis of one": ((ROWS, 1, 3), lambda x: tt.exp(x - tt.max(x, axis=2, keepdims=True))),
    "rows by number": ((ROWS, 3), lambda x: tt.sin((x * x[:, :1])[PICKED]).sum(axis=1)),
    "rows by number that lie there": ((9, 3), lambda x: tt.sin(x[PICKED % 9 - 5]) * x[0]),
    "rows of one": ((ROWS, 1), lambda x: tt.exp(x[PICKED]) * np.arange(3.0)),
    "rows of rows": ((ROWS, 2, 2), lambda x: tt.sin(x[PICKED] * x[0]).sum(axis=2)),
    "added to rows": ((ROWS, 3), lambda x: tt.inc_subtensor((x * x[:, :1])[PICKED], x[:1] ** 2)),
    "added to few rows": (
        (50, 3),
        lambda x: tt.inc_subtensor(tt.exp(x[:7])[PICKED % 7], tt.sin(x)),
    ),
    "rows set": ((ROWS, 3), lambda x: tt.set_subtensor((x * x[:, :1])[PICKED], x[0])),
    "narrow": ((ROWS, 3), lambda x: (x + x[:, :1]).astype("float32").astype("int8") + 100),
    "sums": ((ROWS, 2, 3), lambda x: tt.prod(1 + 0.1 * (x + x[:, :1]), axis=(0, 2))),
    "a long axis of few": ((3, 2, 2), lambda x: tt.exp(x[:, :, None] + x[:, None]).sum(axis=1)),
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("name", CASES)
def test_columns_agree_with_the_reference(rng, name, known):
    shape, build = CASES[name]
    x = tt.tensor("float64", shape if known else (None,) * len(shape), name="x")
    y = build(x)
    outputs = [y, *grad((tt.sin(y) * y).sum(), [x], disconnected_inputs="ignore")]
    outputs.append(grad(tt.sqr(outputs[1]).sum(), x, disconnected_inputs="ignore"))
    value = rng.normal(size=shape)
    found = graphcore.function([x], outputs)(value)
    for got, want in zip(found, evaluate(outputs, {x: value}), strict=True):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12 * np.abs(want).max())


@pytest.mark.parametrize("shape", [(200, 3), (200, 2, 2), (200, 1, 4)])
def test_short_axes_have_no_loops(shape):
    x = tt.tensor("float64", shape, name="x")
    centre = tt.vector("centre", shape=shape[-1:])
    terms = tt.logsumexp(-tt.sqr(x - centre), axis=-1)
    f = graphcore.function([x, centre], [terms.sum(), grad(terms.sum(), centre)])
    f(np.zeros(shape), np.zeros(shape[-1]))
    loops = [s for s in f.programs[-1].spec.steps if s.kind == "loop"]
    assert all(not loop.outer for loop in loops)
