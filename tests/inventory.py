"""Public names of other libraries: which of them exist here, and which the docs explain."""

import importlib
import re
from pathlib import Path

HERE = Path(__file__).parent


def names(file, here):
    """Names by module, the modules as they are called here.

    ``here`` has the first part of a module's name for each library.
    """
    text = (HERE / "data" / file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = {}
    for entry in "\n".join(lines).replace("\n    ", " ").splitlines():
        module, listed = entry.split(" : ")
        library, _, rest = module.partition(".")
        found.setdefault(f"{here[library]}.{rest}".rstrip("."), []).extend(listed.split())
    return found


def explained(heading):
    """The words in code style in the first column of a section's table."""
    page = (HERE.parent / "docs" / "differences.md").read_text(encoding="utf-8")
    section = page[page.index(heading) + len(heading) :].split("\n## ")[0]
    first = " ".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    return {word for code in re.findall("`([^`]+)`", first) for word in re.findall(r"\w+", code)}


def exists(module, name):
    """Whether a module has a name; modules may be attributes of others."""
    try:
        owner = importlib.import_module(module)
    except ImportError:
        parent, _, last = module.rpartition(".")
        try:
            owner = getattr(importlib.import_module(parent), last)
        except (ImportError, AttributeError):
            return False
    return hasattr(owner, name)
