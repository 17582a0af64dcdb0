"""Instructions per gradient of a fixed set of programs, beside the counts that were kept.

    python bench/instructions.py                every program; exit code 1 if one has changed
    python bench/instructions.py m08 hmm        some programs
    python bench/instructions.py --update       keep what is counted now

The counts come from valgrind (callgrind), which runs the kernels of the level ``x86_v3``; they do
not depend on the load of the machine.  They do depend on the compiler and on the BLAS that SciPy
brings, so the kept file names both, and other ones are not compared.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).with_suffix(".json")
LEVEL = "x86_v3"  # what valgrind can run
TOLERANCE = 0.05  # relative; a dozen instructions more or less are always allowed
SLACK = 12
MODELS = ("m01", "m02", "m03", "m04", "m06", "m08", "m09", "m10", "m11", "m12", "m13", "m14",
          "m15", "m16", "m17a", "m17b")  # fmt: skip
FURTHER = ("negative_binomial", "ordinal", "multinomial_logit", "beta_regression", "horseshoe",
           "crossed_effects", "hmm", "matrix_factorisation")  # fmt: skip
PROGRAMS = (*MODELS, *FURTHER)


def missing():
    """What is needed and not there, in words; None when counting is possible."""
    from graphcore import kernels

    for tool in ("valgrind", "gcc"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if LEVEL not in kernels.available():
        return f"the kernels of the level {LEVEL} are not available"
    source = "#include <valgrind/callgrind.h>\n"
    command = ["gcc", "-E", "-x", "c", "-"]
    if subprocess.run(command, input=source, text=True, capture_output=True).returncode:
        return "the header valgrind/callgrind.h is not installed"
    return None


def made_with():
    """What the counts depend on: the compiler of the kernels, and the BLAS of SciPy."""
    import importlib.util
    from importlib import metadata

    module = Path(importlib.util.find_spec(f"graphcore._kernels_{LEVEL}").origin)
    compilers = re.findall(rb"GCC: \([^)]*\) [0-9.]+|clang version [0-9.]+", module.read_bytes())
    compiler = compilers[0].decode() if compilers else "unknown"
    return {"compiler": compiler, "scipy": metadata.version("scipy")}


def _programs(names):
    """``(name, density, point)`` of each, without statistics: all work is done per gradient."""
    import data
    import further_models
    import numpy as np
    from backends.pymc_style import build_model

    import graphcore
    import graphcore.model as pm
    import graphcore.tensor as tt

    for name in names:
        if name in MODELS:
            d = data.make(name)
            model, point = build_model(name, d, pm, tt), data.points(name, d)[0]
        else:
            model, point = further_models.build(name, pm, tt, graphcore.scan), None
        f = model.logp_dlogp_function(statistics=False)
        if point is None:
            point = 0.3 * np.random.default_rng(2).normal(size=f.dim)
        yield name, f, point


def _evaluate(names, library):
    """Inside valgrind: call the entry point of every program."""
    import numpy as np

    count = ctypes.CDLL(library).count
    pointer = ctypes.c_void_p
    count.argtypes = [pointer, ctypes.c_size_t, *[pointer] * 4, ctypes.c_char_p]
    for name, f, point in _programs(names):
        grad, logp = np.zeros(f.dim), np.zeros(1)
        arrays = [a.ctypes.data for a in (point, grad, logp)]
        count(f.address, f.dim, *arrays, f.user_data, name.encode())


def counts(names=PROGRAMS):
    """Instructions per log density and gradient of each program, counted by valgrind now.

    Returns
    -------
    dict of str to int
    """
    with tempfile.TemporaryDirectory() as folder:
        library, out = f"{folder}/count.so", f"{folder}/out"
        source = Path(__file__).parent / "handc" / "count.c"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "-q"]
        command += [f"--callgrind-out-file={out}", sys.executable, __file__, *names]
        environment = {**os.environ, "GRAPHCORE_TARGET": LEVEL, "OPENBLAS_NUM_THREADS": "1"}
        run = subprocess.run(
            [*command, "--inside", library], env=environment, capture_output=True, text=True
        )
        if run.returncode:
            raise RuntimeError(f"valgrind failed: {run.stderr[-2000:]}")
        found = {}
        for file in Path(folder).glob("out.*"):
            text = file.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
            found[name[1]] = int(re.search(r"^totals: (\d+)$", text, re.M)[1])
    return {name: found[name] for name in names}


def kept():
    """The kept file: ``made_with`` and ``instructions`` per program."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {"made_with": None}


def judge(now, before):
    """``"same"``, ``"more"``, ``"less"`` or ``"new"``."""
    if before is None:
        return "new"
    if abs(now - before) <= max(TOLERANCE * before, SLACK):
        return "same"
    return "more" if now > before else "less"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(PROGRAMS)}")
    parser.add_argument("--update", action="store_true", help="keep the counts")
    parser.add_argument("--inside", metavar="LIBRARY", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    names = tuple(args.programs or PROGRAMS)
    unknown = [name for name in names if name not in PROGRAMS]
    if unknown:
        parser.error(f"unknown program {unknown[0]!r}; there are {', '.join(PROGRAMS)}")
    if args.inside:
        return _evaluate(names, args.inside)
    reason = missing()
    if reason:
        parser.error(reason)
    before, now = kept(), counts(names)
    comparable = before["made_with"] == made_with()
    old = before.get("instructions", {}) if comparable else {}
    if not comparable:
        print(f"nothing to compare with: kept for {before['made_with']}, this is {made_with()}")
    verdicts = {name: judge(n, old.get(name)) for name, n in now.items()}
    for name, n in now.items():
        ratio = f"{n / old[name]:8.3f}" if name in old else f"{'-':>8s}"
        print(f"{name:22s} {n:10d} {ratio}  {verdicts[name]}")
    if args.update:
        known = {**old, **now}
        merged = {name: known[name] for name in PROGRAMS if name in known}
        content = {"level": LEVEL, "made_with": made_with(), "instructions": merged}
        KEPT.write_text(json.dumps(content, indent=1) + "\n")
        return 0
    return int(any(v != "same" for v in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
