"""Every distribution by name, and ``transforms``.

Examples
--------
>>> import graphcore.model as pm
>>> pm.distributions.transforms.ordered.name
'ordered'
"""

from graphcore.model.distributions import dist_math, transforms
from graphcore.model.distributions.areas import (
    CAR,
    ICAR,
    OrderedMultinomial,
    StickBreakingWeights,
)
from graphcore.model.distributions.autoregression import AR, AR1
from graphcore.model.distributions.base import Distribution, RandomVariable
from graphcore.model.distributions.bound import Bound
from graphcore.model.distributions.bounded import DiracDelta, Kumaraswamy, LogitNormal, Triangular
from graphcore.model.distributions.circular import Rice, VonMises
from graphcore.model.distributions.classes import (
    BoundedContinuous,
    Continuous,
    Discrete,
    PositiveContinuous,
    UnitContinuous,
    draw_values,
    generate_samples,
)
from graphcore.model.distributions.continuous import (
    Cauchy,
    Flat,
    Laplace,
    Logistic,
    Normal,
    StudentT,
    Uniform,
)
from graphcore.model.distributions.counts import (
    BetaBinomial,
    DiscreteUniform,
    DiscreteWeibull,
    Geometric,
    HyperGeometric,
)
from graphcore.model.distributions.custom import CustomDist, DensityDist
from graphcore.model.distributions.discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    NegativeBinomial,
    Poisson,
)
from graphcore.model.distributions.gaussian import MvNormal, MvStudentT
from graphcore.model.distributions.interpolated import Interpolated
from graphcore.model.distributions.kronecker import KroneckerNormal
from graphcore.model.distributions.lkj import LKJCholeskyCov, expand_packed_triangular
from graphcore.model.distributions.matrices import (
    LKJCorr,
    MatrixNormal,
    Wishart,
    WishartBartlett,
)
from graphcore.model.distributions.mixture import (
    Mixture,
    MixtureSameFamily,
    NormalMixture,
)
from graphcore.model.distributions.modifiers import Censored, Truncated, TruncatedNormal
from graphcore.model.distributions.multivariate import (
    Dirichlet,
    DirichletMultinomial,
    Multinomial,
    ZeroSumNormal,
)
from graphcore.model.distributions.ordered import OrderedLogistic, OrderedProbit
from graphcore.model.distributions.polyagamma import PolyaGamma
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
from graphcore.model.distributions.skewed import (
    AsymmetricLaplace,
    ExGaussian,
    Gumbel,
    Moyal,
    SkewNormal,
    SkewStudentT,
)
from graphcore.model.distributions.survival import ChiSquared, HalfStudentT, Pareto, Wald, Weibull
from graphcore.model.distributions.timeseries import GaussianRandomWalk
from graphcore.model.distributions.walks import (
    GARCH11,
    EulerMaruyama,
    MvGaussianRandomWalk,
    MvStudentTRandomWalk,
    RandomWalk,
)
from graphcore.model.distributions.zeros import (
    HurdleGamma,
    HurdleLogNormal,
    HurdleNegativeBinomial,
    HurdlePoisson,
    ZeroInflatedBinomial,
    ZeroInflatedNegativeBinomial,
    ZeroInflatedPoisson,
)

Lognormal = LogNormal  # PyMC3's spelling

ConstantDist = Constant = DiracDelta  # older names of it

__all__ = [
    "AR",
    "AR1",
    "CAR",
    "GARCH11",
    "ICAR",
    "AsymmetricLaplace",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Bound",
    "BoundedContinuous",
    "Categorical",
    "Cauchy",
    "Censored",
    "ChiSquared",
    "Constant",
    "ConstantDist",
    "Continuous",
    "CustomDist",
    "DensityDist",
    "DiracDelta",
    "Dirichlet",
    "DirichletMultinomial",
    "Discrete",
    "DiscreteUniform",
    "DiscreteWeibull",
    "Distribution",
    "EulerMaruyama",
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
    "Interpolated",
    "InverseGamma",
    "KroneckerNormal",
    "Kumaraswamy",
    "LKJCholeskyCov",
    "LKJCorr",
    "Laplace",
    "LogNormal",
    "Logistic",
    "LogitNormal",
    "Lognormal",
    "MatrixNormal",
    "Mixture",
    "MixtureSameFamily",
    "Moyal",
    "Multinomial",
    "MvGaussianRandomWalk",
    "MvNormal",
    "MvStudentT",
    "MvStudentTRandomWalk",
    "NegativeBinomial",
    "Normal",
    "NormalMixture",
    "OrderedLogistic",
    "OrderedMultinomial",
    "OrderedProbit",
    "Pareto",
    "Poisson",
    "PolyaGamma",
    "PositiveContinuous",
    "RandomVariable",
    "RandomWalk",
    "Rice",
    "SkewNormal",
    "SkewStudentT",
    "StickBreakingWeights",
    "StudentT",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "UnitContinuous",
    "VonMises",
    "Wald",
    "Weibull",
    "Wishart",
    "WishartBartlett",
    "ZeroInflatedBinomial",
    "ZeroInflatedNegativeBinomial",
    "ZeroInflatedPoisson",
    "ZeroSumNormal",
    "dist_math",
    "draw_values",
    "expand_packed_triangular",
    "generate_samples",
    "transforms",
]
