"""The float64 kernels keep the accuracy that the table promises, measured with mpmath."""

import mpmath as mp
import numpy as np
import pytest
from scipy import special

from graphcore import kernels
from graphcore.optable import ROWS

MEASURED = [
    row
    for row in ROWS.values()
    if row.exact is not None and set("".join(row.kernel)) >= {"d"} and (row.arity < 3 or row.far)
]
INCOMPLETE_GAMMA = ("gammainc", "gammaincc", "gamma_density", "gammainc_da")
INCOMPLETE_BETA = ("betainc", "betaincc", "beta_density", "betainc_da", "betainc_db")
BESSEL = ("iv", "ive", "kv", "kve")
# Beyond these the mathematics overflows, or mpmath takes seconds for one value.
LIMITS = {
    "erfcx": (-26.0, 1e6),
    "log_ndtr": (-1e6, 38.0),
    "erfc": (-30.0, 27.0),
    "pow": (1e-3, 1e3),
    "sinh": (-710.0, 710.0),
    "cosh": (-710.0, 710.0),
    "gammaln": (0.0, 1e6),
    "digamma": (0.0, 1e6),
    "trigamma": (0.0, 1e6),
    "stirling": (0.0, 1e6),
    "stirling_slope": (0.0, 1e6),
    "gamma": (-170.0, 171.6),
    "exp2": (-1074.0, 1024.0),
    "ndtr": (-38.0, 38.0),
    "betaln": (1e-300, 1e6),
    "polygamma": (1.0, 9.0),
    "owens_t": (-8.0, 8.0),
    "i0": (-700.0, 700.0),
    "i1": (-700.0, 700.0),
    "i0e": (-700.0, 700.0),
    "i1e": (-700.0, 700.0),
    "j0": (-60.0, 60.0),
    "j1": (-60.0, 60.0),
    **dict.fromkeys(BESSEL, (0.0, 8.0)),
    "jv": (0.0, 8.0),
    **dict.fromkeys(INCOMPLETE_GAMMA, (1e-3, 300.0)),
    **dict.fromkeys(INCOMPLETE_BETA, (1e-3, 300.0)),
}
OTHER_LIMITS = {  # the same of the operands after the first
    "owens_t": [(-4.0, 4.0)],
    "polygamma": [(1e-3, 1e6)],
    "betaln": [(1e-300, 1e6)],
    "jv": [(1e-3, 60.0)],
    **dict.fromkeys(BESSEL, ((1e-3, 600.0),)),
    **dict.fromkeys(INCOMPLETE_GAMMA, ((1e-5, 600.0),)),
    **dict.fromkeys(INCOMPLETE_BETA, ((1e-3, 300.0), (1e-6, 0.9999))),
}
ZOOM = {
    "gammaln": [(0.9, 1.1), (1.9, 2.1), (1.4, 1.6)],
    "digamma": [(1.4, 1.5)],
    "stirling": [(0.5, 1.1), (3.0, 4.0)],
    "stirling_slope": [(0.5, 1.1), (3.0, 4.0)],
    "log": [(0.9, 1.1)],
    "exp": [(-750.0, 712.0)],
    "pow": [(0.5, 2.0)],
    "log1mexp": [(-0.8, -0.5)],
    "log_ndtr": [(-2.0, 2.0), (-38.0, 0.0)],
    "sin": [(-3e5, 3e5)],
    "cos": [(-3e5, 3e5)],
    "tan": [(-3e5, 3e5)],
}


def arguments(row, rng, count):
    """Uniform over the typical domain, and of every magnitude over the legal one."""
    for i, ((low, high), typical) in enumerate(zip(row.domain, row.typical, strict=True)):
        if i == 0:
            low, high = LIMITS.get(row.name, (low, high))
        elif row.name in OTHER_LIMITS:
            low, high = OTHER_LIMITS[row.name][i - 1]
        magnitude = 10 ** np.concatenate([rng.uniform(-300, 3, count), rng.uniform(-8, 3, count)])
        wide = magnitude * rng.choice([-1.0, 1.0], 2 * count)
        wide = np.where((wide < low) | (wide > high), -wide, wide)
        wide = np.clip(wide, low, high)
        near = [rng.uniform(*z, count) for z in ZOOM.get(row.name, [])] if i == 0 else []
        x = np.concatenate([wide, rng.uniform(*typical, 2 * count), *near])
        if row.name == "polygamma" and i == 0:
            x = rng.integers(1, 9, x.size).astype(float)
        yield x if i == 0 else rng.permutation(x)


def errors(row, results, xs):
    """Distances of results from the exact values in units in the last place, element by element."""
    found = np.zeros((len(results), xs[0].size))
    with mp.workdps(40):
        for i in range(xs[0].size):
            point = [float(x[i]) for x in xs]
            exact = row.exact(mp, *(mp.mpf(x) for x in point))
            nearest = float(exact)
            scale = [nearest, *point] if row.ulp_of == "operands" else [nearest]
            unit = np.spacing(max(abs(s) for s in scale)) if any(scale) else 5e-324
            for k, y in enumerate(results):
                value = float(y[i])
                if np.isfinite(nearest) and np.isfinite(value):
                    found[k, i] = float(abs(mp.mpf(value) - exact) / mp.mpf(float(unit)))
                elif not np.array_equal(value, nearest, equal_nan=True):
                    found[k, i] = np.inf
    return found


def drawn(row, count):
    """The arguments at which a row is measured, an array per operand."""
    rng = np.random.default_rng(2024)
    xs = list(arguments(row, rng, count))
    n = min(x.size for x in xs)
    xs = [np.ascontiguousarray(x[:n]) for x in xs]
    if row.name == "pow":
        keep = np.abs(xs[1] * np.log(xs[0])) < 700
        xs = [x[keep] for x in xs]
    return xs


def measure(row, count, levels):
    """Worst error per level, and where."""
    xs, results = drawn(row, count), []
    for level in levels:
        y = np.empty(xs[0].size)
        name = f"{row.name}_{'d' * row.arity}_{'v' * row.arity}"
        kernels.call(name, y.size, y, *xs, level=level)
        results.append(y)
    worst = {}
    for level, found in zip(levels, errors(row, results, xs), strict=True):
        i = int(np.argmax(found))
        worst[level] = (float(found[i]), [float(x[i]) for x in xs])
    return worst


def check(row, count):
    for level, (error, where) in measure(row, count, kernels.available()).items():
        assert error <= row.ulp, f"{row.name} is {error:.2f} ulp off at {where} ({level})"


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.name)
def test_promised_accuracy(row):
    check(row, 40)


@pytest.mark.slow
@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.name)
def test_promised_accuracy_at_many_points(row):
    check(row, 1000)


def test_betaln_below_zero():
    """Where SciPy's loses five digits, as for 179,000 and -0.3."""
    row = ROWS["betaln"]
    a = np.repeat([12.5, 50.3, 1e3, 178962.12184149, 9e6], 4)
    b = np.tile([-0.3, -1e-5, -1.7, -2.4], 5)
    found = np.empty(a.size)
    kernels.call("betaln_dd_vv", a.size, found, a, b)
    assert errors(row, [found], [a, b]).max() <= row.ulp
    kernels.call("betaln_dd_vv", 2, found, np.array([np.inf, 20.0]), np.array([-0.3, -2.0]))
    assert found[0] == np.inf
    assert found[1] == special.betaln(20.0, -2.0)


def test_polygamma_halfway_between_poles():
    """Even derivatives, where the terms on both sides are up to 10^14 times what is left."""
    n, x = (a.ravel() for a in np.meshgrid([2.0, 4.0, 12.0], [-0.5, -1.5, -2.5, -10.5]))
    found = np.empty(n.size)
    kernels.call("polygamma_dd_vv", n.size, found, n, x)
    assert errors(ROWS["polygamma"], [found], [n, x]).max() <= ROWS["polygamma"].ulp
