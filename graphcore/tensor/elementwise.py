"""The elementwise functions: one per row of the op table, and a few made of several rows."""

import functools
import inspect

import numpy as np

from graphcore.graph.nodes import Variable
from graphcore.ops.elementwise import apply_row
from graphcore.ops.elementwise import cast as _cast
from graphcore.ops.operands import as_variables, is_float
from graphcore.optable import ROWS
from graphcore.tensor.convert import as_tensor_variable, stacked

_OPERANDS = {1: ("x",), 2: ("a", "b"), 3: ("a", "b", "c")}


def _row_function(row):
    names = _OPERANDS[row.arity]

    if row.arity == 1:

        def function(x):
            return apply_row(row.name, x if isinstance(x, Variable) else stacked(x))

    elif row.public in ("add", "mul"):  # sums and products of any number of operands

        def function(*operands):
            if not operands:
                raise TypeError(f"{row.public}: needs at least one operand")
            return functools.reduce(partial, map(stacked, operands))

        partial = functools.partial(apply_row, row.name)

    elif row.arity == 2:

        def function(a, b):
            return apply_row(row.name, stacked(a), stacked(b))

    else:

        def function(a, b, c):
            return apply_row(row.name, stacked(a), stacked(b), stacked(c))

    function.__name__ = function.__qualname__ = row.public
    function.__doc__ = _docstring(row, names)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if row.public in ("add", "mul"):
        names, kind = ("operands",), inspect.Parameter.VAR_POSITIONAL
    function.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])
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

switch = FUNCTIONS["switch"]


def cast(x, dtype):
    """``x`` converted to another element type.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.cast(tt.ivector("i"), "float64").dtype
    'float64'
    """
    return _cast(as_tensor_variable(x), dtype)


def clip(x, min=None, max=None):
    """First argument limited to an interval; a limit of None is no limit.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.clip([-1.0, 0.5, 7.0], 0, 1).eval()
    array([0. , 0.5, 1. ])
    """
    if min is None and max is None:
        return as_tensor_variable(x)
    if max is None:
        return FUNCTIONS["maximum"](x, min)
    if min is None:
        return FUNCTIONS["minimum"](x, max)
    return apply_row("clip", stacked(x), stacked(min), stacked(max))


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


def isposinf(x):
    """Whether the element is plus infinity."""
    return apply_row("eq", x, float("inf"))


def isneginf(x):
    """Whether the element is minus infinity."""
    return apply_row("eq", x, float("-inf"))


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """``x`` with NaN and infinities replaced by numbers.

    Parameters
    ----------
    x : array_like or variable
    nan, posinf, neginf : number, optional
        What takes their place; the largest finite numbers stand for infinities by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.nan_to_num([float("nan"), 1.0, float("inf")], posinf=9.0).eval()
    array([0., 1., 9.])
    """
    x = as_tensor_variable(x)
    if not is_float(x.type.dtype):
        return x
    limits = np.finfo(x.type.dtype)
    posinf = float(limits.max) if posinf is None else posinf
    neginf = float(limits.min) if neginf is None else neginf
    x = switch(apply_row("isnan", x), nan, x)
    return switch(isposinf(x), posinf, switch(isneginf(x), neginf, x))


def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether two elements agree: ``abs(a - b) <= atol + rtol * abs(b)``, or both are equal.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.isclose([1.0, 2.0], [1.0000001, 2.1]).eval()
    array([ True, False])
    """
    a, b = as_variables((stacked(a), stacked(b)))
    near = apply_row("le", apply_row("abs", a - b), atol + rtol * apply_row("abs", b))
    near = logical_and(near, isfinite(b))  # infinities agree when they are equal
    same = logical_or(near, apply_row("eq", a, b))
    if not equal_nan:
        return same
    return logical_or(same, logical_and(apply_row("isnan", a), apply_row("isnan", b)))


def divmod(x, y):
    """Floored quotient and remainder.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> [int(v.eval()) for v in tt.divmod(-7, 2)]
    [-4, 1]
    """
    x, y = stacked(x), stacked(y)
    return apply_row("floor_div", x, y), apply_row("mod", x, y)


def round(a, mode="half_to_even"):
    """The nearest integers, as floats.

    Parameters
    ----------
    a : array_like or variable
    mode : {"half_to_even", "half_away_from_zero"}
        Where halves go.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.round([0.5, 1.5]).eval(), tt.round([0.5, 1.5], "half_away_from_zero").eval()
    (array([0., 2.]), array([1., 2.]))
    """
    rows = {"half_to_even": "round", "half_away_from_zero": "round_away"}
    if mode not in rows:
        raise ValueError(f"round: mode must be one of {', '.join(rows)}, not {mode!r}")
    return apply_row(rows[mode], stacked(a))


def iround(a, mode="half_to_even"):
    """The nearest integers, as int64; see :func:`round`."""
    return cast(round(a, mode), "int64")


__all__ = [
    "cast", "clip", "divmod", "iround", "isclose", "isfinite", "isneginf",
    "isposinf", "logical_and", "logical_not", "logical_or", "logical_xor", "nan_to_num", "round",
]  # fmt: skip
