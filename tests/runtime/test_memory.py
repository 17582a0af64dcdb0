"""Memory stays where it is over many calls, and over many functions made and dropped."""

import gc
import os
import resource

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt


def resident():
    """Bytes of this process in memory now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


linux = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc")


@linux
@pytest.mark.slow
def test_a_million_calls_do_not_grow():
    x, s = tt.vector("x"), graphcore.shared(np.zeros(100), "s")
    f = graphcore.function([x], [tt.exp(x).sum(), x * 2], updates={s: s + x})
    value = np.linspace(0, 1, 100)
    for _ in range(10_000):
        f(value)
    before = resident()
    for _ in range(1_000_000):
        f(value)
    assert resident() - before < 2**20


@linux
@pytest.mark.slow
def test_functions_that_are_dropped_leave_nothing():
    def cycle(k):
        x = tt.vector("x")
        cost = (tt.sin(x) * (k + 0.5)).sum()
        f = graphcore.function([x], [cost, graphcore.grad(cost, x)])
        f(np.ones(5))

    for k in range(1000):
        cycle(k)
    gc.collect()
    before = resident()
    for k in range(10_000):
        cycle(k)
    gc.collect()
    assert resident() - before < 4 * 2**20
