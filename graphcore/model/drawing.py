"""Pictures of models: which variable depends on which, and over which dimensions."""

import re

from graphcore.model.context import modelcontext
from graphcore.model.copies import parents

_STYLES = {  # kind: (Graphviz attributes, brackets of a Mermaid node)
    "free": ({"shape": "ellipse"}, ("([", "])")),
    "observed": ({"shape": "ellipse", "style": "filled"}, ("([", "])")),
    "deterministic": ({"shape": "box"}, ("[", "]")),
    "potential": ({"shape": "octagon", "style": "filled"}, ("{{", "}}")),
    "data": ({"shape": "box", "style": "rounded, filled"}, ("[(", ")]")),
}


def model_to_graphviz(
    model=None, *, var_names=None, formatting="plain", save=None, figsize=None, dpi=300,
    include_dim_lengths=True,
):  # fmt: skip
    """The model as a ``graphviz.Digraph``; needs the package graphviz.

    Parameters
    ----------
    model : Model, optional
    var_names : sequence of str, optional
        Variables to show, with what they depend on.
    formatting : {"plain"}
    save : str, optional
        A file to render to.
    figsize : (float, float), optional
        Inches.
    dpi : int
        Of the file.
    include_dim_lengths : bool
        Whether plates show the lengths of their dimensions.

    Returns
    -------
    graphviz.Digraph
    """
    try:
        import graphviz
    except ImportError as error:
        raise ImportError("this needs the package graphviz: pip install graphviz") from error
    found = _Picture(modelcontext(model), var_names, include_dim_lengths, formatting)
    picture = graphviz.Digraph(name="model")
    if figsize is not None:
        picture.attr(size=f"{figsize[0]},{figsize[1]}")
    for label, names in found.plates.items():
        if not label:
            for name in names:
                picture.node(_key(name), found.text(name, "\n"), **_STYLES[found.kinds[name]][0])
            continue
        with picture.subgraph(name=f"cluster{label}") as plate:
            plate.attr(label=label, labeljust="r", labelloc="b", style="rounded")
            for name in names:
                plate.node(_key(name), found.text(name, "\n"), **_STYLES[found.kinds[name]][0])
    for a, b in found.edges:
        picture.edge(_key(a), _key(b))
    if save is not None:
        base, _, form = str(save).rpartition(".")
        picture.attr(dpi=str(dpi))
        picture.render(base or form, format=form if base else "png", cleanup=True)
    return picture


def model_to_mermaid(
    model=None, *, var_names=None, formatting="plain", include_dim_lengths=True
):  # fmt: skip
    """The model as the text of a Mermaid graph.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    >>> print(pm.model_to_mermaid(model))
    graph TD
    mu(["mu ~ Normal"])
    subgraph plate0["2"]
        y(["y ~ Normal"])
    end
    mu --> y
    style y fill:#757575
    """
    found = _Picture(modelcontext(model), var_names, include_dim_lengths, formatting)
    lines = ["graph TD"]
    plates = 0
    for label, names in found.plates.items():
        indent = "    " if label else ""
        if label:
            lines.append(f'subgraph plate{plates}["{label}"]')
            plates += 1
        for name in names:
            left, right = _STYLES[found.kinds[name]][1]
            lines.append(f'{indent}{_key(name)}{left}"{found.text(name, " ~ ")}"{right}')
        if label:
            lines.append("end")
    lines += [f"{_key(a)} --> {_key(b)}" for a, b in found.edges]
    lines += [f"style {_key(n)} fill:#757575" for n, k in found.kinds.items() if k == "observed"]
    return "\n".join(lines)


def model_to_networkx(
    model=None, *, var_names=None, formatting="plain", include_dim_lengths=True
):  # fmt: skip
    """The model as a ``networkx.DiGraph``; needs the package networkx."""
    try:
        import networkx
    except ImportError as error:
        raise ImportError("this needs the package networkx: pip install networkx") from error
    found = _Picture(modelcontext(model), var_names, include_dim_lengths, formatting)
    graph = networkx.DiGraph(name="model")
    for label, names in found.plates.items():
        for name in names:
            graph.add_node(name, label=found.text(name, "\n"), kind=found.kinds[name], plate=label)
    graph.add_edges_from(found.edges)
    return graph


class _Picture:
    """Nodes, plates and edges of a model.

    Attributes
    ----------
    kinds : dict of str to str
        A key of ``_STYLES`` by name.
    plates : dict of str to list of str
        Names of the variables by the label of their plate, ``""`` for scalars.
    edges : list of (str, str)
    """

    def __init__(self, model, var_names=None, lengths=True, formatting="plain"):
        if formatting != "plain":
            raise ValueError(f"formatting must be 'plain', not {formatting!r}")
        self.model = model
        tables = {
            "data": model.data_vars,
            "free": model.free_RVs,
            "deterministic": model.deterministics,
            "potential": model.potentials,
            "observed": model.observed_RVs,
        }
        self.kinds = {v.name: kind for kind, table in tables.items() for v in table}
        above = {name: [p.name for p in parents(model, model[name])] for name in self.kinds}
        if var_names is not None:
            kept = _with_parents(above, var_names)
            self.kinds = {name: kind for name, kind in self.kinds.items() if name in kept}
        self.edges = [
            (p, name) for name in self.kinds for p in dict.fromkeys(above[name]) if p != name
        ]
        for rv in model.observed_RVs:  # data that are observed hang below their variable
            value = model.rvs_to_values[rv]
            if value.name in self.kinds and value.name != rv.name:
                self.edges.append((rv.name, value.name))
        self.plates = {"": []}
        for name in self.kinds:
            self.plates.setdefault(self._plate(model[name], lengths), []).append(name)

    def _plate(self, variable, lengths):
        dims = self.model.named_vars_to_dims.get(variable.name)
        shape = variable.type.shape
        if dims is None:
            return " x ".join(map(str, shape))
        pairs = list(zip(dims, shape, strict=True))
        if not lengths:
            return " x ".join(d or str(n) for d, n in pairs)
        return " x ".join(f"{d} ({n})" if d else str(n) for d, n in pairs)

    def text(self, name, separator):
        """What stands in a node."""
        kind = self.kinds[name]
        if kind in ("free", "observed"):
            return f"{name}{separator}{self.model[name].distribution.shown}"
        return f"{name}{separator}{kind.capitalize()}"


def _with_parents(above, names):
    kept, stack = set(), list(names)
    while stack:
        name = stack.pop()
        if name not in kept:
            if name not in above:
                raise KeyError(f"the model has no variable {name!r}")
            kept.add(name)
            stack.extend(above[name])
    return kept


def _key(name):
    """A name as an identifier."""
    return re.sub(r"\W", "_", name)
