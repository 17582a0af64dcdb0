"""Compiles the extensions: the kernels of every instruction-set level, and src/graphcore/*.pyx.

Metadata is in pyproject.toml.  The sources of the kernels are written from graphcore/optable.py
into build/gen; they are never committed.
"""

import glob
import os
import platform
import re
import sys

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from build_tools.generate_kernels import generate

SOURCES = "src/graphcore"
GENERATED = "build/gen"
MSVC = sys.platform == "win32"
X86_64 = platform.machine().lower() in ("x86_64", "amd64")

# Never -ffast-math: it assumes finite numbers and flushes subnormals in the whole process.  These
# let loops vectorise without assuming anything about values; contraction is written out (GK_FMA).
UNIX_FLAGS = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
FLAGS = ["/O2", "/fp:precise"] if MSVC else UNIX_FLAGS
LEVELS = {"base": []}
if X86_64 and not MSVC:
    LEVELS["x86_v3"] = ["-march=x86-64-v3"]
    LEVELS["x86_v4"] = ["-march=x86-64-v4", "-mprefer-vector-width=512"]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "freethreading_compatible": True,
}


def headers_of(path, seen=None):
    """Our own headers and included files that a source reads, directly or not."""
    seen = set() if seen is None else seen
    with open(path, encoding="utf-8") as file:
        text = file.read()
    pattern = r'(?:#\s*include\s+|extern\s+from\s+|^include\s+)"([^"]+)"'
    names = re.findall(pattern, text, re.M)
    names += [f"{m}.pxd" for m in re.findall(r"from graphcore\.(\w+) cimport", text)]
    for name in names:
        found = os.path.join(SOURCES, name)
        if found not in seen and os.path.exists(found):
            seen.add(found)
            headers_of(found, seen)
    return seen


def extension(name, path, flags=()):
    """One Cython module; NumPy's random library is linked where it is used."""
    with open(path, encoding="utf-8") as file:
        uses_random = "numpy.random" in file.read()
    random_library = os.path.join(os.path.dirname(numpy.__file__), "random", "lib")
    return Extension(
        f"graphcore.{name}",
        [path],
        include_dirs=[SOURCES, numpy.get_include()],
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_1_22_API_VERSION"),
        ],
        extra_compile_args=[*FLAGS, *flags],
        library_dirs=[random_library] if uses_random else [],
        libraries=["npyrandom"] if uses_random else [],
        depends=sorted(headers_of(path)),
    )


def extensions():
    """Every extension of the package."""
    kernels = generate("graphcore/optable.py", GENERATED, LEVELS)
    found = [extension(f"_kernels_{level}", path, LEVELS[level]) for level, path in kernels.items()]
    found += [
        extension(os.path.splitext(os.path.basename(path))[0], path)
        for path in sorted(glob.glob(f"{SOURCES}/*.pyx"))
    ]
    return cythonize(
        found,
        build_dir="build/cython",
        include_path=["src", SOURCES],
        compiler_directives=DIRECTIVES,
        quiet=True,
    )


class parallel_build_ext(build_ext):
    """Compiles the extensions side by side."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()


setup(ext_modules=extensions(), cmdclass={"build_ext": parallel_build_ext})
