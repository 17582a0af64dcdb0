"""Pickles and deep copies of graphs and functions."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt


def again(what):
    return pickle.loads(pickle.dumps(what))


@pytest.mark.parametrize("duplicate", [again, copy.deepcopy])
def test_identity_inside_of_a_pickle_is_kept(duplicate):
    x, s = tt.vector("x"), graphcore.shared(np.ones(2), "s")
    x.tag.note = "hello"
    y = tt.exp(x) * s
    y.name = "y"
    x2, y2, z2, s2 = duplicate([x, y, y.sum() + 1, s])
    assert x2 is not x and x2.tag.note == "hello" and y2.name == "y"
    assert y2.owner.inputs[0].owner.inputs[0] is x2
    assert y2.owner.inputs[1] is s2
    assert z2.owner.inputs[0].owner.inputs[0] is y2
    s.set_value([5.0, 5.0])
    np.testing.assert_allclose(y2.eval({x2: [0.0, 1.0]}), [1, np.e])


@pytest.mark.parametrize("duplicate", [again, copy.deepcopy])
def test_long_chains(duplicate):
    x = tt.scalar("x")
    y = x
    for _ in range(5000):
        y = tt.sin(y) + x
    x2, y2 = duplicate([x, y])
    assert len(graphcore.graph.walk.toposort([y2])) == 10_000
    assert y2.eval({x2: 0.5}) == y.eval({x: 0.5})


@pytest.mark.parametrize("duplicate", [again, copy.deepcopy, lambda f: f.copy()])
def test_functions(duplicate):
    x, k, s = tt.vector("x"), tt.scalar("k"), graphcore.shared(1.0, "s")
    loop, _ = graphcore.scan(lambda a, p: a * p * k, sequences=x, outputs_info=1.0)
    f = graphcore.function(
        [x, graphcore.In(k, value=2.0)],
        [loop, graphcore.grad(loop[-1], x), s],
        updates={s: s + 1},
    )
    f([1.0, 2.0])
    g = duplicate(f)
    for a, b in zip(f([1.0, 3.0, 2.0]), g([1.0, 3.0, 2.0]), strict=True):
        if a.ndim:
            np.testing.assert_array_equal(a, b)


def test_functions_go_to_other_processes():
    x = tt.vector("x")
    f = graphcore.function([x], [tt.exp(x).sum(), x[::-1]])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        # A function of a test module could not be imported there; the wait ends, whatever happens.
        total, turned = pool.apply_async(f, (np.arange(3.0),)).get(timeout=120)
    np.testing.assert_allclose(total, np.exp(np.arange(3.0)).sum(), rtol=1e-14)
    np.testing.assert_array_equal(turned, [2, 1, 0])


def test_every_row_is_one_operation_after_unpickling():
    from graphcore.ops.elementwise import elemwise

    assert again(elemwise("add")) is elemwise("add")
