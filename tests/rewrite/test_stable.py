"""Stable forms are never less accurate than what they replace, and are right where that fails."""

import mpmath
import numpy as np
import pytest

import graphcore.tensor as tt
from graphcore.optable import ROWS
from graphcore.rewrite import rewrite
from graphcore.rewrite.deriving import normal_forms
from graphcore.rewrite.normal_forms import NORMAL_FORMS
from graphcore.rewrite.stabilize import PAIRS
from graphcore.runtime.reference import evaluate

MP = mpmath.mp.clone()
MP.prec = 3000  # exp(-800) + 1 has to keep its digits


class Exact:
    """The namespace ``o`` of the table's rules over mpmath numbers."""

    def __getattr__(self, name):
        return lambda *args: ROWS[name].exact(MP, *args)

    def lt(self, a, b):
        return a < b


TABLE = [(name, f) for name, row in ROWS.items() for f in row.stable]
ALL = [*TABLE, *PAIRS]
POINTS = [0.0, 1e-300, 1e-20, 1e-8, 1e-3, 0.1, 0.3, 0.5, 0.6931471805599453, 0.9, 1.0, 1.5, 2.7,
          4.0, 6.5, 11.0, 18.0, 26.0, 36.5, 40.0, 100.0, 690.0, 750.0, 1e5]  # fmt: skip
POINTS = np.array(sorted({*POINTS, *(-p for p in POINTS)}))


def exact_value(f, args):
    """The value of the pattern in mpmath; None outside its domain."""
    try:
        value = f(Exact(), *[MP.mpf(float(a)) for a in args])[0]
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(value, MP.mpc) or not MP.isfinite(value):
        return None
    return value


def test_kept_normal_forms_are_those_of_the_pairs():
    assert list(NORMAL_FORMS) == normal_forms(), "run `make patterns`"


@pytest.mark.parametrize(("name", "f"), ALL, ids=[f"{n}-{i}" for i, (n, _) in enumerate(ALL)])
def test_stable_form_is_never_less_accurate(name, f):
    count = f.__code__.co_argcount - 1
    points = POINTS if count == 1 else POINTS[::3]
    grid = np.meshgrid(*[points] * count)
    grid = [g.ravel() for g in grid]
    variables = [tt.tensor("float64", g.shape, f"x{i}") for i, g in enumerate(grid)]
    pattern = f(tt, *variables)[0]
    new = rewrite(pattern, final=True)
    with np.errstate(all="ignore"):
        old_values, new_values = evaluate([pattern, new], dict(zip(variables, grid, strict=True)))
    compared = 0
    for old, got, *args in zip(old_values, new_values, *grid, strict=True):
        want = exact_value(f, args)
        if want is None or abs(want) > 1e300:
            continue
        compared += 1
        # absolute where the result itself passes through zero
        unit = MP.mpf(2) ** -52 * max(abs(want), MP.mpf(2) ** -1022)
        errors = [float(abs(MP.mpf(float(v)) - want) / unit) if np.isfinite(v) else np.inf
                  for v in (old, got)]  # fmt: skip
        assert errors[1] <= max(errors[0] * 1.5, 8), (name, args, old, got, MP.nstr(want, 20))
    assert compared > len(points) // 4


def test_log_sum_exp_is_right_for_every_kind_of_row():
    m = tt.tensor("float64", (6, 3), "m")
    rows = np.array([
        [0.0, 1.0, 2.0],
        [1000.0, 1001.0, -5.0],
        [-1000.0, -1001.0, -1002.0],
        [-np.inf, -np.inf, -np.inf],
        [np.inf, 0.0, 1.0],
        [np.nan, 0.0, 1.0],
    ])  # fmt: skip
    for axis, data, v in ((1, rows, m), (0, rows.T.copy(), tt.tensor("float64", (3, 6), "t"))):
        y = rewrite(tt.log(tt.sum(tt.exp(v), axis=axis)), final=True)
        with np.errstate(all="ignore"):
            got = evaluate(y, {v: data})
            want = np.logaddexp.reduce(data, axis=axis)
        np.testing.assert_allclose(got, want, rtol=1e-15)


def test_log_sum_exp_is_shifted_once():
    v, m = tt.tensor("float64", (3,), "v"), tt.matrix("m")
    for y in (tt.logsumexp(v), tt.logsumexp(-m, axis=1), tt.log(tt.softmax(v)), tt.log_softmax(-v)):
        steps = []
        rewrite(rewrite(y, trace=steps), trace=steps, final=True)
        assert "logsumexp_from_log_sum_exp" not in {step.rule for step in steps}
    once = rewrite(tt.log(tt.sum(tt.exp(-v))))
    steps = []
    rewrite(once, trace=steps)
    assert "logsumexp_from_log_sum_exp" not in {step.rule for step in steps}


# Expressions that overflow, underflow or lose all digits, with the value in mpmath
HARD = {
    "log(1 + x), x tiny": (lambda o, x: o.log(1 + x), 1e-20),
    "log(1 + exp x), x large": (lambda o, x: o.log(1 + o.exp(x)), 800.0),
    "log(1 + exp x), x very negative": (lambda o, x: o.log(1 + o.exp(x)), -50.0),
    "log(1 - exp x)": (lambda o, x: o.log(1 - o.exp(x)), -1e-18),
    "log(sigmoid x)": (lambda o, x: o.log(o.sigmoid(x)), -800.0),
    "log(1 - sigmoid x)": (lambda o, x: o.log(1 - o.sigmoid(x)), 800.0),
    "log of a written sigmoid": (lambda o, x: o.log(1 / (1 + o.exp(-x))), -800.0),
    "log of 1 - a written sigmoid": (lambda o, x: o.log(1 - 1 / (1 + o.exp(-x))), 60.0),
    "exp x / (1 + exp x)": (lambda o, x: o.exp(x) / (1 + o.exp(x)), 800.0),
    "2 / (1 + exp(-x)) - 1 near 0": (lambda o, x: 3 / (1 + o.exp(-2 * x)), 900.0),
    "exp(x) - 1": (lambda o, x: o.exp(x) - 1, 1e-18),
    "1 - erf x": (lambda o, x: 1 - o.erf(x), 7.0),
    "log(erfc x)": (lambda o, x: o.log(o.erfc(x)), 40.0),
    "log(exp x + exp -x)": (lambda o, x: o.log(o.exp(x) + o.exp(-x)), 900.0),
}


@pytest.mark.parametrize("case", HARD, ids=str)
def test_hard_expressions_come_out_right(case):
    f, at = HARD[case]
    x = tt.scalar("x")
    want = f(Exact(), MP.mpf(at))
    got = evaluate(rewrite(f(tt, x), final=True), {x: at})
    assert abs(MP.mpf(float(got)) - want) <= 1e-14 * abs(want)
