"""The derivative rules of the op table against mpmath."""

import mpmath
import numpy as np
import pytest

import graphcore.tensor as tt
from graphcore import function, grad
from graphcore.ops.elementwise import apply_row
from graphcore.optable import ROWS, unknown

DIFFERENTIABLE = [
    (row.name, i)
    for row in ROWS.values()
    if row.d is not None and row.exact is not None
    for i in range(row.arity)
    if row.d[i] not in (None, unknown)
]
EDGES = [1e-8, -1e-8, 0.3, -0.7, 1.0, -1.0, 5.0, -5.0, 30.0, -30.0]


def _points(row, rng):
    """Argument tuples: typical ones, and each edge for the first argument."""
    for _ in range(20):
        point = [rng.uniform(lo, hi) for lo, hi in row.typical]
        yield point if row.name != "polygamma" else [2.0, point[1]]
    lo, hi = row.domain[0]
    for edge in (*EDGES, *(p for p in row.points if abs(p) < 700)):
        if lo < edge < hi:
            rest = [rng.uniform(a, b) for a, b in row.typical[1:]]
            yield [edge, *rest]


def _singular(row, point):
    """Kinks, poles, and where the function is not real."""
    x = point[0]
    pole = row.name in ("gammaln", "gamma", "digamma", "trigamma") and x <= 0 and x == round(x)
    pole |= row.name == "polygamma" and x != round(x)
    return pole or (row.kinks and 0.0 in point) or (row.name == "pow" and x <= 0)


def _exact_partial(row, i, point):
    with mpmath.workdps(50):
        point = [mpmath.mpf(p) for p in point]
        if row.name == "gammaln":
            return mpmath.digamma(point[0])

        def f(t):
            return row.exact(mpmath.mp, *point[:i], t, *point[i + 1 :])

        return mpmath.diff(f, point[i], h=mpmath.mpf(10) ** -20 * (abs(point[i]) or 1))


@pytest.mark.parametrize(("name", "i"), DIFFERENTIABLE, ids=str)
def test_partial_derivatives(name, i, rng):
    row = ROWS[name]
    operands = [tt.vector(name) for name in "abc"[: row.arity]]
    points = [p for p in _points(row, rng) if not _singular(row, p)]
    columns = [np.array(c) for c in zip(*points, strict=True)]
    given = dict(zip(operands, columns, strict=True))
    if row.dtype == "switch":
        given[operands[0]] = (given[operands[0]] > 0).astype(float)
        points = [[float(p[0] > 0), *p[1:]] for p in points]
    y = apply_row(name, *operands)
    found = grad(y.sum(), operands[i]).eval(given)
    for point, d in zip(points, found, strict=True):
        exact = float(_exact_partial(row, i, point))
        # 1 - y**2 and the like lose digits where they are small beside 1
        assert d == pytest.approx(exact, rel=2e-11, abs=1e-14), point


# ---- every row x operand x element type x shape x layout ----------------------------------------

SHAPES = ((), (0,), (1,), (5,), (5, 1), (1, 5), (2, 3, 2))
LAYOUTS = {
    "C": lambda x: x,
    "F": lambda x: x.copy(order="F"),
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    "reversed": lambda x: x[::-1].copy()[::-1] if x.ndim else x,
    "read-only": lambda x: _locked(x.copy()),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}
TYPES = {"float64": (1e-10, 1e-13), "float32": (2e-6, 1e-6)}  # relative and absolute tolerance
POOL = 6  # points per row, repeated to fill an array


def _locked(x):
    x.flags.writeable = False
    return x


def _pool(row):
    """Points that float32 holds exactly."""
    rng = np.random.default_rng(77)
    found = []
    while len(found) < POOL:
        point = [float(np.float32(rng.uniform(lo, hi))) for lo, hi in row.typical]
        if row.name == "polygamma":
            point[0] = 2.0
        if row.dtype == "switch":
            point[0] = float(point[0] > 0)
        if not _singular(row, point):
            found.append(point)
    return found


def test_number_of_cells():
    assert len(DIFFERENTIABLE) * len(SHAPES) * len(LAYOUTS) >= 3000  # of float64 alone


@pytest.mark.parametrize(("name", "i"), DIFFERENTIABLE, ids=str)
def test_gradients_of_all_types_shapes_and_layouts(name, i):
    row = ROWS[name]
    pool = _pool(row)
    exact = np.array([float(_exact_partial(row, i, point)) for point in pool])
    for dtype, (rtol, atol) in TYPES.items():
        slopes = {}
        for shape in SHAPES:
            if len(shape) not in slopes:
                operands = [tt.tensor(dtype, (None,) * len(shape), n) for n in "abc"[: row.arity]]
                slope = grad(apply_row(name, *operands).sum(), operands[i])
                slopes[len(shape)] = function(operands, slope, on_unused_input="ignore")
            at = np.arange(np.prod(shape, dtype=int)).reshape(shape) % POOL
            columns = [np.asarray(np.array(c)[at], dtype) for c in zip(*pool, strict=True)]
            for layout, arrange in LAYOUTS.items():
                found = slopes[len(shape)](*(arrange(c) for c in columns))
                assert found.dtype == dtype and found.shape == shape
                np.testing.assert_allclose(
                    found, exact[at], rtol=rtol, atol=atol, err_msg=f"{shape} {layout}"
                )
