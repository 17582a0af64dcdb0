"""What this installation is: version, instruction-set level, libraries, threads."""

import os
import platform
import sys

import numpy as np

from graphcore import kernels
from graphcore._version import __version__


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
