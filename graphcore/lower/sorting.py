"""The order of rows in which eight neighbours belong to eight neighbouring lanes.

A lane is a group of rows, or a part of one: rows are dealt to lanes so that eight lanes after eight
are about equally long.  What eight lanes have in common in length fills vectors; what remains of
their groups is dealt again.
"""

import numpy as np

LANES = 8
GAIN, COST, START = 3, 4, 100  # per row in a lane, per lane, and for using lanes at all
ROUNDS = 4
FEW = 64  # rows that are left over: a second loop costs more than lanes of one row


def fill_lanes(index):
    """Deal rows to lanes by the group of each row.

    Parameters
    ----------
    index : ndarray of int
        The group of each row.

    Returns
    -------
    (order, full, lane, group_of_lane) or None
        The order of rows, how many of them fill lanes, the lane of each of these, and the group of
        each lane.  None when it does not pay.

    Examples
    --------
    >>> order, full, lane, group_of_lane = fill_lanes(np.repeat(np.arange(16), 30))
    >>> full, [int(i) for i in order[:8]], [int(i) for i in lane[:8]]
    (480, [0, 30, 60, 90, 120, 150, 180, 210], [0, 1, 2, 3, 4, 5, 6, 7])
    >>> fill_lanes(np.arange(1000)) is None
    True
    """
    rows = np.argsort(index, kind="stable")
    taken, lanes, groups = [], [], []
    for _ in range(ROUNDS):
        sizes = np.bincount(index[rows])
        depth = _best_depth(sizes, START * (not groups))
        if depth is None:
            break
        part, within, part_sizes, part_groups, part_number = _parts(sizes, depth)
        # parts of one group are not neighbours, where others are as long
        by_size = np.lexsort((part_number, -part_sizes))
        deep = np.repeat(part_sizes[by_size[LANES - 1 :: LANES]], LANES)
        used = np.count_nonzero(deep)
        rank = np.empty(len(by_size), dtype=np.int64)
        rank[by_size] = np.arange(len(by_size))
        of_row = rank[part]
        fills = of_row < used
        fills[fills] = within[fills] < deep[of_row[fills]]
        order = np.lexsort((of_row[fills], within[fills], of_row[fills] // LANES))
        taken.append(rows[fills][order])
        lanes.append(of_row[fills][order] + sum(map(len, groups)))
        groups.append(part_groups[by_size[:used]])
        rows, last = rows[~fills], within[~fills]
    if not groups:
        return None
    # of the rest, neighbours are of different groups: no addition waits for the one before it
    rows = rows[np.argsort(last, kind="stable")]
    lanes, groups = np.concatenate(lanes), np.concatenate(groups)
    split = not np.array_equal(groups, np.arange(len(groups)))
    if split and len(rows) <= FEW and len(rows) % LANES == 0:
        lanes = np.append(lanes, len(groups) + np.arange(len(rows)))
        groups = np.append(groups, index[rows])
    return np.concatenate([*taken, rows]), len(lanes), lanes, groups


def _parts(sizes, depth):
    """Rows, ordered by group, cut into parts of at most ``depth`` rows of one group.

    Returns the part of each row and its position there; for each part its size, its group, and
    which part of the group it is.
    """
    counts = -(-sizes // depth)
    groups = np.repeat(np.arange(len(sizes)), counts)
    first = np.cumsum(counts) - counts
    start = np.cumsum(sizes) - sizes
    position = np.arange(sizes.sum()) - np.repeat(start, sizes)
    part = np.repeat(first, sizes) + position // depth
    number = np.arange(len(groups)) - np.repeat(first, counts)
    return part, position % depth, np.bincount(part, minlength=len(groups)), groups, number


def _best_depth(sizes, start):
    """The longest part of a group that pays most; None when nothing pays."""
    values, counts = np.unique(sizes[sizes > 0], return_counts=True)
    if not len(values):
        return None
    candidates = {int(values[-1])}
    for power in range(int(values[-1]).bit_length()):
        candidates |= {1 << power, 3 << power}
    best, chosen = start, None
    for depth in sorted(c for c in candidates if c <= values[-1]):
        gain = _gain(values, counts, depth)
        if gain >= best:
            best, chosen = gain, depth
    return chosen


def _gain(values, counts, depth):
    """What lanes of at most so many rows save, for groups of these sizes."""
    short = values % depth
    sizes = np.append(short, depth)  # of the parts, and how many there are of each
    many = np.append(counts, (counts * (values // depth)).sum()) * (sizes > 0)
    order = np.argsort(-sizes)
    sizes, longer = sizes[order], np.cumsum(many[order])
    eights = longer // LANES  # that are at least so long
    covered = (eights * (sizes - np.append(sizes[1:], 0))).sum() * LANES
    return GAIN * covered - COST * LANES * eights[-1]
