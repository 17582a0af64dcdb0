"""Curvature: find_hessian, the Laplace approximation; and priors from intervals."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.model import modelcontext
from graphcore.model.distributions.parameters import REQUIRED
from graphcore.runtime.flat import element_names
from graphcore.runtime.function import function
from graphcore.sample import expand, traces
from graphcore.sample.mode import Search
from graphcore.sample.predictive import result_of
from graphcore.sample.results import make_group


def find_hessian(point, vars=None, model=None, negate_output=True):
    """The matrix of second derivatives of the log density at a point, negative by default.

    Parameters
    ----------
    point : dict
        Values by value name; other names are ignored.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 0, 0.5)
    ...     pm.find_hessian({"x": 1.0})
    array([[4.]])
    """
    model = modelcontext(model)
    known = {v.name: point[v.name] for v in model.value_vars if v.name in point}
    return model.compile_d2logp(vars, negate_output=negate_output)(known)


def fit_laplace(draws=1000, chains=2, *, random_seed=None, start=None, model=None, **options):
    """The Laplace approximation: normal, around the mode of the unconstrained density.

    Parameters
    ----------
    draws, chains : int
        How many draws of the approximation to return.
    start : dict, optional
        Where the search for the mode starts.
    **options
        Of ``scipy.optimize.minimize``.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree or Result
        With the groups ``posterior`` and ``fit``: mean and covariance of the value variables.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 3, 2)
    ...     fit = pm.fit_laplace(random_seed=1)
    >>> fit.fit["covariance_matrix"].shape
    (1, 1)
    """
    from scipy.optimize import minimize

    model = modelcontext(model)
    if model.discrete_value_vars:
        raise TypeError("the Laplace approximation needs a model without discrete free variables")
    density = model.logp_dlogp_function(fixed_data=True)
    point = model.initial_point(overrides=start)
    x0 = np.concatenate([np.ravel(point[v.name]) for v in model.value_vars])
    search = Search(density)
    mode = minimize(search, x0, jac=True, **{"method": "BFGS", **options}).x
    parts, at = {}, 0
    for v in model.value_vars:
        parts[v.name] = mode[at : at + v.type.size].reshape(v.type.shape)
        at += v.type.size
    precision = model.compile_d2logp()(parts)
    try:
        factor = np.linalg.cholesky(precision)
    except np.linalg.LinAlgError:
        raise ValueError(
            "the log density is not concave at the point found, so it is no mode that a normal "
            "distribution could approximate; try another start="
        ) from None
    normal = np.random.default_rng(random_seed).standard_normal((chains, draws, len(mode)))
    positions = mode + np.linalg.solve(factor.T, normal[..., None])[..., 0]
    posterior = expand.expand_variables(model, model.unobserved_RVs)(positions)
    result = result_of(model, {"posterior": posterior})
    names = element_names(model.value_vars)
    fit = {"mean_vector": mode, "covariance_matrix": np.linalg.inv(precision)}
    dims = {"mean_vector": ["rows"], "covariance_matrix": ["rows", "columns"]}
    coords = {"rows": names, "columns": names}
    result.update({"fit": make_group(fit, dims, coords, sample_dims=())})
    return traces.converted(result)


def find_constrained_prior(
    distribution, lower, upper, init_guess, mass=0.95, fixed_params=None, mass_below_lower=None,
    **options,
):  # fmt: skip
    """Parameters with which a distribution has a given mass between two bounds.

    Parameters
    ----------
    distribution : type
        Such as ``pm.Gamma``; it needs a logcdf.
    lower, upper : float
    init_guess : dict of str to float
        The parameters to find, with a first guess.
    mass : float
        Probability between the bounds.
    fixed_params : dict, optional
        Parameters that stay as they are.
    mass_below_lower : float, optional
        Probability below ``lower``; half of what is left by default.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> import graphcore.model as pm
    >>> found = pm.find_constrained_prior(
    ...     pm.Normal, lower=-1.96, upper=1.96, init_guess={"mu": 1, "sigma": 3}
    ... )
    >>> {k: round(v, 3) + 0.0 for k, v in found.items()}
    {'mu': 0.0, 'sigma': 1.0}
    """
    from scipy.optimize import minimize

    if not 0 < mass < 1:
        raise ValueError(f"mass must lie between 0 and 1, not {mass}")
    if not lower < upper:
        raise ValueError(f"lower must be less than upper, got {lower} and {upper}")
    below = (1 - mass) / 2 if mass_below_lower is None else mass_below_lower
    fixed = dict(fixed_params or {})
    names = list(init_guess)
    given = [tt.scalar(n) for n in names]
    rv = distribution.dist(**dict(zip(names, given, strict=True)), **fixed)
    d = rv.distribution
    at = function(given, [tt.exp(d.log_cdf(float(lower))), tt.exp(d.log_cdf(float(upper)))])
    positive = [_is_positive(distribution, n) for n in names]
    scale = np.array([abs(float(init_guess[n])) or 1.0 for n in names])

    def parameters(z):
        return [s * math.exp(u) if p else s * u for s, u, p in zip(scale, z, positive, strict=True)]

    def masses(z):
        low, high = at(*parameters(z))
        return float(low), float(high)

    z0 = [0.0 if p else np.sign(float(init_guess[n])) for n, p in zip(names, positive, strict=True)]
    found = minimize(
        lambda z: (masses(z)[0] - below) ** 2 * 100,
        z0,
        method="SLSQP",
        constraints={"type": "eq", "fun": lambda z: masses(z)[1] - masses(z)[0] - mass},
        options={"ftol": 1e-14, "maxiter": 500},
        **options,
    )
    low, high = masses(found.x)
    if not abs(high - low - mass) < 1e-4:
        raise ValueError(
            f"no parameters of {distribution.__name__} were found with mass {mass} between "
            f"{lower} and {upper}; try another init_guess"
        )
    return dict(zip(names, map(float, parameters(found.x)), strict=True))


def _is_positive(distribution, name):
    """Whether a parameter has to be positive."""
    tables = [distribution.params, *(a.params for a in distribution.alt)]
    for table in tables:
        if name in table:
            return table[name].constraint.nonnegative
    shown = ", ".join(k for t in tables for k, p in t.items() if p.default is REQUIRED)
    raise TypeError(f"{distribution.__name__} has no parameter {name!r}; it has {shown}")
