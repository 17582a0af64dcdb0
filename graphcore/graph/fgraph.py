"""``FunctionGraph``: a graph with its inputs, in Theano's terms."""

from graphcore.graph.walk import ancestors, clients, toposort


class FunctionGraph:
    """A graph between inputs and outputs.

    Parameters
    ----------
    inputs, outputs : list of Variable

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> f = graphcore.function([x], tt.exp(x) + 1)
    >>> [node.op for node in f.maker.fgraph.toposort()]
    [exp, add]
    """

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = list(inputs), list(outputs)

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
