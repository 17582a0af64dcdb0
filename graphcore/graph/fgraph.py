"""``FunctionGraph``: a graph with its inputs, in Theano's terms."""

from graphcore.graph.nodes import SharedVariable
from graphcore.graph.walk import ancestors, clients, inputs_of, toposort


class FunctionGraph:
    """A graph between inputs and outputs.

    Parameters
    ----------
    inputs : list of Variable, optional
        All that need a value, by default.
    outputs : list of Variable
    features, clone, **ignored
        Accepted for programs written for Theano: graphs are never changed.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> f = graphcore.function([x], tt.exp(x) + 1)
    >>> [node.op for node in f.maker.fgraph.toposort()]
    [exp, add]
    """

    def __init__(self, inputs=None, outputs=(), features=(), clone=True, **ignored):
        self.outputs = list(outputs)
        if inputs is None:
            inputs = [v for v in inputs_of(self.outputs) if not isinstance(v, SharedVariable)]
        self.inputs = list(inputs)

    def toposort(self):
        """The applications, each after those it depends on."""
        return toposort(self.outputs, stop=self.inputs)

    @property
    def apply_nodes(self):
        """The applications."""
        return set(self.toposort())

    @property
    def variables(self):
        """All variables."""
        return {*self.inputs, *ancestors(self.outputs)}

    @property
    def clients(self):
        """``{variable: [(application, position), ...]}``."""
        return clients(self.outputs)
