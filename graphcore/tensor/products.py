"""Sums of products over axes: matrix products of every kind, up to ``einsum``."""

import numpy as np

from graphcore.ops import linalg, ranges
from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.index import shape_entry
from graphcore.ops.operands import promote
from graphcore.ops.points import TakePoints
from graphcore.ops.reduce import reduce
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable, normal_axis
from graphcore.tensor.moving import following
from graphcore.tensor.shaping import ravel, reshape


def dot(l, r):
    """Product over the last axis of ``l`` and the last but one of ``r``; a scalar multiplies.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> X, b = tt.matrix("X"), tt.vector("b")
    >>> tt.dot(X, b).eval({X: [[1, 2], [3, 4]], b: [1, 10]})
    array([21., 43.])
    """
    l, r = as_tensor_variable(l), as_tensor_variable(r)
    if l.type.ndim == 0 or r.type.ndim == 0:
        return apply_row("mul", l, r)
    if l.type.ndim <= 2 and r.type.ndim <= 2:
        return linalg.dot(l, r)
    return tensordot(l, r, [[l.type.ndim - 1], [max(r.type.ndim - 2, 0)]])


def matmul(x1, x2, dtype=None):
    """Products of matrices, the operator ``@``: the axes before the last two broadcast.

    Parameters
    ----------
    x1, x2 : array_like or variable
    dtype : dtype, optional
        What both are converted to first.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.matmul([1.0, 2.0], [3.0, 4.0]).eval()
    array(11.)
    """
    x1, x2 = as_tensor_variable(x1), as_tensor_variable(x2)
    if dtype is not None:
        x1, x2 = cast(x1, dtype), cast(x2, dtype)
    if x1.type.ndim == 0 or x2.type.ndim == 0:
        raise ValueError("matmul: scalars are not matrices; multiply with *")
    if x1.type.ndim <= 2 and x2.type.ndim <= 2:
        return linalg.dot(x1, x2)
    if x1.type.ndim == 1:
        y = linalg.matmul(dimshuffle(x1, ("x", 0)), x2)
        return dimshuffle(y, [i for i in range(y.type.ndim) if i != y.type.ndim - 2])
    if x2.type.ndim == 1:
        y = linalg.matmul(x1, dimshuffle(x2, (0, "x")))
        return dimshuffle(y, range(y.type.ndim - 1))
    return linalg.matmul(x1, x2)


def outer(x, y):
    """Matrix of the products of the elements of two vectors; arrays are flattened.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.outer([1, 2], [3, 4]).eval()
    array([[3, 4],
           [6, 8]])
    """
    return linalg.outer(ravel(as_tensor_variable(x)), ravel(as_tensor_variable(y)))


def inner(a, b):
    """Sums of products over the last axes of both."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        return apply_row("mul", a, b)
    return tensordot(a, b, [[a.type.ndim - 1], [b.type.ndim - 1]])


def vdot(a, b):
    """Sum of the products of all elements, in their order."""
    return linalg.dot(ravel(as_tensor_variable(a)), ravel(as_tensor_variable(b)))


@following
def vecdot(x1, x2):
    """Products of vectors: sums over the last axis, the others broadcast."""
    product = apply_row("mul", as_tensor_variable(x1), as_tensor_variable(x2))
    return reduce("sum", product, (product.type.ndim - 1,))


def matvec(x1, x2):
    """Products of matrices and vectors; the axes before these broadcast."""
    x2 = as_tensor_variable(x2)
    y = matmul(x1, dimshuffle(x2, (*range(x2.type.ndim), "x")))
    return dimshuffle(y, range(y.type.ndim - 1))


def vecmat(x1, x2):
    """Products of vectors and matrices; the axes before these broadcast."""
    x1 = as_tensor_variable(x1)
    n = x1.type.ndim
    y = matmul(dimshuffle(x1, (*range(n - 1), "x", n - 1)), x2)
    return dimshuffle(y, [i for i in range(y.type.ndim) if i != y.type.ndim - 2])


def _length(x, axes):
    """Number of elements along axes: a number where it is known."""
    total = 1
    for i in axes:
        n = x.type.shape[i]
        total = total * (shape_entry(x, i) if n is None else n)
    return total


def _joined(x, *groups):
    """``x`` with its axes in the order of the groups, each joined to one axis."""
    x = dimshuffle(x, [a for group in groups for a in group])
    lengths, start = [], 0
    for group in groups:
        axes = range(start, start + len(group))
        lengths.append(_length(x, axes))
        start += len(group)
    return x if all(len(g) == 1 for g in groups) else reshape(x, lengths)


@following
def tensordot(a, b, axes=2):
    """Sums of products over several axes of both arrays.

    Parameters
    ----------
    a, b : array_like or variable
    axes : int or (sequence of int, sequence of int)
        The last axes of ``a`` and as many first ones of ``b``; or which ones of each.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.tensordot([[1, 2], [3, 4]], [[1, 2], [3, 4]]).eval()
    array(30)
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if isinstance(axes, (int, np.integer)):
        if not 0 <= axes <= min(a.type.ndim, b.type.ndim):
            raise ValueError(f"tensordot: there are no {axes} axes to sum over in both arrays")
        left, right = range(a.type.ndim - axes, a.type.ndim), range(axes)
    else:
        left, right = (list(v) if np.ndim(v) else [v] for v in axes)
    left = [normal_axis(i, a.type.ndim) for i in left]
    right = [normal_axis(i, b.type.ndim) for i in right]
    if len(left) != len(right):
        raise ValueError(f"tensordot: {len(left)} axes of the first, {len(right)} of the second")
    for i, j in zip(left, right, strict=True):
        n, m = a.type.shape[i], b.type.shape[j]
        if None not in (n, m) and n != m:
            raise ValueError(
                f"tensordot: axis {i} of the first has length {n}, axis {j} of the second {m}"
            )
    rest_a = [i for i in range(a.type.ndim) if i not in left]
    rest_b = [i for i in range(b.type.ndim) if i not in right]
    y = linalg.dot(_joined(a, rest_a, left), _joined(b, right, rest_b))
    shape = [_length(a, [i]) for i in rest_a] + [_length(b, [i]) for i in rest_b]
    return y if len(rest_a) == len(rest_b) == 1 else reshape(y, shape)


def batched_tensordot(x, y, axes=2):
    """:func:`tensordot` for each entry of the first axis of both arrays.

    Parameters
    ----------
    x, y : array_like or variable
    axes : int or (sequence of int, sequence of int)
        Counted with the first axis; an integer counts the last axes of ``x`` and the first ones of
        ``y`` behind that.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if isinstance(axes, (int, np.integer)):
        left, right = range(x.type.ndim - axes, x.type.ndim), range(1, axes + 1)
    else:
        left, right = (list(v) if np.ndim(v) else [v] for v in axes)
    left = [normal_axis(i, x.type.ndim) for i in left]
    right = [normal_axis(i, y.type.ndim) for i in right]
    rest_x = [i for i in range(1, x.type.ndim) if i not in left]
    rest_y = [i for i in range(1, y.type.ndim) if i not in right]
    z = linalg.matmul(_joined(x, [0], rest_x, left), _joined(y, [0], right, rest_y))
    shape = [_length(x, [i]) for i in [0, *rest_x]] + [_length(y, [i]) for i in rest_y]
    return reshape(z, shape)


@following
def batched_dot(a, b):
    """:func:`dot` for each entry of the first axis of both arrays.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.batched_dot([[1, 2], [3, 4]], [[1, 1], [1, 0]]).eval()
    array([3, 3])
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise TypeError("batched_dot: needs arrays with at least one axis")
    if a.type.ndim == 1 or b.type.ndim == 1:
        a, b = (dimshuffle(v, (*range(v.type.ndim), *["x"] * n)) for v, n in (
            (a, max(b.type.ndim - 1, 0) if a.type.ndim == 1 else 0),
            (b, max(a.type.ndim - 1, 0) if b.type.ndim == 1 else 0),
        ))  # fmt: skip
        return apply_row("mul", a, b)
    return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])


# ---- einsum -----------------------------------------------------------------------------------

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@following
def einsum(subscripts, *operands, optimize=None):
    """Sums of products of elements named by letters, as NumPy's.

    Parameters
    ----------
    subscripts : str
        Letters of the axes of each operand and of the result, as in ``"ij,jk->ik"``; an ellipsis
        stands for axes that broadcast.
    *operands : array_like or variable
    optimize : optional
        Accepted for programs written for NumPy.  Operands are multiplied in the order that NumPy's
        ``einsum_path`` finds where shapes are known, else from the left.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.einsum("ij,ij->i", [[1, 2], [3, 4]], [[1, 1], [2, 2]]).eval()
    array([ 3, 14])
    """
    operands = [as_tensor_variable(x) for x in operands]
    names, result = _read_subscripts(subscripts, operands)
    dtype = promote(*(x.type.dtype for x in operands))
    terms = [_diagonals(x, n) for x, n in zip(operands, names, strict=True)]
    terms = _without_ones(terms)
    for group in _order(terms, result):
        taken = [terms[i] for i in group]
        terms = [term for i, term in enumerate(terms) if i not in group]
        while len(taken) > 1:
            (a, na), (b, nb), *taken = taken
            needed = {*result, *(c for _, n in [*terms, *taken] for c in n)}
            taken.insert(0, _product(a, na, b, nb, needed))
        terms += taken
    ((x, names),) = terms
    x, names = _summed(x, names, set(result))
    return cast(dimshuffle(x, [names.index(c) for c in result]), dtype)


def _read_subscripts(subscripts, operands):
    """Letters of every operand and of the result, ellipses written out."""
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    names = given.split(",")
    if len(names) != len(operands):
        raise ValueError(f"einsum: {len(names)} terms for {len(operands)} operands")
    unused = [c for c in _LETTERS if c not in subscripts]
    longest = 0
    for i, (n, x) in enumerate(zip(names, operands, strict=True)):
        if "..." in n:
            count = x.type.ndim - len(n) + 3
            longest = max(longest, count)
            names[i] = n.replace("...", "".join(unused[:count][::-1]) if count > 0 else "")
        if len(names[i]) != x.type.ndim:
            raise ValueError(f"einsum: {n!r} names {len(n)} axes, the operand has {x.type.ndim}")
        if not names[i].isalpha() and names[i]:
            raise ValueError(f"einsum: axes are named by letters, not {n!r}")
    dots = "".join(unused[:longest][::-1])
    if arrow:
        result = result.replace("...", dots)
    else:
        joined = "".join(names)
        result = dots + "".join(
            sorted(c for c in set(joined) if joined.count(c) == 1 and c not in dots)
        )
    if len(set(result)) != len(result) or set(result) - set("".join(names)):
        raise ValueError(f"einsum: the result {result!r} must name axes of the operands once")
    return names, result


def _diagonals(x, names):
    """An operand whose letters differ: a repeated one is a diagonal."""
    while len(set(names)) < len(names):
        c = next(c for c in names if names.count(c) > 1)
        i, j = names.index(c), names.rindex(c)
        n = x.type.shape[i]
        line = ranges.arange(shape_entry(x, i) if n is None else n)
        x = TakePoints((i, j))(x, line, line)
        names = c + "".join(k for at, k in enumerate(names) if at not in (i, j))
    return x, names


def _without_ones(terms):
    """Axes of length 1 that meet longer ones are dropped."""
    longer = {c for x, n in terms for c, m in zip(n, x.type.shape, strict=True) if m != 1}
    found = []
    for x, names in terms:
        kept = [
            i for i, (c, m) in enumerate(zip(names, x.type.shape, strict=True))
            if m != 1 or c not in longer
        ]  # fmt: skip
        found.append((dimshuffle(x, kept), "".join(names[i] for i in kept)))
    return found


def _order(terms, result):
    """Which operands are multiplied one after the other."""
    if len(terms) < 3 or not all(x.type.is_static for x, _ in terms):
        return [tuple(range(len(terms)))]
    arrays = [np.broadcast_to(0.0, x.type.shape) for x, _ in terms]
    text = ",".join(n for _, n in terms) + "->" + result
    return np.einsum_path(text, *arrays, optimize="greedy")[0][1:]


def _summed(x, names, needed):
    """``x`` summed over the axes nobody needs any more."""
    axes = tuple(i for i, c in enumerate(names) if c not in needed)
    return reduce("sum", x, axes), "".join(c for c in names if c in needed)


def _product(a, na, b, nb, needed):
    """The product of two operands, summed over the letters nobody else needs."""
    a, na = _summed(a, na, needed | set(nb))
    b, nb = _summed(b, nb, needed | set(na))
    both = [c for c in na if c in nb]
    kept, gone = [c for c in both if c in needed], [c for c in both if c not in needed]
    own_a, own_b = [c for c in na if c not in both], [c for c in nb if c not in both]
    if not gone:
        names = "".join(kept + own_a + own_b)
        a, b = (_spread(x, n, names) for x, n in ((a, na), (b, nb)))
        return apply_row("mul", a, b), names
    groups_a, groups_b = [kept, own_a, gone], [kept, gone, own_b]
    if not kept:
        groups_a, groups_b = groups_a[1:], groups_b[1:]
    shape = [_length(a, [na.index(c)]) for c in kept + own_a] + [
        _length(b, [nb.index(c)]) for c in own_b
    ]
    a = _joined(a, *[[na.index(c) for c in g] for g in groups_a])
    b = _joined(b, *[[nb.index(c) for c in g] for g in groups_b])
    return reshape(linalg.matmul(a, b), shape), "".join(kept + own_a + own_b)


def _spread(x, names, wanted):
    """``x`` with its axes in the order of ``wanted``, and axes of length 1 for what it lacks."""
    return dimshuffle(x, [names.index(c) if c in names else "x" for c in wanted])


__all__ = [
    "batched_dot", "batched_tensordot", "dot", "einsum", "inner", "matmul", "matvec", "outer",
    "tensordot", "vdot", "vecdot", "vecmat",
]  # fmt: skip
