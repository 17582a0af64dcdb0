"""Linear algebra under the names of ``numpy.linalg`` and ``scipy.linalg``."""

from graphcore.tensor.matrix_functions import (
    cho_solve,
    cholesky,
    det,
    inv,
    logdet,
    matrix_power,
    slogdet,
    solve,
    solve_triangular,
)

__all__ = [
    "cho_solve",
    "cholesky",
    "det",
    "inv",
    "logdet",
    "matrix_power",
    "slogdet",
    "solve",
    "solve_triangular",
]
