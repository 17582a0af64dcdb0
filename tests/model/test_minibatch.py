"""Random rows of several arrays in step, and what may be done with such a model."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

X = np.random.default_rng(3).normal(size=(400, 2))
Y = X @ [1.5, -0.5] + 0.1 * np.random.default_rng(4).normal(size=400)


def regression(xs, ys):
    with pm.Model() as model:
        b = pm.Normal("b", 0, 10, shape=2)
        pm.Normal("y", tt.dot(xs, b), 0.1, observed=ys, total_size=len(Y))
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: pm.Minibatch(x, y, batch_size=30),
        lambda x, y: (pm.Minibatch(x, 30), pm.Minibatch(y, 30)),
    ],
    ids=["one call", "a call for each"],
)
def test_rows_are_in_step_and_others_each_time(make):
    n = np.arange(400)
    xs, ys = make(np.stack([n, 7 * n], 1), 3 * n)
    assert (xs.type.shape, ys.type.shape, ys.dtype) == ((30, 2), (30,), "int64")
    f = graphcore.function([], [xs, ys])
    seen = [f() for _ in range(100)]
    for x, y in seen:
        np.testing.assert_array_equal(x * 3, np.stack([y, 7 * y], 1))
    drawn = np.concatenate([y for _, y in seen]) // 3
    assert drawn.min() >= 0 and drawn.max() <= 399
    assert st.kstest(drawn / 400, "uniform").pvalue > 1e-3


def test_density_stands_for_all_rows():
    """The density of every batch is the scaled one of its rows; its mean that of all rows."""
    xs, ys = pm.Minibatch(X, Y, batch_size=50)
    f = graphcore.function(
        (model := regression(xs, ys)).value_vars, [model.logp(), xs, ys], on_unused_input="ignore"
    )
    b = np.array([1.4, -0.6])
    prior, totals = st.norm(0, 10).logpdf(b).sum(), []
    for _ in range(400):
        total, x, y = f(b)
        want = prior + 8 * st.norm(x @ b, 0.1).logpdf(y).sum()
        assert total == pytest.approx(want, rel=1e-10)
        totals.append(float(total))
    whole = prior + st.norm(X @ b, 0.1).logpdf(Y).sum()
    assert abs(np.mean(totals) - whole) < 4 * np.std(totals) / 20


def test_gradient_steps_find_the_coefficients():
    model = regression(*pm.Minibatch(X, Y, batch_size=40))
    (value,) = model.value_vars
    b = graphcore.shared(np.zeros(2))
    loss = graphcore.clone_replace(model.logp(), {value: b})
    train = graphcore.function([], loss, updates={b: b + 5e-6 * graphcore.grad(loss, b)})
    for _ in range(600):
        train()
    np.testing.assert_allclose(b.get_value(), [1.5, -0.5], atol=0.02)


def test_rows_of_data_follow_the_data():
    with pm.Model() as model:
        data = pm.Data("data", np.zeros(5))
        rows = pm.Minibatch(data, batch_size=4)
        pm.Normal("m")
        pm.Normal("y", 0, 1, observed=rows)
    at = model.compile_logp("y")
    assert at({"m": 0.0}) == pytest.approx(4 * st.norm.logpdf(0))
    model.set_data("data", np.full(5, 2.0))
    assert at({"m": 0.0}) == pytest.approx(4 * st.norm.logpdf(2))


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: pm.Minibatch(X, Y), TypeError, "batch_size must be a number of rows, got None"),
        (lambda: pm.Minibatch(X, batch_size=0), ValueError, "at least 1"),
        (lambda: pm.Minibatch(X, Y[:9], batch_size=2), ValueError, r"\[400, 9\]"),
        (lambda: pm.Minibatch(tt.vector("v"), batch_size=2), TypeError, "array 0 .* symbolic"),
        (lambda: pm.Minibatch(3.0, batch_size=2), ValueError, "axis of rows"),
        (lambda: pm.Minibatch([], batch_size=2), ValueError, "no rows"),
    ],
)  # fmt: skip
def test_wrong_arguments(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize("step", [None, pm.Metropolis, pm.Slice])
def test_samplers_refuse(step):
    with (
        regression(*pm.Minibatch(X, Y, batch_size=9)),
        pytest.raises(ValueError, match="stays the"),
    ):
        pm.sample(10, tune=10, step=step and step(), progressbar=False)
