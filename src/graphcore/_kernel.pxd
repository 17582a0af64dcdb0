# Declarations of gk_abi.h and of what the generated kernels use of gk_math.h.
from libc.stdint cimport int32_t, int64_t, uint32_t

cdef extern from "gk_abi.h":
    ctypedef double* gk_dout
    ctypedef const double* gk_din
    ctypedef int64_t* gk_lout
    ctypedef const int64_t* gk_lin
    ctypedef struct gk_ins
    ctypedef void (*gk_kernel)(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil
    ctypedef struct gk_ins:
        gk_kernel fn
        int32_t y, a, b, c
        int64_t k0, k1, k2
    ctypedef struct gk_sins:
        const void* go
        uint32_t y, a, b, c
