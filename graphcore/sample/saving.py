"""Traces in files and in tables, as PyMC3's users have them."""

import json
from pathlib import Path

import numpy as np

from graphcore.sample.multitrace import MultiTrace
from graphcore.sample.report import SamplerReport
from graphcore.sample.results import DataArray, Group

ARRAYS, LABELS = "arrays.npz", "labels.json"
TRANSFORMED = "transformed values"  # no group has a space in its name


def save_trace(trace, directory=None, overwrite=False):
    """Write a trace to a directory.

    Parameters
    ----------
    trace : MultiTrace
    directory : path, optional
        ``.pymc_<n>.trace`` with the next free number by default.
    overwrite : bool
        Whether a directory that exists is written to.

    Returns
    -------
    str
        The directory, for :func:`load_trace`.

    Examples
    --------
    >>> import tempfile
    >>> import graphcore.model as pm
    >>> with pm.Model(), tempfile.TemporaryDirectory() as folder:
    ...     x = pm.Normal("x")
    ...     trace = pm.sample(10, tune=50, progressbar=False, return_inferencedata=False,
    ...                       compute_convergence_checks=False)
    ...     again = pm.load_trace(pm.save_trace(trace, f"{folder}/run"))
    >>> bool((again["x"] == trace["x"]).all())
    True
    """
    if not isinstance(trace, MultiTrace):
        raise TypeError(
            f"save_trace takes what sample(..., return_inferencedata=False) returns, not a "
            f"{type(trace).__name__}; InferenceData has to_netcdf"
        )
    if directory is None:
        taken = {p.name for p in Path().glob(".pymc_*.trace")}
        n = next(n for n in range(1, len(taken) + 2) if f".pymc_{n}.trace" not in taken)
        directory = f".pymc_{n}.trace"
    folder = Path(directory)
    if folder.exists() and not overwrite:
        raise OSError(f"{directory} exists; pass overwrite=True to write to it")
    folder.mkdir(parents=True, exist_ok=True)
    arrays, labels = {}, {}
    for group, entries in {**trace, TRANSFORMED: trace.transformed}.items():
        labels[group] = {}
        for name, array in entries.items():
            arrays[f"{group}/{name}"] = array.values
            coords = {d: np.asarray(c) for d, c in array.coords.items() if d in array.dims}
            written = {d: _written(c) for d, c in coords.items()}
            labels[group][name] = {"dims": list(array.dims), "coords": written}
    np.savez(folder / ARRAYS, **arrays)
    report = None if trace.report is None else vars(trace.report)
    about = {"groups": labels, "attrs": trace.attrs, "report": report}
    (folder / LABELS).write_text(json.dumps(about, default=str), encoding="utf-8")
    return str(directory)


def _written(labels):
    return labels.tolist() if labels.dtype.kind in "biufU" else [str(x) for x in labels.tolist()]


def load_trace(directory, model=None):
    """The trace that :func:`save_trace` wrote.

    Parameters
    ----------
    directory : path
    model : Model, optional
        PyMC3's; it is not needed.

    Returns
    -------
    MultiTrace
    """
    folder = Path(directory)
    about = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    groups = {}
    with np.load(folder / ARRAYS) as arrays:
        for group, entries in about["groups"].items():
            groups[group] = Group(
                {
                    name: DataArray(
                        arrays[f"{group}/{name}"],
                        tuple(entry["dims"]),
                        {d: np.asarray(c) for d, c in entry["coords"].items()},
                        name,
                    )
                    for name, entry in entries.items()
                },
                about["attrs"],
            )
    transformed = groups.pop(TRANSFORMED)
    report = None if about["report"] is None else SamplerReport(**about["report"])
    return MultiTrace(groups, about["attrs"], transformed, report)


def trace_to_dataframe(trace, chains=None, varnames=None, include_transformed=False):
    """Draws as a ``pandas.DataFrame``: one row per draw, one column per element.

    Parameters
    ----------
    trace : MultiTrace
    chains : int or list of int, optional
    varnames : sequence of str, optional
    include_transformed : bool
        Whether to take transformed values too.

    Returns
    -------
    pandas.DataFrame
        Columns are named as ``x``, ``x__0``, ``x__0_1``.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "trace_to_dataframe makes a pandas.DataFrame, and pandas is not installed; "
            "trace.get_values has the arrays"
        ) from error

    names = varnames
    if names is None:
        names = trace.varnames if include_transformed else list(trace.posterior)
    columns = {}
    for name in names:
        values = trace.get_values(name, chains=chains)
        for index in np.ndindex(values.shape[1:]):
            label = f"{name}__{'_'.join(map(str, index))}" if index else name
            columns[label] = values[(slice(None), *index)]
    return pandas.DataFrame(columns)


__all__ = ["load_trace", "save_trace", "trace_to_dataframe"]
