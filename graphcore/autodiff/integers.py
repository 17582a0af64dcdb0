"""Gradients with respect to integers, by the rules of Theano.

An operation with real results is taken to be defined between the integers, too: its gradient with
respect to an integer is that with respect to the real number of the same value.  An operation with
integer results is a step function: its gradient is zero.  What is read as an index or a length has
no gradient at all.
"""

from graphcore import config
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Cast
from graphcore.ops.operands import graph, is_float
from graphcore.ops.shape import BroadcastLike, BroadcastTo, Dimshuffle

_ARRANGING = (Dimshuffle, BroadcastLike, BroadcastTo)  # how a number meets an array


def with_real_inputs(outputs, integers):
    """A graph of the same values in which operations with real results read real numbers.

    Parameters
    ----------
    outputs : list of Variable
    integers : list of Variable
        Variables with integer elements.

    Returns
    -------
    (list of Variable, dict of Variable to Variable)
        The graph, and for each of ``integers`` the real variable that stands for it.
    """
    real = {v: Cast(config.floatX)(v) for v in integers}
    twins, memo = dict(real), {}
    for node in toposort(outputs):
        blocked = node.op.no_gradient
        inputs = [
            twins[v] if v in twins and i not in blocked else memo.get(v, v)
            for i, v in enumerate(node.inputs)
        ]
        kept = [memo.get(v, v) for v in node.inputs]
        if is_float(node.outputs[0].type.dtype):
            _enter(memo, node, inputs)
            continue
        _enter(memo, node, kept)
        if isinstance(node.op, _ARRANGING) and node.inputs[0] in twins:
            twins[node.out] = node.op.apply(*inputs).out
    return [memo.get(v, v) for v in outputs], real


def _enter(memo, node, inputs):
    """The application to other inputs, where they are others."""
    if any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
        outputs = node.op.apply(*inputs).outputs
        memo.update((v, graph.cast(new, v.type.dtype))
                    for v, new in zip(node.outputs, outputs, strict=True))  # fmt: skip
