"""Exceptions of graphcore, and the sentence that names a node and the line that made it.

Wrong values raise Python's own ``TypeError``, ``ValueError`` and ``IndexError``; the classes here
exist where a caller may want to tell one reason from another.  Matrices without a factor raise
NumPy's ``LinAlgError``.
"""

from numpy.linalg import LinAlgError


class MissingInputError(ValueError):
    """A value was asked for that depends on a variable which was not given."""


class UnusedInputError(ValueError):
    """A variable was given that nothing depends on."""


class NotScalarConstantError(ValueError):
    """Raised when the value of a constant is asked for of something else."""


class DisconnectedInputError(ValueError):
    """A gradient was asked for with respect to something the cost does not depend on."""


class NullTypeGradError(TypeError):
    """A gradient was asked for that passes through something that has none."""


class UndecidedShapeError(ValueError):
    """A program was asked for whose shapes depend on which branch of a choice is taken."""


class GradientError(AssertionError):
    """A symbolic gradient disagrees with the numerical one."""


class SamplingError(RuntimeError):
    """A chain that could not go on.

    Attributes
    ----------
    chain : int or None
    position : ndarray or None
        The unconstrained point the chain was at.
    """

    def __init__(self, message, chain=None, position=None):
        super().__init__(message)
        self.chain = chain
        self.position = position


class StartError(SamplingError, ValueError):
    """A start point where the density, or its gradient, is not finite: no chain can begin there.

    Examples
    --------
    >>> issubclass(StartError, ValueError)
    True
    """


def shown(variable):
    """How messages name a variable: its name, else what computes it, else its value or type.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> shown(tt.vector("x")), shown(tt.exp(tt.vector("x"))), shown(tt.constant(2.0))
    ("'x'", 'the result of exp', '2.0')
    """
    if variable.name:
        return repr(variable.name)
    if variable.owner is not None:
        return f"the result of {variable.owner.op.name}"
    data = getattr(variable, "data", None)  # of constants
    if data is not None:
        return str(data) if data.ndim == 0 else f"a constant of shape {data.shape}"
    return f"an unnamed {variable.type!r}"


def describe(node):
    """One line that names an application and where the user wrote it."""
    inputs = ", ".join(shown(v) for v in node.inputs)
    where = f", written at {node.where[0]}:{node.where[1]}" if node.where else ""
    return f"{node.op!r} of {inputs}{where}"


def located(error, node, shapes):
    """The same kind of error, its message extended by the node and the shapes it was given."""
    given = ", ".join(str(tuple(s)) for s in shapes)
    message = f"{error}\n  while computing {describe(node)}\n  shapes of its inputs: {given}"
    for kind in (UndecidedShapeError, TypeError, IndexError, LinAlgError, ValueError):
        if isinstance(error, kind):
            return kind(message)
    return RuntimeError(f"{type(error).__name__}: {message}")
