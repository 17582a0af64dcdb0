"""CasADi's virtual machine (no code generation), through its buffered call."""

from __future__ import annotations

import casadi as ca
import numpy as np

from . import Call

NAME = "CasADi"
SUPPORTS = {"m01", "m02", "m03", "m04", "m06", "m08", "m17a", "m17b", "m17c"}


def _half_cauchy(log_sd, scale):
    return log_sd - ca.log1p((ca.exp(log_sd) / scale) ** 2)


def _linear(d, t, y):
    k, n = d["K"], d["N"]
    residual = (y - ca.mtimes(ca.DM(d["X"]), t[:k])) / ca.exp(t[k])
    return -0.5 * ca.sumsqr(t[:k]) + _half_cauchy(t[k], 2.5) - n * t[k] - 0.5 * ca.sumsqr(residual)


def _logistic(d, t, y):
    eta = ca.mtimes(ca.DM(d["X"]), t)
    softplus = ca.fmax(eta, 0) + ca.log1p(ca.exp(-ca.fabs(eta)))
    return -0.5 * ca.sumsqr(t) + ca.dot(y, eta) - ca.sum1(softplus)


def _groups(d, t, y):
    n, groups, rows = d["N"], d["G"], d["g"].tolist()
    sd_a, sd_b, log_sd = ca.exp(t[2]), ca.exp(t[3]), t[4 + 2 * groups]
    z_a, z_b = t[4 : 4 + groups], t[4 + groups : 4 + 2 * groups]
    a, b = t[0] + sd_a * z_a, t[1] + sd_b * z_b
    residual = (y - a[rows] - b[rows] * ca.DM(d["x"])) / ca.exp(log_sd)
    prior = -0.5 * (ca.sumsqr(t[:2]) / 25 + sd_a**2 + sd_b**2 + ca.exp(log_sd) ** 2)
    prior += -0.5 * (ca.sumsqr(z_a) + ca.sumsqr(z_b)) + t[2] + t[3] + log_sd
    return prior - n * log_sd - 0.5 * ca.sumsqr(residual)


def _log_density(name, d, t):
    y = ca.DM(d["y"].astype(float))
    if name == "m01":
        return -0.5 * t[0] ** 2 - 0.5 * ca.sumsqr(y - t[0])
    if name == "m02":
        sd = ca.exp(t[1])
        prior = -0.5 * t[0] ** 2 - 0.5 * sd**2 + t[1]
        return prior - d["N"] * t[1] - 0.5 * ca.sumsqr((y - t[0]) / sd)
    if name == "m03":
        z = t[2:]
        prior = -0.5 * t[0] ** 2 / 25 + _half_cauchy(t[1], 5) - 0.5 * ca.sumsqr(z)
        return prior - 0.5 * ca.sumsqr((y - t[0] - ca.exp(t[1]) * z) / ca.DM(d["s"]))
    if name.startswith("m17"):
        x = t[1:]
        return ca.sum1(ca.exp(t[0] * x * x * x + y * y))
    return {"m04": _linear, "m06": _logistic, "m08": _groups}[name](d, t, y)


def build(name, d):
    symbol = ca.SX if name in ("m01", "m02", "m03") else ca.MX
    t = symbol.sym("t", d["dim"])
    logp = _log_density(name, d, t)
    function = ca.Function("f", [t], [logp, ca.gradient(logp, t)])
    buffer, evaluate = function.buffer()
    theta, value, grad = np.zeros(d["dim"]), np.zeros(1), np.zeros(d["dim"])
    buffer.set_arg(0, memoryview(theta))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(grad))

    def call(x):
        theta[:] = x
        evaluate()
        return value[0], grad

    return Call(call, keep=(function, buffer))
