"""One pass of rewriting and the table of equal nodes: what is done for every node of a graph.

``graphcore/rewrite/engine.py`` says what a pass is and ``graphcore/rewrite/builder.py`` what a
builder offers to rules; rules are Python functions.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_GetItem
from cpython.ref cimport Py_INCREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM

cimport numpy as cnp

from graphcore._graph cimport (
    at,
    dtype_of,
    field,
    inputs_of_node,
    is_constant,
    new_application,
    op_of,
    outputs_of_node,
    owner_of,
    reached,
    rename,
    shape_of,
    type_of,
)

import numpy as np

from graphcore._graph import number as new_number

cnp.import_array()

MODERATE = 2.0**32      # constants between 1/MODERATE and MODERATE may be moved through products

cdef enum:
    SMALL = 4096                    # bytes: constants up to this size merge by value
    FIRINGS_PER_NODE = 16
    FIRINGS_AT_LEAST = 1000
    MANY_HEADS = 8                  # a rule with more is not filed under each of them


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
    """Makes every node once.

    Attributes
    ----------
    where : (str, int) or None
        Line of user code that new nodes are attributed to.
    visited : Variable
        The result that a pass works on, before its inputs were settled.
    tried : dict of Apply to int
        Number of the last stage whose rules were tried on it.
    """

    cdef public object where
    cdef readonly object visited
    cdef public dict tried
    cdef dict ops           # operation -> the identity of all equal ones
    cdef dict equal_ops
    cdef dict nodes         # (operation, inputs) by identity -> application
    cdef dict constants     # by value: eight bytes for one number of type float64, else a tuple
    cdef dict leaves
    cdef dict numbers       # constant -> the number all its elements equal, or None

    def __init__(self):
        self.where = None
        self.tried = {}
        self.ops, self.equal_ops, self.nodes, self.constants, self.leaves = {}, {}, {}, {}, {}
        self.numbers = {}

    cdef tuple key(self, op, tuple inputs):
        cdef Py_ssize_t i, n = PyTuple_GET_SIZE(inputs)
        cdef size_t identity = <size_t><PyObject*>op
        cdef PyObject* known = PyDict_GetItem(self.ops, identity)
        if known == NULL:
            first = self.equal_ops.setdefault(op, op)
            swaps = getattr(getattr(op, "row", None), "commutative", False)
            entry = (<size_t><PyObject*>first, swaps, op)       # keeps what the identity is of
            self.ops[identity] = entry
        else:
            entry = <object>known
        cdef tuple found = PyTuple_New(n + 1)
        cdef bint turned = (n == 2 and PyTuple_GET_ITEM(inputs, 0) > PyTuple_GET_ITEM(inputs, 1)
                            and <bint>(<tuple>entry)[1])
        first = (<tuple>entry)[0]
        Py_INCREF(first)
        PyTuple_SET_ITEM(found, 0, first)
        for i in range(n):
            v = <object>PyTuple_GET_ITEM(inputs, 1 - i if turned else i)
            Py_INCREF(v)
            PyTuple_SET_ITEM(found, i + 1, v)
        return found

    cpdef rebuilt(self, node, tuple inputs):
        """``node`` on these inputs: the equal application that exists already, if any."""
        op = op_of(node)
        cdef tuple key = self.key(op, inputs)
        cdef PyObject* found = PyDict_GetItem(self.nodes, key)
        if found != NULL:
            return <object>found
        cdef tuple old = inputs_of_node(node)
        if same(inputs, old):
            new = node
        else:
            new = new_application(op, inputs, output_types(node, op, inputs, old),
                                  field(node, at.where))
            rename(outputs_of_node(node), outputs_of_node(new))
        self.nodes[key] = new
        return new

    cpdef known(self, op, tuple inputs):
        """The (first) output of ``op`` applied to variables if that was made, else None."""
        cdef PyObject* found = PyDict_GetItem(self.nodes, self.key(op, inputs))
        return None if found == NULL else outputs_of_node(<object>found)[0]

    cpdef applied(self, op, tuple inputs):
        """The (first) output of ``op`` applied to variables."""
        cdef tuple key = self.key(op, inputs)
        cdef PyObject* found = PyDict_GetItem(self.nodes, key)
        if found != NULL:
            return outputs_of_node(<object>found)[0]
        node = new_application(op, inputs, op.types_of(inputs), self.where)
        self.nodes[key] = node
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


cdef bint is_mixed(tuple inputs, tuple outputs) except -1:
    """Whether the operands and the result are not all of one real element type."""
    cdef str dtype = dtype_of(type_of(outputs[0]))
    if dtype != "float64" and dtype != "float32":
        return True
    for v in inputs:
        if <str>dtype_of(type_of(v)) != dtype:
            return True
    return False


cdef class Selection:
    """The rules that may apply to some applications."""

    cdef list rules
    cdef long more          # bits: which of the rules that follow have some for them, too


cdef class RuleSet:
    """Rules, found by the head of an application and the kinds of its operands."""

    cdef list rules         # in order
    cdef dict places        # head -> where the rules that name it stand
    cdef list wide          # where the rules with many heads stand
    cdef dict by_head       # head -> the rules for it
    cdef dict found         # head and kinds of the operands, of one real type -> Selection
    cdef dict found_mixed   # the same for all others
    cdef tuple following    # what each of the next stages has beyond these rules

    def __init__(self, rules, tuple following=()):
        cdef Py_ssize_t i = 0
        self.rules, self.places, self.wide, self.by_head = [], {}, [], {}
        self.found, self.found_mixed, self.following = {}, {}, following
        for rule in rules:
            heads = rule.heads
            if len(heads) > MANY_HEADS or "*" in heads:
                self.wide.append(i)
            else:
                for head in heads:
                    if head in self.places:
                        (<list>self.places[head]).append(i)
                    else:
                        self.places[head] = [i]
            self.rules.append(rule)
            i += 1

    cdef Selection select(self, tuple kinds, bint mixed):
        """The rules that may apply, in order; ``kinds`` begins with the head."""
        cdef dict known = self.found_mixed if mixed else self.found
        cdef Py_ssize_t i
        cdef PyObject* met = PyDict_GetItem(known, kinds)
        if met != NULL:
            return <Selection><object>met
        cdef Selection chosen = Selection.__new__(Selection)
        chosen.rules = self.chosen(kinds, mixed)
        for i, later in enumerate(self.following):
            if (<RuleSet>later).select(kinds, mixed).rules:
                chosen.more |= 1 << i
        known[kinds] = chosen
        return chosen

    cdef list chosen(self, tuple kinds, bint mixed):
        cdef PyObject* known = PyDict_GetItem(self.by_head, kinds[0])
        cdef list rules = self.rules_for(kinds[0]) if known == NULL else <list><object>known
        cdef list found = []
        kinds = kinds[1:]
        for rule in rules:
            if (occurs(rule.any_of, kinds) and all_occur(rule.all_of, kinds)
                    and (mixed or not rule.mixed)
                    and (not rule.only or none_other(rule.only, kinds))):
                found.append(rule)
        return found

    cdef list rules_for(self, head):
        cdef list places = list(self.places.get(head, ()))
        for i in self.wide:
            heads = self.rules[i].heads
            if head in heads or "*" in heads:
                places.append(i)
        places.sort()
        found = self.by_head[head] = [self.rules[i] for i in places]
        return found


cdef bint is_wanted(want, kind) except -1:
    """Whether a kind is what a rule wants."""
    if want == kind:
        return True
    return (want == "Constant" and kind == "number") or (want == "special" and kind == "Constant")


cdef bint occurs(tuple wanted, tuple kinds) except -1:
    """Whether one of those wanted is there, or nothing is wanted."""
    for want in wanted:
        for kind in kinds:
            if is_wanted(want, kind):
                return True
    return len(wanted) == 0


cdef bint all_occur(tuple wanted, tuple kinds) except -1:
    """Whether each of those wanted is there."""
    for want in wanted:
        for kind in kinds:
            if is_wanted(want, kind):
                break
        else:
            return False
    return True


cdef bint none_other(want, tuple kinds) except -1:
    """Whether nothing else is there."""
    for kind in kinds:
        if not is_wanted(want, kind) and kind != "twice":
            return False
    return True


cdef class Settling:
    """One stage applied to one graph: the part of ``Pass`` that is done for every node."""

    cdef readonly Nodes builder
    cdef readonly dict settled      # application -> its outputs as they stand after this pass
    cdef dict waiting               # application -> (it on settled inputs, what replaces it)
    cdef readonly long more         # bits: which of the rules that follow may apply to anything
    cdef RuleSet rules, new_rules
    cdef long number
    cdef long firings
    cdef dict counted               # variable of the old graph -> how often it is read
    cdef dict readers               # what is counted -> readers it had; made when asked for
    cdef object outputs
    cdef object counts              # heads of the operations whose readers are counted
    cdef public object notify       # called with rule name, before, after; None without a trace

    def __init__(self, Nodes builder, RuleSet rules, RuleSet new_rules, number, counts):
        self.builder, self.rules, self.new_rules = builder, rules, new_rules
        self.number, self.counts = number, counts
        self.settled, self.waiting = {}, {}
        self.firings = 0

    def run(self, outputs):
        """New outputs of the same values."""
        cdef list stack = [v.owner for v in reversed(outputs) if v.owner is not None]
        cdef tuple inputs
        cdef Py_ssize_t i, depth
        self.outputs = outputs
        while stack:
            depth = len(stack)
            node = stack[depth - 1]
            if PyDict_GetItem(self.settled, node) != NULL:
                stack.pop()
                continue
            if self.waiting and PyDict_GetItem(self.waiting, node) != NULL:
                self.close(node)
                stack.pop()
                continue
            inputs = inputs_of_node(node)
            for i in range(PyTuple_GET_SIZE(inputs)):
                owner = owner_of(<object>PyTuple_GET_ITEM(inputs, i))
                if owner is not None and PyDict_GetItem(self.settled, owner) == NULL:
                    stack.append(owner)
            if len(stack) == depth and self.visit(node, inputs, stack):
                stack.pop()
        return [self.resolve(v) for v in outputs]

    def uses(self, v):
        """How many applications of the old graph read what is now ``v``.

        It is counted for arithmetic and for sums over axes.

        0 for what a rule has made.
        """
        if self.readers is None:
            self.counted = counted_readers(self.outputs, self.counts)
            self.readers = {}
            for node, outputs in self.settled.items():
                self.add_readers(node, outputs)
        if PyDict_GetItem(self.settled, owner_of(v)) == NULL:    # it is yet to be visited
            return self.counted.get(v, 0)
        return self.readers.get(v, 0)

    cdef add_readers(self, node, tuple outputs):
        if op_of(node).head in self.counts:
            old, new = outputs_of_node(node)[0], outputs[0]
            self.readers[new] = self.readers.get(new, 0) + self.counted.get(old, 0)

    cdef settle(self, node, tuple outputs):
        """From now on these variables stand for the outputs of ``node``."""
        self.settled[node] = outputs
        if self.readers is not None:
            self.add_readers(node, outputs)

    cdef resolve(self, v):
        owner = owner_of(v)
        if owner is None:
            return self.builder.leaf(v)
        return (<tuple>self.settled[owner])[<Py_ssize_t>field(v, at.index)]

    cdef bint visit(self, node, tuple old, list stack) except -1:
        """Settle a node whose inputs are settled, or put its replacement on the stack.

        Whether it is settled now.
        """
        cdef Nodes builder = self.builder
        cdef PyObject* tried = PyDict_GetItem(builder.tried, node)
        cdef PyObject* found
        cdef Py_ssize_t i, n = PyTuple_GET_SIZE(old)
        cdef tuple inputs = PyTuple_New(n)
        for i in range(n):
            v = self.resolve(<object>PyTuple_GET_ITEM(old, i))
            Py_INCREF(v)
            PyTuple_SET_ITEM(inputs, i, v)
        if tried != NULL and same(inputs, old):
            new = node
        else:
            new = builder.rebuilt(node, inputs)
        if new is not node:
            found = PyDict_GetItem(self.settled, new)
            if found != NULL:
                self.settle(node, <tuple><object>found)
                return True
            if self.waiting and PyDict_GetItem(self.waiting, new) != NULL:
                # its own replacement needs it: it stays
                self.note("loop", outputs_of_node(new)[0], outputs_of_node(new)[0])
                self.settle_both(node, new, outputs_of_node(new))
                return True
            tried = PyDict_GetItem(builder.tried, new)
        builder.visited = outputs_of_node(node)[0]
        after = self.fire(new, tried != NULL and <object>tried == self.number - 1)
        if after is None:
            self.settle_both(node, new, outputs_of_node(new))
            return True
        owner = owner_of(after)
        if owner is None or PyDict_GetItem(self.settled, owner) != NULL:
            self.settle_both(node, new, (self.resolve(after),))
            return True
        self.waiting[node] = self.waiting[new] = (new, after)
        stack.append(owner)
        return False

    cdef settle_both(self, node, new, tuple outputs):
        self.settle(node, outputs)
        if new is not node:
            self.settle(new, outputs)

    cdef close(self, node):
        """The replacement of ``node`` is settled now, or needs ``node`` itself and is given up."""
        new, after = self.waiting.pop(node)
        self.waiting.pop(new, None)
        if PyDict_GetItem(self.settled, owner_of(after)) != NULL:
            self.settle_both(node, new, (self.resolve(after),))
        else:
            self.note("loop", outputs_of_node(node)[0], after)
            self.settle_both(node, new, outputs_of_node(new))

    cdef fire(self, node, bint known):
        """The first replacement that a rule offers, of the same type; None when no rule applies.

        ``known`` tells that the stage before has tried its rules.
        """
        cdef Nodes builder = self.builder
        cdef tuple outputs = outputs_of_node(node)
        cdef RuleSet rules = self.rules
        if known and self.new_rules is not None:
            rules = self.new_rules
        builder.tried[node] = self.number
        if PyTuple_GET_SIZE(outputs) != 1:
            return None
        cdef Selection chosen = rules.select(builder.kinds(node),
                                             is_mixed(inputs_of_node(node), outputs))
        self.more |= chosen.more
        if not chosen.rules:
            return None
        builder.where = field(node, at.where)
        out = outputs[0]
        for rule in chosen.rules:
            after = rule.apply(builder, node)
            if after is None or after is out:
                continue
            after = builder.like(after, out)
            if after is None or after is out:
                continue
            self.firings += 1
            if self.firings > FIRINGS_AT_LEAST + FIRINGS_PER_NODE * len(self.settled):
                return None     # far more than a terminating set of rules needs
            self.note(rule.name, out, after)
            return after
        return None

    cdef note(self, rule, before, after):
        if self.notify is not None:
            self.notify(rule, before, after)


cdef dict counted_readers(outputs, heads):
    """How often each result of operations with these heads is read, outputs included."""
    cdef dict found = {}
    cdef PyObject* known
    for node in reached(outputs, ()):
        for v in inputs_of_node(node):
            owner = owner_of(v)
            if owner is not None and op_of(owner).head in heads:
                known = PyDict_GetItem(found, v)
                found[v] = 1 if known == NULL else <object>known + 1
    for v in outputs:
        found[v] = found.get(v, 0) + 1
    return found
