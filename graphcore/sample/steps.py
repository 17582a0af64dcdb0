"""Step methods besides NUTS: one update of some variables of a chain, the others being fixed.

A step method is made in a model (``pm.Metropolis([k])``) and passed to ``sample(step=...)``; it
holds what it was told.  Each chain gets a worker from :meth:`Step.worker`, which holds what it
learns.  The density is compiled once for all chains, and of the terms alone that the variables
enter.
"""

import inspect
import math

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model import modelcontext
from graphcore.model.data import fixed
from graphcore.model.minibatch import refuse_batches
from graphcore.runtime.function import function
from graphcore.sample.proposals import MultivariateNormalProposal, with_generator

TUNE_INTERVAL = 100  # updates between two adaptations of a proposal
IGNORED = {  # how PyMC runs
    "blocked", "compile_kwargs", "dtype", "initial_point", "mode", "rng",
}  # fmt: skip


class Step:
    """Base of the step methods.

    Parameters
    ----------
    vars : list of variables, optional
        Random variables, value variables or names; all that the method can take by default.
    model : Model, optional
    **options
        Arguments of PyMC's that mean nothing here: those of ``IGNORED``.

    Raises
    ------
    TypeError
        For an option that the method does not have, or a variable of a kind it cannot take.
    ValueError
        For a variable that is not free in the model.
    """

    discrete = True  # whether it takes discrete variables
    continuous = True

    def __init__(self, vars=None, model=None, **options):
        self._refuse(set(options) - IGNORED)
        self.model = modelcontext(model)
        if vars is None:
            vars = [v for v in self.model.value_vars if self.takes(v)]
        vars = [vars] if isinstance(vars, Variable | str) else list(vars)
        vars = [self.model[v] if isinstance(v, str) else v for v in vars]
        self.vars = [self.model.rvs_to_values.get(v, v) for v in vars]
        for v in self.vars:
            if v not in self.model.value_vars:
                raise ValueError(f"{v.name or v} is not a free variable of the model")
            if not self.takes(v):
                kind = "discrete" if v.dtype != "float64" else "continuous"
                raise TypeError(f"{type(self).__name__} cannot sample {v.name}: it is {kind}")
        if not self.vars:
            raise ValueError(f"{type(self).__name__}: there is no variable for it to sample")

    def _refuse(self, unknown):
        """Refuse options that the method does not have, so that a misspelt one is not lost."""
        if unknown:
            known = [
                p.name
                for p in inspect.signature(type(self)).parameters.values()
                if p.kind is not inspect.Parameter.VAR_KEYWORD
            ]
            raise TypeError(
                f"{type(self).__name__} has no option {sorted(unknown)[0]!r}; "
                f"its options are {', '.join(known)}"
            )

    def takes(self, value):
        """Whether the method can sample a value variable."""
        return self.discrete if value.dtype != "float64" else self.continuous

    def density(self):
        """``f(*arrays of all value variables)``: the terms that the variables enter."""
        model = self.model
        terms = model.basic_RVs + model.potentials
        mine = set(self.vars)
        touched = [t for t in terms if mine & set(inputs_of([model.logp(t)]))]
        (graph,) = fixed([model.logp(touched)])
        refuse_batches([graph], type(self).__name__)
        return function(model.value_vars, graph, on_unused_input="ignore", trust_input=True)

    population = False  # whether its chains look at each other and so advance in turn

    def worker(self, density, point, rng, tune):
        """What updates ``point``, a dict of arrays that are changed in place, at every call."""
        raise NotImplementedError(type(self).__name__)

    def join(self, workers):
        """Tell the workers of all chains of each other."""


class Worker:
    """Updates some arrays of a point under a density."""

    def __init__(self, step, density, point, rng, tune):
        self.rng, self.tune = rng, tune
        self.arrays = [point[v.name] for v in step.model.value_vars]
        self.mine = [point[v.name] for v in step.vars]
        self.density = density
        self.flat = [a.reshape(-1) for a in self.mine]  # views
        self.slots = [(a, i) for a in self.flat for i in range(a.size)]

    def logp(self):
        """The density at the point now."""
        value = float(self.density(*self.arrays))
        return value if value == value else -math.inf

    def __call__(self, tuning):
        """One update; returns the statistics of it."""
        raise NotImplementedError

    def accept(self, change):
        return change >= 0 or self.rng.random() < math.exp(change)


class Metropolis(Step):
    """Random-walk Metropolis: each element in turn, with a step width that is tuned.

    Steps of discrete variables are rounded to whole numbers.

    Parameters
    ----------
    vars : list of variables, optional
    S : float or array, optional
        Width of the steps; or a covariance matrix, with which all elements are moved at once.
    proposal_dist : callable, optional
        ``proposal_dist(S)`` returns a function of ``rng`` that draws a step; normal by default.
        :class:`Proposal` and its kin are such.
    scaling : float or array
        First factor of the width, for all elements or for each.
    tune : bool
    tune_interval : int

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     k = pm.Poisson("k", 3)
    ...     step = pm.Metropolis([k])
    """

    def __init__(
        self, vars=None, S=1.0, proposal_dist=None, scaling=1.0, tune=True,
        tune_interval=TUNE_INTERVAL, model=None, **options,
    ):  # fmt: skip
        super().__init__(vars, model, **options)
        if np.shape(S) == (1, 1):  # a covariance for every element alone
            S = float(np.sqrt(np.ravel(S)[0]))
        self.S, self.proposal_dist = 1.0 if S is None else S, proposal_dist
        self.scaling, self.tune, self.tune_interval = scaling, tune, tune_interval

        if np.ndim(self.S) == 2:
            n = sum(v.type.size for v in self.vars)
            if np.shape(self.S) != (n, n):
                raise ValueError(
                    f"Metropolis: S has shape {np.shape(self.S)}, but the variables have {n} "
                    f"elements: a covariance matrix is {(n, n)}"
                )
            self.proposal_dist = proposal_dist or MultivariateNormalProposal

    def worker(self, density, point, rng, tune):
        cls = _Jointly if np.ndim(self.S) == 2 else _Metropolis
        return cls(self, density, point, rng, tune)


class _Jointly(Worker):
    """Random-walk steps of all elements together."""

    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune and step.tune)
        self.scaling, self.interval = float(np.mean(step.scaling)), step.tune_interval
        self.propose = with_generator(step.proposal_dist(step.S))
        self.count = self.accepted = 0

    def __call__(self, tuning):
        before, old = self.logp(), [a.copy() for a in self.flat]
        moves, at = self.scaling * np.ravel(self.propose(self.rng)), 0
        for a in self.flat:
            move = moves[at : at + a.size]
            a += np.rint(move).astype(a.dtype) if a.dtype.kind == "i" else move
            at += a.size
        change = self.logp() - before
        accepted = self.accept(change)
        for a, kept in zip(self.flat, old, strict=True):
            a[:] = a if accepted else kept
        self.count += 1
        self.accepted += accepted
        if tuning and self.tune and self.count % self.interval == 0:
            self.scaling *= tuned_factor(self.accepted / self.interval)
            self.accepted = 0
        return {
            "accept": math.exp(min(change, 0.0)),
            "accepted": float(accepted),
            "scaling": self.scaling,
        }


class _Metropolis(Worker):
    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune and step.tune)
        self.width = np.broadcast_to(np.ravel(step.S), len(self.slots)).astype(float).tolist()
        self.scaling = (
            np.broadcast_to(np.ravel(step.scaling), len(self.slots)).astype(float).tolist()
        )
        self.accepted = [0] * len(self.slots)
        self.count, self.interval = 0, step.tune_interval
        self.propose = step.proposal_dist and with_generator(step.proposal_dist(1.0))

    def __call__(self, tuning):
        before, rates, accepted = self.logp(), 0.0, 0
        for k, (array, i) in enumerate(self.slots):
            old, width = array[i], self.width[k] * self.scaling[k]
            step = width * (self.rng.standard_normal() if self.propose is None
                            else float(np.ravel(self.propose(self.rng))[0]))  # fmt: skip
            array[i] = old + (round(step) if array.dtype.kind == "i" else step)
            after = self.logp()
            change = after - before
            rates += min(1.0, math.exp(min(change, 0.0)))
            if self.accept(change):
                before = after
                self.accepted[k] += 1
                accepted += 1
            else:
                array[i] = old
        self.count += 1
        if tuning and self.tune and self.count % self.interval == 0:
            for k, n in enumerate(self.accepted):
                self.scaling[k] *= tuned_factor(n / self.interval)
            self.accepted = [0] * len(self.slots)
        n = len(self.slots)
        return {
            "accept": rates / n,
            "accepted": accepted / n,
            "scaling": float(np.mean(self.scaling)),
        }


def tuned_factor(rate):
    """By how much to change a step width that was accepted at a rate (PyMC's table).

    Examples
    --------
    >>> tuned_factor(0.3), tuned_factor(0.0), tuned_factor(0.99)
    (1.0, 0.1, 10.0)
    """
    for limit, factor in ((0.001, 0.1), (0.05, 0.5), (0.2, 0.9)):
        if rate < limit:
            return factor
    for limit, factor in ((0.95, 10.0), (0.75, 2.0), (0.5, 1.1)):
        if rate > limit:
            return factor
    return 1.0


class _Binary(Step):
    continuous = False

    def takes(self, value):
        return value.dtype != "float64" and is_binary(self.model.values_to_rvs[value])

    def worker(self, density, point, rng, tune):
        return _Flips(self, density, point, rng, tune)

    def described(self, rates):
        """The statistics of an update: Gibbs steps have none."""
        return {}


class BinaryMetropolis(_Binary):
    """Flips of zeros and ones, one after the other: there is nothing to tune."""

    def __init__(
        self, vars=None, scaling=1.0, tune=True, tune_interval=TUNE_INTERVAL, model=None, **options
    ):
        super().__init__(vars, model, **options)
        self.transit_p = 1.0

    def described(self, rates):
        return {"accept": float(np.mean(rates)), "p_jump": self.transit_p}


class BinaryGibbsMetropolis(_Binary):
    """Flips of zeros and ones in random order, each proposed with a probability.

    Parameters
    ----------
    vars : list of variables, optional
    order : "random" or list of int
    transit_p : float
        Probability with which a flip is proposed.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     z = pm.Bernoulli("z", 0.3, shape=4)
    ...     step = pm.BinaryGibbsMetropolis([z])
    """

    def __init__(self, vars=None, order="random", transit_p=0.8, model=None, **options):
        super().__init__(vars, model, **options)
        self.order, self.transit_p = order, transit_p


class _Flips(Worker):
    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune)
        self.step, self.transit_p = step, step.transit_p
        order = getattr(step, "order", None)
        self.order = None if order in (None, "random") else [self.slots[i] for i in order]

    def __call__(self, tuning):
        before, rates = self.logp(), []
        slots = self.order
        if slots is None:
            slots = [self.slots[i] for i in self.rng.permutation(len(self.slots))]
        for array, i in slots:
            if self.transit_p < 1 and self.rng.random() >= self.transit_p:
                continue
            array[i] = 1 - array[i]
            after = self.logp()
            rates.append(math.exp(min(0.0, after - before)))
            if self.accept(after - before):
                before = after
            else:
                array[i] = 1 - array[i]
        return self.step.described(rates)


class CategoricalGibbsMetropolis(Step):
    """Moves of categorical variables to another category, in random order.

    Parameters
    ----------
    vars : list of variables, optional
    proposal : {"uniform", "proportional"}
        Whether the other category is drawn uniformly, or with the probabilities that the density
        gives them, which costs one density for each.
    order : "random" or list of int

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     z = pm.Categorical("z", [0.2, 0.3, 0.5])
    ...     step = pm.CategoricalGibbsMetropolis([z])
    """

    continuous = False

    def __init__(self, vars=None, proposal="uniform", order="random", model=None, **options):
        if proposal not in ("uniform", "proportional"):
            raise ValueError(f"proposal must be 'uniform' or 'proportional', not {proposal!r}")
        super().__init__(vars, model, **options)
        self.proposal, self.order = proposal, order

    def takes(self, value):
        rv = self.model.values_to_rvs[value]
        return value.dtype != "float64" and n_categories(rv) is not None

    def worker(self, density, point, rng, tune):
        return _Categories(self, density, point, rng, tune)


class _Categories(Worker):
    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune)
        counts = [n_categories(step.model.values_to_rvs[v]) for v in step.vars]
        self.moves = [
            (a, i, k) for a, k in zip(self.flat, counts, strict=True) for i in range(a.size)
        ]
        self.order = None if step.order == "random" else list(step.order)
        self.move = self._uniform if step.proposal == "uniform" else self._proportional

    def __call__(self, tuning):
        self.before = self.logp()
        order = self.order or self.rng.permutation(len(self.moves))
        for i in order:
            self.move(*self.moves[i])
        return {}

    def _uniform(self, array, i, k):
        old = int(array[i])
        if k < 2:
            return
        new = int(self.rng.integers(k - 1))
        array[i] = new + (new >= old)
        after = self.logp()
        if self.accept(after - self.before):
            self.before = after
        else:
            array[i] = old

    def _proportional(self, array, i, k):
        """Liu's metropolised Gibbs move."""
        old, logps = int(array[i]), np.empty(k)
        for c in range(k):
            array[i] = c
            logps[c] = self.before if c == old else self.logp()
        p = np.exp(logps - logps.max())
        p /= p.sum()
        others = p.copy()
        others[old] = 0
        array[i] = old
        if not others.sum() > 0:
            return
        new = int(self.rng.choice(k, p=others / others.sum()))
        rate = min(1.0, (1 - p[old]) / max(1 - p[new], 1e-300))
        if self.rng.random() < rate:
            array[i] = new
            self.before = logps[new]


class Slice(Step):
    """Slice sampling of each element with stepping out (Neal 2003).

    Parameters
    ----------
    vars : list of variables, optional
    w : float
        First width of the steps.
    tune : bool
        Whether the width is tuned.
    iter_limit : int
        Most steps of one search.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     step = pm.Slice([x])
    """

    discrete = False

    def __init__(self, vars=None, w=1.0, tune=True, model=None, iter_limit=math.inf, **options):
        super().__init__(vars, model, **options)
        self.w, self.tune, self.iter_limit = w, tune, iter_limit

    def worker(self, density, point, rng, tune):
        return _Slice(self, density, point, rng, tune)


class _Slice(Worker):
    def __init__(self, step, density, point, rng, tune):
        super().__init__(step, density, point, rng, tune and step.tune)
        self.width = [float(step.w)] * len(self.slots)
        self.limit, self.count = step.iter_limit, 0

    def __call__(self, tuning):
        outwards = inwards = 0
        for k, (array, i) in enumerate(self.slots):
            old, w = float(array[i]), self.width[k]
            height = self.logp() - self.rng.standard_exponential()

            def inside(x, array=array, i=i, height=height):
                array[i] = x
                return self.logp() > height

            left = old - w * self.rng.random()
            right = left + w
            n = 0
            while inside(left) and n < self.limit:
                left -= w
                n += 1
            while inside(right) and n < self.limit:
                right += w
                n += 1
            outwards += n
            new, n = left + (right - left) * self.rng.random(), 0
            while not inside(new):
                left, right = (new, right) if new < old else (left, new)
                new = left + (right - left) * self.rng.random()
                n += 1
                if n > self.limit or right - left < 1e-300:
                    array[i] = new = old
                    break
            inwards += n
            if tuning and self.tune:
                self.width[k] = w * (self.count / (self.count + 1)) + (right - left) / (
                    self.count + 1
                )
        self.count += 1
        return {"nstep_out": outwards, "nstep_in": inwards}


def is_binary(rv):
    """Whether a random variable is zero or one."""
    return rv.distribution.support_of().text == "0 or 1" or n_categories(rv) == 2


def n_categories(rv):
    """How many categories a categorical variable has; None for any other."""
    d = rv.distribution
    for name in ("p", "logit_p"):
        p = d.arguments.get(name)
        if d.shown == "Categorical" and p is not None:
            return p.type.shape[-1]
    if d.shown == "Bernoulli":
        return 2
    return None
