"""Predictions of a model, before and after it has seen data, and densities of draws."""

import warnings

import numpy as np

from graphcore.model import modelcontext
from graphcore.model.distributions.base import RandomVariable
from graphcore.sample import expand, traces
from graphcore.sample.forward import Forward, data_of_variable, depends_on
from graphcore.sample.hidden import draw_hidden
from graphcore.sample.options import refuse
from graphcore.sample.results import SAMPLE_DIMS, Result, attributes, make_group


def sample_prior_predictive(
    draws=500,
    model=None,
    var_names=None,
    random_seed=None,
    return_inferencedata=True,
    idata_kwargs=None,
    samples=None,
    **options,
):
    """Draw from the model as it is before it sees data.

    Parameters
    ----------
    draws : int
        ``samples`` is the older name.
    model : Model, optional
    var_names : sequence of str, optional
        Variables and deterministics to keep; all by default.  A name such as ``sd_log__`` stands
        for the transformed value of a variable, as in PyMC3.
    random_seed : int or Generator, optional
    return_inferencedata : bool
        False: a dict of arrays.
    idata_kwargs : dict, optional
        ``coords`` and ``dims`` extend those of the model.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree, Result or dict
        With the groups ``prior`` and ``prior_predictive`` (what was observed), one chain.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    ...     prior = pm.sample_prior_predictive(
    ...         10, random_seed=1, return_inferencedata=False
    ...     )
    >>> prior["y"].shape
    (10, 2)
    """
    refuse(options, "sample_prior_predictive()", ("progressbar",))
    model = modelcontext(model)
    draws = draws if samples is None else samples
    drawn = [*model.basic_RVs, *model.deterministics]
    wanted = _named(model, var_names, [*drawn, *_transformed(model)], drawn)
    _warn_of_potentials(model, "prior")
    found = Forward(draws, np.random.default_rng(random_seed)).values(wanted)
    arrays = {v.name: x for v, x in zip(wanted, found, strict=True)}
    if not return_inferencedata:
        return arrays
    observed = {rv.name for rv in model.observed_RVs}
    arrays = {name: x[None] for name, x in arrays.items()}
    groups = {
        "prior": {k: x for k, x in arrays.items() if k not in observed},
        "prior_predictive": {k: x for k, x in arrays.items() if k in observed},
    }
    return traces.converted(result_of(model, groups, idata_kwargs))


def sample_posterior_predictive(
    trace,
    model=None,
    var_names=None,
    sample_dims=None,
    random_seed=None,
    progressbar=True,
    return_inferencedata=True,
    extend_inferencedata=False,
    predictions=False,
    idata_kwargs=None,
    samples=None,
    size=None,
    **options,
):
    """Draw new data for every draw of the posterior.

    Free variables keep their posterior draws, except those named in ``var_names``, those the trace
    does not have or has in another shape, and those that depend on one of these or on data that
    changed since: they are drawn from their distributions.  Counts that were summed out of the
    model have the values in the trace (see :func:`~graphcore.model.recover_marginals`), else they
    are drawn given the free variables, and all that depends on one sees the same value.

    Parameters
    ----------
    trace : InferenceData, DataTree, Result, Dataset, dict of arrays, or list of points
    model : Model, optional
    var_names : sequence of str, optional
        What to draw; the observed variables by default.
    random_seed : int or Generator, optional
    return_inferencedata : bool
        False: a dict of arrays of shape ``(chain, draw, ...)``.
    extend_inferencedata : bool
        Whether the new groups are added to ``trace``, which is returned.
    predictions : bool
        Whether these are predictions for other data than those of the model's fit: the groups are
        ``predictions`` and ``predictions_constant_data`` then.
    idata_kwargs : dict, optional
        ``coords`` and ``dims`` extend those of the model.
    samples : int, optional
        As in PyMC3: how many draws of the posterior to take, those of all chains one after the
        other and again from the first; the result has one axis of draws then.
    size : int, optional
        As in PyMC3: how many data sets to draw for every draw of the posterior.  They lie along an
        axis behind those of the draws, whose name is ``repetition``.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree, Result or dict

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    ...     new = pm.sample_posterior_predictive(
    ...         {"mu": np.zeros((2, 5))}, return_inferencedata=False
    ...     )
    >>> new["y"].shape
    (2, 5, 2)
    """
    refuse(options, "sample_posterior_predictive()", ("progressbar", "keep_size"))
    if isinstance(model, int | np.integer):  # PyMC3: the second argument is a number of draws
        samples, model = model, None
    model = modelcontext(model)
    draws, lead = traces.draws_of(trace)
    if samples is not None:
        taken = np.arange(samples) % np.prod(lead)
        draws = {k: x.reshape(-1, *x.shape[len(lead) :])[taken] for k, x in draws.items()}
        lead = (len(taken),)
    n_lead = len(lead)
    if size is not None:
        draws, lead = _repeated(draws, lead, size)
    default = model.observed_RVs + [
        v for v in model.deterministics if any(p in model.observed_RVs for p in depends_on_all(v))
    ]
    wanted = _named(model, var_names, model.basic_RVs + model.deterministics, default)
    if var_names is None and not wanted:
        raise ValueError("there is nothing to draw: the model has no observed variable")
    _warn_of_potentials(model, "posterior")
    n = int(np.prod(lead))
    given = _kept(model, draws, wanted, n, len(lead), traces.group_of(trace, "constant_data"))
    forward = Forward(n, np.random.default_rng(random_seed), given)
    draw_hidden(model, forward, {k: x.reshape(n, *x.shape[len(lead) :]) for k, x in draws.items()})
    found = forward.values(wanted)
    arrays = {v.name: x.reshape(*lead, *x.shape[1:]) for v, x in zip(wanted, found, strict=True)}
    if not return_inferencedata:
        return arrays
    labels = traces.labels_of(trace) if samples is None else {}
    if n_lead == 1 and "sample" not in labels:
        arrays = {name: x[None] for name, x in arrays.items()}
    made = "predictions" if predictions else "posterior_predictive"
    result = result_of(
        model,
        {made: arrays},
        idata_kwargs,
        predictions,
        labels,
        () if size is None else ("repetition",),
    )
    return traces.extended(trace, result) if extend_inferencedata else traces.converted(result)


def _transformed(model):
    """The transformed values of the free variables, by their names, as expressions of these."""
    return [
        transform.forward(rv).copy(name=model.rvs_to_values[rv].name)
        for rv, transform in model.rvs_to_transforms.items()
        if transform is not None
    ]


def _repeated(draws, lead, size):
    """Draws of which each stands ``size`` times along a new axis behind those they have."""
    if not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"size must be an integer of at least 1, not {size!r}")
    n = len(lead)
    repeated = {k: np.repeat(np.expand_dims(x, n), size, axis=n) for k, x in draws.items()}
    return repeated, (*lead, int(size))


def _warn_of_potentials(model, kind):
    if model.potentials:
        names = ", ".join(v.name for v in model.potentials)
        warnings.warn(
            f"The effect of Potentials on other parameters is ignored during {kind} predictive "
            f"sampling ({names}): the draws do not follow the density of the model",
            stacklevel=3,
        )


def depends_on_all(variable):
    """The random variables an expression contains."""
    from graphcore.graph.walk import inputs_of

    return [v for v in inputs_of([variable]) if isinstance(v, RandomVariable)]


def _named(model, var_names, among, default=None):
    if var_names is None:
        return list(among if default is None else default)
    names = [var_names] if isinstance(var_names, str) else var_names
    known = {v.name: v for v in among}
    found = []
    for name in names:
        name = name if isinstance(name, str) else name.name
        if name not in known and model.name_for(name) in known:
            name = model.name_for(name)
        if name not in known:
            raise KeyError(f"var_names: no variable {name!r}; there are {', '.join(known)}")
        found.append(known[name])
    return found


def _kept(model, draws, wanted, n, n_lead, old_data):
    """The free variables that keep the values of a trace."""
    kept, redrawn = {}, {v for v in wanted if isinstance(v, RandomVariable)}
    moved = {
        v
        for v in model.data_vars
        if v.name in old_data and not np.array_equal(v.eval(), old_data[v.name])
    }
    for rv in model.basic_RVs:
        values = None if rv in model.observed_RVs else draws.get(rv.name)
        above = _above(rv, model.basic_RVs)
        if values is None or values.shape[n_lead:] != rv.type.shape or above & (redrawn | moved):
            redrawn.add(rv)
        if rv not in redrawn:
            kept[rv] = values.reshape(n, *rv.type.shape)
    return kept


def _above(rv, named):
    """The variables of a model, and its data, that the distribution of one depends on directly.

    Variables that are in no model stand for what they depend on.
    """
    found, stack = set(), [rv]
    while stack:
        v = stack.pop()
        found |= set(data_of_variable(v))
        parents = set(depends_on(v)) - found
        found |= parents
        stack += [p for p in parents if p not in named]
    return found


def result_of(model, groups, idata_kwargs=None, predictions=False, labels=None, further=()):
    """Arrays with the axes of draws, and ``further``, as a result with a model's labels and data.

    The axes of draws are chain and draw, or sample where ``labels`` are of that.
    """
    extras = idata_kwargs or {}
    coords = {**model.coords, **(labels or {}), **(extras.get("coords") or {})}
    dims = {**model.named_vars_to_dims, **(extras.get("dims") or {})}
    attrs = attributes()
    lead = (*(traces.STACKED if "sample" in (labels or {}) else SAMPLE_DIMS), *further)
    made = {k: make_group(x, dims, coords, attrs, sample_dims=lead) for k, x in groups.items() if x}
    if model.observed_RVs and not predictions:
        observed = expand.observed_values(model)
        if observed:
            made["observed_data"] = make_group(observed, dims, coords, attrs, sample_dims=())
    if data := expand.data_values(model):
        name = "predictions_constant_data" if predictions else "constant_data"
        made[name] = make_group(data, dims, coords, attrs, sample_dims=())
    return Result(made, attrs)


# -------------------------------------------------------------------------- functions of draws


def compute_log_likelihood(
    idata, *, var_names=None, extend_inferencedata=True, model=None, sample_dims=SAMPLE_DIMS,
    progressbar=True, **options,
):  # fmt: skip
    """The log density of every observation at every draw.

    Parameters
    ----------
    idata : InferenceData, DataTree or Result
        With a group ``posterior``.
    var_names : sequence of str, optional
        Observed variables; all of them by default.
    extend_inferencedata : bool
        Whether the group ``log_likelihood`` is added to ``idata``, which is returned; else that
        group alone is returned.
    model : Model, optional

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> from graphcore.sample import Result, make_group
    >>> with pm.Model() as model:
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    >>> trace = Result({"posterior": make_group({"mu": np.zeros((1, 3))})}, {})
    >>> result = pm.compute_log_likelihood(trace, model=model)
    >>> result.log_likelihood["y"].shape
    (1, 3, 2)
    """
    refuse(options, "compute_log_likelihood()")
    model = modelcontext(model)
    wanted = _named(model, var_names, model.observed_RVs)
    return _densities(model, idata, wanted, "log_likelihood", extend_inferencedata)


def compute_log_prior(
    idata, *, var_names=None, extend_inferencedata=True, model=None, sample_dims=SAMPLE_DIMS,
    progressbar=True, **options,
):  # fmt: skip
    """The log density of every free variable, without Jacobians, at every draw.

    The arguments are those of :func:`compute_log_likelihood`; the group is ``log_prior``.
    """
    refuse(options, "compute_log_prior()")
    model = modelcontext(model)
    wanted = _named(model, var_names, model.free_RVs)
    return _densities(model, idata, wanted, "log_prior", extend_inferencedata)


def _densities(model, idata, wanted, group, extend):
    model._check_data(wanted)
    graphs = {v.name: model.elements(v) for v in wanted}
    arrays = _at_draws(model, idata, graphs)
    result = result_of(model, {group: arrays}, labels=traces.labels_of(idata))
    if extend:
        return traces.extended(idata, Result({group: result[group]}, result.attrs))
    return traces.group_of(traces.converted(result), group)


def compute_deterministics(
    dataset, *, var_names=None, model=None, sample_dims=SAMPLE_DIMS, merge_dataset=False,
    progressbar=True, **options,
):  # fmt: skip
    """Deterministics at every draw.

    Parameters
    ----------
    dataset : Dataset, Group or dict of arrays
        Draws of the free variables, such as ``idata.posterior``.
    var_names : sequence of str, optional
        Deterministics; all of them by default.
    merge_dataset : bool
        Whether the result has what ``dataset`` has, too.

    Returns
    -------
    xarray.Dataset or Group
    """
    refuse(options, "compute_deterministics()")
    model = modelcontext(model)
    wanted = _named(model, var_names, model.deterministics)
    arrays = _at_draws(model, dataset, {v.name: v for v in wanted})
    if merge_dataset:
        arrays = {**traces.draws_of(dataset)[0], **arrays}
    result = result_of(model, {"posterior": arrays}, labels=traces.labels_of(dataset))
    return traces.group_of(traces.converted(result), "posterior")


def _at_draws(model, trace, graphs):
    """Graphs of random variables at the draws of a trace."""
    draws, lead = traces.draws_of(trace)
    graphs = dict(zip(graphs, model.with_data(list(graphs.values())), strict=True))
    n = int(np.prod(lead))
    missing = {v.name for g in graphs.values() for v in depends_on_all(g) if v.name not in draws}
    if missing:
        raise KeyError(f"the draws have no values of {', '.join(sorted(missing))}")
    known = {rv: draws[rv.name].reshape(n, *rv.type.shape) for rv in model.free_RVs
             if rv.name in draws}  # fmt: skip
    found = Forward(n, np.random.default_rng(0), known).values(list(graphs.values()))
    return {name: x.reshape(*lead, *x.shape[1:]) for name, x in zip(graphs, found, strict=True)}
