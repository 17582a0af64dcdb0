"""Missing data: entries of observed arrays that become variables of the model."""

import warnings

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.base import Distribution, Recipe
from graphcore.model.distributions.constraints import Constraint
from graphcore.model.distributions.parameters import core_axes
from graphcore.model.distributions.transforms import Interval
from graphcore.tensor import TensorVariable


class ImputationWarning(UserWarning):
    """Observed data have missing entries, which are sampled."""


class Completed(TensorVariable):
    """Observed values and imputed ones, together in one array."""

    __slots__ = ()

    @property
    def missing_values(self):
        """PyMC3: the variables that stand for missing entries, in a list."""
        wanted = f"{self.name}_unobserved"
        return [v for v in inputs_of([self]) if v.name == wanted]


def impute(model, recipe, name, data, mask, given):
    """Enter ``{name}_unobserved``, ``{name}_observed`` and their combination, named ``name``.

    Where the density of a distribution does not fall apart into its elements (several missing
    entries of one vector), ``{name}_unobserved`` has the density of all of it.
    """
    warnings.warn(
        f"{name}: {int(mask.sum())} of {mask.size} observed values are missing; they become the "
        f"variable {name}_unobserved, which is sampled with the others",
        ImputationWarning,
        stacklevel=6,
    )
    if given["total_size"] is not None:
        raise NotImplementedError(f"{name}: total_size= together with missing data")
    dims = model._coords.names(given["dims"], name)
    full = model._distribution(recipe, name, dims, data)
    if full.shape != data.shape:
        raise ValueError(
            f"{name}: the observed data have shape {data.shape}, but the variable has shape "
            f"{full.shape}"
        )
    blank = dict.fromkeys(("observed", "dims", "total_size"))
    free = blank | {k: given[k] for k in ("transform", "default_transform", "initval")}
    if full.ndim == 0 and type(full).formula is Distribution.formula:
        lost = _enter(model, _part(full, mask), f"{name}_unobserved", free)
        seen = {**blank, "observed": data[~mask]}
        seen |= {k: given[k] for k in ("transform", "default_transform")} | {"initval": None}
        known = _enter(model, _part(full, ~mask), f"{name}_observed", seen)
    else:
        joint = Recipe(_Joint, (), {"full": full, "data": data, "mask": mask})
        lost = _enter(model, joint, f"{name}_unobserved", free)
        known = tt.constant(data[~mask])
    whole = _combined(lost, known, mask).copy(name=name)
    whole.__class__ = Completed  # the same variable, with one attribute more
    model._append("deterministics", whole)
    model._add_name(whole, dims)
    return whole


def _enter(model, recipe, name, given):
    model._check_name(name)
    rv = model._make(recipe, name, given)
    model._note("part", rv, recipe, given)
    return rv


def _combined(lost, known, mask):
    """The array of which two vectors hold the entries that are missing and those that are not."""
    place = np.empty(mask.shape, dtype="int64")
    count = int(mask.sum())
    place[mask] = np.arange(count)
    place[~mask] = np.arange(count, mask.size)
    known = known if known.dtype == lost.dtype else tt.cast(known, lost.dtype)
    return tt.concatenate([lost, known])[place]


def _part(full, mask):
    """The recipe of the elements of a distribution where ``mask`` is true, as a vector."""
    cls = full.registry[full.shown]
    where = np.flatnonzero(mask)
    taken = {}
    for name, v in full.given.items():
        core = core_axes(cls, name)
        batch = v.ndim - core
        if batch:
            v = tt.broadcast_to(v, full.batch_shape + v.type.shape[batch:])
            v = tt.reshape(v, (mask.size, *v.type.shape[mask.ndim :]))[where]
        taken[name] = v
    return Recipe(cls, (), taken, shape=(int(mask.sum()),))


class _Joint(Distribution, hidden=True):
    """Missing entries under the density of all entries."""

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None):
        full = kwargs["full"]
        if full.ndim and full.support_of().discrete:
            raise NotImplementedError(
                f"{label}: missing entries of {full.shown} cannot be imputed, as its counts have "
                "to add up to n"
            )
        transform = full.default_transform()
        bounds = getattr(transform, "lower", None), getattr(transform, "upper", None)
        moved = isinstance(transform, Interval) and any(np.ndim(b) for b in bounds)
        if transform is not None and (transform.ndim or moved):
            raise NotImplementedError(
                f"{label}: missing entries of {full.shown} cannot be imputed, as its transform "
                "takes the entries together"
            )
        self = super().make(label, (), {}, **kwargs)
        self.batch_shape = full.batch_shape
        self.conditions = full.conditions
        self.shown = full.shown
        return self

    def _find_support(self):
        inner = self.full.support_of()
        return Constraint(
            inner.text, discrete=inner.discrete, transform=self.full.default_transform()
        )

    def _find_shape(self, shape, size, observed_shape):
        return (int(self.mask.sum()),)

    def _whole(self, value):
        return _combined(value, tt.constant(self.data[~self.mask]), self.mask)

    def formula(self, value):
        return self.full.formula(self._whole(value))

    def log_density(self, value, inside=False, checks=True):
        return self.full.log_density(self._whole(value), inside, checks)

    def initial(self):
        return tt.flatten(self.full.initial())[np.flatnonzero(self.mask)]

    def draw(self, rng, size, given):
        drawn = self.full.draw(rng, size, given)
        return drawn[(..., *np.nonzero(self.mask))]

    def __repr__(self):
        return repr(self.full)


__all__ = ["ImputationWarning", "impute"]
