"""Statistics of transitions under the names and types that PyMC and ArviZ give them."""

import numpy as np

FLAGS = ("diverging", "reached_max_treedepth")


def as_arrays(records, warmup=False):
    """The fields of records as arrays.

    Parameters
    ----------
    records : structured ndarray, shape (chain, draw)
        A field has an axis of its own where several step methods report it.
    warmup : bool
        Whether these are transitions of the warm-up, whose divergences do not count.

    Returns
    -------
    dict of str to ndarray
        Flags are booleans, counts int64.  To what trajectories report come ``divergences``, the
        number so far, and ``largest_eigval`` and ``smallest_eigval``, which are NaN as they are in
        PyMC: no metric here is found by its eigenvalues.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore._nuts import STAT_DTYPE
    >>> records = np.zeros((1, 3), STAT_DTYPE)
    >>> records["diverging"] = [[1, 0, 1]]
    >>> found = as_arrays(records)
    >>> found["diverging"], found["divergences"]
    (array([[ True, False,  True]]), array([[1, 1, 2]]))
    """
    found = {}
    for name in records.dtype.names or ():
        values = records[name]
        if name in FLAGS:
            values = values.astype(bool)
        elif values.dtype.kind == "i":
            values = values.astype(np.int64)
        found[name] = np.ascontiguousarray(values)
    if "diverging" in found:
        diverging = found["diverging"]
        found["divergences"] = np.cumsum(diverging & (not warmup), axis=1)
        nothing = np.full(diverging.shape, np.nan)
        found["largest_eigval"] = found["smallest_eigval"] = nothing
    return found


def as_records(transitions):
    """What several step methods said about each transition, as a structured array.

    Parameters
    ----------
    transitions : list of list of dict
        For each transition one dict per step method.

    Examples
    --------
    >>> rows = as_records([[{"accept": 0.5, "lp": -1.0}, {"accept": 1.0}]])
    >>> rows["accept"], rows["lp"]
    (array([[0.5, 1. ]]), array([-1.]))
    """
    columns = {}
    for k, first in enumerate(transitions[0] if transitions else ()):
        for name in first:
            columns.setdefault(name, []).append([said[k][name] for said in transitions])
    arrays = {
        name: np.asarray(found[0]) if len(found) == 1 else np.stack(found, axis=1)
        for name, found in columns.items()
    }
    out = np.zeros(len(transitions), [(n, a.dtype, a.shape[1:]) for n, a in arrays.items()])
    for name, values in arrays.items():
        out[name] = values
    return out


__all__ = ["as_arrays", "as_records"]
