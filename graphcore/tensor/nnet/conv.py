"""Convolutions: an older name of :mod:`graphcore.tensor.nnet.abstract_conv`."""

from graphcore.tensor.nnet.abstract_conv import conv2d

__all__ = ["conv2d"]
