"""``sample``: draws from the posterior of a model, with PyMC's arguments."""

import warnings
from collections import namedtuple

import numpy as np

from graphcore.errors import NullTypeGradError, SamplingError
from graphcore.model import modelcontext
from graphcore.sample import expand, report, traces
from graphcore.sample.assignment import USUAL, assigned
from graphcore.sample.compound import sample_compound
from graphcore.sample.dense import sample_dense
from graphcore.sample.hamiltonian import CONSTANTS, constants_of
from graphcore.sample.kept import programs_of
from graphcore.sample.mode import find_MAP
from graphcore.sample.multitrace import OLD_STATS, MultiTrace
from graphcore.sample.nuts import sample_flat
from graphcore.sample.options import refuse
from graphcore.sample.results import Result, attributes, make_group
from graphcore.sample.seeds import chain_seeds
from graphcore.sample.start import check_init, initial_points, start_points
from graphcore.sample.statistics import as_arrays
from graphcore.sample.steps import Slice

NUTS_OPTIONS = ("target_accept", "max_treedepth", *CONSTANTS)
# Options of which NUTS is made as a step method.
OWN_STEP = ("adapt_step_size", "is_cov", "scaling", "step_rand", "step_scale")
IGNORED = {  # arguments of PyMC's that concern how PyMC runs
    "backend", "blas_cores", "jitter_max_retries", "pickle_backend",
    "keep_warning_stat", "mp_ctx", "n_init", "nuts_sampler", "nuts_sampler_kwargs",
    "progressbar_theme", "quiet", "trace",
}  # fmt: skip
IDATA_OPTIONS = ("log_likelihood", "log_prior", "include_transformed", "coords", "dims")

Draw = namedtuple("Draw", "chain is_last draw_idx tuning stats point")
Draw.__doc__ = "What a callback of :func:`sample` gets; the fields are PyMC's."


def sample(
    draws=1000,
    step=None,
    *,
    tune=1000,
    chains=None,
    cores=None,
    random_seed=None,
    target_accept=0.8,
    max_treedepth=10,
    nuts=None,
    progressbar=True,
    initvals=None,
    init="jitter+adapt_diag",
    var_names=None,
    discard_tuned_samples=True,
    compute_convergence_checks=True,
    return_inferencedata=True,
    idata_kwargs=None,
    callback=None,
    start=None,
    model=None,
    **options,
):
    """Draw from the posterior of a model: with the No-U-Turn sampler where it is continuous.

    Parameters
    ----------
    draws, tune : int
        Draws to keep of each chain, and warm-up transitions before them, which adapt the step
        size and the metric.  ``draws=0`` is for a warm-up that is kept.
    step : step method or list of them, optional
        Such as ``pm.Metropolis([x])``.  Variables without one get the usual one: NUTS for
        continuous variables (slice sampling where an operation in the density has no
        derivative), Gibbs and Metropolis steps for discrete ones.
    chains : int, optional
        4 by default, or as many as there are start values or seeds in a list.
    cores : int, optional
        Chains that run at the same time, as threads; the draws do not depend on it.
    random_seed : int, sequence of int, or NumPy generator, optional
        A seed gives the same draws again on the same machine.  One integer for each chain, or
        one for all.
    target_accept : float
        Mean acceptance rate that warm-up aims at; higher means smaller, safer steps.
    max_treedepth : int
        A trajectory has at most ``2**max_treedepth - 1`` steps.
    nuts : dict, optional
        Options of :class:`~graphcore.model.NUTS`, which may also be given by keyword:
        ``target_accept``, ``max_treedepth``, ``early_max_treedepth`` (the limit in the first 200
        transitions of warm-up), ``Emax``, ``gamma``, ``k``, ``t0``; and ``adapt_step_size``,
        ``step_scale``, ``step_rand``, ``scaling``, ``is_cov``, with which the step is made
        transition by transition.
    progressbar : bool
        Needs tqdm; without it nothing is shown.
    initvals : dict or list of dict, optional
        Start values by variable name; a list has one dict per chain.
    init : {"jitter+adapt_diag", "adapt_diag", "jitter+adapt_full", "adapt_full", "auto"}
        Whether start points are moved by up to 1 in the unconstrained space, and whether the metric
        is a diagonal or, for strong correlations, a full matrix.  ``"map"`` starts all chains at
        the mode; PyMC's names with ``advi`` are taken with a warning.
    var_names : sequence of str, optional
        Variables and deterministics to keep.
    discard_tuned_samples : bool
        False adds the groups ``warmup_posterior`` and ``warmup_sample_stats``, or puts the warm-up
        in front of the draws of a MultiTrace.
    compute_convergence_checks : bool
        Warn about divergences, R-hat, effective sample sizes, and tree depth.
    return_inferencedata : bool
        True: ArviZ data when ArviZ is installed (importing it takes a second or two the first
        time), else a :class:`~graphcore.sample.results.Result`.  False: a
        :class:`~graphcore.sample.multitrace.MultiTrace`, which has the same groups and names, and
        what PyMC3's traces have.
    idata_kwargs : dict, optional
        ``log_likelihood=True`` and ``log_prior=True`` add those groups;
        ``include_transformed=True`` adds the values of transformed variables to the posterior,
        and the group ``unconstrained_posterior``; ``coords`` and ``dims`` extend those of the
        model.
    callback : callable, optional
        ``callback(trace, draw)`` after every transition, with ``draw.chain``, ``draw.draw_idx``,
        ``draw.tuning``, ``draw.stats``, ``draw.point``, ``draw.is_last``.  It may raise
        KeyboardInterrupt to stop all chains.
    start : dict or list of dict, optional
        PyMC3's name of ``initvals``.
    model : Model, optional
        That of the enclosing ``with`` block by default.
    **options
        Options of other steps that are chosen here, by the name of the step, as
        ``metropolis={"tune_interval": 50}``; and arguments of PyMC's that mean nothing here, such
        as ``mp_ctx``, ``blas_cores`` or ``compile_kwargs``.  There is one sampler: another
        ``nuts_sampler`` of PyMC's, such as ``"nutpie"``, gets a warning.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree, Result or MultiTrace
        After Ctrl-C, of the draws made until then.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 3, 1)
    ...     result = pm.sample(random_seed=1, progressbar=False, return_inferencedata=False)
    >>> result.posterior["x"].shape
    (4, 1000)
    >>> bool(abs(result.posterior["x"].mean() - 3) < 0.1)
    True
    """
    model = modelcontext(model)
    others = {name: options.pop(name) for name in USUAL if name in options}
    given = {k: options.pop(k) for k in (*CONSTANTS, *OWN_STEP) if k in options}
    _check_ignored(options)
    given |= {"target_accept": target_accept, "max_treedepth": max_treedepth}
    given |= _known(nuts, (*NUTS_OPTIONS, *OWN_STEP), "nuts")
    extras = _known(idata_kwargs, IDATA_OPTIONS, "idata_kwargs")
    initvals = start if initvals is None else initvals
    if var_names is None and isinstance(options.get("trace"), list):
        var_names = options["trace"]  # PyMC3's name
    chains = _number_of_chains(initvals, random_seed) if chains is None else chains
    least = 0 if tune and not discard_tuned_samples else 1
    _check(draws=(draws, least), tune=(tune, 0), chains=(chains, 1), cores=(cores or 1, 1))
    if not 0 < given["target_accept"] < 1:
        raise ValueError(f"target_accept must lie between 0 and 1, not {given['target_accept']}")
    variables = _chosen(model, var_names)
    model._require_free("a sampler")
    run = _run(
        model,
        step,
        {**others, "nuts": given},
        init=check_init(init),
        initvals=initvals,
        streams=[seed.spawn(2) for seed in chain_seeds(random_seed, chains)],
        callback=None if callback is None else _adapter(model, callback),
        draws=draws,
        tune=tune,
        cores=cores,
        keep_warmup=not discard_tuned_samples,
        progressbar=progressbar,
    )
    result = _result(model, variables, run, extras)
    notes = _interruption(run, draws)
    if compute_convergence_checks and draws:
        posterior = {name: array.values for name, array in result.posterior.items()}
        notes += report.problems(run.stats, posterior, tune)
    report.warn(notes)
    return traces.converted(result) if return_inferencedata else _trace(model, result, run, notes)


def _run(model, step, options, init, initvals, streams, **common):
    """The transitions of all chains: of NUTS alone, or of several steps.

    ``options`` are those of the steps by name; a chain's ``streams`` are one for its start and one
    for its transitions.
    """
    first, second = map(list, zip(*streams, strict=True))
    if init == "map":
        initvals = find_MAP(start=initvals, progressbar=False, model=model)
    if step is None and not _differentiable(model):
        step = Slice(model.continuous_value_vars)
    full, nuts = str(init).endswith("full"), options["nuts"]
    whole = step is None and not model.discrete_value_vars  # one trajectory of all variables
    if whole and not any(name in nuts for name in OWN_STEP):
        sampler = sample_dense if full else sample_flat
        density = programs_of(model).density
        starts = start_points(model, density, first, initvals, init)
        nuts |= constants_of(**{k: nuts.pop(k) for k in CONSTANTS if k in nuts})
        return _flat(sampler, density, starts, random_seed=second, **common, **nuts)
    if full:
        raise NotImplementedError(f"init={init!r} is for NUTS alone, without other steps")
    steps = assigned(model, step, options)
    points = initial_points(model, first, initvals)
    return sample_compound(steps, points, second, init=init, **common)


def _number_of_chains(*given):
    """As many as there are start values, or seeds, in a list of them."""
    several = [x for x in given if isinstance(x, list | tuple | np.ndarray) and np.ndim(x) == 1]
    return len(several[0]) if several else 4


def _trace(model, result, run, notes):
    """A result with what PyMC3's traces have."""
    told = report.SamplerReport(
        notes, run.warmup_stats.shape[1], run.positions.shape[1], run.seconds
    )
    positions = run.positions
    if run.warmup_positions is not None:
        positions = np.concatenate([run.warmup_positions, positions], axis=1)
    values = make_group(expand.split_values(model, positions))
    return MultiTrace(dict(result), result.attrs, values, told)


def _differentiable(model):
    """Whether the density of the continuous variables has derivatives, so that NUTS can be used.

    Operations of a user's own may have none.
    """
    if not model.free_RVs or model.discrete_value_vars:
        return True  # the steps of each variable are found elsewhere
    try:
        programs_of(model).density  # noqa: B018 - it is built when it is asked for
    except NullTypeGradError:
        return False
    return True


def _known(given, names, what):
    """A dict of options, or an error that lists what there is."""
    for key in given or {}:
        if key not in names:
            raise TypeError(f"{what} has no option {key!r}; there are {', '.join(names)}")
    return dict(given or {})


def _check_ignored(options):
    """Refuse arguments that neither this sampler nor PyMC's has."""
    sampler = options.get("nuts_sampler", "pymc")
    if sampler in ("blackjax", "numpyro", "nutpie"):
        warnings.warn(
            f"nuts_sampler={sampler!r}: NUTS of graphcore stands in its place", stacklevel=3
        )
    elif sampler not in ("pymc", "graphcore"):
        raise ValueError(f"nuts_sampler={sampler!r}: there is only the sampler of graphcore")
    refuse(options, "sample()", IGNORED)


def _check(**counts):
    for name, (value, least) in counts.items():
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, not {value!r}")


def _chosen(model, var_names):
    """The variables to keep: all free ones and deterministics, or those named."""
    if var_names is None:
        return model.unobserved_RVs
    kept = {v.name: v for v in model.unobserved_RVs}
    names = [var_names] if isinstance(var_names, str) else var_names
    names = [name if isinstance(name, str) else name.name for name in names]
    for name in names:
        if name not in kept:
            raise KeyError(f"var_names: no variable {name!r}; there are {', '.join(kept)}")
    return [v for name, v in kept.items() if name in names]


def _flat(sampler, density, starts, **options):
    """The flat run; an error in the density is raised as what it is in Python."""
    try:
        return sampler(density.address, density.user_data, starts, **options)
    except SamplingError as error:
        try:
            density(error.position)
        except Exception as cause:
            raise SamplingError(f"{error}: {cause}", error.chain, error.position) from cause
        raise


def _adapter(model, callback):
    """A callback of :func:`sample_flat` that calls one of PyMC's form."""

    def on_draw(index, chain):
        last = chain.done - 1
        point = {name: x.copy() for name, x in expand.split_values(model, chain.position).items()}
        record = chain.stats[last]
        draw = Draw(
            chain=index,
            is_last=chain.done == chain.tune + chain.draws,
            draw_idx=last,
            tuning=last < chain.tune,
            stats=record if isinstance(record, list) else [_as_dict(record)],
            point=point,
        )
        callback(Begun(model, index, chain), draw)

    return on_draw


class Begun:
    """The begin of one chain, as a callback of :func:`sample` gets it.

    ``len(trace)`` is the number of transitions, those of the warm-up included; ``trace["mu"]`` has
    the draws kept so far.

    Attributes
    ----------
    chain : int
    """

    def __init__(self, model, index, chain):
        self.model, self.chain, self._chain = model, index, chain

    def __len__(self):
        return self._chain.done

    @property
    def varnames(self):
        """Names of the variables."""
        return [v.name for v in self.model.unobserved_RVs]

    def get_values(self, varname, burn=0, thin=1):
        """The draws of one variable so far."""
        rows, first = self._chain.positions, max(0, self._chain.done - self._chain.tune)
        start = len(rows) - self._chain.draws
        expansion = programs_of(self.model).expansion([self.model[varname]])
        return expansion(rows[start : start + first])[varname][burn::thin]

    __getitem__ = get_values


def _as_dict(record):
    """The statistics of one transition by name, those that had another name in PyMC by both."""
    found = {name: record[name] for name in record.dtype.names}
    return found | {old: found[new] for old, new in OLD_STATS.items() if new in found}


def _result(model, variables, run, extras):
    """Flat draws as named groups."""
    attrs = attributes(sampling_time=run.seconds, tuning_steps=run.warmup_stats.shape[1])
    coords = model.coords | dict(extras.get("coords", {}))
    coords["chain"] = np.array(run.chains)
    dims = model.named_vars_to_dims | dict(extras.get("dims", {}))

    def group(arrays, attrs=attrs, **options):
        return make_group(arrays, dims, coords, attrs, **options)

    constrain = programs_of(model).expansion(variables)
    transformed = [v.name for rv, v in model.rvs_to_values.items() if v.name != rv.name]

    def posterior(positions):
        arrays = constrain(positions)
        if extras.get("include_transformed"):
            values = expand.split_values(model, positions)
            arrays |= {name: values[name] for name in transformed if name in values}
        return group(arrays)

    groups = {"posterior": posterior(run.positions)}
    if stats := as_arrays(run.stats):
        groups["sample_stats"] = group(stats)
    if run.warmup_positions is not None:
        groups["warmup_posterior"] = posterior(run.warmup_positions)
        if stats := as_arrays(run.warmup_stats, warmup=True):
            groups["warmup_sample_stats"] = group(stats)
    if extras.get("include_transformed"):
        groups["unconstrained_posterior"] = group(expand.split_values(model, run.positions))
    plain = attributes()
    for name, of in (("log_likelihood", model.observed_RVs), ("log_prior", model.free_RVs)):
        if extras.get(name):
            densities = expand.expand_log_density(model, of)
            groups[name] = group(densities(run.positions), plain)
    if model.observed_RVs:
        values = expand.observed_values(model)
        groups["observed_data"] = group(values, plain, sample_dims=())
    if values := expand.data_values(model):
        groups["constant_data"] = group(values, plain, sample_dims=())
    return Result(groups, attrs)


def _interruption(run, draws):
    if not run.interrupted:
        return []
    kept = run.positions.shape[1]
    chains = ", ".join(map(str, run.chains))
    return [f"Sampling was interrupted: {kept} of {draws} draws of the chains {chains} were kept."]
