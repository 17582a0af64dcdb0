"""Large arrays: from which size on data are referenced, and how to look at them piece by piece.

Data may be larger than the memory that is left, or than all memory when they are mapped from a
file.
"""

import numpy as np

REFERENCED = 2**20  # bytes from which on an array of the user is referenced and not copied
DERIVED = 2**22  # bytes up to which arrays are made of constant data when a program is built
PIECE = 2**16  # elements that are looked at together


def is_large(array):
    """Whether an array is referenced where a small one would be copied."""
    return array.nbytes >= REFERENCED or is_mapped(array)


def is_mapped(array):
    """Whether the elements of an array lie in a file.

    Examples
    --------
    >>> is_mapped(np.zeros(3))
    False
    """
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


def pieces(array):
    """Parts of an array along its first axis, in order, of about ``PIECE`` elements each."""
    if array.size <= PIECE:
        return [array]
    rows = max(1, PIECE * len(array) // array.size)
    return (array[i : i + rows] for i in range(0, len(array), rows))


def any_nan(array):
    """Whether any element is NaN; needs no memory in proportion to the array.

    Examples
    --------
    >>> any_nan(np.array([1.0, np.nan]))
    True
    """
    return any(bool(np.isnan(part).any()) for part in pieces(array))
