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
from graphcore.rewrite.rule import RuleSet, kind, same

FIRINGS_PER_NODE = 16
FIRINGS_AT_LEAST = 1000


_COUNTED = frozenset(["add", "sub", "sum"])


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
        self.rules = rule_set(tuple(rules))
        self.new_rules = rule_set(tuple(rules[old:])) if old else None
        self.firings = 0
        self.outputs = ()
        self.counted = None  # variable of the old graph -> number of its readers
        self.readers = None  # what is counted -> readers it had; both made when asked for

    def run(self, outputs):
        """New outputs of the same values."""
        stack = [v.owner for v in reversed(outputs) if v.owner is not None]
        settled, waiting = self.settled, self.waiting
        self.outputs = outputs
        self.builder.uses = self.uses
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

    def uses(self, v):
        """How many applications of the old graph read what is now ``v``.

        It is counted for sums and differences, of two operands and over axes.

        0 for what a rule has made.
        """
        if self.readers is None:
            counted = {}
            for node in toposort(self.outputs):
                for x in node.inputs:
                    counted[x] = counted.get(x, 0) + 1
            for x in self.outputs:
                counted[x] = counted.get(x, 0) + 1
            self.counted, self.readers = counted, {}
            for node, outputs in self.settled.items():
                self.add_readers(node, outputs)
        return self.readers.get(v, 0)

    def add_readers(self, node, outputs):
        if node.op.head in _COUNTED:
            old, new = node.outputs[0], outputs[0]
            self.readers[new] = self.readers.get(new, 0) + self.counted.get(old, 0)

    def settle(self, node, outputs):
        """From now on these variables stand for the outputs of ``node``."""
        self.settled[node] = outputs
        if self.readers is not None:
            self.add_readers(node, outputs)

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
        seen = self.new_rules is not None and builder.tried.get(node) == number - 1
        builder.tried[node] = number
        if len(node.outputs) != 1:
            return None
        rules = self.new_rules if seen else self.rules
        kinds = tuple([kind(v) for v in node.inputs])
        builder.where = node.where
        out = node.outputs[0]
        for r in rules.select(node.op.head, kinds):
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
def rule_set(rules):
    return RuleSet(rules)
