"""Discrete Fourier transforms of real arrays, with complex numbers as pairs.

The first axis counts arrays, all others are transformed.  A spectrum has one axis more, of real and
imaginary part, and of the last transformed axis only the half from which the other half follows.
All operations are linear, so that each has the transpose of another one as derivative.
"""

import math

import numpy as np

from graphcore.graph.nodes import Op
from graphcore.graph.types import TensorType


def _check(op, t, least):
    if t.ndim < least or t.dtype != "float64":
        raise TypeError(f"{op.name}: needs float64 with at least {least} axes, not {t!r}")


def _pairs(z):
    return np.stack([z.real, z.imag], axis=-1)


def _complex(pairs):
    return pairs[..., 0] + 1j * pairs[..., 1]


def _weights(half, odd, inside):
    """``inside`` for the entries that stand for a mirror image too, 1 for the others."""
    found = np.full(half, float(inside))
    found[0] = 1.0
    if not odd:
        found[-1] = 1.0
    return found


class _Fourier(Op):
    """A transform between real arrays and spectra."""

    least = 2  # axes of the operand

    def out_types(self, x):
        _check(self, x, self.least)
        return [TensorType("float64", self._shape(x.shape))]

    def infer_shape(self, shapes, values):
        return [self._shape(shapes[0])]


class RFFT(_Fourier):
    """The transform of real arrays."""

    name = "rfft"

    def _shape(self, shape):
        return (*shape[:-1], None if shape[-1] is None else shape[-1] // 2 + 1, 2)

    def reference(self, x):
        return _pairs(np.fft.rfftn(x, axes=range(1, x.ndim)))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [TransposedRFFT()(cotangents[0], inputs[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(4)
        for shape in ((1, 4), (2, 5), (2, 3, 4), (1, 2, 3), (1, 1)):
            yield RFFT(), [rng.normal(size=shape)]


class TransposedRFFT(Op):
    """The transpose of :class:`RFFT`; ``like`` has the shape of the result."""

    name = "transposed_rfft"
    no_gradient = (1,)
    shape_only = (1,)

    def out_types(self, g, like):
        _check(self, g, 3)
        return [TensorType("float64", like.shape)]

    def infer_shape(self, shapes, values):
        return [shapes[1]]

    def reference(self, g, like):
        shape = like.shape[1:]
        weights = _weights(g.shape[-2], shape[-1] % 2, 0.5) * math.prod(shape)
        return np.fft.irfftn(_complex(g) * weights, shape, range(1, like.ndim))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [RFFT()(cotangents[0]), None]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for _, (x,) in RFFT.cases():
            yield TransposedRFFT(), [RFFT().reference(x), x]


class IRFFT(_Fourier):
    """The inverse of :class:`RFFT`; ``odd`` tells the last length, which a half leaves open."""

    name = "irfft"
    props = ("odd",)
    least = 3

    def __init__(self, odd=False):
        self.odd = bool(odd)

    def _shape(self, shape):
        half = shape[-2]
        return (*shape[:-2], None if half is None else 2 * (half - 1) + self.odd)

    def reference(self, x):
        shape = self._shape(x.shape)
        return np.fft.irfftn(_complex(x), shape[1:], range(1, len(shape)))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [TransposedIRFFT(self.odd)(cotangents[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for _, (x,) in list(RFFT.cases())[:4]:
            yield IRFFT(x.shape[-1] % 2), [RFFT().reference(x)]


class TransposedIRFFT(_Fourier):
    """The transpose of :class:`IRFFT`."""

    name = "transposed_irfft"
    props = ("odd",)

    def __init__(self, odd=False):
        self.odd = bool(odd)

    _shape = RFFT._shape

    def reference(self, x):
        spectrum = np.fft.rfftn(x, axes=range(1, x.ndim)) / math.prod(x.shape[1:])
        return _pairs(spectrum * _weights(spectrum.shape[-1], self.odd, 2))

    def vjp(self, inputs, outputs, cotangents, needed):
        return [IRFFT(self.odd)(cotangents[0])]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        for _, (x,) in list(RFFT.cases())[:4]:
            yield TransposedIRFFT(x.shape[-1] % 2), [x]
