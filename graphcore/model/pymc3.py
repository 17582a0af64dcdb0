"""The names that PyMC3 had for what a model offers, for code written then."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model import context


class OldNames:
    """Older names of a model's tables and functions; ``Model`` inherits them."""

    def __getattr__(self, name):
        """A variable by its name."""
        table = self.__dict__.get("named_vars", {})
        for key in (name, self.name_for(name) if table else name):
            if key in table:
                return table[key]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def get_context(cls, error_if_none=True):
        """The model of the enclosing ``with`` block."""
        return context.modelcontext() if error_if_none else context.current()

    @property
    def RV_dims(self):
        """The dims of variables by name."""
        return self.named_vars_to_dims

    @property
    def ndim(self):
        """The number of elements of all value variables."""
        return sum(v.type.size for v in self.value_vars)

    @property
    def vars(self):
        """The value variables."""
        return self.value_vars

    @property
    def cont_vars(self):
        """The continuous value variables."""
        return self.continuous_value_vars

    @property
    def disc_vars(self):
        """The discrete value variables."""
        return self.discrete_value_vars

    def Var(self, name, dist, data=None, total_size=None, dims=None):
        """A variable with the distribution of one made with ``.dist()``, observed or not."""
        return self.register_rv(dist, name, observed=data, total_size=total_size, dims=dims)

    @property
    def missing_values(self):
        """The variables that stand for missing entries of observed data."""
        return [rv for rv in self.free_RVs if rv.name.endswith("_unobserved")]

    @property
    def test_point(self):
        """The initial point."""
        return self.initial_point()

    @property
    def logpt(self):
        """The log density as a graph, random variables replaced by their values."""
        return self.logp()

    @property
    def varlogpt(self):
        """Log density of the free variables as a graph."""
        return self.logp(self.free_RVs)

    @property
    def datalogpt(self):
        """Log density of the observed variables and potentials as a graph."""
        return self.logp(self.observed_RVs + self.potentials)

    @property
    def logp_nojact(self):
        """The log density without Jacobians as a graph."""
        return self.logp(jacobian=False)

    @property
    def logp_array(self):
        """The log density as a function of a flat vector."""
        density = self.logp_dlogp_function()
        return density.value

    @property
    def dlogp_array(self):
        """The gradient of the log density as a function of a flat vector."""
        density = self.logp_dlogp_function()
        return lambda x: density(x)[1]

    @property
    def fastlogp(self):
        """The compiled log density, a function of a point."""
        return self.compile_logp()

    @property
    def fastlogp_nojac(self):
        """The compiled log density without Jacobians."""
        return self.compile_logp(jacobian=False)

    @property
    def fastdlogp(self):
        """The compiled gradient of the log density."""
        return self.compile_dlogp()

    @property
    def fastd2logp(self):
        """The compiled second derivatives of the log density."""
        return self.compile_d2logp(negate_output=False)

    def fn(self, outs, *args, **kwargs):
        """A compiled function of a point."""
        return self.compile_fn(outs)

    def fastfn(self, outs, *args, **kwargs):
        """A compiled function of a point.

        Examples
        --------
        >>> import graphcore.model as pm
        >>> with pm.Model() as model:
        ...     x = pm.Normal("x")
        >>> model.fastfn(2 * x)({"x": 1.5})
        array(3.)
        """
        return self.compile_fn(outs)

    def profile(self, outs=None, *, point=None, **options):
        """Times of the steps of a function of the model, the log density by default."""
        f = self.compile_fn(self.logp() if outs is None else outs)
        point = self.initial_point() if point is None else point
        return f.f.profile(*(point[v.name] for v in self.value_vars))

    def check_test_point(self, test_point=None, round_vals=2):
        """The log density of each term at a point: a ``pandas.Series``."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "check_test_point makes a pandas.Series, and pandas is not installed; "
                "point_logps has the same numbers in a dict"
            ) from error

        return pandas.Series(self.point_logps(test_point, round_vals), name="Log-probability")

    def complete_point(self, point):
        """A point with start values for what is missing in it, without what is no variable."""
        start = self.initial_point()
        return {name: point.get(name, value) for name, value in start.items()}

    def flatten(self, vars=None):
        """All value variables as one flat vector, as a graph."""
        values = self.value_vars if vars is None else list(vars)
        return tt.concatenate([tt.flatten(v) for v in values])


def Point(*args, filter_model_vars=False, model=None, **kwargs):
    """A point: values by name, those given as a dict or by keyword.

    Names that are not value variables of the model are left out.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    >>> pm.Point({"x": 1.0}, model=model)
    {'x': array(1.)}
    """
    values = {str(k): v for k, v in dict(*args, **kwargs).items()}
    known = {v.name for v in context.modelcontext(model).value_vars}
    return {k: np.asarray(v) for k, v in values.items() if k in known}


def compile_fn(outs, inputs=None, mode=None, point_fn=True, model=None, **options):
    """A compiled function of a point of the model around: see ``Model.compile_fn``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x")
    ...     f = pm.compile_fn(2 * x)
    >>> f({"x": 1.5})
    array(3.)
    """
    return context.modelcontext(model).compile_fn(outs, inputs, point_fn, **options)


def fn(outs, mode=None, model=None, *args, **kwargs):
    """PyMC3's name of :func:`compile_fn`, as are ``fastfn`` and ``compilef``."""
    return compile_fn(outs, model=model)


fastfn = compilef = fn
