"""The code of the README and of the documentation pages runs and prints what the pages show."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def _runner():
    spec = importlib.util.spec_from_file_location("docs_run", DOCS / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = _runner()


@pytest.mark.filterwarnings("ignore::graphcore.sample.report.SamplingWarning")
@pytest.mark.parametrize("page", RUNNER.pages(), ids=lambda page: page.name)
def test_page_prints_what_it_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # python docs/run.py brings a page up to date
    assert RUNNER.execute(page) == page.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNER.examples(), ids=lambda page: page.stem)
def test_example_says_what_it_shows(page, monkeypatch):
    """Examples assert their claims; a warning of the sampler is an error here."""
    monkeypatch.chdir(page.parent)  # where their data are
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert RUNNER.execute(page) == page.read_text()


@pytest.mark.parametrize("page", RUNNER.examples(), ids=lambda page: page.stem)
def test_example_comes_with_its_data_and_plots(page):
    text = page.read_text()
    files = re.findall(r'"(data/[^"]+)"', text) + re.findall(r"\]\((plots/[^)]+)\)", text)
    assert any(name.startswith("plots/") for name in files)
    assert not [name for name in files if not (page.parent / name).is_file()]
    described = (page.parent / "data" / "README.md").read_text()
    assert not [name for name in files if name.startswith("data/") and name[5:] not in described]
    assert 'r_hat"]' in text
    assert '["diverging"].any()' in text


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ("mu 1.03 -0.1 90", True),
        ("mu 1.09 -0.3 200", True),
        ("mu 9.1 -0.1 90", False),
        ("mu 1.03 -0.1 900", False),
        ("mu 1.03 -0.1 9", False),
        ("mu x -0.1 90", False),
    ],
)
def test_numbers_of_samplers_are_compared_roughly(new, same):
    assert RUNNER.about_the_same(new, "mu  1.02 -0.1 100") is same


def test_every_page_is_linked_from_the_index():
    index = (DOCS / "index.md").read_text()
    folders = ("*.md", "tutorials/*.md", "examples/*.md")
    pages = [p for folder in folders for p in DOCS.glob(folder) if p.name != "index.md"]
    missing = [p.name for p in pages if p.name not in index]
    assert not missing


def test_the_readme_holds_the_two_commands():
    lines = (DOCS.parent / "README.md").read_text().splitlines()
    commands = [x for x in lines if x.startswith("pip install ") and "&&" in x]
    assert commands == ["pip install . && graphcore demo", 'pip install -e ".[test]" && pytest']
