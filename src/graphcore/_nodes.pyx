"""The table of equal nodes, and what a pass of rewriting finds out about each of them.

Both are found by addresses and hold references, see ``_pointers.pxd``: a pass looks at every node
some ten times.  ``graphcore/rewrite/builder.py`` says what a builder offers to rules.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_GetItem
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM

cimport numpy as cnp

from graphcore._graph cimport (
    at,
    field,
    inputs_of_node,
    is_constant,
    new_application,
    op_of,
    outputs_of_node,
    owner_of,
    rename,
    shape_of,
    type_of,
)
from graphcore._pointers cimport first_place

import numpy as np

from graphcore._graph import number as new_number

cnp.import_array()

MODERATE = 2.0**32      # constants between 1/MODERATE and MODERATE may be moved through products

cdef enum:
    SMALL = 4096                    # bytes: constants up to this size merge by value


cdef inline size_t mixed(size_t hash, const void* address) noexcept:
    hash = (hash ^ (<size_t>address >> 4)) * <size_t>0x9E3779B97F4A7C15
    return hash ^ (hash >> 29)


cdef class Nodes:
    """Makes every node once.

    Attributes
    ----------
    where : (str, int) or None
        Line of user code that new nodes are attributed to.
    visited : Variable
        The result that a pass works on, before its inputs were settled.
    """

    def __cinit__(self):
        self.mask = self.made_mask = 127
        self.table = <Known*>PyMem_RawCalloc(self.mask + 1, sizeof(Known))
        self.made = <Made*>PyMem_RawCalloc(self.made_mask + 1, sizeof(Made))
        if self.table == NULL or self.made == NULL:
            raise MemoryError()

    def __init__(self):
        self.where = None
        self.ops, self.equal_ops, self.constants, self.leaves = {}, {}, {}, {}
        self.numbers = {}

    def __dealloc__(self):
        cdef size_t i
        if self.table != NULL:
            for i in range(self.mask + 1):
                Py_XDECREF(self.table[i].node)
                Py_XDECREF(self.table[i].outputs)
            PyMem_RawFree(self.table)
        if self.made != NULL:
            for i in range(self.made_mask + 1):
                Py_XDECREF(self.made[i].node)
            PyMem_RawFree(self.made)

    # ---- what is known of applications ---------------------------------------------------------

    cdef Known* known_of(self, node) noexcept:
        """What is known of an application; an empty place if nothing is."""
        cdef size_t i = first_place(<PyObject*>node) & self.mask
        while self.table[i].node != NULL and self.table[i].node != <PyObject*>node:
            i = (i + 1) & self.mask
        return &self.table[i]

    cdef Known* entered(self, node) except NULL:
        """The place of an application, entered now if it was not known."""
        cdef Known* place = self.known_of(node)
        if place.node == NULL:
            if 2 * self.count > self.mask:
                self.grow()
                place = self.known_of(node)
            Py_INCREF(node)
            place.node = <PyObject*>node
            self.count += 1
        return place

    cdef int grow(self) except -1:
        cdef Known* old = self.table
        cdef size_t i, size = self.mask + 1
        cdef Known* larger = <Known*>PyMem_RawCalloc(4 * size, sizeof(Known))
        if larger == NULL:
            raise MemoryError()
        self.table, self.mask = larger, 4 * size - 1
        for i in range(size):
            if old[i].node != NULL:
                self.known_of(<object>old[i].node)[0] = old[i]
        PyMem_RawFree(old)
        return 0

    # ---- applications, each once ---------------------------------------------------------------

    cdef tuple first_of(self, op):
        """The first of the operations equal to one, and whether operands may be exchanged."""
        cdef size_t identity = <size_t><PyObject*>op
        cdef PyObject* known = PyDict_GetItem(self.ops, identity)
        if known != NULL:
            return <tuple><object>known
        first = self.equal_ops.setdefault(op, op)
        swaps = bool(getattr(getattr(op, "row", None), "commutative", False))
        entry = self.ops[identity] = (first, swaps, op)     # keeps what the identity is of
        return entry

    cdef size_t hash_of(self, tuple first, tuple inputs) noexcept:
        """The same for all applications that are equal; never 0."""
        cdef Py_ssize_t i, n = PyTuple_GET_SIZE(inputs)
        cdef size_t hash = mixed(n, PyTuple_GET_ITEM(first, 0))
        cdef bint turned = (n == 2 and PyTuple_GET_ITEM(inputs, 0) > PyTuple_GET_ITEM(inputs, 1)
                            and <object>PyTuple_GET_ITEM(first, 1) is True)
        for i in range(n):
            hash = mixed(hash, PyTuple_GET_ITEM(inputs, 1 - i if turned else i))
        return hash | 1

    cdef Made* place_of(self, size_t hash, tuple first, tuple inputs) except NULL:
        """The place of an application among those made; empty if there is no equal one."""
        cdef size_t i = hash >> 1 & self.made_mask
        while self.made[i].node != NULL:
            if self.made[i].hash == hash and self.is_equal(<object>self.made[i].node, first,
                                                           inputs):
                break
            i = (i + 1) & self.made_mask
        return &self.made[i]

    cdef bint is_equal(self, node, tuple first, tuple inputs) except -1:
        cdef tuple own = inputs_of_node(node)
        if not same(own, inputs) and not (
                PyTuple_GET_SIZE(inputs) == 2 and PyTuple_GET_SIZE(own) == 2
                and <object>PyTuple_GET_ITEM(first, 1) is True
                and PyTuple_GET_ITEM(own, 0) == PyTuple_GET_ITEM(inputs, 1)
                and PyTuple_GET_ITEM(own, 1) == PyTuple_GET_ITEM(inputs, 0)):
            return False
        return self.first_of(op_of(node))[0] is first[0]

    cdef int register(self, size_t hash, node) except -1:
        """Enter an application that has no equal one."""
        cdef size_t i, k, size = self.made_mask + 1
        cdef Made* larger
        if 2 * self.made_count > self.made_mask:
            larger = <Made*>PyMem_RawCalloc(4 * size, sizeof(Made))
            if larger == NULL:
                raise MemoryError()
            self.made_mask = 4 * size - 1
            for i in range(size):
                if self.made[i].node != NULL:
                    k = self.made[i].hash >> 1 & self.made_mask
                    while larger[k].node != NULL:
                        k = (k + 1) & self.made_mask
                    larger[k] = self.made[i]
            PyMem_RawFree(self.made)
            self.made = larger
        k = hash >> 1 & self.made_mask
        while self.made[k].node != NULL:
            k = (k + 1) & self.made_mask
        Py_INCREF(node)
        self.made[k].hash, self.made[k].node = hash, <PyObject*>node
        self.made_count += 1
        return 0

    cpdef rebuilt(self, node, tuple inputs):
        """``node`` on these inputs: the equal application that exists already, if any."""
        op = op_of(node)
        cdef tuple first = self.first_of(op)
        cdef size_t hash = self.hash_of(first, inputs)
        cdef Made* place = self.place_of(hash, first, inputs)
        if place.node != NULL:
            return <object>place.node
        cdef tuple old = inputs_of_node(node)
        if same(inputs, old):
            new = node
        else:
            new = new_application(op, inputs, output_types(node, op, inputs, old),
                                  field(node, at.where))
            rename(outputs_of_node(node), outputs_of_node(new))
        self.register(hash, new)
        return new

    cpdef known(self, op, tuple inputs):
        """The (first) output of ``op`` applied to variables if that was made, else None."""
        cdef tuple first = self.first_of(op)
        cdef Made* place = self.place_of(self.hash_of(first, inputs), first, inputs)
        return None if place.node == NULL else outputs_of_node(<object>place.node)[0]

    cpdef applied(self, op, tuple inputs):
        """The (first) output of ``op`` applied to variables."""
        cdef tuple first = self.first_of(op)
        cdef size_t hash = self.hash_of(first, inputs)
        cdef Made* place = self.place_of(hash, first, inputs)
        if place.node != NULL:
            return outputs_of_node(<object>place.node)[0]
        node = new_application(op, inputs, op.types_of(inputs), self.where)
        self.register(hash, node)
        return outputs_of_node(node)[0]

    cpdef leaf(self, v):
        """``v`` itself, or the constant that stands for all constants equal to it.

        Small ones merge by value, larger ones by identity of data.
        """
        if not is_constant(v):
            return v
        cdef PyObject* known = PyDict_GetItem(self.leaves, v)
        if known != NULL:
            return <object>known
        data = field(v, at.data)
        if (cnp.PyArray_TYPE(data) == cnp.NPY_DOUBLE and cnp.PyArray_NDIM(data) == 0
                and cnp.PyArray_ISNOTSWAPPED(data)):
            key = PyBytes_FromStringAndSize(<char*>cnp.PyArray_DATA(data), sizeof(double))
        elif cnp.PyArray_NBYTES(data) <= SMALL:
            key = data.dtype.str, data.shape, data.tobytes()
        else:
            key = data.dtype.str, data.shape, (data.__array_interface__["data"][0], data.strides)
        found = self.constants.setdefault(key, v)
        self.leaves[v] = found
        return found

    cpdef real(self, double x):
        """The constant that stands for a number of element type float64."""
        key = PyBytes_FromStringAndSize(<char*>&x, sizeof(double))
        cdef PyObject* known = PyDict_GetItem(self.constants, key)
        if known != NULL:
            return <object>known
        v = new_number(x, "float64")
        self.constants[key] = self.leaves[v] = v
        return v

    cpdef number(self, v):
        """The Python number that every element of ``v`` equals; None if there is no such number."""
        if not is_constant(v):
            return None
        cdef PyObject* known = PyDict_GetItem(self.numbers, v)
        if known != NULL:
            return <object>known
        data = field(v, at.data)
        found = data.item() if cnp.PyArray_NDIM(data) == 0 else uniform_value(data)
        self.numbers[v] = found
        return found

    cdef object kind(self, v):
        """Kind of an operand, see ``graphcore.rewrite.rule.Rule``."""
        node = owner_of(v)
        if node is not None:
            return op_of(node).head
        if not is_constant(v):
            return "input"
        if len(shape_of(type_of(v))) == 0:
            x = self.number(v)
            if type(x) is float and x != 0 and x != 1 and x != -1:
                return "number"
        return "Constant"

    cdef tuple kinds(self, node):
        """Head of an application and the kinds of its operands, and whether these are one."""
        cdef tuple inputs = inputs_of_node(node)
        cdef Py_ssize_t i, n = PyTuple_GET_SIZE(inputs)
        cdef bint twice = n == 2 and PyTuple_GET_ITEM(inputs, 0) == PyTuple_GET_ITEM(inputs, 1)
        cdef tuple found = PyTuple_New(n + 1 + twice)
        head = op_of(node).head
        Py_INCREF(head)
        PyTuple_SET_ITEM(found, 0, head)
        for i in range(n):
            kind = self.kind(<object>PyTuple_GET_ITEM(inputs, i))
            Py_INCREF(kind)
            PyTuple_SET_ITEM(found, i + 1, kind)
        if twice:
            kind = "twice"
            Py_INCREF(kind)
            PyTuple_SET_ITEM(found, n + 1, kind)
        return found

    cpdef bint is_moderate(self, v):
        """Whether ``v`` is one number, far from overflow and underflow."""
        x = self.number(v)
        return x is not None and x == x and 1 / MODERATE <= abs(x) <= MODERATE

    cpdef Py_ssize_t level(self, v) except -2:
        """How far ``v`` extends: its number of axes not of length 1; -1 for a moderate constant.

        Products are arranged such that factors of a low level meet each other first.
        """
        if is_constant(v) and self.is_moderate(v):
            return -1
        cdef Py_ssize_t found = 0
        for n in shape_of(type_of(v)):
            if n is None or n != 1:
                found += 1
        return found

    def split(self, v):
        """Factors of ``v`` of which one is of a higher level, or a divisor; else None.

        Pairs of a variable and whether it is a divisor, the one of the highest level first.
        """
        node = owner_of(v)
        if node is None:
            return None
        head = op_of(node).head
        cdef bint divided = head == "true_div"
        cdef Py_ssize_t first, second
        if not divided and head != "mul":
            return [(inputs_of_node(node)[0], True)] if head == "reciprocal" else None
        x, y = inputs_of_node(node)
        first, second = self.level(x), self.level(y)
        if first == second:
            return None
        return [(x, False), (y, divided)] if first > second else [(y, divided), (x, False)]


cdef object uniform_value(data):
    if data.size == 0:
        return None
    first = data.flat[0]
    if data.size > 1 and not (data.flat[data.size - 1] == first and (data == first).all()):
        return None
    if data.size > 1 and first == 0 and data.dtype.kind == "f" and np.signbit(data).any():
        return None
    return first.item()


cdef object output_types(node, op, tuple inputs, tuple old):
    """Output types for new inputs; those of ``node`` while the inputs say nothing new."""
    cdef Py_ssize_t i
    if op.shape_inputs:
        return op.types_of(inputs)
    for i in range(PyTuple_GET_SIZE(inputs)):
        a = type_of(<object>PyTuple_GET_ITEM(inputs, i))
        b = type_of(<object>PyTuple_GET_ITEM(old, i))
        if a is not b and a != b:
            return op.types_of(inputs)
    return [type_of(v) for v in outputs_of_node(node)]
