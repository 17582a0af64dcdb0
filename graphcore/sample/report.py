"""What a user must hear about a run: divergences, short trees, chains that disagree."""

import warnings
from dataclasses import dataclass

import numpy as np

from graphcore.sample import diagnostics
from graphcore.sample.nuts import REASONS

RHAT_LIMIT = 1.01
ESS_LIMIT = 100  # per chain
TREEDEPTH_SHARE = 0.05
BFMI_LIMIT = 0.3


class SamplingWarning(UserWarning):
    """A run finished, but its draws may not represent the posterior."""


@dataclass
class SamplerReport:
    """How a run went: ``trace.report``, with PyMC's names.

    Attributes
    ----------
    messages : list of str
        What the user was warned of.
    n_tune, n_draws : int
        Transitions of the warm-up, and draws kept of each chain.
    t_sampling : float
        Seconds, without the time to build the density.

    Examples
    --------
    >>> SamplerReport([], 1000, 500, 1.5).ok
    True
    """

    messages: list
    n_tune: int
    n_draws: int
    t_sampling: float

    @property
    def ok(self):
        """Whether there was nothing to warn of."""
        return not self.messages

    def raise_ok(self, level="error"):
        """Raise a ValueError with all messages unless there are none; ``level`` is PyMC's."""
        if self.messages:
            raise ValueError("the run had problems: " + " ".join(self.messages))


def problems(stats, draws, n_tuned):
    """Sentences about a run; an empty list when nothing is wrong.

    Parameters
    ----------
    stats : structured ndarray, shape (chain, draw)
    draws : dict of str to array (chain, draw, ...)
    n_tuned : int
        Length of the warm-up.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore._nuts import STAT_DTYPE
    >>> stats = np.zeros((4, 1000), STAT_DTYPE)
    >>> stats["energy"] = np.random.default_rng(0).normal(size=(4, 1000))
    >>> problems(stats, {}, 1000)
    []
    """
    nuts = "diverging" in (stats.dtype.names or ())
    return [
        *(() if not nuts else (*_divergences(stats), *_treedepth(stats), *_energy(stats))),
        *_convergence(draws),
        *([] if n_tuned else ["There was no warm-up: step size and metric were not adapted."]),
    ]


def warn(sentences, stacklevel=3):
    """Issue each sentence as a :class:`SamplingWarning`."""
    for text in sentences:
        warnings.warn(text, SamplingWarning, stacklevel=stacklevel)


def _divergences(stats):
    reasons = stats["divergence_reason"][stats["diverging"] != 0]
    if not reasons.size:
        return
    counts = [(int(np.sum(reasons == code)), text) for code, text in REASONS.items()]
    why = "; ".join(f"{n} time{_s(n)} {text}" for n, text in counts if n)
    yield (
        f"{reasons.size} divergence{_s(reasons.size)} after tuning ({why}). Increase "
        "`target_accept` or reparameterize: parts of the posterior may be missing from the draws."
    )


def _treedepth(stats):
    if "reached_max_treedepth" not in stats.dtype.names:
        return
    share = _each(stats, "reached_max_treedepth").mean(axis=1).max(axis=-1)
    chains = np.flatnonzero(share > TREEDEPTH_SHARE)
    if chains.size:
        yield (
            f"Chain{_s(chains.size)} {', '.join(map(str, chains))} reached the maximum "
            f"tree depth in up to {share.max():.0%} of the draws. Increase `max_treedepth`, "
            "increase `target_accept` or reparameterize."
        )


def _energy(stats):
    if stats.shape[1] < 100:
        return
    energies = _each(stats, "energy")
    lowest = min(diagnostics.bfmi(energies[..., k]).min() for k in range(energies.shape[-1]))
    if lowest < BFMI_LIMIT:
        yield (
            f"The energies are explored slowly (BFMI {lowest:.2f}, below {BFMI_LIMIT}): the "
            "posterior probably has heavy tails or a funnel. Reparameterize."
        )


def _convergence(draws):
    """R-hat and effective sample size of every scalar; the worst is named."""
    rhats, sizes = {}, {}
    for name, x in draws.items():
        x = np.asarray(x)
        if not np.issubdtype(x.dtype, np.floating) or np.all(x == x[:1, :1]):
            continue
        rhat, bulk = diagnostics.convergence(x)
        rhats[name] = np.max(rhat, where=~np.isnan(rhat), initial=0)
        sizes[name] = np.fmin.reduce(bulk, axis=None) / x.shape[0]
    high = {name: r for name, r in rhats.items() if r > RHAT_LIMIT}
    if high:
        name = max(high, key=high.get)
        yield (
            f"The chains disagree: R-hat of {name!r} is {high[name]:.3f}, above {RHAT_LIMIT}. Run "
            "longer chains, or look for several modes or weak identification."
        )
    low = {name: n for name, n in sizes.items() if n < ESS_LIMIT}
    if low:
        name = min(low, key=low.get)
        yield (
            f"The effective sample size of {name!r} is {low[name]:.0f} per chain, below "
            f"{ESS_LIMIT}. Draw more: estimates may be inaccurate."
        )


def _each(stats, name):
    """A statistic with an axis for the step methods that report it, even if it is only one."""
    values = stats[name]
    return values.reshape(*stats.shape, -1)


def _s(n):
    return "s" if n != 1 else ""
