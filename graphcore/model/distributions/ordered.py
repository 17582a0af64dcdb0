"""Ordered categories: OrderedLogistic, OrderedProbit."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import numpy as np

import graphcore.tensor as tt
from graphcore.model.context import modelcontext
from graphcore.model.distributions.base import Distribution
from graphcore.model.distributions.constraints import ascending, counts_up_to, positive, real
from graphcore.model.distributions.discrete import Categorical, select
from graphcore.model.distributions.parameters import Param, names_of

# Stands for infinity where an infinite cut point would make derivatives NaN.
FAR = 1e30


class _Ordered(Distribution, hidden=True):
    """Categories 0 ... K-1 between K-1 ascending cut points."""

    def __new__(cls, name, *args, compute_p=True, **kwargs):
        rv = super().__new__(cls, name, *args, **kwargs)
        if compute_p:
            model = modelcontext()
            # With missing data the variable is put together of two: its parameters are read again.
            own = {k: v for k, v in kwargs.items() if k in names_of(cls)}
            distribution = getattr(rv, "distribution", None) or cls.make(name, args, own)
            p = cls.probabilities(**distribution.arguments)
            model.add_named("deterministics", f"{name}_probs", p, None)
        return rv

    def _find_support(self):
        return counts_up_to(self.arguments["cutpoints"].type.shape[-1])

    @property
    def p(self):
        """The probabilities of all categories, along a last axis."""
        return type(self).probabilities(**self.arguments)

    @property
    def mean(self):
        return self._of_categories(Categorical.mean)

    @property
    def variance(self):
        return self._of_categories(Categorical.variance)

    def initial(self):
        """The likeliest category."""
        return self._of_categories(Categorical.support_point)

    def _of_categories(self, formula):
        return tt.broadcast_to(formula(tt, self.p), self.shape)


def _borders(o, cutpoints, far):
    """Lower and upper border of every category."""
    end = np.full((*cutpoints.type.shape[:-1], 1), far)
    return o.concatenate([-end, cutpoints], axis=-1), o.concatenate([cutpoints, end], axis=-1)


class OrderedLogistic(_Ordered):
    """Categories by where ``eta`` plus logistic noise lies among ``cutpoints``.

    In a model the probabilities are recorded as ``{name}_probs`` unless ``compute_p`` is False.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.OrderedLogistic.dist(eta=0.0, cutpoints=[0.0, 1.0])
    >>> round(float(d.logp(0).eval()), 6)
    -0.693147
    """

    params = {"eta": Param(real), "cutpoints": Param(ascending)}

    def logp(o, x, eta, cutpoints):
        low, high = _borders(o, cutpoints, np.inf)
        # log(sigmoid(b) - sigmoid(a)), where the part that depends on b - a alone is done once
        gap = select(o, o.log1mexp(low - high), x)
        return gap - o.softplus(eta - select(o, high, x)) - o.softplus(select(o, low, x) - eta)

    def logcdf(o, x, eta, cutpoints):
        _, high = _borders(o, cutpoints, np.inf)
        return o.switch(x < 0, -np.inf, -o.softplus(eta - select(o, high, o.floor(x))))

    def logccdf(o, x, eta, cutpoints):
        _, high = _borders(o, cutpoints, np.inf)
        return o.switch(x < 0, 0.0, -o.softplus(select(o, high, o.floor(x)) - eta))

    @staticmethod
    def log_probabilities(eta, cutpoints):
        """Of all categories, along a last axis."""
        low, high = _borders(tt, cutpoints, np.inf)
        eta = tt.expand_dims(eta, eta.ndim)
        return tt.log1mexp(low - high) - tt.softplus(eta - high) - tt.softplus(low - eta)

    @staticmethod
    def probabilities(eta, cutpoints):
        low, high = _borders(tt, cutpoints, np.inf)
        eta = tt.expand_dims(eta, eta.ndim)
        return tt.sigmoid(high - eta) - tt.sigmoid(low - eta)

    def random(rng, size, eta, cutpoints):
        noisy = eta + rng.logistic(size=size)
        return (noisy[..., None] > cutpoints).sum(axis=-1)


class OrderedProbit(_Ordered):
    """Categories by where ``eta`` plus normal noise of deviation ``sigma`` lies among cut points.

    In a model the probabilities are recorded as ``{name}_probs`` unless ``compute_p`` is False.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.OrderedProbit.dist(eta=0.0, cutpoints=[0.0, 1.0])
    >>> round(float(d.logp(0).eval()), 6)
    -0.693147
    """

    params = {
        "eta": Param(real),
        "cutpoints": Param(ascending),
        "sigma": Param(positive, default=1.0),
    }

    def logp(o, x, eta, cutpoints, sigma):
        low, high = _borders(o, cutpoints, FAR)
        a, b = (select(o, low, x) - eta) / sigma, (select(o, high, x) - eta) / sigma
        upper = a + b > 0  # the upper tail as the lower one of the mirror image
        a, b = o.switch(upper, -b, a), o.switch(upper, -a, b)
        whole = o.log_ndtr(b)
        return whole + o.log1mexp(o.log_ndtr(a) - whole)

    def logcdf(o, x, eta, cutpoints, sigma):
        _, high = _borders(o, cutpoints, FAR)
        at = (select(o, high, o.floor(x)) - eta) / sigma
        return o.switch(x < 0, -np.inf, o.log_ndtr(at))

    def logccdf(o, x, eta, cutpoints, sigma):
        _, high = _borders(o, cutpoints, FAR)
        at = (eta - select(o, high, o.floor(x))) / sigma
        return o.switch(x < 0, 0.0, o.switch(at < -0.5 * FAR / sigma, -np.inf, o.log_ndtr(at)))

    @staticmethod
    def probabilities(eta, cutpoints, sigma):
        low, high = _borders(tt, cutpoints, FAR)
        eta, sigma = tt.expand_dims(eta, eta.ndim), tt.expand_dims(sigma, sigma.ndim)
        a, b = ((border - eta) / sigma * -np.sqrt(0.5) for border in (low, high))
        return 0.5 * (tt.erfc(b) - tt.erfc(a))

    def random(rng, size, eta, cutpoints, sigma):
        noisy = eta + sigma * rng.standard_normal(size)
        return (noisy[..., None] > cutpoints).sum(axis=-1)
