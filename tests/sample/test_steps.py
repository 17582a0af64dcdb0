"""Discrete parameters and step methods: the draws have the law they should have."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm

QUIET = {"progressbar": False, "return_inferencedata": False, "compute_convergence_checks": False}


def drawn(model, draws=3000, tune=500, **options):
    with model:
        return pm.sample(draws, tune=tune, chains=2, random_seed=5, **QUIET, **options)


def shares(x, k):
    return np.array([(np.asarray(x) == i).mean() for i in range(k)])


def test_discrete_variables_have_their_posterior():
    """Against the sum over all 2 * 3 * 60 combinations."""
    y = np.array([2.1, 1.7])
    with pm.Model() as model:
        z = pm.Bernoulli("z", 0.3)
        c = pm.Categorical("c", [0.2, 0.5, 0.3])
        k = pm.Poisson("k", 4)
        pm.Normal("y", k * 0.5 + z - c, 1.0, observed=y)
    result = drawn(model, 6000)
    zs, cs, ks = np.meshgrid(range(2), range(3), range(60), indexing="ij")
    prior = np.array([0.7, 0.3])[zs] * np.array([0.2, 0.5, 0.3])[cs] * st.poisson(4).pmf(ks)
    p = prior * np.prod(st.norm.pdf(y, (ks * 0.5 + zs - cs)[..., None], 1.0), axis=-1)
    p /= p.sum()
    post = result.posterior
    assert post["z"].dtype == post["c"].dtype == post["k"].dtype == "int64"
    np.testing.assert_allclose(shares(post["z"], 2), p.sum((1, 2)), atol=0.03)
    np.testing.assert_allclose(shares(post["c"], 3), p.sum((0, 2)), atol=0.03)
    np.testing.assert_allclose(shares(post["k"], 8), p.sum((0, 1))[:8], atol=0.03)


def test_discrete_and_continuous_variables_together():
    """Mixture of two normals: the posterior of the indicator and of the mean are known."""
    with pm.Model() as model:
        z = pm.Bernoulli("z", 0.4)
        x = pm.Normal("x", 3.0 * z, 1.0)
        pm.Normal("y", x, 1.0, observed=1.0)
    result = drawn(model, 4000)
    weight = np.array([0.6, 0.4]) * st.norm([0, 3], np.sqrt(2)).pdf(1.0)
    p = weight[1] / weight.sum()
    assert np.mean(result.posterior["z"]) == pytest.approx(p, abs=0.04)
    assert np.mean(result.posterior["x"]) == pytest.approx(0.5 + 1.5 * p, abs=0.08)
    assert {"diverging", "energy", "reached_max_treedepth"} <= set(result.sample_stats)


STEPS = {
    "metropolis": lambda x: pm.Metropolis([x]),
    "heavy steps": lambda x: pm.Metropolis([x], proposal_dist=pm.CauchyProposal),
    "slice": lambda x: pm.Slice([x]),
    "evolution": lambda x: pm.DEMetropolisZ([x]),
    "evolution by noise": lambda x: pm.DEMetropolisZ(
        [x], tune="scaling", proposal_dist=pm.NormalProposal
    ),
    "hamiltonian": lambda x: pm.HamiltonianMC([x], path_length=2.5),
    "nuts": lambda x: pm.NUTS([x], target_accept=0.9),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_of_continuous_variables(name):
    with pm.Model() as model:
        x = pm.Gamma("x", 3.0, 2.0)
        step = STEPS[name](x)
    draws = np.asarray(drawn(model, 6000, 1000, step=step).posterior["x"])
    thinned = draws[:, ::20].ravel()
    assert st.kstest(thinned, st.gamma(3, scale=0.5).cdf).pvalue > 1e-3


def test_differential_evolution_of_several_chains():
    """Normals of known law; the draws do not depend on threads, and the chains see each other."""
    cov = np.array([[1.0, 0.9], [0.9, 1.0]])
    with pm.Model() as model:
        pm.MvNormal("x", mu=[1.0, -2.0], cov=cov)
        step = pm.DEMetropolis(tune="lambda")
    runs = [
        pm.sample(
            8000, tune=1000, chains=6, cores=c, step=step, random_seed=3, model=model, **QUIET
        ).posterior["x"]
        for c in (1, 2)
    ]
    draws, again = (np.asarray(r) for r in runs)
    np.testing.assert_array_equal(draws, again)
    flat = draws.reshape(-1, 2)
    np.testing.assert_allclose(flat.mean(axis=0), [1, -2], atol=0.1)
    np.testing.assert_allclose(np.cov(flat.T), cov, atol=0.12)
    with pytest.raises(ValueError, match=r"DEMetropolis needs at least 3 chains.* got 2"):
        drawn(model, 10, 0, step=step)
    with pytest.raises(ValueError, match="tune must be None, 'lambda' or 'scaling', not 'lam"):
        pm.DEMetropolis(tune="lamda", model=model)


@pytest.mark.parametrize(
    "cls",
    [
        pm.NUTS, pm.HamiltonianMC, pm.Metropolis, pm.Slice, pm.DEMetropolis, pm.DEMetropolisZ,
        pm.BinaryMetropolis, pm.BinaryGibbsMetropolis, pm.CategoricalGibbsMetropolis,
    ],
)  # fmt: skip
def test_misspelt_options_are_refused(cls):
    with pm.Model():
        pm.Normal("x")
        pm.Bernoulli("z", 0.5)
        with pytest.raises(TypeError, match=rf"{cls.__name__} has no option 'tuen'; .* vars, "):
            cls(tuen=True)
        assert cls(blocked=True).vars  # PyMC's, of how PyMC runs


def test_trajectories_of_fixed_length():
    """Correlated normals of known law; every trajectory has the steps that its length asks for."""
    cov = np.array([[1.0, 1.6], [1.6, 4.0]])
    with pm.Model() as model:
        pm.MvNormal("x", mu=[1.0, -2.0], cov=cov)
        step = pm.HamiltonianMC(path_length=1.7, max_steps=40)
    result = drawn(model, 5000, 1000, step=step)
    x = np.asarray(result.posterior["x"]).reshape(-1, 2)
    np.testing.assert_allclose(x.mean(0), [1, -2], atol=0.1)
    np.testing.assert_allclose(np.cov(x.T), cov, rtol=0.1)
    white = np.linalg.solve(np.linalg.cholesky(cov), (x - [1, -2]).T)
    assert st.kstest(np.sum(white**2, 0)[::20], st.chi2(2).cdf).pvalue > 1e-3
    size, n = (np.asarray(result.sample_stats[k]) for k in ("step_size", "n_steps"))
    np.testing.assert_array_equal(n, np.clip((1.7 / size).astype(int), 1, 40))
    rate = np.asarray(result.sample_stats["accept"])
    assert 0.5 < rate.mean() < 0.98
    moved = np.any(np.diff(np.asarray(result.posterior["x"]), axis=1) != 0, axis=2)
    np.testing.assert_array_equal(moved, np.asarray(result.sample_stats["accepted"])[:, 1:])
    assert moved.mean() == pytest.approx(rate.mean(), abs=0.03)
    change = np.asarray(result.sample_stats["energy_error"])
    np.testing.assert_allclose(rate, np.exp(np.minimum(0, -change)), rtol=1e-12)


def test_fixed_length_beside_other_steps():
    with pm.Model() as model:
        z = pm.Bernoulli("z", 0.4)
        x = pm.Normal("x", 3.0 * z, 1.0)
        pm.Normal("y", x, 1.0, observed=1.0)
        step = pm.HamiltonianMC([x])
    result = drawn(model, 4000, step=step)
    weight = np.array([0.6, 0.4]) * st.norm([0, 3], np.sqrt(2)).pdf(1.0)
    assert np.mean(result.posterior["z"]) == pytest.approx(weight[1] / weight.sum(), abs=0.04)


@pytest.mark.parametrize(
    "make",
    [
        lambda c: pm.CategoricalGibbsMetropolis([c], proposal="proportional"),
        lambda c: pm.Metropolis([c], S=2.0),
    ],
    ids=["proportional", "walk"],
)
def test_steps_of_categories(make):
    with pm.Model() as model:
        c = pm.Categorical("c", [0.1, 0.6, 0.3], shape=2)
        step = make(c)
    draws = np.asarray(drawn(model, step=step).posterior["c"])
    np.testing.assert_allclose(shares(draws[..., 1], 3), [0.1, 0.6, 0.3], atol=0.04)


def test_binary_metropolis():
    with pm.Model() as model:
        z = pm.Bernoulli("z", [0.2, 0.7])
        step = pm.BinaryMetropolis([z])
    draws = np.asarray(drawn(model, step=step).posterior["z"])
    np.testing.assert_allclose(draws.mean((0, 1)), [0.2, 0.7], atol=0.03)


def test_a_seed_fixes_the_draws_whatever_the_threads():
    def run(cores):
        with pm.Model() as model:
            k = pm.Poisson("k", 3)
            pm.Normal("x", k, 1.0)
        return drawn(model, 50, 50, cores=cores).posterior

    first, second = run(1), run(2)
    np.testing.assert_array_equal(first["x"], second["x"])
    np.testing.assert_array_equal(first["k"], second["k"])


def test_missing_counts_are_sampled():
    with pm.Model() as model, pytest.warns(pm.ImputationWarning):
        rate = pm.Gamma("rate", 2, 1)
        pm.Poisson("y", rate, observed=np.ma.array([3, 0, 5], mask=[0, 1, 0]))
    post = drawn(model, 3000).posterior
    assert post["y"].dtype == "int64"
    np.testing.assert_array_equal(
        np.asarray(post["y"])[..., [0, 2]], np.broadcast_to([3, 5], (2, 3000, 2))
    )
    # y given the other two: a mixture over rate ~ Gamma(2 + 8, 1 + 2)
    assert np.mean(post["y_unobserved"]) == pytest.approx(10 / 3, abs=0.25)


def test_callbacks_and_warm_up():
    seen = []
    with pm.Model() as model:
        k = pm.Poisson("k", 3)
        pm.Normal("x", k, 1.0)
    result = drawn(
        model, 5, 4, callback=lambda trace, draw: seen.append(draw), discard_tuned_samples=False
    )
    assert len(seen) == 18 and seen[-1].is_last and set(seen[0].point) == {"k", "x"}
    assert result.warmup_posterior["k"].shape == (2, 4)


ERRORS = [
    (lambda m: pm.NUTS([m["k"]], model=m), TypeError, "NUTS cannot sample k: it is discrete"),
    (lambda m: pm.BinaryGibbsMetropolis([m["k"]], model=m), TypeError, "cannot sample k"),
    (lambda m: pm.Slice([m["y"]], model=m), ValueError, "y is not a free variable"),
    (lambda m: pm.CategoricalGibbsMetropolis(model=m), ValueError, "no variable for it to sample"),
    (lambda m: drawn(m, step="nuts"), TypeError, "step= takes step methods such as"),
    (
        lambda m: drawn(m, step=[pm.Slice([m["x"]], model=m), pm.NUTS(model=m)]),
        ValueError,
        "x has more than one step method",
    ),
    (
        lambda m: pm.HamiltonianMC(path_length=0, model=m),
        ValueError,
        "path_length must be positive",
    ),
    (lambda m: pm.HamiltonianMC(max_steps=0, model=m), ValueError, "max_steps must be at least 1"),
    (lambda m: drawn(m, init="adwi"), ValueError, "init='adwi' is not supported"),
]


@pytest.mark.parametrize(("act", "error", "message"), ERRORS, ids=lambda v: "")
def test_steps_are_checked(act, error, message):
    with pm.Model() as model:
        k = pm.Poisson("k", 3)
        x = pm.Normal("x", k, 1)
        pm.Normal("y", x, observed=1.0)
    with pytest.raises(error, match=message):
        act(model)


COV = np.array([[1.0, 1.6, 0.0], [1.6, 4.0, 0.1], [0.0, 0.1, 0.01]])
METRICS = {
    "precisions": {"scaling": 1 / np.diag(COV)},
    "variances": {"scaling": np.diag(COV), "is_cov": True},
    "precision matrix": {"scaling": np.linalg.inv(COV)},
    "covariance": {"scaling": COV, "is_cov": True},
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("method", [pm.NUTS, pm.HamiltonianMC])
def test_metrics_that_are_given(method, name):
    """The posterior is the same with every metric; with the right one, trees are short."""
    with pm.Model() as model:
        pm.MvNormal("x", mu=[1.0, -2.0, 0.0], cov=COV)
        step = method(**METRICS[name])
    result = drawn(model, 3000, 500, step=step)
    x = np.asarray(result.posterior["x"]).reshape(-1, 3)
    np.testing.assert_allclose((x.mean(0) - [1, -2, 0]) / np.sqrt(np.diag(COV)), 0, atol=0.12)
    np.testing.assert_allclose(np.diag(np.cov(x.T)) / np.diag(COV), 1, atol=0.12)
    if METRICS[name]["scaling"].ndim == 2:
        assert np.mean(np.asarray(result.sample_stats["n_steps"])) < 6


def test_step_sizes_that_are_given():
    with pm.Model() as model:
        pm.Normal("x", shape=16)
        fixed = pm.NUTS(step_scale=0.8, adapt_step_size=False)
        first = pm.NUTS(step_scale=0.8)
        usual = pm.NUTS(adapt_step_size=False)
    assert usual.step_size == 0.125
    sizes = np.asarray(drawn(model, 50, 200, step=fixed).sample_stats["step_size"])
    np.testing.assert_array_equal(sizes, 0.4)
    sizes = np.asarray(drawn(model, 50, 200, step=first).sample_stats["step_size"])
    assert np.all(sizes != 0.4)


BAD_METRICS = [
    ({"scaling": np.ones(2)}, r"scaling has shape \(2,\), but the variables have 3 elements"),
    ({"scaling": -np.ones(3)}, "scaling must be positive definite"),
    ({"scaling": -np.eye(3)}, "scaling must be positive definite"),
]


@pytest.mark.parametrize(("options", "message"), BAD_METRICS)
def test_metrics_that_are_none(options, message):
    with pm.Model():
        pm.Normal("x", shape=3)
        with pytest.raises(ValueError, match=message):
            pm.NUTS(**options)


class Halves:
    """A proposal written for PyMC3, which takes no generator."""

    def __init__(self, s):
        self.steps = np.random.default_rng(4)
        self.s = s

    def __call__(self):
        return self.s * self.steps.choice([-0.5, 0.5])


def test_proposals_are_objects_that_draw():
    rng = np.random.default_rng(3)
    for kind in ("Normal", "Uniform", "Cauchy", "Laplace", "Poisson"):
        propose = getattr(pm, f"{kind}Proposal")(np.array([1.0, 2.0]))
        assert isinstance(propose, pm.Proposal)
        assert propose().shape == propose(rng).shape == propose(rng=rng).shape == (2,)
    draws = [pm.MultivariateNormalProposal(np.diag([1.0, 9.0]))(rng) for _ in range(2000)]
    assert np.abs(np.cov(np.transpose(draws)) / [[1, 3], [3, 9]] - np.eye(2)).max() < 0.15
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
    step = pm.Metropolis([x], proposal_dist=Halves, tune=False, model=model)
    values = pm.sample(200, step=step, tune=0, chains=1, initvals={"x": 0.0}, model=model,
                       random_seed=1, **QUIET)["x"]  # fmt: skip
    assert np.all(values * 2 == np.rint(values * 2)) and len(set(values)) > 3


def test_few_chains_for_differential_evolution():
    with pm.Model():
        pm.Normal("x", shape=4)
        with pytest.warns(UserWarning, match="4 chains move in a space of 4 dim.*at least 5"):
            pm.sample(5, tune=5, step=pm.DEMetropolis(), chains=4, **QUIET)


def test_as_many_chains_as_start_values_or_seeds():
    with pm.Model():
        x = pm.Normal("x", 0, 1)
        y = pm.Deterministic("y", 2 * x)
        run = {"tune": 5, **QUIET}
        assert pm.sample(5, start=[{"x": 0.0}, {"x": 1.0}], **run).nchains == 2
        assert pm.sample(5, random_seed=[1, 2, 3], **run).nchains == 3
        assert list(pm.sample(5, trace=[y], **run).posterior) == ["y"]
        with pytest.raises(ValueError, match="initvals has 2 entries for 3 chains"):
            pm.sample(5, start=[{"x": 0.0}, {"x": 1.0}], chains=3, **run)
