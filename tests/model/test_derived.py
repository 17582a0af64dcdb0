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
        assert name in ("square", "abs", "folded", "reciprocal")
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


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: normal() + normal(), NotImplementedError, "several random variables enter it"),
        (lambda: tt.sin(normal()), NotImplementedError, "there is no rule for it"),
        (lambda: tt.sum(normal(shape=3)), NotImplementedError, "there is no rule for it"),
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
