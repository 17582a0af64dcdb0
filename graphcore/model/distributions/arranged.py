"""Elements of random arrays in another arrangement: axes moved, reshaped, picked out, chosen."""

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.components import row_of
from graphcore.model.distributions.parts import Arranged
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.elementwise import Cast
from graphcore.ops.index import Arg, Slice, Subtensor, Take
from graphcore.ops.points import TakePoints
from graphcore.ops.shape import Concatenate, Dimshuffle, Reshape, SpecifyShape

_ALL = Slice(None, None, None)
# what a distribution has that is nothing but its parameters
_PLAIN = {
    *("label", "given", "arguments", "conditions", "faults", "shown"),
    *("_support", "shape", "batch_shape"),
}


def arranged(part, v):
    """The part of an operation that only moves elements; None for others."""
    op, x = v.owner.op, v.owner.inputs[0]
    if isinstance(op, SpecifyShape):
        return part
    if isinstance(op, Reshape) and not part.event and x.type.is_static and v.type.is_static:
        before, after = x.type.shape, v.type.shape
        return Arranged(part, lambda value: value.reshape(before), lambda p: p.reshape(after))
    if isinstance(op, Dimshuffle):
        return _shuffled(part, op.pattern, x.ndim)
    return None


def _shuffled(part, pattern, ndim):
    """Axes of the batch in another order; those of one value must stay the last ones."""
    lead, event = len(pattern) - part.event, tuple(range(ndim - part.event, ndim))
    if tuple(pattern[lead:]) != event or any(a in event for a in pattern[:lead]):
        return None
    back = tuple(pattern.index(a) if a in pattern else "x" for a in range(ndim))
    there = tuple(pattern[:lead])
    return Arranged(part, lambda value: value.dimshuffle(*back), lambda p: p.dimshuffle(*there))


def picked(v):
    """Elements ``x[...]`` as the same expression of random variables of these alone, or None."""
    op, (x, *rest) = v.owner.op, v.owner.inputs
    if isinstance(op, Take) and not _distinct(rest[0]):
        return None  # an element taken twice has no density
    if isinstance(x, RandomVariable):
        return _smaller(x, v)
    if isinstance(op, Subtensor) and op.spec == (_ALL,) * len(op.spec):
        return x
    piece = item(x, op)
    if piece is not None:
        return piece
    if isinstance(x.owner.op, Subtensor | Take):
        inner = picked(x)
        return None if inner is None else op(inner, *rest)
    if (row_of(x) is None and not isinstance(x.owner.op, Cast)) or not x.type.is_static:
        return None
    inputs = [op(tt.broadcast_to(a, x.type.shape), *rest) if a.ndim else a for a in x.owner.inputs]
    return x.owner.op(*inputs)


def _distinct(index):
    if not isinstance(index, Constant):
        return False
    return np.unique(index.data).size == index.data.size and (index.data >= 0).all()


def _smaller(rv, v):
    """A random variable like ``rv`` of some elements of its batch."""
    d, op = rv.distribution, v.owner.op
    if isinstance(op, Subtensor):
        spec = list(op.spec)
        while spec and spec[-1] == _ALL:  # the axes of one value, which parameters may not have
            spec.pop()
        touched = len(spec)
    else:
        touched = op.axis + 1
    plain = d.arguments and vars(d).keys() <= _PLAIN
    batch = rv.ndim - d.ndim
    if not plain or touched > batch or not v.type.is_static:
        return None
    made = {}
    for name, a in d.arguments.items():
        core = d.params[name].ndim
        wide = a.ndim > core
        # the mean of a vector is broadcast against the whole value
        place = d.ndim and name == "mu"
        full = rv.type.shape if place else d.batch_shape + a.type.shape[a.ndim - core :]
        made[name] = _apply(op, tt.broadcast_to(a, full), v.owner.inputs[1:]) if wide else a
    return RandomVariable(type(d).make(d.label, (), made, shape=v.type.shape))


def _apply(op, x, rest):
    """The operation on an array with other axes behind those that it touches."""
    if isinstance(op, Subtensor):
        spec = op.spec[: x.ndim]
        op = Subtensor((*spec, *(_ALL,) * (x.ndim - len(spec))))
    return op(x, *rest)


def item(x, op):
    """The piece of ``stack([a, b, ...])`` that ``op`` takes by a known number; None for others."""
    spec = op.spec if isinstance(op, Subtensor) else ()
    known = spec and isinstance(spec[0], int) and all(s == _ALL for s in spec[1:])
    pieces = _stacked(x) if known else None
    return None if pieces is None else pieces[spec[0]]


def items(v, is_random):
    """``(which, [options])`` of a choice by position along the first axis, or (None, None)."""
    op = v.owner.op
    if isinstance(op, Subtensor) and len(v.owner.inputs) == 2:
        x, which = v.owner.inputs
        if op.spec[0] != Arg(0) or any(s != _ALL for s in op.spec[1:]):
            return None, None
        pieces = _stacked(x)
        if pieces is None and not is_random(which):
            return None, None  # elements of one random array, at a known place
    elif isinstance(op, TakePoints) and _along(v):
        x, which = v.owner.inputs[:2]
        pieces = _stacked(x)
    else:
        return None, None
    if pieces is None and is_random(x) and x.type.shape[0] is not None:
        pieces = [x[k] for k in range(x.type.shape[0])]
    return (None, None) if pieces is None else (which, pieces)


def _along(v):
    """Whether points are ``x[which, arange(n)]``: a choice for each place."""
    op, (x, which, *places) = v.owner.op, v.owner.inputs
    if op.axes != (0, 1) or x.ndim != 2 or len(places) != 1 or which.ndim != 1:
        return False
    at = places[0]
    return isinstance(at, Constant) and np.array_equal(at.data, np.arange(x.type.shape[1] or 0))


def _stacked(v):
    """The arrays that ``tt.stack`` joined along a new first axis."""
    if v.owner is None or not isinstance(v.owner.op, Concatenate) or v.owner.op.axis:
        return None
    found = []
    for x in v.owner.inputs:
        if x.owner is None or not isinstance(x.owner.op, Dimshuffle):
            return None
        if x.owner.op.pattern != ("x", *range(x.ndim - 1)):
            return None
        found.append(x.owner.inputs[0])
    return found
