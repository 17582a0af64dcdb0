"""Indexing: parts of arrays, arrays with a part replaced or added to, and gathers.

``Subtensor`` and ``IncSubtensor`` are NumPy's basic indexing, ``Take`` and ``IncTake`` are indexing
by one array of integers.  Each pair is the derivative of the other.
"""

from typing import NamedTuple

import numpy as np

from graphcore.graph.nodes import Constant, Op, Variable
from graphcore.ops.lengths import Shape
from graphcore.ops.operands import constant, graph, known_value, promote
from graphcore.ops.shape import may_fit, sum_like


class Arg(NamedTuple):
    """Stands in a spec for the ``k``-th symbolic integer of an indexing operation."""

    k: int


class Slice(NamedTuple):
    """A slice in a spec; its parts are None, an int or an ``Arg``."""

    start: object = None
    stop: object = None
    step: object = None


def _is_integer(t):
    return np.dtype(t.dtype).kind in "iu"


def _slice_length(length, part):
    """Length of a slice of an axis; None when it is not decided."""
    if length is None or any(isinstance(e, Arg) for e in part):
        return 0 if length == 0 else None
    return len(range(*slice(*part).indices(length)))


class _Indexed(Op):
    """What the basic indexing operations share: reading the spec."""

    def __init__(self, spec):
        self.spec = tuple(spec)
        self.n_args = 0
        for part in self.spec:
            if isinstance(part, Slice) and part.step == 0:
                raise ValueError("the step of a slice cannot be zero")
            for e in part if isinstance(part, Slice) else (part,):
                self.n_args += isinstance(e, Arg)

    def _slice_args(self):
        """Numbers of the symbolic integers that decide the length of a slice."""
        ends = [e for p in self.spec if isinstance(p, Slice) for e in p]
        return tuple(e.k for e in ends if isinstance(e, Arg))

    def _region(self, shape, ints=None):
        """Shape of the indexed part; ``ints`` are values of the symbolic integers, if known."""
        if len(shape) != len(self.spec):
            raise ValueError(f"{self.name}: {len(self.spec)} indices for {len(shape)} axes")
        out = []
        for axis, (n, part) in enumerate(zip(shape, self.spec, strict=True)):
            if isinstance(part, Slice):
                part = part if ints is None else Slice(*_fill(part, ints))
                out.append(_slice_length(n, part))
            elif isinstance(part, int) and n is not None and not -n <= part < n:
                raise IndexError(f"index {part} is out of bounds for axis {axis} with size {n}")
        return tuple(out)

    def _check_ints(self, types):
        if len(types) != self.n_args or any(t.ndim or not _is_integer(t) for t in types):
            raise TypeError(
                f"{self.name}: symbolic indices must be {self.n_args} integer scalars, "
                f"not {', '.join(map(repr, types))}"
            )

    def _index(self, ints):
        ints = [int(i) for i in ints]
        return tuple(
            slice(*_fill(p, ints))
            if isinstance(p, Slice)
            else ints[p.k]
            if isinstance(p, Arg)
            else p
            for p in self.spec
        )


def _fill(part, ints):
    """A slice with the symbolic integers that are known filled in."""
    return [ints[e.k] if isinstance(e, Arg) and ints[e.k] is not None else e for e in part]


def _arg_values(values, first):
    return [None if v is None else int(v) for v in values[first:]]


class Subtensor(_Indexed):
    """A part of an array by basic indexing.

    Parameters
    ----------
    spec : tuple
        One entry per axis: an int or ``Arg`` (the axis goes away) or a ``Slice``.

    Inputs are the array and the symbolic integers.
    """

    name = "subtensor"
    props = ("spec",)
    # whether it is the first half of x[i, idx], so that writing there goes on to x; this is read
    # while expressions are written and does not tell two operations apart
    joint = False

    @property
    def shape_inputs(self):
        return tuple(1 + k for k in self._slice_args())

    @property
    def no_gradient(self):
        return tuple(range(1, 1 + self.n_args))

    def out_types(self, x, *ints):
        self._check_ints(ints)
        return [x.with_shape(self._region(x.shape))]

    def types_of(self, inputs):
        x, *ints = inputs
        (t,) = self.out_types(*(v.type for v in inputs))
        known = [int(v.data) if isinstance(v, Constant) else None for v in ints]
        return [t.with_shape(self._region(x.type.shape, known))]

    def infer_shape(self, shapes, values):
        return [self._region(shapes[0], _arg_values(values, 1))]

    def reference(self, x, *ints):
        return np.asarray(x[self._index(ints)])

    def vjp(self, inputs, outputs, cotangents, needed):
        x, *ints = inputs
        found = IncSubtensor(self.spec, False)(graph.zeros_like(x), cotangents[0], *ints)
        return [found] + [None] * len(ints)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        i = np.array(1)
        yield Subtensor((0,)), [x[0]]
        yield Subtensor((Slice(1, None, 2), -1)), [x]
        yield Subtensor((Slice(None, None, -1), Slice(-2, 100, None))), [x]
        yield Subtensor((Arg(0), Slice(Arg(1), Arg(2), None))), [x, i, i, np.array(3)]
        yield Subtensor((Slice(5, 2, None), Slice())), [x]
        yield Subtensor(()), [np.array(3.0)]


class IncSubtensor(_Indexed):
    """An array with a part replaced by, or increased by, a value that broadcasts to the part.

    Inputs are the array, the value and the symbolic integers.
    """

    props = ("spec", "is_set")

    def __init__(self, spec, is_set):
        super().__init__(spec)
        self.is_set = bool(is_set)
        self.name = "set_subtensor" if is_set else "inc_subtensor"

    @property
    def no_gradient(self):
        return tuple(range(2, 2 + self.n_args))

    def out_types(self, x, value, *ints):
        self._check_ints(ints)
        check_value(self.name, x, value, self._region(x.shape))
        return [x]

    def infer_shape(self, shapes, values):
        if shapes[1] is not None:  # inside of a loop it may be that only values tell it
            check_fits(self.name, shapes[1], self._region(shapes[0], _arg_values(values, 2)))
        return [tuple(shapes[0])]

    def reference(self, x, value, *ints):
        out, index = x.copy(), self._index(ints)
        check_fits(self.name, value.shape, out[index].shape)
        if self.is_set:
            out[index] = value
        else:
            out[index] += value
        return out

    def vjp(self, inputs, outputs, cotangents, needed):
        value, *ints = inputs[1:]
        (g,) = cotangents
        found = [None] * len(inputs)
        if needed[0]:
            zero = constant(0, g.type.dtype)
            found[0] = IncSubtensor(self.spec, True)(g, zero, *ints) if self.is_set else g
        if needed[1]:
            part = sum_like(Subtensor(self.spec)(g, *ints), value)
            found[1] = graph.cast(part, value.type.dtype)
        return found

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        for is_set in (True, False):
            yield IncSubtensor((0,), is_set), [x[0], np.array(2.5)]
            yield IncSubtensor((Slice(0, 2, None), 1), is_set), [x, np.array([1.0, 2.0])]
            yield IncSubtensor((Slice(), Slice(1, 3, None)), is_set), [x, np.ones((3, 1))]
            yield IncSubtensor((Arg(0), Slice()), is_set), [x, np.ones(4), np.array(-1)]
            yield IncSubtensor((Slice(2, 2, None), Slice()), is_set), [x, np.ones((0, 4))]


def check_value(name, x, value, region):
    if promote(x.dtype, value.dtype) != x.dtype:
        raise TypeError(
            f"{name}: a value of {value.dtype} does not fit into an array of {x.dtype}; "
            f"convert one of them with astype"
        )
    if value.ndim > len(region):
        raise TypeError(
            f"{name}: a value with {value.ndim} axes does not fit into a part with {len(region)}"
        )
    check_fits(name, value.shape, region)


def check_fits(name, value, region):
    if not may_fit(value, region):
        value, region = (str(tuple(s)).replace("None", "?") for s in (value, region))
        raise ValueError(
            f"{name}: a value of shape {value} does not fit into a part of shape {region}"
        )


def _check_gather(op, x, idx):
    if not _is_integer(idx):
        raise TypeError(f"{op.name}: the indices must be integers, not {idx.dtype}")
    if not 0 <= op.axis < x.ndim:
        raise ValueError(f"{op.name}: there is no axis {op.axis} in an array with {x.ndim} axes")


def _gathered(axis, x, idx):
    return (*x[:axis], *idx, *x[axis + 1 :])


class Take(Op):
    """Elements along an axis at an array of positions; negative ones count from the end."""

    name = "take"
    props = ("axis",)
    mask = None  # the symbolic mask on x, and its first axis, where this was written as x[mask]
    no_gradient = (1,)

    def __init__(self, axis):
        self.axis = int(axis)

    def types_of(self, inputs):
        x, idx = inputs
        n = x.type.shape[self.axis] if self.axis < x.type.ndim else None
        if n is not None and isinstance(idx, Constant) and idx.data.size:
            for worst in (int(idx.data.min()), int(idx.data.max())):
                if not -n <= worst < n:
                    raise IndexError(
                        f"index {worst} is out of bounds for axis {self.axis} with size {n}"
                    )
        return self.out_types(x.type, idx.type)

    def out_types(self, x, idx):
        _check_gather(self, x, idx)
        return [x.with_shape(_gathered(self.axis, x.shape, idx.shape))]

    def infer_shape(self, shapes, values):
        return [_gathered(self.axis, *shapes)]

    def reference(self, x, idx):
        return np.asarray(np.take(x, idx, axis=self.axis))

    def vjp(self, inputs, outputs, cotangents, needed):
        x, idx = inputs
        return [IncTake(self.axis, False)(graph.zeros_like(x), cotangents[0], idx), None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        yield Take(0), [x, np.array([2, 0, 2, -1])]
        yield Take(1), [x, np.array([[1, 2], [3, 3]])]
        yield Take(1), [x, np.array(2)]
        yield Take(0), [x[0], np.array([], dtype="int64")]
        yield Take(0), [x[0], np.array([1, 1], dtype="int8")]


class IncTake(Op):
    """An array with the elements at an array of positions replaced or increased.

    Inputs are the array, the value (which broadcasts to the shape ``Take`` would give) and the
    positions.  Where a position is repeated, increments accumulate and the last replacement wins.
    """

    props = ("axis", "is_set")
    no_gradient = (2,)

    def __init__(self, axis, is_set):
        self.axis = int(axis)
        self.is_set = bool(is_set)
        self.name = "set_take" if is_set else "inc_take"

    def out_types(self, x, value, idx):
        _check_gather(self, x, idx)
        check_value(self.name, x, value, _gathered(self.axis, x.shape, idx.shape))
        return [x]

    def infer_shape(self, shapes, values):
        if None not in shapes:
            check_fits(self.name, shapes[1], _gathered(self.axis, shapes[0], shapes[2]))
        return [tuple(shapes[0])]

    def reference(self, x, value, idx):
        out = x.copy()
        region = _gathered(self.axis, x.shape, idx.shape)
        check_fits(self.name, value.shape, region)
        key = (slice(None),) * self.axis + (idx,)
        if self.is_set:
            out[key] = value
        else:
            np.add.at(out, key, np.broadcast_to(value, region))
        return out

    def vjp(self, inputs, outputs, cotangents, needed):
        x, value, idx = inputs
        (g,) = cotangents
        found = [None, None, None]
        if needed[0]:
            zero = constant(0, g.type.dtype)
            found[0] = IncTake(self.axis, True)(g, zero, idx) if self.is_set else g
        if needed[1]:
            part = Take(self.axis)(g, idx)
            if self.is_set and not _distinct(idx):
                part = graph.switch(self._survives(x, idx), part, 0)
            found[1] = graph.cast(sum_like(part, value), value.type.dtype)
        return found

    def _survives(self, x, idx):
        """Whether each replacement is still there at the end, shaped to meet the value."""
        last = graph.last_occurrence(idx, shape_entry(x, self.axis))
        after = x.type.ndim - self.axis - 1
        return graph.dimshuffle(last, [*range(idx.type.ndim), *["x"] * after])

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(12.0).reshape(3, 4)
        for is_set in (True, False):
            yield IncTake(0, is_set), [x, np.arange(16.0).reshape(4, 4), np.array([2, 0, 2, -1])]
            yield IncTake(1, is_set), [x, np.ones((3, 1, 2)), np.array([[1, 2], [3, 3]])]
            yield IncTake(1, is_set), [x, np.array([1.0, 2.0, 3.0]), np.array(2)]
            yield IncTake(0, is_set), [x[0], np.array(2.0), np.array([3, 1, 3])]
            yield IncTake(0, is_set), [x[0], np.zeros(0), np.array([], dtype="int64")]


def _distinct(idx):
    if not isinstance(idx, Constant):
        return idx.type.size == 1
    flat = idx.data.ravel()
    return (flat >= 0).all() and len(np.unique(flat)) == flat.size


def subtensor(x, entries):
    """Basic indexing by one entry per axis: an int, a 0-d integer variable or a Python slice."""
    spec, ints = [], []

    def part(e):
        if not isinstance(e, Variable):
            return e
        known = known_value(e)
        if known is not None:
            return int(known)
        ints.append(e)
        return Arg(len(ints) - 1)

    for e in entries:
        if isinstance(e, slice):
            spec.append(Slice(part(e.start), part(e.stop), part(e.step)))
        else:
            spec.append(part(e))
    return Subtensor(spec)(x, *ints)


def shape_entry(x, axis):
    """Length of an axis as an int64 scalar: a constant when it is known."""
    n = x.type.shape[axis]
    return Subtensor((axis,))(Shape()(x)) if n is None else constant(n, "int64")


graph.subtensor = subtensor
graph.shape_entry = shape_entry
