"""Covariance functions of the distance between points."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.gp.covariance import Covariance
from graphcore.model.gp.inputs import differences, is_constant, ones, root


class Stationary(Covariance):
    """A function of the distance in units of length scales.

    Parameters
    ----------
    input_dim : int
        Number of columns of the input.
    ls : number or vector of the active dimensions
        Length scales; either these or their inverses.
    ls_inv : number or vector, optional
    active_dims : list of int, optional

    Raises
    ------
    ValueError
        If none or both of ``ls`` and ``ls_inv`` are given.
    """

    of_square = False  # whether ``profile`` wants the squared distance

    def __init__(self, input_dim, ls=None, ls_inv=None, active_dims=None):
        super().__init__(input_dim, active_dims)
        if (ls is None) == (ls_inv is None):
            raise ValueError(f"{type(self).__name__} needs one of ls and ls_inv")
        self.ls = tt.as_tensor_variable(ls) if ls is not None else 1.0 / as_float(ls_inv)
        self.ls_inv = as_float(ls_inv) if ls_inv is not None else 1.0 / as_float(ls)

    def profile(self, t):
        """The covariance at a distance or a squared distance."""
        raise NotImplementedError(f"{type(self).__name__} is no function of a distance")

    def full_from_distance(self, dist, squared=False):
        """The covariance at scaled distances, which may be given squared."""
        if squared == self.of_square:
            return self.profile(dist)
        return self.profile(tt.sqr(dist) if self.of_square else root(dist))

    def square_dist(self, X, Xs=None):
        """Squared distances in units of length scales."""
        x, z = self._slice(X, Xs)
        if self.ls_inv.ndim == 0:
            return _square(x, z) * tt.sqr(self.ls_inv)
        scaled = [c * self.ls_inv[d] for d, c in enumerate(differences(x, z))]
        return sum(map(tt.sqr, scaled))

    def euclidean_dist(self, X, Xs=None):
        """Distances in units of length scales."""
        x, z = self._slice(X, Xs)
        if self.ls_inv.ndim == 0 and is_constant(x, z):
            return tt.constant(np.sqrt(_square(x, z).data)) * self.ls_inv
        if len(self.active_dims) == 1:
            return tt.abs(differences(x, z)[0] * self.ls_inv.flatten()[0])
        return root(self.square_dist(X, Xs))

    def full(self, X, Xs=None):
        if self.of_square:
            return self.profile(self.square_dist(X, Xs))
        return self.profile(self.euclidean_dist(X, Xs))

    def diag(self, X):
        return ones(X)

    def _scales(self):
        """Length scales of all active dimensions."""
        return self.ls * np.ones(self.n_dims)

    def _scaled_frequency(self, omega):
        """Squared frequencies times squared length scales, summed over the dimensions."""
        omega = tt.as_tensor_variable(omega)
        return tt.sum(tt.sqr(omega * self._scales()), axis=1)


def as_float(x):
    x = tt.as_tensor_variable(x)
    return x if x.type.dtype.startswith("float") else tt.cast(x, "float64")


def _square(x, z):
    """Squared distances; made once where the points are constant."""
    parts = differences(x, z)
    if is_constant(*parts):
        return tt.constant(sum(np.square(p.data) for p in parts))
    return sum(map(tt.sqr, parts))


class ExpQuad(Stationary):
    r"""Exponentiated quadratic: :math:`\exp(-r^2 / 2)`.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> pm.gp.cov.ExpQuad(1, ls=0.1)(np.array([[0.0], [0.1]])).eval().round(4)
    array([[1.    , 0.6065],
           [0.6065, 1.    ]])
    """

    of_square = True

    def profile(self, t):
        return tt.exp(-0.5 * t)

    def power_spectral_density(self, omega):
        scale = (2 * math.pi) ** (self.n_dims / 2) * tt.prod(self._scales())
        return scale * tt.exp(-0.5 * self._scaled_frequency(omega))


class RatQuad(Stationary):
    r"""Rational quadratic: :math:`(1 + r^2 / (2 \alpha))^{-\alpha}`.

    Parameters
    ----------
    input_dim : int
    alpha : number
    ls, ls_inv, active_dims
        See :class:`Stationary`.
    """

    of_square = True

    def __init__(self, input_dim, alpha, ls=None, ls_inv=None, active_dims=None):
        super().__init__(input_dim, ls, ls_inv, active_dims)
        self.alpha = tt.as_tensor_variable(alpha)

    def profile(self, t):
        return tt.exp(-self.alpha * tt.log1p(0.5 * t / self.alpha))


class Exponential(Stationary):
    r""":math:`\exp(-r / 2)`."""

    def profile(self, t):
        return tt.exp(-0.5 * t)


class Cosine(Stationary):
    r""":math:`\cos(2 \pi r)`."""

    def profile(self, t):
        return tt.cos(2 * math.pi * t)


class _Matern(Stationary):
    """Matern functions of half-integer smoothness; the spectral density of all of them."""

    smoothness = None

    def power_spectral_density(self, omega):
        d, nu = self.n_dims, self.smoothness
        constant = 2**d * math.pi ** (d / 2) * (2 * nu) ** nu
        constant *= math.gamma(nu + d / 2) / math.gamma(nu)
        falls = (2 * nu + self._scaled_frequency(omega)) ** -(nu + d / 2)
        return constant * tt.prod(self._scales()) * falls


class Matern12(_Matern):
    r""":math:`\exp(-r)`."""

    smoothness = 0.5

    def profile(self, t):
        return tt.exp(-t)


class Matern32(_Matern):
    r""":math:`(1 + \sqrt 3 r) \exp(-\sqrt 3 r)`."""

    smoothness = 1.5

    def profile(self, t):
        t = math.sqrt(3) * t
        return (1 + t) * tt.exp(-t)


class Matern52(_Matern):
    r""":math:`(1 + \sqrt 5 r + 5 r^2 / 3) \exp(-\sqrt 5 r)`."""

    smoothness = 2.5

    def profile(self, t):
        t = math.sqrt(5) * t
        return (1 + t + tt.sqr(t) / 3) * tt.exp(-t)


class Periodic(Stationary):
    r""":math:`\exp(-\sum_d \sin^2(\pi (x_d - x'_d) / T) / (2 \ell_d^2))`.

    Parameters
    ----------
    input_dim : int
    period : number
    ls, ls_inv, active_dims
        See :class:`Stationary`.
    """

    of_square = True

    def __init__(self, input_dim, period, ls=None, ls_inv=None, active_dims=None):
        super().__init__(input_dim, ls, ls_inv, active_dims)
        self.period = tt.as_tensor_variable(period)

    def square_dist(self, X, Xs=None):
        return _wrapped(self, self.period, X, Xs)

    def profile(self, t):
        return tt.exp(-0.5 * t)

    def power_spectral_density_approx(self, J):
        """Weights of the first harmonics in the expansion of the function (one dimension).

        ``2 I_j(a) / exp(a)`` with ``a = 1 / (2 ls)^2``, half of it for ``j = 0``: Solin and Sarkka,
        "Explicit link between periodic covariance functions and state space models" (2014), whose
        length scale is twice this one.
        """
        J = tt.as_tensor_variable(J)
        return tt.switch(J > 0, 2.0, 1.0) * tt.ive(J, tt.sqr(0.5 * self.ls_inv))


def _wrapped(kernel, period, X, Xs):
    """Squared distances of points on circles, in units of length scales."""
    x, z = kernel._slice(X, Xs)
    scales = kernel.ls_inv * np.ones(kernel.n_dims)
    waves = [tt.sin(math.pi * c / period) for c in differences(x, z)]
    return sum(tt.sqr(w * scales[d]) for d, w in enumerate(waves))


class WrappedPeriodic(Covariance):
    """A periodic covariance made of any stationary one.

    Parameters
    ----------
    cov_func : Stationary
    period : number
    """

    def __init__(self, cov_func, period):
        if not isinstance(cov_func, Stationary):
            raise TypeError(f"cov_func must be a Stationary covariance, got {cov_func!r}")
        super().__init__(cov_func.input_dim, cov_func.active_dims)
        self.cov_func, self.period = cov_func, tt.as_tensor_variable(period)

    def full(self, X, Xs=None):
        square = _wrapped(self.cov_func, self.period, X, Xs)
        return self.cov_func.full_from_distance(square, squared=True)

    def diag(self, X):
        return ones(X)
