"""NumPyro: the jitted value and gradient of the potential on one flat float64 vector."""

from __future__ import annotations

import time

import jax
import numpy as np
import numpyro
from jax.flatten_util import ravel_pytree
from numpyro.infer.util import initialize_model

from . import Call
from .numpyro_models import build_model

NAME = "NumPyro"
SUPPORTS = None

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # faster for single small calls


def build(name, data):
    return prepare(build_model(name, data))


def prepare(model):
    """Value and gradient of a NumPyro model without arguments, on one flat vector."""
    info = initialize_model(
        jax.random.PRNGKey(0),
        model,
        dynamic_args=False,
        init_strategy=numpyro.infer.init_to_uniform(radius=0.1),
    )
    flat, unravel = ravel_pytree(info.param_info.z)
    value_and_grad = jax.value_and_grad(lambda t: -info.potential_fn(unravel(t)))
    compiled = jax.jit(value_and_grad)

    def call(theta):
        value, grad = compiled(theta)
        grad.block_until_ready()
        return value, grad

    call(np.zeros(flat.size))
    return Call(call, _native(value_and_grad))


def _native(value_and_grad):
    """Dependent evaluations inside one XLA program: how NumPyro's own sampler uses them."""
    loops = {}

    def native(thetas, reps):
        reps = int(max(3, min(reps, 20_000)))
        if reps not in loops:

            def body(_, carry):
                theta, total = carry
                value, grad = value_and_grad(theta)
                return theta + 1e-12 * grad, total + value

            loops[reps] = jax.jit(lambda t: jax.lax.fori_loop(0, reps, body, (t, 0.0)))
            loops[reps](thetas[0])[1].block_until_ready()
        start = time.perf_counter()
        loops[reps](thetas[0])[1].block_until_ready()
        return (time.perf_counter() - start) / reps * 1e9

    return native
