# ruff: noqa: E402  the thread variables have to be set before NumPy is loaded
"""NUTS on the benchmark models: sampling time, effective samples per second.

    python bench/sample.py [MODEL ...] [--engines graphcore,nutpie,pymc,numpyro] [--repeat 1]

4 chains x (1000 + 1000) on two cores by default. Every engine runs in a fresh process; "total"
counts from the start of that process: imports, compilation, sampling. The effective sample size is
graphcore's own, for every engine: the smallest bulk ESS over all free parameters.
"""

from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import argparse
import json
import logging
import subprocess
import sys
import time
import warnings

DEFAULT = ("m03", "m04", "m06", "m08", "m10")
HEAD = "model  engine     sampling s  total s  min ESS     ESS/s  R-hat  div. steps/draw"
SIZES = {"draws": 1000, "tune": 1000, "chains": 4, "cores": 2, "seed": 1}


def _pymc_style(name, pm, tt):
    import data
    from backends.pymc_style import build_model

    return build_model(name, data.make(name), pm, tt)


def run_graphcore(args):
    import graphcore.model as pm
    import graphcore.tensor as tt

    model = _pymc_style(args.model, pm, tt)
    start = time.perf_counter()
    result = pm.sample(**_options(args, random_seed=args.seed), model=model, **_QUIET)
    return result.posterior, result.sample_stats, time.perf_counter() - start


def run_pymc(args):
    import pymc as pm
    import pytensor.tensor as tt

    model = _pymc_style(args.model, pm, tt)
    start = time.perf_counter()
    result = pm.sample(**_options(args, random_seed=args.seed), model=model, progressbar=False)
    return result.posterior, result.sample_stats, time.perf_counter() - start


def run_nutpie(args):
    import nutpie
    import pymc as pm
    import pytensor.tensor as tt

    compiled = nutpie.compile_pymc_model(_pymc_style(args.model, pm, tt), backend="numba")
    start = time.perf_counter()
    result = nutpie.sample(compiled, **_options(args, seed=args.seed), progress_bar=False)
    return result.posterior, result.sample_stats, time.perf_counter() - start


def run_numpyro(args):
    import numpyro

    numpyro.set_host_device_count(args.cores)
    import data
    import jax
    from backends.numpyro_models import build_model
    from numpyro.infer import MCMC, NUTS

    kernel = NUTS(build_model(args.model, data.make(args.model)), target_accept_prob=0.8)
    sizes = {"num_warmup": args.tune, "num_samples": args.draws, "num_chains": args.chains}
    mcmc = MCMC(kernel, **sizes, chain_method="parallel", progress_bar=False)
    fields = ("num_steps", "diverging")
    start = time.perf_counter()
    mcmc.run(jax.random.PRNGKey(args.seed), extra_fields=fields)
    posterior = jax.block_until_ready(mcmc.get_samples(group_by_chain=True))
    extra = mcmc.get_extra_fields(group_by_chain=True)
    stats = {"n_steps": extra["num_steps"], "diverging": extra["diverging"]}
    return posterior, stats, time.perf_counter() - start


_QUIET = {"progressbar": False, "return_inferencedata": False}
ENGINES = {
    "graphcore": run_graphcore,
    "nutpie": run_nutpie,
    "pymc": run_pymc,
    "numpyro": run_numpyro,
}


def _options(args, **more):
    sizes = {"draws": args.draws, "tune": args.tune, "chains": args.chains, "cores": args.cores}
    return sizes | {"target_accept": 0.8} | more


def measure(args):
    """Run one engine in this process: a dict of results."""
    import numpy as np

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    posterior, stats, seconds = ENGINES[args.engines](args)
    total = time.perf_counter() - _START
    from graphcore.sample.diagnostics import ess_bulk, rhat

    ess, worst = np.inf, 0.0
    for name in posterior:
        draws = np.asarray(posterior[name], dtype=float)
        columns = draws.reshape(*draws.shape[:2], -1)
        for k in range(columns.shape[2]):
            ess = min(ess, float(ess_bulk(columns[:, :, k])))
            worst = max(worst, float(rhat(columns[:, :, k])))
    return {
        "sampling_s": seconds,
        "total_s": total,
        "min_ess": ess,
        "max_rhat": worst,
        "divergences": int(np.sum(np.asarray(stats["diverging"]))),
        "steps_per_draw": float(np.mean(np.asarray(stats["n_steps"]))),
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=DEFAULT, metavar="MODEL")
    parser.add_argument("--engines", default="graphcore", help=f"of {', '.join(ENGINES)}")
    for option, value in SIZES.items():
        parser.add_argument(f"--{option}", type=int, default=value)
    parser.add_argument("--once", dest="model", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.model:
        print(json.dumps(measure(args)))
        return
    print(HEAD)
    for model in args.models:
        for engine in args.engines.split(","):
            command = [sys.executable, os.path.abspath(__file__), "--once", model]
            command += ["--engines", engine]
            for option in SIZES:
                command += [f"--{option}", str(getattr(args, option))]
            r = json.loads(subprocess.check_output(command).splitlines()[-1])
            rate = r["min_ess"] / r["sampling_s"]
            line = f"{model:6s} {engine:10s} {r['sampling_s']:10.3f} {r['total_s']:8.2f}"
            line += f" {r['min_ess']:8.0f} {rate:9.0f} {r['max_rhat']:6.3f}"
            print(line + f" {r['divergences']:5d} {r['steps_per_draw']:10.1f}", flush=True)


_START = time.perf_counter()

if __name__ == "__main__":
    main()
