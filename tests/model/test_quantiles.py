"""Quantiles that are searched for: what they invert, at steps and at ends, and their slopes."""

import pickle

import mpmath
import numpy as np
import pytest
from distribution_cases import case
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import grad
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.quantiles import Quantile

IMPROPER = {"Bound", "CustomDist", "Flat", "HalfFlat"}
ORDINARY = sorted(n for n, c in Distribution.registry.items() if not c.ndim and n not in IMPROPER)
ORDINARY = [n for n in ORDINARY if not pm.__dict__[n].dist(**case(n)).distribution.ndim]
COUNTS = [n for n in ORDINARY if getattr(pm, n).dist(**case(n)).dtype == "int64"]
ATOMS = {"Censored", "DiracDelta", "HurdleGamma", "HurdleLogNormal"}
Q = np.array([1e-9, 0.01, 0.3, 0.5, 0.77, 0.999])[:, None]


@pytest.mark.parametrize("name", sorted(set(ORDINARY) - set(COUNTS) - ATOMS))
def test_the_tails_at_a_quantile_are_the_probability(name):
    rv = getattr(pm, name).dist(**case(name))
    x = rv.icdf(Q).eval()
    slope = np.exp(rv.logp(x).eval()) * np.abs(x) * 4e-16  # what the rounding of x does
    below, above = np.exp(rv.logcdf(x).eval()), np.exp(rv.logccdf(x).eval())
    assert (np.abs(below - Q) <= 2e-13 * Q + slope).all()
    assert (np.abs(above - (1 - Q)) <= 2e-13 * (1 - Q) + slope).all()


@pytest.mark.parametrize("name", COUNTS)
def test_the_quantile_of_counts_is_the_first_that_reaches_a_probability(name):
    rv = getattr(pm, name).dist(**case(name))
    x = rv.icdf(Q).eval()
    below, before = (np.exp(rv.logcdf(k).eval()) for k in (x, x - 1))
    assert (below >= Q).all() and (before < Q).all()
    steps = np.arange(rv.icdf(0.02).eval().min(), rv.icdf(0.98).eval().max() + 1)[:, None]
    reached = np.exp(rv.logcdf(steps).eval())
    inside = (reached > 0) & (reached < 1 - 1e-9) & (rv.logp(steps).eval() > -np.inf)
    at, later = rv.icdf(reached).eval(), rv.icdf(np.minimum(reached * (1 + 1e-12), 1)).eval()
    steps, inside = np.broadcast_to(steps, at.shape), np.broadcast_to(inside, at.shape)
    np.testing.assert_array_equal(at[inside], steps[inside])
    assert (later[inside] > steps[inside]).all()


@pytest.mark.parametrize("name", ORDINARY)
def test_ends_and_what_is_no_probability(name):
    rv = getattr(pm, name).dist(**case(name))
    q = np.array([0.0, 1.0, np.nan, -1e-9, 1 + 1e-9, np.inf])[:, None]
    low, high, *rest = rv.icdf(q).eval()
    assert np.isnan(rest).all()
    support = rv.distribution.support_of()
    for end, found, otherwise in ((support.lower, low, -np.inf), (support.upper, high, np.inf)):
        want = otherwise if end is None else tt.as_tensor_variable(end).eval()
        np.testing.assert_array_equal(found, np.broadcast_to(want, found.shape))


SCIPY = [
    (pm.Poisson.dist(1e9), stats.poisson(1e9)),
    (pm.Poisson.dist(1e-9), stats.poisson(1e-9)),
    (pm.Poisson.dist(0.0), stats.poisson(0.0)),
    (pm.Binomial.dist(10**9, 1e-7), stats.binom(10**9, 1e-7)),
    (pm.Binomial.dist(40, 1.0), stats.binom(40, 1.0)),
    (pm.NegativeBinomial.dist(mu=1e5, alpha=0.1), stats.nbinom(0.1, 0.1 / (0.1 + 1e5))),
    (pm.Geometric.dist(1e-9), stats.geom(1e-9)),
    (pm.Geometric.dist(0.5), stats.geom(0.5)),
    (pm.DiscreteUniform.dist(-7, 10**6), stats.randint(-7, 10**6 + 1)),
    (pm.HyperGeometric.dist(500, 60, 480), stats.hypergeom(500, 60, 480)),
    (pm.BetaBinomial.dist(0.1, 0.2, 900), stats.betabinom(900, 0.1, 0.2)),
    (pm.VonMises.dist(0.0, 1e-3), stats.vonmises(1e-3)),
    (pm.SkewNormal.dist(30.0, 1.0, 1e-3), stats.skewnorm(30, 1, 1e-3)),
    (pm.Rice.dist(1e3, 1e-2), stats.rice(1e5, scale=1e-2)),
    (pm.Rice.dist(1e-3, 1e9), stats.rice(1e-12, scale=1e9)),
    (pm.ExGaussian.dist(1.0, 1e-3, 5.0), stats.exponnorm(5e3, 1, 1e-3)),
]


@pytest.mark.parametrize("k", range(len(SCIPY)))
def test_quantiles_on_other_scales_are_those_of_scipy(k):
    rv, ref = SCIPY[k]
    q = np.array([1e-4, 0.1, 0.5, 0.8, 0.99, 1 - 1e-5])  # farther out SciPy has few digits
    with np.errstate(divide="ignore"):
        want = ref.ppf(q)
    np.testing.assert_allclose(rv.icdf(q).eval(), want, rtol=1e-9, atol=1e-9)


def test_a_quantile_has_the_digits_of_its_tail():
    """Of 1e-300, of an exponentially modified normal variable, by bisection in mpmath."""
    x = float(pm.ExGaussian.dist(0.0, 1.0, 2.0).icdf(1e-300).eval())
    with mpmath.workdps(50):
        z = mpmath.mpf(x)
        tail = mpmath.ncdf(z) - mpmath.exp(mpmath.mpf(1) / 8 - z / 2) * mpmath.ncdf(z - 0.5)
        assert float(mpmath.log(tail)) == pytest.approx(np.log(1e-300), rel=1e-13)
    assert pm.Wald.dist(1.0, 2.0).logcdf(pm.Wald.dist(1.0, 2.0).icdf(1e-300)).eval() == (
        pytest.approx(np.log(1e-300), rel=1e-12)
    )


FAMILIES = {
    pm.Rice: (1.0, 2.0),
    pm.SkewNormal: (2.0, 0.3, 1.5),
    pm.VonMises: (0.3, 2.0),
    pm.Wald: (1.0, 2.0, 0.4),
    pm.ExGaussian: (0.2, 1.0, 2.0),
    pm.PolyaGamma: (1.0, 0.5),
}


SLOW = {pm.PolyaGamma, pm.Rice, pm.VonMises}


@pytest.mark.parametrize(
    "cls", [pytest.param(c, marks=[pytest.mark.slow] if c in SLOW else []) for c in FAMILIES]
)
def test_slopes_of_quantiles(cls):
    """By five-point differences, and the second derivative by those of the first."""
    theta = FAMILIES[cls]
    symbols, q = [tt.scalar(k) for k in cls.params], tt.vector("q")
    made = cls.dist(**dict(zip(cls.params, symbols, strict=True)))
    total = tt.sum(pm.icdf(made, q) ** 2)
    slopes = grad(total, [*symbols, q])
    f = graphcore.function([*symbols, q], [total, *slopes, grad(slopes[0], symbols[-1])])
    probabilities = np.array([0.1, 0.45, 0.8])
    _, *found, second = f(*theta, probabilities)

    def changed(i, output, move=lambda h, i: h * np.eye(len(theta))[i]):
        h, sums = 1e-3, 0.0
        for step, weight in ((1, 8 / 12), (-1, -8 / 12), (2, -1 / 12), (-2, 1 / 12)):
            moved = np.array(theta) + move(step * h, i)
            sums += weight * f(*moved, probabilities)[output] / h
        return sums

    for i in range(len(theta)):
        assert found[i] == pytest.approx(changed(i, 0), rel=1e-8, abs=1e-9)
    assert second == pytest.approx(changed(len(theta) - 1, 1), rel=1e-7, abs=1e-8)
    x = made.icdf(q)
    want = 2 * x / tt.exp(made.logp(x))
    given = dict(zip([*symbols, q], [*theta, probabilities], strict=True))
    np.testing.assert_allclose(found[-1], want.eval(given), rtol=1e-12)


def test_counts_do_not_move_with_their_parameters():
    mu = tt.scalar("mu")
    found = pm.Poisson.dist(mu).icdf([0.1, 0.5])
    assert grad(found.sum(), mu).eval({mu: 3.0}) == 0


def test_shapes_and_types():
    poisson = pm.Poisson.dist(np.array([1.0, 5.0, 40.0]))
    found = poisson.icdf(np.array([[0.2], [0.9]])).eval()
    np.testing.assert_array_equal(found, stats.poisson([1, 5, 40]).ppf([[0.2], [0.9]]))
    assert pm.Poisson.dist(np.ones(0)).icdf(0.5).eval().shape == (0,)
    assert pm.Wald.dist(1.0, 1.0).icdf(np.ones((0, 2))).eval().shape == (0, 2)
    assert pm.Poisson.dist(3.0).icdf(np.float32(0.5)).eval() == 3
    rows = pm.Categorical.dist(np.array([[0.2, 0.8], [0.9, 0.1]])).icdf(0.5).eval()
    np.testing.assert_array_equal(rows, [1, 0])


def test_a_search_is_one_operation_of_a_program():
    q, mu = tt.vector("q"), tt.vector("mu")
    found = pm.Poisson.dist(mu).icdf(q)
    assert any(isinstance(v.owner.op, Quantile) for v in found.owner.inputs[1:] if v.owner) or (
        "quantile" in graphcore.printing.pp(found)
    )
    f = graphcore.function([q, mu], found)
    given = np.array([0.1, 0.6, 0.6]), np.array([3.0, 3.0, 1e8])
    np.testing.assert_array_equal(f(*given), stats.poisson(given[1]).ppf(given[0]))
    assert "python" not in graphcore.explain(f)


def test_models_with_quantiles_are_pickled():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        pm.Potential("p", -(pm.icdf(pm.Rice.dist(pm.math.exp(mu), 1.0), 0.3) ** 2))
    other = pickle.loads(pickle.dumps(model))
    at = np.array([0.3])
    want, got = (m.logp_dlogp_function()(at) for m in (model, other))
    assert got[0] == want[0] and got[1] == want[1]


def test_quantiles_of_what_is_made_of_others():
    q = np.array([1e-9, 0.2, 0.5, 0.9])
    cut = pm.Truncated.dist(pm.Normal.dist(0, 1), lower=-1.0, upper=2.0)
    np.testing.assert_allclose(cut.icdf(q).eval(), stats.truncnorm(-1, 2).ppf(q), rtol=1e-12)
    far = pm.Truncated.dist(pm.Normal.dist(0, 1), lower=30.0)
    assert far.icdf(0.5).eval() == pytest.approx(stats.truncnorm(30, np.inf).ppf(0.5), rel=1e-13)
    counts = pm.Truncated.dist(pm.Poisson.dist(4.0), lower=3, upper=6)
    np.testing.assert_array_equal(counts.icdf([0.0, 0.25, 0.26, 0.6, 1.0]).eval(),
                                  [3, 3, 3, 4, 6])  # fmt: skip
    seen = pm.Censored.dist(pm.Normal.dist(0, 1), lower=-1.0, upper=2.0)
    np.testing.assert_allclose(seen.icdf([0.1, 0.4, 0.99]).eval(), [-1, stats.norm.ppf(0.4), 2])
    zeros = pm.HurdleGamma.dist(0.7, 2.0, 3.0)
    want = [0, 0, stats.gamma(2, scale=1 / 3).ppf(0.1 / 0.7)]
    np.testing.assert_allclose(zeros.icdf([0.1, 0.3, 0.4]).eval(), want, rtol=1e-13)
    parts = [pm.Uniform.dist(0, 1), pm.Uniform.dist(10, 11)]
    gap = pm.Mixture.dist([0.5, 0.5], parts)
    np.testing.assert_allclose(gap.icdf([0.25, 0.5, 0.75]).eval(), [0.5, 1, 10.5], rtol=1e-13)
    doubled = pm.icdf(pm.math.exp(pm.Normal.dist(0, 2)), q)
    np.testing.assert_allclose(doubled.eval(), stats.lognorm(2).ppf(q), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(IMPROPER))
def test_what_has_no_quantiles_says_so(name):
    with pytest.raises(NotImplementedError):
        getattr(pm, name).dist(**case(name)).icdf(0.5)
