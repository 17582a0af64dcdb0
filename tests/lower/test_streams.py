"""Results that are written past the caches: the same bits, in the cases where it is done."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt
from graphcore import kernels
from graphcore.lower import loops

x, y = tt.vectors("x", "y")


@pytest.mark.parametrize("level", kernels.available())
@pytest.mark.parametrize("start", range(9))
def test_kernel_at_every_distance_from_a_line(level, start):
    values = np.random.default_rng(3).normal(size=80)
    values[:3] = np.nan, -0.0, np.inf
    for n in (0, 1, 3, 7, 8, 9, 31, 64, 71):
        memory = np.full(96, -1.5)
        first = start + -memory.ctypes.data % 64 // 8
        kernels.call("stream", n, memory[first : first + n], values[:n], level=level)
        np.testing.assert_array_equal(memory[first : first + n], values[:n])
        assert (np.delete(memory, np.s_[first : first + n]) == -1.5).all()


def program(outputs, values, monkeypatch, far):
    with monkeypatch.context() as patch:
        patch.setattr(loops, "FAR", far)
        f = graphcore.function([x, y], outputs)
        return f(*values), f.disassembly()


OUTPUTS = {
    "a sum": [x + y],
    "two results": [x + y, tt.switch(tt.gt(x, y), x * y, y)],
    "a result that goes on in the loop": [x + y, (x + y) * x],
    "parts of one array": [tt.concatenate([x + y, x * y, x - y])],
    "rows": [x[:301, None] + y[None, :]],
}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("n", [301, 1000, 20_000])
def test_same_bits(name, n, monkeypatch):
    values = np.random.default_rng(n).normal(size=(2, n))
    fast, text = program(OUTPUTS[name], values, monkeypatch, 0)
    slow, other = program(OUTPUTS[name], values, monkeypatch, 2**60)
    assert "stream x" in text and "stream x" not in other
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "outputs",
    [
        [tt.exp(x + y)],  # computing takes longer than writing
        [x + y, ((x + y) / (x + y).sum()).sum()],  # read again by a later loop
    ],
)
def test_what_is_not_written_past_the_caches(outputs, monkeypatch):
    values = np.random.default_rng(1).uniform(0.5, 1, size=(2, 5000))
    found, text = program(outputs, values, monkeypatch, 0)
    assert "stream x" not in text
    np.testing.assert_allclose(found[0], outputs[0].eval(dict(zip((x, y), values, strict=True))))


def test_few_elements_stay_in_the_caches():
    f = graphcore.function([x, y], x + y)
    f(np.ones(1000), np.ones(1000))
    assert "stream" not in f.disassembly()
    f(np.ones(400_000), np.ones(400_000))
    assert "stream" in f.disassembly()
