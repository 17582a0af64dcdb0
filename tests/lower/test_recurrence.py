"""Loops as programs: the cases of scan against the reference, and what they become."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import evaluate, grad


def load(name):
    path = Path(__file__).parents[1] / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"graphcore_tests_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = load("scancases")


def weighted(outputs):
    return sum((tt.sin(v) * (v + 2)).sum() for v in outputs)


def with_derivatives(outputs, variables):
    first = grad(weighted(outputs), variables, disconnected_inputs="ignore")
    squares = sum((g**2).sum() for g in first)
    return [*outputs, *first, *grad(squares, variables, disconnected_inputs="ignore")]


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("name", cases.CASES)
def test_programs_agree_with_the_reference(name, known):
    variables, values = cases.inputs(name, known)
    outputs = cases.as_list(cases.CASES[name][1](graphcore.scan, *variables)[0])
    outputs = with_derivatives(outputs, variables)
    f = graphcore.function(variables, outputs)
    want = evaluate(outputs, dict(zip(variables, values, strict=True)))
    for _ in range(2):  # a work area that was used before gives the same
        for i, (a, b) in enumerate(zip(f(*values), want, strict=True)):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11, err_msg=str(i))
    assert " python " not in f.explain()


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 400), marks=pytest.mark.slow)])
def test_random_loops_are_the_unrolled_ones(seeds):
    for seed in seeds:
        build, variables, values = cases.random_loop(seed)
        found = []
        for scan in (graphcore.scan, cases.unrolled):
            outputs = with_derivatives(build(scan)[0], variables)
            f = graphcore.function(variables, outputs, on_unused_input="ignore")
            found.append(f(*values))
        for a, b in zip(*found, strict=True):
            if not np.isfinite(b).all():
                continue  # the loop grew out of range, where the order of operations shows
            scale = np.abs(b).max(initial=1.0)
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10 * scale, err_msg=str(seed))


def scan_function(x, step, *first, **kwargs):
    s, _ = graphcore.scan(step, [x], list(first), **kwargs)
    return graphcore.function([x], s)


def kinds(f):
    return {step.kind for step in f.programs[-1].spec.steps}


def names(f):
    return [step.name for step in f.programs[-1].spec.steps if step.kind == "call"]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 255, 256, 257, 1000])
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("factor", ["number", "sequence", "none", "minus"])
def test_linear_recurrences_have_a_kernel(n, back, factor):
    x, y = tt.vector("x"), tt.vector("y")
    step = {
        "number": lambda x, y, s: 0.9 * s + x,
        "sequence": lambda x, y, s: y * s - x,
        "none": lambda x, y, s: s + x * y,
        "minus": lambda x, y, s: x - s,
    }[factor]
    s, _ = graphcore.scan(step, [x, y], [tt.as_tensor(0.5)], go_backwards=back)
    outputs = [s, *grad((s**2).sum(), [x, y], disconnected_inputs="ignore")]
    f = graphcore.function([x, y], outputs, on_unused_input="ignore")
    rng = np.random.default_rng(n)
    given = {x: rng.normal(size=n), y: rng.uniform(-1, 1, size=n)}
    for a, b in zip(f(*given.values()), evaluate(outputs, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    if n:
        assert names(f).count("linear") == 2
        assert "recurrence" not in kinds(f)


def test_linear_recurrences_at_the_edges_of_numbers():
    x = tt.vector("x")
    for a in (0.0, 1e200, -1e200, np.inf, np.nan, 1e-320):
        s, _ = graphcore.scan(lambda x, s, a: a * s + x, [x], [tt.as_tensor(0.0)], [a])
        f = graphcore.function([x], s)
        for values in (np.zeros(40), np.r_[np.zeros(20), 1.0, np.zeros(19)], np.full(40, np.inf)):
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(f(values), s.eval({x: values}))


@pytest.mark.parametrize("dtype", ["float32", "int32", "int8", "bool", "int64"])
def test_other_element_types(dtype):
    x = tt.tensor(dtype, (None,), "x")
    first = np.zeros((), dtype=dtype)

    def step(x, s):
        return (s | x) if dtype == "bool" else tt.cast(s * 3 + x, dtype)

    s, _ = graphcore.scan(step, [x], [tt.as_tensor(first)])
    f = graphcore.function([x], [s, s[::2], s.sum()])
    values = np.array([0, 1, 5, 3, 100, 7, 1] * 3).astype(dtype)
    for a, b in zip(f(values), evaluate([s, s[::2], s.sum()], {x: values}), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_narrow_and_strided_sequences():
    x, m = tt.tensor("float32", (None,), "x"), tt.matrix("m")
    s, _ = graphcore.scan(
        lambda x, row, s: tt.tanh(s + x * row).astype("float64"),
        [x[::-2], m.T[1:]], [tt.zeros(3)],
    )  # fmt: skip
    f = graphcore.function([x, m], s)
    rng = np.random.default_rng(1)
    given = {x: rng.normal(size=9).astype("float32"), m: rng.normal(size=(3, 6))}
    np.testing.assert_allclose(f(*given.values()), s.eval(given), rtol=1e-12)
    assert " python " not in f.explain()


def test_index_errors_in_a_step_are_reported():
    i, table = tt.lvector("i"), tt.vector("table")
    s, _ = graphcore.scan(lambda i, s, t: tt.tanh(s + t[i]), [i], [tt.as_tensor(0.0)], [table])
    f = graphcore.function([i, table], s)
    assert f([0, 1], [1.0, 2.0]).shape == (2,)
    with pytest.raises(IndexError, match="out of"):
        f([0, 5], [1.0, 2.0])


def test_a_body_without_kernels_is_called_back_and_told():
    from graphcore.graph.nodes import Op

    class Strange(Op):
        name = "strange"

        def out_types(self, x):
            return [x]

        def infer_shape(self, shapes, values):
            return [shapes[0]]

        def reference(self, x):
            return x + 1

    x = tt.vector("x")
    s, _ = graphcore.scan(lambda x, s: Strange()(s) * x, [x], [tt.as_tensor(0.0)])
    f = graphcore.function([x], s)
    np.testing.assert_array_equal(f([1.0, 2.0]), [1, 4])
    assert " python scan" in f.explain()


def test_time_is_linear_in_the_number_of_steps():
    x = tt.vector("x")
    s, _ = graphcore.scan(lambda x, s: tt.tanh(0.5 * s + x), [x], [tt.as_tensor(0.0)])
    g = grad(s.sum(), x)
    f = graphcore.function([x], g)

    def seconds(n):
        values = np.ones(n)
        f(values)
        return min(_timed(lambda: f(values)) for _ in range(20))

    short, long = seconds(10_000), seconds(100_000)
    assert long < 50 * short  # ten times as many; quadratic would be a hundred
    in_python = _timed(lambda: g.eval({x: np.ones(2_000)}))
    assert long < 5 * in_python  # for fifty times as many steps


def _timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_text_of_a_program_shows_the_loop():
    x = tt.vector("x")
    f = scan_function(x, lambda x, s: tt.tanh(s + x), tt.as_tensor(0.0))
    f(np.ones(5))
    text = f.disassembly()
    assert "recurrence of 5 steps" in text
    assert "tanh_d" in text
    assert "[+8]" in text
    assert "recurrence scan" in f.explain()
