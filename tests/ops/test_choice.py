"""The lazy choice: one branch is computed, in the program, and so are its gradients."""

import pickle

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.errors import UndecidedShapeError
from graphcore.ifelse import ifelse

X = np.array([0.3, 1.7, 0.9])


def cases():
    """Names, inputs, expressions and values of the inputs."""
    a, x, m = tt.scalar("a"), tt.vector("x"), tt.matrix("m")
    i = tt.ivector("i")
    k = np.arange(4, dtype="int32")
    matrix = np.array([[2.0, 0.3], [0.1, 1.5]])
    inner = ifelse(a > 1, tt.sin(x).sum(), (x**2).sum())
    loop, _ = graphcore.scan(
        lambda v, s: ifelse(s > 1, tt.exp(-s) * v, s + tt.sqr(v)),
        sequences=x,
        outputs_info=tt.constant(0.5),
    )
    yield "numbers", [a, x], [ifelse(a > 0, tt.exp(x).sum(), tt.log(x).sum())], [X]
    yield "vectors", [a, x], [ifelse(a > 0, tt.exp(x) * a, x - a)], [X]
    yield "several", [a, x], ifelse(a > 0, [x * 2, x.sum()], [x, a * x.prod()]), [X]
    yield "within", [a, x], [ifelse(a > 0, inner, x.sum())], [X]
    yield "shared part", [a, x], [ifelse(a > 0, tt.exp(x), tt.exp(x) * 2) + tt.exp(x)], [X]
    yield "matrices", [a, m], [ifelse(a > 0, tt.nlinalg.det(m), m.dot(m).sum())], [matrix]
    yield "python step", [a, m], [ifelse(a > 0, tt.nlinalg.svd(m)[1].sum(), m.sum())], [matrix]
    yield "integers", [a, i], ifelse(a > 0, [i + 1, i > 2], [i * i, i < 2]), [k]
    yield "in a loop", [a, x], [loop * a, loop[-1]], [X]
    yield "constants", [a, x], [ifelse(a > 0, tt.constant(1.5), x.sum())], [X]
    yield "lengths", [a, x], [ifelse(a > 0, x[1:] * a, tt.exp(x))], [X]
    yield "mask", [a, x], [ifelse(a > 0, x[x > 0.5], x)], [X]


@pytest.mark.parametrize("value", [2.0, 0.5, -1.0])
@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case[0])
def test_choices_and_their_gradients_agree_with_the_oracle(case, value):
    _, inputs, outputs, arrays = case
    floats = [v for v in inputs if v.dtype == "float64"]
    cost = sum((tt.sqr(y) if y.dtype == "float64" else tt.cast(y, "float64")).sum()
               for y in outputs)  # fmt: skip
    wanted = [*outputs, cost]
    if any(y.dtype == "float64" for y in outputs):
        first = graphcore.grad(cost, floats, disconnected_inputs="ignore")
        total = sum(g.sum() for g in first)
        wanted += [*first, *graphcore.grad(total, floats, disconnected_inputs="ignore")]
    f = graphcore.function(inputs, wanted)
    given = [np.array(value), *arrays]
    oracle = graphcore.evaluate(wanted, dict(zip(inputs, given, strict=True)))
    for round_ in (f, f, pickle.loads(pickle.dumps(f))):
        for got, want in zip(round_(*given), oracle, strict=True):
            assert got.dtype == want.dtype and got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", list(cases())[:8], ids=lambda case: case[0])
def test_programs_hold_both_branches(case):
    _, inputs, outputs, arrays = case
    f = graphcore.function(inputs, outputs)
    f(np.array(1.0), *arrays)
    kinds = [step.kind for step in f.programs[-1].spec.steps]
    assert "choice" in kinds and "python" not in kinds
    assert "choice by" in f.disassembly() and " choice ifelse" in f.explain()
    assert ("(no kernel" in f.explain()) == (case[0] == "python step")
    f.profile(np.array(1.0), *arrays, seconds=0.0)


def test_the_branch_not_taken_does_not_spoil_the_gradient():
    a, x = tt.scalar("a"), tt.vector("x")
    y = ifelse(a > 0, tt.sqrt(x).sum(), x.sum())
    f = graphcore.function([a, x], graphcore.grad(y, x))
    assert f(-1.0, [0.0, -4.0]).tolist() == [1.0, 1.0]
    assert f(1.0, [1.0, 4.0]).tolist() == [0.5, 0.25]


def test_only_one_branch_is_computed(capsys):
    a, x = tt.scalar("a"), tt.vector("x")
    said = graphcore.printing.Print("computed")
    y = ifelse(a > 0, said(tt.exp(x)).sum(), x.sum())
    f = graphcore.function([a, x], [y, graphcore.grad(y, x)])
    f(-1.0, X)
    assert capsys.readouterr().out == ""
    f(1.0, X)
    assert "computed" in capsys.readouterr().out


def test_an_error_of_one_branch_is_none_of_the_other():
    a, x = tt.scalar("a"), tt.vector("x")
    f = graphcore.function([a, x], ifelse(a > 3, x[3], x[0]))
    assert f(1.0, [5.0, 2.0]) == 5.0 and f(4.0, [1.0, 2.0, 3.0, 7.0]) == 7.0
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 2"):
        f(4.0, [1.0, 2.0])
    long = graphcore.function([x], ifelse(x.shape[0] > 3, x[3], x[0]))
    assert long([5.0, 2.0]) == 5.0 and long([1.0, 2.0, 3.0, 7.0]) == 7.0
    looped, _ = graphcore.scan(
        lambda i, s: ifelse(s[0] > i, s[:1], s[:2]).sum() + s, tt.arange(3.0), x
    )
    with pytest.raises(UndecidedShapeError, match="the branches have shapes"):
        graphcore.function([x], looped)(X)


def test_a_long_chain_of_choices_and_its_gradient():
    x = tt.scalar("x")
    y = x
    for k in range(300):
        y = ifelse(y > k, tt.sin(y) + y, y + 1)
    f = graphcore.function([x], [y, graphcore.grad(y, x)])
    want, slope = 0.3, 1.0
    for k in range(300):
        slope *= np.cos(want) + 1 if want > k else 1
        want = np.sin(want) + want if want > k else want + 1
    np.testing.assert_allclose(f(0.3), [want, slope], rtol=1e-13)


@pytest.mark.parametrize("taken", [0, 1])
def test_gradients_have_the_shapes_of_their_branches(taken):
    c, variables = tt.iscalar("c"), tt.vectors("p", "q", "r", "s")
    p, q, r, s = variables
    first, second = ifelse(c, (p, q), (r, s))
    slopes = graphcore.grad(first.sum() + 2 * second.sum(), list(variables))
    f = graphcore.function([c, *variables], slopes)
    found = f(taken, *[np.ones(n) for n in (2, 3, 4, 5)])
    wanted = [1, 2, 0, 0] if taken else [0, 0, 1, 2]
    for slope, n, value in zip(found, (2, 3, 4, 5), wanted, strict=True):
        np.testing.assert_array_equal(slope, np.full(n, float(value)))
