"""Constant folding.  Merging of equal nodes needs no rule: the builder makes every node once."""

import math

import numpy as np

from graphcore import kernels
from graphcore.graph.large import DERIVED, PIECE, is_mapped
from graphcore.graph.nodes import Constant, new_constant
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Cast, Elemwise, signature
from graphcore.ops.scan import Scan
from graphcore.ops.shape import BroadcastLike, BroadcastTo, Dimshuffle
from graphcore.optable import ROWS
from graphcore.rewrite.rule import rule, same

SMALL = 4096  # elements: results up to this size are always folded
ARRANGED = 64  # elements up to which an arrangement of a constant is a constant of its own
MANY_STEPS = 1000  # elements of a loop that are not folded


@rule("*", needs="Constant", only="Constant")
def fold(b, node):
    """An operation on constants is its value, unless that would be larger than the operands.

    What only arranges a large constant anew (a transpose, say) is kept too: the arrangement costs
    nothing when the array is read, and its data stays recognisable.
    """
    size = sum([v.data.size for v in node.inputs])
    if isinstance(node.op, (BroadcastTo, BroadcastLike)):
        return None
    out = node.out.type
    if out.size is not None and out.size > max(size, SMALL):
        return None
    if isinstance(node.op, (Elemwise, Cast)) and (
        derived_bytes(out) > DERIVED or any(is_mapped(v.data) for v in node.inputs)
    ):
        return None  # computed again and again, but not kept
    if isinstance(node.op, Scan) and (out.size is None or out.size > MANY_STEPS):
        return None  # the reference takes its time for every step
    if isinstance(node.op, Dimshuffle) and size > ARRANGED and _permutes(node.op.pattern):
        return None
    try:
        with np.errstate(all="ignore"):
            value = _value(node.op, [v.data for v in node.inputs])
    except (ValueError, IndexError, ArithmeticError):
        return None  # the error belongs to the run, where it names the user's operation
    value = np.asarray(value, dtype=out.dtype)
    return b.leaf(new_constant(value)) if value.size <= max(size, SMALL) else None


def derived_bytes(type):
    """Bytes of an array of known shape; 0 if the shape is not known."""
    return (type.size or 0) * type.numpy_dtype.itemsize


@rule("sum", "max", "min", "any", "all")
def fold_reduction(b, node):
    """A number that large constant data are reduced to, elementwise steps between included.

    The data are looked at piece by piece, so that nothing of their size is made.
    """
    (x,), op = node.inputs, node.op
    if node.out.type.ndim or (x.type.size or 0) <= SMALL:
        return None
    parts = in_pieces(x)
    if parts is None:
        return None
    found = [op.reference(part) for part in parts]
    if op.row_name == "sum" and _summable(found):
        value = math.fsum(found)
    else:
        value = _JOIN[op.row_name](np.array(found))
    return b.leaf(new_constant(np.asarray(value, dtype=node.out.type.dtype)))


_JOIN = {"sum": np.sum, "max": np.max, "min": np.min, "any": np.any, "all": np.all}


def _summable(found):
    return found[0].dtype.kind == "f" and np.isfinite(found).all()


def in_pieces(x):
    """The parts, one after the other, of a vector made elementwise of constants; else None."""
    order = _elementwise_on_data(x)
    return None if order is None else _pieces(x, order)


def _pieces(x, order):
    for i in range(0, x.type.shape[0], PIECE):
        values = {}

        def piece(v, values=values, rows=slice(i, i + PIECE)):
            if v in values:
                return values[v]
            return v.data[rows] if v.type.ndim else v.data

        with np.errstate(all="ignore"):
            for node in order:
                values[node.out] = _value(node.op, [piece(v) for v in node.inputs])
        yield piece(x)


def _elementwise_on_data(x):
    """The applications that make a vector elementwise of constants; None for any other."""
    if x.type.ndim != 1 or not x.type.is_static:
        return None
    stack, seen = [x], set()
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if len(seen) > 64 or v.type.shape not in ((), x.type.shape):
            return None
        if v.owner is not None and isinstance(v.owner.op, (Elemwise, Cast)):
            stack.extend(v.owner.inputs)
        elif not isinstance(v, Constant):
            return None
    return toposort([x])


def _value(op, arrays):
    """The value on constants; by the kernel where the reference would first import SciPy."""
    if isinstance(op, Elemwise) and op.row.dtype == "inexact":
        foreign = op.row.ref.startswith(("scipy.", "graphcore.ops.refs."))
        if foreign and all(a.dtype == np.float64 for a in arrays):
            return kernels.elementwise(op.row_name, arrays)
    return op.reference(*arrays)


def _permutes(pattern):
    axes = [p for p in pattern if p != "x"]
    return axes != sorted(axes)


@rule(*ROWS, needs="Constant", mixed=True)
def convert_constant(b, node):
    """A constant operand has the element type that the operation computes in."""
    inputs = node.inputs
    have = tuple([v.type.dtype for v in inputs])
    dtypes, _ = signature(node.op.row_name, have)
    if dtypes == have:
        return None
    new = [
        b.cast(v, d) if isinstance(v, Constant) else v for v, d in zip(inputs, dtypes, strict=True)
    ]
    if same(new, inputs):
        return None
    return b.apply(node.op, *new)


@rule(*ROWS, needs="special")
def number_from_uniform_constant(b, node):
    """A constant array of equal elements is a number, where the shape is known anyway."""
    inputs = node.inputs
    if not any(v.type.shape and isinstance(v, Constant) for v in inputs):
        return None
    new = [
        b.constant(b.number(v), v.type.dtype)
        if isinstance(v, Constant) and v.type.ndim and b.number(v) is not None
        else v
        for v in inputs
    ]
    if not node.out.type.is_static or same(new, inputs):
        return None
    result = b.apply(node.op, *new)
    return result if result.type == node.out.type else None


RULES = [fold, fold_reduction, convert_constant, number_from_uniform_constant]
