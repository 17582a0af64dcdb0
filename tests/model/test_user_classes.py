"""Distribution classes written for PyMC3 and for PyMC, against SciPy."""

import numpy as np
import pytest
from graphcore.tensor.random.op import RandomVariable
from scipy import stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.model.distributions import draw_values, generate_samples
from graphcore.model.distributions.dist_math import bound, check_parameters, normal_lcdf
from graphcore.model.distributions.shape_utils import rv_size_is_none


class Shifted(pm.Continuous):
    def __init__(self, mu, sigma=1.0, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mu = self.mean = tt.as_tensor_variable(mu)
        self.sigma = sigma

    def logp(self, value):
        z = (value - self.mu) / self.sigma
        return bound(-0.5 * z**2 - np.log(2 * np.pi) / 2 - tt.log(self.sigma), self.sigma > 0)

    def logcdf(self, value):
        return normal_lcdf(self.mu, self.sigma, value)

    def random(self, point=None, size=None):
        mu, sigma = draw_values([self.mu, self.sigma], point=point, size=size)
        return generate_samples(
            stats.norm.rvs, loc=mu, scale=sigma, dist_shape=self.shape, size=size
        )


class Steps(pm.Discrete):
    def __init__(self, p, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.p = p
        self.mode = 1

    def logp(self, value):
        return bound(tt.log(self.p) + (value - 1) * tt.log1p(-self.p), value >= 1)

    def random(self, point=None, size=None):
        (p,) = draw_values([self.p], point=point, size=size)
        return generate_samples(np.random.geometric, p, dist_shape=self.shape, size=size)


class Half(pm.PositiveContinuous):
    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.median = np.log(2) / rate

    def logp(self, value):
        return np.log(self.rate) - self.rate * value


@pytest.fixture(scope="module")
def model():
    with pm.Model(coords={"i": ["a", "b", "c"]}) as model:
        rate = Half("rate", 2.0)
        mu = Shifted("mu", 1.0, 2.0, dims="i")
        n = Steps("n", 0.3, shape=2)
        Shifted("y", mu * rate + n[0], observed=[1.0, 2.0, 3.0], dims="i")
    return model


def test_densities(model):
    point = {"rate_log__": np.array(0.3), "mu": np.array([1.0, 2.0, -1.0]), "n": np.array([2, 4])}
    rate = np.exp(0.3)
    want = stats.expon.logpdf(rate, scale=0.5) + 0.3
    want += stats.norm.logpdf(point["mu"], 1, 2).sum() + stats.geom.logpmf([2, 4], 0.3).sum()
    want += stats.norm.logpdf([1.0, 2.0, 3.0], point["mu"] * rate + 2).sum()
    assert model.compile_logp()(point) == pytest.approx(want, rel=1e-13)
    x = Shifted.dist(1.0, 2.0)
    assert x.logcdf(2.0).eval() == pytest.approx(stats.norm.logcdf(2.0, 1, 2), rel=1e-13)
    assert isinstance(x.distribution, pm.Distribution)
    assert x.distribution.mu.eval() == 1.0


def test_start_and_text(model):
    start = model.initial_point()
    assert start["rate_log__"] == pytest.approx(np.log(np.log(2) / 2))
    assert start["mu"].tolist() == [1.0] * 3 and start["n"].tolist() == [1, 1]
    assert "mu ~ Shifted(mu=1)" in str(model)
    assert [v.dtype for v in model.value_vars] == ["float64", "float64", "int64"]


def test_drawing_and_sampling(model):
    draws = pm.sample_prior_predictive(
        4000, model=model, var_names=["mu", "n"], random_seed=1, return_inferencedata=False
    )
    assert draws["mu"].shape == (4000, 3) and draws["n"].shape == (4000, 2)
    assert stats.kstest(draws["mu"].ravel(), stats.norm(1, 2).cdf).pvalue > 1e-3
    assert draws["n"].mean() == pytest.approx(1 / 0.3, abs=0.15)
    before = np.random.get_state()[1].copy()
    with pm.Model():
        mu = Shifted("mu", 0.0, 1.0)
        y = Shifted("y", mu, 1.0, observed=[0.2, 0.4], shape=2)
        assert pm.draw(y, draws=3, random_seed=2).shape == (3, 2)
        trace = pm.sample(500, chains=2, random_seed=1, progressbar=False,
                          return_inferencedata=False)  # fmt: skip
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert trace["mu"].mean() == pytest.approx(0.2, abs=0.1)
    assert trace["mu"].std() == pytest.approx(3**-0.5, abs=0.08)


def test_data_missing_entries_and_copies():
    with pm.Model() as model:
        x = pm.Data("x", [0.0, 1.0])
        Shifted("z", x, shape=x.shape)
    model.set_data("x", [5.0, 6.0, 7.0])
    assert model["z"].type.shape == (3,)
    assert pm.clone_model(model).initial_point()["z"].tolist() == [5.0, 6.0, 7.0]
    with pytest.warns(pm.ImputationWarning), pm.Model() as model:
        Shifted("y", 0.5, shape=2, observed=np.ma.masked_values([-1.0, 2.0], -1.0))
    want = stats.norm.logpdf([0.1, 2.0], 0.5).sum()
    assert model.compile_logp()({"y_unobserved": [0.1]}) == pytest.approx(want, rel=1e-13)


def test_transforms():
    with pm.Model() as model:
        Half("a", 1.0, transform=None)
        Half("b", 1.0, transform=pm.distributions.transforms.log_exp_m1)
    assert [v.name for v in model.value_vars] == ["a", "b_log_exp_m1__"]

    class Ramp(pm.distributions.BoundedContinuous):
        def __init__(self, high):
            super().__init__(lower=0.0, upper=high, testval=high / 2)
            self.high = high

        def logp(self, value):
            return tt.log(2 * value / self.high**2)

    with pm.Model() as model:
        Ramp("r", 3.0)
    assert model.compile_logp(jacobian=False)({"r_interval__": 0.0}) == pytest.approx(np.log(1 / 3))


def test_mistakes():
    class Lost(pm.Continuous):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)

        def logp(self, value):
            return -(value**2)

    class NoLogp(pm.Continuous):
        pass

    class NoInit(pm.Continuous):
        def __init__(self):
            self.mean = 0

    with pm.Model() as model:
        Lost("x")
        with pytest.raises(AttributeError, match=r"x: Lost does not say where sampling starts"):
            model.initial_point()
        with pytest.raises(NotImplementedError, match="Lost has no method random"):
            pm.draw(Lost.dist())
        with pytest.raises(TypeError, match=r"y: NoLogp needs a method logp\(self, value\)"):
            NoLogp("y")
        with pytest.raises(TypeError, match=r"must call super\(\).__init__\(\)"):
            NoInit("z")
        with pytest.raises(TypeError, match="Lost has no argument 'sgima'"):
            Lost("w", sgima=1)


class ExtremeRV(RandomVariable):
    name = "extreme"
    signature = "(),(),()->()"
    dtype = "floatX"
    _print_name = ("Extreme", "Extreme")

    def __call__(self, mu=0.0, sigma=1.0, xi=0.1, size=None, **kwargs):
        return super().__call__(mu, sigma, xi, size=size, **kwargs)

    @classmethod
    def rng_fn(cls, rng, mu, sigma, xi, size):
        return stats.genextreme.rvs(-xi, mu, sigma, random_state=rng, size=size)


class Extreme(pm.Continuous):
    rv_op = ExtremeRV()

    @classmethod
    def dist(cls, mu=0.0, sigma=1.0, xi=0.1, scipy=False, **kwargs):
        xi = tt.as_tensor_variable(pm.floatX(-xi if scipy else xi))
        return super().dist([mu, sigma, xi], **kwargs)

    def logp(value, mu, sigma, xi):
        x = 1 + xi * (value - mu) / sigma
        inside = -tt.log(sigma) - (1 / xi + 1) * tt.log(x) - x ** (-1 / xi)
        return check_parameters(tt.switch(x > 0, inside, -np.inf), sigma > 0, msg="sigma > 0")

    def logcdf(value, mu, sigma, xi):
        return -((1 + xi * (value - mu) / sigma) ** (-1 / xi))

    def support_point(rv, size, mu, sigma, xi):
        mode = mu + sigma * ((1 + xi) ** -xi - 1) / xi
        return mode if rv_size_is_none(size) else tt.full(size, mode)


class PairRV(RandomVariable):
    signature = "(n),()->(n)"

    def rng_fn(self, rng, mu, sigma, size):
        return rng.normal(mu, sigma, size=(*size, mu.shape[-1]))


class Pair(pm.Continuous):
    rv_op = PairRV()

    @classmethod
    def dist(cls, mu, sigma=1.0, **kwargs):
        return super().dist([mu, sigma], **kwargs)

    def logp(value, mu, sigma):
        return pm.logp(pm.Normal.dist(mu, sigma), value).sum(-1)


class WaitRV(RandomVariable):
    ndim_supp = 0
    ndims_params = (0,)
    dtype = "int64"

    @classmethod
    def rng_fn(cls, rng, p, size):
        return rng.geometric(p, size=size)


class Wait(pm.Discrete):
    rv_op = WaitRV()

    @classmethod
    def dist(cls, p, **kwargs):
        return super().dist([p], **kwargs)

    def moment(rv, size, p):
        return tt.ones(size, dtype="int64")

    def logp(value, p):
        return tt.log(p) + (value - 1) * tt.log1p(-p)


class Positive(pm.PositiveContinuous):
    rv_op = ExtremeRV()
    logp = Extreme.logp

    @classmethod
    def dist(cls, mu, sigma, xi, **kwargs):
        return super().dist([mu, sigma, xi], **kwargs)


def test_classes_of_today():
    data = np.array([3.2, 4.5])
    with pm.Model(coords={"i": range(3)}) as model:
        mu = pm.Normal("mu", 3.8, 0.2)
        x = Extreme("x", mu, 1.0, -0.2, scipy=True, dims="i")
        n = Wait("n", 0.3, shape=2)
        Extreme("y", mu, sigma=1.5, observed=data)
    start = model.initial_point()
    np.testing.assert_allclose(start["x"], 3.8 + (1.2**-0.2 - 1) / 0.2, rtol=1e-14)
    point = {"mu": np.array(4.1), "x": np.array([3.0, 4.0, 5.5]), "n": np.array([2, 4])}
    want = stats.norm.logpdf(4.1, 3.8, 0.2) + stats.geom.logpmf([2, 4], 0.3).sum()
    want += stats.genextreme.logpdf(point["x"], -0.2, 4.1, 1.0).sum()
    want += stats.genextreme.logpdf(data, -0.1, 4.1, 1.5).sum()
    assert model.compile_logp()(point) == pytest.approx(want, rel=1e-13)
    assert str(n.distribution) == "Wait(0.3)" and n.dtype == "int64"
    assert pm.draw(x, 4).shape == (4, 3)
    drawn = pm.draw(Extreme.dist(1.0, 2.0, 0.2), 4000, random_seed=3)
    assert stats.kstest(drawn, stats.genextreme(-0.2, 1.0, 2.0).cdf).pvalue > 1e-3
    copy = pm.clone_model(model)
    assert copy.compile_logp()(point) == pytest.approx(want, rel=1e-13)
    assert pm.logcdf(Extreme.dist(0.0, 1.0, 0.2), 0.7).eval() == pytest.approx(
        stats.genextreme.logcdf(0.7, -0.2), rel=1e-13
    )


def test_classes_of_today_have_the_transform_of_their_base():
    with pm.Model() as model:
        Positive("x", 5.0, 1.0, 0.1, initval=2.0)
    assert list(model.initial_point()) == ["x_log__"]


def test_signatures_tell_the_shape_of_vectors():
    mu, three = np.arange(3.0), np.ones(3)
    assert Pair.dist(mu).type.shape == (3,)
    assert Pair.dist(np.zeros((4, 3))).type.shape == (4, 3)
    assert Pair.dist(mu, size=5).type.shape == (5, 3)
    assert pm.draw(Pair.dist(mu, size=5)).shape == (5, 3)
    want = stats.norm.logpdf(three, mu, 2.0).sum()
    assert pm.logp(Pair.dist(mu, 2.0), three).eval() == pytest.approx(want)
    with pytest.raises(ValueError, match=r"'\(n\)->' is not of the form"):
        pm.CustomDist.dist(mu, logp=lambda x, mu: -x, signature="(n)->")


def test_a_class_needs_its_functions():
    class Nothing(pm.Continuous):
        rv_op = WaitRV()

        @classmethod
        def dist(cls, p, **kwargs):
            return super().dist([p], **kwargs)

    with pm.Model(), pytest.raises(TypeError, match=r"^Nothing needs a function logp.*rv_op"):
        Nothing("x", 0.3)


def test_random_variables_are_arrays_too():
    law = ExtremeRV()
    f = graphcore.function([], law(1.0, [2.0, 3.0], size=(4, 2)))
    assert f().shape == (4, 2) and len(set(f().ravel())) == 8
    assert law(np.zeros(3)).type.shape == (3,)
    assert WaitRV()(0.5, size=3).dtype == "int64"


def test_a_density_beside_what_draws():
    """``CustomDist`` with ``logp`` and ``dist``: weights of observations."""
    weights, data = np.array([1.0, 2.0, 0.5]), np.array([0.3, -1.0, 2.0])

    def logp(value, mu, sigma):
        return weights * pm.logp(pm.Normal.dist(mu, sigma), value)

    def dist(mu, sigma, size):
        return pm.Normal.dist(mu, sigma, size=size)

    with pm.Model() as model:
        mu = pm.Normal("mu")
        y = pm.CustomDist("y", mu, 2.0, logp=logp, dist=dist, observed=data)
        s = pm.CustomDist("s", 1.0, logp=lambda x, r: -3.0 * x, dist=half, initval=0.5)
    want = (weights * stats.norm.logpdf(data, 0.7, 2.0)).sum() + stats.norm.logpdf(0.7) - 1.5
    point = {"mu": np.array(0.7), "s_log__": np.log(0.5)}
    assert model.compile_logp()(point) == pytest.approx(want + np.log(0.5), rel=1e-13)
    assert pm.draw(y, 3).shape == (3, 3)
    drawn = pm.draw(s, 2000, random_seed=1)
    assert stats.kstest(drawn, stats.halfnorm.cdf).pvalue > 1e-3


def half(scale, size):
    return pm.HalfNormal.dist(scale, size=size)
