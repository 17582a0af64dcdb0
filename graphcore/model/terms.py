"""Expressions that a model records or adds to its density: Deterministic, Potential."""

from graphcore.model import context


def Deterministic(name, var, model=None, dims=None):
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
    return model.add_named("deterministics", name, var, dims)


def Potential(name, var, model=None, dims=None):
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
    return model.add_named("potentials", name, var, dims)
