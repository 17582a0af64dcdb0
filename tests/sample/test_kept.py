"""Programs that a model keeps between two runs of ``sample``."""

import numpy as np
import pytest

import graphcore.model as pm
from graphcore.sample.kept import LARGE, programs_of

OPTIONS = {"draws": 50, "tune": 50, "chains": 1, "progressbar": False, "random_seed": 1,
               "return_inferencedata": False, "compute_convergence_checks": False}  # fmt: skip


def regression(n):
    rng = np.random.default_rng(n)
    with pm.Model() as model:
        x = pm.Data("x", rng.normal(size=n))
        y = pm.Data("y", rng.normal(size=n))
        slope = pm.Normal("slope", 0, 1)
        pm.Deterministic("line", slope * x)
        pm.StudentT("out", 4, slope * x, 1, observed=y)
    return model


@pytest.mark.parametrize("n", [10, LARGE])
def test_draws_do_not_depend_on_what_was_sampled_before(n):
    model, other = regression(n), regression(n)
    values = np.random.default_rng(5).normal(3.0, 1.0, n)
    pm.sample(model=model, **OPTIONS)
    first = programs_of(model)
    assert programs_of(model) is first
    for m in (model, other):
        m.set_data("y", values)
    assert (programs_of(model) is first) == (n < LARGE)
    got, want = (pm.sample(model=m, **OPTIONS) for m in (model, other))
    for name in ("slope", "line"):
        np.testing.assert_array_equal(got.posterior[name].values, want.posterior[name].values)
    for m in (model, other):
        m.set_data("x", values)  # which is in a deterministic
    got, want = (pm.sample(model=m, **OPTIONS) for m in (model, other))
    lines = got.posterior["slope"].values[..., None] * values
    np.testing.assert_allclose(got.posterior["line"].values, lines, rtol=1e-14)
    np.testing.assert_array_equal(got.posterior["line"].values, want.posterior["line"].values)


def test_new_shapes_and_new_variables():
    model = regression(10)
    first = programs_of(model)
    model.set_data("x", np.ones(4))
    model.set_data("y", np.ones(4))
    second = programs_of(model)
    assert second is not first
    got = pm.sample(model=model, **OPTIONS)
    assert got.posterior["line"].shape == (1, 50, 4)
    with model:
        pm.Potential("more", -(model["slope"] ** 2))
    assert programs_of(model) is not second
    assert programs_of(model).density(np.zeros(1))[0] < 0
