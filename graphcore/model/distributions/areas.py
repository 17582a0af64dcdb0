"""Distributions of vectors over areas, sticks and ordered categories: CAR, ICAR and others."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.context import modelcontext
from graphcore.model.distributions.base import Distribution, as_shape
from graphcore.model.distributions.constraints import (
    Constraint,
    correlation,
    count,
    positive,
    real,
    simplex,
)
from graphcore.model.distributions.multivariate import Multinomial, log_ways
from graphcore.model.distributions.ordered import OrderedLogistic
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import HALF_LOG_2PI
from graphcore.runtime.reference import evaluate


def _neighbours(W, label):
    """A constant symmetric matrix of weights."""
    if isinstance(W, Constant):
        W = W.data
    if hasattr(W, "toarray"):  # of scipy.sparse, or an expression
        W = W.toarray()
    if isinstance(W, Variable):
        if inputs_of([W]):
            raise TypeError(f"{label}: W must be a constant matrix")
        (W,) = evaluate([W], {})
    W = np.asarray(W)
    if W.dtype.kind not in "biuf":
        raise TypeError(f"{label}: W must be a matrix of numbers, got dtype {W.dtype}")
    W = W.astype(float)
    if W.ndim != 2 or W.shape[0] != W.shape[1]:
        raise ValueError(f"{label}: W must be a square matrix, got shape {W.shape}")
    if not np.isfinite(W).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(W))[0])
        raise ValueError(f"{label}: W must be finite, got {W[where]} at index {where}")
    if not np.allclose(W, W.T):
        raise ValueError(f"{label}: W must be symmetric")
    return W


class _OverAreas(Distribution, hidden=True):
    """One number per row of a matrix ``W`` of neighbours."""

    ndim = 1
    support = Constraint("a vector of numbers", ndim=1)

    def _parameter_shapes(self):
        n = len(self.weights)
        mu = self.arguments.get("mu")
        shape = () if mu is None else mu.type.shape
        if shape and shape[-1] not in (1, n):
            raise ValueError(f"{self.label}: mu has shape {shape}, but W has {n} rows")
        return tuple(shape[:-1]), (n,)


class CAR(_OverAreas):
    """Conditional autoregression: each area is normal around its neighbours.

    The precision matrix is ``tau * (D - alpha * W)``, where ``D`` has the row sums of ``W``.

    Parameters
    ----------
    name : str
    mu : vector or number
    W : matrix
        Symmetric weights, usually 1 between neighbours; scipy.sparse matrices are taken too.
    alpha : number or variable
        Strength of the autoregression, between -1 and 1.
    tau : number or variable
        Precision.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.CAR.dist([0.0, 0.0], W=[[0, 1], [1, 0]], alpha=0.5, tau=1.0)
    >>> round(float(d.logp([0.0, 0.0]).eval()), 6)
    -1.981718
    """

    params = {
        "mu": Param(real),
        "alpha": Param(correlation),
        "tau": Param(positive),
    }
    order = ("mu", "alpha", "tau")

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        names = ("mu", "W", "alpha", "tau")
        kwargs = dict(zip(names, args, strict=False)) | kwargs
        kwargs.pop("sparse", None)  # the density needs the eigenvalues of W alone
        if kwargs.get("W") is None:
            raise TypeError(f"{label}: CAR takes (mu, W, alpha, tau); W is missing")
        weights = _neighbours(kwargs.pop("W"), label)
        sums = weights.sum(axis=1)
        if not (sums > 0).all():
            raise ValueError(f"{label}: row {int(np.argmin(sums))} of W has no neighbour")
        scaled = weights / np.sqrt(sums[:, None] * sums)
        spectrum = np.linalg.eigvalsh(scaled)
        return super().make(
            label, (), kwargs, weights=weights, sums=sums, spectrum=spectrum, **shapes
        )

    def formula(self, value):
        mu, alpha, tau = (self.arguments[k] for k in ("mu", "alpha", "tau"))
        x = value - mu
        pulled = self.sums * x - _column(alpha) * tt.dot(x, self.weights)
        square = tt.sum(x * pulled, axis=-1)
        logs = tt.sum(tt.log(1 - tt.expand_dims(alpha, alpha.ndim) * self.spectrum), axis=-1)
        n = len(self.weights)
        log_det = n * tt.log(tau) + np.log(self.sums).sum() + logs
        return 0.5 * (log_det - tau * square) - n * HALF_LOG_2PI

    def initial(self):
        return self.mean

    @property
    def mean(self):
        return tt.broadcast_to(self.arguments["mu"], self.shape)

    @property
    def variance(self):
        alpha, tau = self.arguments["alpha"], self.arguments["tau"]
        if alpha.ndim or tau.ndim:
            raise NotImplementedError(f"{self.label}: the variance of several fields at once")
        precision = tt.diag(tt.constant(self.sums)) - alpha * self.weights
        return tt.broadcast_to(tt.diagonal(tt.linalg.inv(precision)) / tau, self.shape)

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        mu, alpha, tau = evaluate([self.arguments[k] for k in ("mu", "alpha", "tau")], given)
        precision = tau * (np.diag(self.sums) - alpha * self.weights)
        factor = np.linalg.cholesky(precision)
        z = rng.standard_normal((*lead, *self.shape, 1))
        return mu + np.linalg.solve(factor.T, z)[..., 0]


def _column(alpha):
    return alpha if alpha.ndim == 0 else tt.expand_dims(alpha, alpha.ndim)


class ICAR(_OverAreas):
    """Intrinsic conditional autoregression: squared differences between neighbours; improper.

    Parameters
    ----------
    name : str
    W : matrix
        Symmetric, 1 between neighbours and 0 elsewhere.
    sigma : number or variable
        Standard deviation of the differences.
    zero_sum_stdev : float
        How near the sum of the values stays to zero, as a standard deviation of their mean.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> pm.ICAR.dist(W=[[0, 1], [1, 0]]).type.shape
    (2,)
    """

    improper = True
    params = {"sigma": Param(positive, default=1.0), "zero_sum_stdev": Param(positive, 0.001)}

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("W", "sigma", "zero_sum_stdev"), args, strict=False)) | kwargs
        if kwargs.get("W") is None:
            raise TypeError(f"{label}: ICAR takes (W, sigma); W is missing")
        weights = _neighbours(kwargs.pop("W"), label)
        if not np.isin(weights, (0, 1)).all():
            raise ValueError(f"{label}: W must have entries 0 and 1 only")
        pairs = np.nonzero(np.tril(weights))
        return super().make(label, (), kwargs, weights=weights, pairs=pairs, **shapes)

    def formula(self, value):
        sigma, width = self.arguments["sigma"], self.arguments["zero_sum_stdev"]
        a, b = self.pairs
        n = len(self.weights)
        squares = tt.sum(tt.sqr(value[..., a] - value[..., b]), axis=-1)
        total = tt.sum(value, axis=-1) / (width * n)
        centred = -0.5 * tt.sqr(total) - HALF_LOG_2PI - tt.log(width * n)
        return -0.5 * squares / tt.sqr(sigma) - (n - 1) * (tt.log(sigma) + HALF_LOG_2PI) + centred

    def initial(self):
        return tt.zeros(self.shape)


class StickBreakingWeights(Distribution):
    """The first ``K`` weights of a stick that is broken again and again, and what is left.

    Parameters
    ----------
    name : str
    alpha : number or variable
        Larger values break off smaller pieces.
    K : int
        Number of breaks; the vector has one entry more.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.StickBreakingWeights.dist(alpha=1.0, K=2)
    >>> round(float(d.logp([0.5, 0.25, 0.25]).eval()), 6)
    0.693147
    """

    params = {"alpha": Param(positive, typical=(0.5, 4.0)), "K": Param(count)}
    support = simplex
    ndim = 1

    def event_shape(alpha, K):
        if not isinstance(K, Constant):
            raise TypeError("StickBreakingWeights: K must be a number")
        n = float(K.data)  # NaN is a fault, told where the variable is used
        return (int(n) + 1 if np.isfinite(n) else 1,)

    def logp(o, x, alpha, K):
        n = int(K.data)
        # what is left before each break but the first
        left = [tt.sum(x[..., k:], axis=-1) for k in range(1, n)]
        last = x[..., n]
        logs = sum((tt.log(v) for v in left), 0.0)
        return n * tt.log(alpha) + (alpha - 1) * tt.log(last) - logs

    def mean(o, alpha, K):
        ratio = alpha / (1 + alpha)
        return _pieces(K, 1 - ratio, ratio)

    def variance(o, alpha, K):
        squares = _pieces(K, 2 / ((1 + alpha) * (2 + alpha)), alpha / (2 + alpha))
        return squares - o.sqr(StickBreakingWeights.mean(o, alpha, K))

    def support_point(o, alpha, K):
        return StickBreakingWeights.mean(o, alpha, K)

    def random(rng, size, alpha, K):
        v = rng.beta(1.0, alpha[..., None], (*size, int(K)))
        left = np.cumprod(1 - v, axis=-1)
        first = v * np.concatenate([np.ones((*size, 1)), left[..., :-1]], axis=-1)
        return np.concatenate([first, left[..., -1:]], axis=-1)


def _pieces(K, broken, left):
    """``broken * left**k`` for the weights k of a stick, and ``left**K`` for what remains."""
    n = int(K.data)
    broken, left = (tt.expand_dims(v, v.ndim) for v in (broken, left))
    return tt.concatenate([broken * left ** np.arange(float(n)), left ** float(n)], axis=-1)


class OrderedMultinomial(Multinomial):
    """Counts of ordered categories, whose probabilities follow from ``eta`` and ``cutpoints``.

    Parameters
    ----------
    name : str
    eta : number or variable
    cutpoints : vector
        Ascending.
    n : int
        How many were counted.
    compute_p : bool
        Whether the probabilities are recorded as ``{name}_probs``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.OrderedMultinomial.dist(eta=0.0, cutpoints=[0.0], n=2)
    >>> round(float(d.logp([1, 1]).eval()), 6)
    -0.693147
    """

    def __new__(cls, name, *args, compute_p=True, **kwargs):
        rv = super().__new__(cls, name, *args, **kwargs)
        if compute_p:
            p = rv.distribution.arguments["p"]
            modelcontext().add_named("deterministics", f"{name}_probs", p, None)
        return rv

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("eta", "cutpoints", "n"), args, strict=False)) | kwargs
        missing = [k for k in ("eta", "cutpoints", "n") if kwargs.get(k) is None]
        if missing:
            raise TypeError(
                f"{label}: OrderedMultinomial takes (eta, cutpoints, n); {missing[0]} is missing"
            )
        inner = OrderedLogistic.make(
            label, (), {"eta": kwargs.pop("eta"), "cutpoints": kwargs.pop("cutpoints")}
        )
        p = OrderedLogistic.probabilities(**inner.arguments)
        self = super().make(label, (), {**kwargs, "p": p}, **shapes)
        self.conditions = [*inner.conditions, *self.conditions]
        self.faults = [*inner.faults, *self.faults]
        self.ordered = inner.arguments
        return self

    def formula(self, value):
        # Not by the probabilities: they are differences, which lose the small ones.
        value = tt.as_tensor_variable(value)
        each = OrderedLogistic.log_probabilities(**self.ordered)
        counted = tt.sum(tt.switch(value > 0, value * each, 0.0), axis=-1)
        return log_ways(tt, self.arguments["n"], value) + counted
