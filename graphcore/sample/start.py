"""Where chains start: the model's initial point, moved at random, where the density is finite."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from graphcore.errors import StartError

JITTER = 1.0  # half-width of the uniform moves, in the unconstrained space
TRIES = 100  # random moves per chain

# What ``init=`` may be, and whether the start point is moved.
METHODS = {
    "auto": True,
    "jitter+adapt_diag": True,
    "jitter+adapt_diag_grad": True,  # PyMC's estimate from gradients: the same start
    "adapt_diag": False,
    "jitter+adapt_full": True,
    "adapt_full": False,
    "map": False,  # at the mode, which the caller finds
    None: False,  # PyMC3: start where the user says
}


def start_points(model, density, seeds, initvals=None, init="auto"):
    """One flat start point per chain.

    Parameters
    ----------
    model : Model
    density : callable
        ``density(x) -> (float, ndarray)``.
    seeds : list of SeedSequence
        One per chain.
    initvals : dict or list of dict, optional
        Start values by the name of the variable (constrained) or of its value variable; a list
        has one dict per chain, of which some may be None.
    init : str
        A key of ``METHODS``.

    Returns
    -------
    ndarray of shape (chain, dim)

    Raises
    ------
    StartError
        When the density is not finite at the initial point and around it, with the terms.
    """
    init = check_init(init)
    points = initial_points(model, seeds, initvals)
    return np.stack(
        [
            start_point(model, density, point, np.random.default_rng(seed), METHODS[init])
            for point, seed in zip(points, seeds, strict=True)
        ]
    )


def check_init(init):
    """The key of ``METHODS`` that ``init=`` stands for; an unknown one is refused.

    Examples
    --------
    >>> check_init("Adapt_Diag")
    'adapt_diag'
    """
    name = init.lower() if isinstance(init, str) else init
    if isinstance(name, str) and name.startswith("advi"):
        warnings.warn(
            f"init={init!r}: there is no variational inference to find start points with; the "
            "chains start as with 'jitter+adapt_diag'",
            stacklevel=3,
        )
        return "jitter+adapt_diag"
    if name not in METHODS:
        known = ", ".join(repr(name) for name in METHODS if name)
        raise ValueError(f"init={init!r} is not supported; choose one of {known}")
    return name


def initial_points(model, seeds, initvals=None):
    """The initial point of the model for each chain, as a dict."""
    if initvals is None or isinstance(initvals, Mapping):
        initvals = [initvals] * len(seeds)
    elif not isinstance(initvals, Sequence):
        raise TypeError(
            f"initvals must be a dict of start values by name, or a list of them, got {initvals!r}"
        )
    elif len(initvals) != len(seeds):
        raise ValueError(f"initvals has {len(initvals)} entries for {len(seeds)} chains")
    return [
        model.initial_point(seed, overrides=given)
        for seed, given in zip(seeds, initvals, strict=True)
    ]


def start_point(model, density, point, rng, jitter):
    """A flat start point of the variables of ``density``, near ``point``."""
    center = np.concatenate([np.ravel(point[v.name]) for v in density.variables])
    for _ in range(TRIES if jitter else 0):
        moved = center + rng.uniform(-JITTER, JITTER, center.size)
        if _is_finite(density, moved):
            return moved
    if _is_finite(density, center):
        return center
    model.check_start_vals(point)
    _, gradient = density(center)
    bad = [name for name, g in zip(density.names, gradient, strict=True) if not np.isfinite(g)]
    where = f"with respect to {', '.join(bad[:5])}" if bad else "or the log density"
    raise StartError(
        f"the gradient of the log density {where} is not finite at the start point; "
        "give other start values with initvals="
    )


def _is_finite(density, x):
    logp, gradient = density(x)
    return bool(np.isfinite(logp) and np.isfinite(gradient).all())
