"""Multivariate normal, Student-t and LKJ: densities, gradients, random numbers, what is refused."""

import numpy as np
import pytest
from scipy import integrate, stats

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate
from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.lkj import log_normalizer

SIZES = (1, 2, 5)


def setting(n):
    """Mean, covariance, and the covariance in its three forms."""
    rng = np.random.default_rng(n)
    a = rng.normal(size=(n, n))
    cov = a @ a.T + 0.5 * np.eye(n)
    chol = np.linalg.cholesky(cov)
    forms = {"cov": cov, "tau": np.linalg.inv(cov), "chol": chol}
    return rng.normal(size=n), cov, forms


def check_density(model, point, tolerance=2e-6):
    """The compiled log density is the reference's, its gradient that of central differences."""
    f = model.logp_dlogp_function()
    value, slope = f(point)
    ends = np.cumsum([0, *(v.type.size for v in model.value_vars)])

    def reference(x):
        parts = zip(ends, ends[1:], model.value_vars, strict=False)
        given = {v: x[i:j].reshape(v.type.shape) for i, j, v in parts}
        return float(evaluate([graph], given)[0])

    graph = model.logp()
    assert value == pytest.approx(reference(point), rel=1e-11)
    h = 1e-5
    for i in range(f.dim):
        step = h * np.eye(f.dim)[i]
        numerical = (reference(point + step) - reference(point - step)) / (2 * h)
        assert slope[i] == pytest.approx(numerical, rel=tolerance, abs=tolerance * 10)


# -- multivariate normal and Student-t -------------------------------------------------------------


@pytest.mark.parametrize("form", ["cov", "tau", "chol"])
@pytest.mark.parametrize("n", SIZES)
def test_logp_is_that_of_scipy(n, form):
    mu, cov, forms = setting(n)
    rng = np.random.default_rng(1)
    for lead in ((), (4,), (2, 3)):
        x = rng.normal(size=(*lead, n))
        found = pm.MvNormal.dist(mu, **{form: forms[form]}).logp(x).eval()
        want = stats.multivariate_normal(mu, cov).logpdf(x).reshape(lead)
        np.testing.assert_allclose(found, want, rtol=1e-10)
        t_form = {"scale" if form == "cov" else form: forms[form]}
        found = pm.MvStudentT.dist(4.5, mu, **t_form).logp(x).eval()
        want = stats.multivariate_t(mu, cov, df=4.5).logpdf(x).reshape(lead)
        np.testing.assert_allclose(found, want, rtol=1e-10)


@pytest.mark.parametrize("form", ["cov", "tau", "chol"])
@pytest.mark.parametrize("rows", [None, 3])
def test_models_of_vectors(form, rows):
    n = 3
    mu, cov, forms = setting(n)
    data = np.random.default_rng(2).normal(size=(n,) if rows is None else (rows, n))
    with pm.Model() as model:
        shift = pm.Normal("shift", 0, 1, shape=n)
        scale = pm.HalfNormal("scale", 1)
        power = {"cov": 2, "tau": -2, "chol": 1}[form]
        pm.MvNormal("y", mu + shift, **{form: forms[form] * scale**power}, observed=data)
    point = np.array([0.1, -0.2, 0.3, 0.4])
    s = np.exp(0.4)
    want = stats.multivariate_normal(mu + point[:3], cov * s**2).logpdf(data).sum()
    want += stats.norm.logpdf(point[:3]).sum() + stats.halfnorm.logpdf(s) + 0.4
    assert model.logp_dlogp_function()(point)[0] == pytest.approx(want, rel=1e-12)
    check_density(model, point)


@pytest.mark.parametrize("form", ["scale", "tau", "chol"])
def test_models_of_heavy_tailed_vectors(form):
    mu, _, forms = setting(2)
    matrix = forms["cov" if form == "scale" else form]
    with pm.Model() as model:
        nu = pm.Gamma("nu", 2, 0.1)
        s = pm.HalfNormal("s", 1)
        pm.MvStudentT("y", nu=nu, mu=mu, **{form: matrix * s}, observed=np.ones((4, 2)))
    check_density(model, np.array([1.2, 0.3]))


def test_free_vectors_and_means_per_row():
    _, cov, _ = setting(2)
    means = np.arange(6.0).reshape(3, 2)
    with pm.Model() as model:
        a = pm.MvNormal("a", cov=cov)
        b = pm.MvNormal("b", mu=means, chol=np.linalg.cholesky(cov))
        c = pm.MvNormal("c", mu=a, tau=np.linalg.inv(cov), shape=(4, 2))
    assert [v.type.shape for v in (a, b, c)] == [(2,), (3, 2), (4, 2)]
    check_density(model, np.random.default_rng(3).normal(size=16))
    start = model.initial_point()
    np.testing.assert_array_equal(start["b"], means)
    np.testing.assert_array_equal(start["c"], np.zeros((4, 2)))


def test_the_upper_factor():
    mu, cov, forms = setting(3)
    x = np.ones(3)
    found = pm.MvNormal.dist(mu, chol=forms["chol"].T, lower=False).logp(x).eval()
    assert found == pytest.approx(stats.multivariate_normal(mu, cov).logpdf(x))


def test_a_covariance_that_is_not_positive_definite():
    with pm.Model() as model:
        s = pm.Normal("s", 0, 1)
        pm.MvNormal("y", cov=s * np.eye(2), observed=[[1.0, 2.0], [0.5, 1.0]])
    f = model.logp_dlogp_function()
    value, slope = f(np.array([-1.0]))
    assert value == -np.inf and np.isnan(slope).all()
    assert np.isfinite(f(np.array([1.0]))[0])
    assert model.compile_logp()({"s": -1.0}) == -np.inf
    for make in (
        lambda s: pm.MvNormal.dist(cov=s * np.eye(2)),
        lambda s: pm.MvNormal.dist(tau=s * np.eye(2)),
        lambda s: pm.MvNormal.dist(chol=s * np.eye(2)),
        lambda s: pm.MvStudentT.dist(3.0, scale=s * np.eye(2)),
    ):
        s = tt.scalar("s")
        density = make(s).logp(np.ones((3, 2)))
        np.testing.assert_array_equal(density.eval({s: -1.0}), -np.inf)
        assert np.isfinite(density.eval({s: 1.0})).all()


def test_random_vectors_have_the_moments():
    mu, cov, forms = setting(2)
    for kwargs in ({"cov": cov}, {"tau": forms["tau"]}, {"chol": forms["chol"]}):
        draws = pm.MvNormal.dist(mu, **kwargs).random(50_000, rng=1)
        np.testing.assert_allclose(draws.mean(0), mu, atol=0.03)
        np.testing.assert_allclose(np.cov(draws.T), cov, atol=0.03 * cov.max())
        t_kwargs = {"scale" if k == "cov" else k: v for k, v in kwargs.items()}
        draws = pm.MvStudentT.dist(9.0, mu, **t_kwargs).random(50_000, rng=1)
        np.testing.assert_allclose(np.cov(draws.T), cov * 9 / 7, atol=0.06 * cov.max())
    assert pm.MvNormal.dist(np.zeros((3, 2)), cov=cov).random(4, rng=0).shape == (4, 3, 2)


REFUSED = [
    (lambda: pm.MvNormal.dist(cov=-np.eye(2)), ValueError, "symmetric positive definite matrix"),
    (lambda: pm.MvNormal.dist(cov=[[1, 2], [0, 9]]), ValueError, "must be a symmetric positive"),
    (lambda: pm.MvNormal.dist(cov=[1.0, 2.0]), ValueError, "cov must be one square matrix"),
    (lambda: pm.MvNormal.dist(cov=np.ones((2, 3))), ValueError, "cov must be one square matrix"),
    (lambda: pm.MvNormal.dist(chol=np.zeros((2, 2))), ValueError, "a positive diagonal"),
    (lambda: pm.MvNormal.dist(mu=np.zeros(3), cov=np.eye(2)), ValueError, "do not fit: mu"),
    (lambda: pm.MvNormal.dist(mu=np.zeros(3)), TypeError, r"takes \(mu, cov\) or \(mu, tau\)"),
    (lambda: pm.MvNormal.dist(cov=tt.matrix("k")), ValueError, "the shape of parameter cov"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_refusals(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        make().random()


# -- LKJ -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eta", [0.7, 1.0, 2.5])
def test_the_normalizer_of_two_and_three_rows(eta):
    def value(n):
        return float(log_normalizer(tt, tt.constant(eta), n).eval())

    # det = 1 - r**2, by r = sin(t)
    total, _ = integrate.quad(lambda t: np.cos(t) ** (2 * eta - 1), -np.pi / 2, np.pi / 2)
    assert value(2) == pytest.approx(-np.log(total), rel=1e-8)
    # n = 3 by partial correlations, which are independent: det = (1-a^2)(1-b^2)(1-c^2), and the
    # Jacobian from the third correlation to its partial one is sqrt((1-a^2)(1-b^2))
    outer, _ = integrate.quad(lambda t: np.cos(t) ** (2 * eta), -np.pi / 2, np.pi / 2)
    assert value(3) == pytest.approx(-np.log(outer**2 * total), rel=1e-8)
    assert value(1) == 0.0


def packed_density(n, eta, sd):
    """The density of the packed factor as a compiled function of one vector."""
    rv = pm.LKJCholeskyCov.dist(eta=eta, n=n, sd_dist=sd, compute_corr=False)
    v = tt.tensor("float64", rv.type.shape, "v")
    return graphcore.function([v], rv.logp(v))


def nodes(low, high, count):
    x, w = np.polynomial.legendre.leggauss(count)
    return (high - low) / 2 * (x + 1) + low, (high - low) / 2 * w


def test_two_rows_integrate_to_the_density_of_the_first_deviation():
    sd = pm.HalfNormal.dist(0.8)
    f = packed_density(2, 1.7, sd)
    s, ws = nodes(0, 8, 80)
    t, wt = nodes(-np.pi / 2, np.pi / 2, 40)
    for a in (0.3, 1.2):  # the second row is s (sin t, cos t), with volume element s
        row = [np.exp(f([a, x * np.sin(u), x * np.cos(u)])) * x for x in s for u in t]
        total = (np.reshape(row, (80, 40)) * ws[:, None] * wt).sum()
        assert total == pytest.approx(stats.halfnorm(scale=0.8).pdf(a), rel=1e-6)


def test_three_rows_integrate_to_two_rows_with_another_eta():
    """The upper left part of an LKJ matrix is LKJ itself, with eta + 1/2 for each row left out."""
    sd, eta = pm.HalfNormal.dist(0.8), 1.3
    two, three = packed_density(2, eta + 0.5, sd), packed_density(3, eta, sd)
    first = [0.7, -0.2, 0.5]
    s, ws = nodes(0, 6, 24)
    t, wt = nodes(-np.pi, np.pi, 16)
    p, wp = nodes(0, np.pi / 2, 24)
    total = 0.0
    for r, wr in zip(s, ws, strict=True):
        for q, wq in zip(p, wp, strict=True):
            rows = [(r * np.sin(q) * np.cos(u), r * np.sin(q) * np.sin(u)) for u in t]
            at = [np.exp(three([*first, x, y, r * np.cos(q)])) for x, y in rows]
            total += (np.array(at) * wt).sum() * wr * wq * r**2 * np.sin(q)
    assert total == pytest.approx(np.exp(two(first)), rel=1e-3)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_models_with_a_covariance_prior(n):
    rng = np.random.default_rng(n)
    with pm.Model() as model:
        eta = pm.Gamma("eta", 2, 1)
        lam = pm.HalfNormal("lam", 1)
        chol, corr, stds = pm.LKJCholeskyCov("chol", eta, n, sd_dist=pm.Exponential.dist(lam))
        pm.MvNormal("y", chol=chol, observed=rng.normal(size=(6, n)))
    names = ["eta_log__", "lam_log__", "chol_cholesky-cov-packed__"]
    assert [v.name for v in model.value_vars] == names
    assert [v.name for v in model.deterministics] == ["chol_corr", "chol_stds"]
    assert (chol.type.shape, corr.type.shape, stds.type.shape) == ((n, n), (n, n), (n,))
    size = 2 + n * (n + 1) // 2
    check_density(model, 0.5 * rng.normal(size=size))
    start = model.initial_point()["chol_cholesky-cov-packed__"]
    np.testing.assert_array_equal(start, np.zeros(size - 2))


def test_the_matrices_belong_together():
    chol, corr, stds = pm.LKJCholeskyCov.dist(2.0, 3, pm.Exponential.dist(1.0, shape=3))
    packed = next(v for v in inputs_of([chol]) if v.type.shape == (6,))
    x = np.array([0.5, -0.2, 0.7, 0.1, 0.3, 2.0])
    c, r, s = (v.eval({packed: x}) for v in (chol, corr, stds))
    full = np.zeros((3, 3))
    full[np.tril_indices(3)] = x
    np.testing.assert_array_equal(c, full)
    cov = full @ full.T
    np.testing.assert_allclose(s, np.sqrt(np.diag(cov)), rtol=1e-14)
    np.testing.assert_allclose(r, cov / np.outer(s, s), rtol=1e-14)


def test_random_factors():
    eta, n = 1.5, 3
    rv = pm.LKJCholeskyCov.dist(eta, n, pm.Exponential.dist(2.0), compute_corr=False)
    draws = rv.random(20_000, rng=4)
    assert draws.shape == (20_000, 6)
    factor = np.zeros((len(draws), n, n))
    factor[(..., *np.tril_indices(n))] = draws
    cov = factor @ factor.transpose(0, 2, 1)
    stds = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    np.testing.assert_allclose(stds.mean(0), 0.5, atol=0.02)
    # a correlation is 2 B - 1 with B ~ Beta(b, b), b = eta - 1 + n / 2
    b = eta - 1 + n / 2
    for i, j in ((1, 0), (2, 0), (2, 1)):
        r = cov[:, i, j] / (stds[:, i] * stds[:, j])
        assert stats.kstest((r + 1) / 2, stats.beta(b, b).cdf).pvalue > 1e-3
    assert rv.random(rng=0).shape == (6,)


def test_packed_triangles():
    x = np.arange(1.0, 7.0)
    np.testing.assert_array_equal(
        pm.expand_packed_triangular(3, x, lower=False).eval(), [[1, 2, 3], [0, 4, 5], [0, 0, 6]]
    )
    np.testing.assert_array_equal(
        pm.expand_packed_triangular(3, x, diagonal_only=True).eval(), [1, 3, 6]
    )
    with pytest.raises(ValueError, match="a triangle of 4 rows has 10 elements, not 6"):
        pm.expand_packed_triangular(4, x)


LKJ_REFUSED = [
    ({"n": 0, "sd_dist": pm.Exponential.dist(1.0)}, ValueError, "positive whole number"),
    ({"n": 2, "sd_dist": 1.0}, TypeError, r"made with .dist\(\), such as"),
    ({"n": 2, "sd_dist": pm.Exponential.dist(1.0, shape=3)}, ValueError, r"or have shape \(2,\)"),
    ({"n": 2, "sd_dist": pm.Exponential.dist(1.0), "eta": -1.0}, ValueError, "eta must be"),
]


@pytest.mark.parametrize(("kwargs", "error", "message"), LKJ_REFUSED, ids=lambda v: "")
def test_lkj_refusals(kwargs, error, message):
    with pm.Model(), pytest.raises(error, match=message):
        pm.LKJCholeskyCov("chol", **{"eta": 2.0, **kwargs})


def batch_of_covariances():
    rng = np.random.default_rng(8)
    a = rng.normal(size=(3, 2, 2))
    return a @ np.swapaxes(a, 1, 2) + np.eye(2), rng.normal(size=(3, 2)), rng.normal(size=(5, 3, 2))


@pytest.mark.parametrize(
    ("key", "given"),
    [("cov", lambda c: c), ("tau", np.linalg.inv), ("chol", np.linalg.cholesky)],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_covariance_for_every_row(key, given):
    cov, mu, x = batch_of_covariances()
    d = pm.MvNormal.dist(mu=mu, **{key: given(cov)}, shape=(4000, 3, 2))
    wanted = np.stack(
        [stats.multivariate_normal(mu[i], cov[i]).logpdf(x[:, i]) for i in range(3)], axis=1
    )
    one = pm.MvNormal.dist(mu=mu, **{key: given(cov)})
    np.testing.assert_allclose(pm.logp(one, x).eval(), wanted, rtol=1e-13)
    np.testing.assert_allclose(
        one.distribution.moment("variance").eval(), np.diagonal(cov, axis1=1, axis2=2), rtol=1e-13
    )
    draws = pm.draw(d, random_seed=3)
    for i in range(3):  # mean and covariance by whitening
        z = np.linalg.solve(np.linalg.cholesky(cov[i]), (draws[:, i] - mu[i]).T)
        assert np.abs(z.mean(axis=1)).max() < 4.5 / np.sqrt(4000)
        assert np.abs(np.cov(z) - np.eye(2)).max() < 4.5 * np.sqrt(2 / 4000)
    t = pm.MvStudentT.dist(
        nu=[3.0, 4.0, 5.0], mu=mu, **{"scale" if key == "cov" else key: given(cov)}
    )
    wanted = [stats.multivariate_t(mu[i], cov[i], df=3 + i).logpdf(x[:, i]) for i in range(3)]
    np.testing.assert_allclose(pm.logp(t, x).eval(), np.stack(wanted, axis=1), rtol=1e-13)


def test_covariances_of_several_rows_have_gradients_and_are_checked():
    cov, mu, x = batch_of_covariances()
    with pm.Model() as model:
        s = pm.Flat("s", shape=3)
        pm.MvNormal("y", mu, cov=pm.math.exp(s)[:, None, None] * cov, observed=x)
    at = np.array([0.1, -0.2, 0.3])
    # y' (c e^s)^-1 y has the derivative -itself, the log determinant 2.
    y = x - mu
    square = np.einsum("kij,nki,nkj->k", np.linalg.inv(cov), y, y) / np.exp(at)
    np.testing.assert_allclose(model.compile_dlogp()({"s": at}), 0.5 * square - 5, rtol=1e-12)
    bad = cov.copy()
    bad[1] = -bad[1]
    with pm.Model(), pytest.raises(ValueError, match=r"(?s)cov must be a symmetric.*at index 1"):
        pm.MvNormal("y", mu, cov=bad)
    with pm.Model(), pytest.raises(ValueError, match=r"(?s)triangular matrix.*at index 1"):
        pm.MvNormal("y", mu, chol=np.sign(bad) * np.eye(2))
