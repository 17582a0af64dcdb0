"""Processes as sums of few sine waves: Hilbert space approximations."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions import Normal
from graphcore.model.gp.cov import Periodic
from graphcore.model.gp.inputs import points
from graphcore.model.gp.process import Process
from graphcore.model.terms import Deterministic

# Of the article below: c at least first * (largest length scale) / S, and m at least
# second * c * S / (smallest length scale), where S is half the range of the inputs.
HEURISTICS = {"expquad": (3.2, 1.75), "matern52": (4.1, 2.65), "matern32": (4.5, 3.42)}


def approx_hsgp_hyperparams(x_range, lengthscale_range, cov_func):
    """How many basis functions :class:`HSGP` needs, and how far out they have to reach.

    Riutort-Mayol and others, "Practical Hilbert space approximate Bayesian Gaussian processes for
    probabilistic programming" (2022), for inputs of one dimension.

    Parameters
    ----------
    x_range : (float, float)
        Smallest and largest input, those of predictions included.
    lengthscale_range : (float, float)
        Smallest and largest plausible length scale.
    cov_func : {"expquad", "matern52", "matern32"}

    Returns
    -------
    (int, float)
        ``m`` and ``c``.

    Examples
    --------
    >>> approx_hsgp_hyperparams([0, 10], [1, 3], "matern52")
    (32, 2.46)
    """
    for name, (low, high) in {"x_range": x_range, "lengthscale_range": lengthscale_range}.items():
        if not low < high:
            raise ValueError(f"{name} must be (smaller, larger), got ({low}, {high})")
    if cov_func.lower() not in HEURISTICS:
        raise ValueError(f"cov_func must be one of {', '.join(HEURISTICS)}, got {cov_func!r}")
    first, second = HEURISTICS[cov_func.lower()]
    half = (x_range[1] - x_range[0]) / 2
    c = max(first * lengthscale_range[1] / half, 1.2)
    return int(second * c * half / lengthscale_range[0]), c


class HSGP(Process):
    """A Gaussian process as a sum of basis functions, for inputs of few dimensions.

    Solin and Sarkka, "Hilbert space methods for reduced-rank Gaussian process regression" (2020);
    Riutort-Mayol and others, "Practical Hilbert space approximate Bayesian Gaussian processes for
    probabilistic programming" (2022).

    Parameters
    ----------
    m : list of int
        Number of basis functions of every dimension.
    L : list of float, optional
        The functions are zero at this distance from the middle of the inputs.
    c : float, optional
        Instead of ``L``: a multiple (more than 1) of half the range of the inputs.
    drop_first : bool
        Leave out the first function, which is nearly constant and competes with an intercept.
    parametrization : {"noncentered", "centered"}
    mean_func : Mean
    cov_func : Covariance
        With a spectral density.

    Raises
    ------
    ValueError
        If not exactly one of ``L`` and ``c`` is given, or their lengths differ from that of ``m``.
    """

    def __init__(
        self,
        m,
        L=None,
        c=None,
        drop_first=False,
        parametrization="noncentered",
        *,
        mean_func=None,
        cov_func,
    ):
        super().__init__(mean_func=mean_func, cov_func=cov_func)
        if not np.iterable(m) or not all(isinstance(k, int | np.integer) and k > 0 for k in m):
            raise ValueError(f"m must be a list of positive integers, got {m!r}")
        if len(m) != cov_func.n_dims:
            raise ValueError(f"m has {len(m)} entries for {cov_func.n_dims} active dimensions")
        if (L is None) == (c is None):
            raise ValueError("HSGP needs one of L and c")
        if L is not None and len(L) != len(m):
            raise ValueError(f"L has {len(L)} entries for {len(m)} active dimensions")
        if c is not None and not c > 1:
            raise ValueError(f"c must be more than 1, got {c}")
        parametrization = parametrization.lower().replace("-", "")
        if parametrization not in ("noncentered", "centered"):
            raise ValueError(f"parametrization={parametrization!r} is not known")
        self.m, self.c, self.drop_first = [int(k) for k in m], c, drop_first
        self.L = None if L is None else tt.as_tensor_variable(np.asarray(L, dtype="float64"))
        self.parametrization = parametrization

    def __add__(self, other):
        raise NotImplementedError("add the covariance functions instead of the processes")

    @property
    def n_basis_vectors(self):
        """Number of basis functions, the first one included."""
        return math.prod(self.m)

    def prior_linearized(self, X):
        """The basis functions at points, and the standard deviations of their coefficients.

        The first call fixes the middle of the inputs, which later calls subtract as well.

        Parameters
        ----------
        X : array of shape (n, d)

        Returns
        -------
        phi : TensorVariable of shape (n, functions)
        sqrt_psd : TensorVariable of shape (functions,)
        """
        x = points(X)
        x = x if x.type.shape[1] == self.cov_func.n_dims else self._active(x)
        if not hasattr(self, "_center"):
            top, bottom = tt.max(x, axis=0), tt.min(x, axis=0)
            self._center = (top + bottom) / 2
            if self.L is None:
                self.L = self.c * (top - bottom) / 2
        waves = math.pi * half_waves(self.m) / (2 * self.L)
        phi = sines(x - self._center, self.L, waves)
        sqrt_psd = tt.sqrt(self.cov_func.power_spectral_density(waves))
        first = int(self.drop_first)
        return phi[:, first:], sqrt_psd[first:]

    def _active(self, x):
        dims = getattr(self.cov_func, "active_dims", None)
        if dims is None:
            raise ValueError(
                f"the inputs have {x.type.shape[1]} columns, "
                f"the covariance function {self.cov_func.n_dims} dimensions"
            )
        return x[:, dims]

    def prior(self, name, X, dims=None, hsgp_coeffs_dims=None):
        """The values at points, as a variable of the model.

        Parameters
        ----------
        name : str
        X : array of shape (n, d)
        dims : str, optional
            Of the values.
        hsgp_coeffs_dims : str, optional
            Of the coefficients ``{name}_hsgp_coeffs``.

        Returns
        -------
        TensorVariable of shape (n,)
        """
        phi, sqrt_psd = self.prior_linearized(X)
        count = self.n_basis_vectors - int(self.drop_first)
        centered = self.parametrization == "centered"
        sigma = sqrt_psd if centered else 1.0
        where = {"shape": (count,)} if hsgp_coeffs_dims is None else {"dims": hsgp_coeffs_dims}
        beta = Normal(f"{name}_hsgp_coeffs", 0.0, sigma, **where)
        self._weights = beta if centered else beta * sqrt_psd
        return Deterministic(name, self.mean_func(X) + tt.dot(phi, self._weights), dims=dims)

    def conditional(self, name, Xnew, dims=None):
        """The same function at other points.

        Parameters
        ----------
        name : str
        Xnew : array of shape (m, d)
        dims : str, optional

        Returns
        -------
        TensorVariable of shape (m,)
        """
        if not hasattr(self, "_weights"):
            raise ValueError("define the process in the model first, by prior()")
        phi, _ = self.prior_linearized(Xnew)
        return Deterministic(name, self.mean_func(Xnew) + tt.dot(phi, self._weights), dims=dims)


def half_waves(m):
    """Numbers of half waves in each dimension, one row for every basis function."""
    return np.stack([s.ravel() for s in np.meshgrid(*[np.arange(1, k + 1) for k in m])], 1)


def sines(x, L, waves):
    """The basis functions at points ``x``: products of sines that are zero at ``-L`` and ``L``."""
    phi = 1.0
    for d in range(waves.type.shape[1]):
        wave = tt.sin(waves[None, :, d] * (x[:, d] + L[d])[:, None])
        phi = phi * wave / tt.sqrt(L[d])
    return phi


class HSGPPeriodic(Process):
    """A periodic Gaussian process of one dimension as a sum of harmonics.

    Parameters
    ----------
    m : int
        Number of harmonics, the constant included.
    scale : number
        Standard deviation of the process.
    mean_func : Mean
    cov_func : Periodic
    """

    def __init__(self, m, scale=1.0, *, mean_func=None, cov_func):
        super().__init__(mean_func=mean_func, cov_func=cov_func)
        if not isinstance(m, int | np.integer) or m < 1:
            raise ValueError(f"m must be a positive integer, got {m!r}")
        if not isinstance(cov_func, Periodic) or cov_func.n_dims != 1:
            raise ValueError(f"cov_func must be Periodic with one dimension, got {cov_func!r}")
        self.m, self.scale = int(m), tt.as_tensor_variable(scale)

    def __add__(self, other):
        raise NotImplementedError("add the values of the processes instead")

    def prior_linearized(self, X):
        """The harmonics at points, and the weights of their coefficients.

        Parameters
        ----------
        X : array of shape (n, 1)

        Returns
        -------
        (phi_cos, phi_sin) : TensorVariables of shape (n, m)
        psd : TensorVariable of shape (m,)
            Standard deviations of the coefficients.
        """
        x, _ = self.cov_func._slice(points(X))
        angles = 2 * math.pi / self.cov_func.period * x * np.arange(self.m)
        weights = self.cov_func.power_spectral_density_approx(np.arange(self.m))
        return (tt.cos(angles), tt.sin(angles)), self.scale * tt.sqrt(weights)

    def prior(self, name, X, dims=None, hsgp_coeffs_dims=None):
        """The values at points; see :meth:`HSGP.prior`."""
        count = 2 * self.m - 1
        where = {"shape": (count,)} if hsgp_coeffs_dims is None else {"dims": hsgp_coeffs_dims}
        self._beta = Normal(f"{name}_hsgp_coeffs_", 0.0, 1.0, **where)
        return Deterministic(name, self._values(X), dims=dims)

    def conditional(self, name, Xnew, dims=None):
        """The same function at other points; see :meth:`HSGP.conditional`."""
        if not hasattr(self, "_beta"):
            raise ValueError("define the process in the model first, by prior()")
        return Deterministic(name, self._values(Xnew), dims=dims)

    def _values(self, X):
        (cosines, sines), psd = self.prior_linearized(X)
        even, odd = self._beta[: self.m], self._beta[self.m :]
        waves = tt.dot(cosines, psd * even) + tt.dot(sines[:, 1:], psd[1:] * odd)
        return self.mean_func(X) + waves
