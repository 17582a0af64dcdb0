"""The distribution of a loop whose steps draw random variables."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.base import as_shape, as_value
from graphcore.model.distributions.derived import Derived, Taking, bases
from graphcore.ops.operands import constant, known_value
from graphcore.ops.recurrence import recurrence
from graphcore.runtime.reference import evaluate


class Looped(Derived, hidden=True):
    """The distribution of what a loop collects, one density per step.

    Given all values, the earlier ones that a step sees are known: its density is that of one step,
    for all steps at once.

    Attributes
    ----------
    loop : Loop
        See :class:`graphcore.tensor.scan.Loop`.
    """

    @classmethod
    def of(cls, loop):
        """The distribution of a loop; an error names what there is no rule for."""
        n = known_value(loop.n)
        if n is None:
            raise ValueError("scan: the number of steps that draw random variables must be known")
        random = bases(loop.result)
        for rv in random:
            rv.distribution.refuse_faults()
        part = Taking("scan").apart(loop.result)
        made = cls.make(
            "scan", (), {}, loop=loop, n=int(n), expression=loop.result, part=part,
            random=random, ndim=part.event,
        )  # fmt: skip
        made.arguments = {f"{i}": v for i, v in enumerate(made.outside())}
        return made

    def _find_shape(self, shape, size, observed_shape):
        return (self.n, *super()._find_shape(shape, size, observed_shape))

    def outside(self):
        """The variables without owner that the steps depend on."""
        loop = self.loop
        inside = {*loop.sequences, *loop.taps.values(), *self.random}
        arguments = [a for rv in self.random for a in rv.distribution.arguments.values()]
        found = inputs_of([loop.result, *arguments], stop=inside)
        first = [] if loop.first is None else [loop.first]
        found = [v for v in found if v not in inside]
        found += inputs_of([*loop.sequences.values(), *first])
        return [v for v in dict.fromkeys(found) if not isinstance(v, Constant)]

    # -- densities ----------------------------------------------------------------------------

    def formula(self, value):
        return self._of_all_steps(self.part.logp, value)

    def log_cdf(self, value):
        return self._of_all_steps(self.part.logcdf, value)

    def log_ccdf(self, value):
        return self._of_all_steps(self.part.logccdf, value)

    def _of_all_steps(self, function, value):
        value, loop = as_value(value, self.label), self.loop
        if value.ndim != len(self.shape):
            raise ValueError(
                f"{self.label}: the value of a loop has {len(self.shape)} axes, not {value.ndim}"
            )
        sequences = dict(loop.sequences)
        if loop.taps:
            rows = tt.concatenate([tt.cast(loop.first, "float64"), value])
            deepest = max(loop.taps)
            for depth, v in loop.taps.items():
                seen = rows[deepest - depth : deepest - depth + self.n]
                sequences[v] = tt.cast(seen, v.dtype)
        now = new_variable(TensorType("float64", self.expression.type.shape))
        _, (found,) = recurrence(loop.n, {**sequences, now: value}, [], [function(now)])
        return found

    # -- numbers ------------------------------------------------------------------------------

    def initial(self):
        step, loop = self.expression, self.loop
        for rv in reversed(self.random):
            step = replace([step], {rv: tt.cast(rv.distribution.initial(), rv.dtype)})[0]
        if not loop.taps:
            _, (found,) = recurrence(loop.n, loop.sequences, [], [step])
            return tt.cast(found, "float64")
        carried = [(loop.first, loop.taps, step)]
        (found,), _ = recurrence(loop.n, loop.sequences, carried, [])
        return tt.cast(found[max(loop.taps) :], "float64")

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        paths = [self._path(rng, given) for _ in range(math.prod(lead))]
        return np.asarray(paths, dtype=self.dtype).reshape(*lead, *self.shape)

    def _path(self, rng, given):
        """The values of all steps, each drawn after the ones before."""
        loop = self.loop
        first = constant(np.zeros(0)) if loop.first is None else loop.first
        outer = [first, *loop.sequences.values()]
        before, *arrays = evaluate(outer, {v: x for v, x in given.items() if v in inputs_of(outer)})
        rows, needed = list(before), set(inputs_of([self.expression]))
        for t in range(self.n):
            known = given | {v: x[t] for v, x in zip(loop.sequences, arrays, strict=True)}
            known |= {v: rows[-depth] for depth, v in loop.taps.items()}
            for rv in self.random:
                known[rv] = rv.distribution.draw(rng, None, known)
            used = {v: x for v, x in known.items() if v in needed}
            rows.append(evaluate([self.expression], used)[0])
        return rows[len(before) :]
