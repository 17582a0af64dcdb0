"""Random variables of the user: a class that says how numbers are drawn."""

import re

from graphcore.ops.random import Draw, Law
from graphcore.tensor.random.draws import drawn
from graphcore.tensor.random.streams import size_of


def axes_of(signature):
    """Names of the axes of one draw, of each parameter and of the result.

    Examples
    --------
    >>> axes_of("(n),(n,n),()->(n)")
    ([('n',), ('n', 'n'), ()], ('n',))
    """
    found = re.fullmatch(r"\s*((?:\([^()]*\),?\s*)*)->\s*\(([^()]*)\)\s*", signature)
    if found is None:
        raise ValueError(
            f"signature {signature!r} is not of the form '(),(n)->(n)': the axes of each parameter "
            "and those of one value"
        )
    *parameters, value = re.findall(r"\(([^()]*)\)", signature)
    split = [tuple(n.strip() for n in part.split(",") if n.strip()) for part in parameters]
    return split, tuple(n.strip() for n in value.split(",") if n.strip())


class RandomVariable:
    """Base of a class that draws numbers, for functions and for distributions (``rv_op``).

    A subclass has a method ``rng_fn(rng, *parameters, size)`` that takes a NumPy generator and
    arrays, and the attributes that follow.

    Attributes
    ----------
    name : str
    signature : str
        Axes of the parameters and of one value that belong together: ``"(),()->()"`` for numbers,
        ``"(n),(n,n)->(n)"`` for a vector.
    ndim_supp, ndims_params : int, sequence of int
        The number of these axes, in place of a signature.
    dtype : str
        ``"int64"`` for whole numbers.

    Examples
    --------
    >>> import graphcore
    >>> class Maximum(RandomVariable):
    ...     name = "maximum"
    ...     signature = "(),()->()"
    ...     def rng_fn(self, rng, a, b, size):
    ...         return abs(rng.uniform(a, b, size))
    >>> x = Maximum()(-1.0, 1.0, size=(3,))
    >>> bool((x.eval() >= 0).all())
    True
    """

    name = None
    signature = None
    ndim_supp = 0
    ndims_params = None
    dtype = "floatX"

    def __init__(
        self, name=None, ndim_supp=None, ndims_params=None, dtype=None, inplace=None, signature=None
    ):
        given = {
            "name": name, "ndim_supp": ndim_supp, "ndims_params": ndims_params, "dtype": dtype,
            "signature": signature,
        }  # fmt: skip
        self.__dict__.update({k: v for k, v in given.items() if v is not None})
        if self.signature is not None:
            parameters, value = axes_of(self.signature)
            self.ndims_params, self.ndim_supp = [len(p) for p in parameters], len(value)

    def rng_fn(self, rng, *parameters):
        """Numbers of shape ``size``, the last argument, followed by the shape of one value."""
        raise NotImplementedError(f"{type(self).__name__} needs a method rng_fn(rng, ..., size)")

    def __call__(self, *parameters, size=None, rng=None, name=None, dtype=None):
        """A random array, drawn anew at every evaluation with updates."""
        if self.ndim_supp:
            raise NotImplementedError(
                f"{type(self).__name__}: one draw has axes of its own; make a distribution of it "
                "and use .dist(), or draw the array by as_op"
            )
        size, ndim = size_of(size)
        return drawn(_Drawn(self, ndim, len(parameters)), size, parameters, rng, name)


class _Drawn(Draw):
    """The draw of a user's random variable."""

    props = ("law", "ndim", "count")

    def __init__(self, law, ndim, count):
        dtype = "float64" if law.dtype == "floatX" else law.dtype
        self.law, self.ndim, self.count, self.dtype = law, ndim, count, dtype
        self.row = Law(self._draw, dtype, (), (), (0,) * count)
        self.name = law.name or type(law).__name__
        self.no_gradient = tuple(range(2 + count))

    def _draw(self, rng, size, *parameters):
        return self.law.rng_fn(rng, *parameters, size)

    def __repr__(self):
        return f"draw_{self.name}"

    def __reduce__(self):
        return _Drawn, (self.law, self.ndim, self.count)
