"""Linear algebra: an older place of :mod:`graphcore.tensor.nlinalg`."""

from graphcore.tensor.nlinalg import det, diag, matrix_inverse, trace
from graphcore.tensor.slinalg import cholesky

__all__ = ["cholesky", "det", "diag", "matrix_inverse", "trace"]
