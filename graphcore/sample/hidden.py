"""Counts that were summed out of a model, drawn where something that depends on them is known."""

import numpy as np

from graphcore.model.distributions.marginalized import Marginalized, joint_cases, possible_values


def summed_out(model):
    """What was summed out of a model, the last one first.

    Returns
    -------
    dict of str to tuple
        By the name of the count: the variable, which is in no model now, and pairs of a
        distribution that depends on it and the variable of the model that has it.
    """
    found = {}
    stack = [(rv.distribution, rv) for rv in reversed(model.basic_RVs)]
    while stack:
        distribution, rv = stack.pop()
        if not isinstance(distribution, Marginalized) or distribution.silent:
            continue  # the last variable that depends on a hidden one has the density of all
        pairs = [(distribution.inner, rv), *((x.distribution, v) for v, x in distribution.others)]
        found[distribution.hidden.name] = distribution.hidden, pairs
        stack.extend(reversed(pairs))
    return found


def draw_hidden(model, forward, draws):
    """Take counts from draws that have them, or draw those that known variables depend on.

    What else depends on such a count is then drawn with the same value of it.

    Parameters
    ----------
    model : Model
    forward : Forward
    draws : dict of str to array
        With one axis of draws.
    """
    for name, (hidden, pairs) in summed_out(model).items():
        kept = [(distribution, rv) for distribution, rv in pairs if rv in forward.known]
        if name in draws and draws[name].shape[1:] == hidden.type.shape:
            forward.known[hidden] = draws[name]
        elif kept:
            draw_count(forward, hidden, joint_cases(hidden, kept))


def draw_count(forward, hidden, cases):
    """Draw a count from its joint density with known variables; returns the log probabilities."""
    found = np.moveaxis(forward.values([cases])[0], 1, -1)
    logp = found - np.logaddexp.reduce(found, axis=-1, keepdims=True)
    total = np.cumsum(np.exp(logp), axis=-1)
    u = forward.rng.uniform(size=(*logp.shape[:-1], 1)) * total[..., -1:]
    drawn = np.minimum((total <= u).sum(axis=-1), logp.shape[-1] - 1)
    forward.known[hidden] = drawn + possible_values(hidden.distribution)[0]
    return logp
