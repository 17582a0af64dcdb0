"""What the two PyMC backends share."""

from __future__ import annotations

import pymc as pm
import pytensor.tensor as tt

from . import Call
from .pymc_style import build_model


def raw_function(name, data, mode):
    return prepare(build_model(name, data, pm, tt), mode)


def prepare(model, mode):
    """The compiled PyTensor function itself, without input checks: PyMC's fastest path."""
    f = model.logp_dlogp_function(ravel_inputs=True, mode=mode)
    f.set_extra_values({})
    raw = f._pytensor_function
    raw.trust_input = True
    return Call(raw, keep=(model, f))
