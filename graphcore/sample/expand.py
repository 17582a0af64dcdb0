"""From unconstrained draws back to the variables of the model."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore._expand import expand_rows
from graphcore.graph.nodes import new_variable
from graphcore.graph.walk import replace
from graphcore.lower.arrays import size_of
from graphcore.lower.assemble import compile_program
from graphcore.model.copies import parents
from graphcore.model.data import data_of, fixed
from graphcore.rewrite import rewrite
from graphcore.runtime.reference import evaluate

CHUNK = 4_000_000  # numbers that are computed at a time


class Expand:
    """Evaluates graphs of the value variables at many flat points, as one program.

    Parameters
    ----------
    values : list of Variable
        The value variables, in the order in which a flat point holds them.
    graphs : dict of str to Variable
        What to compute, by name.
    held : bool
        Whether data are read where they lie at every call, instead of counting as constants.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     sd = pm.HalfNormal("sd", 1, shape=2)
    >>> expand = expand_variables(model, [sd])
    >>> expand(np.zeros((4, 10, 2)))["sd"].shape
    (4, 10, 2)
    """

    def __init__(self, values, graphs, held=False):
        self.types = {name: g.type for name, g in graphs.items()}
        floats = [tt.cast(g, "float64") for g in graphs.values()]
        inputs, whole, at = [], {}, 0
        for v in values:
            taken = v
            if v.dtype != "float64":  # rows hold floats, of whole numbers too
                taken = new_variable(v.type.with_dtype("float64"), name=v.name)
                whole[v] = tt.cast(taken, v.dtype)
            inputs.append((taken, v.type.shape, 0, 8 * at))
            at += size_of(v.type.shape)
        resident = [(v, v.container[0]) for v in data_of(floats)] if held else []
        floats = floats if held else fixed(floats)
        done = rewrite(replace(floats, whole), final=True)
        self.n_in = at
        outputs, self.places, at = [], {}, 0
        for (name, kind), graph in zip(self.types.items(), done, strict=True):
            outputs.append((graph, 1, 8 * at))
            self.places[name] = at
            at += size_of(_static(name, kind))
        self.n_out = at
        self.program, _ = compile_program(outputs, inputs, resident=resident)

    def __call__(self, positions):
        """Arrays by name, for points of shape ``(..., dim)``.

        Returns
        -------
        dict of str to ndarray
            Each of shape ``(..., *shape of the variable)``.
        """
        lead = positions.shape[:-1]
        n = math.prod(lead)
        rows = np.ascontiguousarray(positions, dtype=float).reshape(n, self.n_in)
        found = {name: np.empty((n, *kind.shape), kind.dtype) for name, kind in self.types.items()}
        step = max(1, CHUNK // max(1, self.n_out))
        for first in range(0, n, step):
            part = slice(first, min(n, first + step))
            out = np.empty((part.stop - first, self.n_out))
            expand_rows(self.program, rows[part], out)
            for name, kind in self.types.items():
                at = self.places[name]
                columns = out[:, at : at + size_of(kind.shape)]
                found[name][part] = columns.reshape((-1, *kind.shape))
        return {name: x.reshape(*lead, *x.shape[1:]) for name, x in found.items()}


def expand_variables(model, variables):
    """An :class:`Expand` of random variables and deterministics of a model."""
    graphs = model.replace_rvs_by_values(variables)
    return Expand(model.value_vars, {v.name: g for v, g in zip(variables, graphs, strict=True)})


def expand_log_density(model, variables):
    """An :class:`Expand` of the log density of every element, without Jacobians."""
    graphs = model.logp(vars=variables, jacobian=False, sum=False)
    return Expand(model.value_vars, {v.name: g for v, g in zip(variables, graphs, strict=True)})


def observed_values(model):
    """The observed data by name, where they still have the shape of their variable."""
    found = {}
    for rv in model.observed_RVs:
        value = model.rvs_to_values[rv]
        if value.type.shape != rv.type.shape:
            continue
        found[rv.name] = evaluate(fixed([value]), {})[0]
    return found


def data_values(model):
    """The values of ``Data`` by name, without those that are nothing but observed.

    As in PyMC, data that give the variable that is observed its shape are kept.
    """
    found = {model.rvs_to_values[rv]: rv for rv in model.observed_RVs}
    observed = {v for v in model.data_vars if v in found and _has_own_shape(model, found[v])}
    if observed:
        observed -= {p for v in model.named_vars.values() for p in parents(model, v)}
    kept = [v for v in model.data_vars if v not in observed]
    return {v.name: x for v, x in zip(kept, evaluate(fixed(kept), {}), strict=True)}


def _has_own_shape(model, rv):
    recipe = rv.recipe
    shaped = recipe is not None and (recipe.shape is not None or recipe.size is not None)
    return shaped or rv.name in model.named_vars_to_dims


def split_values(model, positions):
    """Unconstrained draws by the name of their value variable."""
    found, at = {}, 0
    for v in model.value_vars:
        n = size_of(v.type.shape)
        shape = (*positions.shape[:-1], *v.type.shape)
        found[v.name] = positions[..., at : at + n].reshape(shape)
        at += n
    return found


def _static(name, kind):
    if not kind.is_static:
        raise ValueError(f"the shape of {name!r} is not known before it is computed: {kind!r}")
    return kind.shape
