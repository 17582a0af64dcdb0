"""Hand-written fused C, called through a vectorcall extension type: the yardstick."""

from __future__ import annotations

import ctypes

import numpy as np
from handc.build import load

from . import Call

NAME = "hand-C"
SUPPORTS = None


def _floats(a):
    return np.ascontiguousarray(a, dtype=np.float64)


def _tiles(X, rows):
    """The design matrix re-laid once: blocks of rows, column by column inside each block."""
    return np.concatenate([_floats(X[i : i + rows].T).ravel() for i in range(0, len(X), rows)])


def _offsets(g, groups):
    """Row offsets of sorted group labels."""
    return np.concatenate([[0], np.cumsum(np.bincount(g, minlength=groups))]).astype(np.int64)


def _lapack(*names):
    """Addresses of SciPy's LAPACK functions."""
    from scipy.linalg import cython_lapack

    name_of, address_of = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address_of.restype, address_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    capsules = [cython_lapack.__pyx_capi__[name] for name in names]
    return [address_of(capsule, name_of(capsule)) for capsule in capsules]


def build(name, d):
    module = load()
    floats, ints, sizes, work = [_floats(d["y"])], [], [d["N"]], 0
    scalars, lapack = [0.0], ()
    if name == "m03":
        floats.append(_floats(1 / d["s"] ** 2))
    elif "K" in d:
        floats.insert(0, _tiles(d["X"], module.BL))
        sizes.append(d["K"])
    elif name in ("m08", "m15"):
        floats.append(_floats(d["x"]))
        ints.append(_offsets(d["g"], d["G"]))
        sizes.append(d["G"])
        work = 4 * d["G"]
    elif name == "m13":
        n = d["N"]
        floats.insert(0, _floats((d["x"][:, None] - d["x"][None]) ** 2).ravel())
        work = 2 * n * n + n
        lapack = _lapack("dpotrf", "dpotri", "dpotrs")
    elif name == "m14":
        ints += [d["p"], d["q"]]
        sizes += [d["P"], d["Q"]]
        work = d["Q"]
    elif name == "m16":
        scalars = [d["variance"]]
        work = 3 * d["N"]
    fn = module.bind(name, d["dim"], floats, ints, sizes, scalars, work, *lapack)
    return Call(fn, fn.bench, keep=(floats, ints))
