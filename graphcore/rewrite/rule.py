"""What a rule is: a named small function that may replace the result of one application."""

from operator import is_


class Rule:
    """A named rewriting.

    Attributes
    ----------
    name : str
        What becomes what, e.g. ``drop_double_neg``; used by ``exclude`` and shown in traces.
    heads : tuple of str
        Heads (see :func:`head`) of the applications that the rule looks at; ``"*"`` is any.
    apply : callable
        ``apply(b, node)`` returns a variable of the same value as ``node.out``, or None when the
        rule does not apply.  ``b`` is the :class:`~graphcore.rewrite.builder.Builder`.
    """

    __slots__ = ("apply", "doc", "heads", "name")

    def __init__(self, name, heads, apply, doc=""):
        self.name = name
        self.heads = heads
        self.apply = apply
        self.doc = doc

    def __repr__(self):
        return f"Rule({self.name})"


def rule(*heads):
    """Decorator: the function becomes a :class:`Rule` that is called as the function was."""

    def make(function):
        return Rule(function.__name__, heads, function, (function.__doc__ or "").strip())

    return make


def head(op):
    """Row name of an elementwise operation or reduction, class name of any other.

    >>> from graphcore.ops.elementwise import elemwise
    >>> head(elemwise("exp"))
    'exp'
    """
    name = getattr(op, "row_name", None)
    return type(op).__name__ if name is None else name


def parts(v, name):
    """Inputs of the application with head ``name`` that computes ``v``, else None."""
    node = v.owner
    if node is not None and head(node.op) == name:
        return node.inputs
    return None


def op_of(v, cls):
    """The operation that computes ``v`` if it is a ``cls``, else None."""
    node = v.owner
    return node.op if node is not None and isinstance(node.op, cls) else None


def same(xs, ys):
    """Whether two sequences hold the same objects."""
    return all(map(is_, xs, ys))


def is_float(v):
    return v.type.dtype in ("float64", "float32")
