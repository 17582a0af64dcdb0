"""Fields of variables and applications, read by their offsets: see ``_graph.pyx``."""

from cpython.object cimport PyObject_TypeCheck, PyTypeObject
from cpython.ref cimport PyObject


cdef struct Offsets:
    Py_ssize_t type, owner, index, name, op, inputs, outputs, where, data


cdef Offsets at
cdef type constant_base

cdef object missing_field()
cdef object checked_owner(object v)
cdef object new_application(object op, tuple inputs, object types, object where)
cdef int rename(tuple old, tuple new) except -1
cdef list sorted_applications(object outputs, object stop)


cdef inline object field(object x, Py_ssize_t offset):
    """What a slot of an object holds."""
    cdef PyObject* found = (<PyObject**>(<char*><PyObject*>x + offset))[0]
    return missing_field() if found == NULL else <object>found


cdef inline object owner_of(object v):
    return field(v, at.owner)


cdef inline object type_of(object v):
    return field(v, at.type)


cdef inline object op_of(object node):
    return field(node, at.op)


cdef inline tuple inputs_of_node(object node):
    return <tuple?>field(node, at.inputs)


cdef inline tuple outputs_of_node(object node):
    return <tuple?>field(node, at.outputs)


cdef inline bint is_constant(object v):
    return PyObject_TypeCheck(v, <PyTypeObject*>constant_base)
