"""``rewrite``: the stages run one after the other."""

from difflib import get_close_matches

from graphcore.graph.nodes import Variable
from graphcore.graph.walk import toposort
from graphcore.rewrite.builder import Builder
from graphcore.rewrite.engine import Pass
from graphcore.rewrite.rule import head
from graphcore.rewrite.stages import FINAL, OPTIONAL, rule_names, stages


def rewrite(outputs, trace=None, exclude=(), final=False, statistics=False, notes=None):
    """Better graphs of the same values.

    The graph given is not changed.  A new output has the element type of the old one and at least
    as much of its static shape.

    Parameters
    ----------
    outputs : Variable or sequence of Variable
    trace : list, optional
        Receives a :class:`~graphcore.rewrite.engine.Step` (stage, rule, before, after) per firing.
    exclude : iterable of str
        Names of rules or stages to leave out.
    final : bool
        Whether the graph is ready for lowering.  If it will still be differentiated, leave this
        off: it keeps ``stop_gradient``.
    statistics : bool
        Whether sums over constant data may be replaced by what they need of the data.
    notes : list of str, optional
        Receives what users should know, as which data became statistics.

    Returns
    -------
    Variable or list of Variable

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> steps = []
    >>> y = rewrite(tt.log(1 + tt.exp(x)), trace=steps)
    >>> y.owner.op
    softplus
    >>> steps[-1]
    stabilize: softplus_from_log1p_exp
    """
    if isinstance(outputs, Variable):
        return rewrite([outputs], trace, exclude, final, statistics, notes)[0]
    left_out = frozenset([exclude] if isinstance(exclude, str) else exclude)
    _check_names(left_out)
    builder = Builder()
    found, before = list(outputs), ()
    for name, rules, heads in stages():
        if name in left_out or (name in FINAL and not final):
            continue
        if name in OPTIONAL and not statistics:
            continue
        if heads is not None and not any(head(node.op) in heads for node in toposort(found)):
            continue
        if left_out:
            rules = tuple(r for r in rules if r.name not in left_out)
        old = len(before) if rules[: len(before)] == before else 0
        found = Pass(name, rules, builder, trace, old).run(found)
        before = rules
    if notes is not None:
        notes += builder.notes
    return found


def _check_names(names):
    known = [*rule_names(optional=True), *(name for name, *_ in stages())]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"there is no rewrite rule or stage called {name!r}{hint}")
