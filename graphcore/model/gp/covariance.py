"""What all covariance functions share: choice of dimensions, sums, products and powers."""

from functools import reduce

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Variable
from graphcore.model.gp.inputs import points


class BaseCovariance:
    """A covariance function: ``cov(X)``, ``cov(X, Xs)``, ``cov(X, diag=True)``."""

    __array_ufunc__ = None  # array + covariance is a covariance, not an array of them
    input_dim = None

    def __call__(self, X, Xs=None, diag=False):
        """The matrix of covariances between points, or the variances at points.

        Parameters
        ----------
        X : array of shape (n, d)
        Xs : array of shape (m, d), optional
            Other points; the same by default.
        diag : bool
            Only the diagonal.

        Returns
        -------
        TensorVariable of shape (n, m), or (n,)
        """
        x = points(X)
        if diag:
            return self.diag(x)
        return self.full(x, None if Xs is None else points(Xs, "Xs"))

    def full(self, X, Xs=None):
        raise NotImplementedError(f"{type(self).__name__} has no covariance matrix")

    def diag(self, X):
        raise NotImplementedError(f"{type(self).__name__} has no variances")

    def power_spectral_density(self, omega):
        """Spectral density at frequencies of shape (n, dimensions)."""
        raise NotImplementedError(f"{type(self).__name__} has no spectral density")

    def __add__(self, other):
        return Add([self, _factor(other)])

    def __radd__(self, other):
        return Add([_factor(other), self])

    def __mul__(self, other):
        return Prod([self, _factor(other)])

    def __rmul__(self, other):
        return Prod([_factor(other), self])

    def __pow__(self, power):
        return Exponentiated(self, power)


def _factor(other):
    """A covariance function, a number, or a matrix over all points."""
    if isinstance(other, BaseCovariance):
        return other
    if isinstance(other, Variable | np.ndarray | int | float | np.number):
        value = tt.as_tensor_variable(other)
        if value.ndim in (0, 2):
            return value
        if value.type.shape == (1,):
            return value[0]
    raise ValueError(f"a covariance function, a number or a matrix is needed, got {other!r}")


class Covariance(BaseCovariance):
    """A covariance function of chosen columns of the input.

    Parameters
    ----------
    input_dim : int
        Number of columns of the whole input.
    active_dims : list of int, optional
        The columns that count; by default all ``input_dim``.

    Raises
    ------
    ValueError
        If an active dimension is not a column of the input.
    """

    def __init__(self, input_dim, active_dims=None):
        self.input_dim = int(input_dim)
        if active_dims is None:
            active_dims = range(self.input_dim)
        self.active_dims = np.asarray(list(active_dims), dtype=int)
        if np.any((self.active_dims < 0) | (self.active_dims >= self.input_dim)):
            raise ValueError(
                f"active_dims={self.active_dims.tolist()} of an input with {input_dim} dimensions"
            )

    @property
    def n_dims(self):
        """Number of dimensions that count."""
        return len(self.active_dims)

    def _slice(self, X, Xs=None):
        """The columns that count, of both inputs; the second is the first by default."""
        width = X.type.shape[1]
        if width is not None and width < self.input_dim:
            raise ValueError(
                f"{type(self).__name__} was made for inputs of {self.input_dim} dimensions, "
                f"these have {width}"
            )
        x = self._columns(X)
        return x, x if Xs is None else self._columns(Xs)

    def _columns(self, X):
        if X.type.shape[1] == len(self.active_dims):
            return X
        if hasattr(X, "data"):
            return tt.constant(X.data[:, self.active_dims])
        return X[:, self.active_dims]


class Combination(BaseCovariance):
    """Covariance functions, numbers and matrices joined by one operation."""

    def __init__(self, factor_list):
        self.factor_list = []
        for factor in factor_list:  # sums of sums are one sum
            same = type(factor) is type(self)
            self.factor_list += factor.factor_list if same else [factor]
        # One that was made for fewer columns takes the first ones, as in PyMC.
        dims = [f.input_dim for f in self.factor_list if getattr(f, "input_dim", None)]
        self.input_dim = max(dims, default=None)

    def _merged(self, take):
        return reduce(self.join, [take(f) for f in self.factor_list])

    def full(self, X, Xs=None):
        return self._merged(lambda f: f(X, Xs) if isinstance(f, BaseCovariance) else f)

    def diag(self, X):
        def take(f):
            if isinstance(f, BaseCovariance):
                return f(X, diag=True)
            return tt.diagonal(f) if f.ndim == 2 else f

        return self._merged(take)

    @property
    def n_dims(self):
        """Number of dimensions that count."""
        return max(getattr(f, "n_dims", 1) for f in self.factor_list)


class Add(Combination):
    """The sum of covariance functions."""

    @staticmethod
    def join(a, b):
        return a + b

    def power_spectral_density(self, omega):
        if not all(isinstance(f, BaseCovariance) for f in self.factor_list):
            raise NotImplementedError("a number in a sum has no spectral density")
        return self._merged(lambda f: f.power_spectral_density(omega))


class Prod(Combination):
    """The product of covariance functions."""

    @staticmethod
    def join(a, b):
        return a * b

    def power_spectral_density(self, omega):
        kernels = [f for f in self.factor_list if isinstance(f, BaseCovariance)]
        if len(kernels) > 1 or any(getattr(f, "ndim", 0) for f in self.factor_list):
            raise NotImplementedError(
                "the spectral density of a product is known for one covariance times numbers"
            )
        take = {True: lambda f: f.power_spectral_density(omega), False: lambda f: f}
        return self._merged(lambda f: take[isinstance(f, BaseCovariance)](f))


class Exponentiated(BaseCovariance):
    """A covariance function to a power."""

    def __init__(self, kernel, power):
        self.kernel, self.power = kernel, tt.as_tensor_variable(power)
        self.input_dim = kernel.input_dim
        if self.power.type.size != 1:
            raise ValueError("a covariance function can only be raised to a number")
        self.power = tt.reshape(self.power, ())

    def full(self, X, Xs=None):
        return self.kernel(X, Xs) ** self.power

    def diag(self, X):
        return self.kernel(X, diag=True) ** self.power


class Kron(BaseCovariance):
    """The product of covariance functions of consecutive columns.

    On all points of a grid, the first axis slowest, it is the Kronecker product of the matrices of
    the axes.
    """

    def __init__(self, factor_list):
        self.factor_list = list(factor_list)
        self.input_dims = [f.input_dim for f in self.factor_list]
        self.input_dim = sum(self.input_dims)

    def _split(self, X):
        if X is None:
            return [None] * len(self.input_dims)
        ends = np.cumsum(self.input_dims)
        return [X[:, end - n : end] for n, end in zip(self.input_dims, ends, strict=True)]

    def full(self, X, Xs=None):
        parts = zip(self.factor_list, self._split(X), self._split(Xs), strict=True)
        return reduce(lambda a, b: a * b, [f(x, xs) for f, x, xs in parts])

    def diag(self, X):
        parts = zip(self.factor_list, self._split(X), strict=True)
        return reduce(lambda a, b: a * b, [f(x, diag=True) for f, x in parts])
