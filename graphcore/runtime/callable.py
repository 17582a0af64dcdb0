"""``Function``: a graph as something to call.

A call looks up the program planned for the shapes it meets; new shapes are planned once.
"""

import time

import numpy as np

from graphcore._graph import survey
from graphcore._invoke import Caller
from graphcore.errors import UndecidedShapeError, describe, shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import ancestors, operations, replace, toposort
from graphcore.lower.arrays import LANE
from graphcore.lower.text import Explanation, disassemble, explain_spec
from graphcore.ops.choice import decided
from graphcore.rewrite import rewrite, rule_names
from graphcore.rewrite.stages import stages
from graphcore.runtime.inputs import Container
from graphcore.runtime.plans import Before, Plans, values_count
from graphcore.runtime.profile import Profile
from graphcore.runtime.reference import evaluate


class Function(Caller):
    """A compiled graph; made by :func:`~graphcore.function`.

    Calling it takes one value per input, positionally or by name, and returns an array, a list
    when the outputs were given as a list, or a dictionary.  It may be called from several threads
    at once.  ``f[x]`` and ``f[x] = value`` are the default of an input or the value of a shared
    variable, by variable or by name.

    Attributes
    ----------
    inputs, outputs : list of Variable
    shared : list of SharedVariable
        Values read at every call.
    updates : list of (Variable, Variable)
        Shared variables (and inputs with a default) that calls change, with their new values.
    mode : Mode
    threads : int
        Most threads that share a long loop within one call.
    trust_input : bool
        Skip the checks of the inputs: they must be C-contiguous arrays of the exact type.
    """

    def __init__(
        self, specs, outputs, updates, form, name, mode, downcast, trust, graph=None, threads=1
    ):
        self.specs, self.outputs, self.updates = specs, outputs, updates
        self.inputs = [spec.variable for spec in specs]
        self.name, self.mode, self._form = name, mode, form
        self.allow_input_downcast, self.trust_input = downcast, trust
        self.threads = threads
        if graph is None:
            known = {*rule_names(), *(stage for stage, *_ in stages())}
            wanted = [*outputs, *(value for _, value in updates)]
            graph = rewrite(wanted, final=True, exclude=mode.left_out(known))
        self._graph = graph
        met, read, types = survey(graph)
        self.shared = [v for v in read if isinstance(v, SharedVariable)]
        self._all = [*self.inputs, *self.shared]
        self._prepare(met)
        self._positions = {spec.name: i for i, spec in enumerate(specs) if spec.name}
        self._reason = _unsupported(graph, types)
        self._times = [0, 0.0, None]  # of the mode "profile": calls, seconds, arguments
        self._containers()

    def _prepare(self, met):
        """What is computed before programs are made, and no programs yet.

        ``met`` holds the operations of the graph.
        """
        by_values = values_count(met)
        self._before = Before(self._all, self._graph, self.threads, by_values)
        rest = self._before.outputs
        self._watched = _intermediates(rest) if self.mode.kind == "nan_guard" else []
        outputs = [*rest, *self._watched]
        self._plans = Plans(self._before.inputs, outputs, self.threads, by_values)

    def _containers(self):
        """Where defaults, shared values and their new values are kept."""
        self.defaults = [
            None
            if spec.value is None
            else spec.value.storage
            if isinstance(spec.value, Container)
            else [spec.checked(spec.value, True)]
            for spec in self.specs
        ]
        changed = []
        for v, _ in self.updates:
            own = not isinstance(v, SharedVariable)
            changed.append(self.defaults[self.inputs.index(v)] if own else v.container)
        self.setup(
            [v.type.numpy_dtype for v in self.inputs],
            [v.container for v in self.shared],
            changed,
            len(self.outputs),
            self._form,
        )

    # ---- calling ----------------------------------------------------------------------------

    def compute(self, args, kwargs):
        """Results for arguments that need to be looked at, or a plan that has to be made."""
        if kwargs or len(args) != len(self.inputs):
            args = self._bind(args, kwargs)
        if not self.trust_input or not all(type(a) is np.ndarray for a in args):
            args = [
                spec.checked(a, self.allow_input_downcast)
                for spec, a in zip(self.specs, args, strict=True)
            ]
        arrays = (*args, *(v.container[0] for v in self.shared))
        run = getattr(self, "_run_" + self.mode.kind)
        try:
            return run(arrays)
        except UndecidedShapeError:
            self._graph = decided(self._graph)
            self._prepare(operations(self._graph))
            return run(arrays)

    def _run_fast(self, arrays):
        if self._reason:
            return self._run_reference(arrays)
        results, plan = self._plans(self._before(arrays))
        if self.mode.kind == "fast" and not (self._plans.decisive or self._before.stages):
            self.latest = plan
        return results

    def _run_reference(self, arrays):
        return evaluate(self._graph, dict(zip(self._all, arrays, strict=True)))

    def _run_monitor(self, arrays):
        watch = self.mode.watcher(lambda: self.maker.fgraph)
        return evaluate(self._graph, dict(zip(self._all, arrays, strict=True)), watch)

    def _run_debug(self, arrays):
        found, wanted = self._run_fast(arrays), self._run_reference(arrays)
        for v, a, b in zip(self._graph, found, wanted, strict=True):
            loose = 1e-4 if v.type.dtype == "float32" else 1e-9
            if not np.allclose(a, b, rtol=loose, atol=loose, equal_nan=True):
                raise AssertionError(
                    f"{self}: the program and NumPy disagree about {shown(v)}: {a} and {b}"
                )
        return found

    def _run_nan_guard(self, arrays):
        arrays = self._before(arrays)
        results, _ = self._plans(arrays)
        values = dict(zip(self._before.inputs, arrays, strict=True))
        n = len(self._graph)
        values.update(zip(self._watched, results[n:], strict=True))
        for v, value in zip(self._watched, results[n:], strict=True):
            self._guard(v, value, values)
        return results[:n]

    def _guard(self, v, value, values):
        """Raise where a node makes a NaN or an infinity that its inputs do not have."""
        for kind, wrong, asked in (("nan", np.isnan, self.mode.nan),
                                   ("inf", np.isinf, self.mode.inf)):  # fmt: skip
            bad = wrong(value)
            if not asked or not bad.any():
                continue
            inputs = [u.data if isinstance(u, Constant) else values[u] for u in v.owner.inputs]
            if any(wrong(a).any() for a in inputs if a.dtype.kind == "f"):
                continue
            at = np.argwhere(bad)[0].tolist()
            shapes = ", ".join(str(a.shape) for a in inputs)
            raise FloatingPointError(
                f"{kind} at {at} of an array of shape {value.shape}\n"
                f"  made by {describe(v.owner)}\n  shapes of its inputs: {shapes}"
            )

    def _run_profile(self, arrays):
        start = time.perf_counter()
        results = self._run_fast(arrays)
        calls, seconds, _ = self._times
        self._times = [calls + 1, seconds + time.perf_counter() - start, arrays]
        return results

    def failed(self, plan, error):
        """Raise what the error record of a program says."""
        plan.failed(error)

    def _bind(self, args, kwargs):
        """Values in the order of the inputs, from positions, names and defaults."""
        n = len(self.inputs)
        if len(args) > n:
            raise TypeError(f"{self} takes {n} inputs, {len(args)} were given")
        bound, given = [*args, *[None] * (n - len(args))], set(range(len(args)))
        for name, value in kwargs.items():
            i = self._positions.get(name)
            if i is None:
                known = ", ".join(self._positions) or "none of its inputs has a name"
                raise TypeError(f"{self} has no input called {name!r}; it has {known}")
            if i in given:
                raise TypeError(f"input {name!r} was given twice")
            bound[i] = value
            given.add(i)
        for i, default in enumerate(self.defaults):
            if i not in given and default is not None:
                bound[i] = default[0]
                given.add(i)
        missing = [shown(v) for i, v in enumerate(self.inputs) if i not in given]
        if missing:
            raise TypeError(f"{self}: no value for {', '.join(missing)}")
        return bound

    # ---- values that are kept ------------------------------------------------------------------

    def get_shared(self):
        """The shared variables that calls read."""
        return list(self.shared)

    def _container(self, key):
        """Container of a variable or a name."""
        for spec, default in zip(self.specs, self.defaults, strict=True):
            if default is not None and (key is spec.variable or key == spec.name):
                return Container(default, spec)
        everything = [*self.shared, *(v for v, _ in self.updates)]
        for v in everything:
            if isinstance(v, SharedVariable) and (key is v or (v.name and key == v.name)):
                return Container(v.container, v)
        what = shown(key) if isinstance(key, Variable) else repr(key)
        raise KeyError(f"{self} has no shared variable or input with a default called {what}")

    def __getitem__(self, key):
        return self._container(key).value

    def __setitem__(self, key, value):
        self._container(key).value = value

    @property
    def value(self):
        """Theano's name of the values that are kept: ``f.value[x]`` is ``f[x]``."""
        return self

    @property
    def container(self):
        """What keeps the values: ``f.container[x]``, to be shared with other functions."""
        return _Containers(self)

    def copy(self, share_memory=False, swap=None, delete_updates=False, name=None, profile=None):
        """Another function of the same graph, with its own defaults.

        Parameters
        ----------
        share_memory : bool
            Accepted for compatibility: functions are safe to call from several threads anyway.
        swap : dict of SharedVariable to SharedVariable, optional
            Shared variables to read and update in the place of others; values of the same type.
        delete_updates : bool
            Whether the copy leaves shared variables as they are.
        name : str, optional
        profile : bool, optional
            Whether the copy has the mode ``"profile"``.

        Examples
        --------
        >>> import graphcore, graphcore.tensor as tt
        >>> s, t = graphcore.shared(0.0), graphcore.shared(10.0)
        >>> f = graphcore.function([], s, updates={s: s + 1})
        >>> g = f.copy(swap={s: t})
        >>> float(f()), float(f()), float(g())
        (0.0, 1.0, 10.0)
        """
        from graphcore.runtime.modes import Mode

        n = len(self.outputs)
        swap = dict(swap or {})
        for old, new in swap.items():
            if not isinstance(new, SharedVariable) or new.type != old.type:
                raise TypeError(
                    f"copy: {shown(old)} can be swapped for a shared variable of its type "
                    f"{old.type!r} only, not for {new!r}"
                )
        graph = replace(self._graph, swap)
        values = replace([*self.outputs, *(value for _, value in self.updates)], swap)
        updates = [
            (swap.get(v, v), value) for (v, _), value in zip(self.updates, values[n:], strict=True)
        ]
        if delete_updates:
            graph, updates = graph[:n], []
        mode = Mode("profile") if profile else self.mode
        return Function(
            self.specs, values[:n], updates, self._form, name or self.name, mode,
            self.allow_input_downcast, self.trust_input, graph, self.threads,
        )  # fmt: skip

    def free(self):
        """Forget the programs planned so far; the next call plans again."""
        self.latest = None
        self._plans.made = {}

    def __reduce__(self):
        state = (
            self.specs, self.outputs, self.updates, self._form, self.name, self.mode,
            self.allow_input_downcast, self.trust_input, self._graph, self.threads,
        )  # fmt: skip
        return _restored, (state, [default and default[0] for default in self.defaults])

    # ---- looking inside -----------------------------------------------------------------------

    @property
    def programs(self):
        """The programs planned so far."""
        return [plan.program for plan in self._plans.made.values()]

    @property
    def maker(self):
        """Theano's way to the rewritten graph: ``f.maker.fgraph.toposort()``."""
        return _Maker(self)

    @property
    def fn(self):
        """Theano's inner function: ``f.fn()`` runs with the values that are kept."""
        return _Machine(self)

    vm = fn  # PyTensor's name of the same

    def disassembly(self):
        """Text of the program planned last, after those of the stages before it."""
        last = self._last()
        return "\n".join([*self._before.described(disassemble), disassemble(last.spec)])

    def explain(self):
        """Which node runs in which step of the program planned last.

        Where shapes are found in data, the stages that find them come first.
        """
        if self.mode.kind in ("reference", "monitor"):
            return "runs through the NumPy reference, as its mode says"
        if self._reason:
            return f"runs through the NumPy reference: {self._reason}"
        last = explain_spec(self._last().spec)
        stages = self._before.described(explain_spec)
        if not stages:
            return last
        text = Explanation("\n".join([*stages, last]))
        text.memory = last.memory
        return text

    def profile(self, *args, seconds=0.02):
        """Time per step and per line of code.

        Parameters
        ----------
        *args
            Inputs; in the mode ``"profile"`` those of the last call by default.
        seconds : float
            Time spent per step, about.

        Returns
        -------
        graphcore.runtime.profile.Profile
            Prints as a table.
        """
        calls, total, arrays = self._times
        if arrays is None or args:
            args = self._bind(args, {})
            arrays = [
                spec.checked(a, self.allow_input_downcast)
                for spec, a in zip(self.specs, args, strict=True)
            ]
            arrays += [v.container[0] for v in self.shared]
        arrays = self._before(arrays)
        _, plan = self._plans(arrays)
        return Profile(plan.program, (*arrays, *plan.results()), seconds, calls, total)

    def _last(self):
        programs = self.programs
        if not programs:
            inputs = self._before.inputs
            if any(not v.type.is_static for v in inputs) or self._plans.decisive:
                raise ValueError(f"{self} has not been called yet, so no shapes are known")
            self._plans.make((), [np.zeros(v.type.shape, v.type.numpy_dtype) for v in inputs])
            programs = self.programs
        return programs[-1]

    def __repr__(self):
        inputs = ", ".join(shown(v) for v in self.inputs)
        return f"<graphcore function {self.name or ''}({inputs})>".replace(" (", "(")


class _Containers:
    """The containers of a function, by variable or by name."""

    def __init__(self, f):
        self._f = f

    def __getitem__(self, key):
        return self._f._container(key)


class _Machine:
    """What programs ask of the inner function of Theano's functions.

    Attributes
    ----------
    storage_map : dict of Variable to list
        Where the values of constants, shared variables and defaults are kept.
    nodes : list of Apply
        What is computed, in an order in which it can be.
    allow_gc : bool
        May be set, and changes nothing: memory of results in between is planned.
    """

    allow_gc = True

    def __init__(self, f):
        self._f = f
        self.nodes = f.maker.fgraph.toposort()
        read = [u for node in self.nodes for u in node.inputs if isinstance(u, Constant)]
        self.storage_map = {
            **{u: [u.data] for u in read},
            **{v: v.container for v in f.shared},
            **{v: kept for v, kept in zip(f.inputs, f.defaults, strict=True) if kept is not None},
        }

    def __call__(self, n_calls=1):
        """Call the function, with the defaults of its inputs."""
        for _ in range(n_calls):
            results = self._f()
        return results


class _Maker:
    """What Theano's functions tell about how they were made."""

    def __init__(self, f):
        from graphcore.graph.fgraph import FunctionGraph

        self.fgraph = FunctionGraph(f._all, f._graph)
        self.inputs, self.outputs, self.mode = f.specs, f.outputs, f.mode


def _restored(state, defaults):
    """A function from its pickle: nothing is rewritten again."""
    f = Function(*state)
    for own, value in zip(f.defaults, defaults, strict=True):
        if own is not None:
            own[0] = value
    return f


def _intermediates(graph):
    """What is watched for NaN: every float that a node computes, in order of computation."""
    return [
        v
        for node in toposort(graph)
        for v in node.outputs
        if v.type.numpy_dtype.kind == "f" and v.type.dtype in LANE
    ]


def _unsupported(outputs, types):
    """Why a graph with these element types cannot run as a program; None when it can."""
    if not types <= LANE.keys():
        v = next(v for v in ancestors(outputs) if v.type.dtype not in LANE)
        return f"programs have no elements of {v.type.dtype} ({shown(v)})"
    return None
