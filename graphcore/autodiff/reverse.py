"""Reverse-mode differentiation: one backward walk over the graph."""

import warnings

import numpy as np

from graphcore import config
from graphcore._graph import influenced
from graphcore.autodiff.integers import with_real_inputs
from graphcore.autodiff.logarithms import stable_logarithm
from graphcore.autodiff.totals import total
from graphcore.errors import DisconnectedInputError, NullTypeGradError, shown
from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import toposort
from graphcore.ops.choice import with_lazy_choices
from graphcore.ops.markers import UndefinedGradient
from graphcore.ops.operands import constant, graph, is_float
from graphcore.ops.shape import BroadcastLike


@collector_paused
def grad(
    cost,
    wrt,
    consider_constant=None,
    disconnected_inputs="raise",
    add_names=True,
    known_grads=None,
    return_disconnected="zero",
    null_gradients="raise",
):
    """Gradient of a scalar with respect to variables.

    Parameters
    ----------
    cost : Variable or None
        A scalar of float dtype; None when ``known_grads`` says where to start.
    wrt : Variable or sequence of Variable
        May be inputs, shared variables or intermediate results.
    consider_constant : sequence of Variable, optional
        Variables through which no gradient flows.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do about a variable that the cost does not depend on.
    add_names : bool
        Whether a gradient without a name gets one, ``(dcost/dwrt)``, when both have names.
    known_grads : dict, optional
        ``{variable: gradient of the cost with respect to it}``.
    null_gradients
        Accepted for compatibility; a gradient that does not exist is always an error.
    return_disconnected : {"zero", "None"}
        The gradient of such a variable, when it is not an error.

    Returns
    -------
    Variable or list of Variable
        Of the dtype and shape of ``wrt``; a list (tuple) when ``wrt`` is a list (tuple).  With
        respect to integers it is of dtype ``floatX``: operations with real results are taken to be
        defined between the integers, those with integer results are step functions.

    Raises
    ------
    DisconnectedInputError
        Naming the variable that the cost does not depend on.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> g = graphcore.grad((x**3).sum(), x)
    >>> g.eval({x: [1.0, 2.0]})
    array([ 3., 12.])
    """
    if hasattr(wrt, "with_data"):  # a sparse matrix: elements at its positions
        slope = grad(
            cost, wrt.data, consider_constant, disconnected_inputs, known_grads=known_grads
        )
        return wrt.with_data(slope)
    single = isinstance(wrt, Variable)
    targets = [wrt] if single else list(wrt)
    _check_options(disconnected_inputs, return_disconnected)
    for v in targets:
        _check_target(v)
    start = _start(cost, known_grads)
    found = _found(start, targets, list(consider_constant or ()), list(known_grads or ()))
    gradients = []
    for v in targets:
        g = found[v]
        if g is None:
            _report_disconnected(v, disconnected_inputs)
            if return_disconnected == "zero":
                g = _zeros(v)
        if g is not None and (not v.type.ndim or _apart(g, v)):
            # a gradient belongs to its variable, also where it does not depend on it
            g = BroadcastLike()(g, v)
        if add_names and cost is not None and cost.name and v.name:
            _name(g, f"(d{cost.name}/d{v.name})")
        gradients.append(g)
    if single:
        return gradients[0]
    return tuple(gradients) if isinstance(wrt, tuple) else gradients


def _found(start, targets, constants, known):
    """Gradients of the targets, integers among them; None where there is no connection."""
    integers = [v for v in targets if not is_float(v.type.dtype)]
    if not integers:
        return backward(start, targets, set(constants), set(known))
    old = [*start, *constants, *known]
    rest = [v for v in targets if v not in integers]
    new, real = with_real_inputs([*old, *rest], integers)
    swap = dict(zip([*old, *rest], new, strict=True))
    begin = {swap[v]: g for v, g in start.items()}
    wanted = [*(swap[v] for v in rest), *real.values()]
    found = backward(begin, wanted, {swap[v] for v in constants}, {swap[v] for v in known})
    gradients = {v: found[swap[v]] for v in rest}
    used = _used(toposort(list(start), stop=constants), start)
    for v, x in real.items():
        gradients[v] = _zeros(v) if found[x] is None and v in used else found[x]
    return gradients


def _apart(g, v, most=100):
    """Whether a small graph does not depend on a variable; of a large one nothing is said."""
    met, waiting = {g}, [g]
    while waiting and len(met) <= most:
        u = waiting.pop()
        if u is v:
            return False
        new = [] if u.owner is None else [w for w in u.owner.inputs if w not in met]
        met.update(new)
        waiting.extend(new)
    return not waiting


def _zeros(v):
    """Zeros in the shape of a variable, real ones."""
    dtype = v.type.dtype if is_float(v.type.dtype) else config.floatX
    return BroadcastLike()(constant(0, dtype), v)


def _name(gradient, name):
    """Name a result of the differentiation; what the user made keeps the name it has."""
    if gradient is not None and gradient.owner is not None and gradient.name is None:
        gradient.name = name


def _check_options(disconnected_inputs, return_disconnected):
    if disconnected_inputs not in ("raise", "warn", "ignore"):
        raise ValueError(
            f"grad: disconnected_inputs is {disconnected_inputs!r}; "
            "it must be 'raise', 'warn' or 'ignore'"
        )
    if str(return_disconnected).lower() not in ("zero", "none"):
        raise ValueError(
            f"grad: return_disconnected is {return_disconnected!r}; it must be 'zero' or 'None'"
        )


def _check_target(v):
    if not isinstance(v, Variable):
        raise TypeError(f"grad: wrt must be symbolic variables, not {type(v).__name__}")
    if np.dtype(v.type.dtype).kind == "c":
        raise TypeError(
            f"grad: {shown(v)} has element type {v.type.dtype}, which has no gradient; take its "
            "real and imaginary parts apart"
        )


def _start(cost, known_grads):
    """Cotangents to start from, ``{variable: cotangent}``."""
    start = {}
    for v, g in (known_grads or {}).items():
        g = g if isinstance(g, Variable) else constant(g, v.type.dtype)
        if g.type.ndim != v.type.ndim:
            raise ValueError(
                f"grad: the known gradient of {shown(v)} has {g.type.ndim} axes, not {v.type.ndim}"
            )
        start[v] = graph.cast(g, v.type.dtype)
    if cost is not None:
        if not isinstance(cost, Variable):
            raise TypeError(f"grad: the cost must be symbolic, not {type(cost).__name__}")
        if cost.type.ndim:
            raise TypeError(
                f"grad: the cost must be a scalar, {shown(cost)} has {cost.type.ndim} axes; "
                "sum it, or differentiate its elements one by one"
            )
        if np.dtype(cost.type.dtype).kind == "c":
            raise TypeError(
                f"grad: the cost {shown(cost)} has element type {cost.type.dtype}, "
                "which has no gradient"
            )
        if not is_float(cost.type.dtype):  # steps of a real number: the slopes are zero
            cost = graph.cast(cost, config.floatX)
        start.setdefault(cost, constant(1, cost.type.dtype))
    if not start:
        raise ValueError("grad: pass a cost or known_grads")
    return start


def _report_disconnected(v, disconnected_inputs):
    message = (
        f"grad: the cost does not depend on {shown(v)} in a differentiable way; pass "
        "disconnected_inputs='ignore' if its gradient is meant to be zero"
    )
    if disconnected_inputs == "raise":
        raise DisconnectedInputError(message)
    if disconnected_inputs == "warn":
        warnings.warn(message, stacklevel=4)


def backward(start, targets, stops=(), known=()):
    """Cotangents of ``targets`` for cotangents ``start`` of some variables.

    Parameters
    ----------
    start : dict of Variable to Variable
    targets : sequence of Variable
    stops : collection of Variable
        Through these no gradient flows.
    known : collection of Variable
        Of these the cotangent in ``start`` is the whole cotangent.

    Returns
    -------
    dict of Variable to (Variable or None)
        None for a target that nothing in ``start`` depends on.
    """
    ends = {*targets, *stops, *known, *start}
    fixed = ends.__contains__
    order = with_lazy_choices(toposort(list(start), stop=stops), ends)
    reached = influenced(order, targets)
    terms = {v: [g] for v, g in start.items()}

    def wants(v):
        return v in reached and v not in known and is_float(v.type.dtype)

    for node in reversed(order):
        cotangents = [_total(terms, v) for v in node.outputs]
        if all(g is None for g in cotangents):
            continue
        blocked = node.op.no_gradient
        needed = [i not in blocked and wants(v) for i, v in enumerate(node.inputs)]
        if True not in needed:
            continue
        inputs, stable = node.inputs, stable_logarithm(node, fixed)
        if stable is None:
            found = node.op.vjp(inputs, node.outputs, cotangents, needed)
        else:
            expression, inputs = stable
            through = backward({expression: cotangents[0]}, inputs, stops=inputs)
            needed = [wants(v) for v in inputs]
            found = [through[v] for v in inputs]
        for v, g, wanted in zip(inputs, found, needed, strict=True):
            if wanted and isinstance(g, UndefinedGradient):
                raise NullTypeGradError(
                    f"grad: the gradient of {shown(v)} through {node.op!r} is not defined"
                    + (f": {g.reason}" if g.reason else "")
                )
            if wanted and g is not None:
                terms.setdefault(v, []).append(g)
    gradients = {v: _total(terms, v) for v in targets}
    if None in gradients.values():
        used = _used(order, start)
        for v, g in gradients.items():
            if g is None and v in used:  # a step function lies between: the gradient is zero
                gradients[v] = graph.zeros_like(v)
    return gradients


def _used(order, start):
    """Variables that have an influence on those in ``start``, these included."""
    used = set(start)
    for node in reversed(order):
        if used.intersection(node.outputs):
            blocked = node.op.no_gradient
            used.update(v for i, v in enumerate(node.inputs) if i not in blocked)
    return used


def _total(terms, v):
    """Sum of the cotangents of ``v``, from then on kept as one term."""
    found = terms.get(v)
    if found is None:
        return None
    if len(found) > 1:
        terms[v] = found = [total(found)]
    return found[0]


graph.backward = backward  # operations that hold a graph differentiate it
