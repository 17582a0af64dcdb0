"""More of the further models and their data, as a user of PyMC types them."""

from __future__ import annotations

import numpy as np
from further_registry import cutpoints, design, model
from further_twelve import grades


def _grouped(rng):
    g, x = rng.integers(0, 300, 5000), rng.normal(size=5000)
    return {"g": g, "x": x, "y": rng.normal(size=300)[g] + 0.3 * x + rng.normal(size=5000)}


@model(_grouped)
def random_effects(d, pm, tt, scan):
    """Random intercepts and slopes as rows of one array, 5000 unsorted observations"""
    mu = pm.Normal("mu", 0, 5, shape=2)
    sd = pm.HalfNormal("sd", 1, shape=2)
    effects = (mu + pm.Normal("z", 0, 1, shape=(300, 2)) * sd)[d["g"]]
    mean = effects[:, 0] + effects[:, 1] * d["x"]
    pm.Normal("y", mean, pm.HalfNormal("sd_y", 1), observed=d["y"])


def _grouped_counts(rng):
    g = rng.integers(0, 60, 3000)
    rate = np.exp(1 + 0.5 * rng.normal(size=60)[g]) * rng.gamma(2, 0.5, 3000)
    return {"g": g, "x": rng.normal(size=(3000, 3)), "y": rng.poisson(rate)}


@model(_grouped_counts)
def grouped_counts(d, pm, tt, scan):
    """Negative binomial with intercept and dispersion by group, 3000 observations"""
    mu, sd = pm.Normal("mu", 0, 2), pm.HalfCauchy("sd", 1)
    a = pm.Normal("a", mu, sd, shape=60)
    b = pm.Normal("b", 0, 1, shape=3)
    alpha = pm.Gamma("alpha", 2, 1, shape=60)
    rate = tt.exp(a[d["g"]] + tt.dot(d["x"], b))
    pm.NegativeBinomial("y", mu=rate, alpha=alpha[d["g"]], observed=d["y"])


def _claims(rng):
    X, b = design(rng, 2000, 4)
    return {"X": X, "y": rng.gamma(2, np.exp(X @ b) / 2)}


@model(_claims)
def gamma_regression(d, pm, tt, scan):
    """Gamma regression with a log link, 2000 x 4"""
    beta = pm.Normal("beta", 0, 1, shape=4)
    shape = pm.HalfNormal("shape", 3)
    pm.Gamma("y", alpha=shape, beta=shape / tt.exp(tt.dot(d["X"], beta)), observed=d["y"])


def _votes(rng):
    n = 10_000
    d = {k: rng.integers(0, m, n) for k, m in (("state", 51), ("age", 4), ("region", 4))}
    return {**d, "x": rng.normal(size=n), "y": (rng.random(n) < 0.4).astype(int)}


@model(_votes)
def votes(d, pm, tt, scan):
    """Logistic regression with three crossed factors, 10000 observations"""
    eta = pm.Normal("mu", 0, 2) + pm.Normal("b", 0, 1) * d["x"]
    spread = pm.HalfNormal("spread", 1, shape=3)
    for i, (key, n) in enumerate((("state", 51), ("age", 4), ("region", 4))):
        eta = eta + spread[i] * pm.Normal(f"z_{key}", 0, 1, shape=n)[d[key]]
    pm.Bernoulli("y", logit_p=eta, observed=d["y"])


@model(grades)
def ordered_probit(d, pm, tt, scan):
    """Ordered probit with five categories, 2000 x 4"""
    beta = pm.Normal("beta", 0, 1, shape=4)
    eta, cuts = tt.dot(d["X"], beta), cutpoints(d, pm)
    pm.OrderedProbit("y", eta=eta, cutpoints=cuts, compute_p=False, observed=d["y"])


def _walk(rng):
    return {"y": np.cumsum(rng.normal(size=300)) + rng.normal(size=300)}


@model(_walk)
def linear_trend(d, pm, tt, scan):
    """Local linear trend as a loop over 300 steps"""
    spread = pm.HalfNormal("spread", 1, shape=2)
    z = pm.Normal("z", 0, 1, shape=(300, 2))
    e = z * spread

    def step(e, level, slope):
        return level + slope + e[0], slope + e[1]

    zero = tt.as_tensor_variable(np.float64(0))
    (level, _), _ = scan(step, sequences=[e], outputs_info=[zero, zero], strict=True)
    pm.Normal("y", level, pm.HalfNormal("sd", 1), observed=d["y"])


@model(_walk)
def kalman_filter(d, pm, tt, scan):
    """Kalman filter of a local level, 300 steps"""
    q, r = pm.HalfNormal("q", 1), pm.HalfNormal("r", 1)

    def step(y, mean, variance, q, r):
        variance = variance + q**2
        total = variance + r**2
        gain, surprise = variance / total, y - mean
        density = -0.5 * (tt.log(2 * np.pi * total) + surprise**2 / total)
        return mean + gain * surprise, (1 - gain) * variance, density

    first = [tt.as_tensor_variable(np.float64(v)) for v in (0, 1)]
    (_, _, density), _ = scan(
        step, sequences=[tt.as_tensor_variable(d["y"])], outputs_info=[*first, None],
        non_sequences=[q, r], strict=True,
    )  # fmt: skip
    pm.Potential("y", density.sum())


def _repeated(rng):
    return {
        "g": rng.integers(0, 100, 3000),
        "X": np.c_[np.ones(3000), rng.normal(size=(3000, 3))],
        "y": rng.normal(size=3000),
    }


@model(_repeated)
def correlated_effects(d, pm, tt, scan):
    """Four correlated effects per group (LKJ), 100 groups, 3000 observations"""
    chol, _, _ = pm.LKJCholeskyCov(
        "chol", n=4, eta=2.0, sd_dist=pm.Exponential.dist(1.0), compute_corr=True
    )
    mu = pm.Normal("mu", 0, 2, shape=4)
    effects = mu + tt.dot(pm.Normal("z", 0, 1, shape=(100, 4)), chol.T)
    mean = (effects[d["g"]] * d["X"]).sum(axis=-1)
    pm.Normal("y", mean, pm.HalfNormal("sd", 1), observed=d["y"])


def _curve(rng):
    x = np.sort(rng.random(2000))
    centres = np.linspace(0, 1, 30)
    basis = np.clip(1 - 29 * np.abs(x[:, None] - centres), 0, None)
    return {"basis": basis, "y": np.sin(6 * x) + 0.3 * rng.normal(size=2000)}


@model(_curve)
def spline(d, pm, tt, scan):
    """Spline regression with a random walk of the weights, 2000 x 30"""
    tau = pm.HalfCauchy("tau", 1)
    w = pm.Normal("w", 0, 5, shape=30)
    pm.Potential("smooth", pm.logp(pm.Normal.dist(0, tau), w[1:] - w[:-1]).sum())
    pm.Normal("y", tt.dot(d["basis"], w), tt.exp(pm.Normal("log_sd", 0, 1)), observed=d["y"])


def _two_kinds(rng):
    y = np.where(rng.random(2000) < 0.4, -1, 2) + rng.normal(size=2000)
    return {"g": rng.integers(0, 20, 2000), "y": y}


@model(_two_kinds)
def grouped_mixture(d, pm, tt, scan):
    """Mixture of two normals with weights by group, 2000 observations"""
    w = pm.Dirichlet("w", np.ones(2), shape=(20, 2))
    mu = pm.Normal("mu", 0, 3, shape=2, initval=np.array([-1.0, 1.0]))
    sd = pm.HalfNormal("sd", 1, shape=2)
    pm.NormalMixture("y", w=w[d["g"]], mu=mu, sigma=sd, observed=d["y"])


def _recaptures(rng):
    return {"m": np.triu(rng.multinomial(50, np.ones(10) / 10, size=9))}


@model(_recaptures)
def capture_recapture(d, pm, tt, scan):
    """Survival and recapture of nine cohorts by their multinomials"""
    n = 9
    phi, p = pm.Beta("phi", 1, 1, shape=n), pm.Beta("p", 1, 1, shape=n)
    rows = []
    for t in range(n):
        cells, alive = [tt.as_tensor_variable(1e-12)] * t, 1.0
        for u in range(t, n):
            alive = alive * phi[u]
            cells.append(alive * p[u])
            alive = alive * (1 - p[u])
        rows.append(tt.stack([*cells, 1 - sum(cells[1:], cells[0])]))
    pm.Multinomial("m", n=d["m"].sum(axis=1), p=tt.stack(rows), observed=d["m"])


def _wide(rng):
    X = rng.normal(size=(400, 80))
    return {"X": X, "y": (X[:, 0] + rng.logistic(size=400) > 0).astype(int)}


@model(_wide)
def horseshoe_logistic(d, pm, tt, scan):
    """Regularised horseshoe, logistic, 400 x 80"""
    tau = pm.HalfCauchy("tau", 0.1)
    lam = pm.HalfCauchy("lam", 1, shape=80)
    slab = pm.InverseGamma("slab", 2, 8)
    scale = tau * tt.sqrt(slab * lam**2 / (slab + tau**2 * lam**2))
    beta = pm.Normal("z", 0, 1, shape=80) * scale
    pm.Bernoulli("y", logit_p=pm.Normal("a", 0, 5) + tt.dot(d["X"], beta), observed=d["y"])


def _tokens(rng):
    return {"document": rng.integers(0, 50, 5000), "word": rng.integers(0, 200, 5000)}


@model(_tokens)
def topics(d, pm, tt, scan):
    """Topic model with the topics summed out: 50 documents, 200 words, 5000 tokens"""
    theta = pm.Dirichlet("theta", np.ones(4), shape=(50, 4))
    phi = pm.Dirichlet("phi", np.ones(200), shape=(4, 200))
    pm.Potential("y", tt.log((theta[d["document"]] * phi[:, d["word"]].T).sum(axis=1)).sum())


def _risks(rng):
    X, b = design(rng, 2000, 4)
    order = np.argsort(-rng.exponential(np.exp(-X @ b)))
    return {"X": X[order], "event": (rng.random(2000) < 0.7).astype(float)}


@model(_risks)
def cox(d, pm, tt, scan):
    """Proportional hazards by the partial likelihood, 2000 x 4, rows ordered by time"""
    eta = tt.dot(d["X"], pm.Normal("beta", 0, 1, shape=4))
    at_risk = tt.log(tt.cumsum(tt.exp(eta)))
    pm.Potential("y", (d["event"] * (eta - at_risk)).sum())


def _labs(rng):
    g = rng.integers(0, 30, 3000)
    x = rng.normal(size=3000)
    return {
        "g": g,
        "x": x,
        "y": x + rng.standard_t(4, size=3000) * np.exp(0.3 * rng.normal(size=30))[g],
    }


@model(_labs)
def robust_regression(d, pm, tt, scan):
    """Student-t regression with a scale per group, 3000 observations"""
    a, b = pm.Normal("a", 0, 5), pm.Normal("b", 0, 1)
    nu = pm.Gamma("nu", 2, 0.1)
    scale = pm.HalfNormal("scale", 1, shape=30)
    pm.StudentT("y", nu=nu, mu=a + b * d["x"], sigma=scale[d["g"]], observed=d["y"])


def _digits(rng):
    X = rng.normal(size=(1000, 8))
    return {
        "X": X,
        "y": (X @ rng.normal(size=(8, 10)) + rng.gumbel(size=(1000, 10))).argmax(axis=1),
    }


@model(_digits)
def ten_classes(d, pm, tt, scan):
    """Softmax regression with ten classes, 1000 x 8"""
    w = pm.Normal("w", 0, 1, shape=(8, 10))
    pm.Categorical("y", logit_p=tt.dot(d["X"], w), observed=d["y"])


def _blobs(rng):
    centres = np.array([[-2.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
    return {"y": centres[rng.integers(0, 3, 1500)] + rng.normal(size=(1500, 2))}


@model(_blobs)
def plane_mixture(d, pm, tt, scan):
    """Mixture of three normals in the plane, 1500 points"""
    w = pm.Dirichlet("w", np.ones(3))
    mu = pm.Normal("mu", 0, 3, shape=(3, 2))
    sd = pm.HalfNormal("sd", 1, shape=(3, 2))
    y = d["y"][:, None, :]
    each = (-0.5 * ((y - mu) / sd) ** 2 - tt.log(sd)).sum(axis=2)
    pm.Potential("y", pm.math.logsumexp(each + tt.log(w), axis=1).sum())


def _outbreak(rng):
    s, i, seen = 0.99, 0.01, []
    for _ in range(100):
        new = 0.5 * s * i
        s, i = s - new, i + new - 0.2 * i
        seen.append(rng.poisson(1000 * i + 1))
    return {"y": np.array(seen)}


@model(_outbreak)
def epidemic(d, pm, tt, scan):
    """Susceptible, infected, recovered: 100 Euler steps, Poisson counts"""
    beta, gamma = pm.LogNormal("beta", -0.5, 0.5), pm.LogNormal("gamma", -1.5, 0.5)

    def step(s, i, beta, gamma):
        new = beta * s * i
        return s - new, i + new - gamma * i

    first = [tt.as_tensor_variable(np.float64(v)) for v in (0.99, 0.01)]
    (_, i), _ = scan(
        step, outputs_info=first, non_sequences=[beta, gamma], n_steps=100, strict=True
    )
    pm.Poisson("y", 1000 * i + 1, observed=d["y"])


def _answers(rng):
    return {
        "y": (rng.random((1000, 8)) < rng.beta(1, 1, (3, 8))[rng.integers(0, 3, 1000)]).astype(
            float
        )
    }


@model(_answers)
def latent_classes(d, pm, tt, scan):
    """Three latent classes of 1000 people by eight answers"""
    w = pm.Dirichlet("w", np.ones(3))
    p = pm.Normal("p", 0, 1.5, shape=(3, 8))
    each = tt.dot(d["y"], p.T) - tt.log1p(tt.exp(p)).sum(axis=1)
    pm.Potential("y", pm.math.logsumexp(each + tt.log(w), axis=1).sum())


def _returns(rng):
    return {"y": rng.standard_t(5, size=1000)}


@model(_returns)
def garch_t(d, pm, tt, scan):
    """GARCH(1, 1) with Student-t shocks by a loop over 1000 days"""
    omega, a = pm.HalfNormal("omega", 1), pm.Beta("a", 2, 5)
    b, nu = pm.Beta("b", 5, 2), pm.Gamma("nu", 2, 0.1)
    h, _ = scan(
        lambda y, h, omega, a, b: omega + a * y**2 + b * h,
        sequences=[tt.as_tensor_variable(d["y"][:-1])],
        outputs_info=[tt.as_tensor_variable(np.float64(1))],
        non_sequences=[omega, a, b], strict=True,
    )  # fmt: skip
    pm.StudentT("y", nu=nu, mu=0, sigma=tt.sqrt(h), observed=d["y"][1:])


def _tests(rng):
    i, j = rng.integers(0, 200, 5000), rng.integers(0, 30, 5000)
    return {"i": i, "j": j, "y": (rng.random(5000) < 0.5).astype(int)}


@model(_tests)
def item_response(d, pm, tt, scan):
    """Two-parameter item response: 200 people, 30 items, 5000 answers"""
    ability = pm.Normal("ability", 0, 1, shape=200)
    slope = pm.LogNormal("slope", 0, 0.5, shape=30)
    level = pm.Normal("level", 0, 1, shape=30)
    j = d["j"]
    pm.Bernoulli("y", logit_p=slope[j] * (ability[d["i"]] - level[j]), observed=d["y"])


def _map(rng):
    at = np.arange(400).reshape(20, 20)
    pairs = np.r_[
        np.c_[at[:, 1:].ravel(), at[:, :-1].ravel()], np.c_[at[1:].ravel(), at[:-1].ravel()]
    ]
    return {"pairs": pairs, "y": rng.poisson(3, 400)}


@model(_map)
def neighbours(d, pm, tt, scan):
    """Poisson counts with an intrinsic autoregression on a grid of 20 x 20"""
    mu, sd = pm.Normal("mu", 0, 2), pm.HalfNormal("sd", 1)
    z = pm.Normal("z", 0, 3, shape=400)
    apart = z[d["pairs"][:, 0]] - z[d["pairs"][:, 1]]
    pm.Potential("smooth", -0.5 * (apart**2).sum())
    pm.Poisson("y", tt.exp(mu + sd * z), observed=d["y"])


def _regimes(rng):
    return {"y": rng.normal(size=400) + np.cumsum(rng.random(400) < 0.05) % 4}


@model(_regimes)
def four_states(d, pm, tt, scan):
    """Hidden Markov model of four states, 400 normal observations"""
    move = tt.log(pm.Dirichlet("move", np.ones(4), shape=(4, 4)))
    mu = pm.Normal("mu", 0, 3, shape=4)
    density = pm.logp(pm.Normal.dist(mu, 1.0), d["y"][:, None])
    states, _ = scan(
        lambda now, before, move: now + pm.math.logsumexp(before[:, None] + move, axis=0),
        sequences=[density[1:]], outputs_info=[density[0]], non_sequences=[move], strict=True,
    )  # fmt: skip
    pm.Potential("y", pm.math.logsumexp(states[-1]))
