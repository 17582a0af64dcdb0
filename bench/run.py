# ruff: noqa: E402  the thread variables have to be set before NumPy is loaded
"""Log density and gradient: graphcore beside hand-written C and whatever engines are installed.

    python bench/run.py                      every model, every backend that can be imported
    python bench/run.py m06 m08              some models
    python bench/run.py --backends handc,graphcore_ --json out.json --markdown out.md

All engines of a model live in one process. Each is first checked against hand-C at eight points
(gradient to 1e-7 of its largest entry, log density up to a constant) and only then timed.
One thread. Pin the process to a core for quiet numbers: ``taskset -c 1 python bench/run.py``.
"""

from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
_XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("XLA_FLAGS", _XLA)
os.environ.setdefault("PYTENSOR_FLAGS", "blas__ldflags=")  # what pip installs: no BLAS to link

import argparse
import importlib
import json
import logging
import sys
import warnings

import data
import numpy as np
import report
import timing

REFERENCE = "handc"
PEERS = ("stan_", "numpyro_jax", "pymc_c", "pymc_numba", "nutpie_numba", "casadi_")
BACKENDS = (REFERENCE, "handc_statistics", "graphcore_", *PEERS, "numpy_hand")
TOLERANCE = 1e-7


def load_backends(names):
    """Import the backends; those whose engine is not installed are reported and left out."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(f"backends.{name}")
        except ImportError as error:
            print(f"backend {name} left out: {error}", file=sys.stderr)
    return found


def evaluate(fn, points):
    """Log densities and gradients at every point, as NumPy arrays of their own."""
    logp, grad = [], []
    for x in points:
        value, gradient = fn(x)
        logp.append(float(value))
        grad.append(np.array(gradient, dtype=float).ravel())
    return np.array(logp), np.array(grad)


def check(result, reference):
    """Gradient error relative to the largest entry, and spread of the difference in logp."""
    (logp, grad), (logp0, grad0) = result, reference
    scale = np.abs(grad0).max(axis=1)
    error = float((np.abs(grad - grad0).max(axis=1) / scale).max())
    spread = float(np.ptp(logp - logp0)) / max(1.0, float(np.abs(logp0).max()))
    agrees = max(error, spread) < TOLERANCE
    return {"gradient_error": error, "logp_error": spread, "agrees": agrees}


def run_model(name, backends, rounds):
    """Build, check and time one model in every backend: a dict of results per backend."""
    d = data.make(name)
    points = data.points(name, d)
    calls, results, reference = {}, {}, None
    for key, module in backends.items():
        if module.SUPPORTS is not None and name not in module.SUPPORTS:
            continue
        try:
            call = module.build(name, d)
            values = evaluate(call.fn, points)
        except Exception as error:
            results[key] = {"label": module.NAME, "error": f"{type(error).__name__}: {error}"[:300]}
            print(f"{name} {key}: {results[key]['error']}", file=sys.stderr)
            continue
        reference = values if reference is None else reference
        results[key] = {"label": module.NAME, **check(values, reference)}
        calls[key] = call
    python = timing.interleaved({k: c.fn for k, c in calls.items()}, list(points), rounds)
    loops = {k: c.native for k, c in calls.items() if c.native is not None}
    native = timing.native(loops, points, python)
    for key in calls:
        results[key]["python_us"] = python[key]
        results[key]["native_us"] = native.get(key)
    return {"model": name, "description": data.MODELS[name], "dim": d["dim"], "results": results}


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(data.MODELS)}")
    parser.add_argument("--backends", default=",".join(BACKENDS), help="comma-separated")
    parser.add_argument("--rounds", type=int, default=15, help="timed batches per backend")
    parser.add_argument("--json", metavar="FILE", help="write every number")
    parser.add_argument("--markdown", metavar="FILE", help="write the table of the documentation")
    args = parser.parse_args(argv)
    unknown = [m for m in args.models if m not in data.MODELS]
    if unknown:
        parser.error(f"unknown model {unknown[0]!r}; there are {', '.join(data.MODELS)}")
    return args


def main(argv=None):
    args = arguments(argv)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    backends = load_backends([REFERENCE, *(b for b in args.backends.split(",") if b != REFERENCE)])
    rows = []
    for name in args.models or data.MODELS:
        rows.append(run_model(name, backends, args.rounds))
        print(report.text(rows[-1]), flush=True)
    if args.json:
        with open(args.json, "w") as out:
            json.dump({"machine": report.machine(), "models": rows}, out, indent=1)
    if args.markdown:
        with open(args.markdown, "w") as out:
            out.write(report.markdown(rows))
    failed = [k for row in rows for k, r in row["results"].items() if not r.get("agrees")]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
