"""What a model says about itself: its text, and what is wrong at a point."""

from dataclasses import dataclass
from functools import partial
from html import escape

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
    labels : list of str
        Of those elements, from the coords of the model.
    count : int
        How many elements are bad.
    reasons : list of str
        Parameters out of range, values outside of the support, and the values involved.
    """

    name: str
    elements: list
    labels: list
    count: int
    reasons: list

    def __str__(self):
        shown = ", ".join(
            f"{value} at {_place(index)}{label and f' ({label})'}" if index else f"{value}"
            for (index, value), label in zip(self.elements, self.labels, strict=True)
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
    shown = rv.distribution.shown
    text = repr(rv.distribution) if include_params else f"{shown}()"
    return _line(rv.name or shown, text, formatting)


def told(named, table):
    """A deterministic or a potential with the texts that random variables have."""
    kind = {"deterministics": "Deterministic", "potentials": "Potential"}[table]
    named.str_repr = partial(_line_of_named, named, kind)
    named._repr_latex_ = partial(_line_of_named, named, kind, "latex")
    return named


def _line_of_named(named, kind, formatting="plain", include_params=True):
    text = f"{kind}({_source(named) if include_params else ''})"
    return _line(named.name, text, formatting)


def _line(name, text, formatting):
    if formatting == "latex":
        return rf"$\text{{{_escaped(name)}}} \sim {_operator(text)}$"
    return f"{name} ~ {text.removesuffix('()')}"


def _operator(text):
    head, _, rest = text.partition("(")
    return rf"\operatorname{{{_escaped(head)}}}(\text{{{_escaped(rest[:-1])}}})"


def _escaped(text):
    return text.replace("_", r"\_").replace("<", r"\textless ").replace(">", r"\textgreater ")


class Table:
    """The variables of a model as a table of text, or of HTML in notebooks.

    Parameters
    ----------
    model : Model
    split_groups, parameter_count, truncate_deterministic
        See :meth:`Model.table`.

    Attributes
    ----------
    groups : list of list of (str, str, str)
        Name, expression and dimensions of each variable.
    parameters : int
        How many elements the free variables have.
    """

    heading = "Variable", "Expression", "Dimensions"

    def __init__(self, model, split_groups=True, parameter_count=True, truncate_deterministic=None):
        self.parameters = sum(rv.type.size for rv in model.free_RVs)
        self.count = f"Parameter count = {self.parameters}" if parameter_count else ""
        self.groups = []
        for group in _groups(model):
            rows = [(v.name, _cut(v, text, truncate_deterministic), _axes(model, v))
                    for v, text in group]  # fmt: skip
            if rows and (split_groups or not self.groups):
                self.groups.append(rows)
            else:
                self.groups[-1:] = [[*row, *rows] for row in self.groups[-1:]]

    def __str__(self):
        rows = [row for group in self.groups for row in (*group, None)][:-1]
        shown = [self.heading, *(row for row in rows if row)]
        first, second = (max(len(row[i]) for row in shown) for i in (0, 1))
        lines = [f"{a:{first}}  {b:{second}}  {c}".rstrip() for a, b, c in [self.heading]]
        lines.append("-" * (first + second + 4 + max(len(row[2]) for row in shown)))
        lines += ["" if r is None else f"{r[0]:{first}}  {r[1]:{second}}  {r[2]}".rstrip()
                  for r in rows]  # fmt: skip
        return "\n".join([*lines, "", self.count] if self.count else lines)

    __repr__ = __str__

    def _repr_html_(self):
        def line(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{escape(x)}</{tag}>" for x in cells) + "</tr>"

        body = "".join(line(row, "td") for group in self.groups for row in group)
        return f"<table>{line(self.heading, 'th')}{body}</table><p>{self.count}</p>"


def _cut(variable, text, length):
    """The expression of a deterministic, not longer than asked for."""
    if length is None or variable.owner is None or len(text) <= length:
        return text
    return text[: length - 3] + "..."


def _axes(model, variable):
    """The axes of a variable, as names with lengths where they have names."""
    dims = model.named_vars_to_dims.get(variable.name) or (None,) * variable.ndim
    parts = zip(dims, variable.type.shape, strict=True)
    return " × ".join(f"[{n}]" if d is None else f"{d}[{n}]" for d, n in parts)  # noqa: RUF001


def _lines(model):
    """Name and description of everything in a model."""
    return [(v.name, text) for group in _groups(model) for v, text in group]


def _groups(model):
    """Variables and their descriptions by kind."""
    yield [(v, f"Data({v.type.shape})") for v in model.data_vars]
    yield [(rv, repr(rv.distribution)) for rv in model.free_RVs]
    yield [(v, f"Deterministic({_source(v)})") for v in model.deterministics]
    yield [(v, f"Potential({_source(v)})") for v in model.potentials]
    yield [(rv, repr(rv.distribution)) for rv in model.observed_RVs]


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
            dims = model.named_vars_to_dims.get(v.name)
            labels = [model._coords.place(dims, where) for where, _ in elements]
            problems.append(Problem(v.name, elements, labels, len(bad), reasons))
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
                got = f", got {_show(at, where, _core(distribution, name))}"
            reasons.append(f"{name} {text}{got}")
    support = distribution.support_condition(rv)
    if support is not None:
        inside = evaluate(_values(model, [support]), given)[0]
        if not _at(inside, where):
            reasons.append(
                f"the value {_show(value, where, distribution.ndim)} is outside of the support of "
                f"{distribution.shown}: it must be {distribution.support_of().text}"
            )
    settings = [f"value = {_show(value, where, distribution.ndim)}"]
    for (name, variable), x in zip(distribution.given.items(), numbers, strict=True):
        origin = "" if isinstance(variable, Constant) else f" ({describe(variable)})"
        settings.append(f"{name} = {_show(x, where, _core(distribution, name))}{origin}")
    return [*reasons, "there: " + ", ".join(settings)]


def _values(model, variables):
    """Graphs of the value variables, data as they are now."""
    return fixed(model.replace_rvs_by_values(variables))


def _core(distribution, name):
    """How many axes one value of a parameter has."""
    for table in (distribution.params, *(alt.params for alt in distribution.alt)):
        if name in table:
            return table[name].ndim
    return 0


def _at(x, where, core=0):
    """The entry of a (smaller, broadcast) array that belongs to an element of the term.

    The last ``core`` axes are those of one entry.  An array with other axes of its own is returned
    whole.
    """
    x = np.asarray(x)
    batch = x.shape[: max(0, x.ndim - core)]
    lead = where[max(0, len(where) - len(batch)) :]
    if len(lead) < len(batch) or any(i >= n > 1 for i, n in zip(lead, batch, strict=True)):
        return x
    return x[tuple(0 if n == 1 else i for i, n in zip(lead, batch, strict=True))]


def _show(x, where, core=0):
    x = np.asarray(_at(x, where, core))
    return f"{x:.6g}" if x.ndim == 0 and x.dtype.kind == "f" else np.array2string(x, threshold=6)


def _place(index):
    return f"[{', '.join(map(str, index))}]"
