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

from graphcore import __version__  # noqa: F401 - programs print that of what they import
from graphcore.model import distributions, exceptions, gp, math, places, pytensorf, theanof, util
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
from graphcore.model.gallery import get_data
from graphcore.model.gp.util import plot_gp_dist
from graphcore.model.logp import icdf, logccdf, logcdf, logp
from graphcore.model.marginal import marginalize
from graphcore.model.math import invlogit, invprobit, logaddexp, logit, logsumexp, probit
from graphcore.model.minibatch import Minibatch
from graphcore.model.missing import ImputationWarning
from graphcore.model.model import Model
from graphcore.model.points import DictToArrayBijection, RaveledVars
from graphcore.model.pymc3 import Point, compile_fn, compilef, fastfn, fn
from graphcore.model.terms import Deterministic, Potential
from graphcore.model.theanof import (
    compile,
    cont_inputs,
    floatX,
    gradient,
    hessian,
    hessian_diag,
    inputvars,
    intX,
    jacobian,
    join_nonshared_inputs,
    make_shared_replacements,
)

# Sampling stands above models in the order of layers.  These names are PyMC's and belong here all
# the same; they are looked up when first used, which is the one exception to that order, together
# with ArviZ's plots and statistics.
_FROM_SAMPLE = (
    "NUTS",
    "STEP_METHODS",
    "BinaryGibbsMetropolis",
    "BinaryMetropolis",
    "BlockedStep",
    "CategoricalGibbsMetropolis",
    "CauchyProposal",
    "CompoundStep",
    "DEMetropolis",
    "DEMetropolisZ",
    "HamiltonianMC",
    "LaplaceProposal",
    "Metropolis",
    "MultiTrace",
    "MultivariateNormalProposal",
    "NormalProposal",
    "PoissonProposal",
    "Proposal",
    "SamplingError",
    "Slice",
    "UniformProposal",
    "compute_deterministics",
    "compute_log_likelihood",
    "compute_log_prior",
    "draw",
    "fast_sample_posterior_predictive",
    "find_MAP",
    "find_constrained_prior",
    "find_hessian",
    "find_hessian_diag",
    "fit_laplace",
    "guess_scaling",
    "init_nuts",
    "iter_sample",
    "load_trace",
    "recover_marginals",
    "sample",
    "sample_posterior_predictive",
    "sample_posterior_predictive_w",
    "sample_prior_predictive",
    "save_trace",
    "summary",
    "to_inference_data",
    "trace_cov",
    "trace_to_dataframe",
    "vectorize_over_posterior",
)

_ABSENT = {
    "variational inference": (
        ("fit", "ADVI", "FullRankADVI", "SVGD", "ASVGD", "KLqp", "MeanField", "variational"),
        "pm.sample, or pm.fit_laplace for an approximation",
    ),
    "sequential Monte Carlo": (("sample_smc", "smc", "Simulator"), "pm.sample"),
    "formulas": (("glm", "GLM"), "pm.math.dot for a linear model"),
    "solver of differential equations": (("ode",), "graphcore.scan, or an Op of your own"),
}


def __getattr__(name):
    if name in _FROM_SAMPLE:
        import graphcore.sample

        return getattr(graphcore.sample, name)
    for what, (names, instead) in _ABSENT.items():
        if name in names:
            raise AttributeError(f"graphcore has no {what}, and so no {name}: use {instead}")
    if not name.startswith("_"):
        from graphcore.interop.arviz import arviz_function, is_arviz_function

        if is_arviz_function(name):
            return arviz_function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_FROM_SAMPLE])


places.install()


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
    "compile",
    "compile_fn",
    "compilef",
    "cont_inputs",
    "distributions",
    "do",
    "exceptions",
    "fastfn",
    "floatX",
    "fn",
    "freeze_dims_and_data",
    "get_data",
    "gp",
    "gradient",
    "hessian",
    "hessian_diag",
    "icdf",
    "inputvars",
    "intX",
    "invlogit",
    "invprobit",
    "jacobian",
    "join_nonshared_inputs",
    "logaddexp",
    "logccdf",
    "logcdf",
    "logit",
    "logp",
    "logsumexp",
    "make_shared_replacements",
    "marginalize",
    "math",
    "model_to_graphviz",
    "model_to_mermaid",
    "model_to_networkx",
    "modelcontext",
    "observe",
    "plot_gp_dist",
    "probit",
    "prune_vars_detached_from_observed",
    "pytensorf",
    "remove_value_transforms",
    "set_data",
    "theanof",
    "util",
]
