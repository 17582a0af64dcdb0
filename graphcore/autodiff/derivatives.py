"""Derivatives made of gradients: products with Jacobians, whole Jacobians, Hessians."""

import warnings

from graphcore.autodiff.forward import forward
from graphcore.autodiff.reverse import backward, grad
from graphcore.errors import DisconnectedInputError, shown
from graphcore.graph.walk import ancestors
from graphcore.ops.operands import constant, graph, is_float
from graphcore.ops.shape import BroadcastLike
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.scan import map as scan_map
from graphcore.tensor.shaping import concatenate, reshape


def _listed(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _like(what, x):
    """``what`` in the form of ``x``: a variable for a variable, a list for a list."""
    if isinstance(x, tuple):
        return tuple(what)
    return list(what) if isinstance(x, list) else what[0]


def _points(points, variables, name):
    """The points as variables of the element types of what they belong to."""
    points = points if isinstance(variables, (list, tuple)) else [points]
    variables = _listed(variables)
    points = [as_tensor_variable(p) for p in points]
    if len(points) != len(variables):
        raise ValueError(
            f"{name}: {len(variables)} variables need as many points, {len(points)} were given"
        )
    for p, v in zip(points, variables, strict=True):
        if p.type.ndim != v.type.ndim:
            raise ValueError(
                f"{name}: the point of {shown(v)} has {p.type.ndim} axes, not {v.type.ndim}"
            )
    return [graph.cast(p, v.type.dtype) for p, v in zip(points, variables, strict=True)]


def Lop(
    f, wrt, eval_points, consider_constant=None, disconnected_inputs="raise",
    return_disconnected="zero",
):  # fmt: skip
    """Product of a vector with the Jacobian: ``eval_points . df/dwrt`` (reverse mode).

    Parameters
    ----------
    f : Variable or list of Variable
    wrt : Variable or list of Variable
    eval_points : array_like, Variable, or list of these
        One per ``f``, of its shape.
    consider_constant, disconnected_inputs, return_disconnected
        See :func:`graphcore.grad`.

    Returns
    -------
    Variable or list of Variable
        One per ``wrt``, of its shape.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.Lop(x**2, x, [1.0, 10.0]).eval({x: [1.0, 2.0]})
    array([ 2., 40.])
    """
    outputs = _listed(f)
    points = _points(eval_points, f, "Lop")
    known = {}
    for v, p in zip(outputs, points, strict=True):
        known[v] = known[v] + p if v in known else p
    return grad(
        None, wrt, consider_constant, disconnected_inputs, known_grads=known,
        return_disconnected=return_disconnected,
    )  # fmt: skip


def Rop(f, wrt, eval_points, disconnected_outputs="raise", return_disconnected="zero",
        use_op_rop_implementation=True):  # fmt: skip
    """Product of the Jacobian with a vector: ``df/dwrt . eval_points`` (forward mode).

    Parameters
    ----------
    f : Variable or list of Variable
    wrt : Variable or list of Variable
    eval_points : array_like, Variable, or list of these
        One per ``wrt``, of its shape.
    disconnected_outputs : {"raise", "warn", "ignore"}
        What to do about an ``f`` that does not depend on ``wrt``.
    return_disconnected : {"zero", "None"}
        The result for such an ``f``, when it is not an error.
    use_op_rop_implementation
        Accepted for programs written for PyTensor.

    Returns
    -------
    Variable or list of Variable
        One per ``f``, of its shape.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.Rop(x.sum() * x, x, [1.0, 0.0]).eval({x: [1.0, 2.0]})
    array([4., 2.])
    """
    outputs, targets = _listed(f), _listed(wrt)
    for v in targets:
        if not is_float(v.type.dtype):
            raise TypeError(f"Rop: {shown(v)} has element type {v.type.dtype}; make it float64")
    points = _points(eval_points, wrt, "Rop")
    lost = set()
    found = forward(dict(zip(targets, points, strict=True)), outputs, lost)
    for i, (v, t) in enumerate(zip(outputs, found, strict=True)):
        if t is not None:
            continue
        met = set(ancestors([v]))
        if is_float(v.type.dtype) and not met.isdisjoint(targets) and met.isdisjoint(lost):
            found[i] = graph.zeros_like(v)  # only its shape depends on wrt, or it is constant in it
            continue
        message = f"Rop: {shown(v)} does not depend on wrt in a differentiable way"
        if disconnected_outputs == "raise":
            raise DisconnectedInputError(f"{message}; pass disconnected_outputs='ignore'")
        if disconnected_outputs == "warn":
            warnings.warn(message, stacklevel=2)
        if str(return_disconnected).lower() == "zero":
            found[i] = graph.zeros_like(v)
    # A product belongs to the place of its derivative, even where it is the same at every place.
    found = [
        t if t is None or set(targets) <= set(ancestors([t])) else BroadcastLike()(t, v)
        for t, v in zip(found, outputs, strict=True)
    ]
    return _like(found, f)


def jacobian(expression, wrt, consider_constant=None, disconnected_inputs="raise", **ignored):
    """Derivatives of all elements of an expression.

    Rows of the identity are sent through one graph of the reverse mode, all at once where the
    operations allow it.

    Parameters
    ----------
    expression : Variable
    wrt : Variable or list of Variable
    consider_constant, disconnected_inputs
        See :func:`graphcore.grad`.

    Returns
    -------
    Variable or list of Variable
        One per ``wrt``, of shape ``(*expression.shape, *wrt.shape)``.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.jacobian(x**2 + x[0], x).eval({x: [1.0, 2.0]})
    array([[3., 0.],
           [1., 4.]])
    """
    expression = as_tensor_variable(expression)
    targets = _listed(wrt)
    if not expression.type.ndim:
        return _like(grad(expression, targets, consider_constant, disconnected_inputs), wrt)
    found = []
    for v in targets:
        pulled = _rows(expression, v, consider_constant, disconnected_inputs)
        found.append(_unflattened(pulled, expression, v))
    return _like(found, wrt)


def _rows(expression, v, consider_constant, disconnected_inputs):
    """Gradient of every element of the expression, along a first axis."""
    flat = expression if expression.type.ndim == 1 else expression.flatten()
    places = graph.places(graph.shape_entry(flat, 0))
    identity = graph.cast(graph.eq(places[:, None], places), expression.type.dtype)

    def row(e):
        return grad(None, v, consider_constant, disconnected_inputs, known_grads={flat: e})

    return scan_map(row, identity)[0]


def _unflattened(rows, expression, v):
    if expression.type.ndim == 1:
        return rows
    if expression.type.is_static and v.type.is_static:
        return reshape(rows, (*expression.type.shape, *v.type.shape))
    ndim = expression.type.ndim + v.type.ndim
    return reshape(rows, concatenate([expression.shape, v.shape]), ndim)


def hessian(cost, wrt, consider_constant=None, disconnected_inputs="raise", **ignored):
    """Second derivatives of a scalar.

    Parameters
    ----------
    cost : Variable
        A scalar.
    wrt : Variable or list of Variable
        With a list the result is a list of the blocks of one variable each.
    consider_constant, disconnected_inputs
        See :func:`graphcore.grad`.

    Returns
    -------
    Variable or list of Variable
        Of shape ``(*wrt.shape, *wrt.shape)``.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.hessian(x[0] ** 2 * x[1], x).eval({x: [1.0, 2.0]})
    array([[4., 2.],
           [2., 0.]])
    """
    blocks = []
    for v in _listed(wrt):
        slope = grad(cost, v, consider_constant, disconnected_inputs)
        blocks.append(jacobian(slope, v, consider_constant, "ignore"))
    return _like(blocks, wrt)


def hessian_vector_product(cost, wrt, p, **grad_kwargs):
    """Product of the Hessian with a vector, at the price of a few gradients.

    Parameters
    ----------
    cost : Variable
        A scalar.
    wrt : Variable or list of Variable
    p : array_like, Variable, or list of these
        One per ``wrt``, of its shape.

    Returns
    -------
    Variable or list of Variable
        One per ``wrt``, of its shape.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.hessian_vector_product((x**3).sum(), x, [1.0, 10.0]).eval({x: [1.0, 2.0]})
    array([  6., 120.])
    """
    targets = _listed(wrt)
    points = _points(p, wrt, "hessian_vector_product")
    slopes = grad(cost, targets, **grad_kwargs)
    found = forward(dict(zip(targets, points, strict=True)), slopes)
    found = [graph.zeros_like(v) if t is None else t for v, t in zip(targets, found, strict=True)]
    return _like(found, wrt)


def subgraph_grad(wrt, end, start=None, cost=None, details=False):
    """Gradients through a part of a graph, that between ``start`` (and the cost) and ``end``.

    Parameters
    ----------
    wrt : list of Variable
        Inputs of the part, of which gradients are wanted.
    end : list of Variable
        Where the part ends; gradients with respect to these go on from there.
    start : dict of Variable to Variable, optional
        Where the part begins, and the gradients that arrive there.
    cost : Variable, optional
        A scalar to begin with in addition.
    details : bool
        Whether to return also the two contributions to the first result.

    Returns
    -------
    (list, list)
        Gradients of ``wrt`` and of ``end``.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> w1, w2, x = tt.scalars("w1", "w2", "x")
    >>> hidden = x * w1
    >>> (g2,), (gh,) = graphcore.gradient.subgraph_grad([w2], [hidden], cost=(hidden * w2) ** 2)
    >>> (g1,), _ = graphcore.gradient.subgraph_grad([w1], [x], start={hidden: gh})
    >>> g1.eval({x: 1.0, w1: 2.0, w2: 3.0})
    array(36.)
    """
    if start is None and cost is None:
        raise ValueError("subgraph_grad: pass a cost or start")
    found, targets = [], [*wrt, *end]
    parts = [dict(start)] if start else []
    if cost is not None:
        parts.append({cost: constant(1, cost.type.dtype)})
    for part in parts:
        pulled = backward(part, targets, stops=set(end))
        found.append([pulled[v] for v in targets])
    sums = [_sum([part[i] for part in found], v) for i, v in enumerate(targets)]
    n = len(wrt)
    if not details:
        return sums[:n], sums[n:]
    from_start = found[0][:n] if start else None
    from_cost = found[-1][:n] if cost is not None else None
    return sums[:n], sums[n:], from_start, from_cost


def _sum(terms, v):
    terms = [t for t in terms if t is not None]
    if not terms:
        return graph.zeros_like(v)
    return terms[0] if len(terms) == 1 else graph.add(*terms)


def numeric_grad(f, pt, eps=1e-6):
    """Gradient of a numerical function of arrays by central differences.

    Parameters
    ----------
    f : callable
        Gives a number.
    pt : array_like or list of array_like
    eps : float

    Returns
    -------
    list of ndarray

    Examples
    --------
    >>> import numpy as np
    >>> np.round(numeric_grad(lambda x: float((x**2).sum()), [np.array([1.0, 2.0])])[0], 6)
    array([2., 4.])
    """
    import numpy as np

    points = [np.array(p, dtype="float64") for p in (pt if isinstance(pt, list) else [pt])]
    slopes = [np.zeros(p.shape) for p in points]
    for p, slope in zip(points, slopes, strict=True):
        for at in np.ndindex(p.shape):
            middle, values = p[at], []
            for side in (1, -1):
                p[at] = middle + side * eps
                values.append(float(f(*points)))
            p[at] = middle
            slope[at] = (values[0] - values[1]) / (2 * eps)
    return slopes
