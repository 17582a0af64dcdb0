"""Theano's place of ``Assert``."""

from graphcore.ops.debug import Assert, assert_op

__all__ = ["Assert", "assert_op"]
