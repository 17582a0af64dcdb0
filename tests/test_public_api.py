"""What ``import graphcore`` offers, and what it leaves alone."""

import json
import subprocess
import sys

import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

GRAPHCORE = """
function grad verify_grad shared explain show_config scan map reduce foldl foldr
""".split()

TENSOR = """
scalar vector matrix tensor3 row col tensor dscalar dvector dmatrix dtensor3 drow dcol fscalar
fvector fmatrix iscalar ivector imatrix lscalar lvector lmatrix wscalar wvector wmatrix bscalar
bvector bmatrix constant as_tensor_variable as_tensor shared add sub mul true_div floor_div mod
pow neg abs sign sqr sqrt reciprocal exp log log1p expm1 log1mexp sigmoid softplus tanh sin cos
erf erfc gammaln digamma maximum minimum lt le gt ge eq neq and_ or_ xor invert isnan isinf
switch where clip xlogy logaddexp floor ceil cast sum prod max min mean var std any all
logsumexp softmax log_softmax reshape flatten dimshuffle transpose broadcast_to stack
concatenate expand_dims squeeze zeros ones full eye arange zeros_like ones_like dot matmul
set_subtensor inc_subtensor
"""

MODEL = """
Model Deterministic Potential logp sample summary Normal HalfNormal Cauchy HalfCauchy StudentT
Exponential Gamma InverseGamma Beta Uniform Flat HalfFlat LogNormal Laplace Logistic Bernoulli
Binomial Poisson NegativeBinomial Categorical Dirichlet
"""


@pytest.mark.parametrize(
    ("module", "names"),
    [(graphcore, GRAPHCORE), (tt, TENSOR.split()), (pm, MODEL.split())],
    ids=["graphcore", "graphcore.tensor", "graphcore.model"],
)
def test_public_names_exist_with_a_docstring(module, names):
    missing = [n for n in names if not hasattr(module, n)]
    assert not missing
    undocumented = [n for n in names if not (getattr(module, n).__doc__ or "").strip()]
    assert not undocumented


@pytest.mark.parametrize("module", [graphcore, tt, pm], ids=lambda m: m.__name__)
def test_all_names_exist(module):
    assert not [n for n in module.__all__ if not hasattr(module, n)]


PROBE = """
import json, sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import {module}
seconds = time.perf_counter() - start
import numpy as np
json.dump({{
    "seconds": seconds,
    "modules": sorted(set(sys.modules) - before),
    "subnormal": float(np.float64(sys.float_info.min) / 2),
    "errors": np.geterr(),
}}, sys.stderr)
"""


def _probe(module):
    command = [sys.executable, "-W", "error", "-c", PROBE.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout, json.loads(done.stderr)


@pytest.mark.parametrize("module", ["graphcore", "graphcore.tensor", "graphcore.model"])
def test_import_is_light_and_silent(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed, report = _probe(module)
    assert printed == ""
    assert not list(tmp_path.iterdir())
    heavy = {"scipy.stats", "scipy.optimize", "arviz", "matplotlib", "pandas", "tqdm", "cython"}
    assert not heavy & set(report["modules"])
    print(f"import {module}: {1e3 * report['seconds']:.0f} ms beyond NumPy")


def test_import_leaves_floating_point_alone():
    _, report = _probe("graphcore.model")
    assert 0 < report["subnormal"] < sys.float_info.min
    numpys = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
    assert report["errors"] == numpys


def test_version_is_a_string_of_numbers():
    assert graphcore.__version__.split(".")[0].isdigit()
