"""The log density of a model: graphs of it, and compiled functions."""

import numpy as np

import graphcore.tensor as tt
from graphcore.autodiff import grad
from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace
from graphcore.model import points
from graphcore.model.data import fixed, has_value, holds_data
from graphcore.model.distributions.base import RandomVariable
from graphcore.model.distributions.transforms import Chain
from graphcore.model.logp import guarded_total, scaling, summed, summed_density
from graphcore.model.minibatch import refuse_batches
from graphcore.runtime.flat import FlatFunction
from graphcore.tensor.moving import at_rest


class Densities:
    """What a model computes of its variables; :class:`~graphcore.model.Model` inherits it."""

    def replace_rvs_by_values(self, variables):
        """Expressions of random variables as graphs of the value variables.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     sd = pm.HalfNormal("sd", 1)
        >>> model.replace_rvs_by_values([sd])[0].owner.inputs
        (sd_log__,)
        """
        done = replace(list(variables), self._constrained)
        known = set(self.root.value_vars)
        for v in inputs_of(done):
            if v not in known and not has_value(v):
                raise ValueError(_stranger(v))
        return done

    @at_rest
    def logp(self, vars=None, jacobian=True, sum=True):
        """Log density as a graph of the value variables.

        Parameters
        ----------
        vars : variable, name, or list of them, optional
            Terms to include: random variables and potentials.  All by default.  A point (a dict
            by the names of value variables), as in PyMC3: the log density there, as a number.
        jacobian : bool
            Whether transformed variables include the log determinant of their transform.
        sum : bool
            False for a list with one graph per term, element by element.

        Returns
        -------
        Variable or list of Variable, or float

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x")
        >>> model.logp(), round(model.logp({"x": 1.0}), 4)
        (sub.0, -1.4189)
        """
        if isinstance(vars, dict):
            return float(self.compile_logp(jacobian=jacobian)(self.complete_point(vars)))
        terms = self._terms(vars)
        self._check_data(terms)
        if not sum:
            return self.replace_rvs_by_values([self._elements(v, jacobian) for v in terms])
        tests, total = [], None
        for v in terms:
            found, part = self._summed(v, jacobian)
            tests += found
            total = part if total is None else total + part
        if total is None:
            total = tt.constant(0.0)
        return self.replace_rvs_by_values([guarded_total(tests, total)])[0]

    @property
    def varlogp(self):
        """Log density of the free variables as a graph, with the Jacobians of transforms."""
        return self.logp(self.free_RVs)

    @property
    def varlogp_nojac(self):
        """Log density of the free variables as a graph, without Jacobians."""
        return self.logp(self.free_RVs, jacobian=False)

    @property
    def observedlogp(self):
        """Log density of the observed variables as a graph."""
        return self.logp(self.observed_RVs)

    @property
    def potentiallogp(self):
        """The sum of the potentials as a graph."""
        return self.logp(self.potentials)

    @property
    def datalogp(self):
        """Log density of observed variables and potentials as a graph."""
        return self.logp(self.observed_RVs + self.potentials)

    @at_rest
    def dlogp(self, vars=None, jacobian=True):
        """Gradient of the log density, as one vector, with respect to value variables."""
        return _gradient(self.logp(jacobian=jacobian), self._differentiable(vars))

    @at_rest
    def d2logp(self, vars=None, jacobian=True, negate_output=True):
        """Matrix of second derivatives with respect to value variables, as a graph.

        Parameters
        ----------
        negate_output : bool
            PyMC's default: the *negative* of the second derivatives, as an observed information.
        """
        values = self._differentiable(vars)
        slopes = _gradient(self.logp(jacobian=jacobian), values)
        rows = [_gradient(slopes[i], values) for i in range(slopes.type.shape[0])]
        matrix = tt.stack(rows) if rows else tt.zeros((0, 0))
        return -matrix if negate_output else matrix

    def compile_fn(self, outs, inputs=None, point_fn=True, **options):
        """A compiled function from a point (a dict by value name) to ``outs``.

        Parameters
        ----------
        outs : Variable or list of Variable
            Expressions of random variables or of value variables.
        inputs : list of Variable, optional
            Value variables that the function takes; all of them by default.
        point_fn : bool
            False for a function of positional arguments instead of a dict.
        """
        several = isinstance(outs, list | tuple)
        taken = self.value_vars if inputs is None else list(inputs)

        def build():
            graphs = self.replace_rvs_by_values(list(outs) if several else [outs])
            return graphs if several else graphs[0]

        made = self._remember(points.PointFunction(taken, build))
        return made if point_fn else made.f

    def compile_logp(self, vars=None, jacobian=True, sum=True, **options):
        """The log density as a compiled function of a point.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Uniform("x", -1, 1)
        >>> model.compile_logp(jacobian=False)({"x_interval__": 0.0})
        array(-0.69314718)
        """
        return self._compiled_graph(lambda: self.logp(vars, jacobian, sum))

    def compile_dlogp(self, vars=None, jacobian=True, **options):
        """The gradient of the log density as a compiled function of a point."""
        return self._compiled_graph(lambda: self.dlogp(vars, jacobian))

    def compile_d2logp(self, vars=None, jacobian=True, negate_output=True, **options):
        """The (negative) second derivatives of the log density as a function of a point.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x", 0, 2)
        >>> model.compile_d2logp()({"x": 1.0})
        array([[0.25]])
        """
        return self._compiled_graph(lambda: self.d2logp(vars, jacobian, negate_output))

    def _compiled_graph(self, build):
        return self._remember(points.PointFunction(self.value_vars, build))

    def logp_dlogp_function(
        self,
        grad_vars=None,
        tempered=False,
        statistics=True,
        fixed_data=False,
        jacobian=True,
        ravel_inputs=True,
        threads=None,
        initial_point=None,
    ):
        """A compiled log density with gradient: ``f(x) -> (float, ndarray)``.

        Parameters
        ----------
        grad_vars : list of variables, optional
            The variables that ``x`` holds, in this order; the continuous free ones by default.
            The others keep the values given by ``f.set_extra_values(point)``.
        tempered : bool
            Whether the log density of observed variables and potentials is multiplied by a number,
            1 at first, that ``f.set_weights`` sets.
        statistics : bool
            Whether data enter through statistics of fixed size where they can, as sums of squares
            and counts; ``f.disassembly()`` tells which do.
        fixed_data : bool
            Whether :func:`~graphcore.model.Data` count as constants from now on.  That allows
            statistics of them; without it the function sees new values of them.
        jacobian : bool
            Whether the log determinants of transforms are part of the density.
        ravel_inputs : bool
            For PyMC's sake: the function always takes one flat vector.
        threads : int, optional
            How many threads may share a pass over many observations; one by default, as chains
            use the processors better.  The result does not depend on it.
        initial_point : dict, optional
            What ``set_extra_values`` is called with at first.

        Returns
        -------
        DensityFunction
            ``x`` is one float64 vector; ``f.dim`` is its length, ``f.names`` has one name per
            entry, ``f.address`` and ``f.user_data`` are the C function and its argument for
            callers outside Python.
        """
        self._require_free("a density function")
        values = self._differentiable(grad_vars)
        if not values:
            raise ValueError("the model has no continuous free variables to differentiate by")
        options = {"statistics": statistics, "fixed_data": fixed_data, "jacobian": jacobian}
        made = DensityFunction(self, values, **options, threads=threads, tempered=tempered)
        if initial_point is not None:
            made.set_extra_values(initial_point)
        return self._remember(made)

    def _require_free(self, what):
        if not self.free_RVs:
            self.logp()  # variables of other models are another error
            raise ValueError(
                f"the model has no free variables, so there is nothing to build {what} of; "
                "leave observed= out for the variables to be inferred"
            )

    def _remember(self, compiled):
        """Keep in touch with a compiled function, which new shapes of data will renew."""
        self.root._compiled.add(compiled)
        return compiled

    def elements(self, rv):
        """Log density of one variable element by element, as a graph of random variables."""
        return self._elements(rv, jacobian=False)

    def with_data(self, graphs):
        """Graphs of random variables with observed ones replaced by their data."""
        return replace(graphs, {rv: self.rvs_to_values[rv] for rv in self.observed_RVs})

    def _terms(self, vars):
        if vars is None:
            return self.basic_RVs + self.potentials
        if not isinstance(vars, list | tuple):
            vars = [vars]
        chosen = [self[v] if isinstance(v, str) else v for v in vars]
        chosen = [self.values_to_rvs.get(v, v) for v in chosen]
        for v in chosen:
            if v not in self.rvs_to_values and v not in self.potentials:
                raise ValueError(
                    f"{getattr(v, 'name', None) or v!r} is neither a random variable nor a "
                    "potential of this model"
                )
        return chosen

    def _check_data(self, terms):
        """Observed data whose shape is no longer that of their variable (after ``set_data``)."""
        for rv in terms:
            if rv in self.rvs_to_initial_values or rv not in self.rvs_to_values:
                continue
            data, wanted = self.rvs_to_values[rv].type.shape, rv.type.shape
            if data != wanted:
                raise ValueError(
                    f"{rv.name}: the observed data have shape {data}, but since its parameters "
                    f"changed the variable has shape {wanted}; give observed= as pm.Data too, "
                    "and set both"
                )

    def _differentiable(self, vars):
        """Value variables by which to differentiate: the given or all continuous ones."""
        if vars is None:
            return self.continuous_value_vars
        vars = vars if isinstance(vars, list | tuple) else [vars]
        chosen = [self[v] if isinstance(v, str) else v for v in vars]
        values = [self.rvs_to_values.get(v, v) for v in chosen]
        for v in values:
            if v not in self.value_vars:
                raise ValueError(f"{v.name or v!r} is not a free variable of this model")
            if v.dtype != "float64":
                raise TypeError(f"{v.name} is discrete: there is no derivative with respect to it")
        return values

    def _summed(self, v, jacobian):
        """``(scalar conditions, total)`` of one term, in random variables."""
        if v not in self.rvs_to_values:
            return [], summed(v)
        transform, value = self.rvs_to_transforms[v], self.rvs_to_values[v]
        tests, total = summed_density(
            v.distribution,
            self._point_of(v),
            inside=self._keeps_support(v),
            checks=self.check_bounds,
        )
        factor = scaling(self.rvs_to_total_sizes.get(v), v)
        total = total if factor == 1 else factor * total
        if jacobian and transform is not None:
            total = total + summed(transform.log_jac_det(value))
        return tests, total

    def _elements(self, v, jacobian):
        """One term element by element."""
        if v not in self.rvs_to_values:
            return v
        transform, value = self.rvs_to_transforms[v], self.rvs_to_values[v]
        density = v.distribution.log_density(
            self._point_of(v), inside=self._keeps_support(v), checks=self.check_bounds
        )
        factor = scaling(self.rvs_to_total_sizes.get(v), v)
        density = density if factor == 1 else factor * density
        if jacobian and transform is not None:
            volume = transform.log_jac_det(value)
            if volume.ndim < density.ndim:
                density = tt.sum(density, axis=tuple(range(volume.ndim - density.ndim, 0)))
            density = density + volume
        return density

    def _point_of(self, rv):
        """What a density is taken at: the data, or the variable itself until it is replaced."""
        return rv if rv in self.rvs_to_initial_values else self.rvs_to_values[rv]

    def _keeps_support(self, rv):
        """Whether the transform of a free variable leads into its support, always."""
        transform = self.rvs_to_transforms[rv]
        first = transform.transform_list[0] if isinstance(transform, Chain) else transform
        return first is not None and first is rv.distribution.default_transform()


class DensityFunction(FlatFunction):
    """The log density of a model with its gradient; made by ``Model.logp_dlogp_function``."""

    def __init__(
        self, model, values, statistics, fixed_data, jacobian, threads=None, tempered=False
    ):
        self._model, self._values, self._jacobian = model, values, jacobian
        self._statistics, self._fixed, self._threads = statistics, fixed_data, threads
        self._extra = {}
        self._weight = new_variable(TensorType("float64", ()), name="weight") if tempered else None
        self._weight_value = np.ones(())
        self.renew()

    @collector_paused
    @at_rest
    def renew(self):
        """Plan again, after data got new shapes; ``address`` and ``user_data`` are new."""
        model, jacobian = self._model, self._jacobian
        total = model.logp(None if self._weight is None else model.free_RVs, jacobian)
        if self._weight is not None:
            total = total + self._weight * model.datalogp
        if self._fixed:
            (total,) = fixed([total])
        refuse_batches([total], "logp_dlogp_function, which samplers use,")
        inputs = inputs_of([total])
        others = [v for v in inputs if v not in set(self._values)]
        kept = [v for v in others if not holds_data(v) and v is not self._weight]
        if kept:
            start = model.initial_point()
            self._extra = {v.name: np.array(start[v.name], dtype=v.dtype) for v in kept}
        held = [(v, self._held(v)) for v in others]
        super().__init__(self._values, total, self._statistics, held, self._threads)

    def _held(self, v):
        """The array that an input which is not part of the vector is read from."""
        if v is self._weight:
            return self._weight_value
        return v.container[0] if holds_data(v) else self._extra[v.name]

    def set_weights(self, weights):
        """The factor of the log density of observed variables and potentials.

        Parameters
        ----------
        weights : float or array of one element

        Raises
        ------
        ValueError
            When the function was made without ``tempered=True``.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x")
        ...     y = pm.Normal("y", x, 1, observed=2.0)
        >>> f = model.logp_dlogp_function(tempered=True)
        >>> f.set_weights(0.5)
        >>> f([0.0])[1]
        array([1.])
        """
        if self._weight is None:
            raise ValueError("set_weights needs logp_dlogp_function(tempered=True)")
        self._weight_value[...] = np.reshape(weights, ())

    def follow(self):
        """:meth:`renew`, or complain at every call when that is not possible now."""
        try:
            self.renew()
        except ValueError as error:
            self._error = error
            self.__class__ = _Unplanned
        else:
            self.__class__ = DensityFunction

    def set_extra_values(self, extra_vars):
        """Values of the variables that are not part of the flat vector, by value name.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     k = pm.Poisson("k", 3)
        ...     x = pm.Normal("x", k, 1)
        >>> f = model.logp_dlogp_function()
        >>> f.set_extra_values({"k": 5})
        >>> f([4.0])[1]
        array([1.])
        """
        for name, array in self._extra.items():
            if name in extra_vars:
                array[...] = extra_vars[name]

    def get_extra_values(self):
        """The values that :meth:`set_extra_values` sets."""
        return {name: array.copy() for name, array in self._extra.items()}


class _Unplanned(DensityFunction):
    """A density function between two settings of data that do not fit together."""

    def __call__(self, x):
        raise self._error


def _gradient(total, values):
    """The derivatives of a scalar with respect to value variables, as one vector."""
    slopes = grad(total, values, disconnected_inputs="ignore")
    return tt.concatenate([tt.flatten(g) for g in slopes]) if slopes else tt.zeros(0)


def _stranger(v):
    what = v.name or repr(v)
    if isinstance(v, RandomVariable):
        return (
            f"the density depends on {what}, which is not a variable of this model; "
            "variables made with .dist() or in another model have no value here"
        )
    return f"the density depends on {what}, which is a symbolic input without a value"
