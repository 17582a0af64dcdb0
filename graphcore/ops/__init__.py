"""What operations mean: output types, NumPy references and derivatives."""

from graphcore.ops import elementwise, index, linalg, reduce, shape

__all__ = ["elementwise", "index", "linalg", "reduce", "shape"]
