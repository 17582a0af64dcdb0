"""Counts summed out of models, against the sums written out."""

import itertools

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt

Y = np.array([-1.0, 0.5, 3.0, 4.2])


def mixture(shape, **kwargs):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 3, shape=2)
        sd = pm.HalfNormal("sd", 1)
        z = pm.Categorical("z", [0.3, 0.7], shape=shape)
        if shape:
            pm.Deterministic("centre", mu[z])
            pm.Normal("y", mu[z], sd, observed=Y, **kwargs)
        else:
            pm.Normal("y", mu[z], sd, observed=Y, **kwargs)
    return model


AT = {"mu": np.array([-0.5, 3.1]), "sd_log__": np.array(0.2)}


def test_a_vector_of_counts_becomes_a_mixture():
    model = pm.marginalize(mixture(4), "z")
    assert [v.name for v in model.value_vars] == ["mu", "sd_log__"]
    assert "centre" not in model and model["y"].type.shape == (4,)
    with pm.Model() as same:
        mu = pm.Normal("mu", 0, 3, shape=2)
        sd = pm.HalfNormal("sd", 1)
        pm.NormalMixture("y", [0.3, 0.7], mu, sd, observed=Y)
    x = np.r_[AT["mu"], AT["sd_log__"]]
    got, want = (m.logp_dlogp_function()(x) for m in (model, same))
    assert got[0] == pytest.approx(want[0], rel=1e-13)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-11)
    point = model.point_logps(AT, None)["y"]
    assert point == pytest.approx(same.point_logps(AT, None)["y"], rel=1e-13)


def test_one_count_is_summed_over_all_data():
    model = pm.marginalize(mixture(()), ["z"])
    cases = [
        np.log(p) + stats.norm.logpdf(Y, m, np.exp(0.2)).sum()
        for p, m in zip([0.3, 0.7], AT["mu"], strict=True)
    ]
    got = model.point_logps(AT, None)["y"]
    assert got == pytest.approx(np.logaddexp(*cases), rel=1e-13)


@pytest.mark.parametrize("dist", ["uniform", "binomial", "bernoulli"])
def test_every_finite_count(dist):
    makers = {
        "uniform": (lambda: pm.DiscreteUniform("k", 2, 5), stats.randint(2, 6)),
        "binomial": (lambda: pm.Binomial("k", 3, 0.4), stats.binom(3, 0.4)),
        "bernoulli": (
            lambda: pm.Bernoulli("k", logit_p=0.7),
            stats.bernoulli(1 / (1 + np.exp(-0.7))),
        ),
    }
    make, ref = makers[dist]
    with pm.Model() as model:
        k = make()
        rate = pm.Gamma("rate", 2, 2)
        pm.Poisson("y", rate * (1 + k), observed=[1, 4])
        pm.Normal("x", k, 1.0, observed=0.3)
    made = pm.marginalize(model, k)
    want = (
        np.logaddexp.reduce(
            [
                ref.logpmf(j)
                + stats.poisson(1.5 * (1 + j)).logpmf([1, 4]).sum()
                + stats.norm(j).logpdf(0.3)
                for j in range(7)
            ]
        )
        + stats.gamma(2, scale=0.5).logpdf(1.5)
        + np.log(1.5)
    )
    assert made.compile_logp()({"rate_log__": np.log(1.5)}) == pytest.approx(want, rel=1e-13)


def test_free_variables_may_depend_on_what_is_summed_out():
    with pm.Model() as model:
        z = pm.Bernoulli("z", 0.25)
        s = pm.HalfNormal("s", 1 + 2 * z)
        pm.Normal("y", 0, s, observed=Y)
    made = pm.marginalize(model, "z")
    assert [v.name for v in made.value_vars] == ["s_log__"]
    s = np.exp(0.4)
    want = np.logaddexp(
        np.log(0.75) + stats.halfnorm.logpdf(s, 0, 1), np.log(0.25) + stats.halfnorm.logpdf(s, 0, 3)
    )
    want += stats.norm.logpdf(Y, 0, s).sum() + 0.4
    assert made.compile_logp()({"s_log__": 0.4}) == pytest.approx(want, rel=1e-13)


def test_two_counts_in_turn():
    with pm.Model() as model:
        a = pm.Bernoulli("a", 0.25)
        b = pm.Categorical("b", [0.2, 0.3, 0.5])
        pm.Normal("y", 2 * a - b, 1, observed=Y)
    made = pm.marginalize(model, [a, "b"])
    cases = [
        np.log([0.75, 0.25][i] * [0.2, 0.3, 0.5][j]) + stats.norm.logpdf(Y, 2 * i - j, 1).sum()
        for i, j in itertools.product(range(2), range(3))
    ]
    assert made.compile_logp()({}) == pytest.approx(np.logaddexp.reduce(cases), rel=1e-13)


def test_draws_are_those_of_the_mixture():
    with pm.Model() as model:
        z = pm.Bernoulli("z", 0.3, shape=4)
        pm.Normal("y", 10 * z, 1, observed=Y)
    with pm.marginalize(model, z):
        prior = pm.sample_prior_predictive(500, random_seed=2, return_inferencedata=False)
    high = np.asarray(prior["y"]) > 5
    assert high.mean() == pytest.approx(0.3, abs=0.05)
    assert high.any(axis=-1).mean() == pytest.approx(1 - 0.7**4, abs=0.08)


def chain():
    z = pm.Bernoulli("z", 0.3, shape=4)
    pm.Normal("y", tt.cumsum(z), 1, observed=Y)
    return z


def refused(what):
    with pm.Model() as model:
        z = {
            "chain": chain,
            "poisson": lambda: pm.Poisson("z", 3),
            "continuous": lambda: pm.Normal("z"),
            "alone": lambda: pm.Bernoulli("z", 0.5),
            "potential": lambda: pm.Bernoulli("z", 0.5),
            "shape": lambda: pm.Bernoulli("z", 0.5, shape=3),
        }[what]()
        if what == "potential":
            pm.Potential("p", 2.0 * z)
        if what == "shape":
            pm.Normal("y", z.sum(), 1, observed=Y)
        if what == "poisson":
            pm.Normal("y", z, 1, observed=Y)
    return pm.marginalize(model, "z")


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("chain", NotImplementedError, "mu is not computed element by element"),
        ("poisson", NotImplementedError, "z: Poisson cannot be summed out"),
        ("continuous", TypeError, "z is not discrete"),
        ("alone", ValueError, "no other variable depends on z"),
        ("potential", NotImplementedError, "p is a potential that depends on z"),
        ("shape", NotImplementedError, r"y has shape \(4,\), but .* has shape \(3,\)"),
    ],
)
def test_what_cannot_be_summed_out_is_said(what, error, message):
    with pytest.raises(error, match=message):
        refused(what)
