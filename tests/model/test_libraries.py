"""What libraries on top of PyMC ask of it: names of variables, parameters of distributions."""

import inspect

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
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
