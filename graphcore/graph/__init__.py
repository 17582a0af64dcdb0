"""Graphs: variables, applications of operations, and ways through them."""

from importlib import import_module

#: What PyTensor has here, and the modules that have it: they are looked up when used.
_HOMES = {
    **dict.fromkeys(
        (
            "Apply", "Constant", "FunctionGraph", "Variable", "ancestors", "apply_ancestors",
            "apply_depends_on", "applys_between", "clone", "clone_replace", "equal_computations",
            "explicit_graph_inputs", "general_toposort", "get_var_by_name", "graph_inputs",
            "graph_replace", "io_toposort", "orphans_between", "toposort",
            "truncated_graph_inputs", "variable_ancestors", "variable_depends_on", "vars_between",
        ),
        "graphcore.graph.basic",
    ),
    "Op": "graphcore.gof",
    "Type": "graphcore.gof",
    "rewrite_graph": "graphcore.rewrite",
    **dict.fromkeys(("vectorize", "vectorize_graph"), "graphcore.tensor.vectorize"),
}  # fmt: skip


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
