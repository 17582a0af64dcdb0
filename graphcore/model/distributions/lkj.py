"""Covariance matrices by standard deviations and a correlation matrix with LKJ distribution."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.context import modelcontext
from graphcore.model.distributions.base import Distribution, RandomVariable, as_shape, as_value
from graphcore.model.distributions.components import resized
from graphcore.model.distributions.constraints import Constraint, count, nonnegative, positive
from graphcore.model.distributions.packed import (
    APART,
    CholeskyCovPacked,
    arranged,
    packed_diagonal,
)
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import gammaln_half_step
from graphcore.runtime.reference import evaluate


def expand_packed_triangular(n, packed, lower=True, diagonal_only=False):
    """The triangular matrix of a vector that holds its rows.

    Parameters
    ----------
    n : int
        Rows of the matrix.
    packed : vector
        The ``n * (n + 1) / 2`` elements of the triangle, row after row.  What ``LKJCholeskyCov``
        returned is taken too, whose factor is a matrix already.
    lower : bool
        Which triangle it is.
    diagonal_only : bool
        Only the diagonal, as a vector.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> pm.expand_packed_triangular(2, [1.0, 2.0, 3.0]).eval()
    array([[1., 0.],
           [2., 3.]])
    """
    if isinstance(packed, tuple) and len(packed) == 3:  # factor, correlations, deviations
        factor = packed[0] if lower else packed[0].T
        return tt.diagonal(factor) if diagonal_only else factor
    packed = tt.as_tensor_variable(packed)
    if packed.ndim != 1:
        raise ValueError(f"expand_packed_triangular: needs a vector, got {packed.ndim} axes")
    rows, columns = (np.tril_indices if lower else np.triu_indices)(n)
    if packed.type.shape[0] not in (None, len(rows)):
        raise ValueError(
            f"expand_packed_triangular: a triangle of {n} rows has {len(rows)} elements, "
            f"not {packed.type.shape[0]}"
        )
    if diagonal_only:
        return packed[np.flatnonzero(rows == columns)]
    if n <= APART:
        elements = [0.0] * (n * n)
        for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
            elements[i * n + j] = packed[k]
        return tt.reshape(tt.stack(elements), (n, n))
    where = np.full((n, n), len(rows))
    where[rows, columns] = np.arange(len(rows))
    return arranged(packed, where, 0.0)


def log_normalizer(o, eta, n):
    """Log of the factor that makes ``det(R) ** (eta - 1)`` a density of correlation matrices.

    Examples
    --------
    >>> float(log_normalizer(tt, tt.constant(1.0), 2).eval())  # a correlation in (-1, 1)
    -0.693147180559945...
    """
    k = np.arange(1, n)
    eta = o.expand_dims(eta, -1)
    parts = o.gammaln(eta + 0.5 * (n - 1)) - o.gammaln(eta + 0.5 * (n - 1 - k))
    return o.sum(parts, axis=-1) - 0.5 * math.log(math.pi) * float(k.sum())


class LKJCholeskyCov(Distribution):
    """Cholesky factor of a covariance matrix, with LKJ correlations and given deviations.

    The random variable is the vector of the rows of the lower triangle.

    Parameters
    ----------
    name : str
    eta : number, array or variable
        1 for uniformly distributed correlation matrices; larger values favour small correlations.
        Several, or ``shape=``, make a batch of matrices.
    n : int
        Rows of the matrix.
    sd_dist : RandomVariable
        Distribution of the standard deviations, such as ``pm.Exponential.dist(1.0)``: a scalar,
        ``n`` of them, or ``n`` for each matrix of a batch.
    compute_corr : bool
        Whether to return ``(chol, corr, stds)``, matrices and vector, instead of the packed vector.
    store_in_trace : bool
        Whether ``corr`` and ``stds`` become deterministics ``{name}_corr`` and ``{name}_stds``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     chol, corr, stds = pm.LKJCholeskyCov(
    ...         "chol", eta=2, n=3, sd_dist=pm.Exponential.dist(1.0)
    ...     )
    >>> chol.type.shape, [v.name for v in model.value_vars]
    ((3, 3), ['chol_cholesky-cov-packed__'])
    """

    params = {"eta": Param(positive, typical=(0.8, 4.0)), "n": Param(count)}
    ndim = 1

    def __new__(cls, name, eta, n, sd_dist, *, compute_corr=True, store_in_trace=True, **kwargs):
        packed = super().__new__(cls, name, eta=eta, n=n, sd_dist=sd_dist, **kwargs)
        if not compute_corr:
            return packed
        model = modelcontext()
        chol, corr, stds = _matrices(order_of(n, name), packed)
        if store_in_trace:
            corr = model.add_named("deterministics", f"{name}_corr", corr, None)
            stds = model.add_named("deterministics", f"{name}_stds", stds, None)
        return chol, corr, stds

    @classmethod
    def dist(cls, eta, n, sd_dist, *, compute_corr=True, **kwargs):
        """The same outside of a model."""
        packed = super().dist(eta=eta, n=n, sd_dist=sd_dist, **kwargs)
        return _matrices(order_of(n, cls.__name__), packed) if compute_corr else packed

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        sd = kwargs.pop("sd_dist", None)
        n = kwargs["n"] = order_of(kwargs.get("n"), label)
        if not isinstance(sd, RandomVariable) or sd.name:
            raise TypeError(
                f"{label}: sd_dist must be a distribution made with .dist(), such as "
                f"pm.Exponential.dist(1.0), got {sd!r}"
            )
        if sd.type.shape[-1:] not in ((), (n,)):
            raise ValueError(
                f"{label}: sd_dist must be a scalar or have shape ({n},) or (..., {n}), "
                f"got {sd.type.shape}"
            )
        return super().make(label, args, kwargs, sd=sd.distribution, **shapes)

    def _parameter_shapes(self):
        batch, event = super()._parameter_shapes()
        try:
            return tuple(np.broadcast_shapes(batch, self.sd.shape[:-1])), event
        except ValueError:
            raise ValueError(
                f"{self.label}: eta has shape {batch}, but sd_dist has shape {self.sd.shape}"
            ) from None

    def support(eta, n):
        diagonal = packed_diagonal(int(n.data))
        return Constraint(
            "the packed lower triangle of a matrix with a positive diagonal",
            lambda o, x: o.all(x[..., diagonal] > 0, axis=-1),
            ndim=1,
            transform=CholeskyCovPacked(int(n.data)),
        )

    def event_shape(eta, n):
        n = int(n.data)
        return (n * (n + 1) // 2,)

    def formula(self, value):
        eta, n = self.arguments["eta"], int(self.arguments["n"].data)
        value = as_value(value, self.label)
        never_negative = self.sd.support_of() in (positive, nonnegative)
        total = log_normalizer(tt, eta, n)
        for i, diagonal, sd, log_sd in self._rows(value, n):
            each = np.ndim(i)  # 1 when all rows are in vectors
            power = 2 * (tt.expand_dims(eta, -1) if each and eta.ndim else eta) - 2 + (n - i)
            log_share = tt.log(diagonal) - log_sd  # of the diagonal of the factor of R
            part = power * log_share - i * log_sd
            part = part + self.sd.log_density(sd, inside=never_negative)
            total = total + (tt.sum(part, axis=-1) if each else part)
        return total

    def _rows(self, value, n):
        """Number, diagonal element, length and its logarithm of rows: singly, or all in vectors."""
        ends = packed_diagonal(n)
        each = any(v.ndim for v in self.sd.arguments.values())
        if value.ndim > 1 or n > APART or each:
            variance = tt.sum(tt.sqr(_factors(n, value)), axis=-1)
            numbers, diagonal = np.arange(n) * 1.0, value[..., ends]
            return [(numbers, diagonal, tt.sqrt(variance), 0.5 * tt.log(variance))]
        rows = [(0, value[0], value[0], tt.log(value[0]))]
        for i, end in enumerate(ends[1:], 1):
            variance = sum(tt.sqr(value[k]) for k in range(end - i, end + 1))
            rows.append((i, value[end], tt.sqrt(variance), 0.5 * tt.log(variance)))
        return rows

    @property
    def mean(self):
        return tt.broadcast_to(self._elements()[0], self.shape)

    @property
    def variance(self):
        mean, squares = self._elements()
        return tt.broadcast_to(squares - tt.sqr(mean), self.shape)

    def _elements(self):
        """Means of the elements and of their squares.

        A row is a deviation times a direction, whose last element has a square that is Beta(b, k/2)
        for row k of the onion method; the others share the rest evenly, with either sign.
        """
        n = int(self.arguments["n"].data)
        rows, columns = np.tril_indices(n)
        ends, half = rows == columns, 0.5 * rows
        total = self.arguments["eta"][..., None] + 0.5 * (n - 1)
        b = total - half
        root = tt.exp(gammaln_half_step(tt, b) - gammaln_half_step(tt, total))
        shape = (*self.sd.shape[:-1], n)
        center, spread = (
            tt.broadcast_to(v, shape)[..., rows] for v in (self.sd.mean, self.sd.variance)
        )
        share = tt.switch(ends, b, 0.5) / total
        return center * tt.switch(ends, root, 0.0), (spread + tt.sqr(center)) * share

    def support_point(o, eta, n):
        return tt.constant(np.eye(int(n.data))[np.tril_indices(int(n.data))])

    def draw(self, rng, size, given):
        n = int(self.arguments["n"].data)
        lead = () if size is None else as_shape(size, self.label)
        (eta,) = evaluate([self.arguments["eta"]], given)
        lead = (*lead, *self.batch_shape)
        deviations = resized(self.sd, (*lead, n)).draw(rng, None, given)
        factor = random_factor(rng, lead, eta, n) * deviations[..., None]
        return factor[(..., *np.tril_indices(n))]


def order_of(n, label):
    """``n`` as a positive Python int."""
    if isinstance(n, Constant):
        n = n.data
    number = np.asarray(n)
    if number.dtype.kind not in "iu" or number.ndim or number < 1:
        raise ValueError(f"{label}: n must be a positive whole number, got {n!r}")
    return int(number)


def _matrices(n, packed):
    """``(chol, corr, stds)`` of a packed factor."""
    chol = _factors(n, packed)
    stds = tt.sqrt(tt.sum(tt.sqr(chol), axis=-1))
    scaled = chol / stds[..., None]
    return chol, tt.matmul(scaled, tt.swapaxes(scaled, -1, -2)), stds


def _factors(n, packed):
    """The lower triangles of packed rows, which are the last axis."""
    if packed.ndim == 1:
        return expand_packed_triangular(n, packed)
    place = np.full((n, n), packed.type.shape[-1])
    place[np.tril_indices(n)] = np.arange(packed.type.shape[-1])
    return arranged(packed, place, 0.0)


def random_factor(rng, size, eta, n):
    """Cholesky factors of correlation matrices: rows grow by the onion method."""
    out = np.zeros((*size, n, n))
    out[..., 0, 0] = 1.0
    beta = eta + 0.5 * (n - 2)
    for k in range(1, n):
        y = rng.beta(0.5 * k, beta, size)  # squared length of what stands left of the diagonal
        u = rng.standard_normal((*size, k))
        u /= np.sqrt((u * u).sum(axis=-1, keepdims=True))
        out[..., k, :k] = np.sqrt(y)[..., None] * u
        out[..., k, k] = np.sqrt(1 - y)
        beta -= 0.5
    return out
