"""Linear algebra under Theano's names for what SciPy has."""

import functools

from graphcore.tensor.decompositions import block_diag, eigvalsh, expm, lu
from graphcore.tensor.matrix_functions import (
    cho_solve,
    cholesky,
    kron,
    solve,
    solve_triangular,
)

solve_lower_triangular = functools.partial(solve_triangular, lower=True)
solve_upper_triangular = functools.partial(solve_triangular, lower=False)

__all__ = [
    "block_diag",
    "cho_solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "lu",
    "solve",
    "solve_lower_triangular",
    "solve_triangular",
    "solve_upper_triangular",
]
