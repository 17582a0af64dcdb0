"""Rules written as pairs of expressions, such as the ``stable`` pairs of the op table.

A pattern is brought into the normal form that the graph itself has where the pattern is looked
for: first by the rules of the earlier stages, then, below its root, by the other patterns.  So
``log(1 - exp(x))`` is found although ``1 - exp(x)`` has become ``-expm1(x)`` by then.
"""

from graphcore.graph.nodes import Constant, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import graph
from graphcore.rewrite.builder import Builder
from graphcore.rewrite.engine import Pass
from graphcore.rewrite.rule import Rule, head, parts

_SCALAR = TensorType("float64", ())


class Pair:
    """A pattern and what replaces it, as a function of the namespace and the variables."""

    def __init__(self, function, sign=1):
        self.function = function
        self.sign = sign
        self.arity = function.__code__.co_argcount - 1

    def expressions(self, variables):
        """The pattern and its replacement."""
        pattern, replacement = self.function(graph, *variables[: self.arity])
        return (pattern, replacement) if self.sign > 0 else (-pattern, -replacement)


def compile_pairs(functions, rules):
    """Rules for ``[(row, function)]``, given the rules of the stages before.

    A pair whose pattern is a sum or difference serves its negative too.  A pair whose pattern is
    covered by an earlier pair is left out.
    """
    variables = [new_variable(_SCALAR) for _ in range(3)]
    pairs, patterns, names = [], [], []
    for row, f in functions:
        pair = Pair(f)
        pattern, _ = pair.expressions(variables)
        found = [(pair, pattern)]
        if head(pattern.owner.op) in ("add", "sub"):
            found.append((Pair(f, -1), -pattern))
        for each, expression in found:
            pairs.append(each)
            patterns.append(expression)
            names.append(_name(row, pattern))
    builder = Builder()
    patterns = Pass("pattern", rules, builder).run(patterns)
    first = tuple(_rules(pairs, names, patterns, variables, builder))
    inner = [v for p in patterns for v in p.owner.inputs]
    inner = iter(Pass("pattern", (*rules, *first), builder, old=len(rules)).run(inner))
    patterns = [builder.apply(p.owner.op, *[next(inner) for _ in p.owner.inputs]) for p in patterns]
    patterns = Pass("pattern", rules, builder).run(patterns)
    return _rules(pairs, names, patterns, variables, builder)


def _rules(pairs, names, patterns, variables, builder):
    """A rule for each pair, given its pattern; without those that an earlier one covers."""
    rules = []
    for pair, name, pattern in zip(pairs, names, patterns, strict=True):
        template = _template(pattern, variables)
        if not any(
            r.apply.matches(builder, pattern.owner) for r in rules if template[1] in r.heads
        ):
            needed = _needed(template)
            rules.append(
                Rule(name, (template[1],), Matcher(pair, template), "stable form", all_of=needed)
            )
    return rules


def _name(row, pattern):
    """The row, and the rows of the pattern, outermost first: ``log1p_from_log_add``."""
    found, stack = [], [pattern]
    while stack:
        v = stack.pop()
        if v.owner is not None:
            found.append(head(v.owner.op))
            stack += reversed(v.owner.inputs)
    return f"{row}_from_{'_'.join(n for n in found if n not in ('neg', 'true_div'))}"


# -- matching --------------------------------------------------------------------------------------


def _template(v, variables):
    """A pattern as nested tuples.

    ``("op", head, commutative, parts)``, ``("number", c)`` or ``("variable", i)``.
    """
    if isinstance(v, Constant):
        return ("number", v.data.item())
    if v.owner is None:
        return ("variable", next(i for i, x in enumerate(variables) if x is v))
    row = v.owner.op.row
    inner = tuple(_template(x, variables) for x in v.owner.inputs)
    return ("op", row.name, row.commutative, inner)


def _needed(template):
    """Kinds of operands that a match must have."""
    found = []
    for t in template[3]:
        if t[0] == "number":
            found.append("Constant")
        elif t[0] == "op" and not _is_negative(t):
            found.append(t[1])
    return found


def _is_negative(template):
    return template[1] == "neg" and template[3][0][0] == "variable"


class Matcher:
    """``apply`` of a rule made from a pair."""

    def __init__(self, pair, template):
        self.pair = pair
        self.template = template

    def __call__(self, b, node):
        bound = self.matches(b, node)
        return self.pair.expressions(bound)[1] if bound else None

    def matches(self, b, node):
        """What the variables of the pattern stand for, or None."""
        bound = [None] * self.pair.arity
        if not _match_parts(b, self.template, node.inputs, bound):
            return None
        dtype = node.out.type.dtype
        return bound if all(v.type.dtype == dtype for v in bound) else None


def _match(b, template, v, bound):
    kind = template[0]
    if kind == "variable":
        i = template[1]
        if bound[i] is None:
            bound[i] = v
            return True
        return bound[i] is v
    if kind == "number":
        return b.number(v) == template[1]
    if _is_negative(template):
        return _match_negative(b, template[3][0][1], v, bound)
    node = v.owner
    if node is None or head(node.op) != template[1]:
        return False
    return _match_parts(b, template, node.inputs, bound)


def _match_parts(b, template, inputs, bound):
    _, _, commutative, inner = template
    before = list(bound)
    if all(_match(b, t, v, bound) for t, v in zip(inner, inputs, strict=True)):
        return True
    if not commutative:
        return False
    bound[:] = before
    return all(_match(b, t, v, bound) for t, v in zip(inner, inputs[::-1], strict=True))


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
