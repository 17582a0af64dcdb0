"""One pass of rewriting: what is done for every node of a graph.

``graphcore/rewrite/engine.py`` says what a pass is; rules are Python functions.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM

from graphcore._graph cimport (
    at,
    dtype_of,
    field,
    inputs_of_node,
    op_of,
    outputs_of_node,
    owner_of,
    reached,
    type_of,
)
from graphcore._nodes cimport Known, Nodes, same

cdef enum:
    FIRINGS_PER_NODE = 16
    FIRINGS_AT_LEAST = 1000
    MANY_HEADS = 8                  # a rule with more is not filed under each of them


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
    cdef dict waiting               # application -> (it on settled inputs, what replaces it)
    cdef readonly long more         # bits: which of the rules that follow may apply to anything
    cdef RuleSet rules, new_rules
    cdef int number
    cdef long firings, settled      # how many rules have replaced a node, and settled nodes
    cdef dict counted               # variable of the old graph -> how often it is read
    cdef dict readers               # what is counted -> readers it had; made when asked for
    cdef object outputs
    cdef object counts              # heads of the operations whose readers are counted
    cdef public object notify       # called with rule name, before, after; None without a trace

    def __init__(self, Nodes builder, RuleSet rules, RuleSet new_rules, number, counts):
        self.builder, self.rules, self.new_rules = builder, rules, new_rules
        self.number, self.counts = number, counts
        self.waiting = {}
        self.firings = self.settled = 0

    def run(self, outputs):
        """New outputs of the same values."""
        cdef list stack = [v.owner for v in reversed(outputs) if v.owner is not None]
        cdef tuple inputs
        cdef Py_ssize_t i, depth
        self.outputs = outputs
        while stack:
            depth = len(stack)
            node = stack[depth - 1]
            if self.is_settled(node):
                stack.pop()
                continue
            if self.waiting and PyDict_GetItem(self.waiting, node) != NULL:
                self.close(node)
                stack.pop()
                continue
            inputs = inputs_of_node(node)
            for i in range(PyTuple_GET_SIZE(inputs)):
                owner = owner_of(<object>PyTuple_GET_ITEM(inputs, i))
                if owner is not None and not self.is_settled(owner):
                    stack.append(owner)
            if len(stack) == depth and self.visit(node, inputs, stack):
                stack.pop()
        return [self.resolve(v) for v in outputs]

    def uses(self, v):
        """How many applications of the old graph read what is now ``v``.

        It is counted for arithmetic and for sums over axes.

        0 for what a rule has made.
        """
        cdef Known* known
        cdef size_t i
        if self.readers is None:
            self.counted = counted_readers(self.outputs, self.counts)
            self.readers = {}
            for i in range(self.builder.mask + 1):
                known = &self.builder.table[i]
                if known.settled == self.number and known.node != NULL:
                    self.add_readers(<object>known.node, <tuple><object>known.outputs)
        owner = owner_of(v)
        if owner is None or not self.is_settled(owner):     # it is yet to be visited
            return self.counted.get(v, 0)
        return self.readers.get(v, 0)

    cdef add_readers(self, node, tuple outputs):
        if op_of(node).head in self.counts:
            old, new = outputs_of_node(node)[0], outputs[0]
            self.readers[new] = self.readers.get(new, 0) + self.counted.get(old, 0)

    cdef inline bint is_settled(self, node) noexcept:
        cdef Known* known = self.builder.known_of(node)
        return known.node != NULL and known.settled == self.number

    cdef settle(self, node, tuple outputs):
        """From now on these variables stand for the outputs of ``node``."""
        cdef Known* known = self.builder.entered(node)
        cdef PyObject* old = known.outputs
        self.settled += known.settled != self.number
        Py_INCREF(outputs)
        known.outputs, known.settled = <PyObject*>outputs, self.number
        Py_XDECREF(old)
        if self.readers is not None:
            self.add_readers(node, outputs)

    cdef resolve(self, v):
        owner = owner_of(v)
        if owner is None:
            return self.builder.leaf(v)
        cdef Known* known = self.builder.known_of(owner)
        if known.node == NULL or known.settled != self.number:
            raise KeyError(owner)
        return (<tuple><object>known.outputs)[<Py_ssize_t>field(v, at.index)]

    cdef bint visit(self, node, tuple old, list stack) except -1:
        """Settle a node whose inputs are settled, or put its replacement on the stack.

        Whether it is settled now.
        """
        cdef Nodes builder = self.builder
        cdef Known* known = builder.known_of(node)
        cdef int tried = known.tried        # 0 if no rule was ever tried
        cdef Py_ssize_t i, n = PyTuple_GET_SIZE(old)
        cdef tuple inputs = PyTuple_New(n)
        for i in range(n):
            v = self.resolve(<object>PyTuple_GET_ITEM(old, i))
            Py_INCREF(v)
            PyTuple_SET_ITEM(inputs, i, v)
        if tried and same(inputs, old):
            new = node
        else:
            new = builder.rebuilt(node, inputs)
        if new is not node:
            known = builder.known_of(new)
            if known.node != NULL and known.settled == self.number:
                self.settle(node, <tuple><object>known.outputs)
                return True
            if self.waiting and PyDict_GetItem(self.waiting, new) != NULL:
                # its own replacement needs it: it stays
                self.note("loop", outputs_of_node(new)[0], outputs_of_node(new)[0])
                self.settle_both(node, new, outputs_of_node(new))
                return True
            tried = known.tried
        builder.visited = outputs_of_node(node)[0]
        after = self.fire(new, tried == self.number - 1 and tried > 0)
        if after is None:
            self.settle_both(node, new, outputs_of_node(new))
            return True
        owner = owner_of(after)
        if owner is None or self.is_settled(owner):
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
        if self.is_settled(owner_of(after)):
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
        builder.entered(node).tried = self.number
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
            if self.firings > FIRINGS_AT_LEAST + FIRINGS_PER_NODE * self.settled:
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
