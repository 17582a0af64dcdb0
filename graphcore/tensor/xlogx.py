"""Logarithms of numbers that may be zero: Theano's name of the module."""

from graphcore.ops.elementwise import apply_row


def xlogx(x):
    """``x * log(x)``, and 0 at 0.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.xlogx.xlogx([0.0, 1.0]).eval()
    array([0., 0.])
    """
    return apply_row("xlogy", x, x)


def xlogy0(x, y):
    """``x * log(y)``, and 0 where ``x`` is 0.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.xlogx.xlogy0([0.0, 1.0], [0.0, 1.0]).eval()
    array([0., 0.])
    """
    return apply_row("xlogy", x, y)


__all__ = ["xlogx", "xlogy0"]
