"""Graphs over the elements of one array: the work of lowering them grows with their number."""

import cProfile
import pstats

import numpy as np

import graphcore
import graphcore.tensor as tt


def calls_to_lower(n):
    v = tt.vector("v")
    total = v[0]
    for i in range(1, n):
        total = total + v[i] ** 2
    f = graphcore.function([v], [total, graphcore.grad(total, v)])
    at = np.arange(1.0, n + 1)
    profile = cProfile.Profile()
    value, gradient = profile.runcall(f, at)
    np.testing.assert_allclose(value, 1 + (at[1:] ** 2).sum(), rtol=1e-12)
    np.testing.assert_array_equal(gradient, [1, *2 * at[1:]])
    return pstats.Stats(profile).total_calls


def test_calls_grow_with_the_elements():
    calls_to_lower(2)  # what happens once in a process
    assert calls_to_lower(800) < 5 * calls_to_lower(200)
