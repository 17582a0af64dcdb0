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

from graphcore import gradient, sparse, tensor
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
from graphcore.config import show_config
from graphcore.errors import (
    DisconnectedInputError,
    GradientError,
    MissingInputError,
    NullTypeGradError,
    UnusedInputError,
)
from graphcore.graph.printing import debugprint, dprint, pp
from graphcore.runtime.callable import Function
from graphcore.runtime.function import explain, function
from graphcore.runtime.inputs import In, Out
from graphcore.runtime.modes import Mode
from graphcore.runtime.reference import evaluate
from graphcore.tensor import shared
from graphcore.tensor.scan import foldl, foldr, map, reduce, scan, until

__all__ = [
    "DisconnectedInputError",
    "Function",
    "GradientError",
    "In",
    "Lop",
    "MissingInputError",
    "Mode",
    "NullTypeGradError",
    "Out",
    "Rop",
    "UnusedInputError",
    "__version__",
    "debugprint",
    "dprint",
    "evaluate",
    "explain",
    "foldl",
    "foldr",
    "function",
    "grad",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "map",
    "pp",
    "reduce",
    "scan",
    "shared",
    "show_config",
    "sparse",
    "subgraph_grad",
    "tensor",
    "until",
    "verify_grad",
]
