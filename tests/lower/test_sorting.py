"""Rows dealt to lanes: every row once, eights of neighbouring lanes, most rows in them."""

import numpy as np
import pytest

from graphcore.lower.sorting import LANES, fill_lanes

CASES = {  # index of every row, and the share of rows that must fill lanes
    "sorted": (lambda rng: np.sort(rng.integers(0, 85, 919)), 0.9),
    "shuffled": (lambda rng: rng.integers(0, 85, 919), 0.9),
    "rectangular": (lambda rng: np.tile(np.arange(40), 25), 1.0),
    "two groups": (lambda rng: rng.integers(0, 2, 500), 0.95),
    "one group": (lambda rng: np.zeros(800, int), 1.0),
    "nine groups": (lambda rng: rng.integers(0, 9, 500), 0.9),
    "empty groups": (lambda rng: rng.choice([3, 7, 11, *range(20, 60)], 1000), 0.9),
    "one large group": (
        lambda rng: np.concatenate([np.zeros(600, int), rng.integers(0, 30, 600)]),
        0.9,
    ),
    "very different sizes": (
        lambda rng: rng.choice(60, 3000, p=rng.dirichlet(np.full(60, 0.3))),
        0.9,
    ),
    "many small groups": (lambda rng: rng.integers(0, 500, 2000), 0.5),
}


@pytest.mark.parametrize("kind", CASES)
def test_rows_are_dealt_to_neighbouring_lanes(kind):
    make, share = CASES[kind]
    index = make(np.random.default_rng(0))
    order, full, lane, group_of_lane = fill_lanes(index)
    assert sorted(order) == list(range(len(index)))
    assert len(lane) == full and full >= share * len(index)
    eights = lane.reshape(-1, LANES)
    np.testing.assert_array_equal(eights, eights[:, :1] + np.arange(LANES))
    np.testing.assert_array_equal(group_of_lane[lane], index[order[:full]])
    assert lane.max() + 1 == len(group_of_lane)
    if kind == "rectangular":  # nothing has to be put into another order
        np.testing.assert_array_equal(group_of_lane, np.arange(40))


@pytest.mark.parametrize("index", [np.arange(2000), np.zeros(0, int), np.arange(30)])
def test_groups_of_single_rows_stay_as_they_are(index):
    assert fill_lanes(index) is None


def test_few_rows_left_over_get_lanes_of_their_own():
    rng = np.random.default_rng(4)
    index = np.repeat(np.arange(50), rng.permutation(np.repeat([19, 20, 21], [14, 22, 14])))
    assert len(index) == 1000
    order, full, lane, group_of_lane = fill_lanes(index)
    assert full == 1000 and sorted(order) == list(range(1000))
    np.testing.assert_array_equal(group_of_lane[lane], index[order])
    assert fill_lanes(index[:-3])[1] < 997  # what is no eight stays behind
