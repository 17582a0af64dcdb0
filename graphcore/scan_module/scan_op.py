"""The operation of loops: Theano's name of the module."""

from graphcore.ops.scan import Scan

__all__ = ["Scan"]
