"""Inputs and outputs: Theano's name of the module."""

from graphcore.runtime.inputs import Container, In, Out, Param

__all__ = ["Container", "In", "Out", "Param"]
