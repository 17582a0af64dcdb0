"""The engine: one pass over a graph, from the inputs up.

Every application is *settled* after its inputs are.  Settling means: take the settled inputs, look
the application up among the equal ones that exist already (this is how equal nodes merge), and try
the rules for its head.  When a rule gives a new expression, that expression is settled in turn, and
the result stands for the application from then on.  A node whose inputs are settled can only be
changed by its own rules, so one pass reaches the point where no rule fires.

The pass keeps its own stack (graphs may be a million nodes deep) and a budget of firings, linear in
the size of the graph.
"""

from functools import lru_cache

from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import elemwise
from graphcore.rewrite.rule import head, same

FIRINGS_PER_NODE = 16
FIRINGS_AT_LEAST = 1000


_COUNTED = frozenset([id(elemwise("add")), id(elemwise("sub"))])  # there is one of each


class Step:
    """One firing, as kept in a trace: stage and rule name, the variable before and after."""

    __slots__ = ("after", "before", "rule", "stage")

    def __init__(self, stage, rule, before, after):
        self.stage, self.rule, self.before, self.after = stage, rule, before, after

    def __repr__(self):
        return f"{self.stage}: {self.rule}"


class Pass:
    """One stage applied to one graph.

    Parameters
    ----------
    name : str
    rules : tuple of Rule
        They begin with the rules of the stage before, if there was one with this builder.
    builder : Builder
    trace : list, optional
    old : int
        How many of the rules were those of the stage before; nodes on which these had nothing to
        do are only shown to the others.
    """

    def __init__(self, name, rules, builder, trace=None, old=0):
        self.name = name
        self.builder = builder
        self.trace = trace
        self.number = builder.next_stage()
        self.settled = {}  # application -> its outputs as they stand after this pass
        self.waiting = {}  # application -> (the same on settled inputs, what replaces its output)
        rules = tuple(rules)
        self.rules, self.general = by_head(rules)
        self.old = old
        self.new_rules, self.new_general = by_head(rules[old:])
        self.firings = 0
        self.uses = {}  # variable -> number of its readers in the graph as it was

    def run(self, outputs):
        """New outputs of the same values."""
        stack = [v.owner for v in reversed(outputs) if v.owner is not None]
        settled, waiting = self.settled, self.waiting
        self.count_uses(outputs)
        while stack:
            node = stack[-1]
            if node in settled:
                stack.pop()
                continue
            if node in waiting:
                self.close(node)
                stack.pop()
                continue
            pending = False
            for v in node.inputs:
                owner = v.owner
                if owner is not None and owner not in settled:
                    stack.append(owner)
                    pending = True
            if not pending:
                self.visit(node, stack)
        return [self.resolve(v) for v in outputs]

    def count_uses(self, outputs):
        """Count the readers of sums and differences: rules ask for no others."""
        uses = self.uses
        for node in toposort(outputs):
            for v in node.inputs:
                if v.owner is not None and id(v.owner.op) in _COUNTED:
                    uses[v] = uses.get(v, 0) + 1
        for v in outputs:
            uses[v] = uses.get(v, 0) + 1
        self.builder.forget_uses()

    def settle(self, node, outputs):
        """From now on these variables stand for the outputs of ``node``."""
        self.settled[node] = outputs
        if id(node.op) in _COUNTED:
            self.builder.add_uses(outputs[0], self.uses.get(node.outputs[0], 0))

    def resolve(self, v):
        owner = v.owner
        return self.builder.leaf(v) if owner is None else self.settled[owner][v.index]

    def visit(self, node, stack):
        """Settle a node whose inputs are settled, or put its replacement on the stack."""
        settled, builder = self.settled, self.builder
        leaf = builder.leaf
        inputs = [leaf(v) if v.owner is None else settled[v.owner][v.index] for v in node.inputs]
        if node in builder.tried and same(inputs, node.inputs):
            new = node
        else:
            new = builder.rebuilt(node, inputs)
        if new is not node:
            if new in settled:
                self.settle(node, settled[new])
                return
            if new in self.waiting:  # its own replacement needs it: it stays
                self.note("loop", new.outputs[0], new.outputs[0])
                self.settle_both(node, new, new.outputs)
                return
        after = self.fire(new)
        if after is None:
            self.settle_both(node, new, new.outputs)
            return
        owner = after.owner
        if owner is None or owner in settled:
            self.settle_both(node, new, (self.resolve(after),))
            return
        self.waiting[node] = self.waiting[new] = (new, after)
        stack.append(owner)

    def settle_both(self, node, new, outputs):
        self.settle(node, outputs)
        if new is not node:
            self.settle(new, outputs)

    def close(self, node):
        """The replacement of ``node`` is settled now, or needs ``node`` itself and is given up."""
        new, after = self.waiting[node]
        if after.owner in self.settled:
            self.settle_both(node, new, (self.resolve(after),))
        else:
            self.note("loop", node.outputs[0], after)
            self.settle_both(node, new, new.outputs)

    def fire(self, node):
        """The first replacement that a rule offers, of the same type; None when no rule applies."""
        builder, number = self.builder, self.number
        if self.old and builder.tried.get(node) == number - 1:
            rules = self.new_rules.get(head(node.op), self.new_general)
        else:
            rules = self.rules.get(head(node.op), self.general)
        builder.tried[node] = number
        if not rules or len(node.outputs) != 1:
            return None
        builder.where = node.where
        out = node.outputs[0]
        for r in rules:
            after = r.apply(builder, node)
            if after is None or after is out:
                continue
            after = builder.like(after, out)
            if after is None or after is out:
                continue
            if not self.spend():
                return None
            if self.trace is not None:
                self.note(r.name, out, after)
            return after
        return None

    def spend(self):
        """Count a firing; False once there were far more than a terminating set of rules needs."""
        self.firings += 1
        return self.firings <= FIRINGS_AT_LEAST + FIRINGS_PER_NODE * len(self.settled)

    def note(self, rule, before, after):
        if self.trace is not None:
            self.trace.append(Step(self.name, rule, before, after))


@lru_cache(maxsize=64)
def by_head(rules):
    """``({head: rules}, rules for every other head)``, in the given order."""
    heads = {h for r in rules for h in r.heads if h != "*"}
    general = tuple(r for r in rules if "*" in r.heads)
    found = {h: [] for h in heads}
    for r in rules:
        for h in heads if "*" in r.heads else r.heads:
            found[h].append(r)
    return found, general
