"""Functions that change how gradients pass through a value."""

from graphcore.ops import markers
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.shaping import disconnected_grad


def zero_grad(x):
    """``x``, through which gradients are zero.

    Unlike ``disconnected_grad`` a gradient with respect to something that lies behind ``x`` alone
    is no error.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> float(graphcore.grad(zero_grad(x) ** 2, x).eval({x: 3.0}))
    0.0
    """
    return markers.ZeroGradient()(as_tensor_variable(x))


def undefined_grad(x):
    """``x``, through which no gradient exists: asking for one is an error.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> graphcore.grad(undefined_grad(x) ** 2, x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    graphcore.errors.NullTypeGradError: grad: the gradient of 'x' through undefined_grad is not ...
    """
    return markers.NoGradient()(as_tensor_variable(x))


def grad_clip(x, lower_bound, upper_bound):
    """``x``; the gradient that passes through it is limited to an interval, per element.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> float(graphcore.grad(grad_clip(x, -1, 1) ** 2, x).eval({x: 3.0}))
    1.0
    """
    return markers.ClippedGradient(lower_bound, upper_bound)(as_tensor_variable(x))


def grad_scale(x, multiplier):
    """``x``; the gradient that passes through it is multiplied by a number.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> float(graphcore.grad(grad_scale(x, -1) ** 2, x).eval({x: 3.0}))
    -6.0
    """
    return markers.ScaledGradient(multiplier)(as_tensor_variable(x))


def consider_constant(x):
    """Theano's older name of :func:`zero_grad`."""
    return zero_grad(x)


def grad_undefined(op, x_pos, x, comment=""):
    """What the ``grad`` of an operation returns for an input without gradient."""
    return markers.UndefinedGradient(comment or f"{op!r} says so of its input {x_pos}")


def grad_not_implemented(op, x_pos, x, comment=""):
    """What the ``grad`` of an operation returns where nobody has written the gradient yet."""
    reason = comment or f"{op!r} does not implement it for its input {x_pos}"
    return markers.UndefinedGradient(reason)


__all__ = [
    "consider_constant", "disconnected_grad", "grad_clip", "grad_not_implemented", "grad_scale",
    "grad_undefined", "undefined_grad", "zero_grad",
]  # fmt: skip
