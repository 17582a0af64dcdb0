"""Values that are passed on unchanged while something is shown or checked."""

import sys

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.ops.operands import as_variable


class _Passing(Op):
    """The first input itself; nothing but its gradient passes."""

    no_gradient = tuple(range(1, 64))

    def types_of(self, inputs):
        return [inputs[0].type]

    def out_types(self, x, *others):
        return [x]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def vjp(self, inputs, outputs, cotangents, needed):
        return [cotangents[0], *[None] * (len(inputs) - 1)]


class Print(_Passing):
    """Print a value whenever it is computed.

    Parameters
    ----------
    message : str
    attrs : tuple of str
        What to print: attributes and methods of the array.
    global_fn : callable, optional
        Called with the operation and the array instead of printing.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> f = graphcore.function([x], Print("x is")(x).sum())
    >>> total = f([1.0, 2.0])
    x is __str__ = [1. 2.]
    """

    name = "print"
    props = ("message", "attrs", "global_fn")

    def __init__(self, message="", attrs=("__str__",), global_fn=None):
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def __repr__(self):
        return f"print{{{self.message!r}}}"

    def __call__(self, x):
        return super().__call__(as_variable(x))

    def reference(self, x):
        if self.global_fn is not None:
            self.global_fn(self, x)
            return x
        for attr in self.attrs:
            found = getattr(x, attr)
            shown = found() if callable(found) else found
            print(f"{self.message} {attr} = {shown}", file=sys.stdout, flush=True)
        return x

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield Print("value", global_fn=_ignore), [np.arange(3.0)]


def _ignore(op, x):
    pass


class Assert(_Passing):
    """The first input, if all others are true whenever it is computed.

    Parameters
    ----------
    msg : str
        Of the ``AssertionError``.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x = tt.scalar("x")
    >>> f = graphcore.function([x], tt.sqrt(Assert("x is negative")(x, x >= 0)))
    >>> f(4.0)
    array(2.)
    >>> try:
    ...     f(-1.0)
    ... except AssertionError as error:
    ...     print(error)
    x is negative
    """

    name = "assert"
    props = ("kind", "msg")
    kind = AssertionError

    def __init__(self, msg="Assert failed"):
        self.msg = msg

    def __call__(self, x, *conditions):
        return super().__call__(as_variable(x), *map(as_variable, conditions))

    def reference(self, x, *conditions):
        if not all(np.all(c) for c in conditions):
            raise self.kind(self.msg)
        return x

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield Assert("x"), [np.arange(3.0), np.array(True), np.ones(2, bool)]


class CheckAndRaise(Assert):
    """:class:`Assert` with another kind of exception.

    Parameters
    ----------
    exc_type : type
    msg : str
    """

    name = "check_and_raise"

    def __init__(self, exc_type=AssertionError, msg=""):
        super().__init__(msg)
        self.kind = exc_type

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield CheckAndRaise(ValueError, "x"), [np.arange(3.0), np.array(True)]


assert_op = Assert()
