"""Linear algebra under Theano's names for what NumPy has."""

from graphcore.tensor.decompositions import (
    eig,
    eigh,
    lstsq,
    norm,
    pinv,
    qr,
    svd,
    tensorinv,
    tensorsolve,
)
from graphcore.tensor.matrix_functions import (
    det,
    diag,
    diagonal,
    inv,
    kron,
    logdet,
    matrix_dot,
    matrix_power,
    slogdet,
    trace,
)

alloc_diag = diag
extract_diag = diagonal
matrix_inverse = inv

__all__ = [
    "alloc_diag",
    "det",
    "diag",
    "eig",
    "eigh",
    "extract_diag",
    "inv",
    "kron",
    "logdet",
    "lstsq",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "svd",
    "tensorinv",
    "tensorsolve",
    "trace",
]
