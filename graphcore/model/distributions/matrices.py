"""Distributions of matrices: Wishart, MatrixNormal, LKJCorr."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.context import modelcontext
from graphcore.model.distributions.base import Distribution, as_value
from graphcore.model.distributions.constraints import (
    Constraint,
    count,
    factor_matrix,
    positive,
    positive_definite,
    real,
)
from graphcore.model.distributions.continuous import Normal
from graphcore.model.distributions.lkj import log_normalizer, order_of, random_factor
from graphcore.model.distributions.packed import CholeskyCorr, arranged
from graphcore.model.distributions.parameters import Param, as_parameter
from graphcore.model.distributions.survival import ChiSquared
from graphcore.ops.decompose import GaussianTerm, PositiveSolve

_LOG_2PI = math.log(2 * math.pi)


def _logdet(matrix):
    """Log determinant of a positive definite matrix; -inf when it is not one."""
    half = GaussianTerm()(matrix, tt.zeros((1, matrix.type.shape[0])))  # minus half of it
    return tt.switch(tt.isinf(half), -math.inf, -2.0 * half)


def _square(label, name, v):
    shape = v.type.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"{label}: parameter {name} must be a square matrix, got shape {shape}")
    return shape[0]


class _OfMatrices(Distribution, hidden=True):
    """One matrix at a time."""

    ndim = 2
    support = Constraint("a matrix", ndim=2)

    def log_density(self, value, inside=False, checks=True):
        value = as_value(value, self.label)
        if value.ndim == 2:
            return super().log_density(value, inside, checks)
        lead = value.type.shape[:-2]
        flat = tt.reshape(value, (-1, *value.type.shape[-2:]))
        n = flat.type.shape[0] or int(np.prod(lead))
        each = [super(_OfMatrices, self).log_density(flat[i], inside, checks) for i in range(n)]
        return tt.reshape(tt.stack(each), lead)


class Wishart(_OfMatrices):
    """Sums of ``nu`` outer products of normal vectors with covariance ``V``.

    Samplers do not find the positive definite matrices by themselves: for a free covariance take
    ``LKJCholeskyCov``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.Wishart.dist(nu=3, V=[[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(d.logp([[1.0, 0.0], [0.0, 1.0]]).eval()), 6)
    -3.531024
    """

    params = {"nu": Param(positive), "V": Param(positive_definite)}
    relations = ((lambda o, nu, V: nu > V.shape[-1] - 1, "nu > rows of V - 1"),)

    def _parameter_shapes(self):
        n = _square(self.label, "V", self.arguments["V"])
        return (), (n, n)

    def logp(o, x, nu, V):
        p = V.type.shape[0]
        solved = tt.diagonal(PositiveSolve()(V, x))
        multigamma = p * (p - 1) / 4 * math.log(math.pi) + tt.sum(
            tt.gammaln((nu - np.arange(float(p))) / 2)
        )
        det = _logdet(x)
        value = (
            (nu - p - 1) / 2 * det
            - tt.sum(solved) / 2
            - nu * p / 2 * math.log(2)
            - nu / 2 * _logdet(V)
            - multigamma
        )
        symmetric = tt.all(tt.abs(x - tt.transpose(x)) <= 1e-10 * (1 + tt.max(tt.abs(x))))
        return tt.switch(tt.isinf(det) | ~symmetric, -math.inf, value)

    def mean(o, nu, V):
        return nu * V

    def variance(o, nu, V):
        d = o.diagonal(V)
        return nu * (o.sqr(V) + o.expand_dims(d, 1) * d)

    def support_point(o, nu, V):
        return nu * V

    def random(rng, size, nu, V):
        from scipy import stats

        drawn = stats.wishart(float(nu), V).rvs(int(np.prod(size, dtype=int)), random_state=rng)
        return np.reshape(drawn, (*size, *V.shape))


def WishartBartlett(name, S, nu, is_cholesky=False, return_cholesky=False, initval=None):
    """A Wishart matrix from the variables of its Bartlett decomposition, which can be sampled.

    Parameters
    ----------
    name : str
    S : array
        Scale matrix, or its Cholesky factor with ``is_cholesky``.
    nu : int
        Degrees of freedom.
    return_cholesky : bool
        Whether the factor of the matrix is returned instead of the matrix.

    Returns
    -------
    Variable
        The deterministic ``name``; it depends on ``{name}_c`` and ``{name}_z``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     w = pm.WishartBartlett("w", [[1.0, 0.0], [0.0, 1.0]], nu=4)
    >>> [v.name for v in model.value_vars]
    ['w_c_log__', 'w_z']
    """
    S = np.asarray(S, dtype=float)
    factor = S if is_cholesky else np.linalg.cholesky(S)
    n = len(S)
    below = n * (n - 1) // 2
    c = tt.sqrt(ChiSquared(f"{name}_c", nu - np.arange(float(n)), shape=n))
    z = Normal(f"{name}_z", 0.0, 1.0, shape=below)
    place = np.full((n, n), n + below)
    place[np.diag_indices(n)] = np.arange(n)
    place[np.tril_indices(n, -1)] = n + np.arange(below)
    inner = tt.concatenate([c, z, [0.0]])[place]
    made = tt.dot(tt.constant(factor), inner)
    if not return_cholesky:
        made = tt.dot(made, tt.transpose(made))
    return modelcontext().add_named("deterministics", name, made, None)


class MatrixNormal(_OfMatrices):
    """Matrices with normal rows and columns: ``rowcov`` and ``colcov``, or their factors.

    Parameters
    ----------
    name : str
    mu : matrix or number
    rowcov, rowchol : matrix
        Covariance between rows, or its Cholesky factor.
    colcov, colchol : matrix
        Covariance between columns, or its Cholesky factor.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.MatrixNormal.dist(0.0, rowcov=[[1.0]], colcov=[[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(d.logp([[0.0, 0.0]]).eval()), 6)
    -1.837877
    """

    params = {
        "mu": Param(real, default=0.0),
        "rowchol": Param(factor_matrix),
        "colchol": Param(factor_matrix),
    }
    order = ("mu", "rowcov", "rowchol", "colcov", "colchol")

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = {k: v for k, v in (dict(zip(cls.order, args, strict=False)) | kwargs).items()
                  if v is not None}  # fmt: skip
        for side in ("row", "col"):
            cov, chol = f"{side}cov", f"{side}chol"
            if (cov in kwargs) == (chol in kwargs):
                raise TypeError(f"{label}: give exactly one of {cov} and {chol}")
            if cov in kwargs:
                given = as_parameter(kwargs.pop(cov), cov, label)
                _square(label, cov, given)
                if hasattr(given, "data"):
                    kwargs[chol] = _factor(label, cov, given.data)
                else:
                    kwargs[chol] = tt.linalg.cholesky(given)
        return super().make(label, (), kwargs, **shapes)

    def _parameter_shapes(self):
        rows = _square(self.label, "rowchol", self.arguments["rowchol"])
        columns = _square(self.label, "colchol", self.arguments["colchol"])
        mu = self.arguments["mu"].type.shape
        try:
            fits = np.broadcast_shapes(mu, (rows, columns)) == (rows, columns)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{self.label}: mu has shape {mu}, but the matrices are of ({rows}, {columns})"
            )
        return (), (rows, columns)

    def logp(o, x, mu, rowchol, colchol):
        n, m = x.type.shape
        half = tt.linalg.solve_triangular(rowchol, x - mu, lower=True)
        z = tt.linalg.solve_triangular(colchol, tt.transpose(half), lower=True)
        rows, columns = (tt.sum(tt.log(tt.diagonal(c))) for c in (rowchol, colchol))
        return -0.5 * tt.sum(tt.sqr(z)) - m * rows - n * columns - 0.5 * n * m * _LOG_2PI

    def mean(o, mu, rowchol, colchol):
        return mu

    def variance(o, mu, rowchol, colchol):
        rows, columns = (o.sum(o.sqr(o.tril(c)), axis=1) for c in (rowchol, colchol))
        return o.expand_dims(rows, 1) * columns

    def support_point(o, mu, rowchol, colchol):
        return mu

    def random(rng, size, mu, rowchol, colchol):
        z = rng.standard_normal((*size, len(rowchol), len(colchol)))
        return mu + np.tril(rowchol) @ z @ np.tril(colchol).T


def _factor(label, name, matrix):
    if not (np.isfinite(matrix).all() and positive_definite.holds(np, matrix)):
        shown = np.array2string(matrix, separator=", ", threshold=6)
        raise ValueError(f"{label}: parameter {name} must be {positive_definite.text}, got {shown}")
    return np.linalg.cholesky(matrix)


class LKJCorr(Distribution):
    """Correlation matrices with density proportional to ``det(R) ** (eta - 1)``.

    Parameters
    ----------
    name : str
    n : int
        Rows of the matrix.
    eta : number, array or variable
        1 for uniformly distributed matrices; larger values favour small correlations.
    return_matrix : bool
        Whether the matrix is returned instead of the vector of the elements above its diagonal,
        row after row, which is the random variable.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     r = pm.LKJCorr("r", n=3, eta=2)
    >>> r.type.shape, [v.name for v in model.value_vars]
    ((3,), ['r_cholesky-corr__'])
    """

    params = {"n": Param(count), "eta": Param(positive, typical=(0.8, 4.0))}
    ndim = 1

    def __new__(cls, name, n, eta, *, return_matrix=False, **kwargs):
        packed = super().__new__(cls, name, n=n, eta=eta, **kwargs)
        return _symmetric(order_of(n, name), packed) if return_matrix else packed

    @classmethod
    def dist(cls, n, eta, *, return_matrix=False, **kwargs):
        """The same outside of a model."""
        packed = super().dist(n=n, eta=eta, **kwargs)
        return _symmetric(order_of(n, cls.__name__), packed) if return_matrix else packed

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("n", "eta"), args, strict=False)) | kwargs
        kwargs["n"] = order_of(kwargs.get("n"), label)
        return super().make(label, (), kwargs, **shapes)

    def support(n, eta):
        k = int(n.data)
        return Constraint(
            "the upper triangle of a correlation matrix",
            lambda o, x: o.all(o.abs(x) <= 1, axis=-1),
            ndim=1,
            transform=CholeskyCorr(k),
        )

    def event_shape(n, eta):
        k = int(n.data)
        return (k * (k - 1) // 2,)

    def logp(o, x, n, eta):
        k = int(n.data)
        if x.ndim > 1:
            rows = _symmetric(k, tt.reshape(x, (-1, x.type.shape[-1])))
            each = [_logdet(rows[i]) for i in range(rows.type.shape[0])]
            det = tt.reshape(tt.stack(each), x.type.shape[:-1])
        else:
            det = _logdet(_symmetric(k, x))
        # An exponent of zero must not meet the log determinant of a matrix that is none.
        weighted = tt.switch(tt.isinf(det), -math.inf, (eta - 1) * det)
        return log_normalizer(tt, eta, k) + weighted

    def mean(o, n, eta):
        return tt.zeros((int(n.data) * (int(n.data) - 1) // 2,))

    def variance(o, n, eta):
        return 1 / (2 * eta + n - 1)  # each one is a beta variable between -1 and 1

    def support_point(o, n, eta):
        return tt.zeros((int(n.data) * (int(n.data) - 1) // 2,))

    def random(rng, size, n, eta):
        k = int(n)
        factors = random_factor(rng, size, eta, k)
        matrices = factors @ np.swapaxes(factors, -1, -2)
        return matrices[(..., *np.triu_indices(k, 1))]


def _symmetric(n, packed):
    """The correlation matrix of the elements above its diagonal."""
    below = n * (n - 1) // 2
    place = np.full((n, n), below)
    place[np.triu_indices(n, 1)] = np.arange(below)
    place.T[np.triu_indices(n, 1)] = np.arange(below)
    return arranged(packed, place, 1.0)
