"""graphcore: the fused log density of a model, from Python and through its C entry point."""

from __future__ import annotations

import graphcore.model as pm
import graphcore.tensor as tt

from . import Call
from ._native import native_loop
from .pymc_style import build_model

NAME = "graphcore"
SUPPORTS = None


def build(name, data):
    f = build_model(name, data, pm, tt).logp_dlogp_function()
    return Call(f, native_loop("loop_graphcore", f.address, f.dim, f.user_data), keep=f)
