"""Short programs as Theano's documentation teaches them, with the imports changed."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as T


def test_adding_matrices_and_several_outputs():
    x = T.dmatrix("x")
    y = T.dmatrix("y")
    f = graphcore.function([x, y], x + y)
    np.testing.assert_array_equal(f([[1, 2], [3, 4]], [[10, 20], [30, 40]]), [[11, 22], [33, 44]])
    a, b = T.dmatrices("a", "b")
    diff = a - b
    g = graphcore.function([a, b], [diff, abs(diff), diff**2])
    np.testing.assert_array_equal(g([[1, 1]], [[0, 2]]), [[[1, -1]], [[1, 1]], [[1, 1]]])


def test_scalar_and_vector_constructors_by_dtype():
    assert T.scalar("s", dtype="int32").type == T.iscalar("s").type
    x, y, z = T.dvectors("x", "y", "z")
    out = T.stack([x, y, z]).sum(axis=0)
    np.testing.assert_array_equal(out.eval({x: [1.0], y: [2.0], z: [3.0]}), [6])
    dtensor5 = T.TensorType("float64", (False,) * 5)
    assert dtensor5("w").ndim == 5


def test_dimshuffle_and_broadcasting():
    bias, w = T.row("b"), T.matrix("w")
    f = graphcore.function([bias, w], w + bias.dimshuffle(1, "x")[:2] * 0 + T.addbroadcast(bias, 0))
    np.testing.assert_array_equal(f(np.ones((1, 2)), np.zeros((2, 2))), np.ones((2, 2)))
    assert T.patternbroadcast(T.matrix(), (True, False)).broadcastable == (True, False)
    assert T.shape_padright(T.vector(), 2).broadcastable == (False, True, True)


def test_one_hot_by_set_subtensor_and_arange():
    y = T.lvector("y")
    z = T.zeros((y.shape[0], 4))
    z = T.set_subtensor(z[T.arange(y.shape[0]), y], 1)
    f = graphcore.function([y], [z, T.extra_ops.to_one_hot(y, 4)])
    for found in f([0, 3, 1]):
        np.testing.assert_array_equal(found, np.eye(4)[[0, 3, 1]])


def test_negative_log_likelihood_of_the_deep_learning_tutorials():
    p, y = T.matrix("p"), T.ivector("y")
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    errors = T.mean(T.neq(T.argmax(p, axis=1), y))
    f = graphcore.function([p, y], [cost, errors, graphcore.grad(cost, p)])
    probabilities = np.array([[0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    labels = np.array([1, 1, 0], dtype="int32")
    value, wrong, slope = f(probabilities, labels)
    picked = probabilities[range(3), labels]
    assert value == pytest.approx(-np.log(picked).mean(), rel=1e-14)
    assert wrong == pytest.approx(1 / 3)
    expected = np.zeros((3, 2))
    expected[range(3), labels] = -1 / picked / 3
    np.testing.assert_allclose(slope, expected, rtol=1e-14)


def test_minibatches_by_givens_and_slices():
    data = graphcore.shared(np.arange(20.0).reshape(10, 2), borrow=True)
    index, x = T.lscalar("index"), T.matrix("x")
    f = graphcore.function([index], x.sum(), givens={x: data[index * 4 : (index + 1) * 4]})
    assert [float(f(i)) for i in range(3)] == [28.0, 92.0, 70.0]


def test_advanced_indexing_increments_accumulate():
    v, i = T.vector("v"), T.lvector("i")
    f = graphcore.function([v, i], T.inc_subtensor(v[i], 1.0))
    np.testing.assert_array_equal(f(np.zeros(3), [0, 0, 2]), [2, 0, 1])


def test_boolean_masks():
    x = T.vector("x")
    f = graphcore.function([x], [x[x > 0], T.set_subtensor(x[x < 0], 0), (x > 0).nonzero()[0]])
    positive, clipped, where = f([-1.0, 2.0, 3.0])
    assert (positive.tolist(), clipped.tolist(), where.tolist()) == ([2, 3], [0, 2, 3], [1, 2])
    g = graphcore.function([x], graphcore.grad((x[x > 0] ** 2).sum(), x))
    np.testing.assert_array_equal(g([-1.0, 2.0, 3.0]), [0, 4, 6])
    np.testing.assert_array_equal(g([-1.0, -2.0]), [0, 0])
    with pytest.raises(ValueError, match=r"shape \(3,\) was promised to be \(2,\)"):
        graphcore.function([x], x[T.constant([True, False])])([1.0, 2.0, 3.0])


def test_shapes_found_in_data_share_plans():
    x = T.vector("x")
    f = graphcore.function([x], x[x > 0].sum())
    for i in range(20):
        assert f(np.roll([1.0, 2.0, -3.0, -4.0], i)) == 3
    assert len(f.programs) == 1
    n = T.scalar("n")
    g = graphcore.function([n], T.arange(T.cast(T.floor(n), "int64")).sum())
    assert [int(g(k)) for k in (0.5, 3.9, 5.0)] == [0, 3, 10]


def test_shape_of_an_expression_does_not_compute_it():
    x = T.matrix("x")
    f = graphcore.function([x], T.dot(x, x.T).shape[0] * T.exp(x).shape[1])
    assert f(np.ones((2, 3))) == 6
    assert "gemm" not in f.disassembly() and "exp" not in f.disassembly()


def test_tensordot_and_batched_products():
    a, b = T.tensor3("a"), T.tensor3("b")
    x, y = np.random.default_rng(2).normal(size=(2, 4, 3, 3))
    f = graphcore.function([a, b], [T.batched_dot(a, b), T.tensordot(a, b, axes=[[1, 2], [1, 2]])])
    product, summed = f(x, y)
    np.testing.assert_allclose(product, x @ y, rtol=1e-13)
    np.testing.assert_allclose(summed, np.tensordot(x, y, [[1, 2], [1, 2]]), rtol=1e-13)


def test_grids_and_splits():
    a, b = T.mgrid[0:5, 0:3]
    np.testing.assert_array_equal(a.eval(), np.mgrid[0:5, 0:3][0])
    c, d = T.ogrid[0:1:3j, 0:3]
    np.testing.assert_array_equal(c.eval(), np.ogrid[0:1:3j, 0:3][0])
    assert (b.ndim, d.ndim) == (2, 2)
    x, sizes = T.ivector("x"), T.ivector("sizes")
    parts = T.split(x, sizes, n_splits=2, axis=0)
    f = graphcore.function([x, sizes], parts)
    first, rest = f(np.arange(6, dtype="int32"), np.array([2, 4], dtype="int32"))
    assert (first.tolist(), rest.tolist()) == ([0, 1], [2, 3, 4, 5])
    with pytest.raises(ValueError, match="reshape"):
        f(np.arange(6, dtype="int32"), np.array([2, 3], dtype="int32"))


@pytest.mark.parametrize("bad", [[[0, 3]], [[-4, 0]]])
def test_points_out_of_range_are_named_at_the_call(bad):
    x, i, j = T.matrix("x"), T.lvector("i"), T.lvector("j")
    f = graphcore.function([x, i, j], x[i, j])
    wrong = bad[0][0] if bad[0][0] < 0 else bad[0][1]
    with pytest.raises(IndexError, match=f"index {wrong} is out of bounds for axis 1 with size 3"):
        f(np.ones((2, 3)), [0, 1], bad[0])
    one = T.lscalar("one")
    g = graphcore.function([x, one], x[:, one])
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 1 with size 3"):
        g(np.ones((2, 3)), 3)
    assert "python" not in graphcore.explain(g)


def test_variables_are_cloned():
    x = T.vector("x")
    y = (x * 2).clone()
    assert y.owner is None and y.type == x.type
    s = graphcore.shared(1.0, "s")
    s.clone().set_value(3.0)
    assert float(s.get_value()) == 3.0
    assert T.constant(2).clone().data == 2
