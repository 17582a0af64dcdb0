"""Convolution of images without channels."""

from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.nnet import abstract_conv


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


__all__ = ["conv2d"]
