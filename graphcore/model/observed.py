"""Observed data: what users pass, turned into one private array or into a clear refusal."""

import numpy as np

from graphcore.graph.nodes import Variable


def observed_array(name, data):
    """A read-only copy of observed data.

    Lists, NumPy arrays, pandas objects and fully valid masked arrays are accepted.  Integers and
    bools stay what they are, floats become float64.

    Raises
    ------
    TypeError
        For symbolic data and for anything that is not numbers.
    ValueError
        For NaN and masked entries; names the first one.
    """
    if isinstance(data, Variable):
        raise TypeError(f"{name}: observed must be data (an array), got a symbolic variable")
    # numpy.ma is slow to import: look at the attribute before asking for the class
    if hasattr(data, "mask") and isinstance(data, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(data)
        if missing.any():
            raise ValueError(_missing(name, "masked", missing))
        data = data.data
    array = _as_array(name, data)
    if array.dtype.kind == "f":
        array = array.astype("float64")
        if np.isnan(array).any():
            raise ValueError(_missing(name, "NaN", np.isnan(array)))
    elif array.dtype == "uint64":  # not an element type of graphs
        array = array.astype("int64" if array.max(initial=0) < 2**63 else "float64")
    else:
        array = array.astype(array.dtype.newbyteorder("="))
    array.flags.writeable = False
    return array


def _as_array(name, data):
    """A plain ndarray of numbers."""
    columns = getattr(data, "columns", None)
    if columns is not None:
        for column in columns:
            _check_numbers(f"{name}: column {column!r} of observed", _plain(data[column]))
    try:
        array = _plain(data)
    except ValueError as error:
        raise TypeError(f"{name}: observed is not a regular array of numbers: {error}") from None
    _check_numbers(f"{name}: observed", array)
    return array


def _plain(data):
    if hasattr(data, "to_numpy"):
        array = data.to_numpy()
        if array.dtype == object:  # nullable columns: exact as floats unless something is missing
            try:
                array = data.to_numpy(dtype="float64", na_value=np.nan)
            except (TypeError, ValueError):
                return array
        return np.asarray(array)
    return np.asarray(data)


def _check_numbers(what, array):
    if array.dtype.kind not in "biuf":
        hint = "; convert it to numbers first" if array.dtype == object else ""
        raise TypeError(f"{what} must be numbers, got dtype {array.dtype}{hint}")


def _missing(name, kind, mask):
    where = tuple(int(i) for i in np.argwhere(mask)[0]) if mask.ndim else ()
    place = f", the first at index {where[0] if len(where) == 1 else where}" if where else ""
    return (
        f"{name}: observed has {int(mask.sum())} {kind} value(s){place}. Missing data are not "
        "imputed yet: drop those entries or make them variables of the model"
    )
