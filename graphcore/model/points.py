"""Points: values of the value variables, by name."""

from collections import namedtuple

import numpy as np

import graphcore.tensor as tt
from graphcore.errors import StartError
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.data import fixed
from graphcore.runtime.function import function
from graphcore.runtime.reference import evaluate
from graphcore.tensor.moving import at_rest


@at_rest
def initial_point(model, overrides=None, random_seed=None):
    """``{name of value variable: array}`` to start from; see :meth:`Model.initial_point`."""
    rng = np.random.default_rng(random_seed)
    given = {rv.name: model.rvs_to_initial_values[rv] for rv in model.free_RVs}
    given |= overrides or {}
    names = {v.name for v in (*model.free_RVs, *model.value_vars)}
    if unknown := [name for name in given if name not in names]:
        raise KeyError(
            f"no free variable is called {', '.join(unknown)}; "
            f"the model has {', '.join(rv.name for rv in model.free_RVs)}"
        )
    found, inside = _evaluated_start(model, given, rng)
    # A support point may be outside of what a transform was chosen for (equal means that are to
    # be ordered): the origin of the unconstrained space is always inside.
    outside = {
        value.name: np.zeros(value.type.shape)
        for rv, value in zip(model.free_RVs, model.value_vars, strict=True)
        if given[rv.name] is None and value.name != rv.name
        if not np.isfinite(found[value.name]).all()
    }
    if outside:
        found, inside = _evaluated_start(model, given | outside, rng)
    for rv, value in zip(model.free_RVs, model.value_vars, strict=True):
        transform, finite = model.rvs_to_transforms[rv], np.isfinite(found[value.name]).all()
        if not finite and transform is not None and inside.get(rv, True):
            usual = transform is rv.distribution.default_transform()
            raise StartError(
                f"{rv.name}: the start value is "
                + ("on the border of the support, which" if usual else "not one that")
                + f" the transform {transform.name} {'does not take' if usual else 'takes'}"
            )
        if not finite or not inside.get(rv, True):
            raise StartError(
                f"{rv.name}: the start value is not inside of the support: "
                f"it must be {rv.distribution.support_of().text}"
            )
    return found


def _evaluated_start(model, given, rng):
    """Start values by value variable, from those given by either name; None is the default.

    And whether the values that users gave for random variables are inside of their support.
    """
    # constrained values as graphs of constants, and unconstrained ones
    start, values, tests = {rv: model.rvs_to_values[rv] for rv in model.observed_RVs}, [], {}
    for rv in model.free_RVs:
        value, transform = model.rvs_to_values[rv], model.rvs_to_transforms[rv]
        if transform is not None and value.name in given:
            moved = tt.constant(checked(value.name, given[value.name], value.type.shape))
            point = replace([transform.backward(moved)], start)[0]
        else:
            point = replace([_constrained_start(rv, given[rv.name], start, rng)], start)[0]
            moved = point if transform is None else replace([transform.forward(point)], start)[0]
            test = None if given[rv.name] is None else rv.distribution.support_condition(point)
            if test is not None:
                tests[rv] = replace([tt.all(test)], start)[0]
        start[rv] = tt.cast(point, rv.dtype)  # counts may be positions
        values.append(moved)
    arrays = evaluate(fixed([*values, *tests.values()]), {}) if values else []
    found = {
        value.name: np.asarray(array, dtype=value.dtype)
        for value, array in zip(model.value_vars, arrays, strict=False)
    }
    return found, dict(zip(tests, arrays[len(values) :], strict=True))


def _constrained_start(rv, given, start, rng):
    """A graph for the start value of a random variable in its own space."""
    if isinstance(given, str) and given == "prior":
        used = inputs_of(list(rv.distribution.arguments.values()))
        known = [v for v in used if v in start]
        values = evaluate(fixed([start[v] for v in known]), {})
        drawn = rv.distribution.draw(rng, None, dict(zip(known, values, strict=True)))
        return tt.constant(drawn)
    if given is None or (isinstance(given, str) and given in ("support_point", "moment")):
        return rv.distribution.initial()
    if isinstance(given, str):
        raise ValueError(
            f"{rv.name}: initval must be a value, 'support_point' or 'prior', got {given!r}"
        )
    if isinstance(given, Variable):
        return tt.broadcast_to(given, rv.distribution.shape)
    return tt.constant(checked(rv.name, given, rv.distribution.shape))


def checked(name, value, shape):
    """A start value as a float64 array of the variable's shape; numbers are repeated."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: a start value must be numbers, got dtype {array.dtype}")
    try:
        return np.broadcast_to(array.astype("float64"), shape).copy()
    except ValueError:
        raise ValueError(
            f"{name}: the start value has shape {array.shape}, the variable has shape {shape}"
        ) from None


def by_variable(value_vars, point, needed=None):
    """``{value variable: array}`` of a point given by names; all of them, and no others.

    Those that are not in ``needed``, if that is given, may be left out.
    """
    given = {}
    for v in value_vars:
        if v.name not in point:
            if needed is None or v in needed:
                raise KeyError(f"the point has no value for {v.name!r}")
            given[v] = np.zeros(v.type.shape, v.dtype)
            continue
        given[v] = checked(v.name, point[v.name], v.type.shape).astype(v.dtype)
    unknown = set(point) - {v.name for v in value_vars}
    if unknown:
        raise KeyError(
            f"the point has {', '.join(sorted(unknown))}, but the value variables are "
            f"{', '.join(v.name for v in value_vars)}"
        )
    return given


class RaveledVars(namedtuple("RaveledVars", "data point_map_info")):
    """A flat vector, and the name, shape, size and dtype of each of its parts.

    Functions of a flat vector take it as it is.
    """

    __slots__ = ()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype)


class DictToArrayBijection:
    """Between points and flat vectors.

    Examples
    --------
    >>> import numpy as np
    >>> flat = DictToArrayBijection.map({"a": np.array(1.0), "b": np.array([2.0, 3.0])})
    >>> flat.data
    array([1., 2., 3.])
    >>> DictToArrayBijection.rmap(flat)["b"]
    array([2., 3.])
    """

    @staticmethod
    def map(var_dict):
        """The values of a point, one after the other."""
        arrays = {k: np.asarray(v) for k, v in var_dict.items()}
        info = tuple((k, v.shape, v.size, v.dtype) for k, v in arrays.items())
        parts = [v.ravel() for v in arrays.values()]
        return RaveledVars(np.concatenate(parts) if parts else np.zeros(0), info)

    @staticmethod
    def rmap(array, start_point=None):
        """A point from a flat vector; other values are those of ``start_point``."""
        point, at = dict(start_point or {}), 0
        for name, shape, size, dtype in array.point_map_info:
            point[name] = array.data[at : at + size].reshape(shape).astype(dtype)
            at += size
        return point


class PointFunction:
    """A compiled function of a point: ``f({"mu": 0.0, "sd_log__": 0.1})``.

    Values that nothing computed depends on may be left out.

    Parameters
    ----------
    value_vars : list of Variable
        What a point holds.
    build : callable
        ``build()`` returns the graphs to compute, one or a list.

    Attributes
    ----------
    f : Function
        The function of one array per value variable, in declaration order.
    """

    def __init__(self, value_vars, build):
        self.value_vars = list(value_vars)
        self._build = build
        self.renew()

    @at_rest
    def renew(self):
        """Build again, after data got new shapes."""
        graphs = self._build()
        several = graphs if isinstance(graphs, list | tuple) else [graphs]
        self._needed = set(inputs_of(several))
        self.f = function(self.value_vars, graphs, on_unused_input="ignore")

    def follow(self):
        """Be built again when called next, as data have new shapes."""
        self.f = None

    def __call__(self, point=None, /, **values):
        """The outputs at a point, given as a dict or by keywords."""
        point = values if point is None else {**point, **values}
        if self.f is None:
            self.renew()
        given = by_variable(self.value_vars, point, self._needed)
        return self.f(*(given[v] for v in self.value_vars))
