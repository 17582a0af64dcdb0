"""Rows sorted by group: same numbers, neighbouring addresses."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import kernels
from graphcore.lower.text import disassemble
from graphcore.runtime.flat import FlatFunction
from graphcore.runtime.reference import evaluate

INDICES = {
    "sorted": lambda rng: np.sort(rng.integers(0, 85, 919)),
    "shuffled": lambda rng: rng.integers(0, 85, 919),
    "rectangular": lambda rng: np.tile(np.arange(40), 25),
    "few groups": lambda rng: rng.integers(0, 9, 500),
    "empty groups": lambda rng: rng.choice([3, 7, 11, *range(20, 60)], 1000),
    "one large group": lambda rng: np.concatenate([np.zeros(600, int), rng.integers(0, 30, 600)]),
}


@pytest.mark.parametrize("kind", INDICES)
def test_hierarchical_densities_agree_with_the_reference(kind):
    rng = np.random.default_rng(1)
    index = INDICES[kind](rng)
    n, groups = len(index), index.max() + 1
    x, y = rng.normal(size=n), rng.normal(size=n)
    other = rng.integers(0, 6, n)
    a = tt.tensor("float64", (groups,), "a")
    b = tt.tensor("float64", (groups, 2), "b")
    c = tt.tensor("float64", (6,), "c")
    mean = a[index] + b[:, 1][index] * x + c[other]
    value = -0.5 * ((y - mean) ** 2).sum() + tt.softplus(mean * x).sum() + a[index].sum()
    f = FlatFunction([a, b, c], value)
    point = rng.normal(size=f.dim)
    got, slope = f(point)
    wanted = [value, *graphcore.grad(value, [a, b, c])]
    given = {
        a: point[:groups],
        b: point[groups : 3 * groups].reshape(groups, 2),
        c: point[3 * groups :],
    }
    want, *slopes = evaluate(wanted, given)
    np.testing.assert_allclose(got, want, rtol=1e-12)
    np.testing.assert_allclose(
        slope, np.concatenate([s.ravel() for s in slopes]), rtol=1e-11, atol=1e-11
    )
    text = disassemble(f.program.spec)
    assert "line_lanes" in text and "scatter_mul_lanes" in text


BODIES = {  # of a loop over rows, by the calls they are joined to
    "add_lanes": lambda a, b, x, y: tt.exp(a + y) + a * b,
    "sub_lanes": lambda a, b, x, y: tt.exp(a - tt.sin(b + x)),
    "subfrom_lanes": lambda a, b, x, y: tt.exp(y - a) + b,
    "mul_lanes": lambda a, b, x, y: tt.sin(a * x) + b,
    "muladd_lanes": lambda a, b, x, y: tt.exp(a * x + tt.sin(b + y)),
    "addmul_lanes": lambda a, b, x, y: tt.exp(a + x * tt.sin(b + y)),
    "line_lanes": lambda a, b, x, y: tt.softplus(a + b * x),
    "residual_lanes": lambda a, b, x, y: tt.log1p((y - (a + b * x)) ** 2),
    "scatter_line_lanes": lambda a, b, x, y: tt.exp(y - (a + b * x)),
    "fit_lanes": lambda a, b, x, y: (y - (a + b * x)) ** 2,
}


@pytest.mark.parametrize("level", kernels.available())
@pytest.mark.parametrize("name", BODIES)
def test_joined_calls_agree_with_the_reference(name, level, monkeypatch):
    rng = np.random.default_rng(2)
    index = rng.choice(30, 1003, p=rng.dirichlet(np.ones(30)))
    x, y = rng.normal(size=(2, len(index)))
    a, b = tt.tensor("float64", (30,), "a"), tt.tensor("float64", (30,), "b")
    value = BODIES[name](a[index], b[index], x, y).sum()
    monkeypatch.setenv(kernels.ENVIRONMENT, level)
    f = FlatFunction([a, b], value, statistics=False)
    point = rng.normal(size=f.dim)
    got, slope = f(point)
    given = {a: point[:30], b: point[30:]}
    want, *slopes = evaluate([value, *graphcore.grad(value, [a, b])], given)
    np.testing.assert_allclose(got, want, rtol=1e-12)
    np.testing.assert_allclose(slope, np.concatenate(slopes), rtol=1e-11, atol=1e-11)
    assert name in disassemble(f.program.spec)


def test_long_loops_in_lanes_are_divided():
    rng = np.random.default_rng(3)
    index = rng.choice(50, 100_003, p=rng.dirichlet(np.ones(50)))
    x, y = rng.normal(size=(2, len(index)))
    a, b = tt.tensor("float64", (50,), "a"), tt.tensor("float64", (50,), "b")
    value = tt.softplus(a[index] + b[index] * x).sum() - (y * a[index]).sum()
    one, two = (FlatFunction([a, b], value, statistics=False, threads=k) for k in (1, 2))
    text = disassemble(one.program.spec)
    assert "scatter_line_lanes" in text and " parts" in text
    point = rng.normal(size=100)
    given = {a: point[:50], b: point[50:]}
    want, *slopes = evaluate([value, *graphcore.grad(value, [a, b])], given)
    for got, slope in (one(point), two(point)):
        np.testing.assert_allclose(got, want, rtol=1e-12)
        np.testing.assert_allclose(slope, np.concatenate(slopes), rtol=1e-10, atol=1e-9)
    np.testing.assert_array_equal(one(point)[1], two(point)[1])


def test_files_are_read_in_their_order(tmp_path):
    index = np.random.default_rng(4).integers(0, 30, 2000)
    y = np.memmap(tmp_path / "y", np.float64, "w+", shape=2000)
    y[:] = np.arange(2000) / 1000
    a = tt.tensor("float64", (30,), "a")
    f = FlatFunction([a], tt.exp(a[index] - tt.constant(y)).sum(), statistics=False)
    point = np.linspace(-1, 1, 30)
    got, slope = f(point)
    each = np.exp(point[index] - y)
    np.testing.assert_allclose(got, each.sum(), rtol=1e-13)
    np.testing.assert_allclose(slope, np.bincount(index, each), rtol=1e-13)
    assert "lanes" not in disassemble(f.program.spec)


def test_the_order_stays_where_it_is_visible():
    index = np.repeat(np.arange(20), 10)
    a = tt.tensor("float64", (20,), "a")
    f = graphcore.function([a], [tt.exp(a[index]), tt.exp(a[index]).sum()])
    values, total = f(np.arange(20) / 10)
    np.testing.assert_allclose(values, np.exp(np.arange(20) / 10)[index], rtol=1e-14)
    np.testing.assert_allclose(total, values.sum(), rtol=1e-13)
    assert "lanes" not in f.disassembly()
