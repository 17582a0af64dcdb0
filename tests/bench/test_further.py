"""The further benchmark models: no Python in their programs, and the gradient of their density."""

import sys
from pathlib import Path

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
try:
    import further_models
finally:
    sys.path.pop(0)


@pytest.mark.parametrize("name", further_models.MODELS)
def test_no_step_is_a_python_step(name):
    f = further_models.build(name, pm, tt, graphcore.scan).logp_dlogp_function()
    kinds = {line.split()[1] for line in f.disassembly().splitlines() if line[:4].strip().isdigit()}
    assert kinds and "python" not in kinds


@pytest.mark.parametrize("name", further_models.MODELS)
def test_gradient_is_the_slope_of_the_density(name):
    f = further_models.build(name, pm, tt, graphcore.scan).logp_dlogp_function()
    rng = np.random.default_rng(5)
    x, step = 0.3 * rng.normal(size=f.dim), rng.normal(size=f.dim)
    value, gradient = f(x)
    assert np.isfinite(value)

    def difference(h):
        return (f(x + h * step)[0] - f(x - h * step)[0]) / (2 * h)

    slope = (4 * difference(1e-3) - difference(2e-3)) / 3  # both of second order, extrapolated
    assert gradient @ step == pytest.approx(slope, rel=1e-5, abs=1e-7 * abs(value))
