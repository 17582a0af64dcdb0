"""The mode that compares two evaluators: Theano's name of the module."""

from graphcore.runtime.modes import DebugMode

__all__ = ["DebugMode"]
