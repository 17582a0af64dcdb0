"""The distribution of a loop whose steps draw random variables."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.base import Distribution, as_shape, as_value
from graphcore.model.distributions.constraints import real
from graphcore.model.distributions.derived import Derived, Taking, bases
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.elementwise import Cast
from graphcore.ops.operands import constant, known_value
from graphcore.ops.recurrence import recurrence
from graphcore.runtime.reference import evaluate

WHY = (
    "the steps of a loop draw {names}, and there is no output with a density of which the other "
    "outputs are functions: such a loop can be drawn from, but has no density"
)


def outputs_of_loop(loop):
    """The outputs of a loop whose steps draw random variables.

    Where one output determines what the steps drew, and has a density, it is a random variable
    and the others are functions of it.  Otherwise all are functions of the numbers drawn.

    Parameters
    ----------
    loop : graphcore.tensor.scan.Loop

    Returns
    -------
    list of Variable
    """
    n = known_value(loop.n)
    if n is None:
        raise ValueError("scan: the number of steps that draw random variables must be known")
    random = in_order(loop)
    for rv in random:
        rv.distribution.refuse_faults()
    main = _main_output(loop, random)
    if main is not None:
        return _from_main(loop, RandomVariable(Looped.of(loop, main, int(n), random)), main)
    paths = RandomVariable(Paths.of(loop, int(n), random))
    return _run(loop, paths.distribution.split(paths), loop.results())


def in_order(loop):
    """The random variables of a step, each after those its distribution depends on."""
    found, stack = [], [(v, False) for v in reversed(inputs_of(loop.results()))]
    while stack:
        v, ready = stack.pop()
        if v not in loop.drawn or v in found:
            continue
        if ready:
            found.append(v)
            continue
        parents = inputs_of(list(v.distribution.arguments.values()))
        stack += [(v, True), *((p, False) for p in parents)]
    return found


def _main_output(loop, random):
    """The number of the output with a density, of which the others are functions; or None."""
    drawn = set(random)
    order = sorted(range(len(loop.outputs)), key=lambda i: loop.outputs[i].result not in drawn)
    for i in order:
        result = loop.outputs[i].result
        entering = bases(result)
        if not entering or not drawn.issuperset(entering):  # one made outside is not drawn anew
            continue
        others = [r for j, r in enumerate(_given_main(loop, i)[1]) if j != i]
        if drawn & set(inputs_of(others)):
            continue
        try:
            Taking("scan").apart(result)
        except NotImplementedError:
            continue
        return i
    return None


def _given_main(loop, main):
    """``(now, results)``: the results of a step as functions of the main one, ``now``."""
    result = loop.outputs[main].result
    now = new_variable(TensorType("float64", result.type.shape))
    known = {result: tt.cast(now, result.dtype)}
    while result.owner is not None and isinstance(result.owner.op, Cast):
        result = result.owner.inputs[0]
        known[result] = tt.cast(now, result.dtype)
    return now, replace(loop.results(), known)


def _seen(output, rows, n):
    """What the steps see of an output whose first values and those of all steps are known."""
    deepest = max(output.taps, default=0)
    return {
        v: tt.cast(rows[deepest - depth : deepest - depth + n], v.dtype)
        for depth, v in output.taps.items()
    }


def _known_main(loop, main, now, value, n):
    """The sequences of the steps when the main output is ``value``."""
    output = loop.outputs[main]
    value = tt.cast(value, "float64")
    if not output.taps:
        return {now: value}
    rows = tt.concatenate([tt.cast(output.first, "float64"), value])
    return {now: value, **_seen(output, rows, n)}


def _from_main(loop, rv, main):
    """All outputs, the main one being a random variable."""
    now, results = _given_main(loop, main)
    sequences = _known_main(loop, main, now, rv, rv.distribution.n)
    found = _run(loop, sequences, results, skip=main)
    found[main] = rv
    return found


def _run(loop, sequences, results, plain=(), skip=None):
    """Outputs of a loop with other results of a step; what is ``plain`` comes after them."""
    outputs = list(enumerate(zip(loop.outputs, results, strict=True)))
    carried = [(i, o, r) for i, (o, r) in outputs if o.taps and i != skip]
    collected = [(i, r) for i, (o, r) in outputs if not o.taps and i != skip]
    arrays, others = recurrence(
        loop.n,
        {**loop.sequences, **sequences},
        [(o.first, o.taps, r) for _, o, r in carried],
        [*(r for _, r in collected), *plain],
    )
    found = dict.fromkeys(range(len(outputs)))
    for (i, o, _), array in zip(carried, arrays, strict=True):
        found[i] = array[max(o.taps) :]
    for (i, _), array in zip(collected, others, strict=False):
        found[i] = array
    return [*found.values(), *others[len(collected) :]]


def _outside(loop, random):
    """The variables without owner that the steps depend on."""
    inside = {*loop.sequences, *random, *(v for o in loop.outputs for v in o.taps.values())}
    arguments = [a for rv in random for a in rv.distribution.arguments.values()]
    found = inputs_of([*loop.results(), *arguments], stop=inside)
    first = [o.first for o in loop.outputs if o.taps]
    found = [v for v in found if v not in inside]
    found += inputs_of([*loop.sequences.values(), *first])
    return [v for v in dict.fromkeys(found) if not isinstance(v, Constant)]


class _Stepwise:
    """Draws of a loop, step by step: ``loop``, ``n`` and ``random`` are those of the class."""

    def _start(self):
        """Results of a step, and the values of its random variables, where sampling starts."""
        swap = {}
        for rv in self.random:
            (point,) = replace([tt.cast(rv.distribution.initial(), rv.dtype)], swap)
            swap[rv] = tt.broadcast_to(point, rv.type.shape)
        return replace(self.loop.results(), swap), list(swap.values())

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        paths = [self._path(rng, given) for _ in range(math.prod(lead))]
        return np.asarray(paths, dtype=self.dtype).reshape(*lead, *self.shape)

    def _path(self, rng, given):
        """What is kept of all steps, each drawn after the ones before."""
        loop, carried = self.loop, [o for o in self.loop.outputs if o.taps]
        outer = [*(o.first for o in carried), *loop.sequences.values()]
        outer = outer or [constant(np.zeros(0))]
        found = evaluate(outer, {v: x for v, x in given.items() if v in set(inputs_of(outer))})
        rows = [list(first) for first in found[: len(carried)]]
        arrays = found[len(carried) :]
        results = [*(o.result for o in carried), *self._wanted()]
        needed, kept = set(inputs_of(results)), []
        for t in range(self.n):
            known = given | {v: x[t] for v, x in zip(loop.sequences, arrays, strict=False)}
            for o, before in zip(carried, rows, strict=True):
                known |= {v: before[-depth] for depth, v in o.taps.items()}
            for rv in self.random:
                known[rv] = rv.distribution.draw(rng, None, known)
            done = evaluate(results, {v: x for v, x in known.items() if v in needed})
            for before, x in zip(rows, done, strict=False):
                before.append(x)
            kept.append(self._keep(done[len(carried) :]))
        return kept


class Looped(_Stepwise, Derived, hidden=True):
    """The distribution of what a loop collects, one density per step.

    Given all values, the earlier ones that a step sees are known: its density is that of one step.
    It is that of all steps at once, unless steps see other outputs, which are computed by a loop.

    Attributes
    ----------
    loop : Loop
        See :class:`graphcore.tensor.scan.Loop`.
    main : int
        The output that this is the distribution of.
    """

    @classmethod
    def of(cls, loop, main, n, random):
        """The distribution of one output of a loop."""
        result = loop.outputs[main].result
        part = Taking("scan").apart(result)
        made = cls.make(
            "scan", (), {}, loop=loop, main=main, n=n, expression=result, part=part,
            random=random, ndim=part.event,
        )  # fmt: skip
        made.arguments = {f"{i}": v for i, v in enumerate(_outside(loop, random))}
        return made

    def _find_shape(self, shape, size, observed_shape):
        return (self.n, *super()._find_shape(shape, size, observed_shape))

    # -- densities ----------------------------------------------------------------------------

    def formula(self, value):
        return self._of_all_steps(self.part.logp, value)

    def log_cdf(self, value):
        return self._of_all_steps(self.part.logcdf, value)

    def log_ccdf(self, value):
        return self._of_all_steps(self.part.logccdf, value)

    def _of_all_steps(self, function, value):
        value = as_value(value, self.label)
        if value.ndim != len(self.shape):
            raise ValueError(
                f"{self.label}: the value of a loop has {len(self.shape)} axes, not {value.ndim}"
            )
        now, results = _given_main(self.loop, self.main)
        sequences = _known_main(self.loop, self.main, now, value, self.n)
        density = function(now)
        seen, carried, more = set(inputs_of([density])), [], True
        while more:  # the other outputs that the density depends on, and those that they do
            new = [
                (o, r)
                for i, (o, r) in enumerate(zip(self.loop.outputs, results, strict=True))
                if i != self.main and seen & set(o.taps.values()) and (o, r) not in carried
            ]
            carried += new
            seen |= set(inputs_of([r for _, r in new]))
            more = bool(new)
        _, (found,) = recurrence(
            self.loop.n,
            {**self.loop.sequences, **sequences},
            [(o.first, o.taps, r) for o, r in carried],
            [density],
        )
        return found

    # -- numbers ------------------------------------------------------------------------------

    def initial(self):
        results, _ = self._start()
        return tt.cast(_run(self.loop, {}, results)[self.main], "float64")

    def _wanted(self):
        return [self.expression]

    def _keep(self, done):
        return done[0]


class Paths(_Stepwise, Distribution, hidden=True):
    """The numbers that all steps of a loop draw, one flat row per step."""

    @classmethod
    def of(cls, loop, n, random):
        """The numbers of the variables ``random`` of the steps."""
        sizes = [rv.type.size for rv in random]
        made = cls.make("scan", (), {}, loop=loop, n=n, random=random, sizes=sizes)
        made.arguments = {f"{i}": v for i, v in enumerate(_outside(loop, random))}
        made.no_density = WHY.format(names=", ".join(rv.distribution.shown for rv in random))
        return made

    def _find_support(self):
        return real

    def _find_shape(self, shape, size, observed_shape):
        return (self.n, sum(self.sizes))

    def split(self, rows):
        """The sequence of each random variable, of rows of them all."""
        ends = np.cumsum(self.sizes).tolist()
        return {
            rv: tt.cast(tt.reshape(rows[:, end - size : end], (self.n, *rv.type.shape)), rv.dtype)
            for rv, size, end in zip(self.random, self.sizes, ends, strict=True)
        }

    def formula(self, value):
        raise NotImplementedError(f"{self.label}: {self.no_density}")

    def initial(self):
        results, points = self._start()
        found = _run(self.loop, {}, results, points)[len(results) :]
        return tt.concatenate(
            [tt.cast(tt.reshape(x, (self.n, -1)), "float64") for x in found], axis=1
        )

    def _wanted(self):
        return self.random

    def _keep(self, done):
        return np.concatenate([np.ravel(x).astype(float) for x in done])
