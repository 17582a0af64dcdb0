"""Matrix products with short axes, taken apart: sums of few columns instead of a call of BLAS.

``Z @ L.T`` with a long ``Z`` of two columns is two sums of two products, which run in the loop that
makes or reads the columns; ``Z.T @ W`` is four sums over the rows.
"""

from graphcore.lower.arrays import View, whole
from graphcore.lower.columns import LEAST_ROWS, MOST, column, is_short
from graphcore.lower.products import vector_vector
from graphcore.lower.translate import RULES
from graphcore.ops import linalg

TERMS = 16  # products of columns up to which a product is taken apart


def _dot(t, node):
    a, b = node.inputs
    if a.type.ndim == b.type.ndim == 2 and a.type.dtype == b.type.dtype == "float64":
        (m, k), n = t.shapes[a], t.shapes[b][1]
        if k <= MOST and k * n <= TERMS and k and is_short((m, n)):
            _few_columns(t, node, k, n)
            return
        if k >= LEAST_ROWS and 0 < m <= MOST and 0 < n <= MOST and m * n <= TERMS:
            _few_sums(t, node, m, n)
            return
    _WHOLE(t, node)


def _few_columns(t, node, k, n):
    """Every column of the result is a sum of multiples of the columns of the first factor."""
    a, b = node.inputs
    y = node.outputs[0]
    lead = t.shapes[y][:1]
    factors = t.of(b)
    parts = []
    for j in range(n):
        total = None
        for i in range(k):
            at = factors.offset + i * factors.strides[0] + j * factors.strides[1]
            operands = [column(t, a, i), View(factors.array, (), (), at)]
            product = t.elementwise("mul_dd", operands, lead, "d")
            both = [total, product]
            total = product if total is None else t.elementwise("add_dd", both, lead, "d")
        parts.append(total)
    t.columns[y] = parts


def _few_sums(t, node, m, n):
    """Every element of the result is a sum over the long axis."""
    a, b = node.inputs
    y = node.outputs[0]
    out = whole(t.new((m, n), "d"))
    for i in range(m):
        for j in range(n):
            place = View(out.array, (), (), i * n + j)
            t.copy(vector_vector(t, _row(t, a, i), column(t, b, j)), place, disjoint=True)
    t.view[y] = out


def _row(t, v, i):
    if v in t.turned:
        return column(t, t.turned[v], i)
    view = t.of(v)
    return View(view.array, view.shape[1:], view.strides[1:], view.offset + i * view.strides[0])


_WHOLE = RULES[linalg.Dot]
RULES[linalg.Dot] = _dot
