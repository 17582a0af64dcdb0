"""The page of distributions: it lists all of them, its formulas are right, its plots are there."""

import inspect
import pickle
import re
import sys
from xml.etree import ElementTree

import mpmath
import numpy as np
import pytest
from distribution_cases import typical
from distribution_formulas import DOCS, NAMES, TABLE, loaded, log_density

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


def sections(doc):
    """The sections of a docstring by their headings."""
    parts = re.split(r"^(\w+)\n-+\n", doc, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.mark.parametrize("name", sorted(Distribution.registry))
def test_help_has_parameters_density_support_and_moments(name):
    cls = Distribution.registry[name]
    assert cls.__module__.startswith("graphcore.")
    found = sections(inspect.getdoc(cls))
    assert list(found) == ["", "Parameters", "Notes", "Examples"]
    assert found[""].strip() and f"pm.{name}" in found["Examples"]
    for part in ("Density::\n\n    ", "\nSupport: ", "\nMean: ", "\nVariance: "):
        assert part in found["Notes"]
    assert found["Parameters"].startswith("name : str")
    if "Parameters" not in cls.__dict__["__doc__"].text:
        ways = [cls.params, *(way.params for way in (*cls.alt, *cls.forms))]
        for k, p in (pair for way in ways for pair in way.items()):
            assert re.search(rf"^{k} : .*\n    .*{p.constraint.text}", found["Parameters"], re.M)


WORDS = ("integral", "exist", "infinite", "...", ", c = ", "L(s)")  # not formulas alone
MOMENTS = sorted(n for n in TABLE.SCALAR if not any(w in TABLE.TEXTBOOK[n][1] for w in WORDS))


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_of_the_text_are_those_of_the_distributions(name):
    cls, drawn = getattr(pm, name), typical(getattr(pm, name), 20)
    texts, checked = dict(zip(("mean", "variance"), TABLE.TEXTBOOK[name][1:], strict=True)), 0
    for i in range(20):
        given = {k: float(v[i]) for k, v in drawn.items()}
        at = {**NAMES, "euler": mpmath.euler, **{k: mpmath.mpf(v) for k, v in given.items()}}
        for what, text in texts.items():
            formula, _, condition = text.partition(" for ")
            if condition and not eval(condition, at):
                continue
            at[what] = eval(formula, at)
            got = float(getattr(cls.dist(**given).distribution, what).eval())
            assert got == pytest.approx(float(at[what]), rel=1e-9), (what, given)
            checked += 1
    assert checked > 5


def test_docstrings_of_classes_of_users_have_their_parameters():
    class Doubled(Distribution):
        """Twice."""

        params = pm.Normal.params

    try:
        assert "sigma : number" in Doubled.__doc__ and "Density" not in Doubled.__doc__
        assert pickle.loads(pickle.dumps(pm.Gamma)) is pm.Gamma
    finally:
        del Distribution.registry["Doubled"]
