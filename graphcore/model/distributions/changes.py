"""Changes of variables: how the functions of one random argument are undone, and their slopes."""

import math
from dataclasses import dataclass

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant


@dataclass(frozen=True)
class Change:
    """A function of one argument that can be inverted, on one or two branches.

    Attributes
    ----------
    branches : tuple of (callable, callable or None)
        The inverse, and the log of the absolute slope of the inverse; None for a slope of one.  Of
        two branches the first is rising, the second falling.
    low, high : number, variable or None
        Where the range of the function ends; None when it does not.
    rising : bool or variable
        Whether one branch rises.
    closed : bool
        Whether ``low`` itself is a value.
    """

    branches: tuple
    low: object = None
    high: object = None
    rising: object = True
    closed: bool = False

    def inside(self, y):
        """Whether values lie in the range; None when all do."""
        tests = []
        if self.low is not None:
            tests.append(y >= self.low if self.closed else y > self.low)
        if self.high is not None:
            tests.append(y < self.high)
        return tests[0] & tests[1] if len(tests) == 2 else next(iter(tests), None)

    def harmless(self, y):
        """The values, with one from the range in place of those outside."""
        test = self.inside(y)
        if test is None:
            return y
        if self.low is None:
            return tt.switch(test, y, self.high - 1.0)
        half = self.high is not None and self.high != math.inf
        return tt.switch(test, y, (self.low + self.high) / 2 if half else self.low + 1.0)


def _one(inverse, slope=None, low=None, high=None, rising=True):
    """A rule for a function without constants."""
    change = Change(((inverse, slope),), low, high, rising)
    return lambda: change


def _two(inverse, slope, low, closed=False):
    """A rule for an even function: two arguments of opposite sign lead to each value."""
    both = ((inverse, slope), (lambda y: -inverse(y), slope))
    change = Change(both, low, math.inf, closed=closed)
    return lambda: change


def _add(c):
    return Change(((lambda y: y - c, None),))


def _mul(c):
    return Change(((lambda y: y / c, lambda y: -tt.log(tt.abs(c))),), rising=c > 0)


def _over(c):
    """``x / c``."""
    return Change(((lambda y: y * c, lambda y: tt.log(tt.abs(c))),), rising=c > 0)


def _power(c):
    """``x ** c`` for positive constants: odd, even, and on positive numbers all others."""
    p = float(c.data)
    slope = lambda y: (1 / p - 1) * tt.log(tt.abs(y)) - math.log(p)  # noqa: E731
    root = lambda y: tt.abs(y) ** (1 / p)  # noqa: E731
    if p % 2 == 0:
        return _two(root, slope, 0.0)()
    if p % 2 == 1:
        return Change(((lambda y: tt.sgn(y) * root(y), slope),))
    return Change(((root, slope),), 0.0, math.inf)


def _base(c):
    """``c ** x``."""
    inverse = lambda y: tt.log(y) / tt.log(c)  # noqa: E731
    slope = lambda y: -tt.log(y) - tt.log(tt.abs(tt.log(c)))  # noqa: E731
    return Change(((inverse, slope),), 0.0, math.inf, c > 1)


def _more(c):
    """``logaddexp(x, c)``."""
    inverse = lambda y: y + tt.log1mexp(c - y)  # noqa: E731
    return Change(((inverse, lambda y: -tt.log1mexp(c - y)),), c, math.inf)


_SPREAD = 0.5 * math.log(math.pi) - math.log(2)  # the slope of erf at 0 is 2 / sqrt(pi)


def _normal_slope(inverse):
    """The slope of the inverse of ``erf`` and of ``erfc``."""
    return lambda y: _SPREAD + tt.sqr(inverse(y))


CHANGES = {
    "cast": _one(lambda y: y),
    "neg": _one(lambda y: -y, rising=False),
    "exp": _one(tt.log, lambda y: -tt.log(y), 0.0, math.inf),
    "log": _one(tt.exp, lambda y: y),
    "exp2": _one(tt.log2, lambda y: -tt.log(y) - math.log(math.log(2)), 0.0, math.inf),
    "log2": _one(tt.exp2, lambda y: y * math.log(2) + math.log(math.log(2))),
    "log10": _one(lambda y: 10.0**y, lambda y: y * math.log(10) + math.log(math.log(10))),
    "expm1": _one(tt.log1p, lambda y: -tt.log1p(y), -1.0, math.inf),
    "log1p": _one(tt.expm1, lambda y: y),
    "log1mexp": _one(tt.log1mexp, lambda y: y - tt.log1mexp(y), high=0.0, rising=False),
    "sigmoid": _one(
        lambda y: tt.log(y) - tt.log1p(-y), lambda y: -tt.log(y) - tt.log1p(-y), 0.0, 1.0
    ),
    "softplus": _one(lambda y: y + tt.log1mexp(-y), lambda y: -tt.log1mexp(-y), 0.0, math.inf),
    "tanh": _one(tt.arctanh, lambda y: -tt.log1p(-tt.sqr(y)), -1.0, 1.0),
    "arctanh": _one(tt.tanh, lambda y: -2 * tt.log(tt.cosh(y))),
    "sinh": _one(tt.arcsinh, lambda y: -0.5 * tt.log1p(tt.sqr(y))),
    "arcsinh": _one(tt.sinh, lambda y: tt.log(tt.cosh(y))),
    "cosh": _two(tt.arccosh, lambda y: -0.5 * tt.log((y - 1) * (y + 1)), 1.0),
    "arccosh": _one(tt.cosh, lambda y: tt.log(tt.sinh(y)), 0.0, math.inf),
    "erf": _one(tt.erfinv, _normal_slope(tt.erfinv), -1.0, 1.0),
    "erfc": _one(tt.erfcinv, _normal_slope(tt.erfcinv), 0.0, 2.0, False),
    "sqrt": _one(tt.sqr, lambda y: math.log(2) + tt.log(y), 0.0, math.inf),
    "abs": _two(lambda y: y, None, 0.0, closed=True),
    "sqr": _two(tt.sqrt, lambda y: -0.5 * tt.log(y) - math.log(2), 0.0),
    "add": _add,
    "mul": _mul,
    "logaddexp": _more,
    ("sub", 0): lambda c: _add(-c),
    ("sub", 1): lambda c: Change(((lambda y: c - y, None),), rising=False),
    ("true_div", 0): _over,
    ("pow", 0): _power,
    ("pow", 1): _base,
}

RANGES = {
    "exp": "positive", "exp2": "positive", "softplus": "positive", "abs": "positive",
    "sqr": "positive", "sqrt": "positive", "arccosh": "positive", "sigmoid": "unit",
}  # fmt: skip


def change(row, i, others):
    """The :class:`Change` of an elementwise operation whose random input is number ``i``."""
    rule = CHANGES.get((row, i)) or CHANGES.get(row)
    return None if rule is None else rule(*others)


def exponent(v):
    """The exponent that is known and not zero; None for others."""
    known = isinstance(v, Constant) and v.type.size == 1 and float(v.data) != 0
    return float(v.data) if known else None
