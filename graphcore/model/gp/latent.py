"""Processes whose values are unknowns of the model."""

import graphcore.tensor as tt
from graphcore.model.distributions import ChiSquared, MvNormal, MvStudentT, Normal
from graphcore.model.gp.inputs import length, points
from graphcore.model.gp.process import JITTER, Process, conditioned, stabilize
from graphcore.model.terms import Deterministic


class Latent(Process):
    """A Gaussian process, its values unknown.

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
    ...     gp = pm.gp.Latent(cov_func=pm.gp.cov.Matern52(1, ls=0.3))
    ...     f = gp.prior("f", X)
    ...     p = pm.Bernoulli("y", logit_p=f, observed=[0, 0, 1, 1, 1])
    >>> [rv.name for rv in model.free_RVs], f.type.shape
    (['f_rotated_'], (5,))
    """

    def prior(self, name, X, n_outputs=1, reparameterize=True, jitter=JITTER, **kwargs):
        """The values at points, as a variable of the model.

        Parameters
        ----------
        name : str
        X : array of shape (n, d)
        n_outputs : int
            How many independent functions.
        reparameterize : bool
            Whether the unknowns are independent standard normals (``{name}_rotated_``), which the
            Cholesky factor of the covariance turns into the values.
        jitter : float
            Added to the diagonal of the covariance.
        **kwargs
            For the distribution: ``dims``, ...

        Returns
        -------
        TensorVariable of shape (n,) or (n_outputs, n)
        """
        X = points(X)
        mu, cov = self.mean_func(X), stabilize(self.cov_func(X), jitter)
        n = length(X)
        shape = (n,) if n_outputs == 1 else (n_outputs, n)
        if reparameterize:
            v = Normal(f"{name}_rotated_", 0.0, 1.0, shape=shape, **kwargs)
            rotated = tt.dot(v, tt.linalg.cholesky(cov).T)
            f = Deterministic(name, mu + rotated, dims=kwargs.get("dims"))
        else:
            f = MvNormal(name, mu=mu, cov=cov, shape=shape, **kwargs)
        self.X, self.f = X, f
        return f

    def conditional(self, name, Xnew, given=None, jitter=JITTER, **kwargs):
        """The values at other points, given those of the prior.

        Parameters
        ----------
        name : str
        Xnew : array of shape (m, d)
        given : dict, optional
            ``X`` and ``f`` to use instead of the prior's, and ``gp``, the sum this process is a
            part of.
        jitter : float
        **kwargs
            For :class:`MvNormal`.

        Returns
        -------
        TensorVariable of shape (m,)
        """
        (X, f), total = self._remembered(given, ["X", "f"])
        mu, variance, _ = conditioned(self, total, Xnew, X, f, None, jitter)
        return MvNormal(name, mu=mu, cov=stabilize(variance(), jitter), **kwargs)


class TP(Latent):
    """A Student's t process: a Gaussian process whose overall scale is unknown.

    Parameters
    ----------
    mean_func : Mean
    scale_func : Covariance
        Scale matrices of the multivariate t distributions.
    nu : number
        Degrees of freedom.
    """

    def __init__(self, *, mean_func=None, scale_func=None, cov_func=None, nu=None):
        if nu is None:
            raise ValueError("TP needs nu, the degrees of freedom")
        super().__init__(
            mean_func=mean_func, cov_func=cov_func if scale_func is None else scale_func
        )
        self.nu = tt.as_tensor_variable(nu)

    def __add__(self, other):
        raise TypeError("Student's t processes cannot be added: their sum is none")

    def prior(self, name, X, reparameterize=True, jitter=JITTER, **kwargs):
        """The values at points, as a variable of the model; see :meth:`Latent.prior`.

        Reparametrised, the unknowns are standard normals ``{name}_rotated_`` and one
        ``{name}_chi2_`` that scales all of them.
        """
        X = points(X)
        mu, scale = self.mean_func(X), stabilize(self.cov_func(X), jitter)
        if reparameterize:
            v = Normal(f"{name}_rotated_", 0.0, 1.0, shape=(length(X),), **kwargs)
            chi2 = ChiSquared(f"{name}_chi2_", self.nu)
            rotated = tt.dot(tt.linalg.cholesky(scale), v) * tt.sqrt(self.nu / chi2)
            f = Deterministic(name, mu + rotated, dims=kwargs.get("dims"))
        else:
            f = MvStudentT(name, nu=self.nu, mu=mu, scale=scale, **kwargs)
        self.X, self.f = X, f
        return f

    def conditional(self, name, Xnew, given=None, jitter=JITTER, **kwargs):
        """The values at other points, given those of the prior; see :meth:`Latent.conditional`."""
        (X, f), total = self._remembered(given, ["X", "f"])
        mu, variance, square = conditioned(self, total, Xnew, X, f, None, jitter)
        nu = self.nu + length(points(X))
        scale = (self.nu + square) / nu * stabilize(variance(), jitter)
        return MvStudentT(name, nu=nu, mu=mu, scale=scale, **kwargs)
