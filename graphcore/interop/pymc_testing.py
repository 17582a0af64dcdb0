"""Checks of distributions and a stand-in for sampling, with the names of ``pymc.testing``.

Libraries on top of PyMC test their distributions with these, and their models without sampling.

Examples
--------
>>> import graphcore.model as pm
>>> from scipy import stats
>>> from graphcore.model.testing import R, Rplus, check_logp
>>> check_logp(pm.Normal, R, {"mu": R, "sigma": Rplus},
...            lambda value, mu, sigma: stats.norm.logpdf(value, mu, sigma), n_samples=20)
"""

import itertools

import numpy as np

from graphcore.model import icdf, logcdf, logp, modelcontext
from graphcore.sample import traces
from graphcore.sample.predictive import result_of, sample_prior_predictive
from graphcore.sample.results import Group, make_group

PROBABILITIES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


class Domain:
    """Values at which to check, and the edges of what is allowed.

    Parameters
    ----------
    vals : sequence
        The first and the last are the edges, unless ``edges`` says so.
    dtype : str
    edges : (lower, upper), optional
        None for an edge beyond which nothing is checked.
    shape : tuple, optional
        Of one value; found by default.

    Examples
    --------
    >>> Domain([0, 1, 2, np.inf]).vals
    [array(1.), array(2.)]
    """

    def __init__(self, vals, dtype="float64", edges=None, shape=None):
        vals = [np.asarray(v, dtype=dtype) if np.all(np.isfinite(v)) else v for v in vals]
        if edges is None:
            edges, vals = (vals[0], vals[-1]), vals[1:-1]
        if not vals:
            raise ValueError("a domain needs values between its edges")
        self.vals, self.dtype = vals, dtype
        self.lower, self.upper = edges
        self.shape = np.shape(vals[0]) if shape is None else tuple(shape)

    def outside(self):
        """Values beyond the edges that are finite."""
        edges = ((self.lower, -1), (self.upper, 1))
        return [e + step for e, step in edges if e is not None and np.all(np.isfinite(e))]


_INF = np.inf
R = Domain([-_INF, -2.1, -1, -0.01, 0.0, 0.01, 1, 2.1, _INF])
Rplus = Domain([0, 0.01, 0.1, 0.9, 0.99, 1, 1.5, 2, 100, _INF])
Rplusbig = Domain([0, 0.5, 0.9, 0.99, 1, 1.5, 2, 20, _INF])
Rminusbig = Domain([-_INF, -20, -2, -1.5, -1, -0.99, -0.9, -0.5, -0.01, 0])
Unit = Domain([0, 0.001, 0.1, 0.5, 0.75, 0.99, 1])
Circ = Domain([-np.pi, -2.1, -1, -0.01, 0.0, 0.01, 1, 2.1, np.pi])
Runif = Domain([-_INF, -0.4, 0, 0.4, _INF])
Rdunif = Domain([-_INF, -1, 0, 1, _INF], "int64")
Rplusunif = Domain([0, 0.5, _INF])
Rplusdunif = Domain([0, 10, _INF], "int64")
I = Domain([-_INF, -3, -2, -1, 0, 1, 2, 3, _INF], "int64")
Nat = Domain([0, 1, 2, 3, 2000, _INF], "int64")
NatSmall = Domain([0, 3, 4, 5, _INF], "int64")
NatBig = Domain([0, 1, 2, 3, 5000, _INF], "int64")
PosNat = Domain([1, 2, 3, _INF], "int64")
Bool = Domain([0, 0, 1, 1], "int64")


def select_by_precision(float64, float32):
    """The first: numbers here are float64."""
    return float64


def _points(domains, n_samples):
    """Some of all combinations of values, the same ones each time."""
    names = list(domains)
    every = list(itertools.product(*(domains[name].vals for name in names)))
    if len(every) > n_samples > 0:
        chosen = np.random.default_rng(1).choice(len(every), n_samples, replace=False)
        every = [every[i] for i in sorted(chosen)]
    return [dict(zip(names, point, strict=True)) for point in every]


def _compared(what, dist, function, reference, domains, decimal, n_samples, extra=None):
    """Compare ``function(rv, x)`` with ``reference(x, **parameters)``; x is the first domain's."""
    first, decimal = next(iter(domains)), 6 if decimal is None else decimal
    for point in _points(domains, n_samples):
        given = dict(point)
        x = given.pop(first)
        found = function(dist.dist(**given, **(extra or {})), x).eval()
        _compare(f"{what} of {dist.__name__}", found, reference(x, **given), decimal, point)


def _beyond(what, dist, function, paramdomains, cases, extra=None):
    """Demand what ``function(rv, x)`` is for every ``(x, wanted)`` beyond the edges."""
    rv = dist.dist(**_inside(paramdomains), **(extra or {}))
    for x, wanted in cases:
        found = function(rv, x).eval()
        right = np.array_equal(found, np.full(np.shape(found), wanted), equal_nan=True)
        assert right, f"{what} of {dist.__name__} at {x} is {found}"


def _inside(paramdomains):
    return {name: domain.vals[0] for name, domain in paramdomains.items()}


def _compare(what, found, wanted, decimal, point):
    given = ", ".join(f"{k}={v}" for k, v in point.items())
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(wanted, dtype=float), atol=10.0**-decimal,
        rtol=10.0**-decimal, err_msg=f"{what} at {given}",
    )  # fmt: skip


def _refused(make, empty):
    """Whether invalid parameters are an error or give the value of what cannot be."""
    try:
        found = make()
    except (ValueError, TypeError):
        return True
    return bool(np.all(found == empty) or np.all(np.isnan(found)))


def _check_parameters_outside(dist, paramdomains, evaluate, empty):
    """Parameters beyond their edges, one after the other."""
    for name, domain in paramdomains.items():
        for value in domain.outside():
            given = {**_inside(paramdomains), name: value}
            assert _refused(lambda given=given: evaluate(dist.dist(**given)), empty), (
                f"{dist.__name__} takes {name}={value}, which lies outside of its domain"
            )


def check_logp(
    pymc_dist, domain, paramdomains, scipy_logp, decimal=None, n_samples=100, extra_args=None,
    scipy_args=None, skip_paramdomain_outside_edge_test=False,
):  # fmt: skip
    """Compare a log density with a function of the value and the parameters.

    Parameters
    ----------
    pymc_dist : type
        The class of a distribution.
    domain : Domain
        Of the value.
    paramdomains : dict of str to Domain
    scipy_logp : callable
        ``scipy_logp(value=..., **parameters)``.
    decimal : int, optional
        Digits that must agree; 6 by default.
    n_samples : int
        How many combinations are looked at; -1 for all.
    extra_args, scipy_args : dict, optional
        Further arguments of the distribution, and of ``scipy_logp``.
    skip_paramdomain_outside_edge_test : bool
        Whether parameters beyond their edges are left alone.

    Raises
    ------
    AssertionError
        Naming the point where they differ.
    """

    def plain(x, **given):
        return scipy_logp(value=x, **given, **(scipy_args or {}))

    domains = {"value": domain, **paramdomains}
    _compared("logp", pymc_dist, logp, plain, domains, decimal, n_samples, extra_args)
    outside = [(x, -np.inf) for x in domain.outside()]
    _beyond("logp", pymc_dist, logp, paramdomains, outside, extra_args)
    if not skip_paramdomain_outside_edge_test:
        at = domain.vals[0]
        _check_parameters_outside(pymc_dist, paramdomains, lambda rv: logp(rv, at).eval(), -np.inf)


def check_logcdf(
    pymc_dist, domain, paramdomains, scipy_logcdf, decimal=None, n_samples=100,
    skip_paramdomain_inside_edge_test=False, skip_paramdomain_outside_edge_test=False,
):  # fmt: skip
    """Compare the logarithm of a distribution function; see :func:`check_logp`."""
    if not skip_paramdomain_inside_edge_test:
        domains = {"value": domain, **paramdomains}

        def plain(x, **given):
            return scipy_logcdf(value=x, **given)

        _compared("logcdf", pymc_dist, logcdf, plain, domains, decimal, n_samples)
    edges = ((domain.lower, -1, -np.inf), (domain.upper, 1, 0))
    finite = [(e + step, w) for e, step, w in edges if e is not None and np.all(np.isfinite(e))]
    _beyond("logcdf", pymc_dist, logcdf, paramdomains, finite)
    if not skip_paramdomain_outside_edge_test:
        at = domain.vals[0]
        _check_parameters_outside(
            pymc_dist, paramdomains, lambda rv: logcdf(rv, at).eval(), -np.inf
        )


def check_icdf(
    pymc_dist, paramdomains, scipy_icdf, skip_paramdomain_outside_edge_test=False, decimal=None,
    n_samples=100,
):  # fmt: skip
    """Compare quantiles; see :func:`check_logp`.  ``scipy_icdf(q, **parameters)``."""
    domains = {"q": Domain([0, *PROBABILITIES, 1]), **paramdomains}
    _compared("icdf", pymc_dist, icdf, scipy_icdf, domains, decimal, n_samples)
    _beyond("icdf", pymc_dist, icdf, paramdomains, [(-0.5, np.nan), (1.5, np.nan)])
    if not skip_paramdomain_outside_edge_test:
        _check_parameters_outside(pymc_dist, paramdomains, lambda rv: icdf(rv, 0.5).eval(), np.nan)


def check_selfconsistency_discrete_logcdf(
    distribution, domain, paramdomains, decimal=None, n_samples=100
):
    """Compare the distribution function of counts with the sum of their probabilities."""
    decimal = 6 if decimal is None else decimal
    least = 0 if domain.lower is None or not np.isfinite(domain.lower) else int(domain.lower)
    least = min(least, int(min(domain.vals)))
    for point in _points({"value": domain, **paramdomains}, n_samples):
        given = {k: v for k, v in point.items() if k != "value"}
        rv, value = distribution.dist(**given), int(point["value"])
        terms = [logp(rv, k).eval() for k in range(least, value + 1)]
        wanted = np.logaddexp.reduce(np.asarray(terms), axis=0)
        found = logcdf(rv, value).eval()
        _compare(f"logcdf of {distribution.__name__}", found, wanted, decimal, point)


def assert_support_point_is_expected(model, expected, check_finite_logp=True):
    """Whether a variable ``x`` of a model starts at the expected place, with a finite density."""
    point = model.initial_point(random_seed=0)
    found = model.compile_fn(model["x"])(point)
    assert found.shape == np.shape(expected), f"{found.shape} is not {np.shape(expected)}"
    np.testing.assert_allclose(found, expected)
    if check_finite_logp:
        assert np.isfinite(model.compile_logp()(point))


def mock_sample(draws=10, sample_stats=None, **kwargs):
    """A stand-in for ``pm.sample``: draws of the prior as the posterior, in no time.

    Parameters
    ----------
    draws : int
    sample_stats : dict of str to callable, optional
        ``f((chains, draws))`` makes the values of a statistic.
    **kwargs
        Of ``pm.sample``, of which ``model``, ``random_seed`` and ``chains`` (1 by default) count.

    Returns
    -------
    arviz.InferenceData, xarray.DataTree or Result

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x")
    ...     fake = mock_sample(5, chains=2, random_seed=1)
    >>> fake.posterior["x"].shape
    (2, 5)
    """
    model, chains = modelcontext(kwargs.get("model")), kwargs.get("chains") or 1
    names = [v.name for v in model.unobserved_RVs]
    drawn = sample_prior_predictive(
        draws * chains, model, var_names=names, random_seed=kwargs.get("random_seed"),
        return_inferencedata=False,
    )  # fmt: skip
    arrays = {k: x.reshape(chains, draws, *x.shape[1:]) for k, x in drawn.items()}
    result = result_of(model, {"posterior": arrays})
    if sample_stats:
        made = {name: f((chains, draws)) for name, f in sample_stats.items()}
        stats = make_group(made, attrs=result["posterior"].attrs)
        result.update({"sample_stats": Group(stats.data_vars, stats.attrs)})
    return traces.converted(result)


def mock_sample_setup_and_teardown():
    """A generator for a pytest fixture: ``pm.sample`` is :func:`mock_sample` until it goes on."""
    import graphcore.model as pm

    before = vars(pm).get("sample")
    pm.sample = mock_sample
    try:
        yield
    finally:
        if before is None:
            del pm.sample
        else:
            pm.sample = before
