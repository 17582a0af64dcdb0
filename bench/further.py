# ruff: noqa: E402  the thread variables have to be set before NumPy is loaded
"""Twelve further models: graphcore beside PyMC, which runs the very same text.

    python bench/further.py                      every model
    python bench/further.py ordinal hmm          some models
    python bench/further.py --peer numba         PyMC through numba instead of C
    python bench/further.py --peer none          graphcore alone

Values and gradients are compared at eight points before anything is timed. The last column counts
the steps of our program that call Python; there should be none.
"""

from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ.setdefault("PYTENSOR_FLAGS", "blas__ldflags=")  # what pip installs: no BLAS to link

import argparse
import sys
import time
import warnings

import numpy as np
import timing


def _design(rng, n, k):
    return rng.normal(size=(n, k)), rng.normal(size=k) * 0.3


def negative_binomial(rng, pm, tt, scan):
    """Negative binomial regression with an offset, 2000 x 6"""
    X, b = _design(rng, 2000, 6)
    exposure = rng.uniform(0.5, 3, 2000)
    y = rng.poisson(exposure * np.exp(X @ b) * rng.gamma(2, 0.5, 2000))
    beta = pm.Normal("beta", 0, 1, shape=6)
    alpha = pm.Exponential("alpha", 0.5)
    mu = tt.exp(tt.dot(X, beta) + np.log(exposure))
    pm.NegativeBinomial("y", mu=mu, alpha=alpha, observed=y)


def survival(rng, pm, tt, scan):
    """Weibull survival with censoring, 2000 x 4"""
    X, b = _design(rng, 2000, 4)
    y = np.minimum(np.exp(X @ b) * rng.weibull(1.5, 2000), 1.5)
    beta = pm.Normal("beta", 0, 1, shape=4)
    alpha = pm.HalfNormal("alpha", 2)
    lifetime = pm.Weibull.dist(alpha, tt.exp(tt.dot(X, beta)))
    pm.Censored("y", lifetime, lower=None, upper=1.5, observed=y)


def ordinal(rng, pm, tt, scan):
    """Ordinal regression with five categories, 2000 x 4"""
    X, b = _design(rng, 2000, 4)
    noisy = X @ b + rng.logistic(size=2000)
    y = np.searchsorted([-2.0, -0.5, 0.5, 2.0], noisy)
    beta = pm.Normal("beta", 0, 1, shape=4)
    cuts = pm.Normal(
        "cuts", 0, 3, shape=4, transform=pm.distributions.transforms.ordered,
        initval=np.array([-2.0, -0.5, 0.5, 2.0]),
    )  # fmt: skip
    pm.OrderedLogistic("y", eta=tt.dot(X, beta), cutpoints=cuts, compute_p=False, observed=y)


def multinomial_logit(rng, pm, tt, scan):
    """Multinomial logit with four categories, 2000 x 5"""
    X = rng.normal(size=(2000, 5))
    logits = np.c_[np.zeros(2000), X @ rng.normal(size=(5, 3)) * 0.5]
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    beta = pm.Normal("beta", 0, 1, shape=(5, 3))
    eta = tt.concatenate([np.zeros((2000, 1)), tt.dot(X, beta)], axis=1)
    pm.Categorical("y", logit_p=eta, observed=y)


def beta_regression(rng, pm, tt, scan):
    """Beta regression, 2000 x 4"""
    X, b = _design(rng, 2000, 4)
    mu = 1 / (1 + np.exp(-X @ b))
    y = np.clip(rng.beta(mu * 8, (1 - mu) * 8), 1e-6, 1 - 1e-6)
    beta = pm.Normal("beta", 0, 1, shape=4)
    phi = pm.Gamma("phi", 2, 0.1)
    pm.Beta("y", mu=tt.sigmoid(tt.dot(X, beta)), nu=phi, observed=y)


def zero_inflated(rng, pm, tt, scan):
    """Zero-inflated Poisson regression, 2000 x 4"""
    X, b = _design(rng, 2000, 4)
    y = rng.poisson(np.exp(1 + X @ b)) * (rng.random(2000) < 0.7)
    psi = pm.Beta("psi", 2, 2)
    a = pm.Normal("a", 0, 2)
    beta = pm.Normal("beta", 0, 1, shape=4)
    pm.ZeroInflatedPoisson("y", psi=psi, mu=tt.exp(a + tt.dot(X, beta)), observed=y)


def horseshoe(rng, pm, tt, scan):
    """Horseshoe regression, 500 x 100"""
    X = rng.normal(size=(500, 100))
    y = X[:, :5] @ rng.normal(size=5) + rng.normal(size=500)
    tau = pm.HalfCauchy("tau", 1)
    lam = pm.HalfCauchy("lam", 1, shape=100)
    z = pm.Normal("z", 0, 1, shape=100)
    sd = pm.HalfNormal("sd", 2)
    pm.Normal("y", tt.dot(X, z * lam * tau), sd, observed=y)


def crossed_effects(rng, pm, tt, scan):
    """Crossed random effects of three factors, 5000 observations"""
    sizes = {"a": 50, "b": 30, "c": 20}
    rows = {k: rng.integers(0, n, 5000) for k, n in sizes.items()}
    y = sum(rng.normal(size=n)[rows[k]] for k, n in sizes.items()) + rng.normal(size=5000)
    mean = pm.Normal("mean", 0, 5)
    for key, n in sizes.items():
        spread = pm.HalfNormal(f"sd_{key}", 1)
        mean = mean + (spread * pm.Normal(f"z_{key}", 0, 1, shape=n))[rows[key]]
    pm.Normal("y", mean, pm.HalfNormal("sd", 1), observed=y)


def autoregression(rng, pm, tt, scan):
    """AR(2) with 50 of 1000 values missing"""
    y = np.zeros(1000)
    for t in range(2, 1000):
        y[t] = 0.5 * y[t - 1] - 0.3 * y[t - 2] + rng.normal()
    gaps = np.sort(rng.choice(np.arange(2, 998), 50, replace=False))
    a, b = pm.Normal("a", 0, 0.5), pm.Normal("b", 0, 0.5)
    sd = pm.HalfNormal("sd", 1)
    missing = pm.Normal("missing", 0, 10, shape=50)
    full = tt.set_subtensor(tt.as_tensor_variable(y)[gaps], missing)
    step = pm.Normal.dist(a * full[1:-1] + b * full[:-2], sd)
    pm.Potential("y", pm.logp(step, full[2:]).sum())


def hmm(rng, pm, tt, scan):
    """Hidden Markov model of two states, 500 normal observations"""
    y = np.where(np.cumsum(rng.random(500) < 0.05) % 2, 2.0, -1.0) + rng.normal(size=500)
    stay = pm.Beta("stay", 5, 1, shape=2)
    mu = pm.Normal("mu", 0, 3, shape=2)
    move = tt.log(tt.stack([tt.stack([stay[0], 1 - stay[0]]), tt.stack([1 - stay[1], stay[1]])]))
    density = pm.logp(pm.Normal.dist(mu, 1.0), y[:, None])

    def forward(d, before, move):
        joint = before[:, None] + move
        top = tt.max(joint, axis=0)
        return d + top + tt.log(tt.sum(tt.exp(joint - top), axis=0))

    start = density[0] + np.log(0.5)
    states, _ = scan(
        forward, sequences=[density[1:]], outputs_info=[start], non_sequences=[move], strict=True
    )
    pm.Potential("y", pm.math.logsumexp(states[-1]))


def matrix_factorisation(rng, pm, tt, scan):
    """Matrix factorisation of rank 5, 3000 entries of 100 x 80"""
    i, j = rng.integers(0, 100, 3000), rng.integers(0, 80, 3000)
    U, V = rng.normal(size=(100, 5)), rng.normal(size=(80, 5))
    y = (U[i] * V[j]).sum(axis=1) + 0.5 * rng.normal(size=3000)
    u = pm.Normal("u", 0, 1, shape=(100, 5))
    v = pm.Normal("v", 0, 1, shape=(80, 5))
    sd = pm.HalfNormal("sd", 1)
    pm.Normal("y", (u[i] * v[j]).sum(axis=1), sd, observed=y)


def poisson_process(rng, pm, tt, scan):
    """Poisson counts with a Gaussian process as log rate, N=100"""
    x = np.linspace(0, 5, 100)
    y = rng.poisson(np.exp(1 + np.sin(2 * x)))
    eta, length = pm.HalfNormal("eta", 1), pm.InverseGamma("length", 5, 5)
    z = pm.Normal("z", 0, 1, shape=100)
    distance = (x[:, None] - x[None, :]) ** 2
    K = eta**2 * tt.exp(-0.5 * distance / length**2) + 1e-6 * np.eye(100)
    pm.Poisson("y", tt.exp(1 + tt.dot(tt.linalg.cholesky(K), z)), observed=y)


MODELS = {
    f.__name__: f
    for f in (
        negative_binomial, survival, ordinal, multinomial_logit, beta_regression, zero_inflated,
        horseshoe, crossed_effects, autoregression, hmm, matrix_factorisation, poisson_process,
    )
}  # fmt: skip


def ours(build):
    import graphcore
    import graphcore.model as pm
    import graphcore.tensor as tt

    start = time.perf_counter()
    with pm.Model() as model:
        build(np.random.default_rng(1), pm, tt, graphcore.scan)
    f = model.logp_dlogp_function()
    return f, time.perf_counter() - start


def pymc(build, linker):
    import pymc as pm
    import pytensor
    import pytensor.tensor as tt
    from pytensor.compile.mode import Mode

    start = time.perf_counter()
    with pm.Model() as model:
        build(np.random.default_rng(1), pm, tt, pytensor.scan)
    mode = "NUMBA" if linker == "numba" else Mode(linker="cvm", optimizer="fast_run")
    f = model.logp_dlogp_function(ravel_inputs=True, mode=mode)
    f.set_extra_values({})
    raw = f._pytensor_function
    raw.trust_input = True
    return raw, time.perf_counter() - start


def difference(one, other, points):
    """Largest error of the gradient relative to its largest entry, and of the log density."""
    worst = 0.0
    for x in points:
        (a, g), (b, h) = one(x), other(x)
        worst = max(worst, np.abs(g - h).max() / np.abs(h).max(), abs(a - b) / max(1, abs(b)))
    return worst


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--peer", choices=("c", "numba", "none"), default="c")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    print(f"{'model':22s} {'dim':>5s} {'ours us':>9s} {'PyMC us':>9s} {'ratio':>7s} "
          f"{'build ms':>9s} {'PyMC s':>7s} {'difference':>10s} python")  # fmt: skip
    for name in args.models or MODELS:
        f, seconds = ours(MODELS[name])
        points = 0.3 * np.random.default_rng(2).normal(size=(8, f.dim))
        python = sum("python" in line for line in f.disassembly().splitlines())
        calls, took, error = {"ours": f}, None, None
        if args.peer != "none":
            calls["peer"], took = pymc(MODELS[name], args.peer)
            error = difference(f, calls["peer"], points)
        us = timing.interleaved(calls, list(points), args.rounds)
        peer = us.get("peer", np.nan)
        print(f"{name:22s} {f.dim:5d} {us['ours']:9.2f} {peer:9.2f} {peer / us['ours']:6.1f}x "
              f"{1e3 * seconds:9.1f} {took or 0:7.1f} {error or 0:10.1e} {python:6d}",
              flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
