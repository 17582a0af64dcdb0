"""The benchmark models for NumPyro. Sites are prefixed so that alphabetical order is the order."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from numpyro import factor, sample
from numpyro.distributions import Normal, constraints


def _normals(name, sd, n):
    return sample(name, Normal(0, sd).expand([n]).to_event(1))


def _flat(name, constraint=constraints.real, shape=()):
    return sample(name, dist.ImproperUniform(constraint, (), shape))


def _m01(d):
    sample("y", Normal(sample("a", Normal(0, 1)), 1), obs=d["y"])


def _m02(d):
    mu, sd = sample("a", Normal(0, 1)), sample("b", dist.HalfNormal(1))
    sample("y", Normal(mu, sd), obs=d["y"])


def _m03(d):
    mu, tau = sample("a", Normal(0, 5)), sample("b", dist.HalfCauchy(5))
    sample("y", Normal(mu + tau * _normals("c", 1, d["N"]), d["s"]), obs=d["y"])


def _m04(d):
    beta, sd = _normals("a", 1, d["K"]), sample("b", dist.HalfCauchy(2.5))
    sample("y", Normal(d["X"] @ beta, sd), obs=d["y"])


def _m06(d):
    sample("y", dist.Bernoulli(logits=d["X"] @ _normals("a", 1, d["K"])), obs=d["y"])


def _m08(d):
    mu_a, mu_b = sample("a", Normal(0, 5)), sample("b", Normal(0, 5))
    sd_a, sd_b = sample("c", dist.HalfNormal(1)), sample("d", dist.HalfNormal(1))
    a = mu_a + sd_a * _normals("e", 1, d["G"])
    b = mu_b + sd_b * _normals("f", 1, d["G"])
    sd_y = sample("g", dist.HalfNormal(1))
    sample("y", Normal(a[d["g"]] + b[d["g"]] * d["x"], sd_y), obs=d["y"])


def _m09(d):
    sample("y", dist.Poisson(jnp.exp(d["X"] @ _normals("a", 1, d["K"]))), obs=d["y"])


def _m10(d):
    beta, sd = _normals("a", 1, d["K"]), sample("b", dist.HalfCauchy(2.5))
    nu = sample("c", dist.Gamma(2, 0.1))
    sample("y", dist.StudentT(nu, d["X"] @ beta, sd), obs=d["y"])


def _m11(d):
    step, nu = sample("a", dist.Exponential(10)), sample("b", dist.Exponential(0.1))
    h = _flat("c", constraints.real_vector, (d["N"],))
    factor("start", Normal(0, 1).log_prob(h[0]))
    factor("walk", Normal(0, step).log_prob(h[1:] - h[:-1]).sum())
    sample("y", dist.StudentT(nu, 0, jnp.exp(h)), obs=d["y"])


def _m12(d):
    v = _flat("a", constraints.real_vector, (2,))
    log_w = jax.nn.log_softmax(jnp.concatenate([v, -v.sum(keepdims=True)]))
    mu = _flat("b", constraints.ordered_vector, (3,))
    sd = sample("c", dist.HalfNormal(2).expand([3]).to_event(1))
    factor("weights", log_w.sum())
    factor("means", Normal(0, 5).log_prob(mu).sum())
    terms = log_w + Normal(mu, sd).log_prob(d["y"][:, None])
    factor("y", jax.scipy.special.logsumexp(terms, axis=-1).sum())


def _m13(d):
    length, eta = sample("a", dist.HalfNormal(1)), sample("b", dist.HalfNormal(1))
    noise, n = sample("c", dist.HalfNormal(1)), d["N"]
    squares = (d["x"][:, None] - d["x"][None]) ** 2
    cov = eta**2 * jnp.exp(-0.5 * squares / length**2) + jnp.eye(n) * (noise**2 + 1e-6)
    sample("y", dist.MultivariateNormal(jnp.zeros(n), covariance_matrix=cov), obs=d["y"])


def _m14(d):
    theta, b = _normals("a", 1, d["P"]), _normals("b", 1.5, d["Q"])
    a = sample("c", dist.LogNormal(0, 0.5).expand([d["Q"]]).to_event(1))
    logits = a[d["q"]] * (theta[d["p"]] - b[d["q"]])
    sample("y", dist.Bernoulli(logits=logits), obs=d["y"])


def _m15(d):
    mu = _normals("a", 5, 2)
    packed = _flat("b", constraints.real_vector, (3,))
    z = sample("d", Normal(0, 1).expand([d["G"], 2]).to_event(2))
    sd_y = sample("e", dist.Exponential(1))
    # LKJCholeskyCov(eta=2, sd ~ Exponential(1)) in the coordinates log L11, L21, log L22
    l11, l21, l22 = jnp.exp(packed[0]), packed[1], jnp.exp(packed[2])
    sd2 = jnp.sqrt(l21**2 + l22**2)
    log_sd2 = jnp.log(sd2)
    # density of (sd1, sd2, correlation), and the Jacobian of the coordinates above
    factor("chol", 2 * (packed[2] - log_sd2) - l11 - sd2 + packed[0] + 2 * packed[2] - 2 * log_sd2)
    effects = mu + z @ jnp.array([[l11, 0.0], [l21, l22]]).T
    rows = d["g"]
    sample("y", Normal(effects[rows, 0] + effects[rows, 1] * d["x"], sd_y), obs=d["y"])


def _m16(d):
    y = d["y"]
    mu, phi1, phi2 = (sample(k, Normal(0, s)) for k, s in (("a", 1), ("b", 0.5), ("c", 0.5)))
    omega = sample("d", dist.HalfNormal(1))
    alpha, beta = sample("e", dist.Beta(2, 5)), sample("f", dist.Beta(5, 2))
    r = y[2:] - mu - phi1 * y[1:-1] - phi2 * y[:-2]

    def step(variance, square):
        variance = omega + alpha * square + beta * variance
        return variance, variance

    _, later = jax.lax.scan(step, d["variance"], (r**2)[:-1])
    variance = jnp.concatenate([jnp.array([d["variance"]]), later])
    factor("y", Normal(0, jnp.sqrt(variance)).log_prob(r).sum())


def _m17(d):
    a, x = _flat("a"), _flat("x", constraints.real_vector, (d["N"],))
    factor("f", jnp.exp(a * x**3 + d["y"] ** 2).sum())


_MODELS = {"m05": _m04, "m07": _m06, "m17a": _m17, "m17b": _m17, "m17c": _m17}


def build_model(name, data):
    """A NumPyro model function without arguments."""
    body = _MODELS.get(name) or globals()["_" + name]
    arrays = {k: jnp.asarray(v) if isinstance(v, np.ndarray) else v for k, v in data.items()}
    return lambda: body(arrays)
