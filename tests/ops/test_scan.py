"""Scan against the same loop unrolled, by the reference evaluator; its interface and errors."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.graph.walk import toposort
from graphcore.ops.scan import Scan


def load(name):
    path = Path(__file__).parents[1] / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"graphcore_tests_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = load("scancases")


def weighted(outputs):
    """A scalar that weights all elements differently, and not linearly."""
    total = 0.0
    for v in outputs:
        total = total + (tt.sin(v) * (v + 2)).sum()
        if v.type.ndim and v.type.shape[0] != 0:
            total = total + tt.exp(v[-1]).sum()
    return total


def derivatives(outputs, variables):
    """First derivatives, and a gradient of their squares."""
    first = grad(weighted(outputs), variables, disconnected_inputs="ignore")
    squares = sum(((g + 0.1 * i) ** 2).sum() for i, g in enumerate(first))
    second = grad(squares, variables, disconnected_inputs="ignore")
    return [*first, *second]


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("name", cases.CASES)
def test_scan_is_the_unrolled_loop(name, known):
    function = cases.CASES[name][1]
    variables, values = cases.inputs(name, known)
    fixed, _ = cases.inputs(name)
    outputs = cases.as_list(function(graphcore.scan, *variables)[0])
    wanted = cases.as_list(function(cases.unrolled, *fixed)[0])
    all_outputs = [*outputs, *derivatives(outputs, variables)]
    all_wanted = [*wanted, *derivatives(wanted, fixed)]
    got = evaluate(all_outputs, dict(zip(variables, values, strict=True)))
    want = evaluate(all_wanted, dict(zip(fixed, values, strict=True)))
    for i, (a, b) in enumerate(zip(got, want, strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-11, err_msg=str(i))


def loops(*outputs):
    return [node.op for node in toposort(list(outputs)) if isinstance(node.op, Scan)]


def sizes(*outputs):
    """How many operations each loop has."""
    return [len(op.body.order) for op in loops(*outputs)]


def test_only_the_recurrence_stays_in_the_loop():
    x, s0, a = tt.vector("x"), tt.scalar("s0"), tt.scalar("a")
    s, _ = graphcore.scan(lambda x, s, a: tt.exp(a) * (s - tt.sin(x)) + x**2, x, s0, a)
    assert sizes(s) == [2]  # one product, one sum
    g = grad((s**2).sum(), [x, s0, a])
    assert sizes(*g) == [2, 2]
    assert [op.reverse for op in loops(*g)] == [False, True]


def test_what_is_only_stored_is_computed_after_the_loop():
    x = tt.vector("x")
    (s, y, z), _ = graphcore.scan(
        lambda x, s: [0.5 * s + x, tt.exp(s) * x, tt.gammaln(x)],
        [x], [tt.as_tensor(0.0), None, None],
    )  # fmt: skip
    assert sizes(s, y, z) == [2]
    only_maps, _ = graphcore.scan(lambda x: [tt.exp(x), x.sum()], tt.matrix("m"))
    assert sizes(*only_maps) == []


def test_independent_values_have_loops_of_their_own():
    x = tt.vector("x")
    (s, r), _ = graphcore.scan(
        lambda x, s, r: [0.5 * s + x, tt.tanh(r + s)], [x], [tt.as_tensor(0.0), tt.as_tensor(0.0)]
    )
    assert sizes(s, r) == [2, 2]


def test_powers_of_a_vector():
    """The example of Theano's tutorial."""
    k, a = tt.iscalar("k"), tt.vector("A")
    result, updates = graphcore.scan(
        fn=lambda prior_result, A: prior_result * A,
        outputs_info=tt.ones_like(a),
        non_sequences=a,
        n_steps=k,
    )
    power = graphcore.function(inputs=[a, k], outputs=result[-1], updates=updates)
    np.testing.assert_array_equal(power(range(10), 2), np.arange(10.0) ** 2)
    np.testing.assert_array_equal(power(range(10), 4), np.arange(10.0) ** 4)


def test_polynomial():
    """The second example of Theano's tutorial: sequences of different lengths."""
    c, x = tt.vector("coefficients"), tt.scalar("x")
    parts, _ = graphcore.scan(
        fn=lambda coefficient, power, value: coefficient * (value**power),
        outputs_info=None,
        sequences=[c, tt.arange(10000)],
        non_sequences=x,
    )
    f = graphcore.function(inputs=[c, x], outputs=parts.sum())
    assert f([1.0, 0.0, 2.0], 3.0) == 19.0


def test_initial_value_of_integers_becomes_what_is_carried():
    up_to = tt.iscalar("up_to")
    total, _ = graphcore.scan(
        lambda i, s: i + s, tt.arange(20)[:up_to], tt.as_tensor(np.asarray(0, dtype="int8"))
    )
    assert total.type.dtype == "int64"
    np.testing.assert_array_equal(total.eval({up_to: 5}), [0, 1, 3, 6, 10])
    s, _ = graphcore.scan(lambda s: s * 0.5, outputs_info=1, n_steps=3)
    np.testing.assert_array_equal(s.eval(), [0.5, 0.25, 0.125])


def test_shared_variables_and_updates():
    a, seed = tt.shared(2.0, "a"), tt.shared(1.0, "seed")

    def step(s):
        return s * a + seed, {seed: seed + 1}

    s, updates = graphcore.scan(step, outputs_info=0.0, n_steps=3)
    f = graphcore.function([], s, updates=updates)
    np.testing.assert_array_equal(f(), [1, 4, 11])
    assert seed.get_value() == 4
    counter = tt.shared(0, "counter")
    none, updates = graphcore.scan(lambda: {counter: counter + 1}, n_steps=5)
    assert none == []
    graphcore.function([], [], updates=updates)()
    assert counter.get_value() == 5


def test_map_reduce_fold():
    x = tt.vector("x")
    values = [1.0, 2.0, 4.0]
    for symbolic, value in [
        (graphcore.map(lambda v: v**2, x)[0], [1, 4, 16]),
        (graphcore.reduce(lambda v, s: s * v, x, 1.0)[0], 8),
        (graphcore.foldl(lambda v, s: s / v, x, 1.0)[0], 1 / 8),
        (graphcore.foldl(lambda v, s: v - s, x, 0.0)[0], 3),
        (graphcore.foldr(lambda v, s: v - s, x, 0.0)[0], 3),
        (graphcore.foldr(lambda v, s: v - 2 * s, x, 0.0)[0], 13),
    ]:
        np.testing.assert_allclose(symbolic.eval({x: values}), value)


@pytest.mark.parametrize("known", [True, False])
def test_no_steps(known):
    x = tt.tensor("float64", (0 if known else None,), "x")
    a = tt.scalar("a")
    (s, y), _ = graphcore.scan(lambda x, s, a: [tt.tanh(a * s + x), tt.exp(s)], [x], [a, None], [a])
    given = {x: np.zeros(0), a: 1.0}
    g = grad(s.sum() + y.sum() + a, [x, a])
    got = evaluate([s, y, *g], given)
    assert [v.shape for v in got] == [(0,), (0,), (0,), ()]
    assert got[-1] == 1


def test_go_backwards_with_n_steps_takes_the_last_entries():
    x = tt.vector("x")
    s, _ = graphcore.scan(lambda x, s: s + x, x, 0.0, n_steps=2, go_backwards=True)
    np.testing.assert_array_equal(s.eval({x: [1.0, 2.0, 4.0]}), [4, 6])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s(lambda: 1.0), ValueError, "n_steps says how often"),
        (lambda s: s(lambda x: x, tt.scalar("z")), TypeError, r"sequence 0 \('z'\) is a number"),
        (lambda s: s(lambda x: x, n_steps=-1, outputs_info=1.0), ValueError, "n_steps is -1"),
        (
            lambda s: s(lambda x: x, tt.tensor("float64", (3,)), n_steps=4),
            ValueError,
            "a sequence has 3 entries for 4 steps",
        ),
        (
            lambda s: s(lambda x: x, outputs_info={"initial": tt.vector(), "taps": [0]}, n_steps=1),
            ValueError,
            "earlier values only",
        ),
        (
            lambda s: s(lambda x: [x, x], outputs_info=1.0, n_steps=2),
            ValueError,
            "returns 2 outputs, outputs_info describes 1",
        ),
        (
            lambda s: s(lambda x: x + tt.vector(), outputs_info=1.0, n_steps=2),
            ValueError,
            "starts as an array with 0 axes and becomes one with 1",
        ),
        (
            lambda s: s(lambda x: x * tt.scalar("q"), outputs_info=1.0, n_steps=2, strict=True),
            ValueError,
            "uses 'q'; add it to non_sequences",
        ),
        (
            lambda s: graphcore.reduce(lambda x: x, tt.vector(), None),
            ValueError,
            "needs an initial value",
        ),
    ],
)
def test_errors_say_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call(graphcore.scan)


def test_a_shape_that_changes_is_an_error():
    x = tt.vector("x")
    s, _ = graphcore.scan(lambda s: tt.concatenate([s, s]), outputs_info=x, n_steps=2)
    with pytest.raises(ValueError, match="give its first value the shape it keeps"):
        s.eval({x: [1.0, 2.0]})


def test_sequences_of_different_lengths_are_cut():
    x, y = tt.vector("x"), tt.vector("y")
    s, _ = graphcore.scan(lambda x, y, s: s + x * y, [x, y], 0.0)
    np.testing.assert_array_equal(s.eval({x: [1, 2, 3], y: [1, 10]}), [1, 21])


@pytest.mark.parametrize("limit", [0.5, 10.0, 1e9])
def test_until_stops_after_the_step_at_which_the_condition_holds(limit):
    x, a, top = tt.vector("x"), tt.scalar("a"), tt.scalar("top")
    rows, updates = graphcore.scan(
        lambda v, total, a: ([total * a + v, v], {}, graphcore.until(total * a + v > top)),
        sequences=x, outputs_info=[tt.constant(0.0), None], non_sequences=a,
    )  # fmt: skip
    total, seen = rows
    f = graphcore.function(
        [x, a, top], [total, seen, graphcore.grad(total[-1], x), graphcore.grad(total[-1], a)]
    )
    values, factor = np.arange(1.0, 7.0), 1.5
    wanted, slope = [], 0.0
    for v in values:
        slope = slope * factor + (wanted[-1] if wanted else 0.0)
        wanted.append((wanted[-1] if wanted else 0.0) * factor + v)
        if wanted[-1] > limit:
            break
    n = len(wanted)
    got, entries, by_x, by_a = f(values, factor, limit)
    np.testing.assert_allclose(got, wanted, rtol=1e-15)
    np.testing.assert_array_equal(entries, values[:n])
    np.testing.assert_allclose(by_x[:n], factor ** np.arange(n)[::-1], rtol=1e-14)
    assert not by_x[n:].any() and not updates
    np.testing.assert_allclose(by_a, slope, rtol=1e-14)


def test_draws_inside_of_a_loop_differ_from_step_to_step():
    stream = tt.random.RandomStream(3)
    walk, updates = graphcore.scan(
        lambda s: s + stream.normal(size=()), outputs_info=tt.constant(0.0), n_steps=50
    )
    f = graphcore.function([], walk, updates=updates)
    first, second = np.diff(f()), np.diff(f())
    assert len(set(first) | set(second)) == 98


def _stopping():
    """Names, steps and what they start with: ``step(v, *states)`` gives values and a condition."""
    number, pair = tt.constant(0.3), tt.constant([0.4, -0.2])
    vector = tt.constant(np.array([0.5, 1.5]))
    yield "one state", lambda v, s: ([tt.sin(s) + v], s + v > 2.0), [number]
    yield "of two", lambda v, s, r: ([s * v, r + s], r > 0.8), [number, number]
    yield "collected", lambda v, s: ([s + v, tt.exp(-s) * v], s > 1.0), [number, None]
    yield "not of states", lambda v, s: ([s * tt.cos(v)], v > 1.0), [number]
    yield "never", lambda v, s: ([s * tt.cos(v)], v > 99.0), [number]
    yield "at once", lambda v, s: ([s * tt.cos(v)], tt.constant(True)), [number]
    two = {"initial": pair, "taps": [-2, -1]}
    yield "two taps", lambda v, s, r: ([s * 0.5 + r * v], r + v > 1.2), [two]
    yield "vectors", lambda v, s: ([tt.tanh(s * v) + s], s.sum() > 4.5), [vector]
    python = lambda v, s: ([s + v * tt.nlinalg.svd(tt.diag(s))[1]], (s > 2).any())  # noqa: E731
    yield "python step", python, [vector]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("case", list(_stopping()), ids=lambda case: case[0])
def test_loops_that_stop_are_loops_of_so_many_steps(case, backwards):
    name, step, starts = case
    x, values = tt.vector("x"), np.array([0.7, 0.4, 1.3, 0.2, 0.9, 0.5])

    def stopping(*args):
        found, condition = step(*args)
        return found, graphcore.until(condition)

    def results(fn, sequence, options):
        rows, _ = graphcore.scan(fn, sequence, starts, return_list=True, **options)
        cost = sum((tt.sqr(r)).sum() + r[-1].sum() for r in rows)
        slope = graphcore.grad(cost, x, disconnected_inputs="ignore")
        bend = graphcore.grad(tt.sqr(slope).sum(), x, disconnected_inputs="ignore")
        return [*rows, slope, bend]

    outputs = results(stopping, x, {"go_backwards": backwards})
    f = graphcore.function([x], outputs)
    found = f(values)
    n = len(found[0])
    assert n == {"never": 6, "at once": 1}.get(name, n)
    assert 1 < n < 6 or name in ("never", "at once")
    plain = results(lambda *a: step(*a)[0], x, {"go_backwards": backwards, "n_steps": n})
    g = graphcore.function([x], plain)
    oracle = graphcore.evaluate(outputs, {x: values})
    for got, want, other in zip(found, g(values), oracle, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(got, other, rtol=1e-13, atol=1e-15)
    text = f.explain()
    assert text.startswith("stage 1, which finds shapes:") and "for these shapes:" in text
    assert ("python scan" in text) == (name == "python step")
    assert ("steps at most, until" in f.disassembly()) == (name not in ("python step", "at once"))


def test_steps_after_the_condition_are_not_made():
    seen = []
    count = graphcore.printing.Print(global_fn=lambda op, v: seen.append(float(v)))
    limit, start = tt.scalar("limit"), tt.scalar("start")
    doubled, _ = graphcore.scan(
        lambda s: (2 * count(s), graphcore.until(2 * s > limit)), outputs_info=start, n_steps=10**6
    )
    f = graphcore.function([start, limit], doubled[-1])
    assert f(1.0, 10.0) == 16.0 and seen == [1.0, 2.0, 4.0, 8.0]
    quick, _ = graphcore.scan(
        lambda s: (2 * s, graphcore.until(2 * s > limit)), outputs_info=start, n_steps=10**6
    )
    g = graphcore.function([start, limit], [quick, graphcore.grad(quick[-1], start)])
    rows, slope = g(1.0, 10.0)
    assert rows.tolist() == [2.0, 4.0, 8.0, 16.0] and slope == 16.0
    rows, slope = g(1.0, 3.0)
    assert rows.tolist() == [2.0, 4.0] and slope == 4.0


def test_no_steps_and_no_conditions():
    n, x = tt.iscalar("n"), tt.vector("x")
    rows, _ = graphcore.scan(
        lambda s: (s + 1, graphcore.until(s.sum() > 3)), outputs_info=x, n_steps=n
    )
    f = graphcore.function([x, n], rows)
    assert f([1.0, 1.0], 0).shape == (0, 2) and f([1.0, 1.0], 9).shape == (2, 2)
    assert f(np.zeros(0), 3).shape == (3, 0)
    with pytest.raises(TypeError, match="until: the condition must be a single truth value"):
        graphcore.scan(lambda v: (v, graphcore.until(x > 0)), x)


def _doubled_until(v, s):
    rows, _ = graphcore.scan(
        lambda r: (r * s, graphcore.until(r > v)), outputs_info=tt.constant(1.5), n_steps=20
    )
    return rows[-1] + v


@pytest.mark.parametrize(
    "step",
    [
        lambda v, s: s + (tt.sqr(v[v > 0.5]).sum() * s),
        lambda v, s: s * tt.arange(tt.cast(3 * v[0] + 1, "int64")).sum() ** v[1],
        lambda v, s: _doubled_until(v[0] * 5, 1 + s * s) * s,
        lambda v, s: s * v[: (v > 0.5).sum() + 1].prod() + v.sum(),
    ],
    ids=["mask", "range", "until", "slice"],
)
def test_steps_whose_shapes_only_values_tell(step):
    x = tt.matrix("x")
    values = np.random.default_rng(4).uniform(0.2, 0.9, size=(3, 4))
    rows, _ = graphcore.scan(step, x, tt.constant(0.8))
    s, unrolled = tt.constant(0.8), []
    for t in range(3):
        s = step(x[t], s)
        unrolled.append(s)
    outputs = [rows, graphcore.grad(rows.sum(), x)]
    f = graphcore.function([x], outputs)
    total = sum(unrolled)
    wanted = graphcore.function([x], [tt.stack(unrolled), graphcore.grad(total, x)])(values)
    for got, other, want in zip(f(values), graphcore.evaluate(outputs, {x: values}), wanted,
                                strict=True):  # fmt: skip
        np.testing.assert_allclose(got, want, rtol=1e-12)
        np.testing.assert_allclose(got, other, rtol=1e-12)
    assert "python scan" in f.explain()


def test_a_result_without_elements_leaves_the_others_alone():
    x = tt.tensor3("x")
    value = np.arange(12.0).reshape(3, 2, 2)

    def step(m):
        return [tt.dot(m[:, m.shape[0] :], m[m.shape[0] :]), tt.dot(m, m[:, m.shape[0] :]), m @ m]

    rows, _ = graphcore.scan(step, x)
    wanted = [np.zeros((3, 2, 2)), np.zeros((3, 2, 0)), value @ value]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2], [1]):
        found = graphcore.function([x], [rows[i] for i in order])(value)
        for i, a in zip(order, found, strict=True):
            np.testing.assert_array_equal(a, wanted[i])


def test_truncated_gradients_of_loops_that_carry_nothing():
    x, limit = tt.vector("x"), tt.lscalar("limit")
    squares, _ = graphcore.scan(lambda v: v * v, sequences=x, truncate_gradient=3)
    f = graphcore.function([x], graphcore.grad(squares.sum(), x))
    np.testing.assert_array_equal(f(np.arange(6.0)), [0, 0, 0, 6, 8, 10])
    np.testing.assert_array_equal(f(np.arange(2.0)), [0, 2])
    products, _ = graphcore.scan(
        lambda u, v, top: (u * v, graphcore.scan_module.until(v > top)),
        sequences={"input": x, "taps": [-2, 0]}, non_sequences=limit, truncate_gradient=3,
    )  # fmt: skip
    f = graphcore.function([x, limit], graphcore.grad(products.sum(), x))
    # steps 5, 6, 7 are the last three: x[t - 2] has the slope x[t], and the other way round
    wanted = [0, 0, 0, 5, 6, 7 + 3, 4, 5, 0, 0]
    np.testing.assert_array_equal(f(np.arange(10.0), 6), wanted)
