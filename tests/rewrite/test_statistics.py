"""Statistics instead of data: the same value and gradient, whatever the number of observations."""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from randomgraphs import assert_close, sensitivity

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.rewrite import rewrite, rule_names
from graphcore.runtime.flat import FlatFunction
from graphcore.runtime.reference import evaluate

RNG = np.random.default_rng(20)
N, G, K = 200, 7, 4
X = RNG.normal(size=(N, K))
x = RNG.normal(size=N)
w = RNG.uniform(0.5, 2.0, N)
g = RNG.permutation(np.r_[np.arange(G), RNG.integers(0, G - 1, N - G)])  # the last occurs once
h = RNG.integers(0, 5, N)
above = np.array([0, 1, 0, 1, 1, 0, 1])  # group of groups
y = X @ RNG.normal(size=K) + 3 + RNG.normal(size=N)
hits = RNG.integers(0, 2, N)
counts = RNG.poisson(2.0, N)

s, t, u = tt.scalar("s"), tt.scalar("t"), tt.scalar("u")
b = tt.tensor("float64", (K,), "b")
p, q = tt.tensor("float64", (G,), "p"), tt.tensor("float64", (G,), "q")
r = tt.tensor("float64", (5,), "r")
m = tt.tensor("float64", (G, 2), "m")
z = tt.tensor("float64", (2,), "z")
VARIABLES = [s, t, u, b, p, q, r, m, z]


def squares(v):
    return (v**2).sum()


SQUARES = {
    "number": squares(y - s),
    "number, scaled": squares((y - s) / t),
    "number from the other side": squares(2 * s - y + 1),
    "weights": (w * (y - s) ** 2).sum(),
    "standard errors": squares((y - s * x) / w),
    "straight line": squares(y - (s + t * x)),
    "curve": squares(y - s - t * x - u * x**2),
    "collinear": squares(y - s - t * x - u * (2 * x + 3)),
    "design": squares(y - tt.dot(X, b)),
    "design from the left": squares(tt.dot(b, X.T) - y),
    "design and numbers": squares(y - (s + tt.dot(X, b) + t * x)),
    "weighted design": squares((y - tt.dot(X, b)) / w),
    "scaled design": squares(y - s * tt.dot(X, b)),
    "deficient design": squares(y - tt.dot(np.c_[X[:, :3], X[:, 0]], b)),
    "intercepts": squares(y - p[g]),
    "slopes": squares(y - q[g] * x),
    "intercepts and slopes": squares(y - (p[g] + q[g] * x)),
    "functions of groups": squares(y - (tt.exp(p[g]) + s * q[g] * x)),
    "intercepts and a number": squares(y - (s + p[g])),
    "intercepts and a slope": squares(y - (p[g] + s * x)),
    "intercepts and a design": squares(y - (p[g] + tt.dot(X, b))),
    "weighted intercepts": (w * (y - p[g] - s * x) ** 2).sum(),
    "nested groups": squares(y - (p[g] + z[above[g]] + s)),
    "crossed groups": squares(y - (p[g] + r[h])),
    "rows of a matrix": squares(y - (m[g, 0] + m[g, 1] * x)),
    "columns of rows": squares(y - (m[g][:, 0] + m[g][:, 1] * x)),
    "scales of groups": squares((y - s) / p[g]),
    "means and scales of groups": squares((y - q[g]) / p[g]),
    "lines and scales of groups": (tt.exp(p[g]) * (y - q[g] - s * x) ** 2).sum(),
    "a mean per column": squares(y.reshape(40, 5) - r),
    "a mean per row": squares(y.reshape(5, 40) - r[:, None]),
}
SUMS = {
    "sum over groups": (y * p[g]).sum(),
    "unweighted": tt.exp(p[g]).sum(),
    "Poisson": (counts * p[g] - tt.exp(p[g])).sum(),
    "exponential": (tt.log(q[g] ** 2 + 1) - w * (q[g] ** 2 + 1)).sum(),
    "quotient": (y / (p[g] ** 2 + 1)).sum(),
    "data times predictors": (y * tt.dot(X, b)).sum(),
    "data times a sum": (y * (tt.dot(X, b) + s * x + p[g])).sum(),
    "Bernoulli, a number": tt.softplus((1 - 2 * hits) * s).sum(),
    "Bernoulli, groups": tt.softplus((1 - 2 * hits) * p[g]).sum(),
    "counts": tt.gammaln(counts + tt.exp(s)).sum(),
    "counts in groups": tt.gammaln(counts + tt.exp(p[h])).sum(),
    "two indices": tt.log(tt.exp(z[hits]) + tt.exp(r[h])).sum(),
    "equal rows of a design": tt.softplus(tt.dot(X[h], b) * (1 - 2 * hits)).sum(),
}
MIXED = {
    "part of a sum": (counts * tt.dot(X, b) - tt.exp(tt.dot(X, b))).sum(),
    "groups and more": (tt.exp(p[g]) * y - tt.softplus(p[g] + x)).sum(),
}
KEPT = {
    "a mean per row and column": squares(y.reshape(5, 40)[:, :7] - r[:, None] - p),
    "no fewer parameters": squares(y[:G] - p),
    "two unknown vectors": squares(y[:G] - p * q),
    "products of parameters": tt.softplus(p[g] * (r[h] - x)).sum(),
    "wide design": squares(y[:3] - tt.dot(X[:3], b)),
    "data with nan": squares(np.where(x > 2, np.nan, y) - s),
}


def functions(value):
    return [FlatFunction(VARIABLES, value, statistics=on) for on in (True, False)]


def points(f, n=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, f.dim))


@pytest.mark.parametrize("name", [*SQUARES, *SUMS, *MIXED])
def test_value_and_gradient_are_the_same(name):
    fast, slow = functions({**SQUARES, **SUMS, **MIXED}[name])
    assert fast.program.spec.notes
    assert not slow.program.spec.notes
    for at in points(slow):
        (a, da), (c, dc) = fast(at), slow(at)
        assert a == pytest.approx(c, rel=1e-12)
        np.testing.assert_allclose(da, dc, rtol=1e-12, atol=1e-12 * abs(dc).max())


@pytest.mark.parametrize("name", [*SQUARES, *SUMS])
def test_no_step_runs_over_the_observations(name):
    fast, slow = functions({**SQUARES, **SUMS}[name])
    assert longest(fast) < N // 2
    assert size(fast) < size(slow)


def longest(f):
    return max([getattr(step, "n", 0) for step in f.program.spec.steps])


def size(f):
    return sum(c.nbytes for c in f.program.spec.constants)


@pytest.mark.parametrize("name", KEPT)
def test_what_has_no_smaller_statistic_stays(name):
    fast, slow = functions(KEPT[name])
    assert not fast.program.spec.notes
    assert fast.disassembly() == slow.disassembly()


def test_off_by_default_except_in_flat_functions():
    trace = []
    rewrite(SQUARES["number"], trace=trace)
    assert "statistics" not in {step.stage for step in trace}
    rewrite(SQUARES["number"], trace=trace, statistics=True)
    assert "statistics" in {step.stage for step in trace}
    assert set(rule_names(optional=True)) > set(rule_names())


def regression(n):
    rng = np.random.default_rng(1)
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1, shape=3)
        sd = pm.HalfCauchy("sd", 1)
        pm.Normal("y", pm.math.dot(rng.normal(size=(n, 3)), beta), sd, observed=rng.normal(size=n))
    return model


def test_models_say_what_became_of_their_data():
    f = regression(500).logp_dlogp_function()
    text = "y (500 rows) enters through a 4x4 triangular factor"
    assert text in f.disassembly()
    assert text in f.explain()
    f = regression(500).logp_dlogp_function(statistics=False)
    assert "enters" not in f.disassembly() + f.explain()


def test_cost_does_not_grow_with_data():
    small, large = (regression(n).logp_dlogp_function() for n in (200, 20_000))

    def steps(f):
        return [line for line in f.disassembly().splitlines() if "enters" not in line]

    assert steps(small) == steps(large)


LIKELIHOODS = {
    "Normal": lambda a, v: pm.Normal("y", v, 2.0, observed=y),
    "sd per group": lambda a, v: pm.Normal("y", a, tt.exp(v), observed=y),
    "Bernoulli": lambda a, v: pm.Bernoulli("y", logit_p=v, observed=hits),
    "one Bernoulli": lambda a, v: pm.Bernoulli("y", logit_p=a, observed=hits),
    "Bernoulli by probability": lambda a, v: pm.Bernoulli("y", p=tt.sigmoid(v), observed=hits),
    "Binomial": lambda a, v: pm.Binomial("y", 20, tt.sigmoid(v), observed=counts),
    "Poisson": lambda a, v: pm.Poisson("y", tt.exp(v), observed=counts),
    "Exponential": lambda a, v: pm.Exponential("y", tt.exp(v), observed=w),
    "Gamma": lambda a, v: pm.Gamma("y", 2.0, tt.exp(v), observed=w),
    "NegativeBinomial": lambda a, v: pm.NegativeBinomial(
        "y", tt.exp(v), tt.exp(a), observed=counts
    ),
    "Geometric": lambda a, v: pm.Geometric("y", tt.sigmoid(v), observed=counts + 1),
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_likelihoods_with_indexed_parameters(name):
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        v = pm.Normal("v", a, 1, shape=G)
        LIKELIHOODS[name](a, v[g])
    fast, slow = (model.logp_dlogp_function(statistics=on) for on in (True, False))
    for at in points(fast):
        (a, da), (c, dc) = fast(at), slow(at)
        assert a == pytest.approx(c, rel=1e-12)
        np.testing.assert_allclose(da, dc, rtol=1e-11, atol=1e-12 * abs(dc).max())
    assert longest(fast) < N // 2


def random_sum(rng):
    """A sum over observations of a random expression of data and parameters, and its inputs."""
    n = int(rng.integers(20, 60))
    groups = rng.integers(0, 3, n), rng.integers(0, 4, n)
    a, c = tt.tensor("float64", (3,), "a"), tt.tensor("float64", (4,), "c")
    beta = tt.tensor("float64", (2,), "beta")
    data = [rng.normal(size=n), rng.integers(0, 2, n), rng.integers(0, 3, n) + 0.5]
    pool = [tt.constant(d) for d in data] + [a[groups[0]], c[groups[1]], s, t, tt.constant(2.0)]
    pool.append(tt.dot(np.round(rng.normal(size=(n, 2)), int(rng.integers(0, 3))), beta))
    unary = ["exp", "sqr", "neg", "softplus", "sigmoid", "tanh", "sin"]
    binary = ["add", "sub", "mul", "add", "sub", "mul", "maximum", "true_div"]
    for _ in range(int(rng.integers(3, 12))):
        i, j = rng.integers(0, len(pool), 2)
        if rng.random() < 0.4:
            pool.append(getattr(tt, rng.choice(unary))(pool[i]))
        else:
            pool.append(getattr(tt, rng.choice(binary))(pool[i], pool[j]))
    terms = [v for v in pool[-3:] if v.type.shape == (n,)] or [pool[0] * pool[3]]
    total = terms[0] * pool[int(rng.integers(0, len(pool)))]
    for v in terms[1:]:
        total = total + v if rng.random() < 0.5 else total - tt.sqr(v)
    inputs = [a, c, beta, s, t]
    return tt.sum(total), {v: rng.uniform(0.3, 2.0, v.type.shape) for v in inputs}


@pytest.mark.parametrize("seed", range(60))
def test_random_sums(seed):
    value, values = random_sum(np.random.default_rng(seed))
    new = rewrite([value], statistics=True)
    spread = sensitivity([value], values)
    assert_close(evaluate(new, values), evaluate([value], values), spread)


# -- edges -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["number, scaled", "straight line", "design", "intercepts"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e200])
def test_what_is_not_finite_stays_so(name, value):
    fast, slow = functions(SQUARES[name])
    for i in range(slow.dim):
        at = points(slow, 1)[0]
        at[i] = value
        assert np.isfinite(fast(at)[0]) == np.isfinite(slow(at)[0])


def test_standard_deviation_of_zero():
    model = regression(300)
    at = np.array([0.1, 0.2, 0.3, -1000.0])
    fast, slow = (model.logp_dlogp_function(statistics=on)(at) for on in (True, False))
    assert fast[0] == slow[0] == -np.inf


def test_parameters_that_no_observation_uses_have_no_gradient():
    f = FlatFunction([p], tt.log(p[np.array([1, 2] * 40)]).sum())
    value, slope = f(np.array([0.0, 1.0, 2.0, 0.0, -1.0, 0.0, np.inf]))
    assert value == pytest.approx(40 * np.log(2.0))
    np.testing.assert_allclose(slope, [0, 40, 20, 0, 0, 0, 0])


def test_negative_and_repeated_indices():
    index = np.array([-1, 0, -7, 6] * 20)
    fast, slow = functions((tt.exp(p[index]) + p[index] ** 2).sum())
    at = points(slow, 1)[0]
    np.testing.assert_allclose(fast(at)[1], slow(at)[1], rtol=1e-13)


# -- accuracy --------------------------------------------------------------------------------------

DATA = Path(__file__).parents[1] / "data"


def dataset(name):
    """Design and response."""
    if name == "kilpisjarvi":
        found = json.loads((DATA / "posteriordb" / name / "data.json").read_text())
        years = np.array(found["x"], float)
        return np.stack([np.ones(years.size), years], axis=1), np.array(found["y"], float)
    table = np.loadtxt(DATA / "nist" / f"{name}.csv", delimiter=",", skiprows=1)
    if name == "filip":
        return table[:, 1:] ** np.arange(11), table[:, 0]
    return np.c_[np.ones(len(table)), table[:, 1:]], table[:, 0]


def forms(design, response):
    """The residual sum of squares, written in two ways, as functions of the coefficients."""
    k = design.shape[1]
    beta = tt.tensor("float64", (k,), "beta")
    numbers = [tt.scalar(f"b{i}") for i in range(k)]
    mean = numbers[0] * design[:, 0]
    for c, column in zip(numbers[1:], design.T[1:], strict=True):
        mean = mean + c * column
    return [([beta], squares(response - tt.dot(design, beta))), (numbers, squares(response - mean))]


@pytest.mark.parametrize("name", ["kilpisjarvi", "longley", "filip"])
def test_ill_conditioned_designs_lose_nothing(name):
    """Errors around the best fit are at most a few times those of the sum over the data."""
    design, response = dataset(name)
    k = design.shape[1]
    with mp.workdps(50):
        a, v = mp.matrix(design.tolist()), mp.matrix(response.tolist())
        gram = a.T * a
        best = mp.lu_solve(gram, a.T * v)
        scale = mp.sqrt(squared(v - a * best) / len(response))
        factor = mp.cholesky(gram).T
        rng = np.random.default_rng(3)
        at = [best] + [
            best + mp.lu_solve(factor, mp.matrix((c * rng.normal(size=k)).tolist()) * scale)
            for c in (0.1, 1, 1, 1, 3)
        ]
        at = [np.array([float(c) for c in point]) for point in at]
        exact = [v - a * mp.matrix(point.tolist()) for point in at]
        for variables, value in forms(design, response):
            errors = []
            for on in (True, False):
                f = FlatFunction(variables, value, statistics=on)
                assert bool(f.program.spec.notes) == on
                errors.append([errors_of(f(x), a, left) for x, left in zip(at, exact, strict=True)])
            fast, slow = np.max(errors[0], axis=0), np.max(errors[1], axis=0)
            assert (fast <= 4 * slow + 1e-13).all()
            assert errors[0][0][0] < 1e-15  # at the best fit, much better


def squared(v):
    return sum(c * c for c in v)


def errors_of(found, design, left):
    """Relative errors of a sum of squares, and of its gradient in units of the largest possible."""
    value, slope = squared(left), -2 * (design.T * left)
    sizes = [mp.norm(design[:, i]) * mp.sqrt(value) for i in range(design.cols)]
    slopes = [abs(found[1][i] - slope[i]) / sizes[i] for i in range(design.cols)]
    return float(abs(found[0] - value) / value), float(max(slopes))


@pytest.mark.parametrize("name", ["longley", "filip"])
def test_certified_residual_sums_of_squares(name):
    certified = json.loads((DATA / "nist" / "certified.json").read_text())[name]
    for variables, value in forms(*dataset(name)):
        found = FlatFunction(variables, value)(np.array(certified["coefficients"]))[0]
        assert found == pytest.approx(certified["rss"], rel=1e-8)


def test_large_means_do_not_cancel():
    data = 1e9 + np.random.default_rng(4).normal(size=1000)
    f = FlatFunction([s], squares(data - s))
    for mean in (1e9, 1e9 + 0.5):
        with mp.workdps(40):
            exact = sum((mp.mpf(float(c)) - mean) ** 2 for c in data)
        assert f(np.array([mean]))[0] == pytest.approx(float(exact), rel=1e-14)


def test_groups_of_one_and_constant_predictors_are_exact():
    index = np.r_[0, np.repeat(1, 40), np.repeat(2, 40)]
    column = np.r_[2.0, np.full(40, 3.0), np.arange(40.0)]
    data = np.r_[5.0, RNG.normal(size=80)]
    a, c = tt.tensor("float64", (3,), "a"), tt.tensor("float64", (3,), "c")
    f, slow = (
        FlatFunction([a, c], squares(data - a[index] - c[index] * column), statistics=on)
        for on in (True, False)
    )
    assert f.program.spec.notes
    at = np.array([5 - 2 * 0.75, 0.1, 0.2, 0.75, 0.3, -0.1])
    assert f(at)[0] == pytest.approx(slow(at)[0], rel=1e-14)
    np.testing.assert_allclose(f(at)[1], slow(at)[1], rtol=1e-12, atol=1e-12)
