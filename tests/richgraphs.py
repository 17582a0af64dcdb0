"""Random graphs with operations beside those of the table: matrices, loops, choices, users' own.

Operands are brought into a range where the mathematics is well conditioned: matrices are a diagonal
of different numbers and little more, states of loops are bounded.
"""

import numpy as np
import scipy.sparse
from randomgraphs import RandomGraph

import graphcore
import graphcore.tensor as tt
from graphcore import sparse
from graphcore.ifelse import ifelse
from graphcore.ops.elementwise import graph

SPARSE = scipy.sparse.csr_matrix(
    [[0.0, 2.0, 0.0], [1.5, 0.0, -1.0], [0.0, 0.0, 0.0], [0.3, -0.7, 4.0]]
)
UNARY = ("exp", "sin", "tanh", "sqr", "neg", "sigmoid", "softplus", "arctan", "erf")
BINARY = ("add", "sub", "mul", "maximum", "minimum")


class Curve(graphcore.Op):
    """``x + sin(x) / 2``, as a user would write it for Theano."""

    __props__ = ()

    def make_node(self, x):
        x = tt.as_tensor_variable(x)
        return graphcore.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0] + 0.5 * np.sin(inputs[0]))

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, gradients):
        return [gradients[0] * (1 + 0.5 * tt.cos(inputs[0]))]


def _own_graph():
    a, b = tt.dvectors("a", "b")
    return graphcore.OpFromGraph([a, b], [tt.tanh(a) * b, (a * b).sum()])


class RichGraph(RandomGraph):
    """A :class:`RandomGraph` that draws from the makers below, too."""

    def kinds(self):
        more = [self.matrix, self.loop, self.choice, self.sparse, self.own, self.ordered]
        return super().kinds() * 2 + [*more, self.along, self.windows, self.indexed]

    # -- operands -----------------------------------------------------------------------------

    def flat(self):
        """A bounded float64 vector of 1 to 200 elements."""
        x = tt.cast(self.pick_computed(), "float64")
        return tt.tanh(x.flatten())

    def three(self):
        """A bounded float64 vector of three elements."""
        return tt.concatenate([self.flat(), tt.constant([0.4, -0.3, 0.9])])[:3]

    def general(self):
        """A matrix of order 3, whose singular values are far apart."""
        return tt.diag(tt.arange(1.0, 4.0)) + 0.2 * tt.outer(self.three(), tt.sin(self.three()))

    def positive(self):
        """A positive definite matrix of order 3, whose eigenvalues are far apart."""
        v = self.three()
        return tt.diag(tt.arange(1.0, 4.0)) + 0.2 * tt.outer(v, v)

    # -- makers -----------------------------------------------------------------------------------

    def matrix(self):
        a, s, b = self.general(), self.positive(), self.three()
        if self.rng.random() < 0.2:
            a, s = tt.stack([a, a.T * 1.5]), tt.stack([s, s + 0.5 * tt.eye(3)])
            b = tt.stack([b, 2 * b])
            return self.one_of(
                lambda: tt.linalg.inv(a), lambda: tt.linalg.cholesky(s),
                lambda: tt.linalg.det(a), lambda: tt.batched_dot(a, s),
                lambda: tt.linalg.solve(a, b[:, :, None]), lambda: tt.linalg.slogdet(s)[1],
            )  # fmt: skip
        return self.one_of(
            lambda: tt.linalg.inv(a), lambda: tt.linalg.det(a), lambda: tt.linalg.cholesky(s),
            lambda: tt.linalg.solve(a, b), lambda: tt.linalg.slogdet(a)[1],
            lambda: tt.slinalg.solve_triangular(tt.tril(a), b, lower=True),
            lambda: tt.slinalg.cho_solve((tt.linalg.cholesky(s), True), b),
            lambda: tt.nlinalg.eigh(s)[0], lambda: tt.nlinalg.svd(a, compute_uv=False),
            lambda: tt.nlinalg.svd(a)[0] @ tt.diag(tt.nlinalg.svd(a)[1]) @ tt.nlinalg.svd(a)[2],
            lambda: abs(tt.nlinalg.qr(a)[1]), lambda: tt.slinalg.expm(0.3 * a),
            lambda: tt.nlinalg.pinv(a[:, :2]), lambda: tt.nlinalg.matrix_power(a, 3),
            lambda: tt.slinalg.kron(a[:2], s[:, :1]), lambda: tt.nlinalg.trace(a @ s),
            lambda: b @ a @ b, lambda: tt.tensordot(a, s, 1), lambda: tt.einsum("ij,jk,k", a, s, b),
        )  # fmt: skip

    def one_of(self, *makers):
        return self.one(makers)()

    def step(self, s, x):
        """A random bounded step of a loop."""
        unary, other = self.rng.choice(UNARY, 2)
        binary = self.rng.choice(BINARY)
        inner = getattr(graph, binary)(getattr(graph, unary)(s * 0.7), x)
        return tt.tanh(inner) if self.rng.random() < 0.7 else 0.5 * getattr(graph, other)(
            tt.tanh(inner)
        )  # fmt: skip

    def loop(self):
        x, start = self.flat()[: self.rng.integers(1, 9)], self.three()
        a = 0.3 * self.general()
        backwards = bool(self.rng.random() < 0.3)
        kind = self.rng.integers(6)
        if kind == 0:
            rows, _ = graphcore.scan(self.step, x, start[0], go_backwards=backwards)
        elif kind == 1:
            rows, _ = graphcore.scan(
                lambda x, r, s: self.step(r, s + x), x,
                {"initial": start[:2], "taps": [-2, -1]}, go_backwards=backwards,
            )  # fmt: skip
        elif kind == 2:
            rows, _ = graphcore.scan(
                lambda x, s, a: tt.tanh(a @ s + x), x, start, a, go_backwards=backwards
            )
        elif kind == 3:
            (_, rows), _ = graphcore.scan(
                lambda x, s: [self.step(s, x), s * x + tt.sin(x)], x, [start[0], None]
            )
        elif kind == 4:
            rows, _ = graphcore.scan(
                lambda x, s: ([self.step(s, x)], graphcore.until(s > 0.45)), x, start[0]
            )
            rows = rows[-1]
        else:
            rows, _ = graphcore.scan(lambda x, s: 0.8 * s + x, x, start)
        return rows

    def choice(self):
        condition = tt.cast(self.pick_computed(), "float64").sum() > float(self.rng.choice([0, 1]))
        x = self.pick_computed()
        unary, other = self.rng.choice(UNARY, 2)
        x = tt.cast(x, "float64")
        if self.rng.random() < 0.3:
            return ifelse(condition, getattr(graph, unary)(x).sum(), self.matrix().sum())
        return ifelse(condition, getattr(graph, unary)(tt.tanh(x)), getattr(graph, other)(x) * x)

    def sparse(self):
        v = self.three()
        four = tt.concatenate([v, v])[:4]
        m = sparse.as_sparse_variable(SPARSE)
        w = m.with_data(tt.concatenate([v, v])[:6])
        return self.one_of(
            lambda: m @ v, lambda: four @ m, lambda: w @ v, lambda: sparse.dot(w.T, four),
            lambda: m @ tt.outer(v, four), lambda: sparse.sp_sum(w, 0), lambda: w.toarray(),
            lambda: sparse.sampling_dot(tt.outer(four, v), tt.outer(v, v), w).data,
            lambda: sparse.true_dot(w.T, m).toarray(), lambda: (m * w + m).toarray(),
            lambda: sparse.col_scale(w, v) @ v,
        )  # fmt: skip

    def own(self):
        v = self.three()
        return self.one_of(
            lambda: Curve()(tt.cast(self.pick_computed(), "float64")),
            lambda: _own_graph()(v, self.three())[int(self.rng.integers(2))],
            lambda: tt.extra_ops.cumsum(Curve()(v)),
        )

    def ordered(self):
        x, v = self.flat(), self.three()
        return self.one_of(
            lambda: tt.sort(x), lambda: tt.argsort(x), lambda: tt.topk(v, 2), lambda: tt.median(x),
            lambda: tt.searchsorted(tt.sort(x), v), lambda: tt.max_and_argmax(x)[0],
            lambda: tt.quantile(x, 0.3), lambda: x.ptp(),
            lambda: tt.bincount(tt.cast(x > 0, "int64")),
        )  # fmt: skip

    def along(self):
        x, v = self.pick_computed(), self.three()
        return self.one_of(
            lambda: tt.cumsum(x, axis=-1), lambda: tt.cumprod(tt.tanh(v)), lambda: tt.diff(v),
            lambda: tt.softmax(v), lambda: tt.nnet.logsoftmax(tt.outer(v, v)),
            lambda: tt.logsumexp(v), lambda: v.var(), lambda: v.std(), lambda: v.norm(2),
            lambda: tt.fft.rfft(tt.outer(v, tt.concatenate([v, v]))),
        )  # fmt: skip

    def windows(self):
        v = self.three()
        image = tt.outer(tt.concatenate([v, v]), tt.concatenate([v, v, v]))[None, None]
        kernel = tt.outer(v, v[:2])[None, None]
        return self.one_of(
            lambda: tt.nnet.conv2d(image, kernel)[0, 0],
            lambda: tt.signal.pool.pool_2d(image, (2, 3), ignore_border=True)[0, 0],
            lambda: tt.signal.pool.pool_2d(image, (2, 2), ignore_border=True, mode="sum")[0, 0],
        )

    def indexed(self):
        x, v = self.flat(), self.three()
        at = tt.cast(tt.floor(abs(v) * 2.99), "int64")
        k = tt.cast(v[0] > 0, "int64")
        return self.one_of(
            lambda: v[at], lambda: tt.inc_subtensor(v[at], self.three()), lambda: x[x > 0.2],
            lambda: tt.set_subtensor(v[v > 0], 0.5), lambda: v[k : 3 - k : 1 + k],
            lambda: tt.outer(v, x)[at], lambda: tt.outer(v, v)[at, [0, 2, 1]],
            lambda: tt.roll(v, 1), lambda: tt.repeat(v, 2), lambda: tt.tile(v, 2),
            lambda: tt.tril(tt.outer(v, v)), lambda: tt.take_along_axis(v, at, 0),
            lambda: tt.nonzero(x > 0)[0], lambda: x[::-1][k], lambda: tt.diagonal(tt.outer(v, v)),
        )  # fmt: skip
