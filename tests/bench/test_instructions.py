"""Gradients of a fixed set of programs do not take more instructions than they did."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def instructions(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import instructions

    yield instructions
    sys.modules.pop("instructions")


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (1000, None, "new"),
        (1000, 1000, "same"),
        (1049, 1000, "same"),
        (1051, 1000, "more"),
        (949, 1000, "less"),
        (111, 100, "same"),
        (113, 100, "more"),
    ],
)
def test_tolerance(instructions, now, before, verdict):
    assert instructions.judge(now, before) == verdict


@pytest.mark.slow
def test_no_program_takes_more_instructions(instructions):
    reason = instructions.missing()
    if reason:
        pytest.skip(reason)
    kept, made_with = instructions.kept(), instructions.made_with()
    if kept["made_with"] != made_with:
        pytest.skip(f"counts were kept for {kept['made_with']}, this is {made_with}")
    counted = instructions.counts()
    assert set(counted) == set(kept["instructions"])
    more = {
        name: (before, counted[name])
        for name, before in kept["instructions"].items()
        if instructions.judge(counted[name], before) == "more"
    }
    assert not more, "more instructions than kept; python bench/instructions.py --update keeps them"
