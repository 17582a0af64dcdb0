"""The type of a symbolic array: what is known of a value before it exists."""

from functools import lru_cache

import numpy as np

from graphcore import config


@lru_cache(maxsize=256)
def dtype_name(dtype):
    """NumPy's canonical name of an element type, e.g. ``"float64"`` for ``float``."""
    return np.dtype(dtype).name


def _length(n):
    if isinstance(n, (bool, np.bool_)):
        return 1 if n else None
    return n.__index__()


class TensorType:
    """Element type and (partly known) shape of an array.

    Parameters
    ----------
    dtype : str or dtype
        Element type; kept as NumPy's canonical name, e.g. ``"float64"``.  ``"floatX"`` is that of
        ``config.floatX``.
    shape : tuple of (int or None), or of bool
        One entry per axis.  ``None`` means "known only when the array arrives".  Bools are Theano's
        ``broadcastable``: True is a length of one, False a length that is not known.
    broadcastable : tuple of bool, optional
        The same by Theano's name.
    name : str, optional
        Accepted for programs written for Theano; types have no names.

    Examples
    --------
    >>> TensorType("float32", (False, True))
    TensorType(float32, (?, 1))
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, dtype, shape=(), name=None, broadcastable=None):
        self.dtype = dtype_name(config.floatX if dtype == "floatX" else dtype)
        shape = shape if broadcastable is None else broadcastable
        if shape:
            shape = [n if type(n) is int or n is None else _length(n) for n in shape]
        self.shape = tuple(shape)

    def __reduce__(self):
        return TensorType, (self.dtype, self.shape)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def broadcastable(self):
        """Axes that are known to have length one."""
        return tuple(n == 1 for n in self.shape)

    @property
    def is_static(self):
        """True when every length is known."""
        return None not in self.shape

    @property
    def size(self):
        """Number of elements, or None while some length is unknown."""
        total = 1
        for n in self.shape:
            if n is None:
                return None
            total *= n
        return total

    @property
    def numpy_dtype(self):
        return np.dtype(self.dtype)

    def accepts(self, shape):
        """Whether an array of this concrete shape fits."""
        return len(shape) == self.ndim and all(
            want is None or want == got for want, got in zip(self.shape, shape, strict=True)
        )

    def clone(self, dtype=None, shape=None, broadcastable=None):
        """This type with another element type or shape."""
        return TensorType(
            dtype or self.dtype, self.shape if shape is None else shape, None, broadcastable
        )

    def filter(self, value, strict=False, allow_downcast=None):
        """``value`` as an array of this type.

        Parameters
        ----------
        value : array_like
        strict : bool
            Refuse what is not an array of exactly this type.
        allow_downcast : bool, optional
            Whether to convert even where that changes values; by default it is an error.

        Raises
        ------
        TypeError
            When it is not one.
        """
        data = np.asarray(value)
        if strict and (data is not value or data.dtype != self.numpy_dtype):
            raise TypeError(f"an array of {self.dtype} is needed, not {value!r}")
        if data.dtype != self.numpy_dtype:
            made = data.astype(self.numpy_dtype)
            if not allow_downcast and not np.array_equal(made, data, equal_nan=True):
                raise TypeError(f"elements of {data.dtype} do not fit into {self.dtype}")
            data = made
        if not self.accepts(data.shape):
            raise TypeError(f"an array of shape {data.shape} is no {self!r}")
        return data

    @staticmethod
    def values_eq(a, b, force_same_dtype=True):
        """Whether two arrays have the same elements, NaN equal to NaN, and element type."""
        a, b = np.asarray(a), np.asarray(b)
        alike = not force_same_dtype or a.dtype == b.dtype
        return bool(alike and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))

    @staticmethod
    def values_eq_approx(a, b, allow_remove_inf=False, allow_remove_nan=False, rtol=None,
                         atol=None):  # fmt: skip
        """Whether two arrays of one shape and element type are equal but for rounding.

        Parameters
        ----------
        a, b : array_like
        allow_remove_inf, allow_remove_nan : bool
            Whether infinities, or NaN, of ``a`` may be anything in ``b``.
        rtol, atol : float, optional
            1e-5 and 1e-8 by default, of float32 1e-4 and 1e-5.
        """
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind not in "fc":
            return bool((a == b).all())
        loose = (1e-4, 1e-5) if a.dtype.name == "float32" else (1e-5, 1e-8)
        with np.errstate(invalid="ignore"):
            near = np.isclose(
                a, b, loose[0] if rtol is None else rtol, loose[1] if atol is None else atol,
                equal_nan=True,
            )  # fmt: skip
        near |= (allow_remove_inf & np.isinf(a)) | (allow_remove_nan & np.isnan(a))
        return bool(near.all())

    def in_same_class(self, other):
        """Whether another type has the same element type, number of axes and lengths of one."""
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def is_super(self, other):
        """Whether every array of another type is one of this type."""
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.ndim == other.ndim
            and all(n is None or n == m for n, m in zip(self.shape, other.shape, strict=True))
        )

    def with_dtype(self, dtype):
        return TensorType(dtype, self.shape)

    def with_shape(self, shape):
        return TensorType(self.dtype, shape)

    def make_variable(self, name=None):
        """A new symbolic variable of this type."""
        return self(name)

    def __call__(self, name=None, dtype=None, shape=None):
        """A new symbolic variable of this type.

        Parameters
        ----------
        name : str, optional
        dtype : dtype, optional
            Another element type.
        shape : sequence of (int or None), optional
            Lengths of the axes, where more is known than the type says.
        """
        from graphcore.graph.nodes import new_variable

        if name is not None and not isinstance(name, str):
            raise TypeError(f"{self}: the name must be a string, not {name!r}")
        if shape is not None and len(shape) != self.ndim:
            raise ValueError(f"{self}: a shape with {self.ndim} entries is needed, not {shape}")
        plain = shape is None and dtype is None
        return new_variable(self if plain else self.clone(dtype, shape), name=name)

    def __eq__(self, other):
        return self is other or (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.shape == other.shape
        )

    def __hash__(self):
        return hash((self.dtype, self.shape))

    def __repr__(self):
        dims = ", ".join("?" if n is None else str(n) for n in self.shape)
        return f"TensorType({self.dtype}, ({dims}))"
