"""Differential evolution: steps along differences of points of other chains, or of the past."""

import math
import warnings

import numpy as np

from graphcore.sample.proposals import UniformProposal, with_generator
from graphcore.sample.steps import TUNE_INTERVAL, Step, Worker, tuned_factor


class _Differential(Step):
    """What both methods take."""

    discrete = False

    def __init__(
        self, vars, S, proposal_dist, lamb, scaling, tune, tune_interval, model, options
    ):  # fmt: skip
        super().__init__(vars, model, **options)
        tune = {True: "lambda", False: None}.get(tune, tune)
        if tune not in (None, "lambda", "scaling"):
            raise ValueError(f"tune must be None, 'lambda' or 'scaling', not {tune!r}")
        self.S = 1.0 if S is None else S
        self.proposal_dist = UniformProposal if proposal_dist is None else proposal_dist
        self.lamb, self.scaling, self.tune, self.tune_interval = lamb, scaling, tune, tune_interval


class DEMetropolis(_Differential):
    """Differential evolution: steps along differences of other chains (ter Braak 2006).

    The chains advance in turn, as each looks at where the others are.  At least three are needed,
    more than there are dimensions are better.

    Parameters
    ----------
    vars : list of variables, optional
    S : float or array
        Width of the noise.
    proposal_dist : callable, optional
        ``proposal_dist(S)`` returns a function of ``rng`` that draws the noise; uniform by default.
    lamb : float, optional
        Factor of the difference of two chains; ``2.38 / sqrt(2 * dimension)`` by default.
    scaling : float
        Factor of the noise.
    tune : {None, "lambda", "scaling"}
        What is changed in the warm-up, by the rate of acceptance.
    tune_interval : int

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", shape=3)
    ...     step = pm.DEMetropolis()
    """

    population = True

    def __init__(
        self, vars=None, S=1.0, proposal_dist=None, lamb=None, scaling=0.001, tune=None,
        tune_interval=TUNE_INTERVAL, model=None, **options,
    ):  # fmt: skip
        super().__init__(vars, S, proposal_dist, lamb, scaling, tune, tune_interval, model, options)

    def worker(self, density, point, rng, tune):
        return _OfOthers(self, density, point, rng, tune)

    def join(self, workers):
        if len(workers) < 3:
            raise ValueError(
                f"DEMetropolis needs at least 3 chains, as it looks at two others: got "
                f"{len(workers)}; DEMetropolisZ does with one"
            )
        n = sum(v.type.size for v in self.vars)
        if len(workers) <= n:
            warnings.warn(
                f"DEMetropolis: {len(workers)} chains move in a space of {n} dimensions along "
                f"their differences alone; use at least {n + 1}, or DEMetropolisZ",
                stacklevel=4,
            )
        for w in workers:
            w.others = [other for other in workers if other is not w]


class DEMetropolisZ(_Differential):
    """Differential evolution from the chain's own past (ter Braak and Vrugt 2008).

    Parameters
    ----------
    vars : list of variables, optional
    S, proposal_dist, lamb, scaling, tune, tune_interval
        As those of :class:`DEMetropolis`; ``lamb`` is tuned by default.
    tune_drop_fraction : float
        Share of the past that is forgotten after the warm-up.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", shape=3)
    ...     step = pm.DEMetropolisZ()
    """

    def __init__(
        self, vars=None, S=1.0, proposal_dist=None, lamb=None, scaling=0.001, tune="lambda",
        tune_interval=TUNE_INTERVAL, tune_drop_fraction=0.9, model=None, **options,
    ):  # fmt: skip
        super().__init__(vars, S, proposal_dist, lamb, scaling, tune, tune_interval, model, options)
        self.tune_drop_fraction = tune_drop_fraction

    def worker(self, density, point, rng, tune):
        return _OfThePast(self, density, point, rng, tune)


class _Evolution(Worker):
    """One chain; what the difference is taken of, the kinds say."""

    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune)
        n = len(self.slots)
        self.tuned = step.tune if tune else None
        self.interval = step.tune_interval
        self.lamb = 2.38 / math.sqrt(2 * n) if step.lamb is None else float(step.lamb)
        self.scaling = float(step.scaling)
        width = np.broadcast_to(np.asarray(step.S, float), n)
        self.noise = with_generator(step.proposal_dist(width))
        self.count = self.accepted = 0

    def pair(self, tuning):
        """Two points, the difference of which is the step; None when there are none yet."""
        raise NotImplementedError

    def here(self):
        return np.concatenate(self.flat)

    def __call__(self, tuning):
        pair, here = self.pair(tuning), self.here()
        noise = np.asarray(self.noise(self.rng)) * self.scaling
        move = noise * 100 if pair is None else self.lamb * (pair[0] - pair[1]) + noise
        before = self.logp()
        self._put(here + move)
        change = self.logp() - before
        taken = self.accept(change)
        if not taken:
            self._put(here)
        self.count += 1
        self.accepted += taken
        if tuning and self.tuned and self.count % self.interval == 0:
            factor = tuned_factor(self.accepted / self.interval)
            if self.tuned == "lambda":
                self.lamb *= factor
            else:
                self.scaling *= factor
            self.accepted = 0
        return {
            "accept": math.exp(min(0.0, change)),
            "accepted": taken,
            "lambda": self.lamb,
            "scaling": self.scaling,
        }

    def _put(self, x):
        at = 0
        for a in self.flat:
            a[:] = x[at : at + a.size]
            at += a.size


class _OfOthers(_Evolution):
    def pair(self, tuning):
        a, b = self.rng.choice(len(self.others), 2, replace=False)
        return self.others[a].here(), self.others[b].here()


class _OfThePast(_Evolution):
    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune)
        self.dropped, self.past, self.warm = step.tune_drop_fraction, [], True

    def pair(self, tuning):
        if self.warm and not tuning:
            self.warm = False
            self.past = self.past[int(len(self.past) * self.dropped) :]
        self.past.append(self.here())
        if len(self.past) < 3:
            return None
        a, b = self.rng.choice(len(self.past) - 1, 2, replace=False)
        return self.past[a], self.past[b]
