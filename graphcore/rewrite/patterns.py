"""Rules written as pairs of expressions, such as the ``stable`` pairs of the op table.

A pattern is brought into the normal form that the graph itself has where the pattern is looked
for: first by the rules of the earlier stages, then, below its root, by the other patterns.  So
``log(1 - exp(x))`` is found although ``1 - exp(x)`` has become ``-expm1(x)`` by then.
"""

from graphcore.graph.nodes import Constant, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import Elemwise, graph
from graphcore.rewrite.builder import Builder
from graphcore.rewrite.engine import Pass
from graphcore.rewrite.rule import Rule, head, parts

_SCALAR = TensorType("float64", ())
_ROUNDS = 3  # patterns whose inner parts are rewritten by other patterns, how deep


class Pair:
    """A pattern and what replaces it, as a function of the namespace and the variables."""

    def __init__(self, function, sign=1):
        self.function = function
        self.sign = sign
        self.arity = function.__code__.co_argcount - 1

    def expressions(self, variables):
        pattern, replacement = self.function(graph, *variables)
        if self.sign < 0:
            return -pattern, -replacement
        return pattern, replacement

    def names(self):
        """Rows of the replacement and of the pattern, as far as they tell pairs apart."""
        variables = [new_variable(_SCALAR) for _ in range(self.arity)]
        pattern, replacement = self.function(graph, *variables)
        return _rows(replacement), _rows(pattern)


def _rows(v):
    """Heads of the applications in an expression, outermost first."""
    found, stack = [], [v]
    while stack:
        v = stack.pop()
        if v.owner is not None:
            found.append(head(v.owner.op))
            stack += reversed(v.owner.inputs)
    return found


def compile_pairs(functions, rules):
    """Rules for pairs of expressions, given the rules of the stages before.

    A pair whose pattern is a sum or difference serves its negative too.
    """
    pairs = []
    for f in functions:
        pair = Pair(f)
        pairs.append(pair)
        if pair.names()[1][0] in ("add", "sub"):
            pairs.append(Pair(f, -1))
    found = {}
    for _ in range(_ROUNDS):
        everything = (*rules, *(m for _, m in found.values()))
        for pair in pairs:
            _compile(pair, rules, everything, found)
        if len(found) + len(rules) == len(everything):
            break
    order = {id(p): i for i, p in enumerate(pairs)}
    chosen = sorted(found.values(), key=lambda item: order[id(item[0])])
    return _named(chosen)


def _compile(pair, rules, everything, found):
    variables = [new_variable(_SCALAR, name=f"x{i}") for i in range(pair.arity)]
    pattern, _ = pair.expressions(variables)
    for shape in _normal_forms(pattern, rules, everything):
        if shape.owner is None or not isinstance(shape.owner.op, Elemwise):
            continue
        key, template = _template(shape, variables)
        if key not in found:
            found[key] = (pair, Rule("pattern", (template[1],), _matcher(pair, template)))


def _normal_forms(pattern, rules, everything):
    """The pattern as the rules leave it, with ``everything`` below its root and without."""
    (first,) = Pass("pattern", rules, Builder()).run([pattern])
    if first.owner is None:
        return []
    if everything == rules:
        return [first]
    inner = Pass("pattern", everything, Builder()).run(list(first.owner.inputs))
    (second,) = Pass("pattern", rules, Builder()).run([first.owner.op(*inner)])
    return [first, second]


def _named(chosen):
    """The rules with names like ``log1p_from_log_add``, no two equal."""
    rules, seen = [], {}
    for pair, r in chosen:
        new, old = pair.names()
        main = next((n for n in new if n not in ("neg", "add", "mul")), new[0])
        name = f"{main}_from_{'_'.join(n for n in old if n not in ('neg', 'true_div'))}"
        seen.setdefault(name, 0)
        r.name = name
        r.doc = "stable form from the op table"
        rules.append(r)
    return rules


# -- matching --------------------------------------------------------------------------------------


def _template(v, variables):
    """``(hashable key, template)`` of a pattern.

    A template is ``("op", head, commutative, parts)``, ``("number", c)`` or ``("variable", i)``.
    """
    if isinstance(v, Constant):
        node = ("number", v.data.item())
    elif v.owner is None:
        node = ("variable", next(i for i, x in enumerate(variables) if x is v))
    else:
        op = v.owner.op
        inner = tuple(_template(x, variables)[1] for x in v.owner.inputs)
        node = ("op", op.row_name, op.row.commutative, inner)
    return node, node


def _matcher(pair, template):
    inner = [t for t in template[3] if t[0] == "op"]
    needed = [t[1] for t in inner if t[1] != "neg" or t[3][0][0] != "variable"]

    def apply(b, node):
        found = [None if v.owner is None else head(v.owner.op) for v in node.inputs]
        for name in needed:  # most nodes are told apart here
            if name not in found:
                return None
        bound = [None] * pair.arity
        if _match_parts(b, template, node.inputs, bound):
            return pair.expressions(bound)[1]
        return None

    return apply


def _match(b, template, v, bound):
    kind = template[0]
    if kind == "variable":
        i = template[1]
        if bound[i] is None:
            bound[i] = v
            return v.type.dtype in ("float64", "float32")
        return bound[i] is v
    if kind == "number":
        return b.number(v) == template[1]
    if template[1] == "neg" and template[3][0][0] == "variable":
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
