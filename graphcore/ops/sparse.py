"""Products with sparse matrices, of which the elements are variable and the positions are known.

A matrix is the vector of its elements row by row, and a constant *pattern*: the int64 array of
``rows + 1`` starts of rows followed by the column of every element (compressed sparse rows).  The
two operations are closed under differentiation.
"""

from importlib import import_module
from typing import NamedTuple

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import constant


class SparseType(NamedTuple):
    """What programs ask for to tell a sparse matrix: ``isinstance(x.type, SparseType)``."""

    format: str
    dtype: str

    def __call__(self, name=None):
        """A matrix of this type, as the input of a function."""
        return import_module("graphcore.sparse_inputs").sparse_input(*self, name)


class _OnPattern(Op):
    """An operation on the pattern of a matrix of ``rows`` rows and ``columns`` columns."""

    def _rows_of(self, pattern):
        """Row of every element."""
        return np.repeat(np.arange(self.rows), np.diff(pattern[: self.rows + 1]))

    def _check_float(self, *types):
        for t in types:
            if t.dtype != "float64":
                raise TypeError(f"{self.name}: needs elements of float64, not {t.dtype}")

    def _check_length(self, found, wanted):
        if found is not None and found != wanted:
            raise ValueError(
                f"{self.name}: the sparse matrix is {self.rows} by {self.columns}, the dense "
                f"operand has length {found} where it needs {wanted}"
            )

    def _check_pattern(self, pattern, count=None):
        """Programs read where a pattern says: all of it has to be there, and as many elements.

        Inside of a loop the pattern is a constant that was checked outside of it (None).
        """
        if pattern is None:
            return
        columns = len(pattern) - self.rows - 1
        if columns < 0 or pattern[self.rows] != columns or count not in (None, columns):
            raise ValueError(
                f"{self.name}: {columns if count is None else count} elements are given for a "
                f"sparse matrix that has {pattern[self.rows] if columns >= 0 else '?'} of them"
            )

    @staticmethod
    def _example():
        dense = np.array([[0.0, 2, 0, 1], [0, 0, 0, 0], [3, 0, -1, 0]])
        rows, columns = np.nonzero(dense)
        starts = np.searchsorted(rows, np.arange(4))
        return dense[rows, columns], np.concatenate([starts, columns])


class SparseDot(_OnPattern):
    """A sparse matrix, or its transpose, times a vector or matrix.

    Parameters
    ----------
    rows, columns : int
    trans : bool
    """

    name = "sparse_dot"
    props = ("rows", "columns", "trans")

    def __init__(self, rows, columns, trans=False):
        self.rows, self.columns, self.trans = int(rows), int(columns), bool(trans)

    def _lengths(self):
        """Length of the result and of the dense operand."""
        lengths = (self.rows, self.columns)
        return lengths[::-1] if self.trans else lengths

    def out_types(self, data, pattern, dense):
        self._check_float(data, dense)
        if dense.ndim not in (1, 2):
            raise TypeError(f"{self.name}: needs a vector or matrix, not {dense!r}")
        length, wanted = self._lengths()
        self._check_length(dense.shape[0], wanted)
        return [TensorType("float64", (length, *dense.shape[1:]))]

    def infer_shape(self, shapes, values):
        length, wanted = self._lengths()
        self._check_pattern(values[1], shapes[0][0])
        self._check_length(shapes[2][0], wanted)
        return [(length, *shapes[2][1:])]

    def reference(self, data, pattern, dense):
        shapes = [data.shape, pattern.shape, dense.shape]
        ((length, *_),) = self.infer_shape(shapes, [None, pattern, None])
        places, read = self._rows_of(pattern), pattern[self.rows + 1 :]
        if self.trans:
            places, read = read, places
        terms = data.reshape((-1,) + (1,) * (dense.ndim - 1)) * dense[read]
        out = np.zeros((length, *dense.shape[1:]))
        np.add.at(out, places, terms)
        return out

    def vjp(self, inputs, outputs, cotangents, needed):
        data, pattern, dense = inputs
        (g,) = cotangents
        pair = (dense, g) if self.trans else (g, dense)
        sampled = SampledDot(self.rows, self.columns)
        turned = SparseDot(self.rows, self.columns, not self.trans)
        return [
            sampled(pattern, *pair) if needed[0] else None,
            None,
            turned(data, pattern, g) if needed[2] else None,
        ]

    shape_inputs = (1,)
    no_gradient = (1,)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(2)
        data, pattern = _OnPattern._example()
        for trans in (False, True):
            n = 3 if trans else 4
            yield SparseDot(3, 4, trans), [data, pattern, rng.normal(size=n)]
            yield SparseDot(3, 4, trans), [data, pattern, rng.normal(size=(n, 2))]
            yield SparseDot(3, 4, trans), [data, pattern, rng.normal(size=(n, 1))]
            yield SparseDot(3, 4, trans), [data, pattern, np.ones((n, 0))]
            yield SparseDot(n, n, trans), [data[:0], np.zeros(n + 1, int), np.ones(n)]
        yield SparseDot(0, 2), [data[:0], np.zeros(1, int), np.ones(2)]


class SampledDot(_OnPattern):
    """The elements of ``u @ v.T`` at the positions of a pattern; vectors count as columns."""

    name = "sampled_dot"
    props = ("rows", "columns")
    shape_inputs = (0,)
    no_gradient = (0,)

    def __init__(self, rows, columns):
        self.rows, self.columns = int(rows), int(columns)

    def out_types(self, pattern, u, v):
        self._check_float(u, v)
        if u.ndim != v.ndim or u.ndim not in (1, 2):
            raise TypeError(f"{self.name}: needs two vectors or two matrices, not {u!r}, {v!r}")
        self._check_length(u.shape[0], self.rows)
        self._check_length(v.shape[0], self.columns)
        n = pattern.shape[0]
        return [TensorType("float64", (None if n is None else n - self.rows - 1,))]

    def infer_shape(self, shapes, values):
        self._check_pattern(values[0])
        self._check_length(shapes[1][0], self.rows)
        self._check_length(shapes[2][0], self.columns)
        if shapes[1][1:] != shapes[2][1:]:
            raise ValueError(f"{self.name}: operands of {shapes[1]} and {shapes[2]} do not match")
        return [(shapes[0][0] - self.rows - 1,)]

    def reference(self, pattern, u, v):
        self.infer_shape([pattern.shape, u.shape, v.shape], [pattern, None, None])
        product = u[self._rows_of(pattern)] * v[pattern[self.rows + 1 :]]
        return product if u.ndim == 1 else product.sum(axis=1)

    def vjp(self, inputs, outputs, cotangents, needed):
        pattern, u, v = inputs
        (g,) = cotangents
        return [
            None,
            SparseDot(self.rows, self.columns)(g, pattern, v) if needed[1] else None,
            SparseDot(self.rows, self.columns, True)(g, pattern, u) if needed[2] else None,
        ]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(3)
        _, pattern = _OnPattern._example()
        for more in ((), (2,), (1,), (0,)):
            u, v = rng.normal(size=(3, *more)), rng.normal(size=(4, *more))
            yield SampledDot(3, 4), [pattern, u, v]


def pattern_of(starts, columns):
    """The constant of a pattern; positions are checked by who makes it."""
    return constant(np.concatenate([starts, columns]).astype("int64"))
