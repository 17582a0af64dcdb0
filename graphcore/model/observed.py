"""Observed data: what users pass, turned into one private array or into a clear refusal."""

import numpy as np

from graphcore.graph.large import any_nan, is_large
from graphcore.model.distributions.base import as_shape

# element types that large data keep
_KEPT = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float32", "float64",
}  # fmt: skip


def observed_array(name, data, place=None):
    """A read-only copy of observed data, and where they are missing.

    Lists, NumPy arrays, pandas and polars objects and masked arrays are accepted.  Integers and
    bools stay what they are, floats become float64.  Large arrays are not copied, and float32
    stays float32 in them; they must not be changed afterwards.  ``place(index)`` is the text of
    what the model calls an element.

    Returns
    -------
    (ndarray, ndarray of bool or None)
        The mask is None when nothing is missing: entries that a masked array masks, and NaN or
        null in masked arrays and frames.  Missing entries hold 0.

    Raises
    ------
    TypeError
        For anything that is not numbers.
    ValueError
        For NaN in plain arrays; names the first one.
    """
    array, mask = _plain_and_mask(name, data)
    array = _element_type(array)
    if mask is None and array.dtype.kind == "f" and any_nan(array):
        raise ValueError(_missing(name, np.isnan(array), place))
    if mask is not None:
        array = np.where(mask, array.dtype.type(0), array)
    array = array.view()  # of what may be the user's own array, which stays writeable
    array.flags.writeable = False
    return array, mask


def of_all_data(shape, observed, name):
    """PyMC3: ``shape=`` of one observation counts for several of them too."""
    if shape is None:
        return None
    one = as_shape(shape, name)
    return observed if observed[len(observed) - len(one) :] == one else shape


def data_array(name, data):
    """A copy of data for :func:`~graphcore.model.Data`: numbers, none of them missing."""
    array, mask = _plain_and_mask(name, data, what="the data")
    array = _element_type(array, copy=True)
    if mask is not None or (array.dtype.kind == "f" and any_nan(array)):
        raise ValueError(
            f"{name}: data have NaN or masked entries; pass such an array as observed= itself, and "
            "its missing entries become variables of the model"
        )
    if array.dtype.kind in "iu":
        array = array.astype("int64")
    return np.ascontiguousarray(array).reshape(array.shape)


def _plain_and_mask(name, data, what="observed"):
    """An ndarray of numbers, and a mask where something is missing or None."""
    mask, marks = None, hasattr(data, "to_numpy")
    # numpy.ma is slow to import: look at the attribute before asking for the class
    if hasattr(data, "mask") and isinstance(data, np.ma.MaskedArray):
        mask, marks, data = np.ma.getmaskarray(data), True, data.data
    array = _as_array(name, data, what)
    if marks and array.dtype.kind == "f":
        absent = np.isnan(array) if any_nan(array) else None
        mask = absent if mask is None else mask if absent is None else mask | absent
    return array, mask if mask is not None and mask.any() else None


def _element_type(array, copy=False):
    """The same numbers with an element type that graphs have; large data as they are."""
    if not copy and is_large(array) and array.dtype.name in _KEPT and array.dtype.isnative:
        return array
    if array.dtype.kind == "f":
        return array.astype("float64")
    if array.dtype == "uint64":  # not an element type of graphs
        return array.astype("int64" if array.max(initial=0) < 2**63 else "float64")
    return array.astype(array.dtype.newbyteorder("="))


def _as_array(name, data, what):
    """A plain ndarray of numbers."""
    columns = getattr(data, "columns", None)
    if columns is not None and not callable(columns):
        for column in columns:
            _check_numbers(f"{name}: column {column!r} of {what}", _plain(data[column]))
    try:
        array = _plain(data)
    except ValueError as error:
        raise TypeError(f"{name}: {what} is not a regular array of numbers: {error}") from None
    _check_numbers(f"{name}: {what}", array)
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


def _missing(name, mask, place):
    where = tuple(int(i) for i in np.argwhere(mask)[0]) if mask.ndim else ()
    first = f", the first at index {where[0] if len(where) == 1 else where}" if where else ""
    called = place(where) if place is not None else ""
    return (
        f"{name}: observed has shape {mask.shape} and {int(mask.sum())} NaN value(s){first}"
        f"{called and f' ({called})'}. If they are missing data, "
        "pass numpy.ma.masked_invalid(observed) or a data frame, and they become variables of the "
        "model; else drop those entries"
    )
