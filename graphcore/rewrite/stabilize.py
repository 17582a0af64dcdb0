"""Forms that lose no digits: the ``stable`` pairs of the op table, and log-sum-exp."""

from graphcore.ops.reduce import Reduce
from graphcore.ops.shape import StopGradient
from graphcore.rewrite.normal_forms import NORMAL_FORMS
from graphcore.rewrite.patterns import pattern_rule
from graphcore.rewrite.reductions import signed_terms, sum_of_terms
from graphcore.rewrite.rule import head, is_float, kept, op_of, parts, placed, rule, without_leading

#: Further pairs, each with the row that is the point of it; ``deriving.py`` reads them.
PAIRS = (
    ("sigmoid", lambda o, x: (1 / (1 + o.exp(x)), o.sigmoid(-x))),
    ("sigmoid", lambda o, x, y: (y / (1 + o.exp(x)), y * o.sigmoid(-x))),
    ("sigmoid", lambda o, x: (o.exp(x) * o.sigmoid(-x), o.sigmoid(x))),
    ("erf", lambda o, x: (1 - o.erfc(x), o.erf(x))),
    ("log1mexp", lambda o, x: (o.log(o.exp(x) - 1), x + o.log1mexp(-x))),
)


@rule("log", needs="sum")
def logsumexp_from_log_sum_exp(b, node):
    """log(sum(exp(x))) with the maximum of x taken out of the exponents."""
    op = op_of(node.inputs[0], Reduce)
    if op is None or op.row_name != "sum":
        return None
    inner = parts(node.inputs[0].owner.inputs[0], "exp")
    if inner is None:
        return None
    (x,) = inner
    if any(_is_shift(v) for _, v in signed_terms(x)) or 0 in (x.type.shape[a] for a in op.axes):
        return None
    if not op.axes or x.type.dtype not in ("float64", "float32"):
        return None
    e, shift = _shifted(b, x, op.axes, b.apply(Reduce("max", op.axes, True), x))
    return b.add(b.log(b.apply(op, e)), shift)


def _shifted(b, x, axes, top):
    """exp(x) divided by its maximum along axes, and the logarithm of that.

    Neither values nor derivatives of what it is for depend on the shift, so none is passed on to
    the largest elements.  Where the maximum is infinite, nothing is shifted.
    """
    shift = b.apply(StopGradient(), b.switch(b.isinf(top), 0.0, top))
    return b.exp(b.sub(x, b.dimshuffle(shift, kept(axes, x)))), shift


def _is_shift(v):
    """Whether ``v`` is made of a maximum that was taken to shift exponents."""
    for _ in range(6):
        if v.owner is None:
            return False
        name = head(v.owner.op)
        if name == "max":
            return True
        v = v.owner.inputs[-1 if name == "switch" else 0]
        if name not in ("switch", "StopGradient", "Dimshuffle", "neg"):
            return False
    return False


# -- shifts that were written out ------------------------------------------------------------------


def _exp_below_maximum(v):
    """``(x, top)`` if ``v`` is exp(x - top) for the maximum ``top`` of x along axes, else None."""
    inner = parts(v, "exp")
    inner = None if inner is None else parts(inner[0], "sub")
    if inner is None or not is_float(inner[0]):
        return None
    x, wide = inner
    top, pattern = placed(wide)
    op = op_of(top, Reduce)
    if op is None or op.row_name != "max" or top.owner.inputs[0] is not x:
        return None
    return (x, top) if without_leading(pattern) == without_leading(kept(op.axes, x)) else None


def _sum_below_maximum(v):
    """``(x, top)`` if ``v`` is sum(exp(x - top)) along the axes of the maximum, else None."""
    op = op_of(v, Reduce)
    found = None if op is None or op.row_name != "sum" else _exp_below_maximum(v.owner.inputs[0])
    return found if found is not None and found[1].owner.op.axes == op.axes else None


def _log_below_maximum(v):
    """``(x, top, pattern)`` if ``v`` is log(sum(exp(x - top))) placed by a pattern, else None."""
    v, outer = placed(v)
    inner = parts(v, "log")
    if inner is None:
        return None
    total, pattern = placed(inner[0])
    if v.type.ndim == total.type.ndim:
        pattern = outer
    elif outer != tuple(range(v.type.ndim)):
        return None
    found = _sum_below_maximum(total)
    return None if found is None else (*found, pattern)


@rule("add", "sub", needs="log max Dimshuffle")
def logsumexp_from_shifted(b, node):
    """top + log(sum(exp(x - top))), top = max(x), among other terms: the shift has no derivative.

    The derivatives of both tops cancel, but each passes through the choice of the largest element.
    """
    if not any(_log_below_maximum(v) or op_of(placed(v)[0], Reduce) for v in node.inputs):
        return None
    terms = signed_terms(node.out)
    for log in terms:
        found = _log_below_maximum(log[1])
        if found is None:
            continue
        x, top, pattern = found
        place = (top, without_leading(pattern))
        for other in terms:
            base, where = placed(other[1])
            if other[0] != log[0] or (base, without_leading(where)) != place:
                continue
            e, shift = _shifted(b, x, top.owner.op.axes, top)
            y = b.add(b.log(b.apply(Reduce("sum", top.owner.op.axes), e)), shift)
            whole = (log[0], b.dimshuffle(y, pattern))
            return sum_of_terms(b, [whole if t is log else t for t in terms if t is not other])
    return None


@rule("true_div", needs="exp")
def softmax_from_shifted(b, node):
    """exp(x - top) / sum(exp(x - top)), top = max(x): the shift has no derivative."""
    e, total = node.inputs
    total, pattern = placed(total)
    found = _sum_below_maximum(total)
    if found is None or total.owner.inputs[0] is not e:
        return None
    x, top = found
    e, _ = _shifted(b, x, top.owner.op.axes, top)
    return b.true_div(e, b.dimshuffle(b.apply(total.owner.op, e), pattern))


RULES = (logsumexp_from_log_sum_exp, logsumexp_from_shifted, softmax_from_shifted)


def stable_rules():
    """The rules of this stage: those of the pairs, and the ones above."""
    return (*[pattern_rule(*form) for form in NORMAL_FORMS], *RULES)
