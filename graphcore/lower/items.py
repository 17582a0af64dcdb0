"""Units of work: what a graph node becomes before it is known which loop it runs in."""

from graphcore import _items
from graphcore.lower.arrays import Array, View, c_strides, size_of, squeezed

# kinds whose result is produced element by element along the iteration, in order
FLOW = frozenset({"elem", "gather", "matrow", "check"})
# inputs read element by element, where not all are; the rest is reached by index or as a whole
_STREAMS = {"gather": (1,), "scatter": (0, 1), "matrow": (), "matcol": (1,)}
LOOP = FLOW | {"reduce", "dot", "scatter", "matcol", "copy", "increase"}


class Item:
    """One unit of work; made by ``Translator.add``.

    Attributes
    ----------
    kind : str
        ``scalar elem gather check matrow`` produce one element per iteration,
        ``reduce dot scatter matcol copy`` consume them, the rest stand alone
        (``fill take_rows scatter_rows gemm python``).
    op : str
        Opcode (``add_dd``) or row of a reduction (``sum_d``).
    shape : tuple of int
        Iteration shape.
    inputs : list of View
    out : View
    node : Apply or None
        What it is for.
    axes : tuple of int
        Of a reduction.
    info : mapping
        Particulars of the kind.
    group : Group or None
    aligned : tuple of bool
        Per input: read element by element along the iteration, from a value which may be
        produced in the same loop.
    order : int
        Its position among all items.
    """

    __slots__ = ("aligned", "axes", "group", "info", "inputs", "kind", "node", "op", "order", "out",
                 "shape")  # fmt: skip

    def __repr__(self):
        return f"<item {self.order}: {self.kind} {self.op} over {self.shape}>"

    @property
    def space(self):
        """Iteration shape without axes of length one."""
        return squeezed(self.shape)

    @property
    def size(self):
        return size_of(self.shape)

    @property
    def streams(self):
        """Positions of the inputs that are read element by element."""
        special = _STREAMS.get(self.kind)
        return range(len(self.inputs)) if special is None else special


def is_aligned(view, item):
    """Whether ``view`` shows a whole array in the order of the item's iteration."""
    return (
        not view.array.is_scalar
        and view.is_whole
        and view.squeezed_shape() == item.space
        and len(item.space) > 0
    )


_items.bind(Array, View, Item, (c_strides, squeezed, is_aligned))


def broadcast_view(view, shape):
    """The view repeated to a larger shape (stride zero along new and stretched axes)."""
    return View(view.array, tuple(shape), view.over(shape), view.offset)


def reshaped(view, shape):
    """The same elements under another shape, or None when that needs a copy."""
    shape = tuple(shape)
    if view.is_contiguous or view.size <= 1:
        return View(view.array, shape, c_strides(shape), view.offset)
    if all(s == 0 for s in view.squeezed_strides()):
        return View(view.array, shape, (0,) * len(shape), view.offset)
    if tuple(n for n in shape if n != 1) == view.squeezed_shape():
        kept = iter(view.squeezed_strides())
        strides = tuple(0 if n == 1 else next(kept) for n in shape)
        return View(view.array, shape, strides, view.offset)
    return None
