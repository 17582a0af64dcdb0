"""Parts of complex numbers.  Complex arrays are computed by NumPy: programs have none."""

import numpy as np

from graphcore.graph.nodes import Op


class ComplexPart(Op):
    """Real or imaginary part, angle or conjugate of complex numbers.

    Parameters
    ----------
    kind : {"real", "imag", "angle", "conj"}
    """

    props = ("name",)
    broadcasts = True
    no_gradient = (0,)

    def __init__(self, kind):
        self.name = kind

    def _dtype(self, dtype):
        if not dtype.startswith("complex"):
            raise TypeError(f"{self.name}: needs complex numbers, not {dtype}")
        real = "float32" if dtype == "complex64" else "float64"
        return dtype if self.name == "conj" else real

    def out_types(self, x):
        return [x.with_dtype(self._dtype(x.dtype))]

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def reference(self, x):
        dtype = self._dtype(x.dtype.name)
        return np.array(getattr(np, self.name)(x), dtype=dtype)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for kind in ("real", "imag", "angle", "conj"):
            yield ComplexPart(kind), [np.array([1 + 2j, -3.0])]
            yield ComplexPart(kind), [np.array(1j, dtype="complex64")]
