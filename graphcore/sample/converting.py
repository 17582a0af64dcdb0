"""Traces and predictions as ArviZ data, put together by hand."""

import numpy as np

from graphcore.model import modelcontext
from graphcore.sample import traces
from graphcore.sample.expand import data_values, observed_values
from graphcore.sample.options import refuse
from graphcore.sample.predictive import compute_log_likelihood, result_of
from graphcore.sample.results import SAMPLE_DIMS, Group, Result


def to_inference_data(
    trace=None, *, prior=None, posterior_predictive=None, log_likelihood=False, coords=None,
    dims=None, sample_dims=None, model=None, save_warmup=False, include_transformed=False,
    **options,
):  # fmt: skip
    """A trace of ``sample(return_inferencedata=False)``, and predictions, as ArviZ data.

    Parameters
    ----------
    trace : MultiTrace, optional
    prior : dict of arrays, optional
        Of ``sample_prior_predictive(return_inferencedata=False)``.
    posterior_predictive : dict of arrays, optional
        Of ``sample_posterior_predictive(return_inferencedata=False)``.
    log_likelihood : bool
        Whether to compute the log density of every observation.
    coords, dims : dict, optional
        Besides those of the model.
    model : Model, optional
    save_warmup, include_transformed : bool
        Whether to keep the warm-up, and the values of transformed variables.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree or Result

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     prior = pm.sample_prior_predictive(10, return_inferencedata=False)
    ...     data = pm.to_inference_data(prior=prior)
    >>> data.prior["x"].shape
    (1, 10)
    """
    refuse(options, "to_inference_data()")
    model = modelcontext(model)
    extras = {"coords": coords, "dims": dims}
    observed = {rv.name for rv in model.observed_RVs}
    groups, attrs = {}, {}
    if trace is not None:
        groups = {k: g for k, g in trace.items() if save_warmup or not k.startswith("warmup")}
        if include_transformed:
            kept = slice(trace.n_warmup, None)
            values = {k: array.isel(draw=kept) for k, array in trace.transformed.items()}
            groups["unconstrained_posterior"] = Group(values)
        attrs = trace.attrs
    made = {}
    if posterior_predictive:
        made["posterior_predictive"] = {
            k: x if np.ndim(x) > 1 and trace is not None else np.asarray(x)[None]
            for k, x in posterior_predictive.items()
        }
    if prior:
        arrays = {k: np.asarray(x)[None] for k, x in prior.items()}
        made["prior"] = {k: x for k, x in arrays.items() if k not in observed}
        made["prior_predictive"] = {k: x for k, x in arrays.items() if k in observed}
    labels = {} if trace is None else traces.labels_of(trace)
    further = result_of(model, made, extras, labels=labels)
    result = Result({**groups, **dict(further)}, attrs or further.attrs)
    if log_likelihood and trace is not None:
        compute_log_likelihood(result, model=model)
    return traces.converted(result)


def find_observations(model):
    """The observed data of a model by the name of the variable.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     y = pm.Normal("y", observed=[1.0, 2.0])
    >>> find_observations(model)
    {'y': array([1., 2.])}
    """
    return observed_values(model)


def find_constants(model):
    """The data of a model by name, as the group ``constant_data`` has them."""
    return data_values(model)


def coords_and_dims_for_inferencedata(model):
    """Labels by dimension, and names of dimensions by variable: ``(coords, dims)``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model(coords={"i": ["a", "b"]}) as model:
    ...     x = pm.Normal("x", dims="i")
    >>> coords_and_dims_for_inferencedata(model)
    ({'i': array(['a', 'b'], dtype='<U1')}, {'x': ['i']})
    """
    coords = {d: np.asarray(labels) for d, labels in model.coords.items() if labels is not None}
    return coords, {name: list(dims) for name, dims in model.named_vars_to_dims.items()}


def dataset_to_point_list(ds, sample_dims=SAMPLE_DIMS):
    """The draws of a posterior as a list of points, and the labels of the axes they came from.

    Parameters
    ----------
    ds : Dataset, Group or dict of DataArray
        Such as ``idata.posterior``.
    sample_dims : sequence of str
        ``("chain", "draw")`` or ``("sample",)``: the axes in front.

    Returns
    -------
    (list of dict, dict)

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore.sample import make_group
    >>> points, labels = dataset_to_point_list(make_group({"x": np.array([[1.0, 2.0]])}))
    >>> points, list(labels)
    ([{'x': np.float64(1.0)}, {'x': np.float64(2.0)}], ['chain', 'draw'])
    """
    draws, lead = traces.draws_of(ds)
    if len(lead) != len(sample_dims):
        raise ValueError(f"the draws have {len(lead)} axes in front, not {tuple(sample_dims)}")
    labels = {d: ds[next(iter(draws))].coords[d] for d in sample_dims}
    return [{name: x[i] for name, x in draws.items()} for i in np.ndindex(lead)], labels
