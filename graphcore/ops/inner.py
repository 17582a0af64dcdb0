"""Operations that hold a graph: ``OpFromGraph``, and what is opened before lowering."""

import functools

from graphcore.graph.nodes import Constant, Op, new_variable
from graphcore.graph.walk import exchange, inputs_of, operations, replace, toposort
from graphcore.ops.choice import IfElse, with_branches
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
    lop_overrides : callable, OpFromGraph, list or None
        ``f(inputs, outputs, output_gradients)`` gives a gradient per input.  A list has one
        function (or None for the gradient of the graph) per input, each giving one gradient.
        An operation takes the same one by one: ``op(*inputs, *outputs, *output_gradients)``.
    grad_overrides : callable, OpFromGraph, list or None
        The same without the outputs: ``f(inputs, output_gradients)``.
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
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        own = set(inputs)
        others = [v for v in inputs_of(replace(outputs, {})) if v not in own]
        for v in others:
            if not hasattr(v, "container"):
                raise ValueError(f"OpFromGraph: the outputs depend on {v!r}, which is not an input")
        self.shared = others  # further inputs, which calls add by themselves
        everything = [*inputs, *others]
        self.inner_inputs = [new_variable(v.type, name=v.name) for v in everything]
        self.inner_outputs = replace(outputs, dict(zip(everything, self.inner_inputs, strict=True)))
        self.lop_overrides, self.grad_overrides = lop_overrides, grad_overrides
        if rop_overrides is not None:
            self.R_op = functools.partial(_pushed, rop_overrides, len(inputs))
        self.name = name or "graph"

    def __repr__(self):
        return self.name

    def key(self):
        return (type(self), id(self))

    def __call__(self, *inputs):
        count = len(self.inner_inputs) - len(self.shared)
        if len(inputs) != count:
            raise TypeError(f"{self.name} takes {count} inputs, not {len(inputs)}")
        pairs = zip([*map(as_variable, inputs), *self.shared], self.inner_inputs, strict=True)
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
        given = list(inputs[: len(inputs) - len(self.shared)])
        if self.lop_overrides is None:
            override, facts = self.grad_overrides, (given, full)
        else:
            override, facts = self.lop_overrides, (given, list(outputs), full)
        if callable(override):
            found = _called(override, facts)
            found = [*(found if isinstance(found, (list, tuple)) else [found])]
            found += [None] * len(self.shared)
        else:
            found = self._pulled(inputs, cotangents, needed)
            for i, rule in enumerate(override or ()):
                if callable(rule):
                    found[i] = _called(rule, facts)
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


def _called(rule, facts):
    """What an override gives: a function takes lists, an operation all that is in them."""
    return rule(*(v for part in facts for v in part)) if isinstance(rule, Op) else rule(*facts)


def _pushed(rule, count, inputs, tangents):
    """The tangents that an override gives for the inputs that calls name."""
    return rule(inputs[:count], tangents[:count])


def holds_graphs(met):
    """Whether there is anything for :func:`opened` to do where these operations are met."""
    return any(isinstance(op, (OpFromGraph, IfElse)) for op in met)


class ViewOp:
    """A value as it is, with the gradient that a subclass gives; it costs nothing.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> class Reversed(ViewOp):
    ...     def grad(self, inputs, output_gradients):
    ...         return [-output_gradients[0]]
    >>> x = tt.scalar("x")
    >>> graphcore.grad(3 * Reversed()(x), x).eval({x: 1.0})
    array(-3.)
    """

    def __call__(self, x):
        x = as_variable(x)
        inner = new_variable(x.type)
        name = type(self).__name__
        return OpFromGraph([inner], [inner], grad_overrides=self.grad, name=name)(x)

    def grad(self, inputs, output_gradients):
        """A list with the gradient of the value."""
        return output_gradients


def opened(outputs):
    """A graph for lowering: operations that hold a graph are replaced by it, branches are lazy."""
    while any(isinstance(op, OpFromGraph) for op in operations(outputs)):
        outputs = exchange(outputs, _expanded)
    return with_branches(outputs)


def _expanded(node, now):
    if isinstance(node.op, OpFromGraph):
        return node.op.expanded([now(v) for v in node.inputs])
    return None
