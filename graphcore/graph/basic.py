"""Graphs and ways to look at them, under Theano's and PyTensor's names."""

from collections import deque

from graphcore.graph.fgraph import FunctionGraph
from graphcore.graph.nodes import Apply, Constant, Op, SharedVariable, Variable, new_variable
from graphcore.graph.walk import ancestors as _ancestors
from graphcore.graph.walk import inputs_of, replace, toposort


def _listed(x):
    return [x] if isinstance(x, Variable) else list(x)


def ancestors(graphs, blockers=()):
    """Every variable that ``graphs`` depend on, themselves included.

    Variables in ``blockers`` are not searched further.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> [v.name for v in graphcore.graph.basic.ancestors([tt.exp(x)]) if v.name]
    ['x']
    """
    if not blockers:
        return _ancestors(_listed(graphs))
    found = {}
    for node in toposort(_listed(graphs), stop=blockers):
        found.update(dict.fromkeys((*node.inputs, *node.outputs)))
    found.update(dict.fromkeys(_listed(graphs)))
    return list(found)


variable_ancestors = ancestors


def walk(nodes, expand, bfs=True):
    """What can be reached from some nodes, each once, by a function that gives the next ones.

    Parameters
    ----------
    nodes : iterable
    expand : callable
        ``expand(node)``: the nodes after this one, or None.
    bfs : bool
        Whether near ones come first; otherwise the last one found is followed first.

    Examples
    --------
    >>> list(walk([1], lambda n: [2 * n, 3 * n] if n < 5 else None))
    [1, 2, 3, 4, 6, 9, 8, 12]
    """
    waiting, seen = deque(nodes), set()
    while waiting:
        node = waiting.popleft() if bfs else waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting.extend(expand(node) or ())


def apply_ancestors(graphs, blockers=()):
    """The applications that ``graphs`` depend on, in the order in which they can be computed."""
    return toposort(_listed(graphs), stop=blockers)


def apply_depends_on(apply, depends_on):
    """Whether an application depends on another one, or one of several."""
    wanted = {depends_on} if isinstance(depends_on, Apply) else set(depends_on)
    return any(node in wanted for node in toposort(list(apply.outputs)))


def get_var_by_name(graphs, target_var_id):
    """The variables of this name that ``graphs`` depend on.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> [v.type for v in get_var_by_name([tt.exp(x)], "x")]
    [TensorType(float64, (?))]
    """
    return tuple(v for v in ancestors(graphs) if v.name == target_var_id)


def graph_inputs(graphs, blockers=()):
    """Variables without owner that ``graphs`` depend on, constants included."""
    return [v for v in ancestors(graphs, blockers) if v.owner is None]


inputs = graph_inputs


def explicit_graph_inputs(graphs):
    """Inputs that need a value: neither constants nor shared variables."""
    return [v for v in inputs_of(_listed(graphs)) if not isinstance(v, SharedVariable)]


def truncated_graph_inputs(outputs, ancestors_to_include=()):
    """Where graphs begin, when some variables on the way count as beginnings."""
    known = set(ancestors_to_include)
    found = [v for v in ancestors(outputs, ancestors_to_include) if v.owner is None or v in known]
    return list(dict.fromkeys(found))


def orphans_between(ins, outs):
    """Variables without owner between some variables and others, which are none of the first."""
    known = set(_listed(ins))
    return [v for v in ancestors(outs, _listed(ins)) if v.owner is None and v not in known]


def applys_between(ins, outs):
    """The applications between some variables and others."""
    return toposort(_listed(outs), stop=_listed(ins))


io_toposort = general_toposort = applys_between


def vars_between(ins, outs):
    """The variables between some variables and others, these included."""
    return ancestors(outs, _listed(ins))


variables = vars_between


def variable_depends_on(variable, depends_on):
    """Whether a variable depends on another one, or one of several."""
    wanted = set(_listed(depends_on))
    return any(v in wanted for v in ancestors([variable]))


def equal_computations(xs, ys, in_xs=None, in_ys=None):
    """Whether two lists of graphs compute the same, operation by operation.

    Parameters
    ----------
    xs, ys : list of Variable
    in_xs, in_ys : list of Variable, optional
        Variables of the first graphs and those of the second that stand for them.

    Raises
    ------
    ValueError
        When the lists have different lengths.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x, y = tt.vectors("x", "y")
    >>> equal_computations([tt.exp(x) + 1], [tt.exp(x) + 1])
    True
    >>> equal_computations([x + 1], [y + 1]), equal_computations([x + 1], [y + 1], [x], [y])
    (False, True)
    """
    in_xs, in_ys, seen = in_xs or [], in_ys or [], {}
    if len(xs) != len(ys) or len(in_xs) != len(in_ys):
        raise ValueError("equal_computations: the lists have different lengths")
    if any(a.type != b.type for a, b in zip(in_xs, in_ys, strict=True)):
        return False
    return _numbers(xs, in_xs, seen) == _numbers(ys, in_ys, seen)


def is_same_graph(var1, var2, givens=None):
    """Whether two variables are computed alike; ``givens`` maps variables of one to the other's."""
    pairs = dict(givens or {})
    return equal_computations([var1], [var2], list(pairs), list(pairs.values()))


def _numbers(outputs, inputs, seen):
    """A number for every output, the same one for the same computation of the same things."""
    found = {v: seen.setdefault(("input", i), len(seen)) for i, v in enumerate(inputs)}

    def number(v):
        if v not in found:
            constant = isinstance(v, Constant)
            key = (v.data.dtype, v.data.shape, v.data.tobytes()) if constant else v
            found[v] = seen.setdefault(key, len(seen))
        return found[v]

    for node in toposort(outputs, stop=inputs):
        key = (node.op.key(), tuple(map(number, node.inputs)))
        for i, v in enumerate(node.outputs):
            found.setdefault(v, seen.setdefault((key, i), len(seen)))
    return list(map(number, outputs))


def clone_replace(output, replace=None, **ignored):
    """Graphs with some variables replaced by others.

    Parameters
    ----------
    output : Variable or sequence of Variable
    replace : dict or sequence of pairs, optional
        ``{variable: replacement}``.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x, y = tt.vectors("x", "y")
    >>> graphcore.clone_replace(tt.exp(x).sum(), {x: 2 * y}).eval({y: [0.0]})
    array(1.)
    """
    pairs = dict(replace or {})
    found = _replaced(_listed(output), pairs)
    return found[0] if isinstance(output, Variable) else found


def clone(inputs, outputs, copy_inputs=True, copy_orphans=None, clone_inner_graphs=False):
    """A copy of graphs: the inputs and outputs of the copy.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    copy_inputs : bool
        Whether the copy has inputs of its own.
    copy_orphans, clone_inner_graphs
        Accepted for programs written for Theano; what nobody can change is not copied.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> (own,), (y,) = clone([x], [2 * x])
    >>> own is x, own.name, y.eval({own: [1.0]})
    (False, 'x', array([2.]))
    """
    own = [new_variable(v.type, name=v.name) if copy_inputs else v for v in inputs]
    return own, _replaced(list(outputs), dict(zip(inputs, own, strict=True)))


def graph_replace(outputs, replace=None, *, strict=True):
    """:func:`clone_replace` that complains about what does not occur.

    Parameters
    ----------
    outputs : Variable or sequence of Variable
    replace : dict or sequence of pairs, optional
    strict : bool
        Whether a variable to replace that the graphs do not contain is an error.
    """
    pairs = dict(replace or {})
    if strict:
        there = set(ancestors(outputs))
        for v in pairs:
            if v not in there:
                raise ValueError(f"graph_replace: {v!r} is not in the graph")
    return clone_replace(outputs, pairs)


_replaced = replace

__all__ = [
    "Apply", "Constant", "FunctionGraph", "Op", "SharedVariable", "Variable", "ancestors",
    "apply_ancestors", "apply_depends_on", "applys_between", "clone", "clone_replace",
    "equal_computations", "explicit_graph_inputs", "general_toposort", "get_var_by_name",
    "graph_inputs", "graph_replace", "inputs", "io_toposort", "is_same_graph", "orphans_between",
    "toposort", "truncated_graph_inputs", "variable_ancestors", "variable_depends_on", "variables",
    "vars_between", "walk",
]  # fmt: skip
