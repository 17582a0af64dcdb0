"""One valid instance of every registered distribution, as keywords: the table of many tests.

Distributions of scalars get vectors of three of their typical parameters; the others stand in
``MADE``, functions because what they are made of belongs to no model.
"""

import numpy as np

import graphcore.model as pm
from graphcore.model.distributions.base import Distribution

NEIGHBOURS = np.array([[0.0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])


def normal():
    return pm.Normal.dist(0.0, 1.0)


def vectors():
    return pm.MvNormal.dist(np.zeros(2), np.eye(2))


def drift(x, a):
    return -a * x, 1.0


MADE = {
    "AR": lambda: {"rho": [0.5], "sigma": 1.0, "init_dist": normal(), "steps": 2},
    "AR1": lambda: {"k": 0.5, "tau_e": 1.0, "shape": 3},
    "Bound": lambda: {"dist": normal(), "lower": -3.0, "upper": 3.0, "shape": 3},
    "CAR": lambda: {"mu": np.zeros(4), "W": NEIGHBOURS, "alpha": 0.5, "tau": 1.0},
    "Categorical": lambda: {"p": [0.2, 0.3, 0.5], "shape": 3},
    "Censored": lambda: {"dist": normal(), "lower": -3.0, "upper": 3.0, "shape": 3},
    "CustomDist": lambda: {"logp": lambda v: -(v**2), "shape": 3},
    "Dirichlet": lambda: {"a": [1.0, 2.0, 3.0]},
    "DirichletMultinomial": lambda: {"n": 7, "a": [1.0, 2.0, 3.0]},
    "EulerMaruyama": lambda: {
        "dt": 0.1, "sde_fn": drift, "sde_pars": (0.5,), "init_dist": normal(), "steps": 2,
    },
    "Flat": lambda: {"shape": 3},
    "GARCH11": lambda: {
        "omega": 0.5, "alpha_1": 0.2, "beta_1": 0.3, "initial_vol": 1.0, "steps": 2,
    },
    "GaussianRandomWalk": lambda: {"mu": 0.1, "sigma": 1.0, "init_dist": normal(), "steps": 2},
    "HalfFlat": lambda: {"shape": 3},
    "ICAR": lambda: {"W": NEIGHBOURS},
    "Interpolated": lambda: {
        "x_points": [0.0, 1.0, 2.0], "pdf_points": [0.2, 0.5, 0.1], "shape": 3,
    },
    "KroneckerNormal": lambda: {"mu": np.zeros(4), "covs": [np.eye(2), np.eye(2)]},
    "LKJCholeskyCov": lambda: {
        "eta": 2.0, "n": 2, "sd_dist": pm.Exponential.dist(1.0), "compute_corr": False,
    },
    "LKJCorr": lambda: {"n": 3, "eta": 2.0},
    "MatrixNormal": lambda: {"mu": np.zeros((2, 3)), "rowcov": np.eye(2), "colcov": np.eye(3)},
    "Mixture": lambda: {"w": [0.3, 0.7], "comp_dists": pm.Normal.dist([0, 5], 1), "shape": 3},
    "MixtureSameFamily": lambda: {
        "w": [0.3, 0.7], "comp_dists": pm.Normal.dist([0, 5], 1), "shape": 3,
    },
    "Multinomial": lambda: {"n": 7, "p": [0.2, 0.5, 0.3]},
    "MvGaussianRandomWalk": lambda: {
        "mu": np.zeros(2), "cov": np.eye(2), "init_dist": vectors(), "steps": 2,
    },
    "MvNormal": lambda: {"mu": np.zeros(3), "cov": np.eye(3)},
    "MvStudentT": lambda: {"nu": 3.0, "mu": np.zeros(3), "scale": np.eye(3)},
    "MvStudentTRandomWalk": lambda: {
        "nu": 3.0, "mu": np.zeros(2), "scale": np.eye(2), "init_dist": vectors(), "steps": 2,
    },
    "NormalMixture": lambda: {"w": [0.3, 0.7], "mu": [0.0, 5.0], "sigma": 1.0, "shape": 3},
    "OrderedLogistic": lambda: {"eta": np.array([0.1, 0.7, 0.2]), "cutpoints": [-1.0, 0.5, 1.0]},
    "OrderedMultinomial": lambda: {"eta": 0.2, "cutpoints": [-1.0, 1.0], "n": 4},
    "OrderedProbit": lambda: {"eta": np.array([0.1, 0.7, 0.2]), "cutpoints": [-1.0, 0.5, 1.0]},
    "RandomWalk": lambda: {"init_dist": normal(), "innovation_dist": normal(), "steps": 2},
    "StickBreakingWeights": lambda: {"alpha": 2.5, "K": 2},
    "Truncated": lambda: {"dist": normal(), "lower": -3.0, "upper": 3.0, "shape": 3},
    "TruncatedNormal": lambda: {
        "mu": 0.0, "sigma": 1.0, "lower": -3.0, "upper": 3.0, "shape": 3,
    },
    "Wishart": lambda: {"nu": 5.0, "V": np.eye(3)},
    "ZeroSumNormal": lambda: {"sigma": 1.0, "shape": 3},
}  # fmt: skip
UNDRAWN = {"CustomDist", "Flat", "HalfFlat", "ICAR"}  # improper, or without a function random


def typical(cls, n, seed=0):
    """``n`` draws of each parameter from its typical range."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, p in cls.params.items():
        low, high = p.typical
        if p.constraint.discrete:
            found[name] = rng.integers(low, high, n)
        else:
            found[name] = rng.uniform(low, high, n)
    return found


def case(name):
    """Keywords of a registered distribution."""
    return MADE[name]() if name in MADE else typical(Distribution.registry[name], 3)


def value(name):
    """A value inside the support of ``case(name)``, as floats."""
    rv = getattr(pm, name).dist(**case(name))
    if name in UNDRAWN:
        return np.array([0.5, -0.5, 0.25, -0.25])[: rv.type.size] ** (1 + (name == "HalfFlat"))
    return np.asarray(rv.random(rng=1), dtype=float)
