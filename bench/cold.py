"""Start-up in a fresh process: import, model, first gradient, peak memory.

    python bench/cold.py [MODEL ...] [--repeat 5]

Prints the median over several processes, in milliseconds. NumPy is imported before the clock
starts: what counts is the time that graphcore adds to a program that uses NumPy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

DEFAULT = ("m03", "m08")


def measure(name):
    """One measurement, in this process: a dict of milliseconds and megabytes."""
    import data
    import numpy as np  # noqa: F401  not part of what is measured

    d = data.make(name)
    theta = data.points(name, d)[0]
    start = time.perf_counter()
    import graphcore  # noqa: F401

    imported = time.perf_counter()
    import graphcore.model as pm
    import graphcore.tensor as tt

    modules = time.perf_counter()
    from backends.pymc_style import build_model

    begin = time.perf_counter()
    model = build_model(name, d, pm, tt)
    built = time.perf_counter()
    f = model.logp_dlogp_function()
    compiled = time.perf_counter()
    f(theta)
    done = time.perf_counter()
    spans = {
        "import graphcore": imported - start,
        "import graphcore.model": modules - imported,
        "model": built - begin,
        "logp_dlogp_function": compiled - built,
        "first call": done - compiled,
        "model to first gradient": done - begin,
    }
    result = {label: 1e3 * seconds for label, seconds in spans.items()}
    result["peak memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=DEFAULT, metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=5, help="processes per model")
    parser.add_argument("--once", action="store_true", help="measure in this process, print JSON")
    args = parser.parse_args(argv)
    if args.once:
        print(json.dumps(measure(args.models[0])))
        return
    for name in args.models:
        command = [sys.executable, os.path.abspath(__file__), name, "--once"]
        runs = [json.loads(subprocess.check_output(command)) for _ in range(args.repeat)]
        print(f"\n{name}: median of {args.repeat} processes")
        for label in runs[0]:
            unit = "" if label.endswith("MB") else " ms"
            print(f"  {label:26s} {statistics.median(r[label] for r in runs):8.2f}{unit}")


if __name__ == "__main__":
    main()
