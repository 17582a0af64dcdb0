"""One call in place of two gives the bits of the two."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import kernels
from graphcore.lower import emit, lanes, loops
from graphcore.lower.text import disassemble
from graphcore.runtime.flat import FlatFunction

LENGTHS = [*range(36), 50, 64, 100, 255]


def _alone(name, level, *arrays):
    y = np.full(1, np.nan)
    kernels.call(name, len(arrays[0]), y, *arrays, level=level)
    return y[0]


@pytest.mark.parametrize("level", kernels.available())
def test_two_sums_are_those_of_their_own_kernels(level):
    rng = np.random.default_rng(5)
    for n in LENGTHS:
        a, b, c = np.exp(9 * rng.normal(size=(3, n))) * rng.normal(size=(3, n))
        for special in (None, np.inf, np.nan, -0.0):
            if special is not None and n:
                a[n // 2] = special
            y, z = np.full(1, np.nan), np.full(1, np.nan)
            kernels.call("sum_and_dot", n, y, a, b, z, level=level, k=(3, 0, 0))
            want = [_alone("sum_d_all", level, a), _alone("dot_dd_all", level, a, b)]
            np.testing.assert_array_equal([*y, *z], want)
            own = np.append(b, 0.0)  # the second result is written where the second operand was
            kernels.call("two_dots", n, y, a, own, c, level=level, k=(2, 0, 0))
            want = [_alone("dot_dd_all", level, a, b), _alone("dot_dd_all", level, a, c)]
            np.testing.assert_array_equal([y[0], own[0]], want)


@pytest.mark.parametrize("level", kernels.available())
@pytest.mark.parametrize("form", ["vvv", "vvs", "vsv", "vss", "svv", "svs", "ssv", "products"])
def test_roots_of_sums_are_those_of_their_own_kernels(form, level):
    rng = np.random.default_rng(6)
    for n in LENGTHS[1:]:
        values = np.exp(9 * rng.normal(size=(5, n))) * rng.choice([1.0, 1.0, -1.0], (5, n))
        values[:, n // 2] = rng.choice([np.inf, np.nan, -0.0, 0.0, 5e-324, 1e300], 5)
        a, b, c, _, y = values
        want, middle = np.empty((2, n))
        if form == "products":
            # the fourth operand is that of the row of its high half: here the first
            kernels.call("root_of_products", n, y, a, b, c, level=level, k=(1 << 32, 0, 0))
            kernels.call("mul_dd_vv", n, want, c, a, level=level)
            kernels.call("muladd_ddd_vvv", n, middle, a, b, want, level=level)
        else:
            kernels.call(f"sqrt_muladd_{form}", n, y, a, b, c, level=level)
            kernels.call(f"muladd_ddd_{form}", n, middle, a, b, c, level=level)
        kernels.call("sqrt_d_v", n, want, middle, level=level)
        np.testing.assert_array_equal(y, want)


def _without_pairs(patch):
    patch.setattr(loops, "products_in_pairs", lambda calls: calls)
    patch.setattr(loops, "roots_of_sums", lambda calls: calls)
    patch.setattr(loops, "steps_in_pairs", lambda calls: calls)
    patch.setattr(loops, "sums_in_pairs", lambda calls: calls)
    patch.setattr(lanes, "arrays_in_pairs", lambda steps: steps)
    patch.setattr(emit, "fills_in_pairs", lambda steps, memory: steps)
    patch.setattr(emit, "_without_loop", lambda step: step)


def _sums(rng):
    a, b = (tt.tensor("float64", (37,), name) for name in "ab")
    d = tt.exp(a - 0.5)
    terms = [(d * b).sum(), (b * a).sum(), d.sum(), (d * a).sum()]
    return [a, b], sum(tt.sin(k * term) for k, term in enumerate(terms, 1))


def _groups(rng):
    a, b = (tt.tensor("float64", (45,), name) for name in "ab")
    s = tt.scalar("s")
    index = rng.integers(0, 45, 900)
    x, y = rng.normal(size=(2, 900))
    mean = tt.exp(a)[index] + tt.sin(b)[index] * x
    return [a, b, s], (tt.exp(-s) * (y - mean) ** 2).sum()


def _fills(rng):
    a, b = (tt.tensor("float64", (2,), name) for name in "ab")
    u = tt.set_subtensor(tt.zeros(5)[1:3], a)
    v = tt.set_subtensor(tt.zeros(11)[2:4], b)
    return [a, b], tt.exp(u).sum() * tt.sin(v).sum() + (u[:4] * v[1:5]).sum()


def _products(n):
    """Products of three: the first of vectors, of a vector and a number, on either side."""

    def density(rng):
        a, b = (tt.tensor("float64", (n,), name) for name in "ab")
        s = tt.scalar("s")
        twice = a * tt.exp(b)
        terms = [(a * b) * tt.tanh(a), tt.sin(a) * (b * s), (s * b) * s, twice * s + twice]
        return [a, b, s], sum(tt.exp(-(term**2)).sum() for term in terms)

    return density


PAIRED = {  # what takes the place of two calls or of a loop, and a density where it does
    "sum_and_dot": _sums,
    "two_dots": _sums,
    "gather_two": _groups,
    "scatter_add_two": _groups,
    "call   n=880 fit_lanes": _groups,
    "n=24 mov_s": _fills,
    "mulmul_ddd_vvv": _products(40),
    "mulmul_ddd_vvs": _products(3000),
}


@pytest.mark.parametrize("call", PAIRED)
def test_programs_give_the_same_bits(call, monkeypatch):
    variables, value = PAIRED[call](np.random.default_rng(8))
    fast = FlatFunction(variables, value, statistics=False)
    _without_pairs(monkeypatch)
    slow = FlatFunction(variables, value, statistics=False)
    assert call in disassemble(fast.program.spec)
    assert call not in disassemble(slow.program.spec)
    for scale in (1e-3, 1.0, 30.0, np.inf):
        x = np.random.default_rng(9).normal(size=fast.dim)
        x = np.where(np.arange(fast.dim) == 1, scale, x * scale if scale < 99 else x)
        (a, g), (b, h) = fast(x), slow(x)
        np.testing.assert_array_equal([a, *g], [b, *h])


TAKEN_ALONG = {  # a call, and what it computes before the last function
    "root_of_products": (tt.sqrt, lambda a, b, s: a * a + b * b),
    "sqrt_muladd_vvv": (tt.sqrt, lambda a, b, s: a * b + tt.exp(b)),
    "sqrt_muladd_vvs": (tt.sqrt, lambda a, b, s: a * b + s),
    "sqrt_muladd_svv": (tt.sqrt, lambda a, b, s: s * a + b),
    "sqrt_muladd_vss": (tt.sqrt, lambda a, b, s: a * s + 2),
    "horner_vssvs": (tt.exp, lambda a, b, s: (a * s + 2) * a - 3),
    "horner_vssvv": (tt.exp, lambda a, b, s: (a * 0.5 + s) * a + b),
    "horner_vvsvs": (tt.exp, lambda a, b, s: b * (a * b + s) + 0.5),
    "horner_vvsvv": (tt.exp, lambda a, b, s: (a * b + s) * b + a),
}


@pytest.mark.parametrize("n", [3, 40, 700, 40_000])
@pytest.mark.parametrize("call", TAKEN_ALONG)
def test_what_is_taken_along(call, n, monkeypatch):
    a, b, s = *tt.vectors("a", "b"), tt.scalar("s")
    values = [*np.random.default_rng(n).normal(size=(2, n)), 1.5]
    function, argument = TAKEN_ALONG[call]
    term = argument(a, b, s)
    outputs = [function(term)]
    with monkeypatch.context() as patch:
        _without_pairs(patch)
        f = graphcore.function([a, b, s], outputs, on_unused_input="ignore")
        want = f(*values)
    g = graphcore.function([a, b, s], outputs, on_unused_input="ignore")
    np.testing.assert_array_equal(g(*values), want)
    assert call in g.disassembly() and call not in f.disassembly()
    known = dict(zip((a, b, s), values, strict=True))
    with np.errstate(invalid="ignore"):
        root = np.sqrt if function is tt.sqrt else np.exp
        np.testing.assert_allclose(want[0], root(graphcore.evaluate([term], known)[0]), rtol=1e-12)


def test_a_sum_that_others_need_is_not_taken_along():
    a, b = tt.vectors("a", "b")
    values = np.random.default_rng(1).uniform(0.5, 1, size=(2, 700))
    total = a * a + b * b
    f = graphcore.function([a, b], [tt.sqrt(total), tt.exp(total), tt.exp(total * b + a)])
    root, first, second = f(*values)
    assert not any(name in f.disassembly() for name in TAKEN_ALONG)
    want = (values**2).sum(axis=0)
    np.testing.assert_allclose(root, np.sqrt(want), rtol=1e-14)
    np.testing.assert_allclose(first, np.exp(want), rtol=1e-14)
    np.testing.assert_allclose(second, np.exp(want * values[1] + values[0]), rtol=1e-14)
