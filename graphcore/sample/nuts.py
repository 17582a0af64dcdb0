"""Chains as threads: NUTS over a log density given by its C entry point.

Works on plain vectors; :mod:`graphcore.sample.mcmc` puts a model around it.
"""

import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from graphcore import config
from graphcore._nuts import Chain, Divergence, Status, Stop
from graphcore.errors import SamplingError
from graphcore.sample.progress import make_bar
from graphcore.sample.seeds import chain_seeds

POLL = 0.1  # seconds between two looks at the chains, for the bar and for Ctrl-C

FAILURES = {
    Status.FATAL: "the log density returned the fatal code {code}",
    Status.NO_STEP_SIZE: (
        "no step, however small, keeps the energy: the gradient does not belong to the density, "
        "or the density is not continuous"
    ),
    Status.IMPROPER: (
        "steps of any length are accepted: the density does not fall off, so it is probably "
        "improper; a parameter may lack a proper prior"
    ),
    Status.BAD_START: "the log density or its gradient is not finite at the start point",
}

REASONS = {
    Divergence.ENERGY: "the energy error became too large",
    Divergence.NOT_FINITE: "the density or its gradient was not finite",
    Divergence.RECOVERABLE: "the density returned an error code",
}


@dataclass
class FlatDraws:
    """What :func:`sample_flat` returns.

    Attributes
    ----------
    positions : ndarray, shape (chain, draw, dim)
    stats : structured ndarray, shape (chain, draw)
        Fields of ``STAT_DTYPE``: lp, acceptance_rate, step_size, step_size_bar (what warm-up would
        end with), energy, energy_error, max_energy_error (the largest in absolute value),
        perf_counter_start (seconds of a monotonic clock), perf_counter_diff, process_time_diff (of
        the chain's thread; short transitions share it), tree_depth, n_steps, index_in_trajectory
        (steps from the begin to the new point, negative backwards), diverging, divergence_reason
        (a key of ``REASONS``; 0 for none), reached_max_treedepth.
    warmup_positions : ndarray or None
        Of the warm-up, when it was to be kept.
    warmup_stats : structured ndarray
    inverse_mass : ndarray, shape (chain, dim)
        Diagonal of the adapted metric.
    chains : tuple of int
        Which chains these are; all of them unless the run was interrupted.
    interrupted : bool
    seconds : float
    """

    positions: np.ndarray
    stats: np.ndarray
    warmup_positions: np.ndarray | None
    warmup_stats: np.ndarray
    inverse_mass: np.ndarray
    chains: tuple
    interrupted: bool
    seconds: float


def sample_flat(
    address,
    user_data,
    starts,
    *,
    draws=1000,
    tune=1000,
    cores=None,
    random_seed=None,
    target_accept=0.8,
    max_treedepth=10,
    inverse_mass=None,
    keep_warmup=False,
    progressbar=False,
    callback=None,
    **constants,
):
    """Draw from a density with one NUTS chain for each start point.

    Parameters
    ----------
    address, user_data : int
        C function ``int logp_grad(size_t dim, const double *x, double *grad, double *logp, const
        void *user_data)`` and its last argument.  It returns 0, or a positive code where the
        density cannot be computed, which counts as a divergence, or a negative code to stop.
    starts : array of shape (chain, dim)
    draws, tune : int
        Transitions to keep, and to adapt step size and metric before that.
    cores : int, optional
        Chains that run at the same time; the draws do not depend on it.
    random_seed
        See :func:`graphcore.sample.seeds.chain_seeds`.
    target_accept, max_treedepth
        As in Stan and PyMC.
    inverse_mass : array of shape (dim,) or (chain, dim), optional
        First guess at the variances of the coordinates; ones when left out.
    keep_warmup, progressbar : bool
    callback : callable, optional
        ``callback(index, chain)`` after every transition; raise KeyboardInterrupt to stop early.
    **constants
        ``max_energy_error``, ``gamma``, ``kappa``, ``t0`` and ``early_max_treedepth`` of
        :class:`graphcore._nuts.Chain`.

    Returns
    -------
    FlatDraws
        After Ctrl-C, of the draws that were made until then.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore._testdensity import Density
    >>> density = Density("normal", 2)
    >>> run = sample_flat(density.address, density.user_data, np.zeros((4, 2)), random_seed=1)
    >>> run.positions.shape
    (4, 1000, 2)
    """
    starts = np.ascontiguousarray(starts, dtype=float)
    n_chains = len(starts)
    variances = np.broadcast_to(1.0 if inverse_mass is None else inverse_mass, starts.shape)
    variances = np.ascontiguousarray(variances, dtype=float)
    if not np.all((variances > 0) & np.isfinite(variances)):
        raise ValueError("inverse_mass must be positive and finite")
    stop = Stop()
    chains = [
        Chain(
            address,
            user_data,
            start,
            variance,
            np.random.PCG64(seed),
            stop,
            tune=tune,
            draws=draws,
            target_accept=target_accept,
            max_treedepth=max_treedepth,
            keep_warmup=keep_warmup,
            **constants,
        )
        for start, variance, seed in zip(
            starts, variances, chain_seeds(random_seed, n_chains), strict=True
        )
    ]
    begin = time.perf_counter()
    cores = min(n_chains, cores or config.threads())
    interrupted = _run_all(chains, cores, stop, progressbar, callback)
    for k, chain in enumerate(chains):
        _check(k, chain)
    return _collect(chains, interrupted, time.perf_counter() - begin)


def _run_all(chains, cores, stop, progressbar, callback):
    """Run the chains in threads while this one shows progress; whether Ctrl-C ended it."""
    pool = ThreadPoolExecutor(cores, thread_name_prefix="graphcore-chain")
    bar = make_bar(False, 0)
    try:
        pending = {pool.submit(_run_one, k, c, stop, callback) for k, c in enumerate(chains)}
        bar = make_bar(progressbar, sum(c.tune + c.draws for c in chains))
        while pending:
            finished, pending = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            bar.show(chains)
    except KeyboardInterrupt:
        return True
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        bar.show(chains)
        bar.close()
    return False


def _run_one(index, chain, stop, callback):
    if callback is None:
        chain.run()
    while chain.status == Status.RUNNING:
        before = chain.done
        chain.run(1)
        if chain.done > before:
            try:
                callback(index, chain)
            except BaseException:
                stop.set()  # before another chain takes this thread
                raise
    if chain.status in FAILURES:
        stop.set()


def _check(index, chain):
    """Raise if the chain stopped for a reason of its own."""
    if chain.status not in FAILURES:
        return
    phase = "warm-up" if chain.done < chain.tune else "sampling"
    where = f"chain {index}, {phase}, transition {chain.done}"
    text = FAILURES[chain.status].format(code=chain.code)
    raise SamplingError(f"{text} ({where})", index, chain.position)


def _collect(chains, interrupted, seconds):
    tune = chains[0].tune
    kept, n = longest([max(0, c.done - tune) for c in chains])
    if interrupted and n == 0:
        raise KeyboardInterrupt("interrupted before the first draw")
    chosen = [chains[k] for k in kept]
    first = chosen[0].positions.shape[0] - chosen[0].draws
    stats = np.stack([c.stats[: tune + n] for c in chosen])
    return FlatDraws(
        positions=np.stack([c.positions[first : first + n] for c in chosen]),
        stats=stats[:, tune:],
        warmup_positions=np.stack([c.positions[:first] for c in chosen]) if first else None,
        warmup_stats=stats[:, :tune],
        inverse_mass=np.stack([c.inverse_mass for c in chosen]),
        chains=tuple(kept),
        interrupted=interrupted,
        seconds=seconds,
    )


def longest(lengths):
    """Which chains to keep so that, cut to the shortest of them, most draws are left.

    Examples
    --------
    >>> longest([500, 500, 480, 3])
    ([0, 1, 2], 480)
    """
    order = sorted(range(len(lengths)), key=lambda k: -lengths[k])
    count = max(range(1, len(order) + 1), key=lambda m: (m * lengths[order[m - 1]], m))
    return sorted(order[:count]), lengths[order[count - 1]]
