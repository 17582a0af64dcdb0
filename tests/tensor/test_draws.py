"""Random arrays as functions: their moments, their generators."""

import numpy as np
import pytest
import scipy.stats

import graphcore
import graphcore.tensor as tt

N = 20_000
# what differs from the methods of streams: name: (arguments, named ones, law of SciPy)
LAWS = {
    "normal": ((1.0,), {"scale": 2.0}, scipy.stats.norm(1, 2)),
    "beta": ((), {"alpha": 2.0, "beta": 3.0}, scipy.stats.beta(2, 3)),
    "nbinom": ((4,), {"p": 0.3}, scipy.stats.nbinom(4, 0.3)),
    "chisquare": ((3.0,), {}, scipy.stats.chi2(3)),
    "gamma": ((2.0, 4.0), {}, scipy.stats.gamma(2, scale=0.25)),
    "integers": ((7,), {}, scipy.stats.randint(0, 7)),
    "pareto": ((3.0, 2.0), {}, scipy.stats.pareto(3, scale=2)),
    "weibull": ((), {"shape": 1.5}, scipy.stats.weibull_min(1.5)),
}


@pytest.mark.parametrize("name", LAWS)
def test_laws(name):
    arguments, named, law = LAWS[name]
    rng = graphcore.shared(np.random.default_rng(7))
    found = getattr(tt.random, name)(*arguments, **named, size=(N,), rng=rng).eval()
    if found.dtype.kind == "f":
        assert scipy.stats.kstest(found, law.cdf).pvalue > 1e-4
    else:
        assert abs(found.mean() - law.mean()) < 5 * law.std() / np.sqrt(N)
        values, counts = np.unique(found, return_counts=True)
        assert np.abs(counts / N - law.pmf(values)).max() < 5 * np.sqrt(0.25 / N)


def test_a_draw_has_the_next_state():
    rng = graphcore.shared(np.random.default_rng(3), "rng")
    after, x = tt.random.normal(0, 1, size=(3,), rng=rng).owner.outputs
    f = graphcore.function([], x, updates={rng: after})
    g = graphcore.function([], x)
    first = np.random.default_rng(3).normal(size=3)
    np.testing.assert_array_equal(g(), first)
    np.testing.assert_array_equal(g(), first)
    np.testing.assert_array_equal(f(), first)
    assert (f() != first).all()


def test_other_draws():
    rng = graphcore.shared(np.random.default_rng(3))
    assert set(tt.random.choice(3, size=(50,), rng=rng).eval()) == {0, 1, 2}
    assert sorted(tt.random.permutation(4, rng=rng).eval()) == [0, 1, 2, 3]
    assert tt.random.multinomial(5, [0.5, 0.5], size=(4,), rng=rng).eval().sum() == 20
    assert tt.random.dirichlet(alphas=[1.0, 2.0], rng=rng).eval().sum() == pytest.approx(1.0)
    assert tt.random.standard_normal(size=(2,), name="z").name == "z"
    stream = tt.random.RandomStream(seed=1)
    assert stream.gen("normal", 0, 1, size=(2,)).eval().shape == (2,)
    streams = tt.random.RandomStreams(1)
    assert abs(streams.normal((500,), truncate=True).eval()).max() <= 2


def test_wrong_arguments():
    with pytest.raises(TypeError, match="normal takes loc, scale, size and rng"):
        tt.random.normal(0, 1, sd=2)
    with pytest.raises(TypeError, match="rng must be shared"):
        tt.random.normal(rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="rate or the scale"):
        tt.random.gamma(1.0, 2.0, 3.0)
