"""``function``: from inputs, outputs, updates and replacements to a ``Function``."""

import warnings
from copy import copy

import numpy as np

from graphcore.errors import MissingInputError, UnusedInputError, shown
from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import SharedVariable, new_variable
from graphcore.graph.walk import ancestors, leaves_of, replace
from graphcore.lower.assemble import check_threads
from graphcore.runtime.callable import Function
from graphcore.runtime.inputs import read_inputs, read_outputs
from graphcore.runtime.modes import get_mode
from graphcore.runtime.sparse import mentions_sparse, sparse_function
from graphcore.tensor.convert import as_tensor_variable


@collector_paused
def function(
    inputs,
    outputs=None,
    mode=None,
    updates=None,
    givens=None,
    no_default_updates=False,
    accept_inplace=False,
    name=None,
    rebuild_strict=True,
    allow_input_downcast=None,
    profile=None,
    on_unused_input=None,
    trust_input=False,
    threads=None,
):
    """Make a graph callable.

    Parameters
    ----------
    inputs : list of (Variable or In)
        Values given at every call, in this order; see :class:`In` for defaults.  Among them may be
        sparse matrices, made by ``sparse.csr_matrix`` or ``csc_matrix``.
    outputs : Variable, list or dict of Variable, or None
        What to compute.  A list returns a list, a dict a dict, a variable an array, None nothing.
    mode : str or Mode, optional
        How to compute; see :class:`~graphcore.runtime.modes.Mode`.
    updates : dict or list of (SharedVariable, Variable), optional
        New values of shared variables, all computed from the old ones, set after the call.
    givens : dict or list of (Variable, Variable), optional
        Replacements made in the graph first.
    no_default_updates : bool or list of SharedVariable
        Shared variables whose ``default_update`` is left out; True for all.
    accept_inplace : bool
        Accepted for compatibility.
    name : str, optional
    rebuild_strict : bool
        Whether a replacement must have the type of what it replaces.
    allow_input_downcast : bool, optional
        Convert values of any numeric type to the type of the input, losing digits if need be.
    profile : bool, optional
        The same as ``mode="profile"``.
    on_unused_input : {"raise", "warn", "ignore"}
        What to do about an input that nothing depends on; "raise" by default.
    trust_input : bool
        Skip the checks of inputs.
    threads : int, optional
        Most threads that share a long loop within one call (one by default).  The result is the
        same to the last bit for any number.

    Returns
    -------
    Function

    Raises
    ------
    MissingInputError
        When something is neither given, shared nor constant.
    UnusedInputError

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> a, x = tt.scalar("a"), tt.vector("x")
    >>> f = graphcore.function([a, x], [tt.exp(a * x).sum()])
    >>> f(0.0, [1.0, 2.0, 3.0])
    [array(3.)]
    """
    if mentions_sparse(inputs, outputs):
        options = {
            "mode": mode, "updates": updates, "givens": givens, "name": name,
            "no_default_updates": no_default_updates, "rebuild_strict": rebuild_strict,
            "allow_input_downcast": allow_input_downcast, "profile": profile,
            "on_unused_input": on_unused_input, "trust_input": trust_input, "threads": threads,
        }  # fmt: skip
        return sparse_function(function, inputs, outputs, options)
    specs = read_inputs(inputs)
    wanted, form = read_outputs(outputs)
    changes = _updates(updates)
    changes += [(s.variable, _given(s.variable, s.update)) for s in specs if s.update is not None]
    leaves = None
    if not isinstance(no_default_updates, (bool, list, tuple, set)):
        raise TypeError("no_default_updates is True, False or a list of shared variables")
    if no_default_updates is not True:
        own = [s.variable for s in specs]
        changes, leaves = _with_default_updates(
            wanted, changes, givens, own, no_default_updates or ()
        )
    graph = wanted + [value for _, value in changes]
    if givens:
        pairs = dict(givens.items() if isinstance(givens, dict) else givens)
        for v in (s.variable for s in specs):
            if v in pairs:
                raise RuntimeError(f"givens: {shown(v)} is an input; it cannot be replaced too")
        graph = replace(graph, {k: _given(k, v, rebuild_strict) for k, v in pairs.items()})
    own = [s.variable for s in specs]
    if leaves is None or givens or any(v.owner is not None for v in own):
        leaves = leaves_of(graph, own)
    unused = _unused(own, leaves)
    if unused:
        _complain(unused, [*wanted, *(v for _, v in changes)], on_unused_input or "raise")
    specs, graph, changes = _own_inputs(specs, graph, changes)
    n = len(wanted)
    changes = [(v, new) for (v, _), new in zip(changes, graph[n:], strict=True)]
    mode = get_mode("profile" if profile and mode is None else mode)
    return Function(
        specs, graph[:n], changes, form, name, mode, allow_input_downcast, trust_input,
        threads=check_threads(threads),
    )  # fmt: skip


def _updates(updates):
    pairs = list(updates.items() if isinstance(updates, dict) else updates or ())
    found = []
    for variable, value in pairs:
        if not isinstance(variable, SharedVariable):
            raise TypeError(f"updates change shared variables; {shown(variable)} is not one")
        if any(variable is v for v, _ in found):
            raise ValueError(f"two updates of {shown(variable)}")
        found.append((variable, _given(variable, value)))
    return found


def _with_default_updates(wanted, changes, givens, own, excluded):
    """The updates, with those that the shared variables in use bring along, and all leaves met."""
    given = dict(givens or ())
    stop = {*given, *own}
    roots = [*wanted, *(value for _, value in changes)]
    done, met = {v for v, _ in changes}, []
    # a variable that is replaced is still in use where its replacement reads it
    read = set(leaves_of(list(map(as_tensor_variable, given.values()))))
    while roots or read:
        leaves, roots = {*leaves_of(roots, stop), *read}, []
        met += leaves
        for v in leaves:
            if not isinstance(v, SharedVariable):
                continue
            replaced = v in stop and v not in read
            left_out = v in done or replaced or any(v is x for x in excluded)
            if getattr(v, "default_update", None) is None or left_out:
                continue
            value = _given(v, v.default_update)
            changes = [*changes, (v, value)]
            done.add(v)
            roots.append(value)
        read = set()
    return changes, met


def _own_inputs(specs, graph, changes):
    """Inputs that are computed elsewhere are replaced by variables without that past."""
    swap = {
        s.variable: new_variable(s.variable.type, name=s.variable.name)
        for s in specs
        if s.variable.owner is not None
    }
    if not swap:
        return specs, graph, changes
    own = []
    for s in specs:
        if s.variable in swap:
            s = copy(s)
            s.variable = swap[s.variable]
        own.append(s)
    return own, replace(graph, swap), [(swap.get(v, v), value) for v, value in changes]


def _given(variable, value, strict=True):
    """A replacement, converted to the type of what it replaces where nothing is lost."""
    value = as_tensor_variable(value)
    if not strict:
        return value
    if value.type.dtype != variable.type.dtype:
        if not np.can_cast(value.type.dtype, variable.type.dtype, "same_kind"):
            raise TypeError(
                f"{shown(variable)} has elements of {variable.type.dtype}, its new value of "
                f"{value.type.dtype}; cast it first"
            )
        value = value.astype(variable.type.dtype)
    if value.type.ndim != variable.type.ndim:
        raise TypeError(
            f"{shown(variable)} has {variable.type.ndim} axes, its new value {value.type.ndim}"
        )
    return value


def _unused(inputs, leaves):
    """Inputs that nothing depends on."""
    needed = set(leaves)
    allowed = set(inputs)
    missing = [v for v in needed if not isinstance(v, SharedVariable) and v not in allowed]
    if missing:
        names = ", ".join(sorted(shown(v) for v in missing))
        raise MissingInputError(f"the outputs depend on {names}, which is not among the inputs")
    return [v for v in inputs if v not in needed]


def _complain(unused, graph, on_unused):
    """About inputs that are neither used nor were given to what does not use them."""
    given = [v for u in ancestors(graph) if hasattr(u, "_tag") for v in getattr(u.tag, "given", ())]
    reached = set(leaves_of(given, unused))
    for v in unused:
        message = f"nothing depends on the input {shown(v)}"
        if v not in reached and on_unused == "raise":
            hint = 'remove it, or pass on_unused_input="ignore"'
            raise UnusedInputError(f"{message}: {hint}")
        if v not in reached and on_unused == "warn":
            warnings.warn(message, stacklevel=4)


def explain(f):
    """Which node of a function runs in which step of its program.

    Parameters
    ----------
    f : Function or anything with ``explain()``

    Returns
    -------
    str

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> x = tt.tensor("float64", shape=(3,), name="x")
    >>> f = graphcore.function([x], tt.exp(x).sum())
    >>> print(graphcore.explain(f).splitlines()[0].split(", written")[0])
    step   0 call   exp of 'x'
    """
    return f.explain()
