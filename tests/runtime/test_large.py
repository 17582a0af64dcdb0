"""Large data: referenced, not copied; element types kept; data in files streamed."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.graph.large import DERIVED, REFERENCED, any_nan, is_mapped, pieces
from graphcore.runtime.reference import evaluate

rng = np.random.default_rng(5)


def density(X, y, **options):
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1, shape=X.shape[1])
        pm.Bernoulli("y", logit_p=tt.dot(X, beta), observed=y)
    return model.logp_dlogp_function(**options)


def expected(X, y, beta):
    X, y = np.asarray(X, "float64"), np.asarray(y, "float64")
    eta = X @ beta
    value = np.sum(y * eta - np.logaddexp(0, eta)) - (beta**2).sum() / 2
    value -= beta.size * np.log(2 * np.pi) / 2
    return value, X.T @ (y - 1 / (1 + np.exp(-eta))) - beta


ELEMENTS = ("float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool")


@pytest.mark.parametrize("columns", [1, 3, 7, 8, 21])
@pytest.mark.parametrize("order", ["C", "F"])
def test_design_of_any_element_type_stays_as_it_is(columns, order):
    n = REFERENCED // columns + 77
    y = rng.integers(0, 2, n).astype("int8")
    beta = rng.normal(size=columns) / 20
    for dtype in ELEMENTS:
        X = np.asarray(rng.normal(size=(n, columns)) * 9, order=order)
        X = np.abs(X).astype(dtype) if dtype[0] in "ub" else X.astype(dtype)
        f = density(X, y, statistics=False)
        value, gradient = f(beta)
        wanted, wanted_gradient = expected(X, y, beta)
        assert value == pytest.approx(wanted, rel=1e-11)
        np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-8, atol=1e-6)
        constants = f.program.spec.constants
        assert any(np.shares_memory(c, X) for c in constants)
        assert sum(c.nbytes for c in constants if not np.shares_memory(c, X)) < 2 * DERIVED


def test_large_arrays_are_referenced_and_small_ones_copied():
    large, small = np.ones(REFERENCED // 8), np.ones(100)
    assert np.shares_memory(tt.constant(large).data, large) and large.flags.writeable
    assert not np.shares_memory(tt.constant(small).data, small)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Normal("y", mu, 1, observed=large)
    f = model.logp_dlogp_function(statistics=False)
    assert any(np.shares_memory(c, large) for c in f.program.spec.constants)
    assert large.flags.writeable
    part = -0.5 * (1 - 0.25) ** 2 - np.log(2 * np.pi) / 2
    assert f([0.25])[0] == pytest.approx(large.size * part - 0.03125 - np.log(2 * np.pi) / 2)


def test_nan_in_large_data_is_found():
    y = np.zeros(REFERENCED // 4, "float32")
    y[200_001] = np.nan
    assert any_nan(y) and not any_nan(y[:200_000])
    with pm.Model(), pytest.raises(ValueError, match=r"NaN value\(s\), the first at index 200001"):
        pm.Normal("y", 0, 1, observed=y)


def test_value_outside_of_the_support_in_large_data():
    y = np.ones(10**6, "int8")
    for bad, at in ((-1, None), (1, 0)):
        y[654_321] = bad
        with pm.Model() as model:
            rate = pm.HalfNormal("rate", 1)
            pm.Poisson("y", rate, observed=y)
        value, _ = model.logp_dlogp_function()([0.0])
        assert np.isfinite(value) == (at == 0)


REDUCTIONS = {
    "sum": lambda v: tt.sum(tt.gammaln(tt.cast(v, "float64") + 1)),
    "max": lambda v: tt.max(tt.cast(v, "float64") * 2),
    "min": lambda v: tt.min(tt.cast(v, "float64") - 3),
    "any": lambda v: tt.any(tt.cast(v, "float64") * 2 > 250),
    "all": lambda v: tt.all(tt.cast(v, "float64") * 2 > -250),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_large_data_are_folded(name):
    data = rng.integers(1, 100, DERIVED // 8 + 1001).astype("int8")
    a = tt.scalar("a")
    out = REDUCTIONS[name](tt.constant(data))
    f = graphcore.function([a], a * tt.cast(out, "float64"))
    assert f(2.0) == pytest.approx(2.0 * evaluate(out), rel=1e-13)
    assert [s.kind for s in f.programs[0].spec.steps] == ["scalar"]


def test_elements_of_large_integers():
    data = rng.integers(-100, 100, (DERIVED // 8 + 3, 2)).astype("int16")
    a = tt.scalar("a")
    real = tt.cast(tt.constant(data), "float64")
    f = graphcore.function([a], [real[7, 1] * a, tt.sum(tt.sin(real[:, 0] * a)), real[3:9] + a])
    one, two, three = f(0.5)
    assert one == data[7, 1] * 0.5
    assert two == pytest.approx(np.sin(data[:, 0] * 0.5).sum(), abs=1e-7)
    np.testing.assert_array_equal(three, data[3:9] + 0.5)


def test_pieces_cover_an_array():
    array = rng.normal(size=(300, 1000))
    np.testing.assert_array_equal(np.concatenate(list(pieces(array))), array)
    assert not any_nan(np.zeros((0, 3)))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_data_in_files_are_streamed(tmp_path, dtype, order):
    X = np.memmap(tmp_path / "X", dtype, "w+", shape=(70_000, 4), order=order)
    X[:] = rng.normal(size=X.shape) * 5
    y = np.memmap(tmp_path / "y", "int8", "w+", shape=70_000)
    y[:] = rng.integers(0, 2, y.size)
    f = density(X, y, statistics=False)
    beta = np.array([0.1, -0.05, 0.02, 0.3])
    value, gradient = f(beta)
    wanted, wanted_gradient = expected(X, y, beta)
    assert value == pytest.approx(wanted, rel=1e-11)
    np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-9)
    assert any(is_mapped(c) and np.shares_memory(c, X) for c in f.program.spec.constants)
    assert "mapped from a file" in f.explain().memory


MEASURED = """
import resource, sys
import numpy as np
import graphcore.model as pm, graphcore.tensor as tt
import scipy.linalg.cython_lapack
n, k = 2_500_000, 4
rng = np.random.default_rng(1)
if {mapped}:
    X = np.memmap({path!r}, {dtype!r}, "w+", shape=(n, k))
else:
    X = np.empty((n, k), {dtype!r})
y = np.empty(n, "float64" if {kind!r} == "normal" else "int8")
for i in range(0, n, 50_000):
    X[i : i + 50_000] = rng.normal(size=(50_000, k)) * 10
    y[i : i + 50_000] = rng.normal(size=50_000) > 0

def anonymous():  # what is in memory and in no file
    with open("/proc/self/status") as file:
        return [int(line.split()[1]) for line in file if line.startswith("RssAnon")][0] / 1024

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

if {mapped}:
    X.flush()
    used = anonymous()
    limit = resource.RLIMIT_DATA
    with open("/proc/self/status") as file:
        now = [int(line.split()[1]) for line in file if line.startswith("VmData")][0]
    resource.setrlimit(limit, (now * 1024 + 2**25, -1))  # less than the file
else:
    used = peak()
with pm.Model() as model:
    beta = pm.Normal("beta", 0, 1, shape=k)
    eta = tt.dot(X, beta)
    if {kind!r} == "normal":
        pm.Normal("y", eta, pm.HalfNormal("sd", 1), observed=y)
    elif {kind!r} == "poisson":
        pm.Poisson("y", tt.exp(eta / 100), observed=y)
    else:
        pm.Bernoulli("y", logit_p=eta, observed=y)
f = model.logp_dlogp_function()
assert np.isfinite(f(np.full(f.dim, 0.01))[0])
print((anonymous() if {mapped} else peak()) - used)
"""


def memory_beyond_data(kind, dtype, path=""):
    code = textwrap.dedent(MEASURED).format(kind=kind, dtype=dtype, path=path, mapped=bool(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["normal", "poisson", "logistic"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_memory_beyond_the_data_is_a_few_megabytes(kind, dtype):
    assert memory_beyond_data(kind, dtype) < 8


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_file_larger_than_the_memory_allowed(tmp_path):
    assert memory_beyond_data("logistic", "float64", str(tmp_path / "X")) < 8
