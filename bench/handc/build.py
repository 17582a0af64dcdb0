"""Build the hand-written C reference and the native loop, outside the repository."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
REFERENCE_FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math"]
REFERENCE_FLAGS += ["-fopenmp-simd"]
COMMON_FLAGS = ["-fPIC", "-w"]


def cache_directory(flags) -> Path:
    """The directory of one build: its name is a hash of sources, flags, CPU and Python."""
    digest = hashlib.sha256()
    for source in sorted(HERE.glob("*.[ch]")):
        digest.update(source.read_bytes())
    cpu = subprocess.run(
        ["gcc", "-march=native", "-Q", "--help=target"], capture_output=True, check=True
    ).stdout
    digest.update(repr((flags, cpu, sys.version, np.__version__)).encode())
    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return root / "graphcore-bench" / digest.hexdigest()[:16]


def build(flags=REFERENCE_FLAGS) -> Path:
    """Compile what is missing; the directory with ``_handc*.so``, ``mvec.so`` and ``loop.so``."""
    out = cache_directory(flags)
    module = out / ("_handc" + sysconfig.get_config_var("EXT_SUFFIX"))
    if module.exists() and (out / "loop.so").exists():
        return out
    out.mkdir(parents=True, exist_ok=True)
    include = ["-I", sysconfig.get_paths()["include"], "-I", np.get_include()]
    obj = str(out / "module.o")
    compile_ = ["gcc", "-c", *flags, *COMMON_FLAGS, *include, str(HERE / "module.c"), "-o", obj]
    # Linked in a step of its own, without -ffast-math: linking with it would make the loader
    # flush subnormal numbers to zero for the whole process and so change the other engines.
    link = ["gcc", "-shared", obj, "-o", str(module), "-lmvec", "-lm"]
    loop = ["gcc", "-O2", "-shared", *COMMON_FLAGS, str(HERE / "loop.c")]
    loop += ["-o", str(out / "loop.so")]
    obj = str(out / "mvec.o")
    mvec = ["gcc", "-c", *flags, *COMMON_FLAGS, str(HERE / "mvec.c"), "-o", obj]
    link_mvec = ["gcc", "-shared", obj, "-o", str(out / "mvec.so"), "-lmvec", "-lm"]
    for command in (compile_, link, mvec, link_mvec, loop):
        subprocess.run(command, check=True)
    return out


def load():
    """Import the compiled reference module."""
    path = next(build().glob("_handc*.so"))
    spec = importlib.util.spec_from_file_location("_handc", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
