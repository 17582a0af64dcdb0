"""The model: names, explicit tables, and how variables are entered into them."""

import weakref
from math import isfinite

import graphcore.tensor as tt
from graphcore.errors import StartError
from graphcore.graph.nodes import Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import replace
from graphcore.model import context, missing, points, refit, report
from graphcore.model.coords import Coords
from graphcore.model.data import adopt, fixed, is_data, leaves, make_data
from graphcore.model.density import Densities
from graphcore.model.distributions.base import UNSET, RandomVariable, Recipe
from graphcore.model.logp import check_total_size
from graphcore.model.observed import observed_array, of_all_data
from graphcore.model.pymc3 import OldNames
from graphcore.runtime.reference import evaluate

_OPTIONS = ("observed", "dims", "shape", "size", "total_size")
_TABLES = (
    "named_vars_to_dims",
    "rvs_to_values",
    "rvs_to_transforms",
    "rvs_to_initial_values",
    "rvs_to_total_sizes",
    "_coords",
    "_taken",
    "_constrained",
)


class _Entered(type):
    """The class of model classes: the body of ``__init__`` runs inside of the model."""

    def __call__(cls, *args, **kwargs):
        instance = cls.__new__(cls)
        instance._begin(kwargs.get("model", UNSET))
        with instance:
            instance.__init__(*args, **kwargs)
        return instance


class Model(Densities, OldNames, metaclass=_Entered):
    """A probability model.  Variables made inside ``with Model():`` register themselves.

    A model made inside another one, or with ``model=``, is a part of it: it enters its variables
    there too, under names that begin with its own.

    Parameters
    ----------
    name : str
        Prefix of the names of its variables: ``"part"`` makes them ``"part::x"``.
    coords : dict of str to sequence, optional
        Names of dimensions and the labels along them, for ``dims=``.
    check_bounds : bool
        False leaves the tests of parameters and values out of the log density.
    model : Model or None, optional
        The model that this one is a part of: that of the enclosing ``with`` block by default.

    Attributes
    ----------
    free_RVs, observed_RVs : list of RandomVariable
        In the order they were declared.
    deterministics, potentials, data_vars : list of Variable
    named_vars : dict of str to Variable
        Everything that has a name in the model.
    rvs_to_values : dict of RandomVariable to Variable
        The unconstrained value variable of a free one, the data of an observed one.
    rvs_to_transforms : dict of RandomVariable to (Transform or None)
    named_vars_to_dims : dict of str to tuple of str
    parent : Model or None

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

    def __init__(self, name="", coords=None, check_bounds=True, *, model=UNSET):
        if not isinstance(name, str):
            raise TypeError(f"the name of a model must be a string, got {name!r}")
        if name.endswith(":"):
            raise KeyError("the name of a model must not end with ':'")
        self.name = name
        self.check_bounds = check_bounds
        self.add_coords(coords or {})

    def _begin(self, parent):
        """Empty tables, before ``__init__``; those of a part are its parent's."""
        self.name, self.check_bounds = "", True
        self.parent = context.current() if parent is UNSET else parent
        self.free_RVs, self.observed_RVs, self.basic_RVs = [], [], []
        self.deterministics, self.potentials, self.data_vars = [], [], []
        self.named_vars = {}
        self.entries = []  # what was registered, with which arguments, in order
        self._compiled = weakref.WeakSet()  # functions to plan again when shapes change
        self.kept = None  # the programs it was sampled with last
        self.follows = False  # whether there are data that may be set
        self.moving = weakref.WeakKeyDictionary()  # variables whose shape follows them
        if self.parent is None:
            self.named_vars_to_dims = {}
            self.rvs_to_values = {}
            self.rvs_to_transforms = {}
            self.rvs_to_initial_values = {}
            self.rvs_to_total_sizes = {}
            self._coords = Coords({})
            self.walked = set()  # what has been searched for shared variables
            self._taken = set()  # names of variables and of value variables
            self._constrained = {}  # random variable -> its value as a graph of value variables
        else:
            for table in _TABLES:
                setattr(self, table, getattr(self.parent, table))

    def __reduce__(self):
        from graphcore.model import copies  # stands above models

        return copies.unpacked, copies.packed(self)

    # -- context --------------------------------------------------------------------------------

    def __enter__(self):
        context.enter(self)
        return self

    def __exit__(self, *error):
        context.leave()

    @property
    def isroot(self):
        return self.parent is None

    @property
    def root(self):
        """The model that contains all others around this one."""
        return list(self._lineage())[-1]

    def _lineage(self):
        """This model, and those it is a part of."""
        model = self
        while model is not None:
            yield model
            model = model.parent

    # -- names ----------------------------------------------------------------------------------

    @property
    def prefix(self):
        """What names begin with: the names of the models around, joined by ``::``."""
        return "::".join(m.name for m in reversed(list(self._lineage())) if m.name)

    def name_for(self, name):
        """The full name of a variable of this model."""
        prefix = self.prefix
        if not prefix or name.startswith(f"{prefix}::"):
            return name
        return f"{prefix}::{name}"

    def name_of(self, name):
        """The name without the prefix of this model."""
        prefix = self.prefix
        return name[len(prefix) + 2 :] if prefix and name.startswith(f"{prefix}::") else name

    def __getitem__(self, name):
        for key in (name, self.name_for(name) if isinstance(name, str) else name):
            if key in self.named_vars:
                return self.named_vars[key]
        known = ", ".join(self.named_vars) or "nothing yet"
        raise KeyError(f"the model has no variable {name!r}; it has {known}")

    def __contains__(self, name):
        return name in self.named_vars or self.name_for(name) in self.named_vars

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
    def unobserved_value_vars(self):
        """Value variables, what they are transformed from, and deterministics, as graphs."""
        moved = [rv for rv in self.free_RVs if self.rvs_to_transforms[rv] is not None]
        graphs = self.replace_rvs_by_values([*moved, *self.deterministics])
        for graph, rv in zip(graphs, [*moved, *self.deterministics], strict=True):
            graph.name = rv.name
        return self.value_vars + graphs

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

    def add_coord(self, name, values=None, mutable=None, *, length=None):
        """Add a dimension by its labels or its length."""
        self._coords.add(name, values, length)

    def add_coords(self, coords, *, lengths=None):
        """Add several dimensions."""
        for name, values in (coords or {}).items():
            self.add_coord(name, values, length=(lengths or {}).get(name))

    def set_dim(self, name, new_length, coord_values=None):
        """Change the length of a dimension, and its labels."""
        self._coords.change(name, new_length, coord_values)
        refit.refit(self.root)

    def shape_from_dims(self, dims):
        """The shape that names of dimensions ask for."""
        return self._coords.shape(self._coords.names(dims, ""), "dims")

    # -- registration ---------------------------------------------------------------------------

    def register(self, cls, name, args, kwargs):
        """Make a variable of distribution ``cls`` and enter it into the tables."""
        given = {k: kwargs.pop(k, None) for k in _OPTIONS}
        if not cls.typed:
            kwargs.pop("dtype", None)  # PyMC3: it follows from the distribution
        given |= {k: kwargs.pop(k, UNSET) for k in ("transform", "default_transform")}
        start, old = kwargs.pop("initval", None), kwargs.pop("testval", None)
        given["initval"] = old if start is None else start
        name = self._full_name(name)
        recipe = Recipe(cls, args, kwargs, given.pop("shape"), given.pop("size"))
        rv = self._make(recipe, name, given)
        self._note("rv", rv, recipe, given)
        return rv

    def register_rv(
        self, rv_var, name, *, observed=None, total_size=None, dims=None,
        default_transform=UNSET, transform=UNSET, initval=None,
    ):  # fmt: skip
        """Enter a variable made with ``.dist()`` under a name; returns the model's variable."""
        recipe = rv_var.recipe
        given = {
            "observed": observed, "dims": dims, "total_size": total_size, "transform": transform,
            "default_transform": default_transform, "initval": initval,
        }  # fmt: skip
        name = self._full_name(name)
        rv = self._make(recipe, name, given)
        self._note("rv", rv, recipe, given)
        return rv

    def _make(self, recipe, name, given):
        """The variable of a recipe, entered into the tables of this model."""
        dims = self._coords.names(given["dims"], name)
        adopt(self.root, leaves([*recipe.args, *recipe.kwargs.values(), given["observed"]]))
        data, mask = given["observed"], None
        if isinstance(data, Variable):
            if not is_data(data):
                raise TypeError(
                    f"{name}: observed must be data (an array or pm.Data), got a symbolic variable"
                )
            data = data if data.dtype != "float32" else tt.cast(data, "float64")
        elif data is not None:
            data, mask = observed_array(name, data, lambda index: self._coords.place(dims, index))
        if mask is not None:
            return missing.impute(self, recipe, name, data, mask, given)
        distribution = self._distribution(recipe, name, dims, data)
        check_total_size(given["total_size"], name, distribution.shape)
        rv = RandomVariable(distribution, name, recipe)
        rv.model = self.root
        if data is None:
            moves = {k: given[k] for k in ("transform", "default_transform")}
            self._add_free(rv, given["initval"], **moves)
        else:
            self._add_observed(rv, data)
        if given["total_size"] is not None:
            self.rvs_to_total_sizes[rv] = given["total_size"]
        self._append("basic_RVs", rv)
        self._add_name(rv, dims)
        return rv

    def _distribution(self, recipe, name, dims, data):
        """The distribution of a recipe, whose shape may come from dims or data."""
        shape = recipe.shape
        observed_shape = None
        if data is not None:
            observed_shape = data.type.shape if isinstance(data, Variable) else data.shape
            shape = of_all_data(shape, observed_shape, name)
        elif shape is None and recipe.size is None and dims is not None:
            shape = self._coords.shape(dims, name)
        label = name if dims is None else f"{name} (dims {', '.join(map(str, dims))})"
        distribution = recipe.make(label, shape=shape, observed_shape=observed_shape)
        if dims is not None:
            shaped = recipe.shape is not None or recipe.size is not None
            self._coords.check(dims, distribution.shape, name, new=shaped)
        return distribution

    def _add_free(self, rv, start, transform, default_transform):
        distribution, name = rv.distribution, rv.name
        if start is not None and not isinstance(start, str | Variable):
            start = points.checked(name, start, distribution.shape)
        discrete = distribution.dtype != "float64"
        chosen = None
        if not discrete:
            chosen = distribution.transform_for(transform, default_transform)
        elif transform not in (None, UNSET):
            raise TypeError(f"{name}: a discrete variable cannot have the transform {transform!r}")
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
        self._append("free_RVs", rv)

    def _add_observed(self, rv, data):
        shape = rv.distribution.shape
        value = data if isinstance(data, Variable) else tt.constant(data, name=rv.name)
        if value.type.shape != shape:
            raise ValueError(
                f"{rv.name}: the observed data have shape {value.type.shape}, "
                f"but the variable has shape {shape}"
            )
        self._constrained[rv] = value
        self.rvs_to_values[rv] = value
        self.rvs_to_transforms[rv] = None
        self._append("observed_RVs", rv)

    def add_named(self, table, name, expression, dims):
        """Enter a deterministic or a potential; returns the named variable."""
        name = self._full_name(name)
        dims = self._coords.names(dims, name)
        # A copy of its own, so that the name of the expression itself stays what it was.
        named = report.told(tt.as_tensor_variable(expression).copy(name=name), table)
        adopt(self.root, [named])
        if dims is not None:
            self._coords.check(dims, named.type.shape, name)
        self._append(table, named)
        self._add_name(named, dims)
        self._note(table, named, named.owner.inputs[0], {"dims": dims})
        return named

    def add_data(self, name, value, dims, coords, mutable):
        """Enter data; :func:`~graphcore.model.Data` documents the arguments."""
        name = self._full_name(name)
        made = make_data(self, name, value, mutable)
        self.root.follows |= mutable
        self.add_coords(coords or {})
        dims = self._coords.names(dims, name)
        if dims is not None:
            self._coords.check(dims, made.type.shape, name, new=True)
        self._append("data_vars", made)
        self._add_name(made, dims)
        self._note("data", made, None, {"dims": dims})
        return made

    def set_data(self, name, values, coords=None):
        """Give data new values, and labels of the dims whose length changes."""
        self.set_several({name: values}, coords)

    def set_several(self, new_data, coords=None):
        """Give several data new values at once; all of them, or none when one does not fit."""
        changed = [self[name] for name in new_data]
        for v in changed:
            if v not in self.data_vars or not hasattr(v, "container"):
                raise TypeError(f"{v.name} is not data that can be set; make it with pm.Data")
        self.set_variables(dict(zip(changed, new_data.values(), strict=True)), coords)

    def moves(self, variable):
        """Whether the shape of a variable follows from data that may be set."""
        return self.root.follows and refit.moves(self.root, variable)

    def set_variables(self, values, coords=None, moved=False):
        """:meth:`set_several` by variable; ``moved`` when shapes of others changed already."""
        refit.set_values(self, values, coords or {}, moved)

    def _full_name(self, name):
        if not isinstance(name, str) or not name:
            raise TypeError(f"the name of a variable must be a non-empty string, got {name!r}")
        name = self.name_for(name)
        self._check_name(name)
        return name

    def _check_name(self, name):
        if name in self._taken:
            raise ValueError(f"the model already has a variable named {name!r}")

    def _add_name(self, variable, dims):
        for model in self._lineage():
            model.named_vars[variable.name] = variable
        self._taken.add(variable.name)
        if dims is not None:
            self.named_vars_to_dims[variable.name] = dims

    def _append(self, table, variable):
        for model in self._lineage():
            getattr(model, table).append(variable)

    def _note(self, kind, variable, recipe, given):
        for model in self._lineage():
            model.entries.append((kind, variable, recipe, given))

    # -- points ---------------------------------------------------------------------------------

    def initial_point(self, random_seed=None, overrides=None):
        """Values to start from: ``{name of value variable: array}``.

        Parameters
        ----------
        random_seed : int or Generator, optional
            For variables with ``initval="prior"``, which start at a draw.
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
        return points.initial_point(self, overrides, random_seed)

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
        found = evaluate(fixed(totals), self._given(point))
        logps = {v.name: float(x) for v, x in zip(terms, found, strict=True)}
        if round_vals is None:
            return logps
        return {name: round(x, round_vals) if isfinite(x) else x for name, x in logps.items()}

    def debug(self, point=None, fn="logp", verbose=True):
        """Which terms are not finite at a point, at which element, and with which parameters.

        Parameters
        ----------
        point : dict, optional
            Values by value variable name; the initial point by default.
        fn : {"logp", "dlogp", "random"}
            For PyMC's sake: the terms of the log density are what is looked at, from which its
            gradient and the draws fail too.
        verbose : bool
            Whether to print the findings.

        Returns
        -------
        list of Problem
            Empty when every term is finite.
        """
        if fn not in ("logp", "dlogp", "random"):
            raise ValueError(f"fn must be 'logp', 'dlogp' or 'random', not {fn!r}")
        problems = report.find_problems(self, self._given(point))
        if verbose:
            print("\n".join(str(p) for p in problems) or "no problems found")
        return problems

    def check_start_vals(self, start=None):
        """Raise an error that explains a start point whose density is not finite.

        Raises
        ------
        StartError
            A ``SamplingError`` and a ``ValueError``, naming the terms that are -inf or NaN there.
        """
        problems = report.find_problems(self, self._given(start))
        if problems:
            shown = "\n".join(str(p) for p in problems)
            raise StartError(
                f"the log density is not finite at the start point:\n{shown}\n"
                "Change initval= of the variables involved, or the data."
            )

    def _given(self, point):
        """``{value variable: array}`` of a point given by names, or of the initial point."""
        return points.by_variable(self.value_vars, self.initial_point() if point is None else point)

    def set_initval(self, rv_var, initval):
        """Another start value of a free variable; None for the default."""
        if rv_var not in self.free_RVs:
            raise ValueError(f"{rv_var.name} is not a free variable of the model")
        if initval is not None and not isinstance(initval, str | Variable):
            initval = points.checked(rv_var.name, initval, rv_var.type.shape)
        self.rvs_to_initial_values[rv_var] = initval

    def eval_rv_shapes(self):
        """Shapes of the free variables and of their transformed values, by name.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     w = pm.Dirichlet("w", [1, 1, 1])
        >>> model.eval_rv_shapes()
        {'w_simplex__': (2,), 'w': (3,)}
        """
        shapes = {}
        for rv, value in zip(self.free_RVs, self.value_vars, strict=True):
            shapes[value.name] = value.type.shape
            shapes[rv.name] = rv.type.shape
        return shapes

    def copy(self):
        """A model of the same variables that shares none of them.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x")
        >>> list(model.copy().named_vars)
        ['x']
        """
        from graphcore.model.copies import clone_model

        return clone_model(self)

    def __str__(self):
        return report.model_text(self)

    def str_repr(self, formatting="plain", include_params=True):
        """The text of the model; ``formatting="latex"`` for mathematics."""
        return report.latex(self) if formatting == "latex" else report.model_text(self)

    def _repr_latex_(self):
        return report.latex(self)

    def table(self, *, split_groups=True, truncate_deterministic=None, parameter_count=True):
        """The variables as a table: name, expression, shape with dims.

        Parameters
        ----------
        split_groups : bool
            Whether data, free variables, deterministics and so on stand apart.
        truncate_deterministic : int, optional
            Most letters of the expression of a deterministic or a potential.
        parameter_count : bool
            Whether the number of parameters is said below.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model(coords={"i": [1, 2]}) as model:
        ...     x = pm.Normal("x", 0, 2, dims="i")
        >>> print(model.table())
        Variable  Expression    Dimensions
        ----------------------------------
        x         Normal(0, 2)  i[2]
        <BLANKLINE>
        Parameter count = 2
        """
        return report.Table(self, split_groups, parameter_count, truncate_deterministic)

    def to_graphviz(self, **options):
        """See :func:`~graphcore.model.model_to_graphviz`."""
        from graphcore.model.drawing import model_to_graphviz

        return model_to_graphviz(self, **options)
