"""Graphs and functions for many values of their inputs at once."""

import functools
import re

from graphcore.graph.nodes import Variable, new_variable
from graphcore.graph.walk import toposort
from graphcore.ops.lift import lifter
from graphcore.ops.operands import graph
from graphcore.ops.shape import Reshape, shape_vector
from graphcore.tensor.arranging import broadcast_shape
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.scan import scan
from graphcore.tensor.shaping import broadcast_to


def vectorize_graph(outputs, replace):
    """Outputs for inputs that have more axes in front.

    Parameters
    ----------
    outputs : Variable or sequence of Variable
    replace : dict of Variable to Variable
        What stands for an input: a variable with further axes in front, all with the same ones.

    Returns
    -------
    Variable or list of Variable
        Outputs that depend on the inputs have these axes in front, too; the others stay.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x, many = tt.vector("x"), tt.matrix("many")
    >>> total = tt.exp(x).sum()
    >>> graphcore.vectorize_graph(total, {x: many}).eval({many: [[0.0, 0.0], [0.0, 1.0]]})
    array([2.        , 3.71828183])
    """
    single = isinstance(outputs, Variable)
    roots = [outputs] if single else list(outputs)
    swap = {v: as_tensor_variable(new) for v, new in replace.items()}
    extra = {new.type.ndim - v.type.ndim for v, new in swap.items()}
    if len(extra) != 1 or min(extra) < 0:
        raise ValueError(
            "vectorize_graph: every replacement must have the same number of axes more than what "
            f"it replaces; they have {sorted(extra)} more"
        )
    (lead,) = extra
    if not lead:
        from graphcore.graph.walk import replace as substitute

        found = substitute(roots, swap)
        return found[0] if single else found
    first = next(iter(swap.values()))
    lengths = [graph.shape_entry(first, i) for i in range(lead)]
    n = lengths[0]
    for length in lengths[1:]:
        n = graph.mul(n, length)
    moving = {v: _joined(new, n, lead) for v, new in swap.items()}
    _lifted(roots, moving, n)
    found = [_split(moving[v], lengths) if v in moving else v for v in roots]
    return found[0] if single else found


def vectorize(func, signature=None):
    """A function of arrays as one that is applied to every entry of arrays with more axes.

    Parameters
    ----------
    func : callable
        Makes a variable, or several, of variables.
    signature : str, optional
        The axes of its arguments and results, ``"(n),(n,m)->(m)"``; by default they have none.

    Returns
    -------
    callable
        Its arguments may have further axes in front, which broadcast against each other.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> spread = tt.vectorize(lambda v: v.max() - v.min(), "(n)->()")
    >>> spread([[1.0, 5.0], [2.0, 2.0]]).eval()
    array([4., 0.])
    """
    cores = None
    if signature is not None:
        groups = re.findall(r"\(([^()]*)\)", signature.partition("->")[0])
        cores = [len([name for name in group.split(",") if name.strip()]) for group in groups]

    @functools.wraps(func)
    def vectorized(*args):
        values = [as_tensor_variable(x) for x in args]
        sizes = [0] * len(values) if cores is None else cores
        if len(sizes) != len(values):
            raise TypeError(f"vectorize: {signature} has {len(sizes)} arguments, not {len(values)}")
        leads = [x.type.ndim - n for x, n in zip(values, sizes, strict=True)]
        if min(leads, default=0) < 0:
            raise TypeError(f"vectorize: an argument has fewer axes than {signature} says")
        if not any(leads):
            return func(*values)
        shapes = [
            tuple(graph.shape_entry(x, i) for i in range(k))
            for x, k in zip(values, leads, strict=True)
        ]
        batch = broadcast_shape(*(s for s in shapes if s), arrays_are_shapes=True)
        moving, inner = {}, []
        for x, k in zip(values, leads, strict=True):
            if not k:
                inner.append(x)
                continue
            inner.append(new_variable(x.type.with_shape(x.type.shape[k:])))
            core = [graph.shape_entry(x, i) for i in range(k, x.type.ndim)]
            moving[inner[-1]] = broadcast_to(x, (*batch, *core))
        return vectorize_graph(func(*inner), moving)

    return vectorized


def _joined(v, n, lead):
    """All leading axes as one."""
    if lead == 1:
        return v
    rest = [graph.shape_entry(v, i) for i in range(lead, v.type.ndim)]
    return Reshape(1 + len(rest))(v, shape_vector([n, *rest]))


def _split(v, lengths):
    if len(lengths) == 1:
        return v
    rest = [graph.shape_entry(v, i) for i in range(1, v.type.ndim)]
    return Reshape(len(lengths) + len(rest))(v, shape_vector([*lengths, *rest]))


def _lifted(roots, moving, n):
    """Fill ``moving`` with everything that has an entry per case."""
    for node in toposort(roots, stop=moving):
        moves = [v in moving for v in node.inputs]
        if not any(moves):
            continue
        build = lifter(node, moves) if len(node.outputs) == 1 else None
        values = [moving.get(v, v) for v in node.inputs]
        if build is not None:
            moving[node.out] = build(values, n)
            continue
        for v, found in zip(node.outputs, _one_by_one(node, moves, values), strict=True):
            moving[v] = found


def _one_by_one(node, moves, values):
    """An operation that cannot be applied to all cases at once, in a loop."""
    sequences = [x for x, m in zip(values, moves, strict=True) if m]
    fixed = [x for x, m in zip(values, moves, strict=True) if not m]

    def step(*parts):
        rows, others = iter(parts[: len(sequences)]), iter(parts[len(sequences) :])
        return list(node.op.apply(*[next(rows) if m else next(others) for m in moves]).outputs)

    found, _ = scan(step, sequences, None, fixed, return_list=True)
    return found


__all__ = ["vectorize", "vectorize_graph"]
