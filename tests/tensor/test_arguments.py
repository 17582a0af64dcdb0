"""Arguments of functions: Theano's and PyTensor's names for them, and what rare ones do."""

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import scipy.special

import graphcore
import graphcore.tensor as tt

RNG = np.random.default_rng(5)
M = RNG.uniform(0.2, 1.2, (3, 4))
T = RNG.uniform(0.2, 1.2, (2, 3, 4))
S = RNG.uniform(size=(3, 3)) + 2 * np.eye(3)
P = S @ S.T
BATCH = np.stack([P, 2 * P])
V = RNG.uniform(size=3)

CALLS = {
    "sum": (lambda: tt.sum(input=M, axis=0, keepdims=True), M.sum(0, keepdims=True)),
    "prod": (lambda: tt.prod(input=M, axis=1, no_zeros_in_input=True), M.prod(1)),
    "mean": (lambda: tt.mean(input=M, axis=1), M.mean(1)),
    "var": (lambda: tt.var(input=M, ddof=1, corrected=True), M.var(ddof=1)),
    "clip": (lambda: tt.clip(x=M, min=0.5, max=1.0), M.clip(0.5, 1.0)),
    "method clip": (lambda: tt.constant(M).clip(a_min=0.5, a_max=1.0), M.clip(0.5, 1.0)),
    "where": (lambda: tt.where(cond=M > 0.5, ift=M, iff=0.0), np.where(M > 0.5, M, 0.0)),
    "where alone": (lambda: tt.where([0, 3, 4])[0], np.array([1, 2])),
    "take": (lambda: tt.take(a=M, indices=[0, 2], axis=0), M[[0, 2]]),
    "sort": (lambda: tt.sort(a=M, axis=0, kind="mergesort"), np.sort(M, 0)),
    "concatenate": (lambda: tt.concatenate(tensor_list=[M, M], axis=1), np.hstack([M, M])),
    "flatten": (lambda: tt.flatten(T, outdim=2), T.reshape(2, 12)),
    "moveaxis": (lambda: tt.moveaxis(T, [0, 1], [-1, -2]), np.moveaxis(T, [0, 1], [-1, -2])),
    "moveaxis back": (lambda: tt.moveaxis(T, -1, 0), np.moveaxis(T, -1, 0)),
    "stack": (lambda: tt.stack(M, M), np.stack([M, M])),
    "matmul": (lambda: tt.matmul(x1=M, x2=M.T, dtype="float64"), M @ M.T),
    "linspace": (
        lambda: tt.linspace([0.0, 1.0], [1.0, 3.0], 5, axis=1),
        np.linspace([0.0, 1.0], [1.0, 3.0], 5, axis=1),
    ),
    "logspace": (
        lambda: tt.logspace([0.0, 1.0], 2.0, 3, axis=0),
        np.logspace([0.0, 1.0], 2.0, 3, axis=0),
    ),
    "softmax": (lambda: tt.special.softmax(M), scipy.special.softmax(M)),
    "log_softmax": (lambda: tt.special.log_softmax(M), scipy.special.log_softmax(M)),
    "inc_subtensor": (
        lambda: tt.inc_subtensor(tt.constant(V)[[0, 0]], 1.0, ignore_duplicates=True),
        V + np.array([1, 0, 0]),
    ),
    "kron of vectors": (lambda: tt.kron(V, V), np.kron(V, V)),
    "kron with a vector": (lambda: tt.kron(M, V), np.kron(M, V)),
    "solve": (
        lambda: tt.linalg.solve(BATCH, np.stack([V, V]), b_ndim=1, check_finite=True),
        np.stack([np.linalg.solve(P, V), np.linalg.solve(2 * P, V)]),
    ),
    "solve_triangular": (
        lambda: tt.linalg.solve_triangular(S, V, lower=True, unit_diagonal=True),
        scipy.linalg.solve_triangular(S, V, lower=True, unit_diagonal=True),
    ),
    "lu": (
        lambda: tt.linalg.lu(S[::-1], p_indices=True)[0],
        scipy.linalg.lu(S[::-1], p_indices=True)[0],
    ),
    "join_dims": (lambda: tt.join_dims(T, start_axis=1, n_axes=2), T.reshape(2, 12)),
    "join_dims, none": (lambda: tt.join_dims(M, 1, 0), M[:, None]),
    "split_dims": (lambda: tt.split_dims(T, (2, -1), axis=-1), T.reshape(2, 3, 2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    call, wanted = CALLS[name]
    found = call().eval()
    assert found.shape == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize(
    "mode",
    "constant edge linear_ramp maximum mean median minimum reflect symmetric wrap".split(),
)
@pytest.mark.parametrize("x", [M, np.arange(6).reshape(2, 3) ** 2])
def test_pad(mode, x):
    width = ((1, 2), (0, 2))
    found = tt.pad(x, width, mode=mode).eval()
    wanted = np.pad(x, width, mode=mode)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_pad_with_few_elements():
    found = tt.pad(M, 1, mode="mean", stat_length=2).eval()
    np.testing.assert_allclose(found, np.pad(M, 1, mode="mean", stat_length=2), rtol=1e-14)


def test_where_needs_both_values():
    with pytest.raises(TypeError, match="both values"):
        tt.where([True], 1.0)


@pytest.mark.parametrize(
    "args, options, wanted",
    [
        (("x",), {"shape": (None, 3)}, ("x", "float64", (None, 3))),
        (("x", "float32", (2,)), {}, ("x", "float32", (2,))),
        (("float32", (False, True)), {}, (None, "float32", (None, 1))),
        (("float32", (None,), "x"), {}, ("x", "float32", (None,))),
        ((), {"dtype": "int64", "shape": (), "name": "n"}, ("n", "int64", ())),
        (("d",), {}, ("d", "float64", ())),
        ((None, "int8"), {}, (None, "int8", ())),
        ((np.float32,), {"broadcastable": (True,)}, (None, "float32", (1,))),
    ],
)
def test_tensor_takes_the_name_or_the_type_first(args, options, wanted):
    x = tt.tensor(*args, **options)
    assert (x.name, x.dtype, x.type.shape) == wanted


def test_tensor_refuses_two_answers():
    with pytest.raises(TypeError, match="given twice"):
        tt.tensor("float64", dtype="float32")


def test_eval_by_name():
    x, y = tt.scalars("x", "y")
    assert (x - y).eval({"x": 3.0, y: 1.0}) == 2.0
    with pytest.raises(ValueError, match="0 inputs are named 'z'"):
        x.eval({"z": 3.0})
    with pytest.raises(ValueError, match="2 inputs are named 'x'"):
        (x + tt.scalar("x")).eval({"x": 1.0})


def test_pack_and_unpack():
    parts = [T, T[:, :1], T[0, 0, 0] * np.ones((2, 5, 4))]
    packed, shapes = tt.pack(*parts, keep_axes=(0, -1))
    assert packed.eval().shape == (2, 9, 4)
    for part, found in zip(parts, tt.unpack(packed, shapes, keep_axes=(0, -1)), strict=True):
        np.testing.assert_array_equal(found.eval(), part)
    x, y = tt.matrix("x"), tt.scalar("y")
    packed, shapes = tt.pack(x, y)
    back = tt.unpack(packed, shapes)
    f = graphcore.function([x, y], [packed, *back])
    for found, wanted in zip(f(M, 3.0), ([*M.ravel(), 3.0], M, 3.0), strict=True):
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(ValueError, match="without a gap"):
        tt.pack(T, T, keep_axes=1)


@pytest.mark.parametrize("kind", ["cholesky", "inv", "det", "solve", "eigh"])
def test_batches_of_unknown_length(kind):
    x, b = tt.tensor3("x"), tt.matrix("b")
    calls = {
        "solve": lambda: (
            tt.linalg.solve(x, b, b_ndim=1),
            np.linalg.solve(BATCH, np.stack([V, V])[..., None])[..., 0],
        ),
        "eigh": lambda: (tt.linalg.eigh(x)[0], np.linalg.eigh(BATCH)[0]),
    }
    if kind in calls:
        y, wanted = calls[kind]()
    else:
        y, wanted = getattr(tt.linalg, kind)(x), getattr(np.linalg, kind)(BATCH)
    values = {x: BATCH, b: np.stack([V, V])} if kind == "solve" else {x: BATCH}
    np.testing.assert_allclose(y.eval(values), wanted, rtol=1e-12)
    f = graphcore.function(list(values), graphcore.grad(y.sum(), x))
    one = tt.tensor("float64", (2, 3, 3), "one")
    same = graphcore.clone_replace(y.sum(), {x: one})
    at = {one if k is x else k: v for k, v in values.items()}
    known = graphcore.grad(same, one).eval(at)
    np.testing.assert_allclose(f(*values.values()), known, rtol=1e-11)


def test_cholesky_gives_nan_on_request():
    x = tt.matrix("x")
    f = graphcore.function([x], tt.slinalg.cholesky(x, on_error="nan"))
    np.testing.assert_allclose(f(P), np.linalg.cholesky(P), rtol=1e-14)
    assert np.isnan(f(-P)).all() and np.isnan(f(P - 20 * np.eye(3))).all()
    slope = graphcore.grad(tt.slinalg.Cholesky(on_error="nan")(x).sum(), x)
    plain = graphcore.grad(tt.slinalg.cholesky(x).sum(), x)
    np.testing.assert_allclose(slope.eval({x: P}), plain.eval({x: P}), rtol=1e-12)
    with pytest.raises(ValueError, match="on_error"):
        tt.slinalg.cholesky(x, on_error="ignore")


def test_shared_values_may_be_converted():
    s = graphcore.shared(np.zeros(2, "float32"), "s", allow_downcast=True)
    s.set_value(np.array([0.1, 0.2]))
    np.testing.assert_array_equal(s.get_value(), np.array([0.1, 0.2], "float32"))
    with pytest.raises(TypeError, match="does not fit"):
        graphcore.shared(np.zeros(2, "float32")).set_value(np.array([0.1, 0.2]))


@pytest.mark.parametrize("value", [0.1, np.float64(0.1), np.array(0.1)])
def test_inputs_may_refuse_conversion(value):
    x = tt.fscalar("x")
    f = graphcore.function([graphcore.In(x, allow_downcast=False)], x)
    assert f(np.float32(0.5)) == 0.5
    with pytest.raises(TypeError, match="does not allow downcasts"):
        f(value)


@pytest.mark.parametrize("options", [{}, {"left": -1.0, "right": 7.0}, {"period": 2.5}])
def test_interp(options):
    xp, fp = np.array([0.0, 0.5, 1.5, 2.0]), np.array([1.0, -1.0, 3.0, 2.0])
    x = np.array([[-1.0, 0.0, 0.2], [1.5, 2.0, 9.0]])
    found = tt.interp(x, xp, fp, **options).eval()
    np.testing.assert_allclose(found, np.interp(x, xp, fp, **options), rtol=1e-14)
    v = tt.vector("v")
    slope = graphcore.grad(tt.interp(v, xp, fp).sum(), v).eval({v: [0.25, 1.0]})
    np.testing.assert_allclose(slope, [-4.0, 4.0], rtol=1e-14)


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_convolutions(mode):
    x, w = RNG.normal(size=7), RNG.normal(size=3)
    found = tt.signal.convolve1d(x, w, mode=mode).eval()
    np.testing.assert_allclose(found, np.convolve(x, w, mode), rtol=1e-12, atol=1e-14)
    found = tt.signal.convolve2d(T[0], T[1][:2, :3], mode=mode).eval()
    wanted = scipy.signal.convolve2d(T[0], T[1][:2, :3], mode)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_convolutions_of_many_vectors(mode):
    x, w = RNG.normal(size=(2, 3, 7)), RNG.normal(size=(3, 4))
    wanted = [[np.convolve(x[i, j], w[j], mode) for j in range(3)] for i in range(2)]
    v, f = tt.tensor3("v"), tt.matrix("f")
    for found in (
        tt.signal.convolve1d(x, w, mode=mode).eval(),
        tt.signal.convolve1d(v, f, mode=mode).eval({v: x, f: w}),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    found = tt.signal.convolve1d(x[0, 0], w, mode=mode).eval()
    wanted = [np.convolve(x[0, 0], w[j], mode) for j in range(3)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    cost = tt.sqr(tt.signal.convolve1d(v, f, mode=mode)).sum()
    found = graphcore.function([v, f], graphcore.grad(cost, [v, f]))(x, w)
    for k, given in enumerate((x, w)):
        for at in np.ndindex(given.shape):  # by complex steps
            moved = [x.astype(complex), w.astype(complex)]
            moved[k][at] += 1e-30j
            ends = [np.convolve(moved[0][i, j], moved[1][j], mode) for i, j in np.ndindex(2, 3)]
            assert found[k][at] == pytest.approx(np.square(ends).sum().imag / 1e-30, rel=1e-10)


def test_convolutions_need_vectors():
    with pytest.raises(TypeError, match="convolve1d: needs vectors"):
        tt.signal.convolve1d(1.0, [1.0, 2.0])
    with pytest.raises(ValueError, match="convolve1d: mode must be 'full'"):
        tt.signal.convolve1d([1.0, 2.0], [1.0], mode="half")


def test_vectorize():
    product = tt.vectorize(lambda a, b: (a @ b, a.sum()), "(n,m),(m)->(n),()")
    x, y = tt.tensor3("x"), tt.vector("y")
    f = graphcore.function([x, y], list(product(x, y)))
    y0 = np.arange(4.0)
    for found, wanted in zip(f(T, y0), (T @ y0, T.sum((1, 2))), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-13)
    inner = tt.vectorize(lambda a, b: (a * b).sum(), "(n),(n)->()")
    found = inner(tt.constant(T), tt.constant(M)).eval()  # (2, 3) and (3,)
    np.testing.assert_allclose(found, (T * M).sum(-1), rtol=1e-13)
    plain = tt.vectorize(lambda a, b: a + 2 * b)
    column = V[:, None]
    np.testing.assert_allclose(plain(M, column).eval(), M + 2 * column, rtol=1e-14)
    with pytest.raises(TypeError, match="fewer axes"):
        inner(1.0, 2.0)


def test_loops_without_updates():
    found = graphcore.scan(lambda p: 2 * p, outputs_info=1.0, n_steps=3, return_updates=False)
    np.testing.assert_array_equal(found.eval(), [2, 4, 8])
    x = tt.constant([1.0, 2.0])
    assert graphcore.reduce(lambda v, t: v + t, x, 0.0, return_updates=False).eval() == 3
    s = graphcore.shared(0.0, "s")
    with pytest.raises(ValueError, match="the loop updates 's'"):
        graphcore.scan(lambda: {s: s + 1}, n_steps=2, return_updates=False)


def test_types_take_and_compare_values():
    T1 = tt.TensorType("float32", (None, 2))
    assert T1.filter([[1.0, 0.5]]).dtype == "float32"
    with pytest.raises(TypeError, match="do not fit"):
        T1.filter([[1.0, 0.1]])
    assert T1.filter([[1.0, 0.1]], allow_downcast=True)[0, 1] == np.float32(0.1)
    with pytest.raises(TypeError, match="shape"):
        T1.filter([1.0])
    with pytest.raises(TypeError, match="is needed"):
        T1.filter([[1.0, 2.0]], strict=True)
    assert T1.is_super(tt.TensorType("float32", (3, 2)))
    assert not T1.is_super(tt.TensorType("float64", (3, 2)))
    assert T1.in_same_class(tt.TensorType("float32", (4, 5)))


def test_lists_of_slices():
    x = tt.constant(M)
    np.testing.assert_array_equal(x[[slice(1, -1)] * 2].eval(), M[1:-1, 1:-1])


def test_too_many_axes_are_a_type_error():
    x, y = tt.vector("x"), tt.matrix("y")
    for part in (x[[0, 1]], x[1:], x[x > 0]):
        with pytest.raises(TypeError, match="a value with 2 axes does not fit into a part with 1"):
            tt.inc_subtensor(part, y)


def test_products_with_jacobians_through_whole_numbers():
    x = tt.vector("x")
    y = graphcore.Rop(x + tt.cast(x, "int32"), x, [2.0, 3.0])
    np.testing.assert_array_equal(y.eval({x: [1.5, 2.5]}), [2.0, 3.0])


def test_complex_inputs_take_python_numbers():
    z = tt.cscalar("z")
    assert graphcore.function([z], z + 1)(-2.0) == -1


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_unique_slices(axis):
    x = np.array([[3.0, 1.0, 3.0, 1.0], [2.0, 1.0, 2.0, 1.0], [3.0, 1.0, 3.0, 1.0]])
    options = (True, True, True)
    m = tt.matrix("m")
    f = graphcore.function([m], tt.unique(m, *options, axis=axis))
    for value in (x, x[:1], x[:, :1], np.zeros((0, 2)), np.arange(12.0).reshape(3, 4)[::-1] % 5):
        if not value.shape[axis]:
            continue
        for found, wanted in zip(f(value), np.unique(value, *options, axis=axis), strict=True):
            np.testing.assert_array_equal(found, wanted.reshape(found.shape))
    cube = RNG.integers(0, 2, (4, 2, 2))
    for axis in range(3):
        found = tt.unique(cube, axis=axis).eval()
        np.testing.assert_array_equal(found, np.unique(cube, axis=axis))


def test_quotients_and_permutations_of_whole_numbers():
    a, b = np.array([[255, 5, 4], [0, 252, 3]], "uint8"), np.array([3, 255, 1], "uint8")
    np.testing.assert_array_equal(tt.ceil_intdiv(a, b).eval(), [[85, 1, 4], [0, 1, 3]])
    found = tt.ceil_intdiv(np.array([-7, 7, 8, -8]), np.array([2, 2, -3, -3])).eval()
    np.testing.assert_array_equal(found, [-3, 4, -2, 3])
    assert tt.inverse_permutation(tt.ivector("p")).dtype == "int32"


def test_losses_keep_the_element_type():
    x = tt.fvector("x")
    for target in (1, 0.5, tt.fvector("y")):
        assert tt.nnet.binary_crossentropy(x, target).dtype == "float32"
        assert tt.nnet.sigmoid_binary_crossentropy(x, target).dtype == "float32"


def test_arange_takes_the_rounded_step():
    limits = tt.dscalars("a", "b", "c")
    f = graphcore.function(list(limits), tt.arange(*limits))
    for values in [(-5, 1.1, 1.2), (1.3, 2, -2.1), (0, 5, 1), (0, 0, 1), (2.5, -1, -0.5)]:
        np.testing.assert_array_equal(f(*values), np.arange(*values))


def test_arguments_that_are_variables():
    k, m, n = tt.lscalar("k"), tt.matrix("m"), tt.lvector("n")
    x = np.arange(12.0).reshape(3, 4)
    for offset in (-1, 0, 2):
        np.testing.assert_array_equal(tt.tril(m, k).eval({m: x, k: offset}), np.tril(x, offset))
        np.testing.assert_array_equal(tt.triu(m, k).eval({m: x, k: offset}), np.triu(x, offset))
    places = [np.array([1, 2]), np.array([0, 1])]
    found = tt.ravel_multi_index(places, n).eval({n: [3, 4]})
    np.testing.assert_array_equal(found, np.ravel_multi_index(places, (3, 4)))
    with pytest.raises(ValueError, match="ndim"):
        tt.tile(m, n)
    v = tt.vector("v")
    np.testing.assert_array_equal(tt.fill(v, m).eval({v: x[0], m: x}), x)
    np.testing.assert_array_equal(tt.fill(m, v).eval({v: x[1], m: x}), np.stack([x[1]] * 3))
    for error in (ValueError, IndexError):
        with pytest.raises(error, match="out of bounds"):
            m.swapaxes(0, 3)
    np.testing.assert_array_equal(m.sum(axis=np.array(0)).eval({m: x}), x.sum(0))


def test_the_gradient_of_a_failed_factor_is_nan():
    m = tt.matrix("m")
    slope = graphcore.grad(tt.slinalg.cholesky(m, on_error="nan").sum(), m)
    assert np.isnan(slope.eval({m: np.array([[1.0, 0.2], [0.2, -2.0]])})).all()
    fine = graphcore.grad(tt.slinalg.cholesky(m).sum(), m)
    np.testing.assert_array_equal(slope.eval({m: P}), fine.eval({m: P}))
