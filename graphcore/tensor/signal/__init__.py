"""Pooling and convolutions of images: Theano's name of the package."""

from graphcore.tensor.signal import conv, downsample, pool
from graphcore.tensor.signal.conv import convolve1d, convolve2d

__all__ = ["conv", "convolve1d", "convolve2d", "downsample", "pool"]
