"""Distributions of expressions: ``exp(Normal.dist())``, ``clip(...)``, ``max(...)`` and others.

An expression is taken apart from its result down to the random variables in it.  Each operation on
the way is a change of variables (with its Jacobian), a bound that collects mass, a comparison, an
order statistic of independent elements, a cumulative sum, a choice between random variables, or
another arrangement of elements; see :mod:`graphcore.model.distributions.parts` for what they do.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.arranged import arranged, items, picked
from graphcore.model.distributions.base import Distribution, as_shape, as_value, describe
from graphcore.model.distributions.changes import RANGES, change, exponent
from graphcore.model.distributions.components import row_of
from graphcore.model.distributions.constraints import Constraint, positive, probability, real
from graphcore.model.distributions.normals import as_normal
from graphcore.model.distributions.parts import (
    Changed,
    Chosen,
    Compared,
    Cut,
    Extreme,
    Inverted,
    Joined,
    Leaf,
    Multiplied,
    Restricted,
    Rounded,
    Summed,
    refuse,
)
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.elementwise import Cast
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.linalg import Dot
from graphcore.ops.lines import Cumulative
from graphcore.ops.reduce import Reduce
from graphcore.ops.shape import Concatenate
from graphcore.runtime.reference import evaluate

_DEEPEST = 50  # operations between an expression and its random variable
_SUPPORTS = {"positive": positive, "unit": probability}
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}


class Derived(Distribution, hidden=True):
    """The distribution of an expression of variables made with ``.dist()``."""

    @classmethod
    def of(cls, label, expression):
        """The distribution of ``expression``; an error names what there is no rule for."""
        random = bases(expression)
        if not random:
            raise TypeError(
                f"{label}: the expression has no random variable made with .dist() in it, so it "
                "has no density"
            )
        for rv in random:
            rv.distribution.refuse_faults()
            if rv.distribution.no_density is not None:
                raise NotImplementedError(f"{label}: {rv.distribution.no_density}")
        part = Taking(label).apart(expression)
        return cls.make(
            label, (), {}, expression=expression, part=part, random=random, ndim=part.event
        )

    def _find_support(self):
        if self.expression.dtype in ("int64", "bool"):
            return Constraint("a possible value", discrete=True)
        return _SUPPORTS.get(RANGES.get(row_of(self.expression)), real)

    def _find_shape(self, shape, size, observed_shape):
        if not self.expression.type.is_static:
            raise ValueError(f"{self.label}: the shape of the expression is not known")
        return self.expression.type.shape

    def formula(self, value):
        return self.part.logp(as_value(value, self.label))

    def log_cdf(self, value):
        return self.part.logcdf(as_value(value, self.label))

    def log_ccdf(self, value):
        return self.part.logccdf(as_value(value, self.label))

    def support_condition(self, value):
        return None  # the formula is -inf outside

    def initial(self):
        start = self.expression
        for rv in reversed(self.random):
            point = tt.cast(rv.distribution.initial(), rv.dtype)  # counts may be positions
            start = replace([start], {rv: point})[0]
        return tt.broadcast_to(tt.cast(start, "float64"), self.shape)

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        needed = set(inputs_of([self.expression]))
        rows = []
        for _ in range(math.prod(lead)):
            known = dict(given)
            for rv in self.random:
                known[rv] = rv.distribution.draw(rng, None, known)
            used = {v: x for v, x in known.items() if v in needed}
            rows.append(evaluate([self.expression], used)[0])
        return np.asarray(rows, dtype=self.dtype).reshape(*lead, *self.expression.type.shape)

    def __repr__(self):
        return f"{self.shown}({describe(self.expression)})"


def bases(expression):
    """The random variables without a model that an expression depends on, parents first."""
    found, stack = [], [(expression, False)]
    while stack:
        v, ready = stack.pop()
        if ready:
            if v not in found:
                found.append(v)
            continue
        for x in inputs_of([v]) if v.owner is not None else [v]:
            if isinstance(x, RandomVariable) and x.model is None and x not in found:
                stack.append((x, True))
                stack.extend((a, False) for a in x.distribution.arguments.values())
    return found


def is_random(variable):
    """Whether an expression depends on a random variable without a model."""
    return bool(bases(variable))


class Taking:
    """Taking an expression apart.

    Parameters
    ----------
    label : str
        What error messages call it.
    known : dict of variable to Part
        Where to stop besides random variables.
    """

    def __init__(self, label, known=None):
        self.label, self.known = label, known or {}

    def apart(self, v):
        """The :class:`Part` of an expression, made from the random variables up."""
        steps = []
        while True:
            if len(steps) > _DEEPEST:
                raise NotImplementedError(
                    f"{self.label}: the expression has more than {_DEEPEST} steps"
                )
            part = self._without_step(v)
            if part is not None:
                break
            random = [i for i, x in enumerate(v.owner.inputs) if is_random(x)]
            if len(random) != 1:
                refuse(self.label, v, "several random variables enter it")
            steps.append((v, random[0]))
            v = v.owner.inputs[random[0]]
        for v, i in reversed(steps):
            part = self._step(part, v, i)
        return part

    def _without_step(self, v):
        """The part of a variable that is not an operation on one random input; None for others."""
        if v in self.known:
            return self.known[v]
        if isinstance(v, RandomVariable):
            return self._leaf(v)
        return self._choice(v) or self._joined(v) or self._sum_of_normals(v) or self._picked(v)

    def _leaf(self, rv):
        for argument in rv.distribution.arguments.values():
            if is_random(argument):
                raise NotImplementedError(
                    f"{self.label}: a parameter of {rv.distribution.shown} is random itself; its "
                    "density would be an integral. Make that parameter a variable of the model"
                )
        return Leaf(rv.distribution)

    # -- one random input ---------------------------------------------------------------------

    def _step(self, part, v, i):
        """The part of one operation whose random input is number ``i``."""
        op, inputs = v.owner.op, v.owner.inputs
        row = "cast" if isinstance(op, Cast) else row_of(v)
        others = [x for j, x in enumerate(inputs) if j != i]
        if isinstance(op, Dot):
            return self._multiplied(part, v, i)
        if isinstance(op, Cumulative) and op.name == "cumsum" and inputs[0].ndim:
            if op.axis % v.ndim >= v.ndim - part.event:
                refuse(self.label, v, "it runs along the axis of one value")
            return Summed(part, op.axis)
        moved = arranged(part, v) if i == 0 else None
        if moved is not None:
            return moved
        changed = self._changed(part, v, i, row, others)
        if changed is not None:
            return changed
        if part.event:
            refuse(self.label, v, "its elements depend on each other")
        if row in ("maximum", "minimum"):
            return Cut(part, others[0], row == "maximum")
        if row == "clip" and i == 0:
            return Cut(Cut(part, others[0], True), others[1], False)
        if row in ("floor", "ceil", "round", "trunc"):
            return part if part.discrete else Rounded(part, row)
        if row in _COMPARISONS and (part.discrete or row not in ("eq", "ne")):
            return Compared(part, others[0], row if i == 0 else _MIRRORED[row])
        if isinstance(op, Reduce) and op.row_name in ("max", "min"):
            return self._extreme(part, v)
        return refuse(self.label, v, "there is no rule for it")

    def _changed(self, part, v, i, row, others):
        """The part of a function that can be inverted; None for others."""
        if row == "not_" and v.dtype == "bool":
            return Changed(part, change("sub", 1, [1.0]))
        if row == "reciprocal":
            return Inverted(part)
        if (row, i) == ("true_div", 1):
            return Changed(Inverted(part), change("mul", 0, others))
        p = exponent(others[0]) if (row, i) == ("pow", 0) else 1.0
        if p is None:
            refuse(self.label, v, "there is no rule for it with this constant")
        how = change(row, i, [tt.constant(abs(p))] if (row, i) == ("pow", 0) else others)
        if how is None:
            return None
        if len(how.branches) > 1 and part.discrete:
            refuse(self.label, v, "two counts may lead to the same value")
        if len(how.branches) > 1 and part.event:
            refuse(self.label, v, "its elements depend on each other")
        return Inverted(Changed(part, how)) if p < 0 else Changed(part, how)

    def _multiplied(self, part, v, i):
        matrix = v.owner.inputs[1 - i]
        x = v.owner.inputs[i]
        square = matrix.ndim == 2 and matrix.type.shape[0] == matrix.type.shape[1] is not None
        if not square or part.discrete or part.event > 1 or (i == 1 and x.ndim != 1):
            refuse(self.label, v, "only a square matrix times a continuous vector can be undone")
        return Multiplied(part, matrix if i == 1 else matrix.T)

    def _extreme(self, part, v):
        source, op = v.owner.inputs[0], v.owner.op
        if not _alike(source, op.axes):
            refuse(self.label, v, "its elements are not independent and identically distributed")
        n = math.prod(source.type.shape[a] for a in op.axes)
        axes = op.axes if v.ndim else ()
        return Extreme(part, axes, n, op.row_name == "max")

    # -- several ------------------------------------------------------------------------------

    def _joined(self, v):
        """The part of ``concatenate`` (and ``stack``) of independent expressions."""
        if v.owner is None or not isinstance(v.owner.op, Concatenate):
            return None
        if not all(is_random(x) for x in v.owner.inputs):
            refuse(self.label, v, "not all of its pieces are random")
        self._independent(v, v.owner.inputs)
        parts = [self.apart(x) for x in v.owner.inputs]
        event = parts[0].event
        if any(p.event != event for p in parts) or v.owner.op.axis >= v.ndim - event:
            refuse(self.label, v, "it runs along the axis of one value")
        lengths = [x.type.shape[v.owner.op.axis] for x in v.owner.inputs]
        return Joined(parts, v.owner.op.axis, lengths)

    def _sum_of_normals(self, v):
        """The part of sums of independent normal variables."""
        if v.owner is None:
            return None
        several = sum(is_random(x) for x in v.owner.inputs) > 1
        total = isinstance(v.owner.op, Reduce) and v.owner.op.row_name == "sum"
        found = as_normal(v) if several or total else None
        if found is None:
            return None
        mean, variance = found
        normal = Distribution.registry["Normal"]
        return Leaf(normal.make(self.label, (mean, tt.sqrt(variance)), {}, shape=v.type.shape))

    def _picked(self, v):
        """The part of some elements of an array: that of the array with only these."""
        if v.owner is None or not isinstance(v.owner.op, Subtensor | Take):
            return None
        if any(is_random(x) for x in v.owner.inputs[1:]):
            return None
        found = picked(v)
        if found is None:
            refuse(self.label, v, "there is no rule for elements of it")
        return self.apart(found)

    def _independent(self, v, options):
        seen = set()
        for x in options:
            if seen & set(bases(x)):
                refuse(self.label, v, "its pieces share a random variable")
            seen |= set(bases(x))

    # -- choices ------------------------------------------------------------------------------

    def _choice(self, v):
        """The part of ``switch(which, a, b)`` or ``stack([a, b, ...])[which]``; None for others."""
        if v.owner is None:
            return None
        inputs = v.owner.inputs
        if row_of(v) == "switch":
            which, options, numbers = inputs[0], list(inputs[1:]), (1.0, 0.0)
            while which.owner is not None and isinstance(which.owner.op, Cast):
                which = which.owner.inputs[0]
        else:
            which, options = items(v, is_random)
            if which is None:
                return None
            numbers = range(len(options))
        if not all(is_random(x) for x in options):
            return None
        if not is_random(which):
            tests = [which] if row_of(v) == "switch" else [tt.eq(which, k) for k in numbers[:-1]]
            return Chosen([self.apart(x) for x in options], tests=tests)
        if any(x in bases(o) for x in bases(which) for o in options):
            return self._pieces(v, which, options)
        parts = [self.apart(x) for x in options]
        joined = v.ndim - parts[0].event - which.ndim
        if joined and which.ndim:
            refuse(self.label, v, "what chooses has another shape than what is chosen")
        chance = self.apart(which)
        weights = [chance.logp(as_value(float(k), self.label)) for k in numbers]
        return Chosen(parts, weights=weights, joined=joined)

    def _pieces(self, v, which, options):
        """The part of a function with two pieces, such as ``switch(x > 0, x, 0.3 * x)``."""
        x = None
        if row_of(which) in _COMPARISONS:
            sides = which.owner.inputs
            random = [s for s in sides if is_random(s)]
            x = random[0] if len(random) == 1 else None
        if x is None:
            refuse(self.label, v, "what chooses and what is chosen share a random variable")
        first, part = sides[0] is x, self.apart(x)
        other, op = sides[1] if first else sides[0], which.owner.op
        if part.event or x.type.shape != v.type.shape:
            refuse(self.label, v, "what chooses has another shape than what is chosen")

        def holds(value):
            return op(value, other) if first else op(other, value)

        yes, no = Restricted(part, holds), Restricted(part, lambda value: ~holds(value))
        return Chosen(
            [
                Taking(self.label, {**self.known, x: piece}).apart(option)
                for piece, option in zip((yes, no), options, strict=True)
            ]
        )


def _alike(source, axes):
    """Whether the elements of an expression are independent and alike along axes."""
    v = source
    while not isinstance(v, RandomVariable):
        if row_of(v) is None or v.type.shape != source.type.shape:
            return False
        random = [x for x in v.owner.inputs if is_random(x)]
        if len(random) != 1 or not all(_single(x, source, axes) for x in _rest(v, random[0])):
            return False
        v = random[0]
    same = v.type.shape == source.type.shape and v.distribution.ndim == 0
    arguments = v.distribution.arguments.values()
    return same and bool(arguments) and all(_single(a, source, axes) for a in arguments)


def _rest(v, random):
    return [x for x in v.owner.inputs if x is not random]


def _single(x, source, axes):
    """Whether an array that is broadcast against ``source`` has one element along axes."""
    missing = source.ndim - x.ndim
    return all(a < missing or x.type.shape[a - missing] == 1 for a in axes)
