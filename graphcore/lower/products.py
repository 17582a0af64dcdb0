"""Items of matrix products: rows fused into loops, BLAS for the rest."""

from graphcore.lower.arrays import LANE, View, c_strides, size_of, whole
from graphcore.lower.items import broadcast_view
from graphcore.lower.translate import RULES, reduce_view
from graphcore.ops import linalg

BLOCK = 256  # elements per pass of a loop, and rows per tile of a matrix


def _dot(t, node):
    a, b = node.inputs
    y = node.outputs[0]
    va, vb = t.of(a), t.of(b)
    if LANE[y.type.dtype] == "l":
        t.view[y] = _of_integers(t, va, vb, y, t.shapes[y])
        return
    if a.type.ndim == 1 and b.type.ndim == 1:
        out = vector_vector(t, va, vb)
    elif b.type.ndim == 1:
        out = _matrix_vector(t, va, vb)
    elif a.type.ndim == 1:
        out = _matrix_vector(t, transposed(vb), va)
    else:
        out = matrix_matrix(t, va, vb)
    t.view[y] = t.narrow(out, y.type.dtype)


def transposed(view):
    return View(view.array, view.shape[::-1], view.strides[::-1], view.offset)


def vector_vector(t, a, b):
    out = t.new((), "d")
    n = a.shape[0]
    if n == 0:
        return t.constant(0.0)
    if n == 1:
        cells = [View(v.array, (), (), v.offset) for v in (a, b)]
        return t.elementwise("mul_dd", cells, (), "d")
    target = View(out, (n,), (0,))
    t.add("dot", "dot_dd", (n,), [a, b], target, axes=(0,))
    return whole(out)


def _matrix_vector(t, matrix, vector):
    """Rows of the matrix stream past the vector, or columns collect it.

    ``X @ b`` runs along the rows of X: with whatever else happens per row, in the same loop.
    ``X.T @ d`` sums over the rows of X in the loop that makes ``d``.  Which of the two a product
    is shows in the strides: the long axis is the one that streams.
    """
    n, k = matrix.shape
    out = t.new((n,), "d")
    if not n or not k:
        return t.constant(0.0) if not n else _zeros(t, n)
    matrix, form = _streamed(t, matrix)
    if k > n and form in ("cm", "rm"):
        # columns collect: iterate over k, accumulate n sums
        flipped = "rm" if form == "cm" else "cm"
        out.start = 0
        t.add(
            "matcol",
            "matcol",
            (k,),
            [transposed(matrix), vector],
            whole(out),
            info={"form": flipped},
        )
        return whole(out)
    vector = t.contiguous(vector)
    t.add("matrow", "matrow", (n,), [matrix, vector], whole(out), info={"form": form})
    return whole(out)


def _zeros(t, n):
    return broadcast_view(t.constant(0.0), (n,))


def _streamed(t, matrix):
    """The matrix as :func:`readable` has it, of any element type: tiles are converted."""
    if matrix.array.memory != "f8" and 1 in matrix.strides and not matrix.array.is_scalar:
        sr, sc = matrix.strides
        n, k = matrix.shape
        if sc == 1 and sr >= k:
            return matrix, "rm"
        if sr == 1 and sc >= n:
            return matrix, "cm"
    return readable(t, matrix)


def readable(t, matrix):
    """The matrix as rows of contiguous columns (``cm``) or of contiguous rows (``rm``)."""
    (sr, sc), f8 = matrix.strides, matrix.array.memory == "f8"
    n, k = matrix.shape
    if f8 and sc == 1 and (sr >= k or n == 1):
        return matrix, "rm"
    if f8 and sr == 1 and (sc >= n or k == 1):
        return matrix, "cm"
    return View(*_fresh(t, matrix)), "rm"


def _fresh(t, matrix):
    copied = t.contiguous(matrix)
    return copied.array, copied.shape, c_strides(copied.shape), copied.offset


def matrix_matrix(t, a, b):
    """The product of two matrices, by BLAS unless one of them is a vector."""
    (m, k), n = a.shape, b.shape[1]
    out = t.new((m, n), "d")
    if not (m and n):
        return whole(out)
    if not k:
        return broadcast_view(t.constant(0.0), (m, n))
    if m == 1 or n == 1:
        line = (
            _matrix_vector(t, a, View(b.array, (k,), b.strides[:1], b.offset))
            if n == 1
            else _matrix_vector(t, transposed(b), View(a.array, (k,), a.strides[1:], a.offset))
        )
        return View(
            line.array,
            (m, n),
            tuple(0 if d == 1 else s for d, s in zip((m, n), (line.strides * 2), strict=True)),
            line.offset,
        )
    sides, forms = [], []
    for v in (a, b):
        side, form = readable(t, v)
        sides.append(side)
        forms.append(form)
    info = {"forms": forms, "mnk": (m, n, k), "work": m * n * k // 8}
    t.add("gemm", "gemm", (1,), sides, whole(out), info=info)
    return whole(out)


def _of_integers(t, a, b, y, shape):
    """Products of whole numbers, summed in the loop that multiplies them."""
    lead = shape[: len(shape) - (len(a.shape) > 1) - (len(b.shape) > 1)]
    left, right = len(a.shape) > 1, len(b.shape) > 1
    a = broadcast_view(a, (*lead, *a.shape[-2:])) if left else a
    b = broadcast_view(b, (*lead, *b.shape[-2:])) if right else b
    if right:  # the axis that is summed comes last
        b = View(b.array, (*b.shape[:-2], b.shape[-1], b.shape[-2]),
                 (*b.strides[:-2], b.strides[-1], b.strides[-2]), b.offset)  # fmt: skip
        if left:
            b = View(b.array, (*b.shape[:-2], 1, *b.shape[-2:]),
                     (*b.strides[:-2], 0, *b.strides[-2:]), b.offset)  # fmt: skip
    if left and right:
        a = View(a.array, (*a.shape[:-1], 1, a.shape[-1]),
                 (*a.strides[:-1], 0, a.strides[-1]), a.offset)  # fmt: skip
    full = (*shape, a.shape[-1])
    if not size_of(full):
        return broadcast_view(t.constant(0), shape)
    products = t.elementwise("mul_ll", [a, b], full, "l")
    out = reduce_view(t, "sum", products, (len(full) - 1,), y.type.dtype)
    return t.convert(out, "bool_l", "l") if y.type.dtype == "bool" else out


def _stacked(t, view, lead):
    """A stack of matrices as ``(view, form, leading length, step)``: see ``readable``."""
    (sr, sc), (n, k) = view.strides[-2:], view.shape[-2:]
    shape = tuple(d for d in view.shape[:-2] if d != 1)
    strides = tuple(s for s, d in zip(view.strides, view.shape[:-2], strict=False) if d != 1)
    if view.array.memory == "f8" and not view.array.is_scalar:
        form = "rm" if sc == 1 and (sr >= k or n == 1) else None
        form = "cm" if form is None and sr == 1 and (sc >= n or k == 1) else form
        even = all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(len(shape) - 1))
        same = len(shape) == len([d for d in lead if d != 1])
        if form is not None and (not shape or (even and same)):
            ld = max(sr, k) if form == "rm" else max(sc, n)
            return view, form, ld, strides[-1] if shape else 0
    if len([d for d in view.shape[:-2] if d != 1]) not in (0, len([d for d in lead if d != 1])):
        view = broadcast_view(view, (*lead, n, k))
    view = t.contiguous(view)
    return view, "rm", k, n * k if view.size > n * k else 0


def _matmul(t, node):
    (a, b), (y,) = map(t.of, node.inputs), node.outputs
    shape = t.shapes[y]
    if LANE[y.type.dtype] == "l":
        t.view[y] = _of_integers(t, a, b, y, shape)
        return
    out, (*lead, m, n), k = t.new(shape, "d"), shape, a.shape[-1]
    t.view[y] = whole(out)
    if not out.size or not k:
        t.view[y] = broadcast_view(t.constant(0.0), shape)
        return
    (a, fa, lda, sa), (b, fb, ldb, sb) = _stacked(t, a, lead), _stacked(t, b, lead)
    numbers = (size_of(lead), m, n, k, fa == "cm", lda, sa, fb == "cm", ldb, sb)
    info = {"outs": [out], "functions": ["dgemm"], "numbers": [int(i) for i in numbers],
            "work": out.size * k // 8}  # fmt: skip
    t.add("library", "stacked_gemm", (1,), [a, b], whole(out), info=info)
    t.view[y] = t.narrow(whole(out), y.type.dtype)


RULES[linalg.Dot] = _dot
RULES[linalg.Matmul] = _matmul
