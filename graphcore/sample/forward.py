"""Draws of random variables forward through a graph: each from its distribution, given the others.

Works on whole columns: the parameters of a variable are computed for all draws by one program, and
its numbers are drawn by one call wherever the distribution draws element by element.
"""

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.data import advances, fixed, holds_data, leaves
from graphcore.model.distributions.base import Distribution, RandomVariable
from graphcore.model.distributions.marginalized import Marginalized
from graphcore.ops.random import state_of
from graphcore.runtime.reference import evaluate
from graphcore.sample.expand import Expand
from graphcore.sample.options import refuse
from graphcore.tensor.moving import at_rest


class Forward:
    """Draws of variables that may depend on each other.

    Parameters
    ----------
    n : int
        How many draws.
    rng : numpy.random.Generator
    given : dict of RandomVariable to ndarray
        Variables whose values are known, of shape ``(n, *shape)``.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> mu = pm.Normal.dist(100, 1)
    >>> x = pm.Normal.dist(mu, 1)
    >>> forward = Forward(5, np.random.default_rng(1))
    >>> forward.values([x, mu - x])[0].shape
    (5,)
    """

    def __init__(self, n, rng, given=None):
        self.n, self.rng = n, rng
        self.known = dict(given or {})
        self.states = {}  # of generators that graphs draw from, one for each draw

    @at_rest
    def values(self, variables):
        """One array of shape ``(n, *shape)`` for each variable or expression."""
        self._draw_all(variables)
        expressions = [v for v in variables if v not in self.known]
        made = self._rows({str(i): v for i, v in enumerate(expressions)})
        found = {v: made[str(i)] for i, v in enumerate(expressions)}
        return [self.known[v] if v in self.known else found[v] for v in variables]

    def _draw_all(self, variables):
        """Draw every random variable that is needed, each after those it depends on."""
        stack = [(v, False) for v in reversed(_random_inputs(variables))]
        while stack:
            rv, ready = stack.pop()
            if rv in self.known:
                continue
            if ready:
                self.known[rv] = self._drawn(rv)
                continue
            stack.append((rv, True))
            stack.extend((v, False) for v in reversed(depends_on(rv)) if v not in self.known)

    def _drawn(self, rv):
        """``n`` draws of one variable, whose parents are known."""
        d = rv.distribution
        if isinstance(d, Marginalized):
            return self.known[d.plain]
        try:
            batches = any(advances(v) for v in inputs_of(list(d.arguments.values())))
            if not depends_on(rv) and not batches:
                return d.draw(self.rng, self.n, {})
            if type(d).draw is Distribution.draw and hasattr(type(d), "random"):
                return self._from_parameters(d)
            parents = depends_on(rv)
            rows = [
                d.draw(self.rng, None, {v: self.known[v][i] for v in parents})
                for i in range(self.n)
            ]
        except ValueError as error:
            error.add_note(f"while drawing {rv.name or d.shown}")
            raise
        return np.stack(rows) if rows else np.empty((0, *d.shape), d.dtype)

    def _from_parameters(self, d):
        arguments = self._rows(d.arguments)
        batch, random = d.batch_shape, type(d).random
        elementwise = d.ndim == 0 and all(d.params[name].ndim == 0 for name in arguments)
        if elementwise:
            aligned = {
                name: x.reshape(self.n, *(1,) * (len(batch) + 1 - x.ndim), *x.shape[1:])
                for name, x in arguments.items()
            }
            return np.asarray(random(self.rng, (self.n, *batch), **aligned), dtype=d.dtype)
        out = np.empty((self.n, *d.shape), d.dtype)
        for i in range(self.n):
            out[i] = random(self.rng, batch, **{name: x[i] for name, x in arguments.items()})
        return out

    def _rows(self, graphs):
        """Graphs of known variables, for every draw."""
        if not graphs:
            return {}
        free = inputs_of(list(graphs.values()))
        generators = [v for v in free if advances(v)]
        used = [v for v in free if not holds_data(v) and v not in generators]
        missing = [v.name or repr(v) for v in used if v not in self.known]
        if missing:
            raise ValueError(f"{', '.join(missing)} has no value and no distribution to draw from")
        if generators:
            return self._one_by_one(graphs, used, generators)
        expand = Expand(used, graphs)
        columns = [np.asarray(self.known[v], dtype=float).reshape(self.n, -1) for v in used]
        return expand(np.concatenate([np.empty((self.n, 0)), *columns], axis=1))

    def _one_by_one(self, graphs, used, generators):
        """Graphs that draw random numbers, as rows of a ``Minibatch``, draw by draw."""
        for v in generators:
            if v not in self.states:
                seeds = self.rng.integers(2**63, size=self.n)
                streams = [np.random.Generator(np.random.PCG64(seed)) for seed in seeds]
                self.states[v] = [state_of(stream) for stream in streams]
        rows = []
        for i in range(self.n):
            values = {v: np.asarray(self.known[v][i], dtype=v.dtype) for v in used}
            values |= {v: self.states[v][i] for v in generators}
            rows.append(evaluate(fixed(list(graphs.values())), values))
        columns = zip(*rows, strict=True)
        return {name: np.stack(x) for name, x in zip(graphs, columns, strict=True)}


def depends_on(rv):
    """The random variables that the distribution of one depends on, directly."""
    d = rv.distribution
    if isinstance(d, Marginalized):
        return [d.plain]  # which depends on the count that was summed out, and on the rest
    graphs = list(d.arguments.values())
    if type(d).draw is not Distribution.draw and rv.recipe is not None:  # made of other ones
        graphs += leaves([*rv.recipe.args, *rv.recipe.kwargs.values()])
    return _random_inputs(graphs)


def data_of_variable(rv):
    """The data variables that the distribution of a random variable depends on, directly."""
    graphs = leaves([*rv.recipe.args, *rv.recipe.kwargs.values()])
    return [v for v in inputs_of(graphs) if holds_data(v)]


def _random_inputs(variables):
    graphs = [v for v in variables if isinstance(v, Variable)]
    return [v for v in inputs_of(graphs) if isinstance(v, RandomVariable)]


def draw(vars, draws=1, random_seed=None, givens=None, **options):
    """Draws of variables or expressions, model or not.

    Parameters
    ----------
    vars : Variable or list of Variable
    draws : int
    random_seed : int or Generator, optional
    givens : dict of RandomVariable to array, optional
        Values of variables that are not drawn, the same for every draw.

    Returns
    -------
    ndarray or list of ndarray
        With a leading axis when there are several draws.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> x = pm.Uniform.dist(0, 1, shape=3)
    >>> pm.draw(x, draws=4, random_seed=1).shape, pm.draw(2 * x, random_seed=1).shape
    ((4, 3), (3,))
    >>> pm.draw(2 * x, givens={x: [1.0, 2.0, 3.0]})
    array([2., 4., 6.])
    """
    refuse(options, "draw()")
    several = isinstance(vars, list | tuple)
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    given = {}
    for v, value in givens.items() if hasattr(givens, "items") else givens or ():
        array = np.asarray(value)
        if array.shape != v.type.shape:
            raise ValueError(f"{v.name or v!r} has shape {v.type.shape}, its value {array.shape}")
        given[v] = np.broadcast_to(array, (draws, *array.shape))
    forward = Forward(draws, np.random.default_rng(random_seed), given)
    found = forward.values(list(vars) if several else [vars])
    if draws == 1:
        found = [x[0] for x in found]
    return found if several else found[0]
