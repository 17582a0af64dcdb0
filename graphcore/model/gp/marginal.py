"""A process observed with Gaussian noise, its values integrated out."""

from graphcore.model.distributions import MvNormal
from graphcore.model.gp.inputs import points
from graphcore.model.gp.process import (
    JITTER,
    Observed,
    accepts_noise,
    conditioned,
    noise_function,
    stabilize,
)


class Marginal(Observed):
    """A Gaussian process observed with Gaussian noise.

    Parameters
    ----------
    mean_func : Mean
    cov_func : Covariance

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> X = np.linspace(0, 1, 5)[:, None]
    >>> with pm.Model() as model:
    ...     gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=0.3))
    ...     y = gp.marginal_likelihood("y", X, np.sin(3 * X[:, 0]), sigma=0.01)
    ...     mu, var = gp.predict(np.array([[0.6]]), diag=True)
    >>> mu.round(2), var.round(4)
    (array([0.98]), array([0.0016]))
    """

    @accepts_noise
    def marginal_likelihood(self, name, X, y, sigma, jitter=JITTER, is_observed=True, **kwargs):
        """The data as an observed variable of the model.

        Parameters
        ----------
        name : str
        X : array of shape (n, d)
        y : array of shape (n,)
        sigma : number or Covariance
            Standard deviation of the noise, or its covariance function.
        jitter : float
            Added to the diagonal of the covariance.
        is_observed : bool
            False makes ``name`` a free variable.
        **kwargs
            For :class:`MvNormal`.

        Returns
        -------
        TensorVariable of shape (n,)
        """
        X = points(X)
        self.X, self.y, self.sigma = X, y, noise_function(sigma)
        cov = stabilize(self.cov_func(X) + self.sigma(X), jitter)
        if is_observed:
            kwargs["observed"] = y
        return MvNormal(name, mu=self.mean_func(X), cov=cov, **kwargs)

    def conditional(self, name, Xnew, pred_noise=False, given=None, jitter=JITTER, **kwargs):
        """The values at other points, given the data.

        Parameters
        ----------
        name : str
        Xnew : array of shape (m, d)
        pred_noise : bool
            Whether the values are observed with noise too.
        given : dict, optional
            ``X``, ``y`` and ``sigma`` to use instead of those of the likelihood, and ``gp``, the
            sum this process is a part of.
        jitter : float
        **kwargs
            For :class:`MvNormal`.

        Returns
        -------
        TensorVariable of shape (m,)
        """
        mu, cov = self._predict_at(Xnew, False, pred_noise, given, jitter)
        return MvNormal(name, mu=mu, cov=cov if pred_noise else stabilize(cov, jitter), **kwargs)

    def _predict_at(self, Xnew, diag, pred_noise, given, jitter):
        (X, y, sigma), total = self._remembered(given, ["X", "y", "sigma"])
        noise = noise_function(sigma)
        mu, variance, _ = conditioned(self, total, Xnew, X, y, noise, jitter)
        cov = variance(diag)
        return mu, cov + noise(Xnew, diag=diag) if pred_noise else cov
