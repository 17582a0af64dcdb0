"""Inputs and outputs: Theano's name of the module."""

from graphcore.runtime.inputs import In, Out, Param

__all__ = ["In", "Out", "Param"]
