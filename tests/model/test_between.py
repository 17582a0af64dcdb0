"""Truncated distributions of which hardly anything lies between the bounds can be drawn."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm

FAR = [  # distribution, bounds
    (pm.Normal.dist(0, 1), 8.0, None),
    (pm.Normal.dist(0, 1), None, -12.0),
    (pm.Normal.dist(0, 1), 9.0, 9.0 + 1e-9),
    (pm.Gamma.dist(2, 1), 60.0, 61.0),
    (pm.Logistic.dist(0, 1), -700.0, -600.0),
    (pm.Weibull.dist(0.5, 1.0), 1e5, None),
]


@pytest.mark.parametrize(("base", "lower", "upper"), FAR, ids=range(len(FAR)))
def test_numbers_far_out_in_a_tail(base, lower, upper):
    d = pm.Truncated.dist(base, lower=lower, upper=upper)
    x = pm.draw(d, 1000, random_seed=5)
    assert np.all(x >= (-np.inf if lower is None else lower))
    assert np.all(x <= (np.inf if upper is None else upper))
    assert stats.kstest(np.exp(pm.logcdf(d, x).eval()), "uniform").pvalue > 1e-3


def test_counts_far_out_in_a_tail():
    x = pm.draw(pm.Truncated.dist(pm.Poisson.dist(3), lower=30, upper=33), 4000, random_seed=2)
    p = stats.poisson(3).pmf(range(30, 34))
    found = np.bincount(x - 30, minlength=4)
    assert np.all(np.abs(found - 4000 * p / p.sum()) < 4.5 * np.sqrt(4000 * p / p.sum()))


def test_bounds_that_are_far_out_here_and_there():
    lower, upper = [-np.inf, 9, -np.inf, 0.0], [np.inf, np.inf, -9, 1e-12]
    with pm.Model():
        mu = pm.Normal("mu", 0, 1e-3)
        x = pm.Truncated("x", pm.Normal.dist(mu, np.ones(4)), lower=lower, upper=upper)
    draws = pm.draw(x, 30, random_seed=1)
    assert np.all((draws >= lower) & (draws <= upper))
    assert draws[:, 0].std() > 0.5 and len(np.unique(draws[:, 3])) == 30
