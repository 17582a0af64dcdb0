"""The garbage collector pauses while graphs are built, and is left as it was."""

import gc

import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.collector import collector_paused


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    def fail():
        assert not gc.isenabled()
        raise RuntimeError("broken")

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        assert collector_paused(collector_paused(gc.isenabled))() is False
        with pytest.raises(RuntimeError, match="broken"):
            collector_paused(fail)()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_no_collection_runs_while_a_large_graph_is_differentiated_and_rewritten():
    x = y = tt.vector("x")
    for _ in range(3000):
        y = tt.sin(y) * 1.01
    seen = []

    def note(phase, _):
        seen.append(phase)

    gc.collect()
    gc.callbacks.append(note)
    try:
        gradient = collector_paused(graphcore.grad)(y.sum(), x)
        graphcore.rewrite.rewrite([gradient], final=True)
        during = len(seen)
    finally:
        gc.callbacks.remove(note)
    assert during <= 8  # between the two, when it is on again
