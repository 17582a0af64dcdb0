"""What the form of an expression says about its values."""

from graphcore.graph.nodes import Constant
from graphcore.model.distributions.constraints import (
    nonnegative,
    open_probability,
    positive,
    probability,
    simplex,
)
from graphcore.ops.elementwise import Elemwise
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.shape import BroadcastLike, BroadcastTo, Dimshuffle, Reshape

_KEEP_SIGN = {"add", "mul", "true_div", "sqrt", "maximum"}
_NEVER_NEGATIVE = {"exp", "sigmoid", "softplus", "sqr", "abs", "erfc"}
_COPIES = (Subtensor, Take, Dimshuffle, Reshape, BroadcastTo, BroadcastLike)


def known_to_hold(constraint, variable):
    """Whether a test of symbolic values is not needed, mostly because of their expression's form.

    Used to leave out tests that would cost a pass over the data, or stand in the way of what
    rewriting can do.  ``exp(x)`` counts as positive although it can underflow: the density is then
    not finite anyway.
    """
    if constraint.in_formula:
        return True
    if constraint in (positive, nonnegative):
        return _known(variable, _NEVER_NEGATIVE, _KEEP_SIGN, lambda s: s.nonnegative)
    if constraint in (probability, open_probability):
        return _known(variable, {"sigmoid"}, set(), lambda s: s.nonnegative and s.at_most_one)
    if constraint is simplex:
        return _known_simplex(variable)
    return False


def _known_simplex(variable):
    """Whether a variable has a simplex as support, or is made of whole rows of one that has."""
    while variable.owner is not None:
        op, source = variable.owner.op, variable.owner.inputs[0]
        if not (isinstance(op, Take) and op.axis < source.ndim - 1):
            return False
        variable = source
    distribution = getattr(variable, "distribution", None)
    return distribution is not None and distribution.support_of() is simplex


def _is_complement(one, p):
    """Whether this is one minus a probability."""
    return (
        isinstance(one, Constant) and bool((one.data >= 1).all()) and known_to_hold(probability, p)
    )


def _known(variable, always, keep, accepts):
    """True when every part of an expression is of a safe form.

    ``always`` are rows whose result is safe whatever their input, ``keep`` rows whose result is
    safe when their inputs are, ``accepts`` tells which supports of random variables are safe.
    """
    stack, seen = [variable], set()
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if isinstance(v, Constant):
            if not (v.data >= 0).all() or (not keep and not (v.data <= 1).all()):
                return False
        elif v.owner is None:
            distribution = getattr(v, "distribution", None)
            if distribution is None or not accepts(distribution.support_of()):
                return False
        elif isinstance(v.owner.op, _COPIES):
            stack.append(v.owner.inputs[0])
        elif isinstance(v.owner.op, Elemwise):
            row = v.owner.op.row_name
            if row in keep:
                stack.extend(v.owner.inputs)
            elif row == "sub" and keep:
                if not _is_complement(*v.owner.inputs):
                    return False
            elif row not in always:
                return False
        else:
            return False
    return True
