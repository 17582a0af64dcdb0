"""Linear algebra under Theano's names for what SciPy has."""

import functools

from graphcore.tensor.decompositions import block_diag, eigvalsh, expm, lu, qr
from graphcore.tensor.matrix_functions import (
    cho_solve,
    cholesky,
    kron,
    solve,
    solve_triangular,
)

solve_lower_triangular = functools.partial(solve_triangular, lower=True)
solve_upper_triangular = functools.partial(solve_triangular, lower=False)


def Cholesky(lower=True, destructive=True, on_error="raise"):
    """The function :func:`cholesky` with options: ``Cholesky(lower=False)(x)``."""
    return functools.partial(cholesky, lower=lower, on_error=on_error)


def Solve(A_structure="general", lower=False, overwrite_A=False, overwrite_b=False):
    """The function :func:`solve` for matrices of a structure: ``Solve("symmetric")(a, b)``.

    Parameters
    ----------
    A_structure : {"general", "symmetric", "lower_triangular", "upper_triangular"}
    lower, overwrite_A, overwrite_b : bool
        Accepted for programs written for Theano.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.slinalg.Solve("lower_triangular")([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0]).eval()
    array([1., 2.])
    """
    known = {"general": "gen", "symmetric": "sym", "lower_triangular": "lower triangular",
             "upper_triangular": "upper triangular"}  # fmt: skip
    if A_structure not in known:
        raise ValueError(f"Solve: A_structure is {A_structure!r}; it is one of {', '.join(known)}")
    return functools.partial(solve, assume_a=known[A_structure])


__all__ = [
    "Cholesky",
    "Solve",
    "block_diag",
    "cho_solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "lu",
    "qr",
    "solve",
    "solve_lower_triangular",
    "solve_triangular",
    "solve_upper_triangular",
]
