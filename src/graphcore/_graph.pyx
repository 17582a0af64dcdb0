"""What is done for every node of a graph: making it, and walking over it.

Variables and applications are Python objects with slots (``graphcore/graph/nodes.py``).  Their
fields are read here by the offsets of the slots, which are known once the classes exist: Python
code keeps its fast way to slots, and a walk over a million nodes costs little more than the memory
it touches.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject_TypeCheck, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_AsUTF8
from libc.string cimport strncmp

cimport numpy as cnp

from graphcore._pointers cimport Met, close_met, meet, open_met, place_of

import numpy as np

cnp.import_array()

cdef extern from "Python.h":
    ctypedef struct PyMemberDef:
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef* d_member
    ctypedef struct PyFrameObject
    ctypedef struct PyCodeObject
    PyFrameObject* PyEval_GetFrame()
    PyFrameObject* PyFrame_GetBack(PyFrameObject* frame)
    object PyFrame_GetGlobals(PyFrameObject* frame)
    PyCodeObject* PyFrame_GetCode(PyFrameObject* frame)
    int PyFrame_GetLineNumber(PyFrameObject* frame)


cdef enum:
    REMEMBERED = 256        # types of results kept per operation

cdef type variable_base = None      # Variable: what inputs have to be
cdef type variable_class = None     # what outputs become: the tensor face has a class of its own
cdef type constant_base = None
cdef type constant_class = None
cdef type apply_class = None
cdef type type_base = None          # TensorType
cdef dict number_types = {}


def bind(type variable, type constant, type apply, type kind, dict numbers):
    """Called once by ``graphcore.graph.nodes``: the classes whose slots are read here.

    ``numbers`` has the types of single numbers, by element type.
    """
    global variable_base, constant_base, apply_class, type_base, number_types
    variable_base, constant_base, apply_class, type_base = variable, constant, apply, kind
    number_types = numbers
    bind_face(variable, constant)
    at.type, at.owner = offset(variable.type), offset(variable.owner)
    at.index, at.name = offset(variable.index), offset(variable.name)
    at.op, at.inputs = offset(apply.op), offset(apply.inputs)
    at.outputs, at.where = offset(apply.outputs), offset(apply.where)
    at.data = offset(constant.data)
    at.dtype, at.shape = offset(kind.dtype), offset(kind.shape)


def bind_face(type variable, type constant):
    """Called once by ``graphcore.tensor``: the classes of what operations make."""
    global variable_class, constant_class
    variable_class, constant_class = variable, constant


cdef Py_ssize_t offset(descriptor) except -1:
    """Where the slot behind a member descriptor lies in an object."""
    if type(descriptor).__name__ != "member_descriptor":
        raise TypeError(f"{descriptor!r} is not a slot")
    return (<PyMemberDescrObject*><PyObject*>descriptor).d_member.offset


cdef object missing_field():
    raise AttributeError("a variable or application without some of its fields")


cdef object checked_owner(object v):
    """The owner of what has to be a variable."""
    if not PyObject_TypeCheck(v, <PyTypeObject*>variable_base):
        raise AttributeError(f"{v!r} is not a variable of a graph")
    return owner_of(v)


# ---- making nodes -----------------------------------------------------------------------------

def fill_application(node, op, tuple inputs, types, where):
    """Give an application its fields, and the outputs of these types (or these variables)."""
    cdef Py_ssize_t i, n = len(types)
    cdef tuple outputs = PyTuple_New(n)
    for x in inputs:
        if not PyObject_TypeCheck(x, <PyTypeObject*>variable_base):
            raise TypeError(f"{op!r} was applied to {x!r}, which is not a symbolic variable; "
                            "make it one with as_tensor_variable")
    for i in range(n):
        t = types[i]
        if PyObject_TypeCheck(t, <PyTypeObject*>variable_base):
            v = t       # a variable without past, as operations of users give
        else:
            v = PyType_GenericAlloc(variable_class, 0)
            put(v, at.type, t)
            put(v, at.name, None)
        put(v, at.owner, node)
        put(v, at.index, i)
        Py_INCREF(v)
        PyTuple_SET_ITEM(outputs, i, v)
    put(node, at.op, op)
    put(node, at.inputs, inputs)
    put(node, at.outputs, outputs)
    put(node, at.where, where)


cdef object new_application(object op, tuple inputs, object types, object where):
    node = PyType_GenericAlloc(apply_class, 0)
    fill_application(node, op, inputs, types, where)
    return node


cdef int rename(tuple old, tuple new) except -1:
    """Give variables the names of others."""
    cdef Py_ssize_t i
    for i in range(min(PyTuple_GET_SIZE(old), PyTuple_GET_SIZE(new))):
        put(new[i], at.name, field(old[i], at.name))
    return 0


def application(op, inputs, types, where):
    """An application of an operation to variables; ``Apply`` without a call of Python code."""
    return new_application(op, tuple(inputs), types, where)


def number(value, str dtype):
    """A constant of a Python number, ``dtype`` being float32 or float64."""
    array = np.array(value, dtype)
    cnp.PyArray_CLEARFLAGS(array, cnp.NPY_ARRAY_WRITEABLE)
    v = PyType_GenericAlloc(constant_class, 0)
    put(v, at.type, number_types[dtype])
    put(v, at.owner, None)
    put(v, at.index, 0)
    put(v, at.name, None)
    put(v, at.data, array)
    return v


def with_number(a, b):
    """A pair of which one is real and the other a Python number, as variables; else None."""
    cdef bint left = PyObject_TypeCheck(a, <PyTypeObject*>variable_base)
    v, x = (a, b) if left else (b, a)
    if type(x) is not float and type(x) is not int:
        return None
    if not PyObject_TypeCheck(v, <PyTypeObject*>variable_base):
        return None
    dtype = type_of(v).dtype
    if dtype != "float64" and dtype != "float32":
        return None
    c = number(x, dtype)
    return (v, c) if left else (c, v)


def all_variables(operands):
    """Whether all operands are variables."""
    for x in operands:
        if not PyObject_TypeCheck(x, <PyTypeObject*>variable_base):
            return False
    return True


def applied(op, tuple inputs):
    """An application written by the user: errors say where."""
    where = user_line()
    try:
        return new_application(op, inputs, op.types_of(inputs), where)
    except (TypeError, ValueError, IndexError) as error:
        if where is not None:
            error.add_note(f"in {op.name}(...) written at {where[0]}:{where[1]}")
        raise


def remembered_types(op, inputs):
    """Types of the outputs of an operation that decides by the types of its inputs alone.

    ``op.memo`` remembers them by the identity of up to three types, most of which are few objects.
    """
    cdef dict memo = op.memo
    cdef tuple types = tuple([type_of(v) for v in inputs])
    cdef Py_ssize_t n = PyTuple_GET_SIZE(types)
    if not 1 <= n <= 3:
        return op.out_types(*types)
    key = <size_t><PyObject*>types[0]
    if n > 1:
        key = (key, <size_t><PyObject*>types[1], <size_t><PyObject*>types[n - 1])
    cdef PyObject* found = PyDict_GetItem(memo, key)
    if found != NULL:
        return (<tuple>found)[1]
    made = op.out_types(*types)
    if len(memo) >= REMEMBERED:
        memo.clear()
    memo[key] = (types, made)       # the types stay alive, and so do their identities
    return made


def user_line():
    """``(file, line)`` of the innermost frame outside this package, for error messages.

    The demo models count as user code.
    """
    cdef PyFrameObject* frame = PyEval_GetFrame()
    cdef PyFrameObject* back
    cdef PyCodeObject* code
    Py_XINCREF(<PyObject*>frame)
    while frame != NULL:
        if not is_inside((<dict>PyFrame_GetGlobals(frame)).get("__name__")):
            code = PyFrame_GetCode(frame)
            where = line_of(code, PyFrame_GetLineNumber(frame))
            Py_XDECREF(<PyObject*>code)
            Py_XDECREF(<PyObject*>frame)
            return where
        back = PyFrame_GetBack(frame)
        Py_XDECREF(<PyObject*>frame)
        frame = back
    return None


cdef tuple latest = (None, 0)       # the line that was met last: mostly that of the next, too


cdef tuple line_of(PyCodeObject* code, int line):
    """``(file, line)``, the same object as long as it is the same line."""
    global latest
    cdef tuple known = latest
    file = (<object>code).co_filename
    if known[0] is not file or <int>known[1] != line:
        known = latest = (file, line)
    return known


cdef bint is_inside(module) except -1:
    """Whether a module of this name belongs to this package, the demos excepted."""
    if type(module) is not str:
        return False
    cdef const char* name = PyUnicode_AsUTF8(module)
    if strncmp(name, b"graphcore", 9) != 0:
        return False
    return name[9] == 0 or (name[9] == b"." and strncmp(name + 10, b"demos.", 6) != 0)


# ---- what decides a shape ----------------------------------------------------------------------

cdef enum:
    VISITS = 24             # of one search for what decides a shape


def shape_source(v):
    """A variable known to have the shape of ``v``, the same one for related expressions.

    Follows elementwise operations back while one operand (or several of one source) decides the
    shape.  The budget of visits keeps this cheap on long chains, and bounds the recursion.
    """
    cdef int budget = VISITS
    checked_owner(v)
    while v is not None:
        found, v = v, decided_by(v, &budget)
    return found


def same_shape(a, b):
    """Whether two variables are known to have one shape: the same variable decides both."""
    cdef int budget = 2 * VISITS
    checked_owner(a)
    checked_owner(b)
    return meeting(a, b, &budget) is not None


def shape_origins(variables):
    """For each variable the one by which its shape is decided, as far back as that is known.

    Other than :func:`shape_source` this looks at every operation on the way, each once.
    """
    cdef dict origins = {}
    cdef list stack
    cdef tuple shape
    cdef Py_ssize_t depth
    for v in variables:
        stack = [v]
        while stack:
            depth = len(stack)
            v = stack[depth - 1]
            if PyDict_GetItem(origins, v) == NULL:
                origin, node = v, checked_owner(v)
                if node is not None and op_of(node).head == "BroadcastLike":
                    origin = known_origin(inputs_of_node(node)[1], origins, stack)
                elif node is not None and op_of(node).broadcasts:
                    found = None
                    for u in inputs_of_node(node):
                        shape = shape_of(type_of(u))
                        if shape.count(1) != len(shape):
                            u = known_origin(u, origins, stack)
                            origin, found = (u, u) if found is None or found is u else (v, v)
                    if len(shape_of(type_of(origin))) != len(shape_of(type_of(v))):
                        origin = v
                if len(stack) > depth:
                    continue
                origins[v] = origin
            stack.pop()
    return [origins[v] for v in variables]


cdef object known_origin(v, dict origins, list stack):
    """What is known of a variable already; else it is put on the stack."""
    cdef PyObject* found = PyDict_GetItem(origins, v)
    if found != NULL:
        return <object>found
    stack.append(v)
    return v


cdef object decided_by(v, int* budget):
    """What decides the shape of ``v``, one step back; None where that is not known."""
    cdef tuple shape
    budget[0] -= 1
    node = owner_of(v)
    if node is None or budget[0] < 0:
        return None
    op = op_of(node)
    if op.head == "BroadcastLike":
        return inputs_of_node(node)[1]
    if not op.broadcasts:
        return None
    found = None
    for u in inputs_of_node(node):
        shape = type_of(u).shape
        if shape.count(1) != len(shape):
            found = u if found is None else meeting(found, u, budget)
            if found is None:
                return None
    if found is None or len(type_of(found).shape) != len(type_of(v).shape):
        return None
    return found


cdef object meeting(a, b, int* budget):
    """The first variable on the ways back from both, by whose shape theirs are decided, or None."""
    cdef list ways = [[a], [b]]
    cdef list ends = [a, b]
    cdef int turn = 0
    if a is b:
        return a
    while ends[0] is not None or ends[1] is not None:
        if ends[turn] is not None:
            v = ends[turn] = decided_by(ends[turn], budget)
            if v is not None:
                for u in <list>ways[1 - turn]:
                    if u is v:
                        return v
                (<list>ways[turn]).append(v)
        turn = 1 - turn
    return None


# ---- walks ------------------------------------------------------------------------------------

cdef list sorted_applications(object outputs, object stop):
    cdef set stops = set(stop)
    cdef bint stopping = len(stops) > 0
    cdef list order = [], stack = []
    cdef tuple inputs
    cdef Met met                # marked when finished: till then inputs are on the stack above
    cdef size_t* place
    cdef Py_ssize_t i
    for v in reversed(outputs):
        owner = checked_owner(v)
        if owner is not None and v not in stops:
            stack.append(owner)
    open_met(&met)
    try:
        while stack:
            node = stack[len(stack) - 1]
            place = place_of(&met, node)
            if place[0]:
                stack.pop()
                if not place[0] & 1:
                    place[0] |= 1
                    order.append(node)
                continue
            meet(&met, place, node)
            inputs = inputs_of_node(node)
            for i in range(PyTuple_GET_SIZE(inputs) - 1, -1, -1):
                v = <object>PyTuple_GET_ITEM(inputs, i)
                owner = owner_of(v)
                if owner is None or (stopping and v in stops):
                    continue
                place = place_of(&met, owner)
                if not place[0]:
                    stack.append(owner)
                elif not place[0] & 1:
                    raise ValueError(f"the graph contains a cycle through {op_of(owner)!r}")
    finally:
        close_met(&met)
    return order


def toposort(outputs, stop=()):
    """Applications needed for ``outputs``, each after the ones it depends on.

    Variables in ``stop`` are treated as inputs.  Raises ValueError on a cycle.
    """
    return sorted_applications(outputs, stop)


cdef list reached(outputs, stop):
    """Applications needed for ``outputs`` in any order, which takes a third of the time."""
    cdef set stops = set(stop)
    cdef bint stopping = len(stops) > 0
    cdef list found = []
    cdef Met met
    cdef size_t* place
    cdef Py_ssize_t i = 0
    open_met(&met)
    try:
        for v in outputs:
            owner = None if v in stops else checked_owner(v)
            if owner is not None:
                place = place_of(&met, owner)
                if not place[0]:
                    meet(&met, place, owner)
                    found.append(owner)
        while i < len(found):
            for v in inputs_of_node(found[i]):
                owner = owner_of(v)
                if owner is not None and not (stopping and v in stops):
                    place = place_of(&met, owner)
                    if not place[0]:
                        meet(&met, place, owner)
                        found.append(owner)
            i += 1
    finally:
        close_met(&met)
    return found


def operations(outputs, stop=()):
    """The operations that ``outputs`` need, every object once; variables in ``stop`` are inputs."""
    cdef dict found = {}
    for node in reached(outputs, stop):
        op = op_of(node)
        found[<size_t><PyObject*>op] = op
    return list(found.values())


def survey(outputs):
    """What ``outputs`` are made of, found in one walk: operations, inputs and element types.

    Returns
    -------
    (list of Op, list of Variable, set of str)
        Every operation once, every variable without owner that is not constant once, and the
        names of the element types of all variables.
    """
    cdef dict operations = {}, inputs = {}
    cdef set types = {type_of(v).dtype for v in outputs}
    cdef object last = None
    for v in outputs:
        if owner_of(v) is None and not is_constant(v):
            inputs[v] = None
    for node in reached(outputs, ()):
        op = op_of(node)
        operations[<size_t><PyObject*>op] = op
        for v in inputs_of_node(node):
            if type_of(v) is not last:      # neighbours mostly have one type
                last = type_of(v)
                types.add(dtype_of(last))
            if owner_of(v) is None and not is_constant(v):
                inputs[v] = None
        for v in outputs_of_node(node):
            if type_of(v) is not last:
                last = type_of(v)
                types.add(dtype_of(last))
    return list(operations.values()), list(inputs), types


def leaves_of(outputs, stop=()):
    """The same variables as :func:`inputs_of` in another order, which takes less time."""
    cdef set stops = set(stop)
    return _leaves(reached(outputs, stops), outputs, stops)


cdef list _leaves(list nodes, outputs, set stops):
    """What the nodes and outputs read that nothing computes, constants left out."""
    cdef dict found = {}
    for node in nodes:
        for v in inputs_of_node(node):
            if (owner_of(v) is None or v in stops) and not is_constant(v):
                found[v] = None
    for v in outputs:
        if (owner_of(v) is None or v in stops) and not is_constant(v):
            found[v] = None
    return list(found)


def influenced(list order, targets):
    """The variables on which a target has an influence, the targets included, as a set.

    ``order`` holds applications, or anything else with operation, inputs and outputs.
    """
    cdef set found = set(targets)
    cdef Py_ssize_t i
    for node in order:
        blocked = node.op.no_gradient
        i = 0
        for v in node.inputs:
            if v in found and not (blocked and i in blocked):
                found.update(node.outputs)
                break
            i += 1
    return found


def ancestors(outputs):
    """Every variable that ``outputs`` depend on, themselves included, in topological order."""
    cdef dict found = {}
    for node in sorted_applications(outputs, ()):
        for v in inputs_of_node(node):
            found[v] = None
        for v in outputs_of_node(node):
            found[v] = None
    for v in outputs:
        found[v] = None
    return list(found)


def inputs_of(outputs, stop=()):
    """Variables without owner (constants left out) that ``outputs`` depend on, in walk order."""
    cdef set stops = set(stop)
    return _leaves(sorted_applications(outputs, stops), outputs, stops)


def count_readers(list order, outputs):
    """``{variable: how often it is read}``, by applications in ``order`` and as an output."""
    cdef dict found = {}
    cdef PyObject* n
    for node in order:
        for v in inputs_of_node(node):
            n = PyDict_GetItem(found, v)
            found[v] = 1 if n == NULL else <object>n + 1
    for v in outputs:
        n = PyDict_GetItem(found, v)
        found[v] = 1 if n == NULL else <object>n + 1
    return found


def needed(list order, outputs, dict values):
    """The applications whose values are needed: not those of which only a shape is read.

    Parameters
    ----------
    order : list of Apply
        Topological.
    outputs : sequence of Variable
    values : dict of Variable to ndarray
        What is known already.
    """
    cdef list found = []
    cdef Met wanted
    cdef bint used, known
    cdef Py_ssize_t i
    open_met(&wanted)
    try:
        for v in outputs:
            want(&wanted, v)
        for node in reversed(order):
            used, known = False, len(values) > 0
            for v in outputs_of_node(node):
                used = used or place_of(&wanted, v)[0]
                known = known and v in values
            if not used:
                continue
            found.append(node)
            if known:
                continue
            skipped = op_of(node).shape_only
            for i, v in enumerate(inputs_of_node(node)):
                if not skipped or i not in skipped:
                    want(&wanted, v)
    finally:
        close_met(&wanted)
    found.reverse()
    return found


cdef inline int want(Met* wanted, object v) except -1:
    cdef size_t* place = place_of(wanted, v)
    return 0 if place[0] else meet(wanted, place, v)
