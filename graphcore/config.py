"""What this installation is, and the few settings.

Settings are attributes of this module, read when a graph is built: ``floatX`` is the element type
of ``scalar()``, ``vector()`` and so on.  The others are Theano's and change nothing here.
"""

import contextlib
import os
import platform
import sys

import numpy as np

from graphcore import kernels
from graphcore._version import __version__

floatX = "float64"
mode = "Mode"
device = "cpu"
optimizer = "fast_run"
compute_test_value = "off"
exception_verbosity = "low"
on_unused_input = "raise"
allow_gc = True
profile = False
cxx = ""
linker = "cvm"
openmp = False
int_division = "int"
cast_policy = "custom"
warn_float64 = "ignore"
deterministic = "more"
profile_memory = False
optimizer_verbose = False
optimizer_excluding = ""
optimizer_including = ""
on_opt_error = "warn"
on_shape_error = "warn"
print_test_value = False


class _Ignored:
    """Settings of compilers and caches: setting one changes nothing, and all are off."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return False

    def __setattr__(self, name, value):
        pass


warn = gcc = blas = nvcc = lib = scan = numpy = _Ignored()

_SETTINGS = frozenset(
    ("floatX", "mode", "device", "optimizer", "compute_test_value", "exception_verbosity",
     "on_unused_input", "allow_gc", "profile", "cxx", "linker", "openmp", "int_division",
     "cast_policy", "warn_float64", "deterministic", "profile_memory", "optimizer_verbose",
     "optimizer_excluding", "optimizer_including", "on_opt_error", "on_shape_error",
     "print_test_value")
)  # fmt: skip


@contextlib.contextmanager
def change_flags(flags=None, **settings):
    """Other settings inside of a ``with`` block or a decorated function.

    Names with a dot, which need a dictionary, are those of compilers: they change nothing.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> with graphcore.config.change_flags(floatX="float32"):
    ...     x = tt.vector("x")
    >>> x.dtype, tt.vector().dtype
    ('float32', 'float64')
    """
    settings.update((k, v) for k, v in (flags or {}).items() if "." not in k)
    unknown = sorted(set(settings) - _SETTINGS)
    if unknown:
        raise AttributeError(f"there is no setting called {unknown[0]!r}")
    before = {name: globals()[name] for name in settings}
    globals().update(settings)
    try:
        yield
    finally:
        globals().update(before)


def info():
    """Facts about the installation and the machine.

    Returns
    -------
    dict of str to str or tuple of str

    Examples
    --------
    >>> from graphcore import config
    >>> config.info()["level"] in config.info()["levels"]
    True
    """
    import scipy

    return {
        "graphcore": __version__,
        "python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})",
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas": _blas(scipy),
        "level": kernels.active(),
        "levels": kernels.available(),
        "threads": str(threads()),
    }


def _blas(scipy):
    """Name and version of the BLAS behind ``scipy.linalg.cython_blas``."""
    found = scipy.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def threads():
    """Number of processors that this process may use.

    Examples
    --------
    >>> from graphcore import config
    >>> config.threads() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def show_config():
    """Print version, active and available instruction-set levels, libraries and threads.

    Examples
    --------
    >>> from graphcore import config
    >>> config.show_config()  # doctest: +ELLIPSIS
    graphcore  ...
    """
    for key, value in info().items():
        print(f"{key:<10} {', '.join(value) if isinstance(value, tuple) else value}")
