"""Fields of variables and applications, read by their offsets: see ``_graph.pyx``."""

from cpython.object cimport PyObject_TypeCheck, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject

cdef extern from "Python.h":
    object PyType_GenericAlloc(type cls, Py_ssize_t n)


cdef struct Offsets:
    Py_ssize_t type, owner, index, name, op, inputs, outputs, where, data, dtype, shape


cdef Offsets at
cdef type constant_base
cdef type type_base

cdef Py_ssize_t offset(descriptor) except -1
cdef object missing_field()
cdef object checked_owner(object v)
cdef object new_application(object op, tuple inputs, object types, object where)
cdef int rename(tuple old, tuple new) except -1
cdef list reached(object outputs, object stop)


cdef inline object field(object x, Py_ssize_t offset):
    """What a slot of an object holds."""
    cdef PyObject* found = (<PyObject**>(<char*><PyObject*>x + offset))[0]
    return missing_field() if found == NULL else <object>found


cdef inline void put(object x, Py_ssize_t offset, object value) noexcept:
    """Fill a slot."""
    cdef PyObject** place = <PyObject**>(<char*><PyObject*>x + offset)
    cdef PyObject* old = place[0]
    Py_INCREF(value)
    place[0] = <PyObject*>value
    Py_XDECREF(old)


cdef inline object owner_of(object v):
    return field(v, at.owner)


cdef inline object type_of(object v):
    return field(v, at.type)


cdef inline object dtype_of(object t):
    """Element type of a type of variables."""
    return field(t, at.dtype) if PyObject_TypeCheck(t, <PyTypeObject*>type_base) else t.dtype


cdef inline tuple shape_of(object t):
    """Shape of a type of variables."""
    if PyObject_TypeCheck(t, <PyTypeObject*>type_base):
        return <tuple?>field(t, at.shape)
    return t.shape


cdef inline object op_of(object node):
    return field(node, at.op)


cdef inline tuple inputs_of_node(object node):
    return <tuple?>field(node, at.inputs)


cdef inline tuple outputs_of_node(object node):
    return <tuple?>field(node, at.outputs)


cdef inline bint is_constant(object v):
    return PyObject_TypeCheck(v, <PyTypeObject*>constant_base)
