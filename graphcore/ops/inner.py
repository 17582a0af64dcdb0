"""Operations that hold a graph: ``OpFromGraph``, and the lazy choice between two."""

from graphcore.graph.nodes import Constant, Op, new_variable
from graphcore.graph.walk import clients, inputs_of, replace, toposort
from graphcore.ops.markers import UndefinedGradient
from graphcore.ops.operands import as_variable, graph, is_float
from graphcore.ops.scan import evaluate_inside, shapes_inside


class OpFromGraph(Op):
    """A graph as one operation, whose derivative may be given.

    Before lowering the operation is replaced by its graph, so it costs nothing.

    Parameters
    ----------
    inputs, outputs : list of Variable
        Outputs may depend on the inputs, on constants and on shared variables.
    inline : bool
        Accepted for compatibility.
    lop_overrides : callable, list or None
        ``f(inputs, outputs, output_gradients)`` gives a gradient per input.  A list has one
        function (or None for the gradient of the graph) per input, each giving one gradient.
    grad_overrides : callable or None
        ``f(inputs, output_gradients)``, a gradient per input.
    rop_overrides : callable or None
        ``f(inputs, eval_points)`` gives a tangent per output.
    name : str, optional

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x, y = tt.scalars("x", "y")
    >>> op = graphcore.OpFromGraph([x, y], [x * y], lop_overrides=lambda i, o, g: [g[0], g[0]])
    >>> a = tt.scalar("a")
    >>> z = op(a, a + 1)
    >>> z.eval({a: 2.0}), graphcore.grad(z, a).eval({a: 2.0})
    (array(6.), array(2.))
    """

    def __init__(self, inputs, outputs, inline=False, lop_overrides=None, grad_overrides=None,
                 rop_overrides=None, connection_pattern=None, name=None, **ignored):  # fmt: skip
        self.inner_inputs = [new_variable(v.type, name=v.name) for v in inputs]
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        self.inner_outputs = replace(outputs, dict(zip(inputs, self.inner_inputs, strict=True)))
        given = set(self.inner_inputs)
        for v in inputs_of(self.inner_outputs):
            if v not in given and not hasattr(v, "container"):
                raise ValueError(f"OpFromGraph: the outputs depend on {v!r}, which is not an input")
        self.lop_overrides, self.grad_overrides = lop_overrides, grad_overrides
        if rop_overrides is not None:
            self.R_op = rop_overrides
        self.name = name or "graph"

    def __repr__(self):
        return self.name

    def key(self):
        return (type(self), id(self))

    def __call__(self, *inputs):
        if len(inputs) != len(self.inner_inputs):
            raise TypeError(f"{self.name} takes {len(self.inner_inputs)} inputs, not {len(inputs)}")
        pairs = zip(map(as_variable, inputs), self.inner_inputs, strict=True)
        return super().__call__(*[graph.cast(x, v.type.dtype) for x, v in pairs])

    def expanded(self, inputs):
        """The outputs as a graph of other inputs."""
        return replace(self.inner_outputs, dict(zip(self.inner_inputs, inputs, strict=True)))

    def types_of(self, inputs):
        return [v.type for v in self.expanded(inputs)]

    def out_types(self, *types):
        return self.types_of([new_variable(t) for t in types])

    def infer_shape(self, shapes, values):
        shapes = dict(zip(self.inner_inputs, map(tuple, shapes), strict=True))
        values = dict(zip(self.inner_inputs, values, strict=True))
        shapes_inside(self.inner_outputs, toposort(self.inner_outputs), shapes, values)
        return [shapes[v] for v in self.inner_outputs]

    def reference(self, *arrays):
        given = dict(zip(self.inner_inputs, arrays, strict=True))
        found = evaluate_inside(self.inner_outputs, given)
        return tuple(found) if len(found) > 1 else found[0]

    # -- derivatives ----------------------------------------------------------------------------

    def vjp(self, inputs, outputs, cotangents, needed):
        full = [
            graph.zeros_like(y) if g is None else g
            for y, g in zip(outputs, cotangents, strict=True)
        ]
        override = self.lop_overrides
        if self.grad_overrides is not None and override is None:
            found = self.grad_overrides(list(inputs), full)
        elif callable(override):
            found = override(list(inputs), list(outputs), full)
        else:
            found = self._pulled(inputs, cotangents, needed)
            for i, rule in enumerate(override or ()):
                if callable(rule):
                    found[i] = rule(list(inputs), list(outputs), full)
        found = found if isinstance(found, (list, tuple)) else [found]
        return [
            g if g is None or isinstance(g, UndefinedGradient) or not is_float(x.type.dtype)
            else graph.cast(as_variable(g), x.type.dtype)
            for x, g in zip(inputs, found, strict=True)
        ]  # fmt: skip

    def _pulled(self, inputs, cotangents, needed):
        own = [new_variable(v.type) for v in inputs]  # an input may be computed from another
        outputs = self.expanded(own)
        start = {}
        for y, g in zip(outputs, cotangents, strict=True):
            if g is not None and not isinstance(y, Constant):
                start[y] = graph.add(start[y], g) if y in start else g
        targets = [v for v, wanted in zip(own, needed, strict=True) if wanted]
        found = graph.backward(start, targets) if start else {}
        swap = dict(zip(own, inputs, strict=True))
        return [replace([found[v]], swap)[0] if found.get(v) is not None else None for v in own]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        import numpy as np

        from graphcore.graph.types import TensorType

        x, y = TensorType("float64", (None,))(), TensorType("float64")()
        outputs = [graph.mul(graph.sin(x), y), graph.sum(x, (0,))]
        yield OpFromGraph([x, y], outputs), [np.array([0.3, 0.7]), np.array(2.0)]


class IfElse(Op):
    """One of two lists of values; only the one that is chosen is computed.

    Inputs are the condition, the values if it is true, and those if it is not.  Which nodes serve
    one branch alone is found out before lowering, see :func:`with_branches`.
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
                raise ValueError(
                    f"ifelse: the branches have shapes {tuple(a)} and {tuple(b)}; a program needs "
                    "one shape, mode='reference' does not"
                )
        return [tuple(s) for s in shapes[1 : n + 1]]

    def reference(self, condition, *values):
        n = self.count
        found = values[:n] if condition else values[n:]
        return tuple(found) if n > 1 else found[0]

    def vjp(self, inputs, outputs, cotangents, needed):
        n, condition = self.count, inputs[0]
        known = [i for i, g in enumerate(cotangents) if g is not None]
        given = [cotangents[i] for i in known]
        zeros = [graph.zeros_like(g) for g in given]
        op, found = IfElse(len(known)), [None] * (2 * n + 1)
        for first, pair in ((1, (given, zeros)), (n + 1, (zeros, given))):
            if any(needed[first + i] for i in known):
                chosen = op.apply(condition, *pair[0], *pair[1]).outputs
                for i, g in zip(known, chosen, strict=True):
                    found[first + i] = g
        return found

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        import numpy as np

        for condition in (True, False):
            x = np.arange(3.0)
            yield IfElse(), [np.array(condition), x, x**2]
            yield IfElse(2), [np.array(condition), x, x[:2], x**2, x[1:]]


class Branches(Op):
    """:class:`IfElse` with the graphs of its branches inside; made before lowering.

    Inputs are the condition and whatever the branches need.
    """

    name = "ifelse"

    def __init__(self, inner_inputs, branches):
        self.inner_inputs, self.branches = inner_inputs, branches

    def key(self):
        return (type(self), id(self))

    def types_of(self, inputs):
        return IfElse(len(self.branches[0])).out_types(
            inputs[0].type, *(v.type for branch in self.branches for v in branch)
        )

    def infer_shape(self, shapes, values):
        everything = [v for branch in self.branches for v in branch]
        inner = dict(zip(self.inner_inputs, map(tuple, shapes[1:]), strict=True))
        known = dict(zip(self.inner_inputs, values[1:], strict=True))
        shapes_inside(everything, toposort(everything), inner, known)
        return IfElse(len(self.branches[0])).infer_shape(
            [(), *(inner[v] for v in everything)], None
        )

    def reference(self, condition, *arrays):
        chosen = self.branches[0 if condition else 1]
        found = evaluate_inside(chosen, dict(zip(self.inner_inputs, arrays, strict=True)))
        return tuple(found) if len(found) > 1 else found[0]


def opened(outputs):
    """A graph for lowering: operations that hold a graph are replaced by it, branches are lazy."""
    if not any(isinstance(node.op, (OpFromGraph, IfElse)) for node in toposort(outputs)):
        return outputs
    while any(isinstance(node.op, OpFromGraph) for node in toposort(outputs)):
        outputs = _expanded(outputs)
    return with_branches(outputs)


def _expanded(outputs):
    memo = {}
    for node in toposort(outputs):
        inputs = [memo.get(v, v) for v in node.inputs]
        if isinstance(node.op, OpFromGraph):
            found = node.op.expanded(inputs)
        elif all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            continue
        else:
            found = node.op.apply(*inputs).outputs
        memo.update(zip(node.outputs, found, strict=True))
    return [memo.get(v, v) for v in outputs]


def with_branches(outputs):
    """The graph with every :class:`IfElse` as :class:`Branches`, the outermost first.

    What only one branch needs goes inside; a choice inside of a branch goes with it and is opened
    when that branch is rewritten.
    """
    order = toposort(outputs)
    uses = clients(outputs)
    kept, swap, taken = set(outputs), {}, set()
    for node in reversed(order):
        if not isinstance(node.op, IfElse) or node in taken:
            continue
        n, inside = node.op.count, []
        for first in (1, n + 1):
            own = set()
            places = {(node, i) for i in range(first, first + n)}
            for other in reversed(order[: order.index(node)]):
                if all(
                    v not in kept and all(use in places or use[0] in own for use in uses.get(v, ()))
                    for v in other.outputs
                ):
                    own.add(other)
            inside.append(own)
        taken.update(*inside)
        swap[node] = inside
    memo = {}
    for node in order:
        if node in taken:
            continue
        inputs = [memo.get(v, v) for v in node.inputs]
        if node in swap:
            found = _branches(node, swap[node], memo) if any(swap[node]) else _select(node, inputs)
        elif all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            continue
        else:
            found = node.op.apply(*inputs).outputs
        memo.update(zip(node.outputs, found, strict=True))
    return [memo.get(v, v) for v in outputs]


def _select(node, inputs):
    """Both values are there anyway."""
    n, condition = node.op.count, inputs[0]
    if not all(v.type.is_static for v in inputs[1:]):
        return node.op.apply(*inputs).outputs
    pairs = zip(inputs[1 : n + 1], inputs[n + 1 :], strict=True)
    return [graph.switch(condition, a, b) for a, b in pairs]


def _branches(node, inside, memo):
    n = node.op.count
    roots = [list(node.inputs[1 : n + 1]), list(node.inputs[n + 1 :])]
    border = {}
    for branch, own in zip(roots, inside, strict=True):
        read = [v for other in own for v in other.inputs] + branch
        for v in read:
            if (v.owner is None or v.owner not in own) and not isinstance(v, Constant):
                border.setdefault(v, new_variable(v.type, name=v.name))
    inner = [replace(branch, border) for branch in roots]
    outer = [memo.get(v, v) for v in (node.inputs[0], *border)]
    made = Branches(list(border.values()), inner).apply(*outer)
    made.where = node.where
    return made.outputs
