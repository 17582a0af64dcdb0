"""Sums inside a loop, arranged so that what does not depend on the loop's state stands together.

``mu + phi * (s - mu) + x`` becomes ``phi * s + (mu - phi * mu + x)``: the bracket and the factor
can be computed before the loop, and one multiplication and one addition remain in it.
"""

from graphcore.graph.nodes import Variable
from graphcore.graph.walk import rebuild, toposort
from graphcore.ops.elementwise import Elemwise
from graphcore.ops.operands import constant, graph

MANY = 6  # terms beyond which a sum is left as it is


class _Form:
    """``sum of factor * atom, plus rest``; factors are variables or whole numbers."""

    __slots__ = ("rest", "terms")

    def __init__(self, terms, rest=None):
        self.terms = terms
        self.rest = rest


def regroup(roots, stop, state):
    """``roots`` with sums rearranged.

    Parameters
    ----------
    roots : sequence of Variable
    stop : collection of Variable
        Variables that count as inputs.
    state : collection of Variable
        Those of them that carry the state of the loop.
    """
    forms = {v: _Form({v: 1}) for v in state}
    made = {v: v for v in state}

    def whole(v):
        if v not in made:
            made[v] = _written_out(forms[v])
        return made[v]

    for node in toposort(roots, stop):
        if not any(v in forms for v in node.inputs):
            continue
        form = _form(node, forms)
        if form is not None:
            forms[node.out] = form
            continue
        new = rebuild(node, [whole(v) if v in forms else v for v in node.inputs])
        for old, fresh in zip(node.outputs, new.outputs, strict=True):
            forms[old], made[old] = _Form({fresh: 1}), fresh
    return [whole(v) if v in forms else v for v in roots]


def _form(node, forms):
    """The form of the result of a node; None when it is not affine in what depends on the state."""
    rule = _RULES.get(node.op.row_name) if isinstance(node.op, Elemwise) else None
    if rule is None or node.out.type.dtype != "float64":
        return None
    for v in node.inputs:
        if v in forms and v.type != node.out.type:
            return None
    operands = [forms[v] if v in forms else graph.cast(v, "float64") for v in node.inputs]
    form = rule(*operands)
    return form if form is not None and len(form.terms) <= MANY else None


def _neg(a):
    return _scaled(a, -1)


def _add(a, b):
    if not isinstance(a, _Form):
        a, b = b, a
    if not isinstance(b, _Form):
        return _Form(a.terms, _plus(a.rest, b))
    terms = dict(a.terms)
    for atom, factor in b.terms.items():
        terms[atom] = _plus(terms.get(atom), factor)
    return _Form(terms, _plus(a.rest, b.rest))


def _sub(a, b):
    return _add(a, _neg(b) if isinstance(b, _Form) else graph.neg(b))


def _mul(a, b):
    if not isinstance(a, _Form):
        a, b = b, a
    return None if isinstance(b, _Form) else _scaled(a, b)


def _true_div(a, b):
    if isinstance(b, _Form):
        return None
    terms = {atom: graph.true_div(_variable(f), b) for atom, f in a.terms.items()}
    return _Form(terms, None if a.rest is None else graph.true_div(a.rest, b))


_RULES = {"add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "true_div": _true_div}


def _scaled(a, factor):
    rest = None if a.rest is None else _times(a.rest, factor)
    return _Form({atom: _times(f, factor) for atom, f in a.terms.items()}, rest)


def _plus(a, b):
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return graph.add(_variable(a), _variable(b))


def _times(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    for x, y in ((a, b), (b, a)):
        if isinstance(x, int) and x in (1, -1):
            return y if x == 1 else graph.neg(y)
    return graph.mul(_variable(a), _variable(b))


def _variable(x):
    return x if isinstance(x, Variable) else constant(float(x))


def _written_out(form):
    """The form as an expression: positive terms first, the part without state last."""
    total = None
    for atom, factor in sorted(form.terms.items(), key=_is_minus):
        if isinstance(factor, int) and factor == -1 and total is not None:
            total = graph.sub(total, atom)
            continue
        term = _times(factor, atom)
        total = term if total is None else graph.add(total, term)
    return total if form.rest is None else graph.add(total, form.rest)


def _is_minus(term):
    return isinstance(term[1], int) and term[1] == -1
