"""Operations along one axis: cumulative sums, recurrences, positions of extremes, order."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import graph, is_float, promote


class _AlongAxis(Op):
    """What these operations share: one axis, and results of the shape of the first input."""

    props = ("axis",)

    def __init__(self, axis):
        self.axis = int(axis)

    def _check(self, x):
        if not 0 <= self.axis < x.ndim:
            raise ValueError(f"{self.name}: there is no axis {self.axis} in {x!r}")

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]


def accumulated(dtype):
    """Element type of sums of elements, as NumPy's."""
    kind = np.dtype(dtype).kind
    return dtype if kind in "fc" else "uint64" if kind == "u" else "int64"


def reverse(x, axis):
    """``x`` with one axis in the opposite order."""
    every = [slice(None)] * x.type.ndim
    every[axis] = slice(None, None, -1)
    return graph.subtensor(x, every)


def _shifted(x, axis, by):
    """``x`` moved by one along an axis; a zero comes in where nothing was."""
    every = [slice(None)] * x.type.ndim
    kept, lost = list(every), list(every)
    kept[axis] = slice(None, -1) if by > 0 else slice(1, None)
    lost[axis] = slice(0, 1)
    zero = graph.zeros_like(graph.subtensor(x, lost))
    parts = [graph.subtensor(x, kept), zero]
    return graph.concatenate(parts[::-1] if by > 0 else parts, axis)


class Cumulative(_AlongAxis):
    """Sums or products of the elements up to each one.

    Parameters
    ----------
    kind : {"cumsum", "cumprod"}
    axis : int
    """

    props = ("name", "axis")

    def __init__(self, kind, axis):
        super().__init__(axis)
        self.name = kind

    def out_types(self, x):
        self._check(x)
        return [x.with_dtype(accumulated(x.dtype))]

    def reference(self, x):
        dtype = accumulated(x.dtype.name)
        x = x.astype("float64" if is_float(dtype) else dtype, copy=False)
        with np.errstate(all="ignore"):
            return getattr(np, self.name)(x, axis=self.axis).astype(dtype, copy=False)

    def vjp(self, inputs, outputs, cotangents, needed):
        (x,), (y,), (g,) = inputs, outputs, cotangents
        axis = self.axis
        if self.name == "cumsum":
            found = reverse(Cumulative("cumsum", axis)(reverse(g, axis)), axis)
        else:
            # dy[j]/dx[k] is the product of the others: y[k-1] and x[k+1] ... x[j]
            follow = Decay(axis)(reverse(_shifted(x, axis, -1), axis), reverse(g, axis))
            before = graph.add(_shifted(graph.sub(y, 1), axis, 1), 1)
            found = graph.mul(before, reverse(follow, axis))
        return [graph.cast(found, x.type.dtype)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.cos(np.arange(24.0)).reshape(2, 3, 4)
        x[0, 1, 2] = x[1, 0, 1] = x[1, 2, 1] = 0.0
        for kind in ("cumsum", "cumprod"):
            yield Cumulative(kind, 0), [x]
            yield Cumulative(kind, 1), [x]
            yield Cumulative(kind, 0), [x[0, 0]]
            yield Cumulative(kind, 1), [x[0, :, :0]]
            yield Cumulative(kind, 0), [np.arange(3, dtype="int8")]


class Decay(_AlongAxis):
    """``y[k] = b[k] + a[k] * y[k - 1]`` along an axis, with ``y[0] = b[0]``; inputs are a and b."""

    name = "decay"

    def out_types(self, a, b):
        self._check(a)
        if len(a.shape) != len(b.shape) or a.dtype != b.dtype or not is_float(a.dtype):
            raise TypeError(f"{self.name}: needs two float arrays of one kind, not {a!r} and {b!r}")
        shape = [m if n is None else n for n, m in zip(a.shape, b.shape, strict=True)]
        return [a.with_shape(shape)]

    def infer_shape(self, shapes, values):
        if tuple(shapes[0]) != tuple(shapes[1]):
            raise ValueError(f"{self.name}: shapes {shapes[0]} and {shapes[1]} differ")
        return [tuple(shapes[0])]

    def reference(self, a, b):
        self.infer_shape([a.shape, b.shape], None)
        a, b = (np.moveaxis(v, self.axis, 0).astype("float64") for v in (a, b))
        y = b.copy()
        with np.errstate(all="ignore"):
            for k in range(1, len(y)):
                y[k] += a[k] * y[k - 1]
        return np.moveaxis(y, 0, self.axis).astype(promote(a.dtype, b.dtype))

    def vjp(self, inputs, outputs, cotangents, needed):
        (a, _), (y,), (g,) = inputs, outputs, cotangents
        axis = self.axis
        back = Decay(axis)(reverse(_shifted(a, axis, -1), axis), reverse(g, axis))
        back = reverse(back, axis)
        return [graph.mul(back, _shifted(y, axis, 1)) if needed[0] else None, back]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        a = np.cos(np.arange(6.0)).reshape(2, 3)
        yield Decay(0), [a, a + 1]
        yield Decay(1), [a, a + 1]
        yield Decay(0), [a[0, :0], a[0, :0]]


class ArgExtreme(_AlongAxis):
    """Position of the first largest or smallest element along an axis, which the result lacks.

    A NaN is larger and smaller than everything, as in NumPy.

    Parameters
    ----------
    kind : {"argmax", "argmin"}
    axis : int
    """

    props = ("name", "axis")
    no_gradient = (0,)

    def __init__(self, kind, axis):
        super().__init__(axis)
        self.name = kind

    def _shape(self, shape):
        if shape[self.axis] == 0:
            raise ValueError(
                f"{self.name}: an array of shape {tuple(shape)} has no elements along axis "
                f"{self.axis}"
            )
        return (*shape[: self.axis], *shape[self.axis + 1 :])

    def out_types(self, x):
        self._check(x)
        return [TensorType("int64", self._shape(x.shape))]

    def infer_shape(self, shapes, values):
        return [self._shape(tuple(shapes[0]))]

    def reference(self, x):
        self._shape(x.shape)
        return np.asarray(getattr(np, self.name)(x, axis=self.axis)).astype("int64")

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.cos(np.arange(24.0)).reshape(2, 3, 4)
        x[0, 1, 2] = x[1, 0, 2] = np.nan
        for kind in ("argmax", "argmin"):
            yield ArgExtreme(kind, 1), [x]
            yield ArgExtreme(kind, 0), [x[1, 1] // 0.5]
            yield ArgExtreme(kind, 0), [x[:, :, :0]]


class ArgSort(_AlongAxis):
    """Positions that bring the elements along an axis in order; equal ones keep theirs."""

    name = "argsort"
    no_gradient = (0,)

    def out_types(self, x):
        self._check(x)
        return [x.with_dtype("int64")]

    def reference(self, x):
        return np.argsort(x, axis=self.axis, kind="stable").astype("int64")

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.cos(np.arange(120.0)).round(1).reshape(2, 3, 20)
        x[1, 2, 3] = np.nan
        for axis in range(3):
            yield ArgSort(axis), [x]
        yield ArgSort(0), [x[0, 0, :0]]


class ArgSortRows(Op):
    """Positions that bring what lies along the first axis in lexicographic order, NaN last."""

    name = "argsort_rows"
    no_gradient = (0,)

    def out_types(self, x):
        if not x.ndim:
            raise TypeError("argsort_rows: an array with an axis is needed")
        return [TensorType("int64", x.shape[:1])]

    def infer_shape(self, shapes, values):
        return [shapes[0][:1]]

    def reference(self, x):
        columns = x.reshape(len(x), -1).T if x.size else np.zeros((1, len(x)))
        return np.lexsort(columns[::-1]).astype("int64")

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.arange(24).reshape(6, 2, 2) % 3
        yield ArgSortRows(), [x]
        yield ArgSortRows(), [x[:0]]
        yield ArgSortRows(), [np.where(x == 2, np.nan, x)[:, :, 0]]


class Sort(_AlongAxis):
    """The elements along an axis in increasing order, NaN last."""

    name = "sort"

    def out_types(self, x):
        self._check(x)
        return [x]

    def reference(self, x):
        return np.sort(x, axis=self.axis, kind="stable")

    def vjp(self, inputs, outputs, cotangents, needed):
        (x,), (g,) = inputs, cotangents
        return [graph.put_along(graph.zeros_like(x), ArgSort(self.axis)(x), g, self.axis)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.cos(np.arange(42.0)).reshape(2, 21)
        yield Sort(0), [x]
        yield Sort(1), [x]
        yield Sort(0), [x[0, :0]]
        yield Sort(0), [np.arange(100)[::-1] % 7]


class SearchSorted(Op):
    """Where values would be put into an ordered vector.

    Parameters
    ----------
    right : bool
        Whether after elements that are equal, instead of before.
    """

    name = "searchsorted"
    props = ("right",)
    no_gradient = (0, 1)

    def __init__(self, right):
        self.right = bool(right)

    def out_types(self, x, v):
        if x.ndim != 1 or x.dtype != v.dtype:
            raise TypeError(f"{self.name}: needs a vector of {v.dtype}, not {x!r}")
        return [v.with_dtype("int64")]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[1])]

    def reference(self, x, v):
        return np.asarray(np.searchsorted(x, v, "right" if self.right else "left")).astype("int64")

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None, None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        x = np.array([-1.0, 0.0, 0.0, 2.0, np.nan])
        for right in (False, True):
            yield SearchSorted(right), [x, np.array([[-2.0, 0.0, np.nan], [3.0, -0.5, 2.0]])]
            yield SearchSorted(right), [x[:0], np.array(1.0)]
