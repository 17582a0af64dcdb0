"""Gaussian processes with PyMC's names: mean and covariance functions, and processes over them.

Examples
--------
>>> import numpy as np
>>> import graphcore.model as pm
>>> X = np.linspace(0, 1, 5)[:, None]
>>> with pm.Model() as model:
...     ls = pm.Gamma("ls", 2, 4)
...     gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=ls))
...     y = gp.marginal_likelihood("y", X, np.sin(6 * X[:, 0]), sigma=0.1)
>>> [rv.name for rv in model.free_RVs]
['ls']
"""

from graphcore.model.gp import cov, hsgp_approx, mean, util
from graphcore.model.gp.approximate import MarginalApprox, MarginalSparse
from graphcore.model.gp.kron import LatentKron, MarginalKron
from graphcore.model.gp.latent import TP, Latent
from graphcore.model.gp.marginal import Marginal
from graphcore.model.gp.spectral import HSGP, HSGPPeriodic

__all__ = [
    "HSGP",
    "TP",
    "HSGPPeriodic",
    "Latent",
    "LatentKron",
    "Marginal",
    "MarginalApprox",
    "MarginalKron",
    "MarginalSparse",
    "cov",
    "hsgp_approx",
    "mean",
    "util",
]
