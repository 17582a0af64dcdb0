"""Sparse matrices as inputs of functions: elements, positions and shape are all symbolic.

Made of ordinary arrays (the vectors of a compressed matrix, and its two lengths), so that products,
sums and their derivatives are gathers and scatters of the program.
"""

import numpy as np

from graphcore import config
from graphcore import tensor as tt
from graphcore.graph.nodes import Variable
from graphcore.ops.debug import Assert
from graphcore.sparse import SparseVariable


class SymbolicSparse(SparseVariable):
    """A sparse matrix of which only the format is known; made by :func:`csr_matrix` and its kin.

    Attributes
    ----------
    data, indices, indptr, lengths : TensorVariable
        The vectors of the compressed format, and the numbers of rows and columns.
    """

    known = False

    def __init__(self, data, indices, indptr, lengths, format="csr", name=None):
        self.data, self.indices, self.indptr, self.lengths = data, indices, indptr, lengths
        self.format, self.name = format, name

    def __repr__(self):
        return self.name or f"<{self.format} matrix>"

    @property
    def parts(self):
        """All the variables that it consists of."""
        return self.data, self.indices, self.indptr, self.lengths

    @property
    def shape(self):
        """Numbers of rows and columns."""
        return self.lengths[0], self.lengths[1]

    @property
    def _places(self):
        """Positions along the compressed axis and along the other one."""
        # an element lies in the row whose number is that of the ends up to the element
        ends = tt.zeros((self.indices.shape[0] + 1,), dtype="int64")
        ends = tt.inc_subtensor(ends[self.indptr[1:]], 1)
        return tt.cumsum(ends)[:-1], self.indices

    @property
    def rows(self):
        """Row of every element."""
        return self._places[self.format == "csc"]

    @property
    def columns(self):
        """Column of every element."""
        return self._places[self.format == "csr"]

    def with_data(self, data):
        """The matrix with other elements at the same positions."""
        return SymbolicSparse(data, self.indices, self.indptr, self.lengths, self.format)

    def properties(self):
        """``(data, indices, indptr, shape)``."""
        return self.data, self.indices, self.indptr, self.lengths

    def turned(self):
        """The transpose: the same vectors in the other format."""
        format = "csr" if self.format == "csc" else "csc"
        return SymbolicSparse(
            self.data, self.indices, self.indptr, self.lengths[::-1], format
        )  # fmt: skip

    def dense(self):
        """The dense matrix."""
        whole = tt.zeros(self.shape)
        return tt.inc_subtensor(whole[self.rows, self.columns], self.data)

    def times(self, dense, trans):
        """Product with a dense vector or matrix, of the transpose if ``trans``."""
        to, read, n = self.rows, self.columns, self.lengths[0]
        if trans:
            to, read, n = read, to, self.lengths[1]
        shape = [n, *(dense.shape[i] for i in range(1, dense.type.ndim))]
        data = self.data if dense.type.ndim == 1 else self.data[:, None]
        return tt.inc_subtensor(tt.zeros(shape)[to], data * dense[read])

    def sampled(self, x, y):
        """Elements of ``x @ y.T`` at the positions of the matrix."""
        return (x[self.rows] * y[self.columns]).sum(axis=1)

    def summed(self, axis):
        """Sums along an axis."""
        to, n = (self.columns, 1) if axis == 0 else (self.rows, 0)
        return tt.inc_subtensor(tt.zeros((self.lengths[n],))[to], self.data)

    def diagonal(self):
        """The diagonal, of a square matrix."""
        on = tt.eq(self.rows, self.columns)
        whole = tt.zeros((self.lengths[0],))
        return tt.inc_subtensor(whole[self.rows], tt.switch(on, self.data, 0.0))


def sparse_input(format, dtype=None, name=None):
    """A sparse matrix of a format, ``"csr"`` or ``"csc"``, as the input of a function."""

    def part(suffix, dtype):
        return tt.vector(None if name is None else f"{name}.{suffix}", dtype=dtype)

    lengths = tt.tensor("int64", (2,), None if name is None else f"{name}.shape")
    data = part("data", dtype or config.floatX)
    parts = data, part("indices", "int64"), part("indptr", "int64"), lengths
    return SymbolicSparse(*parts, format, name)


def csr_matrix(name=None, dtype=None):
    """A sparse matrix in the format of compressed rows, as the input of a function.

    Its value at a call is one of SciPy's sparse matrices.

    Examples
    --------
    >>> import scipy.sparse, graphcore, graphcore.tensor as tt
    >>> from graphcore import sparse
    >>> x, w = sparse.csr_matrix("x"), tt.vector("w")
    >>> f = graphcore.function([x, w], sparse.dot(x, w))
    >>> f(scipy.sparse.eye(2, 3), [1.0, 2.0, 3.0])
    array([1., 2.])
    """
    return sparse_input("csr", dtype, name)


def csc_matrix(name=None, dtype=None):
    """As :func:`csr_matrix`, in the format of compressed columns."""
    return sparse_input("csc", dtype, name)


def csr_dmatrix(name=None):
    """:func:`csr_matrix` of float64."""
    return csr_matrix(name, "float64")


def csr_fmatrix(name=None):
    """:func:`csr_matrix` of float32."""
    return csr_matrix(name, "float32")


def csc_dmatrix(name=None):
    """:func:`csc_matrix` of float64."""
    return csc_matrix(name, "float64")


def csc_fmatrix(name=None):
    """:func:`csc_matrix` of float32."""
    return csc_matrix(name, "float32")


def compressed(data, indices, indptr, shape, format):
    """The matrix of vectors of which some are symbolic."""
    lengths = shape
    if not isinstance(shape, Variable):
        lengths = tt.stack([tt.cast(tt.as_tensor_variable(n), "int64") for n in shape])
    parts = [tt.cast(tt.as_tensor_variable(v), "int64") for v in (indices, indptr, lengths)]
    return SymbolicSparse(tt.as_tensor_variable(data), *parts, format)


def _positions(x, format):
    """Numbers of the positions of a matrix in the order of a format, and its two lengths."""
    rows, columns = (tt.as_tensor_variable(v) for v in (x.rows, x.columns))
    lengths = x.lengths if isinstance(x, SymbolicSparse) else tt.constant(np.array(x.shape))
    if format == "csr":
        return rows * lengths[1] + columns, lengths
    return columns * lengths[0] + rows, lengths


def _placed(data, positions, lengths, format):
    """The matrix of elements at positions that increase."""
    count, width = (lengths[0], lengths[1]) if format == "csr" else (lengths[1], lengths[0])
    width = tt.maximum(width, 1)
    starts = tt.searchsorted(positions // width, tt.arange(count + 1))
    return SymbolicSparse(data, positions % width, starts, lengths, format)


def _alike(name, data, x, y):
    """The elements, where the two shapes are the same."""
    return Assert(f"{name}: the matrices have different shapes")(data, tt.eq(x, y).all())


def added(x, y):
    """The sum of two matrices of which one at least is an input: at the positions of both."""
    (here, shape), (there, other) = _positions(x, x.format), _positions(y, x.format)
    places, each = tt.unique(tt.concatenate([here, there]), return_inverse=True)
    data = _alike("add", tt.concatenate([x.data, y.data]), shape, other)
    data = tt.inc_subtensor(tt.zeros_like(places, dtype=data.dtype)[each], data)
    return _placed(data, places, shape, x.format)


def multiplied(x, y):
    """The product of elements of two matrices of which one at least is an input."""
    if x is y:
        return x.with_data(x.data**2)
    (here, shape), (there, other) = _positions(x, x.format), _positions(y, x.format)
    order = tt.argsort(there)
    at = tt.searchsorted(there[order], here)
    # one more, that is nowhere, for positions after all others
    there, data = (
        tt.concatenate([v[order], tt.constant([none], dtype=v.dtype)])
        for v, none in ((there, -1), (y.data, 0))
    )
    (both,) = tt.eq(there[at], here).nonzero()
    product = x.data[both] * data[at[both]]
    return _placed(_alike("mul", product, shape, other), here[both], shape, x.format)
