"""Threads inside one evaluation: the same bits for any number of them."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.runtime.reference import evaluate

N, K, G = 40_000, 6, 50
rng = np.random.default_rng(11)
X = rng.normal(size=(N, K))
Y = (rng.random(N) < 0.4).astype(np.int64)
GROUPS = rng.integers(0, G, N)


def regression():
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1, shape=K)
        level = pm.Normal("level", 0, 1, shape=G)
        pm.Bernoulli("y", logit_p=tt.dot(X, beta) + level[GROUPS], observed=Y)
    return model


def parts_of(program):
    return [s.parts.n for s in program.spec.steps if s.kind == "loop" and s.parts is not None]


def test_gradient_does_not_depend_on_threads():
    model = regression()
    one = model.logp_dlogp_function()
    assert parts_of(one.program) and "parts" in one.disassembly()
    point = rng.normal(size=one.dim) * 0.3
    value, gradient = one(point)
    eta = X @ point[:K] + point[K:][GROUPS]
    p = 1 / (1 + np.exp(-eta))
    expected = np.sum(Y * eta - np.logaddexp(0, eta)) - (point**2).sum() / 2
    expected -= point.size * np.log(2 * np.pi) / 2
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient[:K], X.T @ (Y - p) - point[:K], rtol=1e-9)
    sums = np.bincount(GROUPS, Y - p, G) - point[K:]
    np.testing.assert_allclose(gradient[K:], sums, rtol=1e-9, atol=1e-9)
    for threads in (2, 3, 7):
        several = model.logp_dlogp_function(threads=threads)
        for _ in range(5):
            again, gradient_again = several(point)
            assert again == value
            np.testing.assert_array_equal(gradient_again, gradient)


CASES = {
    "sum": lambda x, i: tt.exp(x).sum(),
    "product": lambda x, i: tt.prod(1 + 1e-4 * tt.sin(x)),
    "maximum": lambda x, i: tt.max(tt.sqr(x)) + tt.min(x),
    "integers": lambda x, i: tt.sum(i * i),
    "whether any": lambda x, i: tt.any(x > 2.9),
    "elements": lambda x, i: tt.exp(x) * tt.sin(x) + tt.cos(x),
    "integer scatter": lambda x, i: tt.inc_subtensor(tt.zeros((7,), "int64")[i], i * 2),
    "overlapping parts": lambda x, i: graphcore.grad((tt.exp(x[1:] * x[:-1])).sum(), x),
    "last value wins": lambda x, i: tt.set_subtensor(tt.zeros((7,))[i], tt.exp(x)),
    "float32": lambda x, i: tt.sum(tt.exp(tt.cast(x, "float32"))),
}


IN_ORDER = ("overlapping parts", "last value wins")  # an element is written by several rows


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_result(name):
    x, i = tt.vector("x"), tt.lvector("i")
    given = {x: rng.uniform(-3, 3, 120_001), i: rng.integers(0, 7, 120_001)}
    out = CASES[name](x, i)
    wanted = evaluate([out], given)[0]
    results = []
    for threads in (None, 1, 2, 5):
        f = graphcore.function([x, i], out, threads=threads, on_unused_input="ignore")
        results.append(f(given[x], given[i]))
        assert bool(parts_of(f.programs[0])) == (name not in IN_ORDER)
    for result in results:
        np.testing.assert_array_equal(result, results[0])
    rtol = 1e-5 if name == "float32" else 1e-10
    np.testing.assert_allclose(results[0], wanted, rtol=rtol)


@pytest.mark.parametrize("threads", [None, 2])
def test_every_run_turns_around(threads):
    """Runs that begin at the last part give the same bits, after an error as well."""
    x, i = tt.vector("x"), tt.lvector("i")
    y = tt.exp(x)[i] * 2
    f = graphcore.function([x, i], [y, (y - y.sum()).sum()], threads=threads)
    values, index = rng.normal(size=9), rng.integers(0, 9, 150_000)
    first = f(values, index)
    for k in range(5):
        if k == 2:
            with pytest.raises(IndexError):
                f(values, index + 1)
        for a, b in zip(f(values, index), first, strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(first[0], 2 * np.exp(values)[index], rtol=1e-14)
    assert len(parts_of(f.programs[0])) > 1


def test_first_wrong_index_is_reported():
    x, i = tt.vector("x"), tt.lvector("i")
    f = graphcore.function([x, i], tt.exp(x[i]).sum(), threads=3)
    index = rng.integers(0, 9, 200_000)
    index[[150_000, 77_777, 190_000]] = 31, 32, 33
    for _ in range(10):
        with pytest.raises(IndexError, match="index 32 is out of bounds for axis 0 with size 9"):
            f(np.ones(9), index)
    assert parts_of(f.programs[0])
    assert f(np.zeros(9), np.zeros(200_000, dtype=int)) == 200_000


def test_several_callers_share_the_team():
    f = regression().logp_dlogp_function(threads=3)
    points = [rng.normal(size=f.dim) * 0.1 for _ in range(8)]
    wanted = [f(p) for p in points]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(f, points * 12))
    for i, (value, gradient) in enumerate(found):
        assert value == wanted[i % 8][0]
        np.testing.assert_array_equal(gradient, wanted[i % 8][1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_child_starts_its_own_helpers():
    f = regression().logp_dlogp_function(threads=3)
    point = np.full(f.dim, 0.1)
    value, gradient = f(point)
    child = os.fork()
    if child == 0:
        again, gradient_again = f(point)
        os._exit(0 if again == value and (gradient == gradient_again).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert f(point)[0] == value


def test_short_and_ordered_loops_stay_whole():
    x = tt.vector("x")
    f = graphcore.function([x], tt.exp(x).sum(), threads=2)
    f(np.ones(1000))
    assert parts_of(f.programs[0]) == []


@pytest.mark.parametrize("wrong", [0, -1, 1000, 1.5, "two", True])
def test_wrong_number_of_threads(wrong):
    x = tt.vector("x")
    with pytest.raises((TypeError, ValueError), match="threads must"):
        graphcore.function([x], x.sum(), threads=wrong)
    with pytest.raises((TypeError, ValueError), match="threads must"):
        regression().logp_dlogp_function(threads=wrong)
