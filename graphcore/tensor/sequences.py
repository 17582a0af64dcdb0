"""Arrays made from nothing, whose sizes may be symbolic: ranges, grids, unit and triangle masks."""

import numpy as np

from graphcore import config
from graphcore.graph.nodes import Variable
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import (
    as_variables,
    check_dtype,
    constant,
    known_value,
    promote,
)  # fmt: skip
from graphcore.ops.ranges import Arange
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.arranging import broadcast_arrays
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.indexing import getitem, set_subtensor
from graphcore.tensor.matrix_functions import diag, diagonal
from graphcore.tensor.moving import following
from graphcore.tensor.ordering import nonzero
from graphcore.tensor.shaping import concatenate, moveaxis, ravel, reshape


def _number(n):
    """A number, when it is one or depends on constants alone; else the variable."""
    if not isinstance(n, Variable):
        return n.item() if isinstance(n, np.generic) else n
    if n.type.ndim:
        raise TypeError(f"a scalar is needed, not {n.type!r}")
    known = known_value(n)
    return n if known is None else known.item()


@following
def arange(start, stop=None, step=1, dtype=None):
    """Evenly spaced numbers: from ``start`` (0 by default) to before ``stop``.

    Parameters
    ----------
    start, stop, step : number or scalar
    dtype : dtype, optional
        By default that of the limits.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> n = tt.iscalar("n")
    >>> tt.arange(n).eval({n: 3}), tt.arange(0, 1, 0.5).eval()
    (array([0, 1, 2]), array([0. , 0.5]))
    """
    start, stop = (0, start) if stop is None else (start, stop)
    limits = [_number(n) for n in (start, stop, step)]
    if not any(isinstance(n, Variable) for n in limits):
        return constant(np.arange(*limits, dtype=dtype))
    limits = as_variables(limits)
    common = promote(*(v.type.dtype for v in limits))
    dtype = check_dtype(dtype or ("int64" if np.dtype(common).kind in "iub" else common))
    if np.dtype(common).kind in "iub":
        return cast(Arange()(*(cast(v, "int64") for v in limits)), dtype)
    start, stop, step = (cast(v, "float64") for v in limits)
    count = apply_row("maximum", apply_row("ceil", (stop - start) / step), 0)
    steps = Arange()(constant(0), cast(count, "int64"), constant(1))
    step = apply_row("sub", start + step, start)  # the rounded one, as in NumPy
    return cast(start + cast(steps, "float64") * step, dtype)


@following
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """``num`` evenly spaced numbers from ``start`` to ``stop``, which is left out on request.

    Between arrays there is such a line per element, along the new axis ``axis``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a = tt.scalar("a")
    >>> tt.linspace(0, a, 3).eval({a: 4})
    array([0., 2., 4.])
    """
    start, stop = (cast(as_tensor_variable(v), "float64") for v in (start, stop))
    num = _number(num)
    gaps = num - 1 if endpoint else num
    if isinstance(gaps, Variable):
        gaps = cast(apply_row("maximum", gaps, 1), "float64")
    else:
        gaps = float(max(gaps, 1))
    step = (stop - start) / gaps
    i = arange(num)
    if step.type.ndim:
        i = dimshuffle(i, [0, *["x"] * step.type.ndim])
    values = start + cast(i, "float64") * step
    if endpoint:  # exactly, whatever the step was rounded to
        last = apply_row("and_", apply_row("eq", i, num - 1), i > 0)
        values = apply_row("switch", last, stop, values)
    values = cast(moveaxis(values, 0, axis) if step.type.ndim else values, dtype or "float64")
    return (values, step) if retstep else values


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """``base`` to evenly spaced powers."""
    powers = linspace(start, stop, num, endpoint, axis=axis)
    return cast(apply_row("pow", base, powers), dtype or "float64")


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers in a constant ratio, from ``start`` to ``stop``; both must be positive."""
    low, high = (apply_row("log", as_tensor_variable(v)) for v in (start, stop))
    logs = linspace(low, high, num, endpoint, axis=axis)
    return cast(apply_row("exp", logs), dtype or "float64")


def _row_and_column(n, m):
    rows, columns = arange(n), arange(m)
    return dimshuffle(rows, (0, "x")), dimshuffle(columns, ("x", 0))


@following
def eye(n, m=None, k=0, dtype=None):
    """Ones on the ``k``-th diagonal of a matrix, zeros elsewhere; of ``config.floatX`` by default.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> n = tt.iscalar("n")
    >>> tt.eye(n, dtype="int64").eval({n: 2})
    array([[1, 0],
           [0, 1]])
    """
    n, k, dtype = _number(n), _number(k), dtype or config.floatX
    m = n if m is None else _number(m)
    if not any(isinstance(v, Variable) for v in (n, m, k)):
        return constant(np.eye(n, m, k, check_dtype(dtype)))
    i, j = _row_and_column(n, m)
    return cast(apply_row("eq", i + k, j), dtype)


@following
def identity(n, dtype=None):
    """The identity matrix."""
    return eye(n, dtype=dtype)


@following
def identity_like(x, dtype=None):
    """Ones on the diagonal of a matrix of the shape of ``x``."""
    x = as_tensor_variable(x)
    return eye(shape_entry(x, 0), shape_entry(x, 1), dtype=dtype or x.type.dtype)


@following
def tri(N, M=None, k=0, dtype=None):
    """Ones on and below the ``k``-th diagonal, zeros elsewhere."""
    i, j = _row_and_column(N, N if M is None else M)
    return cast(i + _number(k) >= j, dtype or config.floatX)


@following
def tril_indices(n, k=0, m=None):
    """Positions of the elements on and below the ``k``-th diagonal of a matrix."""
    return nonzero(tri(n, n if m is None else m, k, "bool"))


@following
def triu_indices(n, k=0, m=None):
    """Positions of the elements on and above the ``k``-th diagonal of a matrix."""
    return nonzero(apply_row("not_", tri(n, n if m is None else m, _number(k) - 1, "bool")))


@following
def tril_indices_from(a, k=0):
    """The same for the shape of a matrix."""
    a = as_tensor_variable(a)
    return tril_indices(shape_entry(a, 0), k, shape_entry(a, 1))


@following
def triu_indices_from(a, k=0):
    """The same for the shape of a matrix."""
    a = as_tensor_variable(a)
    return triu_indices(shape_entry(a, 0), k, shape_entry(a, 1))


def meshgrid(*vectors, indexing="xy"):
    """Coordinates of the points of a grid: one array per vector.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> a, b = tt.meshgrid([1, 2], [3, 4, 5])
    >>> a.eval().tolist(), b.eval().tolist()
    ([[1, 2], [1, 2], [1, 2]], [[3, 3], [4, 4], [5, 5]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    n = len(vectors)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    opened = []
    for i, v in zip(order, map(as_tensor_variable, vectors), strict=True):
        v = v if v.type.ndim == 1 else reshape(v, (-1,))
        opened.append(dimshuffle(v, ["x"] * i + [0] + ["x"] * (n - 1 - i)))
    return broadcast_arrays(*opened)


class _Grid:
    """Grids by slices: ``mgrid[0:2, 0:3]``; a step ``5j`` asks for five points, ends included."""

    def __init__(self, name, is_open):
        self.name, self.is_open = name, is_open

    def __repr__(self):
        return f"graphcore.tensor.{self.name}"

    def __getitem__(self, key):
        single = not isinstance(key, tuple)
        vectors = []
        for s in (key,) if single else key:
            start = 0 if s.start is None else s.start
            if isinstance(s.step, complex):
                vectors.append(linspace(start, s.stop, int(abs(s.step))))
            else:
                vectors.append(arange(start, s.stop, 1 if s.step is None else s.step))
        dtype = promote(*(v.type.dtype for v in vectors))
        vectors = [cast(v, dtype) for v in vectors]
        if single:
            return vectors[0]
        n = len(vectors)
        opened = [
            dimshuffle(v, ["x"] * i + [0] + ["x"] * (n - 1 - i)) for i, v in enumerate(vectors)
        ]
        if self.is_open:
            return opened
        parts = broadcast_arrays(*opened)
        return concatenate([dimshuffle(p, ("x", *range(n))) for p in parts], 0)


mgrid, ogrid = _Grid("mgrid", False), _Grid("ogrid", True)


@following
def fill_diagonal(a, val):
    """``a`` with its main diagonal replaced by ``val``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.fill_diagonal([[1, 2], [3, 4]], 0).eval()
    array([[0, 2],
           [3, 0]])
    """
    a = as_tensor_variable(a)
    if a.type.ndim < 2:
        raise TypeError(f"fill_diagonal: needs at least two axes, not {a.type.ndim}")
    n = shape_entry(a, 0)
    for i in range(1, a.type.ndim):
        n = apply_row("minimum", n, shape_entry(a, i))
    line = arange(n)
    return _with_elements(a, val, [line] * a.type.ndim)


def fill_diagonal_offset(a, val, offset):
    """``a`` with its diagonal that is ``offset`` above the main one replaced by ``val``."""
    a = as_tensor_variable(a)
    if a.type.ndim != 2:
        raise TypeError(f"fill_diagonal_offset: needs a matrix, not {a.type.ndim} axes")
    offset = as_tensor_variable(offset)
    down, right = (apply_row("maximum", v, 0) for v in (-offset, offset))
    rows, columns = shape_entry(a, 0) - down, shape_entry(a, 1) - right
    line = arange(apply_row("maximum", apply_row("minimum", rows, columns), 0))
    return _with_elements(a, val, [line + down, line + right])


def _with_elements(a, value, places):
    return set_subtensor(getitem(a, tuple(places)), value)


@following
def diagflat(x, k=0):
    """A matrix with the elements of ``x``, flattened, on its ``k``-th diagonal."""
    return diag(ravel(as_tensor_variable(x)), k)


extract_diag = diagonal


@following
def to_one_hot(y, nb_class, dtype=None):
    """A row per number, with a one at its place.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.to_one_hot([0, 2], 3).eval()
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    y = as_tensor_variable(y)
    if y.type.ndim != 1 or y.type.numpy_dtype.kind not in "iu":
        raise TypeError(f"to_one_hot: needs a vector of integers, not {y.type!r}")
    return getitem(eye(nb_class, dtype=dtype or "float64"), y)


def bartlett(M):
    """The Bartlett window: numbers that rise from 0 to 1 and fall back, evenly."""
    n = _number(M)
    i = cast(arange(n), "float64")
    top = n - 1 if not isinstance(n, Variable) else cast(n - 1, "float64")
    window = 1.0 - apply_row("abs", 2.0 * i - top) / apply_row("maximum", top, 1)
    return apply_row("switch", apply_row("eq", n, 1), 1.0, window)


__all__ = [
    "arange",
    "bartlett",
    "diagflat",
    "extract_diag",
    "eye",
    "fill_diagonal",
    "fill_diagonal_offset",
    "geomspace",
    "identity",
    "identity_like",
    "linspace",
    "logspace",
    "meshgrid",
    "mgrid",
    "ogrid",
    "to_one_hot",
    "tri",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
]  # fmt: skip
