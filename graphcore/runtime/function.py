"""``function``: a graph as something to call.

A call looks up the program planned for the shapes it meets; new shapes are planned once.
"""

import threading
import warnings

import numpy as np
from numpy.linalg import LinAlgError

from graphcore.errors import MissingInputError, UnusedInputError, describe, shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import ancestors, inputs_of, replace
from graphcore.lower.arrays import LANE
from graphcore.lower.assemble import compile_program
from graphcore.lower.shapes import value_inputs
from graphcore.lower.text import disassemble, explain_spec
from graphcore.rewrite import rewrite
from graphcore.runtime.profile import Profile
from graphcore.runtime.reference import evaluate, input_array
from graphcore.tensor.convert import as_tensor_variable

PLANS = 64  # plans kept per function; the cache is emptied when it is full
_FAILURES = {  # codes in the error record of a program
    1: (IndexError, "index {value} is out of range for an axis of length {length}"),
    3: (LinAlgError, "the matrix of order {length} is not positive definite (minor {value} fails)"),
    4: (LinAlgError, "the matrix of order {length} is singular (pivot {value} is zero)"),
}


class Plan:
    """A program for one set of input shapes, with what a call has to allocate."""

    __slots__ = ("outputs", "program")

    def __init__(self, program, outputs):
        self.program = program
        self.outputs = outputs  # (shape, dtype) of every result


class Function:
    """A compiled graph; made by :func:`function`.

    Calling it takes one value per input, positionally or by name, and returns an array, or a list
    when the outputs were given as a list.  It may be called from several threads at once.

    Attributes
    ----------
    inputs, outputs : list of Variable
    shared : list of SharedVariable
        Values read (and, where there are updates, written) at every call.
    trust_input : bool
        Skip the checks of the inputs: they must be C-contiguous arrays of the exact type.
    """

    def __init__(self, inputs, outputs, updates, single, name, downcast, trust):
        self.inputs = inputs
        self.outputs = outputs
        self.updates = updates
        self.name = name
        self.allow_input_downcast = downcast
        self.trust_input = trust
        self._single = single
        graph = rewrite([*outputs, *(value for _, value in updates)], final=True)
        self._graph = graph
        found = inputs_of(graph)
        self.shared = [v for v in found if isinstance(v, SharedVariable)]
        self._all = [*inputs, *self.shared]
        self._decisive = [self._all.index(v) for v in value_inputs(graph, self._all)]
        self._plans = {}
        self._lock = threading.Lock()
        self._positions = {v.name: i for i, v in enumerate(inputs) if v.name}
        self._reason = _unsupported(graph)

    # ---- calling ----------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if kwargs or len(args) != len(self.inputs):
            args = self._bind(args, kwargs)
        if self.trust_input:
            arrays = args
        else:
            arrays = [self._checked(v, a) for v, a in zip(self.inputs, args, strict=True)]
        arrays = (*arrays, *(v.container[0] for v in self.shared))
        results = self._compute(arrays)
        n = len(self.outputs)
        for (variable, _), value in zip(self.updates, results[n:], strict=True):
            variable.container[0] = value
        return results[0] if self._single else results[:n] if self._single is not None else None

    def _compute(self, arrays):
        if self._reason:
            return evaluate(self._graph, dict(zip(self._all, arrays, strict=True)))
        key = self._key(arrays)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan(key, arrays)
        results = [np.empty(shape, dtype) for shape, dtype in plan.outputs]
        error = plan.program.run((*arrays, *results))
        if error is not None:
            self._raise(plan, error)
        return results

    def _key(self, arrays):
        key = tuple([a.shape for a in arrays])
        if self._decisive:
            key += tuple([arrays[i].tobytes() for i in self._decisive])
        return key

    def _plan(self, key, arrays):
        values = {self._all[i]: arrays[i].copy() for i in self._decisive}
        first = len(self._all)
        inputs = [
            (v, a.shape, i, 0) for i, (v, a) in enumerate(zip(self._all, arrays, strict=True))
        ]
        outputs = [(v, first + i, 0) for i, v in enumerate(self._graph)]
        program, shapes = compile_program(outputs, inputs, values)
        plan = Plan(program, [(shapes[v], v.type.numpy_dtype) for v in self._graph])
        with self._lock:
            if len(self._plans) >= PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _raise(self, plan, error):
        code, number, value, length = error
        kind, message = _FAILURES[code]
        place = f"  while computing {describe(plan.program.spec.nodes[number])}"
        raise kind(f"{message.format(value=value, length=length)}\n{place}")

    def _bind(self, args, kwargs):
        """Values in the order of the inputs, from positions and names."""
        if len(args) > len(self.inputs):
            raise TypeError(f"{self} takes {len(self.inputs)} inputs, {len(args)} were given")
        bound = [*args, *[None] * (len(self.inputs) - len(args))]
        given = [True] * len(args) + [False] * (len(self.inputs) - len(args))
        for name, value in kwargs.items():
            i = self._positions.get(name)
            if i is None:
                known = ", ".join(self._positions) or "none of its inputs has a name"
                raise TypeError(f"{self} has no input called {name!r}; it has {known}")
            if given[i]:
                raise TypeError(f"input {name!r} was given twice")
            bound[i], given[i] = value, True
        missing = [shown(v) for v, g in zip(self.inputs, given, strict=True) if not g]
        if missing:
            raise TypeError(f"{self}: no value for {', '.join(missing)}")
        return bound

    def _checked(self, variable, value):
        wanted = variable.type
        if (
            type(value) is np.ndarray
            and value.dtype == wanted.numpy_dtype
            and value.flags.c_contiguous
            and value.flags.aligned
            and wanted.accepts(value.shape)
        ):
            return value
        if self.allow_input_downcast and not isinstance(value, Variable):
            value = np.asarray(value)
            if value.dtype.kind in "biuf":
                value = value.astype(wanted.numpy_dtype)
        try:
            array = input_array(variable, value)
        except TypeError as error:
            if "needs elements of" not in str(error) or self.allow_input_downcast:
                raise
            hint = "or build the function with allow_input_downcast=True"
            raise TypeError(f"{error}, {hint}") from None
        return np.require(array, wanted.numpy_dtype, ["C", "A"]).reshape(array.shape)

    # ---- looking inside -----------------------------------------------------------------------

    @property
    def programs(self):
        """The programs planned so far."""
        return [plan.program for plan in self._plans.values()]

    def disassembly(self):
        """Text of the program planned last."""
        return disassemble(self._last().spec)

    def explain(self):
        """Which node runs in which step of the program planned last."""
        if self._reason:
            return f"runs through the NumPy reference: {self._reason}"
        return explain_spec(self._last().spec)

    def profile(self, *args, seconds=0.02):
        """Time per step and per line of code, at these inputs.

        Returns
        -------
        graphcore.runtime.profile.Profile
            Prints as a table.
        """
        self(*args)
        arrays = [self._checked(v, a) for v, a in zip(self.inputs, args, strict=True)]
        arrays += [v.container[0] for v in self.shared]
        plan = self._plans[self._key(arrays)]
        results = [np.empty(shape, dtype) for shape, dtype in plan.outputs]
        return Profile(plan.program, (*arrays, *results), seconds)

    def _last(self):
        programs = self.programs
        if not programs:
            if any(not v.type.is_static for v in self._all) or self._decisive:
                raise ValueError(f"{self} has not been called yet, so no shapes are known")
            self._plan((), [np.zeros(v.type.shape, v.type.numpy_dtype) for v in self._all])
            programs = self.programs
        return programs[-1]

    def __repr__(self):
        inputs = ", ".join(shown(v) for v in self.inputs)
        return f"<graphcore function {self.name or ''}({inputs})>".replace(" (", "(")


def _unsupported(outputs):
    """Why a graph cannot run as a program; None when it can."""
    for v in ancestors(outputs):
        if v.type.dtype not in LANE:
            return f"programs have no elements of {v.type.dtype} ({shown(v)})"
    return None


def function(
    inputs,
    outputs=None,
    *,
    updates=None,
    givens=None,
    on_unused_input="raise",
    allow_input_downcast=None,
    trust_input=False,
    name=None,
):
    """Make a graph callable.

    Parameters
    ----------
    inputs : list of Variable
        Values given at every call, in this order.
    outputs : Variable, list of Variable or None
        What to compute.  A list returns a list, a variable an array, None nothing.
    updates : dict or list of (SharedVariable, Variable), optional
        New values of shared variables, all computed from the old ones, set after the call.
    givens : dict or list of (Variable, Variable), optional
        Replacements made in the graph first.
    on_unused_input : {"raise", "warn", "ignore"}
        What to do about an input that nothing depends on.
    allow_input_downcast : bool, optional
        Convert values of any numeric type to the type of the input, losing digits if need be.
    trust_input : bool
        Skip the checks of inputs.
    name : str, optional

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
    if not isinstance(inputs, list | tuple):
        raise TypeError("inputs must be a list of variables, as in function([x], y)")
    single = None if outputs is None else not isinstance(outputs, list | tuple)
    wanted = [] if outputs is None else [outputs] if single else list(outputs)
    wanted = [as_tensor_variable(v) for v in wanted]
    changes = _updates(updates)
    graph = wanted + [value for _, value in changes]
    if givens:
        pairs = dict(givens.items() if isinstance(givens, dict) else givens)
        graph = replace(graph, {k: _given(k, v) for k, v in pairs.items()})
    _check_inputs(inputs, graph, on_unused_input)
    n = len(wanted)
    changes = [(v, new) for (v, _), new in zip(changes, graph[n:], strict=True)]
    return Function(
        list(inputs), graph[:n], changes, single, name, allow_input_downcast, trust_input
    )


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


def _given(variable, value):
    """A replacement, converted to the type of what it replaces where nothing is lost."""
    value = as_tensor_variable(value)
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


def _check_inputs(inputs, graph, on_unused):
    for i, v in enumerate(inputs):
        if not isinstance(v, Variable) or isinstance(v, Constant):
            raise TypeError(f"input {i} is not a symbolic variable: {v!r}")
        if isinstance(v, SharedVariable):
            raise TypeError(f"{shown(v)} is shared: its value is read by itself, not given")
        if any(v is w for w in inputs[:i]):
            raise ValueError(f"{shown(v)} stands twice among the inputs")
    needed = set(inputs_of(graph, stop=inputs))
    missing = [
        v for v in needed if not isinstance(v, SharedVariable) and all(v is not w for w in inputs)
    ]
    if missing:
        names = ", ".join(sorted(shown(v) for v in missing))
        raise MissingInputError(f"the outputs depend on {names}, which is not among the inputs")
    for v in inputs:
        if v not in needed:
            message = f"nothing depends on the input {shown(v)}"
            if on_unused == "raise":
                hint = 'remove it, or pass on_unused_input="ignore"'
                raise UnusedInputError(f"{message}: {hint}")
            if on_unused == "warn":
                warnings.warn(message, stacklevel=3)


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
