"""Derivatives: everything that differentiates, under Theano's name of the module.

Examples
--------
>>> import graphcore, graphcore.tensor as tt
>>> x = tt.vector("x")
>>> graphcore.gradient.hessian((x**3).sum(), x).eval({x: [1.0, 2.0]})
array([[ 6.,  0.],
       [ 0., 12.]])
"""

from graphcore.autodiff import (
    Lop,
    Rop,
    grad,
    hessian,
    hessian_vector_product,
    jacobian,
    numeric_grad,
    subgraph_grad,
    verify_grad,
)
from graphcore.autodiff.markers import (
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    undefined_grad,
    zero_grad,
)
from graphcore.errors import DisconnectedInputError, GradientError, NullTypeGradError

pullback, pushforward = Lop, Rop


class DisconnectedType:
    """What the ``grad`` of an operation returns for an input that has no influence.

    Examples
    --------
    >>> DisconnectedType()() is None
    True
    """

    def __call__(self):
        return None


__all__ = [
    "DisconnectedInputError",
    "DisconnectedType",
    "GradientError",
    "Lop",
    "NullTypeGradError",
    "Rop",
    "consider_constant",
    "disconnected_grad",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "numeric_grad",
    "pullback",
    "pushforward",
    "subgraph_grad",
    "undefined_grad",
    "verify_grad",
    "zero_grad",
]
