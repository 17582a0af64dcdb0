"""Graph nodes to items: which work each operation means, on arrays and views.

Operations on axes become views and cost nothing.  The rules of indexing and of products stand in
``indexing`` and ``products``.
"""

from functools import cached_property, lru_cache

import numpy as np

from graphcore import _items, kernels
from graphcore.errors import located
from graphcore.graph.large import DERIVED, is_mapped
from graphcore.graph.nodes import Constant
from graphcore.graph.types import dtype_name
from graphcore.lower.arrays import (
    ITEM_BYTES,
    LANE,
    MEMORY,
    Array,
    View,
    c_strides,
    shape_function,
    size_of,
    whole,
)
from graphcore.lower.items import broadcast_view, reshaped
from graphcore.ops import elementwise, lines, reduce, shape
from graphcore.ops.markers import MARKERS
from graphcore.optable import ROWS

NARROW = {
    "float32": "round_f4",
    "int32": "wrap_i4",
    "int16": "wrap_i2",
    "int8": "wrap_i1",
    "uint32": "wrap_u4",
    "uint16": "wrap_u2",
    "uint8": "wrap_u1",
}


# Operations that give the same bits whether eight bytes are read with or without a sign.
WRAPPING_ROWS = frozenset(
    [
        "add",
        "sub",
        "mul",
        "neg",
        "sqr",
        "and_",
        "or_",
        "xor",
        "not_",
        "eq",
        "ne",
        "switch",
        "left_shift",
    ]
)
#: What a reduction of no elements is; "max" where that is asked for.
OF_NOTHING = {"sum": 0, "prod": 1, "any": 0, "all": 1, "max": -np.inf}
WRAPPING_SUMS = frozenset(["sum", "prod", "any", "all"])


def needs_sign(node):
    """Whether a node on uint64 cannot be computed by the kernels of int64."""
    dtypes = {v.type.dtype for v in (*node.inputs, *node.outputs)}
    if "uint64" not in dtypes:
        return False
    if isinstance(node.op, elementwise.Elemwise):
        if node.op.row_name not in WRAPPING_ROWS:
            return True
        read, _ = elementwise.signature(node.op.row_name, tuple(v.type.dtype for v in node.inputs))
        dtypes |= set(read)
    if isinstance(node.op, reduce.Reduce) and node.op.row_name not in WRAPPING_SUMS:
        return True
    if isinstance(node.op, (lines.ArgExtreme, lines.ArgSort, lines.Sort, lines.SearchSorted)):
        return True
    return not dtypes.isdisjoint(("float64", "float32"))


class Unsupported(Exception):
    """Raised for a node that has no kernels; it then runs through its reference."""


@lru_cache(maxsize=4096)
def _lanes(dtypes):
    """Register classes of element types, ``"u"`` for uint64; empty when one of them has none."""
    if not all(d in LANE for d in dtypes):
        return ""
    return "".join(["u" if d == "uint64" else LANE[d] for d in dtypes])


class Translator:
    """Builds the items of one graph.

    Attributes
    ----------
    items : list of Item
        In an order that respects every dependency.
    view : dict of Variable to View
    columns : dict of Variable to ndarray of View
        Values taken apart along short last axes, see ``columns``.
    apart : callable
        ``apart(shape)``: how many last axes of a value are taken apart.
    """

    def __init__(self, shapes, values, apart):
        self.shapes = shapes
        self.values = values
        self.apart = apart
        self.items = []
        self.view = {}
        self.count_readers = dict  # gives how often variables are read, where that is known
        self.columns = {}
        self.turned = {}  # transposes of values that were taken apart, and those values
        self._converted = {}
        self._constants = {}
        self.made = {}  # what several nodes share, such as the factor of a matrix
        self.node = None

    # ---- values -----------------------------------------------------------------------------

    @cached_property
    def uses(self):
        """How often variables are read, where that is known; few operations ask."""
        return self.count_readers()

    def of(self, v):
        """The view of a variable; constants are entered when first met."""
        found = self.view.get(v)
        if found is None and v in self.columns:
            found = self.view[v] = self._assemble(v)
        if found is None and v in self.turned:
            x = self.of(self.turned[v])
            found = self.view[v] = View(x.array, x.shape[::-1], x.strides[::-1], x.offset)
        if found is None:
            if not isinstance(v, Constant):
                raise KeyError(f"{v!r} is not computed by this graph")
            found = self.view[v] = self.constant(v.data)
        return found

    def _assemble(self, v):
        """The whole array of a value that was taken apart."""
        full = self.shapes[v]
        out = whole(self.new(full, LANE[v.type.dtype]))
        parts = self.columns[v]
        lead = len(full) - parts.ndim
        for k, part in enumerate(parts.flat):
            place = View(out.array, full[:lead], out.strides[:lead], k)
            if place.size:
                self.copy(part, place, disjoint=True)
        return out

    def constant(self, data):
        data = np.asarray(data)
        if data.dtype == np.uint64:
            data = data.view(np.int64)
        name = dtype_name(data.dtype)
        if name not in LANE:
            raise Unsupported(name)
        key = id(data)
        if key not in self._constants:
            array = Array(data.shape, LANE[name], MEMORY[name])
            # one repeated number (a broadcast) needs one cell, not an array
            if data.size and all(
                s == 0 or n == 1 for s, n in zip(data.strides, data.shape, strict=True)
            ):
                array.shape = (1,) * data.ndim
                array.data = data.reshape(-1)[:1]
                view = View(array, data.shape, (0,) * data.ndim)
            else:
                view = self._stored(array, data)
            self._constants[key] = (data, view)
        return self._constants[key][1]

    @staticmethod
    def _stored(array, data):
        """View of constant data that stay where they are, copied only where there is no order."""
        turned = data.ndim > 1 and data.flags.f_contiguous and not data.flags.c_contiguous
        stored = data.T if turned else data
        array.shape = stored.shape
        array.data = np.require(stored, requirements=["C", "A"]).reshape(stored.shape)
        view = whole(array)
        return View(array, data.shape, view.strides[::-1]) if turned else view

    def new(self, shape, lane):
        return Array(tuple(shape), lane, node=self.node)

    add = _items.add
    elementwise = _items.elementwise

    # ---- elementwise ---------------------------------------------------------------------------

    def convert(self, view, op, lane):
        """A conversion of every element of what the view shows (done once per view)."""
        key = (view.array, view.shape, view.strides, view.offset, op)
        if key not in self._converted:
            if view.size and all(s == 0 for s in view.squeezed_strides()):
                small = View(
                    view.array, (1,) * len(view.shape), (0,) * len(view.shape), view.offset
                )
                done = self.elementwise(op, [small], small.shape, lane)
                self._converted[key] = broadcast_view(done, view.shape)
            else:
                self._converted[key] = self.elementwise(op, [view], view.shape, lane)
        return self._converted[key]

    def narrow(self, view, dtype):
        """Results of a narrow type are brought into its range."""
        op = NARROW.get(dtype)
        return view if op is None else self.convert(view, op, LANE[dtype])

    def sum_in_range(self, view, dtype):
        """Sums of elements of a type, as elements of the type; of booleans they are "or"."""
        return self.convert(view, "bool_l", "l") if dtype == "bool" else self.narrow(view, dtype)

    def cast(self, view, source, dtype):
        """NumPy's ``astype`` on lanes."""
        have, want = LANE[source], LANE[dtype]
        if source == dtype:
            return view
        large = view.array.data is not None and (
            view.size * 8 > DERIVED or is_mapped(view.array.data)
        )
        if large and (have, want) == ("l", "d") and source != "uint64":
            return View(self._read_as_real(view.array), view.shape, view.strides, view.offset)
        if view.array.data is not None and view.is_whole and not large:
            with np.errstate(invalid="ignore"):
                data = view.array.data.astype(source).astype(dtype)
            cast = self.constant(data)
            return View(cast.array, view.shape, view.strides)
        if dtype == "bool":
            return self.convert(view, f"bool_{have}", "l")
        if have != want:
            view = self.convert(view, "cast_ld" if want == "d" else "cast_dl", want)
            return self.narrow(view, dtype)
        if np.can_cast(source, dtype, "safe"):
            return view
        return self.narrow(view, dtype)

    def _read_as_real(self, array):
        """Large constant integers as what becomes float64 when it is loaded."""
        key = (array, "real")
        if key not in self.made:
            memory = "i8" if array.memory == "f8" else array.memory
            self.made[key] = Array(array.shape, "d", memory, data=array.data)
        return self.made[key]

    # ---- nodes -----------------------------------------------------------------------------------

    def translate_all(self, order):
        """:meth:`translate` for every node."""
        _items.translate_all(self, order, elementwise.Elemwise, _plan_or_none)

    def translate(self, node):
        """Add the items of a node, or make its outputs views of what is there."""
        self.node = node
        if self._all_known(node):
            return
        rule = RULES.get(type(node.op))
        mark = len(self.items)
        try:
            lanes = _lanes(tuple([v.type.dtype for v in (*node.inputs, *node.outputs)]))
            if rule is None or not lanes or ("u" in lanes and needs_sign(node)):
                raise Unsupported(type(node.op).__name__)
            rule(self, node)
        except Unsupported:
            if len(self.items) != mark:
                raise AssertionError(f"{node.op!r} was given up after work was added") from None
            self.python(node)
        except (IndexError, ValueError) as error:
            raise located(error, node, [self.shapes[v] for v in node.inputs]) from error

    def _all_known(self, node):
        """Integers that were computed while planning shapes become constants."""
        if not self.values:
            return False
        for v in node.outputs:
            if v not in self.values:
                return False
        for v in node.outputs:
            self.view[v] = self.constant(self.values[v])
        return True

    def python(self, node):
        """Call the reference of an op that has no kernels."""
        for v in (*node.inputs, *node.outputs):
            if v.type.dtype not in LANE:
                raise Unsupported(v.type.dtype)
        inputs = [
            self.contiguous(self._of_shape(v) if i in node.op.shape_only else self.of(v))
            for i, v in enumerate(node.inputs)
        ]
        outs = []
        for y in node.outputs:
            array = self.new(self.shapes[y], LANE[y.type.dtype])
            self.view[y] = whole(array)
            outs.append(array)
        item = self.add("python", "python", (1,), inputs, whole(outs[0]), info={"outs": outs})
        for extra in outs[1:]:
            extra.writers.append(item)

    def _of_shape(self, v):
        """Zeros in the place of a value of which only the shape is read: it is not computed."""
        return self.constant(np.broadcast_to(np.zeros((), v.type.dtype), self.shapes[v]))

    def contiguous(self, view, force_f8=True):
        """The view itself when it lies in memory in C order as 8-byte elements, else a copy."""
        array = view.array
        single = array.is_scalar and view.size == 1
        if (single or view.is_contiguous) and (array.memory == "f8" or not force_f8):
            return view
        out = self.new(view.shape, array.lane)
        if view.size:
            self.copy(view, whole(out))
        return whole(out)

    def copy(self, source, target, disjoint=False):
        """Copy what one view shows into another view's place.

        ``disjoint`` promises that no other item writes or reads the same elements before.
        """
        source = broadcast_view(source, target.shape)
        self.add("copy", "copy", target.shape, [source], target, info={"disjoint": disjoint})

    def deliver(self, v, place, memory):
        """Bring a result to its place: made there if possible, else copied."""
        if v.type.dtype not in LANE:
            raise Unsupported(v.type.dtype)
        view = self.of(v)
        array = view.array
        if not view.size:
            return
        made_here = array.writers and array.place is None and not array.is_scalar
        if made_here and view.is_whole and ITEM_BYTES[memory] == 8:
            array.place = place
            return
        target = Array(view.shape, array.lane, memory, place)
        if target.is_scalar:
            # eight bytes are stored by the scalar run that makes them, others by a kernel
            kind = "scalar" if memory == "f8" else "store"
            self.add(kind, "store", (1,), [self.cell(view)], whole(target))
        else:
            self.copy(view, whole(target))

    def cell(self, view):
        """One number as eight bytes."""
        if view.array.memory == "f8":
            return view
        single = View(view.array, (), (), view.offset)
        return self.elementwise("mov", [single], (), view.array.lane)


def row_plan(node):
    """How a row is applied: see :func:`_row_plan`."""
    return _row_plan(node.op.row_name, tuple([v.type.dtype for v in node.inputs]))


@lru_cache(maxsize=4096)
def _row_plan(row_name, dtypes):
    """``(opcode, result class, whether nothing is converted, row, element types of operands before
    and after, result type)``.
    """
    row = ROWS[row_name]
    wanted, out_dtype = elementwise.signature(row.name, dtypes)
    if out_dtype not in LANE or any(d not in LANE for d in (*dtypes, *wanted)):
        raise Unsupported(out_dtype)
    if row.for_bool and all(d == "bool" for d in wanted):
        row = ROWS[row.for_bool]
    lanes = [LANE[d] for d in wanted]
    if row.name == "switch":
        lanes[0], wanted = "l", ("bool", *wanted[1:])
    if "".join(lanes) not in row.kernel:
        lanes = ["d"] * len(lanes)
        wanted = ("float64",) * len(lanes)
    sig = "".join(lanes)
    if sig not in row.kernel:
        raise Unsupported(f"{row.name}_{sig}")
    if row.far:
        kernels.connect()
    plain = not any(_is_cast(*pair) for pair in zip(dtypes, wanted, strict=True))
    plain = plain and "uint64" not in (*dtypes, out_dtype)
    if row.dtype != "bool":
        plain = plain and out_dtype not in NARROW and (out_dtype != "bool" or row.name != "add")
    return f"{row.name}_{sig}", row.out(sig), plain, row, dtypes, wanted, out_dtype


@lru_cache(maxsize=4096)
def _plan_or_none(row_name, dtypes):
    """The plan of a row, None where there is none."""
    try:
        return _row_plan(row_name, dtypes)
    except Unsupported:
        return None


def _is_cast(have, want):
    return LANE[have] != LANE[want] or (want == "bool" != have)


def apply_row(t, plan, views, shape):
    """A row of the table on views that broadcast to ``shape``."""
    op, lane, plain, row, dtypes, wanted, out_dtype = plan
    if plain:
        return t.elementwise(op, views, shape, lane)
    operands = [
        t.cast(v, have, want) if _is_cast(have, want) else v
        for v, have, want in zip(views, dtypes, wanted, strict=True)
    ]
    out = t.elementwise(op, operands, shape, lane)
    if out_dtype == "bool" and row.name == "add":  # "or": 1 + 1 is still 1
        out = t.convert(out, "bool_l", "l")
    return out if row.dtype == "bool" else t.narrow(out, out_dtype)


def _elemwise(t, node):
    y = node.outputs[0]
    t.view[y] = apply_row(t, row_plan(node), [t.of(v) for v in node.inputs], t.shapes[y])


def _cast(t, node):
    x, y = node.inputs[0], node.outputs[0]
    t.view[y] = t.cast(t.of(x), x.type.dtype, y.type.dtype)


def _dimshuffle(t, node):
    x = t.of(node.inputs[0])
    y = node.outputs[0]
    strides = tuple(0 if p == "x" else x.strides[p] for p in node.op.pattern)
    t.view[y] = View(x.array, t.shapes[y], strides, x.offset)


def _reshape(t, node):
    x, y = t.of(node.inputs[0]), node.outputs[0]
    seen = reshaped(x, t.shapes[y])
    if seen is None:
        seen = reshaped(t.contiguous(x, force_f8=False), t.shapes[y])
    t.view[y] = seen


def _broadcast(t, node):
    y = node.outputs[0]
    t.view[y] = broadcast_view(t.of(node.inputs[0]), t.shapes[y])


def _same(t, node):
    t.view[node.outputs[0]] = t.of(node.inputs[0])


def _sum_like(t, node):
    """Sum over the axes along which ``like`` was broadcast."""
    g, y = t.of(node.inputs[0]), node.outputs[0]
    want = t.shapes[y]
    lead = len(g.shape) - len(want)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, n in enumerate(want) if n == 1 and g.shape[lead + i] != 1
    )
    if not any(g.shape[a] != 1 for a in axes):
        t.view[y] = reshaped(g, want)
        return
    kept = reduce_view(t, "sum", g, axes, y.type.dtype)
    t.view[y] = reshaped(kept, want)


def _reduce(t, node):
    x, y = node.inputs[0], node.outputs[0]
    view = t.of(x)
    name = node.op.row_name
    if name in ("any", "all") and x.type.dtype != "bool":
        view = t.cast(view, x.type.dtype, "bool")
    lane = LANE[y.type.dtype]
    if view.array.lane != lane:
        view = t.cast(view, x.type.dtype, y.type.dtype)
    t.view[y] = reduce_view(t, name, view, node.op.axes, y.type.dtype)


@shape_function
def _reduction(shape, axes):
    """Shape of the result, and its strides as the reduction goes over ``shape``."""
    kept = tuple([n for i, n in enumerate(shape) if i not in axes])
    strides = iter(c_strides(kept))
    return kept, tuple([0 if i in axes else next(strides) for i in range(len(shape))])


def reduce_view(t, name, view, axes, dtype):
    """Reduce a view over axes; the result has the other axes."""
    kept, over = _reduction(view.shape, tuple(axes))
    lane = LANE[dtype]
    if view.size == size_of(kept):
        strides = tuple(s for i, s in enumerate(view.strides) if i not in axes)
        return View(view.array, kept, strides, view.offset)
    array = t.new(kept, lane)
    out = whole(array)
    if not size_of(kept):
        return out
    if not view.size:
        return t.constant(np.full(kept, OF_NOTHING[name], dtype))
    target = View(array, view.shape, over)
    t.add("reduce", f"{name}_{lane}", view.shape, [view], target, axes=tuple(axes))
    return t.narrow(out, dtype)


def _concatenate(t, node):
    y = node.outputs[0]
    array = t.new(t.shapes[y], LANE[y.type.dtype])
    out, at = whole(array), 0
    for v in node.inputs:
        view = t.cast(t.of(v), v.type.dtype, y.type.dtype)
        n = view.shape[node.op.axis]
        if view.size:
            place = View(array, view.shape, out.strides, at * out.strides[node.op.axis])
            t.copy(view, place, disjoint=True)
        at += n
    t.view[y] = out


RULES = {
    elementwise.Elemwise: _elemwise,
    elementwise.Cast: _cast,
    shape.Dimshuffle: _dimshuffle,
    shape.Reshape: _reshape,
    shape.BroadcastTo: _broadcast,
    shape.BroadcastLike: _broadcast,
    **dict.fromkeys(MARKERS, _same),
    shape.SpecifyShape: _same,
    shape.SumLike: _sum_like,
    shape.Concatenate: _concatenate,
    reduce.Reduce: _reduce,
}
