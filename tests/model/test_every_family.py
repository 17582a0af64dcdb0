"""Every registered distribution has every check that applies to it; a new one without fails here.

Also what holds for all families of vectors, matrices and series at once: the mean of the derivative
of the log density by a parameter, over draws, is zero (which ties densities, normalising constants,
gradients and random numbers together), and means are those of draws.
"""

import numpy as np
import pytest
from distribution_cases import UNDRAWN, case
from model import test_bad_input, test_distributions, test_lattice, test_more_tails
from vector_formulas import CASES

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.model.distributions.base import Distribution

NAMES = set(Distribution.registry)
FAMILY = {text: text.split(" by ")[0] for text in CASES}
# The support depends on these parameters, so that the derivative by them has another mean.
BOUNDS = {"TruncatedNormal": (2, 3), "Truncated": (1,)}
UNNORMALISED = {"Bound", "ICAR", "CustomDist"}
DRAWN = sorted(text for text, c in CASES.items() if FAMILY[text] not in UNNORMALISED and c.theta)


def usual(text):
    """A moderate entry of every row of parameters."""
    found = [min(row, key=lambda v: abs(v - 0.6)) for row in CASES[text].theta]
    return [3.0, *found[1:]] if text == "Wishart" else found  # below, matrices are all but singular


@pytest.mark.parametrize("count", [400, pytest.param(6000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("text", DRAWN)
def test_the_mean_of_the_score_is_zero(text, count):
    made, theta = CASES[text], usual(text)
    draws = made.make(*map(tt.constant, theta)).random(count, rng=11)
    symbols = [tt.scalar(f"theta{i}") for i in range(len(theta))]
    rv = made.make(*symbols)
    value = tt.tensor(rv.dtype, rv.type.shape, name="value")
    density = rv.logp(value)
    free = [s for i, s in enumerate(symbols) if i not in BOUNDS.get(FAMILY[text], ())]
    f = graphcore.function([*symbols, value], grad(density, free))
    scores = np.array([f(*theta, x) for x in draws])
    assert np.isfinite(scores).all()
    error = scores.std(axis=0) / np.sqrt(count) + 1e-12
    assert (np.abs(scores.mean(axis=0)) < 4.5 * error).all()


WITH_MEAN = sorted(n for n in {FAMILY[t] for t in DRAWN} if hasattr(getattr(pm, n), "mean"))
WITH_MEAN += ["Bound", "Interpolated"]


@pytest.mark.parametrize("name", WITH_MEAN)
def test_moments_are_those_of_draws(name):
    rv = getattr(pm, name).dist(**case(name))
    draws = np.asarray(rv.random(4000, rng=3), dtype=float)
    mean, variance = evaluate([rv.distribution.mean, rv.distribution.variance], {})
    assert mean.shape == variance.shape == rv.type.shape
    away = draws - draws.mean(axis=0)
    error = draws.std(axis=0) / np.sqrt(len(draws)) + 1e-12
    assert (np.abs(draws.mean(axis=0) - mean) < 5 * error).all()
    if "StudentT" not in name:  # whose squares have no variance
        error = np.sqrt(np.var(away**2, axis=0) / len(draws)) + 1e-12
        assert (np.abs((away**2).mean(axis=0) - variance) < 5 * error).all()


SCALAR = set(test_distributions.SCALAR)
CHECKED = {  # what is checked: families that it is checked for, and those it does not apply to
    "densities and gradients at extreme values": (
        set(test_lattice.LATTICE) | set(FAMILY.values()),
        test_lattice.FLAT,
    ),
    "random numbers against the density": (
        SCALAR | {FAMILY[t] for t in DRAWN},
        # mixed ones are drawn in test_composed.py; Interpolated has no parameters to vary there
        UNDRAWN | {"Bound", "DiracDelta", "HurdleGamma", "HurdleLogNormal", "Interpolated"},
    ),
    "means": (
        {n for n in SCALAR if hasattr(getattr(pm, n, None), "mean")} | set(WITH_MEAN)
        | set(test_more_tails.AMOUNTS),
        {n for n in NAMES if not hasattr(getattr(pm, n), "mean")} | {"DiracDelta", "ICAR"},
    ),
    "normalisation": (
        set(test_distributions.CONTINUOUS) | set(test_distributions.DISCRETE)
        | {FAMILY[t] for t in DRAWN},  # by the score
        UNNORMALISED | test_distributions.IMPROPER | test_distributions.MIXED | {"Interpolated"},
    ),
    "tails": (
        SCALAR | {cls.__name__ for cls in test_more_tails.ORDERED} | {"PolyaGamma"},
        {n for n in NAMES if not hasattr(getattr(pm, n), "logcdf")}
        | test_distributions.IMPROPER | test_distributions.MIXED,
    ),
    "bad input": (set(test_bad_input.NAMES), set()),
}  # fmt: skip


@pytest.mark.parametrize("what", CHECKED)
def test_no_family_is_without(what):
    checked, exempt = CHECKED[what]
    assert NAMES - checked - exempt == set()
    assert not {n for n in exempt if n not in NAMES}


def test_every_docstring_begins_with_a_sentence():
    for name in NAMES:
        assert getattr(pm, name).__doc__.split("\n\n")[0].strip().endswith((".", ":")), name
