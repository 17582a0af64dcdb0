"""What users attach to variables, and test values: a value to try an expression with."""

from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import inputs_of

_NAMESPACE = Variable.tag.fget


class Tag:
    """``x.tag``: whatever is set stays; ``test_value`` follows from those of the inputs.

    Theano kept a test value for every expression.  Here nothing is kept that was not set: the
    test value of an expression is computed when it is asked for.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> x.tag.test_value = 2.0
    >>> (3 * x).tag.test_value
    array(6.)
    """

    __slots__ = ("_of",)

    def __init__(self, variable):
        object.__setattr__(self, "_of", variable)

    def __getattr__(self, name):
        kept = _NAMESPACE(self._of)
        if name == "test_value" and not hasattr(kept, name):
            return self._of.test_value()
        return getattr(kept, name)

    def __setattr__(self, name, value):
        setattr(_NAMESPACE(self._of), name, value)

    def __delattr__(self, name):
        delattr(_NAMESPACE(self._of), name)

    def __dir__(self):
        return [*vars(_NAMESPACE(self._of)), "test_value"]


def value_to_try(variable):
    """The value of a variable for the test values of what it depends on.

    Raises
    ------
    AttributeError
        When an input has none.
    """
    if isinstance(variable, Constant):
        return variable.data
    if isinstance(variable, SharedVariable):
        return variable.container[0]
    if variable.owner is None:
        raise AttributeError(
            f"{variable.name or variable!r} has no test value: set .tag.test_value of it"
        )
    inputs = [v for v in inputs_of([variable]) if not isinstance(v, SharedVariable)]
    return variable.eval({v: v.tag.test_value for v in inputs})
