"""ctypes access to the C loop that calls native log-density entry points."""

from __future__ import annotations

import ctypes

import numpy as np
from handc.build import build


def native_loop(symbol: str, address: int, dim: int, user_data: int):
    """``native(thetas, reps) -> ns`` around a C function of the given address."""
    loop = getattr(ctypes.CDLL(str(build() / "loop.so")), symbol)
    pointer, long = ctypes.c_void_p, ctypes.c_long
    loop.restype = ctypes.c_double
    loop.argtypes = [pointer, long, pointer, long, pointer, pointer, pointer, long]
    grad, logp = np.zeros(dim), np.zeros(1)

    def native(thetas, reps):
        data, n = thetas.ctypes.data, len(thetas)
        return loop(address, dim, data, n, grad.ctypes.data, logp.ctypes.data, user_data, reps)

    return native
