"""The stages together: structure that models rely on, merging, random graphs, linear time."""

import time
import warnings

import numpy as np
import pytest
from randomgraphs import assert_close, random_cost, random_graph, sensitivity

import graphcore
import graphcore.tensor as tt
from graphcore.autodiff import grad
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Elemwise
from graphcore.ops.shape import BroadcastTo, StopGradient
from graphcore.rewrite import rewrite
from graphcore.rewrite.rule import head
from graphcore.runtime.reference import evaluate

N = 50
RNG = np.random.default_rng(3)
Y, X = tt.constant(RNG.normal(size=N)), tt.constant(RNG.normal(size=(N, 3)))
BITS, COUNTS = tt.constant(RNG.integers(0, 2, N)), tt.constant(RNG.poisson(3.0, N))
GROUP = tt.constant(RNG.integers(0, 5, N))


def heads(outputs, long=True):
    """Heads of the applications that read arrays of N elements (or more)."""
    found = [
        head(node.op)
        for node in toposort(outputs)
        if not long or max(v.type.size for v in (*node.inputs, node.out)) >= N
    ]
    return sorted(found)


def density_and_gradient(logp, wrt):
    """What the model layer does: rewrite, differentiate, rewrite."""
    first = rewrite(logp)
    outputs = rewrite([first, *grad(first, wrt)], final=True)
    rng = np.random.default_rng(0)
    values = {v: rng.uniform(0.2, 0.9, v.type.shape) for v in wrt}
    for a, b in zip(
        evaluate(outputs, values), evaluate([logp, *grad(logp, wrt)], values), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-11)
    return first, outputs


def normal(y, mu, sigma):
    return tt.switch(
        sigma > 0, -0.5 * ((y - mu) / sigma) ** 2 - tt.log(sigma) - 0.9189385332046727, -np.inf
    )


def test_normal_likelihood_leaves_one_difference_and_one_sum_of_squares():
    mu, free = tt.scalar("mu"), tt.scalar("free")
    first, outputs = density_and_gradient(normal(Y, mu, tt.exp(free)).sum(), [mu, free])
    assert heads([first]) == ["sqr", "sub", "sum"]
    assert heads(outputs) == ["sqr", "sub", "sum", "sum"]
    assert first.owner.op.name == "switch"


def test_normal_regression_adds_only_the_two_products():
    b, free = tt.tensor("float64", (3,), "b"), tt.scalar("free")
    first, outputs = density_and_gradient(normal(Y, tt.dot(X, b), tt.exp(free)).sum(), [b, free])
    assert heads([first]) == ["Dot", "sqr", "sub", "sum"]
    assert heads(outputs) == ["Dimshuffle", "Dot", "Dot", "sqr", "sub", "sum"]


def test_normal_with_groups_scatters_bare_residuals():
    a, free = tt.tensor("float64", (5,), "a"), tt.scalar("free")
    first, outputs = density_and_gradient(normal(Y, a[GROUP], tt.exp(free)).sum(), [a, free])
    assert heads([first]) == ["Take", "sqr", "sub", "sum"]
    assert heads(outputs) == ["IncTake", "Take", "sqr", "sub", "sum"]


def test_logit_likelihood():
    b = tt.tensor("float64", (3,), "b")
    eta = tt.dot(X, b)
    for logp in (
        tt.sum(BITS * eta - tt.softplus(eta)),
        tt.sum(BITS * eta - tt.log(1 + tt.exp(eta))),
        tt.sum(tt.switch(BITS, tt.log(tt.sigmoid(eta)), tt.log(1 - tt.sigmoid(eta)))),
    ):
        first, outputs = density_and_gradient(logp, [b])
        assert {"exp", "log", "log1p"}.isdisjoint(heads(outputs))
        assert "softplus" in heads([first])
    assert heads(density_and_gradient(tt.sum(BITS * eta - tt.softplus(eta)), [b])[1]) == sorted(
        ["Dot", "mul", "softplus", "sub", "sum", "sigmoid", "sub", "Dot", "Dimshuffle"]
    )


def test_poisson_likelihood_folds_what_depends_on_data_alone():
    b, rate = tt.tensor("float64", (3,), "b"), tt.scalar("rate")
    eta = tt.dot(X, b)
    first, _ = density_and_gradient(
        tt.sum(COUNTS * eta - tt.exp(eta) - tt.gammaln(COUNTS + 1)), [b]
    )
    assert heads([first]) == ["Dot", "exp", "mul", "sub", "sum"]
    logp = tt.sum(tt.xlogy(COUNTS, rate) - rate - tt.gammaln(COUNTS + 1))
    first, outputs = density_and_gradient(logp, [rate])
    assert heads(outputs) == []
    assert "gammaln" not in heads([first], long=False)


def test_equal_nodes_merge():
    x, y = tt.scalar("x"), tt.vector("y")
    assert len(toposort(rewrite([tt.exp(x) * y, y * tt.exp(x)]))) == 2
    a, b = rewrite([tt.sin(x + 2.5), tt.sin(2.5 + x)])
    assert a is b
    large = np.arange(5000.0)
    a, b = rewrite([y[:1] * tt.constant(large), y[:1] * tt.constant(large)])
    c, d = rewrite([y[:1] - tt.constant([1.0, 2.0]), y[:1] - tt.constant([1.0, 2.0])])
    assert c is d
    ones = [np.array([1.5]).reshape(()), np.array(1.5), np.float32(1.5), np.array(1.5, ">f8")]
    built = rewrite([tt.sin(x) * tt.constant(c) for c in ones])
    assert len(set(built)) == 1
    one, other = rewrite([x + 0.0, x * -0.0])
    assert one is x
    assert np.signbit(evaluate(other, {x: 1.0}))


def test_every_row_folds():
    for op, arrays in Elemwise.cases():
        new = rewrite(op(*[tt.constant(a) for a in arrays]))
        want = op.reference(*arrays)
        assert isinstance(new, Constant), op
        assert (new.data.dtype, new.data.shape) == (want.dtype, want.shape)
        np.testing.assert_allclose(new.data, want, rtol=1e-13, atol=1e-300)


def test_constants_are_not_made_large_by_folding():
    wide = BroadcastTo()(tt.constant(2.0), tt.constant(np.array([1000, 1000])))
    x, long = tt.scalar("x"), tt.constant(RNG.normal(size=100))
    for out in (wide, tt.exp(wide), wide * x, tt.outer(long, long)):
        new = rewrite(out, final=True)
        assert new.type == out.type
        constants = [v for node in toposort([new]) for v in node.inputs if isinstance(v, Constant)]
        assert max(v.data.size for v in constants) <= 100
    assert rewrite((wide * x).sum()).type.shape == ()
    assert heads([rewrite((wide * x).sum())], long=False) == ["mul"]


def test_a_large_constant_is_not_copied_for_its_transpose():
    u = tt.tensor("float64", (N,), "u")
    new = rewrite(tt.dot(X.T, u))
    assert new.owner.inputs[0].owner.inputs[0] is X


def test_errors_wait_for_the_run():
    x = tt.constant(np.arange(3.0))
    bad = tt.dot(x, tt.constant(np.arange(3.0)).reshape((-1,)))
    assert isinstance(rewrite(bad), Constant)
    i = tt.lscalar("i")
    assert not isinstance(rewrite(x[i]), Constant)


def test_stop_gradient_survives_until_the_end():
    x = tt.scalar("x")
    y = rewrite(StopGradient()(x + 1.0) * x)
    assert evaluate(grad(y, x), {x: 2.0}) == 3.0
    assert "StopGradient" not in heads([rewrite(y, final=True)], long=False)


def test_types_of_outputs_are_kept():
    x = tt.tensor("float32", (3,), "x")
    for out in (x * 1.0, x + 0.5 + 0.25, tt.log(1 + x), (x * 2.0).sum(), x**2, x / 4.0, x**3):
        new = rewrite(out, final=True)
        assert new.type == out.type
        for node in toposort([new]):
            assert all(v.type.dtype == "float32" for v in (*node.inputs, node.out))


def test_a_value_that_is_used_elsewhere_keeps_its_sum():
    v = tt.tensor("float64", (N,), "v")
    residual = Y - tt.sigmoid(v)
    new = rewrite([residual.sum(), residual * v])
    assert heads(new) == ["mul", "sigmoid", "sub", "sum"]


def test_data_and_mean_are_not_summed_apart():
    mu = tt.scalar("mu")
    data = 1e8 + RNG.normal(size=N)
    y = rewrite(tt.sum(tt.constant(data) - mu))
    exact = np.sum(data - 1e8)
    np.testing.assert_allclose(evaluate(y, {mu: 1e8}), exact, rtol=1e-14)


def test_empty_arrays():
    v, s = tt.tensor("float64", (0,), "v"), tt.scalar("s")
    free = tt.vector("free")
    for values in ({s: np.inf}, {s: np.nan}, {s: 0.0}):
        values.update({v: np.zeros(0), free: np.zeros(0)})
        for x in (v, free):
            for out in (
                (x * s).sum(),
                (x / s + s).sum(),
                (x - 1.0).sum(),
                (x + s).all(),
                (-x).prod(),
            ):
                assert evaluate(rewrite(out, final=True), values) == evaluate(out, values)


def test_an_unknown_length_may_be_one():
    x, s = tt.vector("x"), tt.scalar("s")
    wide = BroadcastTo()(x, tt.constant(np.array([4, N])))
    values = {x: np.array([2.0]), s: 3.0}
    for out in (
        wide.sum(),
        (x + Y).sum(),
        (x * Y * s).sum(),
        (x - Y - s).sum(),
        tt.switch(s > 0, x, Y).sum(),
        tt.switch(s > 0, Y, x).sum(),
        (x / Y).sum(),
        tt.sqr((x - Y) / s).sum(),
        wide.max(),
        x * Y - x,
    ):
        new = rewrite(out, final=True)
        np.testing.assert_allclose(evaluate(new, values), evaluate(out, values), rtol=1e-12)


OPTIONS = [
    {},
    {"static": False},
    {"count": 25, "dtypes": ("float64", "int64", "bool")},
    {"count": 10, "dtypes": ("float32", "float64")},
]


def check_random_graph(seed, options):
    outputs, values = random_graph(seed, **options)
    steps = []
    new = rewrite(outputs, trace=steps, final=True)
    assert "loop" not in {step.rule for step in steps}
    assert [v.type.dtype for v in new] == [v.type.dtype for v in outputs]
    wanted, spread = evaluate(outputs, values), sensitivity(outputs, values)
    dtypes = {v.type.dtype for node in toposort(outputs) for v in (*node.inputs, *node.outputs)}
    assert_close(evaluate(new, values), wanted, spread, dtypes)
    for name in sorted({step.rule for step in steps}) if seed % 3 == 0 else ():
        without = rewrite(outputs, exclude=[name], final=True)
        assert_close(evaluate(without, values), wanted, spread, dtypes)
    again = []
    rewrite(new, trace=again, final=True)
    return again


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("block", range(4))
def test_random_graphs_keep_their_values(block, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(15 * block, 15 * block + 15):
            check_random_graph(seed, options)


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_many_random_graphs_keep_their_values(options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(1000, 1600):
            check_random_graph(seed, options)


def check_random_gradient(seed, **options):
    cost, values = random_cost(seed, **options)
    if cost is None:
        return
    wrt = [v for v in values if v.type.dtype == "float64"]
    try:
        outputs = [cost, *grad(cost, wrt, disconnected_inputs="ignore")]
    except NotImplementedError:
        return
    wanted = evaluate(outputs, values)
    if not all(np.isfinite(a).all() for a in wanted):
        return
    steps = []
    first = rewrite(cost, trace=steps)
    second = [first, *grad(first, wrt, disconnected_inputs="ignore")]
    spread = sensitivity(outputs, values)
    for new in (rewrite(outputs, steps, final=True), rewrite(second, steps, final=True)):
        assert_close(evaluate(new, values), wanted, spread)
    assert "loop" not in {step.rule for step in steps}


@pytest.mark.parametrize("block", range(4))
def test_gradients_of_random_graphs_keep_their_values(block):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(10 * block, 10 * block + 10):
            check_random_gradient(seed, count=10)


@pytest.mark.slow
def test_gradients_of_many_random_graphs_keep_their_values():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for seed in range(1000, 1500):
            check_random_gradient(seed, count=12)


CHAINS = {
    "constants": lambda y, x, v: y + 0.5 if y.type.ndim == 0 else y * 1.01,
    "signs": lambda y, x, v: -(y - x),
    "products": lambda y, x, v: y * x * v,
    "quotients": lambda y, x, v: v / (y * 1.5 + x),
    "logarithms": lambda y, x, v: tt.log(1 + tt.exp(y)) - 1,
    "sums": lambda y, x, v: v * y.sum() + x,
}


@pytest.mark.parametrize("name", CHAINS)
def test_time_is_linear_in_the_length(name):
    x, v = tt.scalar("x"), tt.tensor("float64", (5,), "v")

    def seconds(length):
        y = v
        for _ in range(length):
            y = CHAINS[name](y, x, v)
        start = time.process_time()
        rewrite(y, final=True)
        return time.process_time() - start

    seconds(50)
    short = min(seconds(400) for _ in range(3))
    assert min(seconds(4000) for _ in range(3)) < 40 * short  # 100 if it were quadratic


def test_a_chain_of_100000_nodes():
    x = tt.scalar("x")
    y = x
    for k in range(50_000):
        y = tt.sin(y) if k % 2 else y * x
    y = y + 1.0
    assert len(toposort([rewrite(y, final=True)])) == 50_001


def test_quotients_are_exact_where_a_last_digit_decides():
    """49 (1 / 49) is less than 1."""
    x, s, t = tt.vector("x"), tt.scalar("s"), tt.fscalar("t")
    steps = [tt.floor(x / s), tt.cast(x / s, "int64"), tt.ceil(x / s), (x / s) // 1]
    tests = [tt.eq(x / s, 3.0), x / s >= 3, tt.le(3, x / s)]
    f = graphcore.function([x, s], [*steps, *tests])
    single = graphcore.function([y := tt.fvector("y"), t], tt.floor(y / t))
    for k in np.arange(1.0, 300.0):
        found = f(np.array([k, 3 * k, 2 * k]), k)
        for a in found[: len(steps)]:
            np.testing.assert_array_equal(a, [1, 3, 2])
        for a in found[len(steps) :]:
            np.testing.assert_array_equal(a, [False, True, False])
        np.testing.assert_array_equal(single(np.float32([k, 3 * k]), np.float32(k)), [1, 3])


def test_quotients_are_products_elsewhere():
    x, s = tt.vector("x"), tt.scalar("s")
    trace = []
    rewrite([tt.exp(x / s), tt.cast(x / s, "float32")], final=True, trace=trace)
    assert [step.rule for step in trace] == ["mul_from_div_by_number"] * len(trace) != []
