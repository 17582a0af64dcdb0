"""The stages, in order.  This is the only place where order is written.

Every stage keeps the rules of the stages before it, so that what a later rule makes is simplified
too.  Equal nodes merge in every stage.  Within a stage the first rule of the list that applies to a
node is taken, until none does.

1. ``simplify``: constants are folded, arithmetic gets its normal form, broadcasts and shapes
   disappear where operands broadcast by themselves, and all that can leaves its sum.
2. ``stabilize``: expressions that lose digits, overflow or underflow get their stable form.
3. ``finish`` (only when asked for, after differentiation): cheap forms of powers and divisions,
   and the marks that stop gradients are dropped.
"""

from functools import lru_cache

from graphcore.rewrite import algebra, elementary, finish, fold, logic, reductions, shapes
from graphcore.rewrite.stabilize import stable_rules


@lru_cache(maxsize=1)
def stages():
    """``((stage, rules), ...)`` in order."""
    simplify = (
        *fold.RULES,
        *shapes.RULES,
        *logic.RULES,
        *algebra.RULES,
        *elementary.RULES,
        *reductions.RULES,
    )
    stabilize = (*simplify, *stable_rules(simplify))
    return (
        ("simplify", simplify),
        ("stabilize", stabilize),
        ("finish", (*stabilize, *finish.RULES)),
    )


def rule_names():
    """Names of all rules, in the order in which they are tried.

    >>> "log1p_from_log_add" in rule_names()
    True
    """
    return list(dict.fromkeys(r.name for r in stages()[-1][1]))
