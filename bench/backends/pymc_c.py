"""PyMC with PyTensor's C linker: C++ generated and compiled at run time."""

from __future__ import annotations

from pytensor.compile.mode import Mode

from ._pymc import raw_function

NAME = "PyMC, C"
SUPPORTS = None


def build(name, data):
    return raw_function(name, data, Mode(linker="cvm", optimizer="fast_run"))
