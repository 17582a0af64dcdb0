"""Last forms before lowering: what is cheap to compute, no longer what is easy to compare."""

from graphcore.graph.nodes import Constant
from graphcore.ops.index import IncSubtensor
from graphcore.ops.markers import MARKERS
from graphcore.ops.reduce import product_of_others
from graphcore.rewrite.rule import is_float, op_of, parts, rule
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


@rule("switch", needs="isinf")
def anchor_from_switch(b, node):
    """switch(isinf(x), 0, x) in one operation."""
    condition, zero, x = node.inputs
    inner = parts(condition, "isinf")
    if inner is None or inner[0] is not x or b.number(zero) != 0 or x.type != node.out.type:
        return None
    return b.elementwise("anchor", x) if is_float(x) else None


#: Once the graph will not be differentiated any more.
RELEASE = (drop_gradient_marks, expand_product_of_others)

RULES = [products_from_power, mul_from_div_by_number, increment_of_sum, anchor_from_switch]
