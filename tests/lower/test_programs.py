"""Programs against the reference evaluator: structured cases, then random graphs."""

import numpy as np
import pytest
import randomgraphs

import graphcore
import graphcore.tensor as tt
from graphcore.graph.walk import ancestors, inputs_of
from graphcore.lower.assemble import compile_program
from graphcore.lower.text import disassemble
from graphcore.runtime.flat import FlatFunction
from graphcore.runtime.reference import evaluate

LENGTHS = (0, 1, 2, 5, 255, 256, 257, 700)


def run(outputs, values):
    """Values of the outputs by a program, and the program."""
    inputs = list(inputs_of(outputs))
    arrays = [np.ascontiguousarray(values[v]).reshape(np.shape(values[v])) for v in inputs]
    given = [(v, a.shape, i, 0) for i, (v, a) in enumerate(zip(inputs, arrays, strict=True))]
    wanted = [(v, len(inputs) + i, 0) for i, v in enumerate(outputs)]
    program, shapes = compile_program(wanted, given)
    results = [np.full(shapes[v], 77).astype(v.type.numpy_dtype) for v in outputs]
    assert program.run((*arrays, *results)) is None
    return results, program


def check(outputs, values):
    results, program = run(outputs, values)
    for v, a, b in zip(outputs, results, evaluate(outputs, values), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=repr(v))
    return program


@pytest.mark.parametrize("n", LENGTHS)
def test_vectors_of_every_length(n):
    rng = np.random.default_rng(n)
    a, x, i = tt.scalar("a"), tt.vector("x"), tt.ivector("i")
    outputs = [
        tt.exp(a * x**3 + i**2).sum(),
        x + 1,
        x * x + a,
        a - x * i,
        (x > 0).all(),
        tt.any(i > 2),
        tt.switch(x > 0, x, -a),
        tt.concatenate([x, 2 * x, x[:1]]),
        tt.cast(i, "float32") * 2.5,
        i + i,
        i.sum(),
        x[::-1] - x,
        x[:, None] * x[None, :3],
        tt.set_subtensor(x[:2], 1.0),
        tt.inc_subtensor(x[1:], x[:-1]),
    ]
    values = {a: np.array(0.5), x: rng.normal(size=n), i: rng.integers(-3, 3, n).astype("int32")}
    check(outputs, values)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("m", [1, 3, 40, 300])
def test_matrices_of_every_shape(n, m):
    rng = np.random.default_rng(n * 1000 + m)
    matrix, x, v = tt.matrix("M"), tt.vector("x"), tt.vector("v")
    outputs = [
        tt.dot(matrix, x),
        tt.dot(v, matrix),
        tt.dot(matrix.T, matrix),
        tt.dot(tt.tanh(matrix), x).sum(),
        matrix.sum(axis=0),
        matrix.sum(axis=1),
        matrix.max(axis=1),
        matrix * x + v[:, None],
        tt.exp(matrix + x).sum(),
        matrix[::2, 1:],
        matrix.T,
        matrix.reshape((-1,)),
        matrix.T.reshape((-1,)),
    ]
    values = {matrix: rng.normal(size=(n, m)), x: rng.normal(size=m), v: rng.normal(size=n)}
    check(outputs, values)


@pytest.mark.parametrize("n", [n for n in LENGTHS if n])
@pytest.mark.parametrize("shape", [(), (1,), (4,), (300,), (5, 60)])
def test_integer_array_indexing(n, shape):
    rng = np.random.default_rng(n)
    x, matrix = tt.vector("x"), tt.matrix("M")
    index = tt.tensor("int64", (None,) * len(shape), "i")
    outputs = [x[index], matrix[index], matrix[:, 1][index], tt.exp(x[index]).sum()]
    outputs.append(tt.inc_subtensor(x[index], 2.0))
    outputs.append(tt.inc_subtensor(matrix[index], 1.5))
    cost = (matrix[index] ** 2).sum() + tt.exp(x[index] * 0.1).sum()
    outputs += graphcore.grad(cost, [x, matrix])
    values = {
        x: rng.normal(size=n),
        matrix: rng.normal(size=(n, 3)),
        index: rng.integers(-n, n, shape),
    }
    check(outputs, values)
    constant = tt.constant(values[index])
    sums = tt.inc_subtensor(tt.zeros_like(x)[constant], tt.sqr(x[constant]))
    check([x[constant], matrix[constant], sums], {x: values[x], matrix: values[matrix]})


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("shape", [(), (4,), (40, 2)])
def test_increments_along_later_axes(axis, shape):
    rng = np.random.default_rng(axis)
    x, v = tt.tensor3("x"), tt.vector("v")
    index = tt.constant(rng.integers(-3, 3, shape))
    place = (slice(None),) * axis + (index,)
    outputs = [tt.inc_subtensor(x[place], 1.5), graphcore.grad((x[place] ** 2).sum(), x)]
    if axis == 1:
        outputs.append(tt.inc_subtensor(x[place], v))
    flat = x[:, :, 0]
    outputs.append(graphcore.grad(tt.exp(flat[:, index[..., None]]).sum(), x))
    program = check(outputs, {x: rng.normal(size=(5, 6, 3)), v: rng.normal(size=3)})
    assert not [step for step in program.spec.steps if step.kind == "python"]


def test_a_regression_reads_its_rows_in_one_loop():
    rng = np.random.default_rng(1)
    data, y = rng.normal(size=(1000, 4)), rng.normal(size=1000)
    beta = tt.tensor("float64", (4,), "beta")
    cost = tt.sqr(y - tt.dot(data, beta)).sum()
    program = check([cost, graphcore.grad(cost, beta)], {beta: rng.normal(size=4)})
    loops = [step for step in program.spec.steps if step.kind == "loop"]
    assert len(loops) == 1
    names = [ins.name for ins in loops[0].body]
    assert "matrow_cm" in names and "matcol_cm" in names


def test_registers_are_reused():
    x = tt.vector("x")
    y = x
    for _ in range(200):
        y = tt.sin(y) + x
    program = check([y], {x: np.linspace(-1, 1, 1000)})
    assert program.work_bytes < 20_000


def test_memory_of_finished_arrays_is_reused():
    x = tt.vector("x")
    y = x
    for _ in range(50):
        y = y - y.max()
        y = tt.exp(y) / 2
    program = check([y], {x: np.linspace(-1, 1, 1000)})
    assert program.work_bytes < 6 * 8000


def test_disassembly_is_stable_text():
    x = tt.tensor("float64", (3,), "x")
    _, program = run([tt.exp(x).sum() + 1.0], {x: np.zeros(3)})
    assert disassemble(program.spec) == "\n".join(
        [
            "   0 call   n=3 exp_d_v w0 <- x0",
            "   1 call   n=3 sum_d_all s1 <- w0",
            "   2 scalar 2 operations",
            "         add_dd s3 <- s1, s2",
            "         store x1 <- s3",
            "     2048 bytes of work memory, 4 cells, 0 bytes of constants",
        ]
    )


def test_a_wrong_slot_is_refused():
    x = tt.vector("x")
    _, program = run([tt.exp(x)], {x: np.zeros(3)})
    program.spec.steps[0].a = 99
    from graphcore.lower.assemble import load

    with pytest.raises(ValueError, match="exp_d_v has an operand out of range: slot 99"):
        load(program.spec)
    program.spec.steps[0].name = "exq_d_v"
    with pytest.raises(ValueError, match="no kernel is called 'exq_d_v'"):
        load(program.spec)


DTYPES = [
    ("float64",),
    ("float64", "int64"),
    ("float64", "bool", "int32"),
    ("float32", "float64"),
    ("int8", "float64"),
    ("uint8", "int16", "float64"),
]


def fuzz(seeds):
    for seed in seeds:
        options = {"static": bool(seed % 2), "dtypes": DTYPES[seed % len(DTYPES)]}
        outputs, values = randomgraphs.random_graph(seed, **options)
        if not outputs:
            continue
        results, _ = run(outputs, values)
        types = {v.type.dtype for v in ancestors(outputs)}
        spread = randomgraphs.sensitivity(outputs, values)
        try:
            randomgraphs.assert_close(results, evaluate(outputs, values), spread, types)
        except AssertionError as error:
            raise AssertionError(f"random graph {seed}: {error}") from error


def test_random_graphs_agree():
    fuzz(range(300))


@pytest.mark.slow
def test_many_random_graphs_agree():
    fuzz(range(300, 10_000))


@pytest.mark.parametrize("at", [slice(1, None), np.array([1, 1, 2])], ids=["slice", "positions"])
def test_truth_added_to_truth_is_truth(at):
    x, v = tt.vector("x", dtype="bool"), tt.vector("v", dtype="bool")
    count = tt.inc_subtensor(x[at], v).astype("int64")
    values = {x: [True, True, False], v: [True] * len(np.arange(3)[at])}
    np.testing.assert_array_equal(graphcore.function([x, v], count)(*values.values()), [1, 1, 1])
    np.testing.assert_array_equal(evaluate([count], values)[0], [1, 1, 1])


def test_numbers_stay_outside_of_data_until_the_end():
    """The derivative of a squared residual reads the product that the value has made."""
    data = np.linspace(0.5, 2.0, 300)
    h = tt.tensor("float64", (300,), "h")
    value = -tt.log1p(tt.sqr(data * tt.exp(-h)) * 0.25).sum()
    f = FlatFunction([h], value)
    calls = [ins.name for step in f.program.spec.steps if step.kind == "loop" for ins in step.body]
    assert sum(name.startswith(("true_div", "reciprocal", "quotient")) for name in calls) == 1
    assert sum(name.startswith("mul_dd_vv") for name in calls) == 1
    x = np.linspace(-1, 1, 300)
    q = (data * np.exp(-x)) ** 2
    np.testing.assert_allclose(f(x)[1], 2 * q / (4 + q), rtol=1e-13)


def test_increments_of_neighbours_need_no_copy_and_no_product():
    x, s = tt.tensor("float64", (700,), "x"), tt.scalar("s")
    value = tt.sin(x).sum() - s * tt.sqr(x[1:] - x[:-1]).sum()
    f = FlatFunction([x, s], value)
    text = disassemble(f.program.spec)
    assert text.count("increase_vs") == 2 and "copy" not in text
    rng = np.random.default_rng(3)
    point = rng.normal(size=701)
    at, steps = point[:700], np.diff(point[:700])
    want = np.cos(at)
    want[1:] -= 2 * point[700] * steps
    want[:-1] += 2 * point[700] * steps
    np.testing.assert_allclose(f(point)[1], [*want, -(steps**2).sum()], rtol=1e-12)
    weights = rng.normal(size=699)
    f = FlatFunction([x], tt.exp(x).sum() + (tt.sin(x[1:]) * weights * tt.cos(x[:-1])).sum())
    assert "increase_vv" in disassemble(f.program.spec)
    want = np.exp(at)
    want[1:] += np.cos(at[1:]) * weights * np.cos(at[:-1])
    want[:-1] -= np.sin(at[1:]) * weights * np.sin(at[:-1])
    np.testing.assert_allclose(f(at)[1], want, rtol=1e-11, atol=1e-13)


def test_what_others_read_is_not_increased_in_its_place():
    x = tt.tensor("float64", (40,), "x")
    e = tt.exp(x)
    raised = tt.inc_subtensor(e[3:10], 1.5)
    f = graphcore.function([x], [raised, e, tt.inc_subtensor(tt.sin(x)[:5], 2.0)])
    at = np.linspace(-1, 1, 40)
    want = np.exp(at)
    want[3:10] += 1.5
    last = np.sin(at)
    last[:5] += 2
    for got, wanted in zip(f(at), (want, np.exp(at), last), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-14)


def test_two_columns_are_stored_together():
    x = tt.tensor("float64", (50, 2), "x")
    factor = np.array([[1.5, 0.0], [-0.5, 2.0]])
    f = graphcore.function([x], tt.dot(tt.exp(x), factor))
    assert "store_pair" in f.disassembly()
    at = np.random.default_rng(5).normal(size=(50, 2))
    np.testing.assert_allclose(f(at), np.exp(at) @ factor, rtol=1e-13)


@pytest.mark.parametrize("n", [300, 1000, 5000, 20_000, 100_000])
def test_product_with_a_constant_matrix_alone(n):
    """A loop of nothing but the product: the matrix lies there in tiles of a block of rows."""
    rng = np.random.default_rng(n)
    data = rng.normal(size=(n, 3))
    b, d = tt.vectors("b", "d")
    wide, tall = rng.normal(size=3), rng.normal(size=n)
    for order in "CF":
        matrix = tt.constant(np.asarray(data, order=order))
        found = graphcore.function([b], tt.dot(matrix, b))(wide)
        np.testing.assert_allclose(found, data @ wide, rtol=1e-12, atol=1e-12)
        found = graphcore.function([d], tt.dot(matrix.T, d))(tall)
        np.testing.assert_allclose(found, data.T @ tall, rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("n", [20_000, 100_001, 300_000])
@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: x + y,
        lambda x, y: x / y,
        lambda x, y: x * y + x,
        lambda x, y: tt.switch(tt.lt(x, y), x, y),
        lambda x, y: tt.dot(x, y),
    ],
)
def test_long_loops_of_one_call(make, n):
    rng = np.random.default_rng(n)
    x, y = tt.vectors("x", "y")
    given = {x: rng.normal(size=n), y: rng.uniform(0.5, 2, n)}
    out = make(x, y)
    f = graphcore.function([x, y], out)
    found = [f(given[x], given[y]) for _ in range(3)]
    for again in found[1:]:
        np.testing.assert_array_equal(again, found[0])
    np.testing.assert_allclose(found[0], evaluate([out], given)[0], rtol=1e-11, atol=1e-12)
