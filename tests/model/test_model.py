"""The Model: tables, names, dims, observed data, points, text."""

import pickle
import threading

import numpy as np
import pytest

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate

INF = np.inf
vector = np.array([1.0, 2.0, 3.0])


def small():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        sd = pm.HalfNormal("sd", 1)
        scaled = pm.Deterministic("scaled", mu / sd)
        pm.Potential("soft", -tt.sqr(scaled))
        pm.Normal("y", mu, sd, observed=[1.0, 2.0, 4.0])
    return model


def test_tables():
    model = small()
    names = lambda found: [v.name for v in found]  # noqa: E731
    assert names(model.free_RVs) == ["mu", "sd"]
    assert names(model.observed_RVs) == ["y"]
    assert names(model.basic_RVs) == ["mu", "sd", "y"]
    assert names(model.value_vars) == ["mu", "sd_log__"]
    assert names(model.unobserved_RVs) == ["mu", "sd", "scaled"]
    assert names(model.deterministics) == ["scaled"]
    assert names(model.potentials) == ["soft"]
    assert list(model.named_vars) == ["mu", "sd", "scaled", "soft", "y"]
    assert model["sd"] is model.free_RVs[1]
    assert "sd" in model and "nothing" not in model
    assert model.rvs_to_transforms[model["sd"]] is pm.transforms.log
    assert model.rvs_to_transforms[model["mu"]] is None
    assert model.values_to_rvs[model.value_vars[1]] is model["sd"]
    assert model.continuous_value_vars == model.value_vars
    assert model.discrete_value_vars == []
    np.testing.assert_array_equal(model.rvs_to_values[model["y"]].data, [1, 2, 4])


def test_the_density_is_the_sum_of_its_terms():
    model = small()
    point = {"mu": 0.4, "sd_log__": -0.2}
    sd = np.exp(-0.2)
    log_norm = 0.5 * np.log(2 * np.pi)
    want = {
        "mu": -0.5 * (0.4 / 5) ** 2 - np.log(5) - log_norm,
        "sd": -0.5 * sd**2 + np.log(2) - log_norm - 0.2,
        "y": sum(-0.5 * ((y - 0.4) / sd) ** 2 + 0.2 - log_norm for y in (1, 2, 4)),
        "soft": -((0.4 / sd) ** 2),
    }
    got = model.point_logps(point, round_vals=None)
    assert got == pytest.approx(want, rel=1e-13)
    assert model.compile_logp()(point) == pytest.approx(sum(want.values()), rel=1e-13)
    assert model.compile_logp(vars=["mu", "soft"])(point) == pytest.approx(
        want["mu"] + want["soft"], rel=1e-13
    )
    free_of_volume = model.compile_logp(vars=model["sd"], jacobian=False)(point)
    assert free_of_volume == pytest.approx(want["sd"] + 0.2, rel=1e-13)
    value, slope = model.logp_dlogp_function()(np.array([0.4, -0.2]))
    assert value == pytest.approx(sum(want.values()), rel=1e-13)
    np.testing.assert_allclose(model.compile_dlogp()(point), slope, rtol=1e-11)
    np.testing.assert_allclose(model.compile_dlogp(vars="sd")(point), slope[1:], rtol=1e-11)
    elements = model.compile_logp(vars="y", sum=False)(point)
    assert elements[0].shape == (3,)


DISTRIBUTED = [
    ("scalar location and scale", lambda m, s: (m, s)),
    ("vector location", lambda m, s: (m + np.arange(4.0), s)),
    ("vector scale", lambda m, s: (m, s * np.array([1.0, 2.0, 0.5, 3.0]))),
    ("rows", lambda m, s: (tt.stack([m, 2 * m, m, m]), tt.stack([s]))),
    ("scaled data", lambda m, s: ((m + np.arange(4.0)) * s, 2.0)),
]


@pytest.mark.parametrize("distribution", [pm.Normal, pm.Laplace, pm.Logistic, pm.Cauchy])
@pytest.mark.parametrize("make", [f for _, f in DISTRIBUTED], ids=[n for n, _ in DISTRIBUTED])
def test_sums_taken_apart_equal_sums_of_elements(make, distribution):
    with pm.Model() as model:
        m, s = pm.Normal("m"), pm.HalfNormal("s")
        distribution("y", *make(m, s), observed=np.array([0.3, -1.0, 2.0, 8.0]))
    point = {"m": 0.7, "s_log__": 0.4}
    total = model.compile_logp()(point)
    assert total == pytest.approx(sum(model.point_logps(point, None).values()), rel=1e-13)


def test_two_axes_and_counts_repeat_scalar_terms():
    y = np.arange(12).reshape(3, 4)
    with pm.Model() as model:
        rate = pm.Gamma("rate", 2, 1, shape=4)
        pm.Poisson("y", rate, observed=y)
        pm.HalfNormal("v", 2, shape=(2, 3))
    f = model.logp_dlogp_function()
    x = np.random.default_rng(0).normal(size=f.dim)
    point = {"rate_log__": x[:4], "v_log__": x[4:].reshape(2, 3)}
    terms = model.point_logps(point, None)
    assert f(x)[0] == pytest.approx(sum(terms.values()), rel=1e-12)


# -- names -----------------------------------------------------------------------------------------


def test_names_are_used_once():
    with pm.Model():
        pm.HalfNormal("a")
        with pytest.raises(ValueError, match="already has a variable named 'a'"):
            pm.Normal("a")
        with pytest.raises(ValueError, match="already has a variable named 'a'"):
            pm.Deterministic("a", tt.constant(1.0))
        with pytest.raises(ValueError, match="already has a variable named 'a_log__'"):
            pm.Normal("a_log__")
        pm.Normal("b_log__")
        with pytest.raises(ValueError, match="already has a variable named 'b_log__'"):
            pm.HalfNormal("b")


def test_a_refused_variable_leaves_no_trace():
    with pm.Model() as model:
        pm.Normal("a")
        with pytest.raises(ValueError, match="sigma"):
            pm.Normal("b", 0, -1)
        with pytest.raises(ValueError, match="start value"):
            pm.HalfNormal("c", shape=2, initval=[1, 2, 3])
        pm.Normal("b", 0, 1)
        pm.HalfNormal("c")
    assert [v.name for v in model.value_vars] == ["a", "b", "c_log__"]


@pytest.mark.parametrize("name", ["", 3, None])
def test_names_are_strings(name):
    with pm.Model(), pytest.raises(TypeError, match="name"):
        pm.Normal(name)


def test_unknown_names_are_listed():
    model = small()
    with pytest.raises(KeyError, match="no variable 'tau'; it has mu, sd"):
        model["tau"]
    with pytest.raises(KeyError, match="no variable 'tau'"):
        model.logp(vars="tau")
    with pytest.raises(ValueError, match="neither a random variable nor a potential"):
        model.logp(vars=[model["scaled"]])


def test_variables_need_a_model():
    with pytest.raises(TypeError, match="no model on the context stack"):
        pm.Normal("x")
    with pytest.raises(TypeError, match="no model on the context stack"):
        pm.Deterministic("x", tt.constant(1.0))
    with pm.Model(), pytest.raises(TypeError, match=r"needs a name.*\.dist\("):
        pm.Normal(0, 1)


def test_the_context_belongs_to_a_thread():
    seen = []

    def other():
        try:
            pm.Normal("x")
        except TypeError:
            seen.append("no model")
        with pm.Model() as model:
            pm.Normal("x")
        seen.append(list(model.named_vars))

    with pm.Model() as model:
        worker = threading.Thread(target=other)
        worker.start()
        worker.join()
        pm.Normal("y")
    assert seen == ["no model", ["x"]]
    assert list(model.named_vars) == ["y"]


def test_a_model_can_be_entered_again():
    with pm.Model() as model:
        pm.Normal("a")
        with model:
            pm.Normal("b")
        pm.Normal("c")
    with model:
        pm.Normal("d")
    assert list(model.named_vars) == ["a", "b", "c", "d"]


# -- dims ------------------------------------------------------------------------------------------


def test_dims_give_shapes():
    with pm.Model(coords={"school": ["a", "b", "c"]}) as model:
        model.add_coord("year", length=2)
        theta = pm.Normal("theta", dims="school")
        both = pm.Normal("both", dims=("school", "year"))
        pm.Normal("y", both, observed=np.zeros((3, 2)), dims=("school", "year"))
        pm.Deterministic("twice", 2 * theta, dims="school")
        pm.Normal("free", observed=np.zeros(7), shape=7, dims="row")
    assert theta.type.shape == (3,) and both.type.shape == (3, 2)
    assert model.named_vars_to_dims["both"] == ("school", "year")
    assert model.named_vars_to_dims["twice"] == ("school",)
    assert model.coords == {"school": ("a", "b", "c"), "year": None, "row": None}
    assert model.dim_lengths == {"school": 3, "year": 2, "row": 7}


DIM_ERRORS = [
    (lambda: pm.Normal("x", dims="town"), KeyError, "x: the model has no dimension 'town'"),
    (lambda: pm.Normal("x", observed=[1.0], dims="t"), KeyError, "x: the model has no dimension"),
    (lambda: pm.Deterministic("x", tt.ones(2), dims="t"), KeyError, "x: the model has no dimens"),
    (lambda: pm.Normal("x", dims="s", shape=2), ValueError, "'s' has length 3.*shape \\(2,\\)"),
    (lambda: pm.Normal("x", dims=("s", "s"), shape=3), ValueError, "2 dims"),
    (lambda: pm.Normal("x", observed=[1, 2], dims="s"), ValueError, "'s' has length 3"),
    (lambda: pm.Normal("x", np.zeros(2), dims="s"), ValueError, "shape \\(3,\\).*shape \\(2,\\)"),
    (lambda: pm.Deterministic("x", tt.constant([1.0]), dims="s"), ValueError, "length 3"),
    (lambda: pm.Normal("x", dims=3), TypeError, "dims"),
    (lambda: pm.modelcontext().add_coord("s", [1, 2]), ValueError, "already has a dimension 's'"),
    (lambda: pm.modelcontext().add_coord("t", [1, 2], length=3), ValueError, "2 labels"),
    (lambda: pm.modelcontext().add_coord("t"), ValueError, "labels or its length"),
]


@pytest.mark.parametrize(("make", "error", "message"), DIM_ERRORS, ids=lambda v: "")
def test_dims_are_checked(make, error, message):
    with pm.Model(coords={"s": range(3)}), pytest.raises(error, match=message):
        make()


# -- shapes ----------------------------------------------------------------------------------------

SHAPES = [
    (lambda: pm.Normal("x"), ()),
    (lambda: pm.Normal("x", shape=3), (3,)),
    (lambda: pm.Normal("x", shape=np.int64(3)), (3,)),
    (lambda: pm.Normal("x", shape=(2, 3)), (2, 3)),
    (lambda: pm.Normal("x", shape=[2, 3]), (2, 3)),
    (lambda: pm.Normal("x", shape=()), ()),
    (lambda: pm.Normal("x", shape=0), (0,)),
    (lambda: pm.Normal("x", size=2), (2,)),
    (lambda: pm.Normal("x", np.zeros(3)), (3,)),
    (lambda: pm.Normal("x", np.zeros((2, 1)), np.ones(3)), (2, 3)),
    (lambda: pm.Normal("x", [0, 1], shape=(4, 2)), (4, 2)),
    (lambda: pm.Normal("x", pm.Normal("m", shape=4)), (4,)),
    (lambda: pm.Normal("x", shape=tt.constant(np.ones((5, 2))).shape[1]), (2,)),
    (lambda: pm.Dirichlet("x", np.ones(3)), (3,)),
    (lambda: pm.Dirichlet("x", np.ones(3), shape=(2, 3)), (2, 3)),
    (lambda: pm.Dirichlet("x", np.ones(3), size=2), (2, 3)),
    (lambda: pm.Normal("x", [tt.constant(1.0), 2.0]), (2,)),
]


@pytest.mark.parametrize(("make", "shape"), SHAPES, ids=lambda v: "")
def test_shapes(make, shape):
    with pm.Model() as model:
        x = make()
    assert x.type.shape == shape
    f = model.logp_dlogp_function()
    total = f(np.zeros(f.dim))[0]
    assert np.isfinite(total)
    terms = model.point_logps({v.name: np.zeros(v.type.shape) for v in model.value_vars}, None)
    assert total == pytest.approx(sum(terms.values()), rel=1e-13)


SHAPE_ERRORS = [
    (lambda: pm.Normal("x", [0, 1], shape=3), ValueError, r"x: shape \(3,\).*shape \(2,\)"),
    (lambda: pm.Normal("x", [0, 1], shape=()), ValueError, r"x: shape \(\)"),
    (lambda: pm.Normal("x", [0, 1], [1, 1, 1]), ValueError, r"x.*mu \(2,\), sigma \(3,\)"),
    (lambda: pm.Normal("x", shape=2, size=2), TypeError, "shape or size"),
    (lambda: pm.Normal("x", shape=2.5), TypeError, "whole numbers"),
    (lambda: pm.Normal("x", shape=-1), ValueError, "negative"),
    (lambda: pm.Normal("x", tt.vector("v")), ValueError, "shape of parameter mu is not known"),
    (lambda: pm.Dirichlet("x", 1.0), ValueError, "parameter a must be a vector"),
    (lambda: pm.Dirichlet("x", np.ones(3), shape=4), ValueError, r"shape \(4,\).*\(3,\)"),
    (lambda: pm.Normal("x", shape=tt.lscalar("n")), TypeError, "symbolic length"),
]


@pytest.mark.parametrize(("make", "error", "message"), SHAPE_ERRORS, ids=lambda v: "")
def test_shapes_are_checked(make, error, message):
    with pm.Model(), pytest.raises(error, match=message):
        make()


# -- parameters ------------------------------------------------------------------------------------

PARAMETER_ERRORS = [
    (lambda: pm.Normal("x", 0, -1), ValueError, "x: parameter sigma must be positive, got -1"),
    (lambda: pm.Normal("x", 0, sd=0), ValueError, "x: parameter sigma must be positive, got 0"),
    (lambda: pm.Normal("x", 0, [1, 2, -3]), ValueError, "sigma must be positive, got -3.* index 2"),
    (lambda: pm.Normal("x", 0, [[1, 2], [0, 1]]), ValueError, r"index \(1, 0\)"),
    (lambda: pm.Normal("x", np.nan), ValueError, "x: parameter mu must be a number, got nan"),
    (lambda: pm.Normal("x", 0, np.inf), ValueError, "sigma must be positive, got inf"),
    (lambda: pm.Normal("x", tau=-2), ValueError, "x: parameter tau must be positive, got -2"),
    (lambda: pm.Gamma("x", mu=1, sigma=-2), ValueError, "x: parameter sigma must be positive"),
    (lambda: pm.Beta("x", mu=0.5, sigma=0.9), ValueError, "alpha must be posi.*mu=0.5, sigma"),
    (lambda: pm.Beta("x", mu=1.5, nu=2), ValueError, "mu must be between 0 and 1"),
    (lambda: pm.Uniform("x", 2, 1), ValueError, "x: lower < upper must hold, got lower=2"),
    (lambda: pm.Uniform("x", 0, np.inf), ValueError, "upper must be a number, got inf"),
    (lambda: pm.Bernoulli("x", 1.2, observed=1), ValueError, "p must be between 0 and 1, got 1.2"),
    (lambda: pm.Binomial("x", 2.5, 0.1, observed=1), ValueError, "n must be a non-negative whole"),
    (lambda: pm.Poisson("x", -1, observed=1), ValueError, "mu must be non-negative, got -1"),
    (lambda: pm.Categorical("x", [0.5, 0.6], observed=1), ValueError, "probabilities with sum 1"),
    (lambda: pm.Dirichlet("x", [1, 0]), ValueError, "a must be a vector of positive numbers"),
    (lambda: pm.Normal.dist(0, -1), ValueError, "Normal: parameter sigma must be positive"),
    (lambda: pm.Normal("x", 0, 1, 2), TypeError, r"Normal takes \(mu, sigma\) or \(mu, tau\)"),
    (lambda: pm.Normal("x", sigma=1, sd=1), TypeError, "parameter sigma twice"),
    (lambda: pm.Normal("x", 0, 1, 2, 3), TypeError, "at most 3 parameters"),
    (lambda: pm.Normal("x", scale=1), TypeError, "no parameter 'scale'; its parameters are mu"),
    (lambda: pm.Gamma("x", 1), TypeError, r"Gamma takes \(alpha, beta\) or \(mu, sigma\); got"),
    (lambda: pm.Exponential("x"), TypeError, "got \\(nothing\\)"),
    (lambda: pm.Normal("x", "zero"), TypeError, "x: parameter mu must be numbers"),
    (lambda: pm.Normal("x", 1j), TypeError, "x: parameter mu must be numbers"),
    (lambda: pm.Poisson("x", 3, transform=pm.transforms.log), TypeError, "x: a discrete variable"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "message"), PARAMETER_ERRORS, ids=lambda v: "")
def test_parameters_are_checked(make, error, message):
    with pm.Model(), pytest.raises(error, match=message):
        make().random()


def test_integer_parameters_and_variables_are_converted():
    k = tt.lscalar("k")
    graph = pm.Normal.dist(k, 2).logp(1)
    assert evaluate([graph], {k: 3})[0] == pytest.approx(-0.5 - np.log(2) - 0.5 * np.log(2 * np.pi))


FORMS = [
    (lambda: pm.Normal("y", 0, pm.HalfNormal("s"), observed=1.0), 0),
    (lambda: pm.Normal("y", 0, tt.exp(pm.Normal("s")), observed=1.0), 0),
    (lambda: pm.Normal("y", 0, 1 + tt.sqr(pm.Normal("s", shape=3))[[0, 2]], observed=[1, 2]), 0),
    (lambda: pm.Normal("y", 0, pm.Normal("s"), observed=1.0), 1),
    (lambda: pm.Normal("y", 0, pm.HalfNormal("s") - 1, observed=1.0), 1),
    (lambda: pm.Bernoulli("y", pm.Beta("p", 1, 1), observed=1), 0),
    (lambda: pm.Bernoulli("y", pm.Uniform("p", 0, 1), observed=1), 0),
    (lambda: pm.Bernoulli("y", pm.Uniform("p", 0, 1.5), observed=1), 1),
    (lambda: pm.Bernoulli("y", pm.HalfNormal("p"), observed=1), 1),
    (lambda: pm.Categorical("y", pm.Dirichlet("p", [1, 1]), observed=1), 0),
    (lambda: pm.Categorical("y", pm.Dirichlet("p", np.ones((3, 2)))[[0, 2]], observed=[1, 0]), 0),
    (lambda: pm.Categorical("y", pm.Dirichlet("p", np.ones(3))[[0, 2]], observed=1), 1),
]  # fmt: skip


@pytest.mark.parametrize(("make", "tests"), FORMS, ids=lambda v: "")
def test_what_holds_by_form_is_not_tested_again(make, tests):
    with pm.Model() as model:
        make()
    assert len(model["y"].distribution.conditions) == tests


# -- densities that cannot be built ----------------------------------------------------------------


def test_a_model_without_free_variables_is_refused():
    with pm.Model() as model:
        pm.Normal("y", observed=vector)
    with pytest.raises(ValueError, match="no free variables"):
        model.logp_dlogp_function()
    assert np.isfinite(model.point_logps({})["y"])


def test_variables_of_nowhere_are_named():
    with pm.Model() as model:
        pm.Normal("x", pm.Normal.dist(0, 1))
    with pytest.raises(ValueError, match=r"depends on .*\.dist\(\)"):
        model.logp()
    with pm.Model() as other:
        pm.Normal("z", model["x"])
    with pytest.raises(ValueError, match="depends on x, which is not a variable of this model"):
        other.logp()
    with pm.Model() as third:
        pm.Normal("z", tt.scalar("loose"))
    with pytest.raises(ValueError, match="depends on loose"):
        third.logp()


# -- points ----------------------------------------------------------------------------------------


def test_initial_points():
    with pm.Model() as model:
        mu = pm.Normal("mu", 3, 1)
        sd = pm.Exponential("sd", 0.5)
        pm.Normal("z", mu * sd, 1, shape=2)
        pm.HalfNormal("a", 2, initval=5.0)
        pm.HalfNormal("b", 2, testval=4.0)
        pm.Normal("c", initval=mu + 1)
        pm.Dirichlet("w", [1, 1, 2])
        pm.Uniform("u", -1, 3)
    point = model.initial_point()
    want = {"mu": 3, "sd_log__": np.log(2), "z": [6, 6], "a_log__": np.log(5), "b_log__": np.log(4)}
    want |= {"c": 4, "w_simplex__": [-np.log(2) / 3, -np.log(2) / 3], "u_interval__": 0}
    assert list(point) == [v.name for v in model.value_vars]
    for name, value in want.items():
        np.testing.assert_allclose(point[name], value, rtol=1e-14, atol=1e-15)
        assert point[name].dtype == "float64"


def test_start_values_can_be_replaced():
    with pm.Model() as model:
        mu = pm.Normal("mu", 3, 1)
        pm.HalfNormal("sd", 1)
        pm.Normal("z", mu, 1)
    start = model.initial_point(overrides={"mu": 7, "sd": 2})
    assert start == {"mu": 7, "sd_log__": np.log(2), "z": 7}
    assert model.initial_point(overrides={"sd_log__": 0.3})["sd_log__"] == 0.3
    with pytest.raises(KeyError, match="no free variable is called nu; the model has mu, sd, z"):
        model.initial_point(overrides={"nu": 1})
    with pytest.raises(ValueError, match=r"mu: the start value has shape \(2,\)"):
        model.initial_point(overrides={"mu": [1, 2]})
    with pytest.raises(ValueError, match=r"sd: the start value is not inside.*non-neg"):
        model.initial_point(overrides={"sd": -1})
    with pytest.raises(TypeError, match="mu: a start value must be numbers"):
        model.initial_point(overrides={"mu": ["far"]})
    with pytest.raises(ValueError, match="mu: initval must be a value, 'support_point'"):
        model.initial_point(overrides={"mu": "far"})


def test_points_are_checked():
    model = small()
    with pytest.raises(KeyError, match="no value for 'sd_log__'"):
        model.point_logps({"mu": 0.0})
    with pytest.raises(KeyError, match="the point has tau"):
        model.point_logps({"mu": 0.0, "sd_log__": 0.0, "tau": 1.0})


# -- what goes wrong -------------------------------------------------------------------------------


def test_debug_is_quiet_when_all_is_well(capsys):
    assert small().debug() == []
    assert capsys.readouterr().out == "no problems found\n"


def test_debug_names_term_element_and_parameters(capsys):
    with pm.Model() as model:
        rate = pm.Exponential("rate", 1.0)
        pm.Uniform("y", 0, rate, observed=[0.5, 3.0, 0.2])
    (problem,) = model.debug()
    assert (problem.name, problem.elements, problem.count) == ("y", [((1,), -INF)], 1)
    text = capsys.readouterr().out
    assert "y: log density is -inf at [1]" in text
    assert "value 3 is outside of the support of Uniform" in text
    assert "value = 3, lower = 0, upper = 1 (rate)" in text


def test_debug_names_a_parameter_out_of_range(capsys):
    with pm.Model() as model:
        slope = pm.Normal("slope", -1, 1)
        pm.Normal("y", 0, slope * np.array([1.0, -1.0]), observed=[0.5, 0.5])
    (problem,) = model.debug({"slope": -2.0})
    assert problem.elements == [((0,), -INF)]
    assert "sigma must be positive, got -2" in capsys.readouterr().out
    with pytest.raises(
        ValueError, match=r"(?s)start point.*y: log density is -inf at \[0\].*sigma"
    ):
        model.check_start_vals({"slope": -2.0})
    model.debug({"slope": 2.0}, verbose=False)


def test_debug_reports_infinite_data_and_nan_potentials(capsys):
    with pm.Model() as model:
        x = pm.Normal("x")
        pm.Exponential("y", 1.0, observed=[1.0, INF, -1.0] + [-2.0] * 5)
        pm.Potential("p", tt.log(x - 1))
    y, p = model.debug({"x": 0.0})
    assert y.name == "y" and y.count == 7 and len(y.elements) == 5
    assert p.name == "p" and np.isnan(p.elements[0][1])
    text = capsys.readouterr().out
    assert "and 2 more" in text and "p: log density is nan" in text
    assert model.logp_dlogp_function()(np.array([2.0]))[0] == -INF


def test_a_start_point_that_works_passes():
    small().check_start_vals()


# -- text ------------------------------------------------------------------------------------------


def test_text_of_a_model():
    with pm.Model() as model:
        mu = pm.Normal("mu", mu=0, sigma=5)
        tau = pm.HalfCauchy("tau", beta=5)
        z = pm.Normal("z", 0, 1, shape=8)
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Potential("extra", -tau)
        pm.Normal("y", theta, np.ones(8), observed=np.zeros(8))
        pm.Bernoulli("b", logit_p=mu, observed=[1, 0])
        pm.Gamma("g", mu=2, sigma=0.125)
    assert str(model).splitlines() == [
        "   mu ~ Normal(0, 5)",
        "  tau ~ HalfCauchy(5)",
        "    z ~ Normal(0, 1)",
        "    g ~ Gamma(mu=2, sigma=0.125)",
        "theta ~ Deterministic(f(mu, tau, z))",
        "extra ~ Potential(f(tau))",
        "    y ~ Normal(theta, <constant>)",
        "    b ~ Bernoulli(logit_p=mu)",
    ]
    assert str(pm.Model()) == ""


def test_seed_page_distribution_objects():
    mu = tt.scalar("mu")
    graph = pm.Normal.dist(0, 1).logp(mu)
    assert evaluate([graph], {mu: 0.3})[0] == pytest.approx(-0.5 * 0.09 - 0.5 * np.log(2 * np.pi))
    with pytest.raises(TypeError, match="a random variable is needed, got float"):
        pm.logp(1.0, 2.0)
    with pytest.raises(TypeError, match="a value must be numbers"):
        pm.logp(pm.Normal.dist(), "x")
    with pytest.raises(NotImplementedError, match="no closed form of its logcdf"):
        pm.logcdf(pm.Dirichlet.dist([1, 1]), [0.4, 0.6])


def test_a_long_chain_of_variables():
    with pm.Model() as model:
        x = pm.Normal("x0")
        for i in range(1, 1000):
            x = pm.Normal(f"x{i}", x, 1)
    f = model.logp_dlogp_function()
    value, slope = f(np.zeros(1000))
    assert value == pytest.approx(-1000 * 0.5 * np.log(2 * np.pi), rel=1e-12)
    assert not slope.any()


def test_a_support_point_outside_of_the_transform_starts_at_its_origin():
    with pm.Model() as model:
        pm.Normal("mu", 0, 1, shape=3, transform=pm.distributions.transforms.ordered)
    point = model.initial_point()
    assert point["mu_ordered__"].tolist() == [0, 0, 0]
    assert np.isfinite(float(model.compile_logp()(point)))
    with pytest.raises(pm.SamplingError, match="mu: the start value is not one that the"):
        model.initial_point(overrides={"mu": [0, 0, 0]})


def test_a_point_needs_only_the_values_that_are_asked_about():
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        y = pm.Normal("y", x, 1)
        pm.HalfNormal("z", 1)
    assert model.compile_logp(y)({"x": 1.0, "y": 2.0}) == pytest.approx(
        -0.5 * np.log(2 * np.pi) - 0.5
    )
    assert model.compile_logp(x)(x=1.0) == pytest.approx(-0.5 * np.log(2 * np.pi) - 0.5)
    with pytest.raises(KeyError, match="no value for 'x'"):
        model.compile_logp(y)({"y": 2.0})


def test_start_values_of_counts_can_be_positions():
    with pm.Model() as model:
        which = pm.Categorical("which", p=[0.2, 0.5, 0.3], shape=2)
        mu = tt.constant(np.array([1.0, 2.0, 4.0]))
        pm.Normal("each", tt.stack([mu[which[i]] for i in range(2)]), 1)
        pm.Normal("both", mu[which], 1)
    start = model.initial_point()
    assert start["which"].tolist() == [1, 1] and start["which"].dtype == np.int64
    assert start["each"].tolist() == start["both"].tolist() == [2.0, 2.0]


def test_texts_of_deterministics_and_potentials():
    with pm.Model() as model:
        x = pm.Normal("x_1")
        d = pm.Deterministic("d", 2 * x)
        p = pm.Potential("p", -(x**2))
    for m in (model, model.copy(), pickle.loads(pickle.dumps(model))):
        assert m["d"].str_repr() == "d ~ Deterministic(f(x_1))"
        assert m["p"].str_repr(include_params=False) == "p ~ Potential"
        assert m["d"]._repr_latex_() == (
            r"$\text{d} \sim \operatorname{Deterministic}(\text{f(x\_1)})$"
        )
    assert d.str_repr("latex") == d._repr_latex_() != p._repr_latex_()
