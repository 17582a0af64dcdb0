"""What random walks propose: objects that draw a step of a given width or covariance."""

import inspect

import numpy as np


class Proposal:
    """Steps of width ``s``; called with a generator, it draws one of the shape of ``s``.

    A class of one's own needs ``__init__(s)`` and ``__call__(rng)``, or ``__call__()`` as in PyMC3.

    Parameters
    ----------
    s : float or array

    Examples
    --------
    >>> import numpy as np
    >>> NormalProposal(np.ones(3))(np.random.default_rng(1)).shape
    (3,)
    """

    def __init__(self, s):
        self.s = s

    def __call__(self, rng=None):
        return self.draw(np.random.default_rng(rng))

    def draw(self, rng):
        """One step."""
        raise NotImplementedError(type(self).__name__)


class NormalProposal(Proposal):
    """Steps with a normal distribution of deviation ``s``."""

    def draw(self, rng):
        return rng.normal(0.0, self.s)


class UniformProposal(Proposal):
    """Steps between ``-s`` and ``s``."""

    def draw(self, rng):
        return rng.uniform(-np.asarray(self.s), self.s)


class CauchyProposal(Proposal):
    """Steps with a Cauchy distribution of scale ``s``."""

    def draw(self, rng):
        return rng.standard_cauchy(np.shape(self.s)) * self.s


class LaplaceProposal(Proposal):
    """Steps with a Laplace distribution of scale ``s``."""

    def draw(self, rng):
        return rng.laplace(0.0, self.s)


class PoissonProposal(Proposal):
    """Steps with a centred Poisson distribution of variance ``s``."""

    def draw(self, rng):
        return rng.poisson(self.s) - self.s


class MultivariateNormalProposal(Proposal):
    """Steps with a normal distribution of covariance ``s``, all elements at once."""

    def __init__(self, s):
        super().__init__(s)
        try:
            self.factor = np.linalg.cholesky(np.asarray(s, dtype=float))
        except np.linalg.LinAlgError:
            raise ValueError("MultivariateNormalProposal: s must be positive definite") from None

    def draw(self, rng):
        return self.factor @ rng.standard_normal(len(self.factor))


def with_generator(proposal):
    """A proposal as a function of a generator, whether it takes one or not.

    Examples
    --------
    >>> with_generator(lambda: 0.5)(None)
    0.5
    """
    return proposal if inspect.signature(proposal).parameters else lambda rng: proposal()
