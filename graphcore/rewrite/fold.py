"""Constant folding.  Merging of equal nodes needs no rule: the builder makes every node once."""

import numpy as np

from graphcore.graph.nodes import Constant, new_constant
from graphcore.rewrite.rule import rule

SMALL = 64  # elements: results up to this size are always folded


@rule("*")
def fold(b, node):
    """An operation on constants is its value, unless that would be larger than the operands."""
    size = 0
    for v in node.inputs:
        if not isinstance(v, Constant):
            return None
        size += v.data.size
    if not node.inputs:
        return None
    out = node.out.type
    if out.size is not None and out.size > max(size, SMALL):
        return None
    try:
        with np.errstate(all="ignore"):
            value = node.op.reference(*[v.data for v in node.inputs])
    except (ValueError, IndexError, ArithmeticError):
        return None  # the error belongs to the run, where it names the user's operation
    value = np.asarray(value, dtype=out.dtype)
    return b.leaf(new_constant(value)) if value.size <= max(size, SMALL) else None


RULES = [fold]
