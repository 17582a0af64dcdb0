"""The demo models: each is a few lines that a user could have typed."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import graphcore.model as pm


@dataclass(frozen=True)
class Demo:
    """A model with its data.

    Attributes
    ----------
    title : str
        One line that says what the model is.
    source : str
        Where the data come from.
    build : callable
        ``build() -> Model``.
    shown : tuple of str
        The variables of the summary table.
    target_accept : float
        The acceptance rate the sampler should aim for.

    Examples
    --------
    >>> from graphcore.demos import DEMOS
    >>> DEMOS["eight_schools"].build().logp_dlogp_function().dim
    10
    """

    title: str
    source: str
    build: Callable[[], pm.Model]
    shown: tuple[str, ...]
    target_accept: float = 0.8


def _columns(name: str) -> np.ndarray:
    """The columns of a shipped CSV file, as the rows of an array."""
    file = importlib.resources.files("graphcore.demos") / "data" / f"{name}.csv"
    with file.open() as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, unpack=True)


def eight_schools() -> pm.Model:
    """Effects of coaching in eight schools, partially pooled."""
    effect, standard_error = _columns("eight_schools")
    with pm.Model() as model:
        mu = pm.Normal("mu", mu=0, sigma=5)
        tau = pm.HalfCauchy("tau", beta=5)
        z = pm.Normal("z", mu=0, sigma=1, shape=len(effect))
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("effect", mu=theta, sigma=standard_error, observed=effect)
    return model


def wells() -> pm.Model:
    """Does the distance to a safe well keep a household from switching to it?"""
    distance, switched = _columns("wells")
    with pm.Model() as model:
        alpha = pm.Flat("alpha")
        beta = pm.Flat("beta")
        logit_p = alpha + beta * (distance / 100)
        pm.Bernoulli("switched", logit_p=logit_p, observed=switched.astype(int))
    return model


def kidiq() -> pm.Model:
    """A child's test score from the mother's schooling and IQ."""
    score, mom_hs, mom_iq = _columns("kidiq")
    with pm.Model() as model:
        beta = pm.Flat("beta", shape=3)
        sigma = pm.HalfCauchy("sigma", beta=2.5)
        mean = beta[0] + beta[1] * mom_hs + beta[2] * mom_iq
        pm.Normal("score", mu=mean, sigma=sigma, observed=score)
    return model


def simulate_groups(observations: int = 919, groups: int = 85, seed: int = 1242):
    """Simulated measurements in groups, each with an intercept and a slope of its own."""
    rng = np.random.default_rng(seed)
    rest = rng.integers(0, groups, observations - groups)
    group = np.sort(np.concatenate([np.arange(groups), rest]))
    x = (rng.random(observations) < 0.2).astype(float)
    intercept = 1.3 + 0.35 * rng.normal(size=groups)
    slope = -0.6 + 0.3 * rng.normal(size=groups)
    y = intercept[group] + slope[group] * x + 0.7 * rng.normal(size=observations)
    return group, x, y


def varying_slopes() -> pm.Model:
    """Intercepts and slopes that vary between 85 groups."""
    group, x, y = simulate_groups()
    groups = int(group.max()) + 1
    with pm.Model() as model:
        mu_a = pm.Normal("mu_a", mu=0, sigma=5)
        mu_b = pm.Normal("mu_b", mu=0, sigma=5)
        sigma_a = pm.HalfNormal("sigma_a", sigma=1)
        sigma_b = pm.HalfNormal("sigma_b", sigma=1)
        z_a = pm.Normal("z_a", mu=0, sigma=1, shape=groups)
        z_b = pm.Normal("z_b", mu=0, sigma=1, shape=groups)
        sigma_y = pm.HalfNormal("sigma_y", sigma=1)
        a = mu_a + sigma_a * z_a
        b = mu_b + sigma_b * z_b
        pm.Normal("y", mu=a[group] + b[group] * x, sigma=sigma_y, observed=y)
    return model


DEMOS = {
    "eight_schools": Demo(
        "Eight schools: effects of coaching, partially pooled (non-centred)",
        "Rubin (1981), 8 schools",
        eight_schools,
        shown=("mu", "tau", "theta"),
        target_accept=0.95,
    ),
    "wells": Demo(
        "Wells: logistic regression of switching wells on distance",
        "Gelman and Hill (2007), 3020 households in Araihazar, Bangladesh",
        wells,
        shown=("alpha", "beta"),
    ),
    "kidiq": Demo(
        "Kid IQ: linear regression of a test score on the mother's schooling and IQ",
        "National Longitudinal Survey of Youth, 434 children",
        kidiq,
        shown=("beta", "sigma"),
    ),
    "varying_slopes": Demo(
        "Varying intercepts and slopes: 919 observations in 85 groups",
        "simulated, with a fixed seed",
        varying_slopes,
        shown=("mu_a", "mu_b", "sigma_a", "sigma_b", "sigma_y"),
    ),
}
