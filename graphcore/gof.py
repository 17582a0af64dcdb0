"""Graphs and operations: Theano's name of the module."""

from graphcore.errors import MissingInputError
from graphcore.graph import basic as graph
from graphcore.graph.basic import Apply, Constant, FunctionGraph, SharedVariable, Variable
from graphcore.graph.types import TensorType
from graphcore.ops.user import UserOp as Op
from graphcore.tensor.opt import OpRemove

Type = TensorType

__all__ = [
    "Apply",
    "Constant",
    "FunctionGraph",
    "MissingInputError",
    "Op",
    "OpRemove",
    "SharedVariable",
    "TensorType",
    "Type",
    "Variable",
    "graph",
]
