"""Symbolic inputs and shared variables."""

import numpy as np

from graphcore.graph.nodes import SharedVariable, Variable, new_shared, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.operands import check_dtype

_KINDS = {
    "scalar": (),
    "vector": (None,),
    "matrix": (None, None),
    "row": (1, None),
    "col": (None, 1),
    "tensor3": (None, None, None),
    "tensor4": (None, None, None, None),
}
_PREFIXES = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
}  # fmt: skip


def tensor(dtype="float64", shape=(), name=None):
    """A symbolic array.

    Parameters
    ----------
    dtype : dtype
    shape : sequence of (int or None)
        One entry per axis; None where the length is known only when an array arrives.
    name : str, optional

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tensor("float64", (3, None), "x").type
    TensorType(float64, (3, ?))
    """
    return new_variable(TensorType(check_dtype(dtype), shape), name=name)


def _constructor(kind, default, prefix="", dtype="float64"):
    axes = len(default)

    def make(name=None, shape=None, dtype=dtype):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{prefix}{kind}: the name must be a string, not {name!r}")
        if shape is None:
            shape = default
        elif len(shape) != axes:
            raise ValueError(f"{prefix}{kind}: a shape with {axes} entries is needed, not {shape}")
        return tensor(dtype, shape, name)

    make.__name__ = make.__qualname__ = prefix + kind
    make.__doc__ = f"""A symbolic {kind} of {dtype}.

    Parameters
    ----------
    name : str, optional
    shape : sequence of (int or None), optional
        Lengths of the {axes} axes; by default {str(default).replace("None", "?")}.
    dtype : dtype
    """
    return make


def _plural(single):
    def make(*names):
        return [single(n) for n in names]

    make.__name__ = make.__qualname__ = single.__name__ + "s"
    make.__doc__ = f"Several of :func:`{single.__name__}`, one per name."
    return make


CONSTRUCTORS = {}
for _kind, _shape in _KINDS.items():
    CONSTRUCTORS[_kind] = _constructor(_kind, _shape)
    for _prefix, _dtype in _PREFIXES.items():
        CONSTRUCTORS[_prefix + _kind] = _constructor(_kind, _shape, _prefix, _dtype)
for _kind, _name in (("scalar", "scalars"), ("vector", "vectors"), ("matrix", "matrices")):
    for _prefix in ("", *_PREFIXES):
        CONSTRUCTORS[_prefix + _name] = _plural(CONSTRUCTORS[_prefix + _kind])


def shared(value, name=None, shape=None, dtype=None, borrow=False):
    """A variable that keeps a value between calls of compiled functions.

    Parameters
    ----------
    value : array_like
        The first value.
    name : str, optional
    shape : sequence of (int or None), optional
        Lengths that every value must have; by default only the number of axes is fixed.
    dtype : dtype, optional
        That of ``value`` by default.
    borrow : bool
        Whether to keep the array itself instead of a copy.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> s = tt.shared([1.0, 2.0], "s")
    >>> s.set_value([3.0])
    >>> (2 * s).eval()
    array([6.])
    """
    if isinstance(value, Variable):
        kind = "shared already" if isinstance(value, SharedVariable) else "symbolic"
        raise TypeError(f"shared: the value must be an array, {value!r} is {kind}")
    data = np.asarray(value, dtype=dtype, order="C")
    data = data if borrow else data.copy()
    type = TensorType(check_dtype(data.dtype), (None,) * data.ndim if shape is None else shape)
    if not type.accepts(data.shape):
        raise ValueError(f"shared: the value has shape {data.shape}, not {type.shape}")
    return new_shared(type, data, name)


__all__ = ["shared", "tensor"]
