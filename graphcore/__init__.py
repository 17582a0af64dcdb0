"""Array expressions and probability models as programs of compiled kernels.

Examples
--------
>>> import graphcore
>>> import graphcore.tensor as tt
>>> x = tt.vector("x")
>>> cost = (x**2).sum()
>>> graphcore.grad(cost, x).eval({x: [1.0, 2.0]})
array([2., 4.])
"""

from numpy import asarray as _asarray  # noqa: F401, what programs for Theano convert with

from graphcore import (
    compile,
    config,
    gof,
    gradient,
    ifelse,
    places,
    printing,
    raise_op,
    sandbox,
    scalar,
    scan_module,
    sparse,
    tensor,
    updates,
)
from graphcore._version import __version__
from graphcore.autodiff import (
    Lop,
    Rop,
    grad,
    hessian,
    hessian_vector_product,
    jacobian,
    subgraph_grad,
    verify_grad,
)
from graphcore.config import change_flags, show_config
from graphcore.errors import (
    DisconnectedInputError,
    GradientError,
    MissingInputError,
    NullTypeGradError,
    UnusedInputError,
)
from graphcore.graph.basic import clone_replace, graph_replace
from graphcore.graph.nodes import Apply, Constant, SharedVariable, Variable
from graphcore.graph.printing import debugprint, dprint, pp
from graphcore.ops.inner import OpFromGraph
from graphcore.ops.user import UserOp as Op
from graphcore.ops.user import as_op, wrap_py
from graphcore.runtime.callable import Function
from graphcore.runtime.function import explain, function
from graphcore.runtime.inputs import In, Out, Param, SymbolicInput, SymbolicOutput
from graphcore.runtime.modes import Mode
from graphcore.runtime.reference import evaluate
from graphcore.tensor import dot, shared
from graphcore.tensor.scan import foldl, foldr, map, reduce, scan, until
from graphcore.tensor.vectorize import vectorize_graph
from graphcore.updates import OrderedUpdates

clone = clone_replace
pprint = pp
places.install()

__all__ = [
    "Apply",
    "Constant",
    "DisconnectedInputError",
    "Function",
    "GradientError",
    "In",
    "Lop",
    "MissingInputError",
    "Mode",
    "NullTypeGradError",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Out",
    "Param",
    "Rop",
    "SharedVariable",
    "SymbolicInput",
    "SymbolicOutput",
    "UnusedInputError",
    "Variable",
    "__version__",
    "as_op",
    "change_flags",
    "clone",
    "clone_replace",
    "compile",
    "config",
    "debugprint",
    "dot",
    "dprint",
    "evaluate",
    "explain",
    "foldl",
    "foldr",
    "function",
    "gof",
    "grad",
    "gradient",
    "graph_replace",
    "hessian",
    "hessian_vector_product",
    "ifelse",
    "jacobian",
    "map",
    "pp",
    "pprint",
    "printing",
    "raise_op",
    "reduce",
    "sandbox",
    "scalar",
    "scan",
    "scan_module",
    "shared",
    "show_config",
    "sparse",
    "subgraph_grad",
    "tensor",
    "until",
    "updates",
    "vectorize_graph",
    "verify_grad",
    "wrap_py",
]
