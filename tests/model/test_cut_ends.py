"""Derivatives of tails at corners of formulas: medians, and bounds at ends of supports."""

import numpy as np
import pytest
from distribution_cases import typical
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.model.distributions.base import Distribution

ATOMS = {"HurdleGamma", "HurdleLogNormal"}  # tails jump at 0
TAILED = sorted(
    name
    for name, cls in Distribution.registry.items()
    if hasattr(cls, "logcdf")
    and cls.params
    and not any(p.ndim for p in cls.params.values())
    and cls.dist(**typical(cls, 1)).dtype == "float64"
)


@pytest.mark.parametrize("name", sorted(set(TAILED) - ATOMS))
def test_the_derivative_of_a_tail_is_the_density(name):
    cls = getattr(pm, name)
    x = tt.scalar("x")
    for seed in range(3):
        at = {k: float(v[0]) for k, v in typical(cls, 1, seed).items()}
        rv = cls.dist(**at)
        density, below, above = rv.logp(x), rv.logcdf(x), rv.logccdf(x)
        graphs = [density, below, above, grad(below, x), grad(above, x)]
        points = [rv.distribution.initial().eval(), rv.random(rng=seed), at.get("mu", 0.0)]
        for point in map(float, points):
            p, lower, upper, up, down = evaluate(graphs, {x: point})
            if not np.isfinite([p, lower, upper]).all() or 0 in (lower, upper):
                continue  # outside of the support, or at its end
            assert up == pytest.approx(np.exp(p - lower), rel=1e-9), (at, point)
            assert down == pytest.approx(-np.exp(p - upper), rel=1e-9), (at, point)


ENDS = {  # parameters, ends of the support (or None), a value inside
    "Beta": ((2.0, 3.0), (0.0, 1.0), 0.5),
    "Cauchy": ((0.0, 1.0), (None, None), 0.5),
    "ChiSquared": ((3.0,), (0.0, None), 0.5),
    "Exponential": ((1.3,), (0.0, None), 0.5),
    "Gamma": ((2.0, 1.0), (0.0, None), 0.5),
    "HalfCauchy": ((1.0,), (0.0, None), 0.5),
    "HalfNormal": ((1.0,), (0.0, None), 0.5),
    "HalfStudentT": ((3.0, 1.0), (0.0, None), 0.5),
    "InverseGamma": ((3.0, 1.0), (0.0, None), 0.5),
    "Kumaraswamy": ((2.0, 3.0), (0.0, 1.0), 0.5),
    "LogNormal": ((0.0, 1.0), (0.0, None), 0.5),
    "LogitNormal": ((0.0, 1.0), (0.0, 1.0), 0.5),
    "Normal": ((0.1, 1.0), (None, None), 0.5),
    "Pareto": ((2.0, 1.0), (1.0, None), 1.5),
    "Rice": ((1.0, 1.0), (0.0, None), 0.5),
    "StudentT": ((4.0, 0.0, 1.0), (None, None), 0.5),
    "Wald": ((1.0, 1.0), (0.0, None), 0.5),
    "Weibull": ((2.0, 1.5), (0.0, None), 0.5),
    "Geometric": ((0.3,), (1.0, None), 2.0),
    "NegativeBinomial": ((2.0, 1.0), (0.0, None), 2.0),
    "Poisson": ((2.0,), (0.0, None), 2.0),
}


@pytest.mark.parametrize("kind", [pm.Truncated, pm.Censored])
@pytest.mark.parametrize("name", ENDS)
def test_bounds_at_the_end_of_the_support_cut_nothing_off(name, kind):
    """Densities and gradients are those without such a bound, or of the other bound alone."""
    numbers, (low, high), x = ENDS[name]
    cls = getattr(pm, name)
    symbols = [tt.scalar() for _ in numbers]
    at = dict(zip(symbols, numbers, strict=True))
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    middle = x + 0.25 if high == 1 else x + 2
    base = cls.dist(*symbols)

    def found(lower, upper):
        density = kind.dist(base, lower=lower, upper=upper).logp(x).sum()
        return evaluate([density, *grad(density, symbols)], at)

    for upper in (None, middle):
        want = found(None, upper)
        assert np.isfinite(want).all()
        np.testing.assert_allclose(found(low, upper), want, rtol=1e-12)
        np.testing.assert_allclose(found(low, high if upper is None else upper), want, rtol=1e-12)
        # some entries cut, some do not
        part = found(middle - 2.75 if low == -np.inf else low, upper)
        if low == -np.inf:
            both = found(np.array([low, middle - 2.75]), upper)
            np.testing.assert_allclose(both, np.add(want, part), rtol=1e-12)


def test_half_of_a_student_t():
    """A bound at the median, where the tail of Student's t has another formula."""
    x = np.array([0.1, 2.0])
    nu, sigma = tt.scalar("nu"), tt.scalar("sigma")
    cut = pm.Truncated.dist(pm.StudentT.dist(nu, 0.0, sigma), lower=0.0, upper=3.0).logp(x).sum()
    half = pm.Truncated.dist(pm.HalfStudentT.dist(nu, sigma), upper=3.0).logp(x).sum()
    at = {nu: 3.5, sigma: 1.2}
    found, want = (evaluate([f, *grad(f, [nu, sigma])], at) for f in (cut, half))
    np.testing.assert_allclose(found, want, rtol=1e-10)
    for name in ("Laplace", "Cauchy"):
        mu = tt.scalar("mu")
        below = getattr(pm, name).dist(mu, 2.0).logcdf(0.3)
        reference = getattr(stats, name.lower())(0.3, 2.0)
        assert evaluate([grad(below, mu)], {mu: 0.3})[0] == pytest.approx(-2 * reference.pdf(0.3))
