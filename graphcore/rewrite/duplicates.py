"""Equal observations: a sum over many is a sum over the different ones times their numbers."""

import numpy as np

from graphcore.graph.nodes import Constant
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Cast, Elemwise
from graphcore.ops.index import Take
from graphcore.ops.linalg import Dot
from graphcore.ops.reduce import Reduce
from graphcore.rewrite.observations import array_of, gather_of, is_number, number, product
from graphcore.rewrite.rule import op_of, rule

FEW = 4  # different values of the data for which the terms are written out
SAMPLE = 8192
MANY_ROWS = 2**18  # rows of which only few different ones are worth a search
MAX_NODES = 256  # of the expression that is summed


@rule("sum")
def equal_observations_once(b, node):
    """sum(f(data, x[i])) over equal observations is their number times f."""
    (x,) = node.inputs
    if x.type.dtype != "float64" or not x.type.is_static or len(node.op.axes) != x.type.ndim:
        return None
    if x.type.size < 2 or op_of(x, (Elemwise, Cast)) is None:
        return None
    leaves = _Leaves(b, x)
    if not leaves.complete:
        return None
    result = _written_out(b, x, leaves)
    return _counted(b, x, leaves) if result is None else result


class _Leaves:
    """What varies between the observations of an elementwise expression.

    Attributes
    ----------
    data : dict of Variable to ndarray
        Constants, flat.
    products : dict of Variable to (matrix, Variable)
    gathers : dict of Variable to Gather
    complete : bool
        Whether the expression is made of these, of numbers, and of elementwise operations.
    """

    def __init__(self, b, x):
        self.data, self.products, self.gathers, self.numbers = {}, {}, {}, []
        shape, stack, seen = x.type.shape, [x], set()
        self.size = x.type.size
        self.complete = False
        while stack:
            v = stack.pop()
            if v in seen:
                continue
            seen.add(v)
            if len(seen) > MAX_NODES:
                return
            data = array_of(v)
            if is_number(v):
                self.numbers.append(v)
                continue
            if data is not None:
                self.data[v] = np.broadcast_to(data, shape).ravel()
                continue
            found = product(v, shape)
            if found is not None:
                self.products[v] = found
                continue
            gather = gather_of(b, v, shape)
            if gather is not None:
                self.gathers[v] = gather
            elif op_of(v, (Elemwise, Cast)) is not None:
                stack.extend(v.owner.inputs)
            else:
                return
        self.complete = bool(self.data or self.products or self.gathers)

    def columns(self):
        """Columns of data; equal observations agree in all of them."""
        yield from self.data.values()
        for matrix, _ in self.products.values():
            yield from matrix.T

    def stops(self):
        return [*self.data, *self.products, *self.gathers, *self.numbers]


def _bits(column):
    """Integers that are equal only for elements that are the same."""
    if column.dtype == np.float64:
        return np.ascontiguousarray(column).view("int64")
    return column


def _seems_different(column):
    """Whether many elements of a long column are all different, so that the others will be, too."""
    step = column.size // SAMPLE
    return step > 1 and not _has_equal(column[::step])


def _mostly_different(columns):
    """Whether most of a sample of many rows are different."""
    n = columns[0].size
    if n < MANY_ROWS:
        return False
    sample = np.stack([_bits(c[:: n // SAMPLE]) for c in columns], axis=1)
    return len(np.unique(sample, axis=0)) > len(sample) // 2


def _has_equal(column):
    ordered = np.sort(_bits(column))
    return bool((ordered[1:] == ordered[:-1]).any())


def _has_more(column, limit):
    """Whether a column has more than so many different elements; a sort is all that it costs."""
    ordered = np.sort(_bits(column))
    return np.count_nonzero(ordered[1:] != ordered[:-1]) >= limit


def _classes(columns, codes, limit):
    """Number of the class of each row, rows of a class being equal; None for too many classes."""
    columns = list(columns)
    if codes is None and columns and _mostly_different(columns):
        return None
    if any(map(_seems_different, columns)) or any(_has_more(c, limit) for c in columns):
        return None
    for column in columns:
        found, inverse = np.unique(_bits(column), return_inverse=True)
        if found.size > limit:
            return None
        if codes is not None:
            found, inverse = np.unique(codes * found.size + inverse, return_inverse=True)
            if found.size > limit:
                return None
        codes = inverse
    return codes


def _substituted(b, x, leaves, new):
    """The expression on other leaves: vectors of one entry per new observation, or numbers."""
    values = dict(new)
    for v in leaves.numbers:
        values[v] = v if isinstance(v, Constant) and not v.type.ndim else number(b, v)
    for node in toposort([x], stop=leaves.stops()):
        if node.out not in values:
            values[node.out] = b.apply(node.op, *[values[v] for v in node.inputs])
    return values[x]


def _written_out(b, x, leaves):
    """The sum as one term for each of few different data, counted per group; else None."""
    gathers = list(leaves.gathers.values())
    if leaves.products or any(not g.partition.same(gathers[0].partition) for g in gathers[1:]):
        return None
    n = leaves.size
    partition = gathers[0].partition if gathers else None
    groups = partition.size if partition else 1
    codes = _classes(leaves.columns(), None, min(FEW, n // (2 * groups)))
    if codes is None and leaves.data:
        return None
    codes = np.zeros(n, "int64") if codes is None else codes
    total = None
    for k in range(int(codes.max()) + 1):
        here = codes == k
        at = int(np.argmax(here))
        new = {v: b.constant(data[at], v.type.dtype) for v, data in leaves.data.items()}
        if partition is None:
            part = _substituted(b, x, leaves, new)
            part = b.mul(part, float(here.sum()))
        else:
            counts = np.bincount(partition.codes[here], minlength=groups)
            used = np.flatnonzero(counts)
            new.update((v, _chosen(b, g, used)) for v, g in leaves.gathers.items())
            part = _weighted(b, counts[used], _substituted(b, x, leaves, new))
        total = part if total is None else b.add(total, part)
    b.note(f"{n} observations enter through the numbers of equal ones{_in_groups(groups)}")
    return total


def _in_groups(groups):
    return f" in {groups} groups" if groups > 1 else ""


def _chosen(b, gather, groups):
    """Gathered values of some groups."""
    if groups.size == gather.partition.size:
        return gather.values
    return b.apply(Take(0), gather.values, b.constant(groups, "int64"))


def _weighted(b, counts, values):
    counts = counts.astype("float64")
    if values.type.ndim == 0:
        return b.mul(values, float(counts.sum()))
    if (counts == counts[0]).all():
        return b.mul(b.apply(Reduce("sum", (0,)), values), counts[0])
    return b.apply(Dot(), b.constant(counts), values)


def _counted(b, x, leaves):
    """The sum over the different observations, if they are at most half of all."""
    n, codes = leaves.size, None
    limit = n // 2
    for g in leaves.gathers.values():
        if g.partition.size > limit:
            return None
        codes = g.partition.codes if codes is None else _merged(codes, g.partition, limit)
        if codes is None:
            return None
    codes = _classes(leaves.columns(), codes, limit)
    if codes is None:
        return None
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    new = {v: b.constant(data[first], v.type.dtype) for v, data in leaves.data.items()}
    for v, (matrix, vector) in leaves.products.items():
        new[v] = b.apply(Dot(), b.constant(matrix[first], "float64"), vector)
    for v, g in leaves.gathers.items():
        index = b.constant(g.partition.codes[first], "int64")
        new[v] = b.apply(Take(0), g.values, index)
    b.note(f"{n} observations enter through {first.size} different ones and their numbers")
    return _weighted(b, counts, _substituted(b, x, leaves, new))


def _merged(codes, partition, limit):
    found, inverse = np.unique(codes * partition.size + partition.codes, return_inverse=True)
    return None if found.size > limit else inverse
