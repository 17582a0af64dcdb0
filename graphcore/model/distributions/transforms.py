"""Maps between a constrained variable and the unconstrained value that a sampler moves.

A transform is immutable.  ``forward`` takes a value of the random variable to the unconstrained
space, ``backward`` returns, and ``log_jac_det`` is the logarithm of the absolute determinant of
the derivative of ``backward``, taken over the free coordinates.  Its result has the shape of the
value without the last ``ndim`` axes.  Names and formulas are PyMC's, so that value variables are
called ``sd_log__``, ``p_logodds__``, ``x_interval__``, ``x_ordered__``, ``w_simplex__``.
"""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.packed import CholeskyCorr, CholeskyCovPacked
from graphcore.model.distributions.transform import Plain, Transform

__all__ = [
    "Chain",
    "CholeskyCorr",
    "CholeskyCovPacked",
    "Circular",
    "CircularTransform",
    "Interval",
    "Log",
    "LogExpM1",
    "LogOdds",
    "LogOddsTransform",
    "LogTransform",
    "Ordered",
    "SimplexTransform",
    "StickBreaking",
    "SumTo1",
    "Transform",
    "ZeroSumTransform",
    "circular",
    "interval",
    "log",
    "log_exp_m1",
    "logodds",
    "lowerbound",
    "multivariate_ordered",
    "multivariate_sum_to_1",
    "ordered",
    "simplex",
    "stick_breaking",
    "sum_to_1",
    "t_stick_breaking",
    "univariate_ordered",
    "univariate_sum_to_1",
    "upperbound",
]


class LogTransform(Plain):
    """Positive numbers, on the log scale.

    Examples
    --------
    >>> from graphcore.runtime.reference import evaluate
    >>> float(evaluate([LogTransform().backward(tt.constant(0.0))], {})[0])
    1.0
    """

    name = "log"

    def forward(self, value, *inputs):
        return tt.log(value)

    def backward(self, value, *inputs):
        return tt.exp(value)

    def log_jac_det(self, value, *inputs):
        return tt.as_tensor_variable(value)


class LogExpM1(Plain):
    """Positive numbers through ``softplus``: nearly linear for large values."""

    name = "log_exp_m1"

    def forward(self, value, *inputs):
        return value + tt.log1mexp(-value)

    def backward(self, value, *inputs):
        return tt.softplus(value)

    def log_jac_det(self, value, *inputs):
        return -tt.softplus(-value)


class LogOddsTransform(Plain):
    """Numbers between 0 and 1, on the logit scale."""

    name = "logodds"

    def forward(self, value, *inputs):
        return tt.log(value) - tt.log1p(-value)

    def backward(self, value, *inputs):
        return tt.sigmoid(value)

    def log_jac_det(self, value, *inputs):
        return -value - 2 * tt.softplus(-value)


class Interval(Plain):
    """Numbers above a lower bound, below an upper bound, or between both.

    Parameters
    ----------
    lower, upper : number, array or variable, optional
        None leaves that side open.  A bound may depend on other random variables.
    bounds_fn : callable, optional
        Instead of them, as in PyMC: ``bounds_fn(rng, size, *parameters)`` returns both bounds from
        the parameters of the distribution; ``rng`` and ``size`` are None.

    Examples
    --------
    >>> from graphcore.runtime.reference import evaluate
    >>> halfway = Interval(1, 3).backward(tt.constant(0.0))
    >>> float(evaluate([halfway], {})[0])
    2.0
    """

    name = "interval"

    def __init__(self, lower=None, upper=None, *, bounds_fn=None):
        if callable(lower):
            lower, bounds_fn = None, lower
        lower, upper = (None if _is_open(b) else b for b in (lower, upper))
        if (lower is None and upper is None) == (bounds_fn is None):
            raise ValueError("Interval needs a lower bound, an upper bound, or both; or bounds_fn")
        self.lower, self.upper, self.bounds_fn = lower, upper, bounds_fn

    def with_inputs(self, *inputs):
        """The interval for these inputs of the random variable."""
        return self if self.bounds_fn is None else Interval(*self.bounds_fn(*inputs))

    def forward(self, value, *inputs):
        return self._chosen(
            inputs,
            lambda lower, upper: tt.log(value - lower) - tt.log(upper - value),
            lambda lower: tt.log(value - lower),
            lambda upper: tt.log(upper - value),
            value,
        )

    def backward(self, value, *inputs):
        return self._chosen(
            inputs,
            # Symmetric in the bounds, so that neither end loses digits to the other.
            lambda lower, upper: lower * tt.sigmoid(-value) + upper * tt.sigmoid(value),
            lambda lower: lower + tt.exp(value),
            lambda upper: upper - tt.exp(value),
            value,
        )

    def log_jac_det(self, value, *inputs):
        def between(lower, upper):
            return tt.log(tt.as_tensor_variable(upper) - lower) - value - 2 * tt.softplus(-value)

        def beyond(bound):
            return tt.as_tensor_variable(value)

        return self._chosen(inputs, between, beyond, beyond, tt.zeros_like(value))

    def _chosen(self, inputs, between, above, below, unbounded):
        """What holds for the bounds there are; element by element where some are infinite."""
        own = self.with_inputs(*inputs)
        (lower, no_lower), (upper, no_upper) = _finite(own.lower), _finite(own.upper)
        if no_lower is None and no_upper is None:
            if upper is None:
                return above(lower)
            return below(upper) if lower is None else between(lower, upper)
        none = np.array(True)
        no_lower, no_upper = (
            none if bound is None else np.array(False) if mask is None else mask
            for bound, mask in ((lower, no_lower), (upper, no_upper))
        )
        lower, upper = (0.0 if v is None else v for v in (lower, upper))
        two = between(lower, tt.switch(no_lower | no_upper, lower + 1.0, upper))
        one = tt.switch(no_upper, above(lower), below(upper))
        one = tt.switch(no_lower & no_upper, unbounded, one)
        return tt.switch(no_lower | no_upper, one, two)


def _finite(bound):
    """A bound without its infinite elements, and where these were; None where there are none."""
    data = bound.data if isinstance(bound, Constant) else bound
    if not isinstance(data, np.ndarray) or not np.isinf(data).any():
        return bound, None
    infinite = np.isinf(data)
    return np.where(infinite, 0.0, data), infinite


def _is_open(bound):
    """Whether a bound is none: None or an infinite number."""
    if isinstance(bound, Constant):
        bound = bound.data
    number = isinstance(bound, float | int | np.generic | np.ndarray) and np.ndim(bound) == 0
    return bound is None or (number and bool(np.isinf(bound)))


class CircularTransform(Plain):
    """Angles from -pi to pi; every other number stands for the same direction.

    Examples
    --------
    >>> round(float(CircularTransform().backward(tt.constant(7.0)).eval()), 6)
    0.716815
    """

    name = "circular"

    def forward(self, value, *inputs):
        return tt.as_tensor_variable(value)

    def backward(self, value, *inputs):
        return value - 2 * math.pi * tt.round(value / (2 * math.pi))

    def log_jac_det(self, value, *inputs):
        return tt.zeros_like(value)


class ZeroSumTransform(Plain):
    """Arrays with sum zero along some axes; the value has one entry less along each.

    Parameters
    ----------
    zerosum_axes : sequence of int, or int
        The axes; one number is how many of them there are, from the last one on.

    Examples
    --------
    >>> ZeroSumTransform([0]).backward([[0.0, 3.0]]).eval().round(3) + 0.0
    array([[ 0.   ,  2.121],
           [ 0.   , -2.121]])
    """

    name = "zerosum"

    def __init__(self, zerosum_axes=1):
        if isinstance(zerosum_axes, int | np.integer):
            zerosum_axes = range(-zerosum_axes, 0)
        self.zerosum_axes = tuple(int(a) for a in zerosum_axes)
        self.ndim = max((-a for a in self.zerosum_axes if a < 0), default=len(self.zerosum_axes))

    def _axes(self, ndim):
        found = [a + ndim if a < 0 else a for a in self.zerosum_axes]
        if len(set(found)) < len(found) or not all(0 <= a < ndim for a in found):
            raise ValueError(f"zerosum_axes {self.zerosum_axes} of an array with {ndim} axes")
        return found

    def forward(self, value, *inputs):
        for axis in self._axes(value.ndim):
            n = value.type.shape[axis]
            before = (slice(None),) * axis
            last = value[(*before, slice(n - 1, n))]
            value = value[(*before, slice(0, n - 1))] - last / (1 + math.sqrt(n))
        return value

    def backward(self, value, *inputs):
        for axis in self._axes(value.ndim):
            n = value.type.shape[axis] + 1
            total = tt.sum(value, axis=axis, keepdims=True)
            share = total / (math.sqrt(n) + n)
            filled = tt.concatenate([value, share - total / math.sqrt(n)], axis=axis)
            value = filled - share
        return value

    def log_jac_det(self, value, *inputs):
        return tt.zeros(value.type.shape[: min(self._axes(value.ndim), default=value.ndim)])

    def value_shape(self, shape):
        axes = self._axes(len(shape))
        return tuple([n - (a in axes) for a, n in enumerate(shape)])


class Ordered(Plain):
    """Vectors whose entries ascend along the last axis.

    Parameters
    ----------
    positive : bool
        Whether the first entry is positive too.
    ascending : bool
        False for descending entries.
    """

    name = "ordered"
    ndim = 1

    def __init__(self, positive=False, ascending=True):
        self.positive, self.ascending = positive, ascending

    def forward(self, value, *inputs):
        if not self.ascending:
            value = value[..., ::-1]
        first = tt.log(value[..., :1]) if self.positive else value[..., :1]
        return tt.concatenate([first, tt.log(value[..., 1:] - value[..., :-1])], axis=-1)

    def backward(self, value, *inputs):
        if self.positive:
            steps = tt.exp(value)
        else:
            steps = tt.concatenate([value[..., :1], tt.exp(value[..., 1:])], axis=-1)
        n = value.type.shape[-1]
        if n is None:
            x = tt.cumsum(steps, axis=-1)
        else:  # of static length: each entry adds the steps up to its own
            x = (tt.expand_dims(steps, -2) * np.tril(np.ones((n, n)))).sum(axis=-1)
        return x if self.ascending else x[..., ::-1]

    def log_jac_det(self, value, *inputs):
        return tt.sum(value if self.positive else value[..., 1:], axis=-1)


def length_along(value, axis):
    """Length of an axis: a number where it is known."""
    known = value.type.shape[axis]
    return tt.cast(value.shape[axis], "float64") if known is None else float(known)


class SumTo1(Plain):
    """Vectors with sum one: the last entry is left out.

    Examples
    --------
    >>> SumTo1().backward(tt.constant([0.2, 0.3])).eval()
    array([0.2, 0.3, 0.5])
    """

    name = "sumto1"
    ndim = 1

    def forward(self, value, *inputs):
        return value[..., :-1]

    def backward(self, value, *inputs):
        return tt.concatenate([value, 1 - tt.sum(value, axis=-1, keepdims=True)], axis=-1)

    def log_jac_det(self, value, *inputs):
        return tt.zeros_like(tt.sum(value, axis=-1))

    def value_shape(self, shape):
        return (*shape[:-1], shape[-1] - 1)


class SimplexTransform(Plain):
    """Vectors of positive entries with sum 1; the value has one entry less.

    The value ``v`` of length K - 1 is completed to sum zero; ``backward`` is its softmax.
    """

    name = "simplex"
    ndim = 1

    def forward(self, value, *inputs):
        logs = tt.log(value)
        return logs[..., :-1] - tt.mean(logs, axis=-1, keepdims=True)

    def backward(self, value, *inputs):
        return tt.softmax(_completed(value), axis=-1)

    def log_jac_det(self, value, *inputs):
        k = length_along(value, -1) + 1
        return tt.log(k) - k * tt.logsumexp(_completed(value), axis=-1)

    def value_shape(self, shape):
        return (*shape[:-1], shape[-1] - 1)


class StickBreaking(SimplexTransform):
    """PyMC3's name of the simplex transform; ``eps`` has no effect there either."""

    name = "stickbreaking"

    def __init__(self, eps=None):
        self.eps = eps


def _completed(value):
    """``value`` with a last entry that makes the sum along the last axis zero."""
    return tt.concatenate([value, -tt.sum(value, axis=-1, keepdims=True)], axis=-1)


class Chain(Plain):
    """Several transforms one after the other; ``forward`` applies the first one first."""

    name = "chain"

    def __init__(self, transform_list):
        self.transform_list = tuple(transform_list)
        self.ndim = max((t.ndim for t in self.transform_list), default=0)

    def with_inputs(self, *inputs):
        return Chain([t.with_inputs(*inputs) for t in self.transform_list])

    def forward(self, value, *inputs):
        for transform in self.transform_list:
            value = transform.forward(value, *inputs)
        return value

    def backward(self, value, *inputs):
        for transform in reversed(self.transform_list):
            value = transform.backward(value, *inputs)
        return value

    def log_jac_det(self, value, *inputs):
        parts = []
        for transform in reversed(self.transform_list):
            parts.append(transform.log_jac_det(value, *inputs))
            value = transform.backward(value, *inputs)
        # elementwise parts are summed over the axes that another one takes together
        least = min((p.ndim for p in parts), default=0)
        return sum(
            tt.sum(p, axis=tuple(range(least, p.ndim))) if p.ndim > least else p
            for p in reversed(parts)
        )

    def value_shape(self, shape):
        for transform in self.transform_list:
            shape = transform.value_shape(shape)
        return tuple(shape)


def lowerbound(lower):
    """Transform of numbers above ``lower``."""
    return Interval(lower, None)


def upperbound(upper):
    """Transform of numbers below ``upper``."""
    return Interval(None, upper)


def interval(lower, upper):
    """Transform of numbers between ``lower`` and ``upper``."""
    return Interval(lower, upper)


def t_stick_breaking(eps):
    """PyMC3's maker of :class:`StickBreaking`."""
    return StickBreaking(eps)


log = LogTransform()
log_exp_m1 = LogExpM1()
circular = CircularTransform()
logodds = LogOddsTransform()
ordered = Ordered()
univariate_ordered = multivariate_ordered = ordered  # as PyMC 4 and early 5 call it
simplex = SimplexTransform()
stick_breaking = StickBreaking()
sum_to_1 = SumTo1()
univariate_sum_to_1 = multivariate_sum_to_1 = sum_to_1  # as PyMC 4 and early 5 call it
Log, LogOdds, Circular = LogTransform, LogOddsTransform, CircularTransform  # older names
