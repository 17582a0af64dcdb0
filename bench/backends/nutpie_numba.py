"""nutpie: a PyMC model as the C callback that its sampler, written in Rust, calls."""

from __future__ import annotations

import ctypes

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as tt

from . import Call
from ._native import native_loop
from .pymc_style import build_model

NAME = "nutpie, numba"
SUPPORTS = None


def build(name, data):
    return prepare(build_model(name, data, pm, tt))


def prepare(model):
    """A PyMC model as nutpie compiles it."""
    compiled = nutpie.compile_pymc_model(model, backend="numba")
    n, address = compiled.n_dim, compiled.compiled_logp_func.address
    pointers = [ctypes.c_void_p] * 4
    f = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *pointers)(address)
    theta, grad, logp = np.zeros(n), np.zeros(n), np.zeros(1)
    arguments = [a.ctypes.data for a in (theta, grad, logp, compiled.user_data)]

    def call(x):
        theta[:] = x
        status = f(n, *arguments)
        if status:
            raise FloatingPointError(status)
        return logp[0], grad

    native = native_loop("loop_nutpie", address, n, compiled.user_data.ctypes.data)
    return Call(call, native, keep=compiled)
