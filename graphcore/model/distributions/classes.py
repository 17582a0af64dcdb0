"""Bases of distribution classes as users of PyMC3 and of PyMC write them.

A class for PyMC3 keeps its parameters as attributes in ``__init__`` and has methods ``logp(self,
value)`` and, where numbers are to be drawn, ``random(self, point=None, size=None)``.  One for PyMC
has an attribute ``rv_op`` that draws, hands its parameters on in ``dist``, and has functions
``logp(value, *parameters)``, ``logcdf`` and ``support_point(rv, size, *parameters)``.
"""

import contextlib
import inspect

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions import transforms
from graphcore.model.distributions.base import (
    UNSET,
    Distribution,
    as_shape,
    as_value,
    describe,
)
from graphcore.model.distributions.constraints import Constraint, real
from graphcore.model.distributions.custom import CustomDist
from graphcore.model.distributions.variable import RandomVariable
from graphcore.runtime.reference import evaluate

_whole_numbers = Constraint("a whole number", discrete=True)


class Continuous(Distribution, hidden=True):
    """Base of a user's own class of a continuous distribution.

    Parameters
    ----------
    shape : int or tuple of int
        Handed on by the class, as all that follows: ``super().__init__(shape=shape, ...)``.
    testval : array, optional
        Where sampling starts; by default the first attribute of ``defaults`` that there is.
    defaults : sequence of str
        Names of attributes.
    transform : Transform, optional
        To the unconstrained space.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> class Tent(pm.Continuous):
    ...     def __init__(self, width, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.width = width
    ...         self.mean = 0.0
    ...     def logp(self, value):
    ...         height = 1 - abs(value) / self.width
    ...         return pm.math.log(height / self.width)
    >>> with pm.Model() as model:
    ...     x = Tent("x", width=2.0)
    >>> model.compile_logp()({"x": 0.0})
    array(-0.69314718)

    The same as PyMC has it:

    >>> from graphcore.tensor.random import RandomVariable
    >>> class TentRV(RandomVariable):
    ...     signature = "()->()"
    ...     @classmethod
    ...     def rng_fn(cls, rng, width, size):
    ...         return rng.triangular(-width, 0, width, size)
    >>> class Tent(pm.Continuous):
    ...     rv_op = TentRV()
    ...     @classmethod
    ...     def dist(cls, width, **kwargs):
    ...         return super().dist([width], **kwargs)
    ...     def logp(value, width):
    ...         return pm.math.log((1 - abs(value) / width) / width)
    >>> with pm.Model() as model:
    ...     x = Tent("x", width=2.0)
    >>> model.compile_logp()({"x": 0.0})
    array(-0.69314718)
    """

    rv_op = None
    defaults = ("median", "mean", "mode")
    discrete = False
    space = None  # the transform of a class that is not told one

    def __init_subclass__(cls, hidden=True, **kwargs):
        # What a class has under the names of formulas are methods here, so they stay as they are.
        object.__init_subclass__(**kwargs)

    def __init__(self, shape=(), dtype=None, defaults=None, testval=None, transform=UNSET, **other):
        if other:
            name = next(iter(other))
            raise TypeError(f"{self.label}: {type(self).__name__} has no argument {name!r}")
        self.shape = as_shape(shape, self.label)
        self.testval = testval
        self.transform = type(self).space if transform is UNSET else transform
        if defaults is not None:
            self.defaults = defaults

    @classmethod
    def dist(cls, *args, **kwargs):
        """A random variable that belongs to no model; with ``rv_op``, of a list of parameters."""
        if cls.rv_op is None:
            return super().dist(*args, **kwargs)
        return _OfClass.dist(*args[0], family=cls, **kwargs)

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None):
        if cls.rv_op is not None:
            wanted = observed_shape if shape is None else shape
            sizes = {"shape": wanted, "size": size} if wanted is None else {"shape": wanted}
            made = cls.dist(*args, **kwargs, **sizes).distribution
            made.label = label
            return made
        self = object.__new__(cls)
        self.label, self.shown = label, cls.__name__
        self.given, self.arguments, self.conditions, self.faults = {}, {}, [], []
        wanted = next((s for s in (shape, size, observed_shape) if s is not None), None)
        taken = inspect.signature(cls.__init__).parameters.values()
        if shape is not None and any(p.name == "shape" or p.kind == p.VAR_KEYWORD for p in taken):
            kwargs = {**kwargs, "shape": shape}
        self.__init__(*args, **kwargs)
        if "shape" not in self.__dict__:
            raise TypeError(f"{label}: {cls.__name__}.__init__ must call super().__init__()")
        if not callable(getattr(self, "logp", None)):
            raise TypeError(f"{label}: {cls.__name__} needs a method logp(self, value)")
        self.shape = as_shape(self.shape if wanted is None else wanted, label)
        self.batch_shape = self.shape
        return self

    def support_of(self):
        return _whole_numbers if self.discrete else real

    def default_transform(self):
        return self.transform

    def transform_for(self, transform=UNSET, default_transform=UNSET):
        """In PyMC3 the transform that is given takes the place of the default one."""
        given = [t for t in (transform, default_transform) if t is not UNSET]
        return given[0] if given else self.transform

    def formula(self, value):
        return tt.as_tensor_variable(self.logp(value))

    def summed_formula(self, value):
        """The sum, whether the method returns terms or has added them up itself."""
        return tt.sum(self.formula(value))

    def log_density(self, value, inside=False, checks=True):
        return self.formula(as_value(value, self.label))

    def support_condition(self, value):
        return None  # part of the formula

    def log_cdf(self, value):
        if not callable(getattr(self, "logcdf", None)):
            raise NotImplementedError(f"{self.label}: {self.shown} has no method logcdf")
        return tt.as_tensor_variable(self.logcdf(as_value(value, self.label)))

    def log_ccdf(self, value):
        return tt.log1mexp(self.log_cdf(value))

    def initial(self):
        start = self.testval
        for name in () if start is not None else self.defaults:
            found = getattr(self, name, None)
            if found is not None and not callable(found):
                start = found
                break
        if start is None:
            raise AttributeError(
                f"{self.label}: {self.shown} does not say where sampling starts; set one of "
                f"self.{', self.'.join(self.defaults)}, or give initval="
            )
        return tt.broadcast_to(tt.as_tensor_variable(start), self.shape)

    def draw(self, rng, size, given):
        method = type(self).__dict__.get("random") or getattr(type(self), "random", None)
        if method is None:
            raise NotImplementedError(f"{self.label}: {self.shown} has no method random")
        point = {v.name: x for v, x in given.items() if v.name}
        lead = () if size is None else as_shape(size, self.label)
        with _seeded(rng):
            drawn = np.asarray(method(self, point=point, size=lead or None), dtype=self.dtype)
        return np.broadcast_to(drawn, (*lead, *self.shape))

    def __getattr__(self, name):
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __repr__(self):
        kept = ("testval", "transform", "shape", *self.defaults)
        shown = [
            f"{k}={describe(v)}"
            for k, v in self.__dict__.items()
            if isinstance(v, Variable) and k not in kept
        ]
        return f"{self.shown}({', '.join(shown)})"


class Discrete(Continuous):
    """Base of a user's own class of a distribution of whole numbers; see :class:`Continuous`."""

    defaults = ("mode",)
    discrete = True


class PositiveContinuous(Continuous):
    """Base of a user's own class of a distribution of positive numbers."""

    space = transforms.log


class UnitContinuous(Continuous):
    """Base of a user's own class of a distribution of numbers between 0 and 1."""

    space = transforms.logodds


class BoundedContinuous(Continuous):
    """Base of a user's own class of a distribution between ``lower`` and ``upper``."""

    def __init__(self, lower=None, upper=None, transform=UNSET, **kwargs):
        if transform is UNSET and not (lower is None and upper is None):
            transform = transforms.Interval(lower, upper)
        super().__init__(transform=transform, **kwargs)


class _OfClass(CustomDist, hidden=True):
    """The distribution of a class that has an attribute ``rv_op``."""

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        family = kwargs.pop("family")
        op = family.rv_op
        if not callable(getattr(op, "rng_fn", None)) or not callable(getattr(family, "logp", None)):
            raise TypeError(
                f"{family.__name__} needs a function logp(value, ...), and as rv_op a "
                "graphcore.tensor.random.RandomVariable with a method rng_fn(rng, ..., size)"
            )
        point = getattr(family, "support_point", None) or getattr(family, "moment", None)
        made = super().make(
            family.__name__ if label == cls.__name__ else label,
            args,
            {
                **kwargs,
                "logp": family.logp,
                "logcdf": getattr(family, "logcdf", None),
                "random": lambda *values, rng, size: op.rng_fn(rng, *values, size),
                "support_point": point,
                "ndim_supp": op.ndim_supp,
                "ndims_params": op.ndims_params,
                "signature": op.signature,
                "dtype": "int64" if issubclass(family, Discrete) else op.dtype,
            },
            **shapes,
        )
        made.family, made.shown = family, family.__name__
        return made

    def default_transform(self):
        return self.family.space


@contextlib.contextmanager
def _seeded(rng):
    """NumPy's global generator, which such classes draw from, seeded for a while."""
    before = np.random.get_state()
    np.random.seed(rng.integers(2**32))
    try:
        yield
    finally:
        np.random.set_state(before)


def draw_values(params, point=None, size=None):
    """Values of the parameters of a distribution, for its method ``random``.

    Parameters
    ----------
    params : list of numbers, arrays or variables
    point : dict of str to array, optional
        Values of random variables by name.  Variables that it does not have are drawn.
    size : int or tuple, optional
        Lengths in front, for parameters that depend on variables drawn here.

    Returns
    -------
    list of ndarray

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     mu = pm.Normal("mu")
    >>> pm.distributions.draw_values([2 * mu, 3.0], point={"mu": 1.5})
    [array(3.), array(3.)]
    """
    lead = () if size is None else as_shape(size, "draw_values")
    graphs = [tt.as_tensor_variable(v) for v in params]
    used = [v for v in inputs_of(graphs) if isinstance(v, RandomVariable)]
    known = {v: np.asarray(point[v.name]) for v in used if point and v.name in point}
    fixed = [g for g in graphs if all(v in known for v in inputs_of([g]) if v in used)]
    values = dict(zip(fixed, evaluate(fixed, known), strict=True))
    rest = [g for g in graphs if g not in values]
    if rest:
        rows = [_drawn(rest, dict(known)) for _ in range(int(np.prod(lead)))]
        for i, g in enumerate(rest):
            values[g] = np.stack([r[i] for r in rows]).reshape(*lead, *g.type.shape)
    return [np.asarray(values[g]) for g in graphs]


def _drawn(graphs, known):
    """Values of graphs, with the random variables that are not known drawn after their parents."""
    stack = [v for v in inputs_of(graphs) if isinstance(v, RandomVariable)]
    while stack:
        v = stack[-1]
        above = inputs_of([*v.distribution.arguments.values()])
        above = [p for p in above if isinstance(p, RandomVariable) and p not in known]
        if above and v not in known:
            stack.extend(above)
            continue
        stack.pop()
        if v not in known:
            seed = np.random.randint(2**31)
            known[v] = v.distribution.draw(np.random.default_rng(seed), None, known)
    return evaluate(graphs, known)


def generate_samples(generator, *args, dist_shape=(), size=None, broadcast_shape=None, **kwargs):
    """Numbers of a SciPy-like generator, of shape ``size`` followed by that of a distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> import graphcore.model as pm
    >>> pm.distributions.generate_samples(
    ...     stats.norm.rvs, np.zeros(3), 1.0, dist_shape=(3,), size=(5,)
    ... ).shape
    (5, 3)
    """
    kwargs.update(kwargs.pop("not_broadcast_kwargs", None) or {})
    lead = () if size is None else as_shape(size, "generate_samples")
    shape = as_shape(dist_shape, "generate_samples")
    if broadcast_shape is None:
        broadcast_shape = np.broadcast_shapes(shape, *(np.shape(a) for a in args))
    shape = tuple(broadcast_shape)
    shape = shape if lead and shape[: len(lead)] == lead else lead + shape
    return generator(*args, size=shape or None, **kwargs)


__all__ = [
    "BoundedContinuous",
    "Continuous",
    "Discrete",
    "PositiveContinuous",
    "UnitContinuous",
    "draw_values",
    "generate_samples",
]
