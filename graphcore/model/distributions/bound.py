"""``Bound``: a distribution on a part of its support, not normalised."""

from graphcore.model.distributions.base import Distribution, RandomVariable
from graphcore.model.distributions.modifiers import Truncated


class Bound(Truncated):
    """A distribution between bounds whose density is not divided by the mass between them.

    That is right where the parameters of the distribution are fixed; where they are not,
    ``Truncated`` is meant.

    Parameters
    ----------
    name : str
    dist : RandomVariable
        Made with ``.dist()``.
    lower, upper : number, array or variable, optional

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Bound("x", pm.Normal.dist(0, 1), lower=0)
    >>> [v.name for v in model.value_vars]
    ['x_interval__']

    PyMC3's form makes a family first:

    >>> with pm.Model():
    ...     x = pm.Bound(pm.Normal, lower=0)("x", mu=0, sigma=1)
    >>> float(x.logp(-1.0).eval())
    -inf
    """

    def __new__(cls, name, *args, **kwargs):
        if isinstance(name, type) and issubclass(name, Distribution):
            return _Family(name, *args, **kwargs)
        return super().__new__(cls, name, *args, **kwargs)

    def formula(self, value):
        return self.base.log_density(value)

    def log_cdf(self, value):
        raise NotImplementedError(f"{self.label}: Bound is not normalised; use Truncated")

    log_ccdf = inv_cdf = log_cdf

    def _moments(self):
        between = (RandomVariable(self.base), self.lower, self.upper)
        return Truncated.make(self.label, between, {})._moments()


class _Family:
    """``Bound(Normal, lower=0)``: a distribution class with bounds."""

    def __init__(self, cls, lower=None, upper=None):
        self.cls, self.bounds = cls, {"lower": lower, "upper": upper}

    def __call__(self, name, *args, **kwargs):
        model = {
            k: kwargs.pop(k)
            for k in ("observed", "dims", "shape", "size", "initval", "testval", "transform",
                      "total_size")
            if k in kwargs
        }  # fmt: skip
        return Bound(name, self.cls.dist(*args, **kwargs), **self.bounds, **model)

    def dist(self, *args, **kwargs):
        """The same outside of a model."""
        shapes = {k: kwargs.pop(k) for k in ("shape", "size") if k in kwargs}
        return Bound.dist(self.cls.dist(*args, **kwargs), **self.bounds, **shapes)
