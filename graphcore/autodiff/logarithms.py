"""Logarithms of probabilities: derivatives that do not divide by what has become zero.

The derivative of ``log(sigmoid(x))`` by the chain rule is ``(1 / s) * s * (1 - s)``, and where the
sigmoid ``s`` underflows it is not a number.  Here a logarithm of an exponential, a sigmoid, one
minus a sigmoid, or a softmax is read as what it equals, and that is differentiated.
"""

from graphcore.ops.elementwise import Elemwise
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.operands import graph, is_float, is_scalar_constant
from graphcore.ops.points import TakePoints
from graphcore.ops.shape import Dimshuffle, Reshape

_MOVES = (Dimshuffle, Reshape, Subtensor, Take, TakePoints)


def stable_logarithm(node, fixed):
    """``(an equal expression, the variables it is made of)`` of a logarithm, or None.

    Parameters
    ----------
    node : Apply
    fixed : callable
        Whether a variable must keep its place, because its own derivative is asked for or given.
    """
    row = _row(node)
    if row == "log":
        return _logarithm(node.inputs[0], fixed)
    if row == "log1p" and not fixed(node.inputs[0]):
        for v in _operands(node.inputs[0], "neg"):
            return _log_complement(v, fixed)
    return None


def _row(node):
    return node.op.row.name if node is not None and isinstance(node.op, Elemwise) else None


def _operands(v, row):
    """What an elementwise operation computes ``v`` from; nothing when another one does."""
    return tuple(v.owner.inputs) if _row(v.owner) == row else ()


def _logarithm(v, fixed):
    moves = []
    while not fixed(v) and v.owner is not None and isinstance(v.owner.op, _MOVES):
        moves.append(v.owner)
        v = v.owner.inputs[0]
    if fixed(v) or not is_float(v.type.dtype):
        return None
    found = _log_of(v, fixed)
    if found is None:
        return None
    expression, made_of = found
    for node in reversed(moves):
        expression = node.op(expression, *node.inputs[1:])
    return expression, made_of


def _log_of(v, fixed):
    for x in _operands(v, "exp"):
        return x, (x,)
    for x, opposite in _sigmoid(v, fixed):
        return graph.neg(graph.softplus(x if opposite else graph.neg(x))), (x,)
    one, other = _operands(v, "sub") or (None, None)
    if other is not None and is_scalar_constant(one, 1):
        return _log_complement(other, fixed)
    above, below = _operands(v, "true_div") or (None, None)
    if above is not None and not fixed(above):  # a softmax, exp(x) / sum(exp(x)), or like one
        for x in _operands(above, "exp"):
            return graph.sub(x, graph.log(below)), (x, below)
    return None


def _log_complement(v, fixed):
    """The logarithm of ``1 - v``."""
    for x, opposite in () if fixed(v) else _sigmoid(v, fixed):
        return graph.neg(graph.softplus(graph.neg(x) if opposite else x)), (x,)
    return None


def _sigmoid(v, fixed):
    """``[(x, False)]`` of ``sigmoid(x)``, ``[(x, True)]`` of ``sigmoid(-x)``, else nothing.

    A sigmoid may also be written ``1 / (1 + exp(-x))``.
    """
    for x in _operands(v, "sigmoid"):
        return [(x, False)]
    above, below = _operands(v, "true_div") or (None, None)
    if below is None or fixed(below) or not is_scalar_constant(above, 1):
        return []
    terms = _operands(below, "add")
    for one, e in (terms, terms[::-1]) if terms else ():
        if not is_scalar_constant(one, 1) or fixed(e):
            continue
        for exponent in _operands(e, "exp"):
            for x in () if fixed(exponent) else _operands(exponent, "neg"):
                return [(x, False)]
            return [(exponent, True)]
    return []
