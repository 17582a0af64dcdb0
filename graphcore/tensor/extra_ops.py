"""The functions that Theano keeps in ``theano.tensor.extra_ops``."""

from graphcore.tensor.arranging import broadcast_arrays, broadcast_shape, repeat
from graphcore.tensor.operations import CumOp, DiffOp, RepeatOp, SearchsortedOp, Unique
from graphcore.tensor.ordering import (
    bincount,
    compress,
    cumprod,
    cumsum,
    diff,
    searchsorted,
    unique,
)
from graphcore.tensor.positions import ravel_multi_index, unravel_index
from graphcore.tensor.sequences import (
    bartlett,
    fill_diagonal,
    fill_diagonal_offset,
    geomspace,
    linspace,
    logspace,
    to_one_hot,
)
from graphcore.tensor.shaping import broadcast_to, squeeze

__all__ = [
    "CumOp", "DiffOp", "RepeatOp", "SearchsortedOp", "Unique", "bartlett", "bincount",
    "broadcast_arrays", "broadcast_shape", "broadcast_to", "compress",
    "cumprod", "cumsum", "diff", "fill_diagonal", "fill_diagonal_offset", "geomspace", "linspace",
    "logspace", "ravel_multi_index", "repeat", "searchsorted", "squeeze", "to_one_hot", "unique",
    "unravel_index",
]  # fmt: skip
