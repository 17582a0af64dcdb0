"""Checks inside of graphs: PyTensor's name of the module."""

from graphcore.ops.debug import Assert, CheckAndRaise, assert_op

__all__ = ["Assert", "CheckAndRaise", "assert_op"]
