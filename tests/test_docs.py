"""The code of the README and of the documentation pages runs and prints what the pages show."""

import importlib.util
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


def test_every_page_is_linked_from_the_index():
    index = (DOCS / "index.md").read_text()
    pages = [p for p in (*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md")) if p.name != "index.md"]
    missing = [p.name for p in pages if p.name not in index]
    assert not missing


def test_the_readme_holds_the_two_commands():
    lines = (DOCS.parent / "README.md").read_text().splitlines()
    commands = [x for x in lines if x.startswith("pip install ") and "&&" in x]
    assert commands == ["pip install . && graphcore demo", 'pip install -e ".[test]" && pytest']
