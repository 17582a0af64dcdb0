"""Convolutions, pooling, neighbourhoods, batch normalisation and Fourier transforms."""

import numpy as np
import pytest
import scipy.signal

import graphcore
import graphcore.tensor as tt

RNG = np.random.default_rng(7)
X, W = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(4, 3, 3, 2))


def correlate(x, w, step, spread):
    """The definition, place by place."""
    rows, columns = ((w.shape[i] - 1) * spread[i - 2] + 1 for i in (2, 3))
    height = (x.shape[2] - rows) // step[0] + 1
    width = (x.shape[3] - columns) // step[1] + 1
    out = np.zeros((x.shape[0], w.shape[0], height, width))
    for i, j in np.ndindex(height, width):
        part = x[:, :, i * step[0] :, j * step[1] :]
        part = part[:, :, : rows : spread[0], : columns : spread[1]]
        out[:, :, i, j] = np.einsum("bcij,ocij->bo", part, w)
    return out


BORDERS = {
    "valid": ((0, 0), (0, 0)),
    "full": ((2, 2), (1, 1)),
    "half": ((1, 1), (1, 1)),
    (2, 1): ((2, 2), (1, 1)),
    ((0, 2), (1, 0)): ((0, 2), (1, 0)),
}


@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("step", [(1, 1), (2, 3)])
@pytest.mark.parametrize("mode", BORDERS)
def test_conv2d(mode, step, static):
    x, w = (tt.tensor("float64", a.shape if static else (None,) * 4) for a in (X, W))
    y = tt.nnet.conv2d(x, w, border_mode=mode, subsample=step)
    z = tt.nnet.conv2d(x, w, border_mode=mode, subsample=step, filter_flip=False)
    found, turned = graphcore.function([x, w], [y, z])(X, W)
    around = np.pad(X, ((0, 0), (0, 0), *BORDERS[mode]))
    np.testing.assert_allclose(turned, correlate(around, W, step, (1, 1)), rtol=1e-12, atol=1e-13)
    flipped = W[:, :, ::-1, ::-1]
    np.testing.assert_allclose(
        found, correlate(around, flipped, step, (1, 1)), rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize("spread", [(1, 1), (2, 1)])
@pytest.mark.parametrize("mode", ["valid", "full", (1, 1)])
@pytest.mark.parametrize("step", [(1, 1), (2, 2)])
def test_transposes_of_convolutions_are_their_derivatives(mode, step, spread):
    x, w = tt.tensor4("x"), tt.tensor4("w")
    options = {"border_mode": mode, "subsample": step, "filter_dilation": spread}
    y = tt.nnet.conv2d(x, w, **options)
    g = tt.tensor4("g")
    by_x, by_w = graphcore.grad(tt.sum(y * g), [x, w])
    conv = tt.nnet.abstract_conv
    also_x = conv.conv2d_grad_wrt_inputs(g, w, X.shape, **options)
    also_w = conv.conv2d_grad_wrt_weights(x, g, W.shape, **options)
    size = y.eval({x: X, w: W}).shape
    f = graphcore.function([x, w, g], [by_x, also_x, by_w, also_w])
    arrays = X, W, RNG.normal(size=size)
    a, b, c, d = f(*arrays)
    np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(d, c, rtol=1e-12, atol=1e-13)
    options.pop("num_groups", None)
    by_x = conv.AbstractConv2d_gradInputs(**options)(w, g, X.shape[2:])
    by_w = conv.AbstractConv2d_gradWeights(**options)(x, g, W.shape[2:])
    b, d = graphcore.function([x, w, g], [by_x, by_w])(*arrays)
    np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(d, c, rtol=1e-12, atol=1e-13)


def test_groups_and_three_dimensions_and_single_images():
    w = RNG.normal(size=(6, 1, 2, 2))
    each = [correlate(X[:, i : i + 1], w[2 * i : 2 * i + 2], (1, 1), (1, 1)) for i in range(3)]
    found = tt.nnet.conv2d(X, w, num_groups=3, filter_flip=False)
    np.testing.assert_allclose(found.eval(), np.concatenate(each, axis=1), rtol=1e-12)
    point = RNG.normal(size=(2, 6, 1, 1))
    both = tt.nnet.separable_conv2d(X, w, point, 3, filter_flip=False).eval()
    want = np.einsum("bcij,oc->boij", np.concatenate(each, axis=1), point[:, :, 0, 0])
    np.testing.assert_allclose(both, want, rtol=1e-12, atol=1e-13)
    solid, cube = RNG.normal(size=(1, 1, 4, 5, 6)), RNG.normal(size=(1, 1, 2, 3, 2))
    want = scipy.signal.convolve(solid[0, 0], cube[0, 0], mode="valid", method="direct")
    np.testing.assert_allclose(tt.nnet.conv3d(solid, cube).eval()[0, 0], want, rtol=1e-12)
    films, kernels = RNG.normal(size=(2, 5, 3, 4, 6)), RNG.normal(size=(4, 2, 3, 3, 2))
    found = tt.nnet.conv3d2d.conv3d(films, kernels).eval()  # time before channels
    assert found.shape == (2, 4, 4, 2, 5)
    later = (0, 2, 1, 3, 4)
    want = tt.nnet.conv3d(films.transpose(later), kernels.transpose(later)).eval()
    np.testing.assert_allclose(found, want.transpose(later), rtol=1e-12)
    images, filters = X[0], W[:, 0]
    for mode in ("valid", "full"):
        found = tt.signal.conv.conv2d(images, filters, border_mode=mode).eval()
        for i, j in np.ndindex(3, 4):
            want = scipy.signal.convolve2d(images[i], filters[j], mode)
            np.testing.assert_allclose(found[i, j], want, rtol=1e-11, atol=1e-13)
        assert tt.signal.conv.conv2d(images[0], filters[0], border_mode=mode).eval().ndim == 2


def pooled(x, ws, step, pad, ignore, mode):
    """The definition, window by window."""
    h, w = x.shape[2] + 2 * pad[0], x.shape[3] + 2 * pad[1]

    def number(n, size, step):
        if ignore:
            return (n - size) // step + 1
        return (n - 1) // step + 1 if step >= size else max(0, (n - 1 - size + step) // step) + 1

    out = np.zeros((*x.shape[:2], number(h, ws[0], step[0]), number(w, ws[1], step[1])))
    fill = -np.inf if mode == "max" else 0.0
    around = np.pad(x, ((0, 0), (0, 0), (pad[0],) * 2, (pad[1],) * 2), constant_values=fill)
    inside = np.pad(np.ones(x.shape[2:]), ((pad[0],) * 2, (pad[1],) * 2))
    for i, j in np.ndindex(out.shape[2:]):
        at = (slice(i * step[0], i * step[0] + ws[0]), slice(j * step[1], j * step[1] + ws[1]))
        part = around[(..., *at)]
        if mode == "max":
            out[:, :, i, j] = part.max(axis=(2, 3))
        else:
            count = inside[at].sum() if mode == "average_exc_pad" else inside[at].size
            out[:, :, i, j] = part.sum(axis=(2, 3)) / (1 if mode == "sum" else count)
    return out


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize(
    ("ws", "step", "pad", "ignore"),
    [
        ((2, 2), None, (0, 0), True),
        ((2, 4), None, (0, 0), False),
        ((3, 2), (2, 1), (0, 0), True),
        ((3, 2), (2, 1), (0, 0), False),
        ((2, 2), (3, 4), (0, 0), False),
        ((3, 3), (2, 2), (1, 2), True),
        ((2, 2), None, (1, 1), True),
    ],
)
def test_pooling(mode, ws, step, pad, ignore):
    want = pooled(X, ws, step or ws, pad, ignore, mode)
    for shape in (X.shape, (None,) * 4):
        x = tt.tensor("float64", shape)
        y = tt.signal.pool.pool_2d(x, ws, ignore, step, pad, mode)
        np.testing.assert_allclose(y.eval({x: X}), want, rtol=1e-13)
    graphcore.verify_grad(lambda v: tt.signal.pool.pool_2d(v, ws, ignore, step, pad, mode), [X],
                          rng=np.random.default_rng(3))  # fmt: skip


def test_other_pooling():
    x = RNG.normal(size=(4, 5, 6))
    found = tt.signal.pool.pool_3d(x, (2, 2, 3), ignore_border=True).eval()
    want = x[:4, :4].reshape(2, 2, 2, 2, 2, 3).max(axis=(1, 3, 5))
    np.testing.assert_array_equal(found, want)
    same = tt.signal.downsample.max_pool_2d_same_size(X, (2, 3)).eval()
    assert (same != 0).sum() == X.shape[0] * X.shape[1] * 3 * 2
    assert np.array_equal(same[same != 0], X[same != 0])


def test_neighbourhoods():
    images2neibs = tt.nnet.neighbours.images2neibs
    x = RNG.normal(size=(2, 3, 4, 6))
    rows = images2neibs(x, (2, 3)).eval()
    np.testing.assert_array_equal(rows[0], x[0, 0, :2, :3].ravel())
    np.testing.assert_array_equal(rows[-1], x[1, 2, 2:, 3:].ravel())
    back = tt.nnet.neighbours.neibs2images(rows, (2, 3), x.shape).eval()
    np.testing.assert_array_equal(back, x)
    assert images2neibs(x, (3, 3), (1, 1), "full").eval().shape == (6 * 6 * 8, 9)
    wrapped = images2neibs(x, (3, 3), (1, 1), "wrap_centered").eval().reshape(2, 3, 4, 6, 9)
    np.testing.assert_array_equal(wrapped[0, 0, 0, 0, 0], x[0, 0, -1, -1])
    np.testing.assert_array_equal(wrapped[0, 0, 3, 5, 8], x[0, 0, 0, 0])


@pytest.mark.parametrize(
    ("mode", "size", "step", "fits", "wrong"),
    [
        ("valid", (2, 2), (2, 2), (4, 6), (4, 5)),
        ("valid", (3, 3), (2, 2), (5, 3), (4, 3)),
        ("half", (3, 3), (2, 2), (5, 3), (5, 4)),
        ("full", (3, 2), (2, 3), (5, 3), (4, 3)),
        ("ignore_borders", (2, 2), (2, 2), (3, 5), None),
        ("wrap_centered", (3, 3), (2, 2), (4, 5), None),
    ],
)
def test_neighbourhoods_that_leave_elements_out_are_errors(mode, size, step, fits, wrong):
    images2neibs, x = tt.nnet.neighbours.images2neibs, tt.tensor4("x")
    for f in (
        lambda value: images2neibs(value, size, step, mode).eval(),
        graphcore.function([x], images2neibs(x, size, step, mode)),
        graphcore.function([x], images2neibs(x, np.array(size), np.array(step), mode)),
    ):
        assert f(np.zeros((1, 1, *fits))).shape[1] == size[0] * size[1]
        if wrong is not None:
            with pytest.raises(TypeError, match="do not end where the image ends"):
                f(np.zeros((1, 1, *wrong)))
    with pytest.raises(TypeError, match="odd length"):
        images2neibs(x, (2, 2), mode="wrap_centered")


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize(
    ("size", "step", "around", "ignored"),
    [
        ((2, 3), (2, 3), (0, 0), True),
        ((2, 2), (1, 2), (0, 0), False),
        ((3, 3), (2, 2), (1, 1), True),
    ],
)
def test_sizes_of_pooling_may_be_variables(mode, size, step, around, ignored):
    x, a, b, c = tt.tensor4("x"), *(tt.ivector(name) for name in "abc")
    with_numbers = tt.signal.pool.pool_2d(x, size, ignored, step, around, mode)
    with_vectors = tt.signal.pool.pool_2d(x, a, ignored, b, c if ignored else (0, 0), mode)
    with_scalars = tt.signal.pool.pool_2d(x, [a[0], a[1]], ignored, step, around, mode)
    outputs = [
        f for y in (with_numbers, with_vectors, with_scalars) for f in (y, tt.grad((y**2).sum(), x))
    ]
    f = graphcore.function([x, a, b, c], outputs, on_unused_input="ignore")
    found = f(RNG.normal(size=(2, 3, 7, 6)), *(np.int32(v) for v in (size, step, around)))
    for other in (2, 4):
        np.testing.assert_allclose(found[other], found[0], rtol=1e-13)
        np.testing.assert_allclose(found[other + 1], found[1], rtol=1e-13)


@pytest.mark.parametrize("axes", ["per-activation", "spatial"])
def test_batch_normalisation(axes):
    over = (0,) if axes == "per-activation" else (0, 2, 3)
    size = [1 if i in over else n for i, n in enumerate(X.shape)]
    gamma, beta, before = RNG.normal(size=size), RNG.normal(size=size), RNG.normal(size=size)
    found = tt.nnet.bn.batch_normalization_train(X, gamma, beta, axes, 1e-3, 0.2, before, before**2)
    y, center, inverse, center2, spread2 = graphcore.function([], found)()
    mean, var = X.mean(over, keepdims=True), X.var(over, keepdims=True)
    n = X.size / mean.size
    for a, b in [
        (center, mean),
        (inverse, 1 / np.sqrt(var + 1e-3)),
        (y, (X - mean) / np.sqrt(var + 1e-3) * gamma + beta),
        (center2, 0.8 * before + 0.2 * mean),
        (spread2, 0.8 * before**2 + 0.2 * var * n / (n - 1)),
        (tt.nnet.batch_normalization_test(X, gamma, beta, mean, var, axes, 1e-3).eval(), y),
    ]:
        np.testing.assert_allclose(a, b, rtol=1e-12)
    a, b, c = (p.squeeze(over) for p in (gamma, beta, before))
    found = tt.nnet.bn.batch_normalization_train(X, a, b, axes, 1e-3, 0.2, c, c**2)
    full = y, center, inverse, center2, spread2
    for a, b in zip(graphcore.function([], found)(), full, strict=True):
        np.testing.assert_allclose(a, b if a.ndim == X.ndim else b.squeeze(over), rtol=1e-12)
    assert [v.type.ndim for v in found[1:]] == [X.ndim - len(over)] * 4


@pytest.mark.parametrize("shape", [(2, 4), (1, 5), (2, 3, 4), (2, 4, 3)])
@pytest.mark.parametrize("norm", [None, "ortho"])
def test_fourier_transforms(shape, norm):
    x = RNG.normal(size=shape)
    v = tt.tensor("float64", (None,) * len(shape))
    axes = range(1, len(shape))
    spectrum = tt.fft.rfft(v, norm)
    want = np.fft.rfftn(x, axes=axes, norm=norm)
    found = spectrum.eval({v: x})
    np.testing.assert_allclose(found[..., 0] + 1j * found[..., 1], want, rtol=1e-12, atol=1e-13)
    back = tt.fft.irfft(spectrum, norm, is_odd=shape[-1] % 2 == 1)
    np.testing.assert_allclose(back.eval({v: x}), x, rtol=1e-12, atol=1e-13)
    # Parseval's theorem, whose right side has a derivative that needs no transform
    slope = graphcore.grad(tt.sum(tt.sqr(tt.fft.irfft(spectrum, norm, shape[-1] % 2 == 1))), v)
    np.testing.assert_allclose(slope.eval({v: x}), 2 * x, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tt.nnet.conv2d(X, W[:, :2]), ValueError, "3 channels, the filters have 2"),
        (lambda: tt.nnet.conv2d(X, W, border_mode="same!"), ValueError, "border_mode must be"),
        (lambda: tt.nnet.conv2d(X[0], W), TypeError, "input needs 4 axes, not 3"),
        (lambda: tt.signal.pool.pool_2d(X, (2, 2), mode="min"), ValueError, "mode must be one of"),
        (lambda: tt.signal.pool.pool_2d(X, (2, 2), pad=(1, 1)), ValueError, "ignore_border=True"),
        (lambda: tt.signal.pool.pool_2d(X, (2, 2, 2)), ValueError, "ws needs 2 numbers, not 3"),
        (lambda: tt.nnet.neighbours.images2neibs(X, (2, 2), mode="x"), ValueError, "mode must be"),
        (lambda: tt.fft.rfft(X, "backward"), ValueError, "norm must be None"),
        (lambda: tt.fft.rfft(X[0, 0, 0]), TypeError, "at least 2 axes"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
