"""Means and standard deviations of real posteriors against the reference draws of posteriordb."""

import warnings

import numpy as np
import pytest

import graphcore.model as pm
from graphcore.sample import diagnostics

# Draws for an effective sample size of 4,000, and where the default target_accept does not do.
# The centred eight schools is a funnel whose neck holds chains for thousands of draws: it takes
# many chains; divergences mark it.
RUNS = {
    "eight_schools_centered": {"draws": 50_000, "tune": 5000, "chains": 24, "target_accept": 0.99},
    "eight_schools_noncentered": {"draws": 5000, "target_accept": 0.95},
    "kidiq": {"draws": 5000},
    "kilpisjarvi": {"draws": 6000},
    "earnings": {"draws": 5000},
    "mesquite": {"draws": 5000},
    "sblri": {"draws": 7000},
    "wells": {"draws": 5000},
    "Rate_2": {"draws": 5000},
    "arK": {"draws": 5000},
    "arma": {"draws": 5000},
    "gp_regr": {"draws": 5000},
    "mixture": {"draws": 5000},
    "hmm": {"draws": 5000},
    "Survey": {"draws": 8000, "target_accept": 0.95},
    "M0": {"draws": 5000},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_moments_of_reference_posteriors(posteriordb, name):
    posterior = posteriordb.load(name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = pm.sample(
            **RUNS[name],
            model=posterior.model,
            random_seed=11,
            progressbar=False,
            return_inferencedata=False,
        )
    divergences = result.sample_stats["diverging"].sum()
    if name == "eight_schools_centered":
        assert divergences > 0
        assert any(f"{divergences} divergences" in str(w.message) for w in caught)
    else:
        assert divergences == 0
    for parameter, draws in posterior.derive(result.posterior).items():
        reference = posterior.reference["parameters"][parameter]
        assert diagnostics.ess_bulk(draws) >= 4000
        assert diagnostics.ess_tail(draws) >= 4000
        assert diagnostics.rhat(draws) < 1.01
        error = draws.mean() - reference["mean"]
        assert abs(error) < 4 * np.hypot(diagnostics.mcse_mean(draws), reference["mcse_mean"])
        error = draws.std(ddof=1) - reference["sd"]
        assert abs(error) < 4 * np.hypot(diagnostics.mcse_sd(draws), reference["mcse_sd"])
