"""PyMC with PyTensor's numba linker."""

from __future__ import annotations

from ._pymc import raw_function

NAME = "PyMC, numba"
SUPPORTS = None


def build(name, data):
    return raw_function(name, data, "NUMBA")
