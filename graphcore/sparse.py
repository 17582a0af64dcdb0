"""Sparse matrices: positions that are known, elements that may be symbolic.

Matrices of which everything is symbolic, inputs of functions, are in ``sparse_inputs``.

A :class:`SparseVariable` holds the places of its elements as NumPy arrays and the elements as a
symbolic vector of float64, so that everything about places is settled while the graph is built and
a program only works on elements.  Products with dense vectors and matrices are one kernel each, and
so are their derivatives.

Examples
--------
>>> import numpy as np
>>> import scipy.sparse
>>> import graphcore.tensor as tt
>>> from graphcore import sparse
>>> design = sparse.as_sparse_variable(scipy.sparse.csr_matrix([[1.0, 0.0], [0.0, 2.0]]))
>>> beta = tt.vector("beta")
>>> (design @ beta).eval({beta: [3.0, 4.0]})
array([3., 8.])
"""

from importlib import import_module

import numpy as np

from graphcore import tensor as tt
from graphcore.graph.nodes import Constant, Variable
from graphcore.ops import sparse as _ops
from graphcore.ops.sparse import SparseType
from graphcore.sparse_elementwise import structured_functions
from graphcore.tensor.type import all_dtypes


class SparseVariable:
    """A sparse matrix with symbolic elements; made by the functions of this module.

    Attributes
    ----------
    data : TensorVariable
        The elements, ordered by row, then by column; no position occurs twice.
    rows, columns : ndarray of int64
        Their positions.
    shape : (int, int)
    format : {"csr", "csc"}
        In which order :func:`csm_properties` gives the parts.
    """

    ndim = 2
    known = True  # the positions, which are symbolic of inputs
    dtype = "float64"
    type = property(lambda self: SparseType(self.format, self.data.dtype))
    __array_ufunc__ = None  # NumPy and SciPy leave operators to this class

    def __init__(self, data, rows, columns, shape, format="csr"):
        self.data, self.rows, self.columns = data, rows, columns
        self.shape, self.format = tuple(int(n) for n in shape), format
        starts = np.searchsorted(rows, np.arange(self.shape[0] + 1))
        self._pattern = _ops.pattern_of(starts, columns)

    def __repr__(self):
        return f"<{self.format} matrix of shape {self.shape} with {len(self.rows)} elements>"

    def with_data(self, data):
        """The matrix with other elements at the same positions."""
        return SparseVariable(data, self.rows, self.columns, self.shape, self.format)

    @property
    def T(self):
        """The transpose."""
        return transpose(self)

    def toarray(self):
        """The dense matrix."""
        return dense_from_sparse(self)

    def dot(self, other):
        """Product with a dense vector or matrix."""
        return dot(self, other)

    def sum(self, axis=None):
        """Sum of the elements, or of those along an axis."""
        return sp_sum(self, axis)

    # what the functions of this module do with positions that are known

    def properties(self):
        """``(data, indices, indptr, shape)`` in the format of the matrix."""
        data, major, minor, count = self.data, self.rows, self.columns, self.shape[0]
        if self.format == "csc":
            order = np.lexsort((self.rows, self.columns))
            data, major, minor = self.data[order], self.columns[order], self.rows[order]
            count = self.shape[1]
        indptr = np.searchsorted(major, np.arange(count + 1))
        return data, tt.constant(minor), tt.constant(indptr), self.shape

    def turned(self):
        """The transpose."""
        format = "csr" if self.format == "csc" else "csc"
        return _assemble(self.data, self.columns, self.rows, self.shape[::-1], format)

    def dense(self):
        """The dense matrix."""
        if not len(self.rows):
            return tt.zeros(self.shape)
        flat = self.rows * self.shape[1] + self.columns
        whole = tt.zeros((self.shape[0] * self.shape[1],))
        return tt.set_subtensor(whole[flat], self.data).reshape(self.shape)

    def times(self, dense, trans):
        """Product with a dense vector or matrix, of the transpose if ``trans``."""
        return _ops.SparseDot(*self.shape, trans)(self.data, self._pattern, dense)

    def sampled(self, x, y):
        """Elements of ``x @ y.T`` at the positions of the matrix."""
        return _ops.SampledDot(*self.shape)(self._pattern, x, y)

    def summed(self, axis):
        """Sums along an axis."""
        return self.times(_float(np.ones(self.shape[axis])), axis == 0)

    def diagonal(self):
        """The diagonal, of a square matrix."""
        on = np.flatnonzero(self.rows == self.columns)
        whole = tt.zeros((self.shape[0],))
        return tt.set_subtensor(whole[self.rows[on]], self.data[on]) if len(on) else whole

    def __matmul__(self, other):
        return dot(self, other)

    def __rmatmul__(self, other):
        return dot(other, self)

    def __neg__(self):
        return self.with_data(-self.data)

    def __add__(self, other):
        return add(self, other)

    __radd__ = __add__

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return add(-self, other)

    def __mul__(self, other):
        return mul(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if is_sparse_variable(other) or tt.as_tensor_variable(other).type.ndim:
            raise TypeError("a sparse matrix can be divided by a number only")
        return self.with_data(self.data / other)


def is_sparse_variable(x):
    """Whether ``x`` is a :class:`SparseVariable`."""
    return isinstance(x, SparseVariable)


def _float(x):
    return tt.cast(tt.as_tensor_variable(x), "float64")


def _assemble(data, rows, columns, shape, format="csr"):
    """A matrix of elements in any order; those at one position are added."""
    rows, columns = (np.asarray(v, dtype="int64").reshape(-1) for v in (rows, columns))
    for name, where, n in (("row", rows, shape[0]), ("column", columns, shape[1])):
        if where.size and not (where.min() >= 0 and where.max() < n):
            raise ValueError(f"sparse matrix of shape {tuple(shape)}: a {name} is out of range")
    flat, place = np.unique(rows * int(shape[1]) + columns, return_inverse=True)
    place = place.reshape(-1)
    if not np.array_equal(place, np.arange(len(rows))):
        if len(flat) == len(rows):
            data = data[np.argsort(place)]
        else:
            data = tt.inc_subtensor(tt.zeros((len(flat),))[place], data)
    width = max(int(shape[1]), 1)
    return SparseVariable(data, flat // width, flat % width, shape, format)


def as_sparse_variable(x, name=None):
    """A constant sparse matrix of one of SciPy's; a :class:`SparseVariable` as it is.

    Examples
    --------
    >>> import scipy.sparse
    >>> from graphcore import sparse
    >>> sparse.as_sparse_variable(scipy.sparse.eye(3, format="csc"))
    <csc matrix of shape (3, 3) with 3 elements>
    """
    if is_sparse_variable(x):
        return x
    if not hasattr(x, "tocoo"):
        raise TypeError(
            f"needs a sparse matrix of SciPy, not {type(x).__name__}; csr_from_dense makes one of "
            "a dense matrix"
        )
    found = x.tocoo()
    data = tt.constant(np.asarray(found.data, dtype="float64"), name)
    format = "csc" if x.format == "csc" else "csr"
    return _assemble(data, found.row, found.col, found.shape, format)


as_sparse = as_sparse_or_tensor_variable = constant = as_sparse_variable


def _entries(shape):
    return shape if isinstance(shape, (tuple, list)) else [shape]


def _known(name, *matrices):
    """Refuse matrices whose positions are symbolic."""
    for x in matrices:
        if not x.known:
            raise TypeError(
                f"{name}: the positions of {x!r} are symbolic, and its result has other ones; work "
                "on x.toarray(), or make the matrix with as_sparse_variable"
            )


def _compressed(data, indices, indptr, shape, format):
    if isinstance(indices, Constant):
        indices = indices.data
    if isinstance(indptr, Constant):
        indptr = indptr.data
    if any(isinstance(v, Variable) for v in (indices, indptr, *_entries(shape))):
        made = import_module("graphcore.sparse_inputs").compressed
        return made(data, indices, indptr, shape, format)
    indptr = np.asarray(indptr)
    major, minor = (0, 1) if format == "csr" else (1, 0)
    if len(indptr) != shape[major] + 1 or (np.diff(indptr) < 0).any() or indptr[0] != 0:
        raise ValueError(f"indptr must rise from 0 and have {shape[major] + 1} entries")
    if indptr[-1] != len(indices):
        raise ValueError(f"indptr ends at {indptr[-1]}, there are {len(indices)} indices")
    places = [None, None]
    places[major] = np.repeat(np.arange(shape[major]), np.diff(indptr))
    places[minor] = indices
    data = _float(data)
    if data.type.shape[0] not in (None, len(indices)):
        raise ValueError(f"{data.type.shape[0]} elements for {len(indices)} positions")
    return _assemble(data, *places, shape, format)


def CSR(data, indices, indptr, shape):
    """The matrix of compressed sparse rows, whose elements ``data`` may be symbolic.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> from graphcore import sparse
    >>> w = tt.vector("w")
    >>> m = sparse.CSR(w, [1, 0], [0, 1, 2], (2, 2))
    >>> (m @ [1.0, 10.0]).eval({w: [2.0, 3.0]})
    array([20.,  3.])
    """
    return _compressed(data, indices, indptr, shape, "csr")


def CSC(data, indices, indptr, shape):
    """The matrix of compressed sparse columns; as :func:`CSR`."""
    return _compressed(data, indices, indptr, shape, "csc")


def csr_from_dense(x, pattern=None):
    """A sparse matrix of a dense one.

    Parameters
    ----------
    x : array_like or variable
    pattern : ndarray, optional
        Where the elements are (not zero); needed for a symbolic ``x``.
    """
    if isinstance(x, Constant):
        x = x.data
    if pattern is None:
        if isinstance(x, Variable):
            raise TypeError("the positions of a symbolic matrix are unknown: pass pattern")
        pattern = x
    rows, columns = np.nonzero(np.asarray(pattern))
    return SparseVariable(_float(x)[rows, columns], rows, columns, np.shape(pattern))


def csc_from_dense(x, pattern=None):
    """As :func:`csr_from_dense`, in the other format."""
    found = csr_from_dense(x, pattern)
    return SparseVariable(found.data, found.rows, found.columns, found.shape, "csc")


def csm_properties(x):
    """``(data, indices, indptr, shape)`` of a matrix in its format."""
    return as_sparse_variable(x).properties()


def csm_data(csm):
    """The elements of a matrix, in the order of its format."""
    return csm_properties(csm)[0]


def csm_indices(csm):
    """Column (for csc: row) of every element."""
    return csm_properties(csm)[1]


def csm_indptr(csm):
    """Where the rows (for csc: columns) start."""
    return csm_properties(csm)[2]


def csm_shape(csm):
    """The shape, as two ints."""
    return csm.shape


def dense_from_sparse(x):
    """The dense matrix.

    Examples
    --------
    >>> import scipy.sparse
    >>> from graphcore import sparse
    >>> sparse.dense_from_sparse(scipy.sparse.csr_matrix([[0, 2], [0, 0]])).eval()
    array([[0., 2.],
           [0., 0.]])
    """
    return as_sparse_variable(x).dense()


def transpose(x):
    """The transpose of a sparse matrix."""
    return as_sparse_variable(x).turned()


def _product(x, dense, trans):
    dense = _float(dense)
    if dense.type.ndim not in (1, 2):
        raise TypeError(f"a sparse matrix times an array of {dense.type.ndim} axes")
    return x.times(dense, trans)


def dot(x, y):
    """Product of a sparse matrix and a dense vector or matrix, in either order.

    The result is dense.  Derivatives with respect to the dense operand and to the elements of the
    sparse one are kernels too.

    Examples
    --------
    >>> import scipy.sparse
    >>> from graphcore import sparse
    >>> m = scipy.sparse.csr_matrix([[0.0, 2.0], [1.0, 0.0]])
    >>> sparse.dot([1.0, 10.0], m).eval()
    array([10.,  2.])
    """
    x = as_sparse_variable(x) if hasattr(x, "tocoo") else x
    y = as_sparse_variable(y) if hasattr(y, "tocoo") else y
    if is_sparse_variable(x) and is_sparse_variable(y):
        return true_dot(x, y)
    if is_sparse_variable(x):
        return _product(x, y, False)
    if not is_sparse_variable(y):
        raise TypeError("dot: neither operand is sparse; use graphcore.tensor.dot")
    x = _float(x)
    return _product(y, x, True) if x.type.ndim == 1 else _product(y, x.T, True).T


structured_dot = basic_dot = dot


def usmm(alpha, x, y, z):
    """``alpha * dot(x, y) + z``."""
    return alpha * dot(x, y) + z


def sampling_dot(x, y, p):
    """``dot(x, y.T)`` at the positions of the sparse matrix ``p`` only, times its elements.

    ``x`` and ``y`` have one row per row and per column of ``p``.
    """
    p = as_sparse_variable(p)
    return p.with_data(p.data * p.sampled(_float(x), _float(y)))


def _same_shape(name, x, y):
    if x.shape != tuple(y.shape):
        raise ValueError(f"{name}: sparse matrices of shapes {x.shape} and {tuple(y.shape)}")


def add(x, y):
    """Sum of two sparse matrices (sparse), or of a sparse and a dense one (dense)."""
    sparse_x, sparse_y = (is_sparse_variable(v) or hasattr(v, "tocoo") for v in (x, y))
    if not (sparse_x and sparse_y):
        if not sparse_x:
            x, y = y, x
        return dense_from_sparse(x) + y
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    if not (x.known and y.known):
        return import_module("graphcore.sparse_inputs").added(x, y)
    _same_shape("add", x, y)
    data = tt.concatenate([x.data, y.data])
    places = [np.concatenate(v) for v in ((x.rows, y.rows), (x.columns, y.columns))]
    return _assemble(data, *places, x.shape, x.format)


def sub(x, y):
    """Difference of two sparse matrices (sparse), or of a sparse and a dense one (dense)."""
    if hasattr(y, "tocoo"):
        y = as_sparse_variable(y)
    return add(x, -y if is_sparse_variable(y) else -tt.as_tensor_variable(y))


def mul(x, y):
    """Product element by element with a number, a dense matrix or a sparse one; sparse."""
    if not (is_sparse_variable(x) or hasattr(x, "tocoo")):
        x, y = y, x
    x = as_sparse_variable(x)
    if is_sparse_variable(y) or hasattr(y, "tocoo"):
        y = as_sparse_variable(y)
        if not (x.known and y.known):
            return import_module("graphcore.sparse_inputs").multiplied(x, y)
        _same_shape("mul", x, y)
        flat = [v.rows * v.shape[1] + v.columns for v in (x, y)]
        _, i, j = np.intersect1d(*flat, assume_unique=True, return_indices=True)
        return SparseVariable(x.data[i] * y.data[j], x.rows[i], x.columns[i], x.shape, x.format)
    y = _float(y)
    if y.type.ndim:
        y = tt.broadcast_to(y, x.shape)[x.rows, x.columns]
    return x.with_data(x.data * y)


subtract, multiply = sub, mul


def col_scale(x, s):
    """The columns of a sparse matrix times the elements of a vector."""
    x = as_sparse_variable(x)
    return x.with_data(x.data * _float(s)[x.columns])


mul_s_v = col_scale


def row_scale(x, s):
    """The rows of a sparse matrix times the elements of a vector."""
    x = as_sparse_variable(x)
    return x.with_data(x.data * _float(s)[x.rows])


def sp_sum(x, axis=None, sparse_grad=False):
    """Sum of the elements of a sparse matrix, or of those along an axis; dense.

    Examples
    --------
    >>> import scipy.sparse
    >>> from graphcore import sparse
    >>> sparse.sp_sum(scipy.sparse.csr_matrix([[1, 2], [0, 4]]), axis=0).eval()
    array([1., 6.])
    """
    x = as_sparse_variable(x)
    if axis is None:
        return tt.sum(x.data)
    if axis not in (0, 1, -1, -2):
        raise ValueError(f"sp_sum: axis must be 0 or 1, not {axis!r}")
    return x.summed(axis % 2)


def diag(v):
    """The diagonal of a square sparse matrix, dense."""
    v = as_sparse_variable(v)
    if isinstance(v.shape[0], int) and v.shape[0] != v.shape[1]:
        raise ValueError(f"diag: the matrix must be square, not {v.shape[0]} by {v.shape[1]}")
    return v.diagonal()


def square_diagonal(diag):
    """The sparse square matrix that has a vector of known length on its diagonal."""
    diag = _float(diag)
    (n,) = diag.type.shape
    if n is None:
        raise TypeError("square_diagonal: the length of the vector must be known")
    return SparseVariable(diag, np.arange(n), np.arange(n), (n, n), "csc")


def _stacked(blocks, axis, format):
    blocks = [as_sparse_variable(b) for b in blocks]
    _known("stack", *blocks)
    if len({b.shape[1 - axis] for b in blocks}) != 1:
        raise ValueError(f"the shapes {[b.shape for b in blocks]} do not fit together")
    offsets = np.concatenate([[0], np.cumsum([b.shape[axis] for b in blocks])])
    places = [np.concatenate([b.rows for b in blocks]), np.concatenate([b.columns for b in blocks])]
    counts = [len(b.rows) for b in blocks]
    places[axis] = places[axis] + np.repeat(offsets[:-1], counts)
    shape = [blocks[0].shape[0], blocks[0].shape[1]]
    shape[axis] = offsets[-1]
    data = tt.concatenate([b.data for b in blocks])
    return _assemble(data, *places, shape, format or blocks[0].format)


def hstack(blocks, format=None, dtype=None):
    """Sparse matrices side by side."""
    return _stacked(blocks, 1, format)


def vstack(blocks, format=None, dtype=None):
    """Sparse matrices one above the other."""
    return _stacked(blocks, 0, format)


def sp_ones_like(x):
    """A matrix with ones at the same positions."""
    x = as_sparse_variable(x)
    return x.with_data(tt.ones_like(x.data))


def sp_zeros_like(x):
    """A matrix of the same shape without elements."""
    x = as_sparse_variable(x)
    _known("sp_zeros_like", x)
    return SparseVariable(tt.constant(np.ones(0)), x.rows[:0], x.columns[:0], x.shape, x.format)


def neg(x):
    """The negative of a sparse matrix."""
    return -as_sparse_variable(x)


def conj(x):
    """The matrix as it is: elements are real."""
    return as_sparse_variable(x)


conjugate = conj


def ensure_sorted_indices(x):
    """The matrix as it is: positions are kept in order, and none occurs twice."""
    return as_sparse_variable(x)


def true_dot(x, y, grad_preserves_dense=True):
    """Product of two sparse matrices, sparse; of a sparse and a dense one, dense.

    Examples
    --------
    >>> import scipy.sparse
    >>> from graphcore import sparse
    >>> m = scipy.sparse.csr_matrix([[0.0, 2.0], [1.0, 0.0]])
    >>> sparse.true_dot(m, m).toarray().eval()
    array([[2., 0.],
           [0., 2.]])
    """
    if not all(is_sparse_variable(v) or hasattr(v, "tocoo") for v in (x, y)):
        return dot(x, y)
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    _known("true_dot", x, y)
    if x.shape[1] != y.shape[0]:
        raise ValueError(f"true_dot: sparse matrices of shapes {x.shape} and {y.shape}")
    starts = np.searchsorted(y.rows, np.arange(y.shape[0] + 1))
    counts = np.diff(starts)[x.columns]  # elements of y that every element of x meets
    left = np.repeat(np.arange(len(x.rows)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    right = starts[x.columns[left]] + within
    products = x.data[left] * y.data[right]
    shape = (x.shape[0], y.shape[1])
    return _assemble(products, x.rows[left], y.columns[right], shape, x.format)


def structured_add_s_v(x, v):
    """A vector added to the elements of every row, at their positions."""
    x = as_sparse_variable(x)
    return x.with_data(x.data + _float(v)[x.columns])


_generated = dict(structured_functions(as_sparse_variable))
globals().update(_generated)

_INPUTS = ["csc_dmatrix", "csc_fmatrix", "csc_matrix", "csr_dmatrix", "csr_fmatrix", "csr_matrix"]

__all__ = [
    "CSC", "CSR", "SparseType", "SparseVariable", "add", "all_dtypes", "as_sparse",
    "as_sparse_or_tensor_variable", "as_sparse_variable", "basic_dot", "col_scale", "conj",
    "conjugate", "constant", "csc_from_dense", "csm_data", "csm_indices", "csm_indptr",
    "csm_properties", "csm_shape", "csr_from_dense", "dense_from_sparse", "diag", "dot",
    "ensure_sorted_indices", "hstack", "is_sparse_variable", "mul", "mul_s_v", "multiply", "neg",
    "row_scale", "sampling_dot", "sp_ones_like", "sp_sum", "sp_zeros_like", "square_diagonal",
    "structured_add_s_v", "structured_dot", "sub", "subtract", "transpose", "true_dot", "usmm",
    "vstack", *sorted(_generated), *_INPUTS,
]  # fmt: skip


def __getattr__(name):
    """The constructors of inputs, whose module needs this one."""
    if name in _INPUTS:
        from graphcore import sparse_inputs

        return getattr(sparse_inputs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
