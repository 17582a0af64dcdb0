"""Reductions: as little as possible stays on the axes that are summed over.

A factor or a term that does not vary along the reduced axes leaves the sum; what is left of
``sum(-0.5 * ((y - mu) / sigma)**2 - log(sigma))`` is one pass over ``y`` that squares and sums.

Terms are taken out only where the lengths are known, and only if they are not needed element by
element anyway.  Moving a factor out supposes that it is finite (``inf * (1 - 0.5)`` is not
``inf * 1 - inf * 0.5``).
"""

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.ops.reduce import Reduce
from graphcore.ops.shape import BroadcastTo
from graphcore.rewrite.facts import is_nonnegative
from graphcore.rewrite.rule import head, is_float, op_of, parts, rule

MAX_PARTS = 64  # factors or terms that are looked at

_REDUCTIONS = ("sum", "prod", "max", "min", "any", "all")


# -- how an operand lies on the axes of a result ---------------------------------------------------


def is_fixed(v, axes, ndim):
    """Whether ``v`` does not vary along any of the axes."""
    shape = v.type.shape
    lead = ndim - len(shape)
    return all(a < lead or shape[a - lead] == 1 for a in axes)


def without_axes(b, v, axes, ndim):
    """``v``, which is fixed along the axes, as it lies on what is left when these are gone."""
    lead = ndim - v.type.ndim
    return b.dimshuffle(v, [i for i in range(v.type.ndim) if i + lead not in axes])


def total(b, v, axes, shape):
    """Sum over ``axes`` of ``v``, whose shape must be known, broadcast to the static ``shape``."""
    ndim = len(shape)
    spread = [a for a in axes if is_fixed(v, [a], ndim)]
    count = 1
    for a in spread:
        count *= shape[a]
    lead = ndim - v.type.ndim
    summed = tuple(a - lead for a in axes if a not in spread)
    if spread:
        v = without_axes(b, v, spread, ndim)
        dropped = [a - lead for a in spread if a >= lead]
        summed = tuple(a - sum(d < a for d in dropped) for a in summed)
    if summed:
        v = b.apply(Reduce("sum", summed), v)
    return v if count == 1 else b.mul(v, float(count))


# -- any reduction ---------------------------------------------------------------------------------


@rule(*_REDUCTIONS)
def drop_reduction_of_nothing(b, node):
    """A reduction over no axes, or only over axes of length 1, combines nothing."""
    (x,) = node.inputs
    axes = node.op.axes
    short = [a for a in axes if x.type.shape[a] == 1]
    if len(short) < len(axes) and not short:
        return None
    rest = [i for i in range(x.type.ndim) if i not in short]
    y = b.dimshuffle(x, rest)
    if len(short) == len(axes):
        return b.cast(y, node.out.type.dtype)
    return b.apply(node.op.along([rest.index(a) for a in axes if a in rest]), y)


@rule(*_REDUCTIONS, needs="sum prod max min any all")
def merge_double_reduction(b, node):
    """sum(sum(x, 0), 0) is sum(x, (0, 1)); likewise for every reduction."""
    (x,) = node.inputs
    inner = op_of(x, Reduce)
    if inner is None or inner.along(()) != node.op.along(()):
        return None
    (source,) = x.owner.inputs
    kept = [i for i in range(source.type.ndim) if i not in inner.axes]
    axes = sorted([*inner.axes, *(kept[a] for a in node.op.axes)])
    return b.apply(inner.along(axes), source)


@rule("max", "min", "any", "all", "sum", needs="BroadcastTo")
def reduction_of_broadcast(b, node):
    """The sum of a broadcast is a multiple; its max, min, any and all are those of the operand."""
    (x,) = node.inputs
    if op_of(x, BroadcastTo) is None or not x.type.is_static or 0 in x.type.shape:
        return None
    source, axes, ndim = x.owner.inputs[0], node.op.axes, x.type.ndim
    if not source.type.is_static:  # an unknown length may be 1
        return None
    spread = [a for a in axes if is_fixed(source, [a], ndim)]
    if not spread:
        return None
    if node.op.row_name == "sum":
        return total(b, source, axes, x.type.shape) if is_float(x) else None
    lead = ndim - source.type.ndim
    y = without_axes(b, source, spread, ndim)
    dropped = [a - lead for a in spread if a >= lead]
    rest = [a - lead for a in axes if a not in spread]
    return b.apply(node.op.along([a - sum(d < a for d in dropped) for a in rest]), y)


@rule("sum", needs="Dimshuffle")
def sum_of_dimshuffle(b, node):
    """A sum over all axes does not need them permuted or expanded."""
    (x,) = node.inputs
    if not head_is(x, "Dimshuffle") or len(node.op.axes) < x.type.ndim:
        return None
    (source,) = x.owner.inputs
    if set(range(source.type.ndim)) <= set(x.owner.op.pattern):
        return b.apply(Reduce("sum", tuple(range(source.type.ndim))), source)
    return None


def head_is(v, name):
    return v.owner is not None and head(v.owner.op) == name


# -- factors ---------------------------------------------------------------------------------------


def _factors(b, x, is_out, depth=3):
    """Product ``x`` as ``(inside, outside)``, each ``[(factor, is a divisor)]``; None if all in.

    Squares are looked into, ``depth`` deep.
    """
    inside, outside = [], []
    stack, seen = [(x, False)], 0
    while stack:
        v, den = stack.pop()
        seen += 1
        if is_out(v):
            outside.append((v, den))
            continue
        name = head(v.owner.op) if v.owner is not None and seen < MAX_PARTS else None
        if v.type.dtype != x.type.dtype:  # computed in another type, and converted
            name = None
        if name == "mul":
            stack += [(v.owner.inputs[1], den), (v.owner.inputs[0], den)]
        elif name == "true_div":
            stack += [(v.owner.inputs[1], not den), (v.owner.inputs[0], den)]
        elif name == "reciprocal":
            stack.append((v.owner.inputs[0], not den))
        elif name == "neg":
            stack.append((v.owner.inputs[0], den))
            outside.append((b.constant(-1.0, v.type.dtype), False))
        elif name == "sqr" and depth and _is_product(v.owner.inputs[0]):
            split = _factors(b, v.owner.inputs[0], is_out, depth - 1)
            if split is None:
                inside.append((v, den))
            else:
                kept, left = (b.sqr(_ratio(b, *_two(b, side))) for side in split)
                inside.append((kept, den))
                outside.append((left, den))
        else:
            inside.append((v, den))
    if not inside or not outside:
        return None
    return [[(b.cast(v, x.type.dtype), den) for v, den in side] for side in (inside, outside)]


def _is_product(v):
    return v.owner is not None and head(v.owner.op) in ("mul", "true_div", "reciprocal")


def _two(b, factors):
    """``(product of the factors, product of the divisors)``; None for an empty product."""
    sides = [None, None]
    for v, den in factors:
        sides[den] = v if sides[den] is None else b.mul(sides[den], v)
    return sides


def _ratio(b, num, den):
    if den is None:
        return num
    return b.reciprocal(den) if num is None else b.true_div(num, den)


@rule("sum", needs="mul true_div reciprocal neg sqr")
def factor_out_of_sum(b, node):
    """sum(x s) is sum(x) s for factors and divisors s that do not vary along the summed axes."""
    (x,) = node.inputs
    axes, ndim = node.op.axes, x.type.ndim
    if not is_float(x) or not (_is_product(x) or head_is(x, "neg") or head_is(x, "sqr")):
        return None
    known = all(x.type.shape[a] for a in axes)  # every length known and not zero

    def is_out(v):
        if isinstance(v, Constant):  # infinities of both signs have another sum than one of them
            return is_fixed(v, axes, ndim) and bool((np.isfinite(v.data) & (v.data != 0)).all())
        return known and is_fixed(v, axes, ndim)

    split = _factors(b, x, is_out)
    if split is None:
        return None
    inside = _ratio(b, *_two(b, split[0]))
    lead = ndim - inside.type.ndim
    if any(a < lead or inside.type.shape[a - lead] != x.type.shape[a] for a in axes):
        return None
    result = b.apply(Reduce("sum", tuple(a - lead for a in axes)), inside)
    outside = [(without_axes(b, v, axes, ndim), den) for v, den in split[1]]
    num, den = _two(b, outside)
    if num is not None:
        result = b.mul(result, num)
    return result if den is None else b.true_div(result, den)


# -- terms -----------------------------------------------------------------------------------------


def signed_terms(x):
    """Sum ``x`` as a list of ``(sign, term)``."""
    found, stack, seen = [], [(1, x)], 0
    while stack:
        sign, v = stack.pop()
        seen += 1
        name = head(v.owner.op) if v.owner is not None and seen < MAX_PARTS else None
        if name == "add":
            stack += [(sign, v.owner.inputs[1]), (sign, v.owner.inputs[0])]
        elif name == "sub":
            stack += [(-sign, v.owner.inputs[1]), (sign, v.owner.inputs[0])]
        elif name == "neg":
            stack.append((-sign, v.owner.inputs[0]))
        else:
            found.append((sign, v))
    return found


def sum_of_terms(b, terms):
    """The sum of signed terms; None for none."""
    result = None
    for sign, v in sorted(terms, key=lambda t: -t[0]):  # positive ones first
        if result is None:
            result = v if sign > 0 else b.neg(v)
        else:
            result = b.add(result, v) if sign > 0 else b.sub(result, v)
    return result


@rule("sum", needs="add sub")
def term_out_of_sum(b, node):
    """sum(x + s) is sum(x) + n s for terms s that are constant or do not vary along the axes."""
    (x,) = node.inputs
    axes, shape = node.op.axes, x.type.shape
    if not is_float(x) or not (head_is(x, "add") or head_is(x, "sub")):
        return None
    if not x.type.is_static or 0 in shape or b.uses(x) > 1:
        return None
    terms = signed_terms(x)
    out = [t for t in terms if _leaves(b, t[1], axes, len(shape))]
    if not out or _is_residual(terms, axes, x):
        return None
    if any(v.type.dtype != x.type.dtype or not v.type.is_static for _, v in terms):
        return None  # a term of unknown length may be broadcast
    rest = sum_of_terms(b, [t for t in terms if t not in out])
    fixed = sum_of_terms(b, [t for t in out if is_fixed(t[1], axes, len(shape))])
    sums = [] if rest is None else [total(b, rest, axes, shape)]
    if fixed is not None:
        sums.append(total(b, fixed, axes, shape))
    varying = [t for t in out if not is_fixed(t[1], axes, len(shape))]
    return sum_of_terms(
        b, [(1, v) for v in sums] + [(s, total(b, v, axes, shape)) for s, v in varying]
    )


def _leaves(b, v, axes, ndim):
    """Whether the sum of this term needs no pass over data at run time."""
    if isinstance(v, Constant) or is_fixed(v, axes, ndim):
        return True
    if _is_product(v):
        split = _factors(b, v, lambda u: is_fixed(u, axes, ndim))
        return split is not None and all(isinstance(u, Constant) for u, _ in split[0])
    inner = parts(v, "xlogy")
    return inner is not None and _is_count(b, inner[0]) and is_fixed(inner[1], axes, ndim)


def _is_residual(terms, axes, x):
    """Whether this is ``y - m`` of data and a mean: its sum would cancel if it were taken apart."""
    return len(terms) == 2 and all(
        isinstance(v, Constant) or is_fixed(v, axes, x.type.ndim) for _, v in terms
    )


def _is_count(b, v):
    return isinstance(v, Constant) and is_nonnegative(b, v) and bool(np.isfinite(v.data).all())


@rule("sum", needs="xlogy xlog1py")
def sum_of_xlogy_of_number(b, node):
    """sum(xlogy(c, y)) is xlogy(sum(c), y) for constant c >= 0 and y fixed along the axes."""
    (x,) = node.inputs
    inner = parts(x, "xlogy") or parts(x, "xlog1py")
    axes, ndim = node.op.axes, x.type.ndim
    if not inner or not _is_count(b, inner[0]) or not is_fixed(inner[1], axes, ndim):
        return None
    if not x.type.is_static:
        return None
    counts = total(b, b.cast(inner[0], x.type.dtype), axes, x.type.shape)
    return b.elementwise(head(x.owner.op), counts, without_axes(b, inner[1], axes, ndim))


@rule("sum", needs="switch")
def switch_out_of_sum(b, node):
    """sum(switch(c, x, y)) is switch(c, sum(x), sum(y)) for c fixed along the axes."""
    (x,) = node.inputs
    inner = parts(x, "switch")
    axes, shape = node.op.axes, x.type.shape
    if inner is None or not is_float(x) or not x.type.is_static or 0 in shape:
        return None
    cond, u, v = inner
    if not is_fixed(cond, axes, len(shape)) or u.type.dtype != v.type.dtype:
        return None
    if not (u.type.is_static and v.type.is_static):
        return None
    cond = without_axes(b, cond, axes, len(shape))
    return b.switch(cond, total(b, u, axes, shape), total(b, v, axes, shape))


RULES = [
    drop_reduction_of_nothing,
    merge_double_reduction,
    reduction_of_broadcast,
    sum_of_dimshuffle,
    factor_out_of_sum,
    sum_of_xlogy_of_number,
    switch_out_of_sum,
    term_out_of_sum,
]
