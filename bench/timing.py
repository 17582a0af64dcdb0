"""Fair timing of several functions in one process: interleaved, shuffled batches; medians."""

from __future__ import annotations

import gc
import itertools
import time

import numpy as np


def _batch(fn, arguments) -> float:
    """Seconds for one call of ``fn`` on each of the arguments."""
    start = time.perf_counter()
    for x in arguments:
        fn(x)
    return time.perf_counter() - start


def _calibrate(fn, arguments, seconds):
    """A list of arguments, cycled, that keeps ``fn`` busy for about the given time."""
    n = 1
    while True:
        batch = list(itertools.islice(itertools.cycle(arguments), n))
        elapsed = _batch(fn, batch)
        if elapsed > seconds or n > 10**6:
            return batch
        n = int(n * min(10, max(1.5, 1.2 * seconds / max(elapsed, 1e-9)))) + 1


def interleaved(functions, arguments, rounds=15, batch_seconds=0.015, limit_seconds=40.0):
    """Microseconds per call of each function.

    Parameters
    ----------
    functions : dict of str to callable
        What to compare; each takes one argument.
    arguments : sequence
        Cycled through, so that no call repeats the one before it.
    rounds : int
        Batches per function. In each round the order of the functions is shuffled.
    batch_seconds : float
        Aim for the length of one batch.
    limit_seconds : float
        Stop early (after five rounds at the least) when this much time has passed.

    Returns
    -------
    dict of str to float
        Median over the batches of the mean time per call, in microseconds.
    """
    batches = {name: _calibrate(fn, arguments, batch_seconds) for name, fn in functions.items()}
    samples = {name: [] for name in functions}
    rng, names, start = np.random.default_rng(0), list(functions), time.perf_counter()
    gc.collect()
    gc.disable()
    try:
        for i in range(rounds):
            for name in rng.permutation(names):
                functions[name](arguments[0])  # bring its data back into the caches
                elapsed = _batch(functions[name], batches[name])
                samples[name].append(elapsed / len(batches[name]) * 1e6)
            if i >= 4 and time.perf_counter() - start > limit_seconds:
                break
    finally:
        gc.enable()
    return {name: float(np.median(s)) for name, s in samples.items()}


def native(functions, arguments, python_us, rounds=7):
    """Microseconds per evaluation without Python in the loop.

    ``functions`` maps names to ``native(arguments, repetitions) -> nanoseconds``; ``python_us``,
    the times of the same functions called from Python, sets the number of repetitions.
    """
    samples = {name: [] for name in functions}
    for _ in range(rounds):
        for name, fn in functions.items():
            reps = max(3, int(2e4 / max(python_us[name], 0.02)))
            samples[name].append(fn(arguments, reps) / 1e3)
    return {name: float(np.median(s)) for name, s in samples.items()}
