"""Random arrays as functions, with PyTensor's names and arguments.

Each takes the parameters of the distribution, ``size``, and as ``rng`` the shared variable of a
generator.  Unlike draws of a :class:`RandomStream` they do not change the generator: the node of a
draw has its next state as first output, ``draw.owner.outputs[0]``, for the updates of a function.
"""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops import random as ops
from graphcore.ops.elementwise import apply_row
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.random.streams import rng as _rng
from graphcore.tensor.random.streams import size_of

#: Names of functions, and the laws they draw from where these have another name.
_LAWS = {
    **{name: name for name in (
        "bernoulli", "beta", "betabinom", "binomial", "categorical", "cauchy", "dirichlet",
        "exponential", "gengamma", "geometric", "gumbel", "halfcauchy", "halfnormal",
        "hypergeometric", "invgamma", "laplace", "logistic", "lognormal", "multinomial",
        "multivariate_normal", "negative_binomial", "normal", "poisson", "t", "triangular",
        "truncexpon", "uniform", "vonmises", "wald", "weibull",
    )},
    "nbinom": "negative_binomial",
    "pareto": "pareto_from_scale",
}  # fmt: skip
#: Parameters that have other names in the laws.
_NAMES = {
    "beta": ("alpha", "beta"),
    "dirichlet": ("alphas",),
    "multinomial": ("n", "p"),
    "weibull": ("shape",),
}
_DEFAULTS = {"wald": (1.0, 1.0)}


def drawn(op, size, parameters, rng, name):
    """The draw, a variable whose node has the next state first."""
    state = _rng() if rng is None else rng
    if not isinstance(state, Variable):
        raise TypeError(f"rng must be shared(numpy.random.default_rng()), not {rng!r}")
    inputs = [as_tensor_variable(p) for p in parameters]
    _, found = op(state, *([] if size is None else [size]), *inputs)
    found.tag.rng = state
    found.name = name
    return found


def _function(name, law):
    row = ops.LAWS[law]
    names = _NAMES.get(name, row.names)
    values = _DEFAULTS.get(name, row.defaults)
    defaults = dict(zip(names[len(names) - len(values) :], values, strict=True))

    def draw(*parameters, size=None, rng=None, dtype=None, name=None, **named):
        if len(parameters) == len(names) + 1 and size is None:
            parameters, size = parameters[:-1], parameters[-1]
        given = {**defaults, **dict(zip(names, parameters, strict=False)), **named}
        if set(given) != set(names) or len(parameters) > len(names):
            raise TypeError(f"{draw.__name__} takes {', '.join(names)}, size and rng")
        size, ndim = size_of(size)
        op = ops.Draw(law, ndim, dtype or row.dtype)
        return drawn(op, size, [given[n] for n in names], rng, name)

    draw.__name__ = draw.__qualname__ = name
    shown = ", ".join(f"{n}={defaults[n]}" if n in defaults else n for n in names)
    draw.__doc__ = f"A random array: {name}({shown}, size=None, rng=None, dtype=None, name=None)."
    return draw


FUNCTIONS = {name: _function(name, law) for name, law in _LAWS.items()}
globals().update(FUNCTIONS)
_gamma = _function("gamma", "gamma")


def gamma(shape, rate=None, scale=None, size=None, **options):
    """A random array of the gamma distribution, by its rate or its scale (1 by default).

    Examples
    --------
    >>> from graphcore.tensor.random import gamma
    >>> gamma(2.0, scale=3.0, size=(2,)).type
    TensorType(float64, (2))
    """
    if rate is not None and scale is not None:
        raise ValueError("gamma: pass the rate or the scale, not both")
    if scale is None:
        scale = 1.0 if rate is None else apply_row("reciprocal", as_tensor_variable(rate))
    return _gamma(shape, scale, size=size, **options)


def chisquare(df, size=None, **options):
    """A random array of the chi-squared distribution."""
    return gamma(as_tensor_variable(df) / 2.0, scale=2.0, size=size, **options)


def standard_normal(*, size=None, **options):
    """A random array of the normal distribution of mean 0 and variance 1."""
    return FUNCTIONS["normal"](0.0, 1.0, size=size, **options)


def integers(low, high=None, size=None, **options):
    """Random whole numbers from ``low`` (0, where ``high`` is not given) to below ``high``."""
    low, high = (0, low) if high is None else (low, high)
    return _integers(low, high, size=size, **options)


_integers = _function("integers", "integers")


def choice(a, size=None, replace=True, p=None, *, rng=None, name=None):
    """Members of ``range(a)`` or of a vector."""
    size, ndim = size_of(() if size is None else size)
    op = ops.Choice(ndim, replace, p is not None)
    return drawn(op, size, [a] if p is None else [a, p], rng, name)


def permutation(x, *, rng=None, name=None):
    """The rows of an array, or the numbers below ``x``, in random order."""
    x = np.arange(x) if isinstance(x, (int, np.integer)) else x
    return drawn(ops.Shuffle(), None, [x], rng, name)


def default_rng(seed=None):
    """The generator that such a draw uses: a shared variable."""
    return _rng(seed)


__all__ = [
    "chisquare", "choice", "default_rng", "gamma", "integers", "permutation", "standard_normal",
    *FUNCTIONS,
]  # fmt: skip
