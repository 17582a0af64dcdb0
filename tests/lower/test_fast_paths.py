"""Every fast path of lowering against the same program with that path switched off.

A path that is not taken proves nothing: the two programs have to differ.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt
from graphcore.lower import (
    assemble,
    columns,
    emit,
    loops,
    products,
    recurrence,
    regions,
    scalars,
    shortdots,
)
from graphcore.lower.translate import RULES
from graphcore.ops import linalg

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
try:
    import further_models
finally:
    sys.path.pop(0)


def _no_lanes(patch):
    patch.setattr(emit, "emit_loop", lambda *args: loops.LoopEmitter(*args).run())


def _no_columns(patch):
    patch.setattr(columns, "short_axes", lambda shape: 0)


def _no_elements(patch):
    patch.setattr(assemble, "read_elements", lambda items: items)


def _no_short_products(patch):
    patch.setitem(RULES, linalg.Dot, products._dot)


def _no_products_by_columns(patch):
    patch.setattr(shortdots, "_lay_by_columns", lambda t, v: None)
    patch.setattr(shortdots, "_product_by_columns", lambda t, node: shortdots._WHOLE(t, node))
    patch.setattr(columns, "COPIED", -1)


def _no_products_in_sums(patch):
    patch.setattr(loops, "ADDITIONS", {})
    patch.setattr(scalars, "ADDITIONS", {})


def _no_tiles(patch):
    def in_place(self, view, n, k):
        down, along = view.strides
        form, leading = ("rm_f8", down) if along == 1 else ("cm", along)
        base = self.memory.array_slot(view.array, view.offset)
        return loops.Operand("v", self.cursor(base, 8 * down, ())), leading, form

    patch.setattr(loops.LoopEmitter, "_tiled", in_place)


def _no_merged_loops(patch):
    patch.setattr(regions, "MERGE_LIMIT", 0)


def _no_steps_of_numbers(patch):
    patch.setattr(recurrence, "NUMBERS", -1)


def _no_linear_recurrence(patch):
    patch.setattr(recurrence, "_linear", lambda body: None)


def _no_chains(patch):
    patch.setattr(recurrence, "chain", lambda body, inputs: None)


def _no_chains_nor_steps_of_numbers(patch):
    _no_chains(patch)
    _no_steps_of_numbers(patch)


PATHS = {
    "lanes": (_no_lanes, ("crossed_effects", "votes")),
    "columns": (_no_columns, ("multinomial_logit", "grouped_mixture", "correlated_effects")),
    "elements": (_no_elements, ("correlated_effects",)),
    "short products": (_no_short_products, ("multinomial_logit", "correlated_effects")),
    "products by columns": (_no_products_by_columns, ("ten_classes",)),
    "products in sums": (
        _no_products_in_sums,
        ("ordinal", "beta_regression", "random_effects", "kalman_filter", "capture_recapture"),
    ),
    "tiles": (_no_tiles, ("negative_binomial", "beta_regression", "horseshoe_logistic")),
    "merged loops": (_no_merged_loops, ("negative_binomial", "survival", "horseshoe_logistic")),
    "steps of numbers": (_no_chains_nor_steps_of_numbers, ("hmm",)),
    "chains": (_no_chains, ("hmm", "four_states")),
    "linear recurrences": (_no_linear_recurrence, ("linear_trend",)),
}


def points(dim):
    """Ordinary parameters, small and large ones, and single ones at the ends of the line."""
    rng = np.random.default_rng(17)
    for scale in (0.3, 1e-8, 4.0):
        yield scale * rng.normal(size=dim)
    yield np.zeros(dim)
    for edge in (800.0, -800.0, np.inf, np.nan):
        x = 0.3 * rng.normal(size=dim)
        x[rng.integers(dim)] = edge
        yield x


def assert_same(fast, slow, x):
    (a, g), (b, h) = fast(x), slow(x)
    assert np.isnan(a) == np.isnan(b)
    assert a == pytest.approx(b, rel=1e-11, nan_ok=True)
    np.testing.assert_array_equal(np.isfinite(g), np.isfinite(h))
    kept = np.isfinite(h)
    scale = np.abs(h[kept]).max(initial=1.0)
    np.testing.assert_allclose(g[kept], h[kept], rtol=1e-9, atol=1e-11 * scale)


@pytest.mark.parametrize(("path", "name"), [(p, n) for p in PATHS for n in PATHS[p][1]])
def test_same_as_without(path, name, monkeypatch):
    model = further_models.build(name, pm, tt, graphcore.scan)
    fast = model.logp_dlogp_function(statistics=False)
    with monkeypatch.context() as patch:
        PATHS[path][0](patch)
        slow = model.logp_dlogp_function(statistics=False)
    assert fast.disassembly() != slow.disassembly()
    for x in points(fast.dim):
        assert_same(fast, slow, x)


@pytest.mark.parametrize("name", ["crossed_effects", "spline", "horseshoe", "random_effects"])
def test_statistics_are_as_the_data(name):
    model = further_models.build(name, pm, tt, graphcore.scan)
    fast = model.logp_dlogp_function()
    slow = model.logp_dlogp_function(statistics=False)
    assert fast.disassembly() != slow.disassembly()
    for x in points(fast.dim):
        if np.abs(x).max() < 100:
            assert_same(fast, slow, x)


def test_many_block_registers_are_as_short_as_the_loop(monkeypatch):
    def made():
        a, x = tt.scalar("a"), tt.vector("x")
        y = x
        for _ in range(60):
            y = a * y + tt.sin(y) * tt.cos(a * y) + 0.01
        return graphcore.function([a, x], [y, *graphcore.grad(y.sum(), [a, x])])

    def work_bytes(f):
        return int(f.disassembly().splitlines()[-1].split()[0])

    values = [(0.3, np.linspace(-1, 1, n)) for n in (2, 7, 8, 9, 255, 256)]
    short, long = made(), made()
    for given in values:
        found = short(*given)
        with monkeypatch.context() as patch:
            patch.setattr(loops, "MANY", 2**60)
            wanted = long(*given)
        for u, v in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(u, v)
        if len(given[1]) < 10:
            assert 8 * work_bytes(short) < work_bytes(long)
