"""Where the polynomials of gk_math.h come from: minimax fits with mpmath (Remez exchange,
for a quotient Lawson's weights).

``python build_tools/fit_polynomials.py`` prints every polynomial with the bits of its worst
weighted error; ``... erfcx`` prints one.  Not needed to build: run it to change a degree or an
interval, and paste the coefficients (constant term first).
"""

import sys
from dataclasses import dataclass

import mpmath as mp

mp.mp.dps = 40
ROOT = mp.findroot(mp.digamma, 1.46)
SMALL = mp.mpf("1e-25")


@dataclass
class Fit:
    """Approximate ``f`` on [low, high]; ``weight`` turns its error into that of the result."""

    f: callable
    weight: callable
    low: float
    high: float
    degree: int


@dataclass
class Quotient:
    """The same by a quotient; the polynomial below it begins with ``scale``."""

    f: callable
    weight: callable
    low: float
    high: float
    degree: int
    below: int
    scale: float


def by_series(function, term, limit):
    """The function, by its Taylor series near zero, where the formula cancels."""

    def value(x):
        x = mp.mpf(x)
        return mp.nsum(lambda k: term(int(k), x), [0, 40]) if abs(x) < limit else function(x)

    return value


def from_root(function):
    """A function of z = x**2."""
    return lambda z: function(mp.sqrt(z))


def erfcx(x):
    if x < 1000:
        return mp.exp(x * x) * mp.erfc(x)
    series = sum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(7))
    return series / (x * mp.sqrt(mp.pi))


def erfcx_scaled(t):
    """(1 + 2x) erfcx(x) with t = (x - 3) / (x + 3)."""
    if t > 1 - mp.mpf("1e-12"):
        return 2 / mp.sqrt(mp.pi)
    x = 3 * (1 + t) / (1 - t)
    return (1 + 2 * x) * erfcx(x)


def asymptotic(function, coefficients):
    """Remainder of an asymptotic series as a function of w = 1 / x**2."""

    def value(w):
        w = mp.mpf(w)
        if w < mp.mpf("1e-5"):
            return mp.polyval([mp.mpf(a) / b for a, b in reversed(coefficients)], w)
        return function(1 / mp.sqrt(w), w)

    return value


gammaln_near = by_series(
    lambda d: mp.loggamma(2 + d) / d,
    lambda k, d: (
        1 - mp.euler if k == 0 else (-1) ** (k + 1) * (mp.zeta(k + 1) - 1) * d**k / (k + 1)
    ),
    1e-6,
)
stirling = asymptotic(
    lambda x, w: (mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2) * x,
    [(1, 12), (-1, 360), (1, 1260), (-1, 1680), (1, 1188)],
)
digamma_large = asymptotic(
    lambda x, w: (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) / w,
    [(1, 12), (-1, 120), (1, 252), (-1, 240), (1, 132)],
)
trigamma_large = asymptotic(
    lambda x, w: (mp.psi(1, x) - 1 / x - w / 2) * x**3,
    [(1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66)],
)


def remainder(x):
    return mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2


def slope(x):
    return mp.digamma(x) - mp.log(x) + 1 / (2 * x)


def between(function):
    """A function on [1, 3.5] as one of t = (x - 1.875) / (x + 1.875)."""
    return lambda t: function(mp.mpf(1.875) * (1 + t) / (1 - t))


remainder_near = between(lambda x: x * remainder(x))
slope_near = between(lambda x: x * x * slope(x))
exp_rest = by_series(lambda r: (mp.expm1(r) - r) / r**2, lambda k, r: r**k / mp.fac(k + 2), 1e-3)
log_rest = by_series(
    from_root(lambda s: (2 * mp.atanh(s) / s - 2) / s**2), lambda k, z: 2 * z**k / (2 * k + 3), 1e-3
)
expm1_rest = by_series(
    lambda r: (mp.expm1(r) - r - r**2 / 2 - r**3 / 6) / r**4,
    lambda k, r: r**k / mp.fac(k + 4),
    1e-2,
)
tanh_rest = from_root(lambda x: (mp.tanh(x) / x - 1) / x**2)
tan_rest = from_root(lambda x: (mp.tan(x) / x - 1) / x**2)
sinh_rest = by_series(
    from_root(lambda x: (mp.sinh(x) / x - 1) / x**2), lambda k, z: z**k / mp.fac(2 * k + 3), 1e-2
)
sin_rest = by_series(
    from_root(lambda x: (mp.sin(x) / x - 1 + x**2 / 6 - x**4 / 120) / x**6),
    lambda k, z: (-1) ** (k + 1) * z**k / mp.fac(2 * k + 7),
    1e-1,
)
cos_rest = by_series(
    from_root(lambda x: (mp.cos(x) - 1 + x**2 / 2 - x**4 / 24) / x**6),
    lambda k, z: (-1) ** (k + 1) * z**k / mp.fac(2 * k + 6),
    1e-1,
)
arctan_rest = by_series(
    from_root(lambda x: (mp.atan(x) / x - 1 + x**2 / 3) / x**4),
    lambda k, z: (-1) ** k * z**k / (2 * k + 5),
    1e-2,
)
erf_rest = by_series(
    from_root(lambda x: (mp.erf(x) / x - 2 / mp.sqrt(mp.pi)) / x**2),
    lambda k, z: (-1) ** (k + 1) * 2 / mp.sqrt(mp.pi) * z**k / (mp.fac(k + 1) * (2 * k + 3)),
    1e-2,
)
NEAR = (-0.875 / 2.875, 1.625 / 5.375)
LOG_END = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.0002")
HALF_LN2 = mp.log(2) / 2 * mp.mpf("1.001")

FITS = {
    "exp": Fit(exp_rest, lambda r: r * r + SMALL, -HALF_LN2, HALF_LN2, 9),
    "tanh": Quotient(tanh_rest, lambda z: z, 0, mp.mpf(0.6933) ** 2, 2, 3, 1.8),
    "expm1": Fit(expm1_rest, lambda r: abs(r) ** 3 + SMALL, -HALF_LN2, HALF_LN2, 8),
    "log": Fit(log_rest, lambda z: z + SMALL, 0, LOG_END, 6),
    "log1p_unit": Fit(log_rest, lambda z: z + SMALL, 0, mp.mpf(1) / 9, 9),
    "log_double": Fit(
        lambda z: (log_rest(z) - mp.mpf(2) / 3) / z if z > 1e-12 else mp.mpf(2) / 5,
        lambda z: z * z / 2 + SMALL,
        0,
        LOG_END,
        6,
    ),
    "log_correction": Fit(lambda f: -1 / (1 + f), lambda f: 1, mp.sqrt(0.5) - 1, mp.sqrt(2) - 1, 2),
    "sinh": Fit(sinh_rest, lambda z: z + SMALL, 0, 1, 6),
    "sin": Fit(sin_rest, lambda z: z**3 + SMALL, 0, (mp.pi / 4) ** 2 * mp.mpf("1.0002"), 4),
    "cos": Fit(cos_rest, lambda z: z**3 + SMALL, 0, (mp.pi / 4) ** 2 * mp.mpf("1.0002"), 4),
    # the kernel has 1 + z times the quotient, as one: the polynomial below and z times that above
    "tan": Quotient(
        tan_rest,
        lambda z: z / (1 + z * tan_rest(z)),
        0,
        (mp.pi / 4) ** 2 * mp.mpf("1.0002"),
        3,
        3,
        1,
    ),
    "arctan": Fit(
        arctan_rest, lambda z: z * z + SMALL, 0, (mp.sqrt(2) - 1) ** 2 * mp.mpf("1.0002"), 10
    ),
    "erfcx": Fit(erfcx_scaled, lambda t: 1 / erfcx_scaled(t), -1, 1, 24),
    "erf_near": Fit(erf_rest, lambda z: z + SMALL, 0, 1, 11),
    "erf_far": Fit(lambda d: mp.log(mp.erfc(1 + d)), lambda d: mp.erfc(1 + d), 0, 4.93, 18),
    "gammaln_near": Fit(gammaln_near, lambda d: 1 / abs(gammaln_near(d)), -0.5, 0.5, 17),
    "stirling": Fit(
        stirling,
        lambda w: mp.sqrt(w + SMALL) / mp.loggamma(1 / mp.sqrt(w + SMALL)),
        0,
        1 / mp.mpf(3.5) ** 2,
        8,
    ),
    "digamma_near": Fit(
        lambda d: mp.digamma(1.5 + d) / (1.5 + d - ROOT), lambda d: 1, -0.5, 0.5, 21
    ),
    "digamma_large": Fit(digamma_large, lambda w: w + SMALL, 0, mp.mpf(1) / 9, 11),
    "stirling_near": Fit(remainder_near, lambda t: 1 / remainder_near(t), *NEAR, 18),
    "stirling_far": Fit(stirling, lambda w: 1 / stirling(w), 0, 1 / mp.mpf(3.5) ** 2, 10),
    "slope_near": Fit(slope_near, lambda t: 1 / abs(slope_near(t)), *NEAR, 17),
    "slope_far": Fit(digamma_large, lambda w: 1 / digamma_large(w), 0, 1 / mp.mpf(3.5) ** 2, 11),
    "trigamma_large": Fit(trigamma_large, lambda w: w + SMALL, 0, mp.mpf(1) / 16, 10),
}


def solve(fit, nodes, half, middle):
    """Chebyshev coefficients and the levelled error that alternates on the nodes."""
    n = fit.degree
    matrix, right = mp.matrix(n + 2, n + 2), mp.matrix(n + 2, 1)
    for i, x in enumerate(nodes):
        for j in range(n + 1):
            matrix[i, j] = mp.chebyt(j, (x - middle) / half)
        matrix[i, n + 1] = (-1) ** i / fit.weight(x)
        right[i] = fit.f(x)
    solution = mp.lu_solve(matrix, right)
    return [solution[j] for j in range(n + 1)]


def extrema(error):
    """Positions of the largest error between changes of sign."""
    found, best = [], 0
    for i in range(1, len(error)):
        if (error[i] > 0) != (error[best] > 0):
            found.append(best)
            best = i
        elif abs(error[i]) > abs(error[best]):
            best = i
    return [*found, best]


def remez(fit, rounds=14, points=400):
    """Monomial coefficients of the minimax polynomial, and its weighted error."""
    low, high, n = mp.mpf(fit.low), mp.mpf(fit.high), fit.degree
    middle, half = (low + high) / 2, (high - low) / 2
    grid = [middle - half * mp.cos(mp.pi * i / points) for i in range(points + 1)]
    value, weight = [fit.f(x) for x in grid], [fit.weight(x) for x in grid]
    nodes = [middle - half * mp.cos(mp.pi * i / (n + 1)) for i in range(n + 2)]
    best = None
    for _ in range(rounds):
        c = solve(fit, nodes, half, middle)
        basis = [[mp.chebyt(j, (x - middle) / half) for j in range(n + 1)] for x in grid]
        error = [w * (v - mp.fdot(c, b)) for v, w, b in zip(value, weight, basis, strict=True)]
        worst = max(abs(e) for e in error)
        if best is None or worst < best[0]:
            best = (worst, c)
        where = extrema(error)
        while len(where) > n + 2:
            where.pop(0 if abs(error[where[0]]) < abs(error[where[-1]]) else -1)
        if len(where) < n + 2:
            break
        nodes = [grid[i] for i in where]
    return monomials(best[1], middle, half), best[0]


def quotient(fit, rounds=12, points=120):
    """Coefficients above and below, and the weighted error: least squares with weights that grow
    where the error is large (Lawson), multiplied by the polynomial below of the round before."""
    low, high = mp.mpf(fit.low), mp.mpf(fit.high)
    grid = [(low + high - (high - low) * mp.cos(mp.pi * (2 * i + 1) / (2 * points))) / 2
            for i in range(points)]  # fmt: skip
    value = [fit.f(x) for x in grid]
    weight = [fit.weight(x) for x in grid]
    own, divisor, best = [mp.mpf(1)] * points, [mp.mpf(1)] * points, None
    for _ in range(rounds):
        factor = [w / d * mp.sqrt(o) for w, d, o in zip(weight, divisor, own, strict=True)]
        rows = [
            [s * x**j for j in range(fit.degree + 1)]
            + [-s * v * x ** (j + 1) for j in range(fit.below)]
            for x, v, s in zip(grid, value, factor, strict=True)
        ]
        right = mp.matrix([s * v for s, v in zip(factor, value, strict=True)])
        solution = list(mp.lu_solve(mp.matrix(rows), right))
        above, below = solution[: fit.degree + 1], [mp.mpf(1), *solution[fit.degree + 1 :]]
        divisor = [mp.polyval(below[::-1], x) for x in grid]
        error = [
            abs(w * (mp.polyval(above[::-1], x) / d - v))
            for x, v, w, d in zip(grid, value, weight, divisor, strict=True)
        ]
        worst = max(error)
        if best is None or worst < best[0]:
            best = (worst, above, below)
        own = [o * (e / worst + mp.mpf("1e-6")) for o, e in zip(own, error, strict=True)]
        mean = mp.fsum(own) / points
        own = [o / mean for o in own]
    worst, above, below = best
    return [fit.scale * c for c in above], [fit.scale * c for c in below], worst


def monomials(c, middle, half):
    """Coefficients in powers of x of a sum of Chebyshev polynomials in (x - middle) / half."""

    def times_u(p):
        out = [mp.mpf(0)] * (len(p) + 1)
        for i, v in enumerate(p):
            out[i + 1] += v / half
            out[i] -= v * middle / half
        return out

    def combine(p, q, factor):
        size = max(len(p), len(q))
        p, q = p + [mp.mpf(0)] * (size - len(p)), q + [mp.mpf(0)] * (size - len(q))
        return [a + factor * b for a, b in zip(p, q, strict=True)]

    before, now, total = [mp.mpf(1)], times_u([mp.mpf(1)]), [mp.mpf(0)]
    for value in c:
        total = combine(total, before, value)
        before, now = now, combine([2 * v for v in times_u(now)], before, -1)
    return total


if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        fit = quotient if isinstance(FITS[name], Quotient) else remez
        *polynomials, error = fit(FITS[name])
        print(f"{name}: {mp.nstr(-mp.log(error, 2), 4)} bits")
        for coefficients in polynomials:
            print("  " + ", ".join(repr(float(v)) for v in coefficients))
