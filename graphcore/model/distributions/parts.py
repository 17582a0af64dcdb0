"""Changes of variables: how the operations of an expression are undone, and their Jacobians."""

import math

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant


class Part:
    """The density of one operation in an expression of a random variable.

    Attributes
    ----------
    discrete : bool
    """

    discrete = False

    def logp(self, value):
        """Log density."""
        raise NotImplementedError

    def logcdf(self, value):
        """Log of the cumulative distribution function."""
        raise NotImplementedError("the cumulative distribution of this expression has no rule")

    def logccdf(self, value):
        """Log of the probability of exceeding ``value``."""
        return tt.log1mexp(self.logcdf(value))


def refuse(label, v, why):
    """Say for which operation there is no density."""
    raise NotImplementedError(
        f"{label}: the density of {v.owner.op!r} of random variables cannot be derived: {why}. "
        "Give logp= instead"
    )


def _positive(x):
    return (x > 0) & (x < math.inf)


def _unit(x):
    return (x > 0) & (x < 1)


def _one(inverse, volume, inside=None, increasing=True):
    """A rule without constants: ``([(inverse, log of its slope)], possible values, rising)``."""
    return lambda: ([(inverse, volume)], inside, increasing)


def _add(c):
    return [(lambda y: y - c, None)], None, True


def _mul(c):
    return [(lambda y: y / c, lambda y: -tt.log(tt.abs(c)))], None, c > 0


def _over(c):
    """``x / c``."""
    return [(lambda y: y * c, lambda y: tt.log(tt.abs(c)))], None, c > 0


def _quotient(c):
    """``c / x``."""
    slope = lambda y: tt.log(tt.abs(c)) - 2 * tt.log(tt.abs(y))  # noqa: E731
    return [(lambda y: c / y, slope)], None, None


def _power(c):
    """``x ** c`` for constants: odd, even, and on positive numbers all others."""
    if not isinstance(c, Constant) or c.ndim or float(c.data) == 0:
        return None
    p = float(c.data)
    slope = lambda y: (1 / p - 1) * tt.log(tt.abs(y)) - math.log(abs(p))  # noqa: E731
    root = lambda y: tt.abs(y) ** (1 / p)  # noqa: E731
    if p % 2 == 0:
        return [(root, slope), (lambda y: -root(y), slope)], _positive, None
    if p % 2 == 1:
        return [(lambda y: tt.sgn(y) * root(y), slope)], None, True if p > 0 else None
    return [(root, slope)], _positive, p > 0


def _base(c):
    """``c ** x``."""
    return (
        [(lambda y: tt.log(y) / tt.log(c), lambda y: -tt.log(y) - tt.log(tt.abs(tt.log(c))))],
        _positive,
        c > 1,
    )


def _half(y):
    """Of ``abs``: the slope is one."""
    return tt.zeros_like(y)


_SQUARE_SLOPE = lambda y: -0.5 * tt.log(y) - math.log(2)  # noqa: E731

CHANGES = {
    "cast": _one(lambda y: y, None),
    "neg": _one(lambda y: -y, None, None, False),
    "exp": _one(tt.log, lambda y: -tt.log(y), _positive),
    "log": _one(tt.exp, lambda y: y),
    "exp2": _one(tt.log2, lambda y: -tt.log(y) - math.log(math.log(2)), _positive),
    "log2": _one(tt.exp2, lambda y: y * math.log(2) + math.log(math.log(2))),
    "expm1": _one(tt.log1p, lambda y: -tt.log1p(y), lambda y: y > -1),
    "log1p": _one(tt.expm1, lambda y: y),
    "sigmoid": _one(
        lambda y: tt.log(y) - tt.log1p(-y), lambda y: -tt.log(y) - tt.log1p(-y), _unit
    ),
    "softplus": _one(lambda y: y + tt.log1mexp(-y), lambda y: -tt.log1mexp(-y), _positive),
    "tanh": _one(
        tt.arctanh, lambda y: -tt.log1p(-tt.sqr(y)), lambda y: (y > -1) & (y < 1)
    ),
    "sinh": _one(tt.arcsinh, lambda y: -0.5 * tt.log1p(tt.sqr(y))),
    "arcsinh": _one(tt.sinh, lambda y: tt.log(tt.cosh(y))),
    "sqrt": _one(tt.sqr, lambda y: math.log(2) + tt.log(y), _positive),
    "reciprocal": _one(lambda y: 1 / y, lambda y: -2 * tt.log(tt.abs(y)), None, None),
    "abs": lambda: ([(lambda y: y, _half), (lambda y: -y, _half)], _positive, None),
    "sqr": lambda: (
        [(tt.sqrt, _SQUARE_SLOPE), (lambda y: -tt.sqrt(y), _SQUARE_SLOPE)], _positive, None
    ),
    "add": _add,
    "mul": _mul,
    ("sub", 0): lambda c: _add(-c),
    ("sub", 1): lambda c: ([(lambda y: c - y, None)], None, False),
    ("true_div", 0): _over,
    ("true_div", 1): _quotient,
    ("pow", 0): _power,
    ("pow", 1): _base,
}  # fmt: skip
CHANGES |= {"sub": CHANGES["sub", 0], "true_div": _over, "pow": _power}

RANGES = {
    "exp": "positive", "exp2": "positive", "softplus": "positive", "abs": "positive",
    "sqr": "positive", "sqrt": "positive", "sigmoid": "unit",
}  # fmt: skip
