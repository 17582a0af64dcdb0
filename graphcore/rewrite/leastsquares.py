"""Sums of squares of linear forms over constant data, brought to fixed-size statistics.

For constant columns ``A`` and data ``y``, ``sum(sqr(y - A p))`` as a function of ``p`` is a
constant plus squares of a few linear forms.  Everything here serves that this is as exact as the
sum over the data: the data are first reduced to residuals at the best ``p``, computed with twice
the working precision where digits cancel, so that the statistics describe deviations from the best
fit and their errors are relative to those.
"""

from dataclasses import dataclass

import numpy as np

EPS = np.finfo(float).eps
ROWS_AT_ONCE = 1024  # rows of a design that are factored together: they stay in the cache
SAMPLE = 4096  # rows of a long design that suffice for a first fit
CAREFUL = 2**18  # elements up to which residuals are always computed with care
NEGLIGIBLE = 16 * EPS
DEPENDENT = 64 * EPS  # what rounding leaves of a column that depends on others


class Groups:
    """Rows arranged by group, so that sums per group are pairwise sums of neighbours.

    Parameters
    ----------
    codes : ndarray of int or None
        Group of each row, every number from 0 on occurring; None for one group of all rows.
    """

    def __init__(self, codes, n):
        self.codes = codes
        self.order = None
        if codes is None:
            self.counts = np.array([n])
        else:
            self.counts = np.bincount(codes)
            if (codes[1:] < codes[:-1]).any():
                self.order = np.argsort(codes, kind="stable")
        self.starts = np.cumsum(self.counts) - self.counts

    def arrange(self, column):
        """A copy of a column, neighbours of a group together."""
        return column.copy() if self.order is None else column[self.order]

    def sum(self, arranged):
        """Sum per group of what has been arranged."""
        return np.add.reduceat(arranged, self.starts)

    def spread(self, values):
        """A value per group as one per (arranged) row."""
        return np.repeat(values, self.counts)


def weighted_counts(codes, n_groups, weights):
    """Sum of the weights per group; a number stands for equal weights."""
    if np.ndim(weights) == 0:
        return np.bincount(codes, minlength=n_groups) * float(weights)
    groups = Groups(codes, codes.size)
    return groups.sum(groups.arrange(weights))


# -- residuals -------------------------------------------------------------------------------------


def _two_product(x, y):
    """Product and its rounding error (Dekker)."""
    p = x * y
    xb, yb = x * 134217729.0, y * 134217729.0
    xh, yh = xb - (xb - x), yb - (yb - y)
    xl, yl = x - xh, y - yh
    return p, ((xh * yh - p) + xh * yl + xl * yh) + xl * yl


def _two_sum(x, y):
    s = x + y
    t = s - x
    return s, (x - (s - t)) + (y - t)


def residual(y, pairs):
    """``y - sum(column * coefficient)`` for pairs of a column and its coefficient (per row).

    With twice the working precision for few data or where most digits cancel.
    """
    plain, size = y.copy(), np.abs(y)
    for column, c in pairs:
        term = column * c
        plain -= term
        size += np.abs(term)
    elements = y.size * (len(pairs) + 1)
    if elements > CAREFUL and size.mean() < 64 * np.abs(plain).mean():
        return plain
    high, low = y.copy(), np.zeros(y.size)
    for column, c in pairs:
        p, e = _two_product(column, -c)
        high, f = _two_sum(high, p)
        low += e + f
    return high + low


# -- elimination -----------------------------------------------------------------------------------


def eliminate(columns, q, groups):
    """Make all columns orthogonal, per group, to the first ``q`` of them, in place.

    Returns
    -------
    list of (ndarray, list of ndarray)
        Per eliminated column: its squared norm in each group, 0 where it depends on the columns
        before; and the coefficients that the columns after it have on it.
    """
    norms = [groups.sum(c * c) for c in columns[:q]]
    found = []
    for j in range(q):
        v = columns[j]
        square = groups.sum(v * v)
        dead = square <= (8 * EPS) ** 2 * groups.counts * norms[j]
        square[dead] = 0.0
        inverse = np.divide(1.0, square, out=np.zeros(square.size), where=~dead)
        coefficients = []
        for u in columns[j + 1 :]:
            total = np.zeros(square.size)
            for _ in range(2):  # the second time removes what rounding has left
                c = groups.sum(v * u) * inverse
                u -= v * groups.spread(c)
                total += c
            coefficients.append(total)
        found.append((square, coefficients))
    return found


def triangle(matrix):
    """The triangular factor of a matrix, by orthogonal transformations of blocks of rows."""
    rows = max(ROWS_AT_ONCE, 4 * matrix.shape[1])
    r = matrix[:0]
    for i in range(0, len(matrix), rows):
        r = np.linalg.qr(np.concatenate([r, matrix[i : i + rows]]), mode="r")
    return r


def back_substituted(r, d, norms=None):
    """A solution of ``r x = d``; 0 for columns that depend on those before them.

    ``norms`` are those of the columns before anything was eliminated from them: what is left of a
    column that depends on the eliminated ones is noise, and small only beside what it was.
    """
    k = len(d)
    x = np.zeros(k)
    if norms is None:
        norms = np.sqrt((r * r).sum(axis=0))
    for j in reversed(range(k)):
        if abs(r[j, j]) > DEPENDENT * norms[j]:
            x[j] = (d[j] - r[j, j + 1 :] @ x[j + 1 :]) / r[j, j]
    return x


@dataclass(slots=True)
class Row:
    """Squares that have been summed per group: ``weight * (p + sum(c_i p_i) - d)**2``.

    ``p`` is the deviation of the own coefficient, ``p_i`` those of the coefficients after it.
    """

    weight: np.ndarray
    coefficients: list
    d: np.ndarray


@dataclass(slots=True)
class Statistic:
    """What is left of ``sum(sqr(y - columns p))``.

    Attributes
    ----------
    rows : list of Row
        One per column whose coefficient may differ between groups; ``p`` are deviations from
        ``centers``.
    factor, d : ndarray or None
        The rest is ``sum(sqr(factor @ p - d))`` of the columns with one coefficient for all.
    centers : list of ndarray
        Where deviations are taken from: per column an array over groups, or a number.
    rest : ndarray
        Sum of squares at the best fit, per group if there are no common columns.
    """

    rows: list
    factor: np.ndarray | None
    d: np.ndarray | None
    centers: list
    rest: np.ndarray

    def is_finite(self):
        arrays = [self.rest, *self.centers]
        arrays += [a for row in self.rows for a in (row.weight, *row.coefficients, row.d)]
        arrays += [] if self.factor is None else [self.factor, self.d]
        return all(np.isfinite(a).all() for a in arrays)


def grouped(codes, local, common, y, scale):
    """The :class:`Statistic` of data in groups.

    Parameters
    ----------
    codes : ndarray or None
        Group of each row; None for one group.
    local, common : list of ndarray
        Columns with a coefficient per group, and with one coefficient for all.
    y : ndarray
    scale : ndarray or float
        Square root of the weight of each row.
    """
    groups = Groups(codes, y.size)
    q = len(local)
    columns = [groups.arrange(c) for c in (*local, *common)]
    y = groups.arrange(y)
    weights = groups.arrange(scale) if np.ndim(scale) else scale
    norms = [np.linalg.norm(c * weights) for c in columns[q:]]

    def reduced(target):
        scaled = [c * weights for c in (*columns, target)]
        return eliminate(scaled, q, groups), scaled[q:]

    def solved(rows, factor, d):
        p = [] if factor is None else list(back_substituted(factor, d, norms))
        for _, cs in reversed(rows):
            p.insert(0, cs[-1] - sum((c * x for c, x in zip(cs[:-1], p, strict=True)), 0.0))
        for j, (square, _) in enumerate(rows):
            p[j] = np.where(square == 0, 0.0, p[j])
        return p

    rows, rest = reduced(y)
    factor = d = None
    if common:
        factor, d, _ = _split(rest)
    centers = solved(rows, factor, d)
    left = residual(y, _per_row(columns, centers, groups, q))
    rows, rest = reduced(left)
    if common:
        factor, d, total = _split(rest)
    else:
        total = groups.sum(rest[0] * rest[0])
    return _centered(rows, factor, d, centers, total, solved)


def _per_row(columns, centers, groups, q):
    return [
        (c, groups.spread(p) if j < q else p)
        for j, (c, p) in enumerate(zip(columns, centers, strict=True))
    ]


def _split(columns):
    """Triangular factor of the columns but the last, what that has on them, and its rest."""
    r = triangle(np.stack(columns, axis=1))
    k = len(columns) - 1
    r = np.concatenate([r, np.zeros((max(0, k + 1 - len(r)), k + 1))])
    return r[:k, :k], r[:k, k], r[k, k] ** 2


def _centered(rows, factor, d, centers, rest, solved):
    """Centers moved to the best fit, and offsets dropped where they do not count any more."""
    moved = [h + p for h, p in zip(centers, solved(rows, factor, d), strict=True)]
    steps = [new - old for new, old in zip(moved, centers, strict=True)]
    limit = NEGLIGIBLE * np.sqrt(rest)
    made = []
    for j, (square, cs) in enumerate(rows):
        left = cs[-1] - steps[j]
        for c, step in zip(cs[:-1], steps[j + 1 :], strict=True):
            left = left - c * step
        small = np.sqrt(square) * np.abs(left) <= limit / np.sqrt(square.size / limit.size)
        made.append(Row(square, cs[:-1], np.zeros(square.size) if small.all() else left))
    if factor is not None:
        d = d - factor @ np.array(steps[len(rows) :])
        if (np.abs(d) <= limit / np.sqrt(d.size)).all():
            d = np.zeros(d.size)
    return Statistic(made, factor, d, moved, np.asarray(rest))


def dense(matrix, y, scale):
    """The :class:`Statistic` of a design without groups.

    ``y`` is a function from a slice of rows to the data in these rows, or to one number for all.
    """
    n, k = matrix.shape
    step = max(1, n // SAMPLE) if n > 2 * SAMPLE else 1
    weights = np.broadcast_to(scale, (n,))[:, None]

    def data(rows):
        return np.broadcast_to(np.asarray(y(rows), "float64"), (len(range(n)[rows]),))

    some = slice(None, None, step)
    sample, near = matrix[some].astype("float64", copy=False), data(some)
    first = np.concatenate([sample, near[:, None]], axis=1) * weights[some]
    start = triangle(first)
    centers = back_substituted(start[:k, :k], start[:k, k])
    size = np.abs(near) + np.abs(sample) @ np.abs(centers)
    careful = matrix.size <= CAREFUL or size.mean() > 64 * np.abs(near - sample @ centers).mean()
    r = None
    if step > 1 and not careful:
        start[:k, k] -= start[:k, :k] @ centers
        r = _in_one_pass(matrix, data, weights, centers, start)
    if r is None:
        matrix, y = matrix.astype("float64", copy=False), data(slice(None))
        left = residual(y, list(zip(matrix.T, centers, strict=True))) if careful else None
        r = _best_triangle(matrix, y - matrix @ centers if left is None else left, scale)
    factor, d, rest = r[:k, :k], r[:k, k], r[k, k] ** 2

    def solved(rows, factor, d):
        return list(back_substituted(factor, d))

    return _centered([], factor, d, list(centers), np.asarray(rest), solved)


def _in_one_pass(matrix, data, weights, centers, start):
    """Triangular factor of a long design and its residuals, given that of a sample of rows.

    The sample's factor makes the columns nearly orthogonal, so that their products with each other
    lose no digits.  None if it does not.
    """
    norms = np.sqrt((start * start).sum(axis=0))
    if len(start) < len(norms) or (np.abs(np.diag(start)) <= 1e-10 * norms).any():
        return None
    inverse = np.linalg.inv(start)
    k = len(norms)
    products = np.zeros((k, k))
    block = np.empty((ROWS_AT_ONCE, k))
    for i in range(0, len(matrix), ROWS_AT_ONCE):
        rows = slice(i, i + ROWS_AT_ONCE)
        b = block[: len(matrix[rows])]
        b[:, :-1] = matrix[rows]
        b[:, -1] = data(rows) - b[:, :-1] @ centers
        b *= weights[rows]
        b = b @ inverse
        products += b.T @ b
    values = np.linalg.eigvalsh(products)
    if not values[-1] <= 10 * values[0]:
        return None
    return np.linalg.cholesky(products).T @ start


def _best_triangle(matrix, left, scale):
    """Triangular factor of a design and residuals; for small ones by orthogonalising twice."""
    k = matrix.shape[1]
    if matrix.size * k <= CAREFUL:
        columns = [np.ascontiguousarray(c) for c in (*matrix.T, left)]
        columns = [c * scale for c in columns]
        r = np.zeros((k + 1, k + 1))
        for j, (square, cs) in enumerate(eliminate(columns, k, Groups(None, len(left)))):
            root = np.sqrt(square[0])
            r[j, j], r[j, j + 1 :] = root, root * np.concatenate(cs)
        r[k, k] = np.sqrt(np.sum(columns[k] * columns[k]))
        return r
    full = np.concatenate([matrix, left[:, None]], axis=1)
    if np.ndim(scale) or scale != 1:
        full *= np.broadcast_to(scale, left.shape)[:, None]
    return triangle(full)
