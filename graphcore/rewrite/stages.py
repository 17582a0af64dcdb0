"""The stages, in order.  This is the only place where order is written.

Equal nodes merge in every stage.  Within a stage the first rule of the list that applies to a node
is taken, until none does.

1. ``simplify``: constants are folded, arithmetic gets its normal form, broadcasts and shapes
   disappear where operands broadcast by themselves, and all that can leaves its sum.
2. ``stabilize``: expressions that lose digits, overflow or underflow get their stable form; all
   rules of ``simplify`` stay, so that what a stabilising rule makes is simplified too.
3. ``statistics`` (only if asked for): sums over constant data become expressions of what they need
   of the data.
4. ``release`` (only after differentiation): marks that stop or change gradients are dropped,
   products without one of their factors get the form that is cheap to compute, and what comes
   together so is simplified and stabilized.
5. ``finish`` (only after differentiation): cheap forms of powers and divisions, which the normal
   form would not keep.
6. ``exact`` (likewise): quotients are divisions after all where a last digit decides.
"""

from functools import lru_cache

from graphcore.rewrite import (
    algebra,
    elementary,
    finish,
    fold,
    logic,
    reductions,
    shapes,
    statistics,
)
from graphcore.rewrite.stabilize import stable_rules


def simplifying():
    """The rules of the stage ``simplify``, in order."""
    modules = (fold, shapes, logic, algebra, elementary, reductions)
    return tuple(rule for module in modules for rule in module.RULES)


@lru_cache(maxsize=1)
def stages():
    """``((stage, rules, heads), ...)`` in order; a stage is skipped if none of its heads occurs."""
    simplify = simplifying()
    stabilize = (*simplify, *stable_rules())
    release = tuple(h for r in finish.RELEASE for h in r.heads)
    return (
        ("simplify", simplify, None),
        ("stabilize", stabilize, None),
        ("statistics", (*stabilize, *statistics.RULES), ("sum",)),
        ("release", (*stabilize, *finish.RELEASE), release),
        ("finish", (*fold.RULES, *finish.RULES), tuple(h for r in finish.RULES for h in r.heads)),
        ("exact", finish.EXACT, tuple(h for r in finish.EXACT for h in r.heads)),
    )


#: Stages that only a graph which will not be differentiated any more goes through.
FINAL = frozenset(["release", "finish", "exact"])

#: Stages that a graph goes through only on request.
OPTIONAL = frozenset(["statistics"])


def rule_names(optional=False):
    """Names of all rules, in the order in which they are tried; of optional stages on request.

    >>> "log1p_from_log_add" in rule_names()
    True
    """
    return list(dict.fromkeys(r.name for r in _shown(optional)))


def _shown(optional):
    return (r for name, rules, _ in stages() if optional or name not in OPTIONAL for r in rules)
