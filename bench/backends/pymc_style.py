"""The benchmark models as a user of PyMC types them.

graphcore and PyMC run the very same text: ``pm`` and ``tt`` are ``graphcore.model`` and
``graphcore.tensor``, or ``pymc`` and ``pytensor.tensor``.
"""

from __future__ import annotations

import importlib

import numpy as np


def _m01(d, pm, tt):
    mu = pm.Normal("mu", 0, 1)
    pm.Normal("y", mu, 1, observed=d["y"])


def _m02(d, pm, tt):
    mu = pm.Normal("mu", 0, 1)
    sd = pm.HalfNormal("sd", 1)
    pm.Normal("y", mu, sd, observed=d["y"])


def _m03(d, pm, tt):
    mu = pm.Normal("mu", 0, 5)
    tau = pm.HalfCauchy("tau", 5)
    z = pm.Normal("z", 0, 1, shape=d["N"])
    pm.Normal("y", mu + tau * z, d["s"], observed=d["y"])


def _m04(d, pm, tt):
    beta = pm.Normal("beta", 0, 1, shape=d["K"])
    sd = pm.HalfCauchy("sd", 2.5)
    pm.Normal("y", tt.dot(d["X"], beta), sd, observed=d["y"])


def _m06(d, pm, tt):
    beta = pm.Normal("beta", 0, 1, shape=d["K"])
    pm.Bernoulli("y", logit_p=tt.dot(d["X"], beta), observed=d["y"])


def _m08(d, pm, tt):
    mu_a, mu_b = pm.Normal("mu_a", 0, 5), pm.Normal("mu_b", 0, 5)
    sd_a, sd_b = pm.HalfNormal("sd_a", 1), pm.HalfNormal("sd_b", 1)
    z_a = pm.Normal("z_a", 0, 1, shape=d["G"])
    z_b = pm.Normal("z_b", 0, 1, shape=d["G"])
    sd_y = pm.HalfNormal("sd_y", 1)
    a, b = mu_a + sd_a * z_a, mu_b + sd_b * z_b
    pm.Normal("y", a[d["g"]] + b[d["g"]] * d["x"], sd_y, observed=d["y"])


def _m09(d, pm, tt):
    beta = pm.Normal("beta", 0, 1, shape=d["K"])
    pm.Poisson("y", tt.exp(tt.dot(d["X"], beta)), observed=d["y"])


def _m10(d, pm, tt):
    beta = pm.Normal("beta", 0, 1, shape=d["K"])
    sd = pm.HalfCauchy("sd", 2.5)
    nu = pm.Gamma("nu", 2, 0.1)
    pm.StudentT("y", nu=nu, mu=tt.dot(d["X"], beta), sigma=sd, observed=d["y"])


def _m11(d, pm, tt):
    step = pm.Exponential("step", 10)
    nu = pm.Exponential("nu", 0.1)
    h = pm.Flat("h", shape=d["N"])
    pm.Potential("start", pm.logp(pm.Normal.dist(0, 1), h[0]))
    pm.Potential("walk", pm.logp(pm.Normal.dist(0, step), h[1:] - h[:-1]).sum())
    pm.StudentT("y", nu=nu, mu=0, sigma=tt.exp(h), observed=d["y"])


def _m12(d, pm, tt):
    v = pm.Flat("v", shape=2)
    first, gaps = pm.Flat("first"), pm.Flat("gaps", shape=2)
    sd = pm.HalfNormal("sd", 2, shape=3)
    free = tt.concatenate([v, [-v.sum()]])
    log_w = free - pm.math.logsumexp(free)
    mu = tt.stack([first, first + tt.exp(gaps[0]), first + tt.exp(gaps[0]) + tt.exp(gaps[1])])
    pm.Potential("weights", log_w.sum())
    pm.Potential("means", pm.logp(pm.Normal.dist(0, 5), mu).sum() + gaps.sum())
    terms = log_w + pm.logp(pm.Normal.dist(mu, sd), d["y"][:, None])
    pm.Potential("y", pm.math.logsumexp(terms, axis=1).sum())


def _m13(d, pm, tt):
    length, eta = pm.HalfNormal("length", 1), pm.HalfNormal("eta", 1)
    noise = pm.HalfNormal("noise", 1)
    squares = (d["x"][:, None] - d["x"][None]) ** 2
    cov = eta**2 * tt.exp(-0.5 * squares / length**2) + tt.eye(d["N"]) * (noise**2 + 1e-6)
    pm.MvNormal("y", mu=np.zeros(d["N"]), cov=cov, observed=d["y"])


def _m14(d, pm, tt):
    theta = pm.Normal("theta", 0, 1, shape=d["P"])
    b = pm.Normal("b", 0, 1.5, shape=d["Q"])
    a = pm.LogNormal("a", 0, 0.5, shape=d["Q"])
    p, q = d["p"], d["q"]
    pm.Bernoulli("y", logit_p=a[q] * (theta[p] - b[q]), observed=d["y"])


def _m15(d, pm, tt):
    mu = pm.Normal("mu", 0, 5, shape=2)
    sd = pm.Exponential.dist(1, shape=2)
    chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=sd)
    z = pm.Normal("z", 0, 1, shape=(d["G"], 2))
    sd_y = pm.Exponential("sd_y", 1)
    effects = mu + tt.dot(z, chol.T)
    g = d["g"]
    pm.Normal("y", effects[g, 0] + effects[g, 1] * d["x"], sd_y, observed=d["y"])


def _m16(d, pm, tt):
    y = d["y"]
    mu, phi1 = pm.Normal("mu", 0, 1), pm.Normal("phi1", 0, 0.5)
    phi2, omega = pm.Normal("phi2", 0, 0.5), pm.HalfNormal("omega", 1)
    alpha, beta = pm.Beta("alpha", 2, 5), pm.Beta("beta", 5, 2)
    r = y[2:] - mu - phi1 * y[1:-1] - phi2 * y[:-2]
    first = tt.as_tensor_variable(np.float64(d["variance"]))
    later, _ = _scan_of(tt)(
        lambda square, variance, omega, alpha, beta: omega + alpha * square + beta * variance,
        sequences=[(r**2)[:-1]],
        outputs_info=[first],
        non_sequences=[omega, alpha, beta],
        strict=True,
    )
    variance = tt.concatenate([[d["variance"]], later])
    pm.Potential("y", pm.logp(pm.Normal.dist(0, tt.sqrt(variance)), r).sum())


def _scan_of(tt):
    """``graphcore.scan`` or ``pytensor.scan``."""
    return importlib.import_module(tt.__name__.partition(".")[0]).scan


def _m17(d, pm, tt):
    a = pm.Flat("a")
    x = pm.Flat("x", shape=d["N"])
    pm.Potential("f", tt.exp(a * x**3 + d["y"] ** 2).sum())


_MODELS = {
    "m01": _m01,
    "m02": _m02,
    "m03": _m03,
    "m04": _m04,
    "m05": _m04,
    "m06": _m06,
    "m07": _m06,
    "m08": _m08,
    "m09": _m09,
    "m10": _m10,
    "m11": _m11,
    "m12": _m12,
    "m13": _m13,
    "m14": _m14,
    "m15": _m15,
    "m16": _m16,
    "m17a": _m17,
    "m17b": _m17,
    "m17c": _m17,
}


def build_model(name, data, pm, tt):
    """The model of that id on ``data``, built with the given two modules."""
    with pm.Model() as model:
        _MODELS[name](data, pm, tt)
    return model
