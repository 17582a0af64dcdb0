"""Modules that PyMC and PyMC3 have, and whose contents stand elsewhere here.

``from pymc.step_methods.metropolis import Metropolis`` becomes ``from
graphcore.model.step_methods.metropolis import Metropolis``: only the name of the package changes.

Examples
--------
>>> from graphcore.model.step_methods.metropolis import Metropolis
>>> from graphcore.model.model.transform.conditioning import do
>>> from graphcore.model.distributions.continuous import Gamma
>>> import graphcore.model as pm
>>> pm.blocking.DictToArrayBijection is pm.DictToArrayBijection
True
"""

import sys
from functools import partial

from graphcore.places import install as install_places
from graphcore.places import look

_FACE = (
    "backends", "backends.base", "backends.ndarray", "backends.report",
    "blocking", "data", "func_utils", "initial_point", "logprob", "logprob.basic",
    "logprob.utils", "memoize", "model", "model.core", "model.fgraph", "model.transform",
    "model.transform.basic", "model.transform.conditioning", "model.transform.optimization",
    "model_graph", "printing", "sampling", "sampling.deterministic", "sampling.forward",
    "sampling.mcmc", "step_methods", "step_methods.arraystep", "step_methods.compound",
    "step_methods.hmc", "step_methods.hmc.base_hmc", "step_methods.hmc.hmc",
    "step_methods.hmc.nuts", "step_methods.metropolis", "step_methods.slicer", "tuning",
    "tuning.scaling", "tuning.starting",
)  # fmt: skip
_DISTRIBUTIONS = (
    "bound", "censored", "continuous", "custom", "discrete", "distribution", "mixture",
    "multivariate", "simulator", "timeseries", "truncated",
)  # fmt: skip
PLACES = {
    **{f"graphcore.model.{name}": "graphcore.model" for name in _FACE},
    **{
        f"graphcore.model.distributions.{name}": "graphcore.model.distributions"
        for name in _DISTRIBUTIONS
    },
    "graphcore.model.backends.arviz": "graphcore.sample.converting",
    "graphcore.model.gp.gp": "graphcore.model.gp",
    "graphcore.model.logprob.transforms": "graphcore.model.distributions.transforms",
    "graphcore.model.plots": "graphcore.interop.arviz",
    "graphcore.model.stats": "graphcore.model",
    "graphcore.model.stats.convergence": "graphcore.model",
    "graphcore.model.stats.log_density": "graphcore.model",
    "graphcore.model.testing": "graphcore.interop.pymc_testing",
}


def install():
    """Let the places be imported; a module that is there already looks in their home, too."""
    install_places(PLACES)
    for name, home in PLACES.items():
        module = sys.modules[name]
        if getattr(module, "__file__", None):
            module.__getattr__ = partial(look, name, home, hidden="_")
