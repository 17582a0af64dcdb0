"""Further models for NumPyro. Sites are prefixed: alphabetical order is the order."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from backends.numpyro_jax import prepare
from numpyro import factor, sample
from numpyro.distributions import Normal, constraints
from numpyro.distributions.transforms import OrderedTransform


def _normals(name, sd, shape):
    shape = (shape,) if isinstance(shape, int) else shape
    return sample(name, Normal(0, sd).expand(shape).to_event(len(shape)))


def negative_binomial(d):
    beta, alpha = _normals("a", 1, 6), sample("b", dist.Exponential(0.5))
    mu = jnp.exp(d["X"] @ beta + jnp.log(d["exposure"]))
    sample("y", dist.NegativeBinomial2(mu, alpha), obs=d["y"])


def survival(d):
    beta, alpha = _normals("a", 1, 4), sample("b", dist.HalfNormal(2))
    lifetime = dist.Weibull(jnp.exp(d["X"] @ beta), alpha)
    beyond = -((d["y"] / lifetime.scale) ** alpha)
    factor("y", jnp.where(d["y"] < 1.5, lifetime.log_prob(d["y"]), beyond).sum())


def ordinal(d):
    beta = _normals("a", 1, 4)
    free = sample("b", dist.ImproperUniform(constraints.real_vector, (), (4,)))
    cuts = OrderedTransform()(free)
    factor("cuts", Normal(0, 3).log_prob(cuts).sum() + free[1:].sum())
    sample("y", dist.OrderedLogistic(d["X"] @ beta, cuts), obs=d["y"])


def multinomial_logit(d):
    eta = jnp.concatenate([jnp.zeros((2000, 1)), d["X"] @ _normals("a", 1, (5, 3))], axis=1)
    sample("y", dist.Categorical(logits=eta), obs=d["y"])


def beta_regression(d):
    beta, phi = _normals("a", 1, 4), sample("b", dist.Gamma(2, 0.1))
    mu = jax.nn.sigmoid(d["X"] @ beta)
    sample("y", dist.Beta(mu * phi, (1 - mu) * phi), obs=d["y"])


def zero_inflated(d):
    psi, a = sample("a", dist.Beta(2, 2)), sample("b", Normal(0, 2))
    rate = jnp.exp(a + d["X"] @ _normals("c", 1, 4))
    sample("y", dist.ZeroInflatedPoisson(1 - psi, rate), obs=d["y"])


def horseshoe(d):
    tau = sample("a", dist.HalfCauchy(1))
    lam = sample("b", dist.HalfCauchy(1).expand([100]).to_event(1))
    z, sd = _normals("c", 1, 100), sample("d", dist.HalfNormal(2))
    sample("y", Normal(d["X"] @ (z * lam * tau), sd), obs=d["y"])


def crossed_effects(d):
    mean = sample("a", Normal(0, 5))
    for i, (key, n) in enumerate((("a", 50), ("b", 30), ("c", 20))):
        spread = sample(f"b{2 * i}", dist.HalfNormal(1))
        mean = mean + (spread * _normals(f"b{2 * i + 1}", 1, n))[d[key]]
    sample("y", Normal(mean, sample("c", dist.HalfNormal(1))), obs=d["y"])


def autoregression(d):
    a, b = sample("a", Normal(0, 0.5)), sample("b", Normal(0, 0.5))
    sd, missing = sample("c", dist.HalfNormal(1)), _normals("d", 10, 50)
    full = d["y"].at[d["gaps"]].set(missing)
    factor("y", Normal(a * full[1:-1] + b * full[:-2], sd).log_prob(full[2:]).sum())


def hmm(d):
    stay = sample("a", dist.Beta(5, 1).expand([2]).to_event(1))
    mu = _normals("b", 3, 2)
    move = jnp.log(jnp.array([[stay[0], 1 - stay[0]], [1 - stay[1], stay[1]]]))
    density = Normal(mu, 1).log_prob(d["y"][:, None])

    def step(before, now):
        after = now + jax.scipy.special.logsumexp(before[:, None] + move, axis=0)
        return after, None

    last, _ = jax.lax.scan(step, density[0] + np.log(0.5), density[1:])
    factor("y", jax.scipy.special.logsumexp(last))


def matrix_factorisation(d):
    u, v = _normals("a", 1, (100, 5)), _normals("b", 1, (80, 5))
    mean = (u[d["i"]] * v[d["j"]]).sum(axis=1)
    sample("y", Normal(mean, sample("c", dist.HalfNormal(1))), obs=d["y"])


def poisson_process(d):
    eta, length = sample("a", dist.HalfNormal(1)), sample("b", dist.InverseGamma(5, 5))
    K = eta**2 * jnp.exp(-0.5 * d["distance"] / length**2) + 1e-6 * jnp.eye(100)
    rate = jnp.exp(1 + jnp.linalg.cholesky(K) @ _normals("c", 1, 100))
    sample("y", dist.Poisson(rate), obs=d["y"])


def cox(d):
    eta = d["X"] @ _normals("a", 1, 4)
    factor("y", (d["event"] * (eta - jnp.log(jnp.cumsum(jnp.exp(eta))))).sum())


def robust_regression(d):
    a, b = sample("a", Normal(0, 5)), sample("b", Normal(0, 1))
    nu = sample("c", dist.Gamma(2, 0.1))
    scale = sample("d", dist.HalfNormal(1).expand([30]).to_event(1))
    sample("y", dist.StudentT(nu, a + b * d["x"], scale[d["g"]]), obs=d["y"])


def ten_classes(d):
    sample("y", dist.Categorical(logits=d["X"] @ _normals("a", 1, (8, 10))), obs=d["y"])


def _weights(name, shape):
    """A Dirichlet of ones by the softmax whose last number makes the sum zero."""
    free = sample(
        name, dist.ImproperUniform(constraints.real_vector, (), (*shape[:-1], shape[-1] - 1))
    )
    full = jnp.concatenate([free, -free.sum(axis=-1, keepdims=True)], axis=-1)
    log_w = jax.nn.log_softmax(full, axis=-1)
    k, rows = shape[-1], log_w.size // shape[-1]
    factor(f"{name}_jacobian", log_w.sum() + rows * (math.lgamma(k) + math.log(k)))
    return log_w


def plane_mixture(d):
    log_w, mu = _weights("a", (3,)), _normals("b", 3, (3, 2))
    sd = sample("c", dist.HalfNormal(1).expand([3, 2]).to_event(2))
    each = (-0.5 * ((d["y"][:, None, :] - mu) / sd) ** 2 - jnp.log(sd)).sum(axis=2)
    factor("y", jax.scipy.special.logsumexp(each + log_w, axis=1).sum())


def epidemic(d):
    beta, gamma = sample("a", dist.LogNormal(-0.5, 0.5)), sample("b", dist.LogNormal(-1.5, 0.5))

    def step(state, _):
        s, i = state
        new = beta * s * i
        after = s - new, i + new - gamma * i
        return after, after[1]

    _, i = jax.lax.scan(step, (0.99, 0.01), None, length=100)
    sample("y", dist.Poisson(1000 * i + 1), obs=d["y"])


def latent_classes(d):
    log_w, p = _weights("a", (3,)), _normals("b", 1.5, (3, 8))
    each = d["y"] @ p.T - jnp.log1p(jnp.exp(p)).sum(axis=1)
    factor("y", jax.scipy.special.logsumexp(each + log_w, axis=1).sum())


def garch_t(d):
    omega, a = sample("a", dist.HalfNormal(1)), sample("b", dist.Beta(2, 5))
    b, nu = sample("c", dist.Beta(5, 2)), sample("d", dist.Gamma(2, 0.1))

    def step(h, y):
        after = omega + a * y**2 + b * h
        return after, after

    _, h = jax.lax.scan(step, 1.0, d["y"][:-1])
    sample("y", dist.StudentT(nu, 0.0, jnp.sqrt(h)), obs=d["y"][1:])


def item_response(d):
    ability = _normals("a", 1, 200)
    slope = sample("b", dist.LogNormal(0, 0.5).expand([30]).to_event(1))
    level, j = _normals("c", 1, 30), d["j"]
    logit = slope[j] * (ability[d["i"]] - level[j])
    sample("y", dist.Bernoulli(logits=logit), obs=d["y"])


def neighbours(d):
    mu, sd = sample("a", Normal(0, 2)), sample("b", dist.HalfNormal(1))
    z = _normals("c", 3, 400)
    factor("smooth", -0.5 * ((z[d["pairs"][:, 0]] - z[d["pairs"][:, 1]]) ** 2).sum())
    sample("y", dist.Poisson(jnp.exp(mu + sd * z)), obs=d["y"])


def four_states(d):
    move, mu = _weights("a", (4, 4)), _normals("b", 3, 4)
    density = Normal(mu, 1).log_prob(d["y"][:, None])

    def step(before, now):
        return now + jax.scipy.special.logsumexp(before[:, None] + move, axis=0), None

    last, _ = jax.lax.scan(step, density[0], density[1:])
    factor("y", jax.scipy.special.logsumexp(last))


def build(name, data):
    """Value and gradient of a model on one flat vector, and a native loop."""
    arrays = {k: jnp.asarray(v) for k, v in data.items()}
    write = globals()[name]
    return prepare(lambda: write(arrays))
