"""From what the user wrote to the parameters a formula wants.

``Normal("y", mu, sd=2)``, ``Normal("y", mu, sigma=2)`` and ``Normal("y", mu, tau=0.25)`` all end
as ``{"mu": ..., "sigma": ...}`` with float64 variables.  Constants are checked here, once, and an
error names the variable, the parameter, its value and what it must be (outside of a model, where a
density may be asked for all the same, it waits until the distribution becomes part of one); for
anything symbolic the conditions are handed on to become part of the density.
"""

from dataclasses import dataclass
from inspect import Parameter, Signature
from types import FunctionType

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, Variable
from graphcore.model.distributions.constraints import Constraint
from graphcore.model.distributions.shapes import of_known_shape
from graphcore.model.distributions.signs import known_to_hold
from graphcore.ops.elementwise import elemwise

REQUIRED = object()
# PyMC3's names of parameters, PyMC's names
SPELLINGS = {"sd": "sigma", "theta": "mu", "Sigma": "scale", "cov": "scale"}


@dataclass(frozen=True)
class Param:
    """A parameter: what it must be, its default, and where tests draw it from."""

    constraint: Constraint
    default: object = REQUIRED
    typical: tuple = (-2.0, 2.0)

    @property
    def ndim(self):
        return self.constraint.ndim


@dataclass(frozen=True)
class Alt:
    """Another way to give some of the parameters.

    Attributes
    ----------
    rule : callable
        ``rule(o, **given)`` returns the dict of parameters it replaces.
    gives : tuple of str
        Names of the parameters it replaces.
    params : dict of str to Param
        The parameters it takes.
    """

    rule: object
    gives: tuple
    params: dict


@dataclass(frozen=True)
class Link:
    """``param = row(becomes)`` is better served by the formula of ``form``."""

    param: str
    row: str
    becomes: str
    form: type


class Parameters:
    """The parameters of one distribution, checked.

    Attributes
    ----------
    form : type
        The distribution class whose formula applies.
    given : dict of str to Variable
        In the user's parametrisation.
    arguments : dict of str to Variable
        In the formula's parametrisation.
    conditions : list of (str, Variable, str, Variable)
        What has to be tested when the density is computed: the name of the parameter, its
        variable, the text of the condition, and the condition.
    faults : list of str
        What is wrong with constants; each has a condition that is false there.
    """

    def __init__(self, cls, args, kwargs, label):
        self.label = label
        named = _bind(cls, args, kwargs)
        self.form, alt, spec = _choose(cls, named)
        self.given = {
            name: of_known_shape(as_parameter(named.get(name, p.default), name, label))
            for name, p in spec.items()
        }
        self.conditions, self.faults = [], []
        for name, p in spec.items():
            self._require(name, self.given[name], p.constraint)
        self.arguments = self._canonical(alt, label)
        self._follow_links()
        for rule, text in self.form.relations:
            self._relation(rule, text)

    def _canonical(self, alt, label):
        if alt is None:
            return dict(self.given)
        taken = {name: self.given[name] for name in alt.params}
        constant = all(isinstance(v, Constant) for v in taken.values())
        if constant:
            with np.errstate(all="ignore"):
                made = alt.rule(np, **{k: v.data for k, v in taken.items()})
        else:
            made = alt.rule(tt, **taken)
        out = {}
        for name, p in self.form.params.items():
            if name in made:
                out[name] = tt.as_tensor_variable(made[name])
                shown = ", ".join(f"{k}={_short(v)}" for k, v in taken.items())
                self._require(name, out[name], p.constraint, made_from=shown)
            else:
                out[name] = self.given[name]
        return out

    def _follow_links(self):
        """Prefer the formula in terms of ``x`` where a parameter was given as ``row(x)``."""
        for link in self.form.links:
            v = self.arguments[link.param]
            if v.owner is not None and v.owner.op == elemwise(link.row):
                (x,) = v.owner.inputs
                if x.dtype == "float64":
                    del self.arguments[link.param]
                    self.arguments[link.becomes] = x
                    self.form = link.form
                    self.conditions = [c for c in self.conditions if c[0] != link.param]
                    self._require(link.becomes, x, link.form.params[link.becomes].constraint)
                    return

    def _require(self, name, variable, constraint, made_from=None):
        """Check a constant now; remember the condition of anything else."""
        if isinstance(variable, Constant):
            self._require_constant(name, variable, constraint, made_from)
        elif constraint.holds is not None:
            if known_to_hold(constraint, variable):
                return
            test = constraint.test or constraint.holds
            self.conditions.append(
                (name, variable, f"must be {constraint.text}", test(tt, variable))
            )

    def _require_constant(self, name, variable, constraint, made_from):
        data = variable.data
        good = np.isfinite(data)
        core = min(constraint.ndim, np.ndim(good))
        if core:
            good = good.all(axis=tuple(range(-core, 0)))
        if constraint.holds is not None:
            good = good & constraint.holds(np, data)
        if np.all(good):
            return
        where = np.argwhere(~np.atleast_1d(good))[0]
        place = f" at index {_index(where)}" if np.ndim(good) else ""
        value = data[tuple(where)] if np.ndim(good) else data
        origin = f" (made from {made_from})" if made_from else ""
        text = f"must be {constraint.text}"
        self._fault(f"parameter {name} {text}, got {_number(value)}{place}{origin}")
        self.conditions.append((name, variable, text, tt.constant(good)))

    def _fault(self, text):
        self.faults.append(f"{self.label}: {text}")

    def _relation(self, rule, text):
        """A condition between several parameters, such as lower < upper."""
        names = rule.__code__.co_varnames[1 : rule.__code__.co_argcount]
        used = {k: self.arguments[k] for k in names}
        if not all(isinstance(v, Constant) for v in used.values()):
            self.conditions.append((text, None, "must hold", rule(tt, **used)))
            return
        good = np.asarray(rule(np, **{k: v.data for k, v in used.items()}))
        if not good.all():
            shown = ", ".join(f"{k}={_short(v)}" for k, v in used.items())
            self._fault(f"{text} must hold, got {shown}")
            self.conditions.append((text, None, "must hold", tt.constant(good)))


def as_parameter(value, name, label):
    """A float64 variable or constant."""
    if isinstance(value, Variable):
        if isinstance(value, Constant):
            value = value.data
        else:
            return value if value.dtype == "float64" else tt.cast(value, "float64")
    elif isinstance(value, list | tuple) and any(isinstance(v, Variable) for v in value):
        return tt.stack([as_parameter(v, name, label) for v in value])
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{label}: parameter {name} must be numbers, an array or a tensor variable, "
            f"got {type(value).__name__} with dtype {array.dtype}"
        )
    return tt.constant(array.astype("float64"))


def _bind(cls, args, kwargs):
    """Names for positional arguments; PyMC3 spellings translated; None means "not given"."""
    order = names_of(cls)
    if len(args) > len(order):
        raise TypeError(
            f"{cls.__name__} takes at most {len(order)} parameters ({', '.join(order)}), "
            f"got {len(args)}"
        )
    named = dict(zip(order, args, strict=False))
    for key, value in kwargs.items():
        name = key if key in order else SPELLINGS.get(key, key)
        if name not in order:
            raise TypeError(
                f"{cls.__name__} has no parameter {key!r}; its parameters are {', '.join(order)}"
            )
        if named.get(name) is not None and value is not None:
            raise TypeError(f"{cls.__name__} got parameter {name} twice")
        if value is not None:
            named[name] = value
    return {k: v for k, v in named.items() if v is not None}


def names_of(cls):
    """Every parameter name of a distribution, in the order of positional arguments."""
    if cls.order is not None:
        return list(cls.order)
    names = list(cls.params)
    for alt in cls.alt:
        names += [n for n in alt.params if n not in names]
    for form in cls.forms:
        names += [n for n in form.params if n not in names]
    return names


def core_axes(cls, name):
    """How many trailing axes of a parameter belong to one value."""
    tables = [cls.params, *(alt.params for alt in cls.alt), *(form.params for form in cls.forms)]
    return next(table[name].ndim for table in tables if name in table)


def _choose(cls, named):
    """The formula, the alternative parametrisation (or None) and its parameter table."""
    ways = [(cls, None, cls.params)]
    for alt in cls.alt:
        kept = {k: p for k, p in cls.params.items() if k not in alt.gives}
        ways.append((cls, alt, {**kept, **alt.params}))
    ways += [(form, None, form.params) for form in cls.forms]
    for form, alt, spec in ways:
        needed = {k for k, p in spec.items() if p.default is REQUIRED}
        if set(named) <= set(spec) and needed <= set(named):
            return form, alt, spec
    options = " or ".join("(" + ", ".join(spec) + ")" for _, _, spec in ways)
    raise TypeError(f"{cls.__name__} takes {options}; got ({', '.join(named) or 'nothing'})")


def _index(where):
    return int(where[0]) if len(where) == 1 else tuple(int(i) for i in where)


def _number(value):
    return np.array2string(np.asarray(value), separator=", ", threshold=6)


def _short(variable):
    return _number(variable.data) if isinstance(variable, Constant) else variable.name or "..."


def with_signature(function, cls):
    """A copy of a class method that tells the parameters of a distribution to who looks.

    ``help`` and editors read it, and libraries that ask what a distribution takes.
    """
    arguments, optional = [Parameter("cls", Parameter.POSITIONAL_OR_KEYWORD)], bool(cls.alt)
    for name in [*names_of(cls), *cls.keywords]:
        default = cls.params[name].default if name in cls.params else None
        optional = optional or default is not REQUIRED
        if default is REQUIRED:
            default = None if optional else Parameter.empty
        arguments.append(Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default))
    arguments.append(Parameter("kwargs", Parameter.VAR_KEYWORD))
    copied = FunctionType(function.__code__, function.__globals__, "dist")
    copied.__kwdefaults__, copied.__doc__ = function.__kwdefaults__, function.__doc__
    copied.__qualname__, copied.__signature__ = f"{cls.__qualname__}.dist", Signature(arguments)
    return copied
