"""``Draw``: random numbers as an operation on the state of a generator.

The state is an int64 vector that holds a NumPy ``PCG64``.  A draw returns numbers and the state
after them, so that it is a function like any other operation: the same state gives the same
numbers.  What a distribution is called, its parameters and its method of ``numpy.random.Generator``
are one line of the table.
"""

from typing import NamedTuple

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType
from graphcore.ops.operands import broadcast_concrete, broadcast_static, known_value

_MASK = (1 << 64) - 1


def state_of(generator):
    """The state of a PCG64 generator as six int64 numbers."""
    found = generator.bit_generator.state
    words = []
    for number in (found["state"]["state"], found["state"]["inc"]):
        words += [number & _MASK, number >> 64]
    return np.array([*words, found["has_uint32"], found["uinteger"]], dtype=np.uint64).view("int64")


def generator_of(state):
    """The PCG64 generator with such a state."""
    words = [int(w) for w in np.asarray(state).view(np.uint64)]
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": words[0] | words[1] << 64, "inc": words[2] | words[3] << 64},
        "has_uint32": words[4],
        "uinteger": words[5],
    }
    return np.random.Generator(bits)


class Law(NamedTuple):
    """What is known of a distribution.

    Attributes
    ----------
    draw : callable
        ``draw(generator, size, *parameters)``.
    dtype : str
    defaults : tuple
        Values of the last parameters.
    names : tuple of str
        Of the parameters.
    event : tuple of int
        Axes of each parameter that belong to one draw.
    """

    draw: object
    dtype: str
    names: tuple
    defaults: tuple = ()
    event: tuple = ()


def _method(name):
    return lambda rng, size, *args: getattr(rng, name)(*args, size=size)


def _law(method, names, defaults=(), dtype="float64", event=(), draw=None):
    names = tuple(names.split())
    return Law(draw or _method(method), dtype, names, defaults, event or (0,) * len(names))


def _multivariate_normal(rng, size, mean, cov):
    factor = np.linalg.cholesky(cov)
    noise = rng.standard_normal((*size, mean.shape[-1]))
    return mean + np.einsum("...ij,...j->...i", factor, noise)


def _categorical(rng, size, p):
    chosen = rng.random((*size, 1)) > np.cumsum(p, axis=-1)
    return np.minimum(chosen.sum(axis=-1), p.shape[-1] - 1)


def _dirichlet(rng, size, alpha):
    found = rng.standard_gamma(np.broadcast_to(alpha, (*size, alpha.shape[-1])))
    return found / found.sum(axis=-1, keepdims=True)


LAWS = {
    "uniform": _law("uniform", "low high", (0.0, 1.0)),
    "normal": _law("normal", "loc scale", (0.0, 1.0)),
    "lognormal": _law("lognormal", "mean sigma", (0.0, 1.0)),
    "exponential": _law("exponential", "scale", (1.0,)),
    "gamma": _law("gamma", "shape scale", (1.0,)),
    "beta": _law("beta", "a b"),
    "chisquare": _law("chisquare", "df"),
    "standard_t": _law("standard_t", "df"),
    "cauchy": _law("", "loc scale", (0.0, 1.0),
                   draw=lambda rng, size, loc, scale: loc + scale * rng.standard_cauchy(size)),
    "laplace": _law("laplace", "loc scale", (0.0, 1.0)),
    "logistic": _law("logistic", "loc scale", (0.0, 1.0)),
    "gumbel": _law("gumbel", "loc scale", (0.0, 1.0)),
    "halfnormal": _law("", "loc scale", (0.0, 1.0),
                       draw=lambda rng, size, loc, scale: loc + scale * abs(rng.normal(size=size))),
    "vonmises": _law("vonmises", "mu kappa"),
    "wald": _law("wald", "mean scale"),
    "weibull": _law("weibull", "a"),
    "pareto": _law("pareto", "a"),
    "triangular": _law("triangular", "left mode right"),
    "bernoulli": _law("", "p", dtype="int64",
                      draw=lambda rng, size, p: rng.random(size) < p),
    "binomial": _law("binomial", "n p", dtype="int64"),
    "negative_binomial": _law("negative_binomial", "n p", dtype="int64"),
    "poisson": _law("poisson", "lam", (1.0,), dtype="int64"),
    "geometric": _law("geometric", "p", dtype="int64"),
    "hypergeometric": _law("hypergeometric", "ngood nbad nsample", dtype="int64"),
    "betabinom": _law("", "n a b", dtype="int64",
                      draw=lambda rng, size, n, a, b: rng.binomial(n, rng.beta(a, b, size), size)),
    "gengamma": _law("", "alpha p lambd", (1.0, 1.0, 1.0),
                     draw=lambda rng, size, alpha, p, lambd:
                     lambd * rng.gamma(alpha / p, 1.0, size) ** (1.0 / p)),
    "halfcauchy": _law("", "loc scale", (0.0, 1.0),
                       draw=lambda rng, size, loc, scale:
                       loc + scale * abs(rng.standard_cauchy(size))),
    "invgamma": _law("", "shape scale",
                     draw=lambda rng, size, shape, scale: scale / rng.gamma(shape, 1.0, size)),
    "pareto_from_scale": _law("", "b scale", (1.0,),
                              draw=lambda rng, size, b, scale: scale * (1.0 + rng.pareto(b, size))),
    "t": _law("", "df loc scale", (0.0, 1.0),
              draw=lambda rng, size, df, loc, scale: loc + scale * rng.standard_t(df, size)),
    "truncexpon": _law("", "b loc scale", (0.0, 1.0),
                       draw=lambda rng, size, b, loc, scale:
                       loc - scale * np.log1p(rng.random(size) * np.expm1(-b))),
    "integers": _law("integers", "low high", dtype="int64"),
    "categorical": _law("", "p", dtype="int64", event=(1,), draw=_categorical),
    "multinomial": _law("multinomial", "n pvals", dtype="int64", event=(0, 1)),
    "dirichlet": _law("", "alpha", event=(1,), draw=_dirichlet),
    "multivariate_normal": _law("", "mean cov", event=(1, 2), draw=_multivariate_normal),
}  # fmt: skip


class Draw(Op):
    """Numbers from a distribution, and the state of the generator after them.

    Inputs are the state, the shape (an empty vector where it follows from the parameters), and the
    parameters.

    Parameters
    ----------
    law : str
        A key of ``LAWS``.
    ndim : int or None
        How many axes the shape has; None where it follows from the parameters.
    dtype : str
    """

    props = ("law", "ndim", "dtype")
    shape_inputs = (1,)

    def __init__(self, law, ndim, dtype):
        self.law, self.ndim, self.dtype = law, ndim, dtype
        self.row = LAWS[law]
        self.name = law
        self.no_gradient = tuple(range(2 + len(self.row.names)))

    def __repr__(self):
        return f"draw_{self.law}"

    def __reduce__(self):
        return Draw, (self.law, self.ndim, self.dtype)

    def _event(self, shapes):
        """Shape of one draw, and the shape that the parameters broadcast to."""
        ends = [s[len(s) - e :] for s, e in zip(shapes, self.row.event, strict=True)]
        leads = [tuple(s[: len(s) - e]) for s, e in zip(shapes, self.row.event, strict=True)]
        event = () if self.law == "categorical" else max(ends, key=len)[-1:]
        return tuple(event), leads

    def types_of(self, inputs):
        found = self.out_types(*(v.type for v in inputs))
        size = known_value(inputs[1])
        if self.ndim is not None and size is not None:
            own = found[1].shape
            found[1] = found[1].with_shape((*map(int, size), *own[self.ndim :]))
        return found

    def out_types(self, state, size, *parameters):
        event, leads = self._event([t.shape for t in parameters])
        lead = broadcast_static(leads) if self.ndim is None else (None,) * self.ndim
        return [state, TensorType(self.dtype, (*lead, *event))]

    def infer_shape(self, shapes, values):
        event, leads = self._event([tuple(s) for s in shapes[2:]])
        lead = broadcast_concrete(leads)
        if self.ndim is not None:
            size = tuple(int(n) for n in values[1])
            if tuple(broadcast_concrete([lead, size])) != size:
                raise ValueError(f"{self.law}: parameters of shape {lead} do not fit size {size}")
            lead = size
        return [tuple(shapes[0]), (*lead, *event)]

    def reference(self, state, size, *parameters):
        rng = generator_of(state)
        shapes = [p.shape for p in parameters]
        (_, shape) = self.infer_shape([state.shape, size.shape, *shapes], [None, size])
        event, _ = self._event(shapes)
        lead = shape[: len(shape) - len(event)]
        found = np.asarray(self.row.draw(rng, lead, *parameters))
        return state_of(rng), found.astype(self.dtype)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None] * len(inputs)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        state = state_of(np.random.default_rng(1))
        size, none = np.array([2, 3]), np.array([], dtype="int64")
        yield Draw("normal", 2, "float64"), [state, size, np.zeros(3), np.array(1.0)]
        yield Draw("uniform", None, "float32"), [state, none, np.zeros((2, 1)), np.ones(3)]
        yield Draw("multinomial", 1, "int64"), [state, size[:1], np.array(4), np.full(3, 1 / 3)]


class Shuffle(Op):
    """The rows of an array in random order, and the state of the generator after that."""

    name = "shuffle"
    no_gradient = (0, 1)

    def out_types(self, state, x):
        return [state, x]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0]), tuple(shapes[1])]

    def reference(self, state, x):
        rng = generator_of(state)
        found = rng.permutation(x, axis=0)
        return state_of(rng), found

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None, None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        state = state_of(np.random.default_rng(1))
        yield Shuffle(), [state, np.arange(6.0).reshape(3, 2)]


class Choice(Op):
    """Members of ``range(a)`` or of a vector, drawn with or without replacement."""

    name = "choice"
    props = ("ndim", "replace", "weighted")
    shape_inputs = (1,)

    def __init__(self, ndim, replace, weighted):
        self.ndim, self.replace, self.weighted = ndim, bool(replace), bool(weighted)
        self.no_gradient = tuple(range(4))

    def types_of(self, inputs):
        found = self.out_types(*(v.type for v in inputs))
        size = known_value(inputs[1])
        if size is not None:
            found[1] = found[1].with_shape(tuple(map(int, size)))
        return found

    def out_types(self, state, size, a, *p):
        return [state, TensorType(a.dtype, (None,) * self.ndim)]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0]), tuple(int(n) for n in values[1])]

    def reference(self, state, size, a, *p):
        rng = generator_of(state)
        a = a if a.ndim else int(a)
        found = rng.choice(a, tuple(size), self.replace, p[0] if p else None)
        return state_of(rng), np.asarray(found)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None] * len(inputs)

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        state = state_of(np.random.default_rng(1))
        yield Choice(1, False, False), [state, np.array([3]), np.array(5)]
        yield Choice(2, True, True), [state, np.array([2, 2]), np.arange(2.0), np.full(2, 0.5)]
