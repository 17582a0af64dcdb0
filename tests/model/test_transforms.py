"""Transforms: round trips, Jacobians by numerical determinant, names, their place in models."""

import numpy as np
import pytest

import graphcore.model as pm
import graphcore.model.distributions.transforms as tr
import graphcore.tensor as tt
from graphcore import evaluate, grad

CASES = [
    (tr.log, (3,), 0),
    (tr.log_exp_m1, (3,), 0),
    (tr.logodds, (3,), 0),
    (tr.Interval(-1.0, 3.0), (3,), 0),
    (tr.Interval(2.0, None), (3,), 0),
    (tr.Interval(None, -2.0), (3,), 0),
    (tr.Interval(np.array([0.0, 1.0, 2.0]), 5.0), (3,), 0),
    (tr.Interval(np.array([0.0, -np.inf, -np.inf]), np.array([np.inf, 1.0, np.inf])), (3,), 0),
    (tr.Interval(np.array([0.0, -np.inf, 2.0]), 5.0), (3,), 0),
    (tr.Interval(None, np.array([np.inf, 1.0, 2.0])), (3,), 0),
    (tr.ordered, (4,), 1),
    (tr.Ordered(positive=True), (4,), 1),
    (tr.Ordered(ascending=False), (4,), 1),
    (tr.simplex, (4,), 1),
    (tr.circular, (3,), 0),
    (tr.CholeskyCovPacked(3), (6,), 1),
    (tr.Chain([tr.log, tr.ordered]), (3,), 1),
    (tr.Chain([tr.logodds, tr.ordered]), (3,), 1),
]


def ids(case):
    return repr(case) if isinstance(case, tr.Transform) else ""


def free_shape(transform, shape):
    return transform.value_shape(shape)


@pytest.mark.parametrize(("transform", "shape", "ndim"), CASES, ids=ids)
def test_forward_undoes_backward(transform, shape, ndim):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(5, *free_shape(transform, shape)))
    v = tt.tensor("float64", shape=y.shape)
    x = transform.backward(v)
    got_x, back = evaluate([x, transform.forward(x)], {v: y})
    assert got_x.shape == (5, *shape)
    np.testing.assert_allclose(back, y, rtol=1e-9, atol=1e-9)
    assert transform.ndim == ndim


@pytest.mark.parametrize(("transform", "shape", "ndim"), CASES, ids=ids)
def test_log_jac_det_is_the_numerical_determinant(transform, shape, ndim):
    """The Jacobian of the first entries, as many as are free, by central differences."""
    rng = np.random.default_rng(1)
    free = free_shape(transform, shape)
    y = rng.normal(size=free)
    v = tt.tensor("float64", shape=free)
    x = transform.backward(v)
    volume = evaluate([transform.log_jac_det(v)], {v: y})[0]
    h, n = 1e-6, free[0]
    columns = []
    for i in range(n):
        up, down = (evaluate([x], {v: y + s * h * np.eye(n)[i]})[0][:n] for s in (1, -1))
        columns.append((up - down) / (2 * h))
    jacobian = np.stack(columns, 1)
    if ndim == 0:
        np.testing.assert_allclose(volume, np.log(np.abs(np.diag(jacobian))), rtol=1e-6, atol=1e-7)
    else:
        want = np.linalg.slogdet(jacobian)[1]
        assert volume == pytest.approx(want, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(("transform", "shape", "ndim"), CASES, ids=ids)
def test_gradients_of_transforms(transform, shape, ndim):
    rng = np.random.default_rng(2)
    free = free_shape(transform, shape)
    y = rng.normal(size=free)
    v = tt.tensor("float64", shape=free)
    cost = (tt.sin(transform.backward(v)) * np.arange(1, shape[0] + 1)).sum()
    cost = cost + transform.log_jac_det(v).sum()
    slope = evaluate([grad(cost, v)], {v: y})[0]
    h = 1e-6
    for i in range(free[0]):
        up, down = (evaluate([cost], {v: y + s * h * np.eye(free[0])[i]})[0] for s in (1, -1))
        assert slope[i] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)


def test_extreme_values_stay_finite():
    y = np.array([-800.0, -40.0, 0.0, 40.0, 800.0])
    v = tt.tensor("float64", shape=(5,))
    for transform in (tr.logodds, tr.Interval(-2.0, 3.0)):
        x, volume = evaluate([transform.backward(v), transform.log_jac_det(v)], {v: y})
        assert np.isfinite(x).all() and np.isfinite(volume).all()
    x = evaluate([tr.Interval(-2.0, 3.0).backward(v)], {v: y})[0]
    np.testing.assert_array_equal(x[[0, 4]], [-2.0, 3.0])
    w = evaluate([tr.simplex.backward(v)], {v: y})[0]
    assert np.isfinite(w).all() and w.sum() == pytest.approx(1)


def test_an_interval_needs_a_bound():
    with pytest.raises(ValueError, match="lower bound, an upper bound, or both"):
        tr.Interval()


NAMES = [
    (lambda: pm.HalfNormal("v"), "v_log__", (), (0,)),
    (lambda: pm.Exponential("v", 1, shape=2), "v_log__", (2,), None),
    (lambda: pm.Beta("v", 1, 1), "v_logodds__", (), None),
    (lambda: pm.Uniform("v", -1, 2), "v_interval__", (), None),
    (
        lambda: pm.Normal("v", shape=3, transform=tr.ordered, initval=[0, 1, 2]),
        "v_ordered__", (3,), 0,
    ),
    (lambda: pm.Dirichlet("v", np.ones(4)), "v_simplex__", (3,), None),
    (lambda: pm.Dirichlet("v", np.ones((2, 4))), "v_simplex__", (2, 3), None),
    (lambda: pm.Normal("v"), "v", (), None),
    (lambda: pm.Flat("v", shape=(2, 2)), "v", (2, 2), None),
    (lambda: pm.HalfNormal("v", transform=None), "v", (), None),
    (lambda: pm.HalfNormal("v", default_transform=None), "v", (), None),
    (lambda: pm.HalfNormal("v", default_transform=tr.log_exp_m1), "v_log_exp_m1__", (), None),
    (
        lambda: pm.HalfNormal("v", shape=2, transform=tr.ordered, initval=[1, 2]),
        "v_chain__", (2,), None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "name", "shape", "start"), NAMES, ids=lambda v: "")
def test_names_and_shapes_of_value_variables(make, name, shape, start):
    with pm.Model() as model:
        rv = make()
    (value,) = model.value_vars
    assert (value.name, value.type.shape) == (name, shape)
    assert model.rvs_to_values[rv] is value
    point = model.initial_point()
    assert list(point) == [name] and point[name].shape == shape
    assert np.isfinite(evaluate([model.logp()], {value: point[name]})[0])


def numerical_mass(model, grid):
    """Integral of exp(logp) over the value variable of a model with one scalar."""
    (value,) = model.value_vars
    f = model.compile_logp()
    heights = np.array([np.exp(f({value.name: y})) for y in grid])
    return np.trapezoid(heights, grid) if hasattr(np, "trapezoid") else np.trapz(heights, grid)


@pytest.mark.parametrize(
    "make",
    [
        lambda: pm.HalfNormal("v", 2),
        lambda: pm.HalfNormal("v", 2, default_transform=tr.log_exp_m1),
        lambda: pm.Gamma("v", 2, 3),
        lambda: pm.Beta("v", 2, 3),
        lambda: pm.Uniform("v", -1, 4),
        lambda: pm.LogNormal("v", 0, 0.5),
        lambda: pm.InverseGamma("v", 3, 2),
    ],
)
def test_transformed_densities_integrate_to_one(make):
    with pm.Model() as model:
        make()
    assert numerical_mass(model, np.linspace(-30, 30, 6001)) == pytest.approx(1, rel=1e-6)


def test_a_bound_may_be_another_variable():
    with pm.Model() as model:
        top = pm.Exponential("top", 1)
        pm.Uniform("x", 0, top)
    point = {"top_log__": np.log(3.0), "x_interval__": 0.0}
    terms = model.point_logps(point, round_vals=None)
    # x = 1.5 with density 1/3, times the Jacobian 3/4
    assert terms["x"] == pytest.approx(np.log(1 / 4))
    x = model.compile_fn(model["x"])(point)
    assert x == pytest.approx(1.5)
    assert model.initial_point()["x_interval__"] == pytest.approx(0)


def test_the_ordered_transform_keeps_the_density_of_the_vector():
    with pm.Model() as model:
        pm.Normal("mu", 0, 5, shape=3, transform=tr.ordered, initval=[-1.0, 0.0, 1.0])
    y = np.array([0.3, -0.2, 0.7])
    x = np.array([0.3, 0.3 + np.exp(-0.2), 0.3 + np.exp(-0.2) + np.exp(0.7)])
    want = (-0.5 * (x / 5) ** 2 - np.log(5) - 0.5 * np.log(2 * np.pi)).sum() + 0.5
    given = {model.value_vars[0]: y}
    total, (elements,) = evaluate([model.logp()], given)[0], evaluate(model.logp(sum=False), given)
    assert total == pytest.approx(want, rel=1e-13)
    assert elements == pytest.approx(want, rel=1e-13)


# -- names of PyMC3, lengths that are not known ---------------------------------------------------


@pytest.mark.parametrize("name", ["simplex", "stick_breaking", "sum_to_1", "ordered"])
def test_vectors_of_unknown_length(name):
    transform = getattr(tr, name)
    v, x = tt.vector("v"), np.array([0.1, 0.3, 0.35])
    back = transform.backward(v)
    value = back.eval({v: x})
    known = transform.backward(tt.constant(x)).eval()
    np.testing.assert_allclose(value, known, rtol=1e-14)
    again = transform.forward(back).eval({v: x})
    np.testing.assert_allclose(again, x, rtol=1e-12)
    np.testing.assert_allclose(transform.forward_val(value), x, rtol=1e-12)
    step, jacobian = 1e-6, []
    for i in range(3):
        h = np.eye(3)[i] * step
        high, low = (transform.backward(tt.constant(x + s * h)).eval()[:3] for s in (1, -1))
        jacobian.append((high - low) / (2 * step))
    want = np.log(abs(np.linalg.det(jacobian)))
    got = tt.as_tensor_variable(transform.jacobian_det(v)).eval({v: x})
    assert float(got) == pytest.approx(want, rel=1e-6, abs=1e-9)


def test_infinite_bounds_are_none():
    only = tr.Interval(0.0, np.inf)
    assert only.upper is None
    with pytest.raises(ValueError, match="needs a lower bound"):
        tr.Interval(-np.inf, np.inf)


def test_bounds_by_a_function_of_the_parameters():
    """PyMC's ``bounds_fn(rng, size, *parameters)``; the density is that of the same interval."""
    found = []
    for interval in (
        tr.Interval(bounds_fn=lambda rng, size, mu, sigma: (mu - 1, None)),
        lambda mu: tr.Interval(mu - 1, None),
    ):
        with pm.Model() as model:
            mu = pm.Normal("mu")
            own = interval if isinstance(interval, tr.Transform) else interval(mu)
            pm.Normal("x", mu=mu, sigma=2, transform=own)
        found.append(model.logp_dlogp_function()(np.array([0.3, -0.7])))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])
    given = tr.Interval(lambda *inputs: inputs[2:]).backward(0.0, None, None, 1.0, 3.0)
    assert float(given.eval()) == 2.0
    with pytest.raises(ValueError, match="or bounds_fn"):
        tr.Interval(1.0, 2.0, bounds_fn=lambda *inputs: inputs)


def test_transforms_take_arrays():
    for t in (tr.ordered, tr.simplex, tr.log, tr.sum_to_1):
        x = np.array([0.2, 0.3, 0.5])
        np.testing.assert_allclose(t.backward(np.asarray(t.forward(x).eval())).eval(), x, rtol=1e-9)
        assert np.isfinite(t.log_jac_det([0.1, 0.2]).eval()).all()


def test_ordered_vectors_of_unknown_length():
    value = tt.matrix("value")
    x = np.array([[0.5, 0.1, -2.0], [1.0, 0.0, 1.0]])
    want = np.concatenate([x[:, :1], np.exp(x[:, 1:])], axis=1).cumsum(axis=1)
    np.testing.assert_allclose(tr.ordered.backward(value).eval({value: x}), want, rtol=1e-14)


class Scaled(tr.Transform):
    """A user's transform whose scale is a parameter of the distribution."""

    name = "scaled"

    def forward(self, value, *inputs):
        return value / inputs[3]

    def backward(self, value, *inputs):
        return value * inputs[3]

    def log_jac_det(self, value, *inputs):
        return tt.zeros_like(value) + tt.log(inputs[3])


class Head(tr.Transform):
    """A user's transform that leaves the last entry out, and does not tell the shape."""

    name = "head"

    def forward(self, value, *inputs):
        return value[..., :-1]

    def backward(self, value, *inputs):
        return tt.concatenate([value, -tt.sum(value, axis=-1, keepdims=True)], axis=-1)

    def log_jac_det(self, value, *inputs):
        return tt.sum(tt.zeros_like(value), axis=-1)


def test_transforms_of_users_get_the_inputs():
    for transform in (Scaled(), tr.Chain([Scaled(), Scaled()])):
        with pm.Model() as model:
            s = pm.HalfNormal("s")
            pm.Normal("x", 0.0, s, transform=transform)
        point = model.initial_point()
        point |= {"s_log__": np.log(3.0), model.value_vars[1].name: np.array(0.5)}
        k = 2 if isinstance(transform, tr.Chain) else 1
        want = model.compile_logp(["s"])(point) - 0.5 * (0.5 * 3.0 ** (k - 1)) ** 2
        want += (k - 1) * np.log(3.0) - 0.5 * np.log(2 * np.pi)
        assert model.compile_logp()(point) == pytest.approx(want)


def test_transforms_of_users_tell_their_shape():
    with pm.Model() as model:
        pm.Normal("x", shape=(2, 4), transform=Head())
    assert model.value_vars[0].type.shape == (2, 3)
    assert np.isfinite(model.compile_logp()(model.initial_point()))


@pytest.mark.parametrize("axes", [[-1], [0], [0, 1], [-2, -1], 2])
def test_zero_sums_along_named_axes(axes):
    t = tr.ZeroSumTransform(axes)
    x = np.random.default_rng(0).normal(size=t.value_shape((3, 4)))
    full = t.backward(x).eval()
    assert full.shape == (3, 4)
    for axis in range(-axes, 0) if isinstance(axes, int) else axes:
        np.testing.assert_allclose(full.sum(axis=axis), 0.0, atol=1e-14)
    np.testing.assert_allclose(t.forward(full).eval(), x, rtol=1e-12)
    np.testing.assert_allclose(np.sum(full**2), np.sum(x**2))  # an isometry
    assert (t.log_jac_det(x).eval() == 0).all()


@pytest.mark.parametrize("infinite", [np.inf, np.float64(np.inf), np.array(np.inf)])
def test_infinite_bounds_of_any_kind_are_none(infinite):
    assert tr.Interval(-infinite, 1.0).lower is None
    with pytest.raises(ValueError, match="lower bound, an upper bound"):
        tr.Interval(-infinite, infinite)


def test_mixtures_have_the_transform_of_their_components():
    with pm.Model() as model:
        u = pm.HalfNormal("u")
        w = [0.3, 0.7]
        pm.Mixture("a", w, [pm.Uniform.dist(-u, u), pm.Triangular.dist(-u, c=0.0, upper=u)])
        pm.Mixture("b", w, [pm.HalfNormal.dist(1.0), pm.Gamma.dist(2, 1)])
        pm.Mixture("c", w, pm.Uniform.dist([0, 0], [1, 1]), shape=3)
        pm.Mixture("d", w, [pm.Uniform.dist(0, 1), pm.Uniform.dist(0, 2)])
        pm.Mixture("e", w, pm.Uniform.dist([0, 0], [1, 2]))
        pm.Mixture("f", w, [pm.Beta.dist(1, 1), pm.Uniform.dist(0, 1)])
    names = ["u_log__", "a_interval__", "b_log__", "c_interval__", "d", "e", "f"]
    assert list(model.initial_point()) == names
    assert np.isfinite(model.compile_logp()(model.initial_point()))
