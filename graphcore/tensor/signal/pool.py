"""The largest element, the sum or the mean of every window of an image."""

import math

import numpy as np

from graphcore.ops.elementwise import apply_row
from graphcore.ops.operands import is_float
from graphcore.tensor.arranging import repeat
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import switch
from graphcore.tensor.indexing import getitem
from graphcore.tensor.reductions import FUNCTIONS
from graphcore.tensor.shaping import ones, reshape
from graphcore.tensor.windows import at_least, counts, length, padded, tuple_of, windows

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")


def pool_2d(input, ws=None, ignore_border=None, stride=None, pad=(0, 0), mode="max",
            ds=None, st=None, padding=None):  # fmt: skip
    """The largest element (or sum, or mean) of windows of the last two axes.

    Parameters
    ----------
    input : array_like or variable
        At least two axes.
    ws : int or (int, int)
        Size of a window.
    ignore_border : bool
        Whether a window that is cut off by the border is left out; False by default.
    stride : int or (int, int), optional
        Distance between windows; their size by default.
    pad : int or (int, int)
        Elements added at both ends of each axis first (-inf for a maximum); these need
        ``ignore_border=True``.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
        What is taken of a window; the last two are means with and without added elements.
    ds, st, padding
        Older names of ``ws``, ``stride`` and ``pad``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.signal.pool.pool_2d([[1.0, 2.0], [4.0, 3.0]], (2, 2)).eval()
    array([[4.]])
    """
    ws, stride = ds if ws is None else ws, st if stride is None else stride
    return _pool(input, 2, ws, ignore_border, stride, pad if padding is None else padding, mode)


def pool_3d(input, ws=None, ignore_border=None, stride=None, pad=(0, 0, 0), mode="max",
            ds=None, st=None, padding=None):  # fmt: skip
    """:func:`pool_2d` of windows of the last three axes."""
    ws, stride = ds if ws is None else ws, st if stride is None else stride
    return _pool(input, 3, ws, ignore_border, stride, pad if padding is None else padding, mode)


def max_pool_2d_same_size(input, patch_size):
    """The image with zeros wherever an element is not the largest of its patch.

    Patches that are cut off by the border are zero as well.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.signal.pool.max_pool_2d_same_size([[1.0, 2.0], [4.0, 3.0]], (2, 2)).eval()
    array([[0., 0.],
           [4., 0.]])
    """
    x = as_tensor_variable(input)
    patch = tuple_of(patch_size, 2, "patch_size")
    top = pool_2d(x, patch, ignore_border=True)
    for i in range(2):
        top = repeat(top, patch[i], axis=x.type.ndim - 2 + i)
    after = [length(x, x.type.ndim - 2 + i) - length(top, x.type.ndim - 2 + i) for i in range(2)]
    top = padded(top, (0, 0), after, float("inf"))
    return switch(apply_row("eq", x, top), x, 0.0)


def _pool(input, k, ws, ignore_border, stride, pad, mode):
    x = as_tensor_variable(input)
    if ws is None:
        raise TypeError("pooling needs ws, the size of a window")
    if mode not in MODES:
        raise ValueError(f"pooling: mode must be one of {', '.join(MODES)}, not {mode!r}")
    if x.type.ndim < k:
        raise TypeError(f"pooling needs at least {k} axes, the array has {x.type.ndim}")
    if mode != "max" and not is_float(x.type.dtype):
        x = x.astype("float64")
    size = tuple_of(ws, k, "ws")
    step = size if stride is None else tuple_of(stride, k, "stride")
    pad = tuple_of(pad, k, "pad")
    added = any(not isinstance(n, int) or n for n in pad)
    if added and not ignore_border:
        raise ValueError("pooling: pad needs ignore_border=True")
    low = _lowest(x.type.dtype) if mode == "max" else 0
    if ignore_border and not added and _plain(size, step):
        return _blocks(x, size, mode)
    whole, after = padded(x, pad, pad, low), (0,) * k
    if not ignore_border:
        after = _cut_off(x, size, step)
        whole = padded(x, (0,) * k, after, low)
    found = windows(whole, size, step)
    inner = tuple(range(found.type.ndim - k, found.type.ndim))
    if mode in ("max", "sum"):
        return FUNCTIONS[mode](found, axis=inner)
    shape = tuple(length(x, x.type.ndim - k + i) for i in range(k))
    there = padded(ones(shape), pad, pad, 1 if mode == "average_inc_pad" else 0)
    there = padded(there, (0,) * k, after)
    number = FUNCTIONS["sum"](windows(there, size, step), axis=tuple(range(k, 2 * k)))
    return FUNCTIONS["sum"](found, axis=inner) / number.astype(x.type.dtype)


def _lowest(dtype):
    return -np.inf if is_float(dtype) else int(np.iinfo(dtype).min)


def _plain(size, step):
    return all(isinstance(n, int) and n == m for n, m in zip(size, step, strict=True))


def _blocks(x, size, mode):
    """Windows side by side are axes of a reshaped array."""
    k, ndim = len(size), x.type.ndim
    number = counts(x, size, size, (1,) * k)
    lead = [length(x, i) for i in range(ndim - k)]
    cut = tuple(slice(0, m * n) for m, n in zip(number, size, strict=True))
    split = [n for pair in zip(number, size, strict=True) for n in pair]
    parts = reshape(getitem(x, (..., *cut)), (*lead, *split))
    inner = tuple(ndim - k + 2 * i + 1 for i in range(k))
    name = mode if mode in ("max", "sum") else "sum"
    y = FUNCTIONS[name](parts, axis=inner)
    return y if mode in ("max", "sum") else y / math.prod(size)


def _cut_off(x, size, step):
    """How many elements are missing at the end for windows to cover all of the image."""
    missing = []
    for i, (n, s) in enumerate(zip(size, step, strict=True)):
        m = length(x, x.type.ndim - len(size) + i)
        if isinstance(n, int) and isinstance(s, int) and s >= n:
            number = (m - 1) // s + 1
        else:
            number = at_least((m - 1 - n + s) // s, 0) + 1
        missing.append(at_least((number - 1) * s + n - m, 0))
    return tuple(missing)


__all__ = ["max_pool_2d_same_size", "pool_2d", "pool_3d"]
