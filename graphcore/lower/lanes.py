"""Rows reordered so that gathers and scatters by a constant index touch neighbours.

In a hierarchical model each observation reads the parameters of its group and adds to their
gradients.  Where everything along the observations is either constant or reduced, their order is
free.  They are sorted so that eight consecutive observations belong to eight consecutive groups
(groups being ranked by size): a gather becomes a load, a scatter-add an addition of eight numbers.
What does not fill eight lanes comes last, in a second loop of the ordinary kind.
"""

from dataclasses import replace

import numpy as np

from graphcore.lower.arrays import Array, View, whole
from graphcore.lower.loops import LoopEmitter
from graphcore.lower.spec import Ins

LANES = 8
LEAST_ROWS = 128  # below this length the order does not matter
ROWS_PER_GROUP = 4  # fewer than this on average, and ranking the groups costs more than it saves
ORDINARY = {"gather_lanes": "gather", "scatter_add_lanes": "scatter_add_d"}


def emit_loop(memory, group, number):
    """The steps of a loop group, its rows reordered where that pays."""
    index = _best_index(group)
    if index is None:
        return LoopEmitter(memory, group, number).run()
    plan = sort_rows(index)
    if plan is None:
        return LoopEmitter(memory, group, number).run()
    return _Reordered(memory, group, number, index, plan).run()


def sort_rows(index):
    """``(order of rows, rows that fill lanes, group of each rank)``; None when it does not pay.

    Examples
    --------
    >>> order, full, groups = sort_rows(np.repeat(np.arange(16), 10))
    >>> full, [int(i) for i in np.repeat(np.arange(16), 10)[order[:8]]]
    (160, [0, 1, 2, 3, 4, 5, 6, 7])
    """
    sizes = np.bincount(index)
    if len(sizes) * ROWS_PER_GROUP > len(index):
        return None
    groups = np.argsort(-sizes, kind="stable")
    rank = np.empty_like(groups)
    rank[groups] = np.arange(len(groups))
    by_rank = np.argsort(rank[index], kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes[groups])])
    least = sizes[groups][LANES - 1 :: LANES]  # the smallest group of every eight
    used = np.repeat(least, LANES)
    within = np.arange(len(index)) - starts[rank[index][by_rank]]
    ranks = rank[index][by_rank]
    fills = np.zeros(len(index), dtype=bool)
    inside = ranks < len(used)
    fills[inside] = within[inside] < used[ranks[inside]]
    full = int(fills.sum())
    if full < len(index) // 2:
        return None
    # first by position within the group, then by rank: neighbours in time add to other groups
    first = by_rank[fills][np.lexsort((ranks[fills], within[fills]))]
    return np.concatenate([first, by_rank[~fills]]), full, groups


def _best_index(group):
    """The constant index by which most gathers and scatters of a reorderable loop go."""
    if len(group.space) != 1 or group.space[0] < LEAST_ROWS:
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
        made_here = item.aligned[i] and view.array.writers and view.array.writers[0].group is group
        constant = view.array.data is not None and view.is_whole
        if not (made_here or constant or (view.array.is_scalar and view.size == 1)):
            stretched = all(s == 0 for s in view.squeezed_strides())
            if not (view.array.is_scalar and stretched):
                return False
    return True


class _Reordered:
    """Rewrites the inputs of a group for the new order of rows and writes its two loops."""

    def __init__(self, memory, group, number, index, plan):
        self.memory, self.group, self.number, self.index = memory, group, number, index
        self.order, self.full, self.groups = plan
        self.before, self.after = [], []
        self._sorted, self._ranked = {}, {}

    def run(self):
        ranks = np.empty(len(self.groups), dtype=np.int64)
        ranks[self.groups] = np.arange(len(self.groups))
        self.rank_of_row = self._constant(ranks[self.index][self.order])
        self.group_of_rank = self._constant(self.groups.astype(np.int64))
        for item in self.group.items:
            self._rewrite(item)
        emitter = LoopEmitter(self.memory, self.group, self.number)
        emitter.straight = False
        steps = emitter.run()
        at = next(i for i, step in enumerate(steps) if step.kind == "loop")
        loops = [replace(steps[at], n=self.full)]
        if self.full < len(self.index):
            loops.append(self._rest(steps[at]))
        return [*self.before, *steps[:at], *loops, *steps[at + 1 :], *self.after]

    def _constant(self, data):
        array = Array(data.shape, "l" if data.dtype.kind in "biu" else "d", "f8", data=data)
        array.place = ("constant", self.memory.constant(data))
        return whole(array)

    def _is_key(self, view):
        data = view.array.data
        return data is self.index or (data is not None and np.array_equal(data, self.index))

    def _rewrite(self, item):
        streams = item.streams
        key = {"gather": 1, "scatter": 0}.get(item.kind)
        by_key = key is not None and self._is_key(item.inputs[key])
        for i in streams:
            view = item.inputs[i]
            if view.array.data is not None and not view.array.is_scalar:
                item.inputs[i] = self.rank_of_row if i == key and by_key else self._reorder(view)
        if by_key and item.kind == "gather":
            item.op = "gather_lanes"
            item.inputs[0] = self._by_rank(item.inputs[0], item.node)
        elif by_key:
            item.op = "scatter_add_lanes"
            item.out = self._collect(item.out, item.node)

    def _reorder(self, view):
        array = view.array
        if array not in self._sorted:
            data = np.ascontiguousarray(array.data.reshape(-1)[self.order])
            new = Array(data.shape, array.lane, array.memory, data=data)
            new.place = ("constant", self.memory.constant(data))
            self._sorted[array] = whole(new)
        return self._sorted[array]

    def _work(self):
        array = Array(self.groups.shape, "d", place=("work",))
        array.offset = self.memory.reserve(8 * len(self.groups))
        return array

    def _by_rank(self, base, node):
        """The base of a gather, its elements in the order of ranks."""
        key = (base.array, base.offset, base.strides)
        if key not in self._ranked:
            new = self._work()
            self.before.append(
                Ins(
                    "gather",
                    y=self.memory.array_slot(new),
                    a=self.memory.array_slot(base.array, base.offset),
                    b=self.memory.array_slot(self.group_of_rank.array),
                    k0=0 if base.array.is_scalar else base.strides[0],
                    n=len(self.groups),
                    node=node,
                )
            )
            self._ranked[key] = whole(new)
        return self._ranked[key]

    def _collect(self, out, node):
        """Sums in the order of ranks, added to the real target afterwards."""
        new = self._work()
        slot = self.memory.array_slot(new)
        zero = self.memory.cell_slot(self.memory.constant_cell(0.0, "d"))
        self.before.append(Ins("mov_s", y=slot, a=zero, n=len(self.groups), node=node))
        target = self.memory.array_slot(out.array)
        groups = self.memory.array_slot(self.group_of_rank.array)
        self.after.append(
            Ins("scatter_add_d", y=target, a=groups, b=slot, k0=1, n=len(self.groups), node=node)
        )
        return View(new, new.shape, (1,))

    def _rest(self, loop):
        """The loop over the rows that do not fill lanes: same body, ordinary kernels."""
        body = []
        for ins in loop.body:
            name = ORDINARY.get(ins.name)
            body.append(replace(ins, name=name, k0=1) if name else ins)
        cursors = [
            (slot, self.memory.shifted(base, self.full * step), step, outer)
            for slot, base, step, outer in loop.cursors
        ]
        return replace(loop, n=len(self.index) - self.full, body=body, cursors=cursors)
