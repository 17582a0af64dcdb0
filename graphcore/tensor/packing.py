"""Axes joined and split, and several arrays packed into one."""

import functools

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops.index import shape_entry
from graphcore.tensor.convert import as_tensor_variable, normal_axis
from graphcore.tensor.moving import following
from graphcore.tensor.shaping import _lengths, concatenate, reshape


def _entries(x, axes):
    """Lengths along axes: numbers where they are known."""
    return [shape_entry(x, i) if x.type.shape[i] is None else x.type.shape[i] for i in axes]


def _product(lengths):
    return functools.reduce(lambda a, b: a * b, lengths, 1)


@following
def join_dims(x, start_axis=0, n_axes=None):
    """``x`` with neighbouring axes joined to one.

    Parameters
    ----------
    x : array_like or variable
    start_axis : int
        The first of them.
    n_axes : int, optional
        How many; all that follow by default.  None at all, 0, puts in an axis of length 1.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.join_dims(tt.zeros((2, 3, 4)), 1).type.shape
    (2, 12)
    """
    x = as_tensor_variable(x)
    n = x.type.ndim
    start = start_axis + max(n, 1) if start_axis < 0 else start_axis
    count = n - start if n_axes is None else n_axes
    if not (0 <= start <= n and 0 <= count <= n - start):
        raise IndexError(f"join_dims: there are no {count} axes from {start_axis} on in {n}")
    lengths = _entries(x, range(n))
    joined = _product(lengths[start : start + count])
    return reshape(x, [*lengths[:start], joined, *lengths[start + count :]])


@following
def split_dims(x, shape, axis=0):
    """``x`` with one axis made several, of the lengths ``shape``.

    Parameters
    ----------
    x : array_like or variable
    shape : int or sequence of int, or an integer vector of known length
        One length may be -1.
    axis : int

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.split_dims([1, 2, 3, 4, 5, 6], (2, 3)).eval()
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    x = as_tensor_variable(x)
    axis = normal_axis(axis, x.type.ndim)
    if isinstance(shape, Variable) and shape.type.ndim:
        count = _lengths(shape)[1]
        if count is None:
            raise TypeError("split_dims: how many lengths there are must be known")
        parts = [shape[i] for i in range(count)]
    else:
        parts = [shape] if isinstance(shape, (int, np.integer, Variable)) else list(shape)
    lengths = _entries(x, range(x.type.ndim))
    return reshape(x, [*lengths[:axis], *parts, *lengths[axis + 1 :]])


def _kept(keep_axes):
    """How many axes in front and at the end are kept."""
    if keep_axes is None:
        return 0, 0
    axes = [keep_axes] if isinstance(keep_axes, (int, np.integer)) else list(keep_axes)
    front, back = sorted(i for i in axes if i >= 0), sorted(i for i in axes if i < 0)
    if front != [*range(len(front))] or back != [*range(-len(back), 0)]:
        raise ValueError(
            f"keep_axes must count from 0 on, and down from -1 without a gap, not {keep_axes}"
        )
    return len(front), len(back)


def pack(*tensors, keep_axes=None):
    """Several arrays as one: their elements one after the other.

    Parameters
    ----------
    *tensors : array_like or variable
    keep_axes : int or sequence of int, optional
        Axes that all have, with the same lengths, and keep: first ones (0, 1, ...), last ones
        (-1, -2, ...) or both.

    Returns
    -------
    packed : TensorVariable
    shapes : list
        The lengths of the other axes of each, for :func:`unpack`.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> packed, shapes = tt.pack([[1, 2], [3, 4]], 5)
    >>> packed.eval(), shapes
    (array([1, 2, 3, 4, 5]), [(2, 2), ()])
    """
    front, back = _kept(keep_axes)
    if not tensors:
        raise ValueError("pack: there is nothing to pack")
    parts, shapes = [], []
    for x in map(as_tensor_variable, tensors):
        count = x.type.ndim - front - back
        if count < 0:
            raise ValueError(f"pack: keep_axes is {keep_axes}, and {x!r} has fewer axes")
        shapes.append(tuple(_entries(x, range(front, front + count))))
        parts.append(join_dims(x, front, count))
    return concatenate(parts, axis=front), shapes


def unpack(packed_input, packed_shapes, keep_axes=None):
    """The arrays that :func:`pack` made one of, as a list.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> [x.eval().tolist() for x in tt.unpack([1, 2, 3, 4, 5], [(2, 2), ()])]
    [[[1, 2], [3, 4]], 5]
    """
    packed = as_tensor_variable(packed_input)
    front, back = _kept(keep_axes)
    if packed.type.ndim != front + back + 1:
        raise ValueError(
            f"unpack: needs an array of {front + back + 1} axes, not {packed.type.ndim}"
        )
    found, start = [], 0
    for shape in packed_shapes:
        length = _product(shape)
        part = packed[(*[slice(None)] * front, slice(start, start + length))]
        found.append(split_dims(part, shape, front))
        start = start + length
    return found


__all__ = ["join_dims", "pack", "split_dims", "unpack"]
