"""Nanoseconds per element of every kernel, at every instruction-set level, beside others.

    python bench/primitives.py [ROW ...] [--n 512]

A kernel is called in its vector form on float64 operands that fit the L1 cache. ``reference`` is
the row's reference (a NumPy or SciPy ufunc) writing into an array on the same operands; where the
reference is a Python function of several steps it is left out. ``libmvec`` are the vector
functions of the C library (up to 4 ulp, no special cases), compiled for this processor; the last
column is the time of the best level relative to theirs. Without gcc these two are left out.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import subprocess
import sys
import time

import numpy as np

from graphcore import kernels, optable

LIBMVEC_NAMES = {"arctan": "atan"}  # where they differ from the row's


def operands(row, n, rng):
    """One array per operand, drawn where the row says that typical arguments lie."""
    return [rng.uniform(lo, hi, n) for lo, hi in row.typical]


def best(run, batches=15):
    """The shortest time of several runs, in nanoseconds."""
    times = []
    for _ in range(batches):
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    return min(times)


def kernel_ns(name, n, arrays, level, repeat):
    """Nanoseconds per element of one kernel."""

    def run():
        kernels.call(name, n, *arrays, level=level, repeat=repeat)

    return best(run) / (n * repeat)


def reference_ns(row, inputs, repeat):
    """Nanoseconds per element of the row's reference; None if that is not a ufunc."""
    module, _, name = row.ref.rpartition(".")
    ufunc = getattr(importlib.import_module(module), name)
    if not isinstance(ufunc, np.ufunc):
        return None
    out = ufunc(*inputs)

    def run():
        for _ in range(repeat):
            ufunc(*inputs, out=out)

    return best(run) / (len(inputs[0]) * repeat)


def libmvec():
    """The compiled loops over libmvec's functions; None where they cannot be built."""
    from handc.build import build

    try:
        return ctypes.CDLL(str(build() / "mvec.so"))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"libmvec left out: {error}", file=sys.stderr)
        return None


def libmvec_ns(library, row, inputs, out, repeat):
    """Nanoseconds per element of libmvec's function; None if it has none."""
    function = getattr(library, f"mv_{LIBMVEC_NAMES.get(row.name, row.name)}", None)
    if function is None:
        return None
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (out, *inputs)]
    n = ctypes.c_long(len(out))

    def run():
        for _ in range(repeat):
            function(n, *pointers)

    def nothing():
        for _ in range(repeat):
            function(zero, *pointers)

    zero = ctypes.c_long(0)
    return (best(run) - best(nothing)) / (len(out) * repeat)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows of the op table (all)")
    parser.add_argument("--n", type=int, default=512, help="elements per call (512)")
    args = parser.parse_args(argv)
    unknown = [name for name in args.rows if name not in optable.ROWS]
    if unknown:
        parser.error(f"unknown row {unknown[0]!r}")
    rng, repeat = np.random.default_rng(0), max(1, 50_000 // args.n)
    levels = kernels.available()
    library = libmvec()
    columns = [*levels, "reference", "libmvec", "ratio"]
    print(f"{'row':12s}" + "".join(f"{name:>10s}" for name in columns))
    for row in [optable.ROWS[name] for name in args.rows or optable.ROWS]:
        sig = "d" * row.arity
        if sig not in row.kernel:
            continue
        inputs = operands(row, args.n, rng)
        out = np.empty(args.n, dtype=np.int64 if row.out(sig) == "l" else np.float64)
        name = f"{row.name}_{sig}_{'v' * row.arity}"
        line = f"{row.name:12s}"
        for level in levels:
            ns = kernel_ns(name, args.n, [out, *inputs], level, repeat)
            line += f"{ns:10.3f}"
        others = [reference_ns(row, inputs, repeat)]
        others += [library and libmvec_ns(library, row, inputs, out, repeat)]
        others += [others[1] and ns / others[1]]
        print(line + "".join(f"{x:10.3f}" if x else f"{'-':>10s}" for x in others))


if __name__ == "__main__":
    main()
