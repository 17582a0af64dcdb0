"""What operations mean: output types, NumPy references and derivatives."""

from graphcore.ops import (
    decompose,
    diagonals,
    elementwise,
    index,
    linalg,
    lines,
    points,
    ranges,
    reduce,
    shape,
)

__all__ = [
    "decompose", "diagonals", "elementwise", "index", "linalg", "lines", "points", "ranges",
    "reduce", "shape",
]  # fmt: skip
