"""Sets that parameters and values must lie in: how to test for them, and how to say so.

A constraint is used three ways: on constants when a model is written (an error), on symbolic
parameters inside the density (-inf outside), and as the support of a distribution, where it also
names the transform to the unconstrained space.  ``holds`` takes a namespace ``o`` like every
formula of this package: NumPy or ``graphcore.tensor``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from graphcore.graph.nodes import Constant
from graphcore.model.distributions import transforms
from graphcore.ops.decompose import factor

SIMPLEX_TOLERANCE = 1e-5  # how far the sum of probabilities, which may be float32, may be from one


@dataclass(frozen=True)
class Constraint:
    """A set of numbers or vectors.

    Attributes
    ----------
    text : str
        Completes "must be ...".
    holds : callable or None
        ``holds(o, x)``: the condition; None when every number satisfies it.
    ndim : int
        Trailing axes that one condition spans (1 for vectors such as simplexes).
    discrete : bool
    transform : Transform or None
        The map to the unconstrained space for variables with this support.
    nonnegative, at_most_one : bool
        Whether members are never below zero, never above one.
    lower, upper : number, Variable or None
        The ends of the set, as far as they are known; None where it is open.
    test : callable or None
        A cheaper condition for symbolic parameters, which need not exclude infinity.
    in_formula : bool
        Whether the formula is -inf outside anyway, so that symbolic parameters need no test.
    """

    text: str
    holds: Callable | None = None
    ndim: int = 0
    discrete: bool = False
    transform: transforms.Transform | None = None
    nonnegative: bool = False
    at_most_one: bool = False
    lower: object = None
    upper: object = None
    test: Callable | None = None
    in_formula: bool = False


def _whole(o, x):
    return o.floor(x) >= x


def _simplex(o, x):
    near_one = o.abs(o.sum(x, axis=-1) - 1) <= SIMPLEX_TOLERANCE
    return o.all(x >= 0, axis=-1) & near_one


def _positive_definite(o, x):
    """Of constant matrices: symmetric, up to rounding, with a Cholesky factor."""
    if x.ndim < 2 or x.shape[-2] != x.shape[-1]:
        return o.asarray(True)  # its shape is refused where shapes are looked at
    if x.ndim > 2:
        return o.asarray([_positive_definite(o, one) for one in x])
    tolerance = 1e-8 * abs(x).max(initial=0)
    return o.asarray(bool((abs(x - x.T) <= tolerance).all()) and factor(x) is not None)


real = Constraint("a number")
positive = Constraint(
    "positive",
    lambda o, x: (x > 0) & (x < inf),
    transform=transforms.log,
    nonnegative=True,
    lower=0.0,
    test=lambda o, x: x > 0,
)
nonnegative = Constraint(
    "non-negative",
    lambda o, x: (x >= 0) & (x < inf),
    transform=transforms.log,
    nonnegative=True,
    lower=0.0,
    test=lambda o, x: x >= 0,
)
probability = Constraint(
    "between 0 and 1",
    lambda o, x: (x >= 0) & (x <= 1),
    transform=transforms.logodds,
    nonnegative=True,
    lower=0.0,
    upper=1.0,
    at_most_one=True,
)
open_probability = Constraint(
    "between 0 and 1, both excluded",
    lambda o, x: (x > 0) & (x < 1),
    transform=transforms.logodds,
    nonnegative=True,
    lower=0.0,
    upper=1.0,
    at_most_one=True,
)
binary = Constraint(
    "0 or 1",
    lambda o, x: _whole(o, x) & (x >= 0) & (x <= 1),
    discrete=True,
    nonnegative=True,
    lower=0.0,
    upper=1.0,
)
correlation = Constraint("between -1 and 1, both excluded", lambda o, x: (x > -1) & (x < 1))
count = Constraint(
    "a non-negative whole number",
    lambda o, x: _whole(o, x) & (x >= 0) & (x < inf),
    discrete=True,
    nonnegative=True,
    lower=0.0,
)
countable = replace(  # beyond 1e305 the formulas of some families are inf - inf
    count, holds=lambda o, x: _whole(o, x) & (x >= 0) & (x < 1e305)
)
whole = Constraint("a whole number", lambda o, x: _whole(o, x) & (o.abs(x) < inf), discrete=True)
from_one = Constraint(
    "a positive whole number",
    lambda o, x: _whole(o, x) & (x >= 1) & (x < inf),
    discrete=True,
    nonnegative=True,
    lower=1.0,
)
simplex = Constraint(
    "a vector of probabilities with sum 1",
    _simplex,
    ndim=1,
    transform=transforms.simplex,
    nonnegative=True,
    at_most_one=True,
)
positive_vector = Constraint(
    "a vector of positive numbers", lambda o, x: o.all((x > 0) & (x < inf), axis=-1), ndim=1
)
real_vector = Constraint("a vector of numbers", ndim=1)
ascending = Constraint(
    "a vector of ascending numbers",
    lambda o, x: o.all(x[..., 1:] >= x[..., :-1], axis=-1),  # empty categories are possible
    ndim=1,
)
positive_definite = Constraint(
    "a symmetric positive definite matrix", _positive_definite, ndim=2, in_formula=True
)
factor_matrix = Constraint(
    "a triangular matrix with a positive diagonal",
    lambda o, x: (
        o.all(o.diagonal(x, axis1=-2, axis2=-1) > 0, axis=-1) if x.ndim > 1 else o.asarray(True)
    ),
    ndim=2,
)


def interval(lower, upper):
    """Numbers from ``lower`` to ``upper``, which may be variables."""
    return Constraint(
        "between its bounds",
        lambda o, x: (x >= lower) & (x <= upper),
        transform=transforms.Interval(lower, upper),
        lower=lower,
        upper=upper,
        nonnegative=isinstance(lower, Constant) and bool((lower.data >= 0).all()),
        at_most_one=isinstance(upper, Constant) and bool((upper.data <= 1).all()),
    )


def above(lower, closed=True):
    """Numbers above ``lower``, which may be a variable, and ``lower`` itself if ``closed``."""
    return Constraint(
        "above its lower bound",
        lambda o, x: ((x >= lower) if closed else (x > lower)) & (x < inf),
        transform=transforms.Interval(lower, None),
        lower=lower,
        nonnegative=isinstance(lower, Constant) and bool((lower.data >= 0).all()),
    )


def below(upper):
    """Numbers up to ``upper``, which may be a variable."""
    return Constraint(
        "below its upper bound",
        lambda o, x: (x <= upper) & (x > -inf),
        transform=transforms.Interval(None, upper),
        upper=upper,
        at_most_one=isinstance(upper, Constant) and bool((upper.data <= 1).all()),
    )


def whole_between(lower, upper):
    """Whole numbers from ``lower`` to ``upper``."""
    return Constraint(
        "a whole number between its bounds",
        lambda o, x: _whole(o, x) & (x >= lower) & (x <= upper),
        discrete=True,
        lower=lower,
        upper=upper,
        nonnegative=isinstance(lower, Constant) and bool((lower.data >= 0).all()),
    )


def counts_up_to(upper):
    """Whole numbers from 0 to ``upper``."""
    return Constraint(
        "a whole number from 0 to its upper bound",
        lambda o, x: _whole(o, x) & (x >= 0) & (x <= upper),
        discrete=True,
        nonnegative=True,
        lower=0.0,
        upper=upper,
    )
