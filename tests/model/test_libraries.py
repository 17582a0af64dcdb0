"""What libraries on top of PyMC ask of it: names of variables, parameters of distributions."""

import inspect
import warnings

import numpy as np
import pytest
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.model.util import get_default_varnames, get_transformed_name, get_untransformed_name


def test_what_there_is_not():
    with pytest.raises(AttributeError, match=r"no formulas.*glm.*dot"):
        pm.glm
    with pytest.raises(AttributeError, match=r"no solver of differential equations.*scan"):
        pm.ode
    assert pm.__version__ == graphcore.__version__


def test_names_of_transformed_variables():
    with pm.Model() as model:
        sd = pm.HalfNormal("sd")
        pm.Normal("mu_", 0.0, sd)
        pm.Uniform("u")
    names = [get_transformed_name(name, t) for name, t in (("sd", model.rvs_to_transforms[sd]),)]
    assert names == ["sd_log__"] and get_untransformed_name("sd_log__") == "sd"
    assert get_untransformed_name("a_b_interval__") == "a_b"
    with pytest.raises(ValueError, match="'sd' is not the name of a transformed"):
        get_untransformed_name("sd")
    kept = get_default_varnames(model.unobserved_value_vars, include_transformed=False)
    assert sorted(v.name for v in kept) == ["mu_", "sd", "u"]
    every = get_default_varnames(model.unobserved_value_vars, include_transformed=True)
    assert len(every) == 5


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (pm.Normal, ["mu", "sigma", "tau"]),
        (pm.Gamma, ["alpha", "beta", "mu", "sigma"]),
        (pm.NegativeBinomial, ["mu", "alpha", "p", "n"]),
        (pm.TruncatedNormal, ["mu", "sigma", "tau", "lower", "upper"]),
        (pm.MvNormal, ["mu", "cov", "tau", "chol", "lower"]),
        (pm.Mixture, ["w", "comp_dists"]),
        (pm.ZeroSumNormal, ["sigma", "n_zerosum_axes", "support_shape"]),
    ],
)
def test_signatures_tell_the_parameters(family, names):
    assert inspect.getfullargspec(family.dist).args == ["cls", *names]
    found = inspect.signature(family.dist).parameters
    assert list(found) == [*names, "kwargs"]
    assert all(p.default is not p.empty for p in found.values() if p.name in names[1:])


def test_signatures_stay_with_their_class():
    class Doubled(pm.Normal, hidden=True):
        @classmethod
        def dist(cls, mu, **kwargs):
            return super().dist(2 * mu, 1.0, **kwargs)

    assert list(inspect.signature(Doubled.dist).parameters) == ["mu", "kwargs"]
    x = Doubled.dist(1.5, shape=2)
    assert type(x.distribution) is Doubled
    np.testing.assert_allclose(x.logp([3.0, 3.0]).eval(), -np.log(2 * np.pi) / 2)
    assert inspect.signature(pm.Poisson.dist).parameters["mu"].default is inspect.Parameter.empty


def test_classes_take_a_value_and_parameters():
    x = np.array([0.5, 2.0])
    np.testing.assert_allclose(pm.Normal.logp(x, 1.0, 2.0).eval(), stats.norm.logpdf(x, 1, 2))
    found = pm.Normal.logp(value=x, mu=1.0, sigma=2.0)
    np.testing.assert_allclose(found.eval(), stats.norm.logpdf(x, 1, 2))
    v = tt.dvector("v")
    np.testing.assert_allclose(
        pm.Gamma.logp(v, alpha=2.0, beta=3.0).eval({v: x}), stats.gamma.logpdf(x, 2, scale=1 / 3)
    )
    np.testing.assert_allclose(pm.Normal.logcdf(x, 1.0, 2.0).eval(), stats.norm.logcdf(x, 1, 2))
    np.testing.assert_allclose(pm.Exponential.icdf(0.3, 2.0).eval(), stats.expon.ppf(0.3) / 2)
    with pytest.raises(TypeError, match="has no parameter 'typo'"):
        pm.Normal.logp(x, typo=1.0)


@pytest.mark.parametrize("spelled", [{"sd": 0.5}, {"sigma": 0.5}, {"tau": 4.0}])
def test_random_walks_as_pymc3_spells_them(spelled):
    with pm.Model() as model:
        pm.GaussianRandomWalk("x", init=pm.Normal.dist(0.0, sd=0.1), shape=3, **spelled)
    x = np.array([0.1, 0.4, -0.2])
    want = stats.norm.logpdf(0.1, 0, 0.1) + stats.norm.logpdf(np.diff(x), 0, 0.5).sum()
    assert model.compile_logp()({"x": x}) == pytest.approx(want, rel=1e-13)


def test_random_walks_have_one_width():
    with pm.Model(), pytest.raises(TypeError, match=r"^x: .*sigma or tau, not both"):
        pm.GaussianRandomWalk("x", sigma=1.0, tau=1.0, init_dist=pm.Normal.dist(), shape=3)


def test_random_walks_of_vectors_as_pymc3_spells_them():
    start = pm.MvNormal.dist(np.zeros(2), cov=np.eye(2))
    with pm.Model() as model:
        pm.MvGaussianRandomWalk("x", cov=4 * np.eye(2), init=start, shape=(3, 2))
    x = np.array([[0.1, 0.4], [-0.2, 1.0], [2.0, 0.5]])
    want = stats.norm.logpdf(x[0]).sum() + stats.norm.logpdf(np.diff(x, axis=0), 0, 2).sum()
    assert model.compile_logp()({"x": x}) == pytest.approx(want, rel=1e-13)


def test_another_sampler_gets_a_warning():
    with pm.Model():
        pm.Normal("x")
        options = {"draws": 10, "tune": 10, "chains": 1, "progressbar": False, "random_seed": 1}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            pm.sample(nuts_sampler="nutpie", **options)
        assert any("nutpie" in str(w.message) for w in told)
        with pytest.raises(ValueError, match="nuts_sampler='stan'"):
            pm.sample(nuts_sampler="stan", **options)
