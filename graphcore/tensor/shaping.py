"""Shapes and axes: reshaping, broadcasting, joining, and arrays made from nothing."""

import numpy as np

from graphcore import config
from graphcore.graph.nodes import Variable
from graphcore.ops import shape as ops
from graphcore.ops.index import Take, shape_entry
from graphcore.ops.operands import check_dtype, constant, graph
from graphcore.tensor.convert import as_tensor_variable, normal_axes, normal_axis, stack_first
from graphcore.tensor.moving import following


def _lengths(shape):
    """A shape as users write it, as ``(vector variable, number of lengths)``."""
    if isinstance(shape, Variable) and shape.type.ndim == 1:
        return shape, shape.type.shape[0]
    if isinstance(shape, (Variable, int, np.integer)):
        shape = (shape,)
    parts = []
    for n in shape:
        if isinstance(n, Variable):
            if n.type.ndim or np.dtype(n.type.dtype).kind not in "iu":
                raise TypeError(f"a length must be an integer, not {n.type!r}")
        else:
            try:
                n = n.__index__()
            except (AttributeError, TypeError):
                raise TypeError(f"a length must be an integer, not {n!r}") from None
        parts.append(n)
    return ops.shape_vector(parts), len(parts)


@following
def shape(x):
    """The shape of ``x`` as a vector of int64: a constant when it is known.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.matrix("x")
    >>> tt.shape(x).eval({x: [[1, 2, 3]]})
    array([1, 3])
    """
    x = as_tensor_variable(x)
    return _given(ops.shape_of(x), x)


def _given(y, x):
    """``y``, which tells about ``x`` without depending on it."""
    if y.owner is None:  # an input that only this asks for is no unused one
        y.tag.given = (x,)
    return y


@following
def size(x):
    """Number of elements of ``x``."""
    x = as_tensor_variable(x)
    if x.type.size is not None:
        return _given(constant(x.type.size, "int64"), x)
    return graph.prod(ops.shape_of(x), (0,))


@following
def reshape(x, newshape, ndim=None):
    """The same elements, in C order, in another shape.

    Parameters
    ----------
    x : array_like or variable
    newshape : int, sequence of int and integer scalars, or integer vector
        One length may be -1.
    ndim : int, optional
        Number of axes, when ``newshape`` is a vector of unknown length.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> tt.reshape(x, (2, -1)).eval({x: [1, 2, 3, 4]})
    array([[1., 2.],
           [3., 4.]])
    """
    x = as_tensor_variable(x)
    vector, count = _lengths(newshape)
    count = ndim if count is None else count
    if count is None:
        raise TypeError("reshape: the number of axes is not known; pass ndim=")
    y = ops.Reshape(count)(x, vector)
    return x if y.type == x.type and x.type.is_static else y


def flatten(x, ndim=None, outdim=None):
    """``x`` with its last axes joined so that ``ndim`` axes remain, one by default.

    ``outdim`` is an older name of ``ndim``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.flatten([[1, 2], [3, 4]]).eval()
    array([1, 2, 3, 4])
    """
    x = as_tensor_variable(x)
    if ndim is None:
        ndim = 1 if outdim is None else outdim
    if x.type.ndim == ndim:
        return x
    if not 1 <= ndim <= max(x.type.ndim, 1):
        raise ValueError(f"flatten: cannot make {ndim} axes of {x.type.ndim}")
    return reshape(x, [shape_entry(x, i) for i in range(ndim - 1)] + [-1])


def ravel(x):
    """``x`` as a vector, in C order."""
    return flatten(x, 1)


def dimshuffle(x, *pattern):
    """``x`` with axes permuted, dropped (length 1) and inserted (``"x"``).

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.dimshuffle([1, 2], 0, "x").eval()
    array([[1],
           [2]])
    """
    if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
        pattern = pattern[0]
    return ops.dimshuffle(as_tensor_variable(x), pattern)


def transpose(x, axes=None):
    """``x`` with its axes permuted; reversed by default."""
    x = as_tensor_variable(x)
    n = x.type.ndim
    axes = range(n)[::-1] if axes is None else [normal_axis(a, n) for a in axes]
    if sorted(axes) != list(range(n)):
        raise ValueError(f"transpose: {tuple(axes)} is not a permutation of {n} axes")
    return ops.dimshuffle(x, axes)


def swapaxes(y, axis1, axis2):
    """``y`` with two axes exchanged."""
    y = as_tensor_variable(y)
    axes = list(range(y.type.ndim))
    i, j = normal_axis(axis1, len(axes)), normal_axis(axis2, len(axes))
    axes[i], axes[j] = axes[j], axes[i]
    return ops.dimshuffle(y, axes)


def moveaxis(a, source, destination):
    """``a`` with an axis, or several, moved to other places.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.moveaxis(tt.zeros((2, 3, 4)), (0, 1), (-1, -2)).type.shape
    (4, 3, 2)
    """
    a = as_tensor_variable(a)
    pair = [[i] if np.ndim(i) == 0 else list(i) for i in (source, destination)]
    moved, places = ([normal_axis(i, a.type.ndim) for i in axes] for axes in pair)
    if len(moved) != len(places) or len({*moved}) != len(moved) or len({*places}) != len(places):
        raise ValueError(
            f"moveaxis: {source} and {destination} must be as many axes, each of them once"
        )
    axes = [i for i in range(a.type.ndim) if i not in moved]
    for place, i in sorted(zip(places, moved, strict=True)):
        axes.insert(place, i)
    return ops.dimshuffle(a, axes)


def expand_dims(a, axis):
    """``a`` with new axes of length 1 at these places of the result."""
    a = as_tensor_variable(a)
    ndim = a.type.ndim + (len(axis) if isinstance(axis, (list, tuple)) else 1)
    return ops.expand(a, normal_axes(axis, ndim), ndim)


def squeeze(x, axis=None):
    """``x`` without axes of length 1: the given ones, or all that are known to be."""
    x = as_tensor_variable(x)
    if axis is None:
        drop = [i for i, n in enumerate(x.type.shape) if n == 1]
    else:
        drop = normal_axes(axis, x.type.ndim)
    return ops.dimshuffle(x, [i for i in range(x.type.ndim) if i not in drop])


@following
def broadcast_to(x, shape):
    """``x`` broadcast to a shape.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.broadcast_to([1, 2], (2, 2)).eval()
    array([[1, 2],
           [1, 2]])
    """
    x = as_tensor_variable(x)
    y = ops.BroadcastTo()(x, _lengths(shape)[0])
    return x if y.type == x.type and x.type.is_static else y


def concatenate(tensor_list, axis=0):
    """Arrays joined along an existing axis.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> tt.concatenate([x, [0.0]]).eval({x: [1, 2]})
    array([1., 2., 0.])
    """
    parts = [as_tensor_variable(t) for t in tensor_list]
    if not parts:
        raise ValueError("concatenate: there is nothing to join")
    if parts[0].type.ndim == 0:
        raise ValueError("concatenate: scalars have no axis to join along; use stack")
    return ops.Concatenate(normal_axis(axis, parts[0].type.ndim))(*parts)


def stack(tensors, *more, axis=0):
    """Arrays of one shape joined along a new axis.

    Parameters
    ----------
    tensors : sequence of array_like or variable
        Or the first array, the others following as further arguments.
    *more
        The axis, when the arrays are a sequence.
    axis : int

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.stack([[1, 2], [3, 4]], axis=1).eval()
    array([[1, 3],
           [2, 4]])
    """
    if isinstance(tensors, Variable) or (more and not isinstance(more[0], (int, np.integer))):
        tensors = (tensors, *more)
    elif more:
        (axis,) = more
    parts = [as_tensor_variable(t) for t in tensors]
    if not parts:
        raise ValueError("stack: there is nothing to join")
    return moveaxis(stack_first(parts), 0, axis)


@following
def full(shape, fill_value, dtype=None):
    """An array of one value.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.full((2,), 7.0).eval()
    array([7., 7.])
    """
    return broadcast_to(as_tensor_variable(fill_value, dtype=dtype), shape)


@following
def zeros(shape, dtype=None):
    """An array of zeros, of ``config.floatX`` by default."""
    return full(shape, constant(0, check_dtype(dtype or config.floatX)))


@following
def ones(shape, dtype=None):
    """An array of ones, of ``config.floatX`` by default."""
    return full(shape, constant(1, check_dtype(dtype or config.floatX)))


@following
def full_like(a, fill_value, dtype=None):
    """An array of one value with the shape and element type of ``a``."""
    a = as_tensor_variable(a)
    value = graph.cast(as_tensor_variable(fill_value), dtype or a.type.dtype)
    return ops.broadcast_like(value, a)


@following
def zeros_like(model, dtype=None):
    """Zeros with the shape and element type of ``model``."""
    return full_like(model, 0, dtype)


@following
def ones_like(model, dtype=None):
    """Ones with the shape and element type of ``model``."""
    return full_like(model, 1, dtype)


@following
def take(a, indices, axis=None, mode="raise"):
    """Elements along an axis at positions; of the flattened array by default.

    Parameters
    ----------
    a, indices : array_like or variable
    axis : int, optional
    mode : {"raise", "wrap", "clip"}
        What to do about positions out of range; ``"clip"`` makes negative ones 0.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.take([10, 20, 30], [2, 0, -1]).eval()
    array([30, 10, 30])
    """
    a = as_tensor_variable(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis, indices = normal_axis(axis, a.type.ndim), as_tensor_variable(indices)
    if mode == "wrap":
        indices = graph.mod(indices, shape_entry(a, axis))
    elif mode == "clip":
        indices = graph.clip(indices, 0, shape_entry(a, axis) - 1)
    elif mode != "raise":
        raise ValueError(f"take: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    return Take(axis)(a, indices)


def stop_gradient(x):
    """``x`` itself, through which no gradient flows.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> float(graphcore.grad(x * tt.stop_gradient(x), x).eval({x: 3.0}))
    3.0
    """
    return ops.StopGradient()(as_tensor_variable(x))


disconnected_grad = stop_gradient

__all__ = [
    "broadcast_to", "concatenate", "dimshuffle", "disconnected_grad", "expand_dims",
    "flatten", "full", "full_like", "moveaxis", "ones", "ones_like", "ravel", "reshape",
    "shape", "size", "squeeze", "stack", "stop_gradient", "swapaxes", "take", "transpose",
    "zeros", "zeros_like",
]  # fmt: skip
