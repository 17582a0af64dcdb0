"""The compiled log density of models against the reference evaluator, term by term."""

import numpy as np
import pytest
from distribution_references import COMPOSED, reference

import graphcore.model as pm
import graphcore.model.distributions.transforms as tr
import graphcore.tensor as tt
from graphcore import evaluate
from graphcore.model.distributions.base import Distribution

RNG = np.random.default_rng(20)
N = 300  # more than one block of a program
X = RNG.normal(size=(N, 3))
GROUP = RNG.integers(0, 5, N)
Y = RNG.normal(size=N)
COUNT = RNG.poisson(3.0, N)
BINARY = RNG.integers(0, 2, N)
CATEGORY = RNG.integers(0, 3, N)


def agree(model, seed=0, scale=0.4):
    """Program = sum of the elements by NumPy; gradient = the graph's, and finite differences."""
    f = model.logp_dlogp_function()
    x = scale * np.random.default_rng(seed).normal(size=f.dim)

    def given(x):
        found, n = {}, 0
        for v in model.value_vars:
            found[v] = x[n : n + v.type.size].reshape(v.type.shape)
            n += v.type.size
        return found

    terms = evaluate(model.logp(sum=False), given(x))
    value, slope = f(x)
    size = sum(np.abs(t).sum() for t in terms)
    assert abs(value - sum(t.sum() for t in terms)) <= 1e-13 * size
    (want,) = evaluate([model.dlogp()], given(x))
    np.testing.assert_allclose(slope, want, rtol=1e-10, atol=1e-11 * np.abs(want).max())
    h = 1e-6
    for i in RNG.permutation(f.dim)[:6]:
        step = h * np.eye(f.dim)[i]
        near = (f(x + step)[0] - f(x - step)[0]) / (2 * h)
        assert slope[i] == pytest.approx(near, rel=1e-5, abs=1e-8 * size)
    return f


def free_parameters(cls):
    """A free variable per parameter, inside of its typical range."""
    found = {}
    for name, p in cls.params.items():
        low, high = p.typical
        whole = p.constraint.discrete
        found[name] = np.full(N, high) if whole else pm.Uniform(name, low, high)
    return found


WITHOUT_DENSITY = {"Flat", "HalfFlat", "DiracDelta", "HurdleGamma", "HurdleLogNormal"}
SCALAR = sorted(
    name
    for name, cls in Distribution.registry.items()
    if not (cls.ndim or any(p.ndim for p in cls.params.values()))
    and name not in WITHOUT_DENSITY | COMPOSED
)
DISCRETE = {
    name
    for name in SCALAR
    if Distribution.registry[name]
    .dist(**{k: p.typical[0] for k, p in Distribution.registry[name].params.items()})
    .dtype
    == "int64"
}
NOTHING_FREE = {
    name
    for name in SCALAR
    if all(p.constraint.discrete for p in Distribution.registry[name].params.values())
}


@pytest.mark.parametrize("name", sorted(set(SCALAR) - NOTHING_FREE))
@pytest.mark.parametrize("batched", [False, True], ids=["scalars", "vectors"])
def test_every_likelihood(name, batched):
    cls = Distribution.registry[name]
    with pm.Model() as model:
        parameters = free_parameters(cls)
        at = {k: float(np.mean(p.typical)) for k, p in cls.params.items()}
        at = {
            k: np.full(N, int(v)) if cls.params[k].constraint.discrete else v for k, v in at.items()
        }
        at = {k: np.broadcast_to(v, N) for k, v in at.items()}
        data = reference(cls)(**at).rvs(random_state=3)
        if batched:
            wiggle = np.linspace(0.95, 1.0, N)
            parameters = {
                k: v * wiggle if not isinstance(v, np.ndarray) else v for k, v in parameters.items()
            }
        if name == "Uniform":
            parameters["lower"] = parameters["lower"] - 10
            parameters["upper"] = parameters["upper"] + 10
        cls("y", **parameters, observed=data)
    agree(model)


@pytest.mark.parametrize("name", sorted(set(SCALAR) - DISCRETE))
def test_every_prior(name):
    cls = Distribution.registry[name]
    with pm.Model() as model:
        pm.Normal("other", 0, 1)
        cls("one", **{k: float(np.mean(p.typical)) for k, p in cls.params.items()})
        cls("many", **{k: np.linspace(*p.typical, 7) for k, p in cls.params.items()})
    agree(model)


def regression():
    beta = pm.Normal("beta", 0, 1, shape=3)
    return pm.math.dot(X, beta)


def crossed(levels):
    """Intercepts of factors that are not nested: their indicators depend on each other."""
    rng = np.random.default_rng(5)
    mean = pm.Normal("mean", 0, 5)
    for i, n in enumerate(levels):
        mean = mean + pm.Normal(f"z{i}", 0, 1, shape=n)[rng.integers(0, n, N)]
    return mean


MODELS = {
    "two factors": lambda: pm.Normal("y", crossed([5, 4]), pm.HalfNormal("sd", 1), observed=Y),
    "three factors": lambda: pm.Normal("y", crossed([6, 5, 4]), pm.HalfNormal("sd"), observed=Y),
    "normal mixture": lambda: pm.NormalMixture(
        "y", pm.Dirichlet("w", np.ones(3)), pm.Normal("mu", 0, 5, shape=3),
        pm.HalfNormal("sd", 2, shape=3), observed=Y,
    ),
    "mixture of a list": lambda: pm.Mixture(
        "y", pm.Dirichlet("w", np.ones(2)),
        [pm.Normal.dist(pm.Normal("mu"), 1), pm.StudentT.dist(3, 0, pm.HalfNormal("sd"))],
        observed=Y,
    ),
    "survival": lambda: pm.Censored(
        "y", pm.Weibull.dist(pm.HalfNormal("alpha"), pm.math.exp(regression())), None, 1.5,
        observed=np.minimum(np.abs(Y), 1.5),
    ),
    "ordinal": lambda: pm.OrderedLogistic(
        "y", regression(), np.array([-1.0, 0.5]), compute_p=False, observed=CATEGORY
    ),
    "zero-inflated": lambda: pm.ZeroInflatedPoisson(
        "y", pm.Beta("psi", 1, 1), pm.math.exp(regression()), observed=COUNT
    ),
    "beta regression": lambda: pm.Beta(
        "y", mu=pm.math.sigmoid(regression()), nu=pm.Gamma("nu", 2, 0.1),
        observed=1 / (1 + np.exp(-Y)),
    ),
    "linear": lambda: pm.Normal("y", regression(), pm.HalfCauchy("sd", 2.5), observed=Y),
    "robust": lambda: pm.StudentT("y", pm.Gamma("nu", 2, 0.1), regression(), 2.0, observed=Y),
    "logistic": lambda: pm.Bernoulli("y", logit_p=regression(), observed=BINARY),
    "logistic by p": lambda: pm.Bernoulli("y", pm.math.sigmoid(regression()), observed=BINARY),
    "probit-like": lambda: pm.Bernoulli("y", 0.5 + 0.4 * tt.tanh(regression()), observed=BINARY),
    "binomial": lambda: pm.Binomial("y", 9, logit_p=regression(), observed=BINARY * 3),
    "poisson": lambda: pm.Poisson("y", pm.math.exp(regression()), observed=COUNT),
    "negative binomial": lambda: pm.NegativeBinomial(
        "y", pm.math.exp(regression()), pm.Exponential("alpha", 1), observed=COUNT
    ),
    "varying intercepts": lambda: pm.Normal(
        "y", (pm.Normal("m") + pm.HalfNormal("s") * pm.Normal("z", shape=5))[GROUP], observed=Y
    ),
    "simplex": lambda: pm.Categorical("y", pm.Dirichlet("w", np.ones(3)), observed=CATEGORY),
    "rows of simplexes": lambda: pm.Categorical(
        "y", pm.Dirichlet("w", np.ones((5, 3)))[GROUP], observed=CATEGORY
    ),
    "softmax regression": lambda: pm.Categorical(
        "y", logit_p=pm.math.dot(X, pm.Normal("b", shape=(3, 3))), observed=CATEGORY
    ),
    "dirichlet data": lambda: pm.Dirichlet(
        "y", pm.HalfNormal("a", 3, shape=3), observed=RNG.dirichlet([1, 2, 3], 20)
    ),
    "ordered": lambda: pm.Normal(
        "y", pm.Normal("mu", 0, 5, shape=3, transform=tr.ordered, initval=[-1, 0, 1])[CATEGORY],
        observed=Y,
    ),
    "dependent bounds": lambda: pm.Uniform("y", -pm.Exponential("low", 1) - 9, 9, observed=Y),
    "potential": lambda: pm.Potential("f", tt.exp(-tt.sqr(pm.Flat("x", shape=4))).sum()),
}  # fmt: skip


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_models(make):
    with pm.Model() as model:
        make()
    agree(model)


def test_names_of_flat_elements():
    with pm.Model() as model:
        pm.Normal("mu")
        pm.HalfNormal("sd", shape=2)
        pm.Normal("z", shape=(2, 2))
    f = model.logp_dlogp_function()
    assert f.dim == 7
    assert f.names == [
        "mu", "sd_log__[0]", "sd_log__[1]", "z[0,0]", "z[0,1]", "z[1,0]", "z[1,1]",
    ]  # fmt: skip
