"""Plans: programs for the shapes they meet, and what has to be computed before one can be made.

Most shapes follow from the shapes of the inputs, and some from the values of integer inputs.  The
positions of a mask's true elements and other lengths found in data are different: stages of their
own compute them first, and the rest is planned for what they find.  Equal lengths share one plan.
"""

import numpy as np
from numpy.linalg import LinAlgError

from graphcore._invoke import Plan
from graphcore.errors import describe, located
from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import operations, replace, toposort
from graphcore.lower.assemble import compile_program
from graphcore.lower.shapes import value_inputs
from graphcore.ops.lengths import is_planned
from graphcore.ops.scan import Scan

PLANS = 64  # plans kept per graph; the cache is emptied when it is full
_FAILURES = {  # codes in the error record of a program
    1: (IndexError, "index {value} is out of bounds for axis {axis} with size {length}"),
    3: (LinAlgError, "the matrix of order {length} is not positive definite (minor {value} fails)"),
    4: (LinAlgError, "the matrix of order {length} is singular (pivot {value} is zero)"),
}


class Planned(Plan):
    """A plan that also knows the shapes inside of its graph, for messages."""

    def __init__(self, program, inputs, outputs, shapes):
        super().__init__(program, inputs, outputs)
        self.node_shapes = [
            [shapes.get(v, v.type.shape) for v in node.inputs] for node in program.spec.nodes
        ]

    def failed(self, error):
        """Raise what the error record of the program says."""
        code, number, value, length = error
        axis, number = divmod(number, 1 << 32)
        kind, message = _FAILURES[code]
        shapes = ", ".join(str(tuple(s)) for s in self.node_shapes[number])
        raise kind(
            f"{message.format(value=value, length=length, axis=axis)}\n"
            f"  while computing {describe(self.program.spec.nodes[number])}\n"
            f"  shapes of its inputs: {shapes}"
        )


class Plans:
    """The programs of a graph, one for each set of shapes.

    Parameters
    ----------
    inputs, outputs : list of Variable
    threads : int
        Most threads that share a long loop.
    by_values : bool
        Whether any shape may depend on values, see :func:`values_count`.

    Attributes
    ----------
    decisive : list of int
        Positions of the inputs whose values, not only shapes, a plan depends on.
    made : dict
    """

    def __init__(self, inputs, outputs, threads=1, by_values=True):
        self.inputs, self.outputs, self.threads = inputs, outputs, threads
        decisive = value_inputs(outputs, inputs) if by_values else []
        self.decisive = [inputs.index(v) for v in decisive]
        self.made = {}

    def of(self, arrays):
        """The plan for these inputs."""
        key = tuple([a.shape for a in arrays])
        if self.decisive:
            key += tuple([arrays[i].tobytes() for i in self.decisive])
        plan = self.made.get(key)
        return self.make(key, arrays) if plan is None else plan

    @collector_paused
    def make(self, key, arrays):
        """A new plan."""
        values = {self.inputs[i]: arrays[i].copy() for i in self.decisive}
        first = len(self.inputs)
        inputs = [
            (v, a.shape, i, 0) for i, (v, a) in enumerate(zip(self.inputs, arrays, strict=True))
        ]
        outputs = [(v, first + i, 0) for i, v in enumerate(self.outputs)]
        program, shapes = compile_program(outputs, inputs, values, threads=self.threads)
        results = [(shapes[v], v.type.numpy_dtype) for v in self.outputs]
        plan = Planned(program, [a.shape for a in arrays], results, shapes)
        if len(self.made) >= PLANS:
            self.made = {}
        self.made[key] = plan
        return plan

    def __call__(self, arrays):
        """Results for these inputs, and the plan that gave them."""
        plan = self.of(arrays)
        results = plan.results()
        error = plan.program.run((*arrays, *results))
        if error is not None:
            plan.failed(error)
        return results, plan


class Before:
    """The stages of a graph whose results its last program is planned for.

    Parameters
    ----------
    inputs, outputs : list of Variable
    threads : int
    by_values : bool
        Whether any shape may depend on values, see :func:`values_count`.

    Attributes
    ----------
    inputs, outputs : list of Variable
        The graph that is left, which begins at the results of the stages.
    stages : list
    """

    def __init__(self, inputs, outputs, threads=1, by_values=True):
        self.inputs, self.outputs, self.stages = list(inputs), list(outputs), []
        swap = {}
        for direct, nodes in _stages(inputs, outputs) if by_values else ():
            wanted = list(dict.fromkeys([*direct, *(v for n in nodes for v in n.inputs)]))
            places = {v: i for i, v in enumerate(wanted)}
            plans = Plans(list(self.inputs), replace(wanted, swap), threads)
            self.stages.append((plans, direct, nodes, places))
            for v in [*direct, *(v for n in nodes for v in n.outputs)]:
                swap[v] = v.type(v.name)
                self.inputs.append(swap[v])
        if swap:
            self.outputs = replace(outputs, swap)

    def __call__(self, arrays):
        """Values of ``inputs`` for those of the inputs that the graph had first."""
        arrays = tuple(arrays)
        for plans, direct, nodes, places in self.stages:
            found, _ = plans(arrays)
            arrays += tuple([found[places[v]] for v in direct])
            for node in nodes:
                arrays += _computed(node, [found[places[v]] for v in node.inputs])
        return arrays

    def described(self, text):
        """Lines about the programs that the stages made last, by ``text(spec)``; else none."""
        lines = []
        for number, (plans, _, nodes, _) in enumerate(self.stages, 1):
            lines.append(f"stage {number}, which finds shapes:")
            if plans.made:
                lines.append(text([*plans.made.values()][-1].program.spec))
            lines += [f"numpy    {describe(node)}  (only its value tells its shape)"
                      for node in nodes]  # fmt: skip
        return [*lines, "for these shapes:"] if lines else lines


def _computed(node, arrays):
    """The outputs of an application, by NumPy: only their values tell how long they are."""
    try:
        found = node.op.run(node, arrays)
    except (ValueError, IndexError) as error:
        raise located(error, node, [a.shape for a in arrays]) from error
    return tuple(map(np.ascontiguousarray, found if isinstance(found, tuple) else (found,)))


def values_count(operations):
    """Whether the shapes of what is made by operations may depend on values."""
    return any(op.shape_inputs or op.data_dependent for op in operations)


def _stages(inputs, outputs):
    """``(variables, applications)`` to compute in each stage, in order."""
    if not values_count(operations(outputs, inputs)):
        return []
    order = toposort(outputs, stop=inputs)
    read = {*outputs, *(v for node in order for v in node.inputs)}
    levels, depth_of = {}, {}
    given = {v for v in inputs if v.type.numpy_dtype.kind in "biu"}
    for node in order:
        depth = max((depth_of.get(v, 0) for v in node.inputs), default=0)
        if node.op.data_dependent and not all(isinstance(v, Constant) for v in node.inputs):
            levels.setdefault(depth, ([], []))[1].append(node)
            depth_of.update(dict.fromkeys(node.outputs, depth + 1))
            continue
        if isinstance(node.op, Scan) and node.op.stops:  # all it makes is made before it is cut
            levels.setdefault(depth, ([], []))[0].extend(v for v in node.outputs if v in read)
            depth_of.update(dict.fromkeys(node.outputs, depth + 1))
            given.update(node.outputs)
            continue
        for v in [node.inputs[i] for i in node.op.shape_inputs]:
            if not is_planned(v, given):
                levels.setdefault(depth_of.get(v, 0), ([], []))[0].append(v)
                depth_of[v] = depth_of.get(v, 0) + 1
                given.add(v)
            depth = max(depth, depth_of.get(v, 0))
        depth_of.update(dict.fromkeys(node.outputs, depth))
    return [levels[i] for i in sorted(levels)]
