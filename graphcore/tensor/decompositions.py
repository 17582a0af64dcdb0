"""Eigenvalues, singular values and other decompositions, and what is made of them.

As the functions of :mod:`graphcore.tensor.matrix_functions` they take batches of matrices too.
"""

import functools

import numpy as np

from graphcore.ops import spectral
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.shape import dimshuffle, expand
from graphcore.tensor.batches import batched
from graphcore.tensor.convert import as_tensor_variable, normal_axes, normal_axis
from graphcore.tensor.matrix_functions import cholesky, inv, solve, solve_triangular
from graphcore.tensor.ordering import argmax
from graphcore.tensor.products import dot
from graphcore.tensor.reductions import FUNCTIONS as _reductions
from graphcore.tensor.reductions import norm as _vector_norm
from graphcore.tensor.shaping import concatenate, ravel, reshape, zeros


def _applied(op, x):
    """The outputs of an operation on a matrix; rounded to float32 for a matrix of that type."""
    x = as_tensor_variable(x)
    found = op(cast(x, "float64"))
    if x.type.dtype != "float32":
        return found
    narrow = [cast(v, "float32") for v in (found if isinstance(found, list) else [found])]
    return narrow if isinstance(found, list) else narrow[0]


@batched(2)
def eigh(a, UPLO="L"):
    """Eigenvalues, ascending, and eigenvectors of a symmetric matrix.

    Parameters
    ----------
    a : matrix
        Symmetric; one triangle is read.
    UPLO : {"L", "U"}
        Which one.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> w, v = tt.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> w.eval()
    array([1., 2.])
    """
    if UPLO not in ("L", "U"):
        raise ValueError(f"eigh: UPLO must be 'L' or 'U', not {UPLO!r}")
    return _applied(spectral.Eigh(), a if UPLO == "L" else dimshuffle(a, (1, 0)))


@batched(2)
def eigvalsh(a, b=None, lower=True):
    """Eigenvalues of a symmetric matrix, ascending; with ``b``, of ``a @ v = w * b @ v``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]).eval()
    array([1., 2.])
    """
    a = a if lower else dimshuffle(a, (1, 0))
    if b is not None:
        factor = cholesky(b)
        full = spectral.mirrored(cast(a, "float64"))
        half = solve_triangular(factor, full, lower=True)
        a = solve_triangular(factor, dimshuffle(half, (1, 0)), lower=True)
    return eigh(a)[0]


@batched(2)
def eig(x):
    """Eigenvalues and eigenvectors of a square matrix, complex128.  It has no derivative.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.eig([[2.0, 0.0], [0.0, 1.0]])[0].eval()
    array([2.+0.j, 1.+0.j])
    """
    return spectral.Eig()(cast(x, "float64"))


@batched(2)
def eigvals(x):
    """Eigenvalues of a square matrix, complex128.  They have no derivative."""
    return eig(x)[0]


@batched(2)
def svd(a, full_matrices=False, compute_uv=True):
    """Singular value decomposition ``a = u @ diag(s) @ vt``.

    Parameters
    ----------
    a : matrix
    full_matrices : bool
        True for square ``u`` and ``vt``, of which only ``s`` has derivatives; otherwise there are
        as many vectors as singular values.
    compute_uv : bool
        False for the singular values alone.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.svd([[0.0, 2.0], [1.0, 0.0]], compute_uv=False).eval()
    array([2., 1.])
    """
    found = _applied(spectral.SVD(full_matrices and compute_uv), a)
    return found if compute_uv else found[1]


@batched(2)
def qr(a, mode="reduced", overwrite_a=False, pivoting=False, lwork=None):
    """Orthonormal columns and an upper triangle, ``a = q @ r``.

    Parameters
    ----------
    a : matrix
    mode : {"reduced", "economic", "complete", "r"}
        ``"complete"`` makes ``q`` square.
    overwrite_a, lwork
        Accepted for programs written for PyTensor.
    pivoting : bool
        Must be False.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> q, r = tt.linalg.qr([[1.0, 2.0], [0.0, 1.0]])
    >>> tt.dot(q, r).eval()
    array([[1., 2.],
           [0., 1.]])
    """
    if mode not in ("reduced", "economic", "full", "complete", "r"):
        raise ValueError(f"qr: mode must be 'reduced', 'complete' or 'r', not {mode!r}")
    if pivoting:
        raise NotImplementedError("qr: pivoting is not supported")
    q, r = _applied(spectral.QR(mode in ("full", "complete")), a)
    return r if mode == "r" else [q, r]


@batched(2)
def lu(a, permute_l=False, check_finite=False, p_indices=False, overwrite_a=False):
    """Permutation, unit lower and upper triangle, ``a = p @ l @ u``, of a square matrix.

    Parameters
    ----------
    a : matrix
    permute_l : bool
        True for ``p @ l`` and ``u``.
    p_indices : bool
        True for a vector in the place of ``p``: the rows of ``l`` in the order of ``a``.
    check_finite, overwrite_a : bool
        Accepted for programs written for PyTensor.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> p, l, u = tt.linalg.lu([[0.0, 2.0], [4.0, 1.0]])
    >>> u.eval()
    array([[4., 1.],
           [0., 2.]])
    """
    p, low, up = _applied(spectral.LU(), a)
    if permute_l:
        return [dot(p, low), up]
    return [argmax(p, axis=1) if p_indices else p, low, up]


@batched(2)
def expm(x):
    """The exponential of a square matrix.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.expm([[0.0, 1.0], [0.0, 0.0]]).eval()
    array([[1., 1.],
           [0., 1.]])
    """
    return _applied(spectral.Expm(), x)


@batched(2)
def pinv(x, rcond=1e-15, hermitian=False):
    """The Moore-Penrose inverse of a matrix.

    Parameters
    ----------
    x : matrix
    rcond : float
        Singular values below this part of the largest count as zero.
    hermitian : bool
        Accepted for programs written for PyTensor.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.pinv([[2.0], [0.0]]).eval()
    array([[0.5, 0. ]])
    """
    return _applied(spectral.Pinv(rcond), x)


def lstsq(a=None, b=None, rcond=None):
    """The least squares solution of ``a @ x = b``, of smallest norm.

    Without arguments it is this function: Theano's name is that of a class, ``lstsq()(a, b)``.

    Parameters
    ----------
    a : matrix
    b : vector or matrix
    rcond : float, optional
        Singular values below this part of the largest count as zero.

    Returns
    -------
    list
        Solution, sums of squared residuals (as many as right-hand sides), rank, singular values.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])[0].eval()
    array([2.])
    """
    if a is None and b is None:
        return lstsq
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    limit = 1e-15 if rcond is None else rcond
    x = dot(pinv(a, limit), b)
    residuals = _reductions["sum"](apply_row("sqr", dot(a, x) - b), 0)
    s = svd(a, compute_uv=False)
    rank = _reductions["sum"](apply_row("gt", s, limit * s[:1]))
    return [x, residuals, rank, s]


def tensorinv(a, ind=2):
    """The inverse of ``a`` under :func:`tensordot` over its first ``ind`` axes.

    Parameters
    ----------
    a : array_like or variable
        The product of its first ``ind`` lengths is that of the others.
    ind : int
        Positive.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.tensorinv(2 * tt.eye(4).reshape((4, 2, 2)), ind=1).shape.eval()
    array([2, 2, 4])
    """
    a = as_tensor_variable(a)
    if not 0 < ind < a.type.ndim:
        raise ValueError(f"tensorinv: ind must be between 1 and {a.type.ndim - 1}, not {ind}")
    lengths = [shape_entry(a, i) if n is None else n for i, n in enumerate(a.type.shape)]
    rows = functools.reduce(lambda m, n: m * n, lengths[:ind])
    return reshape(inv(reshape(a, (rows, -1))), (*lengths[ind:], *lengths[:ind]))


def tensorsolve(a, b, axes=None):
    """Solve ``tensordot(a, x, x.ndim) == b``.

    Parameters
    ----------
    a : array_like or variable
        Its first axes are those of ``b``, the others those of the solution.
    b : array_like or variable
    axes : sequence of int, optional
        Axes of ``a`` to put at its end first.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = 2 * tt.eye(4).reshape((4, 2, 2))
    >>> tt.linalg.tensorsolve(a, [2.0, 4.0, 6.0, 8.0]).eval()
    array([[1., 2.],
           [3., 4.]])
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if axes is not None:
        last = [normal_axis(i, a.type.ndim) for i in axes]
        a = dimshuffle(a, [*(i for i in range(a.type.ndim) if i not in last), *last])
    k = b.type.ndim
    lengths = [shape_entry(a, i) if n is None else n for i, n in enumerate(a.type.shape)]
    rows = functools.reduce(lambda m, n: m * n, lengths[:k], 1)
    return reshape(solve(reshape(a, (rows, -1)), ravel(b)), tuple(lengths[k:]))


def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of a vector or matrix, with the names of ``numpy.linalg.norm``.

    Parameters
    ----------
    x : array_like or variable
    ord : {None, "fro", "nuc", inf, -inf} or number, optional
        None is the root of the sum of squares.  For a matrix, 1 and infinity are the largest sum
        of absolute values of a column and of a row, 2 the largest singular value, ``"nuc"`` the
        sum of the singular values, and negative numbers ask for the smallest.
    axis : int or (int, int), optional
        The axis of vectors or the two axes of matrices; all axes by default.
    keepdims : bool

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.linalg.norm([[3.0, 0.0], [4.0, 0.0]]).eval())
    5.0
    """
    x = as_tensor_variable(x)
    ord = float(ord) if ord in ("inf", "-inf") else ord  # Theano's names
    if ord is None:
        return _vector_norm(x, 2, axis, keepdims)
    axes = normal_axes(axis, x.type.ndim)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"norm: {ord!r} is a norm of matrices, not of vectors")
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError(f"norm: ord={ord!r} needs one axis or two, not {len(axes)}")
    first, second = axes if axis is None else (normal_axis(i, x.type.ndim) for i in axis)
    if ord == "fro":
        return _vector_norm(x, 2, axes, keepdims)
    if ord in (2, -2, "nuc"):
        rest = [i for i in range(x.type.ndim) if i not in axes]
        s = svd(dimshuffle(x, [*rest, first, second]), compute_uv=False)
        y = _reductions[{2: "max", -2: "min", "nuc": "sum"}[ord]](s, -1)
    elif ord in (1, -1, np.inf, -np.inf):
        added = first if abs(ord) == 1 else second
        sums = _reductions["sum"](apply_row("abs", x), added, keepdims=True)
        y = _reductions["max" if ord > 0 else "min"](sums, axes)
    else:
        raise ValueError(f"norm: there is no matrix norm of ord={ord!r}")
    return expand(y, sorted(axes), x.type.ndim) if keepdims else y


def block_diag(*matrices):
    """The matrix with the given ones along its diagonal and zeros elsewhere.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.linalg.block_diag([[1.0]], [[2.0, 3.0]]).eval()
    array([[1., 0., 0.],
           [0., 2., 3.]])
    """
    if not matrices:
        raise ValueError("block_diag: needs at least one matrix")
    parts = [as_tensor_variable(m) for m in matrices]
    for m in parts:
        if m.type.ndim != 2:
            raise TypeError(f"block_diag: needs matrices, not an array of {m.type.ndim} axes")
    widths = [shape_entry(m, 1) if m.type.shape[1] is None else m.type.shape[1] for m in parts]
    rows = []
    for i, m in enumerate(parts):
        height = shape_entry(m, 0) if m.type.shape[0] is None else m.type.shape[0]
        before, after = sum(widths[:i]), sum(widths[i + 1 :])
        sides = [zeros((height, w), m.type.dtype) for w in (before, after)]
        rows.append(concatenate([sides[0], m, sides[1]], axis=1))
    return concatenate(rows, axis=0)


__all__ = [
    "block_diag", "eig", "eigh", "eigvals", "eigvalsh", "expm", "lstsq", "lu", "norm", "pinv",
    "qr", "svd", "tensorinv", "tensorsolve",
]  # fmt: skip
