"""The page of distributions: it lists all of them, its formulas are right, its plots are there."""

import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from distribution_cases import typical
from distribution_formulas import DOCS, TABLE, loaded, log_density

import graphcore.model as pm
from graphcore.model.distributions.base import Distribution


def test_the_page_is_what_the_registry_makes(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    made = loaded("distributions")
    # python docs/distributions.py brings the page up to date
    assert made.page() == (DOCS / "distributions.md").read_text()
    plotted = [n for n in Distribution.registry if made.drawn(n)]
    for name in plotted:
        file = DOCS / "plots" / f"{name}.svg"
        assert ElementTree.parse(file).getroot().tag.endswith("svg")
    assert {f.stem for f in (DOCS / "plots").glob("*.svg")} == set(plotted)
    assert sum(f.stat().st_size for f in (DOCS / "plots").iterdir()) < 3e6
    assert len(ElementTree.fromstring(made.plot("Poisson")).findall("{*}circle")) == 48


def test_every_distribution_has_a_formula():
    assert set(TABLE.SCALAR) | set(TABLE.OTHERS) == set(Distribution.registry)
    assert not set(TABLE.SCALAR) & set(TABLE.OTHERS)
    headings = re.findall(r"^## (\w+)$", (DOCS / "distributions.md").read_text(), re.MULTILINE)
    assert headings == sorted(Distribution.registry)


@pytest.mark.parametrize("name", sorted(TABLE.SCALAR))
def test_formulas_of_the_page_are_those_of_the_distributions(name):
    _, sets, (low, high) = TABLE.SCALAR[name]
    cls = getattr(pm, name)
    counts = isinstance(low, int)
    drawn = typical(cls, 3) if cls.params else {}
    sets = sets + [{k: v[i] for k, v in drawn.items()} for i in range(3)]
    for parameters in sets:
        parameters = {k: float(v) for k, v in parameters.items()}
        points = np.arange(low, high + 1.0)[::3] if counts else np.linspace(low, high, 5)[1:-1]
        if name == "DiracDelta":
            points = np.array([parameters["c"]])
        if name == "Triangular":
            points = parameters["lower"] + np.array([0.1, 0.9]) * (
                parameters["upper"] - parameters["lower"]
            )
        got = np.broadcast_to(cls.dist(**parameters).logp(points).eval(), points.shape)
        assert np.isfinite(got).any()
        for x, density in zip(points[np.isfinite(got)], got[np.isfinite(got)], strict=True):
            want = float(log_density(name, float(x), **parameters))
            assert density == pytest.approx(want, rel=1e-11, abs=1e-12)
