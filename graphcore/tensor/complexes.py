"""Complex numbers: their parts, and what makes them.

Complex arrays are computed by NumPy, node by node; they have no gradients.
"""

from math import pi

from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.operands import graph
from graphcore.ops.parts import ComplexPart
from graphcore.tensor.convert import as_tensor_variable


def _is_complex(x):
    return x.type.dtype.startswith("complex")


def real(x):
    """Real part; of real numbers the numbers themselves.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> z = tt.zscalar("z")
    >>> tt.real(z * z).eval({z: 1 + 2j})
    array(-3.)
    """
    x = as_tensor_variable(x)
    return ComplexPart("real")(x) if _is_complex(x) else x


def imag(x):
    """Imaginary part; zeros for real numbers."""
    x = as_tensor_variable(x)
    return ComplexPart("imag")(x) if _is_complex(x) else graph.zeros_like(x)


def angle(x):
    """Angle in the complex plane, between -pi and pi."""
    x = as_tensor_variable(x)
    return ComplexPart("angle")(x) if _is_complex(x) else apply_row("switch", x < 0, pi, 0.0 * x)


def conj(x):
    """The complex conjugate; of real numbers the numbers themselves."""
    x = as_tensor_variable(x)
    return ComplexPart("conj")(x) if _is_complex(x) else x


conjugate = conj


def complex(real, imag):
    """The complex numbers with these parts."""
    parts = (as_tensor_variable(v) for v in (real, imag))
    real, imag = (v if v.type.dtype == "float32" else cast(v, "float64") for v in parts)
    narrow = real.type.dtype == imag.type.dtype == "float32"
    return cast(real + 1j * imag, "complex64" if narrow else "complex128")


def complex_from_polar(abs, angle):
    """The complex numbers of this absolute value and angle."""
    return complex(abs * apply_row("cos", angle), abs * apply_row("sin", angle))


__all__ = ["angle", "complex", "complex_from_polar", "conj", "conjugate", "imag", "real"]
