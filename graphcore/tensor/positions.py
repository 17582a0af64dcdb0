"""Positions in an array as positions in the flattened one, and back."""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops import ranges
from graphcore.ops.elementwise import apply_row
from graphcore.ops.operands import constant
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import getitem
from graphcore.tensor.shaping import take


def unravel_index(indices, dims, order="C", ndim=None):
    """Positions on every axis of positions in the flattened array of shape ``dims``.

    ``ndim`` is the number of axes, where ``dims`` is a vector of unknown length.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> [i.eval().tolist() for i in tt.unravel_index([5, 2], (2, 3))]
    [[1, 0], [2, 2]]
    """
    indices = as_tensor_variable(indices)
    if ndim is not None:
        dims = as_tensor_variable(dims)
    lengths = _entries(dims, ndim)
    found = []
    for n in reversed(lengths) if order == "C" else lengths:
        found.append(apply_row("mod", indices, n))
        indices = apply_row("floor_div", indices, n)
    return tuple(reversed(found)) if order == "C" else tuple(found)


def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """Positions in the flattened array of shape ``dims`` of positions on every axis.

    Parameters
    ----------
    multi_index : sequence of integer arrays
    dims : sequence of int
    mode : {"raise", "wrap", "clip"}
    order : {"C", "F"}
    """
    flat = constant(0)
    indices = [as_tensor_variable(i) for i in multi_index]
    pairs = list(zip(indices, _entries(dims, len(indices)), strict=True))
    for i, n in pairs if order == "C" else pairs[::-1]:
        if mode == "raise":  # a range of the right length complains
            i = take(ranges.arange(n), apply_row("switch", i < 0, n, i), 0)
        elif mode == "wrap":
            i = apply_row("mod", i, n)
        else:
            i = apply_row("minimum", apply_row("maximum", i, 0), n - 1)
        flat = apply_row("mul", flat, n) + i
    return flat


def _entries(dims, count=None):
    """Lengths as numbers or scalars; a count is needed where that of a variable is not known."""
    if isinstance(dims, Variable) and dims.type.ndim:
        count = dims.type.shape[0] or count
        if count is None:
            raise ValueError("pass ndim, as the number of lengths is not known")
        return [getitem(dims, i) for i in range(count)]
    found = np.atleast_1d(dims).tolist()
    if not all(isinstance(n, (int, Variable)) for n in found):
        raise TypeError(f"dims: lengths must be integers, not {found}")
    return found


__all__ = ["ravel_multi_index", "unravel_index"]
