"""Log densities and their gradients at extreme values and parameters, against mpmath.

The reference is the textbook formula of the documentation page in 80 digits, not the formula of the
code. Points and parameters are all combinations of the rows below, of which some are drawn.
"""

import mpmath
import numpy as np
import pytest
from distribution_cases import case, typical
from distribution_formulas import TABLE, log_density

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad

WIDE = (1e-12, 1e-4, 0.3, 1.0, 7.0, 1e4, 1e12)
VALUES = {  # text of a constraint: members of it
    "a number": (-1e8, -30.0, -1e-9, 0.0, 2.5, 1e6),
    "positive": WIDE,
    "non-negative": (0.0, *WIDE),
    "between 0 and 1": (1e-300, 1e-12, 0.3, 0.5, 1 - 2**-40),
    "between 0 and 1, both excluded": (1e-300, 1e-12, 0.3, 0.5, 1 - 2**-40),
    "a non-negative whole number": (0.0, 1.0, 7.0, 40.0, 1e6),
    "a positive whole number": (1.0, 2.0, 40.0, 1e9),
    "a whole number": (-7.0, 0.0, 3.0, 1e6),
    "0 or 1": (0.0, 1.0),
}
POINTS = {  # of supports that depend on the parameters
    "VonMises": (-3.0, -1e-9, 0.0, 2.0),
    "Triangular": (-20.0, 0.1, 2.0, 3e5),
    "Uniform": (-20.0, 0.1, 2.0, 3e5),
    "Wald": (1e-4, 0.3, 7.0, 1e4),
    "Pareto": WIDE,
    "Weibull": WIDE,
    "HurdleGamma": WIDE,
    "HurdleLogNormal": WIDE,
    "Rice": WIDE,
    "HyperGeometric": (0.0, 1.0, 5.0, 39.0),
    "BetaBinomial": (0.0, 1.0, 7.0, 33.0, 1e6),
    "Binomial": (0.0, 1.0, 7.0, 33.0, 1e6),
    "ZeroInflatedBinomial": (0.0, 1.0, 7.0, 33.0, 1e6),
    "DiscreteUniform": (-5.0, 0.0, 3.0, 100.0),
}
NARROW = {  # parameters beyond which a density is a peak or a power that no number reaches
    ("DiscreteWeibull", "beta"): (0.1, 1.0, 3.0),
    ("DiscreteWeibull", "q"): (1e-300, 0.3, 1 - 2**-40),
    ("Weibull", "alpha"): (0.1, 1.0, 7.0),
    ("SkewNormal", "alpha"): (-30.0, 0.0, 2.0, 1e4),
    ("Rice", "nu"): (0.0, 1.0, 1e3),
    ("SkewStudentT", "a"): (0.3, 1.0, 7.0, 1e3),
    ("SkewStudentT", "b"): (0.3, 1.0, 7.0, 1e3),
    ("Wald", "alpha"): (0.0,),
}
FLAT = {"Flat", "HalfFlat", "DiracDelta"}
LATTICE = sorted(set(TABLE.SCALAR) - FLAT)


def combinations(name, count):
    """Points and parameters: ``count`` of all combinations of the rows."""
    cls = getattr(pm, name)
    rows = [NARROW.get((name, k), VALUES[p.constraint.text]) for k, p in cls.params.items()]
    support = cls.dist(**{k: v[0] for k, v in typical(cls, 1).items()}).distribution.support_of()
    rows.append(POINTS.get(name) or VALUES[support.text])
    grid = np.stack([g.ravel() for g in np.meshgrid(*rows, indexing="ij")], axis=1)
    chosen = np.random.default_rng(0).permutation(len(grid))[:count]
    return grid[np.sort(chosen)]


COUNTS = [40, pytest.param(300, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", LATTICE)
def test_log_densities_keep_nine_digits(name, count):
    cls, grid = getattr(pm, name), combinations(name, count)
    checked = 0
    with mpmath.workdps(80):
        for row in grid:
            *values, x = map(float, row)
            given = dict(zip(cls.params, values, strict=True))
            rv = cls.dist(**given)
            got = float(rv.logp(x).eval())
            if rv.distribution.faults or not np.isfinite(got):
                continue  # outside of the support, or relations that do not hold
            checked += 1
            want = float(log_density(name, x, **given))
            assert got == pytest.approx(want, rel=1e-9, abs=1e-9), (given, x)
    assert checked >= 3


REAL, COUNT = (-2.1, -1.0, -0.01, 0.0, 0.01, 1.0, 2.1), (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1e3, 2e3)
POSITIVE = (0.01, 0.1, 0.9, 0.99, 1.0, 1.5, 2.0, 20.0, 100.0)
SHARES = (0.001, 0.1, 0.5, 0.75, 0.99)
USUAL = {  # the values and parameters that PyMC tests its distributions at
    "a number": REAL,
    "positive": POSITIVE,
    "non-negative": (0.0, *POSITIVE),
    "between 0 and 1": (0.0, *SHARES, 1.0),
    "between 0 and 1, both excluded": SHARES,
    "a non-negative whole number": COUNT,
    "a positive whole number": COUNT[1:],
    "a whole number": (-1e3, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1e3),
    "0 or 1": (0.0, 1.0),
}


@pytest.mark.parametrize("count", [500, pytest.param(5000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", LATTICE)
def test_log_densities_keep_twelve_digits_where_they_are_used(name, count):
    cls = getattr(pm, name)
    made = cls.dist(**{k: v[0] for k, v in typical(cls, 1).items()})
    other = USUAL["a whole number"] if made.dtype == "int64" else (*REAL, *POSITIVE[5:])
    points = USUAL.get(made.distribution.support_of().text, other)
    rows = [*(USUAL[p.constraint.text] for p in cls.params.values()), points]
    grid = np.stack([g.ravel() for g in np.meshgrid(*rows, indexing="ij")], axis=1)
    grid = grid[np.sort(np.random.default_rng(1).permutation(len(grid))[:count])]
    symbols = [tt.vector(k) for k in (*cls.params, "x")]
    rv = cls.dist(**dict(zip(cls.params, symbols, strict=False)))
    got = graphcore.function(symbols, rv.logp(symbols[-1]))(*grid.T.copy())
    checked = 0
    with mpmath.workdps(60):
        for row, density in zip(grid, got, strict=True):
            *values, x = map(float, row)
            given = dict(zip(cls.params, values, strict=True))
            corner = name == "Triangular" and given["c"] in (given["lower"], given["upper"])
            if np.isfinite(density) and not corner:  # there the textbook divides by zero
                checked += 1
                want = float(log_density(name, x, **given))
                assert density == pytest.approx(want, rel=1e-12, abs=1e-13), (given, x)
    assert checked >= 3


SMOOTH = [n for n in LATTICE if getattr(pm, n).dist(**case(n)).dtype == "float64"]


@pytest.mark.parametrize("count", [6, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_keep_nine_digits(name, count):
    """By value and every parameter, where the density is smooth and a double can hold them."""
    cls, grid = getattr(pm, name), combinations(name, count)
    symbols = [tt.scalar(k) for k in (*cls.params, "x")]
    rv = pm.distributions.RandomVariable(
        cls.make(name, (), dict(zip(cls.params, symbols, strict=False)))
    )
    total = rv.logp(symbols[-1])
    slopes = grad(total, symbols, disconnected_inputs="ignore")
    for row in grid:
        given = dict(zip(symbols, map(float, row), strict=True))
        with np.errstate(all="ignore"):
            density, *got = evaluate([total, *slopes], given)
        centre = row[list(cls.params).index("mu")] if "mu" in cls.params else None
        if not np.isfinite(density) or row[-1] == centre:
            continue  # outside of the support, or at a corner
        with mpmath.workdps(110):
            for k, slope in enumerate(got):
                size = abs(float(row[k])) or 1.0
                h = mpmath.mpf(10) ** -45 * size
                ends = []
                for sign in (1, -1):
                    moved = [mpmath.mpf(float(v)) for v in row]
                    moved[k] += sign * h
                    at = dict(zip((*cls.params, "x"), moved, strict=True))
                    ends.append(log_density(name, **at))
                want = (ends[0] - ends[1]) / (2 * h)
                if mpmath.isfinite(want) and abs(want) < 1e290:  # per relative change
                    want = pytest.approx(float(want * size), rel=1e-9, abs=1e-9)
                    assert float(slope) * size == want, (given, symbols[k])
