"""Symbolic inputs and shared variables."""

import numpy as np

from graphcore import config
from graphcore.graph.nodes import SharedVariable, Variable, new_shared, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.operands import check_dtype
from graphcore.ops.random import state_of

_KINDS = {
    "scalar": (),
    "vector": (None,),
    "matrix": (None, None),
    "row": (1, None),
    "col": (None, 1),
    **{f"tensor{n}": (None,) * n for n in range(3, 8)},
}
_PREFIXES = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
    "c": "complex64", "z": "complex128",
}  # fmt: skip


def tensor(*args, name=None, dtype=None, shape=None, broadcastable=None):
    """A symbolic array: ``tensor(dtype, shape, name)``, or ``tensor(name, dtype, shape)``.

    Parameters
    ----------
    dtype : dtype
        ``config.floatX`` by default.
    shape : sequence of (int or None)
        One entry per axis; None where the length is known only when an array arrives.  Bools
        are Theano's ``broadcastable``: True stands for a length of one.
    name : str, optional
    broadcastable : sequence of bool, optional
        The same by Theano's name.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tensor("float64", (3, None), "x").type
    TensorType(float64, (3, ?))
    >>> tt.tensor("x", shape=(3,)).type
    TensorType(float64, (3))
    """
    by_type = not args or _is_dtype(args[0])
    order = ("dtype", "shape", "name") if by_type else ("name", "dtype", "shape")
    given = {"dtype": dtype, "shape": shape, "name": name}
    if len(args) > 3:
        raise TypeError(f"tensor takes a name, an element type and a shape, not {args}")
    for key, value in zip(order, args, strict=False):
        if given[key] is not None:
            raise TypeError(f"tensor: {key} is given twice, {given[key]!r} and {value!r}")
        given[key] = value
    dtype, shape, name = given["dtype"], given["shape"], given["name"]
    dtype, shape = config.floatX if dtype is None else dtype, () if shape is None else shape
    return new_variable(TensorType(check_dtype(dtype), shape, None, broadcastable), name=name)


def _is_dtype(x):
    """Whether the first argument is an element type; one letter is the name of a variable."""
    if not isinstance(x, str):
        return x is not None
    if x == "floatX":
        return True
    try:
        return len(x) > 1 and np.dtype(x) is not None
    except TypeError:
        return False


def _constructor(kind, default):
    """A constructor whose element type is that of ``config.floatX`` at the call."""
    axes = len(default)

    def make(name=None, dtype=None, shape=None):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{kind}: the name must be a string, not {name!r}")
        if shape is not None and len(shape) != axes:
            raise ValueError(f"{kind}: a shape with {axes} entries is needed, not {shape}")
        dtype = config.floatX if dtype is None else dtype
        return tensor(dtype, default if shape is None else shape, name)

    make.__name__ = make.__qualname__ = kind
    make.__doc__ = f"""A symbolic {kind} of config.floatX.

    Parameters
    ----------
    name : str, optional
    dtype : dtype, optional
    shape : sequence of (int or None), optional
        Lengths of the {axes} axes; by default {str(default).replace("None", "?")}.
    """
    return make


def _plural(single, singular, plural):
    def make(*names, **options):
        if len(names) == 1 and isinstance(names[0], (int, np.integer)):
            names = [None] * int(names[0])
        elif len(names) == 1 and isinstance(names[0], str):
            names = names[0].replace(",", " ").split() if not names[0].isalnum() else [*names[0]]
        found = [single(n, **options) for n in names]
        return found[0] if len(found) == 1 else found

    make.__name__ = make.__qualname__ = plural
    make.__doc__ = f"""Several of ``{singular}``.

    Parameters
    ----------
    *names : str
        One name each; or one string of names, ``"a b"``, or of letters, ``"ab"``; or a number, of
        variables without names.
    **options
        Passed to ``{singular}``.

    Returns
    -------
    list of TensorVariable
        The variable itself when it is one.
    """
    return make


CONSTRUCTORS = {}
for _kind, _shape in _KINDS.items():
    CONSTRUCTORS[_kind] = _constructor(_kind, _shape)
    for _prefix, _dtype in _PREFIXES.items():  # a type makes variables when it is called
        CONSTRUCTORS[_prefix + _kind] = TensorType(_dtype, _shape)
for _kind in _KINDS:
    for _prefix in ("", *_PREFIXES):
        _name = _prefix + ("matrices" if _kind == "matrix" else _kind + "s")
        CONSTRUCTORS[_name] = _plural(CONSTRUCTORS[_prefix + _kind], _prefix + _kind, _name)


def shared(
    value, name=None, strict=False, allow_downcast=None, borrow=False, shape=None, dtype=None,
    broadcastable=None, target=None,
):  # fmt: skip
    """A variable that keeps a value between calls of compiled functions.

    Parameters
    ----------
    value : array_like, or numpy.random.Generator
        The first value.  Of a generator the state is kept, see :mod:`graphcore.tensor.random`.
    name : str, optional
    shape : sequence of (int or None), optional
        Lengths that every value must have; by default only the number of axes is fixed.
    dtype : dtype, optional
        That of ``value`` by default.
    borrow : bool
        Whether to keep the array itself instead of a copy.
    strict : bool
        Accepted for programs written for Theano.
    allow_downcast : bool, optional
        Whether new values of another element type are converted even where that changes them;
        by default it is an error, see ``set_value``.
    broadcastable : sequence of bool, optional
        ``shape`` by Theano's name: True is a length of one.
    target : None
        There are no devices to choose from.

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
    if isinstance(value, np.random.Generator):
        return new_shared(TensorType("int64", (6,)), state_of(value), name)
    data = np.asarray(value, dtype=dtype, order="C")
    data = data if borrow else data.copy()
    if shape is None:
        shape = (None,) * data.ndim if broadcastable is None else broadcastable
    type = TensorType(check_dtype(data.dtype), shape)
    if not type.accepts(data.shape):
        raise ValueError(f"shared: the value has shape {data.shape}, not {type.shape}")
    found = new_shared(type, data, name)
    if allow_downcast:
        found.allow_downcast = True
    return found


__all__ = ["shared", "tensor"]
