"""Value and closed-form gradient written by hand in NumPy, for a few models."""

from __future__ import annotations

import numpy as np

from . import Call

NAME = "NumPy by hand"
SUPPORTS = {"m01", "m04", "m05", "m06", "m07", "m09", "m17a", "m17b", "m17c"}


def _normal_mean(d, g):
    y = d["y"]

    def f(t):
        r = y - t[0]
        g[0] = r.sum() - t[0]
        return -0.5 * (r @ r + t[0] * t[0]), g

    return f


def _linear(d, g):
    X, y, n, k = d["X"], d["y"], d["N"], d["K"]

    def f(t):
        b, sd = t[:k], np.exp(t[k])
        w, q = 1 / (sd * sd), (sd / 2.5) ** 2
        r = y - X @ b
        squares = r @ r
        g[:k] = (r @ X) * w - b
        g[k] = 1 - 2 * q / (1 + q) - n + squares * w
        return t[k] - np.log1p(q) - 0.5 * (b @ b) - n * t[k] - 0.5 * squares * w, g

    return f


def _logistic(d, g):
    X, y = d["X"], d["y"].astype(float)

    def f(t):
        eta = X @ t
        x = np.exp(-np.abs(eta))
        p = 1 / (1 + x)
        np.subtract((y - np.where(eta > 0, p, x * p)) @ X, t, out=g)
        return y @ eta - np.maximum(eta, 0).sum() - np.log1p(x).sum() - 0.5 * (t @ t), g

    return f


def _poisson(d, g):
    X, y = d["X"], d["y"].astype(float)

    def f(t):
        eta = X @ t
        rate = np.exp(eta)
        np.subtract((y - rate) @ X, t, out=g)
        return y @ eta - rate.sum() - 0.5 * (t @ t), g

    return f


def _expression(d, g):
    y2 = d["y"] ** 2

    def f(t):
        a, x = t[0], t[1:]
        x2 = x * x
        x3 = x2 * x
        e = np.exp(a * x3 + y2)
        g[0] = e @ x3
        np.multiply(e, x2, out=g[1:])
        g[1:] *= 3 * a
        return e.sum(), g

    return f


_MODELS = {
    "m01": _normal_mean,
    "m04": _linear,
    "m05": _linear,
    "m06": _logistic,
    "m07": _logistic,
    "m09": _poisson,
}


def build(name, d):
    return Call(_MODELS.get(name, _expression)(d, np.zeros(d["dim"])))
