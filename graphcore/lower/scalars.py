"""Scalar runs: operations on single numbers, in cells of eight bytes."""

from graphcore.lower.arrays import ITEM_BYTES
from graphcore.lower.loops import ADDITIONS
from graphcore.lower.spec import Ins, ScalarStep


class ScalarEmitter:
    """Writes the step of one scalar group.

    Numbers that lie in arrays are loaded once.  A product whose only use is an addition becomes one
    multiply-add.
    """

    def __init__(self, memory, group):
        self.memory = memory
        self.group = group
        self.before, self.code, self.nodes = [], [], []
        self._loaded = {}
        self._products = {}  # arrays of products not multiplied out: their operands

    def run(self):
        for item in self.group.items:
            if self._is_postponed(item):
                operands = [self.cell(v) for v in item.inputs]
                self._products[item.out.array] = operands * (2 // len(operands))
                continue
            op, operands = self._combined(item)
            self.emit(op, self._target(item.out), operands, item.node)
        return [*self.before, ScalarStep(self.code, self.nodes)] if self.code else self.before

    def emit(self, op, y, operands, node=None):
        self.code.append((op, y, *operands, *[0] * (3 - len(operands))))
        self.nodes.append(node)

    def _target(self, view):
        if view.array.place[0] == "cell":
            return view.array.place[1]
        return self.memory.array_slot(view.array, view.offset)  # the operation is a store

    def cell(self, view):
        """The cell of a number; one that lies in an array is loaded first."""
        array = view.array
        if array.place[0] == "cell":
            return array.place[1]
        key = (array, view.offset)
        if key not in self._loaded:
            cell = self._loaded[key] = self.memory.new_cell()
            slot = self.memory.array_slot(array, view.offset)
            if array.memory == "f8":
                self.emit("load", cell, [slot])
            else:
                target, step = self.memory.cell_slot(cell), ITEM_BYTES[array.memory]
                self.before.append(Ins(array.loader, y=target, a=slot, k0=step, n=1))
                if array.is_converted:
                    real = self._loaded[key] = self.memory.new_cell()
                    self.emit("cast_ld", real, [cell])
        return self._loaded[key]

    def _is_postponed(self, item):
        """Whether the item is a product that only one addition of this run uses."""
        readers = item.out.array.readers
        if item.op not in ("mul_dd", "sqr_d") or len(readers) != 1:
            return False
        reader = readers[0][0]
        return reader.op in ADDITIONS and reader.group is self.group

    def _combined(self, item):
        """Opcode and cells of an item, a postponed product taken in."""
        if item.op in ADDITIONS:
            for i in range(2):
                product = self._products.pop(item.inputs[i].array, None)
                if product is not None:
                    rest = item.inputs[1 - i]
                    if rest.array in self._products:
                        self._multiply(rest.array, item.node)
                    return ADDITIONS[item.op][i], [*product, self.cell(rest)]
        return item.op, [self.cell(v) for v in item.inputs]

    def _multiply(self, array, node):
        self.emit("mul_dd", array.place[1], self._products.pop(array), node)
