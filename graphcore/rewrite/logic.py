"""Selection, comparison and logic."""

from graphcore.graph.nodes import Constant
from graphcore.rewrite.facts import keeps_shape
from graphcore.rewrite.rule import head, parts, rule


def _is_bool(v):
    return v.type.dtype == "bool"


@rule("switch")
def branch_from_switch(b, node):
    """switch(True, x, y) is x; switch(c, x, x) is x."""
    cond, x, y = node.inputs
    c = b.number(cond)
    if c is not None and c == c:
        x = x if c else y
    elif x is not y:
        return None
    if keeps_shape(b, x, node) or node.out.type.is_static:
        return x
    return None


@rule("switch", needs="not_ lnot")
def drop_not_of_condition(b, node):
    """switch(not c, x, y) is switch(c, y, x)."""
    cond, x, y = node.inputs
    inner = parts(cond, "not_") or parts(cond, "lnot")
    if inner and _is_bool(inner[0]):
        return b.switch(inner[0], y, x)
    return None


@rule("switch", needs="switch")
def merge_nested_switch(b, node):
    """switch(c, switch(c, x, y), z) is switch(c, x, z); switch(c, switch(d, x, z), z) needs one."""
    cond, x, y = node.inputs
    inner = parts(x, "switch")
    if inner is not None:
        if inner[0] is cond and keeps_shape(b, inner[1], x.owner):
            return b.switch(cond, inner[1], y)
        same = _is_bool(cond) and _is_bool(inner[0]) and inner[0].type == cond.type
        if inner[2] is y and same and cond.type.is_static:
            return b.switch(b.and_(cond, inner[0]), inner[1], y)
    inner = parts(y, "switch")
    if inner is not None and inner[0] is cond and keeps_shape(b, inner[2], y.owner):
        return b.switch(cond, x, inner[2])
    return None


@rule("and_", "or_", "xor")
def simple_logic(b, node):
    """c and True is c, c or True is True, c and c is c, ..."""
    name = node.op.row_name
    x, y = node.inputs
    if x is y:
        return None if name == "xor" else x
    if isinstance(x, Constant):
        x, y = y, x
    c = b.number(y)
    if c is None or not (_is_bool(x) and _is_bool(y)):
        return None
    if name == "xor":
        return b.not_(x) if c else x
    return x if c == (name == "and_") else y


_OPPOSITE = {"eq": "ne", "ne": "eq"}


@rule("not_", needs="not_ eq ne")
def not_into_operand(b, node):
    """not not c is c; not (x == y) is x != y.  (not (x < y) is true for NaN: it is kept.)"""
    (x,) = node.inputs
    inner = parts(x, "not_")
    if inner is not None:
        return inner[0]
    if x.owner is None or not _is_bool(x):
        return None
    name = _OPPOSITE.get(head(x.owner.op))
    return None if name is None else b.elementwise(name, *x.owner.inputs)


@rule("eq", "ne", needs="Constant")
def drop_comparison_of_bool(b, node):
    """c == True and c != False are c; c == False and c != True are not c."""
    x, y = node.inputs
    if isinstance(x, Constant):
        x, y = y, x
    c = b.number(y)
    if c not in (0, 1) or not _is_bool(x):
        return None
    return x if bool(c) == (node.op.row_name == "eq") else b.not_(x)


@rule("maximum", "minimum")
def simple_extremum(b, node):
    """maximum(x, x) and maximum(x, -inf) are x."""
    x, y = node.inputs
    if x is y:
        return x
    if isinstance(x, Constant):
        x, y = y, x
    worst = float("-inf") if node.op.row_name == "maximum" else float("inf")
    return x if b.number(y) == worst else None


@rule("clip", needs="Constant")
def extremum_from_clip(b, node):
    """clip(x, -inf, h) is minimum(x, h); clip(x, l, inf) is maximum(x, l)."""
    x, low, high = node.inputs
    if b.number(low) == float("-inf"):
        return b.minimum(x, high)
    return b.maximum(x, low) if b.number(high) == float("inf") else None


RULES = [
    branch_from_switch,
    drop_not_of_condition,
    merge_nested_switch,
    simple_logic,
    not_into_operand,
    drop_comparison_of_bool,
    simple_extremum,
    extremum_from_clip,
]
