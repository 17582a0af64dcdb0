"""What a model says about itself: its text, and what is wrong at a point."""

from dataclasses import dataclass

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.model.data import fixed
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
    rows = _lines(model)
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:>{width}} ~ {text}" for name, text in rows)


def latex(model):
    r"""The same as mathematics, for notebooks.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", 0, 1)
    >>> latex(model).splitlines()[1]
    '\\text{x} &\\sim & \\operatorname{Normal}(\\text{0, 1})'
    """
    rows = [rf"\text{{{_escaped(name)}}} &\sim & {_operator(text)}" for name, text in _lines(model)]
    body = "\\\\\n".join(rows)
    return f"$$\\begin{{array}}{{rcl}}\n{body}\n\\end{{array}}$$"


def line_of(rv, formatting="plain", include_params=True):
    """The text of one random variable."""
    text = repr(rv.distribution) if include_params else f"{rv.distribution.shown}()"
    name = rv.name or rv.distribution.shown
    if formatting == "latex":
        return rf"$\text{{{_escaped(name)}}} \sim {_operator(text)}$"
    return f"{name} ~ {text if include_params else rv.distribution.shown}"


def _operator(text):
    head, _, rest = text.partition("(")
    return rf"\operatorname{{{_escaped(head)}}}(\text{{{_escaped(rest[:-1])}}})"


def _escaped(text):
    return text.replace("_", r"\_").replace("<", r"\textless ").replace(">", r"\textgreater ")


def _lines(model):
    """Name and description of everything in a model."""
    shapes = [(v.name, f"Data({v.type.shape})") for v in model.data_vars]
    rows = shapes + [(rv.name, repr(rv.distribution)) for rv in model.free_RVs]
    rows += [(v.name, f"Deterministic({_source(v)})") for v in model.deterministics]
    rows += [(v.name, f"Potential({_source(v)})") for v in model.potentials]
    return rows + [(rv.name, repr(rv.distribution)) for rv in model.observed_RVs]


def _source(named):
    """What a deterministic was made from."""
    return describe(named.owner.inputs[0]) if named.owner is not None else named.name


def find_problems(model, given):
    """The terms that are not finite where the value variables have the given values."""
    terms = model.basic_RVs + model.potentials
    graphs = fixed(model.logp(sum=False))
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
    constrained, *parameters = _values(model, [rv, *distribution.given.values()])
    value, *numbers = evaluate([constrained, *parameters], given)
    reasons = []
    for name, variable, text, test in distribution.conditions:
        holds = evaluate(_values(model, [test]), given)[0]
        if not _at(holds, where):
            got = ""
            if variable is not None:
                at = evaluate(_values(model, [variable]), given)[0]
                got = f", got {_show(at, where)}"
            reasons.append(f"{name} {text}{got}")
    support = distribution.support_condition(rv)
    if support is not None:
        inside = evaluate(_values(model, [support]), given)[0]
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


def _values(model, variables):
    """Graphs of the value variables, data as they are now."""
    return fixed(model.replace_rvs_by_values(variables))


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
