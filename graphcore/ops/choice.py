"""The lazy choice between two lists of values, of which only one is computed.

:class:`IfElse` is what users write: an ordinary operation.  What serves one branch alone is found
out when the whole graph is known, before it is differentiated or lowered, and goes inside of
:class:`Branches`.
"""

import heapq
from typing import NamedTuple

import numpy as np

from graphcore.errors import UndecidedShapeError
from graphcore.graph.nodes import Apply, Constant, Op, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import exchange, replace, toposort
from graphcore.ops.lengths import is_planned
from graphcore.ops.operands import graph
from graphcore.ops.scan import deciding, evaluate_inside, shapes_inside


class IfElse(Op):
    """One of two lists of values; only the one that is chosen is computed.

    Inputs are the condition, the values if it is true, and those if it is not.
    """

    name = "ifelse"
    props = ("count",)
    no_gradient = (0,)

    def __init__(self, count=1):
        self.count = count

    def types_of(self, inputs):
        return self.out_types(*(v.type for v in inputs))

    def out_types(self, condition, *types):
        n, found = self.count, []
        if condition.ndim:
            raise TypeError(f"ifelse: the condition must be a scalar, it has {condition.ndim} axes")
        for a, b in zip(types[:n], types[n:], strict=True):
            if a.dtype != b.dtype or a.ndim != b.ndim:
                raise TypeError(f"ifelse: the branches are {a!r} and {b!r}; make them alike")
            shape = [p if p == q else None for p, q in zip(a.shape, b.shape, strict=True)]
            found.append(a.with_shape(shape))
        return found

    def infer_shape(self, shapes, values):
        n = self.count
        for a, b in zip(shapes[1 : n + 1], shapes[n + 1 :], strict=True):
            if tuple(a) != tuple(b):
                raise _undecided(f"the branches have shapes {tuple(a)} and {tuple(b)}")
        return [tuple(s) for s in shapes[1 : n + 1]]

    def reference(self, condition, *values):
        n = self.count
        found = values[:n] if condition else values[n:]
        return tuple(found) if n > 1 else found[0]

    def vjp(self, inputs, outputs, cotangents, needed):
        """For values that are there anyway; see :func:`lazily` for the others."""
        n, condition = self.count, inputs[0]
        known = [i for i, g in enumerate(cotangents) if g is not None]
        given = [cotangents[i] for i in known]
        op, found = IfElse(len(known)), [None] * (2 * n + 1)
        for first in (1, n + 1):
            if any(needed[first + i] for i in known):
                # the branch not taken may have another shape than the result
                zeros = [
                    graph.zeros_like(g if g.type == inputs[first + i].type.with_dtype(g.type.dtype)
                                     and None not in g.type.shape else inputs[first + i])
                    for i, g in zip(known, given, strict=True)
                ]  # fmt: skip
                pair = (given, zeros) if first == 1 else (zeros, given)
                chosen = op.apply(condition, *pair[0], *pair[1]).outputs
                for i, g in zip(known, chosen, strict=True):
                    found[first + i] = g
        return found

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for condition in (True, False):
            x = np.arange(3.0)
            yield IfElse(), [np.array(condition), x, x**2]
            yield IfElse(2), [np.array(condition), x, x[:2], x**2, x[1:]]


def _undecided(what):
    return UndecidedShapeError(
        f"ifelse: {what}, and here a program is made before the condition is known; "
        "use a function of its own for what depends on the choice"
    )


class Branches(Op):
    """:class:`IfElse` with the graphs of its branches inside.

    Inputs are the condition and whatever the branches need.

    Parameters
    ----------
    inner_inputs : list of Variable
        What the branches need, as they see it.
    branches : (list of Variable, list of Variable)
        The values if the condition is true, and those if it is not.
    decided : bool
        Whether the condition is known when a program is made, as it must be where the branches
        have different shapes.
    """

    name = "ifelse"
    no_gradient = (0,)

    def __init__(self, inner_inputs, branches, decided=False):
        self.inner_inputs, self.branches = list(inner_inputs), [list(b) for b in branches]
        self.results = [v for branch in self.branches for v in branch]
        self.order = toposort(self.results, stop=self.inner_inputs)
        places = deciding(self.order, self.inner_inputs)
        self.decided = decided
        self.shape_inputs = (*((0,) if decided else ()), *(1 + i for i in places))

    def key(self):
        return (type(self), id(self))

    def types_of(self, inputs):
        return self.out_types(inputs[0].type)

    def out_types(self, condition, *types):
        values = [v.type for v in self.results]
        return IfElse(len(self.branches[0])).out_types(condition, *values)

    def infer_shape(self, shapes, values):
        inner = dict(zip(self.inner_inputs, map(tuple, shapes[1:]), strict=True))
        known = dict(zip(self.inner_inputs, values[1:], strict=True))
        if values[0] is not None:
            chosen = self.branches[0 if values[0] else 1]
            shapes_inside(chosen, toposort(chosen, stop=self.inner_inputs), inner, known)
            return [inner[v] for v in chosen]
        try:
            shapes_inside(self.results, self.order, inner, known)
        except (ValueError, IndexError) as error:
            raise _undecided(f"one of the branches cannot be computed ({error})") from error
        found = [inner[v] for v in self.results]
        return IfElse(len(self.branches[0])).infer_shape([(), *found], None)

    def reference(self, condition, *arrays):
        chosen = self.branches[0 if condition else 1]
        found = evaluate_inside(chosen, dict(zip(self.inner_inputs, arrays, strict=True)))
        return tuple(found) if len(found) > 1 else found[0]

    def vjp(self, inputs, outputs, cotangents, needed):
        """A choice between the gradients of the branches: only one of them is computed."""
        given = {i: new_variable(g.type) for i, g in enumerate(cotangents) if g is not None}
        wanted = [i for i, yes in enumerate(needed[1:]) if yes]
        targets = [self.inner_inputs[i] for i in wanted]
        slopes = []
        for branch in self.branches:
            start = {}
            for i, g in given.items():
                v = branch[i]
                if not isinstance(v, Constant):
                    start[v] = graph.add(start[v], g) if v in start else g
            found = graph.backward(start, targets) if start else {}
            slopes.append([graph.zeros_like(v) if found.get(v) is None else found[v]
                           for v in targets])  # fmt: skip
        op = Branches([*self.inner_inputs, *given.values()], slopes)
        result = [None] * len(needed)
        for i, g in zip(wanted, op.apply(*inputs, *map(cotangents.__getitem__, given)).outputs,
                        strict=True):  # fmt: skip
            result[1 + i] = g
        return result

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x, a = TensorType("float64", (3,))(), TensorType("float64", ())()
        one = [graph.mul(a, graph.sin(x)), graph.sum(graph.mul(x, x), (0,))]
        other = [graph.mul(x, x), graph.mul(a, graph.exp(a))]
        for condition in (True, False):
            arrays = [np.array(condition), np.array([0.3, -0.7, 1.1]), np.array(0.4)]
            yield Branches([x, a], [one, other]), arrays


class Whole(NamedTuple):
    """A choice together with its branches, in the place of an application."""

    op: Op
    inputs: tuple
    outputs: tuple


def lazily(order, kept):
    """What serves one branch of a choice alone, for every choice of a graph that has such parts.

    A choice inside of a branch goes with it: it is opened when that branch is rewritten.

    Parameters
    ----------
    order : list of Apply
        The graph, topologically.
    kept : collection of Variable
        What has to be there whichever branch is taken.

    Returns
    -------
    (dict of Apply to (Branches, list of Variable), set of Apply)
        Choices with the operation that replaces them and what it reads besides the condition; and
        the applications that have gone inside.
    """
    choices = [node for node in order if isinstance(node.op, IfElse)]
    found, taken = {}, set()
    if not choices:
        return found, taken
    place = {node: i for i, node in enumerate(order)}
    uses = {}
    for node in order:
        for i, v in enumerate(node.inputs):
            uses.setdefault(v, []).append((node, i))
    for node in reversed(choices):
        if node in taken:
            continue
        n = node.op.count
        inside = [_own(node, range(i, i + n), place, uses, kept) for i in (1, n + 1)]
        if any(inside):
            taken.update(*inside)
            found[node] = _branches(node, inside)
    return found, taken


def _own(choice, positions, place, uses, kept):
    """Applications that serve one branch of a choice alone."""
    own, heap, seen = set(), [], set()

    def visit(v):
        node = v.owner
        if node is not None and node in place and node not in seen:
            seen.add(node)
            heapq.heappush(heap, (-place[node], node))

    for i in positions:
        visit(choice.inputs[i])
    while heap:  # from the branch upwards: whoever uses a result was looked at before
        _, node = heapq.heappop(heap)
        if all(
            v not in kept
            and all(
                user in own or (user is choice and i in positions) for user, i in uses.get(v, ())
            )
            for v in node.outputs
        ):
            own.add(node)
            for v in node.inputs:
                visit(v)
    return sorted(own - _deciding_shapes(own), key=place.get)


def _deciding_shapes(own):
    """What has to be known before shapes are: it is computed whichever branch is taken."""
    stack = [node for node in own if node.op.data_dependent]
    given = set()
    for node in own:
        operands = [node.inputs[i] for i in node.op.shape_inputs]
        stack += [v.owner for v in operands if not is_planned(v, given) and v.owner is not None]
    outside = set()
    while stack:
        node = stack.pop()
        if node in own and node not in outside:
            outside.add(node)
            stack += [v.owner for v in node.inputs if v.owner is not None]
    return outside


def _branches(node, inside):
    """The operation that has the branches inside, and what it reads besides the condition."""
    n, border = node.op.count, {}
    roots = [list(node.inputs[1 : n + 1]), list(node.inputs[n + 1 :])]
    for branch, own in zip(roots, inside, strict=True):
        own = dict.fromkeys(own)
        for v in [v for other in own for v in other.inputs] + branch:
            if v.owner not in own and not isinstance(v, Constant) and v not in border:
                border[v] = new_variable(v.type, name=v.name)
    return Branches(border.values(), [replace(branch, border) for branch in roots]), list(border)


def with_branches(outputs):
    """The graph with every :class:`IfElse` as :class:`Branches`, the outermost first."""
    opened, taken = lazily(toposort(outputs), set(outputs))

    def results_of(node, now):
        if node in taken:
            return node.outputs
        if node in opened:
            op, border = opened[node]
            made = op.apply(now(node.inputs[0]), *map(now, border))
            made.where = node.where
            return made.outputs
        return _select(node, list(map(now, node.inputs))) if isinstance(node.op, IfElse) else None

    return exchange(outputs, results_of)


def with_lazy_choices(order, kept):
    """Applications to differentiate: of a choice, all that one branch needs alone is one of them.

    What a branch is made of is differentiated inside, so that nothing of the other one is computed.
    """
    opened, taken = lazily(order, kept)
    if not opened:
        return order
    found = []
    for node in order:
        if node in opened:
            op, border = opened[node]
            found.append(Whole(op, (node.inputs[0], *border), node.outputs))
        elif node not in taken:
            found.append(node)
    return found


def decided(outputs):
    """The graph with choices whose conditions are known when a program is made."""

    def results_of(node, now):
        if not isinstance(node.op, Branches):
            return None
        op = Branches(node.op.inner_inputs, node.op.branches, decided=True)
        inputs = [now(v) for v in node.inputs]
        return Apply(op, inputs, op.types_of(inputs), node.where).outputs

    return exchange(outputs, results_of)


def _select(node, inputs):
    """Both values are there anyway."""
    n, condition = node.op.count, inputs[0]
    pairs = list(zip(inputs[1 : n + 1], inputs[n + 1 :], strict=True))
    if all(a.type.is_static and a.type == b.type for a, b in pairs):
        return [graph.switch(condition, a, b) for a, b in pairs]
    seen = [new_variable(v.type, name=v.name) for v in inputs[1:]]
    return Branches(seen, [seen[:n], seen[n:]]).apply(*inputs).outputs
