"""Modes: Theano's name of the module."""

from graphcore.runtime.modes import Mode, MonitorMode, get_default_mode, get_mode

__all__ = ["Mode", "MonitorMode", "get_default_mode", "get_mode"]
