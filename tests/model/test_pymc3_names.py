"""What code written for PyMC3 asks of variables and distributions, beside PyMC's names."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.compile.ops import as_op
from graphcore.model.distributions import transforms as tr

INF = np.inf


@pytest.mark.parametrize(
    ("rv", "value"),
    [
        (lambda: pm.Normal.dist(0, -1), 0.5),
        (lambda: pm.Uniform.dist(1, 0), 0.5),
        (lambda: pm.Uniform.dist(1, 0), 2.0),
        (lambda: pm.Binomial.dist(5, 1.5), 2),
        (lambda: pm.DiscreteUniform.dist(1, 0), 0),
        (lambda: pm.Normal.dist(0, [-1.0, 0.0]), 0.5),
    ],
)
def test_outside_of_a_model_bad_constants_have_no_density(rv, value):
    rv = rv()
    assert (rv.logp(value).eval() == -INF).all()
    assert (rv.logcdf(value).eval() == -INF).all()
    if hasattr(type(rv.distribution), "icdf"):
        assert np.isnan(rv.icdf(0.5).eval()).all()
    with pytest.raises(ValueError, match="must"):
        rv.random()
    with pm.Model() as model, pytest.raises(ValueError, match=r"^x: .* must"):
        model.register_rv(rv, "x")


def test_only_the_bad_elements_have_no_density():
    got = pm.Normal.dist(0, [1.0, -1.0, 2.0]).logp(0.5).eval()
    want = stats.norm.logpdf(0.5, 0, [1, 1, 2])
    np.testing.assert_allclose(got, np.where([True, False, True], want, -INF), rtol=1e-14)


def test_test_values_follow_from_those_of_the_inputs():
    x = tt.vector("x")
    with pytest.raises(AttributeError, match="'x' has no test value"):
        _ = (2 * x).tag.test_value
    x.tag.test_value = np.array([1.0, 2.0])
    np.testing.assert_array_equal((2 * x).tag.test_value, [2.0, 4.0])
    assert tt.constant(3.0).tag.test_value == 3.0
    assert pm.Normal.dist(0, 1).logcdf(0.0).tag.test_value == pytest.approx(np.log(0.5))
    with pm.Model():
        sd = pm.HalfNormal("sd", 1, testval=2.5)
        y = pm.Normal("y", 0, sd, observed=[1.0, 2.0])
    assert sd.tag.test_value == pytest.approx(2.5)
    assert (sd * 2).tag.test_value == pytest.approx(5.0)
    np.testing.assert_array_equal(y.tag.test_value, [1.0, 2.0])


def test_variables_know_their_density_at_a_point():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2)
        y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    want = stats.norm.logpdf([1.0, 2.0], 0.5, 1)
    assert y.logp({"mu": 0.5}) == pytest.approx(want.sum())
    np.testing.assert_allclose(y.logp_elemwise({"mu": 0.5}), want)
    assert model.fastlogp({"mu": 0.5}) == pytest.approx(want.sum() + mu.logp({"mu": 0.5}))
    with pytest.raises(TypeError, match="only for a variable of a model"):
        pm.Normal.dist().logp({"mu": 0.5})


def test_distributions_have_methods_and_their_parameters():
    with pm.Model():
        p = pm.Beta("p", 2, 3)
        x = pm.Binomial("x", n=5, p=p, observed=2)
    assert x.distribution.p is p and float(x.distribution.n.data) == 5
    assert float(p.distribution.logp(0.4).eval()) == pytest.approx(stats.beta(2, 3).logpdf(0.4))
    assert float(p.distribution.logcdf(0.4).eval()) == pytest.approx(stats.beta(2, 3).logcdf(0.4))
    assert p.distribution.random(size=3, rng=1).shape == (3,)
    assert x.random(size=4, rng=1, point={"p": 1.0}).tolist() == [5, 5, 5, 5]
    assert p.distribution.default() == pytest.approx(0.4)
    assert p.transform.name == "logodds" and p.dshape == () and p.dsize == 1
    with pytest.raises(AttributeError, match="Beta has no attribute 'gamma'"):
        _ = p.distribution.gamma


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: pm.HalfNormal("x", 1, transform=tr.log, shape=2), "x_log__"),
        (lambda: pm.Beta("x", 1, 1, transform=tr.logodds, shape=2), "x_logodds__"),
        (lambda: pm.Uniform("x", 0, 3, transform=tr.Interval(0, 3), shape=2), "x_interval__"),
        (
            lambda: pm.HalfNormal(
                "x", 1, shape=2, transform=tr.Chain([tr.log, tr.ordered]), initval=[1, 2]
            ),
            "x_chain__",
        ),
        (lambda: pm.HalfNormal("x", 1, transform=tr.ordered, shape=2, initval=[1, 2]), "x_chain__"),
    ],
)
def test_a_transform_like_the_default_one_stands_in_its_place(make, value):
    with pm.Model() as model:
        x = make()
    (v,) = model.value_vars
    assert v.name == value
    at = np.array([0.3, -0.2])
    back = model.compile_fn(x)({value: at})
    transform = model.rvs_to_transforms[x]
    density = pm.logp(x, back).eval()
    volume = np.sum(transform.log_jac_det(tt.constant(at)).eval())
    assert model.compile_logp()({value: at}) == pytest.approx(density.sum() + volume)


def test_theanof():
    x = tt.vector("x", shape=(2,))
    assert pm.floatX([1, 2]).dtype == "float64" and pm.intX([1.0]).dtype == "int64"
    assert pm.theanof.inputvars([x * 2, x]) == [x]
    at = {x: np.array([1.0, 2.0])}
    np.testing.assert_array_equal(pm.theanof.gradient((x**3).sum()).eval(at), [3, 12])
    np.testing.assert_array_equal(pm.theanof.jacobian(x**2, [x]).eval(at), [[2, 0], [0, 4]])
    np.testing.assert_array_equal(pm.theanof.hessian((x**3).sum()).eval(at), [[-6, 0], [0, -12]])


def test_texts_of_variables():
    with pm.Model():
        x = pm.Normal("x_1", 0, 2)
    assert x.str_repr() == "x_1 ~ Normal(0, 2)"
    assert x.str_repr(include_params=False) == "x_1 ~ Normal"
    assert x._repr_latex_() == r"$\text{x\_1} \sim \operatorname{Normal}(\text{0, 2})$"


@pytest.mark.parametrize(
    ("rv", "ref"),
    [
        (lambda: pm.BetaBinomial.dist(2.0, 3.5, 9), stats.betabinom(9, 2.0, 3.5)),
        (lambda: pm.HyperGeometric.dist(20, 8, 6), stats.hypergeom(20, 8, 6)),
        (lambda: pm.BetaBinomial.dist(1e-3, 50.0, 400), stats.betabinom(400, 1e-3, 50.0)),
        (
            lambda: pm.Categorical.dist([0.1, 0.2, 0.7]),
            stats.rv_discrete(values=(range(3), [0.1, 0.2, 0.7])),
        ),
        (
            lambda: pm.Categorical.dist(logit_p=np.log([0.1, 0.2, 0.7])),
            stats.rv_discrete(values=(range(3), [0.1, 0.2, 0.7])),
        ),
    ],
)
def test_tails_of_counts_with_few_values(rv, ref):
    rv = rv()
    x = np.array([-1, 0, 1, 1.5, 2, 5, 8, 9, 500])
    exact = np.arange(-1, 401)
    p = np.where(exact < 0, 0, ref.pmf(np.maximum(exact, 0)))
    below = [p[exact <= v].sum() for v in x]
    above = [p[::-1][exact[::-1] > v].sum() for v in x]
    np.testing.assert_allclose(np.exp(rv.logcdf(x).eval()), below, rtol=1e-11)
    np.testing.assert_allclose(np.exp(rv.logccdf(x).eval()), above, rtol=1e-9, atol=1e-300)


def test_batches_of_counts_have_tails():
    p = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    got = pm.Categorical.dist(p).logcdf([1, 0]).eval()
    np.testing.assert_allclose(np.exp(got), [0.3, 0.5])


def test_flat_tails():
    x = np.array([-INF, -2.0, 0.0, 2.0, INF])
    half = np.log(0.5)
    np.testing.assert_array_equal(pm.Flat.dist().logcdf(x).eval(), [-INF, half, half, half, 0])
    np.testing.assert_array_equal(pm.HalfFlat.dist().logcdf(x).eval(), [-INF] * 4 + [0])


def test_spellings_of_parameters():
    x = np.array([0.3, 1.0])
    one = pm.MvStudentT.dist(nu=3, mu=np.zeros(2), Sigma=2 * np.eye(2)).logp(x).eval()
    other = pm.MvStudentT.dist(nu=3, mu=np.zeros(2), cov=2 * np.eye(2)).logp(x).eval()
    assert one == other == pm.MvStudentT.dist(3, np.zeros(2), scale=2 * np.eye(2)).logp(x).eval()
    zip_ = pm.ZeroInflatedPoisson.dist(psi=0.4, theta=2.0).logp(3).eval()
    assert zip_ == pm.ZeroInflatedPoisson.dist(0.4, 2.0).logp(3).eval()
    t = pm.HalfStudentT.dist(sigma=2.0).logp(1.0).eval()
    assert t == pytest.approx(np.log(2) + stats.t.logpdf(1.0, 1, 0, 2))


def test_equal_cut_points_are_empty_categories():
    got = np.exp(pm.OrderedLogistic.dist(0.01, [-1.0, -1.0, 0.0]).logp(np.arange(4)).eval())
    cdf = 1 / (1 + np.exp(0.01 - np.array([-1.0, -1.0, 0.0])))
    np.testing.assert_allclose(got, np.diff([0, *cdf, 1]), rtol=1e-12)
    with pytest.raises(ValueError, match="a vector of ascending numbers"):
        pm.OrderedLogistic.dist(0.0, [1.0, 0.0]).random()


def test_models_as_in_pymc3():
    data = np.ones((5, 2))
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1, shape=2)
        pm.MvNormal("y", mu, cov=np.eye(2), shape=2, observed=data)
        model.Var("z", pm.Normal.dist(mu[0], 1), data=[0.5])
        with pytest.raises(ValueError, match=r"w: .*shape"):
            pm.Normal("w", 0, 1, shape=3, observed=data)
    assert model.y.type.shape == (5, 2) and model.mu is mu
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'nothing'"):
        _ = model.nothing
    point = {"mu": np.array([0.1, 0.2])}
    assert model.fastlogp(point) == model.fastlogp(mu=point["mu"])
    assert model.missing_values == []


def test_the_log_density_at_a_point_is_a_number():
    with pm.Model() as model:
        x = pm.HalfNormal("x")
        pm.Normal("y", x, 1, observed=0.5)
    point = {"x_log__": 0.3}
    assert model.logp(point) == pytest.approx(float(model.compile_logp()(point)), rel=1e-15)
    without = model.logp(point, jacobian=False)
    assert model.logp(point) - without == pytest.approx(0.3)


def test_parameters_of_a_python_function_get_their_shape_from_typical_values():
    @as_op(itypes=[tt.dscalar], otypes=[tt.dvector])
    def powers(x):
        return np.array([1.0, x, x**2])

    with pm.Model() as model:
        x = pm.Gamma("x", 2, 1)
        assert pm.Normal("y", powers(x), 1, observed=[1.0, 2.0, 4.0]).type.shape == (3,)
        pm.Normal("z", powers(x + 1).sum(), 1)
    logp = model.compile_logp(["y"])
    expected = sum(-0.5 * np.log(2 * np.pi) - 0.5 * d**2 for d in (0, 0.5, 1.75))
    assert logp({"x_log__": np.log(1.5), "z": 0.0}) == pytest.approx(expected, rel=1e-14)


def test_a_shape_that_changes_is_an_error():
    with pm.Model() as model:
        x = pm.Normal("x", shape=4)
        pm.Normal("y", x[tt.ge(x, 0)], 1)
    with pytest.raises(Exception, match=r"4.*3|3.*4"):
        model.compile_logp()({"x": [1.0, 2.0, -1.0, 3.0], "y": np.zeros(4)})


def test_densities_of_several_observed_arrays():
    data = {"time": np.array([1.0, 2.5]), "dead": np.array([1.0, 0.0])}

    def survival(time, dead):
        return dead * tt.log(rate) - rate * time

    with pm.Model() as model:
        rate = pm.HalfNormal("rate", 1)
        pm.DensityDist("y", survival, observed=data)
    want = stats.halfnorm.logpdf(np.exp(0.2)) + 0.2 + 0.2 - np.exp(0.2) * 3.5
    assert model.logp({"rate_log__": 0.2}) == pytest.approx(want)
    with pm.Model(), pytest.raises(TypeError, match="y: observed as a dict needs a function logp"):
        pm.DensityDist("y", observed=data)


def test_mixtures_of_one_family():
    w, p = [0.3, 0.7], np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    parts = pm.Multinomial.dist(n=4, p=p)
    rv = pm.MixtureSameFamily.dist(w, parts, 0)
    x = np.array([1, 1, 2])
    want = np.dot(w, [stats.multinomial(4, row).pmf(x) for row in p])
    assert float(np.exp(rv.logp(x).eval())) == pytest.approx(want)
    assert pm.MixtureSameFamily.dist(w, pm.Poisson.dist([1, 2]), shape=9).type.shape == (9,)
    wide = pm.Normal.dist(np.zeros((2, 3)), 1)
    with pytest.raises(NotImplementedError, match=r"mixture_axis=0 .* move the comp.* to axis 1"):
        pm.MixtureSameFamily.dist([0.5, 0.5], wide, mixture_axis=0)


def test_old_names_of_models():
    assert pm.Model.get_context(error_if_none=False) is None
    with pm.Model(coords={"g": "ab"}) as model:
        assert pm.Model.get_context() is model
        pm.Normal("x", dims="g")
        pm.Normal("z")
    assert model.ndim == 3 and model.RV_dims == {"x": ("g",)}
    point = model.test_point
    assert model.logp(point) == model.fastlogp(point) == pytest.approx(3 * stats.norm.logpdf(0))


def test_misspelt_arguments_of_predictions():
    with pm.Model():
        pm.Normal("x", observed=1.0)
        for act in (
            lambda: pm.sample_prior_predictive(3, random_sed=1),
            lambda: pm.sample_posterior_predictive({"a": np.zeros((1, 2))}, random_sed=1),
            lambda: pm.draw(pm.Normal.dist(), random_sed=1),
        ):
            with pytest.raises(TypeError, match="unexpected keyword argument 'random_sed'"):
                act()


def test_values_joined_in_one_vector():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        sigma = pm.HalfNormal("sigma")
        x = pm.Normal("x", mu, sigma, shape=3)
        pm.Normal("y", x, 1.0, observed=[0.0, 1.0, 2.0])
    known = {"mu": 0.5, "sigma_log__": 0.3, "x": np.array([0.0, 1.0, 2.0])}
    wanted = model.compile_logp()(known)
    point, values = model.initial_point(), model.value_vars
    [logp], joined = pm.join_nonshared_inputs(point, [model.logp()], values)
    at = [0.5, 0.3, 0, 1, 2]
    np.testing.assert_allclose(logp.eval({joined: at}), wanted)
    first, *others = values
    held = pm.make_shared_replacements(known, others, model)
    assert list(held) == [first]
    [logp], rest = pm.join_nonshared_inputs(point, [model.logp()], others, shared_inputs=held)
    np.testing.assert_allclose(logp.eval({rest: at[1:]}), wanted)
    [logp], kept = pm.join_nonshared_inputs(known, [model.logp()], values, make_inputs_shared=True)
    np.testing.assert_array_equal(kept.get_value(), at)
    np.testing.assert_allclose(logp.eval(), wanted)


def test_second_derivatives_of_a_density():
    with pm.Model() as model:
        pm.Normal("x", 0.0, np.array([1.0, 2.0]), shape=2)
    at = {model.value_vars[0]: np.array([0.3, 0.4])}
    np.testing.assert_allclose(pm.hessian(model.logp()).eval(at), np.diag([1.0, 0.25]))
    np.testing.assert_allclose(
        pm.hessian_diag(model.logp(), negate_output=False).eval(at), [-1.0, -0.25]
    )


def test_a_seed_for_what_is_compiled():
    stream = tt.random.RandomStream()
    draws = [pm.compile([], stream.normal(size=4), random_seed=s)() for s in (3, 3, 4)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).all()


def test_data_of_the_gallery_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2\n")
    assert pm.get_data("a.csv", base=f"{tmp_path.as_uri()}/").read() == b"x,y\n1,2\n"


def test_how_many_basis_functions():
    approx = pm.gp.hsgp_approx.approx_hsgp_hyperparams
    m, c = approx([-1, 1], [0.5, 2], "expquad")
    assert (m, c) == (22, 6.4)  # 3.2 * 2, 1.75 * 6.4 / 0.5
    with pytest.raises(ValueError, match=r"x_range must be \(smaller, larger\), got \(1, -1\)"):
        approx([1, -1], [0.5, 2], "expquad")
    with pytest.raises(ValueError, match="one of expquad, matern52, matern32, got 'linear'"):
        approx([-1, 1], [0.5, 2], "linear")


@pytest.mark.parametrize("cls", [pm.Multinomial, pm.DirichletMultinomial])
def test_shapes_of_counts_by_position(cls):
    with pm.Model():
        counts = cls("counts", 5, [0.2, 0.8], (3, 2))
    draws = counts.random(rng=1)
    assert draws.shape == counts.type.shape == (3, 2) and (draws.sum(axis=-1) == 5).all()
    assert cls.dist(5, [0.2, 0.8]).type.shape == (2,)
    with pytest.raises(TypeError, match="takes at most 2 parameters"):
        cls.dist(5, [0.2, 0.8], (3, 2), 1)
