"""Log densities in C for the tests and benchmarks of the sampler."""

from libc.math cimport NAN, exp, fabs, sqrt
from libc.stdint cimport uintptr_t

import numpy as np

from graphcore._nuts cimport logp_grad_t

cdef struct Params:
    const double *a
    double b


cdef int normal(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """Independent normals; ``a`` holds the precisions."""
    cdef const Params *p = <const Params *>data
    cdef size_t i
    cdef double total = 0
    for i in range(dim):
        grad[i] = -p.a[i] * x[i]
        total += grad[i] * x[i]
    logp[0] = 0.5 * total
    return 0


cdef int ar1(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """Stationary first-order autoregression with unit variances; ``b`` is the correlation."""
    cdef double r = (<const Params *>data).b
    cdef double total = x[0] * x[0], e
    cdef size_t i
    grad[0] = -x[0]
    for i in range(1, dim):
        e = (x[i] - r * x[i - 1]) / (1 - r * r)
        total += e * (x[i] - r * x[i - 1])
        grad[i] = -e
        grad[i - 1] += r * e
    logp[0] = -0.5 * total
    return 0


cdef int funnel(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """Neal's funnel: x0 ~ N(0, 3), the others ~ N(0, exp(x0 / 2))."""
    cdef double precision = exp(-x[0]), total = 0
    cdef size_t i
    for i in range(1, dim):
        grad[i] = -precision * x[i]
        total += precision * x[i] * x[i]
    logp[0] = -x[0] * x[0] / 18 - 0.5 * total - 0.5 * (dim - 1) * x[0]
    grad[0] = -x[0] / 9 + 0.5 * total - 0.5 * (dim - 1)
    return 0


cdef int trouble(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """A standard normal that fails where ``x0 > a[0]``: ``b`` is the code to return, 0 for NaN."""
    cdef const Params *p = <const Params *>data
    cdef size_t i
    logp[0] = 0
    for i in range(dim):
        grad[i] = -x[i]
        logp[0] -= 0.5 * x[i] * x[i]
    if x[0] > p.a[0]:
        if p.b != 0:
            return <int>p.b
        logp[0] = NAN
    return 0


cdef int flat(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """An improper density."""
    cdef size_t i
    for i in range(dim):
        grad[i] = 0
    logp[0] = 0
    return 0


cdef int cusp(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """A density whose gradient has nothing to do with it: no step size conserves energy."""
    cdef size_t i
    logp[0] = -1e300 * fabs(x[0])
    for i in range(dim):
        grad[i] = 1e300
    return 0


cdef int slow(
    size_t dim, const double *x, double *grad, double *logp, const void *data
) noexcept nogil:
    """A standard normal that takes long: ``b`` square roots."""
    cdef double waste = 0
    cdef Py_ssize_t k
    for k in range(<Py_ssize_t>(<const Params *>data).b):
        waste += sqrt(fabs(x[0]) + k)
    normal(dim, x, grad, logp, data)
    logp[0] += 1e-300 * waste
    return 0


cdef class Density:
    """A density by name: ``address``, ``user_data``, ``dim``, and a call from Python.

    Parameters
    ----------
    name : str
    dim : int
    a : array, optional
        Parameters, one per dimension; ones when left out.
    b : float
    """

    cdef Params params
    cdef double[::1] a
    cdef logp_grad_t function
    cdef readonly size_t dim

    def __init__(self, name, dim, a=None, b=0.0):
        functions = {
            "normal": <uintptr_t>&normal, "ar1": <uintptr_t>&ar1, "funnel": <uintptr_t>&funnel,
            "trouble": <uintptr_t>&trouble, "flat": <uintptr_t>&flat, "cusp": <uintptr_t>&cusp,
            "slow": <uintptr_t>&slow,
        }
        self.function = <logp_grad_t><uintptr_t>functions[name]
        self.dim = dim
        self.a = np.ones(dim) if a is None else np.array(a, float)
        self.params.a = &self.a[0]
        self.params.b = b

    @property
    def address(self):
        return <uintptr_t>self.function

    @property
    def user_data(self):
        return <uintptr_t>&self.params

    def __call__(self, x):
        cdef double[::1] xs = np.ascontiguousarray(x, float)
        cdef double[::1] grad = np.empty(self.dim)
        cdef double logp = 0
        cdef int code = self.function(self.dim, &xs[0], &grad[0], &logp, &self.params)
        if code:
            raise ArithmeticError(f"code {code}")
        return logp, np.asarray(grad)

    def time(self, Py_ssize_t repeats):
        """Seconds for this many calls in a row."""
        from time import perf_counter

        cdef double[::1] x = np.full(self.dim, 0.1)
        cdef double[::1] grad = np.empty(self.dim)
        cdef double logp = 0
        cdef Py_ssize_t _i
        begin = perf_counter()
        with nogil:
            for _i in range(repeats):
                self.function(self.dim, &x[0], &grad[0], &logp, &self.params)
                x[0] = 0.1 + 1e-9 * grad[0]
        return perf_counter() - begin
