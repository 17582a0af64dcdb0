"""Shapes that may be others later: those of a model's data, and of what depends on them.

A function that reads lengths builds them into the graph as numbers where they are known.  Lengths
of data are known and may change all the same, so while a model is written such a function is given
stand-ins of unknown shape, and the arrays are put in their places afterwards: then the graph reads
the lengths itself, and new shapes give new types.
"""

import functools
import threading

from graphcore.graph.nodes import Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import replace
from graphcore.ops.lengths import is_planned


class _Tests(threading.local):
    def __init__(self):
        self.stack = []


_tests = _Tests()


def enter(test):
    """From now on, ``test(v)`` says whether the shape of ``v`` may change; None for no test."""
    _tests.stack.append(test)


def leave():
    """Return to the test before."""
    _tests.stack.pop()


def moves(v):
    """Whether the shape of a variable may be another one later."""
    return bool(_tests.stack) and _tests.stack[-1] is not None and _tests.stack[-1](v)


def at_rest(function):
    """A function that builds graphs anew for every shape, and so need not follow."""

    @functools.wraps(function)
    def rest(*args, **kwargs):
        enter(None)
        try:
            return function(*args, **kwargs)
        finally:
            leave()

    return rest


def following(function):
    """A function of arrays whose result follows when their shapes change."""

    @functools.wraps(function)
    def follow(*args, **kwargs):
        direct = function(*args, **kwargs)
        if not _tests.stack or _tests.stack[-1] is None:
            return direct
        found = {}
        own = [_with_stand_ins(a, found) for a in args]
        named = {k: _with_stand_ins(a, found) for k, a in kwargs.items()}
        if not found:
            return direct
        try:
            made = function(*own, **named)
            several = isinstance(made, list | tuple)
            parts = replace(list(made) if several else [made], found)
        except TypeError:  # a length says how many axes there are: that one cannot change
            return direct
        same = zip(parts, direct if several else [direct], strict=True)
        if not all(isinstance(b, Variable) and a.type == b.type for a, b in same):
            return direct
        return type(made)(parts) if several else parts[0]

    return follow


def _with_stand_ins(x, found):
    """An argument with variables of unknown shape for those that move; they are added to found."""
    if isinstance(x, list | tuple):
        return type(x)(_with_stand_ins(v, found) for v in x)
    if not isinstance(x, Variable) or not moves(x):
        return x
    if is_planned(x, set()):  # a length, or a vector of lengths
        other = new_variable(x.type)
    elif x.type.ndim:
        other = new_variable(TensorType(x.type.dtype, (None,) * x.type.ndim))
    else:
        return x
    found[other] = x
    return other
