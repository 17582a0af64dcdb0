"""Theano's name of the module of random streams; there is one kind of generator here."""

from graphcore.tensor.random import MRG_RandomStreams

__all__ = ["MRG_RandomStreams"]
