"""Forms that lose no digits: the ``stable`` pairs of the op table, and log-sum-exp."""

from functools import lru_cache

from graphcore.ops.reduce import Reduce
from graphcore.ops.shape import StopGradient
from graphcore.optable import ROWS
from graphcore.rewrite.patterns import compile_pairs
from graphcore.rewrite.reductions import signed_terms
from graphcore.rewrite.rule import head, op_of, parts, rule

#: Further pairs, each with the row that is the point of it.
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
    top = b.apply(Reduce("max", op.axes), x)
    shift = b.apply(StopGradient(), b.switch(b.isinf(top), 0.0, top))
    rest = iter(range(shift.type.ndim))
    wide = b.dimshuffle(shift, ["x" if i in op.axes else next(rest) for i in range(x.type.ndim)])
    return b.add(b.log(b.apply(op, b.exp(b.sub(x, wide)))), shift)


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


@lru_cache(maxsize=1)
def stable_rules(rules):
    """Rules from the table, patterns in the normal form of ``rules`` (a tuple)."""
    pairs = [(name, f) for name, row in ROWS.items() for f in row.stable]
    return (*compile_pairs([*pairs, *PAIRS], rules), logsumexp_from_log_sum_exp)
