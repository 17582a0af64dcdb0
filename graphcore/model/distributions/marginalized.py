"""The distribution of a variable whose parameters depend on a count that is summed out."""

import functools
import math
import operator

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.distributions.base import Distribution, as_shape
from graphcore.model.distributions.constraints import Constraint
from graphcore.ops.elementwise import Cast, Elemwise
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.shape import BroadcastTo, Dimshuffle

MOST_VALUES = 1000  # of a variable that is summed out


class Marginalized(Distribution, hidden=True):
    """The density of ``plain``, summed over the values of the variable ``hidden`` in it.

    Its arguments are variables made without a model: ``plain``, which depends on ``hidden`` and
    whose distribution is ``inner``.  Where
    several variables of a model depend on the same one, all but the last are ``silent``, and the
    last has the density of all of them, as ``others``: pairs of the variable of the model, and the
    variable without a model that has its density.
    """

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None):
        rv, hidden, silent, *rest = args
        inner = rv.distribution
        others = [(rest[i], rest[i + 1]) for i in range(0, len(rest), 2)]
        if hidden in _inside(inner.support_of()):
            raise NotImplementedError(
                f"{label}: its bounds depend on the variable to be summed out, which would move "
                "its support"
            )
        if hidden.ndim and not silent:
            for d in (inner, *(x.distribution for _, x in others)):
                _require_aligned(label, d, hidden)
        self = super().make(
            label, (), {}, plain=rv, inner=inner, hidden=hidden, silent=silent, others=others,
            shown=inner.shown,
        )  # fmt: skip
        self.shown = inner.shown
        self.batch_shape = hidden.type.shape
        self.given = inner.given
        return self

    def _find_support(self):
        inner = self.inner.support_of()
        return Constraint(
            inner.text, discrete=inner.discrete, transform=inner.transform,
            nonnegative=inner.nonnegative, at_most_one=inner.at_most_one,
        )  # fmt: skip

    def _find_shape(self, shape, size, observed_shape):
        return self.inner.shape

    def formula(self, value):
        if self.silent:
            return tt.zeros(self.hidden.type.shape)
        return tt.logsumexp(self.cases(value), axis=0)

    def cases(self, value):
        """The joint log density with each value that ``hidden`` can have, along a first axis."""
        pairs = [(self.inner, value), *((x.distribution, v) for v, x in self.others)]
        return joint_cases(self.hidden, pairs)

    def log_density(self, value, inside=False, checks=True):
        return self.formula(value)

    def support_condition(self, value):
        return None  # part of the formula

    def log_cdf(self, value):
        raise NotImplementedError(f"{self.label}: a variable was summed out of its density")

    log_ccdf = inv_cdf = log_cdf

    def initial(self):
        middle = self.hidden.distribution.initial()
        start = replace([self.inner.initial()], {self.hidden: tt.cast(middle, self.hidden.dtype)})
        return tt.broadcast_to(start[0], self.shape)

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        rows = []
        for _ in range(math.prod(lead)):
            z = self.hidden.distribution.draw(rng, None, given)
            rows.append(self.inner.draw(rng, None, {**given, self.hidden: z}))
        return np.asarray(rows, dtype=self.dtype).reshape(*lead, *self.shape)

    def __repr__(self):
        return repr(self.inner)


def joint_cases(hidden, pairs):
    """Log density of ``hidden`` and of variables that depend on it, along an axis of its values.

    Parameters
    ----------
    hidden : RandomVariable
    pairs : list of (Distribution, Variable)
        Distributions that depend on ``hidden``, and the values at which they are taken.

    Returns
    -------
    Variable
        Of shape ``(number of values, *shape of hidden)``.
    """
    lead = hidden.type.shape
    terms = [_summed_to(d.log_density(v), lead) for d, v in pairs]
    total = functools.reduce(operator.add, terms)
    cases = []
    for k in possible_values(hidden.distribution):
        at = tt.constant(np.full(lead, k))
        (case,) = replace([total], {hidden: at})
        cases.append(tt.broadcast_to(case, lead) + hidden.distribution.log_density(at))
    return tt.stack(cases)


def possible_values(distribution):
    """The values that a finite count can have.

    Raises
    ------
    NotImplementedError
        When they are not known, or too many.
    """
    label, arguments = distribution.label, distribution.arguments
    low = 0
    if distribution.shown == "Bernoulli":
        high = 1
    elif distribution.shown == "Categorical":
        (p,) = arguments.values()
        high = p.type.shape[-1] - 1
    elif distribution.shown in ("DiscreteUniform", "Binomial", "BetaBinomial"):
        ends = [arguments[k] for k in ("lower", "upper", "n") if k in arguments]
        if not all(isinstance(v, Constant) for v in ends):
            raise NotImplementedError(f"{label}: its bounds must be constants to be summed out")
        high = int(ends[-1].data.max())
        low = int(ends[0].data.min()) if len(ends) == 2 else 0
    else:
        raise NotImplementedError(
            f"{label}: {distribution.shown} cannot be summed out; Bernoulli, Categorical, "
            "DiscreteUniform, Binomial and BetaBinomial can"
        )
    if high - low >= MOST_VALUES:
        raise NotImplementedError(f"{label}: {high - low + 1} values are too many to be summed out")
    return range(low, high + 1)


def _summed_to(terms, lead):
    """Terms summed over the axes behind those of ``lead``; all of them for a scalar."""
    extra = tuple(range(len(lead), terms.ndim))
    return tt.sum(terms, axis=extra) if extra else terms


def _require_aligned(label, distribution, hidden):
    """Refuse what mixes the elements of a vector: then the sum does not fall apart."""
    lead = hidden.type.shape
    if distribution.batch_shape[: len(lead)] != lead:
        raise NotImplementedError(
            f"{label} has shape {distribution.shape}, but the variable to be summed out has shape "
            f"{lead}: the first axes must be the same"
        )
    depth = len(distribution.batch_shape) - len(lead)
    for name, v in distribution.arguments.items():
        core = distribution.params[name].ndim if name in distribution.params else 0
        if not _stays_in_place(v, hidden, depth + core):
            raise NotImplementedError(
                f"{label}: its elements must depend on one element each of the variable to be "
                f"summed out; {name} is not computed element by element"
            )


def _stays_in_place(variable, hidden, behind):
    """Whether an expression is computed element by element of ``hidden``."""
    found = {}
    for v in _between(variable, hidden):
        if v is hidden:
            found[v] = 0  # axes behind those of the hidden variable
            continue
        op, inputs = v.owner.op, v.owner.inputs
        known = [(i, found[x]) for i, x in enumerate(inputs) if x in found]
        if isinstance(op, Elemwise | Cast):
            depths = {d for _, d in known}
            if len(depths) != 1:
                return False
            found[v] = depths.pop()
        elif isinstance(op, Dimshuffle) and isinstance(v.type.shape, tuple):
            old, kept = inputs[0].ndim, [p for p in op.pattern if p != "x"]
            lead = hidden.ndim
            if kept != list(range(old)) or list(op.pattern[: lead - 1]) != kept[: lead - 1]:
                return False
            if op.pattern[:lead] != tuple(range(lead)):
                return False
            found[v] = v.ndim - lead
        elif isinstance(op, Take | Subtensor) and known == [(len(inputs) - 1, 0)]:
            found[v] = inputs[0].ndim - 1
        elif isinstance(op, BroadcastTo) and known and inputs[0].ndim == v.ndim:
            found[v] = known[0][1]
        else:
            return False
    return variable not in found or found[variable] <= behind


def _between(variable, hidden):
    """The variables on the way from ``hidden`` to an expression, each after its inputs."""
    order, stack, seen = [], [(variable, False)], set()
    while stack:
        v, ready = stack.pop()
        if ready:
            order.append(v)
        elif v not in seen:
            seen.add(v)
            if v is hidden:
                order.append(v)
            elif v.owner is not None and hidden in inputs_of([v]):
                stack.append((v, True))
                stack.extend((x, False) for x in v.owner.inputs)
    return order


def _inside(support):
    """What the bounds of a support depend on."""
    transform = support.transform
    ends = [getattr(transform, k, None) for k in ("lower", "upper")]
    graphs = [v for v in ends if hasattr(v, "owner")]
    return inputs_of(graphs) if graphs else []
