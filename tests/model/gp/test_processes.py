"""Processes against the formulas of Gaussian conditioning, and against each other."""

import numpy as np
import pytest
from scipy import stats

import graphcore.model as pm
import graphcore.tensor as tt
from graphcore import evaluate

gp, cov = pm.gp, pm.gp.cov
X = np.linspace(0, 2, 7)[:, None]
Y = np.sin(3 * X[:, 0]) + 0.1
NEW = np.array([[0.25], [1.0], [3.0]])
LS, AMPLITUDE, NOISE, SLOPE = 0.6, 1.3, 0.2, 0.4
JITTER = 1e-6


def kernel(x, z, ls=LS):
    return AMPLITUDE**2 * np.exp(-0.5 * ((x - z.T) / ls) ** 2)


def functions():
    return {
        "mean_func": gp.mean.Linear(SLOPE),
        "cov_func": AMPLITUDE**2 * cov.ExpQuad(1, ls=LS),
    }


def conditioned(noise, y=Y, total=kernel, part=kernel, part_mean=SLOPE):
    inverse = np.linalg.inv(total(X, X) + noise * np.eye(7))
    mu = part_mean * NEW[:, 0] + part(NEW, X) @ inverse @ (y - SLOPE * X[:, 0])
    return mu, part(NEW, NEW) - part(NEW, X) @ inverse @ part(X, NEW)


def moments(rv, given=()):
    """Mean and covariance of a multivariate normal variable."""
    parameters = rv.distribution.arguments
    found = evaluate([parameters["mu"], parameters["cov"]], dict(given))
    return found[0], found[1]


def test_marginal_likelihood():
    with pm.Model() as model:
        gp.Marginal(**functions()).marginal_likelihood("y", X, Y, sigma=NOISE)
    K = kernel(X, X) + (NOISE**2 + JITTER) * np.eye(7)
    want = stats.multivariate_normal(SLOPE * X[:, 0], K).logpdf(Y)
    assert float(model.compile_logp()({})) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("pred_noise", [False, True])
def test_marginal_predictions(pred_noise):
    with pm.Model():
        process = gp.Marginal(**functions())
        process.marginal_likelihood("y", X, Y, sigma=NOISE)
        f = process.conditional("f", NEW, pred_noise=pred_noise)
        mu, full = process.predict(NEW, pred_noise=pred_noise)
        _, diagonal = process.predict(NEW, pred_noise=pred_noise, diag=True)
    want, covariance = conditioned(NOISE**2 + JITTER)
    covariance += NOISE**2 * np.eye(3) * pred_noise
    np.testing.assert_allclose(mu, want, rtol=1e-10)
    np.testing.assert_allclose(full, covariance, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(diagonal, np.diag(covariance), rtol=1e-8, atol=1e-10)
    found = moments(f)
    np.testing.assert_allclose(found[0], want, rtol=1e-10)
    jitter = 0 if pred_noise else JITTER
    np.testing.assert_allclose(found[1], covariance + jitter * np.eye(3), rtol=1e-8, atol=1e-10)


def test_latent_values_and_their_conditional():
    with pm.Model() as model:
        process = gp.Latent(**functions())
        f = process.prior("f", X)
        conditional = process.conditional("new", NEW)
    v = np.linspace(-1, 1, 7)
    L = np.linalg.cholesky(kernel(X, X) + JITTER * np.eye(7))
    (rotated,) = model.free_RVs[:1]
    np.testing.assert_allclose(evaluate([f], {rotated: v})[0], SLOPE * X[:, 0] + L @ v, rtol=1e-10)
    mu, covariance = conditioned(JITTER, SLOPE * X[:, 0] + L @ v)
    found = moments(conditional, {rotated: v})
    np.testing.assert_allclose(found[0], mu, rtol=1e-6)
    np.testing.assert_allclose(found[1], covariance + JITTER * np.eye(3), rtol=1e-5, atol=1e-8)


def test_centred_and_rotated_priors_are_the_same():
    v = np.linspace(-1, 1, 7)
    with pm.Model() as rotated:
        f = gp.Latent(**functions()).prior("f", X)
    (values,) = evaluate([f], {rotated["f_rotated_"]: v})
    with pm.Model() as centred:
        gp.Latent(**functions()).prior("f", X, reparameterize=False)
    L = np.linalg.cholesky(kernel(X, X) + JITTER * np.eye(7))
    got = float(centred.compile_logp()({"f": values}))
    want = float(rotated.compile_logp()({"f_rotated_": v})) - np.log(np.diag(L)).sum()
    assert got == pytest.approx(want, rel=1e-9)


def test_several_outputs():
    with pm.Model() as model:
        f = gp.Latent(**functions()).prior("f", X, n_outputs=2)
    v = np.arange(14.0).reshape(2, 7)
    L = np.linalg.cholesky(kernel(X, X) + JITTER * np.eye(7))
    (got,) = evaluate([f], {model["f_rotated_"]: v})
    np.testing.assert_allclose(got, SLOPE * X[:, 0] + v @ L.T, rtol=1e-10)


def test_parts_of_a_sum():
    with pm.Model():
        first = gp.Marginal(**functions())
        second = gp.Marginal(cov_func=AMPLITUDE**2 * cov.ExpQuad(1, ls=0.1))
        total = first + second
        total.marginal_likelihood("y", X, Y, sigma=NOISE)
        given = {"X": X, "y": Y, "sigma": NOISE, "gp": total}
        mu, full = first.predict(NEW, given=given)
    both = conditioned(NOISE**2 + JITTER, total=lambda x, z: kernel(x, z) + kernel(x, z, 0.1))
    np.testing.assert_allclose(mu, both[0], rtol=1e-10)
    np.testing.assert_allclose(full, both[1], rtol=1e-8)


def test_prediction_at_a_point():
    with pm.Model() as model:
        sigma = pm.HalfNormal("sigma")
        process = gp.Marginal(cov_func=cov.ExpQuad(1, ls=LS))
        process.marginal_likelihood("y", X, Y, sigma=sigma)
    by_name, _ = process.predict(NEW, {"sigma": 0.3}, model=model)
    by_value, _ = process.predict(NEW, {"sigma_log__": np.log(0.3)}, model=model)
    np.testing.assert_allclose(by_name, by_value, rtol=1e-10)
    with pytest.raises(KeyError, match="no value for 'sigma'"):
        process.predict(NEW, {}, model=model)


@pytest.mark.parametrize("approx", ["DTC", "FITC", "VFE"])
def test_approximations_are_exact_with_all_points_as_inducing_points(approx):
    found = []
    for process, extra in ((gp.Marginal, {}), (gp.MarginalApprox, {"approx": approx})):
        with pm.Model() as model:
            f = process(**functions(), **extra)
            places = {"Xu": X} if extra else {}
            f.marginal_likelihood("y", X=X, y=Y, sigma=NOISE, jitter=1e-10, **places)
            logp = float(model.compile_logp()({}))
            predicted = [f.predict(NEW, jitter=1e-10, pred_noise=p) for p in (False, True)]
            var = f.predict(NEW, jitter=1e-10, diag=True)[1]
        found.append([logp, *predicted[0], *predicted[1], var])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_few_inducing_points():
    Xu = X[::3]
    with pm.Model() as model:
        process = gp.MarginalApprox("VFE", **functions())
        process.marginal_likelihood("y", X, Xu, Y, NOISE, jitter=0.0)
    Q = kernel(X, Xu) @ np.linalg.inv(kernel(Xu, Xu)) @ kernel(Xu, X)
    normal = stats.multivariate_normal(SLOPE * X[:, 0], Q + NOISE**2 * np.eye(7))
    want = normal.logpdf(Y) - 0.5 * np.trace(kernel(X, X) - Q) / NOISE**2
    assert float(model.compile_logp()({})) == pytest.approx(want, rel=1e-9)


def test_t_process():
    nu = 4.0
    with pm.Model() as model:
        process = gp.TP(mean_func=gp.mean.Linear(SLOPE), scale_func=functions()["cov_func"], nu=nu)
        f = process.prior("f", X, reparameterize=False)
        new = process.conditional("new", NEW)
    with pytest.raises(TypeError, match="cannot be added"):
        process + process
    mu, covariance = conditioned(JITTER)
    r = Y - SLOPE * X[:, 0]
    square = r @ np.linalg.inv(kernel(X, X) + JITTER * np.eye(7)) @ r
    parameters = new.distribution.arguments
    at = {f: Y}
    got = evaluate([parameters[k] for k in ("nu", "mu", "scale")], at)
    assert got[0] == nu + 7
    np.testing.assert_allclose(got[1], mu, rtol=1e-6)
    want = (nu + square) / (nu + 7) * (covariance + JITTER * np.eye(3))
    np.testing.assert_allclose(got[2], want, rtol=1e-5, atol=1e-8)
    scale = kernel(X, X) + JITTER * np.eye(7)
    want = stats.multivariate_t(SLOPE * X[:, 0], scale, df=nu).logpdf(Y)
    logp = pm.logp(f, tt.constant(Y)).eval()
    assert float(logp) == pytest.approx(want, rel=1e-9)
    assert [v.name for v in model.free_RVs] == ["f", "new"]


def test_a_grid_is_the_process_on_all_its_points():
    axes = [np.array([[0.0], [0.3], [1.1]]), np.array([[0.0], [0.5]])]
    parts = [cov.ExpQuad(1, ls=0.5), cov.Matern32(1, ls=0.8)]
    grid = pm.math.cartesian(*axes)
    new = np.array([[0.2, 0.1], [3.0, 0.4]])
    v = np.linspace(-1, 1, 6)
    found = []
    with pm.Model() as model:
        process = gp.LatentKron(cov_funcs=parts)
        f = process.prior("f", axes, jitter=0.0)
        conditional = process.conditional("new", new, jitter=0.0)
    at = {model["f_rotated_"]: v}
    found.append((evaluate([f], at)[0], *moments(conditional, at)))
    with pm.Model() as model:
        process = gp.Latent(cov_func=cov.Kron(parts))
        f = process.prior("f", grid, jitter=0.0)
        conditional = process.conditional("new", new, jitter=0.0)
    at = {model["f_rotated_"]: v}
    found.append((evaluate([f], at)[0], *moments(conditional, at)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_observations_on_a_grid():
    axes = [np.array([[0.0], [0.3], [1.1]]), np.array([[0.0], [0.5]])]
    parts = [cov.ExpQuad(1, ls=0.5), cov.Matern32(1, ls=0.8)]
    new, y = np.array([[0.2, 0.1], [3.0, 0.4]]), np.sin(np.arange(6.0))
    found = []
    for process, places in (
        (gp.MarginalKron(cov_funcs=parts), {"Xs": axes}),
        (gp.Marginal(cov_func=cov.Kron(parts)), {"X": pm.math.cartesian(*axes), "jitter": 0.0}),
    ):
        with pm.Model() as model:
            process.marginal_likelihood("y", **places, y=y, sigma=NOISE)
            predicted = process.predict(new, jitter=0.0)
        found.append([float(model.compile_logp()({})), *predicted])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    with pytest.raises(ValueError, match="1 inputs for 2 covariance"):
        gp.LatentKron(cov_funcs=parts).prior("f", axes[:1])
    with pytest.raises(ValueError, match="cov_funcs= is needed"):
        gp.LatentKron()


@pytest.mark.parametrize("kind", ["ExpQuad", "Matern32", "Matern52"])
def test_basis_functions_approximate_the_covariance(kind):
    function = 1.7 * getattr(cov, kind)(1, ls=0.6)
    with pm.Model():
        process = gp.HSGP(m=[300], c=3.0, cov_func=function)
        phi, sd = process.prior_linearized(X)
    phi, sd = evaluate([phi, sd], {})
    np.testing.assert_allclose((phi * sd**2) @ phi.T, function(X).eval(), atol=5e-4)


def test_two_dimensions_of_basis_functions():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, 2))
    function = cov.ExpQuad(2, ls=[0.8, 1.1])
    with pm.Model():
        phi, sd = gp.HSGP(m=[60, 60], c=4.0, cov_func=function).prior_linearized(points)
    phi, sd = evaluate([phi, sd], {})
    np.testing.assert_allclose((phi * sd**2) @ phi.T, function(points).eval(), atol=1e-5)


@pytest.mark.parametrize("parametrization", ["noncentered", "centered"])
def test_values_of_basis_functions(parametrization):
    with pm.Model() as model:
        options = {"parametrization": parametrization, "drop_first": True}
        process = gp.HSGP([5], L=[4.0], **options, **functions())
        f = process.prior("f", X)
        new = process.conditional("new", X[2:4])
        phi, sd = process.prior_linearized(X)
    beta = np.array([0.1, -1.0, 0.5, 2.0])
    phi, sd, f, new = evaluate([phi, sd, f, new], {model["f_hsgp_coeffs"]: beta})
    weights = beta if parametrization == "centered" else beta * sd
    np.testing.assert_allclose(f, SLOPE * X[:, 0] + phi @ weights)
    np.testing.assert_allclose(new, f[2:4])


HSGP_MISTAKES = [
    ({"m": [5]}, "needs one of L and c"),
    ({"m": [5], "c": 2.0, "L": [3.0]}, "needs one of L and c"),
    ({"m": [5, 5], "c": 2.0}, "m has 2 entries for 1 active"),
    ({"m": [5], "L": [3.0, 2.0]}, "L has 2 entries for 1 active"),
    ({"m": 5, "c": 2.0}, "list of positive integers"),
    ({"m": [5], "c": 0.5}, "more than 1"),
    ({"m": [5], "c": 2.0, "parametrization": "x"}, "is not known"),
]


@pytest.mark.parametrize(("arguments", "text"), HSGP_MISTAKES)
def test_basis_functions_that_cannot_be(arguments, text):
    with pytest.raises(ValueError, match=text):
        gp.HSGP(**arguments, cov_func=cov.ExpQuad(1, ls=1))


def test_use_before_definition():
    process = gp.Latent(cov_func=cov.ExpQuad(1, ls=1))
    with pm.Model(), pytest.raises(ValueError, match="X, f are not known yet"):
        process.conditional("f", X)
    with pm.Model(), pytest.raises(KeyError, match="given= needs all of X, f"):
        process.conditional("f", X, given={"X": X})
    with pytest.raises(TypeError, match="can only be added to another"):
        process + 3


def test_sampling_a_regression():
    with pm.Model():
        ls = pm.Gamma("ls", 9, 12)
        sigma = pm.LogNormal("sigma", -1, 0.5)
        process = gp.Marginal(cov_func=cov.Matern52(1, ls=ls))
        process.marginal_likelihood("y", X, Y, sigma=sigma)
        result = pm.sample(
            2000,
            random_seed=3,
            target_accept=0.95,
            progressbar=False,
            return_inferencedata=False,
        )
    assert 0.4 < result.posterior["ls"].mean() < 1.5


def test_inducing_points_are_in_the_data():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(i * 10, 0.1, size=(20, 2)) for i in range(3)])
    centers = gp.util.kmeans_inducing_points(3, points, rng=rng)
    np.testing.assert_allclose(np.sort(centers[:, 0]), [0, 10, 20], atol=0.2)


def test_harmonics_approximate_the_periodic_covariance():
    function = cov.Periodic(1, period=1.7, ls=0.4)
    with pm.Model() as model:
        process = gp.HSGPPeriodic(m=25, scale=1.3, cov_func=function)
        (cosines, sines), sd = process.prior_linearized(X)
        f = process.prior("f", X)
        new = process.conditional("new", X[2:4])
    beta = np.linspace(-1, 1, 49)
    at = {model["f_hsgp_coeffs_"]: beta}
    cosines, sines, sd, f, new = evaluate([cosines, sines, sd, f, new], at)
    found = (cosines * sd**2) @ cosines.T + (sines * sd**2) @ sines.T
    np.testing.assert_allclose(found, 1.3**2 * function(X).eval(), atol=1e-12)
    np.testing.assert_allclose(f, cosines @ (sd * beta[:25]) + sines[:, 1:] @ (sd[1:] * beta[25:]))
    np.testing.assert_allclose(new, f[2:4])
    with pytest.raises(ValueError, match="must be Periodic"):
        gp.HSGPPeriodic(m=3, cov_func=cov.ExpQuad(1, ls=1))
    with pytest.raises(ValueError, match="positive integer"):
        gp.HSGPPeriodic(m=0, cov_func=function)


@pytest.mark.parametrize("process", [gp.Marginal, gp.MarginalApprox])
def test_noise_of_each_point_says_nothing_about_others(process):
    with pm.Model():
        f = process(cov_func=gp.cov.ExpQuad(1, ls=0.3))
        inducing = {"Xu": X[:2]} if process is gp.MarginalApprox else {}
        sigma = np.linspace(0.1, 0.2, len(X))
        f.marginal_likelihood("y", X, y=np.ones(len(X)), sigma=sigma, **inducing)
        for act in (lambda: f.conditional("g", NEW, pred_noise=True),
                    lambda: f.predict(NEW, pred_noise=True, diag=True)):  # fmt: skip
            with pytest.raises(
                ValueError, match=rf"noise sigma has shape \({len(X)},\), but.* 3 p"
            ):
                act()
        assert f.predict(NEW)[0].shape == (3,)


@pytest.mark.parametrize("name", ["Marginal", "MarginalApprox"])
def test_noise_is_the_old_name_of_sigma(name):
    X = np.linspace(0, 1, 4)[:, None]
    y = np.sin(3 * X[:, 0])
    inducing = {"Xu": X[::2]} if name == "MarginalApprox" else {}
    totals = []
    for word in ("sigma", "noise"):
        with pm.Model() as model:
            gp = getattr(pm.gp, name)(cov_func=pm.gp.cov.ExpQuad(1, ls=0.5))
            gp.marginal_likelihood("y", X=X, y=y, **inducing, **{word: 0.1})
            totals.append(float(model.compile_logp()({})))
    assert totals[0] == totals[1]
    with pm.Model(), pytest.raises(TypeError, match="sigma and noise are the same"):
        gp.marginal_likelihood("y", X=X, y=y, **inducing, sigma=0.1, noise=0.1)


def test_sparse_processes_as_pymc3_makes_them():
    """Functions come first, and FITC is what is used unless something else is said."""
    x, cov = np.linspace(0, 1, 6)[:, None], pm.gp.cov.ExpQuad(1, ls=0.3)
    found = []
    for make in (
        lambda: pm.gp.MarginalSparse(pm.gp.mean.Zero(), cov),
        lambda: pm.gp.MarginalSparse(cov_func=cov, approx="FITC") + pm.gp.MarginalSparse(),
        lambda: pm.gp.MarginalApprox("FITC", cov_func=cov),
    ):
        with pm.Model() as model:
            scale = pm.HalfNormal("scale", 1)
            make().marginal_likelihood("y", X=x, Xu=x[::2], y=np.sin(5 * x[:, 0]), sigma=scale)
        found.append(float(model.compile_logp()({"scale_log__": -1.0})))
    assert found[0] == pytest.approx(found[2], rel=1e-12)
    assert found[1] == pytest.approx(found[2], rel=1e-12)
