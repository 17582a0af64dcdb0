"""A table of windows in three dimensions, neighbourhoods, triangular factors, truth values, loops.

By shape, element type and layout against NumPy, and gradients by complex steps.
"""

import itertools

import cells
import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.tensor import nnet

RNG = np.random.default_rng
VOLUMES = [(1, 1, 2, 2, 2), (2, 2, 3, 2, 4), (1, 3, 2, 3, 2), (0, 1, 2, 2, 2)]
BOXES = [(2, 2, 2), (3, 2, 4), (1, 3, 3, 2), (2, 1, 2, 4, 2), (0, 2, 2, 2)]
IMAGES = [(1, 1, 2, 2), (2, 1, 4, 2), (1, 3, 2, 4), (0, 2, 4, 4)]
SQUARES = [(1, 1), (2, 2), (3, 3), (5, 5), (0, 0), (2, 3, 3)]
LINES = [(1,), (2,), (5,), (4, 3), (6, 1), (3, 2, 2)]


def filters(shape):
    return RNG(9).normal(size=(2, shape[1], 2, 2, 2))


# -- references ---------------------------------------------------------------------------------


def windows(x, size, step=(1, 1, 1), spread=(1, 1, 1)):
    """All windows of the last three axes: counts of places, then the window, as the last axes."""
    reach = [(n - 1) * k + 1 for n, k in zip(size, spread, strict=True)]
    counts = [(n - r) // k + 1 for n, r, k in zip(x.shape[-3:], reach, step, strict=True)]
    out = np.zeros((*x.shape[:-3], *counts, *size), x.dtype)
    for at in np.ndindex(*counts):
        part = tuple(
            slice(i * k, i * k + r, s) for i, k, r, s in zip(at, step, reach, spread, strict=True)
        )
        out[(..., *at, slice(None), slice(None), slice(None))] = x[(..., *part)]
    return out


def correlate(x, w, pad=(0, 0, 0), step=(1, 1, 1), spread=(1, 1, 1)):
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    return np.einsum("bcijkxyz,ocxyz->boijk", windows(x, w.shape[2:], step, spread), w)


def turned(w):
    return w[:, :, ::-1, ::-1, ::-1]


def pool(x, size, take, step=None, pad=(0, 0, 0), fill=0.0):
    around = [(0, 0)] * (x.ndim - 3) + [(p, p) for p in pad]
    found = windows(np.pad(x, around, constant_values=fill), size, step or size)
    return take(found.reshape(*found.shape[:-3], int(np.prod(size))))


def neighbours(x, size, step=None, pad=(0, 0)):
    """A row per window, image by image and channel by channel."""
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    found = windows(x[:, :, None], (1, *size), (1, *(step or size)))
    return found.reshape(-1, size[0] * size[1])


def lu(a):
    """Factors with the pivots of the real part, by elimination."""
    if a.ndim > 2:
        return [np.stack(parts) for parts in zip(*map(lu, a), strict=True)]
    n = len(a)
    order, up, low = np.arange(n), a.copy(), np.zeros_like(a)
    for k in range(n):
        best = k + np.abs(up[k:, k].real).argmax()
        for v in (order, up, low):
            v[[k, best]] = v[[best, k]]
        low[k, k] = 1
        low[k + 1 :, k] = up[k + 1 :, k] / up[k, k]
        up[k + 1 :] = up[k + 1 :] - low[k + 1 :, k : k + 1] * up[k]
    return [np.eye(n)[:, order] + 0 * a, low, up]


def permuted(a):
    p, low, up = lu(a)
    return [p @ low, up]


def loop(step, rows, *states, back=False):
    """All the states of a loop over rows."""
    rows = rows[::-1] if back else rows
    found = []
    for row in rows:
        states = step(row, *states)
        found.append(states)
    return [np.stack(column) for column in zip(*found, strict=True)]


def two_back(x):
    """Every row is the sum of the row, half the last result and a tenth of the one before."""
    a, b = 0 * x[0], 0 * x[0] + 1.0
    found = []
    for row in x:
        a, b = b, np.sin(row) + 0.5 * b + 0.1 * a
        found.append(b)
    return np.stack(found)


def until_large(x):
    found, total = [], 0 * x[0]
    for row in x:
        total = total + row * row
        found.append(total)
        if total.real.sum() > 2:
            break
    return np.stack(found)


# name: (of symbolic arrays, of NumPy's, shapes)
TABLE = {
    "pool max": (
        lambda x: tt.signal.pool.pool_3d(x, (2, 2, 2), ignore_border=True),
        lambda x: pool(x, (2, 2, 2), cells.largest), BOXES,
    ),
    "pool steps": (
        lambda x: tt.signal.pool.pool_3d(x, (1, 2, 2), True, stride=(1, 1, 2)),
        lambda x: pool(x, (1, 2, 2), cells.largest, (1, 1, 2)), BOXES,
    ),
    "pool padded": (
        lambda x: tt.signal.pool.pool_3d(x, (2, 2, 2), True, pad=(1, 0, 1)),
        lambda x: pool(x, (2, 2, 2), cells.largest, pad=(1, 0, 1), fill=-np.inf), BOXES,
    ),
    "pool sum": (
        lambda x: tt.signal.pool.pool_3d(x, (2, 1, 2), True, mode="sum"),
        lambda x: pool(x, (2, 1, 2), lambda p: p.sum(-1)), BOXES,
    ),
    "pool mean": (
        lambda x: tt.signal.pool.pool_3d(x, (2, 2, 2), True, pad=(0, 1, 0), mode="average_inc_pad"),
        lambda x: pool(x, (2, 2, 2), lambda p: p.mean(-1), pad=(0, 1, 0)), BOXES,
    ),
    "neighbours": (
        lambda x: nnet.neighbours.images2neibs(x, (2, 2)), lambda x: neighbours(x, (2, 2)), IMAGES,
    ),
    "neighbours that overlap": (
        lambda x: nnet.neighbours.images2neibs(x, (2, 1), (1, 1)),
        lambda x: neighbours(x, (2, 1), (1, 1)), IMAGES,
    ),
    "neighbours with borders": (
        lambda x: nnet.neighbours.images2neibs(x, (3, 3), (1, 1), mode="half"),
        lambda x: neighbours(x, (3, 3), (1, 1), (1, 1)), IMAGES,
    ),
    "neighbours all around": (
        lambda x: nnet.neighbours.images2neibs(x, (2, 2), (1, 1), mode="full"),
        lambda x: neighbours(x, (2, 2), (1, 1), (1, 1)), IMAGES,
    ),
    "and back": (
        lambda x: nnet.neighbours.neibs2images(
            tt.sin(nnet.neighbours.images2neibs(x, (2, 2))), (2, 2), x.shape
        ),
        lambda x: np.sin(x), IMAGES,
    ),
    "lu": (tt.linalg.lu, lu, SQUARES),
    "lu permuted": (lambda a: tt.linalg.lu(a, permute_l=True), permuted, SQUARES),
    "loop": (
        lambda x: graphcore.scan(lambda v, s: tt.tanh(v + 0.5 * s), x, tt.zeros_like(x[0]))[0],
        lambda x: loop(lambda v, s: (np.tanh(v + 0.5 * s),), x, 0 * x[0])[0], LINES,
    ),
    "loop backwards": (
        lambda x: graphcore.scan(
            lambda v, s: v * s + 1.0, x, tt.ones_like(x[0]), go_backwards=True
        )[0],
        lambda x: loop(lambda v, s: (v * s + 1,), x, 0 * x[0] + 1.0, back=True)[0], LINES,
    ),
    "loop of two": (
        lambda x: graphcore.scan(
            lambda v, s, t: [s + v * t, tt.cos(s) + v], x, [tt.zeros_like(x[0])] * 2
        )[0],
        lambda x: loop(lambda v, s, t: (s + v * t, np.cos(s) + v), x, 0 * x[0], 0 * x[0]), LINES,
    ),
    "loop that looks further back": (
        lambda x: graphcore.scan(
            lambda v, a, b: tt.sin(v) + 0.5 * b + 0.1 * a, x,
            {"initial": tt.stack([tt.zeros_like(x[0]), tt.ones_like(x[0])]), "taps": [-2, -1]},
        )[0],
        two_back, LINES,
    ),
    "loop over neighbours": (
        lambda x: graphcore.scan(
            lambda a, b, s: s + a * b, {"input": x, "taps": [-1, 0]}, tt.zeros_like(x[0])
        )[0],
        lambda x: np.cumsum(x[:-1] * x[1:], 0), [s for s in LINES if s[0] > 1],
    ),
    "loop of powers": (
        lambda x: graphcore.scan(lambda s, v: s * v, None, tt.ones_like(x), x, n_steps=4)[0],
        lambda x: np.stack([x, x**2, x**3, x**4]), LINES,
    ),
    "loop that stops": (
        lambda x: graphcore.scan(
            lambda v, s: (s + v * v, graphcore.scan_module.until((s + v * v).sum() > 2)),
            x, tt.zeros_like(x[0]),
        )[0],
        until_large, LINES,
    ),
    "map": (lambda x: graphcore.map(lambda v: v * tt.exp(v), x)[0], lambda x: x * np.exp(x), LINES),
    "reduce": (
        lambda x: graphcore.reduce(lambda v, s: s * 0.5 + v**2, x, tt.zeros_like(x[0]))[0],
        lambda x: loop(lambda v, s: (s * 0.5 + v**2,), x, 0 * x[0])[0][-1], LINES,
    ),
    "foldr": (
        lambda x: graphcore.foldr(lambda v, s: s * 0.5 + v**2, x, tt.zeros_like(x[0]))[0],
        lambda x: loop(lambda v, s: (s * 0.5 + v**2,), x, 0 * x[0], back=True)[0][-1], LINES,
    ),
}  # fmt: skip

CONVOLUTIONS = {
    "valid": (nnet.conv3d, lambda x, w: correlate(x, turned(w))),
    "correlation": (lambda x, w: nnet.conv3d(x, w, filter_flip=False), correlate),
    "full": (
        lambda x, w: nnet.conv3d(x, w, border_mode="full"),
        lambda x, w: correlate(x, turned(w), (1, 1, 1)),
    ),
    "half": (
        lambda x, w: nnet.conv3d(x, w, border_mode="half"),
        lambda x, w: correlate(x, turned(w), (1, 1, 1)),
    ),
    "steps": (
        lambda x, w: nnet.conv3d(x, w, subsample=(2, 1, 2), border_mode=(1, 0, 1)),
        lambda x, w: correlate(x, turned(w), (1, 0, 1), (2, 1, 2)),
    ),
    "dilated": (
        lambda x, w: nnet.conv3d(x, w, filter_dilation=(1, 2, 1), border_mode=(0, 1, 1)),
        lambda x, w: correlate(x, turned(w), (0, 1, 1), (1, 1, 1), (1, 2, 1)),
    ),
}

TRUTHS = {
    "and": (lambda a, b: a & b, lambda a, b: a & b),
    "or": (lambda a, b: a | b, lambda a, b: a | b),
    "xor": (lambda a, b: a ^ b, lambda a, b: a ^ b),
    "not": (lambda a, b: ~a, lambda a, b: ~a),
    "eq": (tt.eq, lambda a, b: a == b),
    "lt": (tt.lt, lambda a, b: a < b),
    "maximum": (tt.maximum, np.maximum),
    "minimum": (tt.minimum, np.minimum),
    "where": (lambda a, b: tt.where(a, b, ~b), lambda a, b: np.where(a, b, ~b)),
    "numbers": (lambda a, b: tt.where(a, 2.5, -1.0), lambda a, b: np.where(a, 2.5, -1.0)),
    "all": (lambda a, b: tt.all(a, axis=-1), lambda a, b: a.all(-1)),
    "any": (lambda a, b: tt.any(a, axis=0), lambda a, b: a.any(0)),
    "sum": (lambda a, b: tt.sum(a, axis=0), lambda a, b: a.sum(0)),
    "mean": (lambda a, b: tt.mean(a, axis=-1), lambda a, b: a.mean(-1)),
    "cumsum": (lambda a, b: tt.cumsum(a, axis=0), lambda a, b: np.cumsum(a, 0)),
    "argmax": (lambda a, b: tt.argmax(a, axis=-1), lambda a, b: a.argmax(-1)),
    "sort": (lambda a, b: tt.sort(a, axis=0), lambda a, b: np.sort(a, 0)),
    "plus": (lambda a, b: a + 1, lambda a, b: a + 1),
    "times": (lambda a, b: a * b * 1.5, lambda a, b: a * b * 1.5),
    "float": (lambda a, b: a.astype("float64"), lambda a, b: a.astype("float64")),
    "backwards": (lambda a, b: a[::-1], lambda a, b: a[::-1]),
    "joined": (lambda a, b: tt.concatenate([a, b]), lambda a, b: np.concatenate([a, b])),
    "turned": (lambda a, b: a.T, lambda a, b: a.T),
    "written": (
        lambda a, b: tt.set_subtensor(a[:1], True),
        lambda a, b: np.r_[a[:1] | True, a[1:]],
    ),
    "repeated": (lambda a, b: tt.repeat(a, 2, axis=0), lambda a, b: a.repeat(2, 0)),
}


@pytest.mark.parametrize(("name", "shape"), cells.params(TABLE))
def test_values_and_layouts(name, shape):
    make, plain, _ = TABLE[name]
    cells.assert_values(make, plain, [cells.distinct(shape)])


@pytest.mark.parametrize("dtype", ["float32", "int64", "int8"])
@pytest.mark.parametrize(
    "name", [n for n in TABLE if "loop" not in n and n not in ("reduce", "foldr")]
)
def test_element_types(name, dtype):
    make, plain, shapes = TABLE[name]
    for shape in shapes[1:3]:
        x = (10 * cells.distinct(shape)).astype(dtype)
        cells.assert_values(make, lambda a: plain(a.astype("float64")), [x])


@pytest.mark.parametrize("shape", VOLUMES, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name, shape):
    cells.assert_values(*CONVOLUTIONS[name], [cells.distinct(shape), filters(shape)])


@pytest.mark.parametrize("shape", [(1,), (5,), (3, 1), (1, 4), (3, 4), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", TRUTHS)
def test_truth_values(name, shape):
    a, b = (RNG(i).random(shape) < 0.5 for i in range(2))
    cells.assert_values(*TRUTHS[name], [a, b])


def test_gradients_by_complex_steps():
    cases = [
        (*TABLE[name][:2], [cells.distinct(shape)], f"{name} {shape}")
        for name, shape in (cell.values for cell in cells.params(TABLE))
    ]
    for (name, case), shape in itertools.product(CONVOLUTIONS.items(), VOLUMES[:3]):
        cases.append((*case, [cells.distinct(shape), filters(shape)], f"{name} {shape}"))
    assert cells.count_gradients(cases) > 1500
