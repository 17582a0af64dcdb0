"""Fields of items, arrays, views and groups, read by their offsets: see ``_items.pyx``."""


cdef struct ArraySlots:
    Py_ssize_t shape, lane, memory, place, data, start, node, writers, readers, offset

cdef struct ViewSlots:
    Py_ssize_t array, shape, strides, offset

cdef struct ItemSlots:
    Py_ssize_t kind, op, shape, inputs, out, node, axes, info, group, aligned, order

cdef struct GroupSlots:
    Py_ssize_t kind, space, level, items, before, hard


cdef ArraySlots A
cdef ViewSlots V
cdef ItemSlots I
cdef GroupSlots G
cdef object NOTHING

cdef Py_ssize_t size_of(tuple shape) except -1
