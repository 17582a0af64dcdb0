"""Distributions with cut ends: Censored, Truncated, TruncatedNormal."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import (
    Distribution,
    RandomVariable,
    all_of,
    as_shape,
    as_value,
    describe,
    guarded,
)
from graphcore.model.distributions.between import LOG_HALF, between
from graphcore.model.distributions.components import component, resized
from graphcore.model.distributions.constraints import (
    Constraint,
    above,
    below,
    interval,
    whole,
)
from graphcore.model.distributions.continuous import Normal
from graphcore.model.distributions.moments import mean_and_variance
from graphcore.model.distributions.parameters import as_parameter
from graphcore.model.distributions.quadrature import along, rule, stretch
from graphcore.runtime.reference import evaluate

REPEATED = 50  # draws before those outside of the bounds are found by inverting the tails


class _Cut(Distribution, hidden=True):
    """A base distribution with a lower and an upper bound, either of which may be missing."""

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        named = dict(zip(("dist", "lower", "upper"), args, strict=False)) | kwargs
        unknown = set(named) - {"dist", "lower", "upper", "max_n_steps"}
        if len(args) > 3 or unknown:
            shown = ", ".join(sorted(unknown)) or f"{len(args)} positional ones"
            raise TypeError(f"{label}: {cls.__name__} takes (dist, lower, upper); got {shown}")
        base = component(named.get("dist"), label, "dist")
        if base.ndim:
            raise NotImplementedError(f"{label}: {cls.__name__} of vectors is not supported")
        lower = _bound(named.get("lower"), "lower", label, -math.inf)
        upper = _bound(named.get("upper"), "upper", label, math.inf)
        self = super().make(
            label,
            (),
            {},
            base=base,
            lower=lower,
            upper=upper,
            most=named.get("max_n_steps", 10_000),
            **shapes,
        )
        self.conditions = list(base.conditions)
        self._check_bounds()
        self.given = {k: v for k, v in (("lower", lower), ("upper", upper)) if v is not None}
        return self

    def _check_bounds(self):
        lower, upper = self.lower, self.upper
        if lower is None or upper is None:
            return
        if not (isinstance(lower, Constant) and isinstance(upper, Constant)):
            self.conditions.append(("lower < upper", None, "must hold", tt.lt(lower, upper)))
        elif not (lower.data < upper.data).all():
            raise ValueError(
                f"{self.label}: lower < upper must hold, got lower={lower.data}, upper={upper.data}"
            )

    def _parameter_shapes(self):
        shapes = {"dist": self.base.batch_shape}
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is not None:
                shapes[name] = bound.type.shape
        try:
            return tuple(np.broadcast_shapes(*shapes.values())), ()
        except ValueError:
            shown = ", ".join(f"{k} {s}" for k, s in shapes.items())
            raise ValueError(f"{self.label}: these shapes do not broadcast: {shown}") from None

    def _below_lower(self):
        """Log probability of lying below the lower bound, and of the rest."""
        at = self.lower - 1 if self.base.support_of().discrete else self.lower
        return self._tails(at)

    def _up_to_upper(self):
        """Log probability of lying below or at the upper bound, and of the rest."""
        return self._tails(self.upper)

    def _tails(self, at):
        """Log probability under the base of values up to ``at``, and of those above it.

        Beyond the ends of the support they are known, and their formulas are kept away from there:
        the derivative of a tail that is no more is 0 / 0 at many an end.
        """
        base = self.base
        support = base.support_of()
        lower, upper = support.lower, support.upper
        if lower is None and upper is None:
            inside = 0.0
        elif lower is None or upper is None:
            inside = upper - 1 if lower is None else lower + 1
        else:
            inside = 0.5 * (lower + upper)
        low = -math.inf if lower is None else lower
        under = tt.lt(at, low) if base.support_of().discrete else tt.le(at, low)
        over = tt.ge(at, math.inf if upper is None else upper)
        safe = tt.switch(under | over, inside, at)
        return (
            tt.switch(under, -math.inf, tt.switch(over, 0.0, base.log_cdf(safe))),
            tt.switch(under, 0.0, tt.switch(over, -math.inf, base.log_ccdf(safe))),
        )

    def _inside(self, point):
        """The point, or the bound that it lies beyond."""
        if self.lower is not None:
            point = tt.maximum(point, self.lower)
        if self.upper is not None:
            point = tt.minimum(point, self.upper)
        return point

    def _with_ends(self, value, tail, below, above):
        """A tail, with what it is below the lower bound and from the upper one on."""
        if self.lower is not None:
            tail = tt.switch(value < self.lower, below, tail)
        if self.upper is not None:
            tail = tt.switch(value >= self.upper, above, tail)
        return guarded([c for _, _, _, c in self.conditions], tail)

    def _bounds(self, given):
        bounds = [self.lower, self.upper]
        known = evaluate([b for b in bounds if b is not None], given)
        low = known.pop(0) if self.lower is not None else -math.inf
        return low, (known.pop(0) if self.upper is not None else math.inf)

    def _batch(self, size):
        return (() if size is None else as_shape(size, self.label)) + self.batch_shape

    def __repr__(self):
        lower = "" if self.lower is None else f", lower={describe(self.lower)}"
        upper = "" if self.upper is None else f", upper={describe(self.upper)}"
        return f"{self.shown}({self.base!r}{lower}{upper})"


def _bound(value, name, label, infinity):
    """A bound as a variable; None when there is none."""
    if value is None:
        return None
    bound = as_parameter(value, name, label)
    if isinstance(bound, Constant):
        if np.isnan(bound.data).any():
            raise ValueError(f"{label}: {name} is NaN at some place")
        if (bound.data == infinity).all():
            return None
    return bound


def _without(log_whole, log_part):
    """Logarithm of what a part leaves of the whole."""
    return log_whole + tt.log1mexp(tt.minimum(log_part - log_whole, 0.0))


class Censored(_Cut):
    """What is seen of a variable when values beyond ``lower`` or ``upper`` are set to the bound.

    Parameters
    ----------
    name : str
    dist : RandomVariable
        Made with ``.dist()``; it needs a logcdf.
    lower, upper : number, array or variable, optional
        The bounds; infinite ones or None mean that there is none.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.Censored.dist(pm.Exponential.dist(1.0), lower=None, upper=2.0)
    >>> d.logp([1.0, 2.0, 3.0]).eval()
    array([ -1.,  -2., -inf])
    """

    def _find_support(self):
        base = self.base.support_of()
        ends = [
            self._inside(end) if end is not None else bound
            for end, bound in ((base.lower, self.lower), (base.upper, self.upper))
        ]
        return Constraint(
            "between its bounds", self._holds, discrete=base.discrete, lower=ends[0], upper=ends[1]
        )

    def _holds(self, o, x):
        low = True if self.lower is None else x >= self.lower
        high = True if self.upper is None else x <= self.upper
        both = [c for c in (low, high) if c is not True]
        if len(both) < 2:
            return both[0] if both else o.abs(x) >= 0
        return both[0] & both[1]

    def formula(self, value):
        base = self.base
        result = guarded([base.support_condition(value)], base.formula(value))
        if self.lower is not None:
            # Bounds of several values may be infinite here and there; the value itself is not.
            at = tt.maximum(value, self.lower) if self.lower.ndim else self.lower
            result = tt.switch(value <= self.lower, self._tails(at)[0], result)
        if self.upper is not None:
            at = tt.minimum(value, self.upper) if self.upper.ndim else self.upper
            last = at - 1 if base.support_of().discrete else at
            result = tt.switch(value >= self.upper, self._tails(last)[1], result)
        return result

    def log_cdf(self, value):
        value = as_value(value, self.label)
        return self._with_ends(value, self.base.log_cdf(value), -math.inf, 0.0)

    def log_ccdf(self, value):
        value = as_value(value, self.label)
        return self._with_ends(value, self.base.log_ccdf(value), 0.0, -math.inf)

    def inv_cdf(self, q):
        return self._inside(self.base.inv_cdf(q))

    def initial(self):
        return tt.broadcast_to(self._inside(self.base.initial()), self.shape)

    @property
    def mean(self):
        center = sum(p * value for p, value, _ in self._thirds())
        return tt.broadcast_to(center, self.shape)

    @property
    def variance(self):
        center = self.mean
        spread = sum(p * (tt.sqr(value - center) + more) for p, value, more in self._thirds())
        return tt.broadcast_to(spread, self.shape)

    def _thirds(self):
        """Probability, mean and variance of the values at the bounds and between them."""
        middle = Truncated.make(self.label, (RandomVariable(self.base), self.lower, self.upper), {})
        found = [(tt.exp(middle._log_mass()), middle.mean, middle.variance)]
        for bound, side in ((self.lower, 0), (self.upper, 1)):
            if bound is not None:
                at = tt.switch(tt.isinf(bound), 0.0, bound)  # where nothing lies
                beyond = self._tails(bound) if side else self._below_lower()
                found.append((tt.exp(beyond[side]), at, 0.0))
        return found

    def draw(self, rng, size, given):
        low, high = self._bounds(given)
        drawn = resized(self.base, self._batch(size)).draw(rng, None, given)
        return np.asarray(np.clip(drawn, low, high), dtype=self.dtype)


class Truncated(_Cut):
    """A distribution restricted to values from ``lower`` to ``upper``.

    Parameters
    ----------
    name : str
    dist : RandomVariable
        Made with ``.dist()``; it needs a logcdf.
    lower, upper : number, array or variable, optional
        The bounds; infinite ones or None mean that there is none.
    max_n_steps : int
        How often drawing random numbers is repeated, at most 50 times, before those still outside
        are found by inverting the tails.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.Truncated.dist(pm.Exponential.dist(1.0), lower=2.0)
    >>> d.logp([1.0, 2.0, 3.0]).eval()
    array([-inf,   0.,  -1.])
    """

    def corners(self):
        return self.base.corners()

    def _find_support(self):
        support = self.base.support_of()
        lower, upper = support.lower, support.upper
        if self.lower is not None:
            lower = self.lower if lower is None else tt.maximum(lower, self.lower)
        if self.upper is not None:
            upper = self.upper if upper is None else tt.minimum(upper, self.upper)
        if support.discrete:
            return Constraint(
                "a whole number between its bounds", self._holds, discrete=True,
                nonnegative=support.nonnegative,
                lower=None if lower is None else tt.ceil(lower),
                upper=None if upper is None else tt.floor(upper),
            )  # fmt: skip
        if lower is None:
            return support if upper is None else below(upper)
        return above(lower) if upper is None else interval(lower, upper)

    def _holds(self, o, x):
        test = self.base.support_of().holds(o, x) if self.base.support_of().holds else None
        test = whole.holds(o, x) if test is None else test
        if self.lower is not None:
            test = test & (x >= self.lower)
        if self.upper is not None:
            test = test & (x <= self.upper)
        return test

    def _log_mass(self):
        """Log probability of the interval under the base distribution."""
        if self.lower is None and self.upper is None:
            return tt.constant(0.0)
        if self.lower is None:
            return self._up_to_upper()[0]
        if self.upper is None:
            return self._below_lower()[1]
        below_lower, from_lower = self._below_lower()
        up_to_upper, above_upper = self._up_to_upper()
        # The difference of the smaller tails, which keeps its digits on either side.
        high = below_lower > LOG_HALF
        whole_part = tt.switch(high, from_lower, up_to_upper)
        left_out = tt.switch(high, above_upper, below_lower)
        return whole_part + tt.log1mexp(left_out - whole_part)

    def formula(self, value):
        return self.base.formula(value) - self._log_mass()

    def log_cdf(self, value):
        value = as_value(value, self.label)
        tail = self.base.log_cdf(self._inside(value))
        if self.lower is not None:
            tail = _without(tail, self._below_lower()[0])
        return self._with_ends(value, self._of_mass(tail), -math.inf, 0.0)

    def log_ccdf(self, value):
        value = as_value(value, self.label)
        tail = self.base.log_ccdf(self._inside(value))
        if self.upper is not None:
            tail = _without(tail, self._up_to_upper()[1])
        return self._with_ends(value, self._of_mass(tail), 0.0, -math.inf)

    def _of_mass(self, tail):
        """A tail as a share of what lies between the bounds."""
        return tt.minimum(tail - self._log_mass(), 0.0)

    @property
    def mean(self):
        return tt.broadcast_to(self._moments()[0], self.shape)

    @property
    def variance(self):
        return tt.broadcast_to(self._moments()[1], self.shape)

    def _moments(self):
        """Mean and variance."""
        return self._normal_moments() if isinstance(self.base, Normal) else mean_and_variance(self)

    def _normal_moments(self):
        """Mean and variance of a truncated normal variable, by Gauss's rule.

        The usual differences of densities at the bounds lose all digits in tails and in narrow
        intervals.
        """
        mu, sigma = self.base.arguments["mu"], self.base.arguments["sigma"]
        a = -math.inf if self.lower is None else (self.lower - mu) / sigma
        b = math.inf if self.upper is None else (self.upper - mu) / sigma
        flip = tt.lt(b, 0)  # the upper tail is the lower one of the mirror image
        a, b = tt.switch(flip, -b, a), tt.switch(flip, -a, b)
        low = tt.maximum(a, -stretch(tt, 0.0))
        length = tt.minimum(b - low, tt.maximum(-low, 0.0) + stretch(tt, tt.maximum(low, 0.0)))
        low, length = along(tt, low), along(tt, length)
        x, log_w = rule()
        step = length * x
        w = tt.exp(log_w - step * (low + 0.5 * step))
        w = w / tt.sum(w, axis=-1, keepdims=True)
        center = tt.sum(w * step, axis=-1, keepdims=True)
        spread = tt.sum(w * tt.sqr(step - center), axis=-1)
        center = (low + center)[..., 0]
        return mu + sigma * tt.switch(flip, -center, center), tt.sqr(sigma) * spread

    def initial(self):
        """The point of the base where it is inside; else as in :meth:`_between`."""
        point = self.base.initial()
        between = self._between(point)
        # of counts the bounds themselves can be taken
        above, below = (tt.ge, tt.le) if self.support_of().discrete else (tt.gt, tt.lt)
        inside = [above(point, self.lower)] if self.lower is not None else []
        inside += [below(point, self.upper)] if self.upper is not None else []
        found = tt.switch(all_of(inside), point, between) if inside else point
        return tt.broadcast_to(found, self.shape)

    def _between(self, point):
        """One above a lower bound, one below an upper one, halfway between two (PyMC's choice).

        ``point`` where neither is finite.
        """
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        middle = tt.as_tensor_variable(0.5 * (lower + upper))
        middle = tt.ceil(middle) if self.support_of().discrete else middle
        no_upper = tt.isinf(upper)
        above = tt.switch(no_upper, lower + 1, middle)
        return tt.switch(tt.isinf(lower), tt.switch(no_upper, point, upper - 1), above)

    def draw(self, rng, size, given):
        low, high = self._bounds(given)
        base = resized(self.base, self._batch(size))
        drawn = base.draw(rng, None, given)
        for _ in range(min(self.most, REPEATED)):
            outside = (drawn < low) | (drawn > high)
            if not outside.any():
                return np.asarray(drawn, dtype=self.dtype)
            drawn = np.where(outside, base.draw(rng, None, given), drawn)
        low, high = (np.broadcast_to(np.asarray(x, float), base.shape) for x in (low, high))
        ends = [(-math.inf, 0.0) if self.lower is None else self._below_lower()]
        ends += [(0.0, -math.inf) if self.upper is None else self._up_to_upper()]
        tails = evaluate([tt.as_tensor_variable(t) for pair in ends for t in pair], given)
        outside = (drawn < low) | (drawn > high)
        rest = between(rng, base, given, low, high, tails)
        return np.asarray(np.where(outside, rest, drawn), dtype=self.dtype)


class TruncatedNormal(Truncated):
    """Normal distribution restricted to values from ``lower`` to ``upper``.

    Parameters
    ----------
    name : str
    mu, sigma, tau : number or variable
        Mean and deviation, or precision, of the normal distribution; 0 and 1 by default.
    lower, upper : number, array or variable, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.TruncatedNormal("x", mu=0, sigma=1, lower=0)
    >>> round(float(x.logp(0.0).eval()), 6), [v.name for v in model.value_vars]
    (-0.225791, ['x_interval__'])
    """

    keywords = ("mu", "sigma", "tau", "lower", "upper")

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(kwargs)
        bounds = {k: kwargs.pop(k) for k in ("lower", "upper") if k in kwargs}
        # PyMC3 took the bounds by position too: mu, sigma, tau, lower, upper.
        bounds |= zip(("lower", "upper"), args[3:], strict=False)
        normal = Normal.make(label, args[:3], kwargs)
        return super().make(label, (RandomVariable(normal),), bounds, **shapes)

    def initial(self):
        return tt.broadcast_to(self._between(self.base.initial()), self.shape)

    def draw(self, rng, size, given):
        """By inversion, so that bounds far out in a tail do not matter."""
        from scipy.special import log_ndtr, ndtri_exp

        low, high = self._bounds(given)
        mu, sigma = evaluate([self.base.arguments[k] for k in ("mu", "sigma")], given)
        a, b = (low - mu) / sigma, (high - mu) / sigma
        flip = a > 0  # the upper tail as the lower one of the mirror image
        a, b = np.where(flip, -b, a), np.where(flip, -a, b)
        u = rng.random(self._batch(size))
        with np.errstate(divide="ignore"):
            z = ndtri_exp(np.logaddexp(np.log(u) + log_ndtr(b), np.log1p(-u) + log_ndtr(a)))
        return np.clip(mu + sigma * np.where(flip, -z, z), low, high)

    def __repr__(self):
        inner = repr(self.base)[len("Normal(") : -1]
        lower = "" if self.lower is None else f", lower={describe(self.lower)}"
        upper = "" if self.upper is None else f", upper={describe(self.upper)}"
        return f"{self.shown}({inner}{lower}{upper})"
