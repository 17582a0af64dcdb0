"""Mixtures of distributions: Mixture and NormalMixture."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import warnings

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.basic import equal_computations
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import (
    Distribution,
    RandomVariable,
    as_shape,
    as_value,
    describe,
    guarded,
)
from graphcore.model.distributions.components import component, resized, small_terms_first
from graphcore.model.distributions.constraints import Constraint, simplex
from graphcore.model.distributions.continuous import Normal
from graphcore.model.distributions.discrete import draw_categories
from graphcore.model.distributions.parameters import Param, as_parameter
from graphcore.model.distributions.transforms import Interval
from graphcore.runtime.reference import evaluate

MANY = object()  # stands for bounds that differ


class Mixture(Distribution):
    """One of several distributions, chosen with probabilities ``w``.

    Parameters
    ----------
    name : str
    w : array or variable
        Probabilities along the last axis.
    comp_dists : list of RandomVariable, or RandomVariable
        The components, made with ``.dist()``: a list of them, or a single one whose last batch axis
        runs over the components.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> parts = [pm.Normal.dist(0, 1), pm.StudentT.dist(3, 0, 5)]
    >>> d = pm.Mixture.dist(w=[0.9, 0.1], comp_dists=parts)
    >>> round(float(d.logp(0.0).eval()), 6)
    -1.004032
    """

    keywords = ("comp_dists",)
    params = {"w": Param(simplex)}

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        args = list(args)
        parts = args.pop(1) if len(args) > 1 else kwargs.pop("comp_dists", None)
        if parts is None:
            raise TypeError(f"{label}: Mixture takes (w, comp_dists); comp_dists is missing")
        batched = isinstance(parts, RandomVariable)
        if not batched and not isinstance(parts, list | tuple):
            component(parts, label, "comp_dists")
        if not batched and _is_batch(parts, args[0] if args else kwargs.get("w")):
            warnings.warn(
                f"{label}: the single entry of comp_dists is taken as a batch of components; "
                "pass it without a list",
                stacklevel=5,
            )
            batched, parts = True, parts[0]
        several = [parts] if batched else list(parts)
        if not several:
            raise ValueError(f"{label}: comp_dists is an empty list")
        found = [component(rv, label, f"comp_dists[{i}]") for i, rv in enumerate(several)]
        if len({d.ndim for d in found}) > 1:
            raise ValueError(f"{label}: components of numbers and of vectors cannot be mixed")
        if batched and not found[0].batch_shape:
            raise ValueError(
                f"{label}: a single comp_dists needs an axis of components; its parameters have "
                "none. Pass a list, or shape="
            )
        supports = [d.support_of() for d in found]
        if len({s.discrete for s in supports}) > 1:
            raise ValueError(f"{label}: counts and continuous numbers cannot be mixed")
        # One test of the value is enough when all components have the same fixed support.
        common = all(s is supports[0] for s in supports)
        if batched:
            common = supports[0] is type(found[0]).support
        self = super().make(
            label,
            args,
            kwargs,
            components=found,
            batched=batched,
            common=common,
            ndim=found[0].ndim,
            **shapes,
        )
        if common:
            self.conditions = [*self.conditions, *self._conditions_of_components()]
        return self

    def _conditions_of_components(self):
        found = []
        for k, d in enumerate(self.components):
            place = d.shown if self.batched else f"component {k}, {d.shown}"
            for name, variable, text, test in d.conditions:
                if self.batched:
                    variable = None
                    test = tt.all(test, axis=-1) if test.ndim else test
                found.append((f"{place}: {name}", variable, text, test))
        return found

    def _find_support(self):
        first = self.components[0].support_of()
        if self.common:
            return first
        ends = [self._outermost(name, of) for name, of in (("lower", tt.min), ("upper", tt.max))]
        return Constraint(
            "in the support of a component", discrete=first.discrete, transform=self._transform(),
            lower=ends[0], upper=ends[1],
        )  # fmt: skip

    def _outermost(self, name, of):
        """The lowest lower, or highest upper end of all components; None where one is open."""
        ends = [getattr(d.support_of(), name) for d in self.components]
        if any(end is None for end in ends):
            return None
        if self.batched:
            (end,) = map(tt.as_tensor_variable, ends)
            return of(end, axis=-1) if end.ndim else end
        shape = np.broadcast_shapes(*(np.shape(end) for end in ends))
        return of(tt.stack([tt.broadcast_to(end, shape) for end in ends]), axis=0)

    def _transform(self):
        """The transform that all components have; None where they differ."""
        found = [d.support_of().transform for d in self.components]
        first = found[0]
        if first is None or any(type(t) is not type(first) for t in found):
            return None
        if not isinstance(first, Interval):
            return first
        if self.batched:  # bounds may run over the components
            bounds = [_shared_bound(b) for b in (first.lower, first.upper)]
            return None if MANY in bounds else Interval(*bounds)
        value = tt.tensor("float64", (1,) * max(len(d.shape) for d in self.components))
        same = all(equal_computations([first.backward(value)], [t.backward(value)]) for t in found)
        return first if same else None

    def _parameter_shapes(self):
        w = self.arguments["w"].type.shape
        shapes = [d.batch_shape for d in self.components]
        event = self.components[0].shape[len(shapes[0]) :]
        count = shapes[0][-1] if self.batched else len(shapes)
        if w[-1] != count:
            raise ValueError(f"{self.label}: there are {w[-1]} weights w for {count} components")
        if self.batched:
            shapes = [shapes[0][:-1]]
        try:
            return tuple(np.broadcast_shapes(w[:-1], *shapes)), event
        except ValueError:
            raise ValueError(
                f"{self.label}: the shapes of w {w} and of the components "
                f"{', '.join(str(d.batch_shape) for d in self.components)} do not broadcast"
            ) from None

    def formula(self, value):
        log_w = tt.log(self.arguments["w"])
        if self.batched:
            (d,) = self.components
            spread = tt.expand_dims(value, value.ndim - self.ndim)
            terms = d.formula(spread) if self.common else d.log_density(spread)
        else:
            terms = _stacked(
                [d.formula(value) if self.common else d.log_density(value) for d in self.components]
            )
        return tt.logsumexp(small_terms_first(terms + log_w), axis=-1)

    def log_cdf(self, value):
        return self._tail(value, lambda d, v: d.log_cdf(v))

    def log_ccdf(self, value):
        return self._tail(value, lambda d, v: d.log_ccdf(v))

    def _tail(self, value, of):
        value = as_value(value, self.label)
        if self.ndim:
            raise NotImplementedError(f"{self.label}: vectors have no logcdf")
        if self.batched:
            terms = of(self.components[0], tt.expand_dims(value, -1))
        else:
            terms = _stacked([of(d, value) for d in self.components])
        # weights may add up to a little more than one
        inner = tt.minimum(tt.logsumexp(terms + tt.log(self.arguments["w"]), axis=-1), 0.0)
        return guarded([c for _, _, _, c in self.conditions], inner)

    def _of_components(self, what):
        """``what(d)`` of every component, along an axis before those of one value."""
        if self.batched:
            return what(self.components[0])
        shape = np.broadcast_shapes(*(d.shape for d in self.components))
        each = [tt.broadcast_to(what(d), shape) for d in self.components]
        return tt.stack(each, axis=len(shape) - self.ndim)

    def _average(self, values):
        """The weighted mean of what the components have."""
        w = self.arguments["w"]
        for _ in range(self.ndim):
            w = tt.expand_dims(w, w.ndim)
        return tt.sum(w * values, axis=-self.ndim - 1)

    @property
    def mean(self):
        center = self._average(self._of_components(lambda d: d.mean))
        return tt.broadcast_to(center, self.shape)

    @property
    def variance(self):
        centers = self._of_components(lambda d: d.mean)
        center = self._average(centers)
        away = tt.sqr(centers - tt.expand_dims(center, center.ndim - self.ndim))
        spread = self._average(self._of_components(lambda d: d.variance) + away)
        return tt.broadcast_to(spread, self.shape)

    def initial(self):
        """The weighted mean of the points of the components, rounded for counts."""
        point = self._average(self._of_components(lambda d: d.initial()))
        if self.support_of().discrete:
            point = tt.round(point)
        return tt.broadcast_to(point, self.shape)

    def draw(self, rng, size, given):
        batch = (() if size is None else as_shape(size, self.label)) + self.batch_shape
        (w,) = evaluate([self.arguments["w"]], given)
        chosen = draw_categories(rng, batch, w)
        if self.batched:
            drawn = resized(self.components[0], (*batch, w.shape[-1])).draw(rng, None, given)
        else:
            drawn = np.stack(
                [resized(d, batch).draw(rng, None, given) for d in self.components],
                axis=len(batch),
            )
        index = chosen.reshape(*batch, *(1,) * (self.ndim + 1))
        return np.take_along_axis(drawn, index, axis=len(batch)).reshape(
            drawn.shape[: len(batch)] + drawn.shape[len(batch) + 1 :]
        )

    def __repr__(self):
        parts = ", ".join(repr(d) for d in self.components)
        return f"{self.shown}({describe(self.given['w'])}, {parts})"


class MixtureSameFamily(Mixture):
    """A mixture of distributions of one family, which run along an axis of ``comp_dists``.

    Parameters
    ----------
    name : str
    w : array or variable
    comp_dists : RandomVariable
    mixture_axis : int
        The axis of the components; it has to be the last one before those of a single value.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> parts = pm.Poisson.dist([1.0, 5.0])
    >>> d = pm.MixtureSameFamily.dist(w=[0.5, 0.5], comp_dists=parts, mixture_axis=0)
    >>> round(float(d.logp(0).eval()), 6)
    -1.674997
    """

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("w", "comp_dists", "mixture_axis"), args, strict=False)) | kwargs
        axis, parts = kwargs.pop("mixture_axis", -1), kwargs.get("comp_dists")
        batch = len(component(parts, label, "comp_dists").batch_shape)
        if axis not in (batch - 1, -1 if batch == parts.ndim else batch - 1 - parts.ndim):
            raise NotImplementedError(
                f"{label}: mixture_axis={axis} of comp_dists with shape {parts.type.shape}; move "
                f"the components to axis {batch - 1}"
            )
        return super().make(label, (), kwargs, **shapes)


def _shared_bound(bound):
    """A bound of all components, which run along its last axis; ``MANY`` where they differ."""
    if bound is None or bound.ndim == 0:
        return bound
    if not isinstance(bound, Constant) or np.ptp(bound.data, axis=-1).any():
        return MANY
    return tt.constant(bound.data[..., 0])


def _stacked(parts):
    """Graphs broadcast together and joined along a new last axis."""
    shape = np.broadcast_shapes(*(p.type.shape for p in parts))
    return tt.stack(
        [p if p.type.shape == shape else tt.broadcast_to(p, shape) for p in parts], axis=len(shape)
    )


def _is_batch(parts, w):
    """Whether a list holds one distribution whose last batch axis is that of the weights."""
    if len(parts) != 1 or w is None or not isinstance(parts[0], RandomVariable):
        return False
    count = tt.as_tensor_variable(w).type.shape[-1:]
    return count != (1,) and parts[0].distribution.batch_shape[-1:] == count


class NormalMixture(Mixture):
    """Mixture of normal distributions with means ``mu`` and deviations ``sigma`` (or ``tau``).

    The components run along the last axis of ``w``, ``mu`` and ``sigma``.

    Parameters
    ----------
    name : str
    w : array or variable
        Probabilities.
    mu, sigma, tau : array or variable

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.NormalMixture.dist(w=[0.5, 0.5], mu=[-1, 1], sigma=[1, 1])
    >>> round(float(d.logp(0.0).eval()), 6)
    -1.418939
    """

    keywords = ("mu", "sigma", "tau")

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        names = ("w", "mu", "sigma", "tau")
        if len(args) > len(names):
            raise TypeError(f"NormalMixture takes at most 4 parameters, got {len(args)}")
        for name, value in zip(names, args, strict=False):
            if kwargs.get(name) is not None:
                raise TypeError(f"NormalMixture got parameter {name} twice")
            kwargs[name] = value
        kwargs.pop("comp_shape", None)  # PyMC3's; shapes follow from the parameters
        w = kwargs.pop("w", None)
        if w is None or kwargs.get("mu") is None:
            raise TypeError(f"{label}: NormalMixture takes (w, mu, sigma) or (w, mu, tau)")
        normal = Normal.make(label, (), kwargs)
        count = as_parameter(w, "w", label).type.shape[-1:]
        if normal.batch_shape[-1:] != count:
            normal = Normal.make(label, (), kwargs, shape=normal.batch_shape[:-1] + count)
        return super().make(label, (w, RandomVariable(normal)), {}, **shapes)
