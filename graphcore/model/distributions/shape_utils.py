"""What classes of distributions ask about shapes."""

from collections.abc import Sequence

import numpy as np

Dims = str | Sequence[str | None]
Shape = int | Sequence[int]
Size = int | Sequence[int]


def to_tuple(shape):
    """A shape as a tuple of int.

    Examples
    --------
    >>> to_tuple(3), to_tuple(None), to_tuple([2, 3])
    ((3,), (), (2, 3))
    """
    return () if shape is None else tuple(int(n) for n in np.atleast_1d(shape))


def rv_size_is_none(size):
    """Whether no ``size`` was given to a distribution, so that parameters say its shape.

    Examples
    --------
    >>> rv_size_is_none(None), rv_size_is_none((3,))
    (True, False)
    """
    return size is None
