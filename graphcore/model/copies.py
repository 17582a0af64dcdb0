"""Models made from models: copies, interventions, further observations, frozen data."""

from types import SimpleNamespace

import numpy as np

from graphcore.graph.nodes import Constant, SharedVariable, Variable, new_shared, new_variable
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.data import leaves
from graphcore.model.distributions.base import RandomVariable, Recipe
from graphcore.model.model import Model


def clone_model(model):
    """A model of the same variables that shares none of them.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    >>> pm.clone_model(model)["x"] is x
    False
    """
    return _Copy(model).run()


def do(model, vars, make_interventions_shared=True, prune_vars=False):
    """The model after an intervention: variables are set to values, whatever causes them.

    Parameters
    ----------
    model : Model
    vars : dict of variable or name to value
    make_interventions_shared : bool
        Whether the values can be changed with ``set_data``.
    prune_vars : bool
        Whether variables that nothing observed depends on are left out.

    Returns
    -------
    Model

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     y = pm.Normal("y", x, 1)
    >>> print(pm.do(model, {"x": 3.0}))
    x ~ Data(())
    y ~ Normal(x, 1)
    """
    made = _Copy(model, interventions=_by_name(model, vars), mutable=make_interventions_shared)
    changed = made.run()
    return prune_vars_detached_from_observed(changed) if prune_vars else changed


def observe(model, vars_to_observations):
    """The model with free variables observed.

    A dimension along which there are more or fewer observations than variables gets their length,
    and loses its labels; ``set_dim`` gives it others.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     y = pm.Normal("y", x, 1)
    >>> [rv.name for rv in pm.observe(model, {y: 2.0}).observed_RVs]
    ['y']
    """
    chosen = _by_name(model, vars_to_observations)
    free = {rv.name for rv in model.free_RVs}
    for name in chosen:
        if name not in free:
            raise ValueError(f"{name} is not a free variable of the model: it cannot be observed")
    return _Copy(model, observations=chosen, lengths=_lengths(model, chosen)).run()


def _lengths(model, observations):
    """Dims that get another length from observations, such as a row of which there are many now."""
    found = {}
    for name, value in observations.items():
        for dim, n in zip(model.named_vars_to_dims.get(name) or (), np.shape(value), strict=False):
            if dim is not None and n != model.dim_lengths[dim] and found.setdefault(dim, n) != n:
                raise ValueError(f"dimension {dim!r} would have the lengths {found[dim]} and {n}")
    return found


def freeze_dims_and_data(model, dims=None, data=None):
    """The model with its data as constants, of which programs can keep statistics only.

    Parameters
    ----------
    model : Model
    dims : sequence of str, optional
        For PyMC's sake: lengths of dimensions are fixed anyway.
    data : sequence of str, optional
        Which data; all of them by default.
    """
    names = {v.name for v in model.data_vars} if data is None else set(data)
    return _Copy(model, frozen=names).run()


def change_value_transforms(model, vars_to_transforms):
    """The model with other transforms of some of its free variables; None for no transform.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> from graphcore.model.distributions.transforms import logodds
    >>> with pm.Model() as model:
    ...     p = pm.Uniform("p", 0, 1)
    >>> [v.name for v in pm.change_value_transforms(model, {p: logodds}).value_vars]
    ['p_logodds__']
    """
    return _Copy(model, transforms=_by_name(model, vars_to_transforms)).run()


def remove_value_transforms(model, vars=None):
    """The model without transforms of some, or all, of its free variables."""
    chosen = model.free_RVs if vars is None else vars
    return change_value_transforms(model, dict.fromkeys(chosen))


def prune_vars_detached_from_observed(model):
    """The model without the variables on which nothing observed depends."""
    needed, stack = set(), [*model.observed_RVs, *model.potentials]
    while stack:
        v = stack.pop()
        if v.name in needed:
            continue
        needed.add(v.name)
        stack.extend(parents(model, v))
    return _Copy(model, kept=needed).run()


def parents(model, variable):
    """The named variables of a model that one of them is defined by, directly."""
    graphs = [variable] if variable.owner is not None else []
    recipe = next((r for _, v, r, _ in model.entries if v is variable), None)
    if isinstance(recipe, Recipe):
        graphs = leaves([*recipe.args, *recipe.kwargs.values()])
    found, seen, stack = [], set(), list(graphs)
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if v is not variable and v.name and model.named_vars.get(v.name) is v:
            found.append(v)
        elif v.owner is not None:
            stack.extend(reversed(v.owner.inputs))
    return found


def _by_name(model, chosen):
    names = {}
    for v, value in chosen.items():
        name = v if isinstance(v, str) else v.name
        if name not in model.named_vars:
            raise KeyError(f"the model has no variable {name!r}")
        names[name] = value
    return names


def packed(model):
    """What a model registered, without its variables: plain ones stand in their places.

    Returns
    -------
    tuple
        The arguments of :func:`unpacked`, which can be pickled.
    """
    copy = _Copy(model)
    entries = []
    for kind, variable, recipe, given in model.entries:
        if kind == "rv":
            recipe = copy._recipe(recipe)
            given = {k: copy._translated(v) for k, v in given.items()}
        elif kind == "part":
            recipe = given = None  # the array that it is part of makes it
        elif kind != "data":
            recipe = copy._translated(recipe)
        copy.fresh[variable] = _stand_in(variable)
        entries.append((kind, copy.fresh[variable], recipe, given))
    dims = {dim: (model.coords[dim], length) for dim, length in model.dim_lengths.items()}
    return model.name, model.check_bounds, dims, entries


def unpacked(name, check_bounds, dims, entries):
    """The model again that :func:`packed` took apart."""
    told = SimpleNamespace(
        check_bounds=check_bounds,
        entries=entries,
        coords={dim: labels for dim, (labels, _) in dims.items()},
        dim_lengths={dim: length for dim, (_, length) in dims.items()},
    )
    model = _Copy(told).run()
    model.name = name  # after the entries, whose names have it in front already
    return model


def _stand_in(variable):
    if isinstance(variable, Constant):
        return variable
    if isinstance(variable, SharedVariable):
        return new_shared(variable.type, variable.get_value(), variable.name)
    return new_variable(variable.type, name=variable.name)


class _Copy:
    """One pass over what a model registered, entering it into a new one."""

    def __init__(
        self, model, interventions=None, mutable=True, observations=None, frozen=(),
        transforms=None, kept=None, lengths=None,
    ):  # fmt: skip
        self.model, self.mutable, self.frozen, self.kept = model, mutable, frozen, kept
        self.interventions = interventions or {}
        self.observations = observations or {}
        self.transforms = transforms or {}
        self.lengths = lengths or {}
        self.fresh = {}

    def run(self):
        model = self.model
        new = Model(check_bounds=model.check_bounds, model=None)
        for dim, length in model.dim_lengths.items():
            if dim in self.lengths:
                new.add_coord(dim, length=self.lengths[dim])
            else:
                new.add_coord(dim, model.coords[dim], length=length)
        parts = []  # of an array with missing entries, which comes after them and makes them
        for kind, variable, recipe, given in model.entries:
            name = variable.name
            if kind == "part":
                parts.append(variable)
                continue
            left_out = self.kept is not None and name not in self.kept
            if name in self.interventions and not left_out:
                self.fresh[variable] = self._set(new, variable)
            elif not left_out:
                self.fresh[variable] = self._enter(new, kind, variable, recipe, given)
                self.fresh |= {p: new.named_vars[p.name] for p in parts}
            parts = []
        return new

    def _set(self, new, variable):
        value = self.interventions[variable.name]
        dims = self.model.named_vars_to_dims.get(variable.name)
        made = new.add_data(variable.name, value, dims, None, self.mutable)
        return made if made.dtype == variable.dtype else made.astype(variable.dtype)

    def _enter(self, new, kind, variable, recipe, given):
        name = variable.name
        if kind == "data":
            changes = hasattr(variable, "container")
            value = variable.get_value() if changes else variable.data
            mutable = changes and name not in self.frozen
            return new.add_data(name, value, given["dims"], None, mutable)
        if kind != "rv":
            return new.add_named(kind, name, self._translated(recipe), given["dims"])
        given = {k: self._translated(v) for k, v in given.items()}
        if name in self.observations:
            given["observed"] = self.observations[name]
        if name in self.transforms:
            given |= {"transform": None, "default_transform": self.transforms[name]}
        recipe = self._recipe(recipe)
        made = new._make(recipe, name, given)
        new._note("rv", made, recipe, given)
        return made

    def _recipe(self, recipe):
        kwargs = {k: self._translated(v) for k, v in recipe.kwargs.items()}
        shape, size = self._translated(recipe.shape), self._translated(recipe.size)
        return Recipe(recipe.cls, self._translated(recipe.args), kwargs, shape, size)

    def _translated(self, x):
        """An argument in terms of the variables of the new model."""
        if isinstance(x, list | tuple):
            return type(x)(self._translated(v) for v in x)
        if not isinstance(x, Variable):
            return x
        for rv in inputs_of([x]):  # variables without a model have recipes of their own
            if isinstance(rv, RandomVariable) and rv not in self.fresh and rv.recipe is not None:
                recipe = self._recipe(rv.recipe)
                made = RandomVariable(recipe.make(recipe.cls.__name__), rv.name, recipe)
                self.fresh[rv] = made
        return replace([x], self.fresh)[0]


__all__ = [
    "change_value_transforms",
    "clone_model",
    "do",
    "freeze_dims_and_data",
    "leaves",
    "observe",
    "parents",
    "prune_vars_detached_from_observed",
    "remove_value_transforms",
]
