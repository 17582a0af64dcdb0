"""NUTS with a dense metric: a first half of warm-up finds the covariance, in whose coordinates the
second half and the draws run."""

from dataclasses import replace

import numpy as np

from graphcore._linear import LinearDensity
from graphcore.sample.nuts import sample_flat

LEAST = 20  # transitions of warm-up below which no covariance is estimated


def sample_dense(
    address, user_data, starts, *, draws, tune, random_seed, keep_warmup=False, callback=None,
    **options,
):  # fmt: skip
    """Like :func:`~graphcore.sample.nuts.sample_flat`, for posteriors with strong correlations.

    A quarter of the warm-up adapts a diagonal metric; the covariance of the next quarter, over all
    chains, becomes the metric of the rest.

    Parameters
    ----------
    random_seed : list of SeedSequence
        One per chain.

    Returns
    -------
    FlatDraws
        ``inverse_mass`` is the diagonal in the new coordinates.
    """
    if tune < LEAST:
        return sample_flat(
            address, user_data, starts, draws=draws, tune=tune, random_seed=random_seed,
            keep_warmup=keep_warmup, callback=callback, **options,
        )  # fmt: skip
    first, second = zip(*(seed.spawn(2) for seed in random_seed), strict=True)
    before = tune // 2
    watch = None if callback is None else _watch(callback, np.eye(len(starts[0])), 0, tune, draws)
    warm = sample_flat(
        address, user_data, starts, draws=before - tune // 4, tune=tune // 4,
        random_seed=list(first), keep_warmup=True, callback=watch, **options,
    )  # fmt: skip
    if warm.interrupted:
        raise KeyboardInterrupt("interrupted before the first draw")
    factor = np.linalg.cholesky(covariance(warm.positions))
    density = LinearDensity(address, user_data, factor)
    here = np.linalg.solve(factor, warm.positions[:, -1, :, None])[..., 0]
    watch = None if callback is None else _watch(callback, factor, before, tune, draws)
    late = {**options, "early_max_treedepth": None}
    run = sample_flat(
        density.address, density.user_data, here, draws=draws, tune=tune - before,
        random_seed=list(second), keep_warmup=keep_warmup, callback=watch, **late,
    )  # fmt: skip
    chains = list(run.chains)
    earlier = np.concatenate([warm.warmup_stats, warm.stats], axis=1)[chains]
    positions = None
    if run.warmup_positions is not None:
        positions = np.concatenate(
            [
                warm.warmup_positions[chains],
                warm.positions[chains],
                run.warmup_positions @ factor.T,
            ],
            axis=1,
        )
    return replace(
        run,
        positions=run.positions @ factor.T,
        warmup_positions=positions,
        warmup_stats=np.concatenate([earlier, run.warmup_stats], axis=1),
        seconds=warm.seconds + run.seconds,
    )


def covariance(positions):
    """Covariance of all chains together, shrunk towards its diagonal where draws are few.

    Examples
    --------
    >>> import numpy as np
    >>> covariance(np.random.default_rng(1).normal(size=(4, 1000, 2))).round(1) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    rows = positions.reshape(-1, positions.shape[-1])
    n, dim = rows.shape
    found = np.cov(rows.T).reshape(dim, dim)
    variances = np.diag(found) + 1e-12
    weight = n / (n + 5.0 * dim)
    return weight * found + (1 - weight) * np.diag(variances) + 1e-12 * np.eye(dim)


def _watch(callback, factor, offset, tune, draws):
    """A callback that sees one chain of ``tune + draws`` transitions in the usual coordinates."""
    return lambda index, chain: callback(index, _Seen(chain, factor, offset, tune, draws))


class _Seen:
    def __init__(self, chain, factor, offset, tune, draws):
        self._chain, self._factor, self._offset = chain, factor, offset
        self.tune, self.draws, self.done = tune, draws, chain.done + offset

    @property
    def position(self):
        return self._factor @ self._chain.position

    @property
    def stats(self):
        """Records by the number of the transition; those of this part only."""
        own = self._chain.stats
        return {self.done - 1: own[self._chain.done - 1]}
