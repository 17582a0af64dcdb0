"""Where values live: slots of the pointer table, scalar cells, planned work memory."""

import struct

import numpy as np

from graphcore.lower.arrays import ITEM_BYTES

ALIGN = 64
TILE_LD = 264  # distance of the columns of a tile, GK_TILE_LD of the kernels
LANES = 16  # accumulators of a reduction
COPIED = 1 << 18  # bytes up to which constants are copied to begin on a cache line


def aligned(data):
    """The data from the beginning of a cache line on, copied there when that is cheap.

    A vector that lies across two lines takes two loads.
    """
    if data.ctypes.data % ALIGN == 0 or data.nbytes > COPIED:
        return data
    room = np.empty(data.nbytes + ALIGN, dtype=np.uint8)
    start = -room.ctypes.data % ALIGN
    copy = room[start : start + data.nbytes].view(data.dtype).reshape(data.shape)
    copy[...] = data
    return copy


def _bits(value, lane):
    """A number as the 64 bits of a cell."""
    if lane == "d":
        return struct.unpack("<q", struct.pack("<d", float(value)))[0]
    return int(np.int64(value))


class Memory:
    """Slots, cells and work memory of one program.

    The layout of work memory is one static plan: ``plan_arrays`` gives every array its offset, and
    arrays that are never alive together share memory.
    """

    def __init__(self, spec):
        self.spec = spec
        spec.slots.append(("error", 0, 0))
        spec.slots.append(("cell", 0, 0))
        spec.cells.append(0)
        self.work_bytes = 0
        self._slots = {}
        self._constants = {}
        self._registers = {}
        self._cell_slots = {}
        self._constant_cells = {}
        self._packed = {}
        self._tiles = {}

    # ---- cells ------------------------------------------------------------------------------

    def new_cell(self, bits=0):
        self.spec.cells.append(bits)
        return len(self.spec.cells) - 1

    def constant_cell(self, value, lane):
        bits = _bits(value, lane)
        key = (bits, lane)
        if key not in self._constant_cells:
            self._constant_cells[key] = self.new_cell(bits)
        return self._constant_cells[key]

    def cell_slot(self, cell):
        return self._slot(("cell", cell, 0))

    # ---- slots --------------------------------------------------------------------------------

    def _slot(self, entry):
        found = self._slots.get(entry)
        if found is None:
            found = self._slots[entry] = len(self.spec.slots)
            self.spec.slots.append(entry)
        return found

    def private_slot(self):
        """A slot that a loop may move."""
        self.spec.slots.append(("work", 0, 0))
        return len(self.spec.slots) - 1

    def array_slot(self, array, offset=0):
        """Slot of an element of an array in memory (offset counted in elements)."""
        kind, *where = array.place
        extra = offset * ITEM_BYTES[array.memory]
        if kind == "cell":
            return self.cell_slot(where[0])
        if kind == "work":
            return self._slot(("work", 0, array.offset + extra))
        if kind == "external":
            return self._slot(("external", where[0], where[1] + extra))
        if kind == "data":
            return self._slot(("constant", self.constant(array.data), extra))
        if kind == "constant":
            return self._slot(("constant", where[0], extra))
        if kind == "moving":
            frame, base, start, step = where
            return frame.slot(self, base, start + offset, step)
        raise AssertionError(f"an array in {kind} has no address")

    def constant(self, data):
        """Position of a constant array of the program (kept once; small ones on cache lines)."""
        key = id(data)
        if key not in self._constants:
            self._constants[key] = (len(self.spec.constants), data)
            self.spec.constants.append(aligned(data))
        return self._constants[key][0]

    def constant_slot(self, data):
        """Slot of the first element of a constant array."""
        return self._slot(("constant", self.constant(data), 0))

    def shifted(self, slot, size):
        """The slot of what lies ``size`` bytes behind another slot's target."""
        kind, index, offset = self.spec.slots[slot]
        return self._slot((kind, index, offset + size))

    def distance(self, first, second):
        """Bytes from the target of a slot in work memory to that of another; None for others."""
        (kind, _, start), (other, _, end) = (self.spec.slots[slot] for slot in (first, second))
        return end - start if kind == other == "work" else None

    def lanes_slot(self):
        """Slot of the accumulators that belong to one reduction."""
        return self.work_slot(LANES * 8)

    def packed(self, view, rows, data):
        """A constant matrix in tiles of ``rows`` rows, each column after column (made once)."""
        key = (id(view.array), view.offset, view.strides, view.shape, rows)
        if key not in self._packed:
            n, k = data.shape
            tiles = -(-n // rows)
            out = np.zeros((tiles, k, rows))
            full = n // rows
            out[:full] = data[: full * rows].reshape(full, rows, k).transpose(0, 2, 1)
            if full < tiles:
                out[full, :, : n - full * rows] = data[full * rows :].T
            self._packed[key] = out
            self.spec.copies[self.constant(out)] = f"copy of a matrix in tiles of {rows} rows"
        return self._packed[key]

    # ---- work memory ----------------------------------------------------------------------------

    @staticmethod
    def rounded(size):
        """Bytes that an array of so many bytes has for itself."""
        return (size + ALIGN - 1) // ALIGN * ALIGN

    def reserve(self, size):
        """Bytes that stay reserved for the whole program."""
        at = self.work_bytes
        self.work_bytes += self.rounded(size)
        return at

    def work_slot(self, size):
        """Slot of bytes that stay reserved for the whole program."""
        return self._slot(("work", 0, self.reserve(size)))

    def tile_slot(self, columns):
        """Slot of a tile of a matrix that is copied block by block."""
        if columns not in self._tiles:
            self._tiles[columns] = self.work_slot(8 * TILE_LD * columns)
        return self._tiles[columns]

    def register_slot(self, number, size):
        """Slot of a block register of so many bytes."""
        found = self._registers.get((number, size))
        if found is None:
            found = self._registers[number, size] = self.work_slot(size)
        return found

    def plan_arrays(self, arrays, spans):
        """Give offsets to arrays; ``spans`` are their first and last step.

        Memory of an array whose last step has passed serves later arrays of the same rounded size.
        """
        starts, ends = {}, {}
        for array, (first, last) in zip(arrays, spans, strict=True):
            starts.setdefault(first, []).append(array)
            ends.setdefault(last, []).append(array)
        free = {}
        for step in sorted(set(starts) | set(ends)):
            for array in starts.get(step, ()):
                size = self.rounded(8 * array.size)
                pool = free.get(size)
                array.offset = pool.pop() if pool else self.reserve(size)
            for array in ends.get(step, ()):
                size = self.rounded(8 * array.size)
                free.setdefault(size, []).append(array.offset)
