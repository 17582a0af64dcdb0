"""Inverse functions: the exact inverse follows from one Newton step in mpmath on the result."""

import mpmath as mp
import numpy as np
import pytest

from graphcore import kernels
from graphcore.optable import ROWS

UNIT = (1e-12, 1 - 1e-9)


def beta(f):
    return lambda a, b, y: mp.betainc(*((a, b, 0, y) if f else (b, a, 0, 1 - y)), regularized=True)


def gamma(f):
    return lambda a, y: mp.gammainc(a, *((0, y) if f else (y, mp.inf)), regularized=True)


COUNT = 10

# inverse -> function of shapes and result, where the operands are drawn, promised accuracy
INVERSES = {
    "erfinv": (mp.erf, [(-0.999999, 0.999999)], 4),
    "erfcinv": (mp.erfc, [(1e-200, 1.999)], 4),
    "ndtri": (lambda y: mp.erfc(-y / mp.sqrt(2)) / 2, [(1e-200, 0.999)], 16),
    "ndtri_exp": (lambda y: mp.log(mp.erfc(-y / mp.sqrt(2)) / 2), [(-400.0, -1e-3)], 64),
    "gammaincinv": (gamma(True), [(0.05, 60.0), UNIT], 2000),
    "gammainccinv": (gamma(False), [(0.05, 60.0), UNIT], 2000),
    "betaincinv": (beta(True), [(0.1, 40.0), (0.1, 40.0), UNIT], 64),
    "betainccinv": (beta(False), [(0.1, 40.0), (0.1, 40.0), UNIT], 64),
}


@pytest.mark.parametrize("name", INVERSES)
def test_inverse(name):
    function, domains, ulp = INVERSES[name]
    rng = np.random.default_rng(4)
    draw = []
    for low, high in domains:
        wide = low * (high / low) ** rng.random(COUNT) if low > 0 else rng.uniform(low, high, COUNT)
        draw.append(np.concatenate([wide, rng.uniform(low, high, COUNT)]))
    found = kernels.elementwise(name, draw)
    with mp.workdps(60):
        for *shapes, p, y in zip(*draw, found, strict=True):
            shapes = [mp.mpf(float(s)) for s in shapes]
            y, p = mp.mpf(float(y)), mp.mpf(float(p))
            if name.startswith("beta") and y == 1:
                continue  # the exact one lies closer to 1 than any other number
            h = (y if y < 1 else 1) * (1 - y if 0.5 < y < 1 else 1) * mp.mpf(10) ** -20
            slope = (function(*shapes, y + h) - function(*shapes, y - h)) / (2 * h)
            exact = y - (function(*shapes, y) - p) / slope
            unit = mp.mpf(float(np.spacing(abs(float(exact)))))
            assert abs(y - exact) <= ulp * unit, (name, shapes, p, float(abs(y - exact) / unit))


def test_every_inverse_is_here():
    assert {n for n in ROWS if n.endswith("inv") or n.startswith("ndtri")} == set(INVERSES)


@pytest.mark.parametrize("name", ["betaincinv", "betainccinv"])
def test_halves_of_symmetric_distributions(name):
    """SciPy's are off by up to 1e-8 here."""
    a = np.linspace(0.1, 100.0, 2000)
    found = kernels.elementwise(name, [a, a, np.full(a.size, 0.5)])
    np.testing.assert_allclose(found, 0.5, rtol=2e-14)
