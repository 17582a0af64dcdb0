"""One loop: the body of kernel calls for the items of a group.

Operands come in two forms: ``v``, a run of elements (a block register or memory with unit
stride), and ``s``, one element that stays the same along the inner axis.  Everything else is
loaded into a register first.
"""

import math
from functools import partial

import numpy as np

from graphcore import _loops
from graphcore._loops import Operand
from graphcore.graph.large import is_large, is_mapped
from graphcore.lower.arrays import ITEM_BYTES, along
from graphcore.lower.divisions import share_divisions
from graphcore.lower.memory import LANES, TILE_LD
from graphcore.lower.pairs import (
    products_in_pairs,
    roots_of_sums,
    steps_in_pairs,
    stores_in_pairs,
    sums_in_pairs,
)
from graphcore.lower.products import BLOCK
from graphcore.lower.spec import Ins, LoopStep
from graphcore.optable import ROWS

ADDITIONS = {  # what they become when their first or second operand is a product
    "add_dd": ("muladd_ddd", "muladd_ddd"),
    "sub_dd": ("mulsub_ddd", "submul_ddd"),
}
MOST_COPIED = 2**26  # bytes of a matrix that is copied once, in the order in which it is read
# Loops that pass over more than FAR bytes with few of these operations write past the caches.
FAR, FEW = 2**23, 6
LIGHT = frozenset(
    "add sub mul true_div neg abs sqr maximum minimum switch lt le gt ge eq ne".split()
)
ALONE = 2048  # elements per pass of a loop of one call without block registers
MOST_ASKED = 4  # arrays of which one stream asks for the next block
MANY = 256  # calls in one block of which registers are as short as the block
SHORT = 32  # an inner axis below this length gives way to a longer one


def _collapse(shape, accesses):
    """Merge neighbouring axes that every access walks through in one stride."""
    dims = list(range(len(shape)))
    merged = []
    for d in dims:
        if merged:
            last = merged[-1]
            n = shape[d]
            if all(a[last[-1]] == a[d] * n for a in accesses):
                last.append(d)
                continue
        merged.append([d])
    lengths = [int(np.prod([shape[d] for d in group], dtype=np.int64)) for group in merged]
    return lengths, [tuple(a[group[-1]] for group in merged) for a in accesses]


class LoopEmitter:
    """Writes the step (or the straight calls) of one loop group."""

    additions = ADDITIONS

    def __init__(self, memory, group, node_number):
        self.memory = memory
        self.group = group
        self.node_number = node_number
        self.before, self.body, self.after = [], [], []
        self.cursors, self._cursor_of = [], {}
        self.here = {}  # arrays made in this loop -> Operand
        self.pending = {}  # products not multiplied out yet: array -> (a, b)
        self.registers = 0
        # slot of what is added up over all rows -> (numbers, kernel that begins, kernel that adds)
        self.sums = {}
        self.tiles = {}  # slots of tiles -> bytes
        self.in_order = False  # whether blocks have to be worked on in their order
        self.in_tiles = False  # whether it reads a matrix that lies there block by block
        self._plan_axes()

    # ---- axes ---------------------------------------------------------------------------------

    def _plan_axes(self):
        space = self.group.space
        accesses = _loops.accesses(self, self.group.items)
        lengths, strides = _collapse(space, list(accesses.values()))
        order = list(range(len(lengths)))
        if len(lengths) > 1 and not self._is_ordered():
            order = self._inner_last(lengths, strides)
        self.lengths = [lengths[i] for i in order]
        self.strides = {
            key: tuple(s[i] for i in order) for key, s in zip(accesses, strides, strict=True)
        }
        self.n = self.lengths[-1] if self.lengths else 1
        self.outer = tuple(self.lengths[:-1])
        self.block = min(BLOCK, self.n)
        self.straight = not self.outer and self.n <= BLOCK
        self.past_caches = self.n >= BLOCK and self._is_light() and self._passed() > FAR

    def _is_light(self):
        """Whether memory binds it: few operations, each a few cycles."""
        items = self.group.items
        return len(items) <= FEW and all(
            item.kind == "copy" or (item.kind == "elem" and item.op.rpartition("_")[0] in LIGHT)
            for item in items
        )

    def _passed(self):
        """Bytes that it reads and writes."""
        per_row = sum(ITEM_BYTES[key[0].memory] * s[-1] for key, s in self.strides.items() if s)
        return per_row * math.prod(self.lengths)

    def _is_ordered(self):
        """Whether the axes keep their order: for matrices, and where the last of many wins."""
        return any(
            item.kind in ("matrow", "matcol") or item.op == "scatter_set"
            for item in self.group.items
        )

    def _inner_last(self, lengths, strides):
        """Axis order: the given one, unless its inner axis is short and another is long."""
        order = list(range(len(lengths)))
        longest = max(order, key=lambda i: lengths[i])
        if lengths[-1] >= SHORT or lengths[longest] < 4 * lengths[-1]:
            return order
        written = {self._key(item.out, item) for item in self.group.items if item.out.array.place}
        for key, s in zip(self._access_keys(), strides, strict=True):
            if key in written and s[longest] not in (0, 1):
                return order
        order.remove(longest)
        return [*order, longest]

    def _access_keys(self):
        return list(_loops.accesses(self, self.group.items))

    _is_here = _loops.is_here

    def _key(self, view, item):
        return (view.array, view.offset, self._strides(view, item))

    def _strides(self, view, item):
        return along(view.strides, view.shape, item.shape)

    # ---- operands -------------------------------------------------------------------------------

    new_register = _loops.new_register
    read = _loops.read

    def emit(self, name, y, *operands, node=None, **k):
        """Add a kernel call to the body; registers are placed later."""
        self.body.append((name, y, operands, k, node))

    def cursor(self, base, step, outer):
        """A slot that follows the loop; the base slot itself when nothing moves."""
        if self.straight or (step == 0 and not any(outer)):
            return base
        key = (base, step, outer)
        if key not in self._cursor_of:
            slot = self._cursor_of[key] = self.memory.private_slot()
            self.cursors.append((slot, base, step, outer))
        return self._cursor_of[key]

    def load(self, view, strides):
        array = view.array
        size = ITEM_BYTES[array.memory]
        inner = strides[-1] if strides else 0
        outer = tuple(s * size for s in strides[:-1])
        base = self.memory.array_slot(array, view.offset)
        slot = self.cursor(base, inner * size, outer)
        if array.memory == "f8" and inner in (0, 1):
            return Operand("v" if inner == 1 else "s", slot)
        key = (slot, inner)
        if key not in self.here:
            self.here[key] = self.new_register()
            self.emit(array.loader, self.here[key], Operand("v", slot), k0=inner * size)
            if array.is_converted:
                loaded, self.here[key] = self.here[key], self.new_register()
                self.emit("cast_ld_v", self.here[key], loaded)
        return self.here[key]

    def vector(self, operand):
        """The operand as a run of elements."""
        if operand.form == "v":
            return operand
        key = ("spread", operand.slot)
        if key not in self.here:
            self.here[key] = self.new_register()
            self.emit("mov_s", self.here[key], operand)
        return self.here[key]

    def target(self, item):
        """``(operand to write, store to add afterwards or None)`` for an item's result."""
        array = item.out.array
        if array.place[0] == "register":
            return self.new_register(), None
        if array.place[0] == "cell":
            return Operand("v", self.memory.array_slot(array)), None
        strides = self.strides[self._key(item.out, item)]
        size = ITEM_BYTES[array.memory]
        inner = strides[-1] if strides else 1
        base = self.memory.array_slot(array, item.out.offset)
        slot = self.cursor(base, inner * size, tuple(s * size for s in strides[:-1]))
        if array.memory == "f8" and (inner == 1 or self.n == 1):
            if self.past_caches and array.place[0] == "external" and self._is_left(array):
                return self.new_register(), ("stream", slot, 0)
            return Operand("v", slot), None
        return self.new_register(), (f"store_{array.memory}", slot, inner * size)

    def _is_left(self, array):
        """Whether no later step reads an array."""
        return all(reader.group is self.group for reader, _ in array.readers)

    def finish(self, item, y, store):
        if store is not None:
            name, slot, step = store
            self.emit(name, Operand("v", slot), y, k0=step, node=item.node)
        self.here[item.out.array] = y

    # ---- items ----------------------------------------------------------------------------------

    def run(self):
        """The steps of the group."""
        _loops.emit_items(self, self.group.items)
        self.body = products_in_pairs(share_divisions(self.body, self.new_register))
        self.body = steps_in_pairs(roots_of_sums(self.body))
        if self.straight:
            self.body = sums_in_pairs(self.body)
        loop = self.step(self.body)
        if self.straight:
            for ins in loop.body:
                ins.n = self.n
            return [*self.before, *stores_in_pairs(loop.body, self.memory), *self.after]
        return [*self.before, loop, *self.after]

    def step(self, calls):
        """The loop of these calls."""
        size = self._register_size(len(calls))
        slot_of = partial(self.memory.register_slot, size=size)
        body, used = _loops.place_registers(calls, self.registers, slot_of, Ins)
        sums = None if self.in_order else [(slot, *what) for slot, what in self.sums.items()]
        registers = [(slot, size) for slot in used]
        registers += self.tiles.items()
        alone = len(body) == 1 and not registers and not self.in_tiles
        self._ask_ahead(body)
        block = ALONE if alone else BLOCK
        return LoopStep(self.n, block, self.outer, body, self.cursors, sums, registers, alone)

    def _ask_ahead(self, body):
        """Streams ask for the next block of what is read, while the processor writes."""
        written = {ins.y for ins in body}
        read = [slot for slot, _, step, _ in self.cursors if step == 8 and slot not in written]
        for ins in body:
            if ins.name == "stream":
                ins.more, read = tuple(read[:MOST_ASKED]), read[MOST_ASKED:]

    def _register_size(self, calls):
        """Bytes of a block register: no more than needed where very many would leave the caches."""
        return self.memory.rounded(8 * self.n) if self.straight and calls > MANY else 8 * BLOCK

    _elem = _loops.elem
    apply = _loops.apply

    @staticmethod
    def is_commutative(name):
        """Whether the operands of an elementwise kernel may be swapped."""
        row = ROWS.get(name.rpartition("_")[0])
        return row is not None and row.commutative

    def _flush(self, array):
        """Multiply a postponed product out after all."""
        operands, item = self.pending.pop(array)
        y = self.here[array] = self.new_register()
        self.apply("mul_dd", y, operands, item.node)

    def _check(self, item):
        y, store = self.target(item)
        a = self.vector(self.read(item, 0))
        number = self.node_number(item.node) | item.info["axis"] << 32
        self.emit("check_index", y, a, k0=item.info["length"], k1=number, node=item.node)
        self.finish(item, y, store)

    def _gather(self, item):
        line = item.inputs[0]
        base = self.memory.array_slot(line.array, line.offset)
        y, store = self.target(item)
        idx = self.vector(self.read(item, 1))
        stride = 0 if line.array.is_scalar else line.strides[0]
        self.emit(item.op, y, Operand("v", base), idx, k0=stride, node=item.node)
        self.finish(item, y, store)

    def _scatter(self, item):
        base = self.memory.array_slot(item.out.array)
        idx = self.vector(self.read(item, 0))
        value = self.read(item, 1)
        if item.op == "scatter_add_lanes":
            value = self.vector(value)
        step = 1 if value.form == "v" else 0
        if item.op == "scatter_set":
            self.in_order = True
        else:
            self._adds(base, item.out.array, f"sum_{item.out.array.lane}")
        self.emit(item.op, Operand("v", base), idx, value, k0=step, node=item.node)

    def _increase(self, item):
        """Add to a part of an array."""
        if not self.in_order and sum(w.group is self.group for w in item.out.array.writers) > 1:
            self.in_order = True  # parts of it that overlap
        strides = self.strides[self._key(item.out, item)]
        inner = strides[-1] if strides else 1
        base = self.memory.array_slot(item.out.array, item.out.offset)
        slot = self.cursor(base, 8 * inner, tuple(8 * s for s in strides[:-1]))
        side_by_side = inner == 1 or self.n == 1
        if side_by_side and self._is_here(item, 0) and item.inputs[0].array in self.pending:
            (a, b), _ = self.pending.pop(item.inputs[0].array)
            self.emit(f"increase_{a.form}{b.form}", Operand("v", slot), a, b, node=item.node)
            return
        value = self.vector(self.read(item, 0))
        if side_by_side:
            self.emit(f"{item.op}_each", Operand("v", slot), value, node=item.node)
            return
        old, new = self.new_register(), self.new_register()
        lane = item.out.array.lane
        self.emit("load_f8", old, Operand("v", slot), k0=8 * inner)
        self.emit(f"add_{lane}{lane}_vv", new, old, value, node=item.node)
        self.emit("store_f8", Operand("v", slot), new, k0=8 * inner, node=item.node)

    def _adds(self, slot, array, op):
        """Note that all rows add to an array whose first element is at ``slot``."""
        self.sums[slot] = (array.size, None, f"{op}_each")

    def _copy(self, item):
        source = self.read(item, 0)
        y, store = self.target(item)
        if store is not None:
            y = self.vector(source)
        else:
            self.emit("copy" if source.form == "v" else "mov_s", y, source, node=item.node)
        self.finish(item, y, store)

    def _reduce(self, item):
        view = item.inputs[0]
        if self._is_here(item, 0) and view.array in self.pending:
            operands, _ = self.pending.pop(view.array)
            self._accumulate(item, "dot_dd", operands)
        else:
            self._accumulate(item, item.op, [self.vector(self.read(item, 0))])

    def _dot(self, item):
        operands = [self.vector(self.read(item, i)) for i in range(2)]
        self._accumulate(item, "dot_dd", operands)

    def _accumulate(self, item, op, operands):
        array = item.out.array
        row = op.rpartition("_")[0]
        if array.place[0] == "cell":
            y = self.memory.array_slot(array)
            if self.straight:
                self.emit(f"{op}_all", Operand("v", y), *operands, node=item.node)
                return
            lanes = self.memory.lanes_slot()
            begin = f"{op}_begin"
            self.before.append(Ins(begin, y=lanes, node=item.node))
            each = "sum_d_each" if row == "dot" else f"{op}_each"
            self.sums[lanes] = (LANES, begin, each)
            self.emit(f"{op}_acc", Operand("v", lanes), *operands, node=item.node)
            self.after.append(Ins(f"{op}_end", y=y, a=lanes, node=item.node))
            return
        self.in_order = True
        if row == "dot":
            product = self.new_register()
            self.apply("mul_dd", product, list(operands), item.node)
            op, operands = "sum_d", [product]
            row = "sum"
        strides = self.strides[self._key(item.out, item)]
        slot = self.memory.array_slot(array, item.out.offset)
        start = {"sum": 0, "prod": 1, "any": 0, "all": 1}.get(row)
        if start is None:
            start = _extreme(row, array.lane)
        cell = self.memory.constant_cell(start, array.lane)
        self.before.append(
            Ins("mov_s", y=slot, a=self.memory.cell_slot(cell), n=array.size, node=item.node)
        )
        inner = strides[-1]
        where = self.cursor(slot, 8 * inner, tuple(8 * s for s in strides[:-1]))
        form = {0: "into", 1: "each"}[inner]
        self.emit(f"{op}_{form}", Operand("v", where), *operands, node=item.node)

    # ---- matrix rows --------------------------------------------------------------------

    def _matrix(self, item):
        """``(operand, leading dimension, form)`` of the rows that stream past."""
        view, form = item.inputs[0], item.info["form"]
        n, k = view.shape
        array = view.array
        if array.data is not None and array.size > 1 and _pays_to_copy(array.data):
            return self._tiled(view, n, k)
        if form == "cm" and array.memory != "f8":
            return self._tile(view, k, item.node)
        base = self.memory.array_slot(array, view.offset)
        ld = view.strides[0] if form == "rm" else view.strides[1]
        step = ITEM_BYTES[array.memory] * view.strides[0]
        form = f"rm_{array.memory}" if form == "rm" else form
        return Operand("v", self.cursor(base, step, ())), ld, form

    def _tile(self, view, k, node):
        """A tile of a matrix of short numbers, column after column, converted block by block."""
        key = ("tile", view.array, view.offset, view.strides)
        if key not in self.here:
            array = view.array
            base = self.memory.array_slot(array, view.offset)
            x = Operand("v", self.cursor(base, ITEM_BYTES[array.memory], ()))
            y = self.here[key] = Operand("v", self.memory.tile_slot(k))
            self.tiles[y.slot] = 8 * TILE_LD * k
            self.emit(f"tile_{array.memory}", y, x, k0=k, k1=view.strides[1], node=node)
        return self.here[key], TILE_LD, "cm"

    def _tiled(self, view, n, k):
        """A constant matrix is copied once, in tiles of a block of rows, column after column."""
        data = np.lib.stride_tricks.as_strided(
            view.array.data.reshape(-1)[view.offset :],
            (n, k),
            tuple(view.array.data.itemsize * s for s in view.strides),
        )
        rows = n if self.straight else BLOCK
        self.in_tiles = True
        packed = self.memory.packed(view, rows, data)
        base = self.memory.constant_slot(packed)
        return Operand("v", self.cursor(base, 8 * k, ())), rows, "cm"

    def _matrow(self, item):
        y, store = self.target(item)
        x, ld, form = self._matrix(item)
        vector = item.inputs[1]
        b = Operand("v", self.memory.array_slot(vector.array, vector.offset))
        k = item.inputs[0].shape[1]
        self.emit(f"matrow_{form}", y, x, b, k0=k, k1=ld, node=item.node)
        self.finish(item, y, store)

    def _matcol(self, item):
        x, ld, form = self._matrix(item)
        d = self.vector(self.read(item, 1))
        y = Operand("v", self.memory.array_slot(item.out.array))
        k = item.inputs[0].shape[1]
        self._adds(y.slot, item.out.array, "sum_d")
        self.emit(f"matcol_{form}", y, x, d, k0=k, k1=ld, node=item.node)


def _pays_to_copy(data):
    """Whether a constant matrix is copied in tiles when the program is built."""
    if is_mapped(data):
        return False
    return data.nbytes <= MOST_COPIED if data.dtype == np.float64 else not is_large(data)


def _extreme(row, lane):
    if lane == "d":
        return -np.inf if row == "max" else np.inf
    info = np.iinfo(np.int64)
    return info.min if row == "max" else info.max
