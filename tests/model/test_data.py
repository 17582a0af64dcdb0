"""Data that change: new values count at once, new shapes change everything that depends on them."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm
import graphcore.tensor as tt

X = np.array([0.5, -1.0, 2.0, 0.3])
Y = np.array([1.0, 0.0, 3.5, 0.2])


def line(x, y, b, sd):
    """Log density of the regression below, by SciPy; ``sd`` on the log scale with its Jacobian."""
    sigma = np.exp(sd)
    prior = st.norm(0, 2).logpdf(b) + st.halfnorm(0, 1).logpdf(sigma) + sd
    return prior + st.norm(b * x, sigma).logpdf(y).sum()


def regression(dims=None, **options):
    with pm.Model(**options) as model:
        x = pm.Data("x", X, dims=dims)
        y = pm.Data("y_data", Y, dims=dims)
        b = pm.Normal("b", 0, 2)
        sd = pm.HalfNormal("sd", 1)
        pm.Deterministic("line", b * x, dims=dims)
        pm.Normal("y", b * x, sd, observed=y, dims=dims)
    return model


def test_new_values_count_in_functions_that_exist():
    model = regression()
    density, logp, slope = model.logp_dlogp_function(), model.compile_logp(), model.compile_dlogp()
    point = {"b": 0.7, "sd_log__": -0.2}
    for x, y in [(X, Y), (2 * X, Y - 1), (X**2, -Y)]:
        model.set_data("x", x)
        with model:
            pm.set_data({"y_data": y})
        want = line(x, y, 0.7, -0.2)
        assert density([0.7, -0.2])[0] == pytest.approx(want, rel=1e-13)
        assert logp(point) == pytest.approx(want, rel=1e-13)
        np.testing.assert_allclose(slope(point), density([0.7, -0.2])[1], rtol=1e-12)
        assert model["x"].get_value() == pytest.approx(x)


def test_new_shapes_are_planned_again():
    model = regression(dims="row")
    density, logp = model.logp_dlogp_function(), model.compile_logp()
    for n in (2, 7, 1):
        rng = np.random.default_rng(n)
        x, y = rng.normal(size=n), rng.normal(size=n)
        with model:
            pm.set_data({"x": x, "y_data": y})
        want = line(x, y, 0.7, -0.2)
        assert density([0.7, -0.2])[0] == pytest.approx(want, rel=1e-13)
        assert logp({"b": 0.7, "sd_log__": -0.2}) == pytest.approx(want, rel=1e-13)
        assert model["y"].type.shape == model["line"].type.shape == (n,)
        assert model.dim_lengths["row"] == n


def test_free_variables_and_transforms_follow_a_new_shape():
    with pm.Model() as model:
        low = pm.Data("low", [0.0, 1.0])
        parts = [pm.Normal.dist(low, 1), pm.Normal.dist(low, 3)]
        u = pm.Uniform("u", low, low + 2)
        pm.Mixture("m", [0.5, 0.5], parts)
        pm.Exponential("e", 1, shape=low.shape)
        pm.Normal("z", u, 1, shape=u.shape)
    model.set_data("low", [5.0, 6.0, 7.0])
    assert {v.name: v.type.shape for v in model.value_vars} == {
        "u_interval__": (3,), "m": (3,), "e_log__": (3,), "z": (3,),
    }  # fmt: skip
    point = model.initial_point()
    want = st.uniform(0, 2).logpdf(1) * 3 + 3 * np.log(2 * 0.25) + 3 * (st.expon.logpdf(1))
    want += 3 * st.norm.logpdf(6 - 6) if np.all(point["z"] == [6, 7, 8]) else np.nan
    want += np.log(0.5 * st.norm.pdf(0) + 0.5 * st.norm.pdf(0, 0, 3)) * 3
    assert float(model.compile_logp()(point)) == pytest.approx(want)


def test_fixed_data_keep_statistics():
    model = regression()
    assert "enters through" in model.logp_dlogp_function(fixed_data=True).disassembly()
    frozen = pm.freeze_dims_and_data(model)
    assert "enters through" in frozen.logp_dlogp_function().disassembly()
    assert frozen.compile_logp()({"b": 0.7, "sd_log__": -0.2}) == pytest.approx(
        line(X, Y, 0.7, -0.2)
    )


def test_constant_data():
    with pm.Model() as model:
        x = pm.ConstantData("x", X, dims="row")
        assert pm.MutableData("z", 3).get_value() == 3
    np.testing.assert_array_equal(x.data, X)
    assert model.data_vars[0] is x and model.dim_lengths == {"row": 4}
    with pytest.raises(TypeError, match="x is not data that can be set"):
        model.set_data("x", Y)


def test_labels_follow():
    model = regression(dims="row", coords={"row": list("abcd")})
    model.set_data("x", X[::-1], coords={"row": list("dcba")})
    assert model.coords["row"] == tuple("dcba")
    with model:
        pm.set_data({"x": X[:2], "y_data": Y[:2]}, coords={"row": ["k", "l"]})
    assert model.coords["row"] == ("k", "l")


def test_pandas_data_give_dims():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=["r", "s"])
    with pm.Model() as model:
        pm.Data("x", frame, infer_dims_and_coords=True)
    assert model.named_vars_to_dims["x"] == ("x_row", "x_column")
    assert model.coords == {"x_row": ("r", "s"), "x_column": ("a", "b")}


def test_labels_go_by_the_names_that_are_given():
    pandas = pytest.importorskip("pandas")
    with pm.Model() as model:
        pm.Data("s", pandas.Series([1.0, 2.0], index=["r", "s"]), dims="day",
                infer_dims_and_coords=True, strict=True)  # fmt: skip
        with pytest.raises(TypeError, match="no argument 'strickt'"):
            pm.Data("t", [1.0], strickt=True)
    assert model.coords == {"day": ("r", "s")}
    assert model.named_vars_to_dims == {"s": ("day",)}


def test_xarray_data_give_dims():
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(np.ones((2, 3)), dims=("y", "x"), coords={"y": ["a", "b"]})
    with pm.Model() as model:
        pm.Data("d", array, infer_dims_and_coords=True)
        pm.Data("e", array, dims=("row", "x"), infer_dims_and_coords=True)
    assert model.named_vars_to_dims == {"d": ("y", "x"), "e": ("row", "x")}
    assert model.coords == {"y": ("a", "b"), "x": (0, 1, 2), "row": ("a", "b")}


def test_observed_of_fixed_shape_is_named_when_its_density_is_asked_for():
    with pm.Model() as model:
        x = pm.Data("x", X)
        b = pm.Normal("b")
        y = pm.Normal("y", b * x, 1, observed=Y)
    density = model.logp_dlogp_function()
    model.set_data("x", [1.0])
    assert y.type.shape == (4,)  # one number for all
    model.set_data("x", [1.0, 2.0])
    assert y.type.shape == (2,)
    with pytest.raises(ValueError, match=r"y: the observed data have shape \(4,\).*shape \(2,\)"):
        model.logp()
    with pytest.raises(ValueError, match=r"y: the observed data have shape"):
        density([0.0])
    model.set_data("x", X)
    assert density([0.0])[0] == pytest.approx(st.norm.logpdf(Y).sum() + st.norm.logpdf(0))
    assert float(model.compile_logp()({"b": 0.0})) == pytest.approx(
        st.norm.logpdf(Y).sum() + st.norm.logpdf(0)
    )


ERRORS = [
    (lambda m: m.set_data("b", 1.0), TypeError, "b is not data that can be set"),
    (lambda m: m.set_data("q", 1.0), KeyError, "no variable 'q'"),
    (lambda m: m.set_data("x", [[1.0]]), ValueError, r"x has 1 axes, the new .* 2 .*\(1, 1\)"),
    (lambda m: m.set_data("x", [1.0, 2.0]), ValueError, r"'row' has 4 labels; give .* 2 with"),
    (lambda m: m.set_data("x", ["a"]), TypeError, "x: the data must be numbers"),
    (lambda m: m.set_data("x", [1.0, np.nan]), ValueError, "x: data have NaN"),
    (
        lambda m: m.set_data("x", [1.0, 2.0], coords={"row": ["a"]}),
        ValueError,
        "'row' gets length 2, but 1 labels",
    ),
    (
        lambda m: m.set_data("x", [1.0, 2.0], coords={"row": ["a", "b"]}),
        ValueError,
        r"dimension 'row' has length 2, but the variable has shape \(4,\)",
    ),
    (lambda m: m.set_data("x", X, coords={"day": [1]}), ValueError, "coords of day: no data"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "message"), ERRORS, ids=lambda v: "")
def test_refused_data_leave_the_model_as_it_was(act, error, message):
    model = regression(dims="row", coords={"row": list("abcd")})
    density = model.logp_dlogp_function()
    with pytest.raises(error, match=message):
        act(model)
    assert model.coords["row"] == tuple("abcd")
    assert density([0.7, -0.2])[0] == pytest.approx(line(X, Y, 0.7, -0.2))
    assert density([0.7, -0.2])[0] == model.compile_logp()({"b": 0.7, "sd_log__": -0.2})


def test_integer_data_index():
    with pm.Model() as model:
        group = pm.Data("group", [0, 1, 1])
        a = pm.Normal("a", 0, 1, shape=2)
        pm.Normal("y", a[group], 1, observed=np.zeros(3))
    density = model.logp_dlogp_function()
    before = density([1.0, 2.0])[0]
    model.set_data("group", [0, 0, 1])
    assert density([1.0, 2.0])[0] - before == pytest.approx(1.5)
    with pytest.raises(TypeError, match="group holds int64; the new data are not whole"):
        model.set_data("group", [0.5, 0, 1])


def test_total_size_scales():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        pm.Normal("y", mu, 1, observed=Y, total_size=40)
        pm.Normal("z", mu, 1, observed=np.zeros((2, 3)), total_size=[10, 6])
    want = st.norm(0.3).logpdf(Y).sum() * 10 + st.norm(0.3).logpdf(0) * 6 * 5 * 2
    want += st.norm.logpdf(0.3)
    assert float(model.compile_logp()({"mu": 0.3})) == pytest.approx(want)
    total = sum(model.point_logps({"mu": 0.3}, round_vals=None).values())
    assert total == pytest.approx(want)
    with pm.Model(), pytest.raises(TypeError, match="y: total_size must be a number"):
        pm.Normal("y", observed=Y, total_size="all")
    with pm.Model(), pytest.raises(ValueError, match="y: total_size needs an axis"):
        pm.Normal("y", observed=1.0, total_size=4)


def test_check_bounds_switch():
    for check in (True, False):
        with pm.Model(check_bounds=check) as model:
            x = pm.Flat("x")
            pm.Exponential("y", 1.0, observed=[1.0, -2.0])
            pm.Normal("z", 0, tt.exp(x), observed=1.0)
        value = float(model.compile_logp()({"x": 0.0}))
        assert value == (-np.inf if check else pytest.approx(1 + st.norm.logpdf(1.0)))


def test_axes_without_a_name():
    """Their length is that of the values; the other axes have theirs by name."""
    with pm.Model(coords={"g": ["a", "b"]}) as model:
        x = pm.Data("x", np.ones((2, 3)), dims=("g", None))
        b = pm.Normal("b", np.zeros(3), 1, shape=(2, 3), dims=("g", None))
        m = pm.Deterministic("m", x * b, dims=["g", None])
        pm.Normal("y", m, 1, observed=np.zeros((2, 3)), dims=(None, None))
    assert model.named_vars_to_dims["b"] == ("g", None)
    result = pm.sample_prior_predictive(4, model=model)
    assert result.prior["b"].dims == ("chain", "draw", "g", "b_dim_1")
    assert result.constant_data["x"].dims == ("g", "x_dim_1")
    assert "g (2) x 3" in pm.model_to_mermaid(model)
    with model:
        pm.set_data({"x": np.zeros((2, 3))})
        with pytest.raises(ValueError, match="dimension 'g' has length 2"):
            pm.Normal("c", shape=(3, 2), dims=("g", None))
        with pytest.raises(KeyError, match="no dimension 'h'"):
            pm.Normal("d", np.zeros(2), dims=("h", None))
        with pytest.raises(TypeError, match="must be names of dimensions"):
            pm.Normal("e", dims=(1,))


def test_density_functions_with_other_values_at_first():
    with pm.Model() as model:
        x, s = pm.Normal("x"), pm.HalfNormal("s", 1)
        pm.Normal("y", x, s, observed=1.0)
    f = model.logp_dlogp_function([x], initial_point={"x": 0.0, "s_log__": 0.7})
    whole = model.compile_logp()({"x": 0.3, "s_log__": 0.7})
    assert f(np.array([0.3]))[0] == pytest.approx(whole)
