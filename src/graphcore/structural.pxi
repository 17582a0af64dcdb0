# Structural kernels: what the op table does not describe (gk_structural.h), by name.
# Included by the module of every instruction-set level, which defines gk_kernel and gk_ins.
cdef extern from "gk_structural.h":
    ctypedef struct gk_named:
        const char* name
        gk_kernel fn
    const gk_named* gk_structural


cdef dict structural_kernels():
    """Address of every structural kernel by name."""
    cdef Py_ssize_t i = 0
    cdef dict found = {}
    while gk_structural[i].name != NULL:
        found[gk_structural[i].name.decode()] = <size_t>gk_structural[i].fn
        i += 1
    return found
