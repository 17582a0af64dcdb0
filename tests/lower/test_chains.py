"""Recurrences of a few numbers that one kernel computes: the forward algorithm, linear maps."""

import mpmath
import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import evaluate, grad, kernels
from graphcore.lower import recurrence


def names(f):
    return [step.name for step in f.programs[-1].spec.steps if step.kind == "call"]


def kinds(f):
    return {step.kind for step in f.programs[-1].spec.steps}


def top_written_out(x, s, m):
    joint = s[:, None] + m
    top = tt.max(joint, axis=0)
    return x + top + tt.log(tt.sum(tt.exp(joint - top), axis=0))


#: The same step as users may write it.
FORWARD = {
    "rows": lambda x, s, m: x + tt.logsumexp(s[:, None] + m, axis=0),
    "columns": lambda x, s, m: tt.logsumexp(m.T + s, axis=1) + x,
    "top written out": top_written_out,
    "no top": lambda x, s, m: tt.log(tt.sum(tt.exp(s[:, None] + m), axis=0)) + x,
    "inside": lambda x, s, m: tt.logsumexp(s[:, None] + m + x[None, :], axis=0),
    "arriving": lambda x, s, m: tt.logsumexp((s + x)[:, None] + m, axis=0),
    "nothing seen": lambda x, s, m: tt.logsumexp(s[:, None] + m, axis=0),
    "more terms": lambda x, s, m: x + tt.logsumexp(s[:, None] + 2 * m + 1.0, axis=0) - 0.5,
    "a number first": lambda x, s, m: x[0] + tt.logsumexp(s[:, None] + m, axis=0) + x,
    "changing": lambda x, s, m: x + tt.logsumexp(s[:, None] + m * x[0], axis=0),
}


def forward(step, n=None, states=None):
    """Inputs and outputs of a run: states, log of the whole sum, its derivatives."""
    shapes = [(n, states), (states,), (states, states)]
    x, s0, m = (tt.tensor("float64", s, name) for s, name in zip(shapes, "xsm", strict=True))
    s, _ = graphcore.scan(step, [x], [s0], [m])
    total = tt.logsumexp(s[-1], axis=-1) if n != 0 else s.sum()
    return [x, s0, m], [s, *grad(total, [x, s0, m], disconnected_inputs="ignore")]


def ordinary(n, states, seed=0):
    rng = np.random.default_rng([seed, n, states])
    return [
        rng.normal(size=(n, states)),
        rng.normal(size=states),
        np.log(rng.dirichlet(np.ones(states), size=states)),
    ]


def assert_like_oracle(variables, outputs, values, rtol=1e-11):
    f = graphcore.function(variables, outputs, on_unused_input="ignore")
    with np.errstate(all="ignore"):
        want = evaluate(outputs, dict(zip(variables, values, strict=True)))
    for _ in range(2):  # a work area that was used before gives the same
        for a, b in zip(f(*values), want, strict=True):
            scale = np.abs(b[np.isfinite(b)]).max(initial=1.0)
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)
    return f


@pytest.mark.parametrize("level", kernels.available())
@pytest.mark.parametrize("step", FORWARD)
def test_steps_as_users_write_them(step, level, monkeypatch):
    monkeypatch.setenv(kernels.ENVIRONMENT, level)
    for states in (2, 3, 4, 5):
        f = assert_like_oracle(*forward(FORWARD[step], 9, states), ordinary(9, states))
        assert names(f).count("log_chain") == names(f).count("linear_map") == 1
        assert kinds(f).isdisjoint({"recurrence", "python"})
        f = assert_like_oracle(*forward(FORWARD[step]), ordinary(9, states))
        assert "log_chain" in names(f)


@pytest.mark.parametrize("states", [1, 2, 3, 6, 70])
@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 200])
def test_any_number_of_steps_and_states(n, states):
    x, s0, m = ordinary(n, states)
    variables, (s, *_) = forward(FORWARD["rows"], n, states)
    weights = tt.constant(np.linspace(-1, 1, n * states).reshape(n, states))
    outputs = [s, *grad((tt.sin(s) * weights).sum(), variables)]
    f = assert_like_oracle(variables, outputs, [x, s0, m], 1e-10)
    assert ("log_chain" in names(f)) == (n > 0 and 1 < states < 65)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("back", [False, True])
def test_a_batch_of_chains(axis, back):
    rng = np.random.default_rng(3)
    x, s0 = tt.tensor("float64", (70, 4, 3), "x"), tt.tensor("float64", (4, 3), "s")
    for shape in ((3, 3), (4, 3, 3)):
        m = tt.tensor("float64", shape, "m")
        wide = (lambda s: s[:, :, None]) if axis == 1 else (lambda s: s[:, None, :])
        s, _ = graphcore.scan(
            lambda x, s, m, wide=wide: x + tt.logsumexp(wide(s) + m, axis=axis),
            [x], [s0], [m], go_backwards=back,
        )  # fmt: skip
        outputs = [s, *grad(tt.sin(s).sum(), [x, s0, m])]
        values = [rng.normal(size=size) for size in ((70, 4, 3), (4, 3), shape)]
        f = assert_like_oracle([x, s0, m], outputs, values)
        assert "log_chain" in names(f) and "recurrence" not in kinds(f)


def edges(states):
    """Values where probabilities vanish, overflow or are none."""
    x, s0, m = ordinary(150, states)
    inf = np.inf
    first = np.where(np.arange(states) == 0, 0.0, -inf)
    some, all_, above, none = (x.copy() for _ in range(4))
    some[::3, 0], all_[40], above[40, 1], none[40, 1] = -inf, -inf, inf, np.nan
    upper = np.where(np.tri(states, k=-1) > 0, -inf, m)
    rare, never, bad = m.copy(), m.copy(), m.copy()
    rare[0, 1], never[:, 0], bad[0, 1] = -400.0, -inf, np.nan
    yield from [
        (60 * x, s0, m), (500 * x, s0, m), (1e5 * x, s0, m), (x - 1e3, s0, m), (x, s0, m + 700),
        (some, s0, m), (all_, s0, m), (above, s0, m), (none, s0, m),
        (x, first, m), (x, first, upper), (30 * x, first, upper), (x, first - inf, m),
        (x, s0, np.where(np.eye(states) > 0, 0.0, -inf)), (x, s0, np.full_like(m, -inf)),
        (x, s0, rare), (x, s0, never), (x, s0, bad), (x, s0, np.where(m == m[0, 1], inf, m)),
        (x, 100 * s0, m), (x, np.full(states, inf), m), (x, np.full(states, np.nan), m),
    ]  # fmt: skip


@pytest.mark.parametrize("changing", [False, True])
@pytest.mark.parametrize("states", [2, 4, 7])
def test_edges(states, changing):
    def step(x, s, m):
        m = m + 0.1 * tt.sin(x[0]) if changing else m
        return x + tt.logsumexp(s[:, None] + m, axis=0)

    run = forward(step, 150, states)
    for values in edges(states):
        if changing and not np.isfinite(values[0]).all():
            continue
        assert_like_oracle(*run, values, 2e-11)


def exact(x, s0, m):
    """States of a run, and the derivatives of its sum, with 60 digits."""
    with mpmath.workdps(60):
        weights, move = mpmath.matrix(s0).apply(mpmath.exp), mpmath.matrix(m).apply(mpmath.exp)
        seen = [mpmath.matrix(row).apply(mpmath.exp) for row in x]
        states, n = [weights], len(s0)
        for e in seen:
            arriving = move.T * states[-1]
            states.append(mpmath.matrix([e[j] * arriving[j] for j in range(n)]))
        after = [mpmath.ones(n, 1)]
        for e in seen[::-1]:
            after.append(move * mpmath.matrix([e[j] * after[-1][j] for j in range(n)]))
        after.reverse()
        total = sum(states[-1])
        by_x = [[a[j] * b[j] / total for j in range(n)] for a, b in zip(states, after, strict=True)]
        by_m = mpmath.zeros(n)
        for a, e, b in zip(states, seen, after[1:], strict=False):
            for i in range(n):
                for j in range(n):
                    by_m[i, j] += a[i] * move[i, j] * e[j] * b[j] / total
        logs = [[float(mpmath.log(v)) if v else -np.inf for v in s] for s in states]
        found = [logs[1:], by_x[1:], by_x[0], by_m.tolist()]
        return [np.array(v, dtype=object).astype(float) for v in found]


@pytest.mark.parametrize("case", range(5))
def test_digits(case):
    x, s0, m = ordinary(200, 3, seed=1)
    upper = np.where(np.tri(3, k=-1) > 0, -np.inf, m)
    values = [(x, s0, m), (40 * x, s0, m), (400 * x, s0, m), (x, s0, upper), (x, s0, 30 * m)][case]
    variables, outputs = forward(FORWARD["rows"], 200, 3)
    f = graphcore.function(variables, outputs)
    want = exact(*values)
    size = np.abs(want[0][np.isfinite(want[0])]).max()
    for k, (a, b) in enumerate(zip(f(*values), want, strict=True)):
        # derivatives are made of exponentials of differences of states
        scale = 4e-16 * size * (1 if k == 0 else 20)
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=scale)


@pytest.mark.parametrize("name", ["log_chain", "linear_map"])
def test_the_same_as_without(name, monkeypatch):
    found = recurrence.chain

    def without(body, inputs):
        chain = found(body, inputs)
        return None if chain is None or chain.name == name else chain

    for states in (2, 3, 5):
        variables, outputs = forward(FORWARD["rows"], 100, states)
        values = ordinary(100, states)
        fast = graphcore.function(variables, outputs)
        a = fast(*values)
        with monkeypatch.context() as patch:
            patch.setattr(recurrence, "chain", without)
            slow = graphcore.function(variables, outputs)
            b = slow(*values)
        assert name in names(fast) and name not in names(slow)
        for u, v in zip(a, b, strict=True):
            np.testing.assert_allclose(u, v, rtol=1e-11, atol=1e-13)


LINEAR = {
    "matrix first": lambda x, y, s, w: w @ s + x,
    "matrix last": lambda x, y, s, w: s @ w + x,
    "inside": lambda x, y, s, w: w @ (s + x),
    "scaled": lambda x, y, s, w: x + w @ (s * y + x),
    "pairs": lambda x, y, s, w: tt.sum(w * (s * y - x), axis=1),
    "columns": lambda x, y, s, w: tt.sum(w * y * s[:, None], axis=0),
    "no more": lambda x, y, s, w: w @ s,
}


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("step", LINEAR)
def test_linear_maps(step, back):
    rng = np.random.default_rng(4)
    for states in (2, 3, 4, 6):
        x, y = (tt.tensor("float64", (30, states), name) for name in "xy")
        s0, w = tt.tensor("float64", (states,), "s"), tt.tensor("float64", (states, states), "w")
        s, _ = graphcore.scan(LINEAR[step], [x, y], [s0], [w], go_backwards=back)
        variables = [x, y, s0, w]
        outputs = [s, *grad(tt.sin(s).sum(), [s0, w], disconnected_inputs="ignore")]
        rows = [rng.normal(size=(30, states)) for _ in range(2)]
        values = [*rows, rng.normal(size=states), rng.normal(size=(states, states)) / states]
        f = assert_like_oracle(variables, outputs, values)
        assert names(f).count("linear_map") == 2
        assert kinds(f).isdisjoint({"recurrence", "python"})
        for bad in (np.inf, np.nan):
            values[0][7, 1] = bad
            assert_like_oracle(variables, outputs[:1], values)


def test_a_state_of_one_number_may_be_repeated():
    x, w = tt.tensor("float64", (4, 1), "x"), tt.tensor("float64", (5, 1), "w")
    values = [np.linspace(-0.1, 0.1, 4)[:, None], np.linspace(-0.5, 0.1, 5)[:, None]]
    for step in (
        lambda x, s, w: x + tt.logsumexp(s[:, None] + w, axis=0),
        lambda x, s, w: x + tt.sum(s[:, None] * w, axis=0),
    ):
        s, _ = graphcore.scan(step, [x], [tt.constant(np.array([0.1]))], [w])
        assert_like_oracle([x, w], [s, *grad(s.sum(), [x, w])], values)


def test_other_steps_are_left_alone():
    x, m = tt.matrix("x"), tt.matrix("m")
    steps = [
        lambda x, s, m: x + tt.logsumexp(s[:, None] + s[None, :] + m, axis=0),
        lambda x, s, m: x + tt.logsumexp(s[:, None] * m, axis=0),
        lambda x, s, m: s + tt.logsumexp(s[:, None] + m, axis=0),
        lambda x, s, m: m @ tt.exp(s) + x,
        lambda x, s, m: tt.sum(m * s[:, None] * s, axis=1) + x,
        lambda x, s, m: tt.max(s[:, None] + m, axis=0) + x,
        lambda x, s, m: tt.sum(s[:, None] + m, axis=0) + x,
    ]
    for step in steps:
        s, _ = graphcore.scan(step, [x], [tt.constant(np.array([0.1, -0.2, 0.3]))], [m])
        values = [np.linspace(-0.1, 0.1, 12).reshape(4, 3), np.linspace(-0.5, 0.1, 9).reshape(3, 3)]
        f = assert_like_oracle([x, m], [s], values)
        assert set(names(f)).isdisjoint({"log_chain", "linear_map"})
