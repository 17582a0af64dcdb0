"""What programs use of Theano's module of numbers, which are arrays without axes here."""

from graphcore.ops.operands import promote


def upcast(dtype, *dtypes):
    """The element type that holds elements of all of some types.

    Examples
    --------
    >>> import graphcore
    >>> graphcore.scalar.upcast("bool", "float32"), graphcore.scalar.upcast("int64", "float32")
    ('float32', 'float64')
    """
    for other in dtypes:
        dtype = promote(dtype, other)
    return dtype


__all__ = ["upcast"]
