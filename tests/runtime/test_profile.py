"""Profiles and memory reports."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.runtime.flat import FlatFunction


def test_a_profile_covers_every_step_and_names_lines():
    x = tt.tensor("float64", (1000,), "x")
    f = FlatFunction([x], tt.exp(x).sum() + tt.log1p(x[0] ** 2))
    profile = f.profile(seconds=1e-3)
    assert len(profile.seconds) == len(f.program.spec.steps)
    assert all(s > 0 for s in profile.seconds)
    assert any(file.endswith("test_profile.py") for file, _ in profile.lines)
    assert sum(profile.lines.values()) <= sum(profile.seconds) * (1 + 1e-9)
    text = str(profile)
    assert "loop of" in text and "test_profile.py:" in text
    with pytest.raises(ValueError, match="length 1000, got shape"):
        f.profile(np.zeros(3))


def test_functions_have_profiles_too():
    x = tt.vector("x")
    f = graphcore.function([x], [tt.exp(x).sum(), x + 1])
    profile = f.profile(np.ones(2000), seconds=1e-3)
    assert len(profile.seconds) == len(f.programs[0].spec.steps)


def test_the_planned_memory_is_told():
    x = tt.tensor("float64", (1000,), "x")
    f = FlatFunction([x], (tt.exp(x) * np.arange(1000.0)).sum())
    memory = f.explain().memory
    assert f"{f.program.spec.work_bytes} bytes of planned arrays" in memory
    assert "8000 bytes, float64 of shape (1000,)" in memory
    assert graphcore.explain(f) == f.explain()
