"""Addresses of the functions of BLAS and LAPACK in SciPy's library."""

import ctypes
from functools import lru_cache


@lru_cache
def address(name):
    """Address of a BLAS or LAPACK function, by its lower-case name.

    SciPy is imported when the first one is asked for.

    Examples
    --------
    >>> from graphcore.lower.library import address
    >>> address("dgemm") > 0 and address("dpotrf") > 0
    True
    """
    from scipy.linalg import cython_blas, cython_lapack

    module = cython_blas if name in cython_blas.__pyx_capi__ else cython_lapack
    capsule = module.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = get_name(capsule)
    if b"int *" not in signature:
        raise RuntimeError(f"this SciPy's {name} has another interface: {signature!r}")
    return pointer(capsule, signature)
