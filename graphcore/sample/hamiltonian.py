"""Hamiltonian Monte Carlo with trajectories of one length, as PyMC's step method of that name."""

import math

from graphcore.sample.steps import NUTS


class HamiltonianMC(NUTS):
    """Trajectories of a fixed length for the continuous variables.

    Step size and metric are adapted as those of NUTS are; the end of each trajectory is accepted
    or not.

    Parameters
    ----------
    vars : list of variables, optional
    path_length : float
        Length of a trajectory in units of the metric: step size times number of steps.
    max_steps : int
        Most leapfrog steps of a trajectory.
    target_accept : float

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     step = pm.HamiltonianMC([x], path_length=1.5)
    """

    def __init__(
        self, vars=None, path_length=2.0, max_steps=1024, *, target_accept=0.65, model=None,
        **options,
    ):  # fmt: skip
        super().__init__(vars, target_accept=target_accept, model=model, **options)
        if not 0 < path_length < math.inf:
            raise ValueError(f"path_length must be positive and finite, not {path_length}")
        if not 1 <= max_steps < 2**31:
            raise ValueError(f"max_steps must be at least 1, not {max_steps}")
        self.path_length, self.max_steps = float(path_length), int(max_steps)

    def described(self, record):
        """The statistics of a transition: an end that was accepted or not, instead of a tree."""
        for name in ("tree_depth", "reached_max_treedepth"):
            del record[name]
        record["accept"] = record.pop("acceptance_rate")
        record["accepted"] = bool(record.pop("index_in_trajectory"))
        record["energy_error"] = record.pop("max_energy_error")  # of the end, accepted or not
        return record | {"path_length": self.path_length}
