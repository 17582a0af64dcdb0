"""Addresses of the functions of BLAS and LAPACK in SciPy's library."""

import ctypes
import importlib.util
import sys
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from pathlib import Path


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
    blas = _functions("cython_blas")
    capsule = blas[name] if name in blas else _functions("cython_lapack")[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = get_name(capsule)
    if b"int *" not in signature:
        raise RuntimeError(f"this SciPy's {name} has another interface: {signature!r}")
    return pointer(capsule, signature)


@lru_cache
def _functions(module):
    """The C functions that one of SciPy's extension modules offers, by name.

    The extension is loaded from its file: importing the package around it takes thirty times as
    long as that.  The package, when somebody imports it later, finds the extension by itself.
    """
    name = f"scipy.linalg.{module}"
    if name not in sys.modules:
        try:
            found = _extension(name, module)
        except ImportError:
            found = importlib.import_module(name)
    else:
        found = sys.modules[name]
    return found.__pyx_capi__


def _extension(name, module):
    import scipy

    folder = str(Path(scipy.__file__).parent / "linalg")
    spec = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec(name)
    if spec is None:
        raise ImportError(name)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    sys.modules.pop(name, None)
    return found
