"""Solving with a Kronecker product of symmetric matrices plus a multiple of the identity."""

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.ops.decompose import folded, mirrored
from graphcore.ops.diagonals import check_matrix
from graphcore.ops.linalg import Dot, transposed
from graphcore.ops.operands import constant, graph
from graphcore.ops.reduce import reduce
from graphcore.ops.shape import Reshape, dimshuffle, shape_vector


class KroneckerSolve(Op):
    """Rows ``x`` with ``(kron(a_1, ..., a_k) + shift * I) @ x = y`` for each row ``y``.

    Inputs are the rows, the shift, and the matrices, of which the lower triangles are read.  With
    the eigenvalues and vectors of each matrix the cost is that of products with each of them: the
    Kronecker product is never made.  (Y. Saatci (2011), Scalable inference for structured Gaussian
    process models, chapter 5.)  The derivative is a solution with the same matrices, so that it
    does not pass through the eigenvectors, which have none where eigenvalues are equal.
    """

    name = "kronecker_solve"

    def out_types(self, rows, shift, *matrices):
        check_matrix(self.name, rows)
        for t in matrices:
            check_matrix(self.name, t)
        shapes = [t.shape for t in (rows, shift, *matrices)]
        if not any(None in shape for shape in shapes):
            self._check(shapes)
        return [rows]

    def _check(self, shapes):
        rows, shift, *matrices = shapes
        squares = all(m == n for m, n in matrices)
        if len(shift) or not squares or rows[1] != np.prod([n for n, _ in matrices], dtype=int):
            raise ValueError(f"{self.name}: shapes {rows}, {shift} and {matrices} do not fit")

    def infer_shape(self, shapes, values):
        self._check(shapes)
        return [tuple(shapes[0])]

    def reference(self, rows, shift, *matrices):
        self._check([np.shape(v) for v in (rows, shift, *matrices)])
        if not all(np.isfinite(a).all() for a in matrices):
            return np.full(rows.shape, np.nan)
        spectra = [np.linalg.eigh(a) for a in matrices]
        w = np.ones(1)
        for values, _ in spectra:
            w = np.multiply.outer(w, values).ravel()
        x = _along([v.T for _, v in spectra], rows) / (w + shift)
        return _along([v for _, v in spectra], x)

    def vjp(self, inputs, outputs, cotangents, needed):
        _, shift, *matrices = inputs
        (x,), (g,) = outputs, cotangents
        back = KroneckerSolve()(g, shift, *matrices)
        by_shift = graph.neg(reduce("sum", graph.mul(back, x), (0, 1))) if needed[1] else None
        lengths = [graph.shape_entry(a, 0) for a in matrices]
        found = []
        for i, wanted in enumerate(needed[2:]):
            if not wanted:
                found.append(None)
                continue
            others = [None if j == i else mirrored(a) for j, a in enumerate(matrices)]
            left = _leading(back, lengths, i)
            right = _leading(_product(others, x, lengths), lengths, i)
            both = Dot()(left, transposed(right))
            found.append(folded(graph.mul(graph.add(both, transposed(both)), -0.5)))
        return [back, by_shift, *found]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(4)
        for sizes in ((2, 3), (3,), (2, 1, 2)):
            halves = [rng.normal(size=(n, n)) for n in sizes]
            rows = rng.normal(size=(2, int(np.prod(sizes))))
            yield KroneckerSolve(), [rows, np.array(0.7), *[a @ a.T for a in halves]]
        yield KroneckerSolve(), [np.ones((1, 4)), np.array(0.5), np.eye(2), np.eye(2)]


def _along(matrices, rows):
    """Each row times the Kronecker product of the matrices, as arrays."""
    x = rows.reshape(len(rows), *[len(a) for a in matrices])
    for axis, a in enumerate(matrices, 1):
        x = np.moveaxis(np.tensordot(a, x, (1, axis)), 0, axis)
    return x.reshape(rows.shape)


def _reshaped(x, shape):
    return Reshape(len(shape))(x, shape_vector(shape))


def _leading(rows, lengths, i):
    """A matrix with the axis of the i-th factor in front, and all others behind it."""
    n = graph.shape_entry(rows, 0)
    x = _reshaped(rows, (n, *lengths))
    others = [k for k in range(len(lengths) + 1) if k != i + 1]
    return _reshaped(dimshuffle(x, (i + 1, *others)), (lengths[i], constant(-1)))


def _product(matrices, rows, lengths):
    """Each row times the Kronecker product of the matrices, where None is an identity."""
    n, total = graph.shape_entry(rows, 0), graph.shape_entry(rows, 1)
    for i, a in enumerate(matrices):
        if a is None:
            continue
        made = Dot()(a, _leading(rows, lengths, i))
        x = _reshaped(made, (lengths[i], n, *lengths[:i], *lengths[i + 1 :]))
        back = [*range(1, i + 2), 0, *range(i + 2, len(lengths) + 1)]
        rows = _reshaped(dimshuffle(x, back), (n, total))
    return rows
