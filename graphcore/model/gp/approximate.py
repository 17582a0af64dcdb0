"""A process observed with white noise, approximated by few inducing points."""

import math

import graphcore.tensor as tt
from graphcore.model.distributions import MvNormal
from graphcore.model.gp.inputs import length, points
from graphcore.model.gp.process import JITTER, Observed, accepts_noise, noise_function, stabilize
from graphcore.model.terms import Potential

KINDS = ("DTC", "FITC", "VFE")


class MarginalApprox(Observed):
    """A Gaussian process observed with white noise, through inducing points.

    Quinonero-Candela and Rasmussen, "A unifying view of sparse approximate Gaussian process
    regression" (2005) for DTC and FITC; Titsias, "Variational learning of inducing variables in
    sparse Gaussian processes" (2009) for VFE.

    Parameters
    ----------
    approx : {"VFE", "FITC", "DTC"}
    mean_func : Mean
    cov_func : Covariance

    Raises
    ------
    NotImplementedError
        For another kind of approximation.
    """

    def __init__(self, approx="VFE", *, mean_func=None, cov_func=None):
        if approx not in KINDS:
            raise NotImplementedError(f"approx={approx!r} is none of {', '.join(KINDS)}")
        self.approx = approx
        super().__init__(mean_func=mean_func, cov_func=cov_func)

    def _like(self, **functions):
        return type(self)(self.approx, **functions)

    def __add__(self, other):
        if getattr(other, "approx", self.approx) != self.approx:
            raise TypeError(f"approximations {self.approx} and {other.approx} cannot be added")
        return super().__add__(other)

    @accepts_noise
    def marginal_likelihood(self, name, X, Xu, y, sigma, jitter=JITTER, is_observed=True, **kwargs):
        """The log density of the data, added to the model as a potential.

        Parameters
        ----------
        name : str
        X : array of shape (n, d)
        Xu : array of shape (m, d)
            Inducing points.
        y : array of shape (n,)
        sigma : number
            Standard deviation of the noise.
        jitter : float
        is_observed : bool
            PyMC's: the data enter in any case.

        Returns
        -------
        TensorVariable
            The approximate log density.
        """
        self.X, self.Xu, self.y, self.sigma = points(X), points(Xu, "Xu"), y, sigma
        at = _Factors(self, self, self.X, self.Xu, y, sigma, jitter)
        logp = -0.5 * length(self.X) * math.log(2 * math.pi) - at.half_logdet
        logp = logp - 0.5 * (tt.sum(at.r * at.r / at.noise) - tt.sum(tt.sqr(at.c))) - at.trace
        return Potential(f"marginalapprox_logp_{name}", logp, **kwargs)

    def conditional(self, name, Xnew, pred_noise=False, given=None, jitter=JITTER, **kwargs):
        """The values at other points, given the data; see :meth:`Marginal.conditional`.

        ``given`` may have ``X``, ``Xu``, ``y``, ``sigma`` (all of them), and ``gp``.
        """
        mu, cov = self._predict_at(Xnew, False, pred_noise, given, jitter)
        return MvNormal(name, mu=mu, cov=stabilize(cov, jitter), **kwargs)

    def _predict_at(self, Xnew, diag, pred_noise, given, jitter):
        names = ["X", "Xu", "y", "sigma"]
        (X, Xu, y, sigma), total = self._remembered(given, names)
        Xnew = points(Xnew, "Xnew")
        at = _Factors(self, total, points(X), points(Xu, "Xu"), y, sigma, jitter)
        across = self.cov_func(points(Xu, "Xu"), Xnew)
        a = tt.linalg.solve_triangular(at.Lu, across, lower=True)
        c = tt.linalg.solve_triangular(at.Lb, a, lower=True)
        mu = self.mean_func(Xnew) + tt.dot(c.T, at.c)
        if diag:
            var = self.cov_func(Xnew, diag=True) + tt.sum(tt.sqr(c) - tt.sqr(a), axis=0)
            return mu, var + noise_function(sigma)(Xnew, diag=True) if pred_noise else var
        cov = self.cov_func(Xnew) - tt.dot(a.T, a) + tt.dot(c.T, c)
        return mu, cov + noise_function(sigma)(Xnew) if pred_noise else cov


class MarginalSparse(MarginalApprox):
    """:class:`MarginalApprox` with the order of arguments and the default of PyMC3."""

    def __init__(self, mean_func=None, cov_func=None, approx="FITC"):
        super().__init__(approx, mean_func=mean_func, cov_func=cov_func)

    def _like(self, **functions):
        return type(self)(**functions, approx=self.approx)


class _Factors:
    """What density and predictions share: factors, and the data seen through them."""

    def __init__(self, process, total, X, Xu, y, sigma, jitter):
        variance = tt.sqr(tt.as_tensor_variable(sigma))
        self.Lu = tt.linalg.cholesky(stabilize(total.cov_func(Xu), jitter))
        A = tt.linalg.solve_triangular(self.Lu, total.cov_func(Xu, X), lower=True)
        explained = tt.sum(tt.sqr(A), axis=0)
        self.trace = 0.0
        self.noise = variance * tt.ones_like(explained)
        if process.approx == "FITC":
            rest = total.cov_func(X, diag=True) - explained
            self.noise = self.noise + tt.maximum(rest, 0.0)
        elif process.approx == "VFE":
            rest = tt.sum(total.cov_func(X, diag=True)) - tt.sum(explained)
            self.trace = 0.5 * rest / variance
        weighted = A / self.noise
        self.Lb = tt.linalg.cholesky(stabilize(tt.dot(weighted, A.T), 1.0))
        self.r = y - total.mean_func(X)
        self.c = tt.linalg.solve_triangular(self.Lb, tt.dot(weighted, self.r), lower=True)
        self.half_logdet = 0.5 * tt.sum(tt.log(self.noise))
        self.half_logdet = self.half_logdet + tt.sum(tt.log(tt.diagonal(self.Lb)))
