"""Sums of cotangents."""

from graphcore._graph import shape_origins
from graphcore.ops.operands import graph
from graphcore.ops.reduce import Reduce

MANY = 16  # sums from which on they become one


def total(terms):
    """The sum of cotangents of one variable.

    A number that is used in very many operations on arrays has as many sums over arrays for its
    cotangent.  Where the arrays are known to have one shape, their sum is summed once.
    """
    if len(terms) >= MANY:
        terms = _in_one_sum(terms)
    result = terms[0]
    for g in terms[1:]:
        result = graph.add(result, g)
    return result


def _in_one_sum(terms):
    """The terms, sums over arrays of one shape as one sum.

    Only where lengths are unknown: with known ones more can be done for each sum.
    """
    sums = [g for g in terms if _is_of_unknown_length(g)]
    if len(sums) < MANY:
        return terms
    arrays = [g.owner.inputs[0] for g in sums]
    together = {}
    for g, x, origin in zip(sums, arrays, shape_origins(arrays), strict=True):
        together.setdefault((origin, x.type.dtype, g.owner.op.axes), []).append(x)
    found = [g for g in terms if not _is_of_unknown_length(g)]
    for (_, _, axes), arrays in together.items():
        found.append(graph.sum(total(arrays), axes))
    return found


def _is_of_unknown_length(g):
    """Whether a term is a sum over an array of which not all lengths are known."""
    node = g.owner
    if node is None or not isinstance(node.op, Reduce) or node.op.row_name != "sum":
        return False
    return not node.inputs[0].type.is_static
