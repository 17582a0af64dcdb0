"""What may explain a difference between two ways to evaluate a graph, and what may not."""

import fuzz
import numpy as np
import pytest
import settling
from settling import Settling

import graphcore
import graphcore.tensor as tt

x, y, z = tt.dscalars("x", "y", "z")


def settled(output, *numbers):
    values = {v: np.asarray(a) for v, a in zip((x, y, z), numbers, strict=False)}
    return Settling([output], graphcore.evaluate([output], values), values, ("float64",))


def test_an_error_of_the_oracle_is_seen():
    """SciPy's betaln has 11 digits here: mpmath gives -19.131097644862..."""
    case = settled(tt.betaln(x, y) * 1, 72927.75534817846, 1.7)
    exact = case.exact()
    assert abs(case.wanted[0] / exact[0] - 1) > 1e-12
    assert case.reason(exact) == "equal up to rounding of nodes of exact functions"
    assert case.reason([exact[0] * (1 + 1e-10)]) is None


def test_readers_of_one_node_may_see_other_roundings():
    """``1 - s`` may become ``sigmoid(-x)`` for one reader, and stay rounded for the other."""
    s = tt.sigmoid(x)
    case = settled((1 - s) / tt.exp(tt.log1p(-s)), 13.5)
    other = 1 / (1 + np.exp(13.5)) / (1 - 1 / (1 + np.exp(-13.5)))
    assert abs(other - case.wanted[0]) > 2e-11
    assert case.reason([np.asarray(other)]) == "equal up to rounding of readers"
    assert case.reason([np.asarray(other + 1e-4)]) is None


def test_what_is_bounded_moves_no_further_with_more_noise():
    """The argument is 1e18: any rounding of it turns the cosine as far as it goes."""
    far, near = (3.3333333333e9, 3e8 + 0.1), (3.3e1, 3e2)
    cases = ((far, 3e-16, True), (far, 1e-4, False), (near, 1e-9, False))
    for (a, b), rounding, explained in cases:
        case = settled(1e-9 * tt.cos(x * y), a, b)
        found = np.asarray(1e-9 * np.cos(a * b * (1 + rounding)))
        if rounding == 1e-4:
            found = found + 2e-7  # further than it can
        assert (case.reason([found]) is not None) == explained


@pytest.mark.parametrize("found", [np.inf, 0.0, np.nan])
def test_overflow_needs_an_operation_that_overflows(found, monkeypatch):
    large = 1e-200 if found == 0.0 else 1e200
    values = {x: large, y: large, z: 1 / large}
    case = settled(x * (y * z) * (1 / large), *values.values())
    monkeypatch.setattr(settling, "rewrite", lambda outputs, **options: outputs)
    assert case.reason([np.asarray(found)]) is None
    monkeypatch.setattr(settling, "rewrite", lambda outputs, **options: [(x * y) * z])
    reason = case.reason([np.asarray(found)])
    assert reason == "not compared: overflow in one order only"
    assert case.reason([case.wanted[0] * 1.001]) is None


@pytest.mark.parametrize("factor", [1 + 1e-9, 1 - 1e-11])
def test_small_errors_are_not_explained_away(factor):
    kept = missed = 0
    for seed in range(60):
        outputs, values, dtypes, _ = fuzz.drawn(seed)
        floats = [v for v in outputs if v.type.dtype == "float64" and "float32" not in dtypes]
        wanted = graphcore.evaluate(floats, values)
        for v, a in zip(floats, wanted, strict=True):
            if a.size and np.abs(a).max() > 1:
                reason = Settling([v], [a], values, dtypes).reason([a * factor])
                kept, missed = kept + (reason is None), missed + (reason is not None)
    assert kept > 4 * missed
    assert kept > 20
