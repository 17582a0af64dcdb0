"""Calls single kernels on arrays: for tests and timings."""

from cpython.buffer cimport (
    PyBUF_SIMPLE,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
    Py_buffer,
)
from libc.stdint cimport int64_t, uintptr_t

from graphcore._kernel cimport gk_ins, gk_kernel, gk_sins


def call(uintptr_t address, Py_ssize_t n, list arrays, int64_t k0=0, int64_t k1=0, int64_t k2=0,
         Py_ssize_t repeat=1):
    """Run the kernel at ``address`` on the output and the operands in ``arrays``.

    ``arrays`` holds up to four contiguous arrays: y, a, b, c.  Their types and lengths must be what
    the kernel expects; nothing is checked.
    """
    cdef Py_buffer[4] views
    cdef char *P[4]
    cdef gk_ins ins
    cdef Py_ssize_t i, _run, count = 0
    ins.fn = <gk_kernel>address
    ins.y, ins.a, ins.b, ins.c = 0, 1, 2, 3
    ins.k0, ins.k1, ins.k2 = k0, k1, k2
    if len(arrays) > 4:
        raise ValueError("a kernel has at most four operands")
    try:
        for i, array in enumerate(arrays):
            PyObject_GetBuffer(array, &views[i], PyBUF_SIMPLE if i else PyBUF_WRITABLE)
            P[i] = <char*>views[i].buf
            count += 1
        with nogil:
            for _run in range(repeat):
                ins.fn(n, P, &ins)
    finally:
        for i in range(count):
            PyBuffer_Release(&views[i])


def scalar_call(uintptr_t address, list code, cells, Py_ssize_t repeat=1):
    """Interpret a scalar run.

    Parameters
    ----------
    address : int
        Of the interpreter.
    code : list of (int, int, int, int, int)
        ``(handler, y, a, b, c)`` with an ``end`` behind them, see ``kernels.threaded``; at most 64.
    cells : contiguous array of 8-byte elements
        The cells; changed in place.  Pointer 0 of ``load`` and ``store`` is the first of them.
    """
    cdef gk_sins[64] run
    cdef gk_ins ins
    cdef Py_buffer view
    cdef char *P[2]
    cdef Py_ssize_t i, _run, n = len(code)
    if n > 64:
        raise ValueError("at most 63 operations")
    for i in range(n):
        run[i].go = <const void*><size_t>code[i][0]
        run[i].y, run[i].a, run[i].b, run[i].c = code[i][1:]
    ins.k0 = <int64_t>run
    PyObject_GetBuffer(cells, &view, PyBUF_WRITABLE)
    try:
        P[0] = P[1] = <char*>view.buf
        with nogil:
            for _run in range(repeat):
                (<gk_kernel>address)(n, P, &ins)
    finally:
        PyBuffer_Release(&view)
