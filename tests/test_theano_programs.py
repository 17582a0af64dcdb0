"""Programs as Theano's users write them, with nothing but the imports changed."""

import numpy
import pytest

import graphcore as theano
import graphcore.tensor as T
from graphcore import function, shared
from graphcore.tensor.shared_randomstreams import RandomStreams

RNG = numpy.random.default_rng(0)


def test_logistic_regression():
    x, y = T.dmatrix("x"), T.dvector("y")
    data = RNG.normal(size=(60, 5)), (RNG.random(60) < 0.5).astype(float)
    w, b = theano.shared(RNG.normal(size=5), name="w"), theano.shared(0.0, name="b")
    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = T.grad(cost, [w, b])
    train = theano.function(
        inputs=[x, y], outputs=[p_1 > 0.5, xent], updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb))
    )
    costs = [train(*data)[1].mean() for _ in range(50)]
    assert costs[-1] < costs[0]
    assert [n.op.__class__.__name__ for n in train.maker.fgraph.toposort()]


def test_state_and_its_copies():
    state, inc = shared(0), T.iscalar("inc")
    accumulator = function([inc], state, updates=[(state, state + inc)])
    accumulator(1)
    accumulator(300)
    assert state.get_value() == 301
    foo = T.scalar(dtype=state.dtype)
    assert function([inc, foo], state * 2 + inc, givens=[(state, foo)])(1, 3) == 7
    new_state = theano.shared(0)
    accumulator.copy(swap={state: new_state})(100)
    accumulator.copy(delete_updates=True)(9000)
    assert (state.get_value(), new_state.get_value()) == (301, 100)


def test_gibbs_sampling_in_a_loop():
    W, bvis, bhid = shared(RNG.normal(size=(5, 4))), shared(numpy.zeros(5)), shared(numpy.zeros(4))
    trng = RandomStreams(1234)

    def one_step(vsample):
        hmean = T.nnet.sigmoid(theano.dot(vsample, W) + bhid)
        hsample = trng.binomial(size=hmean.shape, n=1, p=hmean)
        vmean = T.nnet.sigmoid(theano.dot(hsample, W.T) + bvis)
        return trng.binomial(size=vsample.shape, n=1, p=vmean, dtype=theano.config.floatX)

    sample = theano.tensor.vector()
    values, updates = theano.scan(one_step, outputs_info=sample, n_steps=10)
    gibbs = theano.function([sample], values, updates=updates)
    first, second = gibbs(numpy.ones(5)), gibbs(numpy.ones(5))
    assert set(first.ravel()) == {0.0, 1.0} and not numpy.array_equal(first, second)


def test_powers_of_two_until():
    def power_of_2(previous_power, max_value):
        return previous_power * 2, theano.scan_module.until(previous_power * 2 > max_value)

    max_value = T.scalar()
    values, _ = theano.scan(
        power_of_2, outputs_info=T.constant(1.0), non_sequences=max_value, n_steps=1024
    )
    assert list(theano.function([max_value], values)(45)) == [2, 4, 8, 16, 32, 64]


def test_minibatches_with_givens():
    X, Y, index = T.matrix("X"), T.ivector("Y"), T.lscalar("index")
    W = shared(RNG.normal(size=(10, 3)) * 0.1, name="W")
    p = T.nnet.softmax(T.dot(X, W))
    cost = T.nnet.categorical_crossentropy(p, Y).mean()
    data, labels = shared(RNG.normal(size=(90, 10))), RNG.integers(0, 3, 90)
    labels_shared = T.cast(shared(labels.astype("float64")), "int32")
    batch = slice(index * 20, (index + 1) * 20)
    f = function([index], [cost, p], givens={X: data[batch], Y: labels_shared[batch]})
    for i in range(5):
        rows = slice(20 * i, 20 * (i + 1))
        found, probabilities = f(i)
        chosen = probabilities[numpy.arange(len(probabilities)), labels[rows]]
        numpy.testing.assert_allclose(found, -numpy.log(chosen).mean(), rtol=1e-13)
    assert len(probabilities) == 10


@pytest.mark.parametrize(
    "name", ["relu", "elu", "selu", "hard_sigmoid", "softsign", "softplus", "sigmoid"]
)
def test_functions_of_networks(name):
    x = numpy.linspace(-3, 3, 13)
    positive = numpy.maximum(x, 0)
    expm1 = numpy.expm1(numpy.minimum(x, 0))
    wanted = {
        "relu": positive,
        "elu": positive + expm1,
        "selu": 1.0507009873554805 * (positive + 1.6732632423543772 * expm1),
        "hard_sigmoid": numpy.clip(0.2 * x + 0.5, 0, 1),
        "softsign": x / (1 + abs(x)),
        "softplus": numpy.logaddexp(0, x),
        "sigmoid": 1 / (1 + numpy.exp(-x)),
    }[name]
    v = T.vector()
    numpy.testing.assert_allclose(getattr(T.nnet, name)(v).eval({v: x}), wanted, rtol=1e-14)


def test_losses_of_networks():
    z, t = T.matrix("z"), T.lvector("t")
    values, classes = RNG.normal(size=(4, 3)), numpy.array([2, 0, 1, 2])
    p = numpy.exp(values) / numpy.exp(values).sum(axis=1, keepdims=True)
    one_hot = numpy.eye(3)[classes]
    f = function([z, t], [T.nnet.categorical_crossentropy(T.nnet.softmax(z), t),
                          T.nnet.categorical_crossentropy(T.nnet.softmax(z), T.constant(one_hot)),
                          T.nnet.crossentropy_softmax_1hot(z, t)[0]])  # fmt: skip
    for found in f(values, classes):
        numpy.testing.assert_allclose(found, -numpy.log(p[range(4), classes]), rtol=1e-13)
    a, b = (
        T.nnet.sigmoid_binary_crossentropy(z, T.constant(one_hot)),
        T.nnet.binary_crossentropy(T.nnet.sigmoid(z), T.constant(one_hot)),
    )
    s = 1 / (1 + numpy.exp(-values))
    wanted = -(one_hot * numpy.log(s) + (1 - one_hot) * numpy.log(1 - s))
    for found in function([z], [a, b])(values):
        numpy.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_settings():
    assert theano.config.floatX == "float64"
    with theano.config.change_flags(floatX="float32"):
        assert T.matrix().dtype == "float32" and T.dmatrix().dtype == "float64"
    with (
        pytest.raises(AttributeError, match="no setting called 'warp'"),
        theano.config.change_flags(warp=1),
    ):
        pass
    x = T.vector("x")
    x.tag.test_value = numpy.ones(3)
    f = function([x], 2 * x, mode=theano.compile.nanguardmode.NanGuardMode(nan_is_error=True))
    assert f([1.0]) == 2.0
    assert function([x], x, mode=theano.compile.mode.Mode(linker="vm"))([1.0]) == 1.0


def test_a_product_that_is_the_same_at_every_place_may_have_the_place_as_input():
    W, V, x = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x")
    f = theano.function([W, V, x], theano.gradient.Rop(T.dot(x, W), W, V))
    got = f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1])
    numpy.testing.assert_array_equal(got, [2, 2])


def test_updates_of_two_loops_are_merged_with_care():
    n, m = theano.shared(0, name="n"), theano.shared(1.0, name="m")
    x = T.vector("x")
    _, counted = theano.scan(lambda v: (v, {n: n + 1}), x, [])
    _, doubled = theano.scan(lambda v: {m: m * 2}, x)
    f = theano.function([x], x.sum(), updates=counted + doubled)
    assert f([1.0, 2.0, 3.0]) == 6
    assert (n.get_value(), m.get_value()) == (3, 8)
    with pytest.raises(KeyError, match="'n' has two different updates"):
        counted + {n: n - 1}
    with pytest.raises(TypeError, match="'x' is not a shared variable"):
        counted[x] = n


def test_loops_by_the_name_of_their_module():
    from graphcore.scan_module import until

    x = T.vector("x")
    found, _ = theano.scan_module.scan(lambda v: (v + 1, until(v > 3)), x)
    assert found.eval({x: [0.0, 1, 5, 2]}).tolist() == [1, 2, 6]


def test_gradients_are_named_and_checked_as_in_theano():
    x, f = T.scalar("x"), T.scalar("f")
    cost = T.sqr(x)
    cost.name = "f"
    assert theano.grad(cost, x).name == "(df/dx)"
    assert theano.grad(cost, x, add_names=False).name is None
    assert theano.grad(f, f).name == "(df/df)"
    state = numpy.random.RandomState(3)
    theano.verify_grad(T.exp, [state.rand(3)], 1, state, eps=1e-3, mode=None)


def test_lists_of_element_types():
    assert all(T.tensor(d, (None,)).dtype == d for d in T.all_dtypes)
    assert T.vector(dtype="int8").dtype in T.discrete_dtypes


def test_gradients_clipped_by_a_view_of_the_users_own():
    """As recurrent networks of 2014 did it, before there was ``grad_clip``."""

    class GradClip(theano.compile.ViewOp):
        def __init__(self, low, high):
            self.low, self.high = low, high

        def grad(self, args, g_outs):
            return [T.clip(g, self.low, self.high) for g in g_outs]

    clip = GradClip(-1, 1)
    T.opt.register_canonicalize(theano.gof.OpRemove(clip), name="clip")
    x = T.vector("x")
    y = clip(x)
    f = theano.function([x], [y, theano.grad((y**2).sum(), x)])
    value, slope = f([0.1, -3.0])
    numpy.testing.assert_array_equal(value, [0.1, -3.0])
    numpy.testing.assert_array_equal(slope, [0.2, -1.0])
    with pytest.raises(NotImplementedError, match=r"cannot be registered.*docs/extending\.md"):
        T.opt.register_canonicalize("a rewrite")


def test_a_graph_is_walked_by_parents():
    x, y = T.scalars("x", "y")
    z = T.exp(x) + y
    queue, seen = [z], []
    while queue:
        node = queue.pop()
        queue.extend(node.get_parents())
        seen.append(node)
    assert {v for v in seen if isinstance(v, T.Variable) and v.name} == {x, y}
    assert (z.owner.nin, z.owner.nout, z.owner.default_output()) == (2, 1, z)
    with pytest.raises(ValueError, match="has 2 outputs"):
        T.nlinalg.eigh(T.matrix())[0].owner.default_output()
