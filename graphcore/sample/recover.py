"""Counts that were summed out of a model, drawn given the draws of the others."""

import numpy as np

from graphcore.model import modelcontext
from graphcore.model.distributions.marginalized import joint_cases
from graphcore.sample import traces
from graphcore.sample.forward import Forward
from graphcore.sample.hidden import draw_count, summed_out
from graphcore.sample.options import refuse
from graphcore.sample.predictive import result_of
from graphcore.sample.results import Result


def recover_marginals(
    idata, *, model=None, var_names=None, return_samples=True, extend_inferencedata=True,
    random_seed=None, **options,
):  # fmt: skip
    """Posterior of the variables that :func:`~graphcore.model.marginalize` summed out.

    Given the other variables, each has finitely many values, whose probabilities are exact.

    Parameters
    ----------
    idata : InferenceData, DataTree or Result
        Draws from the marginalized model, with a group ``posterior``.
    model : Model, optional
        The marginalized model.
    var_names : sequence of str, optional
        Which of the variables summed out; all by default.
    return_samples : bool
        Whether to draw values, besides their log probabilities.
    extend_inferencedata : bool
        Whether they are added to the posterior of ``idata``, which is returned; else they are
        returned alone.
    random_seed : int or Generator, optional

    Returns
    -------
    InferenceData, DataTree or Result, or only its group
        For each variable ``z``: ``lp_z``, the log probability of each value at each draw, and
        draws ``z``.  Where several were summed out, each is given the draws of those that were
        summed out after it, so that together they are draws from the joint posterior.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> from graphcore.sample import Result, make_group
    >>> with pm.Model() as model:
    ...     p = pm.Beta("p", 1, 1)
    ...     z = pm.Bernoulli("z", p)
    ...     y = pm.Normal("y", 2 * z, 1, observed=1.0)
    >>> trace = Result({"posterior": make_group({"p": np.full((1, 2), 0.25)})}, {})
    >>> found = pm.recover_marginals(trace, model=pm.marginalize(model, z), random_seed=1)
    >>> np.exp(found.posterior["lp_z"].values)
    array([[[0.75, 0.25],
            [0.75, 0.25]]])
    """
    refuse(options, "recover_marginals()")
    model = modelcontext(model)
    found = summed_out(model)
    chosen = list(found) if var_names is None else _chosen(found, var_names)
    draws, lead = traces.draws_of(idata)
    n = int(np.prod(lead))
    known = {
        rv: np.asarray(draws[rv.name]).reshape(n, *rv.type.shape)
        for rv in model.free_RVs
        if rv.name in draws
    }
    if missing := [rv.name for rv in model.free_RVs if rv not in known]:
        raise KeyError(f"the draws have no values of {', '.join(missing)}")
    forward = Forward(n, np.random.default_rng(random_seed), known)
    arrays = {}
    for name, (hidden, pairs) in found.items():
        (cases,) = model.with_data([joint_cases(hidden, pairs)])
        logp = draw_count(forward, hidden, cases)
        if name in chosen:
            arrays[f"lp_{name}"] = logp.reshape(*lead, *logp.shape[1:])
            if return_samples:
                arrays[name] = forward.known[hidden].reshape(*lead, *hidden.type.shape)
    dims = {}
    for name in chosen:
        axes = range(found[name][0].ndim)
        own = model.named_vars_to_dims.get(name) or [f"{name}_dim_{i}" for i in axes]
        dims[f"lp_{name}"] = (*own, f"lp_{name}_dim")
    made = result_of(model, {"posterior": arrays}, {"dims": dims}, labels=traces.labels_of(idata))
    if extend_inferencedata:
        return traces.with_variables(idata, made)
    alone = traces.converted(Result({"posterior": made["posterior"]}, {}))
    return traces.group_of(alone, "posterior")


def _chosen(found, var_names):
    names = [var_names] if isinstance(var_names, str) else list(var_names)
    names = [name if isinstance(name, str) else name.name for name in names]
    for name in names:
        if name not in found:
            known = ", ".join(found) or "no variable at all"
            raise KeyError(f"{name!r} was not summed out of this model; {known} was")
    return names
