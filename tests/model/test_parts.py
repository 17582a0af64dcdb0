"""Models made of parts, models made from models, missing data, and pictures."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.model.distributions import transforms

# ------------------------------------------------------------------------------ nested models


def test_parts_enter_their_variables_around_them():
    with pm.Model(name="all", coords={"row": "ab"}) as model:
        pm.Normal("mu")
        with pm.Model(name="part") as part:
            sd = pm.HalfNormal("sd", 1, dims="row")
            pm.Deterministic("twice", 2 * sd, dims="row")
            pm.Normal("y", model["mu"], sd, observed=[1.0, 2.0])
        with pm.Model() as plain:
            pm.Normal("z")
    assert list(model.named_vars) == [
        "all::mu", "all::part::sd", "all::part::twice", "all::part::y", "all::z",
    ]  # fmt: skip
    assert [v.name for v in model.value_vars] == ["all::mu", "all::part::sd_log__", "all::z"]
    assert [v.name for v in part.free_RVs] == ["all::part::sd"] and plain.parent is model
    assert part["sd"] is model["part::sd"] is model["all::part::sd"] is sd
    assert "sd" in part and "sd" not in model and part.root is model and not part.isroot
    assert part.coords == model.coords and part.name_of("all::part::sd") == "sd"
    assert part.prefix == "all::part"
    with pytest.raises(ValueError, match="already has a variable named 'all::part::sd'"), part:
        pm.Normal("sd")


def test_the_density_of_a_part_is_that_of_its_terms():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        with pm.Model("part") as part:
            pm.Normal("y", mu, 1, observed=2.0)
    assert float(part.logp().eval({model.value_vars[0]: 0.5})) == pytest.approx(st.norm.logpdf(1.5))


def test_a_model_class_makes_its_variables_in_its_init():
    class Regression(pm.Model):
        def __init__(self, x, name="", model=None):
            super().__init__(name, model=model)
            self.register_rv(pm.Normal.dist(mu=1.0, sigma=2.0), "slope")
            pm.Deterministic("line", self["slope"] * x)

    with pm.Model() as outer:
        inner = Regression(np.arange(3.0), name="a", model=outer)
    assert list(outer.named_vars) == ["a::slope", "a::line"] and inner["slope"].ndim == 0
    alone = Regression(np.arange(3.0))
    assert list(alone.named_vars) == ["slope", "line"]
    assert float(alone.compile_logp()({"slope": 2.0})) == pytest.approx(st.norm(1, 2).logpdf(2))


# ------------------------------------------------------------------------- models from models


def small():
    with pm.Model(coords={"row": "abc"}) as model:
        x = pm.Data("x", [1.0, 2.0, 3.0], dims="row")
        a = pm.Normal("a", 0, 2)
        sd = pm.HalfNormal("sd", 1)
        mean = pm.Deterministic("mean", a * x, dims="row")
        pm.Mixture("y", [0.3, 0.7], [pm.Normal.dist(mean, sd), pm.Normal.dist(0, 1)], dims="row")
        pm.Potential("extra", -(a**2))
        pm.Gamma("unused", 1, 1)
    return model


POINT = {"a": 0.4, "sd_log__": 0.1, "y": np.array([0.0, 1.0, 2.0]), "unused_log__": 0.2}


def test_a_copy_is_the_same_and_apart():
    model = small()
    copy = model.copy()
    assert str(copy) == str(model) and copy.coords == model.coords
    before = model.compile_logp()(POINT)
    assert copy.compile_logp()(POINT) == before
    assert not set(copy.named_vars.values()) & set(model.named_vars.values())
    copy.set_data("x", [0.0, 0.0, 0.0])
    assert model.compile_logp()(POINT) == before != copy.compile_logp()(POINT)


def test_do_cuts_causes():
    model = small()
    cut = pm.do(model, {"a": 3.0, "mean": [0.0, 1.0, 2.0]})
    assert [rv.name for rv in cut.free_RVs] == ["sd", "y", "unused"]
    point = {k: v for k, v in POINT.items() if k != "a"}
    logps = cut.point_logps(point, round_vals=None)
    y = POINT["y"]
    parts = 0.3 * st.norm([0, 1, 2], np.exp(0.1)).pdf(y) + 0.7 * st.norm.pdf(y)
    assert logps["y"] == pytest.approx(np.log(parts).sum()) and logps["extra"] == -9
    cut.set_data("a", 1.0)
    assert cut.point_logps(point)["extra"] == -1


def test_observe_and_prune():
    model = small()
    seen = pm.observe(model, {"y": POINT["y"], model["sd"]: np.exp(0.1)})
    assert [rv.name for rv in seen.observed_RVs] == ["sd", "y"]
    got = seen.compile_logp()({"a": 0.4, "unused_log__": 0.2})
    want = model.compile_logp()(POINT)
    assert float(got) + 0.1 == pytest.approx(float(want))  # the Jacobian of sd is gone
    pruned = pm.prune_vars_detached_from_observed(seen)
    assert "unused" not in pruned and "a" in pruned
    with pytest.raises(ValueError, match="mean is not a free variable"):
        pm.observe(model, {"mean": 1.0})
    with pytest.raises(KeyError, match="no variable 'q'"):
        pm.do(model, {"q": 1.0})


def test_other_transforms():
    model = small()
    bare = pm.remove_value_transforms(model, [model["sd"]])
    assert "sd" in {v.name for v in bare.value_vars}
    other = pm.change_value_transforms(model, {"sd": transforms.log_exp_m1})
    assert "sd_log_exp_m1__" in {v.name for v in other.value_vars}


# -------------------------------------------------------------------------------- missing data


def imputed(make, data):
    with pm.Model() as model, pytest.warns(pm.ImputationWarning, match="y: .* are missing"):
        y = make(data)
    return model, y


def test_missing_entries_are_variables():
    data = np.ma.array([1.0, -9.0, 2.0, -9.0], mask=[0, 1, 0, 1])
    model, y = imputed(lambda d: pm.Normal("y", [0.0, 1.0, 2.0, 3.0], 2, observed=d), data)
    assert list(model.named_vars) == ["y_unobserved", "y_observed", "y"]
    assert [rv.name for rv in model.observed_RVs] == ["y_observed"]
    point = {"y_unobserved": np.array([0.5, 0.7])}
    want = st.norm([0, 1, 2, 3], 2).logpdf([1, 0.5, 2, 0.7])
    assert float(model.compile_logp()(point)) == pytest.approx(want.sum())
    assert model.point_logps(point, None)["y_observed"] == pytest.approx(want[[0, 2]].sum())
    np.testing.assert_array_equal(model.compile_fn(y)(point), [1, 0.5, 2, 0.7])


def test_missing_entries_of_frames():
    pandas = pytest.importorskip("pandas")
    for data in (pandas.Series([1.0, None, 3.0]), pandas.array([1, None, 3], dtype="Int64")):
        model, y = imputed(lambda d: pm.Poisson("y", 2.0, observed=d), data)
        assert model["y_unobserved"].dtype == y.dtype == "int64"
        assert model.initial_point()["y_unobserved"].dtype == "int64"


JOINT = {
    "mixture": (
        lambda d: pm.NormalMixture("y", [0.4, 0.6], [0.0, 1.0], [1.0, 2.0], observed=d),
        np.ma.array([1.0, 0.0, 2.0], mask=[0, 1, 0]),
        lambda x: np.log(0.4 * st.norm.pdf(x) + 0.6 * st.norm(1, 2).pdf(x)).sum(),
    ),
    "vector": (
        lambda d: pm.MvNormal("y", [0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]], observed=d),
        np.ma.array([[1.0, 0.0], [0.0, 3.0]], mask=[[0, 1], [0, 0]]),
        lambda x: st.multivariate_normal([0, 1], [[2, 0.5], [0.5, 1]]).logpdf(x).sum(),
    ),
    "gamma": (
        lambda d: pm.Gamma("y", 2.0, [[1.0], [3.0]], observed=d),
        np.ma.array([[1.0, 5.0], [2.0, 3.0]], mask=[[0, 1], [0, 0]]),
        lambda x: st.gamma(2, scale=[[1.0], [1 / 3]]).logpdf(x).sum(),
    ),
}


@pytest.mark.parametrize("name", JOINT)
def test_the_density_with_missing_entries_is_that_of_the_whole(name):
    make, data, want = JOINT[name]
    model, y = imputed(make, data)
    whole = data.data.copy()
    whole[data.mask] = 0.8
    (value,) = model.value_vars
    log = value.name.endswith("log__")
    point = {value.name: np.array([np.log(0.8) if log else 0.8])}
    got = float(model.compile_logp(jacobian=False)(point))
    assert got == pytest.approx(want(whole), rel=1e-12)
    np.testing.assert_allclose(model.compile_fn(y)(point), whole, rtol=1e-15)


def test_a_simplex_with_missing_entries_is_refused():
    data = np.ma.array([0.2, 0.3, 0.5], mask=[0, 1, 0])
    refused = pytest.raises(NotImplementedError, match="y_unobserved: missing entries of Dirichlet")
    with pm.Model(), pytest.warns(pm.ImputationWarning), refused:
        pm.Dirichlet("y", [1, 1, 1], observed=data)


# ------------------------------------------------------------------------- functions, pictures


def test_second_derivatives():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2)
        sd = pm.HalfNormal("sd", 1)
        pm.Normal("y", mu, sd, observed=[1.0, 3.0])
    point = {"mu": 0.3, "sd_log__": 0.1}
    hessian = model.compile_d2logp(negate_output=False)(point)
    density, h = model.logp_dlogp_function(), 1e-6
    for i in range(2):
        step = np.eye(2)[i] * h
        x = np.array([0.3, 0.1])
        numeric = (density(x + step)[1] - density(x - step)[1]) / (2 * h)
        np.testing.assert_allclose(hessian[i], numeric, rtol=1e-7)
    np.testing.assert_array_equal(model.compile_d2logp()(point), -hessian)


def test_some_variables_may_stay_outside_of_the_vector():
    with pm.Model() as model:
        k = pm.Poisson("k", 3)
        s = pm.HalfNormal("s", 1)
        pm.Normal("x", k, s)
    f = model.logp_dlogp_function([model["x"]])
    f.set_extra_values({"k": 2, "s_log__": 0.3})
    want = float(model.compile_logp()({"k": 2, "s_log__": 0.3, "x": 1.5}))
    assert f([1.5])[0] == pytest.approx(want)
    assert f.get_extra_values() == {"k": 2, "s_log__": 0.3}
    with pytest.raises(TypeError, match="k is discrete"):
        model.logp_dlogp_function([k])


def test_old_names():
    with pm.Model() as model:
        pm.Exponential("x", 2.0)
    point = model.test_point
    assert model.fastlogp(point) == model.compile_logp()(point)
    assert model.fastfn(model.logpt)(point) == model.compile_logp()(point)
    assert model.logp_array(np.array([0.3])) == model.logp_dlogp_function()([0.3])[0]
    assert model.vars == model.cont_vars and model.disc_vars == []


def test_pictures():
    text = pm.model_to_mermaid(small())
    for line in (
        'subgraph plate0["row (3)"]', 'x[("x ~ Data")]', "a --> mean", "x --> mean",
        "mean --> y", "sd --> y", "a --> extra",
    ):  # fmt: skip
        assert line in text
    some = pm.model_to_mermaid(small(), var_names=["mean"])
    assert "sd" not in some and "x --> mean" in some
    latex = small()._repr_latex_()
    assert r"\text{a} &\sim & \operatorname{Normal}(\text{0, 2})" in latex
    with pytest.raises(KeyError, match="no variable 'q'"):
        pm.model_to_mermaid(small(), var_names=["q"])


def test_initial_values_from_the_prior():
    with pm.Model() as model:
        mu = pm.Normal("mu", 100, 1, initval="prior")
        pm.Normal("x", mu, 0.01, initval="prior")
    first, same, other = (model.initial_point(s) for s in (1, 1, 2))
    assert first == same != other
    assert abs(first["mu"] - 100) < 6 and abs(first["x"] - first["mu"]) < 0.06
    model.set_initval(mu, 3.0)
    assert model.initial_point()["mu"] == 3 and tt.as_tensor_variable(mu) is mu
