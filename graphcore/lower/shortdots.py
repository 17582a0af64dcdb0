"""Matrix products with short axes, taken apart: sums of few columns instead of a call of BLAS.

``Z @ L.T`` with a long ``Z`` of two columns is two sums of two products, which run in the loop that
makes or reads the columns; ``Z.T @ W`` is four sums over the rows.  Where all axes are taken apart,
every element of a product is a sum of products of numbers.
"""

from functools import reduce as chain

import numpy as np

from graphcore.lower.arrays import View, whole
from graphcore.lower.columns import LEAST_ROWS, MOST, column, columns
from graphcore.lower.products import matrix_matrix, transposed, vector_vector
from graphcore.lower.translate import RULES
from graphcore.ops import linalg

TERMS = 16  # products of columns up to which a product is taken apart


def _dot(t, node):
    a, b = node.inputs
    if t.apart(t.shapes[a]) == a.type.ndim and node.outputs[0].type.dtype == "float64":
        _few_numbers(t, node)
        return
    if a.type.ndim == b.type.ndim == 2 and a.type.dtype == b.type.dtype == "float64":
        (m, k), n = t.shapes[a], t.shapes[b][1]
        if k <= MOST and k * n <= TERMS and k and t.apart((m, n)) == 1:
            _few_columns(t, node, k, n)
            return
        if k >= LEAST_ROWS and 0 < m <= MOST and 0 < n <= MOST and m * n <= TERMS:
            _few_sums(t, node, m, n)
            return
        for v in (a, b):
            _lay_by_columns(t, v)
        if m > 1 < n and k and t.apart((m, n)) == 1 and t.uses.get(node.outputs[0], 0) > 1:
            _product_by_columns(t, node)
            return
    _WHOLE(t, node)


def _lay_by_columns(t, v):
    """Bring columns into memory one after the other, as BLAS reads them as well."""
    parts = t.columns.get(v)
    if v in t.view or parts is None or parts.ndim != 1:
        return
    turned = whole(t.new(t.shapes[v][::-1], "d"))
    for k, part in enumerate(parts):
        place = View(turned.array, part.shape, (1,), k * turned.strides[0])
        t.copy(part, place, disjoint=True)
    t.view[v] = transposed(turned)


def _product_by_columns(t, node):
    """A product whose columns are used one by one."""
    a, b = map(t.of, node.inputs)
    (y,) = node.outputs
    t.view[y] = transposed(matrix_matrix(t, transposed(b), transposed(a)))
    t.columns[y] = columns(t, y, 1)


def _few_numbers(t, node):
    """Every element of the result is a sum of products of single numbers."""
    a, b = node.inputs
    y = node.outputs[0]
    left = columns(t, a, a.type.ndim, "float64")
    right = columns(t, b, b.type.ndim, "float64")
    left, right = left.reshape(-1, left.shape[-1]), right.reshape(right.shape[0], -1)
    parts = np.empty((len(left), right.shape[1]), dtype=object)
    for i, j in np.ndindex(parts.shape):
        pairs = zip(left[i], right[:, j], strict=True)
        terms = [t.elementwise("mul_dd", [p, q], (), "d") for p, q in pairs]
        parts[i, j] = chain(lambda p, q: t.elementwise("add_dd", [p, q], (), "d"), terms)
    if y.type.ndim:
        t.columns[y] = parts.reshape(t.shapes[y])
    else:
        t.view[y] = parts[0, 0]


def _few_columns(t, node, k, n):
    """Every column of the result is a sum of multiples of the columns of the first factor."""
    a, b = node.inputs
    y = node.outputs[0]
    lead = t.shapes[y][:1]
    factors = t.of(b)
    parts = np.empty(n, dtype=object)
    for j in range(n):
        total = None
        for i in range(k):
            at = factors.offset + i * factors.strides[0] + j * factors.strides[1]
            operands = [column(t, a, (i,)), View(factors.array, (), (), at)]
            product = t.elementwise("mul_dd", operands, lead, "d")
            both = [total, product]
            total = product if total is None else t.elementwise("add_dd", both, lead, "d")
        parts[j] = total
    t.columns[y] = parts


def _few_sums(t, node, m, n):
    """Every element of the result is a sum over the long axis."""
    a, b = node.inputs
    y = node.outputs[0]
    out = whole(t.new((m, n), "d"))
    for i in range(m):
        for j in range(n):
            place = View(out.array, (), (), i * n + j)
            t.copy(vector_vector(t, _row(t, a, i), column(t, b, (j,))), place, disjoint=True)
    t.view[y] = out


def _row(t, v, i):
    if v in t.turned:
        return column(t, t.turned[v], (i,))
    view = t.of(v)
    return View(view.array, view.shape[1:], view.strides[1:], view.offset + i * view.strides[0])


_WHOLE = RULES[linalg.Dot]
RULES[linalg.Dot] = _dot
