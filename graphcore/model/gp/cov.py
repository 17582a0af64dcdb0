"""Covariance functions (``pm.gp.cov``)."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.gp.covariance import (
    Add,
    BaseCovariance,
    Combination,
    Covariance,
    Exponentiated,
    Kron,
    Prod,
)
from graphcore.model.gp.inputs import differences, length, ones
from graphcore.model.gp.stationary import (
    Cosine,
    Exponential,
    ExpQuad,
    Matern12,
    Matern32,
    Matern52,
    Periodic,
    RatQuad,
    Stationary,
    WrappedPeriodic,
)

__all__ = [
    "Add",
    "BaseCovariance",
    "Circular",
    "Combination",
    "Constant",
    "Coregion",
    "Cosine",
    "Covariance",
    "ExpQuad",
    "Exponential",
    "Exponentiated",
    "Gibbs",
    "Kron",
    "Linear",
    "Matern12",
    "Matern32",
    "Matern52",
    "Periodic",
    "Polynomial",
    "Prod",
    "RatQuad",
    "ScaledCov",
    "Stationary",
    "WarpedInput",
    "WhiteNoise",
    "WrappedPeriodic",
]


class Constant(BaseCovariance):
    """The same covariance ``c`` between all points."""

    def __init__(self, c):
        self.c = tt.as_tensor_variable(c)

    def diag(self, X):
        return ones(X, self.c)

    def full(self, X, Xs=None):
        return ones(X, self.c)[:, None] * ones(X if Xs is None else Xs)[None, :]


class WhiteNoise(BaseCovariance):
    """Variance ``sigma**2`` at every point, no covariance with other points.

    ``sigma`` may be a vector, with a deviation for each of the points it is used with.
    """

    def __init__(self, sigma):
        self.sigma = tt.as_tensor_variable(sigma)

    def diag(self, X):
        count = X.type.shape[0]
        if self.sigma.ndim and self.sigma.type.shape[0] not in (1, None, count):
            raise ValueError(
                f"the noise sigma has shape {self.sigma.type.shape}, but there are {count} "
                "points: one deviation for each point of the data says nothing about the noise at "
                "others. Give sigma as one number or as a covariance function, "
                "or leave pred_noise=True out"
            )
        return ones(X, tt.sqr(self.sigma))

    def full(self, X, Xs=None):
        if Xs is None:
            return tt.diag(self.diag(X))
        return tt.zeros((length(X), length(Xs)))


class Circular(Covariance):
    r"""Points on a circle: :math:`(1 + \tau t / c) (1 - t / c)_+^\tau`.

    The distance ``t`` is that along the circle, ``c`` half of the period. Padonou and Roustant,
    "Polar Gaussian processes for predicting on circular domains" (2015).

    Parameters
    ----------
    input_dim : int
    period : number
        Circumference of the circle.
    tau : number
        At least 4; larger values let the covariance fall faster.
    active_dims : list of int, optional
    """

    def __init__(self, input_dim, period, tau=4, active_dims=None):
        super().__init__(input_dim, active_dims)
        if self.n_dims != 1:
            raise ValueError(f"Circular needs one active dimension, got {self.n_dims}")
        self.c, self.tau = tt.as_tensor_variable(period) / 2, tt.as_tensor_variable(tau)

    def full(self, X, Xs=None):
        (gap,) = differences(*self._slice(X, Xs))
        t = tt.abs((gap + self.c) % (2 * self.c) - self.c) / self.c
        return (1 + self.tau * t) * tt.clip(1 - t, 0, 1) ** self.tau

    def diag(self, X):
        return ones(X)


class Linear(Covariance):
    """``(x - c) . (x' - c)``."""

    def __init__(self, input_dim, c, active_dims=None):
        super().__init__(input_dim, active_dims)
        self.c = tt.as_tensor_variable(c)

    def full(self, X, Xs=None):
        x, z = self._slice(X, Xs)
        return tt.dot(x - self.c, (z - self.c).T)

    def diag(self, X):
        x, _ = self._slice(X)
        return tt.sum(tt.sqr(x - self.c), axis=1)


class Polynomial(Linear):
    """``((x - c) . (x' - c) + offset) ** d``."""

    def __init__(self, input_dim, c, d, offset, active_dims=None):
        super().__init__(input_dim, c, active_dims)
        self.d, self.offset = tt.as_tensor_variable(d), tt.as_tensor_variable(offset)

    def full(self, X, Xs=None):
        return (super().full(X, Xs) + self.offset) ** self.d

    def diag(self, X):
        return (super().diag(X) + self.offset) ** self.d


def _with_args(function, args, name):
    """The function of points alone, its further arguments given."""
    if not callable(function):
        raise TypeError(f"{name} must be callable, got {function!r}")
    more = () if args is None else args if isinstance(args, tuple | list) else (args,)
    return lambda x: function(x, *more)


class WarpedInput(Covariance):
    """A covariance of transformed points ``warp_func(X, *args)``."""

    def __init__(self, input_dim, cov_func, warp_func, args=None, active_dims=None):
        super().__init__(input_dim, active_dims)
        _check_covariance(cov_func)
        self.cov_func, self.warp = cov_func, _with_args(warp_func, args, "warp_func")

    def full(self, X, Xs=None):
        x, z = self._slice(X, Xs)
        return self.cov_func(self.warp(x), None if Xs is None else self.warp(z))

    def diag(self, X):
        x, _ = self._slice(X)
        return self.cov_func(self.warp(x), diag=True)


class ScaledCov(Covariance):
    """``s(x) k(x, x') s(x')`` with ``s`` given by ``scaling_func(X, *args)``."""

    def __init__(self, input_dim, cov_func, scaling_func, args=None, active_dims=None):
        super().__init__(input_dim, active_dims)
        _check_covariance(cov_func)
        self.cov_func, self.scale = cov_func, _with_args(scaling_func, args, "scaling_func")

    def full(self, X, Xs=None):
        x, z = self._slice(X, Xs)
        left = tt.flatten(self.scale(x))
        right = left if Xs is None else tt.flatten(self.scale(z))
        return left[:, None] * self.cov_func(X, Xs) * right[None, :]

    def diag(self, X):
        x, _ = self._slice(X)
        return self.cov_func(X, diag=True) * tt.sqr(tt.flatten(self.scale(x)))


class Gibbs(Covariance):
    r"""Length scales that depend on the place, on a line.

    :math:`\sqrt{2 \ell \ell' / (\ell^2 + \ell'^2)} \exp(-(x - x')^2 / (\ell^2 + \ell'^2))` with
    :math:`\ell` given by ``lengthscale_func(X, *args)``.
    """

    def __init__(self, input_dim, lengthscale_func, args=None, active_dims=None):
        super().__init__(input_dim, active_dims)
        if self.n_dims != 1:
            raise NotImplementedError(f"Gibbs needs one active dimension, got {self.n_dims}")
        self.scale = _with_args(lengthscale_func, args, "lengthscale_func")

    def full(self, X, Xs=None):
        x, z = self._slice(X, Xs)
        left = tt.flatten(self.scale(x))[:, None]
        right = tt.flatten(self.scale(z))[None, :]
        total = tt.sqr(left) + tt.sqr(right)
        (gap,) = differences(x, z)
        return tt.sqrt(2 * left * right / total) * tt.exp(-tt.sqr(gap) / total)

    def diag(self, X):
        return ones(X)


class Coregion(Covariance):
    """Covariance between outputs, whose numbers are a column of the input.

    Parameters
    ----------
    input_dim : int
    W : array of shape (outputs, ranks), optional
    kappa : array of shape (outputs,), optional
        With ``W``: the matrix is ``W @ W.T + diag(kappa)``.
    B : array of shape (outputs, outputs), optional
        The matrix itself.
    active_dims : list of one int
        The column that holds the number of the output.

    Raises
    ------
    ValueError
        If neither or both of ``B`` and ``(W, kappa)`` are given, or more than one column.
    """

    def __init__(self, input_dim, W=None, kappa=None, B=None, active_dims=None):
        super().__init__(input_dim, active_dims)
        if self.n_dims != 1:
            raise ValueError(f"Coregion needs one active dimension, got {self.n_dims}")
        if (B is None) == (W is None or kappa is None):
            raise ValueError("Coregion needs either B or both W and kappa")
        if B is None:
            W, kappa = tt.as_tensor_variable(W), tt.as_tensor_variable(kappa)
            B = tt.dot(W, W.T) + tt.diag(kappa)
        self.B = tt.as_tensor_variable(B)

    def _outputs(self, X):
        if hasattr(X, "data"):
            return np.asarray(X.data[:, 0], dtype="int64")
        return tt.cast(X[:, 0], "int64")

    def full(self, X, Xs=None):
        x, z = self._slice(X, Xs)
        return self.B[self._outputs(x)][:, self._outputs(z)]

    def diag(self, X):
        x, _ = self._slice(X)
        return tt.diagonal(self.B)[self._outputs(x)]


def _check_covariance(cov_func):
    if not isinstance(cov_func, BaseCovariance):
        raise TypeError(f"cov_func must be a covariance function, got {cov_func!r}")
