"""Twelve of the further models and their data, as a user of PyMC types them."""

from __future__ import annotations

import numpy as np
from further_registry import cutpoints, design, model


def _exposed_counts(rng):
    X, b = design(rng, 2000, 6)
    exposure = rng.uniform(0.5, 3, 2000)
    y = rng.poisson(exposure * np.exp(X @ b) * rng.gamma(2, 0.5, 2000))
    return {"X": X, "exposure": exposure, "y": y}


@model(_exposed_counts)
def negative_binomial(d, pm, tt, scan):
    """Negative binomial regression with an offset, 2000 x 6"""
    beta = pm.Normal("beta", 0, 1, shape=6)
    alpha = pm.Exponential("alpha", 0.5)
    mu = tt.exp(tt.dot(d["X"], beta) + np.log(d["exposure"]))
    pm.NegativeBinomial("y", mu=mu, alpha=alpha, observed=d["y"])


def _lifetimes(rng):
    X, b = design(rng, 2000, 4)
    return {"X": X, "y": np.minimum(np.exp(X @ b) * rng.weibull(1.5, 2000), 1.5)}


@model(_lifetimes)
def survival(d, pm, tt, scan):
    """Weibull survival with censoring, 2000 x 4"""
    beta = pm.Normal("beta", 0, 1, shape=4)
    alpha = pm.HalfNormal("alpha", 2)
    lifetime = pm.Weibull.dist(alpha, tt.exp(tt.dot(d["X"], beta)))
    pm.Censored("y", lifetime, lower=None, upper=1.5, observed=d["y"])


def grades(rng):
    X, b = design(rng, 2000, 4)
    cuts = np.array([-2.0, -0.5, 0.5, 2.0])
    return {"X": X, "cuts": cuts, "y": np.searchsorted(cuts, X @ b + rng.logistic(size=2000))}


@model(grades)
def ordinal(d, pm, tt, scan):
    """Ordinal regression with five categories, 2000 x 4"""
    beta = pm.Normal("beta", 0, 1, shape=4)
    eta, cuts = tt.dot(d["X"], beta), cutpoints(d, pm)
    pm.OrderedLogistic("y", eta=eta, cutpoints=cuts, compute_p=False, observed=d["y"])


def _choices(rng):
    X = rng.normal(size=(2000, 5))
    logits = np.c_[np.zeros(2000), X @ rng.normal(size=(5, 3)) * 0.5]
    return {"X": X, "y": (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)}


@model(_choices)
def multinomial_logit(d, pm, tt, scan):
    """Multinomial logit with four categories, 2000 x 5"""
    beta = pm.Normal("beta", 0, 1, shape=(5, 3))
    eta = tt.concatenate([np.zeros((2000, 1)), tt.dot(d["X"], beta)], axis=1)
    pm.Categorical("y", logit_p=eta, observed=d["y"])


def _shares(rng):
    X, b = design(rng, 2000, 4)
    mu = 1 / (1 + np.exp(-X @ b))
    return {"X": X, "y": np.clip(rng.beta(mu * 8, (1 - mu) * 8), 1e-6, 1 - 1e-6)}


@model(_shares)
def beta_regression(d, pm, tt, scan):
    """Beta regression, 2000 x 4"""
    beta = pm.Normal("beta", 0, 1, shape=4)
    phi = pm.Gamma("phi", 2, 0.1)
    pm.Beta("y", mu=tt.sigmoid(tt.dot(d["X"], beta)), nu=phi, observed=d["y"])


def _inflated_counts(rng):
    X, b = design(rng, 2000, 4)
    return {"X": X, "y": rng.poisson(np.exp(1 + X @ b)) * (rng.random(2000) < 0.7)}


@model(_inflated_counts)
def zero_inflated(d, pm, tt, scan):
    """Zero-inflated Poisson regression, 2000 x 4"""
    psi = pm.Beta("psi", 2, 2)
    a = pm.Normal("a", 0, 2)
    beta = pm.Normal("beta", 0, 1, shape=4)
    pm.ZeroInflatedPoisson("y", psi=psi, mu=tt.exp(a + tt.dot(d["X"], beta)), observed=d["y"])


def _sparse(rng):
    X = rng.normal(size=(500, 100))
    return {"X": X, "y": X[:, :5] @ rng.normal(size=5) + rng.normal(size=500)}


@model(_sparse)
def horseshoe(d, pm, tt, scan):
    """Horseshoe regression, 500 x 100"""
    tau = pm.HalfCauchy("tau", 1)
    lam = pm.HalfCauchy("lam", 1, shape=100)
    z = pm.Normal("z", 0, 1, shape=100)
    sd = pm.HalfNormal("sd", 2)
    pm.Normal("y", tt.dot(d["X"], z * lam * tau), sd, observed=d["y"])


FACTORS = {"a": 50, "b": 30, "c": 20}


def _crossed(rng):
    rows = {k: rng.integers(0, n, 5000) for k, n in FACTORS.items()}
    y = sum(rng.normal(size=n)[rows[k]] for k, n in FACTORS.items()) + rng.normal(size=5000)
    return {**rows, "y": y}


@model(_crossed)
def crossed_effects(d, pm, tt, scan):
    """Crossed random effects of three factors, 5000 observations"""
    mean = pm.Normal("mean", 0, 5)
    for key, n in FACTORS.items():
        spread = pm.HalfNormal(f"sd_{key}", 1)
        mean = mean + (spread * pm.Normal(f"z_{key}", 0, 1, shape=n))[d[key]]
    pm.Normal("y", mean, pm.HalfNormal("sd", 1), observed=d["y"])


def _gappy_series(rng):
    y = np.zeros(1000)
    for t in range(2, 1000):
        y[t] = 0.5 * y[t - 1] - 0.3 * y[t - 2] + rng.normal()
    return {"y": y, "gaps": np.sort(rng.choice(np.arange(2, 998), 50, replace=False))}


@model(_gappy_series)
def autoregression(d, pm, tt, scan):
    """AR(2) with 50 of 1000 values missing"""
    a, b = pm.Normal("a", 0, 0.5), pm.Normal("b", 0, 0.5)
    sd = pm.HalfNormal("sd", 1)
    missing = pm.Normal("missing", 0, 10, shape=50)
    full = tt.set_subtensor(tt.as_tensor_variable(d["y"])[d["gaps"]], missing)
    step = pm.Normal.dist(a * full[1:-1] + b * full[:-2], sd)
    pm.Potential("y", pm.logp(step, full[2:]).sum())


def _switching(rng):
    state = np.cumsum(rng.random(500) < 0.05) % 2
    return {"y": np.where(state, 2.0, -1.0) + rng.normal(size=500)}


@model(_switching)
def hmm(d, pm, tt, scan):
    """Hidden Markov model of two states, 500 normal observations"""
    stay = pm.Beta("stay", 5, 1, shape=2)
    mu = pm.Normal("mu", 0, 3, shape=2)
    move = tt.log(tt.stack([tt.stack([stay[0], 1 - stay[0]]), tt.stack([1 - stay[1], stay[1]])]))
    density = pm.logp(pm.Normal.dist(mu, 1.0), d["y"][:, None])

    def forward(now, before, move):
        joint = before[:, None] + move
        top = tt.max(joint, axis=0)
        return now + top + tt.log(tt.sum(tt.exp(joint - top), axis=0))

    start = density[0] + np.log(0.5)
    states, _ = scan(
        forward, sequences=[density[1:]], outputs_info=[start], non_sequences=[move], strict=True
    )
    pm.Potential("y", pm.math.logsumexp(states[-1]))


def _entries(rng):
    i, j = rng.integers(0, 100, 3000), rng.integers(0, 80, 3000)
    U, V = rng.normal(size=(100, 5)), rng.normal(size=(80, 5))
    return {"i": i, "j": j, "y": (U[i] * V[j]).sum(axis=1) + 0.5 * rng.normal(size=3000)}


@model(_entries)
def matrix_factorisation(d, pm, tt, scan):
    """Matrix factorisation of rank 5, 3000 entries of 100 x 80"""
    u = pm.Normal("u", 0, 1, shape=(100, 5))
    v = pm.Normal("v", 0, 1, shape=(80, 5))
    sd = pm.HalfNormal("sd", 1)
    pm.Normal("y", (u[d["i"]] * v[d["j"]]).sum(axis=1), sd, observed=d["y"])


def _smooth_counts(rng):
    x = np.linspace(0, 5, 100)
    distance = (x[:, None] - x[None, :]) ** 2
    return {"distance": distance, "y": rng.poisson(np.exp(1 + np.sin(2 * x)))}


@model(_smooth_counts)
def poisson_process(d, pm, tt, scan):
    """Poisson counts with a Gaussian process as log rate, N=100"""
    eta, length = pm.HalfNormal("eta", 1), pm.InverseGamma("length", 5, 5)
    z = pm.Normal("z", 0, 1, shape=100)
    K = eta**2 * tt.exp(-0.5 * d["distance"] / length**2) + 1e-6 * np.eye(100)
    pm.Poisson("y", tt.exp(1 + tt.dot(tt.linalg.cholesky(K), z)), observed=d["y"])
