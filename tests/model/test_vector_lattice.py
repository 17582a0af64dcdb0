"""Vectors, matrices and series at extreme parameters: densities and gradients against mpmath.

The reference is the textbook density of ``vector_formulas`` in 120 digits.  Parameters and points
are all combinations of the rows there, of which some are drawn.
"""

import itertools

import mpmath
import numpy as np
import pytest
from vector_formulas import CASES, matrix

import graphcore.tensor as tt
from graphcore import evaluate, grad


def combinations(case, count):
    grid = list(itertools.product(*case.theta, case.x))
    chosen = np.random.default_rng(0).permutation(len(grid))[:count]
    return [grid[i] for i in np.sort(chosen)]


def graphs(case, theta, x):
    """The log density, and its derivatives by the parameters and the free numbers of ``x``."""
    if case.counts:
        full = [float(v) for v in x]
        value = full[0] if len(full) == 1 else np.array(full)
        free = theta
    else:
        full = case.full(list(x))
        if isinstance(full[0], list):
            value = matrix(full)
        else:
            value = tt.stack(full) if len(full) > 1 else full[0]
        free = [*theta, *x]
    density = case.make(*theta).logp(value)
    return [density, *grad(density, free)] if free else [density]


def slopes(case, row, x, count):
    """Central differences in many digits, per relative change."""
    at = [mpmath.mpf(float(v)) for v in (*row, *x)]
    for k in range(count):
        size = abs(at[k]) or mpmath.mpf(1)
        h = size * mpmath.mpf(10) ** -25
        ends = []
        for sign in (1, -1):
            moved = list(at)
            moved[k] += sign * h
            ends.append(case.density(moved[len(row) :], *moved[: len(row)]))
        yield (ends[0] - ends[1]) / (2 * h) * size, size


@pytest.mark.parametrize("count", [8, pytest.param(80, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CASES)
def test_densities_and_gradients_keep_nine_digits(name, count):
    case = CASES[name]
    theta = [tt.scalar(f"theta{i}") for i in range(len(case.theta))]
    xs = [tt.scalar(f"x{i}") for i in range(len(case.x[0]))]
    shared = None if case.counts else graphs(case, theta, xs)
    checked = 0
    with mpmath.workdps(120):
        for *row, x in combinations(case, count):
            given = dict(zip([*theta, *xs], map(float, (*row, *x)), strict=True))
            made = shared or graphs(case, theta, x)
            with np.errstate(all="ignore"):
                density, *found = evaluate(made, given)
            want = case.density([mpmath.mpf(float(v)) for v in x], *map(mpmath.mpf, row))
            if not mpmath.isfinite(want) or abs(want) > 1e290:
                continue
            checked += 1
            assert float(density) == pytest.approx(float(want), rel=1e-9, abs=1e-9), (row, x)
            scale = 1e-9 * max(1.0, abs(float(want)))
            for got, (slope, size) in zip(found, slopes(case, row, x, len(found)), strict=True):
                wanted = pytest.approx(float(slope), rel=1e-9, abs=scale)
                assert float(got) * float(size) == wanted, (row, x)
    assert checked >= min(3, count)
