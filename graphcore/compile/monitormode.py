"""The mode that shows every node: Theano's name of the module."""

from graphcore.runtime.modes import MonitorMode

__all__ = ["MonitorMode"]
