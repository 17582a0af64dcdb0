"""The reference evaluator: every operation by its NumPy reference, in topological order.

It is slow and obviously right: the oracle that the compiled programs are compared with.
"""

import numpy as np

from graphcore.errors import MissingInputError, located, shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.types import dtype_name
from graphcore.graph.walk import toposort
from graphcore.tensor.variable import set_evaluator


def evaluate(outputs, inputs=None, watch=None):
    """Values of variables, computed with NumPy.

    Parameters
    ----------
    outputs : Variable or sequence of Variable
    inputs : dict, optional
        ``{variable: value}``.  A value may be given for any variable, also for one that is
        computed from others.
    watch : callable, optional
        Is called with the number of a node, the node, its input arrays, and a function of these
        that computes it; gives what it computed.

    Returns
    -------
    ndarray or list of ndarray
        A list when ``outputs`` is a sequence.

    Raises
    ------
    MissingInputError
        When an output depends on a variable without value.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> evaluate([x + 1, x.sum()], {x: [1.0, 2.0]})
    [array([2., 3.]), array(3.)]
    """
    if isinstance(outputs, Variable):
        return evaluate([outputs], inputs)[0]
    values = {v: input_array(v, a) for v, a in (inputs or {}).items()}
    order = toposort(outputs, stop=values)
    left = {}  # how often each variable is still read, so that arrays are freed early
    for v in [*outputs, *(v for node in order for v in node.inputs)]:
        left[v] = left.get(v, 0) + 1

    for i, node in enumerate(order):
        arrays = [_value(v, values) for v in node.inputs]
        found = watch(i, node, arrays, _computed) if watch else _computed(node, arrays)
        values.update(zip(node.outputs, found, strict=True))
        for v in node.inputs:
            left[v] -= 1
            if not left[v] and v.owner is not None:
                values.pop(v, None)
    return [np.array(_value(v, values)) for v in outputs]


def _value(v, values):
    if v in values:
        return values[v]
    if isinstance(v, Constant):
        return v.data
    if isinstance(v, SharedVariable):
        return v.container[0]
    raise MissingInputError(
        f"the value of {shown(v)} is needed, but none was given; "
        f"given were {', '.join(shown(k) for k in values if k.owner is None) or 'no inputs'}"
    )


def _computed(node, arrays):
    """The outputs of one application, checked against its types."""
    try:
        found = node.op.run(node, arrays)
    except Exception as error:
        raise located(error, node, [a.shape for a in arrays]) from error
    found = found if isinstance(found, tuple) else (found,)
    for v, a in zip(node.outputs, found, strict=True):
        if dtype_name(a.dtype) != v.type.dtype or not v.type.accepts(a.shape):
            raise AssertionError(
                f"{node.op!r} promised {v.type!r} and gave {a.dtype} of shape {a.shape}"
            )
    return found


def input_array(variable, value):
    """``value`` as an array of the type of a symbolic input.

    Element types are converted where no value can change: a number or list when every number is
    kept (of Python's floats in float32 the rounded one), an array when its element type is
    converted safely.

    Raises
    ------
    TypeError, ValueError
        Naming the input, and what it needs.
    """
    name, wanted = shown(variable), variable.type
    if isinstance(value, Variable):
        raise TypeError(f"input {name} was given the symbolic {value!r} instead of a value")
    data = np.asarray(value)
    if dtype_name(data.dtype) != wanted.dtype:
        if not _convertible(data, wanted.dtype, value):
            raise TypeError(
                f"input {name} needs elements of {wanted.dtype}, not {data.dtype}; convert the "
                f"value with .astype({wanted.dtype!r}) if that is meant"
            )
        data = data.astype(wanted.dtype)
    if data.ndim != wanted.ndim:
        raise TypeError(
            f"input {name} needs an array with {wanted.ndim} axes, not one with {data.ndim} "
            f"(shape {data.shape})"
        )
    if not wanted.accepts(data.shape):
        raise ValueError(
            f"input {name} needs an array of shape {str(wanted.shape).replace('None', '?')}, "
            f"not {data.shape}"
        )
    return data


def _convertible(data, dtype, value):
    kinds = data.dtype.kind, np.dtype(dtype).kind
    if kinds[0] not in "biufc":
        return False
    if np.can_cast(data.dtype, dtype, "safe") or (kinds[0] in "iu" and dtype == "float64"):
        return True
    if isinstance(value, np.ndarray) or (kinds[0] == "c" and kinds[1] != "c"):
        return False
    with np.errstate(all="ignore"):
        kept = (data.astype(dtype) == data) | ((data != data) & (kinds[1] in "fc"))
    return kept.all() or (dtype == "float32" and not isinstance(value, np.generic))


set_evaluator(evaluate)
