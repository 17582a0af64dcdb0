"""The base of all distributions.

A distribution is one class: a table of parameters, a support, and plain functions of a namespace
``o`` and the parameters (the base makes them static).  ``logp`` is only the formula inside the
support; the checks of parameters, -inf outside, broadcasting, shapes, dtypes, transforms, the two
spellings of keywords, and all tests, come from here and from the table::

    class Gamma(Distribution):
        params = {
            "alpha": Param(positive, typical=(0.5, 5)),
            "beta": Param(positive, typical=(0.5, 3)),
        }
        support = nonnegative

        def logp(o, x, alpha, beta):
            return o.xlogy(alpha - 1, x) - beta * x + o.xlogy(alpha, beta) - o.gammaln(alpha)

        def random(rng, size, alpha, beta):
            return rng.gamma(alpha, 1 / beta, size)
"""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import math
from dataclasses import dataclass
from functools import wraps
from numbers import Number

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.large import PIECE, is_large
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.context import modelcontext
from graphcore.model.distributions.constraints import Constraint, real
from graphcore.model.distributions.docstrings import Docstring
from graphcore.model.distributions.parameters import Parameters, with_signature
from graphcore.model.distributions.quantiles import at_ends, quantile, settled
from graphcore.model.distributions.shapes import broadcasts, broadcasts_to, together
from graphcore.model.distributions.transforms import Chain, Transform
from graphcore.model.distributions.variable import RandomVariable
from graphcore.ops.lengths import length_value
from graphcore.rewrite.fold import in_pieces
from graphcore.runtime.reference import evaluate
from graphcore.tensor.moving import at_rest

LARGEST = np.nextafter(2.0**63, 0)  # among the floats that are counts


class UNSET:
    """An argument that was not given; as a class it stays itself in a pickle."""


_FORMULAS = (
    "logp",
    "careful_logp",
    "summed_logp",
    "logcdf",
    "logccdf",
    "icdf",
    "mean",
    "variance",
    "support_point",
    "random",
    "ref",
    "event_shape",
)


_METHODS = {
    "logp": "log_density",
    "logcdf": "log_cdf",
    "logccdf": "log_ccdf",
    "icdf": "inv_cdf",
    "random": "sampled",
}


_MOMENTS = ("mean", "variance")


_VALUES = (Variable, np.ndarray, Number, list, tuple)


class _Formula:
    """A plain function on the class; on a distribution the method that applies it, if any.

    As in PyMC, the class takes a value and parameters too: ``Normal.logp(value, mu, sigma)``, where
    the formula has a namespace first.  Moments of a distribution are variables.  Where a class has
    no formula by parameters alone, it has them as properties.
    """

    def __init__(self, name, function):
        self.name, self.function = name, function

    def __get__(self, distribution, cls):
        method = _METHODS.get(self.name)
        if distribution is not None:
            if self.name in _MOMENTS:
                return distribution.moment(self.name)
            return self.function if method is None else getattr(distribution, method)
        if method is None or self.name == "random":
            return self.function

        @wraps(self.function)
        def formula(*args, **kwargs):
            if "value" in kwargs:
                args = (kwargs.pop("value"), *args)
            elif not args or not isinstance(args[0], _VALUES):
                return self.function(*args, **kwargs)
            return getattr(cls.dist(*args[1:], **kwargs).distribution, method)(args[0])

        return formula


@dataclass(frozen=True)
class Recipe:
    """What a random variable was made with, so that it can be made again.

    Attributes
    ----------
    cls : type
        The distribution.
    args, kwargs : tuple, dict
        As the user wrote them.
    shape, size
        None where they were not given.
    """

    cls: type
    args: tuple
    kwargs: dict
    shape: object = None
    size: object = None

    def make(self, label, shape=None, observed_shape=None):
        """The distribution, of valid parameters."""
        distribution = self.any(label, shape, observed_shape)
        distribution.refuse_faults()
        return distribution

    @at_rest
    def any(self, label, shape=None, observed_shape=None):
        """The distribution, even of parameters for which its density is -inf everywhere."""
        return self.cls.make(
            label,
            self.args,
            self.kwargs,
            shape=self.shape if shape is None else shape,
            size=self.size,
            observed_shape=observed_shape,
        )


class Distribution:
    """Base of all distributions.  Calling a subclass registers a variable in the current model.

    Attributes
    ----------
    params : dict of str to Param
        In positional order.
    alt : tuple of Alt
        Other parametrisations, translated into ``params``.
    forms : tuple of type
        Other parametrisations with a formula of their own.
    links : tuple of Link
        Expressions of parameters that have a better formula, such as ``p=sigmoid(x)``.
    order : tuple of str or None
        Positional order when it is not ``params`` followed by the alternatives.
    keywords : tuple of str
        What it takes besides parameters, so that its signature can be told.
    relations : tuple of (callable, str)
        Conditions between parameters, ``rule(o, ...)`` and its text.
    support : Constraint or callable
        Callable of the parameters when it depends on them.
    ndim : int
        Trailing axes of one value (1 for vectors).
    typed : bool
        Whether there is an argument ``dtype`` that makes a difference.
    improper : bool
        Whether the density has no finite integral.
    no_density : str or None
        Why there is no density, of what can only be drawn.
    registry : dict of str to type
        Every distribution by name; filled by subclassing.
    """

    params = {}
    alt = ()
    forms = ()
    links = ()
    order = None
    keywords = ()
    relations = ()
    support = real
    ndim = 0
    typed = False
    improper = False
    no_density = None
    registry = {}

    def __init_subclass__(cls, hidden=False, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in _FORMULAS:
            if name in cls.__dict__ and not isinstance(cls.__dict__[name], property):
                setattr(cls, name, _Formula(name, cls.__dict__[name]))
        if not isinstance(cls.support, Constraint):
            cls.support = staticmethod(cls.__dict__.get("support", cls.support))
        # where `make` is the class's own, it takes more than parameters
        known = cls.keywords or (cls.params and cls.make.__func__ is Distribution.make.__func__)
        if known and "dist" not in cls.__dict__:
            cls.dist = classmethod(with_signature(Distribution.dist.__func__, cls))
        if not hidden:
            cls.registry[cls.__name__] = cls
            cls.__doc__ = Docstring(cls.__dict__["__doc__"])

    def __new__(cls, name, *args, **kwargs):
        if not isinstance(name, str):
            raise TypeError(
                f"{cls.__name__} needs a name (a string) as first argument; "
                f"use {cls.__name__}.dist(...) for a distribution outside of a model"
            )
        return modelcontext().register(cls, name, args, kwargs)

    @classmethod
    def dist(cls, *args, shape=None, size=None, **kwargs):
        """A random variable that belongs to no model.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> pm.Normal.dist(0, [1, 2]).type.shape
        (2,)
        """
        for option in ("testval", "initval", "transform"):
            kwargs.pop(option, None)  # of variables of a model
        recipe = Recipe(cls, args, kwargs, shape, size)
        return RandomVariable(recipe.any(cls.__name__), recipe=recipe)

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None, **parts):
        """The distribution itself; ``label`` is what error messages call it.

        ``parts`` become attributes: what a distribution is made of besides parameters.
        """
        parameters = Parameters(cls, args, kwargs, label)
        self = object.__new__(parameters.form)
        self.__dict__.update(parts)
        self.label, self.given = label, parameters.given
        self.arguments, self.conditions = parameters.arguments, parameters.conditions
        self.faults = parameters.faults
        self.shown = cls.__name__
        self.shape = self._find_shape(shape, size, observed_shape)
        self.batch_shape = self.shape[: len(self.shape) - self.ndim]
        self._support = self._find_support()
        return self

    def refuse_faults(self, unknown=True):
        """Raise the error that constants outside of what they must be deserve.

        ``unknown`` says whether a shape that is not known is refused too.
        """
        if self.faults:
            raise ValueError(self.faults[0])
        if unknown and None in self.shape:
            static_shape(self.label, *self.unknown)

    # -- shape, dtype, support ----------------------------------------------------------------

    def _find_support(self):
        """The support for these parameters."""
        if isinstance(self.support, Constraint):
            return self.support
        return self.support(**self.arguments)

    def _find_shape(self, shape, size, observed_shape):
        """Full shape from ``shape=``, ``size=``, the observed data, or the parameters alone."""
        batch, event = self._parameter_shapes()
        if shape is not None and size is not None:
            raise TypeError(f"{self.label}: give shape or size, not both")
        if shape is not None:
            wanted = as_shape(shape, self.label)
        elif size is not None:
            wanted = as_shape(size, self.label) + event
        elif observed_shape is not None:
            wanted = tuple(observed_shape)
        else:
            return batch + event
        n = len(wanted) - len(event)
        if n >= 0 and wanted[n:] == event and broadcasts_to(batch, wanted[:n]):
            return wanted
        if shape is None and size is None:
            repeats = broadcasts(batch + event, wanted)
            why = "together they would repeat the data" if repeats else "they do not fit"
            raise ValueError(
                f"{self.label}: the observed data have shape {wanted}, but the parameters have "
                f"shape {batch + event}; {why}. Reshape one of them"
            )
        shapes = ", ".join(f"{k} {v.type.shape}" for k, v in self.arguments.items() if v.ndim)
        raise ValueError(
            f"{self.label}: shape {wanted} does not fit its parameters, "
            f"which have shape {batch + event}{shapes and f': {shapes}'}"
        )

    def _parameter_shapes(self):
        """Shapes of the batch (all parameters broadcast together) and of one value."""
        shapes = {}
        for name, v in self.arguments.items():
            core = self.params[name].ndim
            if self.ndim or core:
                static_shape(self.label, name, v)
            elif not v.type.is_static:
                self.unknown = name, v
            if v.ndim < core:
                raise ValueError(f"{self.label}: parameter {name} must be a vector, got a number")
            shapes[name] = v.type.shape[: v.ndim - core]
        try:
            batch = together(*shapes.values())
        except ValueError:
            shown = ", ".join(f"{k} {s}" for k, s in shapes.items())
            raise ValueError(
                f"{self.label}: the shapes of the parameters do not broadcast: {shown}"
            ) from None
        return tuple(batch), self.event_shape(**self.arguments)

    @staticmethod
    def event_shape(**arguments):
        """Shape of one value."""
        return ()

    @property
    def dtype(self):
        return "int64" if self.support_of().discrete else "float64"

    def support_of(self):
        """The support for these parameters."""
        return self._support

    def default_transform(self):
        """The map from the support to the unconstrained space, or None."""
        return self._support.transform

    def transform_for(self, transform=UNSET, default_transform=UNSET):
        """PyMC's rule: ``transform=`` comes after the default one, None switches that off."""
        inputs = (None, None, *self.arguments.values())
        transform, default_transform = (
            t.with_inputs(*inputs) if isinstance(t, Transform) else t
            for t in (transform, default_transform)
        )
        if transform is None and default_transform is UNSET:
            return None
        if default_transform is UNSET:
            default_transform = self.default_transform()
        if transform is UNSET or transform is None:
            return default_transform
        # PyMC3's ``transform=`` stood in place of the default one: twice the same is never meant.
        first = transform.transform_list[0] if isinstance(transform, Chain) else transform
        if default_transform is not None and isinstance(first, type(default_transform)):
            return transform
        if default_transform is None:
            return transform
        return Chain([default_transform, transform])

    # -- densities ----------------------------------------------------------------------------

    def formula(self, value):
        """The bare log density, right only inside the support."""
        return tt.as_tensor_variable(type(self).logp(tt, value, **self.arguments))

    def careful_formula(self, value):
        """The same with all digits where the parts of the bare formula cancel.

        It is a formula ``careful_logp``, for densities by element.  Sums over data take the bare
        one, which can be taken apart into statistics of the data.
        """
        careful = getattr(type(self), "careful_logp", None)
        if careful is None:
            return self.formula(value)
        return tt.as_tensor_variable(careful(tt, value, **self.arguments))

    def summed_formula(self, value):
        """The bare log density of all of ``value`` as one number; None without such a formula.

        It is a formula ``summed_logp``, which a class has when the sum is cheaper than its terms.
        """
        if not hasattr(type(self), "summed_logp"):
            return None
        return type(self).summed_logp(tt, value, **self.arguments)

    def support_condition(self, value):
        """Condition that ``value`` lies in the support; None when it is known to."""
        support = self.support_of()
        if support.holds is None:
            return None
        test = support.holds(tt, value)
        if inputs_of([test]):
            return test
        parts = in_pieces(test) if test.type.size > PIECE else None
        if parts is not None and all(part.all() for part in parts):
            return None
        (inside,) = evaluate([test], {})
        return None if np.all(inside) else tt.constant(inside)

    def log_density(self, value, inside=False, checks=True):
        """Log density of each element, -inf outside the support or for bad parameters.

        ``inside`` says that the value is known to lie in the support, ``checks=False`` leaves
        all tests out.
        """
        value = as_value(value, self.label)
        tests = [c for _, _, _, c in self.conditions] if checks else []
        if checks and not inside:
            tests.append(self.support_condition(value))
        return guarded(tests, self.careful_formula(value))

    def log_cdf(self, value):
        """Log of the cumulative distribution function."""
        if not hasattr(type(self), "logcdf"):
            raise NotImplementedError(f"{self.shown} has no closed form of its logcdf")
        value = as_value(value, self.label)
        inner = tt.as_tensor_variable(type(self).logcdf(tt, value, **self.arguments))
        inner = _with_ends(value, inner, -math.inf, 0.0)
        return guarded([c for _, _, _, c in self.conditions], inner)

    def log_ccdf(self, value):
        """Log of the probability of exceeding ``value``."""
        if not hasattr(type(self), "logccdf"):
            return tt.log1mexp(self.log_cdf(value))
        value = as_value(value, self.label)
        inner = tt.as_tensor_variable(type(self).logccdf(tt, value, **self.arguments))
        inner = _with_ends(value, inner, 0.0, -math.inf)
        return guarded([c for _, _, _, c in self.conditions], inner)

    def inv_cdf(self, q):
        """The smallest value whose cumulative probability is at least ``q``; NaN outside [0, 1]."""
        q, support = as_value(q, self.label), self.support_of()
        if not hasattr(type(self), "icdf"):
            if self.ndim or self.improper:
                raise NotImplementedError(f"{self.shown} has no quantiles")
            inner = quantile(self, q)
        else:
            inner = tt.as_tensor_variable(type(self).icdf(tt, q, **self.arguments))
            if support.discrete:
                inner = settled(self, q, inner)
        tests = [c for _, _, _, c in self.conditions]
        return tt.switch(
            all_of([*tests, (q >= 0) & (q <= 1)]), at_ends(support, q, inner), math.nan
        )

    # -- numbers ------------------------------------------------------------------------------

    def __getattr__(self, name):
        """A parameter by its name, in the user's parametrisation or in that of the formula."""
        for table in ("given", "arguments"):
            found = self.__dict__.get(table, {})
            if name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def default(self):
        """A typical value inside the support: that of :meth:`initial`, as an array."""
        return RandomVariable(self).test_value()

    def sampled(self, size=None, rng=None, given=None, point=None):
        """Random numbers; see :meth:`RandomVariable.random`."""
        return RandomVariable(self).random(size, rng, given, point)

    def initial(self):
        """A typical value inside the support, of full shape: where sampling starts."""
        point = tt.as_tensor_variable(type(self).support_point(tt, **self.arguments))
        return tt.broadcast_to(point, self.shape)

    def moment(self, name):
        """``"mean"`` or ``"variance"`` of every element, of full shape."""
        found = tt.as_tensor_variable(getattr(type(self), name)(tt, **self.arguments))
        return tt.broadcast_to(found, self.shape)

    def corners(self):
        """Places at which the density is not smooth, in ascending order."""
        return []

    def draw(self, rng, size, given):
        """Random numbers; ``given`` has the values of other random variables."""
        if not hasattr(type(self), "random"):
            raise NotImplementedError(f"{self.shown} is improper: there is nothing to draw from")
        names = list(self.arguments)
        values = evaluate([self.arguments[n] for n in names], given)
        extra = () if size is None else as_shape(size, self.label)
        known = np.broadcast_shapes(*map(np.shape, values)) if None in self.shape else self.shape
        batch = extra + known[: len(known) - self.ndim]
        drawn = np.asarray(type(self).random(rng, batch, **dict(zip(names, values, strict=True))))
        if self.dtype == "int64" and drawn.dtype.kind == "f":
            drawn = np.clip(drawn, -LARGEST, LARGEST)  # more would come out with the other sign
        return np.asarray(drawn, dtype=self.dtype)

    def __repr__(self):
        usual = list(self.given) == list(self.registry[self.shown].params)
        parts = [
            describe(v) if usual else f"{name}={describe(v)}" for name, v in self.given.items()
        ]
        return f"{self.shown}({', '.join(parts)})"


def _with_ends(value, inner, low, high):
    """A tail at ``value``, with what it is at -inf and inf, where formulas need not be defined."""
    if isinstance(value, Constant) and np.isfinite(value.data).all():
        return inner
    return tt.switch(tt.isinf(value), tt.switch(value < 0, low, high), inner)


def guarded(tests, inner):
    """``inner`` where every test that is not None holds, -inf elsewhere."""
    tests = [t for t in tests if t is not None]
    if not tests:
        return inner
    return tt.switch(all_of(tests), inner, -math.inf)


def all_of(tests):
    """The conjunction of conditions; scalar ones are joined first."""
    tests = sorted(tests, key=lambda t: t.ndim)
    joined = tests[0]
    for t in tests[1:]:
        joined = joined & t
    return joined


def as_value(value, label):
    """A value as the formulas want it: float64, whatever integers or bools it came as."""
    if isinstance(value, Variable) and not isinstance(value, Constant):
        return value if value.dtype == "float64" else tt.cast(value, "float64")
    array = value.data if isinstance(value, Constant) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{label}: a value must be numbers, got dtype {array.dtype}")
    name = value.name if isinstance(value, Constant) else None
    if is_large(array):
        large = value if isinstance(value, Constant) else tt.constant(array)
        return large if large.dtype == "float64" else tt.cast(large, "float64")
    return tt.constant(array.astype("float64"), name=name)


def as_shape(shape, label):
    """A tuple of lengths from an int, a sequence of ints, or variables that are known now."""
    if isinstance(shape, Variable):
        shape = _known(shape, label)
    if not isinstance(shape, tuple | list):
        shape = np.atleast_1d(shape)
    lengths = []
    for n in shape:
        if isinstance(n, Variable):
            n = _known(n, label)
        number = np.asarray(n)
        if number.dtype.kind not in "iu" or number.ndim:
            raise TypeError(f"{label}: a shape must be whole numbers, got {n!r}")
        if number < 0:
            raise ValueError(f"{label}: a shape must not be negative, got {int(number)}")
        lengths.append(int(number))
    return tuple(lengths)


def _known(length, label):
    """The value of a variable of known shapes, constants and data."""
    value = length_value(length)
    if value is not None:
        return value
    if all(isinstance(v, SharedVariable) for v in inputs_of([length])):
        return evaluate([length], {})[0]
    raise TypeError(f"{label}: a shape must be known numbers, got a symbolic length")


def static_shape(label, name, v):
    """The shape of a parameter, which must be known."""
    if not v.type.is_static:
        raise ValueError(
            f"{label}: the shape of parameter {name} is not known before the model runs; "
            "give it a fixed shape"
        )
    return v.type.shape


def describe(variable):
    """How a model's text shows a parameter: a number, a name, or what it depends on."""
    if isinstance(variable, Constant):
        return f"{float(variable.data):.4g}" if variable.ndim == 0 else "<constant>"
    if variable.name:
        return variable.name
    names, stack, seen = [], [variable], set()
    while stack:  # in reading order
        v = stack.pop()
        if v in seen or isinstance(v, Constant):
            continue
        seen.add(v)
        if v.owner is not None and (v is variable or not v.name):
            stack.extend(reversed(v.owner.inputs))
        else:
            names.append(v.name or "?")
    return f"f({', '.join(dict.fromkeys(names))})"
