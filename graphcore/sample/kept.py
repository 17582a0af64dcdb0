"""What a model is sampled with, kept for the next time.

Fitting one model to many data sets is common: simulation-based calibration, cross-validation, a
model per day.  Small data are read where they lie, so that new values of them take no build; of
large data the programs keep statistics, which are made again when the values differ.
"""

from functools import cached_property

import numpy as np

from graphcore.model.data import holds_data
from graphcore.model.density import DensityFunction
from graphcore.sample.expand import Expand

# With fewer numbers a pass over them costs no more than what statistics save.
LARGE = 1000


class Programs:
    """The density of a model and the expansions of its draws, for the data of one time.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model):
        self.model = model
        self._state = _state(model)
        self._data = [v for v in model.root.walked if holds_data(v)]
        self._held = sum(v.type.size for v in self._data) < LARGE
        self._values = [v.container[0] if self._held else v.get_value() for v in self._data]
        self._expansions = {}

    @cached_property
    def density(self):
        """The log density of the continuous variables."""
        values = self.model.continuous_value_vars
        return DensityFunction(self.model, values, True, not self._held, True)

    def fits(self):
        """Whether the model is what it was, and so are its data where their values count."""
        if _state(self.model) != self._state:
            return False
        present = [v.container[0] for v in self._data]
        if self._held:
            return all(a is b for a, b in zip(present, self._values, strict=True))
        return all(_equal(a, b) for a, b in zip(present, self._values, strict=True))

    def expansion(self, variables):
        """An :class:`~graphcore.sample.expand.Expand` of random variables and deterministics."""
        names = tuple(v.name for v in variables)
        if names not in self._expansions:
            graphs = self.model.replace_rvs_by_values(variables)
            named = dict(zip(names, graphs, strict=True))
            self._expansions[names] = Expand(self.model.value_vars, named, self._held)
        return self._expansions[names]


def programs_of(model):
    """The :class:`Programs` of a model: those of the last time, when they still fit.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Data("x", [1.0, 2.0])
    ...     y = pm.Normal("y", pm.Normal("mu"), 1, observed=x)
    >>> first = programs_of(model)
    >>> model.set_data("x", [3.0, 4.0])
    >>> programs_of(model) is first
    True
    >>> model.set_data("x", [3.0, 4.0, 5.0])
    >>> programs_of(model) is first
    False
    """
    kept = model.kept
    if kept is None or not kept.fits():
        model.kept = kept = Programs(model)
    return kept


def _state(model):
    """What a density follows from, besides data: more variables, other options."""
    sizes = [model.rvs_to_total_sizes.get(rv) for rv in model.observed_RVs]
    return len(model.entries), model.check_bounds, str(sizes)


def _equal(a, b):
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
