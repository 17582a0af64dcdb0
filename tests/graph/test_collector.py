"""The garbage collector pauses while graphs are built, and is left as it was."""

import gc
import weakref

import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.collector import MANY, collector_paused


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


def _generation(x):
    return next(i for i in range(3) if any(y is x for y in gc.get_objects(generation=i)))


@pytest.mark.parametrize(("count", "generation"), [(10, 0), (MANY + 1000, 2)])
def test_very_many_new_objects_are_old_at_once_and_still_collected(count, generation):
    class Link:
        pass

    gc.collect()
    try:
        made = collector_paused(lambda: [Link() for _ in range(count)])()
        gc.disable()
        assert _generation(made[-1]) == generation
        watched = weakref.ref(made[0])
        made[0].itself = made
        del made
        assert watched() is not None
        gc.collect()
        assert watched() is None
    finally:
        gc.enable()


def test_what_was_set_aside_stays_aside():
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        made = collector_paused(lambda: [[] for _ in range(MANY + 1000)])()
        assert len(made) > MANY
        assert 0 < gc.get_freeze_count() <= before
    finally:
        gc.unfreeze()
