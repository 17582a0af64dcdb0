"""A log density after a linear change of coordinates, for a sampler with a dense metric.

With ``q = L z`` for a lower triangular ``L``, the gradient by ``z`` is ``L.T`` times that by ``q``.
"""

from libc.math cimport INFINITY
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from scipy.linalg.cython_blas cimport dtrmv

from graphcore._flat cimport logp_grad_t

import numpy as np

cdef enum:
    ON_STACK = 128  # dimensions up to which no memory is asked for

cdef struct Linear:
    logp_grad_t inner
    const void* user_data
    const double* factor


cdef int logp_grad(size_t dim, const double* z, double* grad, double* logp,
                   const void* user_data) noexcept nogil:
    """The C entry point: 0 ok, > 0 recoverable, < 0 fatal.  Re-entrant; needs no GIL."""
    cdef const Linear* self = <const Linear*>user_data
    cdef double room[ON_STACK]
    cdef double* q = room
    cdef int n = <int>dim, one = 1, code
    if dim > ON_STACK:
        q = <double*>malloc(dim * sizeof(double))
        if q == NULL:
            return -1
    memcpy(q, z, dim * sizeof(double))
    # a row-major lower triangle is a column-major upper one, transposed
    dtrmv("U", "T", "N", &n, <double*>self.factor, &n, q, &one)
    code = self.inner(dim, q, grad, logp, self.user_data)
    if code == 0:
        dtrmv("U", "N", "N", &n, <double*>self.factor, &n, grad, &one)
    else:
        logp[0] = -INFINITY
    if q != room:
        free(q)
    return code


cdef class LinearDensity:
    """``z -> log density of L z``, as a C function with its argument.

    Parameters
    ----------
    address, user_data : int
        The C function of the log density, and its last argument.
    factor : ndarray of float64
        The lower triangular matrix ``L``.

    Attributes
    ----------
    address, user_data : int
    """

    cdef Linear linear
    cdef readonly object factor

    def __init__(self, uintptr_t address, uintptr_t user_data, factor):
        self.factor = np.ascontiguousarray(factor, dtype=np.float64)
        if self.factor.ndim != 2 or self.factor.shape[0] != self.factor.shape[1]:
            raise ValueError(f"factor must be a square matrix, got shape {self.factor.shape}")
        cdef const double[:, ::1] rows = self.factor
        self.linear.inner = <logp_grad_t>address
        self.linear.user_data = <const void*>user_data
        self.linear.factor = &rows[0, 0]

    @property
    def address(self):
        return <size_t>&logp_grad

    @property
    def user_data(self):
        return <size_t>&self.linear

    def __call__(self, z):
        """Log density and gradient at a vector."""
        cdef const double[::1] point = np.ascontiguousarray(z, dtype=np.float64)
        grad = np.empty(point.shape[0])
        cdef double[::1] out = grad
        cdef double value = 0
        if point.shape[0] != self.factor.shape[0]:
            raise ValueError(f"z must be a vector of length {self.factor.shape[0]}")
        logp_grad(point.shape[0], &point[0], &out[0], &value, &self.linear)
        return value, grad
