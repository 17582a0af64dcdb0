"""The model: names, explicit tables, and the joint log density as a graph."""

import numpy as np

import graphcore.tensor as tt
from graphcore.autodiff import grad
from graphcore.graph.nodes import SharedVariable, Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace
from graphcore.model import context, points, report
from graphcore.model.coords import Coords
from graphcore.model.distributions.base import UNSET, RandomVariable
from graphcore.model.distributions.transforms import Chain
from graphcore.model.logp import guarded_total, summed, summed_density
from graphcore.model.observed import observed_array
from graphcore.runtime.flat import FlatFunction
from graphcore.runtime.reference import evaluate


class Model:
    """A probability model.  Variables made inside ``with Model():`` register themselves.

    Parameters
    ----------
    coords : dict of str to sequence, optional
        Names of dimensions and the labels along them, for ``dims=``.

    Attributes
    ----------
    free_RVs, observed_RVs : list of RandomVariable
        In the order they were declared.
    deterministics, potentials : list of Variable
    named_vars : dict of str to Variable
        Everything that has a name in the model.
    rvs_to_values : dict of RandomVariable to Variable
        The unconstrained value variable of a free one, the constant of an observed one.
    rvs_to_transforms : dict of RandomVariable to (Transform or None)
    named_vars_to_dims : dict of str to tuple of str

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 5)
    ...     sd = pm.HalfNormal("sd", 1)
    ...     y = pm.Normal("y", mu, sd, observed=[1.0, 2.0])
    >>> print(model)
    mu ~ Normal(0, 5)
    sd ~ HalfNormal(1)
     y ~ Normal(mu, sd)
    >>> [v.name for v in model.value_vars]
    ['mu', 'sd_log__']
    """

    def __init__(self, *, coords=None):
        self.free_RVs = []
        self.observed_RVs = []
        self.basic_RVs = []
        self.deterministics = []
        self.potentials = []
        self.named_vars = {}
        self.named_vars_to_dims = {}
        self.rvs_to_values = {}
        self.rvs_to_transforms = {}
        self.rvs_to_initial_values = {}
        self._coords = Coords(coords or {})
        self._taken = set()  # names of variables and of value variables
        self._constrained = {}  # random variable -> its value as a graph of value variables

    # -- context --------------------------------------------------------------------------------

    def __enter__(self):
        context.enter(self)
        return self

    def __exit__(self, *error):
        context.leave()

    # -- names ----------------------------------------------------------------------------------

    def __getitem__(self, name):
        try:
            return self.named_vars[name]
        except KeyError:
            known = ", ".join(self.named_vars) or "nothing yet"
            raise KeyError(f"the model has no variable {name!r}; it has {known}") from None

    def __contains__(self, name):
        return name in self.named_vars

    @property
    def value_vars(self):
        """Unconstrained value variables of the free random variables, in declaration order."""
        return [self.rvs_to_values[rv] for rv in self.free_RVs]

    @property
    def values_to_rvs(self):
        """The random variable of each value variable or observed constant."""
        return {value: rv for rv, value in self.rvs_to_values.items()}

    @property
    def unobserved_RVs(self):
        """Free random variables and deterministics: what a posterior has draws of."""
        return self.free_RVs + self.deterministics

    @property
    def continuous_value_vars(self):
        return [v for v in self.value_vars if v.dtype == "float64"]

    @property
    def discrete_value_vars(self):
        return [v for v in self.value_vars if v.dtype != "float64"]

    # -- dimensions -----------------------------------------------------------------------------

    @property
    def coords(self):
        """Labels of every dimension; None for those of which only the length is known."""
        return self._coords.labels

    @property
    def dim_lengths(self):
        """Length of every dimension."""
        return self._coords.lengths

    def add_coord(self, name, values=None, *, length=None):
        """Add a dimension by its labels or its length."""
        self._coords.add(name, values, length)

    def add_coords(self, coords, *, lengths=None):
        """Add several dimensions."""
        for name, values in coords.items():
            self.add_coord(name, values, length=(lengths or {}).get(name))

    # -- registration ---------------------------------------------------------------------------

    def register(self, cls, name, args, kwargs):
        """Make a variable of distribution ``cls`` and enter it into the tables."""
        self._check_name(name)
        options = {k: kwargs.pop(k, None) for k in ("observed", "dims", "shape", "size")}
        transforms = {k: kwargs.pop(k, UNSET) for k in ("transform", "default_transform")}
        start = kwargs.pop("initval", None)
        start = kwargs.pop("testval", None) if start is None else start
        dims = self._coords.names(options["dims"], name)
        shape, data = options["shape"], options["observed"]
        if data is not None:
            data = observed_array(name, data)
        elif shape is None and options["size"] is None and dims is not None:
            shape = self._coords.shape(dims, name)
        distribution = cls.make(
            name,
            args,
            kwargs,
            shape=shape,
            size=options["size"],
            observed_shape=None if data is None else data.shape,
        )
        if dims is not None:
            self._coords.check(dims, distribution.shape, name)
        rv = RandomVariable(distribution, name)
        if data is None:
            self._add_free(rv, start, **transforms)
        else:
            self._add_observed(rv, data)
        self.basic_RVs.append(rv)
        self._add_name(rv, dims)
        return rv

    def _add_free(self, rv, start, transform, default_transform):
        distribution, name = rv.distribution, rv.name
        if distribution.dtype != "float64":
            raise NotImplementedError(
                f"{name}: discrete free parameters ({distribution.shown}) are not supported yet; "
                "sum the variable out of the density (with pm.Potential), or pass observed="
            )
        if start is not None and not isinstance(start, str | Variable):
            start = points.checked(name, start, distribution.shape)
        chosen = _chosen_transform(distribution, transform, default_transform)
        if chosen is None:
            value = back = new_variable(rv.type, name=name)
        else:
            value_type = TensorType("float64", chosen.value_shape(distribution.shape))
            value = new_variable(value_type, name=f"{name}_{chosen.name}__")
            self._check_name(value.name)
            back = replace([chosen.backward(value)], self._constrained)[0]
        self._taken.add(value.name)
        self._constrained[rv] = back
        self.rvs_to_initial_values[rv] = start
        self.rvs_to_values[rv] = value
        self.rvs_to_transforms[rv] = chosen
        self.free_RVs.append(rv)

    def _add_observed(self, rv, data):
        shape = rv.distribution.shape
        if data.shape != shape:
            raise ValueError(
                f"{rv.name}: the observed data have shape {data.shape}, "
                f"but the variable has shape {shape}"
            )
        value = tt.constant(data, name=rv.name)
        self._constrained[rv] = value
        self.rvs_to_values[rv] = value
        self.rvs_to_transforms[rv] = None
        self.observed_RVs.append(rv)

    def add_named(self, kind, name, expression, dims):
        """Enter a deterministic or a potential; returns the named variable."""
        self._check_name(name)
        dims = self._coords.names(dims, name)
        # A copy of its own, so that the name of the expression itself stays what it was.
        named = tt.as_tensor_variable(expression).copy(name=name)
        if dims is not None:
            self._coords.check(dims, named.type.shape, name)
        kind.append(named)
        self._add_name(named, dims)
        return named

    def _check_name(self, name):
        if not isinstance(name, str) or not name:
            raise TypeError(f"the name of a variable must be a non-empty string, got {name!r}")
        if name in self._taken:
            raise ValueError(f"the model already has a variable named {name!r}")

    def _add_name(self, variable, dims):
        self.named_vars[variable.name] = variable
        self._taken.add(variable.name)
        if dims is not None:
            self.named_vars_to_dims[variable.name] = dims

    # -- densities ------------------------------------------------------------------------------

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
        known = set(self.value_vars)
        for v in inputs_of(done):
            if v not in known:
                raise ValueError(self._stranger(v))
        return done

    def _stranger(self, v):
        what = v.name or repr(v)
        if isinstance(v, RandomVariable):
            return (
                f"the density depends on {what}, which is not a variable of this model; "
                "variables made with .dist() or in another model have no value here"
            )
        if isinstance(v, SharedVariable):
            return (
                f"the density depends on the shared variable {what}; models have fixed data, "
                "so use its value: .get_value()"
            )
        return f"the density depends on {what}, which is a symbolic input without a value"

    def logp(self, vars=None, jacobian=True, sum=True):
        """Log density as a graph of the value variables.

        Parameters
        ----------
        vars : variable, name, or list of them, optional
            Terms to include: random variables and potentials.  All by default.
        jacobian : bool
            Whether transformed variables include the log determinant of their transform.
        sum : bool
            False for a list with one graph per term, element by element.

        Returns
        -------
        Variable or list of Variable
        """
        terms = self._terms(vars)
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

    def dlogp(self, vars=None, jacobian=True):
        """Gradient of the log density, as one vector, with respect to value variables."""
        values = self.value_vars if vars is None else self._values_of(vars)
        slopes = grad(self.logp(jacobian=jacobian), values, disconnected_inputs="ignore")
        return tt.concatenate([tt.flatten(g) for g in slopes]) if slopes else tt.constant([])

    def compile_fn(self, outputs):
        """A compiled function from a point (a dict by value name) to ``outputs``.

        ``outputs`` are expressions of random variables or of value variables, one or a list.
        """
        if isinstance(outputs, list | tuple):
            return points.PointFunction(self.value_vars, self.replace_rvs_by_values(outputs))
        return points.PointFunction(self.value_vars, self.replace_rvs_by_values([outputs])[0])

    def compile_logp(self, vars=None, jacobian=True, sum=True):
        """The log density as a compiled function of a point.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Uniform("x", -1, 1)
        >>> model.compile_logp(jacobian=False)({"x_interval__": 0.0})
        array(-0.69314718)
        """
        return points.PointFunction(self.value_vars, self.logp(vars, jacobian, sum))

    def compile_dlogp(self, vars=None, jacobian=True):
        """The gradient of the log density as a compiled function of a point."""
        return points.PointFunction(self.value_vars, self.dlogp(vars, jacobian))

    def logp_dlogp_function(self, statistics=True):
        """A compiled log density with gradient: ``f(x) -> (float, ndarray)``.

        ``statistics`` says whether data enter through statistics of fixed size where they can,
        as sums of squares and counts; ``f.disassembly()`` tells which do.  ``x`` is one float64
        vector of all free value variables in declaration order; ``f.dim`` is its length,
        ``f.names`` has one name per entry, ``f.address`` and ``f.user_data`` are the C function
        and its argument for callers outside Python.
        """
        self._require_free("a density function")
        return FlatFunction(self.value_vars, self.logp(), statistics)

    def _require_free(self, what):
        if not self.free_RVs:
            raise ValueError(
                f"the model has no free variables, so there is nothing to build {what} of; "
                "leave observed= out for the variables to be inferred"
            )

    def _terms(self, vars):
        if vars is None:
            return self.basic_RVs + self.potentials
        if not isinstance(vars, list | tuple):
            vars = [vars]
        chosen = [self[v] if isinstance(v, str) else v for v in vars]
        for v in chosen:
            if v not in self.rvs_to_values and v not in self.potentials:
                raise ValueError(
                    f"{getattr(v, 'name', None) or v!r} is neither a random variable nor a "
                    "potential of this model"
                )
        return chosen

    def _values_of(self, vars):
        vars = vars if isinstance(vars, list | tuple) else [vars]
        chosen = [self[v] if isinstance(v, str) else v for v in vars]
        values = [self.rvs_to_values.get(v, v) for v in chosen]
        for v in values:
            if v not in self.value_vars:
                raise ValueError(f"{v.name or v!r} is not a free variable of this model")
        return values

    def _summed(self, v, jacobian):
        """``(scalar conditions, total)`` of one term, in random variables."""
        if v not in self.rvs_to_values:
            return [], summed(v)
        transform, value = self.rvs_to_transforms[v], self.rvs_to_values[v]
        tests, total = summed_density(
            v.distribution, self._point_of(v), inside=self._keeps_support(v)
        )
        if jacobian and transform is not None:
            total = total + summed(transform.log_jac_det(value))
        return tests, total

    def _elements(self, v, jacobian):
        """One term element by element."""
        if v not in self.rvs_to_values:
            return v
        transform, value = self.rvs_to_transforms[v], self.rvs_to_values[v]
        density = v.distribution.log_density(self._point_of(v), inside=self._keeps_support(v))
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

    # -- points ---------------------------------------------------------------------------------

    def initial_point(self, overrides=None):
        """Values to start from: ``{name of value variable: array}``.

        Parameters
        ----------
        overrides : dict of str to value, optional
            Start values by variable name (constrained) or by value name (unconstrained).

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     sd = pm.HalfNormal("sd", 1)
        >>> model.initial_point()
        {'sd_log__': array(0.)}
        """
        return points.initial_point(self, overrides)

    def point_logps(self, point=None, round_vals=2):
        """The log density of each term at a point, by name.

        Parameters
        ----------
        point : dict, optional
            Values by value variable name; the initial point by default.
        round_vals : int or None
            Decimals to keep.
        """
        terms = self._terms(None)
        totals = [tt.sum(t) for t in self.logp(sum=False)]
        found = evaluate(totals, self._given(point))
        logps = {v.name: float(x) for v, x in zip(terms, found, strict=True)}
        if round_vals is None:
            return logps
        return {name: round(x, round_vals) if np.isfinite(x) else x for name, x in logps.items()}

    def debug(self, point=None, verbose=True):
        """Which terms are not finite at a point, at which element, and with which parameters.

        Parameters
        ----------
        point : dict, optional
            Values by value variable name; the initial point by default.
        verbose : bool
            Whether to print the findings.

        Returns
        -------
        list of Problem
            Empty when every term is finite.
        """
        problems = report.find_problems(self, self._given(point))
        if verbose:
            print("\n".join(str(p) for p in problems) or "no problems found")
        return problems

    def check_start_vals(self, start=None):
        """Raise an error that explains a start point whose density is not finite.

        Raises
        ------
        ValueError
            Naming the terms that are -inf or NaN there.
        """
        problems = report.find_problems(self, self._given(start))
        if problems:
            shown = "\n".join(str(p) for p in problems)
            raise ValueError(
                f"the log density is not finite at the start point:\n{shown}\n"
                "Change initval= of the variables involved, or the data."
            )

    def _given(self, point):
        """``{value variable: array}`` of a point given by names, or of the initial point."""
        return points.by_variable(self.value_vars, self.initial_point() if point is None else point)

    def __str__(self):
        return report.model_text(self)


def _chosen_transform(distribution, transform, default_transform):
    """PyMC's rule: ``transform=`` comes after the default one, None switches the default off."""
    if transform is None and default_transform is UNSET:
        return None
    if default_transform is UNSET:
        default_transform = distribution.default_transform()
    if transform is UNSET or transform is None:
        return default_transform
    if default_transform is None:
        return transform
    return Chain([default_transform, transform])


def Deterministic(name, var, dims=None, model=None):
    """Record an expression under a name; it does not change the density.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", 0, 1)
    ...     y = pm.Deterministic("y", 2 * x)
    >>> model["y"] is y
    True
    """
    model = context.modelcontext(model)
    return model.add_named(model.deterministics, name, var, dims)


def Potential(name, var, dims=None, model=None):
    """Add an expression to the log density of the model.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Flat("x")
    ...     _ = pm.Potential("penalty", -(x**2))
    >>> model.logp().eval({model.value_vars[0]: 2.0})
    array(-4.)
    """
    model = context.modelcontext(model)
    return model.add_named(model.potentials, name, var, dims)
