"""Items of matrix decompositions: calls of LAPACK and BLAS, and diagonals as views.

A matrix is factored once, however many operations ask for its factor; the same holds for the
solution of one system.  Right-hand sides are solved in place of a copy, one vector per row.
"""

from math import isqrt

import numpy as np

from graphcore.lower.arrays import View, whole
from graphcore.lower.indexing import start_from
from graphcore.lower.items import broadcast_view, reshaped
from graphcore.lower.products import readable, transposed, vector_vector
from graphcore.lower.translate import RULES, reduce_view
from graphcore.ops import decompose, diagonals


def _library(t, name, outs, inputs, functions, *numbers):
    """Add one call; the operands are the outputs, then the inputs."""
    size = max([a.size for a in outs] + [v.size for v in inputs])
    work = size * isqrt(size) // 4  # a quarter of the cube of the order
    info = {"outs": outs, "functions": functions, "numbers": numbers, "work": work}
    item = t.add("library", name, (1,), inputs, whole(outs[0]), info=info)
    for extra in outs[1:]:
        extra.writers.append(item)


def _once(t, make, view, *more):
    """``make(t, view, *more)``, made once per view."""
    key = (make, view.array, view.shape, view.strides, view.offset, *(v.array for v in more))
    if key not in t.made:
        t.made[key] = make(t, view, *more)
    return t.made[key]


def _fresh(t, view):
    """A new array with the elements of a view, to be worked on in place."""
    out = t.new(view.shape, "d")
    if out.size:
        t.copy(view, whole(out))
    return out


def _elements(view):
    """What a view of a constant shows."""
    flat = view.array.data.reshape(-1)[view.offset :]
    return np.lib.stride_tricks.as_strided(flat, view.shape, tuple(8 * s for s in view.strides))


# ---- positive definite matrices -----------------------------------------------------------------


def _factored(t, view):
    """``(factor, state)``: the triangle above the diagonal is anything; the state is 0 if it is."""
    n = view.shape[0]
    if view.array.data is not None:
        found = decompose.factor(_elements(view))
        data = np.full((n, n), np.nan) if found is None else found
        return t.constant(data), t.constant(np.int64(found is None))
    factor, state = _fresh(t, view), t.new((), "l")
    _library(t, "potrf", [factor, state], [], ["dpotrf"], n)
    return whole(factor), whole(state)


def _lower_factor(t, view):
    """The factor as a matrix, its failure an error."""
    factor, state = _once(t, _factored, view)
    if factor.array.data is not None:  # a constant; here a failure is an error too
        return t.constant(decompose.Cholesky().reference(_elements(view)))
    _library(t, "lower_factor", [factor.array], [state], [], view.shape[0])
    return factor


def _diagonal_of(view):
    n = min(view.shape)
    return View(view.array, (n,), (sum(view.strides),), view.offset)


def _solved(t, rows, factor):
    """The rows of ``rows`` multiplied with the inverse of a factored matrix."""
    out = _fresh(t, rows)
    m, n = rows.shape
    _library(t, "potrs", [out], [factor], ["dpotrs"], n, m)
    return whole(out)


def _rows(view):
    """A vector, or the columns of a matrix, as rows."""
    if len(view.shape) == 1:
        return View(view.array, (1, *view.shape), (0, *view.strides), view.offset)
    return transposed(view)


def _columns(rows, shape):
    """Rows of solutions in the shape of the right-hand side."""
    if len(shape) == 1:
        return reshaped(rows, shape)
    return transposed(rows)


def _cholesky(t, node):
    view, y = t.of(node.inputs[0]), node.outputs[0]
    t.view[y] = _once(t, _lower_factor, view) if view.size else view


def _positive_solve(t, node):
    a, b = (t.of(v) for v in node.inputs)
    y = node.outputs[0]
    if not b.size:
        t.view[y] = b
        return
    factor, _ = _once(t, _factored, a)
    t.view[y] = _columns(_once(t, _solved, _rows(b), factor), b.shape)


def _log_diagonal(t, factor):
    """Sum of the logarithms of the diagonal."""
    diagonal = _diagonal_of(factor)
    if factor.array.data is not None:
        return t.constant(np.log(_elements(diagonal)).sum())
    logs = t.elementwise("log_d", [diagonal], diagonal.shape, "d")
    return reduce_view(t, "sum", logs, (0,), "float64")


def _gaussian_term(t, node):
    k, rows = (t.of(v) for v in node.inputs)
    (m, n), y = rows.shape, node.outputs[0]
    if not n:
        t.view[y] = t.constant(0.0)
        return
    factor, state = _once(t, _factored, k)
    total = _once(t, _log_diagonal, factor)
    value = t.elementwise("mul_dd", [total, t.constant(float(-m))], (), "d")
    if m:
        solution = _once(t, _solved, rows, factor)
        flat = reshaped(t.contiguous(rows), (m * n,))
        square = vector_vector(t, flat, reshaped(solution, (m * n,)))
        half = t.elementwise("mul_dd", [square, t.constant(-0.5)], (), "d")
        value = t.elementwise("add_dd", [half, value], (), "d")
    t.view[y] = t.elementwise("switch_ldd", [state, t.constant(-np.inf), value], (), "d")


def _gaussian_slope(t, node):
    k, rows = (t.of(v) for v in node.inputs)
    (m, n), y = rows.shape, node.outputs[0]
    if not n:
        t.view[y] = k
        return
    factor, _ = _once(t, _factored, k)
    solution = _once(t, _solved, rows, factor) if m else whole(t.new((1, n), "d"))
    if not m:
        t.copy(t.constant(0.0), solution)
    out = t.new((n, n), "d")
    functions = ["dpotri", "dsyrk"]
    _library(t, "gaussian_slope", [out], [factor, solution], functions, n, m)
    t.view[y] = whole(out)


def _cholesky_pullback(t, node):
    factor, g = (t.of(v) for v in node.inputs)
    y = node.outputs[0]
    if not g.size:
        t.view[y] = g
        return
    out = _fresh(t, g)
    functions = ["dtrmm", "dtrsm", "dgemm"]
    _library(t, "cholesky_pullback", [out], [t.contiguous(factor)], functions, g.shape[0])
    t.view[y] = whole(out)


# ---- triangles -----------------------------------------------------------------------------------


def _solve_triangular(t, node):
    a, b = (t.of(v) for v in node.inputs)
    y, n = node.outputs[0], b.shape[0]
    if not b.size:
        t.view[y] = b
        return
    a, form = readable(t, a)
    by_rows = form == "rm"  # then the library sees the transpose
    upper, trans = node.op.lower == by_rows, node.op.trans != by_rows
    ld = max(a.strides[0] if by_rows else a.strides[1], n)
    lines = len(b.shape) == 2 and b.strides[0] != 1  # the transposed system, from the right
    sides = b if lines else _rows(b)
    out = _fresh(t, sides)
    if lines:
        trans = not trans
    numbers = (lines, upper, trans, sides.shape[1], sides.shape[0], ld)
    _library(t, "trsm", [out], [a], ["dtrsv", "dtrsm"], *numbers)
    t.view[y] = whole(out) if lines else _columns(whole(out), b.shape)


def _triangle(t, node):
    view, y = t.of(node.inputs[0]), node.outputs[0]
    if not view.size:
        t.view[y] = view
        return
    lane = view.array.lane
    kept = t.constant(node.op.mask(view.shape))
    zero = t.constant(np.zeros((), "float64" if lane == "d" else "int64"))
    t.view[y] = t.elementwise(f"switch_l{lane}{lane}", [kept, view, zero], view.shape, lane)


def _diagonal(t, node):
    t.view[node.outputs[0]] = _diagonal_of(t.of(node.inputs[0]))


def _inc_diagonal(t, node):
    x, v = (t.of(u) for u in node.inputs)
    y = node.outputs[0]
    if not v.size:
        t.view[y] = x
        return
    lane = x.array.lane
    out = start_from(t, x, x.shape, lane)
    place = _diagonal_of(out)
    if out.array.start is None:
        v = t.elementwise(f"add_{lane}{lane}", [_diagonal_of(x), v], v.shape, lane)
        v = t.narrow(v, y.type.dtype)
    t.copy(v, place)
    t.view[y] = out


# ---- general matrices ----------------------------------------------------------------------------


def _lu(t, view):
    """LU factors of the transpose, the exchanges of rows, and 0 or where a pivot is zero."""
    n = view.shape[0]
    factors, pivots, state = _fresh(t, view), t.new((n,), "l"), t.new((), "l")
    _library(t, "getrf", [factors, pivots, state], [], ["dgetrf"], n)
    return [whole(factors), whole(pivots), whole(state)]


def _solve(t, node):
    a, b = (t.of(v) for v in node.inputs)
    y = node.outputs[0]
    if not b.size:
        t.view[y] = b
        return
    lu, rows = _once(t, _lu, a), _rows(b)
    out = _fresh(t, rows)
    m, n = rows.shape
    _library(t, "getrs", [out], lu, ["dgetrs"], n, m, node.op.trans)
    t.view[y] = _columns(whole(out), b.shape)


def _inverse(t, node):
    a, y = t.of(node.inputs[0]), node.outputs[0]
    if not a.size:
        t.view[y] = a
        return
    n = a.shape[0]
    lu, out = _once(t, _lu, a), t.new((n, n), "d")
    if n > 1:
        out.start = 0
    t.copy(broadcast_view(t.constant(1.0), (n,)), _diagonal_of(whole(out)))
    _library(t, "getrs", [out], lu, ["dgetrs"], n, n, False)
    t.view[y] = transposed(whole(out))


def _determinant(t, node):
    a, y = t.of(node.inputs[0]), node.outputs[0]
    log = isinstance(node.op, decompose.LogAbsDet)
    if not a.size:
        t.view[y] = t.constant(0.0 if log else 1.0)
        return
    factors, pivots, _ = _once(t, _lu, a)
    out = t.new((), "d")
    if log:
        _library(t, "log_abs_det", [out], [factors], [], a.shape[0])
    else:
        _library(t, "sign_det", [out], [factors, pivots], [], a.shape[0])
    t.view[y] = whole(out)


RULES[decompose.Cholesky] = _cholesky
RULES[decompose.CholeskyPullback] = _cholesky_pullback
RULES[decompose.PositiveSolve] = _positive_solve
RULES[decompose.GaussianTerm] = _gaussian_term
RULES[decompose.GaussianSlope] = _gaussian_slope
RULES[decompose.SolveTriangular] = _solve_triangular
RULES[decompose.Solve] = _solve
RULES[decompose.Inverse] = _inverse
RULES[decompose.LogAbsDet] = _determinant
RULES[decompose.SignDet] = _determinant
RULES[diagonals.Triangle] = _triangle
RULES[diagonals.Diagonal] = _diagonal
RULES[diagonals.IncDiagonal] = _inc_diagonal
