"""Transforms of matrices that are given as vectors of the elements of a triangle."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.transform import Plain

APART = 4  # rows of matrices up to which their elements are handled one by one


def packed_diagonal(n):
    """Positions of the diagonal in the packed rows of a lower triangle."""
    return np.arange(1, n + 1).cumsum() - 1


def arranged(packed, place, *constants):
    """Elements of the last axis by their places; behind them stand the constants.

    Examples
    --------
    >>> arranged(tt.constant([7.0]), np.array([[1, 0], [0, 1]]), 1.0).eval()
    array([[1., 7.],
           [7., 1.]])
    """
    packed = tt.as_tensor_variable(packed)
    behind = tt.broadcast_to(tt.constant(constants), (*packed.type.shape[:-1], len(constants)))
    return tt.concatenate([packed, behind], axis=-1)[..., place]


def _elements(matrices, places):
    """Elements of matrices, which are the last two axes, by their places in C order."""
    flat = tt.reshape(matrices, (*matrices.type.shape[:-2], -1))
    return flat[..., places]


class CholeskyCovPacked(Plain):
    """Rows of a lower triangle with a positive diagonal, which goes to the log scale.

    Parameters
    ----------
    n : int
        Rows of the matrix.
    """

    name = "cholesky-cov-packed"
    ndim = 1

    def __init__(self, n):
        self.n = n
        self.diagonal = packed_diagonal(n)
        self._is_diagonal = np.zeros(n * (n + 1) // 2, dtype=bool)
        self._is_diagonal[self.diagonal] = True

    def forward(self, value, *inputs):
        return tt.switch(self._is_diagonal, tt.log(value), value)

    def backward(self, value, *inputs):
        if self.n > APART:
            return tt.switch(self._is_diagonal, tt.exp(value), value)
        parts = [value[..., k] for k in range(len(self._is_diagonal))]
        return tt.stack(
            [tt.exp(x) if d else x for x, d in zip(parts, self._is_diagonal, strict=True)], axis=-1
        )

    def log_jac_det(self, value, *inputs):
        if self.n > APART:
            return tt.sum(value[..., self.diagonal], axis=-1)
        return sum(value[..., int(k)] for k in self.diagonal)


class CholeskyCorr(Plain):
    """Correlation matrices, as the vector of what stands above their diagonal.

    The value ``y`` fills the rows below the diagonal of a matrix with ones on it; divided by their
    lengths, these rows are the Cholesky factor of the correlation matrix.

    Parameters
    ----------
    n : int
        Rows of the matrix.

    Examples
    --------
    >>> float(CholeskyCorr(2).backward(tt.constant([1.0])).eval()[0])
    0.7071067811865475
    """

    name = "cholesky-corr"
    ndim = 1

    def __init__(self, n):
        self.n = n
        below = n * (n - 1) // 2
        self._place = np.full((n, n), below)  # behind the elements stand a zero and a one
        self._place[np.tril_indices(n, -1)] = np.arange(below)
        self._place[np.diag_indices(n)] = below + 1
        self._matrix = np.full((n, n), below)
        self._matrix[np.triu_indices(n, 1)] = np.arange(below)
        self._matrix.T[np.triu_indices(n, 1)] = np.arange(below)
        self._upper = np.flatnonzero(np.triu(np.ones((n, n)), 1))
        self._lower = np.flatnonzero(np.tril(np.ones((n, n)), -1))

    def _rows(self, value):
        return arranged(value, self._place, 0.0, 1.0)

    def forward(self, value, *inputs):
        factor = tt.linalg.cholesky(arranged(value, self._matrix, 1.0))
        diagonal = factor[..., np.arange(self.n), np.arange(self.n)]
        return _elements(factor / tt.expand_dims(diagonal, -1), self._lower)

    def backward(self, value, *inputs):
        rows = self._rows(value)
        factor = rows / tt.sqrt(tt.sum(tt.sqr(rows), axis=-1, keepdims=True))
        return _elements(tt.matmul(factor, tt.swapaxes(factor, -1, -2)), self._upper)

    def log_jac_det(self, value, *inputs):
        squares = tt.sum(tt.sqr(self._rows(value)), axis=-1)
        return -0.5 * (self.n + 1) * tt.sum(tt.log(squares), axis=-1)
