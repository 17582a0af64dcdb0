"""Inputs and outputs: Theano's name of the module."""

from graphcore.runtime.inputs import In, Out

__all__ = ["In", "Out"]
