"""Recurrences of a few numbers that one kernel computes for all steps.

Two kinds of step are recognised, both with one carried vector, or one per row of a batch:

- ``x + logsumexp(s[:, None] + m, axis=0)``, the forward algorithm of hidden Markov models.  Most
  steps are taken without a logarithm, see ``gk_chains.h``;
- ``w @ (r * s + q) + c``, a linear map; the derivative of the first kind is one.

All but the state may change from step to step.  A term is described by what stands along the axes
batch, from (of the state before) and to (of the state after).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.lower.arrays import View, size_of, whole
from graphcore.ops.index import Slice, Subtensor
from graphcore.ops.linalg import Dot
from graphcore.ops.reduce import Reduce
from graphcore.rewrite import rewrite
from graphcore.rewrite.rule import head, op_of, parts

STATES = 64  # numbers of a state up to which a kernel of plain loops is the fastest way
RUN = 64  # steps of a run, GK_CHAIN_RUN of the kernels
MOST_EXPONENTIALS = 4096  # of matrices in a run
_BROADCASTS = ("BroadcastTo", "BroadcastLike")


@lru_cache(maxsize=64)
def rewritten(body):
    """Results of a step, ready for lowering."""
    return rewrite(body.results, final=True)


class Term(NamedTuple):
    """A value and its axes, or None, along axes that it was placed along."""

    v: object
    axes: tuple


class Chain(NamedTuple):
    """What a step is made of.

    Attributes
    ----------
    name : str
        Of the kernel.
    operands : tuple of (str, float, list of Term)
        Per operand of the kernel: the row that joins its terms, what stands for no term, and the
        terms along batch, rows and columns.
    """

    name: str
    operands: tuple


def chain(body, inputs):
    """The :class:`Chain` that a scan of ``body`` computes for all steps; None for other steps."""
    if len(body.results) != 1 or [list(taps) for taps in body.taps] != [[1]]:
        return None
    state, v = body.taps[0][1], rewritten(body)[0]
    shape = inputs[2][0].shape[1:]
    if len(shape) not in (1, 2) or state.type.dtype != "float64" or not 1 < shape[-1] <= STATES:
        return None
    axes = (0 if len(shape) == 2 else None, len(shape) - 1)
    match = _Match(state, axes, {*body.sequences, *body.others})
    terms = _terms("add", Term(v, axes))
    return match.log_chain(terms) or match.linear_map(terms)


def _terms(row, term):
    """Terms of a sum, or factors of a product, each with its axes."""
    found, stack = [], [term]
    while stack:
        v, axes = stack.pop()
        name = None if v.owner is None else head(v.owner.op)
        if name == "Dimshuffle":
            pattern = v.owner.op.pattern
            axes = [None if a is None or pattern[a] == "x" else pattern[a] for a in axes]
            stack.append(Term(v.owner.inputs[0], tuple(axes)))
        elif name == row or name in _BROADCASTS:
            stack += [_below(v, u, axes) for u in v.owner.inputs[: 2 if name == row else 1]]
        else:
            found.append(Term(v, axes))
    return found


def _below(v, u, axes):
    """An operand of an elementwise result: axes are counted from the last one."""
    missing = v.type.ndim - u.type.ndim
    return Term(u, tuple([None if a is None or a < missing else a - missing for a in axes]))


class _Match:
    """Recognises the steps of one state.

    Parameters
    ----------
    state : Variable
    axes : tuple of (int or None)
        Its axes along batch and along its numbers.
    leaves : set of Variable
        What does not depend on the state.
    """

    def __init__(self, state, axes, leaves):
        self.state = state
        self.axes = axes
        self.leaves = leaves

    def fixed(self, terms):
        """Whether no term depends on the state."""
        return all(
            (t.v in self.leaves or isinstance(t.v, Constant)) and t.v.type.dtype == "float64"
            for t in terms
        )

    def split(self, terms):
        """``(the only term that is no leaf, the others)``; None where there is no such term."""
        other = [t for t in terms if not self.fixed([t])]
        return (other[0], [t for t in terms if t is not other[0]]) if len(other) == 1 else None

    # ---- x + logsumexp(s + m) ----------------------------------------------------------------

    def log_chain(self, terms):
        outer = [t for t in terms if self.fixed([t])]
        joint = _joint([t for t in terms if not self.fixed([t])])
        if joint is None:
            return None
        inner = self.split(_terms("add", joint))
        if inner is None:
            return None
        (v, axes), matrix = inner
        batch, last = self.axes
        if v is not self.state or axes != (batch, last, None):
            return None
        outside = [t for t in matrix if t.axes[1] is None]
        matrix = [t for t in matrix if t.axes[1] is not None]
        outer = [_column(t) for t in outer] + [
            Term(t.v, (t.axes[0], t.axes[2], None)) for t in outside
        ]
        return Chain("log_chain", (("add", 0.0, matrix), ("add", 0.0, outer)))

    # ---- w @ (r * s + q) + c ------------------------------------------------------------------

    def linear_map(self, terms):
        found = self.split(terms)
        scaled = None if found is None else self.split(_terms("mul", found[0]))
        product = None if scaled is None else _product(scaled[0])
        factors = None if product is None else self.split(product)
        if factors is None or factors[0].axes[1] is not None:
            return None
        bent, matrix = factors
        matrix += [_column(t) for t in scaled[1]]
        affine = self.split(_terms("add", bent))
        if affine is None:
            return None
        scaled = self.split(_terms("mul", affine[0]))
        batch, last = self.axes
        if scaled is None or scaled[0] != (self.state, (batch, None, last)):
            return None
        if any(t.axes[1] is not None for t in (*affine[1], *scaled[1])):
            return None
        scale, shift = (
            [Term(t.v, (t.axes[0], t.axes[2], None)) for t in part]
            for part in (scaled[1], affine[1])
        )
        outer = [_column(t) for t in found[1]]
        return Chain(
            "linear_map",
            (("mul", 1.0, matrix), ("mul", 1.0, scale), ("add", 0.0, shift), ("add", 0.0, outer)),
        )


def _column(term):
    return Term(term.v, (*term.axes, None))


def _inside(term, axis):
    """Axes of what was reduced along an axis: batch, the reduced one, the last one."""
    batch, last = (None if a is None else a + (a >= axis) for a in term.axes)
    return batch, axis, last


def _joint(terms):
    """What a log-sum-exp is taken of, along batch, from and to; None if it is not one."""
    if len(terms) == 1 and terms[0].v.owner is not None:
        pair = parts(terms[0].v, "logaddexp")
        return None if pair is None else _halves(terms[0], *pair)
    for log, shift in (terms, terms[::-1]) if len(terms) == 2 else ():
        total = parts(log.v, "log")
        op = None if total is None else op_of(total[0], Reduce)
        if op is None or op.row_name != "sum" or len(op.axes) != 1:
            continue
        inner = parts(total[0].owner.inputs[0], "exp")
        inner = None if inner is None else parts(inner[0], "sub")
        if inner is None or not _is_shift(shift.v, inner[0], op.axes) or log.axes != shift.axes:
            continue
        x, wide = inner
        axes = _inside(log, op.axes[0])
        if _terms("add", _below(x, wide, axes)) == [
            Term(shift.v, (log.axes[0], None, log.axes[1]))
        ]:
            return Term(x, axes)
    return None


def _is_shift(v, x, axes):
    """Whether ``v`` is the maximum of x along axes, 0 where that is infinite."""
    top = parts(v, "anchor")
    op = None if top is None else op_of(top[0], Reduce)
    return op is not None and op.head == "max" and op.axes == axes and top[0].owner.inputs[0] is x


def _halves(term, a, b):
    """``x`` if ``a`` and ``b`` are its two entries along an axis, else None."""
    ops = [op_of(v, Subtensor) for v in (a, b)]
    if None in ops or a.owner.inputs[0] is not b.owner.inputs[0]:
        return None
    x = a.owner.inputs[0]
    specs = [[*op.spec, *[Slice()] * (x.type.ndim - len(op.spec))] for op in ops]
    places = [[i for i, p in enumerate(spec) if p != Slice()] for spec in specs]
    if len(places[0]) != 1 or places[0] != places[1]:
        return None
    (axis,) = places[0]
    if x.type.shape[axis] != 2 or {specs[0][axis], specs[1][axis]} != {0, 1}:
        return None
    return Term(x, _inside(term, axis))


def _product(term):
    """Factors of a sum of products, along batch, to and from; None for anything else."""
    op = op_of(term.v, Reduce)
    if op is not None and op.row_name == "sum" and len(op.axes) == 1:
        batch, inner, last = _inside(term, op.axes[0])
        return _terms("mul", Term(term.v.owner.inputs[0], (batch, last, inner)))
    if op_of(term.v, Dot) is None or term.v.type.ndim != 1:
        return None
    a, b = term.v.owner.inputs
    if a.type.ndim == 2:
        return [*_terms("mul", Term(a, (None, 0, 1))), *_terms("mul", Term(b, (None, None, 0)))]
    return [*_terms("mul", Term(b, (None, 1, 0))), *_terms("mul", Term(a, (None, None, 0)))]


# ---- items ---------------------------------------------------------------------------------------


def add_chain(t, op, steps, found, inputs, out, begin):
    """One kernel call for all steps."""
    _, sequences, _, others = inputs
    views = {v: (True, x) for v, x in zip(op.body.sequences, sequences, strict=True)}
    views.update((v, (False, x)) for v, x in zip(op.body.others, others, strict=True))
    states, chains = out.shape[-1], size_of(out.shape[1:-1])
    sizes = (steps, chains, states, states)
    operands = [
        _joined(t, row, none, [_placed(t, views, term, sizes) for term in terms])
        for row, none, terms in found.operands
    ]
    info = {"states": states, "chains": chains, "steps": steps, "reverse": op.reverse}
    info["start"] = (steps - 1 if op.reverse else 1) * states * chains
    info["room"] = _room(states)
    info["work"] = steps * chains * states * states
    t.add("chain", found.name, (1,), [*operands, begin], whole(out), info=info)


def _room(states):
    """Numbers that the kernels need room for: see ``gk_log_chain_k``."""
    steps = max(1, min(MOST_EXPONENTIALS // states**2, RUN))
    return steps * (states**2 + 2 * states + 1) + states


def _placed(t, views, term, sizes):
    """A term along time, batch, rows and columns; what it does not vary along has length 1."""
    moves, view = views[term.v] if term.v in views else (False, t.of(term.v))
    if view.array.memory != "f8":
        view = t.contiguous(view)
    axes = [0 if moves else None, *(None if a is None else a + moves for a in term.axes)]
    shape = [1 if a is None or view.shape[a] == 1 else n for a, n in zip(axes, sizes, strict=True)]
    strides = [0 if n == 1 else view.strides[a] for a, n in zip(axes, shape, strict=True)]
    return View(view.array, tuple(shape), tuple(strides), view.offset)


def _joined(t, row, none, views):
    """The sum or product of terms."""
    if not views:
        number = t.constant(np.array(none))
        return View(number.array, (1,) * 4, (0,) * 4, number.offset)
    total = views[0]
    for view in views[1:]:
        shape = tuple(map(max, total.shape, view.shape))
        total = t.elementwise(f"{row}_dd", [total, view], shape, "d")
    return total
