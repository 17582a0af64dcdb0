"""Indexing by several arrays of integers, and positions found in data.

``TakePoints`` reads elements (or rows) at points, one array of positions per indexed axis;
``IncPoints`` writes there.  The length of ``MaskPositions`` and ``RepeatPositions`` depends on
values: a function computes them before it plans what uses them.
"""

import numpy as np

from graphcore.graph.nodes import Constant, Op
from graphcore.graph.types import TensorType
from graphcore.ops.index import check_fits, check_value, shape_entry
from graphcore.ops.operands import broadcast_static, constant, graph
from graphcore.ops.shape import dimshuffle, sum_like


def check_positions(idx, axis, length):
    """Raise IndexError for the first position outside of an axis."""
    wrong = (idx < -length) | (idx >= length)
    if wrong.any():
        worst = int(np.asarray(idx)[wrong].ravel()[0])
        raise IndexError(f"index {worst} is out of bounds for axis {axis} with size {length}")


class _AtPoints(Op):
    """What reading and writing at points share."""

    def __init__(self, axes):
        self.axes = tuple(int(a) for a in axes)

    def _check(self, x, idx):
        if len(idx) != len(self.axes) or any(t.numpy_dtype.kind not in "iu" for t in idx):
            raise TypeError(
                f"{self.name}: {len(self.axes)} integer arrays are needed, not "
                f"{', '.join(map(repr, idx))}"
            )
        if not all(0 <= a < x.ndim for a in self.axes) or len(set(self.axes)) != len(self.axes):
            raise ValueError(f"{self.name}: there are no axes {self.axes} in {x!r}")

    def _region(self, shape, idx):
        """The axes of the points, broadcast together, then the axes that are not indexed."""
        lead = broadcast_static([tuple(s) for s in idx], self.name)
        return (*lead, *(n for i, n in enumerate(shape) if i not in self.axes))

    def _check_known(self, x, idx):
        for axis, v in zip(self.axes, idx, strict=True):
            n = x.type.shape[axis]
            if n is not None and isinstance(v, Constant) and v.data.size:
                check_positions(v.data, axis, n)

    def _front(self, x):
        """The indexed axes moved to the front."""
        return np.moveaxis(x, self.axes, range(len(self.axes)))

    def _check_values(self, shape, idx):
        for axis, i in zip(self.axes, idx, strict=True):
            check_positions(i, axis, shape[axis])


class TakePoints(_AtPoints):
    """Elements at points: axes of the points first, then the axes that are not indexed.

    Parameters
    ----------
    axes : tuple of int
        The axis that each array of positions indexes.

    Inputs are the array and one array of positions per axis; they broadcast against each other,
    and negative ones count from the end.
    """

    name = "take_points"
    props = ("axes",)
    mask = None  # see Take

    @property
    def no_gradient(self):
        return tuple(range(1, 1 + len(self.axes)))

    def out_types(self, x, *idx):
        self._check(x, idx)
        return [x.with_shape(self._region(x.shape, [t.shape for t in idx]))]

    def types_of(self, inputs):
        x, *idx = inputs
        found = self.out_types(*(v.type for v in inputs))
        self._check_known(x, idx)
        return found

    def infer_shape(self, shapes, values):
        return [self._region(shapes[0], shapes[1:])]

    def reference(self, x, *idx):
        self._region(x.shape, [i.shape for i in idx])
        self._check_values(x.shape, idx)
        return np.asarray(self._front(x)[tuple(idx)])

    def vjp(self, inputs, outputs, cotangents, needed):
        x, *idx = inputs
        found = IncPoints(self.axes, False)(graph.zeros_like(x), cotangents[0], *idx)
        return [found] + [None] * len(idx)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(24.0).reshape(2, 3, 4)
        i, j = np.array([1, 0, -1, 1]), np.array([2, 0, 1, 2])
        yield TakePoints((0, 1)), [x, i, j]
        yield TakePoints((2, 0)), [x, j[:, None], i]
        yield TakePoints((0, 1, 2)), [x, i, j, np.array(3)]
        yield TakePoints((1,)), [x, j]
        yield TakePoints((0, 1)), [x[0], i[:0], j[:0]]


class IncPoints(_AtPoints):
    """An array with the elements at points replaced or increased.

    Inputs are the array, a value that broadcasts to what ``TakePoints`` gives, and the positions.
    Where a point is repeated, increments accumulate and the last replacement wins.
    """

    props = ("axes", "is_set")

    def __init__(self, axes, is_set):
        super().__init__(axes)
        self.is_set = bool(is_set)
        self.name = "set_points" if is_set else "inc_points"

    @property
    def no_gradient(self):
        return tuple(range(2, 2 + len(self.axes)))

    def out_types(self, x, value, *idx):
        self._check(x, idx)
        check_value(self.name, x, value, self._region(x.shape, [t.shape for t in idx]))
        return [x]

    def types_of(self, inputs):
        found = self.out_types(*(v.type for v in inputs))
        self._check_known(inputs[0], inputs[2:])
        return found

    def infer_shape(self, shapes, values):
        if None not in shapes:
            check_fits(self.name, shapes[1], self._region(shapes[0], shapes[2:]))
        return [tuple(shapes[0])]

    def reference(self, x, value, *idx):
        region = self._region(x.shape, [i.shape for i in idx])
        check_fits(self.name, value.shape, region)
        self._check_values(x.shape, idx)
        out = x.copy()
        if self.is_set:
            self._front(out)[tuple(idx)] = value
        else:
            np.add.at(self._front(out), tuple(idx), np.broadcast_to(value, region))
        return out

    def vjp(self, inputs, outputs, cotangents, needed):
        x, value, *idx = inputs
        (g,) = cotangents
        found = [None] * len(inputs)
        if needed[0]:
            zero = constant(0, g.type.dtype)
            found[0] = IncPoints(self.axes, True)(g, zero, *idx) if self.is_set else g
        if needed[1]:
            part = TakePoints(self.axes)(g, *idx)
            if self.is_set:
                part = graph.switch(self._survives(x, idx), part, 0)
            found[1] = graph.cast(sum_like(part, value), value.type.dtype)
        return found

    def _survives(self, x, idx):
        """Whether each replacement is still there at the end, shaped to meet the value."""
        flat, total = None, None
        for axis, i in zip(self.axes, idx, strict=True):
            n, i = shape_entry(x, axis), graph.cast(i, "int64")
            i = graph.switch(graph.lt(i, 0), graph.add(i, n), i)
            flat = i if flat is None else graph.add(graph.mul(flat, n), i)
            total = n if total is None else graph.mul(total, n)
        last = graph.last_occurrence(flat, total)
        rest = x.type.ndim - len(self.axes)
        return dimshuffle(last, [*range(flat.type.ndim), *["x"] * rest])

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(24.0).reshape(2, 3, 4)
        i, j = np.array([1, 0, -1, 1]), np.array([2, 0, 1, 2])
        for is_set in (True, False):
            yield IncPoints((0, 1), is_set), [x, np.cos(np.arange(16.0)).reshape(4, 4), i, j]
            yield IncPoints((2, 0), is_set), [x, np.array([1.0, 2.0, 3.0]), j[:, None], i]
            yield IncPoints((0, 1, 2), is_set), [x, np.array(2.5), i, j, np.array(3)]
            yield IncPoints((1, 0), is_set), [x[0], np.zeros(0), i[:0], j[:0]]


class MaskPositions(Op):
    """Positions, in the flattened array, of the elements where a mask is true.

    Inputs are the mask and the shape it must have.
    """

    name = "mask_positions"
    shape_inputs = (0,)
    no_gradient = (0, 1)
    data_dependent = True

    def out_types(self, mask, shape):
        if mask.dtype != "bool":
            raise TypeError(f"{self.name}: a mask is made of bools, not of {mask.dtype}")
        if shape.ndim != 1 or shape.shape[0] not in (None, mask.ndim):
            raise TypeError(f"{self.name}: a mask with {mask.ndim} axes needs as many lengths")
        return [TensorType("int64", (None,))]

    def types_of(self, inputs):
        mask, shape = inputs
        found = self.out_types(mask.type, shape.type)
        if isinstance(shape, Constant):
            self._check(mask.type.shape, shape.data)
        if isinstance(mask, Constant):
            return [TensorType("int64", (int(mask.data.sum()),))]
        return found

    def _check(self, have, want):
        for axis, (n, m) in enumerate(zip(have, want, strict=True)):
            if n is not None and n != m:
                raise IndexError(
                    f"a mask of shape {str(tuple(have)).replace('None', '?')} does not fit: its "
                    f"axis {axis} has length {n}, the indexed axis {m}"
                )

    def infer_shape(self, shapes, values):
        if values[0] is None:
            raise ValueError("the length of this result depends on values")
        return [(int(values[0].sum()),)]

    def reference(self, mask, shape):
        self._check(mask.shape, shape)
        return np.flatnonzero(mask)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None, None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        mask = np.array([[True, False, True], [False, False, True]])
        yield MaskPositions(), [mask, np.array([2, 3])]
        yield MaskPositions(), [mask[0] & False, np.array([3])]
        yield MaskPositions(), [np.zeros((0, 2), bool), np.array([0, 2])]


class RepeatPositions(Op):
    """Every position ``i`` of a vector of counts, ``counts[i]`` times."""

    name = "repeat_positions"
    shape_inputs = (0,)
    no_gradient = (0,)
    data_dependent = True

    def out_types(self, counts):
        if counts.ndim != 1 or counts.numpy_dtype.kind not in "iub":
            raise TypeError(f"{self.name}: the counts must be a vector of integers, not {counts!r}")
        return [TensorType("int64", (None,))]

    def types_of(self, inputs):
        (counts,) = inputs
        found = self.out_types(counts.type)
        if isinstance(counts, Constant):
            return [TensorType("int64", self.infer_shape(None, [counts.data])[0])]
        return found

    def infer_shape(self, shapes, values):
        if values[0] is None:
            raise ValueError("the length of this result depends on values")
        if values[0].min(initial=0) < 0:
            raise ValueError(f"repeat: counts cannot be negative, got {values[0].min()}")
        return [(int(values[0].sum()),)]

    def reference(self, counts):
        self.infer_shape(None, [counts])
        return np.repeat(np.arange(len(counts)), counts)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield RepeatPositions(), [np.array([2, 0, 3])]
        yield RepeatPositions(), [np.array([], dtype="int64")]


graph.take_points = lambda x, axes, *idx: TakePoints(axes)(x, *idx)
