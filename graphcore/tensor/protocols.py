"""NumPy's protocols: which graph function stands for which NumPy function."""

import numpy as np

from graphcore.ops.elementwise import apply_row
from graphcore.optable import ROWS
from graphcore.tensor import (
    arranging,
    complexes,
    decompositions,
    elementwise,
    matrix_functions,
    ordering,
    padding,
    positions,
    products,
    reductions,
    sequences,
    shaping,
)
from graphcore.tensor.convert import stacked


def with_packed_argument(function):
    """A method whose sequence argument may also be given as several arguments."""

    def method(self, *args, **kwargs):
        if not args or len(args) == 1:
            return function(self, *args, **kwargs)
        return function(self, args, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = function.__doc__
    return method


def _ufuncs():
    """Row or function by the name of the NumPy ufunc."""
    found = {}
    for row in ROWS.values():
        for name in (row.ref.rpartition(".")[2], row.name, *row.aliases):
            found.setdefault(name, row.name)
    return found


_UFUNC_ROWS = _ufuncs()
_UFUNCS = {
    "matmul": products.matmul,
    "logical_and": elementwise.logical_and,
    "logical_or": elementwise.logical_or,
    "logical_xor": elementwise.logical_xor,
    "logical_not": elementwise.logical_not,
    "isfinite": elementwise.isfinite,
    "positive": lambda x: x,
    "fabs": lambda x: apply_row("abs", x),
    "divmod": elementwise.divmod,
    "conjugate": complexes.conj,
}
_REDUCE = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min",
    "logical_and": "all", "logical_or": "any",
}  # fmt: skip


def call_ufunc(ufunc, method, inputs, kwargs):
    """A NumPy or SciPy ufunc applied to symbolic arrays."""
    name = ufunc.__name__
    if kwargs.pop("out", None) is not None:
        raise TypeError(f"numpy.{name}(..., out=) is not possible with symbolic arrays")
    if method == "reduce" and name in _REDUCE:
        axis = kwargs.pop("axis", 0)
        return reductions.FUNCTIONS[_REDUCE[name]](inputs[0], axis, **kwargs)
    if method != "__call__":
        raise TypeError(f"numpy.{name}.{method} is not supported for symbolic arrays")
    if kwargs:
        raise TypeError(f"numpy.{name}: {', '.join(kwargs)} is not supported for symbolic arrays")
    if name in _UFUNCS:
        return _UFUNCS[name](*inputs)
    if name not in _UFUNC_ROWS:
        raise TypeError(
            f"numpy.{name} has no symbolic counterpart; compose it of the functions of "
            "graphcore.tensor"
        )
    return apply_row(_UFUNC_ROWS[name], *(stacked(x) for x in inputs))


_MODULES = (
    reductions, shaping, products, ordering, arranging, padding, positions, sequences, complexes,
)  # fmt: skip
_SAME_NAME = (
    "mean", "var", "std", "dot", "outer", "inner", "vdot", "tensordot", "einsum", "argmax",
    "argmin", "argsort", "bincount", "choose", "compress", "cumprod", "cumsum", "diff",
    "flatnonzero", "median", "nonzero", "ptp", "ravel_multi_index", "searchsorted", "sort",
    "take_along_axis", "unique", "unravel_index", "atleast_1d", "atleast_2d", "atleast_3d",
    "broadcast_arrays", "dstack", "empty_like", "flip", "fliplr", "flipud", "hstack", "pad",
    "repeat", "roll", "rollaxis", "tile", "vstack", "meshgrid", "linspace", "angle", "imag", "real",
    "tril_indices_from", "triu_indices_from", "reshape", "ravel", "transpose", "swapaxes",
    "moveaxis", "expand_dims", "squeeze", "broadcast_to", "concatenate", "stack", "take",
    "zeros_like", "ones_like", "full_like", "shape", "size",
)  # fmt: skip


def _functions():
    found = {np.ndim: lambda x: x.type.ndim, np.clip: elementwise.clip}
    for name in _SAME_NAME:
        home = next(m for m in _MODULES if name in getattr(m, "__all__", ()))
        found[getattr(np, name)] = getattr(home, name)
    for name, function in reductions.FUNCTIONS.items():
        found[getattr(np, name)] = function
    for name in matrix_functions.__all__:
        found[getattr(np, name)] = getattr(matrix_functions, name)
    for name in ("cholesky", "det", "inv", "matrix_power", "slogdet", "solve"):
        found[getattr(np.linalg, name)] = getattr(matrix_functions, name)
    for name in ("eigh", "eigvalsh", "eig", "eigvals", "svd", "qr", "pinv", "lstsq"):
        found[getattr(np.linalg, name)] = getattr(decompositions, name)
    found[np.where] = ordering.where
    for name in ("isclose", "nan_to_num", "isposinf", "isneginf"):
        found[getattr(np, name)] = getattr(elementwise, name)
    found[np.round] = found[np.around] = elementwise.FUNCTIONS["round_half_to_even"]
    return found


_FUNCTIONS = _functions()


def call_function(function, args, kwargs):
    """A NumPy function (not a ufunc) applied to symbolic arrays."""
    if function not in _FUNCTIONS:
        raise TypeError(
            f"numpy.{function.__name__} has no symbolic counterpart; compose it of the functions "
            "of graphcore.tensor"
        )
    kwargs = {k: v for k, v in kwargs.items() if v is not None and v is not np._NoValue}
    return _FUNCTIONS[function](*args, **kwargs)
