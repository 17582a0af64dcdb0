"""Tails too small for a double, counts too large for the usual formulas, against mpmath."""

import mpmath
import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import grad
from graphcore.model.distributions.special import log_betainc, log_gammainc, log_gammaincc

mp = mpmath.mp
STEPS = (0, 1, 3, 10, 40, 120, 400)


def gamma_tail(a, x):
    """Log of the smaller tail at ``x``: an integral that falls exponentially from there."""
    up = x > a
    kernel = a * mp.log(x) - x - mp.loggamma(a)
    slope, sign = abs(x - a), 1 if up else -1
    inner = lambda v: mp.exp(sign * a * v - x * mp.expm1(sign * v))  # noqa: E731
    return kernel + mp.log(mp.quad(inner, [k / slope for k in STEPS]))


def beta_tail(a, b, x):
    kernel = a * mp.log(x) + b * mp.log1p(-x) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b)
    slope = a - (b - 1) * x / (1 - x)

    def inner(v):
        return mp.exp((b - 1) * (mp.log1p(-x * mp.exp(-v)) - mp.log1p(-x)) - a * v)

    whole = mp.quad(inner, [k / slope for k in STEPS]) / (1 - x)
    return kernel + mp.log(whole)


GAMMA = [
    (2.0, 1000.0), (2.0, 1e6), (0.01, 800.0), (50.0, 1e-10), (1e4, 100.0), (1e3, 2500.0),
    (1e9, 1e9 + 2e5), (1e9, 1e9 - 2e5), (1e9, 1.18e9), (1e12, 1e12 + 1e7), (1e7, 5e6),
    (1e7, 1e-3), (1.0, 700.0), (3.0, 620.0), (1e6, 1e5),
]  # fmt: skip
BETA = [
    (1e3, 3.0, 0.1), (1e3, 3.0, 0.5), (5.0, 1e4, 1e-70), (1e6, 2e6, 0.31), (2.0, 3.0, 1e-200),
    (1e9, 1e9, 0.4991), (1e5, 1e-3, 0.9), (0.5, 0.5, 1e-300),
]  # fmt: skip


def checked(expression, symbols, point, reference, digits=1e-10):
    """Value and derivatives, per relative change of an argument."""
    f = graphcore.function(symbols, [expression, *grad(expression, symbols)])
    value, *slopes = f(*point)
    with mpmath.workdps(50):
        exact = [mp.mpf(p) for p in point]
        assert value == pytest.approx(float(reference(*exact)), rel=digits)
        for i, slope in enumerate(slopes):
            moved = [[v * (1 + s * mp.mpf(10) ** -15 * (i == k)) for k, v in enumerate(exact)]
                     for s in (1, -1)]  # fmt: skip
            want = (reference(*moved[0]) - reference(*moved[1])) / mp.mpf(10) ** -15 / 2
            assert slope * point[i] == pytest.approx(float(want), rel=1e-9)


@pytest.mark.parametrize("point", GAMMA)
def test_tails_of_the_gamma_distribution(point):
    a, x = tt.scalars("a", "x")
    tail = log_gammaincc if point[1] > point[0] else log_gammainc
    checked(tail(tt, a, x), [a, x], point, gamma_tail)


@pytest.mark.parametrize("point", BETA)
def test_tails_of_the_beta_distribution(point):
    a, b, x = tt.scalars("a", "b", "x")
    checked(log_betainc(tt, a, b, x), [a, b, x], point, beta_tail)


def test_tails_meet_where_the_way_of_computing_changes():
    """Their derivative is the density over the tail on both sides, and so are differences."""
    x = np.linspace(550, 650, 101)
    for rv in (pm.Gamma.dist(3.0, 1.0), pm.Exponential.dist(1.0)):
        steps = np.diff(rv.logccdf(x).eval())
        middle = 0.5 * (x[1:] + x[:-1])
        want = -np.exp(rv.logp(middle).eval() - rv.logccdf(middle).eval())
        np.testing.assert_allclose(steps, want, rtol=1e-5)
    p = np.exp(np.linspace(-360, -240, 61))
    steps = np.diff(pm.Beta.dist(2.0, 3.0).logcdf(p).eval())
    np.testing.assert_allclose(steps, 4.0, rtol=1e-9)  # the tail goes like p**2


def test_far_tails_of_families():
    with mpmath.workdps(50):
        want = [
            gamma_tail(mp.mpf(101), mp.mpf(1e4)),  # at most 100 of a Poisson with mean 1e4
            gamma_tail(mp.mpf(1e4 + 1), mp.mpf(3.0)),
            beta_tail(mp.mpf(1e5 + 1), mp.mpf(2.0), mp.mpf(3) / 5),
            mp.log(mp.betainc(3.5, 0.5, 0, 7 / (7 + mp.mpf(1e50) ** 2), regularized=True) / 2),
        ]
    got = [
        pm.Poisson.dist(1e4).logcdf(100),
        pm.Poisson.dist(3.0).logccdf(1e4),
        pm.NegativeBinomial.dist(3.0, 2.0).logccdf(1e5),
        pm.StudentT.dist(7.0, 0.0, 1.0).logccdf(1e50),
    ]
    np.testing.assert_allclose([v.eval() for v in got], [float(v) for v in want], rtol=1e-11)


HUGE = np.array([1e6, 1e15, 2.0**53, 1e100, 1e200, 1e300, 1e308, np.inf])
COUNTS = {
    "Binomial": {"n": 10, "p": 0.3},
    "DiscreteWeibull": {"q": 0.5, "beta": 0.1},
    "Geometric": {"p": 1e-12},
    "HurdleNegativeBinomial": {"psi": 0.5, "mu": 3.0, "alpha": 2.0},
    "HurdlePoisson": {"psi": 0.5, "mu": 3.0},
    "NegativeBinomial": {"mu": 1e9, "alpha": 1e-3},
    "Poisson": {"mu": 1e9},
    "PolyaGamma": {"h": 1.0, "z": 0.5},
    "ZeroInflatedBinomial": {"psi": 0.5, "n": 10, "p": 0.3},
    "ZeroInflatedNegativeBinomial": {"psi": 0.5, "mu": 3.0, "alpha": 2.0},
    "ZeroInflatedPoisson": {"psi": 0.5, "mu": 3.0},
}


@pytest.mark.parametrize("name", COUNTS)
def test_huge_values(name):
    """Nothing is NaN, tails fall, and no value is likelier than all from it on."""
    rv = getattr(pm, name).dist(**COUNTS[name])
    density, below, above = (f(HUGE).eval() for f in (rv.logp, rv.logcdf, rv.logccdf))
    assert not np.isnan([density, below, above]).any()
    assert density[-1] == above[-1] == -np.inf and below[-1] == 0
    with np.errstate(invalid="ignore"):
        assert not (np.diff(below) < 0).any() and not (np.diff(above) > 0).any()
        far = np.isfinite(density) & np.isfinite(above)
        more = np.logaddexp(density, above) if rv.dtype == "int64" else density
        assert (np.diff(more[far]) <= 0).all()


def test_the_linear_tail_of_a_polya_gamma_variable():
    rv = pm.PolyaGamma.dist(2.0, 1.5)
    rate = 0.5 * (np.pi**2 + 1.5**2)
    for f in (rv.logp, rv.logccdf):
        values = f(np.array([1e16, 2e16, 1e100])).eval()
        np.testing.assert_allclose(values, [-rate * 1e16, -rate * 2e16, -rate * 1e100], rtol=1e-12)
