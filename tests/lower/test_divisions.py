"""Divisions by one value share its reciprocal; others stay divisions."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.lower.text import disassemble


@pytest.mark.parametrize("rows", [100, 5000])
@pytest.mark.parametrize(
    ("make", "divisions", "reciprocals"),
    [
        (lambda x, y, d: [x / d, y / d], 0, 1),
        (lambda x, y, d: [x / d, 3.0 / d, y / d], 0, 1),
        (lambda x, y, d: [x / d, y / x], 2, 0),
        (
            lambda x, y, d: [tt.exp(x) / tt.exp(d).sum(), (x / tt.cosh(d)).sum(), y / tt.cosh(d)],
            0,
            1,
        ),
    ],
)
def test_one_reciprocal_for_equal_divisors(make, divisions, reciprocals, rows):
    x, y, d = (tt.vector(name) for name in "xyd")
    outputs = make(x, y, d)
    f = graphcore.function([x, y, d], outputs, on_unused_input="ignore")
    values = np.random.default_rng(0).uniform(0.5, 2.0, (3, rows))
    values[2, :3] = [np.inf, -2.0, 1e-320]
    values[0, :4] = [1.0, 0.0, 0.0, np.inf]
    want = graphcore.evaluate(outputs, dict(zip((x, y, d), values, strict=True)))
    for a, b in zip(f(*values), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    text = disassemble(f.program.spec) if hasattr(f, "program") else f.disassembly()
    assert text.count("true_div_dd_") - text.count("true_div_dd s") == divisions
    assert text.count("reciprocal_d_v") == reciprocals
