"""Ordered categories and vectors of counts."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate, grad

CUTS = np.array([-1.5, 0.0, 0.2, 2.0])
ETA = np.array([-3.0, -0.4, 0.1, 1.0, 5.0])
ORDERED = {
    "logistic": (lambda eta, c: pm.OrderedLogistic.dist(eta, c), stats.logistic()),
    "probit": (lambda eta, c: pm.OrderedProbit.dist(eta, c), stats.norm()),
    "scaled": (lambda eta, c: pm.OrderedProbit.dist(eta, c, sigma=2.0), stats.norm(0, 2)),
}


def probabilities(noise, eta):
    upto = noise.cdf(np.r_[-np.inf, CUTS, np.inf] - eta)
    return np.diff(upto)


@pytest.mark.parametrize(("make", "noise"), ORDERED.values(), ids=ORDERED.keys())
def test_ordered_categories(make, noise):
    rv = make(ETA, CUTS)
    assert rv.type.shape == (5,) and rv.dtype == "int64"
    got = np.exp(rv.logp(np.arange(5)[:, None]).eval())
    want = np.stack([probabilities(noise, e) for e in ETA], axis=1)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-15)
    np.testing.assert_array_equal(rv.logp([-1, 5, 0.5, -1, 7]).eval(), -np.inf)
    draws = rv.random(size=20000, rng=1)
    seen = np.stack([(draws == k).mean(axis=0) for k in range(5)])
    np.testing.assert_allclose(seen, want, atol=0.015)


@pytest.mark.parametrize(("make", "noise"), ORDERED.values(), ids=ORDERED.keys())
def test_ordered_gradients_far_out_and_near(make, noise):
    eta, cuts = (tt.tensor("float64", shape=(n,), name=s) for n, s in ((5, "eta"), (4, "cuts")))
    x = np.array([0, 4, 2, 3, 1])
    total = make(eta, cuts).logp(x).sum()
    found = evaluate(grad(total, [eta, cuts]), {eta: ETA, cuts: CUTS})
    for v, at, slope in zip((eta, cuts), (ETA, CUTS), found, strict=True):
        for i in range(len(at)):
            near = []
            for h in (1e-6, -1e-6):
                point = {eta: ETA, cuts: CUTS, v: at + h * np.eye(len(at))[i]}
                near.append(evaluate([total], point)[0])
            assert slope[i] == pytest.approx((near[0] - near[1]) / 2e-6, rel=2e-6, abs=1e-7)
    far = np.array([300.0, -300, 20, -20, 30])
    value, slope = evaluate([total, grad(total, eta)], {eta: far, cuts: CUTS})
    assert np.isfinite(value) and np.isfinite(slope).all()


@pytest.mark.parametrize("cls", [pm.OrderedLogistic, pm.OrderedProbit])
def test_ordered_models_record_probabilities(cls):
    with pm.Model() as model:
        cuts = pm.Normal("cuts", 0, 2, shape=4, transform=pm.transforms.ordered, initval=CUTS)
        eta = pm.Normal("eta", 0, 1)
        cls("y", eta + np.linspace(-1, 1, 40), cuts, observed=np.arange(40) % 5)
        cls("z", eta, cuts, compute_p=False, observed=2)
    assert [v.name for v in model.deterministics] == ["y_probs"]
    p = model.compile_fn(model["y_probs"])(model.initial_point())
    assert p.shape == (40, 5)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-13)
    f = model.logp_dlogp_function()
    x = np.r_[-1.5, 0.4, -1.0, 0.3, 0.2]
    terms = model.point_logps({"cuts_ordered__": x[:4], "eta": x[4]}, None)
    value, slope = f(x)
    assert value == pytest.approx(sum(terms.values()), rel=1e-12)
    for i in range(5):
        step = 1e-6 * np.eye(5)[i]
        assert slope[i] == pytest.approx((f(x + step)[0] - f(x - step)[0]) / 2e-6, rel=1e-6)
    with pytest.raises(ValueError, match="cutpoints must be a vector of ascending numbers"):
        cls.dist(0.0, [1.0, 0.0]).random()


def test_multinomial():
    p = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    x = np.array([[1, 4, 2], [7, 0, 0]])
    rv = pm.Multinomial.dist(7, p)
    want = [stats.multinomial(7, row).logpmf(k) for row, k in zip(p, x, strict=True)]
    np.testing.assert_allclose(rv.logp(x).eval(), want, rtol=1e-12, atol=1e-13)
    bad = [[1, 4, 1], [-1, 4, 4], [1.5, 3.5, 2.0]]
    np.testing.assert_array_equal(pm.Multinomial.dist(7, p[0]).logp(bad).eval(), -np.inf)
    draws = rv.random(size=5000, rng=1)
    assert draws.shape == (5000, 2, 3) and (draws.sum(axis=-1) == 7).all()
    np.testing.assert_allclose(draws.mean(axis=0), 7 * p, atol=0.1)
    per_row = pm.Multinomial.dist([3, 4], p[0], shape=(2, 3))
    assert (per_row.random(rng=1).sum(axis=-1) == [3, 4]).all()
    with pytest.raises(ValueError, match="must be a vector of probabilities with sum 1"):
        pm.Multinomial.dist(3, [0.2, 0.3]).random()


def test_dirichlet_multinomial():
    a = np.array([0.5, 1.5, 3.0])
    rv = pm.DirichletMultinomial.dist(n=6, a=a)
    cells = np.array([(i, j, 6 - i - j) for i in range(7) for j in range(7 - i)])
    logp = rv.logp(cells).eval()
    assert np.exp(logp).sum() == pytest.approx(1, rel=1e-12)
    want = stats.dirichlet_multinomial(a, 6).logpmf(cells)
    np.testing.assert_allclose(logp, want, rtol=1e-11)
    draws = rv.random(size=5000, rng=1)
    np.testing.assert_allclose(draws.mean(axis=0), 6 * a / a.sum(), atol=0.1)


@pytest.mark.parametrize("make", [
    lambda w: pm.Multinomial("y", 7, w, observed=[[1, 4, 2], [3, 2, 2]]),
    lambda w: pm.DirichletMultinomial("y", 7, 3 * w, observed=[[1, 4, 2], [3, 2, 2]]),
])  # fmt: skip
def test_programs_of_vectors_of_counts(make):
    with pm.Model() as model:
        make(pm.Dirichlet("w", [1.0, 2.0, 3.0]))
    f = model.logp_dlogp_function()
    x = np.array([0.3, -0.2])
    value, slope = f(x)
    terms = model.point_logps({"w_simplex__": x}, None)
    assert value == pytest.approx(sum(terms.values()), rel=1e-12)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        assert slope[i] == pytest.approx((f(x + step)[0] - f(x - step)[0]) / 2e-6, rel=1e-6)


SEEN = np.array([[1, 0], [0, 0], [0, 1], [0, 0]])
HIDDEN = {  # counts whose probability a hidden count makes exactly 0 or 1
    "absent": lambda z, p: pm.Bernoulli("y", p=(z * p)[:, None], observed=SEEN),
    "certain": lambda z, p: pm.Bernoulli("y", p=1 - (z * p)[:, None], observed=1 - SEEN),
    "taken": lambda z, p: pm.Bernoulli("y", p=(z * p)[[0, 1, 2, 3]], observed=SEEN[:, 0]),
    "several": lambda z, p: pm.Binomial("y", 3, (z * p)[:, None], observed=2 * SEEN),
    "kinds": lambda z, p: pm.Categorical(
        "y", tt.stack([z * p, 1 - z * p], -1), observed=[0, 1] * 2
    ),
    "events": lambda z, p: pm.Poisson("y", (z * p)[:, None], observed=2 * SEEN),
}


@pytest.mark.parametrize("make", HIDDEN.values(), ids=HIDDEN.keys())
def test_probabilities_that_hidden_counts_make_exact_have_gradients(make):
    """Species are not seen where they are not: occupancy models."""
    with pm.Model() as model:
        p = pm.Uniform("p", 0, 1)
        z = pm.Bernoulli("z", 0.5, shape=4)
        make(z, p)
    point = {"p_interval__": 0.3, "z": [1, 0, 1, 0]}
    f = model.compile_logp()
    steps = [f({**point, "p_interval__": 0.3 + h}) for h in (1e-5, -1e-5)]
    slope = (steps[0] - steps[1]) / 2e-5
    np.testing.assert_allclose(model.compile_dlogp()(point), [slope], rtol=1e-8, atol=1e-9)
    density = model.logp_dlogp_function()
    density.set_extra_values(point)
    np.testing.assert_allclose(density([0.3])[1], [slope], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["Poisson", "NegativeBinomial", "HurdlePoisson"])
def test_means_that_counts_cannot_hold(name):
    given = {"alpha": 2.0} if name == "NegativeBinomial" else {}
    given |= {"psi": 0.9} if name == "HurdlePoisson" else {}
    draws = pm.draw(getattr(pm, name).dist(mu=1e300, **given), 20, random_seed=1)
    assert draws.dtype == "int64" and draws.min() >= 0 and np.median(draws) > 1e18
