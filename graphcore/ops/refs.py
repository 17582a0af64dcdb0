"""NumPy references of the rows whose function NumPy and SciPy do not have under one name.

They follow the kernels where NumPy would raise, and evaluate without warnings.
"""

import functools

import numpy as np

from graphcore import kernels


def _quiet(function):
    """Run without floating-point warnings: infinities and NaN are ordinary values here."""

    @functools.wraps(function)
    def run(*arrays):
        with np.errstate(all="ignore"):
            return function(*arrays)

    return run


@_quiet
def log1mexp(x):
    """log(1 - exp(x)) for x <= 0."""
    return np.where(x > -np.log(2.0), np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


@_quiet
def softplus(x):
    """log(1 + exp(x))."""
    return np.where(x > 0, x, 0) + np.log1p(np.exp(-np.abs(x)))


@_quiet
def reciprocal(x):
    """1 / x; integers give floats, unlike ``numpy.reciprocal``."""
    return np.true_divide(1, x) if np.asarray(x).dtype.kind in "iub" else np.reciprocal(x)


@_quiet
def floor_divide(a, b):
    """Floored quotient; an integer divided by zero gives 0."""
    return np.floor_divide(a, b)


@_quiet
def remainder(a, b):
    """Remainder of the floored quotient; an integer modulo zero is 0."""
    return np.remainder(a, b)


@_quiet
def power(a, b):
    """Power; an integer raised to a negative integer is truncated (1, -1 or 0)."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind not in "iu" or b.dtype.kind not in "iu" or not (b < 0).any():
        return np.power(a, b)
    unit = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))
    value = np.power(a, np.where(b < 0, 0, b))
    return np.where(b < 0, unit, value).astype(value.dtype)


@_quiet
def trigamma(x):
    """Second derivative of the logarithm of the gamma function."""
    return polygamma(1, x)


@_quiet
def polygamma(n, x):
    """The n-th derivative of digamma; NaN where n is no whole number."""
    from scipy import special

    n, x = np.asarray(n), np.asarray(x)
    # SciPy sums over every pole between x and zero; far below zero the poles on both sides of x are
    # summed to infinity instead, and those beyond zero taken off
    far = (x < -1e3) & (x != np.floor(x)) & (n > 0)
    value = special.polygamma(n, np.where(far, np.ones_like(x), x))
    if far.any():
        below, s = np.floor(x, dtype="float64"), n + 1.0
        sign = np.where(n % 2 == 0, -1.0, 1.0)
        both = special.zeta(s, x - below) + sign * special.zeta(s, below + 1.0 - x)
        exact = special.gamma(s) * (sign * both - special.zeta(s, 1.0 - x))
        value = np.where(far, exact, value).astype(value.dtype)
    return np.where(n == np.floor(n), value, np.nan)


def betaincinv(a, b, p):
    """SciPy's, which keeps as few as eight digits, and steps of Newton's method."""
    from scipy import special

    return _newton(special.betaincinv, special.betainc, a, b, p, 1.0)


def betainccinv(a, b, p):
    """As :func:`betaincinv`."""
    from scipy import special

    return _newton(special.betainccinv, special.betaincc, a, b, p, -1.0)


def _newton(inverse, function, a, b, p, sign):
    """The inverse by ``x`` of an incomplete beta function that grows with x (or falls)."""
    from scipy import special

    with np.errstate(all="ignore"):
        x = np.asarray(inverse(a, b, p))
        for _ in range(3):
            slope = np.exp(
                special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)
            )
            rest = function(a, b, x) - p
            step = sign * rest / slope
            small = np.abs(step) < 1e-2 * np.minimum(x, 1 - x)
            x = np.where((np.abs(rest) > 1e-14 * p) & small, x - step, x)
    return x


def round_away(x):
    """Nearest integer, halves away from zero."""
    whole = np.floor(np.abs(x))
    with np.errstate(invalid="ignore"):
        return np.copysign(np.where(np.abs(x) - whole >= 0.5, whole + 1, whole), x)


def _kernel(name):
    """The function that the kernel of a row calls, where there is no other to compare with."""

    def function(*arrays):
        return kernels.elementwise(name, [np.asarray(a, dtype="float64") for a in arrays])

    return function


gamma_density = _kernel("gamma_density")
gammainc_da = _kernel("gammainc_da")
beta_density = _kernel("beta_density")
betainc_da = _kernel("betainc_da")
betainc_db = _kernel("betainc_db")


# Coefficients of x**-1, x**-3, ... in what Stirling's formula leaves of gammaln.
_STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
)  # fmt: skip
_LARGE = 9.0


@_quiet
def stirling(x):
    """gammaln(x) - ((x - 1/2) log(x) - x + log(2 pi) / 2) for x > 0."""
    x = np.where(np.less(x, 0), np.nan, np.asarray(x, dtype=np.float64))
    below = np.where(x < 1, (x + 0.5) * (np.log1p(x) - np.log(x)) - 1, 0.0)
    steps, far = _recurrence(x, lambda s, k: s ** (2 * k) / (2 * k + 1))
    series = sum(c / far ** (2 * k + 1) for k, c in enumerate(_STIRLING))
    return np.where(x == 0, np.inf, below + (steps + series))


@_quiet
def stirling_slope(x):
    """Derivative of :func:`stirling`."""
    x = np.where(np.less(x, 0), np.nan, np.asarray(x, dtype=np.float64))
    below = np.where(x < 1, np.log1p(x) - np.log(x) - (x + 0.5) / (x + 1) / x, 0.0)
    steps, far = _recurrence(x, lambda s, k: -4 * k / (2 * k + 1) * s ** (2 * k + 1))
    series = -sum((2 * k + 1) * c / far ** (2 * k + 2) for k, c in enumerate(_STIRLING))
    return np.where(x == 0, -np.inf, below + (steps + series))


def _recurrence(x, term):
    """What the steps from x (at least 1) to a large argument add, and that argument.

    The step from x to x + 1 is a power series in s = 1 / (2 x + 1).
    """
    total = np.zeros_like(x)
    x = np.where(x < 1, x + 1, x)
    for _ in range(int(_LARGE) - 1):
        s = np.where(x < _LARGE, 1 / (2 * x + 1), 0.0)
        total += sum(term(s, k) for k in range(18, 0, -1))
        x = np.where(x < _LARGE, x + 1, x)
    return total, x


def switch(condition, a, b):
    """``numpy.where`` for a condition of any dtype."""
    return np.where(np.not_equal(condition, 0), a, b)


def anchor(a):
    """a, 0 where it is infinite."""
    return np.where(np.isinf(a), 0, a).astype(np.asarray(a).dtype)


def quotient(a, b, c):
    """a * b, a / c where b is subnormal or not finite."""
    size = np.abs(b)
    extreme = ~((size >= np.finfo(np.float64).tiny) & (size < np.inf))
    return np.where(extreme, np.divide(a, c), np.multiply(a, b))


def mulmul(a, b, c):
    """a * b * c."""
    return a * b * c


def muladd(a, b, c):
    """a * b + c."""
    return a * b + c


def mulsub(a, b, c):
    """a * b - c."""
    return a * b - c


def submul(a, b, c):
    """c - a * b."""
    return c - a * b
