"""From one step to all steps at once: operations applied along a new first axis, time.

A value inside a loop either is the same in every step or *moves* with it.  ``lifter`` says how an
operation on such values is computed for all steps in one go; where it knows no way, the operation
stays in the loop.
"""

from graphcore.graph.nodes import Constant, Variable
from graphcore.ops.elementwise import Cast, Elemwise
from graphcore.ops.index import Arg, IncSubtensor, IncTake, Slice, Subtensor, Take
from graphcore.ops.lengths import shape_of
from graphcore.ops.linalg import Dot, transposed
from graphcore.ops.markers import MARKERS
from graphcore.ops.operands import constant, graph
from graphcore.ops.reduce import Reduce, reduce
from graphcore.ops.shape import (
    BroadcastLike,
    BroadcastTo,
    Concatenate,
    Dimshuffle,
    Reshape,
    SumLike,
    dimshuffle,
    expand,
    shape_vector,
)


def lifter(node, moving):
    """How to compute an application for all steps.

    Parameters
    ----------
    node : Apply
    moving : sequence of bool
        Per input: whether it has an entry per step, along a first axis; at least one has.

    Returns
    -------
    callable or None
        ``build(values, n)`` gives the result with an entry per step, for the values of the inputs
        and the number of steps; None when there is no way to do it at once.
    """
    rule = _RULES.get(type(node.op))
    return None if rule is None else rule(node, moving)


def in_every_step(v, n):
    """A value that does not move, repeated for each step."""
    return BroadcastTo()(v, _with_steps(n, shape_of(v)))


def _with_steps(n, shape):
    """A shape vector with the number of steps in front."""
    if isinstance(shape, Constant):
        return shape_vector([n, *(int(i) for i in shape.data)])
    n = n if isinstance(n, Variable) else constant(n, "int64")
    return Concatenate(0)(dimshuffle(n, ("x",)), graph.cast(shape, "int64"))


def _aligned(v, own, ndim):
    """A moving value of ``own`` axes per step, to meet values of ``ndim`` axes per step."""
    return dimshuffle(v, (0, *("x",) * (ndim - own), *range(1, own + 1)))


def _elementwise(node, moving):
    ndim = node.out.type.ndim

    def build(values, n):
        pairs = zip(values, node.inputs, moving, strict=True)
        return node.op(*[_aligned(v, x.type.ndim, ndim) if m else v for v, x, m in pairs])

    return build


def _reduce(node, moving):
    op = node.op.along([a + 1 for a in node.op.axes])
    return lambda values, n: op(*values)


def _dimshuffle(node, moving):
    op = Dimshuffle((0, *(p if p == "x" else p + 1 for p in node.op.pattern)))
    return lambda values, n: op(*values)


def _concatenate(node, moving):
    def build(values, n):
        full = [v if m else in_every_step(v, n) for v, m in zip(values, moving, strict=True)]
        return Concatenate(node.op.axis + 1)(*full)

    return build


# -- shapes ----------------------------------------------------------------------------------------


def _reshape(node, moving):
    if moving[1]:
        return None
    known = node.out.type

    def build(values, n):
        x, shape = values
        if known.is_static:
            shape = constant(known.shape, "int64")
        return Reshape(known.ndim + 1)(x, _with_steps(n, shape))

    return build


def _broadcast_to(node, moving):
    if moving[1]:
        return None
    own, ndim = node.inputs[0].type.ndim, node.out.type.ndim

    def build(values, n):
        return BroadcastTo()(_aligned(values[0], own, ndim), _with_steps(n, values[1]))

    return build


def _broadcast_like(node, moving):
    own, ndim = node.inputs[0].type.ndim, node.out.type.ndim

    def build(values, n):
        x, like = values
        x = _aligned(x, own, ndim) if moving[0] else x
        if moving[1]:
            return BroadcastLike()(x, like)
        return BroadcastTo()(x, _with_steps(n, shape_of(like)))

    return build


def _sum_like(node, moving):
    lead = node.inputs[0].type.ndim - node.inputs[1].type.ndim

    def build(values, n):
        g, like = (v if m else in_every_step(v, n) for v, m in zip(values, moving, strict=True))
        return SumLike()(reduce("sum", g, range(1, lead + 1)), like)

    return build


# -- indexing --------------------------------------------------------------------------------------


def _subtensor(node, moving):
    spec = node.op.spec
    if not any(moving[1:]):
        return lambda values, n: Subtensor((Slice(), *spec))(*values)
    if moving[0] or len(moving) > 2 or any(p != Slice() for p in spec if p != Arg(0)):
        return None
    axis = spec.index(Arg(0))  # one number of each step picks from an array that stays

    def build(values, n):
        return _steps_first(Take(axis)(*values), axis)

    return build


def _steps_first(v, axis):
    rest = [i for i in range(v.type.ndim) if i != axis]
    return dimshuffle(v, (axis, *rest))


def _take(node, moving):
    axis = node.op.axis
    if moving[0]:
        return None if moving[1] else lambda values, n: Take(axis + 1)(*values)
    return lambda values, n: _steps_first(Take(axis)(*values), axis)


def _written(op, region, node, moving):
    """An update of a part: the array and the value move, the place does not."""
    if any(moving[2:]):
        return None

    def build(values, n):
        x, value, *rest = values
        x = x if moving[0] else in_every_step(x, n)
        value = _aligned(value, node.inputs[1].type.ndim, region) if moving[1] else value
        return op(x, value, *rest)

    return build


def _inc_subtensor(node, moving):
    spec = node.op.spec
    region = sum(isinstance(p, Slice) for p in spec)
    return _written(IncSubtensor((Slice(), *spec), node.op.is_set), region, node, moving)


def _inc_take(node, moving):
    region = node.inputs[0].type.ndim - 1 + node.inputs[2].type.ndim
    return _written(IncTake(node.op.axis + 1, node.op.is_set), region, node, moving)


# -- products --------------------------------------------------------------------------------------


def _dot(node, moving):
    ndims = tuple(v.type.ndim for v in node.inputs)
    rule = _PRODUCTS.get((ndims, tuple(moving)))
    return None if rule is None else (lambda values, n: rule(*values))


def _rows_times(a, b):
    """Products of one vector or matrix per step with one that stays: a single large product."""
    if a.type.ndim == 2:
        return Dot()(a, b)
    if b.type.ndim == 1:
        return _pairs(a, expand(b, (0, 1), 3), 2)
    steps, rows, inner = _lengths(a)
    flat = Reshape(2)(a, shape_vector([_product(steps, rows), inner]))
    return Reshape(3)(Dot()(flat, b), shape_vector([steps, rows, graph.shape_entry(b, 1)]))


def _times_columns(a, b):
    """A matrix that stays times one vector or matrix per step."""
    if b.type.ndim == 2:
        return Dot()(b, transposed(a))
    if a.type.ndim == 1:
        return _pairs(b, expand(a, (0, 2), 3), 1)
    turned = _rows_times(dimshuffle(b, (0, 2, 1)), transposed(a))
    return dimshuffle(turned, (0, 2, 1))


def _pairs(a, b, axis):
    return graph.sum(graph.mul(a, b), (axis,))


def _lengths(v):
    return [graph.shape_entry(v, i) for i in range(v.type.ndim)]


def _product(*lengths):
    if all(isinstance(n, Constant) for n in lengths):
        total = 1
        for n in lengths:
            total *= int(n.data)
        return total
    total = lengths[0]
    for n in lengths[1:]:
        total = graph.mul(total, n)
    return total


_PRODUCTS = {
    ((1, 1), (True, False)): _rows_times,
    ((1, 1), (False, True)): lambda a, b: _rows_times(b, a),
    ((1, 1), (True, True)): lambda a, b: _pairs(a, b, 1),
    ((1, 2), (True, False)): _rows_times,
    ((2, 2), (True, False)): _rows_times,
    ((2, 1), (True, False)): _rows_times,
    ((2, 1), (False, True)): _times_columns,
    ((2, 2), (False, True)): _times_columns,
    ((1, 2), (False, True)): _times_columns,
}


def sum_of_products(a, b):
    """The sum over all steps of the matrix products ``a[t] @ b[t]``, as one product."""
    steps, rows, inner = _lengths(a)
    both = _product(steps, inner)
    left = Reshape(2)(dimshuffle(a, (1, 0, 2)), shape_vector([rows, both]))
    return Dot()(left, Reshape(2)(b, shape_vector([both, graph.shape_entry(b, 2)])))


_RULES = {
    Elemwise: _elementwise,
    Cast: _elementwise,
    **dict.fromkeys(MARKERS, _elementwise),
    Reduce: _reduce,
    Dimshuffle: _dimshuffle,
    Concatenate: _concatenate,
    Reshape: _reshape,
    BroadcastTo: _broadcast_to,
    BroadcastLike: _broadcast_like,
    SumLike: _sum_like,
    Subtensor: _subtensor,
    Take: _take,
    IncSubtensor: _inc_subtensor,
    IncTake: _inc_take,
    Dot: _dot,
}
