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

from graphcore._settle import RuleSet, Settling

_COUNTED = frozenset(["add", "sub", "sum", "neg", "mul", "sqr", "true_div"])


class Step:
    """One firing, as kept in a trace: stage and rule name, the variable before and after."""

    __slots__ = ("after", "before", "rule", "stage")

    def __init__(self, stage, rule, before, after):
        self.stage, self.rule, self.before, self.after = stage, rule, before, after

    def __repr__(self):
        return f"{self.stage}: {self.rule}"


class Pass(Settling):
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
    following : tuple of (tuple of Rule)
        What each of the next stages has beyond these rules.

    Attributes
    ----------
    more : int
        After the pass: a bit for each of the ``following``, whether its rules may apply anywhere.
    """

    def __init__(self, name, rules, builder, trace=None, old=0, following=()):
        new = rule_set(rules[old:], following) if old else None
        every = rule_set(rules, following)
        super().__init__(builder, every, new, builder.next_stage(), _COUNTED)
        if trace is not None:
            self.notify = lambda *fired: trace.append(Step(name, *fired))
        builder.uses = self.uses


@lru_cache(maxsize=64)
def rule_set(rules, following=()):
    """The rules of a tuple by what they look at; made once."""
    return RuleSet(rules, tuple(map(rule_set, following)))
