"""Operations made of graphs: Theano's name of the module."""

from graphcore.ops.inner import OpFromGraph

__all__ = ["OpFromGraph"]
