"""What can be known of a variable without its value: its sign, and what has the same shape."""

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.ops.elementwise import Cast, Elemwise
from graphcore.ops.shape import BroadcastLike, StopGradient
from graphcore.rewrite.rule import head

DEPTH = 8  # how far an answer is looked for

_NONNEGATIVE = frozenset(["exp", "sqr", "abs", "sqrt", "sigmoid", "softplus", "cosh", "erfc",
                          "erfcx"])  # fmt: skip
_KEEPS_SIGN = frozenset(["add", "mul", "maximum", "minimum", "sum", "prod",
                         "max", "min", "Dimshuffle", "Reshape", "BroadcastTo", "BroadcastLike",
                         "log1p", "expm1", "floor", "ceil", "round", "tanh", "erf",
                         "StopGradient"])  # fmt: skip
_VALUE_ONLY = frozenset(["Reshape", "BroadcastTo", "BroadcastLike"])


def is_nonnegative(b, v, depth=DEPTH):
    """Whether every element is known to be >= 0 or NaN."""
    if isinstance(v, Constant):
        key = ("nonnegative", id(v))
        if key not in b.facts:
            b.keep(v)
            b.facts[key] = v.data.dtype.kind in "bufi" and not bool((v.data < 0).any())
        return b.facts[key]
    if v.owner is None or depth == 0:
        return v.type.dtype == "bool" or v.type.dtype.startswith("uint")
    name = head(v.owner.op)
    if name in _NONNEGATIVE or v.type.dtype == "bool":
        return True
    inputs = v.owner.inputs
    if name == "mul" and inputs[0] is inputs[1]:
        return True
    if name in _VALUE_ONLY:
        inputs = inputs[:1]
    elif name == "switch":
        inputs = inputs[1:]
    elif name not in _KEEPS_SIGN:
        return False
    return all(is_nonnegative(b, x, depth - 1) for x in inputs)


def shape_source(b, v, depth=DEPTH):
    """A variable of surely the same shape as ``v``, as far up the graph as it can be found."""
    key = ("source", id(v))
    found = b.facts.get(key)
    if found is None:
        found = v
        for _ in range(64):
            above = _same_shape_input(b, found, depth)
            if above is None:
                break
            found = above
        b.facts[key] = found
        b.keep(v)
    return found


def _same_shape_input(b, v, depth):
    node = v.owner
    if node is None:
        return None
    op = node.op
    if isinstance(op, Elemwise):
        spread = [x for x in node.inputs if any(n != 1 for n in x.type.shape)]
        if not spread or any(x.type.ndim > spread[0].type.ndim for x in node.inputs):
            return None
        if len(spread) > 1 and any(x is not spread[0] for x in spread):
            if depth == 0 or any(x.type.ndim != v.type.ndim for x in spread):
                return None
            sources = [shape_source(b, x, depth - 1) for x in spread]
            return sources[0] if all(s is sources[0] for s in sources) else None
        return spread[0]
    if isinstance(op, (Cast, StopGradient)):
        return node.inputs[0]
    return node.inputs[1] if isinstance(op, BroadcastLike) else None


def same_shape(b, x, y):
    """Whether two variables surely have the same shape at run time."""
    if x is y or (x.type.is_static and x.type.shape == y.type.shape):
        return True
    return x.type.ndim == y.type.ndim and shape_source(b, x) is shape_source(b, y)


def keeps_shape(b, x, node):
    """Whether ``x`` alone surely has the shape of the result of ``node``."""
    out = node.out.type
    if out.is_static:
        return x.type.shape == out.shape
    if x.type.ndim != out.ndim:
        return False
    return same_shape(b, x, node.out) or all(
        v is x or all(n == 1 for n in v.type.shape) for v in node.inputs
    )


def has_zero(v):
    """Whether a constant has an element that is zero; True for what is not constant."""
    return not isinstance(v, Constant) or bool(np.any(v.data == 0))
