"""Normal vectors with a Kronecker product as covariance, through the factors of the product."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import Distribution, as_shape, as_value
from graphcore.model.distributions.constraints import (
    factor_matrix,
    nonnegative,
    positive_definite,
    real,
)
from graphcore.model.distributions.gaussian import as_rows, finite, half_logdet
from graphcore.model.distributions.parameters import Param, Parameters
from graphcore.model.math import kron_apply, kron_diag, kron_dot, kron_solve_lower
from graphcore.ops.decompose import PositiveSolve
from graphcore.ops.kronecker import KroneckerSolve
from graphcore.runtime.reference import evaluate

_LOG_2PI = math.log(2 * math.pi)


class _Covariances(Distribution, hidden=True):
    """One factor by itself, as a table of its parameters; likewise the next two."""

    params = {"covs": Param(positive_definite)}


class _Factors(Distribution, hidden=True):
    params = {"chols": Param(factor_matrix)}


class _Spectra(Distribution, hidden=True):
    params = {"evds": Param(nonnegative), "vectors": Param(real)}


_WAYS = {"covs": _Covariances, "chols": _Factors, "evds": _Spectra}


class KroneckerNormal(Distribution):
    """Normal vectors whose covariance is a Kronecker product plus ``sigma**2`` times the identity.

    The product is never made: the density of ``n_1 * ... * n_k`` numbers costs what the factors
    cost, and the products of the numbers with each of them.

    Parameters
    ----------
    name : str
    mu : vector
    covs, chols : list of matrices
        The factors of the product, or their Cholesky factors.
    evds : list of (vector, matrix)
        Their eigenvalues and eigenvectors.
    sigma : number or variable, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.KroneckerNormal.dist([0.0, 0.0], covs=[[[1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    >>> round(float(d.logp([0.0, 0.0]).eval()), 6)
    -1.837877
    """

    params = {"mu": Param(real, default=0.0), "sigma": Param(nonnegative, default=0.0)}
    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        names = ("mu", "covs", "chols", "evds", "sigma")
        given = {k: v for k, v in (dict(zip(names, args, strict=False)) | kwargs).items()
                 if v is not None}  # fmt: skip
        unknown = set(given) - set(names)
        if unknown:
            raise TypeError(f"{label}: KroneckerNormal has no parameter {unknown.pop()!r}")
        ways = [k for k in _WAYS if k in given]
        if len(ways) != 1:
            raise TypeError(f"{label}: give exactly one of covs, chols and evds")
        (way,) = ways
        checked = [
            Parameters(_WAYS[way], part if way == "evds" else (part,), {}, label)
            for part in given.pop(way)
        ]
        if not checked:
            raise ValueError(f"{label}: {way} is an empty list")
        factors = [list(own.arguments.values()) for own in checked]
        for *_, matrix in factors:
            shape = matrix.type.shape
            if len(shape) != 2 or shape[0] != shape[1] or shape[0] is None:
                raise ValueError(
                    f"{label}: parameter {way} must be square matrices of known shape, got {shape}"
                )
        self = super().make(label, (), given, way=way, factors=factors, **shapes)
        for own in checked:
            self.conditions += own.conditions
            self.faults += own.faults
        return self

    def _parameter_shapes(self):
        n = math.prod(matrix.type.shape[0] for *_, matrix in self.factors)
        mu, sigma = (self.arguments[k].type.shape for k in ("mu", "sigma"))
        try:
            batch = np.broadcast_shapes(mu, (n,))
        except ValueError:
            batch = (0,)
        if batch[-1] != n or sigma:
            raise ValueError(
                f"{self.label}: mu has shape {mu} and sigma {sigma}, but there are {n} numbers, "
                "the product of the lengths of the factors; sigma must be one number"
            )
        return tuple(batch[:-1]), (n,)

    @property
    def _noisy(self):
        sigma = self.arguments["sigma"]
        return not (isinstance(sigma, Constant) and sigma.data == 0)

    def formula(self, value):
        value = as_value(value, self.label)
        difference = value - self.arguments["mu"]
        if self.way == "evds" or self._noisy:
            square, half = self._by_spectra(as_rows(difference))
        elif self.way == "covs":
            square, half = self._by_covariances(as_rows(difference))
        else:
            square, half = self._by_factors(as_rows(difference))
        square = tt.reshape(square, difference.type.shape[:-1])
        return -0.5 * square - (half + 0.5 * self.shape[-1] * _LOG_2PI)

    def _copies(self, matrix):
        """How often the determinant of a factor is in that of the product."""
        return self.shape[-1] // matrix.type.shape[0]

    def _by_factors(self, rows):
        chols = [c for (c,) in self.factors]
        z = kron_solve_lower(chols, tt.transpose(rows))
        half = sum(self._copies(c) * tt.sum(tt.log(tt.diagonal(c))) for c in chols)
        return tt.sum(tt.sqr(z), axis=0), half

    def _by_covariances(self, rows):
        covs = [c for (c,) in self.factors]
        solved = kron_apply(PositiveSolve(), covs, tt.transpose(rows))
        half = sum(self._copies(c) * half_logdet(c) for c in covs)
        return finite(tt.sum(tt.transpose(rows) * solved, axis=0), half), half

    def _by_spectra(self, rows):
        shift = tt.sqr(self.arguments["sigma"])
        if self.way == "evds":
            w = kron_diag(*(w for w, _ in self.factors)) + shift
            z = kron_dot([tt.transpose(v) for _, v in self.factors], tt.transpose(rows))
            square = tt.sum(tt.sqr(z) / tt.expand_dims(w, 1), axis=0)
        else:
            covs = self._covariances()
            w = kron_diag(*(tt.linalg.eigvalsh(c) for c in covs)) + shift
            square = tt.sum(rows * KroneckerSolve()(rows, shift, *covs), axis=1)
        exists = tt.all(w > 0)
        half = tt.switch(exists, 0.5 * tt.sum(tt.log(w)), math.inf)
        return tt.switch(exists, square, 0.0), half

    def _covariances(self):
        """The factors as covariances."""
        if self.way == "covs":
            return [c for (c,) in self.factors]
        if self.way == "chols":
            return [tt.dot(c, tt.transpose(c)) for (c,) in self.factors]
        return [tt.dot(v * w, tt.transpose(v)) for w, v in self.factors]

    def initial(self):
        return self.mean

    @property
    def mean(self):
        return tt.broadcast_to(self.arguments["mu"], self.shape)

    @property
    def variance(self):
        each = kron_diag(*(tt.diagonal(c) for c in self._covariances()))
        return tt.broadcast_to(each + tt.sqr(self.arguments["sigma"]), self.shape)

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        shape = (*lead, *self.shape)
        mu, sigma, *covs = evaluate([*self.arguments.values(), *self._covariances()], given)
        z = rng.standard_normal((math.prod(shape[:-1]), *(len(c) for c in covs)))
        for axis, cov in enumerate(covs, 1):
            w, v = np.linalg.eigh(cov)  # semidefinite ones have a root as well
            root = v * np.sqrt(np.maximum(w, 0.0))
            z = np.moveaxis(np.tensordot(root, z, (1, axis)), 0, axis)
        return mu + z.reshape(shape) + sigma * rng.standard_normal(shape)
