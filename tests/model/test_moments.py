"""Means and variances of distributions made of others, and where a textbook formula cancels."""

import mpmath
import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate


def moments(rv):
    return evaluate([rv.distribution.mean, rv.distribution.variance], {})


def truncated(a, b):
    """Mean and variance of a standard normal between ``a`` and ``b``, in 600 digits."""
    with mpmath.workdps(600):
        a, b = mpmath.mpf(a), mpmath.mpf(b)
        z = mpmath.ncdf(-a) - mpmath.ncdf(-b)
        left = 0 if mpmath.isinf(a) else a * mpmath.npdf(a)
        right = 0 if mpmath.isinf(b) else b * mpmath.npdf(b)
        mean = (mpmath.npdf(a) - mpmath.npdf(b)) / z
        return float(mean), float(1 + (left - right) / z - mean**2)


BOUNDS = [
    (-1.0, 2.0), (-np.inf, 0.5), (0.0, np.inf), (3.0, 4.0), (12.0, np.inf), (-np.inf, -12.0),
    (-30.0, -29.0), (1.0, 1.0 + 1e-6), (-1e-8, 1e-8), (-9.5, 40.0), (100.0, np.inf), (-40.0, 0.1),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), BOUNDS)
def test_truncated_normals_keep_their_digits(a, b):
    mean, variance = truncated(a, b)
    for rv, center, scale in [
        (pm.TruncatedNormal.dist(0.0, 1.0, lower=a, upper=b), 0.0, 1.0),
        (pm.Truncated.dist(pm.Normal.dist(2.0, 0.5), lower=2 + a / 2, upper=2 + b / 2), 2.0, 0.5),
    ]:
        found = moments(rv)
        rounding = 1e-12 if scale == 1 else 1e-8  # of the bounds 2 + a / 2
        assert found[0] == pytest.approx(center + scale * mean, rel=1e-13, abs=1e-14)
        assert found[1] == pytest.approx(scale**2 * variance, rel=rounding)


def test_moments_are_expressions():
    mu = tt.scalar("mu")
    rv = pm.TruncatedNormal.dist(mu, 1.0, lower=0.0)
    f = graphcore.function([mu], graphcore.grad(rv.distribution.mean, mu))
    assert f(0.5) == pytest.approx(float(moments(pm.TruncatedNormal.dist(0.5, 1.0, lower=0.0))[1]))


def test_censored_normals():
    rv = pm.Censored.dist(pm.Normal.dist([0.0, 1.0], 2.0), lower=-1.0, upper=[0.5, np.inf])
    mean, variance = moments(rv)
    x = np.clip(np.array([[0.0], [1.0]]) + 2.0 * _normal_points(), -1.0, [[0.5], [np.inf]])
    np.testing.assert_allclose(mean, x.mean(axis=1), atol=2e-6)
    np.testing.assert_allclose(variance, x.var(axis=1), atol=2e-5)


def _normal_points(n=1_000_000):
    from scipy.special import ndtri

    return ndtri((np.arange(n) + 0.5) / n)


def test_mixtures():
    w = np.array([[0.2, 0.8], [0.5, 0.5]])
    rv = pm.Mixture.dist(w, pm.Normal.dist([1.0, 3.0], [0.5, 2.0]))
    mean, variance = moments(rv)
    means, variances = np.array([1.0, 3.0]), np.array([0.25, 4.0])
    np.testing.assert_allclose(mean, w @ means)
    np.testing.assert_allclose(variance, w @ (variances + means**2) - (w @ means) ** 2)
    assert evaluate([rv.distribution.initial()], {})[0].tolist() == pytest.approx(list(w @ means))
    vectors = [pm.MvNormal.dist([0.0, 1.0], np.eye(2)), pm.Dirichlet.dist([1.0, 3.0])]
    mean, variance = moments(pm.Mixture.dist([0.25, 0.75], vectors))
    np.testing.assert_allclose(mean, [0.1875, 0.8125])
    squares = 0.25 * np.array([1.0, 2.0]) + 0.75 * (np.array([0.25, 0.75]) ** 2 + 0.0375)
    np.testing.assert_allclose(variance, squares - mean**2)


@pytest.mark.parametrize("b", [0.0, 1e-3, 1.0, 29.0, 31.0, 1e4, 1e9])
def test_rice(b):
    with mpmath.workdps(60):
        s = mpmath.mpf(b) ** 2 / 2
        mean = mpmath.sqrt(mpmath.pi / 2) * mpmath.hyp1f1(-0.5, 1, -s)
        variance = 2 + mpmath.mpf(b) ** 2 - mean**2
    found = moments(pm.Rice.dist(nu=3 * b, sigma=3.0))
    assert found[0] == pytest.approx(float(3 * mean), rel=1e-13)
    assert found[1] == pytest.approx(float(9 * variance), rel=5e-12)


def test_skew_student_t():
    a, b = 2.5, 4.0
    with mpmath.workdps(30):

        def log_density(t):
            root = mpmath.sqrt(a + b + t**2)
            return (a + 0.5) * mpmath.log(1 + t / root) + (b + 0.5) * mpmath.log(1 - t / root)

        parts = [-mpmath.inf, -5, 0, 5, mpmath.inf]
        m0, m1, m2 = (
            mpmath.quad(lambda t, k=k: t**k * mpmath.exp(log_density(t)), parts) for k in range(3)
        )
    mean, variance = moments(pm.SkewStudentT.dist(a, b, 1.0, 2.0))
    assert mean == pytest.approx(float(1 + 2 * m1 / m0), rel=1e-12)
    assert variance == pytest.approx(float(4 * (m2 / m0 - (m1 / m0) ** 2)), rel=1e-12)
    assert np.isnan(moments(pm.SkewStudentT.dist(0.4, 1.0, 0.0, 1.0))).all()


@pytest.mark.parametrize(("nu", "infinite"), [(0.8, 2), (1.5, 1), (2.5, 0), (9.0, 0)])
def test_half_student_t(nu, infinite):
    mean, variance = moments(pm.HalfStudentT.dist(nu, 1.0))
    assert np.isinf(mean) == (infinite > 1) and np.isfinite(variance) == (infinite < 1)
    if not infinite:
        with mpmath.workdps(30):
            density = lambda x: (1 + x**2 / mpmath.mpf(nu)) ** (-(mpmath.mpf(nu) + 1) / 2)  # noqa: E731
            m0, m1 = (
                mpmath.quad(lambda x, k=k: x**k * density(x), [0, 1, 10, 1e3, 1e6, mpmath.inf])
                for k in (0, 1)
            )
        assert mean == pytest.approx(float(m1 / m0), rel=1e-9)
        assert variance == pytest.approx(nu / (nu - 2) - float(m1 / m0) ** 2, rel=1e-9)


def test_a_series_of_variances_is_that_of_its_recursion():
    rv = pm.GARCH11.dist(omega=0.3, alpha_1=0.2, beta_1=0.5, initial_vol=2.0, steps=5)
    want = [4.0]
    for _ in range(5):
        want.append(0.3 + 0.7 * want[-1])
    np.testing.assert_allclose(moments(rv)[1], want, rtol=1e-13)


def test_matrices_given_otherwise_have_the_same_variances():
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    for make in (pm.MvNormal.dist, lambda mu, **k: pm.MvStudentT.dist(4.0, mu, **k)):
        ways = [{"tau": np.linalg.inv(cov)}, {"chol": np.linalg.cholesky(cov)}]
        ways.append({"cov": cov} if make == pm.MvNormal.dist else {"scale": cov})
        found = [moments(make([0.0, 0.0], **way))[1] for way in ways]
        np.testing.assert_allclose(found[:2], [found[2]] * 2, rtol=1e-13)


def test_categories_by_log_odds_have_the_same_moments():
    p = np.array([0.2, 0.3, 0.5])
    both = [moments(pm.Categorical.dist(**k)) for k in ({"p": p}, {"logit_p": np.log(p)})]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-14)
    assert both[0][0] == pytest.approx(1.3) and both[0][1] == pytest.approx(0.61)
