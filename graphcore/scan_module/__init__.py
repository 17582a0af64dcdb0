"""Loops: Theano's name of the module."""

from graphcore.scan_module import scan_utils
from graphcore.tensor.scan import foldl, foldr, map, reduce, scan, until

__all__ = ["foldl", "foldr", "map", "reduce", "scan", "scan_utils", "until"]
