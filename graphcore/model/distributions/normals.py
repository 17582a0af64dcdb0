"""Linear combinations of independent normal variables, which are normal again."""

import graphcore.tensor as tt
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.components import row_of
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.reduce import Reduce


def as_normal(v):
    """Mean and variance of a combination of independent normal variables; None for others."""
    known, order, seen = {}, [v], set()
    while order:
        x = order[-1]
        if x in known:
            order.pop()
            continue
        if not _leaves(x):
            known[x] = (x, None)
            continue
        if isinstance(x, RandomVariable):
            d = x.distribution
            if d.shown != "Normal" or not isinstance(d, Distribution.registry["Normal"]):
                return None
            if any(_leaves(a) for a in d.arguments.values()) or x in seen:
                return None
            wide = [tt.broadcast_to(a, x.type.shape) for a in (d.mu, tt.sqr(d.sigma))]
            known[x] = tuple(wide)
            continue
        missing = [a for a in x.owner.inputs if a not in known]
        if missing:
            order.extend(missing)
            continue
        known[x] = _combined(x, [known[a] for a in x.owner.inputs])
        if known[x] is None:
            return None
    return known[v] if len(_leaves(v)) == len(_uses(v)) else None


def _leaves(v):
    """The random variables without a model in an expression."""
    found = inputs_of([v]) if v.owner is not None else [v]
    return [x for x in found if isinstance(x, RandomVariable) and x.model is None]


def _uses(v):
    """The random variables as often as they are used."""
    found, stack = [], [v]
    while stack:
        x = stack.pop()
        if isinstance(x, RandomVariable):
            found.append(x)
        elif x.owner is not None and _leaves(x):
            stack.extend(x.owner.inputs)
    return [x for x in found if x.model is None]


def _combined(v, parts):
    """Mean and variance of one operation on what is normal or known; None without a rule."""
    row, (mean, variance) = row_of(v), parts[0]
    if row == "neg":
        return -mean, variance
    if isinstance(v.owner.op, Reduce) and v.owner.op.row_name == "sum":
        return tuple(tt.sum(x, axis=v.owner.op.axes) for x in parts[0])
    if row not in ("add", "sub", "mul", "true_div"):
        return None
    mean2, variance2 = parts[1]
    if row in ("add", "sub"):
        spread = [
            tt.broadcast_to(x, v.type.shape)
            for x, a in zip((variance, variance2), v.owner.inputs, strict=True)
            if x is not None and a.type.shape == v.type.shape
        ]
        if len(spread) != sum(x is not None for x in (variance, variance2)):
            return None  # one number added to several makes them depend on each other
        return (mean + mean2 if row == "add" else mean - mean2), sum(spread[1:], spread[0])
    if variance is not None and variance2 is not None:
        return None
    if row == "true_div":
        return None if variance2 is not None else (mean / mean2, variance / tt.sqr(mean2))
    factor, spread = (mean2, variance) if variance2 is None else (mean, variance2)
    return mean * mean2, spread * tt.sqr(factor)
