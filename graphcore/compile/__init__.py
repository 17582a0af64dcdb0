"""Functions and what goes into them: Theano's name of the module."""

from graphcore.compile import (
    builders,
    debugmode,
    io,
    mode,
    monitormode,
    nanguardmode,
    ops,
    sharedvalue,
)
from graphcore.errors import UnusedInputError
from graphcore.graph.nodes import SharedVariable
from graphcore.ops.inner import OpFromGraph, ViewOp
from graphcore.ops.user import FromFunctionOp, as_op, wrap_py
from graphcore.runtime.callable import Function
from graphcore.runtime.function import function
from graphcore.runtime.inputs import In, Out, Param, SymbolicInput, SymbolicOutput
from graphcore.runtime.modes import (
    DebugMode,
    Mode,
    MonitorMode,
    NanGuardMode,
    get_default_mode,
    get_mode,
)
from graphcore.tensor import shared, specify_shape


def pfunc(params, outputs=None, **options):
    """:func:`~graphcore.function` by an older name, with the name ``params`` of the inputs."""
    return function(params, outputs, **options)


__all__ = [
    "DebugMode", "FromFunctionOp", "Function", "In", "Mode", "MonitorMode", "NanGuardMode",
    "OpFromGraph",
    "Out", "Param", "SharedVariable", "SymbolicInput", "SymbolicOutput",
    "UnusedInputError", "ViewOp", "as_op",
    "builders", "debugmode", "function", "get_default_mode", "get_mode", "io", "mode",
    "monitormode", "nanguardmode", "ops", "pfunc", "shared", "sharedvalue", "specify_shape",
    "wrap_py",
]  # fmt: skip
