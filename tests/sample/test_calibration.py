"""Simulation-based calibration: posteriors of data drawn from the model contain what drew them.

Parameters are drawn from the prior, data from the parameters, and draws from the posterior of the
data. The rank of a parameter among its posterior draws is then uniform, if density, transforms,
random numbers and sampler agree with one another (Talts and others, arXiv:1804.06788, 2018).
Parameters ten per cent too large are rejected beyond doubt (p below 1e-19).
"""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
from graphcore.sample import expand
from graphcore.sample.nuts import sample_flat

SIMULATIONS = 1000
RANKS = 20  # possible ranks: 19 draws are kept of every posterior
LEVEL = 0.05
X = np.random.default_rng(3).normal(size=(30, 3))
GROUP = np.repeat(np.arange(5), 4)
YEARS = np.arange(8)


def normal():
    mu, sigma = pm.Normal("mu", 1, 2), pm.HalfNormal("sigma", 1)
    return pm.Normal, {"mu": mu, "sigma": sigma, "shape": 10}


def regression():
    beta = pm.Normal("beta", 0, 1, shape=3)
    sigma = pm.InverseGamma("sigma", 4, 3)
    return pm.StudentT, {"nu": 4, "mu": pm.math.dot(X, beta), "sigma": sigma, "shape": 30}


def logistic():
    level, beta = pm.Cauchy("level", 0, 0.5), pm.Laplace("beta", 0, 0.5, shape=3)
    return pm.Bernoulli, {"logit_p": level + pm.math.dot(X, beta), "shape": 30}


def groups_of_counts():
    between, level = pm.Exponential("between", 2), pm.Normal("level", 1, 0.5)
    z = pm.ZeroSumNormal("z", 1, shape=5)
    return pm.Poisson, {"mu": pm.math.exp(level + between * z)[GROUP], "shape": 20}


def beta_binomial():
    a, b = pm.Gamma("a", 3, 1), pm.LogNormal("b", 1, 0.5)
    return pm.BetaBinomial, {"alpha": a, "beta": b, "n": 12, "shape": 15}


def simplex():
    p = pm.Dirichlet("p", [0.7, 1.5, 3.0])
    return pm.Multinomial, {"n": 12, "p": p, "shape": (3,)}


def autoregression():
    rho, sigma = pm.Uniform("rho", -0.9, 0.9), pm.Weibull("sigma", 2, 1)
    first = pm.Normal.dist(0, 1)
    return pm.AR, {"rho": [rho], "sigma": sigma, "init_dist": first, "shape": 25}


def censored():
    alpha, scale = pm.Gamma("alpha", 5, 4), pm.HalfStudentT("scale", nu=5, sigma=2)
    lifetime = pm.Weibull.dist(alpha, scale, shape=20)
    return pm.Censored, {"dist": lifetime, "lower": None, "upper": 1.5, "shape": 20}


def covariance():
    sds = pm.Exponential.dist(1.0, shape=2)
    chol, corr, deviations = pm.LKJCholeskyCov("chol", eta=2, n=2, sd_dist=sds)
    pm.Deterministic("correlation", corr[0, 1])
    pm.Deterministic("deviations", deviations)
    return pm.MvNormal, {"mu": np.zeros(2), "chol": chol, "shape": (12, 2)}


def switch_point():
    when = pm.DiscreteUniform("when", 0, 7)
    early, late = pm.Gamma("early", 2, 1), pm.Gamma("late", 2, 0.5)
    return pm.Poisson, {"mu": pm.math.switch(when > YEARS, early, late), "shape": 8}


# Model, its quantities to rank, transitions from one kept draw to the next.
MODELS = [
    (normal, ["mu", "sigma"], 15),
    (regression, ["beta", "sigma"], 12),
    (logistic, ["level", "beta"], 12),
    (groups_of_counts, ["between", "level", "z"], 20),
    (beta_binomial, ["a", "b"], 15),
    (simplex, ["p"], 12),
    (autoregression, ["rho", "sigma"], 12),
    (censored, ["alpha", "scale"], 12),
    (covariance, ["correlation", "deviations"], 12),
    (switch_point, ["when", "early", "late"], 12),
]
QUANTITIES = 32  # of all models together


def sampler(model, names, draws):
    """Posterior draws of one chain, by name, for the data that the model has when it is called.

    The program is built once where NUTS samples everything, which is most of the time otherwise.
    """
    options = {"draws": draws, "tune": 200, "cores": 1}
    if model.discrete_value_vars:
        options |= {"progressbar": False, "return_inferencedata": False, "model": model}
        options |= {"compute_convergence_checks": False, "chains": 1}
        return lambda seed: pm.sample(random_seed=seed, **options).posterior
    density = model.logp_dlogp_function()
    constrain = expand.expand_variables(model, [model.named_vars[name] for name in names])

    def run(seed):
        start = np.random.default_rng(seed).uniform(-1, 1, size=(1, density.dim))
        flat = sample_flat(density.address, density.user_data, start, random_seed=seed, **options)
        return constrain(flat.positions)

    return run


def ranks_of(model, simulated, names, thin, rng):
    """Ranks among posterior draws, one row per simulation; ties are broken at random."""
    run = sampler(model, names, thin * (RANKS - 1))
    rows = []
    for i in range(SIMULATIONS):
        pm.set_data({"data": simulated["y"][i]}, model=model)
        posterior = run(i)
        row = []
        for name in names:
            draws = np.asarray(posterior[name])[0, thin - 1 :: thin].reshape(RANKS - 1, -1)
            truth = simulated[name][i].reshape(-1)
            ties = rng.integers(0, np.sum(draws == truth, axis=0) + 1)
            row.append(np.sum(draws < truth, axis=0) + ties)
        rows.append(np.concatenate(row))
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "names", "thin"), MODELS, ids=lambda x: getattr(x, "__name__", "")
)
def test_ranks_are_uniform(make, names, thin):
    with pm.Model() as model:
        distribution, arguments = make()
        data = pm.Data("data", np.zeros(arguments["shape"]))
        distribution("y", **arguments, observed=data)
        simulated = pm.sample_prior_predictive(
            SIMULATIONS, random_seed=7, return_inferencedata=False
        )
    ranks = ranks_of(model, simulated, names, thin, np.random.default_rng(11))
    for k, column in enumerate(ranks.T):
        counts = np.bincount(column, minlength=RANKS)
        p = stats.chisquare(counts).pvalue
        assert p > LEVEL / QUANTITIES, (k, p, counts)


def test_the_level_is_shared_by_all_quantities():
    sizes = {"beta": 3, "z": 5, "p": 3, "deviations": 2}
    assert sum(sizes.get(name, 1) for _, names, _ in MODELS for name in names) == QUANTITIES
