"""Derives ``normal_forms.py`` from the pairs of expressions in the op table and in ``stabilize``.

``make patterns`` writes the file anew.

A pattern is brought into the normal form that the graph itself has where the pattern is looked
for: first by the rules of the earlier stages, then, below its root, by the other patterns.  So
``log(1 - exp(x))`` is found although ``1 - exp(x)`` has become ``-expm1(x)`` by then.
"""

import textwrap
from pprint import pformat

from graphcore.graph.nodes import Constant, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import graph
from graphcore.optable import ROWS
from graphcore.rewrite.builder import Builder
from graphcore.rewrite.engine import Pass
from graphcore.rewrite.patterns import pattern_rule
from graphcore.rewrite.rule import head
from graphcore.rewrite.stabilize import PAIRS
from graphcore.rewrite.stages import simplifying

_HEADER = '''\
"""Stable forms: what is replaced, in normal form, by what.

Written by ``make patterns`` from the pairs of the op table and of
``stabilize.py``; see ``patterns.py`` for how to read it.
"""

NORMAL_FORMS = (
'''


def normal_forms():
    """``[(name, pattern, replacement), ...]`` of all pairs.

    A pair whose pattern is a sum or difference serves its negative too.  A pair whose pattern is
    covered by an earlier pair is left out.
    """
    scalar = TensorType("float64", ())
    variables = [new_variable(scalar) for _ in range(3)]
    patterns, others = [], []  # others: name and replacement
    pairs = [(name, f) for name, row in ROWS.items() for f in row.stable]
    for row, function in (*pairs, *PAIRS):
        count = function.__code__.co_argcount - 1
        pattern, replacement = function(graph, *variables[:count])
        name = _name(row, pattern)
        patterns.append(pattern)
        others.append((name, _written(replacement, variables)))
        if head(pattern.owner.op) in ("add", "sub"):
            patterns.append(-pattern)
            others.append((name, _written(-replacement, variables)))
    rules, builder = tuple(simplifying()), Builder()
    patterns = Pass("pattern", rules, builder).run(patterns)
    first = tuple(pattern_rule(*form) for form in _forms(patterns, others, variables, builder))
    inner = [v for p in patterns for v in p.owner.inputs]
    inner = iter(Pass("pattern", (*rules, *first), builder, old=len(rules)).run(inner))
    patterns = [builder.apply(p.owner.op, *[next(inner) for _ in p.owner.inputs]) for p in patterns]
    patterns = Pass("pattern", rules, builder).run(patterns)
    return _forms(patterns, others, variables, builder)


def _forms(patterns, others, variables, builder):
    """Those whose pattern no earlier one covers."""
    found, rules = [], []
    for pattern, (name, replacement) in zip(patterns, others, strict=True):
        node = pattern.owner
        if any(head(node.op) in r.heads and r.apply.matches(builder, node) for r in rules):
            continue
        found.append((name, _written(pattern, variables), replacement))
        rules.append(pattern_rule(*found[-1]))
    return found


def _name(row, pattern):
    """The row, and the rows of the pattern, outermost first: ``log1p_from_log_add``."""
    found, stack = [], [pattern]
    while stack:
        v = stack.pop()
        if v.owner is not None:
            found.append(head(v.owner.op))
            stack += reversed(v.owner.inputs)
    return f"{row}_from_{'_'.join(n for n in found if n not in ('neg', 'true_div'))}"


def _written(v, variables):
    """An expression as nested tuples."""
    if isinstance(v, Constant):
        return float(v.data)
    if v.owner is None:
        return next(i for i, x in enumerate(variables) if x is v)
    return (v.owner.op.row_name, *[_written(x, variables) for x in v.owner.inputs])


def text(forms):
    """The source of ``normal_forms.py``."""
    lines = [textwrap.indent(pformat(form, width=94), "    ") for form in forms]
    return _HEADER + "".join(f"{line},\n" for line in lines) + ")\n"


if __name__ == "__main__":
    print(text(normal_forms()), end="")
