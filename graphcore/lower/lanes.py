"""Loops whose rows are sorted so that gathers and scatters by a constant index touch neighbours.

In a hierarchical model each observation reads the parameters of its group and adds to their
gradients.  Where everything along the observations is either constant or reduced, their order is
free.  They are dealt to lanes (see ``sorting``) so that eight consecutive observations belong to
eight consecutive lanes, and eights with the same lanes follow each other: what lanes have in common
stays in registers.  What does not fill eight lanes comes last, in a second loop of the ordinary
kind.
"""

from dataclasses import replace

import numpy as np

from graphcore.graph.large import is_mapped
from graphcore.lower.arrays import Array, whole
from graphcore.lower.lanecalls import GATHER, SCATTER, in_lanes, ordinary
from graphcore.lower.loops import LoopEmitter, Operand
from graphcore.lower.pairs import arrays_in_pairs
from graphcore.lower.sorting import LANES, fill_lanes
from graphcore.lower.spec import Ins

MARKS = {"gather": (1, GATHER), "scatter": (0, SCATTER)}  # position of the index, and the mark
LEAST_ROWS = 128  # below this length the order does not matter
MOST_ROWS = 2**20  # above, data are not copied


def emit_loop(memory, group, number):
    """The steps of a loop group, its rows reordered where that pays."""
    index = _best_index(group)
    if index is None:
        return LoopEmitter(memory, group, number).run()
    plan = fill_lanes(index)
    if plan is None:
        return LoopEmitter(memory, group, number).run()
    return _Reordered(memory, group, number, index, plan).run()


def _best_index(group):
    """The constant index by which most gathers and scatters of a reorderable loop go."""
    if len(group.space) != 1 or not LEAST_ROWS <= group.space[0] <= MOST_ROWS:
        return None
    uses = []
    for item in group.items:
        if item.kind in ("gather", "scatter"):
            data = item.inputs[1 if item.kind == "gather" else 0].array.data
            if data is None or (item.kind == "scatter" and item.op != "scatter_add_d"):
                return None
            same = [u for u in uses if u[0] is data or np.array_equal(u[0], data)]
            (same[0] if same else uses.append([data, 0]) or uses[-1])[1] += 1
        elif item.kind not in ("elem", "reduce", "dot"):
            return None
        if not _order_is_free(item, group):
            return None
    return max(uses, key=lambda u: u[1])[0] if uses else None


def _order_is_free(item, group):
    place = item.out.array.place[0]
    if item.kind in ("elem", "gather") and place != "register":
        return False
    if item.kind in ("reduce", "dot") and place != "cell":
        return False
    for i in item.streams:
        view = item.inputs[i]
        if view.array.data is not None and is_mapped(view.array.data):
            return False  # files are read in their order, and not copied
        made_here = item.aligned[i] and view.array.writers and view.array.writers[0].group is group
        constant = view.array.data is not None and (view.is_whole or view.array.is_scalar)
        one_number = view.array.data is None and not any(view.squeezed_strides())
        if not (made_here or constant or one_number):
            return False
    return True


class _Reordered:
    """Rewrites the inputs of a group for the new order of rows and writes its two loops."""

    def __init__(self, memory, group, number, index, plan):
        self.memory, self.group, self.number, self.index = memory, group, number, index
        self.order, self.full, rank, self.group_of_lane = plan
        self.in_order = np.array_equal(self.group_of_lane, np.arange(len(self.group_of_lane)))
        self.lane_groups = self._constant(self.group_of_lane)
        self.first_lanes = self._constant(rank[::LANES].copy())
        self.group_of_row = self._constant(index[self.order].astype(np.int64))
        self.before, self.after = [], []
        self._sorted, self._laned = {}, {}

    def run(self):
        for item in self.group.items:
            self._rewrite(item)
        emitter = LoopEmitter(self.memory, self.group, self.number)
        emitter.straight = False
        steps = emitter.run()
        at = next(i for i, step in enumerate(steps) if step.kind == "loop")
        loops = [self._lanes_loop(emitter)]
        if self.full < len(self.order):
            rest = emitter.step([ordinary(call) for call in emitter.body])
            loops.append(self._cut(rest, self.full, len(self.order)))
        before, after = arrays_in_pairs(self.before), arrays_in_pairs(self.after)
        return [*before, *steps[:at], *loops, *steps[at + 1 :], *after]

    def _lanes_loop(self, emitter):
        # one number for every eight rows: a byte per row
        first = emitter.cursor(self.memory.array_slot(self.first_lanes.array), 8 // LANES, ())
        loop = emitter.step(in_lanes(emitter.body, Operand("v", first), self._in_lanes))
        loop = self._cut(loop, 0, self.full)
        if loop.sums is not None:
            used = {slot for ins in loop.body for slot in ins.slots}
            loop.sums = [s for s in loop.sums if s[0] in used]
            lanes = [o.slot for key, o in self._laned.items() if key[0] == SCATTER]
            loop.sums += [(slot, len(self.group_of_lane), None, "sum_d_each") for slot in lanes]
        return loop

    def _constant(self, data):
        array = Array(data.shape, "l" if data.dtype.kind in "biu" else "d", "f8", data=data)
        array.place = ("constant", self.memory.constant(data))
        return whole(array)

    def _is_key(self, view):
        data = view.array.data
        return data is self.index or (data is not None and np.array_equal(data, self.index))

    def _rewrite(self, item):
        """Constants in the new order; what goes by the index is marked."""
        for i in item.streams:
            view = item.inputs[i]
            if view.array.data is not None and not view.array.is_scalar:
                if item.kind in MARKS and i == MARKS[item.kind][0] and self._is_key(view):
                    item.op, item.inputs[i] = MARKS[item.kind][1], self.group_of_row
                else:
                    item.inputs[i] = self._reorder(view)

    def _reorder(self, view):
        array = view.array
        if array not in self._sorted:
            data = np.ascontiguousarray(array.data.reshape(-1)[self.order])
            new = Array(data.shape, array.lane, array.memory, data=data)
            new.place = ("constant", self.memory.constant(data))
            self.memory.spec.copies[new.place[1]] = "copy of data in the order of their groups"
            self._sorted[array] = whole(new)
        return self._sorted[array]

    def _in_lanes(self, call):
        """What a gather reads or a scatter adds to, lane by lane."""
        name, y, operands, k, node = call
        base = operands[0] if name == GATHER else y
        key = (name, base.slot, k["k0"])
        if self.in_order and (name == SCATTER or k["k0"] == 1):
            return base
        if key not in self._laned:
            lanes = len(self.group_of_lane)
            array = Array((lanes,), "d", place=("work",))
            array.offset = self.memory.reserve(8 * lanes)
            slot = self.memory.array_slot(array)
            self._laned[key] = Operand("v", slot)
            groups = self.memory.array_slot(self.lane_groups.array)
            if name == GATHER:
                self._call(self.before, "gather", slot, base.slot, groups, k["k0"], node)
            else:
                zero = self.memory.cell_slot(self.memory.constant_cell(0.0, "d"))
                self._call(self.before, "mov_s", slot, zero, 0, 0, node)
                self._call(self.after, "scatter_add_apart", base.slot, groups, slot, 1, node)
        return self._laned[key]

    def _call(self, steps, name, y, a, b, k0, node):
        steps.append(Ins(name, y=y, a=a, b=b, k0=k0, n=len(self.group_of_lane), node=node))

    def _cut(self, loop, start, stop):
        """The loop over some of the rows."""
        used = {slot for ins in loop.body for slot in ins.slots}
        cursors = [
            (slot, self.memory.shifted(base, start * step), step, outer)
            for slot, base, step, outer in loop.cursors
            if slot in used
        ]
        return replace(loop, n=stop - start, cursors=cursors)
