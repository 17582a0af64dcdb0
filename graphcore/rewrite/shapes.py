"""Broadcasting, axes, reshaping and indexing: operations that only move numbers about.

Elementwise operations broadcast by themselves, so an operand need not be broadcast for them; a
broadcast moves outwards through elementwise operations until something absorbs it.
"""

from functools import reduce

import numpy as np

from graphcore.graph.nodes import Constant, new_constant
from graphcore.ops.elementwise import Elemwise
from graphcore.ops.index import IncSubtensor, Slice, Subtensor
from graphcore.ops.lengths import Shape
from graphcore.ops.reduce import Reduce
from graphcore.ops.scan import Scan
from graphcore.ops.shape import BroadcastLike, BroadcastTo, Concatenate, Dimshuffle, Reshape
from graphcore.optable import ROWS
from graphcore.rewrite.facts import same_shape, shape_source
from graphcore.rewrite.rule import op_of, rule, same

_ELEMENTWISE = tuple(ROWS)
STACKED = 16  # length of vectors up to which they are made of single entries


# -- elementwise operations and broadcasts ---------------------------------------------------------


def _is_broadcast(v):
    node = v.owner
    return node is not None and type(node.op) in (BroadcastTo, BroadcastLike)


def _bare(v):
    """``v`` without a broadcast and without leading axes of length 1."""
    while True:
        node = v.owner
        if node is None:
            return v
        if type(node.op) in (BroadcastTo, BroadcastLike) or _only_leads(node):
            v = node.inputs[0]
        else:
            return v


def _without_leading_axes(v):
    while v.owner is not None and _only_leads(v.owner):
        v = v.owner.inputs[0]
    return v


def _only_leads(node):
    """Whether a node only puts new axes in front."""
    if type(node.op) is not Dimshuffle:
        return False
    pattern, n = node.op.pattern, node.inputs[0].type.ndim
    return pattern[len(pattern) - n :] == tuple(range(n)) and len(pattern) > n


@rule(*_ELEMENTWISE, needs="BroadcastTo BroadcastLike Dimshuffle")
def drop_broadcast_of_operand(b, node):
    """f(broadcast(x), y) is f(x, y) where y has the full shape, else broadcast(f(x, y))."""
    inputs = node.inputs
    for v in inputs:
        if v.owner is not None and type(v.owner.op) in (BroadcastTo, BroadcastLike, Dimshuffle):
            break
    else:
        return None
    bare = [_bare(v) for v in inputs]
    if same(bare, inputs):
        return None
    out = node.out.type
    if out.is_static:
        if any(not v.type.is_static for v in bare):
            return None
        core = b.apply(node.op, *bare)
        if core.type.shape == out.shape:
            return core
        if any(_is_broadcast(v) for v in inputs):
            return b.broadcast_to(core, out.shape)
        return None
    return _drop_dynamic_broadcast(b, node, bare)


def _drop_dynamic_broadcast(b, node, bare):
    """The same where lengths are not known: an operand of surely the full shape must remain."""
    inputs, ndim = node.inputs, node.out.type.ndim
    full = [v for v, x in zip(inputs, bare, strict=True) if x is v and v.type.ndim == ndim]
    kept = []
    for v, x in zip(inputs, bare, strict=True):
        if x is not v and not any(same_shape(b, v, y) for y in full):
            x = _without_leading_axes(v) if full else v  # which another operand has anyway
        kept.append(x)
    if same(kept, inputs):
        return None
    return b.apply(node.op, *kept)


@rule("Cast", "StopGradient", needs="BroadcastTo BroadcastLike")
def broadcast_after_cast(b, node):
    """cast(broadcast(x)) is broadcast(cast(x))."""
    (x,) = node.inputs
    if _is_broadcast(x):
        source, shape = x.owner.inputs
        return b.apply(x.owner.op, b.apply(node.op, source), shape)
    return None


@rule("BroadcastTo", "BroadcastLike")
def merge_broadcasts(b, node):
    """broadcast(broadcast(x)) and broadcast(x[None]) need only the outer one; none if x fits."""
    x, shape = node.inputs
    out = node.out.type
    if out.is_static and x.type.shape == out.shape:
        return x
    if type(node.op) is BroadcastLike:
        if same_shape(b, x, shape):
            return x
        if out.is_static and shape.type.is_static:
            return b.broadcast_to(x, out.shape)
        source = shape_source(b, shape)
        if source is not shape and source.type.ndim == out.ndim:
            return b.apply(node.op, x, source)
    bare = _bare(x)
    if bare.type.ndim and b.number(bare) is not None:
        bare = b.constant(b.number(bare), bare.type.dtype)
    return None if bare is x else b.apply(node.op, bare, shape)


@rule("SumLike")
def sum_from_sum_like(b, node):
    """sum_like(g, x) is g, or a plain sum, where the shapes are known."""
    g, like = node.inputs
    if same_shape(b, g, like):
        return g
    lead = g.type.ndim - like.type.ndim
    axes = list(range(lead))
    for i, (n, m) in enumerate(zip(like.type.shape, g.type.shape[lead:], strict=True)):
        if n is None or (n != 1 and m is None):
            source = shape_source(b, like)
            fits = source is not like and source.type.ndim == like.type.ndim
            return b.apply(node.op, g, source) if fits else None
        if n == 1 and m != 1:
            axes.append(lead + i)
    total = b.apply(Reduce("sum", tuple(axes)), g)
    rest = iter(range(total.type.ndim))
    return b.dimshuffle(total, ["x" if i in axes else next(rest) for i in range(lead, g.type.ndim)])


# -- axes and shapes -------------------------------------------------------------------------------


@rule("Dimshuffle")
def merge_dimshuffles(b, node):
    """A permutation that changes nothing is dropped, and two become one."""
    (x,) = node.inputs
    pattern = node.op.pattern
    if pattern == tuple(range(x.type.ndim)):
        return x
    inner = op_of(x, Dimshuffle)
    if inner is not None:
        both = ["x" if p == "x" else inner.pattern[p] for p in pattern]
        return b.dimshuffle(x.owner.inputs[0], both)
    return None


@rule("Dimshuffle", needs="BroadcastTo")
def broadcast_after_dimshuffle(b, node):
    """dimshuffle(broadcast(x)) is broadcast(dimshuffle(x)) for a number or where axes allow it."""
    (x,) = node.inputs
    if op_of(x, BroadcastTo) is None or not node.out.type.is_static:
        return None
    source = x.owner.inputs[0]
    if source.type.ndim == 0:
        return b.broadcast_to(source, node.out.type.shape)
    return None


@rule("Reshape")
def simple_reshape(b, node):
    """A reshape to the same shape is dropped; two are one; one that moves ones is a dimshuffle."""
    x, shape = node.inputs
    out = node.out.type
    if out.is_static and x.type.shape == out.shape:
        return x
    if op_of(x, Reshape) is not None and (out.is_static or not _has_wildcard(shape)):
        return b.apply(node.op, x.owner.inputs[0], shape)
    if op_of(x, BroadcastTo) is not None and x.owner.inputs[0].type.size == 1 and out.is_static:
        return b.broadcast_to(b.dimshuffle(x.owner.inputs[0], ()), out.shape)
    if out.is_static and x.type.is_static:
        old = [(i, n) for i, n in enumerate(x.type.shape) if n != 1]
        if [n for _, n in old] == [n for n in out.shape if n != 1]:
            rest = iter(old)
            return b.dimshuffle(x, ["x" if n == 1 else next(rest)[0] for n in out.shape])
    return None


def _has_wildcard(shape):
    return not isinstance(shape, Constant) or bool((shape.data < 0).any())


@rule("Shape")
def constant_from_shape(b, node):
    """The shape of an array of known shape is a constant; else that of its nearest source."""
    (x,) = node.inputs
    if x.type.is_static:
        return b.constant(np.array(x.type.shape, "int64"))
    source = shape_source(b, x)
    return None if source is x else b.apply(node.op, source)


# -- indexing --------------------------------------------------------------------------------------


def _is_full(part, n):
    if not isinstance(part, Slice) or part.step not in (None, 1):
        return False
    if part.start not in (None, 0):
        return False
    return part.stop is None or (n is not None and isinstance(part.stop, int) and part.stop >= n)


@rule("Subtensor")
def drop_full_slice(b, node):
    """x[:] is x."""
    x = node.inputs[0]
    shape = x.type.shape
    return x if all(_is_full(p, n) for p, n in zip(node.op.spec, shape, strict=True)) else None


@rule("Subtensor", needs="Shape")
def length_from_shape_entry(b, node):
    """x.shape[i] is a number where the length is known."""
    shape = op_of(node.inputs[0], Shape)
    (part,) = node.op.spec if len(node.op.spec) == 1 else (None,)
    if shape is None or type(part) is not int:
        return None
    n = node.inputs[0].owner.inputs[0].type.shape[part]
    return None if n is None else b.constant(n, "int64")


@rule("Subtensor", needs="BroadcastTo")
def part_of_broadcast(b, node):
    """A part of a number broadcast is that number broadcast."""
    x = node.inputs[0]
    if op_of(x, BroadcastTo) is None or not node.out.type.is_static or len(node.inputs) > 1:
        return None
    source = x.owner.inputs[0]
    if source.type.ndim or not x.type.is_static:
        return None
    return b.like(source, node.out)


@rule("Subtensor", needs="Dimshuffle")
def part_of_inserted_axes(b, node):
    """The only entry of an axis of length one is what the axis was put around."""
    x = node.inputs[0]
    pattern = op_of(x, Dimshuffle).pattern if op_of(x, Dimshuffle) else ()
    kept = []
    for p, part, n in zip(pattern, node.op.spec, x.type.shape, strict=False):
        if _is_full(part, n):
            kept.append(p)
        elif p != "x" or part not in (0, -1):
            return None
    return b.dimshuffle(x.owner.inputs[0], kept) if pattern else None


@rule("Subtensor", needs="Reshape")
def entry_of_flat(b, node):
    """An entry of a flattened array is an entry of the array."""
    x = node.inputs[0]
    if x.type.ndim != 1 or op_of(x, Reshape) is None or not x.owner.inputs[0].type.is_static:
        return None
    source, (part,) = x.owner.inputs[0], node.op.spec
    if isinstance(part, Slice) and all(e is None or type(e) is int for e in part):
        k, stop, step = slice(*part).indices(source.type.size)
        if (stop - k, step) != (1, 1):
            return None
    elif type(part) is int:
        k = part % source.type.size
    else:
        return None
    where = tuple([int(i) for i in np.unravel_index(k, source.type.shape)])
    entry = b.apply(Subtensor(where), source)
    return entry if type(part) is int else b.dimshuffle(entry, ("x",))


@rule("Subtensor", needs="Concatenate")
def part_of_concatenate(b, node):
    """concatenate(x, y)[i] is an element of x or of y; a slice within one of them likewise."""
    x = node.inputs[0]
    join = op_of(x, Concatenate)
    if join is None:
        return None
    spec, axis = list(node.op.spec), join.axis
    part, total = spec[axis], x.type.shape[axis]
    if total is None:
        return None
    if type(part) is int:
        first = part + total if part < 0 else part
        last = first + 1
    elif isinstance(part, Slice) and all(e is None or type(e) is int for e in part):
        first, last, step = slice(*part).indices(total)
        if step != 1 or last <= first:
            return None
    else:
        return None
    start = 0
    for piece in x.owner.inputs:
        stop = start + piece.type.shape[axis]
        if start <= first and last <= stop:
            inner = first - start
            spec[axis] = inner if type(part) is int else Slice(inner, last - start, None)
            found = b.apply(Subtensor(tuple(spec)), piece, *node.inputs[1:])
            return b.cast(found, node.out.type.dtype)
        start = stop
    return None


@rule("Concatenate", needs="Subtensor")
def whole_from_first_and_rest(b, node):
    """The first values of a loop joined with those it goes on to are the array they lie in."""
    rest = node.inputs[-1]
    part = op_of(rest, Subtensor)
    scan = None if part is None else op_of(rest.owner.inputs[0], Scan)
    if scan is None or scan.reverse or len(node.inputs) != 2 or node.op.axis:
        return None
    x = rest.owner.inputs[0]
    if x.index >= len(scan.depths):
        return None
    spec = (Slice(scan.depths[x.index]), *[Slice()] * (x.type.ndim - 1))
    first = scan.parts(x.owner.inputs)[2][x.index]
    return x if part.spec == spec and node.inputs[0] is first else None


@rule("Subtensor", needs="IncSubtensor")
def part_of_inc_subtensor(b, node):
    """The part that was set is the value it was set to."""
    x = node.inputs[0]
    inner = op_of(x, IncSubtensor)
    if inner is None or inner.spec != node.op.spec:
        return None
    base, value, *ints = x.owner.inputs
    if any(u is not v for u, v in zip(ints, node.inputs[1:], strict=True)):
        return None
    known = inner.is_set or is_zeros(b, base)
    return value if known and node.out.type.is_static else None


def is_zeros(b, v):
    """Whether every element is zero."""
    return b.number(_bare(v)) == 0


@rule("IncTake", needs="Constant")
def fold_scatter(b, node):
    """Constants at constant places of zeros: the array would be made in every run anyway."""
    x, value, idx = node.inputs
    number = b.number(_bare(value))  # of a number repeated to the shape of the places, the number
    data = getattr(value, "data", None) if number is None else np.asarray(number)
    if data is None or not isinstance(idx, Constant):
        return None
    if not (x.type.is_static and is_zeros(b, x)):
        return None
    zeros = np.zeros(x.type.shape, dtype=x.type.dtype)
    try:
        return b.leaf(new_constant(node.op.reference(zeros, data, idx.data)))
    except IndexError:
        return None  # the error belongs to the run, where it names the user's operation


@rule("IncSubtensor")
def drop_increment_of_all(b, node):
    """x with all of it replaced by y is y; zeros increased by y everywhere are y."""
    x, value = node.inputs[:2]
    shape = x.type.shape
    if not all(_is_full(p, n) for p, n in zip(node.op.spec, shape, strict=True)):
        return None
    if not x.type.is_static:
        return None
    if node.op.is_set:
        return value
    return value if is_zeros(b, x) else b.add(x, value)


@rule("IncSubtensor", "IncTake")
def drop_increment_by_zero(b, node):
    """x increased by zeros is x."""
    return node.inputs[0] if not node.op.is_set and is_zeros(b, node.inputs[1]) else None


@rule("add", needs="IncSubtensor")
def merge_increments(b, node):
    """x increased in one place, plus zeros increased in another, is x increased in both."""
    for x, y in (node.inputs, node.inputs[::-1]):
        op, other = op_of(y, IncSubtensor), op_of(x, IncSubtensor)
        if op is None or other is None or op.is_set or other.is_set:
            continue
        base, *rest = y.owner.inputs
        if x.type == y.type == node.out.type and is_zeros(b, base):
            return b.apply(op, x, *rest)
    return None


@rule("IncSubtensor", needs="IncSubtensor")
def stack_from_increments(b, node):
    """A short vector of zeros whose every entry is increased is the stack of what is added."""
    n = node.out.type.size
    if node.out.type.ndim != 1 or n is None or n > STACKED:
        return None
    found, v = {}, node.out
    while (op := op_of(v, IncSubtensor)) is not None:
        v, value, *ints = v.owner.inputs
        (part,) = op.spec
        if op.is_set or ints or type(part) is not int:
            return None
        found.setdefault(part % n, []).append(b.cast(value, node.out.type.dtype))
    if len(found) < n or not is_zeros(b, v):
        return None
    entries = [reduce(b.add, found[i][::-1]) for i in range(n)]
    return b.apply(Concatenate(0), *(b.dimshuffle(e, ("x",)) for e in entries))


@rule("IncTake", "IncSubtensor", needs="mul true_div neg")
def factor_out_of_increment(b, node):
    """Zeros increased by y s, with a (finite) number s, are s times zeros increased by y."""
    x, value = node.inputs[:2]
    if node.op.is_set or value.type.dtype != x.type.dtype or not is_zeros(b, x):
        return None
    if None in (x.type.size, value.type.size) or x.type.size > value.type.size:
        return None
    split = number_factor(b, value)
    if split is None or split[1].type != value.type:
        return None
    name, rest, s = split
    return b.elementwise(name, b.apply(node.op, x, rest, *node.inputs[2:]), s)


@rule("Dot", needs="mul true_div neg")
def factor_out_of_dot(b, node):
    """dot(x s, y) with a number s is dot(x, y) s; the sign comes out too."""
    for i, v in enumerate(node.inputs):
        split = number_factor(b, v)
        if split is None or split[1].type != v.type:
            continue
        name, rest, s = split
        operands = [rest if i == j else u for j, u in enumerate(node.inputs)]
        product = b.apply(node.op, *operands)
        if product.type.size is None or v.type.size is None or product.type.size > v.type.size:
            continue
        return b.elementwise(name, product, s)
    return None


def number_factor(b, v):
    """``(row, rest, s)`` with v = row(rest, s) for a 0-d s; None if there is no such factor.

    A negative is given as a factor of -1.
    """
    op = op_of(v, Elemwise)
    if op is None or v.type.ndim == 0 or v.type.dtype not in ("float64", "float32"):
        return None
    if op.row_name == "neg":
        return "mul", v.owner.inputs[0], b.constant(-1.0, v.type.dtype)
    if op.row_name not in ("mul", "true_div"):
        return None
    x, y = v.owner.inputs
    if y.type.ndim == 0 and y.type.dtype == v.type.dtype:
        return op.row_name, x, y
    if op.row_name == "mul" and x.type.ndim == 0 and x.type.dtype == v.type.dtype:
        return "mul", y, x
    return None


RULES = [
    drop_broadcast_of_operand,
    broadcast_after_cast,
    merge_broadcasts,
    sum_from_sum_like,
    merge_dimshuffles,
    broadcast_after_dimshuffle,
    simple_reshape,
    constant_from_shape,
    drop_full_slice,
    length_from_shape_entry,
    part_of_broadcast,
    part_of_inserted_axes,
    entry_of_flat,
    part_of_concatenate,
    whole_from_first_and_rest,
    part_of_inc_subtensor,
    fold_scatter,
    drop_increment_of_all,
    drop_increment_by_zero,
    merge_increments,
    stack_from_increments,
    factor_out_of_increment,
    factor_out_of_dot,
]
