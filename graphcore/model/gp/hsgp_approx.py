"""The parts of the Hilbert space approximation, for models that put them together themselves.

The names are PyMC's.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.gp.spectral import (
    HSGP,
    HSGPPeriodic,
    approx_hsgp_hyperparams,
    half_waves,
    sines,
)


def set_boundary(X, c):
    """The boundary of each dimension as numbers: ``c`` times half the range of the inputs.

    Examples
    --------
    >>> set_boundary(np.array([[0.0], [4.0]]), 1.5)
    array([3.])
    """
    x = tt.as_tensor_variable(X)
    return (c * (tt.max(x, axis=0) - tt.min(x, axis=0)) / 2).eval()


def calc_eigenvalues(L, m):
    """Eigenvalues of the Laplace operator: squares of the frequencies of the functions.

    Parameters
    ----------
    L : array of shape (d,)
        The functions are zero at this distance from the origin.
    m : list of int
        Number of functions of each dimension.

    Returns
    -------
    array or TensorVariable of shape (functions, d)
    """
    return (math.pi * half_waves(m) / (2 * L)) ** 2


def calc_eigenvectors(Xs, L, eigvals, m):
    """The basis functions at centered points.

    Parameters
    ----------
    Xs : array of shape (n, d)
    L : array of shape (d,)
    eigvals : array of shape (functions, d)
        Of :func:`calc_eigenvalues`.
    m : list of int

    Returns
    -------
    TensorVariable of shape (n, functions)

    Examples
    --------
    >>> x = np.array([[0.0], [0.5]])
    >>> L = np.array([1.0])
    >>> calc_eigenvectors(x, L, calc_eigenvalues(L, [2]), [2]).eval().round(6)
    array([[ 1.      ,  0.      ],
           [ 0.707107, -1.      ]])
    """
    waves = tt.sqrt(tt.as_tensor_variable(eigvals))
    return sines(tt.as_tensor_variable(Xs), tt.as_tensor_variable(L), waves)


def calc_basis_periodic(Xs, period, m, tl=None):
    """Cosines and sines of ``m`` harmonics at points of one dimension."""
    x = tt.as_tensor_variable(Xs)
    angles = 2 * math.pi / period * x * np.arange(m)
    return tt.cos(angles), tt.sin(angles)


__all__ = [
    "HSGP",
    "HSGPPeriodic",
    "approx_hsgp_hyperparams",
    "calc_basis_periodic",
    "calc_eigenvalues",
    "calc_eigenvectors",
    "set_boundary",
]
