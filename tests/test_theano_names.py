"""Every public name of Theano exists, or stands on the page of differences with the reason."""

import importlib
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "differences.md").read_text(encoding="utf-8")


def _modules():
    """Names by module; a line that is indented goes on with the one before."""
    text = (HERE / "data" / "theano_names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for entry in "\n".join(lines).replace("\n    ", " ").splitlines():
        module, names = entry.split(" : ")
        yield module.replace("theano", "graphcore", 1), names.split()


MODULES = dict(_modules())


def _explained():
    """The words in code style on the page, without what stands before a dot."""
    listed = PAGE[PAGE.index("## Names that do not exist") :]
    return {word for code in re.findall("`([^`]+)`", listed) for word in re.findall(r"\w+", code)}


def _found(module, name):
    try:
        owner = importlib.import_module(module)
    except ImportError:
        parent, _, last = module.rpartition(".")
        try:
            owner = getattr(importlib.import_module(parent), last)
        except (ImportError, AttributeError):
            return False
    return hasattr(owner, name)


def test_the_inventory_is_one():
    assert len(MODULES) > 30 and sum(map(len, MODULES.values())) > 750


@pytest.mark.parametrize("module", MODULES)
def test_names_exist_or_are_explained(module):
    explained = _explained()
    missing = [n for n in MODULES[module] if n not in explained and not _found(module, n)]
    inner = module.rpartition(".")[2]
    assert not missing or inner in explained, f"{module}: {missing}"
