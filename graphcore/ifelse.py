"""The lazy choice, under Theano's name of the module."""

from graphcore.ops.choice import IfElse
from graphcore.ops.operands import promote
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import cast


def ifelse(condition, then_branch, else_branch, name=None):
    """One of two values, or lists of values; what only the other one needs is not computed.

    Parameters
    ----------
    condition : Variable
        A scalar.
    then_branch, else_branch : Variable or list of Variable
        Of the same number of axes.  Where their shapes differ, the condition is computed first, in
        a program of its own.
    name : str, optional

    Returns
    -------
    Variable or list of Variable

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> from graphcore.ifelse import ifelse
    >>> a, x = tt.scalar("a"), tt.vector("x")
    >>> f = graphcore.function([a, x], ifelse(a > 0, tt.exp(x).sum(), x.sum()))
    >>> f(-1.0, [1.0, 2.0])
    array(3.)
    """
    many = isinstance(then_branch, (list, tuple))
    if many != isinstance(else_branch, (list, tuple)):
        raise TypeError("ifelse: both branches must be lists, or neither")
    thens = [as_tensor_variable(v) for v in (then_branch if many else [then_branch])]
    elses = [as_tensor_variable(v) for v in (else_branch if many else [else_branch])]
    if len(thens) != len(elses):
        raise ValueError(f"ifelse: the branches have {len(thens)} and {len(elses)} values")
    for i, (a, b) in enumerate(zip(thens, elses, strict=True)):
        dtype = promote(a.type.dtype, b.type.dtype)
        thens[i], elses[i] = cast(a, dtype), cast(b, dtype)
    node = IfElse(len(thens)).apply(as_tensor_variable(condition), *thens, *elses)
    for i, v in enumerate(node.outputs):
        if name is not None:
            v.name = name if len(thens) == 1 else f"{name}[{i}]"
    return list(node.outputs) if many else node.outputs[0]


__all__ = ["ifelse"]
