"""Convolutions of images with channels, as products of windows and filters.

A window of every output element is gathered, and one matrix product applies all filters to all
windows; derivatives are those of gathering and of the product.
"""

from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import getitem, set_subtensor
from graphcore.tensor.products import tensordot
from graphcore.tensor.shaping import concatenate, zeros
from graphcore.tensor.windows import length, padded, tuple_of, windows


def conv2d(input, filters, input_shape=None, filter_shape=None, border_mode="valid",
           subsample=(1, 1), filter_flip=True, image_shape=None, filter_dilation=(1, 1),
           num_groups=1, unshared=False, **ignored):  # fmt: skip
    """Convolution of a batch of images with filters.

    Parameters
    ----------
    input : tensor4
        Images, channels, rows, columns.
    filters : tensor4
        Filters (channels of the result), channels, rows, columns.
    input_shape, filter_shape, image_shape
        Accepted for compatibility: shapes are known when a function is called.
    border_mode : {"valid", "full", "half"}, int, (int, int) or pairs of int
        Where filters may stand: inside of the image; wherever they touch it; centred in it; or
        inside of the image with so many zeros around it.
    subsample : (int, int)
        Distance between places.
    filter_flip : bool
        True for convolution, False for correlation.
    filter_dilation : (int, int)
        Distance between the image elements that a filter reads.
    num_groups : int
        Channels and filters in so many groups that have nothing to do with each other.
    unshared : bool
        Only False is supported.

    Returns
    -------
    Variable
        Images, filters, rows, columns.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.arange(9.0).reshape((1, 1, 3, 3))
    >>> tt.nnet.conv2d(x, tt.ones((1, 1, 2, 2))).eval()
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    if unshared:
        raise NotImplementedError("conv2d: filters of every place of their own (unshared)")
    return _convolve(input, filters, 2, border_mode, subsample, filter_flip, filter_dilation,
                     num_groups)  # fmt: skip


def conv3d(input, filters, input_shape=None, filter_shape=None, border_mode="valid",
           subsample=(1, 1, 1), filter_flip=True, filter_dilation=(1, 1, 1),
           num_groups=1, **ignored):  # fmt: skip
    """:func:`conv2d` with three axes of places."""
    return _convolve(input, filters, 3, border_mode, subsample, filter_flip, filter_dilation,
                     num_groups)  # fmt: skip


def separable_conv2d(input, depthwise_filters, pointwise_filters, num_channels,
                     input_shape=None, depthwise_filter_shape=None, pointwise_filter_shape=None,
                     border_mode="valid", subsample=(1, 1), filter_flip=True,
                     filter_dilation=(1, 1)):  # fmt: skip
    """A convolution of every channel by itself, then one over channels at each place."""
    each = conv2d(
        input, depthwise_filters, border_mode=border_mode, subsample=subsample,
        filter_flip=filter_flip, filter_dilation=filter_dilation, num_groups=num_channels,
    )  # fmt: skip
    return conv2d(each, pointwise_filters, filter_flip=filter_flip)


def conv2d_grad_wrt_inputs(output_grad, filters, input_shape, filter_shape=None,
                           border_mode="valid", subsample=(1, 1), filter_flip=True,
                           filter_dilation=(1, 1), **ignored):  # fmt: skip
    """Derivative by the images of a cost whose derivative by ``conv2d(images, filters)`` is given.

    Parameters
    ----------
    output_grad, filters : tensor4
    input_shape : sequence
        Shape of the images; the last two lengths are read.
    border_mode, subsample, filter_flip, filter_dilation
        As for :func:`conv2d`.
    """
    g, w = _float(output_grad), _float(filters)
    step, spread = _steps(2, subsample, filter_dilation)
    before, after = _borders(border_mode, w, spread, 2)
    size = tuple(input_shape)[-2:]
    reach = [(length(w, 2 + i) - 1) * spread[i] for i in range(2)]
    wide = _dilated(g, step)
    short = [
        size[i] + before[i] + after[i] - (length(wide, 2 + i) + reach[i]) for i in range(2)
    ]  # places that no filter reached
    wide = padded(wide, reach, [r + s for r, s in zip(reach, short, strict=True)])
    w = dimshuffle(w, (1, 0, 2, 3))
    y = conv2d(wide, w, filter_flip=not filter_flip, filter_dilation=spread)
    return y[:, :, before[0] : before[0] + size[0], before[1] : before[1] + size[1]]


def conv2d_grad_wrt_weights(input, output_grad, filter_shape, input_shape=None,
                            border_mode="valid", subsample=(1, 1), filter_flip=True,
                            filter_dilation=(1, 1), **ignored):  # fmt: skip
    """Derivative by the filters of a cost whose derivative by ``conv2d(input, filters)`` is given.

    Parameters
    ----------
    input, output_grad : tensor4
    filter_shape : sequence
        Shape of the filters; the last two lengths are read.
    border_mode, subsample, filter_flip, filter_dilation
        As for :func:`conv2d`.
    """
    x, g = _float(input), _float(output_grad)
    step, spread = _steps(2, subsample, filter_dilation)
    size = tuple(filter_shape)[-2:]
    x = padded(x, *_sizes_of_borders(border_mode, size, spread, 2))
    x, g = dimshuffle(x, (1, 0, 2, 3)), dimshuffle(g, (1, 0, 2, 3))
    y = conv2d(x, g, subsample=spread, filter_dilation=step, filter_flip=False)
    y = dimshuffle(y[:, :, : size[0], : size[1]], (1, 0, 2, 3))
    return y[:, :, ::-1, ::-1] if filter_flip else y


def conv2d_transpose(input, filters, output_shape, filter_shape=None, border_mode="valid",
                     input_dilation=(1, 1), filter_flip=True, filter_dilation=(1, 1),
                     **ignored):  # fmt: skip
    """The transpose of a convolution: :func:`conv2d_grad_wrt_inputs` of ``input``."""
    return conv2d_grad_wrt_inputs(
        input, filters, output_shape, border_mode=border_mode, subsample=input_dilation,
        filter_flip=filter_flip, filter_dilation=filter_dilation,
    )  # fmt: skip


class AbstractConv2d_gradInputs:
    """:func:`conv2d_grad_wrt_inputs` as Theano's operation: made first, then applied.

    Parameters
    ----------
    imshp, kshp : sequence, optional
        Ignored: shapes are known when a program is made.
    border_mode, subsample, filter_flip, filter_dilation
        As for :func:`conv2d`.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> op = AbstractConv2d_gradInputs(subsample=(2, 2))
    >>> op(tt.ones((1, 1, 2, 2)), tt.ones((1, 1, 3, 3)), (6, 6)).eval().shape
    (1, 1, 6, 6)
    """

    _function = staticmethod(conv2d_grad_wrt_inputs)

    def __init__(self, imshp=None, kshp=None, border_mode="valid", subsample=(1, 1),
                 filter_flip=True, filter_dilation=(1, 1)):  # fmt: skip
        self.options = {
            "border_mode": border_mode, "subsample": subsample, "filter_flip": filter_flip,
            "filter_dilation": filter_dilation,
        }  # fmt: skip

    def __call__(self, kern, topgrad, shape):
        """From the filters, the derivative by the result, and the last two lengths of images."""
        return self._function(topgrad, kern, shape, **self.options)


class AbstractConv2d_gradWeights(AbstractConv2d_gradInputs):
    """:func:`conv2d_grad_wrt_weights` as Theano's operation: made first, then applied."""

    _function = staticmethod(conv2d_grad_wrt_weights)

    def __call__(self, img, topgrad, shape):
        """From the images, the derivative by the result, and the last two lengths of filters."""
        return self._function(img, topgrad, shape, **self.options)


def _float(x):
    x = as_tensor_variable(x)
    return x if x.type.numpy_dtype.kind == "f" else x.astype("float64")


def _steps(k, subsample, dilation):
    return tuple_of(subsample, k, "subsample"), tuple_of(dilation, k, "filter_dilation")


def _borders(mode, w, spread, k):
    return _sizes_of_borders(mode, [length(w, 2 + i) for i in range(k)], spread, k)


def _sizes_of_borders(mode, size, spread, k):
    """How many zeros stand before and after each axis."""
    reach = [(size[i] - 1) * spread[i] for i in range(k)]
    if isinstance(mode, str):
        if mode not in ("valid", "full", "half", "same"):
            raise ValueError(f"conv: border_mode must be 'valid', 'full' or 'half', not {mode!r}")
        both = {"valid": [0] * k, "full": reach}.get(mode, [(r + 1) // 2 for r in reach])
        return both, both
    pairs = [
        p if isinstance(p, (tuple, list)) else (p, p) for p in tuple_of(mode, k, "border_mode")
    ]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def _dilated(x, step):
    """``x`` with zeros between its elements along the last axes."""
    k = len(step)
    if all(isinstance(s, int) and s == 1 for s in step):
        return x
    lead = [length(x, i) for i in range(x.type.ndim - k)]
    wide = [(length(x, x.type.ndim - k + i) - 1) * step[i] + 1 for i in range(k)]
    whole = zeros((*lead, *wide), x.type.dtype)
    return set_subtensor(getitem(whole, (..., *(slice(None, None, s) for s in step))), x)


def _convolve(input, filters, k, mode, subsample, flip, dilation, groups):
    x, w = _float(input), _float(filters)
    for v, name in ((x, "input"), (w, "filters")):
        if v.type.ndim != k + 2:
            raise TypeError(f"conv{k}d: {name} needs {k + 2} axes, not {v.type.ndim}")
    channels, read = x.type.shape[1], w.type.shape[1]
    if None not in (channels, read) and channels != read * groups:
        raise ValueError(f"conv{k}d: {channels} channels, the filters have {read * groups}")
    step, spread = _steps(k, subsample, dilation)
    if flip:
        w = getitem(w, (..., *[slice(None, None, -1)] * k))
    x = padded(x, *_borders(mode, w, spread, k))
    if groups == 1:
        return _correlate(x, w, k, step, spread)
    n, m = length(w, 1), length(w, 0) // groups
    parts = [
        _correlate(x[:, i * n : (i + 1) * n], w[i * m : (i + 1) * m], k, step, spread)
        for i in range(groups)
    ]
    return concatenate(parts, axis=1)


def _correlate(x, w, k, step, spread):
    size = [length(w, 2 + i) for i in range(k)]
    found = windows(x, size, step, spread)
    inner = range(2 + k, 2 + 2 * k)
    y = tensordot(found, w, axes=[[1, *inner], [1, *range(2, 2 + k)]])
    return dimshuffle(y, (0, k + 1, *range(1, k + 1)))


__all__ = [
    "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "conv2d", "conv2d_grad_wrt_inputs",
    "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d", "separable_conv2d",
]  # fmt: skip
