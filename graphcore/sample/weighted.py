"""Predictions of several models together, each as often as its weight says."""

import numpy as np

from graphcore.model import modelcontext
from graphcore.sample.options import refuse
from graphcore.sample.predictive import result_of, sample_posterior_predictive
from graphcore.sample.traces import converted, draws_of


def sample_posterior_predictive_w(
    traces,
    samples=None,
    models=None,
    weights=None,
    random_seed=None,
    progressbar=True,
    return_inferencedata=True,
    idata_kwargs=None,
    **options,
):
    """Draw new data from several models: from each with the probability that its weight gives it.

    Every draw takes one of the models, one draw of its posterior, and new data given that.

    Parameters
    ----------
    traces : list
        Draws of each posterior, each in a form that :func:`sample_posterior_predictive` takes.
    samples : int, optional
        How many draws; by default as many as the shortest trace has.
    models : list of Model, optional
        The model of each trace, all with the same observed variables; that of the enclosing
        ``with`` block for all of them by default.
    weights : sequence of float, optional
        Not negative; they need not add up to one, and are equal by default.
    random_seed : int or Generator, optional
    return_inferencedata : bool
        False: a dict of arrays of shape ``(samples, ...)``.
    idata_kwargs : dict, optional
        ``coords`` and ``dims`` extend those of the first model.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree, Result or dict

    Raises
    ------
    ValueError
        Where the numbers of traces, models and weights differ, the weights are no weights, or the
        models do not observe the same variables in the same shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 0.1, observed=[1.0, 2.0])
    >>> low, high = {"mu": np.zeros((1, 50))}, {"mu": np.full((1, 50), 100.0)}
    >>> new = sample_posterior_predictive_w(
    ...     [low, high], 200, [model, model], [3, 1], random_seed=1, return_inferencedata=False
    ... )
    >>> new["y"].shape, bool(abs(np.mean(new["y"] > 50) - 0.25) < 0.15)
    ((200, 2), True)
    """
    refuse(options, "sample_posterior_predictive_w()", ("progressbar",))
    models = [modelcontext(None)] * len(traces) if models is None else list(models)
    weights = _checked(traces, models, weights)
    names = _observed_by_all(models)
    flat = [_flat(trace) for trace in traces]
    lengths = [len(next(iter(draws.values()))) for draws in flat]
    samples = min(lengths) if samples is None else samples
    rng = np.random.default_rng(random_seed)
    which = rng.choice(len(traces), samples, p=weights)
    arrays = {}
    for k, (draws, model) in enumerate(zip(flat, models, strict=True)):
        (rows,) = np.nonzero(which == k)
        if not rows.size:
            continue
        taken = rng.integers(lengths[k], size=rows.size)
        new = sample_posterior_predictive(
            {name: x[taken] for name, x in draws.items()}, model, names, random_seed=rng,
            return_inferencedata=False,
        )  # fmt: skip
        for name, x in new.items():
            arrays.setdefault(name, np.empty((samples, *x.shape[1:]), x.dtype))[rows] = x
    if not return_inferencedata:
        return arrays
    groups = {"posterior_predictive": {name: x[None] for name, x in arrays.items()}}
    return converted(result_of(models[0], groups, idata_kwargs))


def _checked(traces, models, weights):
    """The weights as probabilities."""
    weights = np.ones(len(traces)) if weights is None else np.asarray(weights, dtype=float)
    if not len(traces) == len(models) == len(weights) or not len(traces):
        raise ValueError(
            f"there must be as many models and weights as traces: got {len(traces)} traces, "
            f"{len(models)} models and {len(weights)} weights"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError(f"weights must not be negative, and not all zero: {weights}")
    return weights / weights.sum()


def _observed_by_all(models):
    """Names of the observed variables, which all models have, with one shape."""
    shapes = [{rv.name: rv.type.shape for rv in model.observed_RVs} for model in models]
    for other in shapes[1:]:
        if other != shapes[0]:
            raise ValueError(
                "the models must observe the same variables in the same shapes: "
                f"{shapes[0]} and {other}"
            )
    return list(shapes[0])


def _flat(trace):
    """Draws of all chains one after the other."""
    draws, lead = draws_of(trace)
    return {name: x.reshape(-1, *x.shape[len(lead) :]) for name, x in draws.items()}
