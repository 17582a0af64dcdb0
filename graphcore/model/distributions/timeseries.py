"""Distributions of time series."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import warnings

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Variable
from graphcore.model.distributions.base import (
    Distribution,
    RandomVariable,
    as_shape,
    as_value,
    static_shape,
)
from graphcore.model.distributions.constraints import count, positive, real
from graphcore.model.distributions.continuous import Normal
from graphcore.model.distributions.parameters import Param
from graphcore.model.distributions.special import HALF_LOG_2PI
from graphcore.runtime.reference import evaluate


class GaussianRandomWalk(Distribution):
    """A first value, and normally distributed steps from each value to the next.

    Parameters
    ----------
    name : str
    mu, sigma : number or variable
        Mean and standard deviation of a step.
    init_dist : RandomVariable
        Distribution of the first value, such as ``pm.Normal.dist(0, 1)``.
    steps : int, optional
        Number of steps; otherwise the shape (or the observed data) says it.  The walk has one
        value more, along its last axis.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.GaussianRandomWalk("x", sigma=0.1, init_dist=pm.Normal.dist(0, 1), steps=9)
    >>> x.type.shape
    (10,)
    """

    params = {
        "mu": Param(real, default=0.0),
        "sigma": Param(positive, default=1.0, typical=(0.3, 3.0)),
        "steps": Param(count),
    }
    order = ("mu", "sigma", "steps")
    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        old = kwargs.pop("init", None)  # PyMC3's name
        start = _start(kwargs.pop("init_dist", old), label)
        tau = kwargs.pop("tau", None)
        if tau is not None:
            if kwargs.get("sigma") is not None:
                raise TypeError(f"{label}: GaussianRandomWalk takes sigma or tau, not both")
            kwargs["sigma"] = tt.as_tensor_variable(tau) ** -0.5
        shapes = {k: v for k, v in shapes.items() if v is not None}
        if kwargs.get("steps") is None:
            kwargs["steps"] = _steps(shapes, label)
        elif isinstance(kwargs["steps"], Variable):  # a length of data
            kwargs["steps"] = as_shape(kwargs["steps"], label)[0]
        if not shapes and start.type.shape:
            given = dict(zip(cls.order, args, strict=False)) | kwargs
            given = {k: given.get(k, 0.0) for k in ("mu", "sigma")} | {"init_dist": start}
            known = [static_shape(label, k, tt.as_tensor_variable(v)) for k, v in given.items()]
            batch = np.broadcast_shapes(*known)
            shapes["shape"] = (*batch, int(kwargs["steps"]) + 1)
        self = super().make(label, args, kwargs, **shapes)
        if start.type.shape not in ((), self.batch_shape):
            raise ValueError(
                f"{label}: init_dist has shape {start.type.shape}; it must be a number or have "
                f"shape {self.batch_shape}, one entry per walk"
            )
        self.start, self.steps = start.distribution, self.shape[-1] - 1
        return self

    def event_shape(mu, sigma, steps):
        n = float(steps.data)  # NaN is a fault, told where the variable is used
        return (int(n) + 1 if np.isfinite(n) else 1,)

    def formula(self, value):
        mu, sigma = self.arguments["mu"], self.arguments["sigma"]
        value = as_value(value, self.label)
        moved = value[..., 1:] - value[..., :-1]
        squares = tt.sum(tt.sqr(moved - mu[..., None]), axis=-1)
        walk = -0.5 * squares / tt.sqr(sigma) - self.steps * (tt.log(sigma) + HALF_LOG_2PI)
        return self.start.log_density(value[..., 0]) + walk

    def initial(self):
        return self._growing(self.start.initial(), self.arguments["mu"])

    @property
    def mean(self):
        return self._growing(self.start.mean, self.arguments["mu"])

    @property
    def variance(self):
        return self._growing(self.start.variance, tt.sqr(self.arguments["sigma"]))

    def _growing(self, start, step):
        """What begins as ``start`` and gets one ``step`` more with each step."""
        point = start[..., None] + step[..., None] * np.arange(self.steps + 1.0)
        return tt.broadcast_to(point, self.shape)

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        mu, sigma = evaluate([self.arguments[k] for k in ("mu", "sigma")], given)
        out = np.empty((*lead, *self.shape))
        shape = (*lead, *self.batch_shape, self.steps)
        out[..., 1:] = rng.normal(mu[..., None], sigma[..., None], shape)
        out[..., 0] = self.start.draw(rng, lead if self.start.shape else shape[:-1], given)
        return np.cumsum(out, axis=-1)


def _start(start, label):
    if start is None:
        warnings.warn(
            f"{label}: no init_dist was given; the first value gets Normal.dist(0, 100)",
            stacklevel=5,
        )
        return Normal.dist(0.0, 100.0)
    if not isinstance(start, RandomVariable) or start.name:
        raise TypeError(
            f"{label}: init_dist must be a distribution made with .dist(), such as "
            f"pm.Normal.dist(0, 1), got {start!r}"
        )
    return start


def _steps(shapes, label):
    """Number of steps of a walk of the given shape."""
    for shape in shapes.values():
        shape = as_shape(shape, label)
        if shape and shape[-1] > 1:
            return shape[-1] - 1
    raise ValueError(f"{label}: give steps, or a shape with at least two entries")
