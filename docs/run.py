"""Execute the code of the documentation pages, and fill in what it prints.

A fenced block marked ``python`` is executed; the blocks of one page share one namespace. A block
marked ``text`` right after it holds what it prints.

    python docs/run.py           execute every page, write the printed text into it
    python docs/run.py PAGE ...  the same for some pages

The tests execute the pages in the same way and fail where a page shows something else.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```\n(\n?^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """The pages whose code is executed: the README, and everything in docs/ and docs/tutorials/."""
    folders = (ROOT / "docs", ROOT / "docs" / "tutorials")
    return [ROOT / "README.md", *(p for f in folders for p in sorted(f.glob("*.md")))]


def execute(page: Path) -> str:
    """The text of the page as it should be: every output block holds what was printed."""
    namespace = {"__name__": "__main__"}
    text = page.read_text()
    shown_path = page.resolve().relative_to(ROOT.resolve()).as_posix()

    def run(match: re.Match) -> str:
        code, shown = match.group(1), match.group(2)
        line = text.count("\n", 0, match.start(1))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + code, shown_path, "exec"), namespace)
        block = f"```python\n{code}```\n"
        if shown is None:
            return block
        lines = [x.rstrip() for x in printed.getvalue().rstrip("\n").split("\n")]
        return block + "\n```text\n" + "\n".join(lines) + "\n```\n"

    return BLOCK.sub(run, text)


def main(names: list[str]) -> None:
    for page in [Path(n) for n in names] or pages():
        new = execute(page)
        while new != page.read_text():  # again, because printed text may quote line numbers
            page.write_text(new)
            new = execute(page)


if __name__ == "__main__":
    main(sys.argv[1:])
