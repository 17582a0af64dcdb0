"""Parameters of unknown shape: densities are graphs of them; models need fixed shapes."""

import numpy as np
import pytest
from distribution_cases import typical

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.model.distributions.base import Distribution

MU = tt.vector("mu")
SCALAR = sorted(
    name
    for name, cls in Distribution.registry.items()
    if cls.params and not cls.ndim and all(p.ndim == 0 for p in cls.params.values())
    if cls.dist.__func__ is Distribution.dist.__func__ and "random" in dir(cls)
)


@pytest.mark.parametrize("name", SCALAR)
def test_densities_draws_and_gradients_are_those_of_fixed_shapes(name):
    cls = getattr(pm, name)
    parameters = typical(cls, 3)
    if any(np.ndim(v) != 1 for v in parameters.values()):
        pytest.skip("a parameter is one number")
    fixed = cls.dist(**parameters)
    symbols = [tt.vector(k) for k in parameters]
    rv, x = cls.dist(**dict(zip(parameters, symbols, strict=True))), tt.vector("x")
    assert rv.type.shape == (None,)
    given = dict(zip(symbols, parameters.values(), strict=True))
    value = fixed.random(rng=1)
    np.testing.assert_array_equal(rv.random(rng=1, given=given), value)
    assert rv.random(2, rng=1, given=given).shape == (2, 3)
    f = graphcore.function([*symbols, x], rv.logp(x), on_unused_input="ignore")
    want = fixed.logp(value.astype("float64")).eval()
    np.testing.assert_allclose(f(*given.values(), value), want, rtol=1e-13)


def test_a_gradient_by_a_vector_of_any_length():
    x, sigma = tt.vector("x"), tt.scalar("sigma")
    density = tt.sum(pm.logp(pm.Normal.dist(MU, sigma), x))
    f = graphcore.function([MU, sigma, x], graphcore.grad(density, [MU, sigma]))
    for n in (0, 1, 3):
        m, values = np.arange(float(n)), np.ones(n)
        by_mu, by_sigma = f(m, 2.0, values)
        np.testing.assert_allclose(by_mu, (values - m) / 4)
        np.testing.assert_allclose(by_sigma, ((values - m) ** 2 / 8 - 0.5).sum())


FIXED = "the shape of parameter {} is not known before the model runs; give it a fixed shape"


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (lambda: pm.Normal("a", MU, 1), "mu"),
        (lambda: pm.Mixture("a", [0.5, 0.5], [pm.Normal.dist(MU), pm.Normal.dist(MU)]), "mu"),
        (lambda: pm.Truncated("a", pm.Normal.dist(MU), lower=0), "mu"),
        (lambda: pm.MvNormal("a", MU, np.eye(3)), "mu"),
        (lambda: pm.Dirichlet("a", MU), "a"),
        (lambda: pm.Categorical("a", p=MU), "p"),
        (lambda: pm.AR("a", MU, sigma=1, steps=3), "rho"),
        (lambda: pm.CustomDist("a", MU, logp=lambda x, m: -((x - m) ** 2)), "1"),
        (lambda: pm.GaussianRandomWalk("a", MU, 1, init_dist=pm.Normal.dist(), steps=3), "mu"),
        (
            lambda: pm.GaussianRandomWalk("a", 0, 1, init_dist=pm.Normal.dist(MU), steps=3),
            "init_dist",
        ),
        (lambda: pm.Normal.dist(MU).test_value(), "mu"),
    ],
)
def test_where_a_shape_must_be_known_the_parameter_is_named(make, parameter):
    with pm.Model(), pytest.raises(ValueError, match=FIXED.format(parameter)):
        make()


def test_a_shape_beside_the_parameters_fixes_it():
    with pm.Model():
        assert pm.Normal("a", MU, 1, shape=3).type.shape == (3,)
        assert pm.Normal("b", MU, 1, observed=[1.0, 2.0]).type.shape == (2,)
        with pytest.raises(ValueError, match="does not fit"):
            pm.Normal("c", tt.matrix(), 1, shape=3)
