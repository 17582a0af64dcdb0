"""The table of equal nodes: see ``_nodes.pyx``."""

from cpython.ref cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE


cdef struct Known:          # what is known of an application
    PyObject* node
    PyObject* outputs       # what stands for its outputs
    int settled             # number of the pass that found them
    int tried               # number of the last pass whose rules were tried on it


cdef struct Made:           # an application in the table of equal ones
    size_t hash
    PyObject* node


cdef inline bint same(tuple xs, tuple ys) noexcept:
    """Whether two tuples hold the same objects."""
    cdef Py_ssize_t i, n = PyTuple_GET_SIZE(xs)
    if n != PyTuple_GET_SIZE(ys):
        return False
    for i in range(n):
        if PyTuple_GET_ITEM(xs, i) != PyTuple_GET_ITEM(ys, i):
            return False
    return True


cdef class Nodes:
    cdef public object where
    cdef readonly object visited
    cdef Known* table       # by the address of the application; it holds references
    cdef size_t mask, count
    cdef Made* made         # by operation and inputs; it holds references
    cdef size_t made_mask, made_count
    cdef dict ops           # operation -> the first of all equal ones, whether operands may swap
    cdef dict equal_ops
    cdef dict constants     # by value: eight bytes for one number of type float64, else a tuple
    cdef dict leaves
    cdef dict numbers       # constant -> the number all its elements equal, or None

    cdef Known* known_of(self, node) noexcept
    cdef Known* entered(self, node) except NULL
    cdef int grow(self) except -1
    cdef tuple first_of(self, op)
    cdef size_t hash_of(self, tuple first, tuple inputs) noexcept
    cdef Made* place_of(self, size_t hash, tuple first, tuple inputs) except NULL
    cdef bint is_equal(self, node, tuple first, tuple inputs) except -1
    cdef int register(self, size_t hash, node) except -1
    cpdef rebuilt(self, node, tuple inputs)
    cpdef known(self, op, tuple inputs)
    cpdef applied(self, op, tuple inputs)
    cpdef leaf(self, v)
    cpdef real(self, double x)
    cpdef number(self, v)
    cdef object kind(self, v)
    cdef tuple kinds(self, node)
    cpdef bint is_moderate(self, v)
    cpdef Py_ssize_t level(self, v) except -2
