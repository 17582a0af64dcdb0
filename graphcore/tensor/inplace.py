"""Theano's functions that overwrite their first operand; here their result is a new array.

``add_inplace(x, y)`` is ``add(x, y)`` with the element type and the shape of ``x``.  Where results
lie is decided when a function is planned, so that nothing needs to be overwritten to save memory.

Examples
--------
>>> import graphcore.tensor as tt
>>> x = tt.vector("x")
>>> tt.inplace.sqr_inplace(x).eval({x: [1.0, 2.0]})
array([1., 4.])
"""

from graphcore.ops.elementwise import cast
from graphcore.tensor.arranging import fill
from graphcore.tensor.complexes import conj
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import FUNCTIONS
from graphcore.tensor.shaping import transpose
from graphcore.tensor.special import chi2sf

_NAMES = (
    "abs_ add and_ arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil cos cosh deg2rad eq "
    "erf erfc erfcx exp exp2 expm1 floor gamma gammaln ge gt i0 i1 int_div inv invert iv j0 j1 jv "
    "le log log10 log1p log2 lt maximum minimum mod mul neg neq or_ pow psi rad2deg "
    "round_half_away_from_zero round_half_to_even sgn sin sinh sqr sqrt sub tan tanh tri_gamma "
    "true_div trunc xor"
).split()


def _inplace(name, function):
    def inplace(x, *others):
        x = as_tensor_variable(x)
        y = as_tensor_variable(function(x, *others))
        if len(y.type.shape) != len(x.type.shape) or any(
            n == 1 and m not in (1, None) for n, m in zip(x.type.shape, y.type.shape, strict=True)
        ):
            raise ValueError(
                f"{name}_inplace: the result ({y.type}) has another shape than the first operand "
                f"({x.type}); use {name.rstrip('_')}"
            )
        return cast(y, x.type.dtype)

    inplace.__name__ = inplace.__qualname__ = f"{name}_inplace"
    inplace.__doc__ = f"``{name}``, with the element type and the shape of the first operand."
    return inplace


_more = {"chi2sf": chi2sf, "conj": conj, "fill": fill, "second": fill}
_made = {name: FUNCTIONS[name] for name in _NAMES} | _more
_made = {f"{name}_inplace": _inplace(name, function) for name, function in _made.items()}
globals().update(_made)
transpose_inplace = transpose

__all__ = [*_made, "transpose_inplace"]
