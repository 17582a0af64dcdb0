"""Probability models with PyMC's names.

Examples
--------
>>> import graphcore.model as pm
>>> with pm.Model() as model:
...     mu = pm.Normal("mu", mu=0, sigma=1)
...     y = pm.Normal("y", mu=mu, sigma=1, observed=[0.3, -0.1])
>>> model.point_logps()
{'mu': -0.92, 'y': -1.89}
"""

from graphcore.model import distributions, gp, math, theanof
from graphcore.model.context import modelcontext
from graphcore.model.copies import (
    change_value_transforms,
    clone_model,
    do,
    freeze_dims_and_data,
    observe,
    prune_vars_detached_from_observed,
    remove_value_transforms,
)
from graphcore.model.data import ConstantData, Data, MutableData, set_data
from graphcore.model.distributions import *  # noqa: F403 - every distribution, by its __all__
from graphcore.model.drawing import model_to_graphviz, model_to_mermaid, model_to_networkx
from graphcore.model.logp import icdf, logccdf, logcdf, logp
from graphcore.model.marginal import marginalize
from graphcore.model.math import invlogit, invprobit, logaddexp, logit, logsumexp, probit
from graphcore.model.minibatch import Minibatch
from graphcore.model.missing import ImputationWarning
from graphcore.model.model import Model
from graphcore.model.points import DictToArrayBijection, RaveledVars
from graphcore.model.pymc3 import Point
from graphcore.model.terms import Deterministic, Potential
from graphcore.model.theanof import floatX, intX

# Sampling stands above models in the order of layers.  These names are PyMC's and belong here all
# the same; they are looked up when first used, which is the one exception to that order, together
# with ArviZ's plots and statistics.
_FROM_SAMPLE = (
    "BinaryGibbsMetropolis",
    "BinaryMetropolis",
    "CategoricalGibbsMetropolis",
    "CompoundStep",
    "DEMetropolis",
    "DEMetropolisZ",
    "HamiltonianMC",
    "Metropolis",
    "MultiTrace",
    "CauchyProposal",
    "LaplaceProposal",
    "NUTS",
    "NormalProposal",
    "PoissonProposal",
    "SamplingError",
    "Slice",
    "UniformProposal",
    "compute_deterministics",
    "compute_log_likelihood",
    "compute_log_prior",
    "draw",
    "find_MAP",
    "find_constrained_prior",
    "find_hessian",
    "fit_laplace",
    "recover_marginals",
    "sample",
    "sample_posterior_predictive",
    "sample_prior_predictive",
    "summary",
)


def __getattr__(name):
    if name in _FROM_SAMPLE:
        import graphcore.sample

        return getattr(graphcore.sample, name)
    if not name.startswith("_"):
        from graphcore.interop.arviz import arviz_function, is_arviz_function

        if is_arviz_function(name):
            return arviz_function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_FROM_SAMPLE])


__all__ = [
    *distributions.__all__,
    *_FROM_SAMPLE,
    "ConstantData",
    "Data",
    "Deterministic",
    "DictToArrayBijection",
    "ImputationWarning",
    "Minibatch",
    "Model",
    "MutableData",
    "Point",
    "Potential",
    "RaveledVars",
    "change_value_transforms",
    "clone_model",
    "distributions",
    "do",
    "floatX",
    "freeze_dims_and_data",
    "gp",
    "icdf",
    "intX",
    "invlogit",
    "invprobit",
    "logaddexp",
    "logccdf",
    "logcdf",
    "logit",
    "logp",
    "logsumexp",
    "marginalize",
    "math",
    "model_to_graphviz",
    "model_to_mermaid",
    "model_to_networkx",
    "modelcontext",
    "observe",
    "probit",
    "prune_vars_detached_from_observed",
    "remove_value_transforms",
    "set_data",
    "theanof",
]
