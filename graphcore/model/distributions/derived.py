"""Distributions of expressions: ``exp(Normal.dist())``, ``clip(...)``, ``max(...)`` and others.

An expression is taken apart from its result down to the random variable in it.  Each operation on
the way is either a change of variables (with its Jacobian), a bound that collects mass, an order
statistic of independent elements, a cumulative sum, or a choice between random variables.  The
rules are those of Blitzstein and Hwang, Introduction to Probability, chapters 3, 8 and 8.6.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.base import (
    Distribution,
    as_shape,
    as_value,
    describe,
    guarded,
)
from graphcore.model.distributions.components import row_of
from graphcore.model.distributions.constraints import Constraint, positive, probability, real
from graphcore.model.distributions.parts import CHANGES, RANGES, Part, refuse
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.elementwise import Cast
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.lines import Cumulative
from graphcore.ops.reduce import Reduce
from graphcore.ops.shape import Concatenate, Dimshuffle
from graphcore.runtime.reference import evaluate

_DEEPEST = 50  # operations between an expression and its random variable
_SUPPORTS = {"positive": positive, "unit": probability}


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
        part = _taken_apart(expression, label)
        return cls.make(label, (), {}, expression=expression, part=part, random=random)

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
            start = replace([start], {rv: rv.distribution.initial()})[0]
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


def _taken_apart(expression, label):
    """The :class:`Part` of an expression, made from the random variable up."""
    steps, v = [], expression
    while not isinstance(v, RandomVariable):
        if len(steps) > _DEEPEST:
            raise NotImplementedError(f"{label}: the expression has more than {_DEEPEST} steps")
        choice = _choice(v, label)
        if choice is not None:
            return _wrapped(choice, steps)
        random = [i for i, x in enumerate(v.owner.inputs) if is_random(x)]
        if len(random) != 1:
            refuse(label, v, "several random variables enter it")
        steps.append((v, random[0], label))
        v = v.owner.inputs[random[0]]
    return _wrapped(_Leaf(v.distribution), steps)


def _wrapped(part, steps):
    for v, i, label in reversed(steps):
        part = _step(part, v, i, label)
    return part


def _step(part, v, i, label):
    """The part of one operation whose random input is number ``i``."""
    op, inputs = v.owner.op, v.owner.inputs
    row = "cast" if isinstance(op, Cast) else row_of(v)
    others = [x for j, x in enumerate(inputs) if j != i]
    if row in CHANGES:
        return _Changed(part, row, i, others, label, v)
    if row in ("maximum", "minimum"):
        return _Cut(part, others[0], row == "maximum")
    if row == "clip" and i == 0:
        return _Cut(_Cut(part, others[0], True), others[1], False)
    if isinstance(op, Reduce) and op.row_name in ("max", "min") and v.ndim == 0:
        return _Extreme(part, inputs[0], op.row_name == "max", label, v)
    if isinstance(op, Cumulative) and op.name == "cumsum" and inputs[0].ndim:
        return _Summed(part, op.axis)
    return refuse(label, v, "there is no rule for it")


class _Leaf(Part):
    """A random variable itself."""

    def __init__(self, distribution):
        self.discrete = distribution.support_of().discrete
        self.logp = distribution.log_density
        self.logcdf = distribution.log_cdf
        self.logccdf = distribution.log_ccdf


class _Changed(Part):
    """A function of one argument that can be inverted, on one or two branches."""

    def __init__(self, inner, row, i, others, label, v):
        self.inner, self.discrete = inner, inner.discrete
        rule = CHANGES.get((row, i)) or CHANGES[row]
        made = rule(*others)
        if made is None:
            refuse(label, v, "there is no rule for it with this constant")
        self.branches, self.inside, self.increasing = made
        if self.discrete and len(self.branches) > 1:
            refuse(label, v, "two counts may lead to the same value")

    def _at(self, value, inverse):
        """The argument, moved to a harmless place where the value is not a possible one."""
        if self.inside is None:
            return inverse(value)
        return inverse(tt.switch(self.inside(value), value, 0.5))

    def logp(self, value):
        total = None
        for inverse, volume in self.branches:
            term = self.inner.logp(self._at(value, inverse))
            if not self.discrete and volume is not None:
                safe = value if self.inside is None else tt.switch(self.inside(value), value, 0.5)
                term = term + volume(safe)
            total = term if total is None else tt.logaddexp(total, term)
        return guarded([None if self.inside is None else self.inside(value)], total)

    def _tails(self, value, lower):
        if len(self.branches) != 1 or self.increasing is None or self.discrete:
            raise NotImplementedError("the cumulative distribution of this expression has no rule")
        at = self._at(value, self.branches[0][0])
        up = self.increasing
        below, above = self.inner.logcdf(at), self.inner.logccdf(at)
        got = tt.switch(up, below, above) if lower else tt.switch(up, above, below)
        if self.inside is None:
            return got
        high = value >= 1  # the ranges that end are (0, inf) and (0, 1)
        ends = tt.switch(high, 0.0, -math.inf) if lower else tt.switch(high, -math.inf, 0.0)
        return tt.switch(self.inside(value), got, ends)

    def logcdf(self, value):
        return self._tails(value, True)

    def logccdf(self, value):
        return self._tails(value, False)


class _Cut(Part):
    """``maximum(x, bound)`` or ``minimum(x, bound)``: the mass beyond the bound sits on it."""

    def __init__(self, inner, bound, low):
        self.inner, self.low, self.discrete = inner, low, inner.discrete
        self.bound = tt.as_tensor_variable(bound)

    def logp(self, value):
        bound = self.bound
        if self.low:
            at, beyond = self.inner.logcdf(bound), value < bound
        else:
            last = bound - 1 if self.discrete else bound
            at, beyond = self.inner.logccdf(last), value > bound
        got = tt.switch(tt.eq(value, bound), at, self.inner.logp(value))
        return tt.switch(beyond, -math.inf, got)

    def logcdf(self, value):
        got = self.inner.logcdf(value)
        if self.low:
            return tt.switch(value < self.bound, -math.inf, got)
        return tt.switch(value >= self.bound, 0.0, got)

    def logccdf(self, value):
        got = self.inner.logccdf(value)
        if self.low:
            return tt.switch(value < self.bound, 0.0, got)
        return tt.switch(value >= self.bound, -math.inf, got)


class _Extreme(Part):
    """The largest or smallest of independent, identically distributed elements."""

    def __init__(self, inner, source, largest, label, v):
        self.inner, self.largest, self.discrete = inner, largest, inner.discrete
        same = isinstance(source, RandomVariable) and source.distribution.ndim == 0
        if not same or any(a.type.size != 1 for a in source.distribution.arguments.values()):
            refuse(label, v, "its elements are not independent and identically distributed")
        self.n = source.type.size

    def logcdf(self, value):
        if self.largest:
            return self.n * self.inner.logcdf(value)
        return tt.log1mexp(self.logccdf(value))

    def logccdf(self, value):
        if self.largest:
            return tt.log1mexp(self.logcdf(value))
        return self.n * self.inner.logccdf(value)

    def logp(self, value):
        tail = self.inner.logcdf if self.largest else self.inner.logccdf
        if self.discrete:
            # the difference of two powers of tail probabilities
            more, less = (value, value - 1) if self.largest else (value - 1, value)
            a, b = self.n * tail(more), self.n * tail(less)
            return guarded([a > b], a + tt.log1mexp(tt.switch(a > b, b - a, -1.0)))
        return math.log(self.n) + (self.n - 1) * tail(value) + self.inner.logp(value)


class _Summed(Part):
    """Cumulative sums: the density of the differences."""

    def __init__(self, inner, axis):
        self.inner, self.axis, self.discrete = inner, axis, inner.discrete

    def logp(self, value):
        at = self.axis % value.ndim
        before = (slice(None),) * at
        first = value[(*before, slice(0, 1))]
        steps = value[(*before, slice(1, None))] - value[(*before, slice(None, -1))]
        return self.inner.logp(tt.concatenate([first, steps], axis=at))


class _Chosen(Part):
    """One of several: by a random choice (a mixture), or by a known one."""

    def __init__(self, parts, conditions, weights):
        self.parts, self.conditions, self.weights = parts, conditions, weights
        self.discrete = parts[0].discrete

    def _combined(self, terms):
        if self.weights is None:
            total = terms[-1]
            for condition, term in zip(self.conditions[::-1], terms[-2::-1], strict=True):
                total = tt.switch(condition, term, total)
            return total
        return tt.logsumexp(
            tt.stack([w + t for w, t in zip(self.weights, terms, strict=True)]), axis=0
        )

    def logp(self, value):
        return self._combined([p.logp(value) for p in self.parts])

    def logcdf(self, value):
        return self._combined([p.logcdf(value) for p in self.parts])

    def logccdf(self, value):
        return self._combined([p.logccdf(value) for p in self.parts])


def _choice(v, label):
    """The part of ``switch(which, a, b)`` or ``stack([a, b, ...])[which]``; None for others."""
    if v.owner is None:
        return None
    inputs = v.owner.inputs
    if row_of(v) == "switch":
        which, options = inputs[0], list(inputs[1:])
        while which.owner is not None and isinstance(which.owner.op, Cast):
            which = which.owner.inputs[0]
        numbers = [1, 0]
    elif isinstance(v.owner.op, Subtensor | Take) and len(inputs) == 2:
        options, which = _stacked(inputs[0]), inputs[1]
        if options is None or which.ndim:
            return None
        numbers = list(range(len(options)))
    else:
        return None
    if not all(is_random(x) for x in options):
        return None
    parts = [_taken_apart(x, label) for x in options]
    if not is_random(which):
        tests = [which] if row_of(v) == "switch" else [tt.eq(which, k) for k in numbers[:-1]]
        return _Chosen(parts, tests, None)
    if not isinstance(which, RandomVariable):
        refuse(label, v, "what chooses is an expression")
    if len({x for x in bases(which) for o in options if x in bases(o)}):
        refuse(label, v, "what chooses and what is chosen share a random variable")
    return _Chosen(parts, None, [which.distribution.log_density(float(k)) for k in numbers])


def _stacked(v):
    """The numbers that ``tt.stack`` made a vector of."""
    if v.owner is None or not isinstance(v.owner.op, Concatenate):
        return None
    found = []
    for x in v.owner.inputs:
        if isinstance(x, Constant) or x.owner is None or not isinstance(x.owner.op, Dimshuffle):
            return None
        found.append(x.owner.inputs[0])
    return found if all(x.ndim == 0 for x in found) else None
