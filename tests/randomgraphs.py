"""Random graphs drawn from the op table, and a tolerance for comparing two ways to evaluate one.

A graph comes with values for its inputs, so that a test can evaluate it in two ways.  How far the
two may differ follows from the graph: :func:`sensitivity` evaluates it with noise on every node.
"""

from unittest import mock

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Elemwise, graph
from graphcore.ops.linalg import Dot
from graphcore.ops.reduce import Reduce
from graphcore.optable import REDUCTIONS, ROWS

NUMBERS = (0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0, -2.0, 0.25, 1.7, -0.3)
ROW_NAMES = tuple(name for name, row in ROWS.items() if not row.internal)
REDUCE_NAMES = tuple(name for name, row in REDUCTIONS.items() if not row.internal)
EXACT = frozenset("max min maximum minimum neg abs switch".split())  # nothing is rounded
# operations whose rounding errors are small beside their largest element, not each beside its own
MIXING = frozenset(
    f"graphcore.ops.{name}" for name in ("fourier", "linalg", "spectral", "decompose", "sparse")
)
COMMON = ("add", "sub", "mul", "true_div", "neg", "exp", "log", "sqr", "switch", "sigmoid")


class RandomGraph:
    """A pool of variables that grows by random operations on its members.

    Parameters
    ----------
    rng : numpy.random.Generator
    static : bool
        Whether the lengths of the inputs are known.
    dtypes : sequence of str
        Element types of the inputs.
    """

    def __init__(self, rng, static=True, dtypes=("float64",)):
        self.rng = rng
        self.n, self.m = 3, 4
        self.values = {}
        self.pool = []
        for i, dtype in enumerate(dtypes):
            for shape in ((), (self.n,), (self.m, self.n), (self.m, 1)):
                self.add_input(f"x{i}{len(shape)}", dtype, shape, static)
        self.pool.append(tt.constant(rng.normal(size=self.n)))
        self.pool.append(tt.constant(np.arange(self.n)))

    def add_input(self, name, dtype, shape, static):
        known = [n if static or n == 1 else None for n in shape]
        v = tt.tensor(dtype, known, name)
        if not static and self.rng.random() < 0.3:  # of length one, which nobody could know
            shape = (*shape[:-1], 1) if shape else ()
        if dtype == "bool":
            value = self.rng.integers(0, 2, shape).astype(bool)
        elif np.dtype(dtype).kind in "iu":
            value = self.rng.integers(1, 5, shape).astype(dtype)
        else:
            value = self.rng.uniform(0.3, 2.0, shape) * self.rng.choice([1, 1, -1], shape)
        self.values[v] = np.asarray(value, dtype=dtype)
        self.pool.append(v)

    def one(self, things):
        return things[self.rng.integers(len(things))]

    def pick(self):
        """A variable, recent ones more often."""
        i = len(self.pool) - 1 - int(self.rng.exponential(6.0))
        return self.pool[i if i >= 0 else self.rng.integers(len(self.pool))]

    def pick_computed(self):
        while isinstance(v := self.pick(), Constant):
            pass
        return v

    def operand(self):
        if self.rng.random() < 0.2:
            return self.one(NUMBERS)
        return self.pick()

    def kinds(self):
        """What makes variables, as often as it is to be drawn."""
        return [self.elementwise] * 6 + [self.reduction, self.arrangement]

    def grow(self, count):
        """Apply ``count`` operations; those that do not fit their operands are tried again."""
        while count:
            make = self.one(self.kinds())
            try:
                v = make()
            except (TypeError, ValueError, IndexError):
                continue
            if not isinstance(v, Constant) and (v.type.size or 1) <= 200 and v.type.ndim <= 3:
                self.pool.append(v)
                count -= 1
        return self

    def elementwise(self):
        common = self.rng.random() < 0.6
        name = self.one(COMMON if common else ROW_NAMES)
        operands = [self.operand() for _ in range(ROWS[name].arity)]
        if all(isinstance(x, (float, Constant)) for x in operands):
            operands[0] = self.pick_computed()
        if ROWS[name].arity == 2 and self.rng.random() < 0.1:
            operands[1] = operands[0]
        if name == "switch":
            operands[0] = tt.gt(operands[0], self.operand())
        return getattr(graph, name)(*operands)

    def reduction(self):
        x = self.pick()
        name = self.one(["sum", "sum", *REDUCE_NAMES])
        axes = [a for a in range(x.type.ndim) if self.rng.random() < 0.7]
        return Reduce(name, axes)(x)

    def arrangement(self):
        x, y = self.pick(), self.pick()
        ndim = x.type.ndim
        kind = self.rng.integers(9)
        if kind == 0:
            return x.dimshuffle(*self.rng.permutation([*range(ndim), *["x"] * (ndim < 3)]).tolist())
        if kind == 1:
            return tt.broadcast_to(x, (self.m, self.n))
        if kind == 2:
            return x.reshape((-1, 1) if self.rng.random() < 0.5 else (-1,))
        if kind == 3:
            return x[int(self.rng.integers(2))]
        if kind == 4:
            return x[1:]
        if kind == 5:
            return tt.concatenate([x, y], axis=0)
        if kind == 6:
            return x[np.array([1, 0, 1, 1])]
        if kind == 7:
            return tt.dot(x, y) if x.type.ndim and y.type.ndim else tt.ones_like(x)
        return tt.inc_subtensor(x[1:], y) if self.rng.random() < 0.5 else tt.set_subtensor(x[0], y)

    def sane_outputs(self, count=4):
        """The last variables whose values are finite and of moderate size.

        A product of matrices of which one is not finite is left out: libraries may skip what is
        multiplied by zero, also where that is infinite.  So is a sum of infinities of both signs:
        a common factor that is infinite may be taken out of it.
        """
        known, unsettled = self._all_values()
        found = []
        with np.errstate(all="ignore"):
            for v in self.pool[::-1]:
                if v in unsettled or not (v in known or isinstance(v, Constant)):
                    continue
                a = value_of(known, v)
                if np.isfinite(a).all() and np.abs(a.astype("float64")).max(initial=0) < 1e8:
                    found.append(v)
                if len(found) == count:
                    break
        return found

    def _all_values(self):
        """Values of everything that has one, and what depends on infinities in products or sums."""
        known, unsettled = dict(self.values), set()
        with np.errstate(all="ignore"):
            for node in toposort(self.pool):
                if not all(v in known or isinstance(v, Constant) for v in node.inputs):
                    continue
                operands = [value_of(known, v) for v in node.inputs]
                try:
                    known.update(
                        zip(node.outputs, _arrays(node.op.run(node, operands)), strict=True)
                    )
                except (ValueError, IndexError, ZeroDivisionError):
                    continue
                spoiled = isinstance(node.op, Dot) or (
                    isinstance(node.op, Reduce) and np.isnan(known[node.out]).any()
                )
                finite = all(np.isfinite(a).all() for a in operands)
                if (spoiled and not finite) or not unsettled.isdisjoint(node.inputs):
                    unsettled.update(node.outputs)
        return known, unsettled


def random_graph(seed, count=15, outputs=4, kind=RandomGraph, **options):
    """``(outputs, {input: value})`` of a random graph."""
    found = kind(np.random.default_rng(seed), **options).grow(count)
    return found.sane_outputs(outputs), found.values


def random_cost(seed, count=15, **options):
    """``(cost, {input: value})``: a float64 number that depends on the inputs smoothly enough."""
    outputs, values = random_graph(seed, count, **options)
    terms = [tt.sum(v) for v in outputs if v.type.dtype == "float64"]
    return (sum(terms[1:], terms[0]) if terms else None), values


def sensitivity(outputs, values, seed=0, noise=1e-10, repeats=6, readers=False):
    """How much each element of the outputs changes with relative noise on every float.

    It is infinite where the noise changes a comparison, an integer or a length on the way.  With
    ``readers`` each reader of a computed value sees noise of its own: a rewriting may compute for
    one of them in another way what it leaves as it is for the others.  Where there are float32,
    which would swallow it, the noise is larger, and what is returned is scaled down again.
    """
    order = toposort(outputs)
    types = {v.type.dtype for node in order for v in (*node.inputs, *node.outputs)}
    scale = 1e4 if "float32" in types else 1.0
    exact = run_all(order, values)
    ends = [value_of(exact, v) for v in outputs]
    spread = [np.zeros(np.shape(a)) for a in ends]
    undecided = set()
    for i in range(repeats):
        try:
            rng = np.random.default_rng((seed, i))
            found = _noisy(order, values, rng, noise * scale, readers, vanish=i % 2 == 1)
        except (ValueError, IndexError):  # the graph is not defined a little beside its inputs
            return [np.full(a.shape, np.inf) for a in ends]
        jumped = _jumped(order, exact, found)
        with np.errstate(all="ignore"):
            for s, v, a in zip(spread, outputs, ends, strict=True):
                b = value_of(found, v)
                if v in jumped or a.shape != b.shape:
                    s[...] = np.inf
                    undecided.add(v)
                    continue
                gap = np.abs(a.astype("float64") - b.astype("float64")) / scale
                np.maximum(s, np.where(np.isnan(gap), np.inf, gap), out=s)
    # of what may have elements or none, an empty array cannot tell
    return [
        np.full(1, np.inf) if v in undecided and not s.size else s
        for s, v in zip(spread, outputs, strict=True)
    ]


def _arrays(found):
    return found if type(found) is tuple else (found,)


def value_of(known, v):
    return np.asarray(known[v] if v in known else v.data)  # noqa: SIM401


def _jumped(order, exact, found):
    """What depends on a comparison, integer or length that the noise has changed."""
    jumped = set()
    for node in order:
        moved = not jumped.isdisjoint(node.inputs)
        for v in node.outputs:
            discrete = np.asarray(exact[v]).dtype.kind in "biu"
            if moved or (discrete and not np.array_equal(exact[v], found[v])):
                jumped.add(v)
    return jumped


def run_all(order, values, change=lambda node, operands, found: found):
    """``{variable: value}`` after some nodes, whose results pass through ``change``."""
    known = dict(values)
    with np.errstate(all="ignore"):
        for node in order:
            operands = [value_of(known, v) for v in node.inputs]
            found = _arrays(node.op.run(node, operands))
            for v, a in zip(node.outputs, found, strict=True):
                known[v] = change(node, operands, a)
    return known


def _noisy(order, values, rng, noise, readers=False, vanish=False):
    """Values of everything in a graph, with noise wherever something is rounded.

    With ``vanish`` what is nothing but rounding may as well be nothing at all.
    """
    known = {v: _shaken(a, rng, noise) for v, a in values.items()}

    # replaced in the class, so that nodes of the graphs inside of loops and choices have it too
    with np.errstate(all="ignore"), _elementwise_noise(rng, noise, vanish):
        for node in order:
            operands = [value_of(known, v) for v in node.inputs]
            if readers:
                operands = [
                    a if v.owner is None else _shaken(a, rng, noise)
                    for v, a in zip(node.inputs, operands, strict=True)
                ]
            for v, a in zip(node.outputs, _arrays(node.op.run(node, operands)), strict=True):
                if isinstance(node.op, Reduce) and node.op.row_name not in EXACT:
                    a = _shaken(a, rng, noise)
                elif type(node.op).__module__ in MIXING and a.dtype.kind == "f":
                    largest = np.abs(a[np.isfinite(a)]).max(initial=0.0)
                    nothing = (np.abs(a) < noise * largest) & (rng.uniform(size=a.shape) < 0.5)
                    nothing &= vanish
                    shaken = a + noise * largest * rng.uniform(-1, 1, a.shape)
                    a = np.where(nothing, 0.0, shaken).astype(a.dtype)
                known[v] = a
    return known


def _elementwise_noise(rng, noise, vanish):
    plain = Elemwise.reference

    def reference(op, *operands):
        a = plain(op, *operands)
        a = a if op.row_name in EXACT else _shaken(a, rng, noise)
        cancels = vanish and op.row_name in ("add", "sub")
        return _cancelled(a, operands, rng, noise) if cancels else a

    return mock.patch.object(Elemwise, "reference", reference)


def _cancelled(a, operands, rng, noise):
    """Sums and differences: those that are all rounding may as well all be zero.

    A standard deviation of equal numbers is one: where the mean is not off by a rounding, its
    gradient is 0 / 0.
    """
    if a.dtype.kind != "f" or rng.random() < 0.5:
        return a
    largest = sum(np.abs(x.astype("float64")) for x in operands)
    return np.where(np.abs(a) < 4 * noise * largest, 0.0, a).astype(a.dtype)


def _shaken(a, rng, noise):
    if a.dtype.kind != "f":
        return a
    shaken = a * (1 + noise * rng.uniform(-1, 1, a.shape))
    # the sign of a zero is not kept by rewriting
    return np.where(a == 0, np.copysign(0.0, rng.uniform(-1, 1, a.shape)), shaken).astype(a.dtype)


def assert_close(found, wanted, spread, types=None, what="", least=1.0):
    """Equality up to the rounding that the sensitivity of the graph explains.

    Elements below ``least`` are compared as if they were so large.
    """
    for k, (a, b, s) in enumerate(zip(found, wanted, spread, strict=True)):
        name = f"{what}: output {k}" if what else f"output {k}"
        if s.size and np.isinf(s).all():  # a little noise changes everything, lengths included
            continue
        assert a.shape == b.shape, f"{name}: shape {a.shape}, not {b.shape}"
        assert a.dtype == b.dtype, f"{name}: {a.dtype}, not {b.dtype}"
        single = types is not None and "float32" in types
        x, y = a.astype("float64"), b.astype("float64")
        size = np.where(np.isfinite(y), np.abs(y), 0.0)
        size = np.maximum(size, least)
        allowed = 1e4 * s + 1e-5 * size if single else 1e-2 * s + 1e-12 * size
        with np.errstate(all="ignore"):
            bad = (np.abs(x - y) > allowed) & np.isfinite(s) & (s < 1e-4 * (1 + np.abs(y)))
            bad |= (np.isnan(x) != np.isnan(y)) & np.isfinite(s)
        assert not bad.any(), f"{name}: {x[bad][:3]} instead of {y[bad][:3]}"
