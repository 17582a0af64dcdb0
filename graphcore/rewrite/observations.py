"""How an expression depends on what it is summed over: constant columns, gathers, linear forms.

An *observation* is one element of an array that is summed.  What varies between observations
either is constant (data), or takes one of few parameters by a constant index, or is a row of a
constant matrix times parameters.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from graphcore.graph.large import is_large
from graphcore.graph.nodes import Constant
from graphcore.ops.elementwise import Cast
from graphcore.ops.index import Subtensor, Take
from graphcore.ops.linalg import Dot
from graphcore.ops.shape import BroadcastTo, Dimshuffle, Reshape
from graphcore.rewrite.rule import head, op_of

MAX_PARTS = 64  # terms and factors that are looked at


def array_of(v):
    """The value of a constant, also if it is converted or its axes are permuted; else None.

    Large data keep their element type when a conversion would not change a number.
    """
    if isinstance(v, Constant):
        return v.data
    if isinstance(v, np.ndarray):
        return v
    op = op_of(v, (Cast, Dimshuffle))
    if op is None or not isinstance(v.owner.inputs[0], Constant):
        return None
    data = v.owner.inputs[0].data
    if isinstance(op, Cast) and is_large(data) and np.can_cast(data.dtype, v.type.dtype, "safe"):
        return data
    return op.reference(data)


def is_number(v):
    """Whether a variable has one element."""
    return v.type.size == 1


def number(b, v):
    return b.dimshuffle(v, ()) if v.type.ndim else v


# -- gathers ---------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Partition:
    """Observations in groups: ``codes`` has the number of the group of each."""

    codes: np.ndarray
    size: int

    def same(self, other):
        return self is other or (
            self.size == other.size and np.array_equal(self.codes, other.codes)
        )

    def within(self, other):
        """The group here of each group of a finer partition; None if that is not finer."""
        first = np.zeros(other.size, "int64")
        first[other.codes] = self.codes
        return first if np.array_equal(first[other.codes], self.codes) else None


@dataclass(slots=True)
class Gather:
    """A parameter per group: ``values[partition.codes]`` are the observations."""

    partition: Partition
    values: object


def gather_of(b, v, shape):
    """``v``, broadcast to ``shape`` and flattened, as a :class:`Gather`; None if it is none.

    Looks through everything that only moves elements, until there are fewer of them.
    """
    key = ("gather", id(v), shape)
    if key not in b.facts:
        b.keep(v)
        b.facts[key] = _gather(b, v, shape)
    return b.facts[key]


def _gather(b, v, shape):
    n = math.prod(shape)
    base, moves = v, []
    while base.type.size is None or base.type.size >= n or moves_only(base):
        if not moves_only(base) or len(moves) > 8:
            return None
        moves.append(base.owner)
        base = base.owner.inputs[0]
        if base.type.size is not None and base.type.size < n and op_of(moves[-1].out, Take):
            break
    if base.type.size is None or not 1 < base.type.size < n or isinstance(base, Constant):
        return None
    index = np.arange(base.type.size).reshape(base.type.shape)
    for node in reversed(moves):
        index = node.op.reference(index, *[u.data for u in node.inputs[1:]])
    index = np.broadcast_to(index, shape).ravel()
    used = np.bincount(index, minlength=base.type.size) > 0
    flat = flattened(b, base)
    if used.all():
        return Gather(Partition(index, base.type.size), flat)
    codes = (np.cumsum(used) - 1)[index]
    values = b.apply(Take(0), flat, b.constant(np.flatnonzero(used), "int64"))
    return Gather(Partition(codes, int(used.sum())), values)


def moves_only(v):
    """Whether ``v`` is another array with its elements moved, by constants."""
    op = op_of(v, (Take, Dimshuffle, BroadcastTo, Reshape, Subtensor))
    return op is not None and all(isinstance(u, Constant) for u in v.owner.inputs[1:])


def flattened(b, v):
    """``v`` of known shape as a vector."""
    if v.type.ndim == 1:
        return v
    if v.type.ndim - v.type.shape.count(1) <= 1:
        return b.dimshuffle(v, [i for i, n in enumerate(v.type.shape) if n != 1])
    return b.apply(Reshape(1), v, b.constant(np.array([v.type.size]), "int64"))


# -- linear forms ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Linear:
    """``offset + sum(column * parameter)`` over observations, all constants being flat arrays.

    Attributes
    ----------
    constants : list of (ndarray or float, ndarray)
        Factors and data, whose products add up to the offset.
    numbers : list of (column, Variable)
        Parameters that are single numbers.
    gathers : list of (column, Gather)
    products : list of (matrix, Variable)
        Matrices times vectors of parameters.
    names : list of str
        Names of the data.
    """

    constants: list = field(default_factory=list)
    numbers: list = field(default_factory=list)
    gathers: list = field(default_factory=list)
    products: list = field(default_factory=list)
    names: list = field(default_factory=list)

    def offset(self, rows=slice(None)):
        """The offset at some rows; 0.0 when there is none."""
        total = 0.0
        for c, data in self.constants:
            total = total + (c[rows] if np.ndim(c) else c) * (data[rows] if np.ndim(data) else data)
        return total


def linear_form(b, v, sign=1.0):
    """``sign`` times an expression as a :class:`Linear`; None if it is no such form."""
    shape = v.type.shape
    found, stack, seen = Linear(), [(v, sign, None)], 0

    def column(c):
        return c if np.ndim(c) == 0 else np.broadcast_to(c, shape).ravel()

    while stack:
        u, c, scale = stack.pop()
        seen += 1
        if seen > MAX_PARTS:
            return None
        data = array_of(u)
        if data is not None:
            _add_constant(found, u, column(c), column(data), scale)
        elif u.type.dtype != "float64":
            return None
        elif is_number(u):
            found.numbers.append((column(c), _scaled(b, number(b, u), scale)))
        elif not _open(b, u, c, scale, stack):
            part = product(u, shape)
            if part is not None:
                matrix, vector = part
                if np.ndim(c) or c != 1:
                    matrix = matrix * (column(c)[:, None] if np.ndim(c) else c)
                found.products.append((matrix, _scaled(b, vector, scale)))
                continue
            gather = gather_of(b, u, shape)
            if gather is None:
                return None
            values = _scaled(b, gather.values, scale)
            found.gathers.append((column(c), Gather(gather.partition, values)))
    return found


def _add_constant(found, u, c, data, scale):
    if scale is None:
        found.constants.append((c, data))
        if isinstance(u, Constant) and u.name:
            found.names.append(u.name)
    else:
        found.numbers.append((c * data, scale))


def _scaled(b, v, scale):
    return v if scale is None else b.mul(v, scale)


def _open(b, u, c, scale, stack):
    """Put the terms of ``u`` times ``c`` and ``scale`` on the stack; False if it has none."""
    name = head(u.owner.op) if u.owner is not None else None
    if name in ("add", "sub"):
        x, y = u.owner.inputs
        stack += [(y, -c if name == "sub" else c, scale), (x, c, scale)]
    elif name == "neg":
        stack.append((u.owner.inputs[0], -c, scale))
    elif name == "BroadcastTo" and is_number(u.owner.inputs[0]):
        stack.append((u.owner.inputs[0], c, scale))
    elif name in ("mul", "true_div"):
        x, y = u.owner.inputs
        if name == "mul" and (array_of(x) is not None or is_number(x)):
            x, y = y, x
        data = array_of(y)
        if data is not None:
            with np.errstate(all="ignore"):
                stack.append((x, c * data if name == "mul" else c / data, scale))
        elif is_number(y):
            factor = number(b, y)
            if name == "true_div":
                factor = b.reciprocal(factor) if scale is None else b.true_div(scale, factor)
            else:
                factor = _scaled(b, factor, scale)
            stack.append((x, c, factor))
        else:
            return False
    else:
        return False
    return True


def product(u, shape):
    """``(matrix, vector)`` when ``u`` is their product over all observations."""
    if op_of(u, Dot) is None or len(shape) != 1 or u.type.shape != shape:
        return None
    x, y = u.owner.inputs
    if x.type.ndim == 1:
        x, y = y, x
        data = array_of(x)
        data = None if data is None else data.T
    else:
        data = array_of(x)
    if data is None or y.type.ndim != 1 or array_of(y) is not None:
        return None
    return data, y


# -- products --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Product:
    """``weights * prod(gather ** power) * base`` or ``* sqr(base)``; ``base`` may be None."""

    sign: float = 1.0
    factors: list = field(default_factory=list)  # data and their powers
    gathers: list = field(default_factory=list)
    base: object = None
    is_square: bool = False

    def weights(self, rows=slice(None)):
        """The weights of some rows, or one number for all rows."""
        total = self.sign
        for data, power in self.factors:
            part = data[rows] if data.ndim else data
            part = part.astype("float64", copy=False)
            with np.errstate(all="ignore"):
                total = total * (part if power == 1 else part ** float(power))
        return total


def product_of(b, v):
    """A term as a :class:`Product`; None if two factors are neither data nor gathered."""
    shape = v.type.shape
    found, stack, seen = Product(), [(v, 1)], 0
    while stack:
        u, power = stack.pop()
        seen += 1
        if seen > MAX_PARTS or u.type.dtype != "float64":
            return None
        data = array_of(u)
        name = head(u.owner.op) if u.owner is not None else None
        if data is not None:
            flat = np.broadcast_to(data, shape).ravel() if data.ndim else data
            found.factors.append((flat, power))
        elif name == "mul":
            stack += [(u.owner.inputs[1], power), (u.owner.inputs[0], power)]
        elif name == "true_div":
            stack += [(u.owner.inputs[1], -power), (u.owner.inputs[0], power)]
        elif name == "reciprocal":
            stack.append((u.owner.inputs[0], -power))
        elif name == "neg":
            stack.append((u.owner.inputs[0], power))
            found.sign = -found.sign if power % 2 else found.sign
        elif name == "sqr" and abs(power) == 1:
            stack.append((u.owner.inputs[0], 2 * power))
        else:
            gather = gather_of(b, u, shape)
            if gather is not None:
                found.gathers.append((gather, power))
            elif found.base is None and power in (1, 2) and not is_number(u):
                found.base, found.is_square = u, power == 2
            else:
                return None
    return found
