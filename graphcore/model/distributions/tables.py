"""Cumulative distributions of counts with few possible values: sums over a table of them."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, Variable
from graphcore.model.distributions.base import Distribution, as_value

LONGEST = 10_000  # possible values in a table


class Tabled(Distribution, hidden=True):
    """A distribution on 0 ... ``last`` whose tails are sums of probabilities, each from its end."""

    def last_value(self):
        """The largest possible value, as a number or a variable."""
        raise NotImplementedError

    def log_cdf(self, value):
        return self._tail(value, lambda k, x: k <= x)

    def log_ccdf(self, value):
        return self._tail(value, lambda k, x: k > x)

    def _tail(self, value, belongs):
        value = as_value(value, self.label)
        last = self.last_value()
        if not isinstance(last, Variable) and last > LONGEST:
            raise NotImplementedError(f"{self.label}: {last + 1} values are too many for a logcdf")
        axes = max(value.ndim, len(self.batch_shape))
        make = tt if isinstance(last, Variable) else np
        k = make.arange(last + 1.0).reshape((-1, *(1,) * axes))
        terms = tt.switch(belongs(k, value), self.log_density(k), -math.inf)
        return tt.minimum(tt.logsumexp(terms, axis=0), 0.0)


def largest(distribution, name):
    """The largest entry of a parameter: a number, or a variable when it is not a constant."""
    v = distribution.arguments[name]
    if not isinstance(v, Constant):
        return tt.max(v) if v.ndim else v
    return int(v.data.max(initial=0)) if np.isfinite(v.data).all() else 0
