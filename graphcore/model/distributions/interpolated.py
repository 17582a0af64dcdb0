"""``Interpolated``: a density given by its values at some points, linear between them."""

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.model.distributions.base import Distribution, as_shape, as_value
from graphcore.model.distributions.constraints import interval


class Interpolated(Distribution):
    """Numbers whose density is linear between given points; it need not integrate to one.

    Parameters
    ----------
    name : str
    x_points : array
        Ascending.
    pdf_points : array
        The density at these points, up to a factor.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.Interpolated.dist([0.0, 1.0, 2.0], [0.0, 3.0, 0.0])
    >>> float(d.logp(1.0).eval()), round(float(d.logcdf(0.5).eval()), 6)
    (0.0, -2.079442)
    """

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("x_points", "pdf_points"), args, strict=False)) | kwargs
        x = _points(kwargs.pop("x_points", None), "x_points", label)
        pdf = _points(kwargs.pop("pdf_points", None), "pdf_points", label)
        if len(x) != len(pdf) or len(x) < 2:
            raise ValueError(
                f"{label}: x_points and pdf_points must have one length, at least 2; "
                f"got {len(x)} and {len(pdf)}"
            )
        if not (np.diff(x) > 0).all():
            raise ValueError(f"{label}: x_points must ascend")
        areas = 0.5 * (pdf[1:] + pdf[:-1]) * np.diff(x)
        if (pdf < 0).any() or not areas.sum() > 0:
            raise ValueError(f"{label}: pdf_points must not be negative, and not all be zero")
        pdf = pdf / areas.sum()
        below = np.concatenate([[0.0], np.cumsum(areas)[:-1]]) / areas.sum()
        slope = np.diff(pdf) / np.diff(x)
        parts = {"x": x, "pdf": pdf, "slope": slope, "below": below}
        return super().make(label, (), kwargs, **parts, **shapes)

    def _find_support(self):
        return interval(tt.constant(self.x[0]), tt.constant(self.x[-1]))

    def _piece(self, value):
        """Left end of the piece a value lies in: density, slope, mass below, and the distance."""
        inner = self.x[1:-1]
        at = tt.sum(tt.cast(tt.ge(tt.expand_dims(value, value.ndim), inner), "int64"), axis=-1)
        left, pdf, slope, below = (
            tt.constant(v)[at] for v in (self.x[:-1], self.pdf[:-1], self.slope, self.below)
        )
        return pdf, slope, below, value - left

    def formula(self, value):
        pdf, slope, _, step = self._piece(as_value(value, self.label))
        return tt.log(pdf + slope * step)

    def log_cdf(self, value):
        value = as_value(value, self.label)
        inside = tt.clip(value, self.x[0], self.x[-1])
        pdf, slope, below, step = self._piece(inside)
        return tt.log(tt.minimum(below + pdf * step + 0.5 * slope * tt.sqr(step), 1.0))

    def corners(self):
        return [*map(tt.constant, self.x[1:-1])]

    def initial(self):
        mean = np.trapezoid(self.x * self.pdf, self.x)
        return tt.broadcast_to(tt.constant(mean), self.shape)

    @property
    def mean(self):
        return tt.broadcast_to(tt.constant(self._around(0.0, 1)), self.shape)

    @property
    def variance(self):
        return tt.broadcast_to(tt.constant(self._around(self._around(0.0, 1), 2)), self.shape)

    def _around(self, center, power):
        """Expected power of the distance from ``center``; Simpson's rule is exact here."""
        x, pdf = self.x - center, self.pdf
        middle = (x[1:] + x[:-1]) / 2, (pdf[1:] + pdf[:-1]) / 2
        values = pdf * x**power
        inner = 4 * middle[1] * middle[0] ** power
        return float(np.sum(np.diff(x) / 6 * (values[:-1] + inner + values[1:])))

    def draw(self, rng, size, given):
        lead = () if size is None else as_shape(size, self.label)
        u = rng.random((*lead, *self.shape))
        k = np.searchsorted(self.below, u, side="right") - 1
        pdf, slope, rest = self.pdf[k], self.slope[k], u - self.below[k]
        # the root of pdf * t + slope * t**2 / 2 = rest that stays finite when the slope is zero
        step = 2 * rest / (pdf + np.sqrt(np.maximum(pdf**2 + 2 * slope * rest, 0.0)))
        return np.clip(self.x[k] + np.where(rest > 0, step, 0.0), self.x[0], self.x[-1])

    def __repr__(self):
        return f"{self.shown}({len(self.x)} points)"


def _points(values, name, label):
    """A vector of finite numbers."""
    if values is None:
        raise TypeError(f"{label}: Interpolated takes (x_points, pdf_points); {name} is missing")
    if isinstance(values, Constant):
        values = values.data
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim != 1:
        raise TypeError(f"{label}: {name} must be a vector of numbers, got {values!r}")
    if not np.isfinite(array).all():
        raise ValueError(f"{label}: {name} must be finite")
    return array.astype(float)
