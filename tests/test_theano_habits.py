"""What programs written for Theano rely on without a tutorial saying so."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import graphcore
import graphcore.tensor as tt
from graphcore.compile import DebugMode, MonitorMode, NanGuardMode, pfunc
from graphcore.compile.mode import Mode


def test_typed_constructors_are_types():
    assert tt.lvector == tt.TensorType("int64", (None,)) == tt.lvector("i").type
    assert tt.constant(np.arange(3)).type.dtype == tt.lvector.dtype
    assert isinstance(tt.dmatrix, tt.TensorType) and tt.drow.broadcastable == (True, False)
    x = tt.dvector("x", shape=(3,))
    assert x.name == "x" and x.type.shape == (3,) and tt.ivector().type.dtype == "int32"
    with pytest.raises(TypeError, match="name must be a string"):
        tt.dscalar(3.0)
    with pytest.raises(ValueError, match="2 entries"):
        tt.dmatrix("x", shape=(3,))


@pytest.mark.parametrize("make", [tt.scalar, tt.vector, tt.matrix, tt.row, tt.col, tt.tensor3])
def test_the_second_argument_of_a_constructor_is_the_element_type(make):
    assert make("y", "float32").type.dtype == "float32"


def test_floatx_names_an_element_type():
    x = tt.tensor("floatX", (None,))
    assert x.type.dtype == tt.cast(tt.iscalar(), "floatX").type.dtype == "float64"
    with graphcore.change_flags(floatX="float32"):
        assert tt.tensor("floatX", ()).type.dtype == "float32"
        assert tt.TensorType("floatX", ()).dtype == tt.iscalar().astype("floatX").dtype == "float32"


def test_modes_are_classes():
    assert isinstance(DebugMode(), Mode) and DebugMode().kind == "debug"
    assert not isinstance(Mode(), DebugMode) and not NanGuardMode(inf_is_error=False).inf


@pytest.mark.parametrize("slope", [lambda x, y: 2 * x, lambda x, y: x + y, lambda x, y: x * y])
def test_inputs_of_the_cost_are_used_by_its_gradient(slope):
    x, y = tt.scalars("x", "y")
    g = graphcore.grad(slope(x, y), x)
    assert_allclose(
        graphcore.function([x, y], [g, y])(1.5, 3.0), [float(slope(1, 3) - slope(0, 3)), 3]
    )
    j = graphcore.jacobian(slope(x, y), x)
    assert_allclose(
        graphcore.function([x], j, givens={y: 3.0})(0.0), float(slope(1, 3) - slope(0, 3))
    )


def test_costs_that_are_steps_have_the_slope_zero():
    x, i = tt.vector("x"), tt.iscalar("i")
    assert_array_equal(graphcore.grad((x > 0).sum(), x).eval({x: [1.0, -1.0]}), [0, 0])
    assert_array_equal(graphcore.grad(i, i).eval({i: 7}), 1)
    with pytest.raises(graphcore.DisconnectedInputError):
        graphcore.grad(i, x)


def test_sums_and_products_of_any_number_of_operands():
    x, y, z = tt.vectors("x", "y", "z")
    f = graphcore.function([x, y, z], [tt.add(x, y, z, 1), tt.mul(x, y, z), tt.mul(x)])
    assert_array_equal(f([1, 2], [3, 4], [5, 6]), [[10, 13], [15, 48], [1, 2]])
    with pytest.raises(TypeError, match="add: needs at least one"):
        tt.add()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_cross_entropy_of_a_softmax_does_not_underflow(dtype):
    x = tt.matrix("x", dtype=dtype)
    cost = tt.nnet.categorical_crossentropy(tt.nnet.softmax(x), np.arange(5)).sum()
    f = graphcore.function([x], [cost, graphcore.grad(cost, x)])
    value, slope = f((-1e6 * np.eye(5)).astype(dtype))
    assert_allclose(value, 5e6 + 5 * np.log(4), rtol=1e-6)
    assert_allclose(slope, 0.25 - 1.25 * np.eye(5), rtol=1e-6)


def test_steps_of_verify_grad_are_what_is_asked_for():
    spread = np.array([200.0, 100.0, -300.0, 100.5])
    graphcore.verify_grad(lambda x: tt.sort(x), [spread], eps=1e-2)


def test_norms_by_theano_names():
    a = np.arange(6.0).reshape(2, 3) - 2
    for name in ("inf", "-inf"):
        assert tt.nlinalg.norm(a, name).eval() == np.linalg.norm(a, float(name))
        assert tt.nlinalg.norm(a[0], name).eval() == np.linalg.norm(a[0], float(name))


def test_positions_in_an_array_of_a_shape_that_is_a_variable():
    shape = tt.lvector("shape")
    found = graphcore.function([shape], list(tt.unravel_index([5, 2], shape, ndim=2)))([2, 3])
    assert_array_equal(found, np.unravel_index([5, 2], (2, 3)))


def test_options_of_older_programs():
    x, s = tt.vector("x"), graphcore.shared(0.0)
    assert_array_equal(tt.inc_subtensor(x[:1], 1, inplace=True).eval({x: [1, 2]}), [2, 2])
    set_ = tt.inc_subtensor(x[:1], 7, set_instead_of_inc=True)
    assert_array_equal(set_.eval({x: [1, 2]}), [7, 2])
    f = pfunc(params=[x], outputs=x.sum(), updates=[(s, s + x.sum())])
    assert f([1, 2]) == 3 and s.get_value() == 3


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda x, s: graphcore.In(x, name=[]), TypeError, "must be a string"),
        (lambda x, s: graphcore.In(s, update=s + 1), TypeError, "is shared"),
        (lambda x, s: graphcore.function([x], x + 1, givens={x: 2 * x}), RuntimeError, "'x'"),
        (lambda x, s: tt.fft.irfft(tt.matrix(), is_odd=123), ValueError, "True or False"),
    ],
)
def test_mistakes_that_raise_what_theano_raises(make, error, match):
    with pytest.raises(error, match=match):
        make(tt.scalar("x"), graphcore.shared(1.0, "s"))


def test_inputs_with_an_update_as_pairs():
    a, b, c = tt.scalars("xys")
    f = graphcore.function([a, b, ((c, c + a + b), 10.0)], [])
    assert f["s"] == f.value[c] == f.container[c].value == 10.0
    assert f(1, 2) == [] and f["s"] == 13.0
    f["s"] = 99.0
    f(1, 0)
    f.container["s"].value = f.container["s"].value + 1
    f(1, 0)
    assert f["s"] == 102.0
    with pytest.raises(KeyError, match="called 'x'"):
        f.container["x"]


def test_functions_share_the_value_of_an_input():
    x, s = tt.scalars("x", "s")
    add = graphcore.function([x, graphcore.In(s, value=0.0, update=s + x)], s + x)
    take = graphcore.function([x, graphcore.In(s, value=add.container[s], update=s - x)], s - x)
    assert (add(5.0), take(2.0), add(1.0), take(0.0)) == (5.0, 3.0, 4.0, 4.0)
    take[s] = 7.0
    assert add[s] == 7.0 and add(1.0) == 8.0
    shared = graphcore.shared(1.0, "w")
    g = graphcore.function([x, graphcore.In(s, value=add.container[s])], x * s * shared)
    g.container[shared].value = 3.0
    assert shared.get_value(return_internal_type=True) == 3.0 and g(1.0) == 24.0


def test_settings_of_compilers_are_ignored():
    graphcore.config.warn.subtensor_merge_bug = False
    graphcore.config.gcc.cxxflags = "-fbracket-depth=16000"
    graphcore.config.blas.ldflags = ""


def test_a_strict_loop_may_draw_random_numbers():
    rng, w = tt.RandomStreams(1), graphcore.shared(2.0, "w")
    options = {"outputs_info": tt.constant(0.0), "n_steps": 3, "strict": True}
    ys, updates = graphcore.scan(
        lambda y, w: y + w * rng.uniform(size=()), non_sequences=[w], **options
    )
    values = graphcore.function([], ys, updates=updates)()
    assert np.all(np.diff(values) > 0) and np.all(np.diff(values) < 2)
    with pytest.raises(ValueError, match="'w'; add it to non_sequences"):
        graphcore.scan(lambda y: y + w * rng.uniform(size=()), **options)


def test_solvers_and_factors_as_makers():
    a = np.array([[4.0, 2.0], [2.0, 3.0]])
    b = np.array([1.0, 2.0])
    for name, m in (("general", a), ("symmetric", a), ("lower_triangular", np.tril(a)),
                    ("upper_triangular", np.triu(a))):  # fmt: skip
        assert_allclose(tt.slinalg.Solve(name)(a, b).eval(), np.linalg.solve(m, b))
    assert_allclose(tt.slinalg.Cholesky(lower=False)(a).eval(), np.linalg.cholesky(a).T)
    with pytest.raises(ValueError, match="A_structure is 'diagonal'"):
        tt.slinalg.Solve("diagonal")


@pytest.mark.parametrize("count", [3, 4])
def test_a_monitor_sees_every_node(count):
    seen = []

    def before(i, node, cells):
        seen.append([cell[0].item() for cell in cells.inputs])
        assert cells.outputs[0][0] is None

    def after(i, node, cells):
        assert i == len(seen) - 1
        seen[i] += [cell[0].item() for cell in cells.outputs]

    def after_with_graph(fgraph, i, node, cells):
        assert node in fgraph.toposort()
        after(i, node, cells)

    x = tt.dscalar("x")
    mode = MonitorMode(before, after if count == 3 else after_with_graph).excluding("no such rule")
    f = graphcore.function([x], tt.sqrt(x) * x, mode=mode)
    assert_array_equal(f(4.0), 8.0)
    assert seen == [[4.0, 2.0], [2.0, 4.0, 8.0]]
    assert "NumPy" in f.explain()


def test_names_that_are_classes_in_theano_may_be_called_first():
    a, b = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), np.array([1.0, 2.0, 3.0])
    found = tt.nlinalg.lstsq()(a, b, 1e-12)
    assert_allclose(found[0].eval(), np.linalg.lstsq(a, b, rcond=None)[0], rtol=1e-13)


@pytest.mark.parametrize("protocol", range(6))
def test_graphs_and_functions_pickle_with_every_protocol(protocol):
    x, w = tt.dvector("x"), graphcore.shared(np.array([1.0, 2.0]), "w")
    f = graphcore.function([x], (x * w).sum())
    assert_array_equal(pickle.loads(pickle.dumps(f, protocol))([3.0, 4.0]), 11)
    y, z = pickle.loads(pickle.dumps([x, (x * w).sum()], protocol))
    assert_array_equal(z.eval({y: [3.0, 4.0]}), 11)


def test_what_replaces_a_shared_variable_may_read_it():
    a = graphcore.shared(1.0, "a")
    a.default_update = a + 3
    f = graphcore.function([], a + 10, givens={a: a + 10})
    assert [float(f()), float(f())] == [21, 34]  # the update is replaced too: 1 + 10 + 3
    g = graphcore.function([], a + 10, givens={a: tt.constant(0.0)})
    before = a.get_value()
    assert float(g()) == 10 and a.get_value() == before
    b = 2 * a  # an input, so that nothing reads what it is made of
    assert float(graphcore.function([b], b + 1)(3.0)) == 4 and a.get_value() == before
    del a.default_update
    graphcore.function([], a)()
    assert a.get_value() == before
    with pytest.raises(TypeError, match="no_default_updates"):
        graphcore.function([], a, no_default_updates=a)


def test_numbers_that_fit_are_no_downcast():
    x = tt.bvector("x")
    f = graphcore.function([graphcore.In(x, allow_downcast=False)], x + 1)
    assert_array_equal(f([6, -128]), [7, -127])
    for value in ([312], [1.5], np.array([6])):
        with pytest.raises(TypeError, match="'x'"):
            f(value)


def test_settings_may_be_given_in_a_dictionary():
    with graphcore.change_flags({"blas.ldflags": "", "floatX": "float32"}):
        assert tt.vector().dtype == "float32"


def test_a_node_of_a_user_may_name_its_outputs():
    class Twice(graphcore.Op):
        def make_node(self, x):
            x = tt.as_tensor_variable(x)
            return graphcore.Apply(self, inputs=[x], outputs=[x.type()])

        def perform(self, node, inputs, cells):
            cells[0][0] = 2 * inputs[0]

    x = tt.dvector("x")
    assert_array_equal(Twice()(x).eval({x: [1.0, 2.0]}), [2, 4])


@pytest.mark.parametrize("mode", ["fast", "reference"])
@pytest.mark.parametrize(("shape", "axis"), [((0, 3), 0), ((0, 3), None), ((2, 0), 1), ((2, 0), 0)])
def test_sums_of_no_exponentials(mode, shape, axis):
    x = tt.matrix("x")
    direct = tt.logsumexp(x, axis)
    outputs = [direct, tt.log(tt.exp(x).sum(axis)), tt.grad(direct.sum(), x), tt.softmax(x, axis)]
    value = np.zeros(shape)
    found = graphcore.function([x], outputs, mode=mode)(value)
    with np.errstate(divide="ignore"):
        exact = np.log(np.exp(value).sum(axis))
    assert_array_equal(found[0], exact)
    assert_array_equal(found[1], exact)
    assert found[2].shape == found[3].shape == shape


def test_the_inner_function_of_a_function():
    w, x = graphcore.shared(1.0, "w"), tt.scalar("x")
    f = graphcore.function([graphcore.In(x, value=2.0)], x * w, updates={w: w + 1})
    assert float(f.fn()) == 2.0 and float(f.fn(n_calls=2)) == 6.0 and w.get_value() == 4.0
    assert f.fn.storage_map[w][0] == 4.0 and f.vm.storage_map[x][0] == 2.0
    assert [node.op for node in f.fn.nodes] == [node.op for node in f.maker.fgraph.toposort()]


def test_inputs_that_only_lengths_or_steps_without_use_ask_for():
    x, m, s = tt.scalar("x"), tt.matrix("m"), tt.vector("s")
    assert graphcore.function([x], x.size)(3.0) == 1
    assert graphcore.function([m], tt.nlinalg.det(m).shape)(np.eye(2)).shape == (0,)
    y, _ = graphcore.scan(lambda a, b: 2 * a, sequences=s, non_sequences=m)
    assert_array_equal(graphcore.function([s, m], y)([1.0, 2.0], np.eye(2)), [2, 4])
    with pytest.raises(graphcore.errors.UnusedInputError, match="nothing depends on"):
        graphcore.function([s, m], 2 * s)
    with pytest.raises(graphcore.errors.UnusedInputError, match="'s' stands twice"):
        graphcore.function([s, s], 2 * s)


def test_errors_and_checks_that_programs_ask_for():
    x = tt.scalar("x")
    with pytest.raises(tt.basic.NotScalarConstantError, match="x is not a scalar constant"):
        tt.get_scalar_constant_value(x)
    with pytest.raises(TypeError, match="Cannot use a shared variable"):
        graphcore.function([graphcore.shared(1.0)], x)
    with pytest.raises(TypeError, match="another number of axes"):
        graphcore.In(x, update=tt.vector())
    n = tt.lvector("n")
    count = graphcore.function([n], tt.bincount(n, assert_nonneg=True))
    with pytest.raises(AssertionError, match="negative"):
        count([1, -1])
    with pytest.raises(TypeError, match="lengths must be integers"):
        tt.ravel_multi_index(([0], [1]), (3.5, 2.0))
    with pytest.raises(graphcore.errors.MissingInputError, match="strict=True"):
        graphcore.scan(lambda a: a * x, sequences=tt.vector(), strict=True)
    assert tt.as_tensor_variable((x + 1).owner).eval({x: 1.0}) == 2
    assert tt.as_tensor_variable(np.ones((1, 1, 3)) * x, ndim=1).type.shape == (3,)


@pytest.mark.parametrize(
    ("a", "b", "same", "near"),
    [
        ([1.0, np.nan], [1.0, np.nan], True, True), ([1.0], [1.0 + 1e-9], False, True),
        ([1], [1.0], False, False), ([1.0], [[1.0]], False, False), ([1.0], [1.1], False, False),
    ],
)  # fmt: skip
def test_types_compare_values(a, b, same, near):
    a, b = np.array(a), np.array(b)
    kind = tt.dvector
    assert kind.values_eq(a, b) is same and kind.values_eq_approx(a, b) is near
    lone = np.array([np.inf, 1.0]), np.array([3.0, 1.0])
    assert kind.values_eq_approx(*lone, allow_remove_inf=True)
    assert not kind.values_eq_approx(*lone)
