"""Concrete shapes of every variable, given the shapes (and some values) of the inputs."""

import numpy as np

from graphcore._items import spread_shapes
from graphcore.errors import located
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import operations, toposort
from graphcore.ops.lengths import KNOWN_SIZE, Shape

_REAL = ("float64", "float32")  # no shape depends on these values


def value_inputs(outputs, inputs):
    """Inputs whose *values* (not only shapes) decide the shape of something."""
    if not any(op.shape_inputs for op in operations(outputs, inputs)):
        return []
    wanted, seen = [], set()
    order = toposort(outputs, stop=inputs)
    given = set(inputs)
    stack = [node.inputs[i] for node in order for i in node.op.shape_inputs]
    while stack:
        v = stack.pop()
        if v in seen or isinstance(v, Constant):
            continue
        seen.add(v)
        if v.owner is None or v in given:
            wanted.append(v)
        elif not isinstance(v.owner.op, Shape):
            stack.extend(v.owner.inputs)
    return [v for v in inputs if v in set(wanted)]


def concrete_shapes(order, shapes, values):
    """Fill in shapes, and the integer values that shapes depend on.

    Parameters
    ----------
    order : list of Apply
        Topological.
    shapes : dict of Variable to tuple of int
        Of the inputs; the result is added to it.
    values : dict of Variable to ndarray
        Known values; integer values computed from them are added to it.
    """

    def decide(node, given):
        known = [_value(v, values) for v in node.inputs]
        try:
            out_shapes = node.op.infer_shape(given, known)
            _check_axes(node, out_shapes)
        except (ValueError, TypeError, IndexError) as error:
            raise located(error, node, given) from error
        for v, s in zip(node.outputs, out_shapes, strict=True):
            shapes[v] = tuple(s)
        _follow_values(node, known, shapes, values)

    spread_shapes(order, shapes, values, _REAL, decide)


def _check_axes(node, shapes):
    """Lengths given as a vector may be more or fewer than the axes that were promised."""
    for v, shape in zip(node.outputs, shapes, strict=True):
        if len(shape) != v.type.ndim:
            raise ValueError(
                f"{node.op.name}: {len(shape)} lengths are given for a result of {v.type.ndim} axes"
            )


def _value(v, values):
    if isinstance(v, Constant):
        return v.data
    return values.get(v)


def _follow_values(node, known, shapes, values):
    """Integer arithmetic on shapes is done while planning."""
    if isinstance(node.op, Shape):
        values[node.outputs[0]] = np.array(shapes[node.inputs[0]], dtype=np.int64)
        return
    if any(k is None for k in known):
        return
    for v in node.outputs:
        size = int(np.prod(shapes[v], dtype=np.int64))
        if v.type.numpy_dtype.kind not in "biu" or size > KNOWN_SIZE:
            return
    result = node.op.reference(*known)
    results = result if isinstance(result, tuple | list) else (result,)
    for v, r in zip(node.outputs, results, strict=True):
        values[v] = np.asarray(r)
