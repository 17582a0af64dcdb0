"""Densities of expressions of random variables, against those of scipy.stats and of families."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt

INF = np.inf
X = np.array([-3.0, -1.2, -0.4, 0.0, 0.3, 0.5, 0.9, 1.0, 2.5, 4.0])


def normal(mu=0.4, sigma=1.3, **kwargs):
    return pm.Normal.dist(mu, sigma, **kwargs)


N = stats.norm(0.4, 1.3)
KNOWN = {
    "exp": (lambda: tt.exp(normal()), stats.lognorm(1.3, scale=np.exp(0.4))),
    "affine": (lambda: 2 - 3 * normal(), stats.norm(2 - 1.2, 3.9)),
    "divided": (lambda: (normal() - 1) / -2.0, stats.norm(0.3, 0.65)),
    "log": (lambda: tt.log(pm.Exponential.dist(2.0)), stats.gumbel_l(-np.log(2))),
    "negative": (lambda: -pm.Gumbel.dist(1, 2), stats.gumbel_l(-1, 2)),
    "sigmoid": (lambda: tt.sigmoid(pm.Logistic.dist(0, 1)), stats.uniform()),
    "sqrt": (lambda: tt.sqrt(pm.Exponential.dist(0.5)), stats.rayleigh()),
    "power": (lambda: pm.Exponential.dist(1.0) ** 0.5, stats.weibull_min(2)),
    "square": (lambda: pm.Normal.dist(0, 1) ** 2, stats.chi2(1)),
    "abs": (lambda: abs(pm.Normal.dist(0, 2)), stats.halfnorm(0, 2)),
    "folded": (lambda: abs(normal(1.5, 1.0)), stats.foldnorm(1.5)),
    "reciprocal": (lambda: 1 / pm.Gamma.dist(3.0, 2.0), stats.invgamma(3, scale=2)),
    "expm1": (lambda: tt.expm1(pm.Exponential.dist(3.0)), stats.lomax(3)),
    "sinh": (lambda: tt.arcsinh(normal(0, 1)), None),
    "softplus": (lambda: tt.softplus(normal()), None),
    "tanh": (lambda: tt.tanh(normal()), None),
    "cube": (lambda: normal() ** 3, None),
    "base": (lambda: 2.0 ** normal(), stats.lognorm(1.3 * np.log(2), scale=2**0.4)),
    "largest": (lambda: tt.max(normal(shape=5)), None),
    "log1mexp": (lambda: tt.log1mexp(-pm.Exponential.dist(1.0)), stats.weibull_max(1)),
    "logaddexp": (lambda: tt.logaddexp(pm.Logistic.dist(0, 1), -3.0), None),
    "log10": (lambda: tt.log10(pm.LogNormal.dist(1.0, 2.0)), None),
    "erf": (lambda: tt.erf(pm.Normal.dist(0, 0.5**0.5)), stats.uniform(-1, 2)),
    "erfc": (lambda: tt.erfc(pm.Normal.dist(0, 0.5**0.5)), stats.uniform(0, 2)),
    "cosh": (lambda: tt.cosh(normal()), None),
    "arccosh": (lambda: tt.arccosh(1 + pm.Exponential.dist(1.0)), None),
    "arctanh": (lambda: tt.arctanh(pm.Uniform.dist(-1, 1)), stats.logistic(0, 0.5)),
    "divided by": (lambda: -2 / pm.Cauchy.dist(0, 2), stats.cauchy()),
    "negative power": (lambda: pm.Gamma.dist(3.0, 2.0) ** -1, stats.invgamma(3, scale=2)),
    "negative root": (lambda: pm.Pareto.dist(2.0, 1.0) ** -0.5, stats.beta(4, 1)),
    "sum": (lambda: tt.sum(pm.Normal.dist([1, 2, 0], 2.0)), stats.norm(3, 12**0.5)),
    "difference": (
        lambda: 3 * normal(1.0, 0.5) - normal(0.5, 2.0) / 4 + 1,
        stats.norm(3.875, 2.5**0.5),
    ),
    "picked": (
        lambda: tt.exp(pm.Normal.dist([0.4, 9], [1.3, 1]))[0],
        stats.lognorm(1.3, scale=np.exp(0.4)),
    ),
    "two slopes": (
        lambda: (lambda x: tt.switch(x > 0, x, -x))(pm.Normal.dist(0, 2)),
        stats.halfnorm(0, 2),
    ),
    "smallest": (lambda: tt.min(pm.Exponential.dist(2.0, shape=4)), stats.expon(scale=1 / 8)),
}


@pytest.mark.parametrize("name", [n for n, (_, ref) in KNOWN.items() if ref is not None])
def test_density_is_that_of_the_known_family(name):
    make, ref = KNOWN[name]
    rv = make()
    x = X[(X != 0) & (X != 1)]
    np.testing.assert_allclose(pm.logp(rv, x).eval(), ref.logpdf(x), rtol=1e-11, atol=1e-13)
    try:
        below, above = pm.logcdf(rv, x).eval(), pm.logccdf(rv, x).eval()
    except NotImplementedError:
        assert name == "two slopes"
        return
    np.testing.assert_allclose(below, ref.logcdf(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(above, ref.logsf(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in KNOWN if n != "cube"])
def test_density_integrates_to_the_cumulative_distribution_of_draws(name):
    made = pm.CustomDist.dist(dist=lambda size: KNOWN[name][0]())
    draws = np.sort(made.random(size=1500, rng=3))
    value = tt.vector("value")
    density = pm.distributions.RandomVariable(made.distribution).logp(value)
    grid = np.quantile(draws, [0.1, 0.5, 0.9])

    def inside(low, high):
        nodes, weights = np.polynomial.legendre.leggauss(80)
        x = low + (high - low) * (nodes + 1) / 2
        return (np.exp(density.eval({value: x})) * weights).sum() * (high - low) / 2

    assert inside(grid[0], grid[1]) == pytest.approx(0.4, abs=0.05)
    assert inside(grid[1], grid[2]) == pytest.approx(0.4, abs=0.05)


def test_odd_powers_keep_the_sign():
    x = X[X != 0]
    got = pm.logp(normal() ** 3, x).eval()
    want = N.logpdf(np.cbrt(x)) - np.log(3) - 2 / 3 * np.log(np.abs(x))
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_clipping_collects_the_mass_beyond():
    x = np.array([-1.0, 0.0, 0.5, 2.0, 3.0])
    got = pm.logp(tt.clip(normal(), 0.0, 2.0), x).eval()
    want = [-INF, N.logcdf(0), N.logpdf(0.5), N.logsf(2.0), -INF]
    np.testing.assert_allclose(got, want, rtol=1e-12)
    same = pm.Censored.dist(normal(), 0.0, 2.0).logp(x).eval()
    np.testing.assert_allclose(got, same, rtol=1e-12)
    counts = pm.logp(tt.minimum(pm.Poisson.dist(3.0), 2.0), [0, 1, 2, 3]).eval()
    p = stats.poisson(3)
    np.testing.assert_allclose(counts, [p.logpmf(0), p.logpmf(1), p.logsf(1), -INF], rtol=1e-12)


def test_extremes_of_counts():
    p = stats.poisson(2.0)
    x = np.arange(5)
    got = pm.logp(tt.max(pm.Poisson.dist(2.0, shape=3)), x).eval()
    np.testing.assert_allclose(np.exp(got), p.cdf(x) ** 3 - p.cdf(x - 1) ** 3, rtol=1e-11)
    got = pm.logp(tt.min(pm.Poisson.dist(2.0, shape=3)), x).eval()
    np.testing.assert_allclose(np.exp(got), p.sf(x - 1) ** 3 - p.sf(x) ** 3, rtol=1e-11)


def test_counts_times_a_number_have_gaps():
    got = pm.logp(2 * pm.Poisson.dist(3.0) + 1, [0, 1, 2, 3, 5]).eval()
    p = stats.poisson(3)
    np.testing.assert_allclose(got, [-INF, *p.logpmf([0]), -INF, *p.logpmf([1, 2])], rtol=1e-13)


def test_cumulative_sums_are_random_walks():
    x = np.array([0.3, 1.0, 0.2])
    got = pm.logp(tt.cumsum(normal(shape=3)), x).eval()
    np.testing.assert_allclose(got, N.logpdf([0.3, 0.7, -0.8]), rtol=1e-13)


def test_choices_are_mixtures():
    def both():
        return [normal(-1.0, 1.0), pm.Normal.dist(2.0, 0.5)]

    want = np.logaddexp(
        np.log(0.7) + stats.norm.logpdf(X, -1, 1), np.log(0.3) + stats.norm.logpdf(X, 2, 0.5)
    )
    for rv in (
        tt.stack(both())[pm.Bernoulli.dist(0.3)],
        tt.stack(both())[pm.Categorical.dist([0.7, 0.3])],
        tt.switch(pm.Bernoulli.dist(0.7), *both()),
    ):
        np.testing.assert_allclose(pm.logp(rv, X).eval(), want, rtol=1e-12)
    which = tt.lscalar("which")
    chosen = pm.logp(tt.stack(both())[which], X)
    np.testing.assert_allclose(chosen.eval({which: 1}), stats.norm.logpdf(X, 2, 0.5), rtol=1e-13)


def test_custom_distributions_of_expressions_in_a_model():
    def skewed(mu, sigma, size):
        return tt.exp(mu + sigma * pm.Normal.dist(0, 1, size=size))

    data = np.array([0.5, 1.5, 4.0])
    models = []
    for custom in (True, False):
        with pm.Model() as model:
            mu = pm.Normal("mu", 0, 1)
            sigma = pm.HalfNormal("sigma", 1)
            if custom:
                pm.CustomDist("free", mu, sigma, dist=skewed, size=2)
                pm.CustomDist("y", mu, sigma, dist=skewed, observed=data)
            else:
                pm.LogNormal("free", mu, sigma, shape=2)
                pm.LogNormal("y", mu, sigma, observed=data)
        models.append(model)
    derived, plain = models
    assert [v.name for v in derived.value_vars] == [v.name for v in plain.value_vars]
    x = np.array([0.2, -0.3, 0.1, 0.5])
    got, want = (m.logp_dlogp_function()(x) for m in models)
    assert got[0] == pytest.approx(want[0], rel=1e-12)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-11)
    with derived:
        prior = pm.sample_prior_predictive(50, random_seed=1, return_inferencedata=False)
    assert np.asarray(prior["y"]).shape[-1] == 3 and (np.asarray(prior["free"]) > 0).all()


COV = np.array([[1.0, 0.3], [0.3, 2.0]])
MATRIX = np.array([[1.0, 2.0], [0.5, 3.0]])


def mvnormal():
    return pm.MvNormal.dist([0.5, -1.0], COV)


@pytest.mark.parametrize("lead", [(), (3,)])
def test_functions_of_vectors_have_one_density(lead):
    mv = stats.multivariate_normal([0.5, -1.0], COV)
    y = np.random.default_rng(1).uniform(0.2, 3.0, (*lead, 2))
    rv = pm.MvNormal.dist([0.5, -1.0], COV, shape=(*lead, 2))
    inverse = np.linalg.inv(MATRIX)
    for made, want in {
        "exp": (tt.exp(rv), mv.logpdf(np.log(y)) - np.log(y).sum(axis=-1)),
        "affine": (2 * rv + 1, mv.logpdf((y - 1) / 2) - 2 * np.log(2)),
        "scaled": (rv * [2.0, -5.0], mv.logpdf(y / [2.0, -5.0]) - np.log(10)),
        "reciprocal": (1 / rv, mv.logpdf(1 / y) - 2 * np.log(y).sum(axis=-1)),
        "product": (tt.dot(rv, MATRIX), mv.logpdf(y @ inverse) - np.log(2)),
    }.values():
        np.testing.assert_allclose(pm.logp(made, y).eval(), want, rtol=1e-11)
    outside = y.copy()
    outside[..., 1] = -1
    assert np.all(pm.logp(tt.exp(rv), outside).eval() == -INF)


def test_matrix_times_independent_numbers_is_multivariate_normal():
    y = np.array([0.3, 1.0])
    want = stats.multivariate_normal([0, 0], MATRIX @ MATRIX.T).logpdf(y)
    assert pm.logp(tt.dot(MATRIX, normal(0, 1, shape=2)), y).eval() == pytest.approx(want)
    want = stats.multivariate_normal([0, 0], MATRIX.T @ MATRIX).logpdf(y)
    assert pm.logp(tt.dot(normal(0, 1, shape=2), MATRIX), y).eval() == pytest.approx(want)


@pytest.mark.parametrize("count", [False, True])
def test_comparisons_are_yes_or_no(count):
    rv, ref = (pm.Poisson.dist(3.0), stats.poisson(3)) if count else (normal(), N)
    at = 2.0 if count else 0.7
    more = ref.sf(at)
    same = ref.pmf(at) if count else 0.0
    cases = {
        "gt": (rv > at, more), "ge": (rv >= at, more + same), "lt": (rv < at, 1 - more - same),
        "le": (rv <= at, 1 - more), "from the left": (tt.lt(at, rv), more),
        "not": (~(rv > at), 1 - more), "between counts": (rv > at + 0.5, ref.sf(at + 0.5)),
        "from between": (rv >= at + 0.5, ref.sf(at + 0.5)),
    }  # fmt: skip
    if count:
        cases |= {"eq": (tt.eq(rv, at), same), "ne": (tt.neq(rv, at), 1 - same)}
    for made, p in cases.values():
        got = np.exp(pm.logp(made, [0, 1, 2]).eval())
        np.testing.assert_allclose(got, [1 - p, p, 0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(np.exp(pm.logcdf(made, [-1, 0, 1]).eval()), [0, 1 - p, 1])


def test_rounding_collects_the_mass_of_a_cell():
    x = np.arange(-3.0, 4.0)
    ends = {
        "floor": (x, x + 1), "ceil": (x - 1, x), "round": (x - 0.5, x + 0.5),
        "trunc": (np.where(x > 0, x, x - 1), np.where(x < 0, x, x + 1)),
    }  # fmt: skip
    for name, (low, high) in ends.items():
        made = getattr(tt, name)(normal())
        np.testing.assert_allclose(
            np.exp(pm.logp(made, x).eval()), N.cdf(high) - N.cdf(low), rtol=1e-12
        )
        np.testing.assert_allclose(pm.logcdf(made, x).eval(), N.logcdf(high), rtol=1e-12)
    far = pm.logp(tt.floor(pm.Normal.dist(0, 1)), 30.0).eval()
    assert far == pytest.approx(stats.norm.logsf(30), rel=1e-10)
    assert pm.logp(tt.floor(normal()), 0.5).eval() == -INF


def test_counts_that_fall():
    p, x = stats.poisson(3), np.array([-3, -2.5, -1, 0, 1])
    made = -pm.Poisson.dist(3.0)
    np.testing.assert_allclose(np.exp(pm.logcdf(made, x).eval()), p.sf(np.ceil(-x) - 1), rtol=1e-12)
    np.testing.assert_allclose(
        np.exp(pm.logccdf(made, x).eval()), p.cdf(np.ceil(-x) - 1), atol=1e-15
    )
    cut = pm.logp(tt.minimum(pm.Poisson.dist(3.0), 2.5), [2.0, 2.5]).eval()
    np.testing.assert_allclose(np.exp(cut), [p.pmf(2), p.sf(2)], rtol=1e-12)


def test_pieces_and_arrangements():
    mu = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    y = np.random.default_rng(2).normal(size=(2, 3))
    terms = stats.norm(mu, 1.5).logpdf(y)
    rv = pm.Normal.dist(mu, 1.5)
    for made, value, want in [
        (rv.T, y.T, terms.T),
        (rv.reshape((3, 2)), y.reshape(3, 2), terms.reshape(3, 2)),
        (rv[:, None], y[:, None], terms[:, None]),
        (rv[1], y[1], terms[1]),
        (rv[:, 1:], y[:, 1:], terms[:, 1:]),
        (rv[[1, 0]], y[[1, 0]], terms[[1, 0]]),
        (tt.exp(rv)[0, 1:], np.exp(y[0, 1:]), terms[0, 1:] - y[0, 1:]),
        (tt.concatenate([rv, normal(shape=(1, 3))]), np.vstack([y, y[:1]]),
         np.vstack([terms, N.logpdf(y[:1])])),
        (tt.stack([rv, normal(shape=(2, 3))], axis=-1), np.stack([y, y], -1),
         np.stack([terms, N.logpdf(y)], -1)),
        (tt.stack([rv, normal(shape=(2, 3))])[1], y, N.logpdf(y)),
    ]:  # fmt: skip
        np.testing.assert_allclose(pm.logp(made, value).eval(), want, rtol=1e-12)
    rows = pm.MvNormal.dist(np.zeros((3, 2)), COV)[1:]
    want = stats.multivariate_normal([0, 0], COV).logpdf(y[:, :2])
    np.testing.assert_allclose(pm.logp(rows, y[:, :2]).eval(), want, rtol=1e-12)


def test_extremes_along_an_axis():
    y = np.array([0.3, 2.0])
    for made, mu in (
        (tt.max(normal([[0.0], [1.0]], 1.0, shape=(2, 4)), axis=1), [0.0, 1.0]),
        (tt.max(normal([[0.0], [1.0]], 1.0, shape=(2, 4)) * 1.0, axis=-1), [0.0, 1.0]),
    ):
        one = stats.norm(mu, 1)
        want = np.log(4) + 3 * one.logcdf(y) + one.logpdf(y)
        np.testing.assert_allclose(pm.logp(made, y).eval(), want, rtol=1e-12)
    made = tt.min(tt.exp(normal(shape=3)))
    one = stats.lognorm(1.3, scale=np.exp(0.4))
    want = np.log(3) + 2 * one.logsf(y) + one.logpdf(y)
    got = [pm.logp(made, v).eval() for v in y]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_one_choice_for_several_numbers_is_a_mixture_of_vectors():
    y = np.array([0.1, 0.2, 4.0])
    a, b = stats.norm(0, 1).logpdf(y), stats.norm(5, 1).logpdf(y)

    def both():
        return pm.Normal.dist(0, 1, shape=3), pm.Normal.dist(5, 1, shape=3)

    together = np.logaddexp(np.log(0.7) + a.sum(), np.log(0.3) + b.sum())
    each = np.logaddexp(np.log(0.7) + a, np.log(0.3) + b)
    coin, coins = pm.Bernoulli.dist(0.3), pm.Bernoulli.dist(0.3, shape=3)
    for made, want in [
        (tt.stack(both())[coin], together),
        (tt.switch(coin, *both()[::-1]), together),
        (tt.stack(both())[coins, np.arange(3)], each),
        (tt.switch(coins, *both()[::-1]), each),
        (tt.switch(tt.eq(coins, 0), *both()), each),
    ]:
        np.testing.assert_allclose(pm.logp(made, y).eval(), want, rtol=1e-12)
    which = pm.Categorical.dist([0.2, 0.3, 0.5])
    made = pm.Normal.dist([-3.0, 0.0, 3.0], 1.0)[which]
    want = np.exp(stats.norm([-3.0, 0.0, 3.0], 1).logpdf(X[:, None])) @ [0.2, 0.3, 0.5]
    np.testing.assert_allclose(np.exp(pm.logp(made, X).eval()), want, rtol=1e-12)


def test_gradients_stay_finite_outside_of_the_range():
    y = tt.vector("y")
    for made in (tt.exp(normal()), tt.cosh(normal()), 1 / normal(), tt.tanh(normal())):
        slope = tt.grad(pm.logp(made, y).clip(-1e3, 1e3).sum(), y)
        assert np.isfinite(slope.eval({y: np.array([-1.5, 0.0, 1.0])})).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: normal() * normal(), NotImplementedError, "several random variables enter it"),
        (lambda: normal() + pm.Gamma.dist(2, 1), NotImplementedError, "several random variables"),
        (lambda: (lambda x: x + x)(normal()), NotImplementedError, "several random variables"),
        (lambda: normal(shape=3) + normal(), NotImplementedError, "several random variables"),
        (lambda: tt.sin(normal()), NotImplementedError, "there is no rule for it"),
        (lambda: tt.prod(normal(shape=3)), NotImplementedError, "there is no rule for it"),
        (lambda: tt.eq(normal(), 1.0), NotImplementedError, "there is no rule for it"),
        (lambda: normal(shape=3)[[0, 0]], NotImplementedError, "no rule for elements of it"),
        (lambda: tt.stack([normal()] * 2), NotImplementedError, "share|no rule"),
        (lambda: abs(mvnormal()), NotImplementedError, "its elements depend on each other"),
        (lambda: tt.maximum(mvnormal(), 0.0), NotImplementedError, "depend on each other"),
        (lambda: tt.cumsum(mvnormal()), NotImplementedError, "along the axis of one value"),
        (lambda: tt.dot(np.ones((3, 2)), normal(shape=2)), NotImplementedError, "only a square"),
        (lambda: tt.exp(normal(normal(), 1.0)), NotImplementedError, "would be an integral"),
        (lambda: abs(pm.Poisson.dist(2)), NotImplementedError, "two counts may lead"),
        (lambda: tt.max(normal([0, 1])), NotImplementedError, "not independent and identically"),
        (lambda: tt.exp(tt.scalar("x")), TypeError, "no random variable made with .dist"),
        (lambda: tt.exp(normal(0, -1.0)), ValueError, "sigma must be positive"),
    ],
)
def test_what_has_no_rule_is_named(make, error, message):
    with pytest.raises(error, match=message):
        pm.logp(make(), 1.0)


def test_size_must_be_handed_on():
    with pm.Model(), pytest.raises(ValueError, match=r"shape \(\) for size \(3,\); hand size= on"):
        pm.CustomDist("x", dist=lambda size: tt.exp(normal()), shape=3)


def test_expressions_that_choose_by_a_count_have_a_start_value():
    def chosen(size):
        return pm.Normal.dist([0.0, 4.0, 8.0], 1.0)[pm.Categorical.dist([0.2, 0.5, 0.3])]

    with pm.Model() as model:
        pm.CustomDist("x", dist=chosen)
    start = model.initial_point()
    assert float(start["x"]) == 4.0
    want = np.log(stats.norm([0, 4, 8], 1).pdf(4.0) @ [0.2, 0.5, 0.3])
    assert model.compile_logp()(start) == pytest.approx(want, rel=1e-12)
