"""What Gaussian processes share: their two functions, conditioning, evaluation at a point."""

import functools

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.walk import ancestors
from graphcore.model.context import modelcontext
from graphcore.model.distributions.variable import RandomVariable
from graphcore.model.gp.cov import BaseCovariance, Constant, WhiteNoise
from graphcore.model.gp.inputs import length, points
from graphcore.model.gp.mean import Zero
from graphcore.runtime.reference import evaluate

JITTER = 1e-6  # added to the diagonal of covariance matrices


class Process:
    """A process with a mean and a covariance function; processes of one kind can be added.

    Parameters
    ----------
    mean_func : Mean
    cov_func : Covariance
    """

    def __init__(self, mean_func=None, cov_func=None):
        self.mean_func = Zero() if mean_func is None else mean_func
        self.cov_func = Constant(0.0) if cov_func is None else cov_func

    def __add__(self, other):
        if type(other) is not type(self):
            raise TypeError(
                f"a {type(self).__name__} can only be added to another, not to {other!r}"
            )
        return self._like(
            mean_func=self.mean_func + other.mean_func, cov_func=self.cov_func + other.cov_func
        )

    def _like(self, **functions):
        return type(self)(**functions)

    def _remembered(self, given, names):
        """What the process was given, by name; or what the user gives instead, all of it."""
        given = {"sigma" if k == "noise" else k: v for k, v in dict(given or {}).items()}
        total = given.pop("gp", self)
        unknown = set(given) - set(names)
        if unknown or (given and set(given) != set(names)):
            raise KeyError(
                f"given= needs all of {', '.join(names)} (and may have gp), got {', '.join(given)}"
            )
        for name in names:
            if name not in given and not hasattr(self, name):
                raise ValueError(
                    f"{', '.join(names)} are not known yet: define the process in the model first, "
                    "or pass given="
                )
        return [given.get(name, getattr(self, name, None)) for name in names], total


def accepts_noise(method):
    """Take ``noise=``, which PyMC3 called it, for ``sigma=``."""

    @functools.wraps(method)
    def with_sigma(self, *args, **kwargs):
        if "noise" in kwargs:
            if "sigma" in kwargs:
                raise TypeError(f"{method.__name__}: sigma and noise are the same; give sigma")
            kwargs["sigma"] = kwargs.pop("noise")
        return method(self, *args, **kwargs)

    return with_sigma


class Observed(Process):
    """A process whose values are integrated out: what the data say of other points."""

    def predict(
        self,
        Xnew,
        point=None,
        diag=False,
        pred_noise=False,
        given=None,
        jitter=JITTER,
        model=None,
    ):
        """Mean and covariance at other points as arrays, the model's variables at a point.

        Parameters
        ----------
        Xnew : array of shape (m, d)
        point : dict, optional
            Values by name of the variables that the process depends on.
        diag : bool
            Variances instead of the covariance matrix.
        pred_noise, given, jitter
            See :meth:`conditional`.
        model : Model, optional

        Returns
        -------
        (ndarray of shape (m,), ndarray of shape (m, m) or (m,))
        """
        mu, cov = self._predict_at(Xnew, diag, pred_noise, given, jitter)
        return tuple(values_at([mu, cov], point, model))

    def _predict_at(self, Xnew, diag, pred_noise, given, jitter):
        """Mean and covariance (or variances) at other points, as graphs."""
        raise NotImplementedError(f"{type(self).__name__} predicts nothing")


def stabilize(K, jitter=JITTER):
    """A covariance matrix with ``jitter`` added to its diagonal."""
    K = tt.as_tensor_variable(K)
    return K + jitter * tt.eye(length(K))


def noise_function(sigma):
    """Noise as a covariance function: white for a standard deviation."""
    return sigma if isinstance(sigma, BaseCovariance) else WhiteNoise(sigma)


def conditioned(process, total, Xnew, X, y, noise, jitter):
    """Mean, covariance and the squared norm of the data of a Gaussian given some of its values.

    ``mean(Xnew) + K' (K + N)^-1 (y - mean(X))`` and ``K'' - K' (K + N)^-1 K'^T``: Rasmussen and
    Williams, "Gaussian processes for machine learning" (2006), algorithm 2.1.  The covariance
    between given and new points is that of ``process``, all given ones vary as ``total``.

    Returns
    -------
    (mu, variance, square)
        ``variance(diag)`` is the covariance matrix or its diagonal.
    """
    X, Xnew = points(X), points(Xnew, "Xnew")
    K = stabilize(total.cov_func(X), jitter)
    if noise is not None:
        K = K + noise(X)
    L = tt.linalg.cholesky(K)
    A = tt.linalg.solve_triangular(L, process.cov_func(X, Xnew), lower=True)
    v = tt.linalg.solve_triangular(L, y - total.mean_func(X), lower=True)
    mu = process.mean_func(Xnew) + tt.dot(A.T, v)

    def variance(diag=False):
        if diag:
            return process.cov_func(Xnew, diag=True) - tt.sum(tt.sqr(A), axis=0)
        return process.cov_func(Xnew) - tt.dot(A.T, A)

    return mu, variance, tt.sum(tt.sqr(v))


def values_at(outputs, point, model=None):
    """Outputs as arrays, with the model's variables at a point.

    Parameters
    ----------
    outputs : list of TensorVariable
    point : dict, optional
        Values of random variables by name, as of ``find_MAP`` or one draw.
    model : Model, optional

    Raises
    ------
    KeyError
        If the outputs depend on a random variable that the point does not have.
    """
    needed, point = set(ancestors(outputs)), point or {}
    if model is None and not any(isinstance(v, RandomVariable) for v in needed):
        return evaluate(outputs, {})  # all is known: no model is needed
    model, given = modelcontext(model), {}
    for rv in model.free_RVs:
        if rv not in needed:
            continue
        value = model.rvs_to_values[rv]
        if rv.name in point:
            given[rv] = np.asarray(point[rv.name], dtype="float64")
        elif value.name in point:
            moved = model.rvs_to_transforms[rv].backward(tt.constant(point[value.name]))
            (given[rv],) = evaluate([moved], {})
        else:
            raise KeyError(f"the point has no value for {rv.name!r}, which the result depends on")
    return evaluate(outputs, given)
