"""Arrays taken apart, repeated, padded, turned around, put side by side."""

import builtins

import numpy as np

from graphcore.errors import NotScalarConstantError
from graphcore.graph.nodes import Variable
from graphcore.ops import points
from graphcore.ops.elementwise import apply_row
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import as_variables, graph, known_value
from graphcore.ops.shape import BroadcastTo, SpecifyShape, dimshuffle, expand, shape_vector
from graphcore.tensor.convert import as_tensor_variable, normal_axes, normal_axis, stacked
from graphcore.tensor.indexing import getitem
from graphcore.tensor.moving import following
from graphcore.tensor.shaping import (
    broadcast_to,
    concatenate,
    expand_dims,
    ravel,
    reshape,
    stack,
    swapaxes,
    take,
    transpose,
    zeros,
)  # fmt: skip


def _along(x, axis, part):
    """A part of ``x`` along one axis."""
    return getitem(x, (*[slice(None)] * axis, part))


def shape_padleft(t, n_ones=1):
    """``t`` with axes of length 1 put in front."""
    t = as_tensor_variable(t)
    return expand(t, range(n_ones), n_ones + t.type.ndim)


def shape_padright(t, n_ones=1):
    """``t`` with axes of length 1 put at the end."""
    t = as_tensor_variable(t)
    return dimshuffle(t, [*range(t.type.ndim), *["x"] * n_ones])


def shape_padaxis(t, axis):
    """``t`` with an axis of length 1 put in."""
    return expand_dims(t, axis)


def atleast_Nd(arry, n=1, left=True):
    """``arry`` with axes of length 1 added until it has ``n``; in front, or at the end."""
    arry = as_tensor_variable(arry)
    missing = max(n - arry.type.ndim, 0)
    return shape_padleft(arry, missing) if left else shape_padright(arry, missing)


def atleast_1d(arry):
    """``arry`` with at least one axis."""
    return atleast_Nd(arry, 1)


def atleast_2d(arry):
    """``arry`` with at least two axes; a vector becomes a row."""
    return atleast_Nd(arry, 2)


def atleast_3d(arry):
    """``arry`` with at least three axes, where NumPy puts them: a matrix becomes ``(m, n, 1)``."""
    arry = atleast_2d(arry)
    return shape_padright(arry, 1) if arry.type.ndim == 2 else arry


def specify_shape(x, shape):
    """``x``, whose lengths are promised; a promise that is not kept is an error when called.

    Parameters
    ----------
    x : array_like or variable
    shape : sequence of (int or None)

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.specify_shape(tt.matrix("x"), (None, 3)).type
    TensorType(float64, (?, 3))
    """
    x = as_tensor_variable(x)
    if isinstance(shape, Variable):
        shape = [getitem(shape, i) for i in range(x.type.ndim)]
    lengths = []
    for n in shape if isinstance(shape, (list, tuple)) else [shape]:
        known = known_value(n) if isinstance(n, Variable) else n
        lengths.append(None if known is None else int(known))
    return SpecifyShape(lengths)(x)


def addbroadcast(x, *axes):
    """``x``, whose length is promised to be 1 along these axes."""
    x = as_tensor_variable(x)
    axes = normal_axes(list(axes), x.type.ndim)
    return SpecifyShape([1 if i in axes else None for i in range(x.type.ndim)])(x)


specify_broadcastable = addbroadcast


def unbroadcast(x, *axes):
    """``x`` itself: lengths of 1 broadcast here whether or not they are known beforehand."""
    return as_tensor_variable(x)


def patternbroadcast(x, broadcastable):
    """``x``, whose length is promised to be 1 where ``broadcastable`` is true."""
    return addbroadcast(x, *[i for i, one in enumerate(broadcastable) if one])


def broadcast_shape(*arrays, arrays_are_shapes=False):
    """The shape of arrays broadcast against each other: one number or scalar per axis.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.broadcast_shape([[1], [2]], [1, 2, 3])
    (2, 3)
    """
    if arrays_are_shapes:
        shapes = [tuple(s) for s in arrays]
    else:
        shapes = []
        for x in map(as_tensor_variable, arrays):
            known = enumerate(x.type.shape)
            shapes.append([shape_entry(x, i) if n is None else n for i, n in known])
    ndim = max(map(len, shapes))
    found = []
    for axis in range(-ndim, 0):
        lengths = [s[axis] for s in shapes if len(s) >= -axis]
        fixed = [n for n in lengths if not isinstance(n, Variable) and n != 1]
        if len(set(fixed)) > 1:
            raise ValueError(f"lengths {fixed} do not broadcast together")
        free = [n for n in lengths if isinstance(n, Variable)]
        if fixed or not free:
            found.append(fixed[0] if fixed else 1)
            continue
        length = free[0]
        for n in free[1:]:
            length = apply_row("switch", apply_row("eq", length, 1), n, length)
        found.append(length)
    return tuple(found)


broadcast_shape_tuple = broadcast_shape


@following
def broadcast_arrays(*arrays):
    """Arrays broadcast against each other."""
    arrays = [as_tensor_variable(x) for x in arrays]
    vector = shape_vector(broadcast_shape(*arrays))
    return [BroadcastTo()(x, vector) for x in arrays]


@following
def fill(a, b):
    """``b`` in the shape of ``a``, or in that of both broadcast where ``b`` is the larger."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    n, m = a.type.ndim, b.type.ndim
    ours = a.type.shape[n - m :] if n >= m else ()
    if n < m or any(i == 1 != k for i, k in zip(ours, b.type.shape, strict=True)):
        return broadcast_arrays(a, b)[1]
    return graph.broadcast_like(b, a)


second = fill


@following
def alloc(value, *shape):
    """``value`` broadcast to a shape given as several arguments."""
    shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
    return broadcast_to(value, shape)


@following
def empty(shape, dtype=None):
    """An array of zeros: nothing here leaves memory as it finds it."""
    return zeros(shape, dtype)


@following
def empty_like(prototype, dtype=None):
    """Zeros with the shape of ``prototype``."""
    return graph.cast(graph.zeros_like(as_tensor_variable(prototype)), dtype or prototype.dtype)


def join(axis, *tensors):
    """Arrays joined along an axis: :func:`concatenate` with Theano's order of arguments."""
    return concatenate(tensors, axis)


def stacklists(arg):
    """Nested lists of arrays as one array."""
    if isinstance(arg, (list, tuple)):
        return stack([stacklists(t) for t in arg])
    return as_tensor_variable(arg)


def vertical_stack(*tensors):
    """Matrices joined along their first axis."""
    return concatenate([atleast_2d(t) for t in tensors], 0)


def horizontal_stack(*tensors):
    """Matrices joined along their second axis."""
    return concatenate(tensors, 1)


def vstack(tensors):
    """Arrays joined along their first axis; vectors are rows."""
    return vertical_stack(*tensors)


def hstack(tensors):
    """Arrays joined along their second axis; vectors along their only one."""
    tensors = [atleast_1d(t) for t in tensors]
    return concatenate(tensors, 0 if tensors[0].type.ndim == 1 else 1)


def dstack(tensors):
    """Arrays joined along their third axis."""
    return concatenate([atleast_3d(t) for t in tensors], 2)


def split(x, splits_size, n_splits=None, axis=0):
    """``x`` taken apart along an axis.

    Parameters
    ----------
    x : array_like or variable
    splits_size : sequence of int, vector, or int
        The length of each part; or the number of equal parts.
    n_splits : int, optional
        How many parts there are, when the lengths are a vector of unknown length.
    axis : int

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> [part.eval() for part in tt.split([1, 2, 3], [1, 2], 2)]
    [array([1]), array([2, 3])]
    """
    x = as_tensor_variable(x)
    axis = normal_axis(axis, x.type.ndim)
    if isinstance(splits_size, (int, np.integer)):
        n = shape_entry(x, axis)
        lengths = [n // int(splits_size)] * int(splits_size)
    elif isinstance(splits_size, Variable):
        count = n_splits if n_splits is not None else splits_size.type.shape[0]
        if count is None:
            raise TypeError("split: the number of parts is not known; pass n_splits=")
        lengths = [getitem(splits_size, i) for i in range(count)]
    else:
        lengths = list(splits_size)
    x = _of_length(x, axis, lengths)
    found, start = [], 0
    for n in lengths:
        found.append(_along(x, axis, slice(start, start + n)))
        start = start + n
    return found


def _of_length(x, axis, lengths):
    """``x``, an error unless its axis is as long as the parts together."""
    total = builtins.sum(lengths[1:], lengths[0]) if lengths else 0
    known = [shape_entry(x, i) for i in range(x.type.ndim)]
    known[axis] = total
    n = x.type.shape[axis]
    if not isinstance(total, Variable) and n is not None and n != total:
        raise ValueError(f"split: the parts have {total} elements, axis {axis} has {n}")
    return reshape(x, known)


def flip(arr, axis=None):
    """``arr`` with the order along axes turned around; along all of them by default."""
    arr = as_tensor_variable(arr)
    axes = normal_axes(axis, arr.type.ndim)
    return getitem(arr, tuple(slice(None, None, -1 if i in axes else None)
                            for i in range(arr.type.ndim)))  # fmt: skip


def flipud(x):
    """``x`` with its rows in the opposite order."""
    return flip(x, 0)


def fliplr(x):
    """``x`` with its columns in the opposite order."""
    return flip(x, 1)


def rot90(x, k=1, axes=(0, 1)):
    """``x`` turned by 90 degrees, ``k`` times, in the plane of two axes.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.rot90([[1, 2], [3, 4]]).eval()
    array([[2, 4],
           [1, 3]])
    """
    x = as_tensor_variable(x)
    first, second = (normal_axis(a, x.type.ndim) for a in axes)
    if first == second:
        raise ValueError(f"rot90: needs two different axes, not {tuple(axes)}")
    k %= 4
    if k == 2:
        return flip(flip(x, first), second)
    if not k:
        return x
    return (
        swapaxes(flip(x, second), first, second)
        if k == 1
        else (flip(swapaxes(x, first, second), second))
    )


@following
def roll(x, shift, axis=None):
    """Elements moved along an axis; those that leave at one end come in at the other.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.roll([1, 2, 3], 1).eval()
    array([3, 1, 2])
    """
    x = as_tensor_variable(x)
    if axis is None:
        flat = roll(ravel(x), shift, 0)
        return reshape(flat, x.shape, x.type.ndim)
    if isinstance(axis, (list, tuple)):
        shifts = shift if isinstance(shift, (list, tuple)) else [shift] * len(axis)
        for s, a in zip(shifts, axis, strict=True):
            x = roll(x, s, a)
        return x
    axis = normal_axis(axis, x.type.ndim)
    n = shape_entry(x, axis)
    at = apply_row("mod", -as_tensor_variable(shift), apply_row("maximum", n, 1))
    return concatenate([_along(x, axis, slice(at, None)), _along(x, axis, slice(None, at))], axis)


@following
def repeat(a, repeats, axis=None):
    """Every element of ``a`` repeated, next to itself.

    Parameters
    ----------
    a : array_like or variable
    repeats : int or vector of int
        How often; one number for all, or one for each entry of the axis.
    axis : int, optional
        The flattened array by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.repeat([1, 2], 2).eval(), tt.repeat([1, 2], [1, 3]).eval()
    (array([1, 1, 2, 2]), array([1, 2, 2, 2]))
    """
    a = as_tensor_variable(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = normal_axis(axis, a.type.ndim)
    repeats = as_tensor_variable(repeats)
    if repeats.type.ndim > 1:
        raise TypeError(f"repeat: repeats has {repeats.type.ndim} axes, it may have one")
    if repeats.type.ndim and repeats.type.shape[0] != 1:
        return take(a, points.RepeatPositions()(repeats), axis)
    repeats = dimshuffle(repeats, ())
    ndim = a.type.ndim
    lengths = [shape_entry(a, i) for i in range(ndim)]
    wide = expand(a, (axis + 1,), ndim + 1)
    wide = broadcast_to(wide, [*lengths[: axis + 1], repeats, *lengths[axis + 1 :]])
    return reshape(wide, [*lengths[:axis], lengths[axis] * repeats, *lengths[axis + 1 :]])


@following
def tile(A, reps, ndim=None):
    """``A`` repeated as a whole, along each axis.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tile([1, 2], (2, 2)).eval()
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    A = as_tensor_variable(A)
    if isinstance(reps, Variable) and reps.type.ndim:
        count = reps.type.shape[0] or ndim
        if count is None:
            raise ValueError("tile: pass ndim, as the length of reps is not known")
        reps = [getitem(reps, i) for i in range(count)]
    reps = list(reps) if isinstance(reps, (list, tuple, np.ndarray)) else [reps]
    n = max(len(reps), A.type.ndim, ndim or 0)
    reps = [1] * (n - len(reps)) + reps
    A = expand(A, range(n - A.type.ndim), n)
    lengths = [shape_entry(A, i) for i in range(n)]
    wide = dimshuffle(A, [p for i in range(n) for p in ("x", i)])
    wide = broadcast_to(wide, [k for pair in zip(reps, lengths, strict=True) for k in pair])
    return reshape(wide, [r * k for r, k in zip(reps, lengths, strict=True)])


def swap_last_axes(x):
    """``x`` with its last two axes exchanged: every matrix of a stack transposed."""
    return swapaxes(x, -1, -2)


matrix_transpose = swap_last_axes


def rollaxis(x, axis, start=0):
    """``x`` with one axis moved before another."""
    x = as_tensor_variable(x)
    axis = normal_axis(axis, x.type.ndim)
    order = [i for i in range(x.type.ndim) if i != axis]
    start = start + x.type.ndim if start < 0 else start
    order.insert(start - (axis < start), axis)
    return transpose(x, order)


def tensor_copy(x):
    """A new variable of the same value."""
    return as_tensor_variable(x).copy()


def get_vector_length(v):
    """Length of a vector, as a number; it must be known."""
    v = as_tensor_variable(v)
    if v.type.ndim != 1 or v.type.shape[0] is None:
        raise ValueError(f"the length of {v!r} is not known")
    return v.type.shape[0]


def get_scalar_constant_value(v):
    """Value of a scalar that depends on constants alone.

    Raises
    ------
    NotScalarConstantError
        When it depends on anything else; a ``ValueError``.
    """
    v = as_tensor_variable(v)
    found = known_value(v)
    if found is None or found.size != 1:
        raise NotScalarConstantError(f"{v!r} is not a scalar constant")
    return found.reshape(())


def _extreme_of(name):
    def function(*args):
        args = [stacked(a) for a in args]
        found = args[0]
        for a in args[1:]:
            found = apply_row(name, found, a)
        return as_tensor_variable(found)

    function.__name__ = function.__qualname__ = "largest" if name == "maximum" else "smallest"
    function.__doc__ = f"The {name} of several arrays, element by element."
    return function


largest, smallest = _extreme_of("maximum"), _extreme_of("minimum")


def ceil_intdiv(a, b):
    """``a / b`` of integers, rounded up."""
    a, b = as_variables((stacked(a), stacked(b)))
    rest = apply_row("ne", apply_row("mod", a, b), 0)
    return apply_row("floor_div", a, b) + rest


__all__ = [
    "addbroadcast", "alloc", "atleast_1d", "atleast_2d", "atleast_3d", "atleast_Nd",
    "broadcast_arrays", "broadcast_shape", "broadcast_shape_tuple", "ceil_intdiv", "dstack",
    "empty", "empty_like", "fill", "flip", "fliplr", "flipud", "get_scalar_constant_value",
    "get_vector_length", "horizontal_stack", "hstack", "join", "largest", "matrix_transpose",
    "patternbroadcast", "repeat", "roll", "rollaxis", "rot90", "second", "shape_padaxis",
    "shape_padleft", "shape_padright", "smallest", "specify_broadcastable",
    "specify_shape", "split", "stacklists",
    "tensor_copy", "tile", "unbroadcast", "vertical_stack", "vstack",
]  # fmt: skip
