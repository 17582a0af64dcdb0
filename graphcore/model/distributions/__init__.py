"""Every distribution by name, and ``transforms``.

Examples
--------
>>> import graphcore.model as pm
>>> pm.distributions.transforms.ordered.name
'ordered'
"""

from graphcore.model.distributions import transforms
from graphcore.model.distributions.base import Distribution, RandomVariable
from graphcore.model.distributions.continuous import (
    Cauchy,
    Flat,
    Laplace,
    Logistic,
    Normal,
    StudentT,
    Uniform,
)
from graphcore.model.distributions.discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    NegativeBinomial,
    Poisson,
)
from graphcore.model.distributions.gaussian import MvNormal, MvStudentT
from graphcore.model.distributions.lkj import LKJCholeskyCov, expand_packed_triangular
from graphcore.model.distributions.mixture import Mixture, NormalMixture
from graphcore.model.distributions.multivariate import Dirichlet
from graphcore.model.distributions.positive import (
    Beta,
    Exponential,
    Gamma,
    HalfCauchy,
    HalfFlat,
    HalfNormal,
    InverseGamma,
    LogNormal,
)
from graphcore.model.distributions.timeseries import GaussianRandomWalk

Lognormal = LogNormal  # PyMC3's spelling

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Dirichlet",
    "Distribution",
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
    "MvNormal",
    "MvStudentT",
    "NegativeBinomial",
    "Normal",
    "NormalMixture",
    "Poisson",
    "RandomVariable",
    "StudentT",
    "Uniform",
    "expand_packed_triangular",
    "transforms",
]
