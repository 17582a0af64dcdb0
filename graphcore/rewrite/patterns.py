"""Rules made of a pattern and its replacement, such as the ``stable`` pairs of the op table.

Both are nested tuples: ``("log", ("add", 1.0, 0))`` is the row ``log`` of the row ``add`` of the
number 1 and the variable number 0.  Patterns are in the normal form that the graph has where they
are looked for, see ``normal_forms.py``.
"""

from graphcore.optable import ROWS
from graphcore.rewrite.rule import Rule, head, parts


def pattern_rule(name, pattern, replacement):
    """A rule for elementwise expressions.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> from graphcore.rewrite.builder import Builder
    >>> x = tt.scalar("x")
    >>> rule = pattern_rule("log_of_exp", ("log", ("exp", 0)), 0)
    >>> rule.apply(Builder(), tt.log(tt.exp(x)).owner) is x
    True
    """
    apply = Matcher(pattern, replacement)
    return Rule(name, (pattern[0],), apply, "stable form", all_of=_needed(pattern))


def _needed(pattern):
    """Kinds of operands that a match must have."""
    found = []
    for part in pattern[1:]:
        if isinstance(part, float):
            found.append("special" if part in (0, 1, -1) else "Constant")
        elif isinstance(part, tuple) and not _is_negative(part):
            found.append(part[0])
    return found


def _is_negative(pattern):
    return pattern[0] == "neg" and isinstance(pattern[1], int)


def variables_of(pattern):
    """The numbers of the variables in a pattern, as a set."""
    found, stack = set(), [pattern]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack += part[1:]
        elif isinstance(part, int):
            found.add(part)
    return found


class Matcher:
    """``apply`` of a rule made of a pattern and its replacement."""

    def __init__(self, pattern, replacement):
        self.pattern, self.replacement = pattern, replacement
        self.count = len(variables_of(pattern))

    def __call__(self, b, node):
        bound = self.matches(b, node)
        return _made(b, self.replacement, bound) if bound else None

    def matches(self, b, node):
        """What the variables of the pattern stand for, or None."""
        bound = [None] * self.count
        if not _match_parts(b, self.pattern, node.inputs, bound):
            return None
        dtype = node.out.type.dtype
        return bound if all(v.type.dtype == dtype for v in bound) else None


def _made(b, pattern, bound):
    """A replacement for what the variables stand for."""
    if isinstance(pattern, int):
        return bound[pattern]
    if isinstance(pattern, float):
        return pattern
    return b.elementwise(pattern[0], *[_made(b, part, bound) for part in pattern[1:]])


def _match(b, pattern, v, bound):
    if isinstance(pattern, int):
        if bound[pattern] is None:
            bound[pattern] = v
            return True
        return bound[pattern] is v
    if isinstance(pattern, float):
        return b.number(v) == pattern
    if _is_negative(pattern):
        return _match_negative(b, pattern[1], v, bound)
    node = v.owner
    if node is None or head(node.op) != pattern[0]:
        return False
    return _match_parts(b, pattern, node.inputs, bound)


def _match_parts(b, pattern, inputs, bound):
    before, wanted = list(bound), pattern[1:]
    if all(_match(b, part, v, bound) for part, v in zip(wanted, inputs, strict=True)):
        return True
    if not ROWS[pattern[0]].commutative:
        return False
    bound[:] = before
    return all(_match(b, part, v, bound) for part, v in zip(wanted, inputs[::-1], strict=True))


def _match_negative(b, i, v, bound):
    """Whether ``v`` is the negative of the i-th variable, in any form that negatives take."""
    minus = _negative(b, v)
    if minus is None:
        if bound[i] is None:
            return False
        minus = _negative(b, bound[i])
        return minus is v
    if bound[i] is None:
        bound[i] = minus
        return True
    return bound[i] is minus


def _negative(b, v):
    """The negative of ``v`` where it needs no operation more than ``v``; else None."""
    inner = parts(v, "neg")
    if inner is not None:
        return inner[0]
    inner = parts(v, "sub")
    if inner is not None:
        return b.sub(inner[1], inner[0])
    inner = parts(v, "mul")
    if inner is not None:
        for x, c in (inner, inner[::-1]):
            if b.is_moderate(c):
                return b.mul(x, -b.number(c))
    return None
