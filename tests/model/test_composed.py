"""Distributions made of other distributions: mixtures, cut ends, functions of the user."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad

W = np.array([0.2, 0.3, 0.5])
MU, SD = np.array([-2.0, 0.5, 3.0]), np.array([0.5, 2.0, 1.0])
X = np.linspace(-4, 6, 23)
INF = np.inf


def normal_mixture(x):
    return (W * stats.norm(MU, SD).pdf(np.asarray(x)[..., None])).sum(axis=-1)


def normals():
    return [pm.Normal.dist(m, s) for m, s in zip(MU, SD, strict=True)]


SAME = {
    "NormalMixture": lambda: pm.NormalMixture.dist(W, MU, SD),
    "precisions": lambda: pm.NormalMixture.dist(w=W, mu=MU, tau=SD**-2.0),
    "one batch": lambda: pm.Mixture.dist(W, pm.Normal.dist(MU, SD)),
    "a list": lambda: pm.Mixture.dist(w=W, comp_dists=normals()),
    "nested": lambda: pm.Mixture.dist(
        [0.5, 0.5], [pm.Mixture.dist([0.4, 0.6], normals()[:2]), pm.Normal.dist(3, 1)]
    ),
}


@pytest.mark.parametrize("make", SAME.values(), ids=SAME.keys())
def test_normal_mixtures(make):
    rv = make()
    assert rv.type.shape == () and rv.dtype == "float64"
    np.testing.assert_allclose(rv.logp(X).eval(), np.log(normal_mixture(X)), rtol=1e-12)
    cdf = (W * stats.norm(MU, SD).cdf(X[:, None])).sum(axis=-1)
    np.testing.assert_allclose(rv.logcdf(X).eval(), np.log(cdf), rtol=1e-11)
    np.testing.assert_allclose(rv.logccdf(X).eval(), np.log1p(-cdf), rtol=1e-9)
    draws = rv.random(size=4000, rng=1)
    grid = np.sort(draws)
    want = (W * stats.norm(MU, SD).cdf(grid[:, None])).sum(axis=-1)
    assert np.abs(want - np.arange(4000) / 4000).max() < 1.95 / np.sqrt(4000)


def test_interpolated_densities():
    x = np.linspace(-2, 5, 40)
    pdf = stats.norm(1, 1.3).pdf(x)
    rv = pm.Interpolated.dist(x, 7 * pdf)
    total = np.trapezoid(pdf, x)
    at = np.array([-2.0, -0.33, 1.0, 4.9, 5.0])
    np.testing.assert_allclose(rv.logp(at).eval(), np.log(np.interp(at, x, pdf) / total))
    np.testing.assert_array_equal(rv.logp([-2.1, 5.1]).eval(), -INF)
    fine = np.linspace(-2, 5, 390 * 20 + 1)
    mass = np.concatenate(
        [
            [0],
            np.cumsum(
                0.5 * np.diff(fine) * (np.interp(fine, x, pdf)[1:] + np.interp(fine, x, pdf)[:-1])
            ),
        ]
    )
    np.testing.assert_allclose(
        np.exp(rv.logcdf(at).eval()), np.interp(at, fine, mass) / total, atol=1e-6
    )
    draws = rv.random(size=4000, rng=1)
    assert stats.kstest(draws, lambda v: np.interp(v, fine, mass) / total).pvalue > 1e-3
    with pm.Model() as model:
        pm.Interpolated("v", x, pdf, shape=2)
    assert model.value_vars[0].name == "v_interval__"
    assert np.isfinite(model.logp_dlogp_function()([0.1, 0.2])[1]).all()
    for points, density, message in (
        ([0, 1], [1, 1, 1], "one length"), ([1, 0], [1, 1], "must ascend"),
        ([0, 1], [1, -1], "must not be negative"), ([0, np.inf], [1, 1], "must be finite"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            pm.Interpolated.dist(points, density)


def test_truncation_of_families_with_incomplete_functions():
    for rv, frozen, low in (
        (pm.Gamma.dist(2.0, 1.5), stats.gamma(2, scale=1 / 1.5), 1.0),
        (pm.Beta.dist(2.0, 3.0), stats.beta(2, 3), 0.3),
        (pm.StudentT.dist(4.0, 0.0, 1.0), stats.t(4), 1.0),
        (pm.Poisson.dist(3.0), stats.poisson(3), 2),
    ):
        cut = pm.Truncated.dist(rv, lower=low)
        x = np.array([low, low + 0.25 if rv.dtype == "float64" else low + 2])
        mass = frozen.sf(low - 1 if rv.dtype == "int64" else low)
        density = frozen.logpmf(x) if rv.dtype == "int64" else frozen.logpdf(x)
        np.testing.assert_allclose(cut.logp(x).eval(), density - np.log(mass), rtol=1e-11)


def test_weights_of_zero_and_far_values():
    rv = pm.NormalMixture.dist([0.0, 1.0], [0.0, 1.0], 1.0)
    np.testing.assert_allclose(rv.logp([0.0, 1e9]).eval(), stats.norm(1).logpdf([0, 1e9]))
    assert rv.logp(INF).eval() == -INF


def test_mixtures_of_counts_vectors_and_unequal_supports():
    x = np.arange(12)
    rv = pm.Mixture.dist([0.3, 0.7], [pm.Poisson.dist(3), pm.Binomial.dist(5, 0.3)])
    want = 0.3 * stats.poisson(3).pmf(x) + 0.7 * stats.binom(5, 0.3).pmf(x)
    np.testing.assert_allclose(np.exp(rv.logp(x).eval()), want, rtol=1e-12)
    assert rv.dtype == "int64"
    rv = pm.Mixture.dist([0.3, 0.7], [pm.DiracDelta.dist(0), pm.Poisson.dist(3)])
    zip_ = pm.ZeroInflatedPoisson.dist(psi=0.7, mu=3)
    np.testing.assert_allclose(*evaluate([rv.logp(x), zip_.logp(x)], {}), rtol=1e-13)
    rv = pm.Mixture.dist([0.5, 0.5], [pm.Uniform.dist(0, 1), pm.Uniform.dist(0.5, 2)])
    got = np.exp(rv.logp([-1, 0.2, 0.7, 1.5, 3]).eval())
    np.testing.assert_allclose(got, [0, 0.5, 0.5 + 1 / 3, 1 / 3, 0], rtol=1e-14)
    a = np.array([[1.0, 10, 100], [100, 10, 1]])
    rv = pm.Mixture.dist([0.5, 0.5], pm.Dirichlet.dist(a))
    assert rv.type.shape == (3,)
    x = rv.random(size=4, rng=1)
    want = [np.mean([stats.dirichlet(k).pdf(row) for k in a]) for row in x]
    np.testing.assert_allclose(np.exp(rv.logp(x).eval()), want, rtol=1e-11)


def test_batches_of_mixtures():
    w = np.array([[0.2, 0.8], [0.6, 0.4], [1.0, 0.0]])
    rv = pm.Mixture.dist(w, pm.Normal.dist([0.0, 3.0], 1.0, shape=(3, 2)))
    assert rv.type.shape == (3,) and rv.random(size=5, rng=1).shape == (5, 3)
    want = np.log((w * stats.norm([0, 3], 1).pdf([[0.5], [1], [2]])).sum(axis=1))
    np.testing.assert_allclose(rv.logp([0.5, 1, 2]).eval(), want, rtol=1e-13)
    assert pm.NormalMixture.dist([0.5, 0.5], 0.0, [1, 2], shape=(4,)).type.shape == (4,)


def test_gradients_of_mixtures():
    mu = tt.tensor("float64", shape=(3,), name="mu")
    sd = tt.tensor("float64", shape=(3,), name="sd")
    w = tt.tensor("float64", shape=(3,), name="w")
    at = {mu: MU, sd: SD, w: W}
    total = pm.NormalMixture.dist(w, mu, sd).logp(X).sum()
    each = W * stats.norm(MU, SD).pdf(X[:, None])
    share = each / each.sum(axis=1, keepdims=True)
    z = (X[:, None] - MU) / SD
    slopes = evaluate(grad(total, [mu, sd]), at)
    np.testing.assert_allclose(slopes[0], (share * z / SD).sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(slopes[1], (share * (z**2 - 1) / SD).sum(axis=0), rtol=1e-10)


CUT = {
    "normal": (lambda: pm.Normal.dist(1, 2), stats.norm(1, 2)),
    "weibull": (lambda: pm.Weibull.dist(1.5, 2), stats.weibull_min(1.5, scale=2)),
    "gumbel": (lambda: pm.Gumbel.dist(1, 2), stats.gumbel_r(1, 2)),
    "geometric": (lambda: pm.Geometric.dist(0.3), stats.geom(0.3)),
}
BOUNDS = [(1, 4), (None, 4), (1, None), (None, None), (-INF, 4)]


@pytest.mark.parametrize(("lower", "upper"), BOUNDS, ids=str)
@pytest.mark.parametrize(("make", "ref"), CUT.values(), ids=CUT.keys())
def test_censored(make, ref, lower, upper):
    rv = pm.Censored.dist(make(), lower, upper)
    x = np.arange(-1.0, 7.0)
    low, high = -INF if lower is None else lower, INF if upper is None else upper
    discrete = rv.dtype == "int64"
    density = ref.logpmf(x) if discrete else ref.logpdf(x)
    inside = np.where(x == low, ref.logcdf(low), density)
    inside = np.where(x == high, ref.logsf(high - 1 if discrete else high), inside)
    want = np.where((x < low) | (x > high), -INF, inside)
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-11)
    draws = rv.random(size=200, rng=1)
    assert draws.min() >= low and draws.max() <= high and np.isfinite(rv.logp(draws).eval()).all()


@pytest.mark.parametrize(("lower", "upper"), BOUNDS, ids=str)
@pytest.mark.parametrize(("make", "ref"), CUT.values(), ids=CUT.keys())
def test_truncated(make, ref, lower, upper):
    rv = pm.Truncated.dist(make(), lower, upper)
    x = np.arange(-1.0, 7.0)
    low, high = -INF if lower is None else lower, INF if upper is None else upper
    discrete = rv.dtype == "int64"
    mass = ref.cdf(high) - ref.cdf(low - 1 if discrete else low)
    density = ref.logpmf(x) if discrete else ref.logpdf(x)
    want = np.where((x < low) | (x > high), -INF, density - np.log(mass))
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-11, atol=1e-14)
    at = np.clip(x, low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        cdf = np.log((ref.cdf(at) - ref.cdf(low - 1 if discrete else low)) / mass)
    np.testing.assert_allclose(rv.logcdf(x).eval(), np.where(x < low, -INF, cdf), atol=1e-12)
    draws = rv.random(size=200, rng=1)
    assert draws.min() >= low and draws.max() <= high
    start = rv.distribution.initial()
    assert np.isfinite(rv.logp(start).eval())


@pytest.mark.parametrize("bounds", [(0.5, 2), (-INF, -3), (9, None), (30, 31), (-40, -39.5)])
def test_truncated_normal(bounds):
    lower, upper = bounds
    rv = pm.TruncatedNormal.dist(0, 1, lower=lower, upper=upper)
    ref = stats.truncnorm(lower, INF if upper is None else upper)
    draws = rv.random(size=2000, rng=3)
    np.testing.assert_allclose(rv.logp(draws).eval(), ref.logpdf(draws), rtol=1e-7)
    assert stats.kstest(draws, ref.cdf).pvalue > 1e-3
    a, b = pm.TruncatedNormal.dist(0, tau=4, lower=0), pm.TruncatedNormal.dist(0, 0.5, lower=0)
    np.testing.assert_array_equal(*evaluate([a.logp(1.0), b.logp(1.0)], {}))


def test_gradients_with_infinite_bounds_in_arrays():
    shape = tt.scalar("shape")
    y, top = np.array([1.0, 2.0, 2.5]), np.array([INF, 2.0, INF])
    total = pm.Censored.dist(pm.Weibull.dist(shape, 2.0), None, top).logp(y).sum()
    slope = evaluate([grad(total, shape)], {shape: 1.5})[0]
    near = [evaluate([total], {shape: at})[0] for at in (1.5 + 1e-6, 1.5 - 1e-6)]
    assert slope == pytest.approx((near[0] - near[1]) / 2e-6, rel=1e-7)


def test_models_with_cut_and_mixed_priors():
    with pm.Model() as model:
        pm.Truncated("a", pm.Gumbel.dist(0, 1), 0.5, 3)
        pm.TruncatedNormal("b", 1, 2, upper=4)
        pm.Truncated("c", pm.Weibull.dist(2, 1), upper=1.5)
        pm.NormalMixture("d", W, MU, SD)
        pm.HurdleGamma("y", 0.3, alpha=2, beta=pm.Exponential("e", 1), observed=[0, 1.5, 2])
    names = ["a_interval__", "b_interval__", "c_interval__", "d", "e_log__"]
    assert [v.name for v in model.value_vars] == names
    f = model.logp_dlogp_function()
    x = np.array([0.3, -0.2, 0.4, 0.1, 0.2])
    value, slope = f(x)
    terms = model.point_logps(dict(zip(names, x, strict=True)), None)
    assert value == pytest.approx(sum(terms.values()), rel=1e-12)
    for i in range(5):
        step = 1e-6 * np.eye(5)[i]
        assert slope[i] == pytest.approx((f(x + step)[0] - f(x - step)[0]) / 2e-6, rel=1e-6)


def exponential(value, rate):
    return tt.log(rate) - rate * value


def test_custom_distributions():
    y = np.array([0.5, 1.0, 3.0])

    def draw(rate, rng=None, size=None):
        return rng.exponential(1 / rate, size)

    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 1)
        pm.CustomDist("y", rate, logp=exponential, random=draw, observed=y)
    with pm.Model() as added_up:
        rate = pm.HalfNormal("rate", 1)
        pm.DensityDist("y", lambda value, r=rate: exponential(value, r).sum(), observed=y)
    with pm.Model() as by_name:
        rate = pm.HalfNormal("rate", 1)
        pm.CustomDist("y", rate, dist=lambda rate, size: pm.Exponential.dist(rate), observed=y)
    with pm.Model() as direct:
        rate = pm.HalfNormal("rate", 1)
        pm.Exponential("y", rate, observed=y)
    want = direct.compile_logp()({"rate_log__": 0.3})
    for other in (model, added_up, by_name):
        assert other.compile_logp()({"rate_log__": 0.3}) == pytest.approx(want, rel=1e-14)
    rv = pm.CustomDist.dist(2.0, logp=exponential, random=draw, shape=3)
    assert rv.random(size=4, rng=1).shape == (4, 3)
    assert pm.CustomDist.dist(2.0, logp=exponential, dtype="int64").dtype == "int64"
    vector = pm.CustomDist.dist(
        np.ones(3), logp=lambda v, m: tt.sum(v * m, axis=-1), ndim_supp=1, ndims_params=[1],
        shape=(2, 3),
    )  # fmt: skip
    np.testing.assert_array_equal(vector.logp(np.ones((2, 3))).eval(), [3, 3])


@pytest.mark.parametrize(("shape", "axes"), [((4,), 1), ((2, 4), 1), ((3, 4), 2), ((2, 3, 4), 2)])
def test_zero_sums(shape, axes):
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma", 1)
        x = pm.ZeroSumNormal("x", sigma, n_zerosum_axes=axes, shape=shape)
    (_, value) = model.value_vars
    free = shape[:-axes] + tuple(n - 1 for n in shape[-axes:])
    assert value.name == "x_zerosum__" and value.type.shape == free
    v = np.random.default_rng(0).normal(size=free)
    point = {"sigma_log__": 0.3, "x_zerosum__": v}
    back = model.compile_fn(x)(point)
    for axis in range(1, axes + 1):
        np.testing.assert_allclose(back.sum(axis=-axis), 0, atol=1e-14)
    # the transform is a rotation: the value variable is normal with the same deviation
    want = stats.norm(0, np.exp(0.3)).logpdf(v).sum()
    assert model.point_logps(point, None)["x"] == pytest.approx(want, rel=1e-12)
    assert model.compile_logp()(point) == pytest.approx(
        sum(model.point_logps(point, None).values())
    )
    transform = model.rvs_to_transforms[x]
    np.testing.assert_allclose(transform.forward(tt.constant(back)).eval(), v, atol=1e-14)
    draws = x.random(size=3, rng=1, given={sigma: 2.0})
    assert draws.shape == (3, *shape) and np.abs(draws.sum(axis=-1)).max() < 1e-12
    assert x.logp(np.ones(shape)).eval({sigma: 1.0}).max() == -INF


def in_model(make):
    with pm.Model():
        make(pm.Normal("mu"))


BAD = [
    (lambda: pm.Mixture.dist([0.5, 0.5], 3.0), "comp_dists must be a distribution made with .dist"),
    (lambda: in_model(lambda v: pm.Mixture("m", [1.0], [v])), "mu is a variable of a model"),
    (lambda: pm.Mixture.dist([1.0], []), "comp_dists is an empty list"),
    (lambda: pm.Mixture.dist([0.5, 0.5]), "comp_dists is missing"),
    (lambda: pm.Mixture.dist([0.5, 0.5], pm.Normal.dist(0, 1)), "needs an axis of components"),
    (lambda: pm.Mixture.dist([0.5, 0.5], normals()), "2 weights w for 3 components"),
    (lambda: pm.Mixture.dist([0.5, 0.6], normals()[:2]), "must be a vector of probabilities"),
    (
        lambda: pm.Mixture.dist([0.5, 0.5], [pm.Normal.dist(), pm.Poisson.dist(1)]),
        "counts and continuous numbers cannot be mixed",
    ),
    (lambda: pm.NormalMixture.dist([0.5, 0.5], sigma=1), "takes .w, mu, sigma."),
    (lambda: pm.Censored.dist(3.0, 0, 1), "dist must be a distribution made with .dist"),
    (lambda: pm.Truncated.dist(pm.Normal.dist(), 2, 1), "lower < upper must hold"),
    (lambda: pm.Truncated.dist(pm.Normal.dist(), lo=2), "takes .dist, lower, upper.; got lo"),
    (lambda: pm.Truncated.dist(pm.Normal.dist(), np.nan), "lower is NaN"),
    (lambda: pm.Censored.dist(pm.Flat.dist(), 2).random(), "Flat is improper"),
    (lambda: pm.Censored.dist(pm.Dirichlet.dist([1, 1]), 2), "of vectors is not supported"),
    (lambda: pm.ZeroSumNormal.dist(1.0), "give shape=, dims= or support_shape="),
    (lambda: pm.ZeroSumNormal.dist([1.0, 2.0], shape=2), "sigma must be one number"),
    (lambda: pm.CustomDist.dist(1.0), "needs a function logp= or dist="),
    (lambda: pm.CustomDist.dist(1.0, logp=3), "logp must be a function"),
    (lambda: pm.CustomDist.dist(rate=1.0, logp=exponential), "parameters of the distribution are"),
    (lambda: pm.CustomDist.dist(1.0, logp=exponential).random(), "no function random was given"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=lambda v: "")
def test_bad_input_is_explained(make, message):
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=message):
        make().random()


def test_the_report_of_bad_points_names_components():
    with pm.Model() as model:
        s = pm.Normal("s", shape=2)
        pm.NormalMixture("y", [0.5, 0.5], [0, 1], s, observed=X)
    problems = model.debug({"s": np.array([1.0, -1.0])}, verbose=False)
    assert "sigma must be positive" in str(problems[0])
    with pm.Model() as model:
        at = pm.Normal("at")
        pm.NormalMixture("y", [0.2, 0.3, 0.5], [at, 0, 1], 1, observed=[0.0, 1, 2, INF])
    assert "w = [0.2 0.3 0.5]" in str(model.debug(verbose=False)[0])


def test_a_list_of_one_batch_is_a_mixture_of_its_entries():
    x = np.array([0.0, 3.0])
    batch = pm.Normal.dist([0.0, 4.0], 1.0)
    with pytest.warns(UserWarning, match="taken as a batch of components"):
        got = pm.Mixture.dist([0.3, 0.7], [batch]).logp(x).eval()
    np.testing.assert_array_equal(got, pm.Mixture.dist([0.3, 0.7], batch).logp(x).eval())
    one = pm.Mixture.dist([1.0], [pm.Normal.dist([0.0, 4.0], 1.0)])
    np.testing.assert_allclose(one.logp(x).eval(), pm.Normal.dist([0.0, 4.0], 1.0).logp(x).eval())
    with pytest.raises(ValueError, match="2 weights w for 1 components"):
        pm.Mixture.dist([0.3, 0.7], [pm.Normal.dist(0.0, 1.0)])
