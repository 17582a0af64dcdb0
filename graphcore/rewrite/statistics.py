"""Statistics instead of data: what a log density needs of its constant data, computed once.

A sum over observations is replaced by an expression of fixed size where

- it is a sum of squares of a linear form: what remains are squares of a few linear forms of the
  parameters (see :mod:`~graphcore.rewrite.leastsquares`);
- its terms are data times parameters, single ones, gathered by a constant index, or multiplied by
  a constant matrix: what remains are sums of data, per group or column;
- observations are equal: what remains are the different ones and how often they occur.

The rules suppose that parameters are finite.  Where they are not, the result is an infinity or NaN
as well, but not always the same one.
"""

import numpy as np

from graphcore.graph.large import PIECE
from graphcore.graph.nodes import Constant
from graphcore.ops.index import Take
from graphcore.ops.linalg import Dot
from graphcore.ops.reduce import Reduce
from graphcore.optable import ROWS
from graphcore.rewrite import leastsquares
from graphcore.rewrite.duplicates import equal_observations_once
from graphcore.rewrite.leastsquares import weighted_counts
from graphcore.rewrite.observations import (
    is_number,
    linear_form,
    product_of,
)
from graphcore.rewrite.reductions import signed_terms
from graphcore.rewrite.rule import is_float, op_of, rule

MAX_COLUMNS = 2**21  # elements of columns that are made of an index
MAX_NUMBERS = 12  # single coefficients that are treated one by one


# -- elementwise operations and gathers ------------------------------------------------------------


@rule(*ROWS, needs="Take")
def gather_after_elementwise(b, node):
    """f(x[i], y[i], s) is f(x, y, s)[i] for vectors shorter than the constant index i."""
    index, bases = None, []
    for v in node.inputs:
        if is_number(v) and v.type.ndim == 0:
            bases.append(v)
            continue
        op = op_of(v, Take)
        if op is None:
            return None
        base, idx = v.owner.inputs
        if not isinstance(idx, Constant) or base.type.ndim != 1 or index not in (None, idx):
            return None
        index = idx
        bases.append(base)
    if index is None:
        return None
    length = next(v.type.shape[0] for v in bases if v.type.ndim)
    if length is None or length >= index.data.size:
        return None
    if any(v.type.ndim and v.type.shape[0] != length for v in bases):
        return None
    if not _reaches_all(b, index, length):
        used, codes = np.unique(index.data, return_inverse=True)
        if used[0] < 0 or used.size == length:
            return None
        used = b.constant(used, "int64")
        bases = [b.apply(Take(0), v, used) if v.type.ndim else v for v in bases]
        index = b.constant(codes.reshape(index.data.shape), "int64")
    return b.apply(Take(0), b.apply(node.op, *bases), index)


def _reaches_all(b, index, length):
    """Whether every element is gathered, so that nothing is computed that was not before."""
    key = ("reaches", id(index), length)
    if key not in b.facts:
        b.keep(index)
        b.facts[key] = bool((np.bincount(index.data.ravel() % length, minlength=length) > 0).all())
    return b.facts[key]


# -- sums ------------------------------------------------------------------------------------------


@rule("sum")
def statistics_from_sum(b, node):
    """Terms of a sum over observations that need the data only through a statistic."""
    (x,) = node.inputs
    if not is_float(x) or x.type.dtype != "float64" or not x.type.is_static:
        return None
    if len(node.op.axes) != x.type.ndim or x.type.size < 2:
        return None
    terms = signed_terms(x)
    if len(terms) > 1 and any(isinstance(v, Constant) for _, v in terms):
        return None  # a residual: its sum would cancel if it were taken apart
    total, rest = None, None
    for sign, v in terms:
        part = None
        if v.type == x.type:
            with np.errstate(
                all="ignore"
            ):  # data may be infinite: no statistic is, or none is used
                part = statistic_of(b, v)
        if part is None:
            rest = _plus(b, rest, sign, v)
        else:
            total = _plus(b, total, sign, part)
    if total is None:
        return None
    if rest is None:
        return total
    if rest.type.shape != x.type.shape:
        return None
    return b.add(total, b.apply(Reduce("sum", node.op.axes), rest))


def _plus(b, total, sign, v):
    if total is None:
        return v if sign > 0 else b.neg(v)
    return b.add(total, v) if sign > 0 else b.sub(total, v)


def statistic_of(b, v):
    """The sum of one term over all observations, without them; None if that is not possible."""
    p = product_of(b, v)
    if p is None:
        return None
    if all(data.ndim == 0 for data, _ in p.factors) and not np.isfinite(p.weights()):
        return None
    if p.base is None:
        return _sum_of_gathers(b, p, v)
    if p.is_square:
        return _sum_of_squares(b, p, v)
    return None if p.gathers else _sum_of_linear(b, p, v)


def _sum_of_gathers(b, p, v):
    """sum(data * x[i]) is dot(sums of the data per group, x)."""
    if not p.gathers:
        return None
    partition = max((g.partition for g, _ in p.gathers), key=lambda q: q.size)
    values = _joined(b, p.gathers, partition)
    if values is None:
        return None
    counts = weighted_counts(partition.codes, partition.size, p.weights())
    if not np.isfinite(counts).all():
        return None
    b.note(f"{v.type.size} observations enter through sums over {partition.size} groups")
    return _weighted_sum(b, counts, values)


def _joined(b, gathers, partition):
    """The product of gathered factors, per group; None if they are not constant in groups."""
    result = None
    for gather, power in gathers:
        values = _within(b, gather, partition)
        if values is None:
            return None
        if abs(power) > 2:
            return None
        if abs(power) == 2:
            values = b.sqr(values)
        if result is None:
            result = b.reciprocal(values) if power < 0 else values
        else:
            result = b.true_div(result, values) if power < 0 else b.mul(result, values)
    return result


def _within(b, gather, partition):
    """Gathered values per group of another, finer partition; None if that is not finer."""
    if gather.partition.same(partition):
        return gather.values
    above = gather.partition.within(partition)
    return None if above is None else b.apply(Take(0), gather.values, b.constant(above, "int64"))


def _weighted_sum(b, weights, values):
    """sum(weights * values) for constant weights, or a number for equal ones."""
    if (weights == weights[0]).all():
        total = b.apply(Reduce("sum", (0,)), values)
        return total if weights[0] == 1 else b.mul(total, float(weights[0]))
    return b.apply(Dot(), b.constant(weights), values)


def _sum_of_linear(b, p, v):
    """sum(data * (matrix @ x)) is dot(data @ matrix, x), and so on for sums of such terms."""
    form = linear_form(b, p.base)
    if form is None or not (form.products or form.gathers):
        return None
    if form.constants and np.any(form.offset()):
        return None
    n, parts = v.type.size, []
    weights = p.weights() if form.numbers or form.gathers else None
    for column, s in form.numbers:
        total = float(np.sum(np.broadcast_to(weights * column, (n,))))
        parts.append((total, b.mul(s, total)))
    for column, gather in form.gathers:
        sums = weighted_counts(gather.partition.codes, gather.partition.size, weights * column)
        parts.append((sums, _weighted_sum(b, sums, gather.values)))
    for matrix, x in form.products:
        if matrix.shape[1] >= n:
            return None
        sums = _weighted_rows(p, matrix)
        parts.append((sums, b.apply(Dot(), b.constant(sums), x)))
    if not all(np.isfinite(sums).all() for sums, _ in parts):
        return None
    total = parts[0][1]
    for _, part in parts[1:]:
        total = b.add(total, part)
    b.note(f"{n} observations enter through sums of data times predictors")
    return total


def _weighted_rows(p, matrix):
    """``weights @ matrix``, a few rows of any element type at a time."""
    rows = max(1, PIECE // max(1, matrix.shape[1]))
    total = np.zeros(matrix.shape[1])
    for i in range(0, len(matrix), rows):
        part = matrix[i : i + rows].astype("float64", copy=False)
        weights = np.asarray(p.weights(slice(i, i + rows)), "float64")
        total += np.broadcast_to(weights, (len(part),)) @ part
    return total


# -- squares ---------------------------------------------------------------------------------------


class Design:
    """Constant columns and their parameters, arranged for :mod:`leastsquares`.

    Attributes
    ----------
    partition : Partition or None
        Groups with parameters of their own.
    local : list of (column, Variable)
        Columns whose parameter has an element per group; a number is the same for all.
    numbers : list of (column, Variable)
    products : list of (matrix, Variable)
        Columns with the same parameters in all groups.
    indexed : int
        How many of the matrices are made of an index.
    """

    def __init__(self, partition, local, numbers, products, indexed=0):
        self.partition = partition
        self.local = local
        self.numbers = numbers
        self.products = products
        self.indexed = indexed

    def common(self, n):
        """``(matrix of all common columns, parameters with their first and last column)``."""
        blocks, at, spans = [], 0, []
        for matrix, x in self.products:
            spans.append((x, at, at + matrix.shape[1]))
            blocks.append(matrix)
            at += matrix.shape[1]
        for column, s in self.numbers:
            spans.append((s, at, at + 1))
            blocks.append(np.broadcast_to(column, (n,))[:, None])
            at += 1
        if len(blocks) == 1:
            return blocks[0], spans
        return np.concatenate(blocks, axis=1, dtype="float64"), spans

    def sizes(self):
        """Numbers that one observation, and that all of the statistics, consist of."""
        groups = 1 if self.partition is None else self.partition.size
        q = len(self.local)
        widths = [m.shape[1] for m, _ in self.products]
        k = len(self.numbers) + sum(widths)
        given = q + len(self.numbers) + sum(widths[: len(widths) - self.indexed]) + self.indexed
        return given, groups * (q * (q + 1) // 2 + q * k) + k * k


def _sum_of_squares(b, p, v):
    """sum(sqr(y - matrix @ x)) is rest + sum(sqr(factor @ (x - center))), likewise in groups."""
    n, scale = v.type.size, _root_of_weights(p.weights())
    form = linear_form(b, p.base, -1.0) if scale is not None else None
    if form is None:
        return None
    design = _design_per_group(b, form, p) if p.gathers else _design(b, form, n)
    if design is None:
        return None
    before, after = design.sizes()
    if 2 * after > n * before:
        return None
    local = [np.broadcast_to(np.asarray(-c, "float64"), (n,)) for c, _ in design.local]
    codes = None if design.partition is None else design.partition.codes
    columns, spans = [], []
    if design.products or design.numbers:
        matrix, spans = design.common(n)
        columns = [-c for c in matrix.T] if local else []
    if local:
        y = np.broadcast_to(np.asarray(form.offset(), "float64"), (n,))
        found = leastsquares.grouped(codes, local, columns, y, scale)
    else:
        found = leastsquares.dense(matrix, lambda rows: -form.offset(rows), scale)
    if not found.is_finite():
        return None
    sign = 1.0 if np.all(p.weights() >= 0) else -1.0
    b.note(_note_of_squares(form, design, n))
    return _rebuilt(b, found, design, spans, _scale_of_groups(b, p, design), sign)


def _root_of_weights(weights):
    """Square roots of the sizes of weights of one sign."""
    if not (np.all(weights >= 0) or np.all(weights <= 0)):
        return None
    root = np.sqrt(np.abs(weights))
    return float(root) if np.ndim(root) == 0 else root


def _design(b, form, n):
    """Columns of a linear form: groups of the finest partition, and all others common."""
    if not form.gathers:
        if form.products:
            return Design(None, [], form.numbers, form.products)
        if not form.numbers or len(form.numbers) > MAX_NUMBERS:
            return Design(None, [], form.numbers, []) if form.numbers else None
        return Design(None, form.numbers, [], [])
    partition = max((g.partition for _, g in form.gathers), key=lambda q: q.size)
    local, products = [], list(form.products)
    for column, gather in form.gathers:
        values = _within(b, gather, partition)
        if values is not None:
            local.append((column, values))
            continue
        size = gather.partition.size
        if size * n > MAX_COLUMNS:
            return None
        matrix = np.zeros((n, size))
        matrix[np.arange(n), gather.partition.codes] = column
        products.append((matrix, gather.values))
    return Design(partition, local, form.numbers, products, len(products) - len(form.products))


def _design_per_group(b, form, p):
    """The same where each group has a factor of its own: no column is common."""
    if form.products:
        return None
    found = [g.partition for _, g in form.gathers] + [g.partition for g, _ in p.gathers]
    partition = max(found, key=lambda q: q.size)
    local = [(c, _within(b, g, partition)) for c, g in form.gathers]
    local += form.numbers
    if not local or any(x is None for _, x in local):
        return None
    return None if _joined(b, p.gathers, partition) is None else Design(partition, local, [], [])


def _scale_of_groups(b, p, design):
    return _joined(b, p.gathers, design.partition) if p.gathers else None


def _note_of_squares(form, design, n):
    what = f"{form.names[0]} ({n} rows)" if form.names else f"data of {n} rows"
    if design.partition is not None:
        return (
            f"{what} enters through sums of squares and products in {design.partition.size} groups"
        )
    k = len(design.local) + len(design.numbers) + sum(m.shape[1] for m, _ in design.products)
    if k == 1:
        return f"{what} enters through a mean and a sum of squares"
    return f"{what} enters through a {k + 1}x{k + 1} triangular factor"


# -- from numbers to expressions -------------------------------------------------------------------


def _rebuilt(b, found, design, spans, scale, sign):
    """The expression that a :class:`~leastsquares.Statistic` stands for."""
    grouped = design.partition is not None
    params = [x for _, x in design.local]
    shifted = [_minus(b, x, _value(c)) for x, c in zip(params, found.centers, strict=False)]
    q = len(params)
    centers = np.array(found.centers[q:], "float64")
    common = []
    for x, first, last in spans:
        c = centers[first:last]
        common.append((_minus(b, x, c if x.type.ndim else c[0]), first, last))
    totals = []
    for j, row in enumerate(found.rows):
        u = shifted[j]
        for c, x in zip(row.coefficients, shifted[j + 1 :], strict=False):
            u = _plus_scaled(b, u, _value(c), x)
        if spans:
            u = _plus_common(b, u, np.stack(row.coefficients[q - 1 - j :], axis=1), common)
        u = _minus(b, u, _value(row.d))
        totals.append((row.weight, b.sqr(u)))
    if scale is not None:
        return _scaled_groups(b, totals, found.rest * sign, scale, sign)
    total = b.constant(sign * found.rest.sum())
    for weight, square in totals:
        if not weight.any():
            continue
        if grouped and square.type.ndim:
            part = _weighted_sum(b, sign * weight, square)
        else:
            part = b.mul(square, sign * float(weight.sum()))
        total = b.add(part, total)
    if found.factor is not None:
        total = b.add(_common_squares(b, found, common, sign), total)
    return total


def _value(a):
    """A number for an array of one, or of equal elements."""
    a = np.asarray(a)
    return a.flat[0] if (a == a.flat[0]).all() else a


def _minus(b, x, c):
    c = np.asarray(c)
    return b.sub(x, b.constant(c)) if c.any() else x


def _plus_scaled(b, u, c, x):
    return b.add(u, b.mul(x, b.constant(c))) if np.any(c) else u


def _plus_common(b, u, coefficients, common):
    for x, first, last in common:
        if x.type.ndim:
            matrix = coefficients[:, first:last]
            part = b.apply(Dot(), b.constant(matrix), x) if matrix.any() else None
            if part is not None:
                u = b.add(u, part if u.type.ndim else b.dimshuffle(part, ()))
        else:
            u = _plus_scaled(b, u, _value(coefficients[:, first]), x)
    return u


def _scaled_groups(b, totals, rest, scale, sign):
    """sum(scale * squares) with a factor per group."""
    total = None
    for weight, square in totals:
        part = b.mul(square, b.constant(_value(sign * weight)))
        total = part if total is None else b.add(total, part)
    if np.any(rest):
        total = b.add(total, b.constant(rest))
    return b.apply(Reduce("sum", (0,)), b.mul(total, scale))


def _common_squares(b, found, common, sign):
    kept = found.factor.any(axis=1) | (found.d != 0)
    factor, d = found.factor[kept], found.d[kept]
    if len(factor) == 1 and all(x.type.ndim == 0 for x, _, _ in common):
        factor, d = factor[0], d[0]
    z = None
    for x, first, last in common:
        if x.type.ndim:
            part = b.apply(Dot(), b.constant(factor[:, first:last]), x)
        else:
            part = b.mul(x, b.constant(factor[..., first]))
        z = part if z is None else b.add(z, part)
    squares = b.sqr(_minus(b, z, d))
    total = b.apply(Reduce("sum", (0,)), squares) if squares.type.ndim else squares
    return total if sign > 0 else b.neg(total)


RULES = [
    gather_after_elementwise,
    statistics_from_sum,
    equal_observations_once,
]
