"""A log density and its gradient over one flat vector, callable from Python and from C."""
from libc.stdint cimport int64_t

cimport numpy as cnp

import numpy as np

from graphcore._executor cimport (
    NOT_POSITIVE, Place, Pool, Program, plan_run, pool_acquire, pool_release, take_error,
)

cnp.import_array()

cdef extern from "math.h":
    const double NAN, INFINITY

cdef enum:
    FIRST_RECOVERABLE = 3   # codes from here on: a matrix has no factor at this point


cdef inline int status_of(int code, const char* work) noexcept nogil:
    """What the entry point returns: 1 when the density does not exist at this point."""
    if code >= FIRST_RECOVERABLE or (code == 0 and (<const int64_t*>work)[NOT_POSITIVE]):
        return 1
    return -code


cdef int logp_grad(size_t dim, const double* x, double* grad, double* logp,
                   const void* user_data) noexcept nogil:
    """The C entry point: 0 ok, > 0 recoverable, < 0 fatal.  Re-entrant; needs no GIL.

    Recoverable is a matrix that is not positive definite or singular; the log density is -inf.
    """
    cdef Pool* pool = <Pool*>user_data
    cdef char* buffers[3]
    cdef int status
    cdef Place* place
    cdef char* work = pool_acquire(pool, &place)
    if work == NULL:
        return -1
    buffers[0], buffers[1], buffers[2] = <char*>x, <char*>grad, <char*>logp
    status = status_of(plan_run(pool.plan, work, buffers), work)
    pool_release(place, work)
    if status > 0:
        logp[0] = -INFINITY
    return status


cdef class FlatProgram:
    """``f(x) -> (logp, gradient)`` over a program whose buffers are x, gradient and log density.

    Attributes
    ----------
    dim : int
        Length of x.
    address, user_data : int
        The C function ``int (size_t dim, const double *x, double *grad, double *logp,
        const void *user_data)`` and the pointer to pass it, for callers outside Python.
    """

    cdef readonly Program program
    cdef readonly Py_ssize_t dim

    def __init__(self, Program program, Py_ssize_t dim):
        self.program = program
        self.dim = dim

    @property
    def address(self):
        return <size_t>&logp_grad

    @property
    def user_data(self):
        return <size_t>&self.program.pool

    def __call__(self, x):
        """Log density and gradient at a float64 vector of length ``dim``.

        Where a matrix that has to be factored is not positive definite (or singular), the log
        density is -inf and the gradient NaN.

        Returns
        -------
        (float, ndarray)
        """
        cdef cnp.ndarray point
        if (type(x) is np.ndarray and cnp.PyArray_TYPE(<cnp.ndarray>x) == cnp.NPY_FLOAT64
                and cnp.PyArray_NDIM(<cnp.ndarray>x) == 1
                and cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x)):
            point = <cnp.ndarray>x
        else:
            point = np.ascontiguousarray(x, dtype=np.float64)
            if point.ndim != 1:
                axes = np.ndim(point)
                raise ValueError(f"x must be a vector of length {self.dim}, got {axes} axes")
        if cnp.PyArray_DIM(point, 0) != self.dim:
            raise ValueError(f"x must be a vector of length {self.dim}, got length {len(point)}")
        cdef cnp.npy_intp n = self.dim
        cdef cnp.ndarray grad = <cnp.ndarray>cnp.PyArray_EMPTY(1, &n, cnp.NPY_FLOAT64, 0)
        cdef double logp = 0.0
        cdef Pool* pool = &self.program.pool
        cdef char* buffers[3]
        cdef int status
        cdef Place* place
        cdef char* work = pool_acquire(pool, &place)
        if work == NULL:
            raise MemoryError("no room for the work memory of the log density")
        buffers[0] = <char*>cnp.PyArray_DATA(point)
        buffers[1] = <char*>cnp.PyArray_DATA(grad)
        buffers[2] = <char*>&logp
        if self.program.heavy:
            with nogil:
                status = status_of(plan_run(pool.plan, work, buffers), work)
        else:
            status = status_of(plan_run(pool.plan, work, buffers), work)
        if status > 0:
            logp = -INFINITY
            grad.fill(NAN)
        elif status:
            try:
                error = take_error(<int64_t*>work)
            finally:
                pool_release(place, work)
            raise IndexError(f"index {error[2]} is out of range for an axis of length {error[3]}")
        pool_release(place, work)
        return logp, grad
