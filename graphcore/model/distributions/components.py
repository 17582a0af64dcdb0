"""What distributions made of other distributions share: Mixture, Censored, Truncated."""

import graphcore.tensor as tt
from graphcore.model.distributions.base import RandomVariable
from graphcore.ops.elementwise import Elemwise


def component(rv, label, what):
    """The distribution of a variable made with ``.dist()``; anything else is refused."""
    if not isinstance(rv, RandomVariable):
        raise TypeError(
            f"{label}: {what} must be a distribution made with .dist(), such as "
            f"pm.Normal.dist(0, 1), got {type(rv).__name__}"
        )
    if rv.name:
        raise TypeError(
            f"{label}: {what} must be made with .dist(), but {rv.name} is a variable of a model"
        )
    rv.distribution.refuse_faults()
    return rv.distribution


def resized(distribution, batch):
    """The same distribution with another batch shape."""
    other = object.__new__(type(distribution))  # calling the class would register a variable
    other.__dict__.update(distribution.__dict__)
    event = distribution.shape[len(distribution.batch_shape) :]
    other.batch_shape, other.shape = tuple(batch), (*batch, *event)
    return other


def addends(expr):
    """``(is negative, variable)`` for the terms of nested sums and differences."""
    found, stack = [], [(False, expr)]
    while stack:
        negative, v = stack.pop()
        row = row_of(v)
        if row in ("add", "sub"):
            a, b = v.owner.inputs
            stack.append((negative != (row == "sub"), b))
            stack.append((negative, a))
        elif row == "neg":
            stack.append((not negative, v.owner.inputs[0]))
        else:
            found.append((negative, v))
    return found


def small_terms_first(expr):
    """The same sum, added up so that few operations run over the whole shape.

    In ``-0.5 * z**2 - log(sigma) - c + log(w)`` only ``z`` has the length of the data: everything
    else becomes one term of its own shape.
    """
    by_size = {}
    for negative, v in addends(expr):
        size = v.type.size
        total = by_size.get(size)
        if total is None:
            by_size[size] = -v if negative else v
        else:
            by_size[size] = total - v if negative else total + v
    total = None
    for size in sorted(by_size):
        total = by_size[size] if total is None else by_size[size] + total
    return tt.broadcast_to(total, expr.type.shape) if total.type.shape != expr.type.shape else total


def row_of(v):
    """Name of the row that computes a variable; None when it is not elementwise."""
    if v.owner is not None and isinstance(v.owner.op, Elemwise):
        return v.owner.op.row_name
    return None
