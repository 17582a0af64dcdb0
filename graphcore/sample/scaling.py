"""Metrics for samplers from curvature and from draws, with PyMC's names."""

import numpy as np

import graphcore.tensor as tt
from graphcore.autodiff import grad
from graphcore.model import modelcontext
from graphcore.sample import traces
from graphcore.sample.hamiltonian import NUTS
from graphcore.sample.mode import find_MAP
from graphcore.sample.seeds import chain_seeds
from graphcore.sample.start import METHODS, check_init, initial_points, start_point


def find_hessian_diag(point, vars=None, model=None, negate_output=True):
    """The diagonal of :func:`~graphcore.model.find_hessian`, as a vector.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 0, [0.5, 1.0])
    ...     pm.find_hessian_diag({"x": [0.0, 0.0]})
    array([4., 1.])
    """
    model = modelcontext(model)
    values = model._differentiable(vars)
    slopes = grad(model.logp(), values, disconnected_inputs="ignore")
    entries = [
        tt.flatten(grad(tt.flatten(slope)[i], v, disconnected_inputs="ignore"))[i]
        for v, slope in zip(values, slopes, strict=True)
        for i in range(v.type.size)
    ]
    diagonal = tt.stack(entries)
    known = {v.name: point[v.name] for v in model.value_vars if v.name in point}
    return model.compile_fn(-diagonal if negate_output else diagonal)(known)


def guess_scaling(point, vars=None, model=None, scaling_bound=1e-8):
    """Precisions for ``NUTS(scaling=)``: the curvature at a point, kept away from zero.

    Parameters
    ----------
    point : dict
        Values by value name.
    vars : list of variables, optional
    model : Model, optional
    scaling_bound : float
        The least size of a curvature; its sign is dropped.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 0, [0.5, 1.0])
    ...     pm.guess_scaling({"x": [0.0, 0.0]})
    array([4., 1.])
    """
    curvature = np.abs(find_hessian_diag(point, vars, model))
    return np.maximum(curvature, scaling_bound)


def trace_cov(trace, vars=None, model=None):
    """The covariance of the draws of value variables, for ``NUTS(scaling=, is_cov=True)``.

    Parameters
    ----------
    trace : MultiTrace, InferenceData, DataTree or Result
    vars : list of variables, optional
        All value variables of the model by default.
    model : Model, optional

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", shape=2)
    ...     cov = pm.trace_cov({"x": np.array([[[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]])})
    >>> cov
    array([[1., 2.],
           [2., 4.]])
    """
    model = modelcontext(model)
    values = model.value_vars if vars is None else [model.rvs_to_values.get(v, v) for v in vars]
    draws, lead = traces.draws_of(trace)
    for name, array in getattr(trace, "transformed", {}).items():
        draws[name] = array.values
    n = int(np.prod(lead))
    if missing := [v.name for v in values if v.name not in draws]:
        raise KeyError(
            f"the draws have no values of {', '.join(missing)}: sample with "
            'return_inferencedata=False, or with idata_kwargs={"include_transformed": True}'
        )
    return np.cov(np.concatenate([draws[v.name].reshape(n, -1) for v in values], axis=1).T)


def init_nuts(
    *, init="auto", chains=1, random_seed=None, model=None, initvals=None, tune=None, n_init=None,
    progressbar=True, jitter_max_retries=None, **options,
):  # fmt: skip
    """Start points and a NUTS step, as ``sample`` makes them.

    Parameters
    ----------
    init : str
        As for :func:`~graphcore.model.sample`; the metric of a step method is a diagonal.
    chains : int
    random_seed : int or sequence of int, optional
    model : Model, optional
    initvals : dict or list of dict, optional
    tune, n_init, progressbar, jitter_max_retries
        PyMC's; they mean nothing here.
    **options
        Of :class:`~graphcore.model.NUTS`.

    Returns
    -------
    (list of dict, NUTS)
        For ``sample(initvals=, step=)``; the points have values by the names of value variables.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x")
    ...     starts, step = pm.init_nuts(init="adapt_diag", chains=2)
    >>> starts
    [{'x': array(0.)}, {'x': array(0.)}]
    """
    init, model = check_init(init), modelcontext(model)
    if init == "map":
        initvals = find_MAP(start=initvals, progressbar=False, model=model)
    step = NUTS(model=model, **options)
    density = model.logp_dlogp_function(step.vars, fixed_data=True)
    seeds = chain_seeds(random_seed, chains)
    points = initial_points(model, seeds, initvals)
    for seed, point in zip(seeds, points, strict=True):
        density.set_extra_values(point)
        rng = np.random.default_rng(seed)
        flat, at = start_point(model, density, point, rng, METHODS[init]), 0
        for v in density.variables:
            point[v.name] = flat[at : at + v.type.size].reshape(v.type.shape)
            at += v.type.size
    return points, step


__all__ = ["find_hessian_diag", "guess_scaling", "init_nuts", "trace_cov"]
