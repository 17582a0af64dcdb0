"""Which items run in one loop, and in which order the loops run.

Items of one iteration space share a loop unless one of them needs the finished result of another:
a sum, or an array read in another order than it is made.  Scalars form runs by the same rule.
"""

import heapq
from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter

from graphcore import _items
from graphcore.lower.items import FLOW, LOOP

_order = attrgetter("order")
MERGE_LIMIT = 400  # groups up to which loops of one space are moved together


@dataclass(eq=False, slots=True, repr=False)
class Group:
    """Items that run in one step (a loop, a scalar run, or one call)."""

    kind: str
    space: tuple
    level: int
    items: list = field(default_factory=list)
    before: set = field(default_factory=set)  # groups that must run earlier
    hard: set = field(default_factory=set)  # those of them whose finished results are needed
    position: int = -1

    def __repr__(self):
        return f"<group {self.position}: {self.kind} over {self.space}, {len(self.items)} items>"


def dependencies(item):
    """``(earlier item, aligned)`` for everything that must have happened before this item."""
    found = []
    for v, aligned in zip(item.inputs, item.aligned, strict=True):
        writers = [w for w in v.array.writers if w.order < item.order]
        flows = (
            len(v.array.writers) == 1
            and writers
            and (
                (aligned and writers[0].kind in FLOW)
                or (item.kind == "scalar" and writers[0].kind == "scalar")
            )
        )
        found += [(w, bool(flows)) for w in writers]
    target = item.out.array
    if len(target.writers) > 1 and not item.info.get("disjoint"):
        for w in _last_writers(target.writers, item):  # overlapping increments may take turns
            found.append((w, item.kind == "increase" and w.kind == "increase"))
        found += [(r, False) for r, _ in target.readers if r.order < item.order]
    return found


def _last_writers(writers, item):
    """The earlier writers of an array that ``item`` waits for; they wait for those before them."""
    end = bisect_left(writers, item.order, key=_order)
    start = end - 1
    while start > 0 and writers[start].info.get("disjoint"):
        start -= 1
    return writers[max(start, 0) : end]


_items.bind_groups(Group, dependencies, FLOW, LOOP)


def group_items(items):
    """Groups in an order that respects every dependency; ``item.group`` is set."""
    groups = _items.grouped(items)
    if len(groups) <= MERGE_LIMIT:
        groups = _merge(groups)
    return _ordered(groups)


def _merge(groups):
    """Move loops of one space (and scalar runs) together where nothing between needs them."""
    buckets = {}
    for g in sorted(groups, key=lambda g: g.level):
        if g.kind != "alone":
            buckets.setdefault((g.kind, g.space), []).append(g)
    gone = set()
    for bucket in buckets.values():
        for i, early in enumerate(bucket):
            for late in bucket[i + 1 :]:
                if not (_reaches(late, early) or _reaches(early, late)):
                    _absorb(late, early, groups, gone)
                    break
    return [g for g in groups if g not in gone]


def _reaches(late, early):
    """Whether ``late`` must wait for ``early`` to end: through others, or for a finished result."""
    if early in late.hard:
        return True
    stack, seen = [g for g in late.before if g is not early], set()
    while stack:
        for g in stack.pop().before:
            if g is early:
                return True
            if g not in seen and g.level >= early.level:
                seen.add(g)
                stack.append(g)
    return False


def _absorb(late, early, groups, gone):
    for item in early.items:
        item.group = late
    late.level = max(late.level, early.level)
    late.items = sorted(early.items + late.items, key=lambda item: item.order)
    late.before |= early.before
    late.hard |= early.hard
    for edges in (late.before, late.hard):
        edges.discard(late)
        edges.discard(early)
    gone.add(early)
    for g in groups:
        if g in gone:
            continue
        for edges in (g.before, g.hard):
            if early in edges:
                edges.discard(early)
                edges.add(late)
    _raise_levels(late, groups, gone)


def _raise_levels(start, groups, gone):
    """Levels stay consistent: every group is above the groups it waits for."""
    waiting = {}
    for g in groups:
        if g not in gone:
            for b in g.before:
                waiting.setdefault(b, []).append(g)
    stack = [start]
    while stack:
        g = stack.pop()
        for h in waiting.get(g, ()):
            if h.level <= g.level:
                h.level = g.level + 1
                stack.append(h)


def _ordered(groups):
    """Topological order, lower levels first."""
    waiting, missing = {}, {}
    for g in groups:
        missing[g] = len(g.before)
        for b in g.before:
            waiting.setdefault(b, []).append(g)
    heap = [(g.level, i, g) for i, g in enumerate(groups) if not missing[g]]
    heapq.heapify(heap)
    count, order = len(groups), []
    while heap:
        _, _, g = heapq.heappop(heap)
        g.position = len(order)
        order.append(g)
        for h in waiting.get(g, ()):
            missing[h] -= 1
            if not missing[h]:
                heapq.heappush(heap, (h.level, count, h))
                count += 1
    if len(order) != len(groups):
        raise AssertionError("the groups of a program wait for each other")
    return order
