"""Random walks with steps of any distribution, GARCH, stochastic differences."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import warnings

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import (
    Distribution,
    RandomVariable,
    as_shape,
    as_value,
)
from graphcore.model.distributions.components import component, resized
from graphcore.model.distributions.constraints import (
    Constraint,
    nonnegative,
    positive,
)
from graphcore.model.distributions.continuous import Normal
from graphcore.model.distributions.gaussian import MvNormal, MvStudentT
from graphcore.model.distributions.parameters import Param, as_parameter
from graphcore.model.distributions.special import HALF_LOG_2PI
from graphcore.runtime.reference import evaluate


class Series(Distribution, hidden=True):
    """What the distributions of this file share: a length, and no elementwise support."""

    def _find_support(self):
        return Constraint("a series of numbers", ndim=self.ndim)

    def _lead(self, size):
        return () if size is None else as_shape(size, self.label)


def length_of(kwargs, shapes, label, before, ndim=1):
    """Length of a series from ``steps`` (plus what comes before them) or from a shape."""
    steps = kwargs.pop("steps", None)
    if steps is not None:
        try:
            (n,) = as_shape(steps, label)  # which may be a length of data
        except (TypeError, ValueError):
            n = -1
        if n < 0:
            raise ValueError(f"{label}: steps must be a non-negative whole number, got {steps!r}")
        return n + before
    for name in ("shape", "observed_shape"):
        if shapes.get(name) is not None:
            shape = as_shape(shapes[name], label)
            if len(shape) >= ndim and shape[len(shape) - ndim] > before:
                return shape[len(shape) - ndim]
    raise ValueError(f"{label}: give steps, or a shape with at least {before + 1} entries")


def start_of(start, label, default):
    """The distribution of the first values; a wide one, with a warning, when none was given."""
    if start is None:
        warnings.warn(
            f"{label}: no init_dist was given; the first values get {default.distribution!r}",
            stacklevel=7,
        )
        return default.distribution
    return component(start, label, "init_dist")


class RandomWalk(Series):
    """A first value, and independent steps from each value to the next.

    Parameters
    ----------
    name : str
    init_dist : RandomVariable
        Distribution of the first value, made with ``.dist()``.
    innovation_dist : RandomVariable
        Distribution of a step.
    steps : int, optional
        Otherwise the shape says it; the walk has one value more.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> walk = pm.RandomWalk.dist(pm.Normal.dist(0, 1), pm.Laplace.dist(0, 1), steps=3)
    >>> walk.type.shape
    (4,)
    """

    order = ("init_dist", "innovation_dist", "steps")

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(cls.order, args, strict=False)) | kwargs
        step = component(kwargs.pop("innovation_dist", None), label, "innovation_dist")
        start = component(kwargs.pop("init_dist", None), label, "init_dist")
        if start.ndim != step.ndim:
            raise ValueError(f"{label}: init_dist and innovation_dist have values of other shapes")
        length = length_of(kwargs, shapes, label, 1, 1 + step.ndim)
        if kwargs:
            raise TypeError(f"{label}: there is no parameter {next(iter(kwargs))!r}")
        self = super().make(
            label, (), {}, start=start, step=step, length=length, ndim=1 + step.ndim, **shapes
        )
        self.conditions = [*start.conditions, *step.conditions]
        self.given = {**step.given}
        return self

    def _parameter_shapes(self):
        event = self.step.shape[len(self.step.batch_shape) :]
        try:
            batch = np.broadcast_shapes(self.start.batch_shape, self.step.batch_shape)
        except ValueError:
            raise ValueError(
                f"{self.label}: init_dist has shape {self.start.shape}, innovation_dist has "
                f"shape {self.step.shape}; they do not broadcast"
            ) from None
        return tuple(batch), (self.length, *event)

    def formula(self, value):
        value = as_value(value, self.label)
        axis = value.ndim - self.ndim  # of time
        before = (slice(None),) * axis
        first = value[(*before, 0)]
        moved = value[(*before, slice(1, None))] - value[(*before, slice(None, -1))]
        order = (axis, *(i for i in range(value.ndim) if i != axis))
        steps = self.step.log_density(tt.dimshuffle(moved, order))
        return self.start.log_density(first) + tt.sum(steps, axis=0)

    def initial(self):
        return self._growing(self.start.initial(), self.step.initial())

    @property
    def mean(self):
        return self._growing(self.start.mean, self.step.mean)

    @property
    def variance(self):
        return self._growing(self.start.variance, self.step.variance)

    def _growing(self, start, step):
        """What begins as ``start`` and gets one ``step`` more with each step."""
        axis = len(self.batch_shape)
        event = self.shape[axis + 1 :]
        start, step = (tt.broadcast_to(v, (*self.batch_shape, *event)) for v in (start, step))
        times = np.arange(float(self.length)).reshape(-1, *(1,) * len(event))
        return tt.expand_dims(start, axis) + tt.expand_dims(step, axis) * times

    def draw(self, rng, size, given):
        lead = self._lead(size)
        first = resized(self.start, (*lead, *self.batch_shape)).draw(rng, None, given)
        steps = (self.length - 1, *lead, *self.batch_shape)
        moved = resized(self.step, steps).draw(rng, None, given)
        walk = np.cumsum(np.concatenate([first[None], moved]), axis=0)
        return np.moveaxis(walk, 0, len(lead) + len(self.batch_shape))

    def __repr__(self):
        return f"{self.shown}({self.start!r}, {self.step!r})"


class _VectorWalk(RandomWalk, hidden=True):
    """A random walk of vectors whose steps have a distribution of their own parameters."""

    steps_of = None

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        old = kwargs.pop("init", None)  # PyMC3's name
        start = kwargs.pop("init_dist", old)
        rest = {k: kwargs.pop(k) for k in ("steps",) if k in kwargs}
        step = cls.steps_of.make(label, args, kwargs)
        (k,) = step.shape[len(step.batch_shape) :]
        wide = MvNormal.dist(np.zeros(k), 100.0 * np.eye(k))
        first = RandomVariable(start_of(start, label, wide))
        parts = {"init_dist": first, "innovation_dist": RandomVariable(step), **rest}
        return super().make(label, (), parts, **shapes)


class MvGaussianRandomWalk(_VectorWalk):
    """A random walk of vectors with normal steps: ``mu`` and ``cov``, ``tau`` or ``chol``.

    Parameters
    ----------
    name : str
    mu, cov, tau, chol, lower
        Of a step, as for ``MvNormal``.
    init_dist : RandomVariable
    steps : int, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> start = pm.MvNormal.dist([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> pm.MvGaussianRandomWalk.dist(
    ...     mu=[0.0, 0.0], cov=[[1.0, 0.0], [0.0, 1.0]], init_dist=start, steps=3
    ... ).type.shape
    (4, 2)
    """

    steps_of = MvNormal


class MvStudentTRandomWalk(_VectorWalk):
    """A random walk of vectors with Student-t steps: ``nu``, ``mu`` and the matrix.

    Parameters
    ----------
    name : str
    nu, mu, scale, tau, chol, lower
        Of a step, as for ``MvStudentT``.
    init_dist : RandomVariable
    steps : int, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> start = pm.MvNormal.dist([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> pm.MvStudentTRandomWalk.dist(
    ...     nu=4, mu=[0.0, 0.0], scale=[[1.0, 0.0], [0.0, 1.0]], init_dist=start, steps=3
    ... ).type.shape
    (4, 2)
    """

    steps_of = MvStudentT


class GARCH11(Series):
    """Normal values whose variance follows the squares before: GARCH(1, 1).

    ``variance[t] = omega + alpha_1 * value[t - 1]**2 + beta_1 * variance[t - 1]``, where
    ``variance[0] = initial_vol**2``.

    Parameters
    ----------
    name : str
    omega, alpha_1, beta_1, initial_vol : number, array or variable
        One entry for each of several series, which are rows.
    steps : int, optional
        Otherwise the shape says it; the series has one value more.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.GARCH11.dist(omega=1.0, alpha_1=0.2, beta_1=0.3, initial_vol=1.0, steps=1)
    >>> round(float(d.logp([0.0, 0.0]).eval()), 6)
    -1.969059
    """

    params = {
        "omega": Param(positive),
        "alpha_1": Param(nonnegative),
        "beta_1": Param(nonnegative),
        "initial_vol": Param(positive),
    }
    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        length = length_of(kwargs, shapes, label, 1)
        return super().make(label, args, kwargs, length=length, **shapes)

    def event_shape(omega, alpha_1, beta_1, initial_vol):
        return (0,)

    def _parameter_shapes(self):
        return super()._parameter_shapes()[0], (self.length,)

    def formula(self, value):
        from graphcore.tensor.scan import scan

        value = as_value(value, self.label)
        omega, alpha, beta, initial = self.arguments.values()

        def follow(square, variance, omega, alpha, beta):
            return omega + alpha * square + beta * variance

        squares = tt.sqr(_time_first(value))
        first = tt.broadcast_to(tt.sqr(initial), value.type.shape[:-1])
        later, _ = scan(
            follow,
            sequences=[squares[:-1]],
            outputs_info=[first],
            non_sequences=[omega, alpha, beta],
        )
        variance = tt.concatenate([first[None], later])
        terms = -0.5 * squares / variance - 0.5 * tt.log(variance)
        return tt.sum(terms, axis=0) - self.length * HALF_LOG_2PI

    def initial(self):
        return tt.zeros(self.shape)

    @property
    def mean(self):
        return self.initial()

    @property
    def variance(self):
        omega, alpha, beta, initial = (v[..., None] for v in self.arguments.values())
        powers = (alpha + beta) ** np.arange(float(self.length))
        sums = tt.cumsum(powers, axis=-1) - powers
        return tt.broadcast_to(powers * tt.sqr(initial) + omega * sums, self.shape)

    def draw(self, rng, size, given):
        lead = self._lead(size)
        omega, alpha, beta, initial = evaluate(list(self.arguments.values()), given)
        out = np.empty((*lead, *self.shape))
        variance = np.broadcast_to(initial**2, out.shape[:-1])
        for t in range(self.length):
            out[..., t] = np.sqrt(variance) * rng.standard_normal(out.shape[:-1])
            variance = omega + alpha * out[..., t] ** 2 + beta * variance
        return out


def _time_first(value):
    return tt.dimshuffle(value, (value.ndim - 1, *range(value.ndim - 1)))


class EulerMaruyama(Series):
    """A stochastic differential equation in steps of ``dt``.

    Parameters
    ----------
    name : str
    dt : float
    sde_fn : callable
        ``sde_fn(value, *sde_pars)`` returns drift and diffusion as expressions.
    sde_pars : tuple of variables
    init_dist : RandomVariable
    steps : int, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.EulerMaruyama.dist(
    ...     0.1, lambda x, a: (-a * x, 1.0), (1.0,), init_dist=pm.Normal.dist(0, 1), steps=3
    ... )
    >>> d.type.shape
    (4,)
    """

    order = ("dt", "sde_fn", "sde_pars")
    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(cls.order, args, strict=False)) | kwargs
        function = kwargs.pop("sde_fn", None)
        if not callable(function) or kwargs.get("dt") is None:
            raise TypeError(f"{label}: EulerMaruyama takes (dt, sde_fn, sde_pars)")
        dt, pars = kwargs.pop("dt"), kwargs.pop("sde_pars", ())
        number = np.asarray(dt)
        if number.ndim or number.dtype.kind not in "iuf" or not 0 < number < np.inf:
            raise ValueError(f"{label}: parameter dt must be a positive number, got {dt!r}")
        dt = float(number)
        values = [as_parameter(v, f"sde_pars[{i}]", label) for i, v in enumerate(pars)]
        length = length_of(kwargs, shapes, label, 1)
        first = start_of(kwargs.pop("init_dist", None), label, Normal.dist(0.0, 100.0))
        return super().make(
            label, (), kwargs, dt=dt, function=function, values=values, start=first,
            length=length, **shapes,
        )  # fmt: skip

    def _parameter_shapes(self):
        shapes = [v.type.shape for v in self.values]
        return tuple(np.broadcast_shapes(self.start.batch_shape, *shapes)), (self.length,)

    def _step(self, x, values):
        drift, diffusion = self.function(x, *values)
        drift, diffusion = tt.as_tensor_variable(drift), tt.as_tensor_variable(diffusion)
        return x + self.dt * drift, np.sqrt(self.dt) * diffusion

    def formula(self, value):
        value = as_value(value, self.label)
        past = value[..., :-1]
        values = [v[..., None] if v.ndim else v for v in self.values]
        mean, sd = self._step(past, values)
        steps = Normal.dist(mean, sd, shape=past.type.shape).logp(value[..., 1:])
        return self.start.log_density(value[..., 0]) + tt.sum(steps, axis=-1)

    def initial(self):
        return tt.broadcast_to(tt.expand_dims(self.start.initial(), -1), self.shape)

    def draw(self, rng, size, given):
        lead = self._lead(size)
        shape = (*lead, *self.batch_shape)
        out = np.empty((*shape, self.length))
        out[..., 0] = resized(self.start, shape).draw(rng, None, given)
        x = tt.tensor("float64", shape)
        mean, sd = self._step(x, self.values)
        for t in range(1, self.length):
            now = evaluate([mean, sd], {**given, x: np.array(out[..., t - 1])})
            out[..., t] = now[0] + now[1] * rng.standard_normal(shape)
        return out


__all__ = [
    "GARCH11",
    "EulerMaruyama",
    "MvGaussianRandomWalk",
    "MvStudentTRandomWalk",
    "RandomWalk",
]
