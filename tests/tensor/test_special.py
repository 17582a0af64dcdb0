"""Functions made of those of the table, against SciPy and NumPy."""

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats

import graphcore
import graphcore.tensor as tt

RNG = np.random.default_rng(12)
A, B = RNG.uniform(0.2, 8, 50), RNG.uniform(0.2, 8, 50)

CASES = {
    "beta": (tt.beta, scipy.special.beta, (A, B)),
    "factorial": (tt.factorial, scipy.special.factorial, (A,)),
    "poch": (tt.poch, scipy.special.poch, (A, B)),
    "gammal": (
        tt.gammal,
        lambda k, x: scipy.special.gammainc(k, x) * scipy.special.gamma(k),
        (A, B),
    ),
    "gammau": (
        tt.gammau,
        lambda k, x: scipy.special.gammaincc(k, x) * scipy.special.gamma(k),
        (A, B),
    ),
    "chi2sf": (tt.chi2sf, scipy.stats.chi2.sf, (A, B)),
    "xlogx": (tt.xlogx.xlogx, lambda x: scipy.special.xlogy(x, x), (np.append(A, 0.0),)),
    "xlogy0": (tt.xlogx.xlogy0, scipy.special.xlogy, (np.append(A, 0), np.append(B, 0))),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives(name):
    function, theirs, xs = CASES[name]
    vs = [tt.vector(f"x{i}") for i in range(len(xs))]
    found = function(*vs).eval(dict(zip(vs, xs, strict=True)))
    np.testing.assert_allclose(found, theirs(*xs), rtol=2e-14)
    if 0 not in xs[0]:
        graphcore.verify_grad(function, list(xs), rng=np.random.default_rng(0))


METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_quantiles(axis, method):
    x, v = RNG.normal(size=(4, 5, 3)), tt.tensor3("v")
    for q in (0.3, [0.0, 0.5, 1.0], [[0.1, 0.2], [0.3, 1.0]]):
        for keepdims in (False, True):
            found = tt.quantile(v, q, axis, method, keepdims).eval({v: x})
            want = np.quantile(x, q, axis=axis, method=method, keepdims=keepdims)
            np.testing.assert_allclose(found, want, rtol=1e-14)
    found = tt.percentile(v, 30, axis, method).eval({v: x})
    np.testing.assert_allclose(found, np.percentile(x, 30, axis=axis, method=method), rtol=1e-13)


def test_quantiles_of_nan_and_their_derivative():
    assert np.isnan(tt.quantile([1.0, np.nan, 0.0], 0.5).eval())
    x = tt.vector("x")
    slope = graphcore.grad(tt.quantile(x, 0.375), x).eval({x: [5.0, 1.0, 2.0, 9.0, 7.0]})
    np.testing.assert_allclose(slope, [0.5, 0, 0.5, 0, 0])
    with pytest.raises(ValueError, match="method must be one of"):
        tt.quantile(x, 0.5, method="hazen")


@pytest.mark.parametrize("k", range(-3, 5))
@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (2, 0)])
def test_rot90(k, axes):
    x = RNG.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(tt.rot90(x, k, axes).eval(), np.rot90(x, k, axes))


def test_closeness_of_all():
    x = tt.vector("x")
    f = graphcore.function([x], tt.allclose(x, [1.0, np.inf]))
    assert f([1 + 1e-9, np.inf]) and not f([1.0, 1.0]) and not f([1.1, np.inf])


def test_inputs_and_updates_under_older_names():
    x, y = tt.scalars("x", "y")
    total = graphcore.shared(0.0)
    updates = graphcore.OrderedUpdates()
    updates[total] = total + x
    f = graphcore.function([x, graphcore.Param(y, default=2.0)], x * y, updates=updates)
    assert float(f(3.0)) == 6.0 and float(f(3.0, 5.0)) == 15.0
    assert float(total.get_value()) == 6.0
    with pytest.raises(KeyError, match="two different updates"):
        updates + {total: total - 1}
    with pytest.raises(TypeError, match="shared variable"):
        updates[x] = total


def test_the_hypergeometric_function_and_its_derivatives():
    a = np.array([[0.5], [1.5], [-2.25], [3.0]])
    b, c = np.array([0.75, -1.5, 2.0]), 2.5
    z = np.array([-4.0, 0.3, 0.95])
    x = tt.vector("x")
    y = tt.hyp2f1(a, b, c, x)
    slope = graphcore.grad(y.sum(), x)
    curve = graphcore.grad(slope.sum(), x)
    found = graphcore.function([x], [y, slope, curve])(z)
    exact = np.zeros((3, 4, 3))
    with mpmath.workdps(30):
        for i, j in np.ndindex(4, 3):
            for n in range(3):
                first = [mpmath.mpf(v) for v in (a[i, 0], b[j], c)]
                scale = mpmath.mpf(1)
                for k in range(n):
                    scale *= (first[0] + k) * (first[1] + k) / (first[2] + k)
                exact[n, i, j] = scale * mpmath.hyp2f1(*(v + n for v in first), mpmath.mpf(z[j]))
    np.testing.assert_allclose(found[0], exact[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], exact[1].sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(found[2], exact[2].sum(axis=0), rtol=1e-11)
    assert tt.hyp2f1(1, 2, 3, np.zeros(0)).eval().shape == (0,)


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"rowvar": False}, {"ddof": 2}])
@pytest.mark.parametrize("value", [A[:15].reshape(3, 5), A[:5], np.arange(6).reshape(2, 3) ** 2])
def test_covariances(value, options):
    want = np.cov(value, **options)
    found = tt.cov(value, **options).eval()
    assert found.shape == want.shape
    np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-12)
    if value.ndim == 1:
        two = tt.cov(value, B[:5], **options).eval()
        np.testing.assert_allclose(two, np.cov(value, B[:5], **options), rtol=1e-12)


@pytest.mark.parametrize(
    "at",
    [
        (1.5, 2.2, 3.1, 0.4), (1.5, 2.2, 3.1, -0.4), (-2.0, 2.2, 3.1, 0.7), (0.3, -0.7, 1.2, 0.95),
        (2.0, 3.0, 1.5, -20.0), (10.0, -3.5, 0.7, 0.3), (3.0, 1.0, 2.0, 0.0), (0.0, 2.0, 3.0, 0.5),
    ],
)  # fmt: skip
def test_derivatives_of_the_hypergeometric_function_by_its_parameters(at):
    x = tt.scalars("a", "b", "c", "z")
    slopes = graphcore.grad(tt.hyp2f1(*x), x[:3])
    found = graphcore.function(x, [*slopes, *(graphcore.grad(y, x[3]) for y in slopes)])(*at)

    def slope(i, z):
        first = [mpmath.mpf(v) for v in at[:3]]

        def along(v):
            return mpmath.hyp2f1(*first[:i], v, *first[i + 1 :], z)

        return mpmath.diff(along, first[i])

    with mpmath.workdps(40):
        z = mpmath.mpf(at[3])
        exact = [slope(i, z) for i in range(3)]
        exact += [mpmath.diff(lambda z, i=i: slope(i, z), z) for i in range(3)]
    np.testing.assert_allclose(found, [float(v) for v in exact], rtol=1e-12, atol=1e-15)
    with pytest.raises(graphcore.NullTypeGradError, match="no second derivatives"):
        graphcore.grad(slopes[0], x[1])
    assert np.isnan(slopes[0].eval(dict(zip(x, (1.5, 2.0, 3.0, 0.99999), strict=True))))


@pytest.mark.parametrize("n", [2, 3, 6])
@pytest.mark.parametrize("x", [-1e-20, -1e-10, -1 + 1e-12, -1 - 1e-12, -2.4, -7.3])
def test_polygamma_beside_its_poles(n, x):
    with mpmath.workdps(40):
        exact = float(mpmath.psi(n, mpmath.mpf(x)))
    found = tt.polygamma(float(n), tt.constant([x])).eval()
    np.testing.assert_allclose(found, exact, rtol=1e-14)


def test_polygamma_of_orders_that_are_none():
    n, x = tt.vectors("n", "x")
    y = tt.polygamma(n, x)
    at = {n: np.array([1e-21, 0.5, 2.0]), x: np.array([-1e-21, 1.0, -1e-200])}
    assert np.isnan(y.eval(at)[:2]).all() and y.eval(at)[2] == np.inf
    np.testing.assert_array_equal(graphcore.function([n, x], y)(*at.values()), y.eval(at))


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("x", [-1234.5, -1e3 - 0.3, -1e7 + 0.3, -1e15 + 0.25])
def test_polygamma_far_below_zero_is_answered_at_once(n, x):
    with mpmath.workdps(60):
        part = mpmath.mpf(x) - mpmath.floor(x)
        slope = mpmath.diff(lambda t: mpmath.pi * mpmath.cot(mpmath.pi * t), part, n)
        exact = (-1) ** n * mpmath.psi(n, 1 - mpmath.mpf(x)) - slope
    y = tt.polygamma(float(n), tt.constant([x]))
    size = abs(float(mpmath.psi(n, part)))  # what cancels half-way between two poles
    for mode in ("fast", "reference"):
        value = graphcore.function([], y, mode=mode)()
        np.testing.assert_allclose(value, float(exact), rtol=1e-14, atol=1e-15 * size)
