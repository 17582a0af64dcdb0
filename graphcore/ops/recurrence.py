"""Loops with as little in them as possible.

:func:`recurrence` takes what one step computes and returns what all steps compute.  What does not
depend on the carried values is computed before the loop for all steps at once, what nothing
carried depends on is computed after it, values that do not depend on each other run in loops of
their own, and sums are arranged so that the part without state leaves the loop.
"""

from typing import NamedTuple

import numpy as np

from graphcore.graph.nodes import Constant, Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import rebuild, replace, toposort
from graphcore.ops.affine import regroup
from graphcore.ops.elementwise import Cast, Elemwise
from graphcore.ops.index import Subtensor, subtensor
from graphcore.ops.lengths import Shape
from graphcore.ops.lift import in_every_step, lifter
from graphcore.ops.operands import constant, graph, known_value
from graphcore.ops.scan import Body, Scan, leading, rows
from graphcore.ops.shape import BroadcastLike, BroadcastTo, Concatenate, Dimshuffle

LARGE = 4096  # elements per step: what is larger than that is not made for all steps at once
_CHEAP_ROWS = frozenset(
    "add sub mul neg sqr abs sign switch maximum minimum lt le gt ge eq ne and_ or_ xor not_ "
    "true_div reciprocal sqrt".split()
)
_CHEAP_OPS = (Cast, Dimshuffle, BroadcastTo, BroadcastLike, Subtensor)


class Carried(NamedTuple):
    """A value carried from step to step.

    Attributes
    ----------
    first : Variable
        Its first values, one row per step that is looked back.
    taps : dict of int to Variable
        What a step sees of it: its value so many steps ago.
    new : Variable
        Its next value.
    """

    first: Variable
    taps: dict
    new: Variable


def recurrence(n, sequences, carried, plain, given=None, reverse=False, truncate=-1, until=None):
    """The values of a loop for all steps.

    Parameters
    ----------
    n : Variable
        Number of steps.
    sequences : dict of Variable to Variable
        What a step sees, and the array whose rows these are.
    carried : sequence of (Variable, dict, Variable)
        See :class:`Carried`.
    plain : sequence of Variable
        What is collected besides.
    given : dict of Variable to Variable, optional
        What stands for the same value in every step, and that value.  Anything else that is not
        computed in the step stands for itself.
    reverse, truncate
        See :class:`~graphcore.ops.scan.Scan`.
    until : Variable, optional
        A condition of a step; the step at which it holds first is the last one.

    Returns
    -------
    (list of Variable, list of Variable)
        The carried arrays with their first values, and the collected ones.
    """
    carried = [Carried(*c) for c in carried]
    return _Loops(n, sequences, carried, plain, given, reverse, truncate, until).run()


class _Loops:
    """The work of one call: values of all steps become known, one loop after the other."""

    def __init__(self, n, sequences, carried, plain, given, reverse, truncate, until):
        self.n, self.reverse, self.truncate = n, reverse, truncate
        # variable of a step -> (whether it moves, the variable for all steps)
        self.known = {v: (False, outer) for v, outer in (given or {}).items()}
        self.known.update({v: (True, outer) for v, outer in sequences.items()})
        self.taps = {v for c in carried for v in c.taps.values()}
        roots = [c.new for c in carried] + list(plain) + ([] if until is None else [until])
        roots = regroup(roots, {*self.known, *self.taps}, self.taps)
        self.carried = [c._replace(new=new) for c, new in zip(carried, roots, strict=False)]
        self.plain = roots[len(carried) : len(carried) + len(plain)]
        self.until = None if until is None else roots[-1]
        self.order = toposort(roots, stop={*self.known, *self.taps})
        self.pending = self.order
        self.varying = varying(self.order, {*sequences, *self.taps})
        self.readers = {}
        for node in self.order:
            for v in node.inputs:
                self.readers.setdefault(v, []).append(node)

    def run(self):
        arrays = [None] * len(self.carried)
        self.extend()
        done = self.run_until(arrays) if self.until is not None else set()
        for members in self.components():
            if done.issuperset(members):
                continue
            for j, array in zip(members, self.loop(members), strict=True):
                arrays[j] = array
            self.extend()
        stuck = self.stuck()
        if stuck:
            self.scan([], stuck)
        self.extend(limited=False)
        return arrays, [self.for_all_steps(v) for v in self.plain]

    def run_until(self, arrays):
        """The loop that finds the number of steps, with all that its condition depends on.

        Everything else is computed for as many steps.  The arrays of the carried values of this
        loop are entered in ``arrays``.

        Returns
        -------
        set of int
            Positions of these values.
        """
        owner = {v: j for j, c in enumerate(self.carried) for v in c.taps.values()}
        members, stack = set(), [self.until]
        while stack:
            new = {owner[v] for v in self.leaves(stack.pop()) if v in owner} - members
            members |= new
            stack += [self.carried[j].new for j in new]
        members = sorted(members)
        group = [self.carried[j] for j in members]
        roots = [*(c.new for c in group), self.until]
        collected = self.collected(self.interior(roots), set(roots))
        for j, array in zip(members, self.scan(group, collected, self.until), strict=True):
            arrays[j] = array
        self.extend()
        return set(members)

    def stop_at(self, count):
        """From now on all is for the first ``count`` steps."""
        self.n = count
        for v, (moves, outer) in self.known.items():
            if moves:
                self.known[v] = (True, leading(outer, count))

    # -- outside of loops ---------------------------------------------------------------------

    def find(self, v):
        """``(moves, variable for all steps)``; None while that is not known."""
        if v.owner is None and v not in self.known and v not in self.taps:
            return (False, v)
        return self.known.get(v)

    def for_all_steps(self, v):
        moves, outer = self.find(v)
        return outer if moves else in_every_step(outer, self.n)

    def extend(self, limited=True):
        """Compute for all steps whatever can be."""
        waiting = []
        for node in self.pending:
            if all(v in self.known for v in node.outputs):
                continue
            found = [self.find(v) for v in node.inputs]
            if None in found or not self.lift(node, found, limited):
                waiting.append(node)
        self.pending = waiting

    def lift(self, node, found, limited):
        if not self.varying.isdisjoint(node.outputs):
            return False
        moving, values = zip(*found, strict=True) if found else ((), ())
        if not any(moving):
            outputs = rebuild(node, values).outputs
            self.known.update((v, (False, u)) for v, u in zip(node.outputs, outputs, strict=True))
            return True
        if isinstance(node.op, Shape):
            (n,) = values
            self.known[node.out] = (False, graph.subtensor(Shape()(n), [slice(1, None)]))
            return True
        build = lifter(node, moving)
        if build is None or (limited and _is_large(node, moving)):
            return False
        self.known[node.out] = (True, build(values, self.n))
        return True

    def can_lift(self, node):
        if not self.varying.isdisjoint(node.inputs):
            return False
        moving = [(self.find(v) or (True,))[0] for v in node.inputs]
        return not any(moving) or isinstance(node.op, Shape) or lifter(node, moving) is not None

    def stuck(self):
        """What has to be collected in a loop of its own, because it cannot be lifted."""
        found, seen = [], set()
        stack = [v for v in reversed(self.plain) if self.find(v) is None]
        while stack:
            v = stack.pop()
            if v in seen:
                continue
            seen.add(v)
            if self.can_lift(v.owner):
                stack.extend(u for u in v.owner.inputs if self.find(u) is None)
            else:
                found.append(v)
        return found

    # -- loops --------------------------------------------------------------------------------

    def components(self):
        """Groups of carried values that depend on each other, ordered by what they wait for."""
        owner = {v: j for j, c in enumerate(self.carried) for v in c.taps.values()}
        reach = [{owner[v] for v in self.leaves(c.new) if v in owner} for c in self.carried]
        while True:
            wider = [r.union(*(reach[i] for i in r)) for r in reach]
            if wider == reach:
                break
            reach = wider
        groups = []
        for j, r in enumerate(reach):
            group = sorted({j} | {i for i in r if j in reach[i]})
            if group not in groups:
                groups.append(group)
        return sorted(groups, key=lambda g: len(reach[g[0]].union(g)))

    def leaves(self, root):
        stop = {*self.known, *self.taps}
        seen = {v for node in toposort([root], stop) for v in node.inputs}
        return {root, *seen}

    def loop(self, members):
        """The arrays of carried values that depend on each other."""
        group = [self.carried[j] for j in members]
        if len(group) == 1 and self.find(group[0].new) is not None:
            array = self.joined(group[0])
            self.enter(group[0], array)
            return [array]
        interior = self.interior([c.new for c in group])
        return self.scan(group, self.collected(interior, {c.new for c in group}))

    def joined(self, c):
        """The array of a carried value that does not depend on earlier ones."""
        parts = [c.first, self.for_all_steps(c.new)]
        return Concatenate(0)(*(reversed(parts) if self.reverse else parts))

    def enter(self, c, array):
        """From now on a carried value is known for all steps."""
        depth = max(c.taps)
        for back, v in c.taps.items():
            self.known[v] = (True, rows(array, self.reverse, depth, back))
        if self.find(c.new) is None:
            self.known[c.new] = (True, rows(array, self.reverse, depth))

    def interior(self, roots):
        """Applications that have to be in the loop which computes ``roots``."""
        return toposort(roots, stop={*self.known, *self.taps})

    def collected(self, interior, roots):
        """What a loop computes on its way and is also needed, and dear to compute, outside."""
        inside, plain = set(interior), set(self.plain)
        wanted, found = set(), []
        for node in reversed(interior):
            for v in node.outputs:
                if v in roots or v in self.varying:
                    continue
                readers = self.readers.get(v, ())
                if v in wanted or v in plain or any(r not in inside for r in readers):
                    if _is_cheap(node) and self.can_lift(node):
                        wanted.update(node.inputs)
                    else:
                        found.append(v)
        return found

    def scan(self, group, collected, until=None):
        """One loop; what it gives becomes known."""
        results = [c.new for c in group] + collected + ([] if until is None else [until])
        sequences, others, mapping = {}, {}, {}
        own = {v for c in group for v in c.taps.values()}
        reads = [v for node in self.interior(results) for v in node.inputs]
        for v in dict.fromkeys([*reads, *results]):
            found = self.find(v)
            if found is None or v in own:
                continue
            moves, outer = found
            if isinstance(outer, Constant) and not moves:
                mapping[v] = outer
                continue
            mapping[v] = new_variable(v.type, name=v.name)
            (sequences if moves else others)[mapping[v]] = outer
        body = Body(sequences, [c.taps for c in group], others, replace(results, mapping))
        op = Scan(body, self.reverse, self.truncate, until is not None)
        firsts = [c.first for c in group]
        outputs = op.apply(self.n, *sequences.values(), *firsts, *others.values()).outputs
        if until is not None:
            self.stop_at(outputs[-1])
            outputs = op.stopped(outputs, outputs[-1])
        arrays = list(outputs[: len(group)])
        for c, array in zip(group, arrays, strict=True):
            self.enter(c, array)
        for v, array in zip(collected, outputs[len(group) :], strict=True):
            self.known[v] = (True, array)
        return arrays


def varying(order, moving):
    """What has another shape in every step; it never leaves its step."""
    moving, found = set(moving), set()
    for node in order:
        op = node.op
        if isinstance(op, Shape):
            if node.inputs[0] in found:
                moving.add(node.out)
            continue
        moves = not moving.isdisjoint(node.inputs)
        if moves:
            moving.update(node.outputs)
        decided = any(node.inputs[i] in moving for i in op.shape_inputs)
        if (moves and op.data_dependent) or decided or not found.isdisjoint(node.inputs):
            found.update(v for v in node.outputs if not v.type.is_static)
    return found


def _is_cheap(node):
    if isinstance(node.op, Elemwise):
        return node.op.row_name in _CHEAP_ROWS
    return isinstance(node.op, _CHEAP_OPS)


def _is_large(node, moving):
    size = node.out.type.size
    pairs = zip(node.inputs, moving, strict=True)
    return (
        size is not None
        and size > LARGE
        and all(v.type.size is not None and v.type.size < size for v, m in pairs if m)
    )


def places(n):
    """The numbers 0, 1, ... up to a symbolic number, as floats: the positions along an axis."""
    known = known_value(n)
    if known is not None:
        return constant(np.arange(float(known)))
    at = new_variable(TensorType("float64"))
    carried = [(constant([-1.0]), {1: at}, graph.add(at, 1.0))]
    (array,), _ = recurrence(n, {}, carried, [])
    return subtensor(array, [slice(1, None)])


graph.recurrence = recurrence
graph.places = places
