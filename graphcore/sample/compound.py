"""Chains made of several step methods: NUTS for some variables, other updates for the rest."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from graphcore import config
from graphcore._linear import LinearDensity
from graphcore._nuts import Chain, Status, Stop
from graphcore.errors import SamplingError
from graphcore.sample.hamiltonian import NUTS
from graphcore.sample.nuts import FAILURES, longest
from graphcore.sample.progress import make_bar
from graphcore.sample.start import METHODS, start_point
from graphcore.sample.statistics import as_records


@dataclass
class CompoundDraws:
    """What :func:`sample_compound` returns: the fields that :class:`FlatDraws` has, for all
    value variables of the model in declaration order."""

    positions: np.ndarray
    stats: np.ndarray
    warmup_positions: np.ndarray | None
    warmup_stats: np.ndarray
    chains: tuple
    interrupted: bool
    seconds: float


class CompoundChain:
    """One chain; ``run`` may be called again after it returned."""

    def __init__(self, steps, densities, point, seed, stop, tune, draws, init):
        rng = np.random.default_rng(seed)
        self.tune, self.draws, self.done, self.stop = tune, draws, 0, stop
        self.divergences, self.step_size = 0, float("nan")
        model = steps[0].model
        self.values = model.value_vars
        self.point = {v.name: np.array(point[v.name], dtype=v.dtype) for v in self.values}
        self.nuts = []
        self.workers = []
        for step, density in zip(steps, densities, strict=True):
            if isinstance(step, NUTS):
                worker = _Trajectories(step, self.point, rng, stop, tune, draws, init)
                self.nuts.append(worker)
            else:
                worker = step.worker(density, self.point, rng, tune > 0)
            self.workers.append(worker)
        sizes = [v.type.size for v in self.values]
        self.positions = np.empty((tune + draws, sum(sizes)))
        self.stats = []

    def run(self, limit=-1):
        """Run to the end, or for at most ``limit`` transitions; whether it is at the end."""
        last = self.tune + self.draws
        if limit >= 0:
            last = min(last, self.done + limit)
        while self.done < last and not self.stop.is_set():
            tuning = self.done < self.tune
            said = [worker(tuning) for worker in self.workers]
            if None in said:  # stopped in the middle of a trajectory
                break
            self.positions[self.done] = np.concatenate(
                [self.point[v.name].reshape(-1) for v in self.values]
            )
            self.stats.append(said)
            self.done += 1
            for worker in self.nuts:
                self.step_size = worker.chain.step_size
                self.divergences = worker.chain.divergences
        return self.done == self.tune + self.draws

    @property
    def position(self):
        return self.positions[self.done - 1]


class _Trajectories:
    """NUTS as one of several steps: its density sees the arrays that the others change."""

    def __init__(self, step, point, rng, stop, tune, draws, init):
        self.step = step
        self.density = step.model.logp_dlogp_function(step.vars, fixed_data=True)
        self.density.set_extra_values(point)
        start = start_point(step.model, self.density, point, rng, METHODS[init])
        self.point, self.names = point, [v.name for v in step.vars]
        self.taken, first = self.density, start
        if step.factor is not None:  # coordinates in which the metric is the identity
            self.taken = LinearDensity(self.density.address, self.density.user_data, step.factor)
            first = np.linalg.solve(step.factor, start)
        bits = np.random.PCG64(rng.integers(2**63))
        self.chain = Chain(
            self.taken.address, self.taken.user_data, first, step.variances, bits, stop, tune=tune,
            draws=draws, target_accept=step.target_accept, max_treedepth=step.max_treedepth,
            path_length=step.path_length, max_steps=step.max_steps, step_size=step.step_size,
            adapt_step_size=step.adapt_step_size, adapt_metric=step.adapt_metric,
            **step.constants,
        )  # fmt: skip
        self._put(start)

    def __call__(self, tuning):
        self.density.set_extra_values(self.point)
        self.chain.renew()
        if self.step.step_rand is not None:
            self.chain.run(0)  # finds the first step size
            size = self.chain.step_size
            self.chain.stretch = self.step.step_rand(size) / size
        self.chain.run(1)
        if self.chain.status in FAILURES:
            text = FAILURES[self.chain.status].format(code=self.chain.code)
            raise SamplingError(f"{text} (transition {self.chain.done})", 0, self.chain.position)
        if self.chain.status == Status.STOPPED:
            return None
        x = self.chain.position
        self._put(x if self.step.factor is None else self.step.factor @ x)
        record = self.chain.stats[self.chain.done - 1]
        return self.step.described({name: record[name] for name in record.dtype.names})

    def _put(self, x):
        at = 0
        for name in self.names:
            array = self.point[name]
            array.reshape(-1)[:] = x[at : at + array.size]
            at += array.size


def sample_compound(
    steps, points, seeds, *, draws, tune, cores, init, keep_warmup, progressbar, callback=None
):
    """Draw with a list of step methods from one start point per chain.

    Parameters
    ----------
    steps : list of Step
        One for each free variable at most; see :func:`~graphcore.sample.assignment.assigned`.
    points : list of dict
        Start values by value name.
    seeds : list of SeedSequence

    Returns
    -------
    CompoundDraws
    """
    stop = Stop()
    densities = [None if isinstance(s, NUTS) else s.density() for s in steps]
    begin = time.perf_counter()
    chains = [
        CompoundChain(steps, densities, point, seed, stop, tune, draws, init)
        for point, seed in zip(points, seeds, strict=True)
    ]
    for k, step in enumerate(steps):
        step.join([chain.workers[k] for chain in chains])
    cores = min(len(chains), cores or config.threads())
    if any(step.population for step in steps):
        interrupted = _run_in_turn(chains, progressbar, callback)
    else:
        interrupted = _run_all(chains, cores, stop, progressbar, callback)
    kept, n = longest([max(0, c.done - tune) for c in chains])
    if interrupted and n == 0:
        raise KeyboardInterrupt("interrupted before the first draw")
    chosen = [chains[k] for k in kept]
    positions = np.stack([c.positions[: tune + n] for c in chosen])
    stats = np.stack([as_records(c.stats[: tune + n]) for c in chosen])
    return CompoundDraws(
        positions=positions[:, tune:],
        stats=stats[:, tune:],
        warmup_positions=positions[:, :tune] if keep_warmup and tune else None,
        warmup_stats=stats[:, :tune],
        chains=tuple(kept),
        interrupted=interrupted,
        seconds=time.perf_counter() - begin,
    )


def _run_all(chains, cores, stop, progressbar, callback):
    bar = make_bar(progressbar, sum(c.tune + c.draws for c in chains))
    pool = ThreadPoolExecutor(cores, thread_name_prefix="graphcore-chain")
    try:
        pending = [pool.submit(_run_one, k, c, stop, callback) for k, c in enumerate(chains)]
        for future in pending:
            while not future.done():
                bar.show(chains)
                time.sleep(0.02)
            future.result()
    except KeyboardInterrupt:
        return True
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        bar.show(chains)
        bar.close()
    return False


def _run_in_turn(chains, progressbar, callback):
    """One transition of each chain after the other; whether Ctrl-C ended it."""
    bar = make_bar(progressbar, sum(c.tune + c.draws for c in chains))
    try:
        finished = False
        while not finished:
            ends = [chain.run(1) for chain in chains]
            finished = all(ends)
            for k, chain in enumerate(chains if callback else ()):
                callback(k, chain)
            bar.show(chains)
    except KeyboardInterrupt:
        return True
    finally:
        bar.close()
    return False


def _run_one(index, chain, stop, callback):
    try:
        if callback is None:
            chain.run()
            return
        while not chain.run(1) and not stop.is_set():
            callback(index, chain)
        if not stop.is_set():
            callback(index, chain)
    except BaseException:
        stop.set()
        raise
