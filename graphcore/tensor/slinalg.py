"""Linear algebra under Theano's names for what SciPy has."""

from graphcore.tensor.matrix_functions import (
    cho_solve,
    cholesky,
    kron,
    solve,
    solve_triangular,
)

__all__ = [
    "cho_solve",
    "cholesky",
    "kron",
    "solve",
    "solve_triangular",
]
