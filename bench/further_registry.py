"""How further models are written, and found by name.

``pm``, ``tt`` and ``scan`` are those of graphcore or of PyMC, which run the very same text.  A
model is a pair of functions: the one named in ``@model(...)`` simulates a dictionary of arrays, the
other writes the model on it.
"""

from __future__ import annotations

import numpy as np

MODELS = {}


def model(simulate):
    """Enter a model under the name of its function, with the function that makes its data."""

    def enter(write):
        MODELS[write.__name__] = (simulate, write)
        return write

    return enter


def make(name):
    """The data of a model (fixed seed)."""
    return MODELS[name][0](np.random.default_rng(1))


def build(name, pm, tt, scan):
    """The model of that name, built with the given modules."""
    with pm.Model() as found:
        MODELS[name][1](make(name), pm, tt, scan)
    return found


# ---- what several of them begin with -----------------------------------------------------------


def design(rng, n, k):
    """A matrix of predictors and their coefficients."""
    return rng.normal(size=(n, k)), rng.normal(size=k) * 0.3


def cutpoints(d, pm):
    """Ordered cut points, as many as the grades ask for."""
    ordered = pm.distributions.transforms.ordered
    return pm.Normal("cuts", 0, 3, shape=4, transform=ordered, initval=d["cuts"])
