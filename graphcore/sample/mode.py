"""The mode of a model: ``find_MAP``, with gradients or without."""

import math
import warnings

import numpy as np

import graphcore.tensor as tt
from graphcore.autodiff import grad
from graphcore.errors import NullTypeGradError
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model import modelcontext
from graphcore.model.data import fixed
from graphcore.runtime.function import function
from graphcore.sample import expand
from graphcore.sample.progress import make_counter

# Methods of SciPy's that take products of second derivatives, and those without derivatives.
CURVED = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
PLAIN = ("nelder-mead", "powell", "cobyla", "cobyqa")


def find_MAP(
    start=None, vars=None, method="L-BFGS-B", return_raw=False, include_transformed=True,
    progressbar=True, maxeval=5000, model=None, *, seed=None, **options,
):  # fmt: skip
    """The values of largest density: the maximum a posteriori.

    The density is that of the variables themselves, without the Jacobians of their transforms.

    Parameters
    ----------
    start : dict, optional
        Start values by variable name (constrained) or by value name (unconstrained).
    vars : list of variables or names, optional
        The variables to move; all continuous ones by default.  The others stay at the start.  A
        deterministic or a potential stands for the variables it depends on.
    method : str or callable
        Of ``scipy.optimize.minimize``; gradients, and Hessian-vector products for the methods that
        take them, are exact.  Where there is no gradient, as one of ``vars`` is discrete or an
        operation has none, it becomes ``"Powell"``, unless it is a method without gradients.
    return_raw : bool
        Whether SciPy's result is returned too; None in place of it when ``maxeval`` or Ctrl-C
        ended the search.
    include_transformed : bool
        Whether values of the value variables are included.
    progressbar : bool
        A search that takes more than a second shows how many evaluations it has made, when tqdm
        is installed.
    maxeval : int
        Evaluations of the density after which the best point so far is taken.
    model : Model, optional
    **options
        Further arguments of ``scipy.optimize.minimize``.
    seed : int, optional
        For start values drawn from the prior.

    Returns
    -------
    dict of str to ndarray
        Free variables, value variables and deterministics.

    Raises
    ------
    ValueError
        When there is no variable to move.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     mu = pm.Normal("mu", 0, 1)
    ...     y = pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    ...     point = pm.find_MAP(progressbar=False)
    >>> round(float(point["mu"]), 6)
    1.0
    """
    from scipy.optimize import minimize

    options.pop("progressbar_theme", None)  # PyMC's
    model = modelcontext(model)
    values = _moved(model, vars)
    point = model.initial_point(seed, overrides=start)
    density, method = _density(model, values, point, method)
    search = Search(density, maxeval, progressbar)
    x0 = np.concatenate([np.ravel(point[v.name]) for v in values]).astype(float)
    if not np.isfinite(search.value(x0)):
        model.check_start_vals(point)
    if _is_among(method, CURVED):
        options.setdefault("hessp", _hessian_product(model, values, point))
    found = None
    try:
        options.setdefault("jac", density.gradient or None)
        found = minimize(search, x0, method=method, **options)
    except StopIteration:
        warnings.warn(f"find_MAP stopped after {maxeval} evaluations", stacklevel=2)
    except KeyboardInterrupt:
        warnings.warn(f"find_MAP was stopped after {search.count} evaluations", stacklevel=2)
    finally:
        search.counter.close()
    best = search.best if found is None or not found.fun <= search.least else found.x
    at_best = _values_at(model, values, np.asarray(best), point, include_transformed)
    return (at_best, found) if return_raw else at_best


def _is_among(method, names):
    return isinstance(method, str) and method.lower() in names


def _moved(model, vars):
    """The value variables to move, in the order of the model."""
    if vars is None:
        if model.discrete_value_vars and model.continuous_value_vars:
            names = ", ".join(v.name for v in model.discrete_value_vars)
            warnings.warn(
                f"find_MAP moves continuous variables only; {names} stay at the start", stacklevel=3
            )
        chosen = model.continuous_value_vars
        if not chosen:
            raise ValueError("the model has no free continuous variable; choose some with vars=")
        return chosen
    chosen = set()
    for v in [vars] if isinstance(vars, Variable | str) else vars:
        v = model[v] if isinstance(v, str) else v
        v = model.rvs_to_values.get(v, v)
        if v in model.value_vars:
            chosen.add(v)
            continue
        below = {u for u in inputs_of(model.replace_rvs_by_values([v])) if u in model.value_vars}
        if not below:
            raise ValueError(f"{v.name or v} depends on no free variable of the model")
        warnings.warn(
            f"{v.name or v} is no free variable; find_MAP moves what it depends on: "
            f"{', '.join(sorted(u.name for u in below))}",
            stacklevel=3,
        )
        chosen |= below
    return [v for v in model.value_vars if v in chosen]


def _density(model, values, point, method):
    """The density of some values, with its gradient if the method wants one, and the method."""
    if _is_among(method, PLAIN):
        return _Plain(model, values, point), method
    if all(v.dtype == "float64" for v in values):
        try:
            return _Sloped(model, values, point), method
        except NullTypeGradError as error:
            reason = str(error)
    else:
        whole = ", ".join(v.name for v in values if v.dtype != "float64")
        reason = f"there is no gradient by {whole}"
    warnings.warn(f"find_MAP searches without gradients, by Powell: {reason}", stacklevel=3)
    return _Plain(model, values, point), "Powell"


class _Sloped:
    """The log density and its gradient at a flat point."""

    gradient = True

    def __init__(self, model, values, point):
        rvs = [model.values_to_rvs[v] for v in values]
        self.density = model.logp_dlogp_function(rvs, fixed_data=True, jacobian=False)
        self.density.set_extra_values(point)

    def __call__(self, x):
        return self.density(x)


class _Plain:
    """The log density at a flat point; whole numbers are rounded to."""

    gradient = False

    def __init__(self, model, values, point):
        (graph,) = fixed([model.logp(jacobian=False)])
        self.f = function(model.value_vars, graph, on_unused_input="ignore", trust_input=True)
        self.values, self.point = values, point
        self.order = [v.name for v in model.value_vars]

    def __call__(self, x):
        point = self.point | split(self.values, x)
        return float(self.f(*(point[name] for name in self.order))), None


class Search:
    """The negative of a log density, which remembers the best point.

    Parameters
    ----------
    density : callable
        ``density(x)`` is the log density and its gradient, or None for the gradient.
    maxeval : int
        ``StopIteration`` is raised beyond it.
    progressbar : bool

    Attributes
    ----------
    least : float
    best : ndarray or None
    count : int
        Evaluations so far.
    """

    def __init__(self, density, maxeval=math.inf, progressbar=False):
        self.density, self.maxeval = density, maxeval
        self.least, self.best, self.count = math.inf, None, 0
        self.counter = make_counter(progressbar, "evaluation")

    def value(self, x):
        """The log density alone, which does not count."""
        return self.density(np.asarray(x, dtype=float))[0]

    def __call__(self, x):
        if self.count >= self.maxeval:
            raise StopIteration
        self.count += 1
        value, slope = self.density(np.asarray(x, dtype=float))
        if self.best is None or -value < self.least:
            self.least, self.best = -value, np.array(x)
        self.counter.show(self.count, f"log density {-self.least:.6g}")
        good = np.isfinite(value)
        if slope is None:
            return -value if good else math.inf
        if not good:
            return math.inf, np.zeros_like(slope)
        return -value, -np.where(np.isfinite(slope), slope, 0.0)


def split(values, x):
    """A flat point as arrays by name, rounded where they hold whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.tensor as tt
    >>> mu, k = tt.dscalar("mu"), tt.TensorType("int64", shape=(2,))("k")
    >>> split([mu, k], np.array([0.5, 2.7, 3.0]))
    {'mu': array(0.5), 'k': array([3, 3])}
    """
    parts, at = {}, 0
    for v in values:
        part = np.asarray(x[at : at + v.type.size], dtype=float).reshape(v.type.shape)
        parts[v.name] = part if v.dtype == "float64" else np.asarray(np.rint(part), v.dtype)
        at += v.type.size
    return parts


def _hessian_product(model, values, point):
    """``f(x, v)``: the negative second derivatives times a vector."""
    direction = tt.vector("direction")
    logp = model.logp(jacobian=False)
    slopes = tt.concatenate([tt.flatten(g) for g in grad(logp, values)])
    products = grad((slopes * direction).sum(), values, disconnected_inputs="ignore")
    product = tt.concatenate([tt.flatten(g) for g in products])
    others = [v for v in model.value_vars if v not in values]
    f = function([*values, *others, direction], -product, on_unused_input="ignore")
    rest = [point[v.name] for v in others]

    def times(x, v):
        return f(*split(values, np.asarray(x)).values(), *rest, np.asarray(v, dtype=float))

    return times


def _values_at(model, values, x, point, include_transformed):
    """Values by name at a flat point of some of the value variables."""
    point = {**point, **split(values, x)}
    flat = np.concatenate([np.ravel(point[v.name]) for v in model.value_vars]).astype(float)
    found = expand.expand_variables(model, model.unobserved_RVs)(flat[None])
    named = {name: array[0] for name, array in found.items()}
    return {**point, **named} if include_transformed else named


__all__ = ["find_MAP"]
