"""Nanoseconds per element of every kernel, at every instruction-set level, beside NumPy or SciPy.

    python bench/primitives.py [ROW ...] [--n 512]

A kernel is called in its vector form on float64 operands that fit the L1 cache. The last column is
the row's reference (a NumPy or SciPy ufunc) writing into an array on the same operands; where the
reference is a Python function of several steps it is left out.
"""

from __future__ import annotations

import argparse
import importlib
import time

import numpy as np

from graphcore import kernels, optable


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
    print(f"{'row':12s}" + "".join(f"{level:>10s}" for level in levels) + f"{'reference':>12s}")
    for row in [optable.ROWS[name] for name in args.rows or optable.ROWS]:
        sig = "d" * row.arity
        if sig not in row.kernel:
            continue
        inputs = operands(row, args.n, rng)
        out = np.empty(args.n, dtype=np.int64 if row.out(sig) == "l" else np.float64)
        name = f"{row.name}_{sig}_{'v' * row.arity}"
        line = f"{row.name:12s}"
        for level in levels:
            line += f"{kernel_ns(name, args.n, [out, *inputs], level, repeat):10.3f}"
        reference = reference_ns(row, inputs, repeat)
        print(line + (f"{reference:12.3f}" if reference is not None else f"{'-':>12s}"))


if __name__ == "__main__":
    main()
