"""Last forms before lowering: what is cheap to compute, no longer what is easy to compare."""

import numpy as np

from graphcore.graph.large import DERIVED
from graphcore.graph.nodes import Constant
from graphcore.ops.elementwise import Elemwise
from graphcore.ops.index import IncSubtensor, Slice, Subtensor, Take
from graphcore.ops.markers import MARKERS
from graphcore.ops.points import TakePoints
from graphcore.ops.reduce import Reduce, product_of_others
from graphcore.ops.shape import Reshape
from graphcore.rewrite.fold import derived_bytes
from graphcore.rewrite.rule import (
    head,
    is_float,
    kept,
    op_of,
    parts,
    placed,
    rule,
    without_leading,
)
from graphcore.rewrite.shapes import is_zeros

MAX_POWER = 8
MOST_INCREMENTS = 8


@rule(*(cls.__name__ for cls in MARKERS))
def drop_gradient_marks(b, node):
    """After differentiation nothing has to stop or change a gradient."""
    return node.inputs[0]


@rule("ProductOfOthers")
def expand_product_of_others(b, node):
    """The product without one element is a quotient, unless an element is zero."""
    (x,) = node.inputs
    return product_of_others(x, node.op.axes)


@rule("pow", needs="Constant")
def products_from_power(b, node):
    """x ** n for n up to 8, and their reciprocals, by multiplication."""
    x, y = node.inputs
    n = b.number(y)
    if n is None or abs(n) not in range(3, MAX_POWER + 1):
        return None
    if not is_float(x) or x.type.dtype != node.out.type.dtype:
        return None
    result, base, left = None, x, abs(int(n))
    while left:
        if left & 1:
            result = base if result is None else b.mul(result, base)
        left >>= 1
        if left:
            base = b.sqr(base)
    return result if n > 0 else b.reciprocal(result)


@rule("true_div")
def mul_from_div_by_number(b, node):
    """x / s is x * (1 / s) for an array x and a number s: one division in all."""
    x, s = node.inputs
    if isinstance(s, Constant) or not is_float(s) or s.type.dtype != node.out.type.dtype:
        return None
    if b.level(s) >= b.level(x):
        return None
    return b.mul(x, b.reciprocal(s))


_JUMPS = (
    "floor", "ceil", "trunc", "round", "round_away", "floor_div", "mod", "Cast", "lt", "le", "gt",
    "ge", "eq", "ne",
)  # fmt: skip


@rule(*_JUMPS, needs="mul")
def exact_quotient(b, node):
    """floor(x (1 / s)) is floor(x / s), as are comparisons: 49 / 49 is 1, 49 (1 / 49) is less."""
    if head(node.op) == "Cast" and is_float(node.out):
        return None
    found = [_quotient(b, v) for v in node.inputs]
    if all(a is v for a, v in zip(found, node.inputs, strict=True)):
        return None
    return b.apply(node.op, *found)


def _quotient(b, v):
    """What :func:`mul_from_div_by_number` was given, for what it made; else the variable itself."""
    pair = parts(v, "mul")
    for x, factor in () if pair is None else (pair, pair[::-1]):
        inverse = parts(factor, "reciprocal")
        if inverse is not None and b.level(inverse[0]) < b.level(x):
            return b.true_div(x, inverse[0])
    return v


@rule("mul", needs="mul true_div")
def regroup_products(b, node):
    """(x y) z is x (y z), and (x / y) z is (x z) / y, where the other product exists already.

    A derivative multiplies factors of the value in the order in which it meets them.
    """
    for inner, z in (node.inputs, node.inputs[::-1]):
        if inner.owner is None or b.uses(inner) != 1:
            continue
        factors, dtype = inner.owner.inputs, node.out.type.dtype
        if not is_float(node.out) or any(v.type.dtype != dtype for v in (*factors, z)):
            continue
        if head(inner.owner.op) == "true_div":
            x, y = factors
            known = _existing_product(b, x, z)
            if known is not None:
                return b.true_div(known, y)
        elif head(inner.owner.op) == "mul" and b.uses(b.visited):  # not what it made
            for x, y in (factors, factors[::-1]):
                known = _existing_product(b, y, z)
                if known is not None and (
                    b.uses(known) > 1 or _existing_product(b, x, known) is None
                ):
                    return b.sqr(x) if x is known else b.mul(x, known)
    return None


def _existing_product(b, x, y):
    """The product if the graph has it already, else None."""
    return b.existing("sqr", x) if x is y else b.existing("mul", x, y)


@rule("mul", "neg", needs="mul")
def number_into_data(b, node):
    """(x c) n is x (c n) for constant data c and a number n, unless x c is needed as it is."""
    inner = node.inputs[0]
    n = b.constant(-1.0, inner.type.dtype) if len(node.inputs) == 1 else node.inputs[1]
    if not b.is_moderate(n):
        inner, n = n, inner
    found = parts(inner, "mul")
    if found is None or not b.is_moderate(n) or not is_float(inner) or b.uses(inner) != 1:
        return None
    for x, c in (found, found[::-1]):
        if isinstance(c, Constant) and not isinstance(x, Constant):
            scaled = None if derived_bytes(c.type) > DERIVED else b.merged("mul", c, n)
            return None if scaled is None else b.mul(x, scaled)
    return None


@rule("add", needs="IncSubtensor")
def increment_of_sum(b, node):
    """x + (zeros increased in some places) is x increased there: nothing is made to be added."""
    for x, y in (node.inputs, node.inputs[::-1]):
        if x.type != node.out.type or y.type != node.out.type or isinstance(x, Constant):
            continue
        increments, inner = [], y
        while len(increments) < MOST_INCREMENTS and _is_increment(inner):
            increments.append(inner.owner)
            inner = inner.owner.inputs[0]
        if increments and is_zeros(b, inner):
            for step in reversed(increments):
                x = b.apply(step.op, x, *step.inputs[1:])
            return x
    return None


def _is_increment(v):
    op = op_of(v, IncSubtensor)
    return op is not None and not op.is_set


@rule("Take", "TakePoints", needs="Constant")
def pick_before_computing(b, node):
    """Elements picked from a matrix that is computed from others: only these are computed."""
    v, places = node.inputs[0], node.inputs[1:]
    flat = op_of(v, Reshape) is not None and v.type.ndim == 1
    if flat:
        v = v.owner.inputs[0]
    elif op_of(node.out, TakePoints) is None or node.op.axes != (0, 1):
        return None
    if not all(isinstance(i, Constant) and i.type.ndim == 1 for i in places):
        return None
    shape, n = v.type.shape, node.out.type.size
    if op_of(v, Elemwise) is None or len(shape) != 2 or None in shape or not n:
        return None
    if 2 * n > v.type.size or b.uses(v) > 1:
        return None
    rows, columns = np.broadcast_arrays(
        *(np.divmod(places[0].data % v.type.size, shape[1]) if flat else [i.data for i in places])
    )
    picked = [_picked(b, x, shape, rows % shape[0], columns % shape[1]) for x in v.owner.inputs]
    return None if None in picked else b.apply(v.owner.op, *picked)


def _picked(b, x, shape, rows, columns):
    """Elements of what broadcasts to a shape; None where picking them takes more work."""
    if isinstance(x, Constant) and x.type.size == 1:
        return b.constant(x.data.reshape(()), x.type.dtype)
    if x.type.shape == shape:
        return b.apply(TakePoints((0, 1)), x, b.constant(rows), b.constant(columns))
    base, pattern = placed(x)
    if base.type.shape != shape[:1] or pattern != (0, "x"):
        return None
    if np.array_equal(rows, np.arange(shape[0])):
        return base
    return b.apply(Take(0), base, b.constant(rows))


@rule("switch", needs="isinf")
def anchor_from_switch(b, node):
    """switch(isinf(x), 0, x) in one operation."""
    condition, zero, x = node.inputs
    inner = parts(condition, "isinf")
    if inner is None or inner[0] is not x or b.number(zero) != 0 or x.type != node.out.type:
        return None
    return b.elementwise("anchor", x) if is_float(x) else None


@rule("add", needs="log")
def logaddexp_from_logsumexp(b, node):
    """log(sum(exp(x - s))) + s of two elements, if nothing else needs the exponentials."""
    for log, shift in (node.inputs, node.inputs[::-1]):
        inner = parts(log, "log")
        x = None if inner is None else _one_of_two(b, inner[0], shift)
        if x is not None:
            (axis,) = inner[0].owner.op.axes
            spec = [[Slice()] * x.type.ndim for _ in (0, 1)]
            spec[0][axis], spec[1][axis] = 0, 1
            return b.logaddexp(*[b.apply(Subtensor(entries), x) for entries in spec])
    return None


def _one_of_two(b, total, shift):
    """``x`` if ``total`` is a sum of two exp(x - shift) that only one reader needs, else None."""
    op = op_of(total, Reduce)
    if op is None or op.row_name != "sum" or len(op.axes) != 1 or b.uses(total) != 1:
        return None
    inner = parts(total.owner.inputs[0], "exp")
    inner = None if inner is None else parts(inner[0], "sub")
    if inner is None:
        return None
    x, wide = inner
    base, pattern = placed(wide)
    if base is not shift or without_leading(pattern) != without_leading(kept(op.axes, x)):
        return None
    return x if x.type.shape[op.axes[0]] == 2 and is_float(x) else None


#: Once the graph will not be differentiated any more.
RELEASE = (drop_gradient_marks, expand_product_of_others)
EXACT = (exact_quotient,)

RULES = [
    products_from_power,
    mul_from_div_by_number,
    regroup_products,
    number_into_data,
    increment_of_sum,
    pick_before_computing,
    anchor_from_switch,
    logaddexp_from_logsumexp,
]
