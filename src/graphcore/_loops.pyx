"""Done for every item of a loop when its kernel calls are written.

``graphcore/lower/loops.py`` says what a loop is; functions here that take an emitter ``e`` are
methods of its ``LoopEmitter``.  Items, arrays and views are read by their offsets, as in
``_items.pyx``.
"""

from functools import cache

from cpython.dict cimport PyDict_GetItem
from cpython.ref cimport PyObject

from graphcore._graph cimport field
from graphcore._items cimport A, I, V, NOTHING, size_of


cdef class Operand:
    """Where a kernel finds an operand: a slot, or a block register (numbered, not yet placed)."""

    cdef public object form
    cdef public Py_ssize_t slot, register

    def __init__(self, form, Py_ssize_t slot=-1, Py_ssize_t register=-1):
        self.form, self.slot, self.register = form, slot, register

    def __repr__(self):
        where = f"slot {self.slot}" if self.register < 0 else f"register {self.register}"
        return f"<operand {self.form} in {where}>"


cdef Operand operand(form, Py_ssize_t slot, Py_ssize_t register):
    cdef Operand made = Operand.__new__(Operand)
    made.form, made.slot, made.register = form, slot, register
    return made


# ---- where operands are -----------------------------------------------------------------------

cdef bint made_here(item, Py_ssize_t i, group) except -1:
    """Whether the group makes an input of an item element by element."""
    cdef list writers
    if (<tuple?>field(item, I.aligned))[i] is False:
        return False
    writers = <list?>field(field((<list?>field(item, I.inputs))[i], V.array), A.writers)
    return len(writers) == 1 and field(writers[0], I.group) is group


def is_here(e, item, Py_ssize_t i):
    """Whether this loop makes an input of an item element by element."""
    return made_here(item, i, e.group)


cdef list memory_views(e, item):
    """Views that an item walks through in memory."""
    cdef list found = [], inputs = <list?>field(item, I.inputs)
    group = e.group
    kind = field(item, I.kind)
    streams = range(len(inputs)) if kind == "elem" else item.streams
    for i in streams:
        v = inputs[i]
        array = field(v, V.array)
        if size_of(<tuple?>field(array, A.shape)) == 1 and field(array, A.place)[0] == "cell":
            continue
        if not made_here(item, i, group):
            found.append(v)
    if kind == "scatter" or kind == "matcol":
        return found
    out = field(item, I.out)
    place = field(field(out, V.array), A.place)[0]
    if place != "register" and place != "cell":
        found.append(out)
    return found


def accesses(e, list items):
    """What items walk through in memory: strides by array, offset and strides."""
    cdef dict found = {}
    for item in items:
        for v in memory_views(e, item):
            key = e._key(v, item)
            found[key] = key[2]
    return found


def emit_items(e, list items):
    """The calls of all items of a loop."""
    for item in items:
        kind = field(item, I.kind)
        if kind == "elem":
            e._elem(item)
        else:
            getattr(e, "_" + kind)(item)


def needs_memory(array, flowing):
    """Whether an array is read by another group than the one that makes it."""
    cdef list writers = <list?>field(array, A.writers)
    if len(writers) != 1 or field(writers[0], I.kind) not in flowing:
        return True
    group = field(writers[0], I.group)
    for reader in <list?>field(array, A.readers):
        if not (<tuple>reader)[1] or field((<tuple>reader)[0], I.group) is not group:
            return True
    return False


# ---- elementwise items ------------------------------------------------------------------------

def read(e, item, Py_ssize_t i):
    """The operand for a streaming input of an item."""
    view = (<list?>field(item, I.inputs))[i]
    array = field(view, V.array)
    if made_here(item, i, e.group):
        if array in <dict>e.pending:
            e._flush(array)
        return (<dict>e.here)[array]
    if size_of(<tuple?>field(array, A.shape)) == 1:
        if field(array, A.place)[0] == "cell" or field(array, A.memory) == "f8":
            return operand("s", e.memory.array_slot(array, field(view, V.offset)), -1)
    return e.load(view, e.strides[e._key(view, item)])


def elem(e, item):
    """The calls of an elementwise item, unless these are left to its only reader."""
    cdef Py_ssize_t i
    cdef list operands = None
    name = field(item, I.op)
    additions = e.additions
    if name in additions:
        for i in range(2):
            array = field((<list?>field(item, I.inputs))[i], V.array)
            if made_here(item, i, e.group) and array in <dict>e.pending:
                product = (<dict>e.pending).pop(array)[0]
                name, operands = additions[name][i], [*product, read(e, item, 1 - i)]
                break
    if operands is None:
        operands = [read(e, item, i) for i in range(len(<list?>field(item, I.inputs)))]
    if (name == "mul_dd" or name == "sqr_d") and postponed(e, item, operands):
        return
    array = field(field(item, I.out), V.array)
    if field(array, A.place)[0] == "register":
        y = e.new_register()
        e.apply(name, y, operands, field(item, I.node))
        (<dict>e.here)[array] = y
        return
    y, store = e.target(item)
    e.apply(name, y, operands, field(item, I.node))
    e.finish(item, y, store)


cdef bint postponed(e, item, list operands) except -1:
    """Leave a product to the sum or the addition that is its only use."""
    cdef list readers
    cdef Operand o
    cdef bint vectors = True
    array = field(field(item, I.out), V.array)
    readers = <list?>field(array, A.readers)
    if len(readers) != 1 or field(array, A.place)[0] != "register":
        return False
    reader, aligned = readers[0]
    if not aligned or field(reader, I.group) is not e.group:
        return False
    cdef list both = operands * 2 if len(operands) == 1 else operands
    kind, op = field(reader, I.kind), field(reader, I.op)
    for o in both:
        vectors = vectors and o.form == "v"
    if kind == "elem":
        if op not in e.additions:
            return False
    elif kind == "reduce":
        if op != "sum_d" or not vectors:
            return False
    elif kind != "increase" or (<Operand>both[0]).form != "v":
        return False
    (<dict>e.pending)[array] = (both, item)
    return True


def new_register(e):
    """An operand in a block register of its own."""
    cdef Py_ssize_t n = e.registers
    e.registers = n + 1
    return operand("v", -1, n)


def apply(e, name, y, list operands, node):
    """Add the call of an elementwise kernel to the body."""
    cdef Operand o
    forms = ""
    for o in operands:
        forms += o.form
    if "v" not in forms:
        operands = [e.vector(operands[0]), *operands[1:]]
        forms = "v" + forms[1:]
    if forms == "sv" and e.is_commutative(name):
        operands, forms = operands[::-1], "vs"
    (<list>e.body).append((kernel_name(name, forms), y, tuple(operands), NOTHING, node))


@cache
def kernel_name(name, forms):
    """The kernel of an operation for operands of these forms: one object for all its calls."""
    return f"{name}_{forms}"


def register_uses(list calls):
    """``{number of a block register: how often it is read}``."""
    cdef dict found = {}
    cdef PyObject* n
    cdef Operand o
    for call in calls:
        for o in <tuple>(<tuple>call)[2]:
            if o.register >= 0:
                n = PyDict_GetItem(found, o.register)
                found[o.register] = 1 if n == NULL else <object>n + 1
    return found


# ---- registers --------------------------------------------------------------------------------

def place_registers(list calls, Py_ssize_t count, slot_of, ins):
    """Give block registers to the numbered ones, reusing each after its last use.

    ``count`` is how many numbers there are, ``slot_of(number)`` the slot of a register, ``ins``
    makes an instruction.  Returns the instructions and the slots of the registers they use.
    """
    cdef list last = [-1] * count, where = [-1] * count     # by the number that an operand has
    cdef list slots = [], free = [], body = [], ended, found
    cdef tuple call, operands
    cdef Py_ssize_t at = 0, n
    cdef Operand o, y
    for call in calls:
        y = call[1]
        if y.register >= 0:
            last[y.register] = at
        for o in <tuple>call[2]:
            if o.register >= 0:
                last[o.register] = at
        at += 1
    at = 0
    for name, y, operands, k, node in calls:
        ended = None
        y_slot = y.slot
        if y.register >= 0:
            number = where[y.register]
            if number == -1:
                if free:
                    number = free.pop()
                else:
                    number = len(slots)
                    slots.append(slot_of(number))
                where[y.register] = number
            y_slot = slots[number]
            if last[y.register] == at:
                ended = [y.register]
        found = []
        for o in operands:
            if o.register < 0:
                found.append(o.slot)
                continue
            found.append(slots[where[o.register]])
            if last[o.register] == at:
                if ended is None:
                    ended = [o.register]
                elif o.register not in ended:
                    ended.append(o.register)
        n = len(found)
        a = found[0] if n > 0 else 0
        b = found[1] if n > 1 else 0
        c = found[2] if n > 2 else 0
        if k or n > 3:
            body.append(ins(name, y_slot, a, b, c, more=tuple(found[3:]), node=node, **k))
        else:
            body.append(ins(name, y_slot, a, b, c, 0, 0, 0, 0, node))
        if ended is not None:
            if len(ended) > 1:
                ended.sort()
            for register in ended:
                free.append(where[register])
        at += 1
    return body, slots
