"""Decompositions: eigenvalues, singular values, QR, LU, exponential, pseudo-inverse.

They take one matrix of float64 and run through NumPy's and SciPy's LAPACK.  The derivatives follow
M. Giles (2008), J. Townsend (2016), and A. Walter and L. Lehmann (2013).  Where eigenvalues or
singular values are equal, the derivatives of single vectors do not exist; terms that belong to a
vanishing difference are left out, which is right for functions that do not depend on the choice of
the vectors.
"""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.decompose import SolveTriangular, _check_square, folded, mirrored
from graphcore.ops.diagonals import Triangle, check_matrix
from graphcore.ops.linalg import Dot, transposed
from graphcore.ops.operands import graph
from graphcore.ops.shape import Concatenate, dimshuffle


def product(*factors):
    """The product of matrices, from left to right."""
    found = factors[0]
    for x in factors[1:]:
        found = Dot()(found, x)
    return found


def _column(x):
    return dimshuffle(x, (0, "x"))


def _row(x):
    return dimshuffle(x, ("x", 0))


def _on_diagonal(w, like):
    """The square matrix with ``w`` on its diagonal, of the shape of ``like``."""
    return graph.mul(_row(w), _identity(like))


def _identity(like):
    """Ones on the diagonal of a matrix of this shape."""
    ones = graph.add(graph.zeros_like(like), 1.0)
    return Triangle(False)(Triangle(True)(ones))


def _inverse_gaps(w):
    """``1 / (w[j] - w[i])``, and 0 where the two are equal."""
    gap = graph.sub(_row(w), _column(w))
    same = graph.eq(gap, 0.0)
    return graph.switch(same, 0.0, graph.true_div(1.0, graph.switch(same, 1.0, gap)))


def _total(*terms):
    """The sum of the terms that are there; None without one."""
    found = None
    for term in terms:
        if term is not None:
            found = term if found is None else graph.add(found, term)
    return found


class _OfMatrix(Op):
    """An operation on one float64 matrix."""

    square = True

    def _check(self, t):
        check_matrix(self.name, t)
        if t.dtype != "float64":
            raise TypeError(f"{self.name}: needs elements of float64, not {t.dtype}")
        if self.square:
            _check_square(self.name, t.shape)

    def _shapes(self, m, n):
        """Shapes of the outputs for a matrix of m rows and n columns."""
        raise NotImplementedError

    def out_types(self, a):
        self._check(a)
        m, n = a.shape
        if self.square:
            m = n = m if n is None else n
        return [TensorType("float64", s) for s in self._shapes(m, n)]

    def infer_shape(self, shapes, values):
        if self.square:
            _check_square(self.name, shapes[0])
        return self._shapes(*shapes[0])

    @staticmethod
    def _examples(*shapes):
        for m, n in shapes:
            rng = np.random.default_rng(10 * m + n)
            yield rng.normal(size=(m, n)) + 2 * np.eye(m, n) * np.arange(1, n + 1)


class Eigh(_OfMatrix):
    """Ascending eigenvalues and eigenvectors of the symmetric matrix with this lower triangle."""

    name = "eigh"

    def _shapes(self, m, n):
        return [(n,), (n, n)]

    def reference(self, a):
        _check_square(self.name, a.shape)
        return tuple(np.linalg.eigh(a))

    def vjp(self, inputs, outputs, cotangents, needed):
        w, v = outputs
        gw, gv = cotangents
        inner = None if gw is None else _on_diagonal(gw, v)
        if gv is not None:
            mixed = product(transposed(v), gv)
            inner = _total(inner, graph.mul(_inverse_gaps(w), mixed))
        whole = product(v, inner, transposed(v))
        return [folded(graph.mul(graph.add(whole, transposed(whole)), 0.5))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (1, 1), (0, 0)):
            yield Eigh(), [a + a.T]


class Eig(_OfMatrix):
    """Eigenvalues and eigenvectors of a square matrix, complex.  Nothing flows back through it."""

    name = "eig"
    no_gradient = (0,)

    def out_types(self, a):
        return [t.with_dtype("complex128") for t in super().out_types(a)]

    def _shapes(self, m, n):
        return [(n,), (n, n)]

    def reference(self, a):
        _check_square(self.name, a.shape)
        return tuple(x.astype("complex128") for x in np.linalg.eig(a))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (1, 1)):
            yield Eig(), [a]


class SVD(_OfMatrix):
    """Singular value decomposition ``u @ diag(s) @ vt``.

    Parameters
    ----------
    full : bool
        Whether ``u`` and ``vt`` are square; otherwise they have as many vectors as singular values.
    """

    name = "svd"
    square = False
    props = ("full",)

    def __init__(self, full=False):
        self.full = bool(full)

    def _shapes(self, m, n):
        k = None if m is None or n is None else min(m, n)
        return [(m, m if self.full else k), (k,), (n if self.full else k, n)]

    def reference(self, a):
        return tuple(np.linalg.svd(a, full_matrices=self.full))

    def vjp(self, inputs, outputs, cotangents, needed):
        u, s, vt = outputs
        gu, gs, gvt = cotangents
        if self.full:
            if gu is not None or gvt is not None:
                raise NotImplementedError(
                    "svd: vectors of full_matrices=True have no derivative; use full_matrices=False"
                )
            k = graph.shape_entry(s, 0)
            u = graph.subtensor(u, [slice(None), slice(None, k)])
            vt = graph.subtensor(vt, [slice(None, k), slice(None)])
        v = transposed(vt)
        gaps = _inverse_gaps(graph.sqr(s))
        inner = None if gs is None else _on_diagonal(gs, product(vt, v))
        outside = []
        if gu is not None:
            mixed = product(transposed(u), gu)
            turn = graph.mul(gaps, graph.sub(mixed, transposed(mixed)))
            inner = _total(inner, graph.mul(turn, _row(s)))
            rest = graph.sub(gu, product(u, mixed))
            outside.append(product(graph.true_div(rest, _row(s)), vt))
        if gvt is not None:
            gv = transposed(gvt)
            mixed = product(vt, gv)
            turn = graph.mul(gaps, graph.sub(mixed, transposed(mixed)))
            inner = _total(inner, graph.mul(_column(s), turn))
            rest = transposed(graph.sub(gv, product(v, mixed)))
            outside.append(product(u, graph.true_div(rest, _column(s))))
        return [_total(product(u, inner, vt), *outside)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (4, 2), (2, 4), (1, 1)):
            yield SVD(), [a]


class QR(_OfMatrix):
    """Orthonormal columns and an upper triangle whose product is the matrix.

    Parameters
    ----------
    complete : bool
        Whether there are as many columns as the matrix has rows.
    """

    name = "qr"
    square = False
    props = ("complete",)

    def __init__(self, complete=False):
        self.complete = bool(complete)

    def _shapes(self, m, n):
        k = None if m is None or n is None else min(m, n)
        k = m if self.complete else k
        return [(m, k), (k, n)]

    def reference(self, a):
        return tuple(np.linalg.qr(a, mode="complete" if self.complete else "reduced"))

    def vjp(self, inputs, outputs, cotangents, needed):
        (a,), (q, r), (gq, gr) = inputs, outputs, cotangents
        m, n = a.type.shape
        tall = None not in (m, n) and m >= n
        if self.complete and m != n and (tall or None in (m, n)):
            raise NotImplementedError("qr: mode 'complete' has no derivative; use 'reduced'")
        if tall:
            return [self._tall(q, r, gq, gr)]
        # columns beyond the m-th are q @ r there: a product, whose derivative goes to both factors
        k = graph.shape_entry(q, 1)
        left, right = ([slice(None), part] for part in (slice(None, k), slice(k, None)))
        beyond = graph.subtensor(a, right)
        if gr is None:
            rest = graph.zeros_like(beyond)
        else:
            outer = graph.subtensor(gr, right)
            gq = _total(gq, product(beyond, transposed(outer)))
            gr = graph.subtensor(gr, left)
            rest = product(q, outer)
        return [Concatenate(1)(self._tall(q, graph.subtensor(r, left), gq, gr), rest)]

    @staticmethod
    def _tall(q, r, gq, gr):
        """Derivative by a matrix with at least as many rows as columns."""
        inner = _total(
            None if gr is None else product(r, transposed(gr)),
            None if gq is None else graph.neg(product(transposed(gq), q)),
        )
        whole = _total(gq, product(q, mirrored(inner)))
        return transposed(SolveTriangular(False, False)(r, transposed(whole)))

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (4, 2), (1, 1)):
            yield QR(), [a]


class LU(_OfMatrix):
    """Permutation, unit lower and upper triangle whose product is the matrix."""

    name = "lu"

    def _shapes(self, m, n):
        return [(n, n)] * 3

    def reference(self, a):
        from scipy.linalg import lu

        _check_square(self.name, a.shape)
        if not a.size:
            return a.copy(), a.copy(), a.copy()
        return tuple(lu(a))

    def vjp(self, inputs, outputs, cotangents, needed):
        p, low, up = outputs
        _, gl, gu = cotangents
        below = None if gl is None else Triangle(True, -1)(product(transposed(low), gl))
        above = None if gu is None else Triangle(False)(product(gu, transposed(up)))
        inner = _total(below, above)
        if inner is None:
            return [None]
        left = SolveTriangular(True, True)(low, inner)
        both = transposed(SolveTriangular(False, False)(up, transposed(left)))
        return [product(p, both)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (1, 1)):
            yield LU(), [a[::-1].copy()]


class Expm(_OfMatrix):
    """The exponential of a square matrix."""

    name = "expm"

    def _shapes(self, m, n):
        return [(n, n)]

    def reference(self, a):
        from scipy.linalg import expm

        _check_square(self.name, a.shape)
        return expm(a) if a.size else a.copy()

    def vjp(self, inputs, outputs, cotangents, needed):
        # the derivative in a direction is a block of the exponential of a block matrix
        across, (g,) = transposed(inputs[0]), cotangents
        first = Concatenate(1)(across, g)
        second = Concatenate(1)(graph.zeros_like(g), across)
        whole = Expm()(Concatenate(0)(first, second))
        n = graph.shape_entry(inputs[0], 0)
        return [graph.subtensor(whole, [slice(None, n), slice(n, None)])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (1, 1), (0, 0)):
            yield Expm(), [0.3 * a]


class Pinv(_OfMatrix):
    """The Moore-Penrose inverse; singular values below ``rcond`` times the largest count as 0."""

    name = "pinv"
    square = False
    props = ("rcond",)

    def __init__(self, rcond=1e-15):
        self.rcond = float(rcond)

    def _shapes(self, m, n):
        return [(n, m)]

    def reference(self, a):
        return np.linalg.pinv(a, rcond=self.rcond)

    def vjp(self, inputs, outputs, cotangents, needed):
        (a,), (x,), (g,) = inputs, outputs, cotangents
        xt, gt = transposed(x), transposed(g)
        left = graph.sub(gt, product(a, x, gt))
        right = graph.sub(gt, product(gt, x, a))
        direct = graph.neg(product(xt, g, xt))
        return [_total(direct, product(left, x, xt), product(xt, x, right))]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for a in _OfMatrix._examples((3, 3), (4, 2), (2, 4), (1, 1)):
            yield Pinv(), [a]
