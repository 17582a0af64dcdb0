"""Multivariate normal and Student-t distributions.

The matrix is given as covariance, as its inverse, or as the Cholesky factor of the covariance.  A
value that is not positive definite makes the density -inf.
"""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import Distribution, static_shape
from graphcore.model.distributions.constraints import (
    factor_matrix,
    positive,
    positive_definite,
    real,
)
from graphcore.model.distributions.parameters import Param
from graphcore.ops.decompose import GaussianTerm, PositiveSolve

_LOG_2PI = math.log(2 * math.pi)


def each(function, matrix, *rows):
    """A function of one matrix for every matrix of a batch, which stands on the axes in front.

    ``rows`` have one axis per case in front of their last one, which broadcasts with the batch, and
    any number before.
    """
    lead = matrix.type.shape[:-2]
    if not lead:
        return function(matrix, *rows)
    full = np.broadcast_shapes(lead, *(r.type.shape[:-1] for r in rows))
    batch, n = full[len(full) - len(lead) :], matrix.type.shape[-1]
    count = math.prod(batch)
    matrices = tt.reshape(tt.broadcast_to(matrix, (*batch, n, n)), (count, n, n))
    rows = [tt.reshape(tt.broadcast_to(r, (*full, n)), (-1, count, n)) for r in rows]
    found = [function(matrices[i], *(r[:, i] for r in rows)) for i in range(count)]
    if not rows:
        return tt.reshape(tt.stack(found), (*batch, n))
    squares, halves = zip(*found, strict=True)
    return tt.reshape(tt.stack(squares, axis=1), full), tt.reshape(tt.stack(halves), batch)


def as_rows(y):
    return tt.reshape(y, (-1, y.type.shape[-1]))


def _per_row(y, values):
    """One number per row of ``as_rows(y)``, in the shape of ``y`` without its last axis."""
    return tt.reshape(values, y.type.shape[:-1])


def half_logdet(matrix):
    """Half of the log determinant; infinite when the matrix is not positive definite."""
    return -GaussianTerm()(matrix, tt.zeros((1, matrix.type.shape[0])))


def finite(square, half):
    """The squared distance where there is one; else 0, and the determinant tells."""
    return tt.switch(tt.isinf(half), 0.0, square)


class _Covariance:
    """How the three ways to give the matrix compute: squared distances and determinants.

    Each takes one matrix and returns the squared distances of the rows of ``y`` from zero, and half
    of the log determinant of the covariance: +inf when there is none.
    """

    def distances(cov, y):
        rows = as_rows(y)
        solved = tt.transpose(PositiveSolve()(cov, tt.transpose(rows)))
        half = half_logdet(cov)
        return _per_row(y, finite(tt.sum(rows * solved, axis=1), half)), half

    def factor(cov):
        return np.linalg.cholesky(cov)

    def variances(cov):
        return tt.diagonal(cov)


class _Precision:
    def distances(tau, y):
        rows = as_rows(y)
        half = half_logdet(tau)
        square = _per_row(y, finite(tt.sum(tt.dot(rows, tau) * rows, axis=1), half))
        return square, tt.switch(tt.isinf(half), math.inf, -half)

    def factor(tau):
        # With P the reversal, tau = U.T U for U = P chol(P tau P).T P: the inverse of U will do.
        reversed_factor = np.linalg.cholesky(tau[..., ::-1, ::-1])[..., ::-1, ::-1]
        return np.swapaxes(np.linalg.inv(reversed_factor), -1, -2)

    def variances(tau):
        return tt.diagonal(PositiveSolve()(tau, tt.eye(tau.type.shape[0])))


class _Factor:
    def distances(chol, y):
        rows = as_rows(y)
        z = tt.linalg.solve_triangular(chol, tt.transpose(rows), lower=True)
        return _per_row(y, tt.sum(tt.sqr(z), axis=0)), tt.sum(tt.log(tt.diagonal(chol)))

    def factor(chol):
        return np.tril(chol)

    def variances(chol):
        return tt.sum(tt.sqr(tt.tril(chol)), axis=1)


class _Elliptic(Distribution, hidden=True):
    """What depends on a mean vector and one matrix, the last of the arguments."""

    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        lower = kwargs.pop("lower", True)
        if not lower and kwargs.get("chol") is not None:
            kwargs["chol"] = tt.transpose(tt.as_tensor_variable(kwargs["chol"]))
        return super().make(label, args, kwargs, **shapes)

    def _parameter_shapes(self):
        *others, (name, matrix) = self.arguments.items()
        length = self.arguments["mu"].type.shape[-1:]
        if not matrix.type.is_static and matrix.ndim == 2 and length not in ((), (1,), (None,)):
            matrix = self.arguments[name] = tt.specify_shape(matrix, length * 2)
        for key, v in self.arguments.items():
            static_shape(self.label, key, v)
        shape = matrix.type.shape
        if len(shape) < 2 or shape[-2] != shape[-1]:
            raise ValueError(
                f"{self.label}: parameter {name} must be one square matrix, got shape {shape}"
            )
        shapes = {k: v.type.shape if k == "mu" else (*v.type.shape, 1) for k, v in others}
        try:
            full = np.broadcast_shapes(*shapes.values(), shape[:-1])
        except ValueError:
            full = (0,)
        if full[-1] != shape[-1]:
            shown = ", ".join(f"{k} {v.type.shape}" for k, v in self.arguments.items())
            raise ValueError(f"{self.label}: the shapes of the parameters do not fit: {shown}")
        return tuple(full[:-1]), full[-1:]

    def mean(o, mu, **others):
        return mu

    def support_point(o, mu, **others):
        return mu


def _normal_logp(way, o, x, mu, matrix):
    square, half = each(way.distances, matrix, x - mu)
    return -0.5 * square - (half + 0.5 * matrix.type.shape[-1] * _LOG_2PI)


def _normal_random(way, rng, size, mu, matrix):
    z = rng.standard_normal((*size, matrix.shape[-1]))
    if matrix.ndim == 2:
        return mu + z @ way.factor(matrix).T
    return mu + (way.factor(matrix) @ z[..., None])[..., 0]


class _TauMvNormal(_Elliptic, hidden=True):
    params = {"mu": Param(real, 0.0), "tau": Param(positive_definite)}

    def logp(o, x, mu, tau):
        return _normal_logp(_Precision, o, x, mu, tau)

    def variance(o, mu, tau):
        return each(_Precision.variances, tau)

    def random(rng, size, mu, tau):
        return _normal_random(_Precision, rng, size, mu, tau)


class _CholMvNormal(_Elliptic, hidden=True):
    params = {"mu": Param(real, 0.0), "chol": Param(factor_matrix)}

    def logp(o, x, mu, chol):
        return _normal_logp(_Factor, o, x, mu, chol)

    def variance(o, mu, chol):
        return each(_Factor.variances, chol)

    def random(rng, size, mu, chol):
        return _normal_random(_Factor, rng, size, mu, chol)


class MvNormal(_Elliptic):
    """Vectors with mean ``mu`` and covariance ``cov``, inverse ``tau`` or factor ``chol``.

    Observations, when there are several, are rows.  Matrices with axes in front are a batch: one
    for each row.  ``lower=False`` says that ``chol`` is the upper triangular factor.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.MvNormal.dist(mu=[0.0, 0.0], cov=[[1.0, 0.0], [0.0, 1.0]])
    >>> round(float(d.logp([0.0, 0.0]).eval()), 6)
    -1.837877
    """

    keywords = ("lower",)
    params = {"mu": Param(real, 0.0), "cov": Param(positive_definite)}
    forms = (_TauMvNormal, _CholMvNormal)

    def logp(o, x, mu, cov):
        if x.ndim == 1 and mu.ndim < 2 and cov.ndim == 2:
            return MvNormal.summed_logp(o, x, mu, cov)
        return _normal_logp(_Covariance, o, x, mu, cov)

    def summed_logp(o, x, mu, cov):
        """The log density of all rows together: one factor, one solution."""
        if cov.ndim > 2:
            return o.sum(_normal_logp(_Covariance, o, x, mu, cov))
        rows = as_rows(x - mu)
        n, k = rows.type.shape
        return GaussianTerm()(cov, rows) - 0.5 * n * k * _LOG_2PI

    def variance(o, mu, cov):
        return each(_Covariance.variances, cov)

    def random(rng, size, mu, cov):
        return _normal_random(_Covariance, rng, size, mu, cov)


def _t_logp(way, o, x, nu, mu, matrix):
    square, half = each(way.distances, matrix, x - mu)
    n = matrix.type.shape[-1]
    scale = o.gammaln((nu + n) / 2) - o.gammaln(nu / 2) - 0.5 * n * o.log(nu * math.pi)
    return scale - half - (nu + n) / 2 * o.log1p(square / nu)


def _t_variance(way, o, nu, matrix):
    nu = o.expand_dims(nu, nu.ndim)
    return o.switch(nu > 2, nu / (nu - 2) * each(way.variances, matrix), math.inf)


def _t_random(way, rng, size, nu, mu, matrix):
    z = _normal_random(way, rng, size, 0.0, matrix)
    return mu + z / np.sqrt(rng.chisquare(nu, size) / nu)[..., None]


_T = {"nu": Param(positive, typical=(2.5, 9.0)), "mu": Param(real, 0.0)}


class _TauMvStudentT(_Elliptic, hidden=True):
    params = {**_T, "tau": Param(positive_definite)}

    def logp(o, x, nu, mu, tau):
        return _t_logp(_Precision, o, x, nu, mu, tau)

    def variance(o, nu, mu, tau):
        return _t_variance(_Precision, o, nu, tau)

    def random(rng, size, nu, mu, tau):
        return _t_random(_Precision, rng, size, nu, mu, tau)


class _CholMvStudentT(_Elliptic, hidden=True):
    params = {**_T, "chol": Param(factor_matrix)}

    def logp(o, x, nu, mu, chol):
        return _t_logp(_Factor, o, x, nu, mu, chol)

    def variance(o, nu, mu, chol):
        return _t_variance(_Factor, o, nu, chol)

    def random(rng, size, nu, mu, chol):
        return _t_random(_Factor, rng, size, nu, mu, chol)


class MvStudentT(_Elliptic):
    """Vectors with ``nu`` degrees of freedom around ``mu``; the matrix is not their covariance.

    It is given as ``scale``, as its inverse ``tau`` or as its Cholesky factor ``chol``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> pm.MvStudentT.dist(nu=3, mu=[0.0, 1.0], scale=[[1.0, 0.0], [0.0, 1.0]]).type.shape
    (2,)
    """

    keywords = ("lower",)
    params = {**_T, "scale": Param(positive_definite)}
    forms = (_TauMvStudentT, _CholMvStudentT)

    def logp(o, x, nu, mu, scale):
        return _t_logp(_Covariance, o, x, nu, mu, scale)

    def variance(o, nu, mu, scale):
        return _t_variance(_Covariance, o, nu, scale)

    def random(rng, size, nu, mu, scale):
        return _t_random(_Covariance, rng, size, nu, mu, scale)
