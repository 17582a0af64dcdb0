"""Linear algebra under the names of ``numpy.linalg`` and ``scipy.linalg``."""

from graphcore.tensor.decompositions import (
    block_diag,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    expm,
    lstsq,
    lu,
    norm,
    pinv,
    qr,
    svd,
    tensorinv,
    tensorsolve,
)
from graphcore.tensor.matrix_functions import (
    cho_solve,
    cholesky,
    det,
    diagonal,
    inv,
    kron,
    logdet,
    matrix_dot,
    matrix_power,
    slogdet,
    solve,
    solve_triangular,
    trace,
)

multi_dot = matrix_dot

__all__ = [
    "block_diag", "cho_solve", "cholesky", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "expm", "inv", "kron", "logdet", "lstsq", "lu", "matrix_dot", "matrix_power", "multi_dot",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd", "tensorinv", "tensorsolve",
    "trace",
]  # fmt: skip
