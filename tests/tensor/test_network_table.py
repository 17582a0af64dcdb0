"""A table of networks' functions: activations, losses, windows, transforms, quantiles.

By shape, element type and layout against NumPy, and gradients by complex steps.  Functions with
corners are compared by the real parts on which NumPy's reference decides.
"""

import cells
import numpy as np
import pytest

import graphcore.tensor as tt
from graphcore.tensor import nnet

RNG = np.random.default_rng
ROWS = [(1, 1), (3, 4), (1, 5), (4, 1), (0, 3)]
ANY = [(), (0,), (1,), (5,), (3, 1), (1, 4), (2, 3), (0, 3), (2, 3, 4)]
PLANES = [(1, 1), (2, 3), (5, 4), (0, 4), (3, 2, 4), (2, 1, 5, 6), (0, 1, 3, 3)]
IMAGES = [(1, 1, 3, 2), (2, 2, 4, 3), (0, 2, 4, 4), (1, 1, 3, 5)]


def whole(shape, dtype):
    return RNG(5).integers(0, 3, shape).astype(dtype)


# -- references ---------------------------------------------------------------------------------


def where(x, above, below):
    return np.where(x.real > 0, above, below)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - x.real.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def logsumexp(x, axis=-1):
    return np.log(np.exp(x).sum(axis, keepdims=True))


def hard_sigmoid(x):
    y = 0.2 * x + 0.5
    return np.where(y.real > 1, 1.0, np.where(y.real < 0, 0.0, y))


def normalised(x, axes):
    mean = x.mean(axes, keepdims=True)
    var = ((x - mean) ** 2).mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-4)


def correlate(x, w, step=(1, 1), spread=(1, 1)):
    """The definition of a correlation, place by place."""
    rows, columns = ((w.shape[i] - 1) * spread[i - 2] + 1 for i in (2, 3))
    height = (x.shape[2] - rows) // step[0] + 1
    width = (x.shape[3] - columns) // step[1] + 1
    out = np.zeros((x.shape[0], w.shape[0], height, width), np.result_type(x, w))
    for i, j in np.ndindex(height, width):
        part = x[:, :, i * step[0] :, j * step[1] :]
        part = part[:, :, : rows : spread[0], : columns : spread[1]]
        out[:, :, i, j] = np.einsum("bcij,ocij->bo", part, w)
    return out


def around(x, rows, columns):
    return np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))


def turned(w):
    return w[:, :, ::-1, ::-1]


def pool(x, size, take, step=None, pad=(0, 0), fill=0.0, cut=True):
    """``take`` of the elements of every window of the last two axes."""
    step = step or size
    x = np.pad(
        x, [(0, 0)] * (x.ndim - 2) + [(p, p) for p in pad], constant_values=fill
    )  # fmt: skip
    counts = [
        max((n - w) // s + 1, 0) if cut else -(-max(n - w, 0) // s) + 1 if n else 0
        for n, w, s in zip(x.shape[-2:], size, step, strict=True)
    ]
    out = np.zeros((*x.shape[:-2], *counts), x.dtype)
    for i, j in np.ndindex(*counts):
        part = x[..., i * step[0] : i * step[0] + size[0], j * step[1] : j * step[1] + size[1]]
        out[..., i, j] = take(part.reshape(*x.shape[:-2], part.shape[-2] * part.shape[-1]))
    return out


def along(m, x, axis):
    """The product of a matrix and the vectors along an axis."""
    return np.moveaxis(np.tensordot(m, x, (1, axis)), 0, axis)


def transform(x, axes):
    """The discrete Fourier transform by its definition: cosines and sines, as the last axis."""
    cosine, sine = x, 0 * x
    for axis in axes:
        n = x.shape[axis]
        angle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n
        c, s = np.cos(angle), np.sin(angle)
        cosine, sine = (
            along(c, cosine, axis) + along(s, sine, axis),
            along(c, sine, axis) - along(s, cosine, axis),
        )
    half = [slice(None)] * (x.ndim - 1) + [slice(0, x.shape[-1] // 2 + 1)]
    return np.stack([cosine[tuple(half)], sine[tuple(half)]], -1)


def inverse(y, odd):
    """Of one axis: the sum of cosines and sines with the two halves of the spectrum."""
    m = y.shape[-2]
    n = 2 * (m - 1) + odd
    k = np.arange(m)
    weight = np.where((k == 0) | ((k == m - 1) & (not odd)), 1.0, 2.0) / n
    angle = 2 * np.pi * np.outer(k, np.arange(n)) / n
    return (y[..., 0] * weight) @ np.cos(angle) - (y[..., 1] * weight) @ np.sin(angle)


def quantile(x, part, axis):
    """By order of the real parts, and the straight line between neighbours."""
    x = np.moveaxis(x, axis, 0)
    x = np.take_along_axis(x, np.argsort(x.real, 0), 0)
    place = part * (len(x) - 1)
    low = int(np.floor(place))
    high = min(low + 1, len(x) - 1)
    return x[low] + (x[high] - x[low]) * (place - low)


# name: (of symbolic arrays, of NumPy's, shapes)
TABLE = {
    "softmax": (nnet.softmax, softmax, ROWS),
    "softmax 0": (
        lambda x: tt.softmax(x, axis=0), lambda x: softmax(x, 0), [(1, 1), (3, 4), (2, 3, 4)],
    ),
    "logsoftmax": (nnet.logsoftmax, lambda x: x - logsumexp(x), ROWS),
    "softmax_with_bias": (
        lambda x: nnet.softmax_with_bias(x, x[0] * 2), lambda x: softmax(x + x[0] * 2), ROWS[:-1],
    ),
    "logsumexp": (
        lambda x: tt.logsumexp(x, axis=-1, keepdims=True), logsumexp,
        [s for s in ANY if s and s[-1]],
    ),
    "relu": (nnet.relu, lambda x: where(x, x, 0.0), ANY),
    "leaky relu": (lambda x: nnet.relu(x, 0.1), lambda x: where(x, x, 0.1 * x), ANY),
    "elu": (nnet.elu, lambda x: where(x, x, np.expm1(x)), ANY),
    "selu": (
        nnet.selu,
        lambda x: 1.0507009873554805 * where(x, x, 1.6732632423543772 * np.expm1(x)),
        ANY,
    ),
    "hard_sigmoid": (nnet.hard_sigmoid, hard_sigmoid, ANY),
    "softsign": (nnet.softsign, lambda x: x / (1 + where(x, x, -x)), ANY),
    "softplus": (nnet.softplus, lambda x: np.log(1 + np.exp(x)), ANY),
    "sigmoid": (nnet.sigmoid, sigmoid, ANY),
    "binary_crossentropy": (
        lambda x: nnet.binary_crossentropy(nnet.sigmoid(x), 0.3),
        lambda x: -(0.3 * np.log(sigmoid(x)) + 0.7 * np.log(1 - sigmoid(x))), ANY,
    ),
    "sigmoid_binary_crossentropy": (
        lambda x: nnet.sigmoid_binary_crossentropy(x, 0.3),
        lambda x: -(0.3 * np.log(sigmoid(x)) + 0.7 * np.log(1 - sigmoid(x))), ANY,
    ),
    "categorical_crossentropy": (
        lambda x: nnet.categorical_crossentropy(nnet.softmax(x), nnet.softmax(2 * x)),
        lambda x: -(softmax(2 * x) * np.log(softmax(x))).sum(-1), ROWS,
    ),
    "one of several": (
        lambda x: nnet.categorical_crossentropy(
            nnet.softmax(x), tt.zeros((x.shape[0],), dtype="int64")
        ),
        lambda x: -np.log(softmax(x))[:, 0], ROWS,
    ),
    "batch_normalization": (
        lambda x: nnet.batch_normalization_train(x, 2.0 + 0 * x[0:1], 0.5 + 0 * x[0:1])[0],
        lambda x: normalised(x, (0,)) * 2 + 0.5, [(1, 1), (3, 4), (2, 3, 4), (2, 3, 4, 5)],
    ),
    "spatial normalization": (
        lambda x: nnet.batch_normalization_train(
            x, tt.ones((1, x.shape[1], 1, 1)), tt.zeros((1, x.shape[1], 1, 1)), "spatial"
        )[0],
        lambda x: normalised(x, (0, 2, 3)), [(1, 1, 3, 2), (2, 3, 4, 5)],
    ),
    "normalization known": (
        lambda x: nnet.batch_normalization_test(
            x, 2.0 + 0 * x[0:1], x[0:1], x[0:1] * 1.0, x[0:1] ** 2
        ),
        lambda x: (x - x[0:1]) / np.sqrt(x[0:1] ** 2 + 1e-4) * 2 + x[0:1],
        [(1, 1), (3, 4), (2, 3, 4)],
    ),
    "pool max": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 2), ignore_border=True),
        lambda x: pool(x, (2, 2), cells.largest), PLANES,
    ),
    "pool border": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 3), ignore_border=False),
        lambda x: pool(x, (2, 3), cells.largest, cut=False), [s for s in PLANES if 0 not in s],
    ),
    "pool steps": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 2), True, stride=(1, 2)),
        lambda x: pool(x, (2, 2), cells.largest, (1, 2)), PLANES,
    ),
    "pool padded": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 2), True, pad=(1, 1)),
        lambda x: pool(x, (2, 2), cells.largest, pad=(1, 1), fill=-np.inf), PLANES,
    ),
    "pool sum": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 2), True, mode="sum"),
        lambda x: pool(x, (2, 2), lambda p: p.sum(-1)), PLANES,
    ),
    "pool mean": (
        lambda x: tt.signal.pool.pool_2d(x, (2, 2), True, pad=(1, 1), mode="average_inc_pad"),
        lambda x: pool(x, (2, 2), lambda p: p.mean(-1), pad=(1, 1)), PLANES,
    ),
    "rfft": (tt.fft.rfft, lambda x: transform(x, (1,)), [(1, 1), (2, 4), (1, 5), (3, 6), (0, 4)]),
    "rfft two axes": (tt.fft.rfft, lambda x: transform(x, (1, 2)), [(1, 3, 4), (2, 2, 5)]),
    "irfft": (tt.fft.irfft, lambda y: inverse(y, False), [(1, 3, 2), (2, 4, 2), (3, 2, 2)]),
    "irfft odd": (
        lambda y: tt.fft.irfft(y, is_odd=True), lambda y: inverse(y, True),
        [(1, 3, 2), (2, 4, 2), (3, 1, 2)],
    ),
    "quantile": (
        lambda x: tt.quantile(x, 0.3, axis=0), lambda x: quantile(x, 0.3, 0),
        [s for s in ANY if s and s[0]],
    ),
    "percentile": (
        lambda x: tt.percentile(x, 75.0, axis=-1), lambda x: quantile(x, 0.75, -1),
        [s for s in ANY if s and s[-1]],
    ),
    "quantile of all": (
        lambda x: tt.quantile(x, 0.9), lambda x: quantile(x.ravel(), 0.9, 0),
        [s for s in ANY if 0 not in s],
    ),
}  # fmt: skip

# name: (of images and filters, of NumPy's)
CONVOLUTIONS = {
    "valid": (nnet.conv2d, lambda x, w: correlate(x, turned(w))),
    "correlation": (lambda x, w: nnet.conv2d(x, w, filter_flip=False), correlate),
    "full": (
        lambda x, w: nnet.conv2d(x, w, border_mode="full"),
        lambda x, w: correlate(around(x, w.shape[2] - 1, w.shape[3] - 1), turned(w)),
    ),
    "half": (
        lambda x, w: nnet.conv2d(x, w, border_mode="half"),
        lambda x, w: correlate(around(x, w.shape[2] // 2, w.shape[3] // 2), turned(w)),
    ),
    "steps": (
        lambda x, w: nnet.conv2d(x, w, subsample=(2, 1), border_mode=(1, 0)),
        lambda x, w: correlate(around(x, 1, 0), turned(w), (2, 1)),
    ),
    "dilated": (
        lambda x, w: nnet.conv2d(x, w, filter_dilation=(2, 1), border_mode=(1, 1)),
        lambda x, w: correlate(around(x, 1, 1), turned(w), (1, 1), (2, 1)),
    ),
}


def _filters(shape):
    return RNG(9).normal(size=(2, shape[1], 2, 2))


@pytest.mark.parametrize(("name", "shape"), cells.params(TABLE))
def test_values_and_layouts(name, shape):
    make, plain, _ = TABLE[name]
    with np.errstate(all="ignore"):
        cells.assert_values(make, plain, [cells.distinct(shape)])


@pytest.mark.parametrize("dtype", ["float32", "int64", "int8", "uint16"])
@pytest.mark.parametrize("name", TABLE)
def test_element_types(name, dtype):
    make, plain, shapes = TABLE[name]
    for shape in shapes[1:3]:
        x = cells.distinct(shape).astype(dtype) if dtype == "float32" else whole(shape, dtype)
        cells.assert_values(make, lambda a: plain(a.astype("float64")), [x])


@pytest.mark.parametrize("shape", IMAGES, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name, shape):
    make, plain = CONVOLUTIONS[name]
    cells.assert_values(make, plain, [cells.distinct(shape), _filters(shape)])


@pytest.mark.parametrize("dtype", ["float32", "int64", "int8"])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_by_element_type(name, dtype):
    make, plain = CONVOLUTIONS[name]
    arrays = [whole(s, dtype) for s in ((2, 3, 4, 5), (2, 3, 2, 2))]
    cells.assert_values(make, lambda *a: plain(*(x.astype("float64") for x in a)), arrays)


def test_gradients_by_complex_steps():
    cases = [
        (*TABLE[name][:2], [cells.distinct(shape)], f"{name} {shape}")
        for name, shape in (cell.values for cell in cells.params(TABLE))
    ]
    for name, case in CONVOLUTIONS.items():
        cases += [(*case, [cells.distinct(s), _filters(s)], f"{name} {s}") for s in IMAGES]
    assert cells.count_gradients(cases) > 1500
