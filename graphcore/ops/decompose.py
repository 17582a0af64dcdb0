"""Solving with matrices: Cholesky and LU factors, triangular systems, determinants.

A symmetric matrix is given by its lower triangle: what stands above the diagonal is never read,
and derivatives with respect to it are lower triangular, so that they are the derivatives of what is
computed.  Operations that fail for a matrix which is not positive definite say so: ``Cholesky``
raises ``LinAlgError`` (inside a log density: a recoverable failure); the operations of Gaussian
densities are -inf or NaN there.

Programs factor a matrix once, however many of these operations use it.
"""

import numpy as np
from numpy.linalg import LinAlgError

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.diagonals import Triangle, check_matrix
from graphcore.ops.linalg import Dot, outer, transposed
from graphcore.ops.operands import graph


def _check_square(name, shape):
    if None not in shape and shape[0] != shape[1]:
        raise ValueError(f"{name}: the matrix must be square, not {shape[0]} by {shape[1]}")


def _known(a, b):
    return b if a is None else a


def lower(x):
    return Triangle(True)(x)


def strictly_lower(x):
    return Triangle(True, -1)(x)


def mirrored(x):
    """The symmetric matrix with the lower triangle of ``x``."""
    return graph.add(lower(x), transposed(strictly_lower(x)))


def folded(x):
    """Derivative by a lower triangle, from the derivative by all elements."""
    return graph.sub(graph.add(lower(x), lower(transposed(x))), _diagonal_part(x))


def _diagonal_part(x):
    return Triangle(False)(lower(x))


def half_diagonal(x):
    """The lower triangle of ``x`` with its diagonal halved."""
    return graph.sub(lower(x), graph.mul(_diagonal_part(x), 0.5))


def factor(a):
    """Lower Cholesky factor, or None when the matrix is not positive definite."""
    if not len(a):
        return a.copy()
    try:
        found = np.linalg.cholesky(a)
    except LinAlgError:
        return None
    return found if found[-1, -1] > 0 else None


class _Square(Op):
    """An operation on one float64 matrix that must be square."""

    def _check(self, t):
        check_matrix(self.name, t)
        if t.dtype != "float64":
            raise TypeError(f"{self.name}: needs elements of float64, not {t.dtype}")
        _check_square(self.name, t.shape)

    def out_types(self, a):
        self._check(a)
        n = _known(*a.shape)
        return [a.with_shape((n, n))]

    def infer_shape(self, shapes, values):
        _check_square(self.name, shapes[0])
        return [tuple(shapes[0])]

    @staticmethod
    def _definite(n, seed=3):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=(n, n))
        return a @ a.T + n * np.eye(n)


class Cholesky(_Square):
    """The lower triangular matrix L with ``L @ L.T`` the given one, of which half is read."""

    name = "cholesky"

    def reference(self, a):
        _check_square(self.name, a.shape)
        found = factor(a)
        if found is None:
            raise LinAlgError("cholesky: the matrix is not positive definite")
        return found

    def vjp(self, inputs, outputs, cotangents, needed):
        return [CholeskyPullback()(outputs[0], cotangents[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for n in (3, 1, 0):
            yield Cholesky(), [_Square._definite(n)]
        yield Cholesky(), [np.tril(_Square._definite(4))]


class CholeskyPullback(_Square):
    """From the cotangent of a Cholesky factor to that of the matrix; lower triangles count."""

    name = "cholesky_pullback"

    def out_types(self, factor, g):
        self._check(factor)
        self._check(g)
        n = _known(_known(*factor.shape), _known(*g.shape))
        return [factor.with_shape((n, n))]

    def infer_shape(self, shapes, values):
        if tuple(shapes[0]) != tuple(shapes[1]):
            raise ValueError(f"{self.name}: shapes {shapes[0]} and {shapes[1]} differ")
        return super().infer_shape(shapes, values)

    def reference(self, factor, g):
        self.infer_shape([factor.shape, g.shape], None)
        factor, g = np.tril(factor), np.tril(g)
        inner = np.tril(factor.T @ g)
        inner[np.diag_indices(len(g))] *= 0.5
        half = triangular(factor, inner, True, True)
        p = triangular(factor, half.T, True, True).T
        return np.tril(p + p.T) - np.diag(np.diag(p))

    def vjp(self, inputs, outputs, cotangents, needed):
        factor, g = (lower(v) for v in inputs)
        h = mirrored(cotangents[0])
        half = SolveTriangular(True, False)(factor, h)
        inner = half_diagonal(SolveTriangular(True, False)(factor, transposed(half)))
        both = graph.add(mirrored(outputs[0]), _diagonal_part(outputs[0]))
        by_factor = graph.sub(Dot()(g, transposed(inner)), Dot()(both, transposed(half)))
        return [lower(by_factor), lower(Dot()(factor, inner))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(4)
        for n in (3, 1, 0):
            yield (
                CholeskyPullback(),
                [
                    np.linalg.cholesky(_Square._definite(n)),
                    rng.normal(size=(n, n)),
                ],
            )


def triangular(a, b, lower, trans):
    """Solve with one triangle of ``a``: the reference, by BLAS."""
    from scipy.linalg.blas import dtrsm

    if not b.size:
        return b.copy()
    columns = b.reshape(len(b), -1)
    return np.ascontiguousarray(dtrsm(1.0, a, columns, lower=lower, trans_a=trans)).reshape(b.shape)


class _Solver(Op):
    """An operation on a square matrix and one or several right-hand sides (columns)."""

    def _check_sides(self, a, b):
        _check_square(self.name, a)
        n = _known(*a)
        if n is not None and b[0] is not None and n != b[0]:
            raise ValueError(
                f"{self.name}: the matrix has {n} rows, the right-hand side has {b[0]}"
            )

    def out_types(self, a, b):
        check_matrix(self.name, a)
        if b.ndim not in (1, 2):
            raise TypeError(f"{self.name}: needs a vector or matrix on the right, not {b!r}")
        if a.dtype != "float64" or b.dtype != "float64":
            raise TypeError(f"{self.name}: needs float64, not {a.dtype} and {b.dtype}")
        self._check_sides(a.shape, b.shape)
        n = _known(b.shape[0], _known(*a.shape))
        return [TensorType("float64", (n, *b.shape[1:]))]

    def infer_shape(self, shapes, values):
        self._check_sides(*shapes)
        return [tuple(shapes[1])]

    @staticmethod
    def _product(u, v):
        """``u @ v.T`` of two vectors or two matrices of columns."""
        return outer(u, v) if u.type.ndim == 1 else Dot()(u, transposed(v))

    @classmethod
    def _examples(cls, a):
        rng = np.random.default_rng(6)
        yield [a, rng.normal(size=len(a))]
        yield [a, rng.normal(size=(len(a), 2))]
        yield [a[:1, :1], rng.normal(size=1)]
        yield [a[:0, :0], np.ones((0, 2))]
        yield [a, np.ones((len(a), 0))]


class SolveTriangular(_Solver):
    """Solve ``a @ x = b`` where one triangle of ``a`` is the matrix.

    Parameters
    ----------
    lower : bool
        Which triangle is read.
    trans : bool
        Whether to solve with its transpose.
    """

    name = "solve_triangular"
    props = ("lower", "trans")

    def __init__(self, lower, trans):
        self.lower, self.trans = bool(lower), bool(trans)

    def reference(self, a, b):
        self._check_sides(a.shape, b.shape)
        return triangular(a, b, self.lower, self.trans)

    def vjp(self, inputs, outputs, cotangents, needed):
        a, (x,), (g,) = inputs[0], outputs, cotangents
        gb = SolveTriangular(self.lower, not self.trans)(a, g)
        ga = None
        if needed[0]:
            ga = self._product(x, gb) if self.trans else self._product(gb, x)
            ga = graph.neg(Triangle(self.lower)(ga))
        return [ga, gb]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        a = _Square._definite(3) + np.triu(np.ones((3, 3)))
        for low in (True, False):
            for trans in (True, False):
                for arrays in _Solver._examples(a):
                    yield SolveTriangular(low, trans), arrays


class PositiveSolve(_Solver):
    """Solve with a symmetric positive definite matrix; NaN when it is not positive definite."""

    name = "positive_solve"

    def reference(self, a, b):
        self._check_sides(a.shape, b.shape)
        found = factor(a)
        if found is None:
            return np.full(b.shape, np.nan)
        return triangular(found, triangular(found, b, True, False), True, True)

    def vjp(self, inputs, outputs, cotangents, needed):
        a, (x,), (g,) = inputs[0], outputs, cotangents
        gb = PositiveSolve()(a, g)
        return [graph.neg(folded(self._product(gb, x))) if needed[0] else None, gb]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for arrays in _Solver._examples(_Square._definite(3)):
            yield PositiveSolve(), arrays


class Solve(_Solver):
    """Solve ``a @ x = b``, or ``a.T @ x = b``, by LU with partial pivoting."""

    name = "solve"
    props = ("trans",)

    def __init__(self, trans=False):
        self.trans = bool(trans)

    def reference(self, a, b):
        self._check_sides(a.shape, b.shape)
        try:
            return np.linalg.solve(a.T if self.trans else a, b)
        except LinAlgError:
            raise LinAlgError(f"{self.name}: the matrix is singular") from None

    def vjp(self, inputs, outputs, cotangents, needed):
        a, (x,), (g,) = inputs[0], outputs, cotangents
        gb = Solve(not self.trans)(a, g)
        ga = None
        if needed[0]:
            ga = graph.neg(self._product(x, gb) if self.trans else self._product(gb, x))
        return [ga, gb]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        a = _Square._definite(3) + np.triu(np.ones((3, 3)))
        for trans in (False, True):
            for arrays in _Solver._examples(a[::-1].copy()):
                yield Solve(trans), arrays


class Inverse(_Square):
    """The inverse of a matrix, by LU."""

    name = "inv"

    def reference(self, a):
        _check_square(self.name, a.shape)
        try:
            return np.linalg.inv(a)
        except LinAlgError:
            raise LinAlgError(f"{self.name}: the matrix is singular") from None

    def vjp(self, inputs, outputs, cotangents, needed):
        across = transposed(outputs[0])
        return [graph.neg(Dot()(across, Dot()(cotangents[0], across)))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for n in (3, 1, 0):
            yield Inverse(), [_Square._definite(n)[::-1] + np.tri(n)]


class _Determinant(_Square):
    def out_types(self, a):
        self._check(a)
        return [TensorType("float64", ())]

    def infer_shape(self, shapes, values):
        _check_square(self.name, shapes[0])
        return [()]


class LogAbsDet(_Determinant):
    """Logarithm of the absolute determinant; -inf for a singular matrix."""

    name = "log_abs_det"

    def reference(self, a):
        _check_square(self.name, a.shape)
        return np.asarray(np.linalg.slogdet(a)[1])

    def vjp(self, inputs, outputs, cotangents, needed):
        return [graph.mul(cotangents[0], transposed(Inverse()(inputs[0])))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for n in (3, 1, 0):
            yield LogAbsDet(), [_Square._definite(n)[::-1] + np.tri(n)]


class SignDet(_Determinant):
    """Sign of the determinant: -1, 0 or 1.  No gradient flows through it."""

    name = "sign_det"
    no_gradient = (0,)

    def reference(self, a):
        _check_square(self.name, a.shape)
        return np.asarray(np.linalg.slogdet(a)[0])

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for n in (3, 1, 0):
            yield SignDet(), [_Square._definite(n)[::-1] + np.tri(n)]


class _OfGaussian(_Square):
    """Operations on a covariance ``k`` and deviations ``y`` from the mean, one per row."""

    def _check_rows(self, k, y):
        _check_square(self.name, k)
        n = _known(*k)
        if n is not None and y[1] is not None and n != y[1]:
            raise ValueError(f"{self.name}: the matrix has {n} rows, the data {y[1]} columns")

    def _check_both(self, k, y):
        self._check(k)
        check_matrix(self.name, y)
        if y.dtype != "float64":
            raise TypeError(f"{self.name}: needs elements of float64, not {y.dtype}")
        self._check_rows(k.shape, y.shape)

    @staticmethod
    def _examples():
        rng = np.random.default_rng(8)
        k = _Square._definite(3)
        yield [k, rng.normal(size=(1, 3))]
        yield [k, rng.normal(size=(4, 3))]
        yield [k[:1, :1], rng.normal(size=(2, 1))]
        yield [k[:0, :0], np.ones((2, 0))]


class GaussianTerm(_OfGaussian):
    """``-0.5 * (y[i] @ inv(k) @ y[i] + log(det(k)))``, summed over the rows of ``y``.

    It is -inf when ``k`` is not positive definite.
    """

    name = "gaussian_term"

    def out_types(self, k, y):
        self._check_both(k, y)
        return [TensorType("float64", ())]

    def infer_shape(self, shapes, values):
        self._check_rows(*shapes)
        return [()]

    def reference(self, k, y):
        self._check_rows(k.shape, y.shape)
        found = factor(k)
        if found is None:
            return np.array(-np.inf)
        z = triangular(found, y.T, True, False)
        return np.asarray(-0.5 * (z * z).sum() - len(y) * np.log(np.diagonal(found)).sum())

    def vjp(self, inputs, outputs, cotangents, needed):
        k, y = inputs
        (g,) = cotangents
        return [
            graph.mul(g, GaussianSlope()(k, y)) if needed[0] else None,
            graph.mul(graph.neg(g), transposed(PositiveSolve()(k, transposed(y))))
            if needed[1]
            else None,
        ]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for arrays in _OfGaussian._examples():
            yield GaussianTerm(), arrays


class GaussianSlope(_OfGaussian):
    """Derivative of ``GaussianTerm`` by the lower triangle of the covariance."""

    name = "gaussian_slope"

    def out_types(self, k, y):
        self._check_both(k, y)
        n = _known(_known(*k.shape), y.shape[1])
        return [k.with_shape((n, n))]

    def infer_shape(self, shapes, values):
        self._check_rows(*shapes)
        return [tuple(shapes[0])]

    def reference(self, k, y):
        self._check_rows(k.shape, y.shape)
        found = factor(k)
        if found is None:
            return np.full(k.shape, np.nan)
        inverse = triangular(found, triangular(found, np.eye(len(k)), True, False), True, True)
        a = y @ inverse
        s = 0.5 * (a.T @ a - len(y) * inverse)
        return np.tril(s) + np.tril(s, -1)

    def vjp(self, inputs, outputs, cotangents, needed):
        k, y = inputs
        h = mirrored(cotangents[0])
        a = PositiveSolve()(k, transposed(y))  # columns
        gy = PositiveSolve()(k, Dot()(h, a))
        across = PositiveSolve()(k, transposed(PositiveSolve()(k, h)))
        rows = graph.cast(graph.shape_entry(y, 0), "float64")
        gk = graph.sub(graph.mul(across, graph.mul(rows, 0.5)), Dot()(gy, transposed(a)))
        return [folded(gk), transposed(gy)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for arrays in _OfGaussian._examples():
            yield GaussianSlope(), arrays
