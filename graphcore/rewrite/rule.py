"""What a rule is: a named small function that may replace the result of one application."""

from operator import is_


class Rule:
    """A named rewriting.

    Attributes
    ----------
    name : str
        What becomes what, e.g. ``drop_double_neg``; used by ``exclude`` and shown in traces.
    heads : frozenset of str
        Heads (see :func:`head`) of the applications that the rule looks at; ``"*"`` is any.
    any_of, all_of : tuple of str
        Kinds of operands without which the rule cannot apply: one of ``any_of``, unless that is
        empty, and each of ``all_of``.  The kind of an operand is the head of the operation that
        computes it, or ``"input"``, ``"Constant"`` for any constant, ``"special"`` for one that
        may be 0, 1 or -1 or is an array; ``"twice"`` stands for two operands that are one.
    only : str
        Kind that all operands must have; empty for any.
    mixed : bool
        Whether it has nothing to do where the operands and the result have one real element type.
    apply : callable
        ``apply(b, node)`` returns a variable of the same value as ``node.out``, or None when the
        rule does not apply.  ``b`` is the :class:`~graphcore.rewrite.builder.Builder`.
    """

    __slots__ = ("all_of", "any_of", "apply", "doc", "heads", "mixed", "name", "only")

    def __init__(self, name, heads, apply, doc="", any_of=(), all_of=(), only="", mixed=False):
        self.name = name
        self.heads = frozenset(heads)
        self.apply = apply
        self.doc = doc
        self.any_of = tuple(any_of)
        self.all_of = tuple(all_of)
        self.only = only
        self.mixed = mixed

    def __repr__(self):
        return f"Rule({self.name})"


def rule(*heads, needs="", also="", only="", mixed=False):
    """Decorator: the function becomes a :class:`Rule`.

    ``needs`` lists kinds of operands, one of which must be there, ``also`` kinds all of which must.
    """

    def make(function):
        doc = (function.__doc__ or "").strip()
        any_of, all_of = needs.split(), also.split()
        return Rule(function.__name__, heads, function, doc, any_of, all_of, only, mixed)

    return make


def head(op):
    """Row name of an elementwise operation or reduction, class name of any other.

    >>> from graphcore.ops.elementwise import elemwise
    >>> head(elemwise("exp"))
    'exp'
    """
    return op.head


def parts(v, name):
    """Inputs of the application with head ``name`` that computes ``v``, else None."""
    node = v.owner
    if node is not None and node.op.head == name:
        return node.inputs
    return None


def placed(v):
    """``(what stands among other axes, the pattern of where its axes stand)``."""
    inner = parts(v, "Dimshuffle")
    return (v, tuple(range(v.type.ndim))) if inner is None else (inner[0], v.owner.op.pattern)


def kept(axes, x):
    """The pattern that gives a reduction of ``x`` over axes these axes again, of length 1.

    >>> import graphcore.tensor as tt
    >>> kept((1,), tt.tensor3())
    (0, 'x', 1)
    """
    rest = iter(range(x.type.ndim))
    return tuple("x" if i in axes else next(rest) for i in range(x.type.ndim))


def without_leading(pattern):
    """A pattern without leading axes of length 1: these come by themselves.

    >>> without_leading(("x", "x", 0, "x"))
    (0, 'x')
    """
    first = next((i for i, p in enumerate(pattern) if p != "x"), len(pattern))
    return tuple(pattern[first:])


def op_of(v, cls):
    """The operation that computes ``v`` if it is a ``cls``, else None."""
    node = v.owner
    return node.op if node is not None and isinstance(node.op, cls) else None


def same(xs, ys):
    """Whether two sequences hold the same objects."""
    return all(map(is_, xs, ys))


def is_float(v):
    return v.type.dtype in ("float64", "float32")
