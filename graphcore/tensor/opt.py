"""Theano's place of ``Assert``, and of what programs say there about rewriting."""

from graphcore.ops.debug import Assert, assert_op
from graphcore.ops.inner import ViewOp


class OpRemove:
    """That an operation is to be left out of what is computed; see :func:`register_canonicalize`.

    Parameters
    ----------
    op : ViewOp
    """

    def __init__(self, op):
        self.op = op


def register_canonicalize(rewrite, *tags, **options):
    """Accepted for the removal of a :class:`~graphcore.compile.ViewOp`, which happens anyway.

    Raises
    ------
    NotImplementedError
        For everything else: rules are added as ``docs/extending.md`` says.
    """
    if isinstance(rewrite, OpRemove) and isinstance(rewrite.op, ViewOp):
        return rewrite
    raise NotImplementedError(
        f"{rewrite!r} cannot be registered: Theano's rewrites do not fit graphcore's graphs; "
        "docs/extending.md tells how rules are added"
    )


__all__ = ["Assert", "OpRemove", "assert_op", "register_canonicalize"]
