"""Arithmetic: add, sub, neg, mul, true_div and their kin in one normal form.

Normal form
-----------
- ``neg`` is outside of sums and products, or inside their constants, or on the factor of the lowest
  level (see :meth:`Builder.level`); ``x + -y`` is ``x - y`` and ``-(x - y)`` is ``y - x``.
- Adding a constant is ``add(x, c)``; constants meet and merge.
- A product is ``big * small``: factors of the highest level first, then all that is of lower level,
  down to constants.  Divisors are arranged likewise.  Signs and numbers are not multiplied into
  constant arrays: ``x * data`` is the same product in a value and in its derivative.

What is kept: the value, up to rounding and the sign of a zero, wherever no intermediate result
overflows, including NaN and infinities (``x * 0`` is kept since ``inf * 0`` is NaN; ``x - x`` and
``x / x`` likewise).
Sums of variables are not reassociated: cancellation can make that arbitrarily wrong.
"""

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.rewrite.rule import head, is_float, parts, rule


def _signed(v):
    return v.type.dtype in ("float64", "float32", "int64", "int32", "int16", "int8")


# -- one operand is 0, 1 or -1 ---------------------------------------------------------------------


@rule("add", "sub", "or_", "xor", needs="special")
def drop_zero_term(b, node):
    """x + 0, 0 + x, x - 0 are x; 0 - x is -x."""
    x, y = node.inputs
    if b.number(y) == 0:
        return x
    if b.number(x) == 0:
        if node.op.row_name != "sub":
            return y
        return b.neg(y) if _signed(y) else None
    return None


@rule("mul", "true_div", needs="special")
def drop_unit_factor(b, node):
    """x * 1 and x / 1 are x; x * -1 and x / -1 are -x."""
    x, y = node.inputs
    if node.op.row_name == "mul" and isinstance(x, Constant):
        x, y = y, x
    c = b.number(y)
    if c == 1:
        return x
    if c == -1 and _signed(x):
        return b.neg(x)
    return None


@rule("mul", needs="special", mixed=True)
def zero_from_zero_factor(b, node):
    """x * 0 is 0 for integers (a float may be infinite or NaN: it is kept)."""
    if is_float(node.out):
        return None
    for v in node.inputs:
        if b.number(v) == 0:
            return v
    return None


# -- signs -----------------------------------------------------------------------------------------


@rule("neg", needs="neg sub add mul true_div")
def neg_into_operand(b, node):
    """-(-x) is x, -(x - y) is y - x, and constant terms and factors take the sign."""
    (x,) = node.inputs
    if not _signed(x) or x.owner is None:
        return None
    inner = parts(x, "neg")
    if inner is not None:
        return inner[0]
    inner = parts(x, "sub")
    if inner is not None:
        return b.sub(inner[1], inner[0])
    inner = parts(x, "add")
    if inner is not None:
        for u, v in (inner, inner[::-1]):
            if isinstance(v, Constant):
                return b.sub(b.neg(v), u)
    for name in ("mul", "true_div"):
        inner = parts(x, name)
        if inner is not None and is_float(x):
            return _neg_of_lower(b, name, *inner)
    return None


def _neg_of_lower(b, name, u, v):
    """The negative of a product or quotient, when one side is of lower level; else None."""
    if not (is_float(u) and is_float(v)):  # -0 and the smallest number differ for integers
        return None
    if _is_number(v) or b.level(v) < b.level(u):
        return b.elementwise(name, u, b.neg(v))
    if _is_number(u) or b.level(u) < b.level(v):
        return b.elementwise(name, b.neg(u), v)
    return None


def _is_number(v):
    return isinstance(v, Constant) and v.data.size == 1


@rule("mul", "true_div", needs="neg")
def neg_out_of_product(b, node):
    """(-x) * y is -(x * y), or x * (-y) where y is of lower level."""
    name = node.op.row_name
    x, y = node.inputs
    if not is_float(node.out):
        return None
    nx = parts(x, "neg") if is_float(x) else None
    ny = parts(y, "neg") if is_float(y) else None
    if nx is not None and ny is not None:
        return b.elementwise(name, nx[0], ny[0])
    if nx is not None and b.level(y) <= b.level(x):
        moved = _neg_of_lower(b, name, nx[0], y)
        return b.neg(b.elementwise(name, nx[0], y)) if moved is None else moved
    if ny is not None and b.level(x) <= b.level(y):
        moved = _neg_of_lower(b, name, x, ny[0])
        return b.neg(b.elementwise(name, x, ny[0])) if moved is None else moved
    return None


@rule("add", "sub", needs="neg")
def neg_into_sum(b, node):
    """x + (-y) is x - y, (-x) + y is y - x, x - (-y) is x + y, (-x) - y is -(x + y)."""
    x, y = node.inputs
    if not (_signed(node.out) and x.type.dtype == y.type.dtype):
        return None
    nx, ny = parts(x, "neg"), parts(y, "neg")
    if node.op.row_name == "add":
        if ny is not None:
            return b.sub(x, ny[0])
        return b.sub(y, nx[0]) if nx is not None else None
    if ny is not None:
        return b.add(x, ny[0])
    if nx is not None and not isinstance(y, Constant):
        return b.neg(b.add(nx[0], y))
    return None


# -- constants in sums -----------------------------------------------------------------------------


@rule("sub", needs="Constant")
def add_from_sub_constant(b, node):
    """x - c is x + (-c)."""
    x, c = node.inputs
    if isinstance(x, Constant) or not isinstance(c, Constant) or not _signed(node.out):
        return None
    return b.add(x, b.neg(c)) if x.type.dtype == c.type.dtype else None


def _term(v):
    """``(sign, rest, constant)`` when v is rest + constant or constant - rest, else None."""
    inner = parts(v, "add")
    if inner is not None:
        if isinstance(inner[1], Constant):
            return 1, inner[0], inner[1]
        if isinstance(inner[0], Constant):
            return 1, inner[1], inner[0]
        return None
    inner = parts(v, "sub")
    if inner is not None and isinstance(inner[0], Constant):
        return -1, inner[1], inner[0]
    return None


@rule("add", "sub", needs="add sub", also="Constant")
def merge_constant_terms(b, node):
    """(x + c1) + c2 is x + (c1 + c2), (c1 - x) + c2 is (c1 + c2) - x, c1 - (x + c2), ...

    Only where the constants add up exactly or are of similar size, so that no digits of the small
    one are lost in the large one.
    """
    x, y = node.inputs
    if not _signed(node.out):
        return None
    name = node.op.row_name
    if isinstance(x, Constant) and not isinstance(y, Constant):
        term, c, flip = _term(y), x, name == "sub"
    elif isinstance(y, Constant) and not isinstance(x, Constant):
        if name == "sub":  # written as an addition by add_from_sub_constant
            return None
        term, c, flip = _term(x), y, False
    else:
        return None
    if term is None or not all(v.type.dtype == node.out.type.dtype for v in (term[1], term[2], c)):
        return None
    sign, rest, inner = term
    if flip:
        total, sign = _exact_sum(b, c, inner, "sub"), -sign
    else:
        total = _exact_sum(b, inner, c, "add")
    if total is None:
        return None
    return b.add(rest, total) if sign > 0 else b.sub(total, rest)


def _exact_sum(b, c1, c2, name):
    total = b.merged(name, c1, c2)
    if total is None or not is_float(total):
        return total
    x, y = (c.data if c.type.shape else c.data.item() for c in (c1, c2))
    y = y if name == "add" else -y
    s = x + y
    lost = (x - (s - (s - x))) + (y - (s - x))  # rounding error of the sum (Knuth)
    near = (abs(x) * 1024 >= abs(y)) & (abs(y) * 1024 >= abs(x))
    return total if np.all((lost == 0) | near) else None


@rule("add", "sub", needs="mul neg twice")
def collect_equal_terms(b, node):
    """x + x is 2 x; x c1 + x c2 is x (c1 + c2); x + x c, likewise with sub."""
    x, y = node.inputs
    if not is_float(node.out) or not (x is y or _is_scaled(x) or _is_scaled(y)):
        return None
    (x, c1), (y, c2) = _coefficient(b, x), _coefficient(b, y)
    if x is not y or isinstance(x, Constant):
        return None
    c = c1 + c2 if node.op.row_name == "add" else c1 - c2
    return b.mul(x, c) if c != 0 else None


def _is_scaled(v):
    return v.owner is not None and head(v.owner.op) in ("mul", "neg")


def _coefficient(b, v):
    """``(x, c)`` with v = x c for a moderate number c."""
    inner = parts(v, "mul")
    if inner is not None:
        for x, c in (inner, inner[::-1]):
            if b.is_moderate(c):
                return x, b.number(c)
    inner = parts(v, "neg")
    return (v, 1.0) if inner is None else (inner[0], -1.0)


# -- products --------------------------------------------------------------------------------------


@rule("mul", "true_div", needs="mul true_div", also="Constant")
def merge_constant_factors(b, node):
    """(x c1) c2 is x (c1 c2), (x / c1) / c2 is x / (c1 c2), (x c1) / c2 is x (c1 / c2), ..."""
    x, y = node.inputs
    dtype = node.out.type.dtype
    name = node.op.row_name
    if name == "mul" and isinstance(x, Constant):
        x, y = y, x
    if isinstance(x, Constant) or not isinstance(y, Constant) or y.type.dtype != dtype:
        return None
    before = x.owner.op.head if x.owner is not None else None
    if before == "mul":
        inner = x.owner.inputs
        for u, c in (inner, inner[::-1]):
            if isinstance(c, Constant) and c.type.dtype == dtype == u.type.dtype:
                if _is_number(y) != _is_number(c):
                    return None
                both = b.merged(name, c, y)
                return None if both is None else b.mul(u, both)
    if before == "true_div" and is_float(node.out):
        u, c = x.owner.inputs
        if isinstance(c, Constant) and c.type.dtype == dtype == u.type.dtype:
            if name == "true_div":
                both = b.merged("mul", c, y)
                return None if both is None else b.true_div(u, both)
            both = b.merged("true_div", y, c)
            return None if both is None else b.mul(u, both)
        if isinstance(u, Constant) and u.type.dtype == dtype == c.type.dtype:
            both = b.merged(name, u, y)
            return None if both is None else b.true_div(both, c)
    return None


@rule("true_div", needs="Constant")
def mul_from_div_power_of_two(b, node):
    """x / 2 is x * 0.5: exact for powers of two, and products merge better."""
    x, y = node.inputs
    c = b.number(y)
    if c is None or not is_float(x) or x.type.dtype != y.type.dtype or not b.is_moderate(y):
        return None
    return b.mul(x, 1 / c) if np.frexp(c)[0] in (0.5, -0.5) else None


@rule("true_div", needs="special")
def reciprocal_from_div(b, node):
    """1 / x is reciprocal(x)."""
    x, y = node.inputs
    if not is_float(y) or y.type.dtype != node.out.type.dtype:
        return None
    return b.reciprocal(y) if b.number(x) == 1 else None


@rule("reciprocal", needs="reciprocal true_div neg")
def drop_double_reciprocal(b, node):
    """1 / (1 / x) is x; 1 / (x / y) is y / x; 1 / (-x) is -(1 / x)."""
    (x,) = node.inputs
    inner = parts(x, "reciprocal")
    if inner is not None and is_float(inner[0]):
        return inner[0]
    inner = parts(x, "true_div")
    if inner is not None and all(is_float(v) for v in inner):
        return b.true_div(inner[1], inner[0])
    inner = parts(x, "neg")
    return b.neg(b.reciprocal(inner[0])) if inner is not None and is_float(x) else None


@rule("mul", "true_div", needs="mul true_div reciprocal")
def group_factors(b, node):
    """Factors of the highest level meet first, then the others: (v s) t is v (s t)."""
    x, y = node.inputs
    first, second = b.split(x), b.split(y)
    if first is None and second is None:
        return None
    flip, dtype = node.op.row_name == "true_div", node.out.type.dtype
    factors = first or [(x, False)]
    factors = factors + [(v, den != flip) for v, den in second or [(y, False)]]
    if not is_float(node.out) or any(v.type.dtype != dtype for v, _ in factors):
        return None
    levels = [b.level(v) for v, _ in factors]
    top = max(levels)
    big = [f for f, level in zip(factors, levels, strict=True) if level == top]
    small = [f for f, level in zip(factors, levels, strict=True) if level < top]
    return _fraction(b, big, small)


def _fraction(b, big, small):
    """big * small, each a list of factors and divisors, as few operations as possible."""
    num, den = _products(b, big)
    low, under = _products(b, small)
    if under is not None and b.is_moderate(under) and (low is not None or len(big) > 1):
        inverse = b.constant(1 / b.number(under), under.type.dtype)
        under, low = None, inverse if low is None else b.mul(low, inverse)
    if low is not None and under is not None:
        low, under = b.true_div(low, under), None
    if num is None and low is not None:
        num, low = low, None
    if num is None:
        num = b.reciprocal(den)
    elif den is not None:
        num = b.true_div(num, den)
    if low is not None:
        num = b.mul(num, low)
    return num if under is None else b.true_div(num, under)


def _products(b, factors):
    """``(product of the factors, product of the divisors)``; None for an empty product."""
    sides = [None, None]
    for v, den in factors:
        sides[den] = v if sides[den] is None else b.mul(sides[den], v)
    return sides


RULES = [
    drop_zero_term,
    drop_unit_factor,
    zero_from_zero_factor,
    neg_into_operand,
    neg_out_of_product,
    neg_into_sum,
    add_from_sub_constant,
    merge_constant_terms,
    collect_equal_terms,
    reciprocal_from_div,
    drop_double_reciprocal,
    merge_constant_factors,
    mul_from_div_power_of_two,
    group_factors,
]
