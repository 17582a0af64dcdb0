"""Matrix decompositions in programs: against the references, shared factors, failures."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore.graph.nodes import Op, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of
from graphcore.lower.assemble import compile_program
from graphcore.ops import decompose, diagonals, sparse
from graphcore.runtime.flat import FlatFunction
from graphcore.runtime.reference import evaluate

SIZES = (0, 1, 2, 5, 40)
CLASSES = [
    cls
    for module in (decompose, diagonals, sparse)
    for cls in vars(module).values()
    if isinstance(cls, type) and cls.__module__ == module.__name__ and hasattr(cls, "cases")
]


def definite(n, seed=0):
    rng = np.random.default_rng(seed + n)
    a = rng.normal(size=(n, 2 * n + 1))
    return a @ a.T / (2 * n + 1) + 0.1 * np.eye(n)


def run(outputs, values):
    """Values of the outputs by one program that calls no reference."""
    inputs = list(inputs_of(outputs))
    arrays = [np.ascontiguousarray(values[v]).reshape(np.shape(values[v])) for v in inputs]
    given = [(v, a.shape, i, 0) for i, (v, a) in enumerate(zip(inputs, arrays, strict=True))]
    wanted = [(v, len(inputs) + i, 0) for i, v in enumerate(outputs)]
    program, shapes = compile_program(wanted, given)
    assert all(step.kind != "python" for step in program.spec.steps)
    results = [np.full(shapes[v], 77.0).astype(v.type.numpy_dtype) for v in outputs]
    assert program.run((*arrays, *results)) is None
    return results, program


def names(program):
    """Names of the calls of a program."""
    return [step.name for step in program.spec.steps if step.kind == "call"]


def close(found, wanted, rtol=1e-9):
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-11)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_case_runs_as_calls(cls):
    assert issubclass(cls, Op)
    for op, arrays in cls.cases():
        types = [TensorType(a.dtype, a.shape) for a in arrays]
        variables = [new_variable(t, name=f"i{k}") for k, t in enumerate(types)]
        y = op(*variables)
        values = dict(zip(variables, arrays, strict=True))
        found, _ = run([y], values)
        close(found, [np.asarray(op.reference(*arrays))])


@pytest.mark.parametrize("n", SIZES)
def test_functions_of_positive_definite_matrices(n):
    rng = np.random.default_rng(n)
    k, b, rows = tt.matrix("k"), tt.vector("b"), tt.matrix("rows")
    chol = tt.linalg.cholesky(k)
    outputs = [
        chol,
        tt.linalg.cholesky(k, lower=False),
        tt.linalg.solve(k, b, assume_a="pos"),
        tt.linalg.cho_solve((chol.T, False), rows.T),
        tt.linalg.solve_triangular(chol, rows.T, lower=True, trans="T"),
        tt.linalg.solve_triangular(chol.T, b),
        decompose.GaussianTerm()(k, rows),
        tt.log(tt.diagonal(chol)).sum() * tt.trace(k),
    ]
    cost = outputs[6] + (chol * rows[:n, :n]).sum() + (outputs[4] ** 2).sum() + outputs[2].sum()
    outputs += graphcore.grad(cost, [k, b, rows])
    values = {k: definite(n), b: rng.normal(size=n), rows: rng.normal(size=(n + 3, n))}
    found, _ = run(outputs, values)
    close(found, evaluate(outputs, values), rtol=1e-8)


@pytest.mark.parametrize("n", SIZES)
def test_functions_of_general_matrices(n):
    rng = np.random.default_rng(n)
    a, b, sides = tt.matrix("a"), tt.vector("b"), tt.matrix("sides")
    sign, log = tt.linalg.slogdet(a)
    outputs = [
        tt.linalg.solve(a, b),
        tt.linalg.solve(a.T, sides),
        tt.linalg.inv(a),
        sign,
        log,
        tt.linalg.det(a),
        tt.tril(a, -1),
        tt.triu(sides, 1),
        tt.diag(b),
        tt.diag(b, 2),
        tt.kron(a, sides),
    ]
    cost = (outputs[0] ** 2).sum() + outputs[1].sum() + log + tt.exp(-(outputs[2] ** 2)).sum()
    cost = cost + (tt.diag(b, 1) ** 2).sum() + (tt.triu(a) ** 3).sum()
    outputs += graphcore.grad(cost, [a, b, sides])
    values = {
        a: rng.normal(size=(n, n)) + 2 * np.eye(n)[::-1],
        b: rng.normal(size=n),
        sides: rng.normal(size=(n, 3)),
    }
    found, _ = run(outputs, values)
    close(found, evaluate(outputs, values), rtol=1e-7)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 64, 90])
def test_the_blocked_derivative_of_a_factor(n):
    rng = np.random.default_rng(n)
    factor = np.linalg.cholesky(definite(n)) + np.triu(rng.normal(size=(n, n)), 1)
    g = rng.normal(size=(n, n))
    x, y = tt.matrix("x"), tt.matrix("y")
    found, _ = run([decompose.CholeskyPullback()(x, y)], {x: factor, y: g})
    np.testing.assert_allclose(
        found[0], decompose.CholeskyPullback().reference(factor, g), rtol=1e-7, atol=1e-9
    )


def test_only_the_lower_triangle_of_symmetric_matrices_is_read():
    k, y = tt.matrix("k"), tt.matrix("y")
    outputs = [tt.linalg.cholesky(k), decompose.GaussianTerm()(k, y)]
    outputs += graphcore.grad(outputs[0].sum() + outputs[1], [k])
    full, lower = definite(5), np.tril(definite(5))
    rows = np.ones((2, 5))
    a, _ = run(outputs, {k: full, y: rows})
    b, _ = run(outputs, {k: lower, y: rows})
    close(a, b)
    assert not np.triu(a[2], 1).any()


def test_a_matrix_is_factored_once():
    k, y = tt.matrix("k"), tt.matrix("y")
    term = decompose.GaussianTerm()(k, y)
    _, program = run([term, *graphcore.grad(term, [k, y])], {k: definite(4), y: np.ones((3, 4))})
    assert [names(program).count(s) for s in ("potrf", "potrs", "gaussian_slope")] == [1, 1, 1]
    a, b = tt.matrix("a"), tt.vector("b")
    outputs = [tt.linalg.solve(a, b), tt.linalg.solve(a, tt.exp(b)), *tt.linalg.slogdet(a)]
    _, program = run(outputs, {a: definite(4), b: np.ones(4)})
    assert names(program).count("getrf") == 1


def test_a_constant_matrix_is_factored_while_planning():
    y = tt.matrix("y")
    term = decompose.GaussianTerm()(tt.constant(definite(4)), y)
    values = {y: np.ones((1, 4))}
    found, program = run([term], values)
    close(found, evaluate([term], values))
    assert "potrf" not in names(program)


def test_strides_of_triangular_systems():
    """Every layout of the matrix and of the right-hand sides, without a wrong transposition."""
    rng = np.random.default_rng(1)
    big, sides = tt.matrix("big"), tt.matrix("sides")
    values = {big: rng.normal(size=(8, 8)) + 5 * np.eye(8), sides: rng.normal(size=(8, 6))}
    outputs = [
        tt.linalg.solve_triangular(m, b, lower=low, trans=trans)
        for m in (big[:4, :4], big.T[2:6, 2:6], big[::2, ::2])
        for b in (sides[:4], sides[::2, 1], sides.T[:4, :4], sides[4:, ::-2])
        for low in (True, False)
        for trans in (0, 1)
    ]
    found, _ = run(outputs, values)
    close(found, evaluate(outputs, values))


@pytest.mark.parametrize("n", [1, 31, 32, 300])
def test_products_with_short_axes(n):
    """Taken apart into columns or not, the values are the same."""
    rng = np.random.default_rng(n)
    z, w, small = tt.matrix("z"), tt.matrix("w"), tt.matrix("small")
    long = tt.dot(tt.exp(z), small)
    back = tt.inc_subtensor(tt.zeros_like(long)[:, 0], w[:, 1])
    back = back + tt.inc_subtensor(tt.zeros_like(long)[:, 2], long[:, 1])
    outputs = [
        long,
        tt.dot(z, small[:, ::-1]) * 2,
        tt.dot(small.T, z.T),
        tt.dot(z.T, w),
        tt.dot(long.T, z),
        tt.dot(long.T, w)[0, 1],
        back,
        tt.dot(back, small.T),
        tt.inc_subtensor(long[:, -1], 1.0),
        tt.set_subtensor(long[:, 1], w[:, 0]).sum(),
        long.T[1] + long[:, 0],
        long.T * 2,
    ]
    cost = (long * back).sum() + (outputs[4] ** 2).sum() + (outputs[8] ** 2).sum()
    outputs += graphcore.grad(cost, [z, w, small])
    values = {
        z: rng.normal(size=(n, 2)),
        w: rng.normal(size=(n, 3)),
        small: rng.normal(size=(2, 3)),
    }
    found, _ = run(outputs, values)
    close(found, evaluate(outputs, values))
    product = tt.dot(tt.exp(z), small)
    _, program = run([product, *graphcore.grad((product**2).sum(), [z, small])], values)
    assert ("gemm" in names(program)) == (n < 32)


LATER = """
import sys
import graphcore, graphcore.tensor as tt
x = tt.matrix("x")
f = graphcore.function([x], tt.linalg.cholesky(x))
f([[4.0]])
assert "scipy.linalg" not in sys.modules
from graphcore.lower import library
before = library.address("dpotrf")
import scipy.linalg
assert scipy.linalg.cython_lapack.__pyx_capi__ and scipy.linalg.cho_factor([[4.0]])
library.address.cache_clear(), library._functions.cache_clear()
assert library.address("dpotrf") == before
assert f([[4.0]]) == 2.0
"""


def test_scipy_linalg_may_be_imported_later():
    subprocess.run([sys.executable, "-c", LATER], check=True)


# -- failures --------------------------------------------------------------------------------------

BAD = {
    "negative": np.diag([1.0, -1.0]),
    "zero": np.zeros((2, 2)),
    "nan": np.array([[1.0, 0.0], [np.nan, 1.0]]),
}


def entry_point(f):
    """The C function of a log density: ``x -> (status, log density)``."""
    kinds = [ctypes.c_size_t, *[ctypes.c_void_p] * 4]
    call = ctypes.CFUNCTYPE(ctypes.c_int, *kinds)(f.address)

    def run(x):
        x = np.ascontiguousarray(x)
        g, value = np.zeros(f.dim), np.zeros(1)
        status = call(f.dim, x.ctypes.data, g.ctypes.data, value.ctypes.data, f.user_data)
        return status, value[0]

    return run


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_cholesky_of_a_matrix_that_is_not_positive_definite(bad):
    x = tt.tensor("float64", (2, 2), "x")
    f = graphcore.function([x], tt.linalg.cholesky(x))
    for call in (f, lambda a: tt.linalg.cholesky(x).eval({x: a})):
        with pytest.raises(np.linalg.LinAlgError, match="not positive definite") as error:
            call(bad)
        assert "cholesky of 'x', written at" in str(error.value)
        assert "test_matrices.py" in str(error.value)
    assert f(np.eye(2))[0, 0] == 1.0


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "density",
    [
        lambda x: tt.linalg.cholesky(x).sum(),
        lambda x: decompose.GaussianTerm()(x, tt.constant([[1.0, 2.0]])),
    ],
    ids=["cholesky", "gaussian"],
)
def test_a_log_density_without_a_factor_is_recoverable(density, bad):
    x = tt.tensor("float64", (2, 2), "x")
    f = FlatFunction([x], density(x))
    good = f(np.eye(2).ravel())
    value, slope = f(bad.ravel())
    assert value == -np.inf
    assert np.isnan(slope).all()
    call = entry_point(f)
    assert call(bad.ravel()) == (1, -np.inf)
    assert call(np.eye(2).ravel()) == (0, good[0])
    assert np.isfinite(f(np.eye(2).ravel())[1]).all()


def test_gaussian_densities_are_minus_infinity_outside_of_a_log_density():
    x = tt.tensor("float64", (2, 2), "x")
    term = decompose.GaussianTerm()(x, tt.constant([[1.0, 2.0]]))
    f = graphcore.function([x], [term, graphcore.grad(term, x)])
    for bad in BAD.values():
        value, slope = f(bad)
        assert value == -np.inf and np.isnan(slope).all()
        assert term.eval({x: bad}) == -np.inf


def test_singular_matrices():
    x = tt.tensor("float64", (2, 2), "x")
    for y in (tt.linalg.inv(x), tt.linalg.solve(x, [1.0, 2.0])):
        f = graphcore.function([x], y)
        for call in (f, lambda a, y=y: y.eval({x: a})):
            with pytest.raises(np.linalg.LinAlgError, match="is singular"):
                call(np.ones((2, 2)))
    f = graphcore.function([x], [*tt.linalg.slogdet(x), tt.linalg.det(x)])
    assert [float(v) for v in f(np.zeros((2, 2)))] == [0.0, -np.inf, 0.0]
    g = FlatFunction([x], tt.linalg.inv(x).sum())
    assert entry_point(g)(np.zeros(4)) == (1, -np.inf)
