"""Modes: Theano's name of the module."""

from graphcore.runtime.modes import Mode, get_default_mode, get_mode

__all__ = ["Mode", "get_default_mode", "get_mode"]
