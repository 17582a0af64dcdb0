"""From what a user writes to operands: element types, literals, and broadcasting of static shapes.

Python numbers are *weak*, as in NumPy 2: they take the element type of the array they meet, and
only a float that meets integers makes the result float64.  Arrays and NumPy scalars keep theirs.
"""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from graphcore import config
from graphcore._graph import all_variables, with_number
from graphcore.graph.large import is_large
from graphcore.graph.nodes import Constant, Variable, new_constant
from graphcore.graph.walk import toposort

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip
_HINTS = {
    "float16": "convert it with .astype('float32')",
    "object": "it is not made of numbers that fit into 64 bits",
}

#: What derivative rules build graphs with: the namespace ``o`` of the op table.  Each module of
#: this layer adds its functions, because the derivative of any operation may need any other.
graph = SimpleNamespace()


def is_float(dtype):
    return dtype in ("float64", "float32")


def is_inexact(dtype):
    """Whether elements are real or complex floating-point numbers."""
    return is_float(dtype) or dtype in ("complex64", "complex128")


@lru_cache(maxsize=1024)
def promote(*dtypes):
    """NumPy's result type of these element types, by name."""
    return np.result_type(*dtypes).name


def check_dtype(dtype):
    """The canonical name of a supported element type; ``"floatX"`` is ``config.floatX``.

    Examples
    --------
    >>> check_dtype(float)
    'float64'
    >>> check_dtype("float16")
    Traceback (most recent call last):
        ...
    TypeError: element type float16 is not supported: convert it with .astype('float32')
    """
    try:
        name = np.dtype(config.floatX if dtype == "floatX" else dtype).name
    except TypeError:
        name = str(dtype)
    if name not in DTYPES:
        reason = _HINTS.get(name, f"use one of {', '.join(DTYPES)}")
        raise TypeError(f"element type {name} is not supported: {reason}")
    return name


def constant(value, dtype=None, name=None):
    """A constant with its own copy of ``value``; Python numbers become int64 or float64.

    Large arrays (see ``graph.large``) and read-only ones are referenced, not copied.
    """
    # numpy.ma is slow to import: look at the attribute before asking for the class
    if hasattr(value, "mask") and isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            "a masked array has no meaning in a graph: fill it (.filled) or select the valid part"
        )
    if isinstance(value, np.ndarray) and (not value.flags.writeable or is_large(value)):
        data = np.asarray(value, dtype=dtype)
    else:
        try:
            data = np.array(value, dtype=dtype)
        except ValueError as error:
            raise TypeError(f"cannot make an array of {_shortened(value)}: {error}") from None
    try:
        check_dtype(data.dtype)
    except TypeError as error:
        raise TypeError(f"cannot make a symbolic array of {_shortened(value)}: {error}") from None
    if not data.dtype.isnative:
        data = data.astype(data.dtype.newbyteorder("="))
    return new_constant(data, name)


def _shortened(value):
    text = repr(value)
    return text if len(text) < 60 else f"{text[:50]}... ({type(value).__name__})"


def as_variable(x, dtype=None):
    """A variable as it is; anything else as a constant."""
    return x if isinstance(x, Variable) else constant(x, dtype)


def _weak_dtype(kind, base):
    """Element type of a Python number of class ``kind`` that meets the element type ``base``."""
    if base is None:
        return {bool: "bool", int: "int64", float: "float64"}[kind]
    if kind is float and not is_inexact(base):
        return "float64"
    if kind is int and base == "bool":
        return "int64"
    return base


def as_variables(operands, first=0):
    """Variables of operands that meet each other; weak numbers from position ``first`` on."""
    if all_variables(operands):
        return operands
    pair = with_number(*operands) if len(operands) == 2 else None
    if pair is not None:
        return pair
    found = [
        x if isinstance(x, Variable) or type(x) in (int, float, bool) else constant(x)
        for x in operands
    ]
    strong = [x.type.dtype for x in found[first:] if isinstance(x, Variable)]
    base = promote(*strong) if strong else None
    if base is None:  # numbers only: they meet each other
        kinds = [type(x) for x in found[first:] if not isinstance(x, Variable)]
        base = "float64" if float in kinds else "int64" if int in kinds else None
    for i, x in enumerate(found):
        if not isinstance(x, Variable):
            dtype = _weak_dtype(type(x), base if i >= first else None)
            found[i] = new_constant(np.array(x, dtype))
    return found


def is_scalar_constant(v, value):
    """Whether ``v`` is a 0-d constant of exactly this value."""
    return isinstance(v, Constant) and not v.type.shape and v.data == value


def known_value(v, limit=32):
    """Value of a variable that depends on constants only, as ``x.shape[0] - 1`` may; else None.

    Lengths and positions that are known make shapes known.  The search gives up after ``limit``
    applications.
    """
    nodes, stack, seen = [], [v], set()
    while stack:
        u = stack.pop()
        if u.owner is None:
            if not isinstance(u, Constant):
                return None
        elif u.owner not in seen:
            seen.add(u.owner)
            nodes.append(u.owner)
            if len(nodes) > limit:
                return None
            stack.extend(u.owner.inputs)
    values = {}
    for node in toposort([v]):
        arrays = [u.data if isinstance(u, Constant) else values[u] for u in node.inputs]
        found = node.op.reference(*arrays)
        values.update(
            zip(node.outputs, found if isinstance(found, tuple) else [found], strict=True)
        )
    return v.data if isinstance(v, Constant) else values[v]


def broadcast_static(shapes, name="broadcast"):
    """Static shape of operands of these static shapes broadcast against each other.

    An unknown length may turn out to be one, so it broadcasts with anything; two known lengths
    must be equal or one of them 1.

    Examples
    --------
    >>> broadcast_static([(3, 1), (None,), (5,)])
    (3, 5)
    >>> broadcast_static([(1,), (None,)])
    (None,)
    """
    first = shapes[0]
    for s in shapes:
        if s != first:
            return _broadcast_unequal(tuple(shapes), name)
    return first


@lru_cache(maxsize=1024)
def _broadcast_unequal(shapes, name):
    ndim = max(len(s) for s in shapes)
    out = []
    for axis in range(-ndim, 0):
        length = 1
        for s in shapes:
            if len(s) < -axis or s[axis] == 1 or s[axis] == length:
                continue
            if s[axis] is None:
                length = None if length == 1 else length
            elif length is None or length == 1:
                length = s[axis]
            else:
                raise ValueError(f"{name}: shapes {_listed(shapes)} do not broadcast together")
        out.append(length)
    return tuple(out)


def broadcast_concrete(shapes, name="broadcast"):
    """The same for concrete shapes."""
    return broadcast_static([tuple(s) for s in shapes], name)


def _listed(shapes):
    shown = [str(tuple(s)).replace("None", "?") for s in shapes]
    return " and ".join(shown) if len(shown) < 3 else ", ".join(shown[:-1]) + " and " + shown[-1]
