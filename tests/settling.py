"""What explains a difference between two ways to evaluate a graph, where they are not equal.

Looked at one after the other: rounding anywhere in the graph; the error of a function of NumPy or
SciPy that the oracle uses; rounding that readers of one node see differently; an intermediate value
that leaves the range of its type in one way and not in the other.  What none explains is an error.
"""

import mpmath
import numpy as np
from randomgraphs import assert_close, run_all, sensitivity, value_of

from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Elemwise
from graphcore.rewrite import rewrite

ROUNDED = frozenset("add sub mul true_div neg abs sqr sqrt reciprocal maximum minimum".split())
MODERATE = (1e-8, 1e8)  # elsewhere mpmath may take minutes
# what a spread is of: the noise, whether readers see it, and a factor; assert_close allows a
# hundredth of a spread
SPREADS = {
    "nodes": (1e-10, False, 1.0),
    "readers": (1e-10, True, 1.0),
    "a bounded function": (1e-14, False, 100.0),
}
LEAST = 1e-30  # what is smaller is compared as if it were so large
SCALED = frozenset("mul true_div sqr pow exp exp2 prod".split())
RANGED = SCALED | frozenset("expm1 cosh sinh gamma add sub sum Dot".split())


class Settling:
    """Reasons why values of ``outputs`` may differ from ``wanted``, computed when asked for.

    Parameters
    ----------
    outputs : list of Variable
    wanted : list of ndarray
        Their values by the oracle.
    values : dict
        ``{input: value}``
    dtypes : sequence of str
        Element types in the graph.
    """

    def __init__(self, outputs, wanted, values, dtypes):
        self.outputs, self.wanted = list(outputs), list(wanted)
        self.values, self.dtypes = values, dtypes
        self.known = {}

    def reason(self, found):
        """A sentence, or None when nothing explains the difference of ``found``."""
        shapes = [a.shape for a in self.wanted]
        if self._close(found, self.wanted, [np.zeros(s) for s in shapes]):
            return "equal"
        for name in SPREADS:
            spread = self.spread(name)
            for which, wanted in (("", self.wanted), (" of exact functions", self.exact())):
                if self._close(found, wanted, spread):
                    decided = self._decided(found, wanted, spread)
                    return (
                        f"equal up to rounding of {name}{which}"
                        if decided
                        else f"not compared: rounding of {name}{which} decides"
                    )
        if self.overflows(found):
            return "not compared: overflow in one order only"
        return None

    def spread(self, name="nodes"):
        """The :func:`sensitivity` to noise on every node, or on what every reader sees of it.

        A sine of 1e15 moves as far as it can with any noise: there the noise is little more than
        rounding, and all that it moves counts.
        """
        if name not in self.known:
            noise, readers, factor = SPREADS[name]
            found = sensitivity(self.outputs, self.values, noise=noise, readers=readers)
            self.known[name] = [factor * s for s in found]
        return self.known[name]

    def exact(self):
        """The values with every function of a node rounded once, by mpmath."""
        if "exact" not in self.known:
            known = run_all(toposort(self.outputs), self.values, exactly)
            self.known["exact"] = [value_of(known, v) for v in self.outputs]
        return self.known["exact"]

    def overflows(self, found):
        """Whether a value that is infinite or zero too early explains every difference.

        It has to be an operation on finite operands whose result is beyond the largest number, or
        below the least one, in the graph or in the rewritten one and not in both.  Only elements
        that are infinite, NaN or zero in one way are explained by it.
        """
        ends = (self.outputs, rewrite(self.outputs, final=True))
        for k, (a, b) in enumerate(zip(found, self.wanted, strict=True)):
            if a.shape != b.shape or a.dtype != b.dtype:
                return False
            odd = ~np.isfinite(a) | ~np.isfinite(b) | ((a == 0) != (b == 0))
            if odd.any() and len({frozenset(left_range(e[k], self.values)) for e in ends}) == 1:
                return False
            if not self._close([np.where(odd, b, a)], [b], [self.spread("readers")[k]]):
                return False
        return True

    def _close(self, found, wanted, spread):
        try:
            assert_close(found, wanted, spread, self.dtypes, least=LEAST)
        except AssertionError:
            return False
        return True

    def _decided(self, found, wanted, spread):
        """Whether elements that differ were compared, and not left out as ill conditioned."""
        for a, b, s in zip(found, wanted, spread, strict=True):
            if self._close([a], [b], [np.zeros(b.shape)]):
                continue
            if a.shape != b.shape or s.shape != b.shape:
                return False
            loose = np.isfinite(s) & (s < 1e-4 * (1 + np.abs(b.astype("float64"))))
            with np.errstate(all="ignore"):
                differs = ~np.isclose(a, b, rtol=1e-12, atol=0, equal_nan=True)
            if (differs & ~loose).any():
                return False
        return True


def exactly(node, operands, found):
    """The result of a node, every element rounded once where its row says what is exact."""
    row = node.op.row if isinstance(node.op, Elemwise) else None
    if row is None or row.exact is None or row.name in ROUNDED or found.dtype != "float64":
        return found
    points = np.broadcast_arrays(*(a.astype("float64") for a in operands))
    out = found.copy()
    with mpmath.workdps(40):
        for at in np.ndindex(found.shape):
            point = [float(x[at]) for x in points]
            low, high = MODERATE
            if np.isfinite(found[at]) and all(x == 0 or low <= abs(x) <= high for x in point):
                try:
                    out[at] = float(row.exact(mpmath.mp, *map(mpmath.mpf, point)))
                except (ValueError, ZeroDivisionError, TypeError, mpmath.libmp.NoConvergence):
                    continue
    return out


def left_range(v, values):
    """What a graph meets on its way: results ``"beyond"`` or ``"below"`` the range of numbers."""
    met = set()

    def watch(node, operands, found):
        name = getattr(node.op, "row_name", type(node.op).__name__)
        if (
            name in RANGED
            and found.dtype.kind == "f"
            and all(np.isfinite(a).all() for a in operands)
        ):
            pole = name == "true_div" and (operands[1] == 0).any()
            if np.isinf(found).any() and not pole:
                met.add("beyond")
            if (found == 0).any() and name in SCALED and all((a != 0).all() for a in operands):
                met.add("below")
        return found

    run_all(toposort([v]), values, watch)
    return met
