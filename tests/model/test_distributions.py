"""Every distribution of the registry: density, gradient, moments, random numbers, edges.

The registry itself is the table: a new distribution is tested at its typical parameters without a
line here.  ``EXTREME`` adds the arguments at which rounding could go wrong.
"""

import types

import mpmath
import numpy as np
import pytest
from distribution_cases import typical
from distribution_references import COMPOSED, reference
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad
from graphcore.model.distributions.base import Distribution
from graphcore.optable import ROWS

IMPROPER = {"Flat", "HalfFlat"}
FORMS = {
    form.__name__: form
    for base in Distribution.registry.values()
    for form in (*base.forms, *(link.form for link in base.links))
}
ALL = {**Distribution.registry, **FORMS}
VECTOR = {n for n, c in ALL.items() if c.ndim or any(p.ndim for p in c.params.values())}
MIXED = {"HurdleGamma", "HurdleLogNormal", "DiracDelta"}  # neither a density nor all of counts
SCALAR = sorted(set(ALL) - VECTOR - IMPROPER - MIXED - COMPOSED)
TAILS = [n for n in SCALAR if n != "VonMises"]  # scipy's go round the circle; see test_tails.py
KINKS = {"AsymmetricLaplace": "mu", "Triangular": "c"}  # where densities have corners


def dist(cls, **kwargs):
    """An unregistered variable; forms have no public class, so they go through their maker."""
    return pm.distributions.RandomVariable(cls.make(cls.__name__, (), kwargs))


def value_of(*graphs):
    return evaluate(list(graphs), {})


def logp(cls, x, **parameters):
    return value_of(dist(cls, **parameters).logp(x))[0]


# -- against scipy.stats ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALAR)
def test_logp_is_that_of_scipy(name):
    cls = ALL[name]
    parameters = typical(cls, 200)
    ref = reference(cls)(**parameters)
    x = np.asarray(ref.rvs(random_state=1), dtype=float)
    want = ref.logpmf(x) if hasattr(ref.dist, "logpmf") else ref.logpdf(x)
    np.testing.assert_allclose(logp(cls, x, **parameters), want, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in TAILS if hasattr(ALL[n], "logcdf")])
def test_logcdf_is_that_of_scipy(name):
    cls = ALL[name]
    parameters = typical(cls, 200)
    ref = reference(cls)(**parameters)
    x = np.asarray(ref.rvs(random_state=1), dtype=float)
    got = value_of(dist(cls, **parameters).logcdf(x))[0]
    np.testing.assert_allclose(got, ref.logcdf(x), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", [n for n in TAILS if hasattr(ALL[n], "logccdf")])
def test_logccdf_is_that_of_scipy(name):
    cls = ALL[name]
    parameters = typical(cls, 200)
    ref = reference(cls)(**parameters)
    x = np.asarray(ref.rvs(random_state=1), dtype=float)
    got = value_of(dist(cls, **parameters).logccdf(x))[0]
    np.testing.assert_allclose(got, ref.logsf(x), rtol=1e-11, atol=1e-14)


# Moments that SciPy has no formula for; see test_moments.py and test_cut_moments.py
INTEGRATED = {"DiscreteWeibull", "HalfStudentT", "LogitNormal", "VonMises"}


@pytest.mark.parametrize(
    "name", [n for n in SCALAR if hasattr(ALL[n], "mean") and n not in INTEGRATED]
)
def test_mean_and_variance_are_those_of_scipy(name):
    cls = ALL[name]
    parameters = typical(cls, 50)
    ref = reference(cls)(**parameters)
    graphs = {k: tt.constant(v) for k, v in parameters.items()}
    mean, variance = value_of(*(tt.as_tensor(f(tt, **graphs)) for f in (cls.mean, cls.variance)))
    finite = np.isfinite(ref.mean()) & np.isfinite(ref.var())
    np.testing.assert_allclose(mean[finite], ref.mean()[finite], rtol=1e-10)
    np.testing.assert_allclose(variance[finite], ref.var()[finite], rtol=1e-9)


@pytest.mark.parametrize("name", [n for n in TAILS if hasattr(ALL[n], "logcdf")])
def test_quantiles_are_those_of_scipy(name):
    cls, count = ALL[name], 200 if hasattr(ALL[name], "icdf") else 20
    parameters = typical(cls, count)
    ref = reference(cls)(**parameters)
    q = np.random.default_rng(5).uniform(0.001, 0.999, count)
    rv = dist(cls, **parameters)
    np.testing.assert_allclose(value_of(rv.icdf(q))[0], ref.ppf(q), rtol=1e-11, atol=1e-12)


def test_dirichlet_is_that_of_scipy():
    rng = np.random.default_rng(2)
    for a in ([0.5, 1.5], [1.0, 1.0, 1.0], [0.1, 20.0, 3.0, 1.0]):
        x = rng.dirichlet(a, size=4)
        want = [stats.dirichlet(a).logpdf(row) for row in x]
        np.testing.assert_allclose(logp(pm.Dirichlet, x, a=a), want, rtol=1e-11)


def test_categorical_selects_along_the_last_axis():
    rng = np.random.default_rng(3)
    p = rng.dirichlet([1, 2, 3], size=5)
    x = np.array([0, 2, 1, 1, 0])
    want = np.log(p[np.arange(5), x])
    np.testing.assert_allclose(logp(pm.Categorical, x, p=p), want, rtol=1e-14)
    logits = np.log(p) + rng.normal(size=(5, 1))
    np.testing.assert_allclose(logp(pm.Categorical, x, logit_p=logits), want, rtol=1e-12)
    np.testing.assert_allclose(logp(pm.Categorical, x, p=p[0]), np.log(p[0][x]), rtol=1e-14)
    outside = logp(pm.Categorical, [-1, 3, 0.5], p=p[0])
    np.testing.assert_array_equal(outside, -np.inf)
    many = np.arange(20) % 3
    np.testing.assert_allclose(logp(pm.Categorical, many[:, None], p=p).shape, (20, 5))


# -- against mpmath: rounding at extreme arguments -------------------------------------------------


def mp_namespace():
    """The rows of the op table with mpmath's numbers, and what else formulas use."""
    mp = mpmath.mp
    o = types.SimpleNamespace()
    for name, row in ROWS.items():
        if row.exact is not None:
            setattr(o, name, lambda *a, row=row: row.exact(mp, *[mp.mpf(v) for v in a]))
    o.switch = lambda c, a, b: a if c else b
    o.zeros_like = lambda x: mp.mpf(0)
    return o


WIDE = (1e-12, 1e-4, 0.3, 1.0, 7.0, 1e4, 1e12)
REAL = (-1e12, -30.0, -1e-9, 0.0, 2.5, 1e8)
EXTREME = {
    "Normal": ({"mu": REAL, "sigma": WIDE}, REAL),
    "Cauchy": ({"alpha": REAL, "beta": WIDE}, REAL),
    "StudentT": ({"nu": WIDE, "mu": (0.0,), "sigma": WIDE}, REAL),
    "Laplace": ({"mu": REAL, "b": WIDE}, REAL),
    "Logistic": ({"mu": (0.0, 3.0), "s": WIDE}, REAL),
    "HalfNormal": ({"sigma": WIDE}, WIDE),
    "HalfCauchy": ({"beta": WIDE}, WIDE),
    "Exponential": ({"lam": WIDE}, WIDE),
    "Gamma": ({"alpha": WIDE, "beta": WIDE}, WIDE),
    "InverseGamma": ({"alpha": WIDE, "beta": WIDE}, WIDE),
    "LogNormal": ({"mu": (-30.0, 0.0, 2.0), "sigma": WIDE}, WIDE),
    "Beta": ({"alpha": WIDE, "beta": WIDE}, (1e-300, 1e-12, 0.2, 0.5, 1 - 2**-40)),
    "Poisson": ({"mu": WIDE}, (0.0, 1.0, 40.0, 1e9)),
    "NegativeBinomial": ({"mu": WIDE, "alpha": WIDE}, (0.0, 1.0, 40.0, 1e9)),
    "Bernoulli": ({"p": (0.0, 1e-300, 1e-20, 0.5, 1 - 2**-53, 1.0)}, (0.0, 1.0)),
    "Weibull": ({"alpha": (0.1, 1.0, 7.0), "beta": WIDE}, WIDE),
    "Pareto": ({"alpha": WIDE, "m": (1e-12, 0.3)}, (0.3, 7.0, 1e4, 1e12)),
    "HalfStudentT": ({"nu": WIDE, "sigma": WIDE}, WIDE),
    "ChiSquared": ({"nu": WIDE}, WIDE),
    "Wald": ({"mu": WIDE, "lam": WIDE, "alpha": (0.0,)}, WIDE),
    "Gumbel": ({"mu": (0.0, 3.0), "beta": WIDE[2:]}, (-30.0, -1e-9, 2.5, 1e8)),
    "Moyal": ({"mu": (0.0, 3.0), "sigma": WIDE[2:]}, (-30.0, -1e-9, 2.5, 1e8)),
    "AsymmetricLaplace": ({"kappa": WIDE, "mu": (0.0, 3.0), "b": WIDE}, REAL),
    "ExGaussian": ({"mu": (0.0,), "sigma": WIDE, "nu": WIDE}, (-30.0, -1e-9, 0.0, 2.5, 1e8)),
    "SkewNormal": ({"alpha": (-30.0, 0.0, 2.0, 1e6), "mu": (0.0,), "sigma": WIDE}, REAL),
    "Kumaraswamy": ({"a": WIDE, "b": WIDE}, (1e-300, 1e-12, 0.2, 0.5, 1 - 2**-40)),
    "LogitNormal": ({"mu": (-30.0, 0.0), "sigma": WIDE}, (1e-300, 1e-12, 0.5, 1 - 2**-40)),
    "VonMises": ({"mu": (0.0, 1.0), "kappa": WIDE}, (-3.0, -1e-9, 0.0, 2.0)),
    "Rice": ({"nu": (0.0, 1.0, 1e4), "sigma": WIDE}, WIDE),
    "Geometric": ({"p": (1e-300, 1e-20, 0.5, 1 - 2**-53, 1.0)}, (1.0, 2.0, 40.0, 1e9)),
    "DiscreteWeibull": (
        {"q": (1e-300, 0.5, 1 - 2**-40), "beta": (0.1, 1.0, 3.0)},
        (0.0, 1.0, 40.0, 1e4),
    ),
    "ZeroInflatedPoisson": ({"psi": (0.0, 1e-20, 0.5, 1.0), "mu": WIDE}, (0.0, 1.0, 1e3)),
    "HurdlePoisson": ({"psi": (0.0, 1e-20, 0.5, 1.0), "mu": WIDE}, (0.0, 1.0, 1e3)),
    "_LogitBernoulli": ({"logit_p": (-800.0, -40.0, -1e-9, 0.0, 5.0, 800.0)}, (0.0, 1.0)),
}
# Magnitude of the largest part of each formula, which bounds what rounding may cost.
SCALE = {
    "Gamma": lambda x, alpha, beta: abs(alpha * np.log(alpha + 1)) + beta * x
    + abs(alpha * np.log(x * beta)) + abs(np.log(x)) + abs(np.log(beta)),
    "InverseGamma": lambda x, alpha, beta: abs(alpha * np.log(alpha + 1)) + beta / x
    + abs(alpha * np.log(beta / x)) + (alpha + 1) * abs(np.log(x)) + abs(alpha * np.log(beta)),
    "Beta": lambda x, alpha, beta: (alpha + 1) * abs(np.log(x)) + (beta + 1) * abs(np.log1p(-x))
    + min(alpha, beta) * abs(np.log(alpha / beta)) + alpha + beta,
    "Poisson": lambda x, mu: x * abs(np.log(mu)) + mu + x * np.log(x + 2),
    "NegativeBinomial": lambda x, mu, alpha: x * abs(np.log(mu)) + x * np.log(x + 2)
    + min(alpha * 30, mu) + x,
    "ChiSquared": lambda x, nu: nu * np.log(nu + 2) + (nu / 2 + 1) * abs(np.log(x)) + x,
    "HalfStudentT": lambda x, nu, sigma: abs(np.log(sigma)) + nu * np.log1p((x / sigma) ** 2 / nu),
    "Kumaraswamy": lambda x, a, b: abs(np.log(a)) + abs(np.log(b)) + (a + 1) * abs(np.log(x)),
    "HurdlePoisson": lambda x, psi, mu: x * abs(np.log(mu)) + mu + x * np.log(x + 2)
    + abs(np.log(mu)),
    "Weibull": lambda x, alpha, beta: np.exp(np.minimum(alpha * np.log(x / beta), 600))
    * (1 + alpha * abs(np.log(x / beta))),
    "Gumbel": lambda x, mu, beta: np.exp(np.minimum((mu - x) / beta, 600)) * (1 + abs(x / beta)),
    "Moyal": lambda x, mu, sigma: np.exp(np.minimum((mu - x) / sigma, 600))
    * (1 + abs(x / sigma)),
    "Laplace": lambda x, mu, b: (abs(x) + abs(mu)) / b,
    "Logistic": lambda x, mu, s: (abs(x) + abs(mu)) / s,
    "Normal": lambda x, mu, sigma: ((abs(x) + abs(mu)) / sigma) ** 2,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXTREME))
def test_logp_keeps_its_digits_at_extreme_arguments(name):
    cls = ALL[name]
    grids, points = EXTREME[name]
    mesh = np.meshgrid(points, *grids.values(), indexing="ij")
    x, *columns = (m.ravel() for m in mesh)
    parameters = dict(zip(grids, columns, strict=True))
    got = logp(cls, x, **parameters)
    o = mp_namespace()
    with mpmath.workdps(60):
        for i, xi in enumerate(x):
            at = {k: float(v[i]) for k, v in parameters.items()}
            exact = {k: mpmath.mpf(v) for k, v in at.items()}
            want = cls.logp(o, mpmath.mpf(float(xi)), **exact)
            size = abs(float(want)) + 1e-300
            if name in SCALE:
                size += SCALE[name](float(xi), **at)
            if mpmath.isinf(want):
                assert got[i] == float(want), (xi, at)
            else:
                assert abs(got[i] - float(want)) <= 2e-14 * max(size, 1e-290) + 2e-15, (
                    xi, at, got[i], float(want)
                )  # fmt: skip


# -- normalisation ---------------------------------------------------------------------------------


CONTINUOUS = [n for n in SCALAR if not hasattr(reference(ALL[n])(**typical(ALL[n], 1)).dist, "pmf")]
DISCRETE = sorted(set(SCALAR) - set(CONTINUOUS))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_density_integrates_to_one(name):
    """Gauss-Legendre over the quantiles of the reference, where the density is smooth."""
    cls = ALL[name]
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for i in range(3):
        parameters = {k: float(v[i]) for k, v in typical(cls, 3, seed=5).items()}
        ref = reference(cls)(**parameters)
        q = np.r_[0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 0.8, 0.9, 0.97, 0.99, 0.997, 0.999]
        # a kink in the middle (Laplace) falls on an edge
        if name in KINKS:
            q = np.sort(np.r_[q, ref.cdf(parameters[KINKS[name]])])
        edges = ref.ppf(q)
        half = np.diff(edges) / 2
        x = (edges[:-1] + half)[:, None] + half[:, None] * nodes
        mass = (np.exp(logp(cls, x, **parameters)) * weights * half[:, None]).sum()
        assert mass == pytest.approx(0.998, abs=1e-7)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_sum_to_one(name):
    cls = ALL[name]
    parameters = {k: v[:, None] for k, v in typical(cls, 4, seed=6).items()}
    total = np.exp(logp(cls, np.arange(600), **parameters)).sum(axis=-1)
    np.testing.assert_allclose(total, 1, rtol=1e-10)


# -- edges -----------------------------------------------------------------------------------------

INF, NAN = np.inf, np.nan
EDGES = [
    (pm.Normal, {}, [-INF, INF, NAN], [-INF, -INF, NAN]),
    (pm.Cauchy, {"alpha": 0, "beta": 1}, [-INF, INF], [-INF, -INF]),
    (pm.StudentT, {"nu": 3}, [-INF, INF], [-INF, -INF]),
    (pm.Laplace, {"mu": 0, "b": 1}, [-INF, INF], [-INF, -INF]),
    (pm.Logistic, {}, [-INF, INF], [-INF, -INF]),
    (pm.Flat, {}, [-1e308, 0, INF], [0, 0, 0]),
    (pm.HalfFlat, {}, [-1, 0, 1e-300, 3], [-INF, 0, 0, 0]),
    (pm.HalfNormal, {}, [-1e-300, 0, INF], [-INF, np.log(2) - 0.5 * np.log(2 * np.pi), -INF]),
    (pm.HalfCauchy, {"beta": 1}, [-1, 0, INF], [-INF, np.log(2 / np.pi), -INF]),
    (pm.Exponential, {"lam": 2}, [-1e-9, 0, INF, NAN], [-INF, np.log(2), -INF, -INF]),
    (pm.Gamma, {"alpha": 1, "beta": 2}, [-1, 0, INF], [-INF, np.log(2), -INF]),
    (pm.Gamma, {"alpha": 0.5, "beta": 2}, [0.0], [INF]),
    (pm.Gamma, {"alpha": 2, "beta": 2}, [0.0], [-INF]),
    (pm.InverseGamma, {"alpha": 1}, [-1, 0, INF], [-INF, -INF, -INF]),
    (pm.LogNormal, {}, [-1, 0, INF], [-INF, -INF, -INF]),
    (pm.Beta, {"alpha": 1, "beta": 1}, [-1e-9, 0, 1, 1 + 1e-9], [-INF, 0, 0, -INF]),
    (pm.Beta, {"alpha": 2, "beta": 3}, [0, 1], [-INF, -INF]),
    (pm.Uniform, {"lower": -1, "upper": 1}, [-1.1, 1, NAN], [-INF, -np.log(2), -INF]),
    (pm.Bernoulli, {"p": 0.0}, [0, 1, 2, 0.5], [0, -INF, -INF, -INF]),
    (pm.Bernoulli, {"p": 1.0}, [0, 1, -1], [-INF, 0, -INF]),
    (pm.Bernoulli, {"logit_p": 0.0}, [0, 1, 2, -1], [np.log(0.5)] * 2 + [-INF] * 2),
    (pm.Binomial, {"n": 3, "p": 0.0}, [0, 1, 4, 1.5, -1], [0] + [-INF] * 4),
    (pm.Binomial, {"n": 0, "p": 0.3}, [0, 1], [0, -INF]),
    (pm.Binomial, {"n": 3, "logit_p": 1.0}, [4, -1], [-INF, -INF]),
    (pm.Poisson, {"mu": 0.0}, [0, 1, -1, 0.5, INF], [0] + [-INF] * 4),
    (pm.NegativeBinomial, {"mu": 0.0, "alpha": 1}, [0, 1, -1], [0, -INF, -INF]),
    (pm.NegativeBinomial, {"n": 2, "p": 1.0}, [0, 1], [0, -INF]),
    (pm.Weibull, {"alpha": 1, "beta": 1}, [-1, 0, INF], [-INF, 0, -INF]),
    (pm.Weibull, {"alpha": 2, "beta": 1}, [0, 1e-300], [-INF, np.log(2) - 300 * np.log(10)]),
    (pm.Kumaraswamy, {"a": 1, "b": 1}, [-0.1, 0, 1, 1.1], [-INF, 0, 0, -INF]),
    (pm.LogitNormal, {}, [0, 1], [-INF, -INF]),
    (pm.Triangular, {"lower": 0, "upper": 2, "c": 2}, [-1, 0, 2, 3], [-INF, -INF, 0, -INF]),
    (pm.Pareto, {"alpha": 1, "m": 2}, [1.9, 2], [-INF, -np.log(2)]),
    (pm.Wald, {"mu": 1, "alpha": 1}, [0.5, 1], [-INF, -INF]),
    (pm.ExGaussian, {"mu": 0, "sigma": 1, "nu": 1e-17}, [0.5], [-0.125 - 0.5 * np.log(2 * np.pi)]),
    (pm.DiracDelta, {"c": 1.5}, [1.5, 1.4], [0, -INF]),
    (pm.DiscreteUniform, {"lower": 1, "upper": 2}, [0, 1, 1.5], [-INF, -np.log(2), -INF]),
    (pm.Geometric, {"p": 1.0}, [0, 1, 2], [-INF, 0, -INF]),
    (pm.HyperGeometric, {"N": 5, "k": 4, "n": 3}, [1, 2, 4], [-INF, np.log(0.6), -INF]),
    (pm.ZeroInflatedPoisson, {"psi": 0.0, "mu": 3}, [0, 1], [0, -INF]),
    (pm.ZeroInflatedPoisson, {"psi": 1.0, "mu": 3}, [0, -1], [-3, -INF]),
    (pm.HurdleGamma, {"psi": 0.5, "alpha": 1, "beta": 2}, [0, 1, -1], [np.log(0.5), -2, -INF]),
    (pm.HurdleLogNormal, {"psi": 0.0}, [0, 1], [0, -INF]),
    (pm.VonMises, {"mu": 0, "kappa": 1e-17}, [0, 4], [-np.log(2 * np.pi), -INF]),
    (pm.Rice, {"nu": 1e8, "sigma": 1.0}, [1e8], [-0.5 * np.log(2 * np.pi)]),
    (pm.Dirichlet, {"a": [1, 1]}, [[0.3, 0.7], [0.3, 0.6], [-0.1, 1.1]], [0, -INF, -INF]),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "parameters", "x", "want"), EDGES, ids=lambda v: "")
def test_edges(cls, parameters, x, want):
    np.testing.assert_allclose(logp(cls, x, **parameters), want, rtol=1e-14, atol=1e-15)
    # the same when the value is symbolic, so that the support becomes part of the graph
    v = tt.tensor("float64", shape=np.shape(x))
    got = evaluate([cls.dist(**parameters).logp(v)], {v: np.array(x, float)})[0]
    np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", [n for n in SCALAR if ALL[n].params])
def test_symbolic_parameters_out_of_range_give_minus_infinity(name):
    cls = ALL[name]
    at = {k: float(v[0]) for k, v in typical(cls, 1).items()}
    x = float(np.ravel(reference(cls)(**typical(cls, 1)).rvs(random_state=1))[0])
    for bad, p in cls.params.items():
        if p.constraint.holds is None:
            continue
        symbols = {k: tt.scalar(k) for k in at}
        graph = pm.distributions.RandomVariable(cls.make(name, (), symbols)).logp(x)
        values = {symbols[k]: (-0.5 if k == bad else v) for k, v in at.items()}
        assert evaluate([graph], values)[0] == -np.inf


# -- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALAR)
def test_gradients_are_those_of_the_exact_formula(name):
    cls = ALL[name]
    n = 6
    parameters = typical(cls, n, seed=7)
    x = np.asarray(reference(cls)(**parameters).rvs(random_state=2), dtype=float)
    symbols = {k: tt.vector(k) for k, p in cls.params.items() if not p.constraint.discrete}
    fixed = {k: v for k, v in parameters.items() if k not in symbols}
    value = tt.tensor("float64", shape=(n,), name="x")
    static = {k: tt.tensor("float64", shape=(n,), name=k) for k in symbols}
    total = dist(cls, **static, **fixed).logp(value).sum()
    wrt = dict(static) if name in DISCRETE else {"x": value, **static}
    given = {value: x, **{v: parameters[k].astype(float) for k, v in static.items()}}
    found = evaluate(grad(total, list(wrt.values()), disconnected_inputs="ignore"), given)
    o = mp_namespace()
    at = {"x": x, **parameters}
    with mpmath.workdps(40):
        for k, slopes in zip(wrt, found, strict=True):
            for i in range(n):

                def formula(t, k=k, i=i):
                    point = {m: mpmath.mpf(float(v[i])) for m, v in at.items()}
                    point[k] = t
                    return cls.logp(o, point.pop("x"), **point)

                want = float(mpmath.diff(formula, mpmath.mpf(float(at[k][i]))))
                assert slopes[i] == pytest.approx(want, rel=2e-11, abs=1e-12), (k, i)


def test_gradients_of_vector_distributions():
    a = tt.tensor("float64", shape=(3,), name="a")
    x = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    total = pm.Dirichlet.dist(a).logp(x).sum()
    at = np.array([0.5, 2.0, 3.5])
    slope = evaluate([grad(total, a)], {a: at})[0]
    h = 1e-6
    for i in range(3):
        up, down = (at + s * h * np.eye(3)[i] for s in (1, -1))
        want = (evaluate([total], {a: up})[0] - evaluate([total], {a: down})[0]) / (2 * h)
        assert slope[i] == pytest.approx(want, rel=1e-7)
    logit = tt.tensor("float64", shape=(3,), name="logit")
    total = pm.Categorical.dist(logit_p=logit).logp([0, 2, 2]).sum()
    slope = evaluate([grad(total, logit)], {logit: at})[0]
    softmax = np.exp(at) / np.exp(at).sum()
    np.testing.assert_allclose(slope, [1, 0, 2] - 3 * softmax, rtol=1e-12)


# -- random numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTINUOUS)
def test_random_numbers_follow_the_distribution(name):
    cls = ALL[name]
    parameters = {k: float(v[0]) for k, v in typical(cls, 1, seed=8).items()}
    draws = dist(cls, **parameters).random(size=4000, rng=9)
    assert draws.shape == (4000,) and draws.dtype == "float64"
    assert stats.kstest(draws, reference(cls)(**parameters).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", DISCRETE)
def test_random_counts_follow_the_distribution(name):
    cls = ALL[name]
    parameters = {k: v[0] for k, v in typical(cls, 1, seed=8).items()}
    draws = dist(cls, **parameters).random(size=4000, rng=9)
    assert draws.shape == (4000,) and draws.dtype == "int64"
    ref = reference(cls)(**parameters)
    k = np.arange(draws.max() + 1)
    expected = 4000 * ref.pmf(k)
    keep = expected > 5
    seen = np.bincount(draws)[keep]
    chi2 = ((seen - expected[keep]) ** 2 / expected[keep]).sum()
    assert chi2 < stats.chi2(keep.sum()).isf(1e-4)


def test_random_vectors_follow_the_distribution():
    a = np.array([0.5, 2.0, 4.0])
    draws = pm.Dirichlet.dist(a).random(size=20000, rng=1)
    assert draws.shape == (20000, 3)
    np.testing.assert_allclose(draws.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(draws.mean(axis=0), a / a.sum(), atol=0.01)
    tiny = pm.Dirichlet.dist(np.full(4, 1e-3)).random(size=50, rng=2)
    assert np.isfinite(tiny).all()
    p = np.array([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    for kwargs in ({"p": p}, {"logit_p": np.log(p + 1e-300)}):
        draws = pm.Categorical.dist(**kwargs).random(size=20000, rng=1)
        seen = np.stack([(draws == k).mean(axis=0) for k in range(3)], axis=-1)
        np.testing.assert_allclose(seen, p, atol=0.015)


def test_a_seed_gives_the_same_numbers_and_parameters_broadcast():
    rv = pm.Normal.dist([0.0, 100.0], [[1.0], [2.0]])
    draws = rv.random(size=3, rng=4)
    assert draws.shape == (3, 2, 2)
    np.testing.assert_array_equal(draws, rv.random(size=3, rng=4))
    with pytest.raises(NotImplementedError, match="improper"):
        pm.Flat.dist().random()


def test_random_takes_values_of_the_variables_it_depends_on():
    with pm.Model():
        mu = pm.Normal("mu")
    rv = pm.Normal.dist(mu, 1e-9)
    assert rv.random(given={mu: 7.0}) == pytest.approx(7.0)
    drawn = rv.random(4, rng=1)
    assert drawn.shape == (4,) and len(set(drawn.round(3))) == 4  # with one of mu for each


# -- parametrisations ------------------------------------------------------------------------------

EQUAL = [
    (pm.Normal, {"mu": 1, "tau": 4}, {"mu": 1, "sigma": 0.5}, 0.3),
    (pm.Normal, {"mu": 1, "sd": 0.5}, {"mu": 1, "sigma": 0.5}, 0.3),
    (pm.HalfNormal, {"tau": 4}, {"sigma": 0.5}, 0.3),
    (pm.HalfNormal, {"sd": 2}, {"sigma": 2}, 0.3),
    (pm.LogNormal, {"mu": 1, "tau": 4}, {"mu": 1, "sigma": 0.5}, 0.3),
    (pm.StudentT, {"nu": 3, "lam": 4}, {"nu": 3, "sigma": 0.5}, 0.3),
    (pm.StudentT, {"nu": 3, "sd": 2}, {"nu": 3, "mu": 0, "sigma": 2}, 0.3),
    (pm.Exponential, {"scale": 4}, {"lam": 0.25}, 0.3),
    (pm.Gamma, {"mu": 3, "sigma": 2}, {"alpha": 9 / 4, "beta": 3 / 4}, 0.3),
    (pm.Gamma, {"mu": 3, "sd": 2}, {"alpha": 9 / 4, "beta": 3 / 4}, 0.3),
    (pm.InverseGamma, {"mu": 3, "sigma": 2}, {"alpha": 17 / 4, "beta": 39 / 4}, 0.3),
    (pm.Beta, {"mu": 0.25, "sigma": 0.25}, {"alpha": 0.5, "beta": 1.5}, 0.3),
    (pm.Beta, {"mu": 0.25, "nu": 8}, {"alpha": 2, "beta": 6}, 0.3),
    (pm.Bernoulli, {"logit_p": np.log(3)}, {"p": 0.75}, 1),
    (pm.Binomial, {"n": 5, "logit_p": np.log(3)}, {"n": 5, "p": 0.75}, 2),
    (pm.NegativeBinomial, {"n": 2, "p": 0.25}, {"mu": 6, "alpha": 2}, 3),
    (pm.HalfStudentT, {"nu": 3, "lam": 4}, {"nu": 3, "sigma": 0.5}, 0.3),
    (pm.AsymmetricLaplace, {"q": 0.8, "mu": 1, "b": 2}, {"kappa": 2, "mu": 1, "b": 2}, 0.3),
    (pm.SkewNormal, {"alpha": 2, "tau": 4}, {"alpha": 2, "mu": 0, "sigma": 0.5}, 0.3),
    (pm.LogitNormal, {"mu": 1, "tau": 4}, {"mu": 1, "sigma": 0.5}, 0.3),
    (pm.Wald, {"mu": 2, "phi": 3}, {"mu": 2, "lam": 6}, 0.3),
    (pm.Wald, {"lam": 6, "phi": 3}, {"mu": 2, "lam": 6}, 0.3),
    (pm.Wald, {"mu": 2}, {"mu": 2, "lam": 1, "alpha": 0}, 0.3),
    (pm.Rice, {"b": 2, "sigma": 3}, {"nu": 6, "sigma": 3}, 0.3),
    (
        pm.ZeroInflatedNegativeBinomial,
        {"psi": 0.3, "n": 2, "p": 0.25},
        {"psi": 0.3, "mu": 6, "alpha": 2},
        3,
    ),
    (
        pm.HurdleGamma,
        {"psi": 0.3, "mu": 3, "sigma": 2},
        {"psi": 0.3, "alpha": 9 / 4, "beta": 3 / 4},
        3,
    ),
    (pm.Categorical, {"logit_p": np.log([1, 2, 5])}, {"p": [0.125, 0.25, 0.625]}, 2),
]


@pytest.mark.parametrize(("cls", "one", "other", "x"), EQUAL, ids=lambda v: "")
def test_parametrisations_agree(cls, one, other, x):
    a, b = cls.dist(**one).logp(x), cls.dist(**other).logp(x)
    np.testing.assert_allclose(*evaluate([a, b], {}), rtol=1e-13)
    # the same for symbolic parameters
    symbols = {k: tt.tensor("float64", shape=np.shape(v), name=k) for k, v in one.items()}
    given = {symbols[k]: np.asarray(v, float) for k, v in one.items()}
    got = evaluate([cls.dist(**symbols).logp(x)], given)[0]
    np.testing.assert_allclose(got, evaluate([b], {})[0], rtol=1e-13)


LINKED = [
    (pm.Bernoulli, {}, {"p": tt.sigmoid}, [0, 1, 1]),
    (pm.Binomial, {"n": 4}, {"p": tt.sigmoid}, [0, 1, 4]),
    (pm.Poisson, {}, {"mu": tt.exp}, [0, 1, 9]),
]


@pytest.mark.parametrize(("cls", "fixed", "linked", "x"), LINKED, ids=lambda v: "")
def test_linked_parameters_use_the_formula_of_the_link(cls, fixed, linked, x):
    """The same values, and no loss where the parameter itself saturates."""
    ((name, link),) = linked.items()
    eta = tt.tensor("float64", shape=(3,), name="eta")
    value = tt.tensor("float64", shape=(3,), name=name)
    rv = cls.dist(**fixed, **{name: link(eta)})
    at = np.array([-1.0, 0.3, 2.0])
    given = {eta: at, value: link(at).eval()}
    got, want = evaluate([rv.logp(x), cls.dist(**fixed, **{name: value}).logp(x)], given)
    np.testing.assert_allclose(got, want, rtol=1e-13)
    slope = evaluate([grad(rv.logp(x).sum(), eta)], {eta: np.array([-800.0, -800.0, 300.0])})[0]
    assert np.isfinite(slope).all()
    assert repr(rv.distribution).endswith("f(eta))")


POSITIONAL = [
    (pm.Normal, (1, 2), {"mu": 1, "sigma": 2}),
    (pm.StudentT, (3, 1, 2), {"nu": 3, "mu": 1, "sigma": 2}),
    (pm.Gamma, (3, 2), {"alpha": 3, "beta": 2}),
    (pm.Exponential, (3,), {"lam": 3}),
    (pm.NegativeBinomial, (3, 2), {"mu": 3, "alpha": 2}),
    (pm.Binomial, (3, 0.5), {"n": 3, "p": 0.5}),
    (pm.Uniform, (0, 2), {"lower": 0, "upper": 2}),
    (pm.HalfCauchy, (2,), {"beta": 2}),
    (pm.InverseGamma, (2,), {"alpha": 2, "beta": 1}),
    (pm.Normal, (0, None, 4), {"mu": 0, "sigma": 0.5}),
]


@pytest.mark.parametrize(("cls", "args", "kwargs"), POSITIONAL, ids=lambda v: "")
def test_positional_arguments_are_in_pymcs_order(cls, args, kwargs):
    a, b = evaluate([cls.dist(*args).logp(1.0), cls.dist(**kwargs).logp(1.0)], {})
    assert a == b


# -- start values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(Distribution.registry) - COMPOSED))
def test_start_values_lie_in_the_support(name):
    cls = Distribution.registry[name]
    lkj = {"eta": 2, "n": 2, "sd_dist": pm.Exponential.dist(1.0), "compute_corr": False}
    special = {
        "Dirichlet": {"a": [1.0, 2.0]},
        "Categorical": {"p": [0.2, 0.8]},
        "MvNormal": {"cov": np.eye(2)},
        "MvStudentT": {"nu": 3.0, "scale": np.eye(2)},
        "LKJCholeskyCov": lkj,
        "Multinomial": {"n": 7, "p": [0.2, 0.5, 0.3]},
        "DirichletMultinomial": {"n": 7, "a": [1.0, 2.0, 3.0]},
        "OrderedLogistic": {"eta": [0.1, 0.7], "cutpoints": [-1.0, 0.5, 1.0]},
        "OrderedProbit": {"eta": [0.1, 0.7], "cutpoints": [-1.0, 0.5, 1.0]},
        "GaussianRandomWalk": {"init_dist": pm.Normal.dist(0, 1), "steps": 3},
        "Mixture": {"w": [0.3, 0.7], "comp_dists": pm.Normal.dist([0, 5], 1)},
        "NormalMixture": {"w": [0.3, 0.7], "mu": [0, 5], "sigma": 1},
    }
    parameters = special.get(name) or typical(cls, 5)
    rv = cls.dist(**parameters)
    start = rv.distribution.initial()
    value, density = evaluate([start, rv.logp(start)], {})
    assert value.shape == rv.type.shape
    assert np.isfinite(density).all()


def test_the_density_of_weibull_has_derivatives_at_zero():
    """With alpha = 1 it is -x / beta - log(beta), at the end of the support as well."""
    alpha, beta, x = tt.scalar("alpha"), tt.scalar("beta"), tt.scalar("x")
    density = pm.Weibull.dist(alpha, beta).logp(x)
    for z in (0.0, 0.6):
        found = evaluate([density, *grad(density, [beta, x])], {alpha: 1.0, beta: 2.0, x: z})
        want = [-z / 2 - np.log(2), z / 4 - 0.5, -0.5]
        np.testing.assert_allclose(found, want, rtol=1e-14)
