"""Shared variables: Theano's name of the module."""

from graphcore.graph.nodes import SharedVariable
from graphcore.tensor import shared

__all__ = ["SharedVariable", "shared"]
