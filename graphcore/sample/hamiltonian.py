"""Step methods that follow trajectories: NUTS, and Hamiltonian Monte Carlo of one length."""

import math

import numpy as np

from graphcore.sample.steps import Step

# PyMC's names of the constants of a chain.
CONSTANTS = {
    "Emax": "max_energy_error",
    "gamma": "gamma",
    "k": "kappa",
    "t0": "t0",
    "early_max_treedepth": "early_max_treedepth",
}


def constants_of(**given):
    """PyMC's constants of a chain under the names that a chain takes.

    Examples
    --------
    >>> constants_of(Emax=500, k=0.8)
    {'max_energy_error': 500, 'kappa': 0.8}
    """
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, not {value!r}")
    return {CONSTANTS[name]: value for name, value in given.items()}


class NUTS(Step):
    """The No-U-Turn sampler for the continuous variables.

    Parameters
    ----------
    vars : list of variables, optional
    target_accept, max_treedepth
        As in :func:`~graphcore.model.sample`.
    scaling : array of shape (dim,) or (dim, dim), optional
        A metric that is not adapted: precisions, or a precision matrix, of the value variables.
    is_cov : bool
        Whether ``scaling`` has variances, or a covariance matrix, instead.
    step_scale : float, optional
        First step size times the fourth root of the dimension; searched for by default.
    step_rand : callable, optional
        ``step_rand(step_size)``, the step size of the next trajectory in place of the adapted one.
    adapt_step_size : bool
        Whether warm-up changes the step size; without that ``step_scale`` is 0.25 by default.
    Emax : float
        Energy error beyond which a trajectory counts as divergent.
    gamma, k, t0 : float
        Constants of the dual averaging of the step size (Hoffman and Gelman 2014, section 3.2).
    early_max_treedepth : int, optional
        What stands in place of ``max_treedepth`` in the first 200 transitions of warm-up.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x")
    ...     step = pm.NUTS([x], target_accept=0.9)
    >>> step.vars
    [x]
    """

    discrete = False
    path_length, max_steps = 0.0, 1024  # of HamiltonianMC; trees have no fixed length

    def __init__(
        self, vars=None, *, target_accept=0.8, max_treedepth=10, scaling=None, is_cov=False,
        step_scale=None, step_rand=None, adapt_step_size=True, Emax=1000.0, gamma=0.05, k=0.75,
        t0=10, early_max_treedepth=None, model=None, **options,
    ):  # fmt: skip
        super().__init__(vars, model, **options)
        self.constants = constants_of(
            Emax=Emax, gamma=gamma, k=k, t0=t0, early_max_treedepth=early_max_treedepth
        )
        self.target_accept, self.max_treedepth = target_accept, max_treedepth
        self.dim = sum(v.type.size for v in self.vars)
        if step_scale is None and not adapt_step_size:
            step_scale = 0.25
        self.step_size = None if step_scale is None else step_scale / self.dim**0.25
        self.adapt_step_size, self.step_rand = adapt_step_size, step_rand
        self.factor, self.variances = None, np.ones(self.dim)
        self.adapt_metric = scaling is None
        if scaling is not None:
            self._set_metric(np.ascontiguousarray(scaling, dtype=float), is_cov)

    def _set_metric(self, scaling, is_cov):
        if scaling.shape not in ((self.dim,), (self.dim, self.dim)):
            raise ValueError(
                f"{type(self).__name__}: scaling has shape {scaling.shape}, but the variables "
                f"have {self.dim} elements: give {(self.dim,)} or {(self.dim, self.dim)}"
            )
        try:
            if scaling.ndim == 2:
                covariance = scaling if is_cov else np.linalg.inv(scaling)
                self.factor = np.linalg.cholesky(covariance)
            elif not np.all((scaling > 0) & np.isfinite(scaling)):
                raise np.linalg.LinAlgError
            else:
                self.variances = scaling if is_cov else 1 / scaling
        except np.linalg.LinAlgError:
            raise ValueError(f"{type(self).__name__}: scaling must be positive definite") from None

    def described(self, record):
        """The statistics of a transition by the names of this method."""
        return record


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
