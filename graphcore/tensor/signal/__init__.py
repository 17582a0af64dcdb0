"""Pooling and convolutions of images: Theano's name of the package."""

from graphcore.tensor.signal import conv, downsample, pool

__all__ = ["conv", "downsample", "pool"]
