"""From what a user calls a seed to one independent stream for each chain."""

from numbers import Integral

import numpy as np


def chain_seeds(random_seed, chains):
    """One ``SeedSequence`` per chain.

    Parameters
    ----------
    random_seed : None, int, sequence, SeedSequence, Generator, BitGenerator or RandomState
        A sequence has one integer or SeedSequence for each chain.  A generator is advanced, so
        that a second run gets other seeds.
    chains : int

    Returns
    -------
    list of numpy.random.SeedSequence

    Examples
    --------
    >>> first, second = chain_seeds(1, 2)
    >>> first.spawn_key, second.spawn_key
    ((0,), (1,))
    """
    if isinstance(random_seed, np.random.SeedSequence):
        return random_seed.spawn(chains)
    if isinstance(random_seed, np.random.BitGenerator):
        random_seed = np.random.Generator(random_seed)
    if isinstance(random_seed, np.random.Generator):
        random_seed = random_seed.integers(2**63)
    elif isinstance(random_seed, np.random.RandomState):
        random_seed = random_seed.randint(2**31)
    if random_seed is None or isinstance(random_seed, Integral):
        if random_seed is not None and random_seed < 0:
            raise ValueError(f"random_seed must not be negative: {random_seed}")
        return np.random.SeedSequence(random_seed).spawn(chains)
    if isinstance(random_seed, list) and all(map(_is_sequence, random_seed)):
        seeds = random_seed
    else:
        seeds = np.asarray(random_seed)
        _check_integers(seeds, random_seed)
    if len(seeds) != chains:
        raise ValueError(f"random_seed has {len(seeds)} seeds for {chains} chains")
    return [s if _is_sequence(s) else np.random.SeedSequence(int(s)) for s in seeds]


def _is_sequence(seed):
    return isinstance(seed, np.random.SeedSequence)


def _check_integers(seeds, given):
    if seeds.ndim != 1 or not np.issubdtype(seeds.dtype, np.integer):
        raise TypeError(
            f"random_seed must be an integer, one integer per chain, or a NumPy generator, "
            f"not {given!r}"
        )
