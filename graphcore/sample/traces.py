"""Draws in whatever container they come: ArviZ data, results, data sets, dicts, lists of points."""

import numpy as np

from graphcore.sample.results import SAMPLE_DIMS, Group, Result

STACKED = ("sample",)  # the axis of chains and draws that ArviZ's ``extract`` has stacked


def draws_of(trace):
    """``(draws, lead)``: arrays by name, and the shape in front that they share.

    Examples
    --------
    >>> import numpy as np
    >>> draws_of([{"x": 1.0}, {"x": 2.0}])
    ({'x': array([1., 2.])}, (2,))
    """
    if isinstance(trace, list):
        names = trace[0] if trace else {}
        return {k: np.stack([np.asarray(p[k]) for p in trace]) for k in names}, (len(trace),)
    group = _group(trace, "posterior") if _has(trace, "posterior") else trace
    arrays = {}
    for name in _names(group):
        array = group[name]
        dims = getattr(array, "dims", ())
        front = [dims.index(d) for d in (*SAMPLE_DIMS, *STACKED) if d in dims]
        values = np.asarray(getattr(array, "values", array))
        arrays[str(name)] = np.moveaxis(values, front, range(len(front)))
    if not arrays:
        raise ValueError("the trace has no draws")
    first = next(iter(arrays))
    stacked = "sample" in getattr(group[first], "dims", ())
    n = 1 if stacked else min(2, arrays[first].ndim)
    return arrays, arrays[first].shape[:n]


def _names(group):
    return list(group.data_vars) if hasattr(group, "data_vars") else list(group)


def _has(trace, name):
    if isinstance(trace, Group):
        return False
    groups = getattr(trace, "groups", None)
    if callable(groups):  # Result, InferenceData
        return name in list(groups())
    return name in getattr(trace, "children", ())  # DataTree


def _group(trace, name):
    return trace[name]


def group_of(trace, name):
    """A group of a trace; an empty dict where there is none."""
    return _group(trace, name) if _has(trace, name) else {}


def labels_of(trace):
    """Labels of the chains and draws of a trace, or of both as stacked by ``az.extract``."""
    group = _group(trace, "posterior") if _has(trace, "posterior") else trace
    coords = getattr(group, "coords", {})
    dims = STACKED if "sample" in coords else SAMPLE_DIMS
    return {d: np.asarray(coords[d]) for d in dims if d in coords}


def converted(result):
    """ArviZ data when ArviZ is there.

    ``interop`` stands above this layer; that sampling returns another library's type is the one
    exception, and the import waits until it happens.
    """
    from graphcore.interop.arviz import is_installed, to_arviz

    return to_arviz(result) if is_installed() else result


def extended(trace, result):
    """A trace with the groups of a result added; existing groups are replaced."""
    if isinstance(trace, Result):
        trace.update(result)
        return trace
    made = converted(result)
    if hasattr(trace, "extend"):  # InferenceData
        trace.extend(made, join="right")
        return trace
    if hasattr(trace, "children"):
        for name, node in made.children.items():
            trace[name] = node
        return trace
    raise TypeError(f"a {type(trace).__name__} cannot be extended; pass extend_inferencedata=False")


def with_variables(trace, result):
    """A trace whose posterior has the variables of that of a result, too."""
    if isinstance(trace, Result):
        old, new = trace["posterior"], result["posterior"]
        trace.update({"posterior": Group({**old.data_vars, **new.data_vars}, old.attrs)})
        return trace
    new = group_of(converted(Result({"posterior": result["posterior"]}, {})), "posterior")
    if hasattr(trace, "extend"):  # InferenceData
        trace.posterior = trace.posterior.assign(new.data_vars)
        return trace
    if hasattr(trace, "children"):
        node = trace["posterior"]
        node.dataset = node.to_dataset().assign(new.data_vars)
        return trace
    raise TypeError(f"a {type(trace).__name__} cannot be extended; pass extend_inferencedata=False")
