"""Updates of shared variables, merged with care."""

from graphcore.errors import shown
from graphcore.graph.nodes import SharedVariable

__all__ = ["OrderedUpdates"]


class OrderedUpdates(dict):
    """New values of shared variables, in the order in which they were given.

    A dictionary whose keys are shared variables; ``+`` refuses to choose between two updates of
    one variable.

    Raises
    ------
    TypeError
        For a key that is not a shared variable.
    KeyError
        When both sides of ``+`` have different updates of one variable.

    Examples
    --------
    >>> import graphcore
    >>> from graphcore.updates import OrderedUpdates
    >>> n, m = graphcore.shared(0, name="n"), graphcore.shared(5, name="m")
    >>> both = OrderedUpdates({n: n + 1}) + OrderedUpdates({m: m - 1})
    >>> graphcore.function([], [], updates=both)()
    []
    >>> n.get_value().item(), m.get_value().item()
    (1, 4)
    """

    def __init__(self, *args, **entries):
        super().__init__()
        self.update(*args, **entries)

    def __setitem__(self, key, value):
        if not isinstance(key, SharedVariable):
            raise TypeError(f"updates: {shown(key)} is not a shared variable")
        super().__setitem__(key, value)

    def update(self, *args, **entries):
        """Add entries, each key checked."""
        for key, value in dict(*args, **entries).items():
            self[key] = value

    def __add__(self, other):
        merged = OrderedUpdates(self)
        for key, value in dict(other).items():
            if merged.get(key, value) is not value:
                raise KeyError(f"updates: {shown(key)} has two different updates")
            merged[key] = value
        return merged

    def __radd__(self, other):
        return OrderedUpdates(other) + self
