"""Shapes of parameters: which only values tell, and which broadcast."""

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, SharedVariable
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.variable import RandomVariable
from graphcore.runtime.reference import evaluate


def of_known_shape(variable):
    """The variable, its shape fixed to what it is at typical values of its random variables.

    Nothing happens where the shape is known, or depends on inputs without a value. A shape that is
    another one later is an error when the program runs; it says both shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> from graphcore.compile.ops import as_op
    >>> @as_op(itypes=[tt.dscalar], otypes=[tt.dvector])
    ... def twice(x):
    ...     return np.array([x, 2 * x])
    >>> of_known_shape(twice(pm.Normal.dist(0, 1))).type.shape
    (2,)
    """
    if variable.type.is_static:
        return variable
    graph = variable
    while random := [v for v in inputs_of([graph]) if isinstance(v, RandomVariable)]:
        (graph,) = replace([graph], {rv: rv.distribution.initial() for rv in random})
    if not all(isinstance(v, Constant | SharedVariable) for v in inputs_of([graph])):
        return variable  # what it depends on has no value yet
    (value,) = evaluate([graph], {})
    return tt.specify_shape(variable, value.shape)


def broadcasts_to(shape, target):
    """Whether a shape broadcasts to another one without changing it."""
    return broadcasts(shape, target) and together(shape, target) == tuple(target)


def together(*shapes):
    """Shapes broadcast; a length that is None may be any, and is what known ones make it."""
    known = [tuple([1 if n is None else n for n in shape]) for shape in shapes]
    found = np.broadcast_shapes(*known)
    if all(None not in shape for shape in shapes):
        return found
    ndim = len(found)
    anything = {ndim - len(s) + i for s in shapes for i, n in enumerate(s) if n is None}
    return tuple([None if n == 1 and i in anything else n for i, n in enumerate(found)])


def broadcasts(*shapes):
    """Whether shapes broadcast together."""
    try:
        together(*shapes)
    except ValueError:
        return False
    return True
