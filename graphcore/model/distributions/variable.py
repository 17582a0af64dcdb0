"""The tensor variable that a random variable is."""

import math

import numpy as np

from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of
from graphcore.runtime.reference import evaluate
from graphcore.tensor import TensorVariable
from graphcore.tensor.drawn import note


class RandomVariable(TensorVariable):
    """A tensor variable that has a distribution.

    It is a leaf of the graph: what its value is, the model (or whoever draws from it) decides.

    Attributes
    ----------
    distribution : Distribution
    recipe : Recipe or None
        What it was made with.
    model : Model or None
        The model that it was registered in.
    """

    __slots__ = ("distribution", "model", "recipe")

    def __init__(self, distribution, name=None, recipe=None):
        super().__init__(TensorType(distribution.dtype, distribution.shape), name=name)
        self.distribution = distribution
        self.recipe = recipe
        self.model = None
        note(self)

    def __reduce__(self):
        if self.model is not None:
            return of_model, (self.model, self.name)
        return _made_again, (self.recipe, self.name)

    @staticmethod
    def of_loop(loop):
        """The outputs of a :class:`~graphcore.tensor.scan.Loop` whose steps draw variables."""
        from graphcore.model.distributions.looped import outputs_of_loop  # made of this class

        return outputs_of_loop(loop)

    def logp(self, value):
        """Log density (or log probability) of each element of ``value``: a variable.

        Of a variable of a model, ``value`` may be a point (a dict by the names of value
        variables): then it is the log density there, summed up, as a number.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> from graphcore.runtime.reference import evaluate
        >>> round(float(evaluate([pm.Normal.dist(0, 1).logp(0.0)], {})[0]), 6)
        -0.918939
        """
        if not isinstance(value, dict):
            return self.distribution.log_density(value)
        if self.model is None:
            raise TypeError("a point has a meaning only for a variable of a model")
        return self.model.compile_logp([self])(self.model.complete_point(value))

    def logcdf(self, value):
        """Logarithm of the cumulative distribution function at ``value``: a variable."""
        return self.distribution.log_cdf(value)

    def logccdf(self, value):
        """Logarithm of the probability of exceeding ``value``: a variable."""
        return self.distribution.log_ccdf(value)

    def icdf(self, q):
        """The quantile of each probability ``q``: a variable."""
        return self.distribution.inv_cdf(q)

    def eval(self, inputs=None):
        """The value for given inputs; without any, a random draw."""
        return super().eval(inputs) if inputs else self.random()

    def random(self, size=None, rng=None, given=None, point=None):
        """Numbers drawn from the distribution, after the variables that its parameters depend on.

        Parameters
        ----------
        size : int or tuple, optional
            Repeats in front of the variable's own shape; each has parents of its own.
        rng : Generator or seed, optional
        given : dict of Variable to array, optional
            Values of random variables that the parameters depend on, which are not drawn then.
        point : dict of str to array, optional
            The same by name.  As in PyMC3 it may be the first argument, and ``size`` the second.

        Returns
        -------
        ndarray

        Examples
        --------
        >>> import graphcore.model as pm
        >>> mean = pm.Normal.dist(0, 1)
        >>> pm.Normal.dist(mean, 1).random(5).shape
        (5,)
        """
        if isinstance(size, dict):
            size, rng, point = rng, None, size
        self.distribution.refuse_faults(unknown=False)
        rng, given = np.random.default_rng(rng), dict(given or {})
        used = [v for v in inputs_of(list(self.distribution.arguments.values()))
                if isinstance(v, RandomVariable)]  # fmt: skip
        given |= {v: np.asarray(point[v.name]) for v in used if v.name in (point or {})}
        if all(v in given for v in used):
            return self.distribution.draw(rng, size, given)
        from graphcore.model import draw  # which stands above

        lead = () if size is None else tuple(np.atleast_1d(size).tolist())
        drawn = draw([self], math.prod(lead), random_seed=rng, givens=given)[0]
        return drawn.reshape((*lead, *self.type.shape))

    def test_value(self):
        """Where sampling would start: a typical value, or ``initval``."""
        if self.model is None:
            self.distribution.refuse_faults()
            start = self.distribution.initial()
            used = inputs_of([start])
            return evaluate([start], {v: v.tag.test_value for v in used})[0]
        if self in self.model.observed_RVs:
            return self.model.rvs_to_values[self].tag.test_value
        return self.model.compile_fn(self)(self.model.initial_point())

    def default(self):
        """A typical value inside the support."""
        return self.test_value()

    @property
    def transform(self):
        """The map of its values to the unconstrained space, or None."""
        if self.model is None:
            return self.distribution.default_transform()
        return self.model.rvs_to_transforms[self]

    @property
    def logp_elemwiset(self):
        """PyMC3: the log density of each element in the model, as a graph of value variables."""
        return self.model.logp([self], sum=False)[0]

    @property
    def logpt(self):
        """PyMC3: the log density in the model, as a graph of value variables."""
        return self.model.logp([self])

    def logp_elemwise(self, point):
        """PyMC3: the log density of each element at a point of the model."""
        return self.model.compile_logp([self], sum=False)(self.model.complete_point(point))[0]

    def str_repr(self, formatting="plain", include_params=True):
        """The variable and its distribution as text.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x", 0, 2)
        >>> x.str_repr()
        'x ~ Normal(0, 2)'
        """
        from graphcore.model.report import line_of

        return line_of(self, formatting, include_params)

    def _repr_latex_(self):
        return self.str_repr("latex")

    __latex__ = _repr_latex_

    @property
    def dshape(self):
        """The shape, as numbers."""
        return self.type.shape

    @property
    def dsize(self):
        """The number of elements, as a number."""
        return self.type.size


def of_model(model, name):
    """A variable of a model; what the pickle of one leads to."""
    return model.named_vars[name]


def _made_again(recipe, name):
    return RandomVariable(recipe.any(recipe.cls.__name__), name, recipe)
