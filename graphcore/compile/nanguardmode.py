"""The mode that finds NaN: Theano's name of the module."""

from graphcore.runtime.modes import NanGuardMode

__all__ = ["NanGuardMode"]
