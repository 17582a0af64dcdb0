"""One chain whose draws are looked at while it runs."""

import numpy as np

from graphcore._nuts import Stop
from graphcore.model import modelcontext
from graphcore.sample.assignment import assigned
from graphcore.sample.compound import CompoundChain
from graphcore.sample.expand import expand_variables, split_values
from graphcore.sample.hamiltonian import NUTS
from graphcore.sample.mcmc import Draw
from graphcore.sample.multitrace import MultiTrace
from graphcore.sample.options import refuse
from graphcore.sample.results import make_group
from graphcore.sample.seeds import chain_seeds
from graphcore.sample.start import initial_points


def iter_sample(
    draws, step, start=None, trace=None, chain=0, tune=0, model=None, random_seed=None,
    callback=None, **options,
):  # fmt: skip
    """Transitions of one chain: after each one the trace so far.

    Parameters
    ----------
    draws : int
        How many transitions, those of the warm-up included.
    step : step method or list of them
        Variables without one get the usual one, as in :func:`sample`.
    start : dict, optional
        Start values by variable name.
    trace : list of variables, optional
        What to keep; all variables and deterministics by default.
    chain : int
        The number of the chain, for the callback.
    tune : int
        How many of the first transitions adapt the steps.
    model : Model, optional
    random_seed : int, optional
    callback : callable, optional
        ``callback(trace, draw)`` after every transition, as in :func:`sample`.

    Yields
    ------
    MultiTrace
        With all draws until then, those of the warm-up too, and without statistics.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 3, 1)
    ...     lengths = [len(t) for t in pm.iter_sample(5, pm.Metropolis([x]), random_seed=1)]
    >>> lengths
    [1, 2, 3, 4, 5]
    """
    refuse(options, "iter_sample()", ("progressbar",))
    if draws < 1 or not 0 <= tune <= draws:
        raise ValueError(f"draws must be at least 1 and tune from 0 to draws: {draws}, {tune}")
    model = modelcontext(model)
    names = None if trace is None else [getattr(v, "name", v) for v in trace]
    variables = model.unobserved_RVs if names is None else [model[name] for name in names]
    run = _chain(model, assigned(model, step), start, draws, tune, random_seed)
    return _traces(model, variables, run, chain, callback)


def _chain(model, steps, start, draws, tune, random_seed):
    (seed,) = chain_seeds(random_seed, 1)
    first, second = seed.spawn(2)
    (point,) = initial_points(model, [first], start)
    densities = [None if isinstance(s, NUTS) else s.density() for s in steps]
    run = CompoundChain(steps, densities, point, second, Stop(), tune, draws - tune, None)
    for k, s in enumerate(steps):
        s.join([run.workers[k]])
    return run


def _traces(model, variables, run, chain, callback):
    expand, kept, draws = expand_variables(model, variables), {}, len(run.positions)
    for i in range(draws):
        run.run(1)
        for name, x in expand(run.positions[None, i : i + 1]).items():
            kept.setdefault(name, np.empty((1, draws, *x.shape[2:]), x.dtype))[:, i] = x[:, 0]
        groups = {"posterior": make_group({name: x[:, : i + 1] for name, x in kept.items()})}
        values = split_values(model, run.positions[None, : i + 1])
        so_far = MultiTrace(groups, {}, make_group(values))
        if callback is not None:
            point = {name: x[0, i] for name, x in values.items()}
            last = i + 1 == draws
            callback(so_far, Draw(chain, last, i, i < run.tune, run.stats[i], point))
        yield so_far
