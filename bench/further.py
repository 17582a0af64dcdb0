# ruff: noqa: E402  the thread variables have to be set before NumPy is loaded
"""Further models: graphcore beside NumPyro and PyMC, from Python and native.

    python bench/further.py                         every model, every engine that can be imported
    python bench/further.py ordinal hmm             some models
    python bench/further.py --engines numpyro,pymc_c
    python bench/further.py --engines none          graphcore alone

Gradients are compared at eight points before anything is timed, log densities up to a constant.
PyMC and nutpie run the text of the models that graphcore runs; NumPyro has its own for those in
``further_numpyro``. The last column counts the steps of our program that call Python; there should
be none.
"""

from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
_XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("XLA_FLAGS", _XLA)
os.environ.setdefault("PYTENSOR_FLAGS", "blas__ldflags=")  # what pip installs: no BLAS to link

import argparse
import importlib
import logging
import sys
import time
import warnings

import further_models
import numpy as np
import report
import timing
from backends import Call


def ours(name):
    """graphcore's density, and the seconds from the model to its first value."""
    from backends._native import native_loop

    import graphcore
    import graphcore.model as pm
    import graphcore.tensor as tt

    start = time.perf_counter()
    f = further_models.build(name, pm, tt, graphcore.scan).logp_dlogp_function()
    f(np.zeros(f.dim))
    seconds = time.perf_counter() - start
    return Call(f, native_loop("loop_graphcore", f.address, f.dim, f.user_data), keep=f), seconds


def _pymc_model(name):
    import pymc as pm
    import pytensor
    import pytensor.tensor as tt

    return further_models.build(name, pm, tt, pytensor.scan)


def numpyro(name):
    module = importlib.import_module("further_numpyro")
    return module.build(name, further_models.make(name)) if hasattr(module, name) else None


def pymc_c(name):
    from backends._pymc import prepare
    from pytensor.compile.mode import Mode

    return prepare(_pymc_model(name), Mode(linker="cvm", optimizer="fast_run"))


def pymc_numba(name):
    from backends._pymc import prepare

    return prepare(_pymc_model(name), "NUMBA")


def nutpie(name):
    from backends.nutpie_numba import prepare

    return prepare(_pymc_model(name))


ENGINES = {f.__name__: f for f in (numpyro, pymc_c, pymc_numba, nutpie)}


def difference(one, other, points):
    """Largest error of the gradient relative to its largest entry; spread of the log densities."""
    worst, gaps = 0.0, []
    for x in points:
        (a, g), (b, h) = one(x), other(x)
        g, h = np.asarray(g), np.asarray(h)
        worst = max(worst, float(np.abs(g - h).max() / np.abs(h).max()))
        gaps.append((float(a) - float(b)) / max(1.0, abs(float(b))))
    return max(worst, float(np.ptp(gaps)))


def engine_call(engine, name):
    """What an engine offers for a model; None, and a line that says why, if nothing."""
    try:
        return ENGINES[engine](name)
    except Exception as error:
        print(f"  {name} {engine}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
        return None


def measure(name, engines, rounds):
    """One model in every engine: the lines to print."""
    call, seconds = ours(name)
    dim, text = call.keep.dim, call.keep.disassembly()
    points = np.ascontiguousarray(0.3 * np.random.default_rng(2).normal(size=(8, dim)))
    calls = {"graphcore": call}
    calls.update({e: engine_call(e, name) for e in engines})
    calls = {k: c for k, c in calls.items() if c is not None}
    errors = {k: difference(call.fn, c.fn, points) for k, c in calls.items()}
    us = timing.interleaved({k: c.fn for k, c in calls.items()}, list(points), rounds)
    loops = {k: c.native for k, c in calls.items() if c.native is not None}
    native = timing.native(loops, points, us)
    python = sum(line.split()[1:2] == ["python"] for line in text.splitlines())
    yield f"\n{name}  dimension {dim}, built in {1e3 * seconds:.0f} ms, {python} Python steps"
    for k in calls:
        cells = [report.number(us[k]), report.ratio(us[k], us["graphcore"])]
        cells += [report.number(native.get(k)), report.ratio(native.get(k), native["graphcore"])]
        line = f"  {k:12s} {cells[0]:>9s} us {cells[1]:>9s} {cells[2]:>9s} us native {cells[3]:>9s}"
        yield line + ("" if errors[k] < 1e-7 else f"  DISAGREES by {errors[k]:.1e}")


def main(argv=None):
    names = list(further_models.MODELS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(names)}")
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma-separated, or none")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args(argv)
    engines = [e for e in args.engines.split(",") if e != "none"]
    for known, given in ((names, args.models), (list(ENGINES), engines)):
        unknown = [x for x in given if x not in known]
        if unknown:
            parser.error(f"unknown {unknown[0]!r}; there are {', '.join(known)}")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for name in args.models or names:
        for line in measure(name, engines, args.rounds):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
