"""Random streams: NumPy's numbers, seeds, updates."""

import pickle

import numpy as np
import pytest
import scipy.stats as st

import graphcore
import graphcore.tensor as tt
from graphcore.tensor.random import RandomStream, RandomStreams, generator_of

LAWS = {
    "uniform": ((-1.0, 2.0), st.uniform(-1, 3)),
    "normal": ((1.0, 2.0), st.norm(1, 2)),
    "lognormal": ((0.1, 0.5), st.lognorm(0.5, scale=np.exp(0.1))),
    "exponential": ((2.0,), st.expon(scale=2)),
    "gamma": ((3.0, 0.5), st.gamma(3, scale=0.5)),
    "beta": ((2.0, 3.0), st.beta(2, 3)),
    "chisquare": ((4.0,), st.chi2(4)),
    "standard_t": ((5.0,), st.t(5)),
    "cauchy": ((1.0, 2.0), st.cauchy(1, 2)),
    "laplace": ((1.0, 2.0), st.laplace(1, 2)),
    "logistic": ((1.0, 2.0), st.logistic(1, 2)),
    "gumbel": ((1.0, 2.0), st.gumbel_r(1, 2)),
    "halfnormal": ((0.0, 2.0), st.halfnorm(0, 2)),
    "vonmises": ((0.5, 2.0), st.vonmises(2, loc=0.5)),
    "wald": ((1.0, 2.0), st.invgauss(0.5, scale=2)),
    "weibull": ((1.5,), st.weibull_min(1.5)),
    "pareto": ((3.0,), st.lomax(3)),
    "triangular": ((0.0, 1.0, 3.0), st.triang(1 / 3, 0, 3)),
    "bernoulli": ((0.3,), st.bernoulli(0.3)),
    "binomial": ((7, 0.3), st.binom(7, 0.3)),
    "negative_binomial": ((3, 0.4), st.nbinom(3, 0.4)),
    "poisson": ((2.5,), st.poisson(2.5)),
    "geometric": ((0.3,), st.geom(0.3)),
    "integers": ((2, 6), st.randint(2, 6)),
    "hypergeometric": ((6, 5, 4), st.hypergeom(11, 6, 4)),
    "betabinom": ((8, 2.0, 3.0), st.betabinom(8, 2, 3)),
    "gengamma": ((2.0, 3.0, 1.5), st.gengamma(2 / 3, 3, scale=1.5)),
    "halfcauchy": ((1.0, 2.0), st.halfcauchy(1, 2)),
    "invgamma": ((3.0, 2.0), st.invgamma(3, scale=2)),
    "pareto_from_scale": ((3.0, 2.0), st.pareto(3, scale=2)),
    "t": ((4.0, 1.0, 2.0), st.t(4, 1, 2)),
    "truncexpon": ((2.0, 1.0, 3.0), st.truncexpon(2, 1, 3)),
}


@pytest.mark.parametrize("name", LAWS)
def test_draws_follow_their_distribution(name):
    parameters, law = LAWS[name]
    n = 4000
    draw = getattr(RandomStream(11), name)(*parameters, size=(n,))
    values = graphcore.function([], draw)()
    assert values.shape == (n,)
    if values.dtype == "float64":
        assert st.kstest(values, law.cdf).pvalue > 1e-3
    else:
        support = np.unique(values)
        counts = np.array([(values == k).sum() for k in support])
        assert (np.abs(counts - n * law.pmf(support)) < 5 * np.sqrt(n * law.pmf(support)) + 5).all()


def test_every_distribution_is_in_this_table():
    from graphcore.ops.random import LAWS as known

    several = {"categorical", "multinomial", "dirichlet", "multivariate_normal"}
    assert set(known) == set(LAWS) | several


def test_distributions_of_vectors():
    stream, n = RandomStream(5), 5000
    p, cov = np.array([0.2, 0.5, 0.3]), np.array([[2.0, 0.5], [0.5, 1.0]])
    draws = [
        stream.multinomial(10, p, size=(n,)),
        stream.categorical(p, size=(n,)),
        stream.dirichlet(10 * p, size=(n,)),
        stream.multivariate_normal(np.array([1.0, -1.0]), cov, size=(n,)),
        stream.choice(5, size=(n,), p=np.array([0.1, 0.1, 0.2, 0.3, 0.3])),
        stream.choice(np.array([3.0, 1.0, 2.0]), size=(3,), replace=False),
        stream.permutation(6),
    ]
    counts, classes, simplex, normal, chosen, all_three, order = graphcore.function([], draws)()
    np.testing.assert_array_equal(counts.sum(axis=1), 10)
    np.testing.assert_allclose(counts.mean(axis=0), 10 * p, atol=0.15)
    np.testing.assert_allclose(np.bincount(classes) / n, p, atol=0.04)
    np.testing.assert_allclose(simplex.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(simplex.mean(axis=0), p, atol=0.01)
    np.testing.assert_allclose(np.cov(normal.T), cov, atol=0.15)
    np.testing.assert_allclose(np.bincount(chosen) / n, [0.1, 0.1, 0.2, 0.3, 0.3], atol=0.04)
    assert sorted(all_three) == [1.0, 2.0, 3.0] and sorted(order) == list(range(6))


def test_numbers_are_those_of_numpy():
    state = tt.random.rng(7)
    mine = np.random.Generator(np.random.PCG64(7))
    assert generator_of(state).normal() == mine.normal()
    stream = RandomStream(1)
    draw = stream.normal(np.array([0.0, 10.0]), 2.0)
    generator = generator_of(draw.rng)
    f = graphcore.function([], draw)
    for _ in range(3):
        np.testing.assert_array_equal(f(), generator.normal([0.0, 10.0], 2.0))


def test_seeds_updates_and_copies():
    def made(seed):
        stream = RandomStreams(seed)
        return stream, graphcore.function([], [stream.uniform((2,)), stream.normal((2,))])

    (stream, f), (_, g), (_, h) = made(3), made(3), made(4)
    first = f()
    np.testing.assert_array_equal(first, g())
    assert not np.array_equal(first, h()) and not np.array_equal(first, f())
    stream.seed(3)
    np.testing.assert_array_equal(first, f())
    again = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(again(), f())
    frozen = graphcore.function([], stream.uniform((3,)), no_default_updates=True)
    np.testing.assert_array_equal(frozen(), frozen())
    assert len(stream.state_updates) == 3


def test_sizes_parameters_and_types():
    n, mu = tt.lscalar("n"), tt.vector("mu")
    stream = RandomStreams(1)
    counts = stream.binomial(size=(2, n), n=3, p=0.5, dtype="float32")
    draws = [stream.normal((n, 2)), stream.normal(mu.shape, avg=mu), counts]
    f = graphcore.function([n, mu], draws)
    for k in (1, 4):
        a, b, c = f(k, np.full(k, 1e9))
        assert a.shape == (k, 2) and b.shape == (k,) and c.shape == (2, k)
        assert (b > 1e8).all() and c.dtype == "float32" and set(c.ravel()) <= {0, 1, 2, 3}
    mask = stream.binomial(mu.shape, p=0.5)
    slope = graphcore.function([mu], [graphcore.grad((mu * mask).sum(), mu), mask])(np.ones(20))
    np.testing.assert_array_equal(*slope)
    with pytest.raises(TypeError, match=r"normal takes loc, scale and size; check sd"):
        RandomStream(1).normal(0, sd=1)
    with pytest.raises(ValueError, match=r"shapes \(3,\) and \(2,\) do not broadcast"):
        graphcore.function([], RandomStream(1).normal(np.zeros(3), size=(2,)))()


def test_rows_are_shuffled_each_for_itself():
    stream, n = RandomStreams(5), tt.lscalar("n")
    rows = np.arange(40.0).reshape(4, 10)
    found = stream.shuffle_row_elements(tt.constant(rows)).eval()
    np.testing.assert_array_equal(np.sort(found, axis=1), rows)
    assert len({tuple(row % 10) for row in found}) == 4
    several = graphcore.function([n], stream.permutation((2, 3), n=n))
    assert several(4).shape == (2, 3, 4) and several(4).dtype == "int64"
    assert (np.sort(several(6), axis=-1) == np.arange(6)).all()
    assert sorted(stream.permutation(n=n).eval({n: 5})) == [0, 1, 2, 3, 4]


def test_shapes_follow_from_parameters_or_from_vectors_of_lengths():
    stream = RandomStreams(seed=1)
    low, n, size = tt.dvector("low"), tt.lvector("n"), tt.lvector("size")
    draws = [
        stream.uniform(low=low, high=low + 1), stream.normal((), low, 1e-3),
        stream.binomial(n=n, p=1.0), stream.poisson(lam=0 * low),
        stream.random_integers(low=n, high=n), stream.uniform(size, ndim=2, low=3.0, high=4.0),
    ]  # fmt: skip
    assert [v.ndim for v in draws] == [1, 1, 1, 1, 1, 2]
    f = graphcore.function([low, n, size], draws)
    start, counts = np.array([1.0, 5.0, 9.0]), np.array([2, 0, 7])
    uniform, normal, binomial, poisson, integers, grid = f(start, counts, [2, 3])
    assert (uniform >= start).all() and (uniform < start + 1).all()
    np.testing.assert_allclose(normal, start, atol=0.01)
    np.testing.assert_array_equal(binomial, counts)
    np.testing.assert_array_equal(poisson, 0)
    np.testing.assert_array_equal(integers, counts)
    assert grid.shape == (2, 3) and grid.min() >= 3 and grid.max() < 4
    with pytest.raises(ValueError, match="ndim"):
        stream.uniform(size)


@pytest.mark.parametrize("replace", [True, False])
def test_choices_with_the_probabilities_of_rows(replace):
    p = np.array([0.5, 0.3, 0.2, 0.0])
    stream, rows = RandomStreams(seed=3), tt.matrix("rows")
    draw = stream.choice(size=2, replace=replace, p=rows, target="cpu")
    found = graphcore.function([rows], draw)(np.tile(p, (40_000, 1)))
    assert found.shape == (40_000, 2) and found.dtype == "int64"
    pairs = np.outer(p, p)
    if not replace:
        pairs = pairs / (1 - p)[:, None]
        np.fill_diagonal(pairs, 0)
    seen = np.bincount(4 * found[:, 0] + found[:, 1], minlength=16).reshape(4, 4) / 40_000
    np.testing.assert_allclose(seen, pairs, atol=5 * np.sqrt(0.25 / 40_000))
    once = stream.multinomial_wo_replacement(n=3, pvals=rows).eval({rows: p[None] + 0.1})
    assert once.shape == (1, 3) and len(set(once[0])) == 3
