"""Processes on grids, whose covariance is a Kronecker product."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions import KroneckerNormal, MvNormal, Normal
from graphcore.model.gp.cov import Kron
from graphcore.model.gp.inputs import points
from graphcore.model.gp.marginal import Marginal
from graphcore.model.gp.process import JITTER, Process, accepts_noise, noise_function, stabilize
from graphcore.model.math import cartesian, kron_dot, kron_solve_lower
from graphcore.model.terms import Deterministic


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
        f = self.mean_func(X) + kron_dot(factors, v)[:, 0]
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

        v = kron_solve_lower(factors, self.f - self.mean_func(X))[:, 0]
        A = kron_solve_lower(factors, self.cov_func(X, Xnew))
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

    @accepts_noise
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
