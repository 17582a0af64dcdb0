"""The elementwise functions: one per row of the op table, and a few made of several rows."""

import inspect

from graphcore.graph.nodes import Variable
from graphcore.ops.elementwise import apply_row
from graphcore.ops.elementwise import cast as _cast
from graphcore.ops.operands import as_variables
from graphcore.optable import ROWS
from graphcore.tensor.convert import as_tensor_variable, stacked

_OPERANDS = {1: ("x",), 2: ("a", "b"), 3: ("a", "b", "c")}


def _row_function(row):
    names = _OPERANDS[row.arity]

    if row.arity == 1:

        def function(x):
            return apply_row(row.name, x if isinstance(x, Variable) else stacked(x))

    elif row.arity == 2:

        def function(a, b):
            return apply_row(row.name, stacked(a), stacked(b))

    else:

        def function(a, b, c):
            return apply_row(row.name, stacked(a), stacked(b), stacked(c))

    function.__name__ = function.__qualname__ = row.public
    function.__doc__ = _docstring(row, names)
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    )
    return function


def _docstring(row, names):
    """numpydoc text of a row; where it is a NumPy function the example compares with it."""
    described = "\n".join(f"    {n} : array_like or variable" for n in names)
    lines = [row.doc, "", "Parameters", "----------", described.replace("    ", "")]
    lines += ["", "Returns", "-------", "TensorVariable", "    The operands broadcast."]
    if row.aliases:
        lines += ["", "Notes", "-----", f"Also available as {', '.join(row.aliases)}."]
    return "\n    ".join(lines) + "\n    "


def _make():
    made = {}
    for row in ROWS.values():
        if not row.internal:
            function = _row_function(row)
            for name in (row.public, *row.aliases):
                made[name] = function
    return made


FUNCTIONS = _make()
where = FUNCTIONS["switch"]


def cast(x, dtype):
    """``x`` converted to another element type.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.cast(tt.ivector("i"), "float64").dtype
    'float64'
    """
    return _cast(as_tensor_variable(x), dtype)


def clip(x, lower=None, upper=None):
    """First argument limited to an interval; a limit of None is no limit.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.clip([-1.0, 0.5, 7.0], 0, 1).eval()
    array([0. , 0.5, 1. ])
    """
    if lower is None and upper is None:
        return as_tensor_variable(x)
    if upper is None:
        return FUNCTIONS["maximum"](x, lower)
    if lower is None:
        return FUNCTIONS["minimum"](x, upper)
    return apply_row("clip", stacked(x), stacked(lower), stacked(upper))


def logical_and(a, b):
    """Whether both arguments are true (not zero)."""
    return apply_row("and_", _truth(a), _truth(b))


def logical_or(a, b):
    """Whether at least one argument is true (not zero)."""
    return apply_row("or_", _truth(a), _truth(b))


def logical_xor(a, b):
    """Whether exactly one argument is true (not zero)."""
    return apply_row("xor", _truth(a), _truth(b))


def logical_not(x):
    """Whether the argument is false (zero)."""
    return apply_row("not_", _truth(x))


def _truth(x):
    x = as_tensor_variable(x)
    return x if x.type.dtype == "bool" else apply_row("ne", x, 0)


def isfinite(x):
    """Whether the element is neither infinite nor NaN.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.isfinite([1.0, float("inf"), float("nan")]).eval()
    array([ True, False, False])
    """
    x = as_tensor_variable(x)
    return apply_row("not_", apply_row("or_", apply_row("isnan", x), apply_row("isinf", x)))


def logit(p):
    """log(p / (1 - p)).

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> float(tt.logit(0.5).eval())
    0.0
    """
    p = as_tensor_variable(p)
    return apply_row("log", p) - apply_row("log1p", -p)


def betaln(a, b):
    """Logarithm of the beta function.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> bool(abs(tt.betaln(2.0, 3.0).eval() - tt.log(1 / 12).eval()) < 1e-15)
    True
    """
    a, b = as_variables((stacked(a), stacked(b)))
    total = apply_row("gammaln", a + b)
    return apply_row("gammaln", a) + apply_row("gammaln", b) - total


__all__ = [
    "betaln", "cast", "clip", "isfinite", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "where",
]  # fmt: skip
