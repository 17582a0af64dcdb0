"""Processes on grids, whose covariance is a Kronecker product."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions import KroneckerNormal, MvNormal, Normal
from graphcore.model.gp.cov import Kron
from graphcore.model.gp.inputs import points
from graphcore.model.gp.marginal import Marginal
from graphcore.model.gp.process import JITTER, Process, noise_function, stabilize
from graphcore.model.model import Deterministic


def cartesian(*arrays):
    """All combinations of the rows of the inputs, the last input fastest.

    Parameters
    ----------
    *arrays : array of shape (n,) or (n, d)

    Returns
    -------
    ndarray of shape (product of the n, sum of the d)

    Examples
    --------
    >>> from graphcore.model.gp.kron import cartesian
    >>> cartesian([0, 1], [5, 6]).tolist()
    [[0, 5], [0, 6], [1, 5], [1, 6]]
    """
    arrays = [np.asarray(a) for a in arrays]
    arrays = [a[:, None] if a.ndim == 1 else a for a in arrays]
    rows = np.indices([len(a) for a in arrays]).reshape(len(arrays), -1)
    return np.concatenate([a[i] for a, i in zip(arrays, rows, strict=True)], axis=1)


def kron_apply(apply, matrices, x):
    """``apply(matrix, rows)`` of every factor of a Kronecker product, to a vector or columns."""
    columns = tt.as_tensor_variable(x)
    shape, ndim = columns.shape, columns.ndim
    for m in matrices:
        # The axis of this factor is the first; it becomes the last, and the next one first.
        rows = columns.reshape((m.shape[0], -1))
        columns = apply(m, rows).T
        if ndim == 2:  # the columns of x travel along as the fastest axis
            columns = columns.reshape((-1, shape[1], m.shape[0])).dimshuffle(0, 2, 1)
    return columns.reshape(shape)


class _OnGrid:
    """Covariance functions of the axes of a grid."""

    def __init__(self, *, mean_func=None, cov_funcs=None):
        self.cov_funcs = list(cov_funcs or [])
        if not self.cov_funcs:
            raise ValueError("cov_funcs= is needed: one covariance for each axis of the grid")
        super().__init__(mean_func=mean_func, cov_func=Kron(self.cov_funcs))

    def __add__(self, other):
        raise TypeError("processes on grids cannot be added: their sum has no Kronecker structure")

    def _covariances(self, Xs):
        """The matrix of every axis."""
        if len(Xs) != len(self.cov_funcs):
            raise ValueError(f"{len(Xs)} inputs for {len(self.cov_funcs)} covariance functions")
        return [cov(X) for cov, X in zip(self.cov_funcs, Xs, strict=True)]


class LatentKron(_OnGrid, Process):
    """A Gaussian process on a grid, its values unknown.

    Parameters
    ----------
    mean_func : Mean
    cov_funcs : list of Covariance
        One for every axis of the grid.
    """

    def prior(self, name, Xs, jitter=JITTER, **kwargs):
        """The values on a grid, the last axis fastest.

        Parameters
        ----------
        name : str
        Xs : list of arrays of shape (n_i, d_i)
            The points of each axis.
        jitter : float
        **kwargs
            For the distribution of the rotated values.

        Returns
        -------
        TensorVariable of shape (product of the n_i,)
        """
        factors = self._factors(Xs, jitter)
        self.Xs = [np.asarray(X) for X in Xs]
        X = cartesian(*self.Xs)
        v = Normal(f"{name}_rotated_", 0.0, 1.0, shape=(len(X),), **kwargs)
        f = self.mean_func(X) + kron_apply(tt.dot, factors, v)
        self.f = Deterministic(name, f)
        return self.f

    def _factors(self, Xs, jitter):
        return [tt.linalg.cholesky(stabilize(K, jitter)) for K in self._covariances(Xs)]

    def conditional(self, name, Xnew, jitter=JITTER, **kwargs):
        """The values at other points, given those on the grid.

        Parameters
        ----------
        name : str
        Xnew : array of shape (m, sum of the d_i)
        jitter : float
        **kwargs
            For :class:`MvNormal`.

        Returns
        -------
        TensorVariable of shape (m,)
        """
        if not hasattr(self, "Xs"):
            raise ValueError("define the process in the model first, by prior()")
        X, Xnew = points(cartesian(*self.Xs)), points(Xnew, "Xnew")
        factors = self._factors(self.Xs, jitter)

        def solve(L, rows):
            return tt.linalg.solve_triangular(L, rows, lower=True)

        v = kron_apply(solve, factors, self.f - self.mean_func(X))
        A = kron_apply(solve, factors, self.cov_func(X, Xnew))
        mu = self.mean_func(Xnew) + tt.dot(A.T, v)
        cov = self.cov_func(Xnew) - tt.dot(A.T, A)
        return MvNormal(name, mu=mu, cov=stabilize(cov, jitter), **kwargs)


class MarginalKron(_OnGrid, Marginal):
    """A Gaussian process on a grid, observed with white noise.

    Parameters
    ----------
    mean_func : Mean
    cov_funcs : list of Covariance
        One for every axis of the grid.
    """

    def marginal_likelihood(self, name, Xs, y, sigma, **kwargs):
        """The data as an observed variable of the model.

        Parameters
        ----------
        name : str
        Xs : list of arrays of shape (n_i, d_i)
            The points of each axis.
        y : array of shape (product of the n_i,)
            The last axis fastest.
        sigma : number
            Standard deviation of the noise.
        **kwargs
            For :class:`KroneckerNormal`.

        Returns
        -------
        TensorVariable of shape (product of the n_i,)
        """
        covs = self._covariances(Xs)
        self.X, self.y, self.sigma = points(cartesian(*Xs)), y, noise_function(sigma)
        mu = self.mean_func(self.X)
        return KroneckerNormal(name, mu=mu, covs=covs, sigma=sigma, observed=y, **kwargs)
