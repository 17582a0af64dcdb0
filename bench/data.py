"""The benchmark models' data: seeded, simulated (but for eight schools), and their test points.

A model is named by a short id. All engines evaluate the same log density on the same flat float64
vector: parameters in the order the model declares them, positive ones as logarithms, ordered ones
as first value and log differences, probabilities as log odds, a Cholesky factor packed by rows with
its diagonal as logarithms; the log Jacobians are added.
"""

from __future__ import annotations

import numpy as np

MODELS = {
    "m01": "normal mean, N=50",
    "m02": "normal mean and sd, N=50",
    "m03": "eight schools, non-centred",
    "m04": "linear regression 1000x10",
    "m05": "linear regression 100000x20",
    "m06": "logistic regression 1000x10",
    "m07": "logistic regression 100000x50",
    "m08": "varying intercepts and slopes, 919 obs / 85 groups",
    "m09": "Poisson regression 10000x10",
    "m10": "Student-t regression 1000x5",
    "m11": "stochastic volatility T=3000",
    "m12": "3-component mixture N=1000",
    "m13": "Gaussian process, N=200",
    "m14": "item response 2PL, 500 persons x 20 items",
    "m15": "correlated varying effects (LKJ), 1000 obs / 50 groups",
    "m16": "AR(2) with GARCH(1,1) noise, T=1000",
    "m17a": "sum exp(a x^3 + y^2), n=10",
    "m17b": "sum exp(a x^3 + y^2), n=1000",
    "m17c": "sum exp(a x^3 + y^2), n=1e6",
}


def _normal(rng, scale, dim):
    return {"y": rng.normal(0.5, scale, 50), "N": 50, "dim": dim}


def _eight_schools(rng):
    effect = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    error = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    return {"y": effect, "s": error, "N": 8, "dim": 10}


def _linear(rng, n, k):
    X = rng.normal(size=(n, k))
    b = rng.normal(size=k) * 0.7
    return {"X": X, "y": X @ b + rng.normal(size=n) * 0.8, "N": n, "K": k, "dim": k + 1}


def _logistic(rng, n, k):
    X = rng.normal(size=(n, k))
    b = rng.normal(size=k) * 0.4
    y = (rng.random(n) < 1 / (1 + np.exp(-X @ b))).astype(np.int64)
    return {"X": X, "y": y, "N": n, "K": k, "dim": k}


def _groups(rng, n, groups):
    g = np.sort(np.concatenate([np.arange(groups), rng.integers(0, groups, n - groups)]))
    x = (rng.random(n) < 0.2).astype(float)
    a = 1.3 + 0.35 * rng.normal(size=groups)
    b = -0.6 + 0.3 * rng.normal(size=groups)
    y = a[g] + b[g] * x + 0.7 * rng.normal(size=n)
    return {"y": y, "x": x, "g": g.astype(np.int64), "N": n, "G": groups, "dim": 5 + 2 * groups}


def _poisson(rng, n, k):
    X = rng.normal(size=(n, k))
    X[:, 0] = 1.0
    b = rng.normal(size=k) * 0.25
    b[0] = 1.0
    return {"X": X, "y": rng.poisson(np.exp(X @ b)).astype(np.int64), "N": n, "K": k, "dim": k}


def _student(rng, n, k):
    X = rng.normal(size=(n, k))
    b = rng.normal(size=k)
    return {"X": X, "y": X @ b + 0.5 * rng.standard_t(4, size=n), "N": n, "K": k, "dim": k + 2}


def _volatility(rng, n):
    h = -1.0 + np.cumsum(rng.normal(size=n) * 0.1)
    h -= h.mean()
    return {"y": np.exp(h) * rng.standard_t(8, size=n), "N": n, "dim": n + 2}


def _mixture(rng, n):
    k = rng.choice(3, size=n, p=[0.3, 0.45, 0.25])
    mean, sd = np.array([-4.0, 0.0, 4.5]), np.array([0.8, 1.2, 1.0])
    return {"y": rng.normal(mean[k], sd[k]), "N": n, "dim": 8}


def _gaussian_process(rng, n):
    x = np.sort(rng.uniform(0, 10, n))
    y = np.sin(x) + 0.5 * np.cos(2.3 * x) + 0.3 * rng.normal(size=n)
    return {"x": x, "y": y, "N": n, "dim": 3}


def _item_response(rng, persons, items):
    theta, b = rng.normal(size=persons), rng.normal(size=items)
    a = np.exp(0.3 * rng.normal(size=items))
    p, q = np.repeat(np.arange(persons), items), np.tile(np.arange(items), persons)
    y = (rng.random(persons * items) < 1 / (1 + np.exp(-a[q] * (theta[p] - b[q])))).astype(np.int64)
    p, q = p.astype(np.int64), q.astype(np.int64)
    dim = persons + 2 * items
    return {"y": y, "p": p, "q": q, "N": persons * items, "P": persons, "Q": items, "dim": dim}


def _correlated_groups(rng, n, groups):
    rest = rng.integers(0, groups, n - groups)
    g = np.sort(np.concatenate([np.arange(groups), rest])).astype(np.int64)
    x = rng.normal(size=n)
    L = np.array([[1.0, 0], [0.4 * 0.6, 0.6 * np.sqrt(1 - 0.16)]])
    effects = rng.normal(size=(groups, 2)) @ L.T + np.array([1.0, -0.5])
    y = effects[g, 0] + effects[g, 1] * x + 0.5 * rng.normal(size=n)
    return {"y": y, "x": x, "g": g, "N": n, "G": groups, "dim": 6 + 2 * groups}


def _garch(rng, n):
    y, variance, e = np.zeros(n), 1.0, 0.0
    for t in range(2, n):
        variance = 0.2 + 0.2 * e * e + 0.6 * variance
        e = np.sqrt(variance) * rng.normal()
        y[t] = 0.1 + 0.4 * y[t - 1] - 0.2 * y[t - 2] + e
    return {"y": y, "N": n, "variance": float(np.var(y)), "dim": 6}


def _expression(rng, n):
    return {"y": rng.normal(size=n) * 0.5, "N": n, "dim": n + 1}


_MAKERS = {
    "m01": (_normal, 1.0, 1),
    "m02": (_normal, 1.3, 2),
    "m03": (_eight_schools,),
    "m04": (_linear, 1000, 10),
    "m05": (_linear, 100_000, 20),
    "m06": (_logistic, 1000, 10),
    "m07": (_logistic, 100_000, 50),
    "m08": (_groups, 919, 85),
    "m09": (_poisson, 10_000, 10),
    "m10": (_student, 1000, 5),
    "m11": (_volatility, 3000),
    "m12": (_mixture, 1000),
    "m13": (_gaussian_process, 200),
    "m14": (_item_response, 500, 20),
    "m15": (_correlated_groups, 1000, 50),
    "m16": (_garch, 1000),
    "m17a": (_expression, 10),
    "m17b": (_expression, 1000),
    "m17c": (_expression, 1_000_000),
}


def make(name: str) -> dict:
    """The data of a model: float64 and int64 arrays, sizes, and the parameter count ``dim``."""
    maker, *args = _MAKERS[name]
    number = int("".join(c for c in name if c.isdigit()))
    return maker(np.random.default_rng(number + 1234), *args)


def points(name: str, data: dict, n: int = 8) -> np.ndarray:
    """``n`` fixed, plausible parameter vectors on the unconstrained scale, one per row."""
    rng = np.random.default_rng(99)
    t = rng.normal(size=(n, data["dim"])) * 0.3
    if name == "m09":
        t *= 0.3
        t[:, 0] += 1
    elif name == "m11":  # a smooth path: otherwise the random-walk term dwarfs the rest
        t[:, 2:] = np.cumsum(rng.normal(size=(n, data["N"])) * 0.1, axis=1)
        t[:, 2:] -= t[:, 2:].mean(1, keepdims=True)
        t[:, 0] = -2.0 + 0.2 * t[:, 0]
        t[:, 1] = 2 + 0.3 * t[:, 1]
    elif name == "m12":
        t[:, 2] -= 3
        t[:, 3:5] += 1.3
    return np.ascontiguousarray(t)
