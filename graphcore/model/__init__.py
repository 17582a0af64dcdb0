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
    AsymmetricLaplace,
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Categorical,
    Cauchy,
    Censored,
    ChiSquared,
    CustomDist,
    DensityDist,
    DiracDelta,
    Dirichlet,
    DirichletMultinomial,
    DiscreteUniform,
    DiscreteWeibull,
    ExGaussian,
    Exponential,
    Flat,
    Gamma,
    GaussianRandomWalk,
    Geometric,
    Gumbel,
    HalfCauchy,
    HalfFlat,
    HalfNormal,
    HalfStudentT,
    HurdleGamma,
    HurdleLogNormal,
    HurdleNegativeBinomial,
    HurdlePoisson,
    HyperGeometric,
    InverseGamma,
    Kumaraswamy,
    Laplace,
    LKJCholeskyCov,
    Logistic,
    LogitNormal,
    LogNormal,
    Lognormal,
    Mixture,
    Moyal,
    Multinomial,
    MvNormal,
    MvStudentT,
    NegativeBinomial,
    Normal,
    NormalMixture,
    OrderedLogistic,
    OrderedProbit,
    Pareto,
    Poisson,
    Rice,
    SkewNormal,
    StudentT,
    Triangular,
    Truncated,
    TruncatedNormal,
    Uniform,
    VonMises,
    Wald,
    Weibull,
    ZeroInflatedBinomial,
    ZeroInflatedNegativeBinomial,
    ZeroInflatedPoisson,
    ZeroSumNormal,
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
    "AsymmetricLaplace",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Censored",
    "ChiSquared",
    "CustomDist",
    "DensityDist",
    "Deterministic",
    "DiracDelta",
    "Dirichlet",
    "DirichletMultinomial",
    "DiscreteUniform",
    "DiscreteWeibull",
    "ExGaussian",
    "Exponential",
    "Flat",
    "Gamma",
    "GaussianRandomWalk",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfFlat",
    "HalfNormal",
    "HalfStudentT",
    "HurdleGamma",
    "HurdleLogNormal",
    "HurdleNegativeBinomial",
    "HurdlePoisson",
    "HyperGeometric",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholeskyCov",
    "Laplace",
    "LogNormal",
    "Logistic",
    "LogitNormal",
    "Lognormal",
    "Mixture",
    "Model",
    "Moyal",
    "Multinomial",
    "MvNormal",
    "MvStudentT",
    "NegativeBinomial",
    "Normal",
    "NormalMixture",
    "OrderedLogistic",
    "OrderedProbit",
    "Pareto",
    "Poisson",
    "Potential",
    "Rice",
    "SkewNormal",
    "StudentT",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "VonMises",
    "Wald",
    "Weibull",
    "ZeroInflatedBinomial",
    "ZeroInflatedNegativeBinomial",
    "ZeroInflatedPoisson",
    "ZeroSumNormal",
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
