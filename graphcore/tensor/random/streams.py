"""Streams of random numbers: every draw has a generator of its own, a shared variable.

Functions that use a draw advance its generator (a default update), so each call gives other
numbers; ``no_default_updates`` keeps them.
"""

import numpy as np

from graphcore.graph.nodes import Variable, new_shared
from graphcore.graph.types import TensorType
from graphcore.ops import random as ops
from graphcore.ops.elementwise import cast
from graphcore.ops.shape import shape_vector
from graphcore.tensor.arranging import specify_shape
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import FUNCTIONS
from graphcore.tensor.ordering import argsort, argtopk, cumsum, take_along_axis
from graphcore.tensor.sequences import arange


def rng(generator=None, name=None):
    """A generator as a shared variable: an int64 vector that holds the state of a ``PCG64``.

    Parameters
    ----------
    generator : numpy.random.Generator, int or None
        A generator on a ``PCG64``, or a seed.
    name : str, optional
    """
    if not isinstance(generator, np.random.Generator):
        generator = np.random.Generator(np.random.PCG64(generator))
    return new_shared(TensorType("int64", (6,)), ops.state_of(generator), name)


def generator_of(variable):
    """A NumPy generator in the state of such a variable."""
    return ops.generator_of(variable.container[0])


def size_of(size, ndim=None):
    """The shape as an int64 vector, and how many axes it has; None stays None.

    ``ndim`` is that number, where the shape is a vector of unknown length.
    """
    if size is None:
        return shape_vector([]), None
    if isinstance(size, Variable) and size.type.ndim == 1:
        n = size.type.shape[0]
        if n is None and ndim is None:
            raise ValueError(
                "the number of axes of a random array must be known: pass a tuple, or ndim"
            )
        return cast(size if n is not None else specify_shape(size, (ndim,)), "int64"), n or ndim
    parts = list(size) if isinstance(size, (tuple, list, np.ndarray)) else [size]
    return shape_vector(parts), len(parts)


class _Stream:
    """What both kinds of streams share.

    Parameters
    ----------
    seed : int or None
        The same seed gives the same numbers, in the order in which draws are made.

    Attributes
    ----------
    state_updates : list of (SharedVariable, Variable)
        The generator of every draw so far, and its next state.
    """

    def __init__(self, seed=None):
        self.default_instance_seed = seed
        self.state_updates = []
        self._seeds = np.random.SeedSequence(seed)

    def seed(self, seed=None):
        """Set the generators of all draws anew, as if the stream had been made with this seed."""
        if seed is None:
            seed = self.default_instance_seed
        self._seeds = np.random.SeedSequence(seed)
        for state, _ in self.state_updates:
            state.container[0] = ops.state_of(self._next())

    def updates(self):
        """The generators of all draws and their next states."""
        return list(self.state_updates)

    def _next(self):
        return np.random.Generator(np.random.PCG64(self._seeds.spawn(1)[0]))

    def _draw(self, op, size, parameters):
        state = rng(self._next())
        parameters = [as_tensor_variable(p) for p in parameters]
        inputs = parameters if size is None else [size, *parameters]
        after, found = op(state, *inputs)
        state.default_update = after
        self.state_updates.append((state, after))
        found.tag.rng, found.tag.update = state, (state, after)
        return found

    def _law(self, name, size, parameters, dtype=None, ndim=None):
        size, ndim = size_of(size, ndim)
        op = ops.Draw(name, ndim, dtype or ops.LAWS[name].dtype)
        return self._draw(op, size, parameters)

    def gen(self, op, *parameters, **options):
        """A draw by the name of a method, or the function of the same name."""
        name = op if isinstance(op, str) else op.__name__
        return getattr(self, name)(*parameters, **options)

    def _choose(self, size, a, replace, p):
        size, ndim = size_of(() if size is None else size)
        op = ops.Choice(ndim, replace, p is not None)
        return self._draw(op, size, [a] if p is None else [a, p])

    def permutation(self, x):
        """The rows of an array, or the numbers below ``x``, in random order."""
        x = as_tensor_variable(np.arange(x) if isinstance(x, (int, np.integer)) else x)
        return self._draw(ops.Shuffle(), None, [x])

    def shuffle_row_elements(self, x):
        """An array with the elements of every row in a random order of their own."""
        x = as_tensor_variable(x)
        if x.type.ndim < 2:
            return self._draw(ops.Shuffle(), None, [x])
        keys = self._law("uniform", x.shape, [0.0, 1.0])
        return take_along_axis(x, argsort(keys, axis=-1), -1)


class RandomStream(_Stream):
    """Random arrays with the methods and arguments of ``numpy.random.Generator``.

    Every method takes the parameters of the distribution, ``size`` (which follows from the
    parameters when it is left out) and ``dtype``.

    Examples
    --------
    >>> import graphcore
    >>> from graphcore.tensor.random import RandomStream
    >>> stream = RandomStream(seed=1)
    >>> f = graphcore.function([], stream.normal(0, 1, size=(2,)))
    >>> bool((f() != f()).all())
    True
    """

    def choice(self, a, size=None, replace=True, p=None):
        """Members of ``range(a)`` or of a vector."""
        return self._choose(size, a, replace, p)


def _method(name, law):
    defaults = dict(zip(law.names[len(law.names) - len(law.defaults) :], law.defaults, strict=True))

    def draw(self, *parameters, size=None, dtype=None, **named):
        given = dict(zip(law.names, parameters, strict=False))
        if len(parameters) == len(law.names) + 1 and size is None:
            size = parameters[-1]
        elif len(parameters) > len(law.names):
            raise TypeError(f"{name} takes {', '.join(law.names)} and size")
        values = {**defaults, **given, **named}
        wrong = [n for n in values if n not in law.names]
        missing = [n for n in law.names if n not in values]
        if wrong or missing:
            raise TypeError(
                f"{name} takes {', '.join(law.names)} and size; check {', '.join(wrong + missing)}"
            )
        return self._law(name, size, [values[n] for n in law.names], dtype)

    draw.__name__ = draw.__qualname__ = name
    draw.__doc__ = f"A random array: {name}({', '.join(law.names)}, size=None, dtype=None)."
    return draw


for _name, _row in ops.LAWS.items():
    setattr(RandomStream, _name, _method(_name, _row))
RandomStream.random = lambda self, size=None, dtype=None: self._law(
    "uniform", () if size is None else size, [0.0, 1.0], dtype
)


class RandomStreams(_Stream):
    """Random arrays in Theano's way: the shape comes first, or follows from the parameters.

    ``ndim`` is the number of axes where the shape is a vector of unknown length.

    Examples
    --------
    >>> import graphcore
    >>> from graphcore.tensor.shared_randomstreams import RandomStreams
    >>> stream = RandomStreams(seed=234)
    >>> uniform = graphcore.function([], stream.uniform((2, 2)))
    >>> uniform().shape
    (2, 2)
    """

    def _sized(self, name, size, parameters, dtype, ndim):
        """A draw of the shape of the parameters where none is given, and not ``()`` either."""
        given = not (isinstance(size, (tuple, list)) and not size)
        return self._law(name, size if given else None, parameters, dtype, ndim)

    def uniform(self, size=(), low=0.0, high=1.0, ndim=None, dtype=None, nstreams=None):
        """Numbers between ``low`` and ``high``."""
        return self._sized("uniform", size, [low, high], dtype, ndim)

    def normal(
        self, size=(), avg=0.0, std=1.0, ndim=None, dtype=None, nstreams=None, truncate=False
    ):  # fmt: skip
        """Normal numbers of mean ``avg`` and standard deviation ``std``.

        With ``truncate`` they are within two standard deviations.
        """
        if truncate:
            return self.truncated_normal(size, avg, std, ndim, dtype)
        return self._sized("normal", size, [avg, std], dtype, ndim)

    def binomial(self, size=(), n=1, p=0.5, ndim=None, dtype=None, nstreams=None, prob=None):
        """Numbers of successes of ``n`` trials."""
        return self._sized("binomial", size, [n, p if prob is None else prob], dtype, ndim)

    def poisson(self, size=(), lam=1.0, ndim=None, dtype=None):
        """Poisson numbers."""
        return self._sized("poisson", size, [lam], dtype, ndim)

    def random_integers(self, size=(), low=0, high=1, ndim=None, dtype=None):
        """Integers from ``low`` to ``high``, both included."""
        return self._sized("integers", size, [low, as_tensor_variable(high) + 1], dtype, ndim)

    def multinomial(self, size=None, n=1, pvals=(0.5, 0.5), ndim=None, dtype=None, nstreams=None):
        """Counts of ``n`` trials with several outcomes, whose probabilities are ``pvals``."""
        return self._law("multinomial", size, [n, pvals], dtype)

    def choice(
        self, size=(), a=2, replace=True, p=None, ndim=None, dtype=None, nstreams=None, target=None
    ):  # fmt: skip
        """Members of ``range(a)`` or of a vector.

        Where ``p`` is a matrix, ``size`` column numbers per row, with the probabilities in it.
        """
        p = None if p is None else as_tensor_variable(p)
        if p is None or p.type.ndim < 2:
            found = self._choose(size, a, replace, p)
            return found if dtype is None else cast(found, dtype)
        count = (*size, 1)[0] if isinstance(size, (tuple, list)) else 1 if size is None else size
        if replace:
            u = self._law("uniform", [p.shape[0], count], [0.0, 1.0])
            ends = cumsum(p / p.sum(axis=1, keepdims=True), axis=1)
            passed = u[:, :, None] > ends[:, None, :-1]
            found = passed.sum(axis=2)
        else:  # the order of log(p) with Gumbel noise is that of draws one by one
            noise = -FUNCTIONS["log"](-FUNCTIONS["log"](self._law("uniform", p.shape, [0.0, 1.0])))
            found = argtopk(FUNCTIONS["log"](p) + noise, count, axis=1)
        return cast(found, dtype or "int64")

    def multinomial_wo_replacement(
        self, size=None, n=1, pvals=None, ndim=None, dtype="int64", nstreams=None
    ):
        """``n`` different column numbers per row of the matrix ``pvals`` of probabilities."""
        return self.choice(n, replace=False, p=pvals, dtype=dtype)

    def truncated_normal(self, size=(), avg=0.0, std=1.0, ndim=None, dtype=None, nstreams=None):
        """Normal numbers within two standard deviations of the mean."""
        erf, erfinv = FUNCTIONS["erf"], FUNCTIONS["erfinv"]
        edge = erf(np.sqrt(2.0))
        u = self._law("uniform", size, [-1.0, 1.0], dtype)
        return avg + std * np.sqrt(2.0) * erfinv(u * edge)

    def permutation(self, size=(), n=1, ndim=None, dtype="int64"):
        """The numbers below ``n`` in random order along a last axis, per entry of ``size``."""
        if size is None or (isinstance(size, (tuple, list)) and not size):
            found = super().permutation(arange(n) if isinstance(n, Variable) else n)
        else:
            size = list(size) if isinstance(size, (tuple, list, Variable)) else [size]
            found = argsort(self._law("uniform", [*size, n], [0.0, 1.0]), axis=-1)
        return cast(found, dtype)


MRG_RandomStreams = RandomStreams

__all__ = ["MRG_RandomStreams", "RandomStream", "RandomStreams", "generator_of", "rng"]
