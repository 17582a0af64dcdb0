"""Loops: Theano's name of the module."""

from graphcore.tensor.scan import foldl, foldr, map, reduce, scan, until

__all__ = ["foldl", "foldr", "map", "reduce", "scan", "until"]
