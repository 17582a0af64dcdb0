"""Theano's older convolution of films: the time comes before the channels."""

from graphcore.tensor.nnet import abstract_conv
from graphcore.tensor.shaping import dimshuffle


def conv3d(signals, filters, signals_shape=None, filters_shape=None, border_mode="valid"):
    """Convolution over time and both axes of space; filters are flipped.

    Parameters
    ----------
    signals : tensor5
        Axes: films, times, channels, rows, columns.
    filters : tensor5
        Axes: filters, times, channels, rows, columns.
    signals_shape, filters_shape : sequence, optional
        Ignored: shapes are known when a program is made.
    border_mode : str, int or tuple
        As for :func:`graphcore.tensor.nnet.conv3d`.

    Returns
    -------
    TensorVariable
        Axes: films, times, filters, rows, columns.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> conv3d(tt.ones((1, 4, 2, 3, 3)), tt.ones((5, 2, 2, 3, 3))).eval().shape
    (1, 3, 5, 1, 1)
    """
    later = (0, 2, 1, 3, 4)
    x, w = dimshuffle(signals, later), dimshuffle(filters, later)
    return dimshuffle(abstract_conv.conv3d(x, w, border_mode=border_mode), later)


__all__ = ["conv3d"]
