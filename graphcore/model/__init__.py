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

from graphcore.model import distributions, math
from graphcore.model.context import modelcontext
from graphcore.model.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Dirichlet,
    Exponential,
    Flat,
    Gamma,
    GaussianRandomWalk,
    HalfCauchy,
    HalfFlat,
    HalfNormal,
    InverseGamma,
    Laplace,
    LKJCholeskyCov,
    Logistic,
    LogNormal,
    Lognormal,
    Mixture,
    MvNormal,
    MvStudentT,
    NegativeBinomial,
    Normal,
    NormalMixture,
    Poisson,
    StudentT,
    Uniform,
    expand_packed_triangular,
    transforms,
)
from graphcore.model.logp import logccdf, logcdf, logp
from graphcore.model.model import Deterministic, Model, Potential

# Sampling stands above models in the order of layers.  These names are PyMC's and belong here all
# the same; they are looked up when first used, which is the one exception to that order.
_FROM_SAMPLE = ("sample", "summary")


def __getattr__(name):
    if name in _FROM_SAMPLE:
        import graphcore.sample

        return getattr(graphcore.sample, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_FROM_SAMPLE])


__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Deterministic",
    "Dirichlet",
    "Exponential",
    "Flat",
    "Gamma",
    "GaussianRandomWalk",
    "HalfCauchy",
    "HalfFlat",
    "HalfNormal",
    "InverseGamma",
    "LKJCholeskyCov",
    "Laplace",
    "LogNormal",
    "Logistic",
    "Lognormal",
    "Mixture",
    "Model",
    "MvNormal",
    "MvStudentT",
    "NegativeBinomial",
    "Normal",
    "NormalMixture",
    "Poisson",
    "Potential",
    "StudentT",
    "Uniform",
    "distributions",
    "expand_packed_triangular",
    "logccdf",
    "logcdf",
    "logp",
    "math",
    "modelcontext",
    "sample",
    "summary",
    "transforms",
]
