"""The densities of the operations that an expression of random variables is made of.

The rules are those of Blitzstein and Hwang, Introduction to Probability, chapters 3, 8 and 8.6.
"""

import math

import graphcore.tensor as tt
from graphcore.model.distributions.base import guarded


class Part:
    """The density of one operation in an expression of a random variable.

    Attributes
    ----------
    discrete : bool
    event : int
        Trailing axes of a value that have one density together.
    """

    discrete = False
    event = 0

    def logp(self, value):
        """Log density."""
        raise NotImplementedError

    def logcdf(self, value):
        """Log of the cumulative distribution function."""
        raise NotImplementedError("the cumulative distribution of this expression has no rule")

    def logccdf(self, value):
        """Log of the probability of exceeding ``value``."""
        return tt.log1mexp(self.logcdf(value))

    def at_least(self, value):
        """Log of the probability of ``value`` or more."""
        above = self.logccdf(value)
        return tt.logaddexp(above, self.logp(value)) if self.discrete else above

    def less(self, value):
        """Log of the probability of less than ``value``."""
        return tt.log1mexp(self.at_least(value)) if self.discrete else self.logcdf(value)


def refuse(label, v, why):
    """Say for which operation there is no density."""
    raise NotImplementedError(
        f"{label}: the density of {v.owner.op!r} of random variables cannot be derived: {why}. "
        "Give logp= instead"
    )


def no_tails():
    """Say that there is no cumulative distribution function."""
    raise NotImplementedError("the cumulative distribution of this expression has no rule")


def between(part, low, high):
    """Log of the probability of a continuous part between two values, from the smaller tail."""
    below, above = part.logcdf(high), part.logccdf(low)
    return tt.switch(
        below < above,
        _difference(below, part.logcdf(low)),
        _difference(above, part.logccdf(high)),
    )


def _difference(a, b):
    """``log(exp(a) - exp(b))``, -inf where that is nothing."""
    some = a > b
    return tt.switch(some, a + tt.log1mexp(tt.switch(some, b - a, -1.0)), -math.inf)


class Leaf(Part):
    """A random variable itself."""

    def __init__(self, distribution):
        self.discrete = distribution.support_of().discrete
        self.event = distribution.ndim
        self.logp = distribution.log_density
        self.logcdf = distribution.log_cdf
        self.logccdf = distribution.log_ccdf

    def at_least(self, value):
        return self.logccdf(tt.ceil(value) - 1 if self.discrete else value)

    def less(self, value):
        return self.logcdf(tt.ceil(value) - 1 if self.discrete else value)


class Restricted(Part):
    """What a part has where a condition holds: not a density, but a piece of one."""

    def __init__(self, inner, holds):
        self.inner, self.holds, self.discrete = inner, holds, inner.discrete
        self.event = inner.event

    def logp(self, value):
        return tt.switch(self.holds(value), self.inner.logp(value), -math.inf)


class Changed(Part):
    """A function of one argument that can be inverted."""

    def __init__(self, inner, change):
        self.inner, self.change = inner, change
        self.discrete, self.event = inner.discrete, inner.event

    def logp(self, value):
        safe, total = self.change.harmless(value), None
        axes = tuple(range(-self.event, 0))
        for inverse, slope in self.change.branches:
            term = self.inner.logp(inverse(safe))
            if not self.discrete and slope is not None:
                by = slope(safe)
                term = term + (tt.sum(by + tt.zeros_like(safe), axis=axes) if axes else by)
            total = term if total is None else tt.logaddexp(total, term)
        inside = self.change.inside(value)
        return guarded(
            [tt.all(inside, axis=axes) if axes and inside is not None else inside], total
        )

    def _tails(self, value):
        """Logs of the probabilities of at most and of more than ``value``."""
        if self.event or (self.discrete and len(self.change.branches) > 1):
            no_tails()
        inner, at = self.inner, [b[0](self.change.harmless(value)) for b in self.change.branches]
        if len(at) == 2:  # between the two arguments, or beyond either
            within, beyond = (
                between(inner, at[1], at[0]),
                tt.logaddexp(inner.logccdf(at[0]), inner.logcdf(at[1])),
            )
        elif self.change.rising is True:
            within, beyond = inner.logcdf(at[0]), inner.logccdf(at[0])
        elif self.change.rising is False:
            within, beyond = inner.at_least(at[0]), inner.less(at[0])
        else:
            up = self.change.rising
            within = tt.switch(up, inner.logcdf(at[0]), inner.at_least(at[0]))
            beyond = tt.switch(up, inner.logccdf(at[0]), inner.less(at[0]))
        if self.change.low is not None:
            within = tt.switch(value <= self.change.low, -math.inf, within)
            beyond = tt.switch(value <= self.change.low, 0.0, beyond)
        if self.change.high is not None:
            within = tt.switch(value >= self.change.high, 0.0, within)
            beyond = tt.switch(value >= self.change.high, -math.inf, beyond)
        return within, beyond

    def logcdf(self, value):
        return self._tails(value)[0]

    def logccdf(self, value):
        return self._tails(value)[1]


class Inverted(Part):
    """``1 / x``: the values of one sign come from the arguments of that sign."""

    def __init__(self, inner):
        self.inner, self.discrete, self.event = inner, inner.discrete, inner.event

    def logp(self, value):
        some = tt.neq(value, 0)
        safe = tt.switch(some, value, 1.0)
        total, axes = self.inner.logp(1 / safe), tuple(range(-self.event, 0))
        if not self.discrete:
            slope = -2 * tt.log(tt.abs(safe))
            total = total + (tt.sum(slope, axis=axes) if axes else slope)
        return guarded([tt.all(some, axis=axes) if axes else some], total)

    def _tails(self, value):
        if self.event or self.discrete:
            no_tails()
        inner, zero = self.inner, tt.zeros_like(value)
        at = 1 / tt.switch(tt.eq(value, 0), 1.0, value)
        negative, positive = inner.logcdf(zero), inner.logccdf(zero)
        below = tt.switch(
            value < 0,
            between(inner, tt.minimum(at, 0.0), zero),
            tt.logaddexp(negative, inner.logccdf(at)),
        )
        above = tt.switch(
            value > 0,
            between(inner, zero, tt.maximum(at, 0.0)),
            tt.logaddexp(positive, inner.logcdf(at)),
        )
        nothing = tt.eq(value, 0)
        return tt.switch(nothing, negative, below), tt.switch(nothing, positive, above)

    def logcdf(self, value):
        return self._tails(value)[0]

    def logccdf(self, value):
        return self._tails(value)[1]


class Cut(Part):
    """``maximum(x, bound)`` or ``minimum(x, bound)``: the mass beyond the bound sits on it."""

    def __init__(self, inner, bound, low):
        self.inner, self.low, self.discrete = inner, low, inner.discrete
        self.bound = tt.as_tensor_variable(bound)

    def logp(self, value):
        bound = self.bound
        if self.low:
            at, beyond = self.inner.logcdf(bound), value < bound
        else:
            at, beyond = self.inner.at_least(bound), value > bound
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


class Compared(Part):
    """Whether ``x`` is above, below or equal to something known: 0 or 1."""

    discrete = True

    def __init__(self, inner, other, row):
        if row in ("gt", "ge"):
            self.yes = inner.logccdf(other) if row == "gt" else inner.at_least(other)
            self.no = inner.logcdf(other) if row == "gt" else inner.less(other)
        elif row in ("lt", "le"):
            self.yes = inner.less(other) if row == "lt" else inner.logcdf(other)
            self.no = inner.at_least(other) if row == "lt" else inner.logccdf(other)
        else:
            same = inner.logp(other)
            self.yes, self.no = same, tt.log1mexp(same)
            if row == "ne":
                self.yes, self.no = self.no, self.yes

    def logp(self, value):
        unlike = tt.switch(tt.eq(value, 0), self.no, -math.inf)
        return tt.switch(tt.eq(value, 1), self.yes, unlike)

    def logcdf(self, value):
        return tt.switch(value < 0, -math.inf, tt.switch(value < 1, self.no, 0.0))

    def logccdf(self, value):
        return tt.switch(value < 0, 0.0, tt.switch(value < 1, self.yes, -math.inf))


_CELLS = {
    "floor": (lambda k: k, lambda k: k + 1),
    "ceil": (lambda k: k - 1, lambda k: k),
    "round": (lambda k: k - 0.5, lambda k: k + 0.5),
    "trunc": (
        lambda k: tt.switch(k > 0, k, k - 1),
        lambda k: tt.switch(k < 0, k, k + 1),
    ),
}


class Rounded(Part):
    """A continuous variable rounded to whole numbers: the mass of a cell."""

    discrete = True

    def __init__(self, inner, row):
        self.inner, (self.low, self.high) = inner, _CELLS[row]

    def logp(self, value):
        mass = between(self.inner, self.low(value), self.high(value))
        return guarded([tt.eq(value, tt.floor(value))], mass)

    def logcdf(self, value):
        return self.inner.logcdf(self.high(tt.floor(value)))

    def logccdf(self, value):
        return self.inner.logccdf(self.high(tt.floor(value)))


class Extreme(Part):
    """The largest or smallest of independent, identically distributed elements along axes."""

    def __init__(self, inner, axes, n, largest):
        self.inner, self.axes, self.n, self.largest = inner, axes, n, largest
        self.discrete = inner.discrete

    def _each(self, function, value):
        """A function of each element, at a value for the elements along the axes together."""
        if not self.axes:
            return function(value)
        got = function(tt.expand_dims(value, self.axes))
        return tt.squeeze(got, axis=self.axes)

    def logcdf(self, value):
        if self.largest:
            return self.n * self._each(self.inner.logcdf, value)
        return tt.log1mexp(self.logccdf(value))

    def logccdf(self, value):
        if self.largest:
            return tt.log1mexp(self.logcdf(value))
        return self.n * self._each(self.inner.logccdf, value)

    def logp(self, value):
        if self.discrete:  # the difference of two powers of tail probabilities
            inner = self.inner
            more, less = (
                (inner.logcdf, inner.less) if self.largest else (inner.at_least, inner.logccdf)
            )
            return _difference(self.n * self._each(more, value), self.n * self._each(less, value))
        tail = self.inner.logcdf if self.largest else self.inner.logccdf
        others = (self.n - 1) * self._each(tail, value)
        return math.log(self.n) + others + self._each(self.inner.logp, value)


class Summed(Part):
    """Cumulative sums: the density of the differences."""

    def __init__(self, inner, axis):
        self.inner, self.axis = inner, axis
        self.discrete, self.event = inner.discrete, inner.event

    def logp(self, value):
        at = self.axis % value.ndim
        before = (slice(None),) * at
        first = value[(*before, slice(0, 1))]
        steps = value[(*before, slice(1, None))] - value[(*before, slice(None, -1))]
        return self.inner.logp(tt.concatenate([first, steps], axis=at))


class Joined(Part):
    """Independent parts one after the other along an axis."""

    def __init__(self, parts, axis, lengths):
        self.parts, self.axis, self.lengths = parts, axis, lengths
        self.discrete, self.event = parts[0].discrete, parts[0].event

    def _all(self, name, value):
        terms, start = [], 0
        for part, n in zip(self.parts, self.lengths, strict=True):
            at = (*(slice(None),) * self.axis, slice(start, start + n))
            terms.append(getattr(part, name)(value[at]))
            start += n
        return tt.concatenate(terms, axis=self.axis)

    def logp(self, value):
        return self._all("logp", value)

    def logcdf(self, value):
        return self._all("logcdf", value)

    def logccdf(self, value):
        return self._all("logccdf", value)


class Arranged(Part):
    """The elements of ``x`` in another arrangement, which ``back`` undoes.

    ``there`` does to the densities what was done to the elements.
    """

    def __init__(self, inner, back, there):
        self.inner, self.back, self.there = inner, back, there
        self.discrete, self.event = inner.discrete, inner.event

    def logp(self, value):
        return self.there(self.inner.logp(self.back(value)))

    def logcdf(self, value):
        return self.there(self.inner.logcdf(self.back(value)))

    def logccdf(self, value):
        return self.there(self.inner.logccdf(self.back(value)))


class Multiplied(Part):
    """``matrix @ x`` for vectors ``x`` along the last axis."""

    event = 1

    def __init__(self, inner, matrix):
        self.inner, self.matrix = inner, matrix

    def logp(self, value):
        columns = value if value.ndim == 1 else value.T
        x = tt.linalg.solve(self.matrix, columns)
        got = self.inner.logp(x if value.ndim == 1 else x.T)
        got = got if self.inner.event else tt.sum(got, axis=-1)
        return got - tt.log(tt.abs(tt.linalg.det(self.matrix)))


class Chosen(Part):
    """One of several: by a random choice (a mixture), or by a known one.

    Parameters
    ----------
    parts : list of Part
    tests : list of variable or None
        Which part it is, for all but the last, when that is known.
    weights : list of variable or None
        Log probabilities of the parts.
    joined : int
        Axes, besides those of ``parts``, that one choice is made for.
    """

    def __init__(self, parts, tests=None, weights=None, joined=0):
        self.parts, self.tests, self.weights, self.joined = parts, tests, weights, joined
        self.discrete, self.event = parts[0].discrete, parts[0].event + joined

    def _combined(self, terms):
        if self.joined:
            terms = [tt.sum(t, axis=tuple(range(-self.joined, 0))) for t in terms]
        if self.weights is None and self.tests is None:
            return tt.logsumexp(tt.stack(terms), axis=0)
        if self.weights is None:
            total = terms[-1]
            for test, term in zip(self.tests[::-1], terms[-2::-1], strict=True):
                total = tt.switch(test, term, total)
            return total
        return tt.logsumexp(
            tt.stack([w + t for w, t in zip(self.weights, terms, strict=True)]), axis=0
        )

    def logp(self, value):
        return self._combined([p.logp(value) for p in self.parts])

    def _one(self):
        if self.event:
            no_tails()

    def logcdf(self, value):
        self._one()
        return self._combined([p.logcdf(value) for p in self.parts])

    def logccdf(self, value):
        self._one()
        return self._combined([p.logccdf(value) for p in self.parts])
