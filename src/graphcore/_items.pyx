"""Done for every operation when a graph is lowered: its items, and in which groups they run.

``graphcore/lower/translate.py`` says what operations become, ``items.py`` and ``arrays.py`` what
items, arrays and views are, ``regions.py`` what a group is.  These stay Python classes with slots,
which are read and filled here by their offsets, as in ``_graph.pyx``.
"""

from types import MappingProxyType

from cpython.dict cimport PyDict_GetItem
from cpython.ref cimport PyObject

from graphcore._graph cimport (
    PyType_GenericAlloc,
    at,
    dtype_of,
    field,
    inputs_of_node,
    is_constant,
    offset,
    op_of,
    outputs_of_node,
    put,
    type_of,
)


cdef type array_class = None
cdef type view_class = None
cdef type item_class = None
cdef type group_class = None
cdef object c_strides = None            # functions of Python: see ``bind`` and ``bind_groups``
cdef object squeezed = None
cdef object is_aligned = None
cdef object dependencies = None
cdef frozenset flowing = frozenset()    # kinds of items that make elements one after the other
cdef frozenset looping = frozenset()    # kinds of items that run in loops

cdef object NOTHING = MappingProxyType({})   # what an item without particulars has
cdef tuple NUMBERS = ("scalar", ())     # the key of scalar runs
cdef list unaligned = [(False,) * n for n in range(8)]


def bind(type array, type view, type item, functions):
    """Called once by ``graphcore.lower.items``: the classes, and what is the same in Python.

    ``functions`` are ``c_strides``, ``squeezed`` and ``is_aligned``.
    """
    global array_class, view_class, item_class, c_strides, squeezed, is_aligned
    array_class, view_class, item_class = array, view, item
    c_strides, squeezed, is_aligned = functions
    A.shape, A.lane, A.memory = offset(array.shape), offset(array.lane), offset(array.memory)
    A.place, A.data, A.start = offset(array.place), offset(array.data), offset(array.start)
    A.node, A.writers = offset(array.node), offset(array.writers)
    A.readers, A.offset = offset(array.readers), offset(array.offset)
    V.array, V.shape = offset(view.array), offset(view.shape)
    V.strides, V.offset = offset(view.strides), offset(view.offset)
    I.kind, I.op, I.shape = offset(item.kind), offset(item.op), offset(item.shape)
    I.inputs, I.out, I.node = offset(item.inputs), offset(item.out), offset(item.node)
    I.axes, I.info, I.group = offset(item.axes), offset(item.info), offset(item.group)
    I.aligned, I.order = offset(item.aligned), offset(item.order)


def bind_groups(type group, function, flow, loop):
    """Called once by ``graphcore.lower.regions``; ``function`` is ``dependencies``."""
    global group_class, dependencies, flowing, looping
    group_class, dependencies, flowing, looping = group, function, flow, loop
    G.kind, G.space, G.level = offset(group.kind), offset(group.space), offset(group.level)
    G.items, G.before, G.hard = offset(group.items), offset(group.before), offset(group.hard)


# ---- items ------------------------------------------------------------------------------------

cdef Py_ssize_t size_of(tuple shape) except -1:
    cdef Py_ssize_t n = 1
    for length in shape:
        n *= <Py_ssize_t>length
    return n


cdef object new_array(tuple shape, lane, node):
    array = PyType_GenericAlloc(array_class, 0)
    put(array, A.shape, shape)
    put(array, A.lane, lane)
    put(array, A.memory, "f8")
    put(array, A.place, None)
    put(array, A.data, None)
    put(array, A.start, None)
    put(array, A.node, node)
    put(array, A.writers, [])
    put(array, A.readers, [])
    put(array, A.offset, -1)
    return array


cdef object new_view(array, tuple shape, strides):
    view = PyType_GenericAlloc(view_class, 0)
    put(view, V.array, array)
    put(view, V.shape, shape)
    put(view, V.strides, strides)
    put(view, V.offset, 0)
    return view


cdef bint runs_along(view, tuple shape, strides, Py_ssize_t size, item) except -1:
    """Whether an elementwise item reads a view element by element; see ``items.is_aligned``."""
    array = field(view, V.array)
    if (field(view, V.strides) is strides and field(view, V.offset) == 0
            and field(view, V.shape) == shape and field(array, A.shape) == shape):
        return size != 1
    return is_aligned(view, item)


cdef object enter(list items, kind, op, tuple shape, list inputs, out, node, axes, info):
    """A new item at the end of a list, known to the arrays that it reads and writes."""
    cdef Py_ssize_t i, n = len(inputs), size
    cdef tuple aligned
    item = PyType_GenericAlloc(item_class, 0)
    put(item, I.kind, kind)
    put(item, I.op, op)
    put(item, I.shape, shape)
    put(item, I.inputs, inputs)
    put(item, I.out, out)
    put(item, I.node, node)
    put(item, I.axes, axes)
    put(item, I.info, info)
    put(item, I.group, None)
    put(item, I.order, len(items))
    if kind == "scalar":
        aligned = unaligned[n] if n < 8 else (False,) * n
    elif kind == "elem" or kind == "reduce":
        strides, size = c_strides(shape), size_of(shape)
        aligned = tuple([runs_along(v, shape, strides, size, item) for v in inputs])
    else:
        streams = item.streams
        aligned = tuple([i in streams and is_aligned(inputs[i], item) for i in range(n)])
    put(item, I.aligned, aligned)
    items.append(item)
    (<list?>field(field(out, V.array), A.writers)).append(item)
    for i in range(n):
        (<list?>field(field(inputs[i], V.array), A.readers)).append((item, aligned[i]))
    return item


def add(t, kind, op, shape, inputs, out, axes=(), info=NOTHING):
    """Add an item to a translator: the method ``Translator.add``."""
    return enter(t.items, kind, op, tuple(shape), list(inputs), out, t.node, axes, info)


cdef object elementwise_on(list items, op, list views, tuple shape, lane, node):
    """The view of what an operation makes of views, element by element."""
    cdef Py_ssize_t size = size_of(shape)
    out = new_view(new_array(shape, lane, node), shape, c_strides(shape))
    if size:
        enter(items, "scalar" if size == 1 else "elem", op, shape, views, out, node, (), NOTHING)
    return out


def elementwise(t, op, views, shape, lane):
    """Apply an opcode; a scalar item when one number results.

    The method ``Translator.elementwise``.
    """
    return elementwise_on(t.items, op, list(views), tuple(shape), lane, t.node)


cdef object plan_for(op, tuple inputs, dict plans, plan_of):
    """The plan of an operation on inputs; ``plans`` has the last one of every operation."""
    cdef Py_ssize_t i, n = len(inputs)
    cdef tuple dtypes
    cdef PyObject* found = PyDict_GetItem(plans, <size_t><PyObject*>op)
    if found != NULL:
        dtypes, plan = <tuple><object>found
        for i in range(n):
            if dtype_of(type_of(inputs[i])) is not dtypes[i]:
                break
        else:
            return plan
    dtypes = tuple([dtype_of(type_of(v)) for v in inputs])
    plan = plan_of(op.row_name, dtypes)
    plans[<size_t><PyObject*>op] = (dtypes, plan)
    return plan


def translate_all(t, order, type elementwise_class, plan_of):
    """The items of nodes, one after the other: ``t.translate``, with a shorter way for most.

    That is for elementwise operations on elements as they lie in memory, which need no conversion.
    ``plan_of(row, element types)`` begins with the opcode, the class of the result, and whether
    this is so.
    """
    cdef dict known = t.view, shapes = t.shapes, values = t.values, plans = {}
    cdef list items = t.items, views
    cdef tuple inputs
    cdef PyObject* found
    cdef bint taken_apart = False
    apart, last = t.apart, ()       # the last shape that was asked for: mostly that of the next
    for node in order:
        op = op_of(node)
        if type(op) is elementwise_class:
            y = outputs_of_node(node)[0]
            shape = shapes[y]
            if shape is not last:
                last, taken_apart = shape, bool(shape) and bool(apart(shape))
            if not taken_apart and not (values and y in values):
                inputs = inputs_of_node(node)
                plan = plan_for(op, inputs, plans, plan_of)
                if plan is not None and plan[2]:
                    t.node = node
                    views = []
                    for v in inputs:
                        found = PyDict_GetItem(known, v)
                        views.append(t.of(v) if found == NULL else <object>found)
                    known[y] = elementwise_on(items, plan[0], views, shape, plan[1], node)
                    continue
        t.translate(node)


# ---- groups -----------------------------------------------------------------------------------

cdef bint is_simple(item, list inputs) except -1:
    """Whether nothing that the item reads or writes has several writers."""
    if len(<list>field(field(field(item, I.out), V.array), A.writers)) > 1:
        return False
    for v in inputs:
        if len(<list>field(field(v, V.array), A.writers)) > 1:
            return False
    return True


cdef object key_of(item, kind):
    """What items of one group have in common: their kind, and what they run over."""
    if kind == "scalar":
        return NUMBERS
    if kind in looping:
        return ("loop", squeezed(field(item, I.shape)))
    return ("alone", field(item, I.order))


cdef bint has_key(group, tuple key) except -1:
    return field(group, G.kind) == key[0] and field(group, G.space) == key[1]


cdef bint follows(earlier, kind, aligned) except -1:
    """Whether an item may run in the loop or run of an earlier one whose result it reads."""
    made = field(earlier, I.kind)
    return (aligned and made in flowing) or (kind == "scalar" and made == "scalar")


cdef list simple_dependencies(item, kind, list inputs):
    """As ``regions.dependencies``, where no array has several writers."""
    cdef list found = [], writers
    cdef tuple aligned = <tuple?>field(item, I.aligned)
    cdef Py_ssize_t i, order = field(item, I.order)
    for i in range(len(inputs)):
        writers = <list>field(field(inputs[i], V.array), A.writers)
        if writers and <Py_ssize_t>field(writers[0], I.order) < order:
            found.append((writers[0], follows(writers[0], kind, aligned[i])))
    return found


def grouped(list items):
    """The groups of items by kind, space and level, in the order in which they are met."""
    cdef dict table = {}
    cdef Py_ssize_t level, above
    cdef list inputs, waits
    cdef tuple key, whole
    for item in items:
        kind, inputs = field(item, I.kind), <list?>field(item, I.inputs)
        key, level = key_of(item, kind), 0
        if is_simple(item, inputs):
            waits = simple_dependencies(item, kind, inputs)
        else:
            waits = dependencies(item)
        for wait in waits:
            other = field((<tuple>wait)[0], I.group)
            above = field(other, G.level)
            if not ((<tuple>wait)[1] and has_key(other, key)):
                above += 1
            level = max(level, above)
        whole = (key, level)
        group = table.get(whole)
        if group is None:
            group = table[whole] = group_class(key[0], key[1], level)
        (<list>field(group, G.items)).append(item)
        put(item, I.group, group)
        for wait in waits:
            other = field((<tuple>wait)[0], I.group)
            if other is not group:
                (<set>field(group, G.before)).add(other)
                if not ((<tuple>wait)[1] and has_key(other, key)):
                    (<set>field(group, G.hard)).add(other)
    return list(table.values())


def arrays_of(groups):
    """Every array that items of groups read or write, in the order in which they are met."""
    cdef dict found = {}
    for group in groups:
        for item in <list?>field(group, G.items):
            for v in <list?>field(item, I.inputs):
                found[field(v, V.array)] = None
            found[field(field(item, I.out), V.array)] = None
            info = field(item, I.info)
            if info is not NOTHING:
                for array in info.get("outs", ()):
                    found[array] = None
    return list(found)


def elements_of(groups):
    """How many elements the items of groups go over, all together."""
    cdef Py_ssize_t total = 0
    for group in groups:
        for item in <list?>field(group, G.items):
            info = field(item, I.info)
            work = None if info is NOTHING else info.get("work")
            total += size_of(<tuple?>field(item, I.shape)) if work is None else <Py_ssize_t>work
    return total


def take_apart(list items):
    """Items refer to arrays and these to items: without that nothing waits for the collector."""
    for item in items:
        put(item, I.group, None)
        for v in <list?>field(item, I.inputs):
            array = field(v, V.array)
            put(array, A.writers, None)
            put(array, A.readers, None)
        array = field(field(item, I.out), V.array)
        put(array, A.writers, None)
        put(array, A.readers, None)
        info = field(item, I.info)
        if info is not NOTHING:
            for array in info.get("outs", ()):
                put(array, A.writers, None)


# ---- shapes -----------------------------------------------------------------------------------

def spread_shapes(order, dict shapes, dict values, real, decide):
    """Concrete shapes of all results; see ``graphcore.lower.shapes.concrete_shapes``.

    ``decide(node, shapes of its inputs)`` is asked for all but elementwise operations on real
    numbers whose operands, single numbers aside, have one shape.
    """
    cdef tuple inputs, outputs
    cdef PyObject* found
    cdef bint same
    for node in order:
        same, most = True, ()       # most: the shape of those that are not numbers
        inputs, outputs = inputs_of_node(node), outputs_of_node(node)
        for v in inputs:
            found = PyDict_GetItem(shapes, v)
            if found != NULL:
                shape = <object>found
            elif is_constant(v):
                shape = shapes[v] = field(v, at.data).shape
            else:
                raise ValueError(f"no shape is given for the input {v!r}")
            if shape:
                same = same and (not most or shape is most or shape == most)
                most = shape
        if same and inputs and op_of(node).broadcasts:
            for y in outputs:
                shapes[y] = most
            if dtype_of(type_of(outputs[0])) in real:
                continue
        decide(node, [shapes[v] for v in inputs])
