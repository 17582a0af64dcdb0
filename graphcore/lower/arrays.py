"""What lowering knows of a value: an array with a place, and strided views of it.

A graph has few shapes and many values: what depends on a shape alone is worked out once.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from math import prod as size_of

shape_function = lru_cache(maxsize=4096)

LANE = {  # register class of an element type; other types have no kernels
    "float64": "d",
    "float32": "d",
    "int64": "l",
    "int32": "l",
    "int16": "l",
    "int8": "l",
    "uint8": "l",
    "uint16": "l",
    "uint32": "l",
    "uint64": "l",
    "bool": "l",
}
MEMORY = {  # name of the load and store kernels
    "float64": "f8",
    "int64": "f8",
    "uint64": "f8",
    "float32": "f4",
    "int32": "i4",
    "int16": "i2",
    "int8": "i1",
    "uint32": "u4",
    "uint16": "u2",
    "uint8": "u1",
    "bool": "u1",
}
# "i8" are int64 elements of a real value, converted when they are loaded
ITEM_BYTES = {"f8": 8, "i8": 8, "f4": 4, "i4": 4, "i2": 2, "i1": 1, "u4": 4, "u2": 2, "u1": 1}


@shape_function
def c_strides(shape):
    """Strides in elements of a C-contiguous array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


@shape_function
def squeezed(shape):
    """The shape without axes of length one."""
    return tuple([n for n in shape if n != 1])


@shape_function
def _squeezed_strides(strides, shape):
    return tuple([s for s, n in zip(strides, shape, strict=True) if n != 1])


@shape_function
def _is_contiguous(strides, shape):
    return _squeezed_strides(strides, shape) == c_strides(squeezed(shape)) or not size_of(shape)


@shape_function
def _over(strides, shape, ndim):
    inner = [0 if n == 1 else s for s, n in zip(strides, shape, strict=True)]
    return (0,) * (ndim - len(shape)) + tuple(inner)


@shape_function
def along(strides, shape, over):
    """Strides of a view over a shape that it broadcasts to, without those of axes of length one."""
    return tuple([s for s, n in zip(_over(strides, shape, len(over)), over, strict=True) if n != 1])


@dataclass(eq=False, slots=True, repr=False)
class Array:
    """Storage of one value.

    Attributes
    ----------
    shape : tuple of int
    lane : str
        ``"d"`` or ``"l"``.
    memory : str
        Kind of element in memory: a key of ``ITEM_BYTES``.
    place : tuple or None
        ``("cell", i)``, ``("work", None)``, ``("constant", k)``, ``("external", buffer, offset)``,
        ``("register",)``; None until it is decided.
    data : ndarray or None
        The value, when it is constant.
    start : float or None
        Every element begins as this number, and the writers add to it or replace parts of it.
    """

    shape: tuple
    lane: str
    memory: str = "f8"
    place: tuple | None = None
    data: object = None
    start: float | None = None
    node: object = None
    writers: list = field(default_factory=list)  # items that define it
    readers: list = field(default_factory=list)  # (item, aligned) that use it
    offset: int = -1  # of planned work memory

    def __repr__(self):
        return f"<array {self.shape} of {self.lane} in {self.place}>"

    @property
    def size(self):
        return size_of(self.shape)

    @property
    def is_scalar(self):
        return size_of(self.shape) == 1

    @property
    def loader(self):
        """The kernel that loads elements of this array."""
        return "load_f8" if self.memory == "i8" else f"load_{self.memory}"

    @property
    def is_converted(self):
        """Whether elements are integers in memory and real numbers from their loading on."""
        return self.lane == "d" and self.memory[0] != "f"


@dataclass(eq=False, slots=True, repr=False)
class View:
    """A strided window on an array; ``offset`` and ``strides`` count elements."""

    array: Array
    shape: tuple
    strides: tuple
    offset: int = 0

    def __repr__(self):
        return f"<view {self.shape}, strides {self.strides}, of {self.array!r}>"

    @property
    def is_contiguous(self):
        return _is_contiguous(self.strides, self.shape)

    @property
    def size(self):
        return size_of(self.shape)

    def squeezed_shape(self):
        return squeezed(self.shape)

    def squeezed_strides(self):
        return _squeezed_strides(self.strides, self.shape)

    @property
    def is_whole(self):
        """Whether it shows the whole array in the array's own order."""
        return (
            self.offset == 0
            and (self.shape == self.array.shape or self.size == self.array.size)
            and self.is_contiguous
        )

    def over(self, shape):
        """Strides for an iteration over ``shape``, to which this view broadcasts."""
        return _over(self.strides, self.shape, len(shape))


def whole(array):
    return View(array, array.shape, c_strides(array.shape))
