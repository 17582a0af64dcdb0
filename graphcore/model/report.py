"""What a model says about itself: its text, and what is wrong at a point."""

from dataclasses import dataclass

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import describe
from graphcore.runtime.reference import evaluate

SHOWN_ELEMENTS = 5  # how many bad elements of one term are listed


@dataclass(frozen=True)
class Problem:
    """A term of the log density that is not finite.

    Attributes
    ----------
    name : str
        Of the random variable or potential.
    elements : list of (tuple, float)
        Index and value of the bad elements, at most a few.
    count : int
        How many elements are bad.
    reasons : list of str
        Parameters out of range, values outside of the support, and the values involved.
    """

    name: str
    elements: list
    count: int
    reasons: list

    def __str__(self):
        shown = ", ".join(
            f"{value} at {_place(index)}" if index else f"{value}" for index, value in self.elements
        )
        left = self.count - len(self.elements)
        more = f" and {left} more" if left else ""
        lines = [f"{self.name}: log density is {shown}{more}"]
        return "\n".join(lines + [f"    {r}" for r in self.reasons])


def model_text(model):
    """One line per variable: name, distribution, parameters."""
    rows = [(rv.name, repr(rv.distribution)) for rv in model.free_RVs]
    rows += [(v.name, f"Deterministic({_source(v)})") for v in model.deterministics]
    rows += [(v.name, f"Potential({_source(v)})") for v in model.potentials]
    rows += [(rv.name, repr(rv.distribution)) for rv in model.observed_RVs]
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:>{width}} ~ {text}" for name, text in rows)


def _source(named):
    """What a deterministic was made from."""
    return describe(named.owner.inputs[0]) if named.owner is not None else named.name


def find_problems(model, given):
    """The terms that are not finite where the value variables have the given values."""
    terms = model.basic_RVs + model.potentials
    graphs = model.logp(sum=False)
    problems = []
    for v, x in zip(terms, evaluate(graphs, given), strict=True):
        bad = [tuple(int(i) for i in where) for where in np.argwhere(~np.isfinite(x))]
        if bad:
            elements = [(where, float(x[where])) for where in bad[:SHOWN_ELEMENTS]]
            reasons = _reasons(model, v, bad[0], given) if v in model.rvs_to_values else []
            problems.append(Problem(v.name, elements, len(bad), reasons))
    return problems


def _reasons(model, rv, where, given):
    """Why one element of a term is not finite, in the user's words."""
    distribution = rv.distribution
    constrained = model.replace_rvs_by_values([rv])[0]
    parameters = model.replace_rvs_by_values(list(distribution.given.values()))
    value, *numbers = evaluate([constrained, *parameters], given)
    reasons = []
    for name, variable, text, test in distribution.conditions:
        holds = evaluate(model.replace_rvs_by_values([test]), given)[0]
        if not _at(holds, where):
            got = ""
            if variable is not None:
                at = evaluate(model.replace_rvs_by_values([variable]), given)[0]
                got = f", got {_show(at, where)}"
            reasons.append(f"{name} {text}{got}")
    support = distribution.support_condition(rv)
    if support is not None:
        inside = evaluate(model.replace_rvs_by_values([support]), given)[0]
        if not _at(inside, where):
            reasons.append(
                f"the value {_show(value, where)} is outside of the support of "
                f"{distribution.shown}: it must be {distribution.support_of().text}"
            )
    settings = [f"value = {_show(value, where)}"]
    for (name, variable), x in zip(distribution.given.items(), numbers, strict=True):
        origin = "" if isinstance(variable, Constant) else f" ({describe(variable)})"
        settings.append(f"{name} = {_show(x, where)}{origin}")
    return [*reasons, "there: " + ", ".join(settings)]


def _at(x, where):
    """The entry of a (smaller, broadcast) array that belongs to an element of the term.

    An array with axes of its own, such as the weights of a mixture, is returned whole.
    """
    x = np.asarray(x)
    if any(n != 1 and i >= n for i, n in zip(where[::-1], x.shape[::-1], strict=False)):
        return x
    lead = where[max(0, len(where) - x.ndim) :]
    if len(lead) < x.ndim:
        lead = lead + (slice(None),) * (x.ndim - len(lead))
    return x[tuple(0 if n == 1 else i for i, n in zip(lead, x.shape, strict=True))]


def _show(x, where):
    x = np.asarray(_at(x, where))
    return f"{x:.6g}" if x.ndim == 0 and x.dtype.kind == "f" else np.array2string(x, threshold=6)


def _place(index):
    return f"[{', '.join(map(str, index))}]"
