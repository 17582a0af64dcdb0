"""Theano's name of the module of random streams whose methods take the shape first."""

from graphcore.tensor.random import RandomStreams

__all__ = ["RandomStreams"]
