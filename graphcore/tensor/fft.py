"""Fourier transforms of real arrays, with real and imaginary parts on a last axis."""

from graphcore.ops import fourier
from graphcore.ops.elementwise import apply_row, cast
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.windows import length


def _applied(op, x):
    x = as_tensor_variable(x)
    found = op(cast(x, "float64"))
    return cast(found, "float32") if x.type.dtype == "float32" else found


def _scaled(y, like, norm, power):
    """``y`` scaled by the number of transformed elements as ``norm`` says."""
    if norm not in (None, "ortho", "no_norm"):
        raise ValueError(f"norm must be None, 'ortho' or 'no_norm', not {norm!r}")
    power = power.get(norm, 0)
    if not power:
        return y
    n = 1
    for i in range(1, like.type.ndim):
        n = n * length(like, i)
    number = cast(as_tensor_variable(n), y.type.dtype)
    return y * apply_row("pow", number, cast(as_tensor_variable(power), y.type.dtype))


def rfft(inp, norm=None):
    """The transform of real arrays over all axes but the first.

    Parameters
    ----------
    inp : array_like or variable
        Two or more axes; the first one counts arrays.
    norm : {None, "ortho"}
        ``"ortho"`` divides by the root of the number of elements.

    Returns
    -------
    Variable
        Half of the last axis, as the other half follows from it; then real and imaginary part.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.fft.rfft([[1.0, 1.0, 1.0, 1.0]]).eval()[0]
    array([[4., 0.],
           [0., 0.],
           [0., 0.]])
    """
    inp = as_tensor_variable(inp)
    return _scaled(_applied(fourier.RFFT(), inp), inp, norm, {"ortho": -0.5})


def irfft(inp, norm=None, is_odd=False):
    """The inverse of :func:`rfft`.

    Parameters
    ----------
    inp : array_like or variable
        As :func:`rfft` gives it.
    norm : {None, "ortho", "no_norm"}
        As for :func:`rfft`; ``"no_norm"`` leaves the division by the number of elements out.
    is_odd : bool
        Whether the last axis of the result has an odd length.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.fft.irfft(tt.fft.rfft([[1.0, 2.0, 3.0]]), is_odd=True).eval().round(12)
    array([[1., 2., 3.]])
    """
    if is_odd not in (True, False):
        raise ValueError(f"irfft: is_odd must be True or False, not {is_odd!r}")
    y = _applied(fourier.IRFFT(bool(is_odd)), inp)
    return _scaled(y, y, norm, {"ortho": 0.5, "no_norm": 1.0})


__all__ = ["irfft", "rfft"]
