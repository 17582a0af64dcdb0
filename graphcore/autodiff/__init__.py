"""From graphs to the graphs of their derivatives."""

from graphcore.autodiff.check import verify_grad
from graphcore.autodiff.derivatives import (
    Lop,
    Rop,
    hessian,
    hessian_vector_product,
    jacobian,
    numeric_grad,
    subgraph_grad,
)
from graphcore.autodiff.reverse import grad

__all__ = [
    "Lop",
    "Rop",
    "grad",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "numeric_grad",
    "subgraph_grad",
    "verify_grad",
]
