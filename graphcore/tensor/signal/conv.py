"""Convolution of images without channels."""

from graphcore.ops.index import shape_entry
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.nnet import abstract_conv
from graphcore.tensor.sequences import arange
from graphcore.tensor.shaping import concatenate, expand_dims, zeros


def conv2d(input, filters, image_shape=None, filter_shape=None, border_mode="valid",
           subsample=(1, 1), **ignored):  # fmt: skip
    """Convolution of one image or several with one filter or several.

    Parameters
    ----------
    input, filters : matrix or tensor3
        With three axes the first one counts images or filters.
    image_shape, filter_shape
        Accepted for compatibility.
    border_mode : {"valid", "full"}
    subsample : (int, int)

    Returns
    -------
    Variable
        Axes for images and for filters where there are several, then rows and columns.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.signal.conv.conv2d([[1.0, 2.0, 4.0]], [[1.0, 10.0]]).eval()
    array([[12., 24.]])
    """
    x, w = as_tensor_variable(input), as_tensor_variable(filters)
    for v, name in ((x, "input"), (w, "filters")):
        if v.type.ndim not in (2, 3):
            raise TypeError(f"conv2d: {name} needs two or three axes, not {v.type.ndim}")
    x4 = dimshuffle(x, ("x", "x", 0, 1) if x.type.ndim == 2 else (0, "x", 1, 2))
    w4 = dimshuffle(w, ("x", "x", 0, 1) if w.type.ndim == 2 else (0, "x", 1, 2))
    y = abstract_conv.conv2d(x4, w4, border_mode=border_mode, subsample=subsample)
    y = y if w.type.ndim == 3 else y[:, 0]
    return y if x.type.ndim == 3 else y[0]


def convolve1d(in1, in2, mode="full"):
    """The convolution of two vectors, or of the vectors along the last axis of two arrays.

    Parameters
    ----------
    in1, in2 : variable
        The axes before the last are broadcast.
    mode : {"full", "valid", "same"}
        What is left of the result: all of it, what does not reach over an end, or the middle, as
        long as ``in1``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.signal.convolve1d([1.0, 2.0, 4.0], [1.0, 10.0]).eval()
    array([ 1., 12., 24., 40.])
    """
    _check_mode("convolve1d", mode)
    x, w = as_tensor_variable(in1), as_tensor_variable(in2)
    if x.type.ndim == 0 or w.type.ndim == 0:
        raise TypeError("convolve1d: needs vectors, or arrays of vectors along the last axis")
    if x.type.ndim == w.type.ndim == 1:
        return convolve2d(dimshuffle(x, ("x", 0)), dimshuffle(w, ("x", 0)), mode)[0]
    n, k = shape_entry(x, x.type.ndim - 1), shape_entry(w, w.type.ndim - 1)
    ends = zeros((*(shape_entry(x, i) for i in range(x.type.ndim - 1)), k - 1), x.dtype)
    parts = {"full": (0, n + k - 1), "valid": (k - 1, n - k + 1), "same": ((k - 1) // 2, n)}
    first, length = parts[mode]
    windows = expand_dims(first + k - 1 + arange(length), 1) - arange(k)
    around = concatenate([ends, x, ends], axis=-1)
    return (around[..., windows] * expand_dims(w, w.type.ndim - 1)).sum(axis=-1)


def _check_mode(name, mode):
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"{name}: mode must be 'full', 'valid' or 'same', not {mode!r}")


def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """The convolution of two matrices, with zeros outside.

    Parameters
    ----------
    in1, in2 : matrix
    mode : {"full", "valid", "same"}
        As for :func:`convolve1d`.
    boundary, fillvalue
        Must be "fill" and 0.
    """
    if boundary != "fill" or fillvalue != 0:
        raise NotImplementedError("convolve2d: only zeros outside; pad the matrix before")
    _check_mode("convolve2d", mode)
    x, w = as_tensor_variable(in1), as_tensor_variable(in2)
    if mode == "valid":
        return conv2d(x, w)
    whole = conv2d(x, w, border_mode="full")
    if mode == "full":
        return whole
    starts = [(shape_entry(w, i) - 1) // 2 for i in range(2)]
    return whole[tuple(slice(s, s + shape_entry(x, i)) for i, s in enumerate(starts))]


__all__ = ["conv2d", "convolve1d", "convolve2d"]
