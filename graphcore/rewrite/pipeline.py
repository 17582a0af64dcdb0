"""``rewrite`` and ``Rewriter``: the stages run one after the other."""

from difflib import get_close_matches
from functools import lru_cache
from itertools import takewhile

from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import operations
from graphcore.ops.inner import holds_graphs, opened
from graphcore.ops.operands import graph
from graphcore.rewrite.builder import Builder
from graphcore.rewrite.engine import Pass
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
    return Rewriter(trace, exclude, notes).run(outputs, final, statistics)


def rewrite_graph(graph, include=(), exclude=(), clone=False, **ignored):
    """:func:`rewrite` with PyTensor's name and arguments.

    Parameters
    ----------
    graph : Variable or sequence of Variable
    include
        Accepted for programs written for PyTensor: all stages run.
    exclude : iterable of str
        Names of rules or stages to leave out; others are PyTensor's, and count for nothing.
    clone
        Accepted for programs written for PyTensor: the graph given is never changed.
    """
    return rewrite(graph, exclude=[name for name in exclude if name in rule_names()])


class Rewriter:
    """:func:`rewrite` in several calls, of which the later ones remember the earlier.

    Parts of a graph that an earlier call has made are not shown to the same rules again.  What a
    later call adds goes straight to the stabilising rules, which have all simplifying ones among
    them: a gradient has the stable forms of what it is the gradient of.

    Parameters
    ----------
    trace, exclude, notes
        As for :func:`rewrite`.
    """

    def __init__(self, trace=None, exclude=(), notes=None):
        self.trace = trace
        self.left_out = frozenset([exclude] if isinstance(exclude, str) else exclude)
        _check_names(self.left_out)
        self.notes = notes
        self.builder = Builder()
        self._before = ()  # the rules of the stage that ran last

    @collector_paused
    def run(self, outputs, final=False, statistics=False):
        """Better graphs of the same values as a list of variables; see :func:`rewrite`."""
        found = list(outputs)
        met = operations(found)
        if final and holds_graphs(met):
            found = opened(found)
            met = operations(found)
        left, idle = self._stages({op.head for op in met}, final, statistics), 0
        while left:
            (name, rules), *left = left
            nothing_new, idle = idle & 1, idle >> 1
            if nothing_new:
                continue
            following = tuple(later[shared(later, rules) :] for _, later in left)
            old = shared(rules, self._before)
            stage = Pass(name, rules, self.builder, self.trace, old, following)
            found, self._before = stage.run(found), rules
            idle = ~stage.more
        self.builder.uses = None  # it refers to the pass, which refers to the builder
        if self.notes is not None:
            self.notes += self.builder.notes
        return found

    def _stages(self, met, final, statistics):
        """``[(name, rules), ...]`` to run, without those that another one makes needless.

        ``met`` holds the heads of the graph.
        """
        left_out = {*self.left_out}
        left_out |= set() if final else FINAL
        left_out |= set() if statistics else OPTIONAL
        if self._before:  # then all that is old has been through "stabilize"
            left_out.add("simplify")
        chosen = [stage for stage in stages() if stage[0] not in left_out]
        if any(name == "release" and not met.isdisjoint(heads) for name, _, heads in chosen):
            chosen = [stage for stage in chosen if stage[0] != "stabilize"]
        return [
            (name, self._allowed(rules))
            for i, (name, rules, heads) in enumerate(chosen)
            if i or heads is None or not met.isdisjoint(heads)
        ]

    def _allowed(self, rules):
        if not self.left_out:
            return rules
        return tuple(r for r in rules if r.name not in self.left_out)


@lru_cache(maxsize=64)
def shared(rules, others):
    """How many rules two tuples begin with in common."""
    pairs = zip(rules, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


def _check_names(names):
    if not names:
        return
    known = [*rule_names(optional=True), *(name for name, *_ in stages())]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"there is no rewrite rule or stage called {name!r}{hint}")


graph.rewritten = rewrite  # operations that hold a graph rewrite it before they differentiate it
