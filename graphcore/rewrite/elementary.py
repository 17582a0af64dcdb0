"""Powers, exponentials, logarithms and casts: forms that need fewer or cheaper functions.

All of these hold on the whole domain, including zeros, infinities and NaN, up to rounding, to
overflow that the new form avoids, and to the sign of a zero.  The one exception is ``x ** 0.5``,
which NumPy takes to be inf at -inf, where the square root is NaN.
"""

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.ops.elementwise import Cast, elemwise
from graphcore.rewrite.facts import has_zero, is_nonnegative
from graphcore.rewrite.rule import is_float, op_of, parts, rule


@rule("pow", needs="Constant")
def simple_power(b, node):
    """x ** c for c = 0, 1, 2, 0.5, -1, -2, and -0.5 where x is known to be >= 0."""
    x, y = node.inputs
    c = b.number(y)
    if c is None:
        return None
    if c == 1:
        return x
    if x.type.dtype != node.out.type.dtype:
        return None
    if c == 2:
        return b.sqr(x)
    if not is_float(x):
        return None
    if c == 0:
        return b.constant(1.0, x.type.dtype)
    if c == 0.5:
        return b.sqrt(x)
    if c == -0.5 and is_nonnegative(b, x):  # NumPy's -0.0 ** -0.5 is +inf
        return b.reciprocal(b.sqrt(x))
    if c == -1:
        return b.reciprocal(x)
    return b.reciprocal(b.sqr(x)) if c == -2 else None


@rule("mul", needs="twice")
def sqr_from_mul(b, node):
    """x * x is sqr(x)."""
    x, y = node.inputs
    return b.sqr(x) if x is y and x.type.dtype != "bool" else None


@rule("sqr", "abs", "cosh", needs="neg abs")
def drop_sign_of_even(b, node):
    """sqr(-x), abs(-x), cosh(-x), sqr(abs(x)), abs(abs(x)) do not need the sign."""
    (x,) = node.inputs
    if not is_float(x):
        return None
    for name in ("neg", "abs"):
        inner = parts(x, name)
        if inner is not None:
            return b.elementwise(node.op.row_name, inner[0])
    return None


@rule("sqr", needs="mul true_div sqrt")
def sqr_of_scaled(b, node):
    """sqr(x c) is sqr(x) c**2, also for an array x and a number c; sqr(sqrt(x)) is x for x >= 0."""
    (x,) = node.inputs
    if not is_float(x):
        return None
    inner = parts(x, "mul")
    if inner is not None:
        for u, c in (inner, inner[::-1]):
            if b.is_moderate(c) and u.type.dtype == x.type.dtype:
                return b.mul(b.sqr(u), b.number(c) ** 2)
    for name in ("mul", "true_div"):
        inner = parts(x, name)
        if inner is not None and all(v.type.dtype == x.type.dtype for v in inner):
            u, c = inner
            if name == "mul" and b.level(u) < b.level(c):
                u, c = c, u
            if b.level(u) > b.level(c):
                return b.elementwise(name, b.sqr(u), b.sqr(c))
    inner = parts(x, "sqrt")
    return inner[0] if inner is not None and is_nonnegative(b, inner[0]) else None


@rule("sqrt", needs="sqr")
def abs_from_sqrt_sqr(b, node):
    """sqrt(sqr(x)) is abs(x)."""
    inner = parts(node.inputs[0], "sqr")
    return b.abs(inner[0]) if inner is not None and is_float(inner[0]) else None


@rule("abs")
def drop_abs_of_nonnegative(b, node):
    """abs(x) is x where x is known to be >= 0."""
    (x,) = node.inputs
    return x if x.owner is not None and is_nonnegative(b, x) else None


@rule("log", needs="exp mul true_div")
def drop_log_of_exp(b, node):
    """log(exp(x)) is x; log(exp(x) y) is x + log(y); log(exp(x) / y), log(y / exp(x)) likewise."""
    (x,) = node.inputs
    inner = parts(x, "exp")
    if inner is not None:
        return inner[0]
    inner = parts(x, "mul")
    if inner is not None:
        for u, v in (inner, inner[::-1]):
            up = parts(u, "exp")
            if up is not None:
                return b.add(up[0], b.log(v))
    inner = parts(x, "true_div")
    if inner is not None:
        up, down = parts(inner[0], "exp"), parts(inner[1], "exp")
        if up is not None and down is not None:
            return b.sub(up[0], down[0])
        if up is not None:
            return b.sub(up[0], b.log(inner[1]))
        if down is not None:
            return b.sub(b.log(inner[0]), down[0])
    return None


@rule("log", needs="sqrt pow sqr reciprocal")
def log_of_power(b, node):
    """log(sqrt(x)) is log(x) / 2; log(x ** c), log(sqr(x)), log(1 / x) likewise where x >= 0."""
    (x,) = node.inputs
    inner = parts(x, "sqrt")
    if inner is not None:
        return b.mul(b.log(inner[0]), 0.5)
    if not is_float(x):
        return None
    inner = parts(x, "pow")
    if inner is not None:
        if b.is_moderate(inner[1]) and is_nonnegative(b, inner[0]):
            return b.mul(b.log(inner[0]), b.number(inner[1]))
        return None
    inner = parts(x, "sqr")
    if inner is not None:
        u = inner[0] if is_nonnegative(b, inner[0]) else b.abs(inner[0])
        return b.mul(b.log(u), 2.0)
    inner = parts(x, "reciprocal")
    if inner is not None and parts(inner[0], "exp") is not None:
        return b.neg(b.log(inner[0]))
    return None


@rule("exp", needs="log")
def drop_exp_of_log(b, node):
    """exp(log(x)) is x where x is known to be >= 0."""
    (x,) = node.inputs
    inner = parts(x, "log")
    return inner[0] if inner is not None and is_nonnegative(b, inner[0]) else None


@rule("reciprocal", "true_div", needs="exp")
def exp_of_neg_from_div(b, node):
    """1 / exp(x) is exp(-x)."""
    inner = parts(node.inputs[-1], "exp")
    if inner is None or (len(node.inputs) == 2 and b.number(node.inputs[0]) != 1):
        return None
    return b.exp(b.neg(inner[0])) if inner[0].type.dtype == node.out.type.dtype else None


@rule("exp", needs="mul")
def power_from_exp_of_log(b, node):
    """exp(c log(x)) is a power of x for c = 2, 0.5, -0.5, -1, -2 where x is known to be >= 0."""
    (x,) = node.inputs
    inner = parts(x, "mul")
    if inner is None:
        return None
    for u, c in (inner, inner[::-1]):
        base = parts(u, "log")
        if base is None or b.number(c) not in (2, 0.5, -0.5, -1, -2):
            continue
        if base[0].type.dtype == x.type.dtype and is_nonnegative(b, base[0]):
            return b.pow(base[0], b.number(c))
    return None


_LOGS = {"xlogy": "log", "xlog1py": "log1p"}


@rule("xlogy", "xlog1py", needs="exp sigmoid neg expm1")
def product_from_xlogy(b, node):
    """xlogy(c, exp(x)) is c x, and 0 where c is 0; likewise for the sigmoid."""
    c, y = node.inputs
    log = _LOGS[node.op.row_name]
    inner = y.owner
    if inner is None or y.type.dtype != node.out.type.dtype:
        return None
    if log == "log":
        known = parts(y, "exp") or parts(y, "sigmoid")
    else:
        minus = parts(y, "neg")
        known = minus and (parts(minus[0], "exp") or parts(minus[0], "sigmoid"))
        known = known or parts(y, "expm1")
    if not known:
        return None
    x = b.elementwise(log, y)
    if has_zero(c):  # there the logarithm of what has none must not count, but a NaN must stay
        x = b.switch(b.eq(c, 0), b.clip(known[0], -1.0, 1.0), x)
    return b.mul(c, x)


@rule("xlogy", "xlog1py", needs="Constant")
def log_from_xlogy(b, node):
    """xlogy(1, y) is log(y), xlogy(x, c) is log(c) x for finite log(c); xlogy(0, y) is kept."""
    c, y = node.inputs
    log = _LOGS[node.op.row_name]
    if isinstance(y, Constant):
        value = elemwise(log).reference(y.data)
        same = value.dtype == c.type.dtype == node.out.type.dtype
        return b.mul(c, b.constant(value)) if same and np.isfinite(value).all() else None
    if b.number(c) != 1 or y.type.dtype != node.out.type.dtype:
        return None
    return b.elementwise(log, y)


@rule("Cast")
def merge_casts(b, node):
    """A cast to the type a value has is dropped; a cast that loses nothing is, before another."""
    (x,) = node.inputs
    if x.type.dtype == node.op.dtype:
        return x
    inner = op_of(x, Cast)
    if inner is not None:
        (source,) = x.owner.inputs
        if _lossless(source.type.dtype, inner.dtype):
            return b.cast(source, node.op.dtype)
    return None


def _lossless(source, target):
    if target == "float64" and source in ("int64", "uint64"):
        return False
    return np.can_cast(source, target, "safe")


RULES = [
    simple_power,
    sqr_from_mul,
    drop_sign_of_even,
    sqr_of_scaled,
    abs_from_sqrt_sqr,
    drop_abs_of_nonnegative,
    drop_log_of_exp,
    log_of_power,
    drop_exp_of_log,
    power_from_exp_of_log,
    exp_of_neg_from_div,
    product_from_xlogy,
    log_from_xlogy,
    merge_casts,
]
