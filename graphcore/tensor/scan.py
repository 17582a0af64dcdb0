"""Loops over time: ``scan``, and ``map``, ``reduce``, ``foldl``, ``foldr`` made of it."""

from typing import NamedTuple

import numpy as np

from graphcore._graph import shape_source
from graphcore.errors import MissingInputError, shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.lengths import Shape
from graphcore.ops.operands import constant, graph, known_value, promote
from graphcore.ops.ranges import arange
from graphcore.ops.recurrence import recurrence
from graphcore.ops.shape import StopGradient, expand
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.drawn import collected
from graphcore.tensor.indexing import getitem
from graphcore.tensor.moving import moves
from graphcore.updates import OrderedUpdates

ATTEMPTS = 4  # how often the type of a carried value is widened to what the step makes of it


def scan(
    fn,
    sequences=None,
    outputs_info=None,
    non_sequences=None,
    n_steps=None,
    truncate_gradient=-1,
    go_backwards=False,
    mode=None,
    name=None,
    profile=False,
    allow_gc=None,
    strict=False,
    return_list=False,
    return_updates=True,
):
    """Repeat a step, carrying values from each step to the next.

    Parameters
    ----------
    fn : callable
        Makes the symbolic results of one step.  It is called with, in this order, the entries of
        the sequences (one per tap), the earlier values of the outputs (one per tap), and the
        non-sequences.  It returns the outputs, or a dictionary of updates of shared variables,
        or both.
    sequences : variable, dict or list of these, optional
        Arrays to go through along their first axis.  A dict ``{"input": x, "taps": [-1, 0]}``
        shows several entries to each step.
    outputs_info : list, optional
        Per output: None when it is only collected; its initial value when the next step sees
        it; ``{"initial": x, "taps": [-2, -1]}`` when steps see several earlier values, in which
        case ``x`` has one row for each step that is looked back.
    non_sequences : list, optional
        Further arguments, the same in every step.
    n_steps : int or variable, optional
        By default the length of the shortest sequence.
    truncate_gradient : int
        Through how many steps at the end gradients flow; -1 for all.
    go_backwards : bool
        Whether to go through the sequences from their end.
    name : str, optional
        Name of the outputs.
    strict : bool
        Whether ``fn`` may use only the variables it is given.
    return_updates : bool
        False for the outputs alone, where the loop updates nothing.
    return_list : bool
        Whether a single output is returned in a list too.
    mode, profile, allow_gc
        Accepted for programs written for Theano; they have no effect.

    Returns
    -------
    (variable or list of variables, OrderedUpdates)
        The outputs, each with a first axis for the steps, and the updates of shared variables,
        to be passed to ``function``.

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> a, k = tt.scalar("a"), tt.iscalar("k")
    >>> powers, updates = graphcore.scan(lambda p, a: p * a, outputs_info=1.0, non_sequences=a,
    ...                                  n_steps=k)
    >>> powers.eval({a: 2.0, k: 5})
    array([ 2.,  4.,  8., 16., 32.])
    """
    loop = _Scan(fn, sequences, outputs_info, non_sequences, n_steps, go_backwards, strict)
    outputs, updates = loop.build(int(truncate_gradient))
    for i, v in enumerate(outputs):
        if name is not None:
            v.name = name if len(outputs) == 1 else f"{name}[{i}]"
    outputs = outputs[0] if len(outputs) == 1 and not return_list else outputs
    return _with_updates(outputs, updates, return_updates)


def _with_updates(outputs, updates, asked_for):
    """What a loop returns: outputs and updates, or only the outputs, where nothing is updated."""
    if asked_for:
        return outputs, updates
    if updates:
        names = ", ".join(shown(v) for v in updates)
        raise ValueError(f"scan: the loop updates {names}; return_updates must be True")
    return outputs


def _as_list(x):
    if x is None:
        return []
    return list(x) if isinstance(x, (list, tuple, range)) else [x]


class LoopOutput(NamedTuple):
    """One output of a :class:`Loop`.

    Attributes
    ----------
    first : Variable or None
        The first values, one row per step that is looked back.
    taps : dict of int to Variable
        What a step sees of the output so many steps ago.
    result : Variable
        Of one step.
    """

    first: Variable | None
    taps: dict
    result: Variable


class Loop(NamedTuple):
    """A loop whose steps draw random variables.

    Attributes
    ----------
    n : Variable
        Number of steps.
    sequences : dict of Variable to Variable
        What a step sees, and the array whose rows these are.
    outputs : list of LoopOutput
    drawn : set of RandomVariable
        What a step makes: others in every step.
    """

    n: Variable
    sequences: dict
    outputs: list
    drawn: set

    def results(self):
        """What a step makes of each output."""
        return [o.result for o in self.outputs]


class _Output:
    """What is known of one output: its first values and what steps see of it."""

    def __init__(self, info, number):
        self.number, self.first, self.taps = number, None, ()
        if not isinstance(info, dict):
            info = {"initial": info}
        unknown = set(info) - {"initial", "taps", "inplace", "return_steps"}
        if unknown:
            raise ValueError(f"scan: outputs_info[{number}] has no entry {sorted(unknown)[0]!r}")
        if info.get("initial") is None:
            return
        taps = info.get("taps")
        self.taps = tuple(int(t) for t in ((-1,) if taps is None else _as_list(taps)))
        if any(t >= 0 for t in self.taps) or not self.taps:
            raise ValueError(
                f"scan: the taps of output {number} are {list(self.taps)}; a step sees earlier "
                "values only, at -1, -2, ..."
            )
        self.first = self._first_rows(as_tensor_variable(info["initial"]))
        self.type = TensorType(self.first.type.dtype, self.first.type.shape[1:])

    def _first_rows(self, x):
        depth = -min(self.taps)
        if self.taps == (-1,):
            return expand(x, (0,), x.type.ndim + 1)
        if x.type.ndim == 0:
            raise ValueError(
                f"scan: the initial value of output {self.number} needs {depth} rows for its "
                f"taps {list(self.taps)}, it is a number"
            )
        return getitem(x, slice(0, depth))

    def inner(self):
        """New variables for what a step sees."""
        self.seen = {
            -t: new_variable(self.type, name=f"output {self.number}[t{t}]")
            for t in sorted(set(self.taps))
        }
        return [self.seen[-t] for t in self.taps]

    def widened(self, v):
        """Whether the type of what is carried had to change to hold ``v``."""
        if v.type.ndim != self.type.ndim:
            raise ValueError(
                f"scan: output {self.number} starts as an array with {self.type.ndim} axes and "
                f"becomes one with {v.type.ndim}; give it an initial value of the final shape"
            )
        dtype = promote(self.type.dtype, v.type.dtype)
        shape = [a if a == b else None for a, b in zip(self.type.shape, v.type.shape, strict=True)]
        if any(
            a == 1 and b not in (1, None)
            for a, b in zip(self.type.shape, v.type.shape, strict=True)
        ):
            raise ValueError(
                f"scan: output {self.number} starts with shape {_text(self.type.shape)} and "
                f"becomes {_text(v.type.shape)}; give it an initial value of the final shape"
            )
        wider = TensorType(dtype, shape)
        changed = wider != self.type
        self.type = wider
        return changed


def _text(shape):
    return str(tuple(shape)).replace("None", "?")


class _Scan:
    """One call of ``scan``."""

    def __init__(self, fn, sequences, outputs_info, non_sequences, n_steps, backwards, strict):
        self.fn, self.strict = fn, strict
        self.fixed = [as_tensor_variable(v) for v in _as_list(non_sequences)]
        self.sequences = []  # arrays with one row per step
        self._cut(_as_list(sequences), backwards)
        self._count(n_steps)
        if isinstance(outputs_info, dict) or not isinstance(outputs_info, (list, tuple)):
            outputs_info = None if outputs_info is None else [outputs_info]
        self.infos = outputs_info or None  # an empty list says as much as None
        self.outputs = [_Output(x, i) for i, x in enumerate(outputs_info or ())]

    # -- sequences and steps ------------------------------------------------------------------

    def _cut(self, sequences, go_backwards):
        for i, s in enumerate(sequences):
            s = s if isinstance(s, dict) else {"input": s}
            x = as_tensor_variable(s["input"])
            if not x.type.ndim:
                raise TypeError(f"scan: sequence {i} ({shown(x)}) is a number; it needs an axis")
            taps = s.get("taps")
            taps = [0] if taps is None else [int(t) for t in _as_list(taps)]
            low, high = min(*taps, 0), max(*taps, 0)
            for t in taps:
                part = slice((t - low) or None, (t - high) or None)
                cut = x if part == slice(None) else getitem(x, part)
                self.sequences.append(getitem(cut, slice(None, None, -1)) if go_backwards else cut)

    def _count(self, n_steps):
        """The number of steps; sequences are cut to it."""
        lengths = [x.type.shape[0] for x in self.sequences]
        moving = [x for x in self.sequences if moves(x)]
        if n_steps is None and moving and len(set(lengths)) == 1:
            self.n = cast(getitem(Shape()(moving[0]), 0), "int64")
            return
        if n_steps is not None:
            n = as_tensor_variable(n_steps)
            if n.type.ndim or np.dtype(n.type.dtype).kind not in "iu":
                raise TypeError(f"scan: n_steps must be a whole number, not {shown(n)}")
            if isinstance(n, Constant) and n.data < 0:
                raise ValueError(f"scan: n_steps is {n.data}; use go_backwards=True to go back")
            known = known_value(n)
            short = [m for m in lengths if m is not None and known is not None and m < known]
            if short:
                raise ValueError(f"scan: a sequence has {short[0]} entries for {known} steps")
        elif not self.sequences:
            raise ValueError("scan: without sequences, n_steps says how often to repeat the step")
        else:
            n = self._shortest(lengths)
        self.n = cast(n, "int64")
        known = known_value(self.n)
        count = self.n if known is None else int(known)
        if isinstance(count, Variable) and n_steps is None and self._equal_lengths():
            return
        self.sequences = [
            x if x.type.shape[0] == count else getitem(x, slice(None, count))
            for x in self.sequences
        ]

    def _equal_lengths(self):
        return len({shape_source(x) for x in self.sequences}) == 1

    def _shortest(self, lengths):
        known = [m for m in lengths if m is not None]
        open_ends = [x for x in self.sequences if x.type.shape[0] is None]
        sources = {shape_source(x): x for x in open_ends}
        n = constant(min(known), "int64") if known else None
        for x in sources.values():
            length = graph.shape_entry(x, 0)
            n = length if n is None else graph.minimum(n, length)
        return n

    # -- the step -----------------------------------------------------------------------------

    def build(self, truncate):
        for _ in range(ATTEMPTS):
            results, updates, condition = self._step()
            changed = [o.widened(v) for o, v in zip(self.outputs, results, strict=True) if o.taps]
            if not any(changed):
                break
        else:
            raise TypeError("scan: the type of an output changes with every step")
        self._check_strict([*results, *updates.values()])
        if self.drawn:
            return self._random(results, updates, condition)
        return self._loop(results, updates, condition, truncate)

    def _step(self):
        """Results of one step on fresh variables, and updates of shared variables."""
        self.entries = [
            new_variable(TensorType(x.type.dtype, x.type.shape[1:]), name=x.name and f"{x.name}[t]")
            for x in self.sequences
        ]
        seen = [v for o in self.outputs if o.taps for v in o.inner()]
        with collected() as made:
            returned = self.fn(*self.entries, *seen, *self.fixed)
        results, updates, condition = _read(returned)
        self.made = {v for v in made if v.model is None}
        self.drawn = [v for v in inputs_of([*results, *updates.values()]) if v in self.made]
        updates = _with_default_updates(results, updates)
        if self.infos is None and not self.outputs:
            self.outputs = [_Output(None, i) for i in range(len(results))]
        if len(results) != len(self.outputs):
            raise ValueError(
                f"scan: the step returns {len(results)} outputs, outputs_info describes "
                f"{len(self.outputs)}; None stands for an output that is only collected"
            )
        return (
            [
                cast(v, promote(o.type.dtype, v.type.dtype)) if o.taps else v
                for o, v in zip(self.outputs, results, strict=True)
            ],
            updates,
            condition,
        )

    def _check_strict(self, results):
        if not self.strict:
            return
        allowed = {*self.entries, *self.fixed, *self.drawn}
        allowed.update(v for o in self.outputs if o.taps for v in o.seen.values())
        for v in inputs_of(results, stop=allowed):
            # generators bring their updates along, as in Theano
            if v not in allowed and getattr(v, "default_update", None) is None:
                raise MissingInputError(
                    f"scan: with strict=True the step uses only what it is given, but it uses "
                    f"{shown(v)}; add it to non_sequences"
                )

    def _random(self, results, updates, condition):
        """The outputs of a loop that draws."""
        if updates or condition is not None:
            raise NotImplementedError(
                f"scan: a step that draws a random variable ({shown(self.drawn[0])}) must have "
                "no updates and no condition to stop"
            )
        outputs = [
            LoopOutput(*((cast(o.first, o.type.dtype), o.seen) if o.taps else (None, {})), v)
            for o, v in zip(self.outputs, results, strict=True)
        ]
        sequences = dict(zip(self.entries, self.sequences, strict=True))
        loop = Loop(self.n, sequences, outputs, self.made)
        return self.drawn[0].of_loop(loop), OrderedUpdates()

    def _loop(self, results, updates, condition, truncate):
        shared = {v: new_variable(v.type, name=v.name) for v in updates}
        ends = [] if condition is None else [cast(condition, "bool")]
        roots = replace([*results, *updates.values(), *ends], shared)
        carried, plain = self._carried(roots, shared)
        sequences = dict(zip(self.entries, self.sequences, strict=True))
        until = roots[-1] if ends else None
        arrays, collected = recurrence(
            self.n, sequences, carried, plain, truncate=truncate, until=until
        )
        found, arrays, collected = [], iter(arrays), iter(collected)
        for o in self.outputs:
            if o.taps:
                found.append(getitem(next(arrays), slice(-min(o.taps), None)))
            else:
                found.append(_last_steps(next(collected), truncate))
        for v in found:  # what the steps do not use is no unused input of a function
            v.tag.given = (*self.sequences, *self.fixed, *(o.first for o in self.outputs if o.taps))
        return found, OrderedUpdates({v: getitem(next(arrays), -1) for v in shared})

    def _carried(self, roots, shared):
        """What is carried from step to step, and what is only collected."""
        carried, plain = [], []
        for o, v in zip(self.outputs, roots, strict=False):
            if o.taps:
                carried.append((cast(o.first, o.type.dtype), o.seen, v))
            else:
                plain.append(v)
        for (v, inner), new in zip(shared.items(), roots[len(self.outputs) :], strict=False):
            carried.append((expand(v, (0,), v.type.ndim + 1), {1: inner}, new))
        return carried, plain


def _read(returned):
    """``(outputs, updates, condition to stop)`` of what a step returned."""
    if isinstance(returned, until):
        return [], {}, returned.condition
    if isinstance(returned, dict):
        return [], _updates(returned), None
    parts = _as_list(returned)
    if parts and isinstance(parts[-1], until):
        rest = parts[:-1]
        outputs, updates, _ = _read(rest[0] if len(rest) == 1 else rest)
        return outputs, updates, parts[-1].condition
    if len(parts) == 2:
        for a, b in (parts, parts[::-1]):
            if isinstance(b, dict) or (isinstance(b, (list, tuple)) and _are_updates(b)):
                return [as_tensor_variable(v) for v in _as_list(a)], _updates(b), None
    return [as_tensor_variable(v) for v in parts], {}, None


def _last_steps(array, count):
    """What every step gives, with a gradient from the last steps only; from all for -1."""
    if count < 0:
        return array
    n = shape_entry(array, 0)
    late = expand(arange(n) >= n - count, range(1, array.type.ndim), array.type.ndim)
    return apply_row("switch", late, array, StopGradient()(array))


def _with_default_updates(results, updates):
    """The updates, with those of the shared variables in use, as generators of random numbers."""
    found, roots = dict(updates), [*results, *updates.values()]
    while roots:
        new = [
            v
            for v in inputs_of(roots)
            if getattr(v, "default_update", None) is not None and v not in found
        ]
        found.update((v, as_tensor_variable(v.default_update)) for v in new)
        roots = [found[v] for v in new]
    return found


def _are_updates(pairs):
    return len(pairs) > 0 and all(
        isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in pairs
    )


def _updates(pairs):
    found = {}
    for variable, value in dict(pairs).items():
        if not isinstance(variable, SharedVariable):
            raise TypeError(f"scan: updates change shared variables; {shown(variable)} is not one")
        found[variable] = cast(as_tensor_variable(value), variable.type.dtype)
    return found


class until:
    """What a step of a scan returns last in order to stop after this step, if a condition holds.

    ``n_steps`` is the most steps that are made; memory is set aside for so many.

    Parameters
    ----------
    condition : Variable
        A scalar.

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> limit = tt.scalar("limit")
    >>> doubled, _ = graphcore.scan(lambda x: (2 * x, graphcore.until(2 * x > limit)),
    ...                             outputs_info=tt.constant(1.0), n_steps=100)
    >>> graphcore.function([limit], doubled)(10.0)
    array([ 2.,  4.,  8., 16.])
    """

    def __init__(self, condition):
        self.condition = as_tensor_variable(condition)
        if self.condition.type.ndim:
            raise TypeError(
                f"until: the condition must be a single truth value, {shown(self.condition)} has "
                f"{self.condition.type.ndim} axes; use .any() or .all()"
            )


def map(
    fn,
    sequences,
    non_sequences=None,
    truncate_gradient=-1,
    go_backwards=False,
    mode=None,
    name=None,
    return_updates=True,
):
    """Apply a function to every entry of sequences; see :func:`scan`.

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.map(lambda v: v**2, x)[0].eval({x: [1.0, 2.0]})
    array([1., 4.])
    """
    return scan(
        fn, sequences, None, non_sequences, None, truncate_gradient, go_backwards, name=name,
        return_updates=return_updates,
    )  # fmt: skip


def reduce(
    fn, sequences, outputs_info, non_sequences=None, go_backwards=False, mode=None, name=None,
    return_updates=True,
):  # fmt: skip
    """The last result of a :func:`scan` over sequences.

    Examples
    --------
    >>> import graphcore
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> graphcore.reduce(lambda v, total: total + v, x, 0.0)[0].eval({x: [1.0, 2.0]})
    array(3.)
    """
    if any(v is None for v in _as_list(outputs_info)) or outputs_info is None:
        raise ValueError("reduce: every output needs an initial value in outputs_info")
    outputs, updates = scan(
        fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, name=name,
        return_list=True,
    )  # fmt: skip
    last = [getitem(v, -1) for v in outputs]
    return _with_updates(last[0] if len(last) == 1 else last, updates, return_updates)


def foldl(
    fn, sequences, outputs_info, non_sequences=None, mode=None, name=None, return_updates=True
):
    """:func:`reduce` from the first entry to the last."""
    return reduce(
        fn, sequences, outputs_info, non_sequences, False, name=name,
        return_updates=return_updates,
    )  # fmt: skip


def foldr(
    fn, sequences, outputs_info, non_sequences=None, mode=None, name=None, return_updates=True
):
    """:func:`reduce` from the last entry to the first."""
    return reduce(
        fn, sequences, outputs_info, non_sequences, True, name=name,
        return_updates=return_updates,
    )  # fmt: skip
