"""Execute the code of the documentation pages, and fill in what it prints.

A fenced block marked ``python`` is executed; the blocks of one page share one namespace. A block
marked ``text`` right after it holds what it prints. ``text about`` is for results of sampling:
numbers may differ as much as another machine's draws do. A block marked ``python plot`` draws with
matplotlib; the image after it is what it drew. It is left out where matplotlib is not installed.

    python docs/run.py           execute every page, write the printed text into it, save its plots
    python docs/run.py PAGE ...  the same for some pages

The tests execute the pages in the same way and fail where a page shows something else.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"^```python( plot)?\n(?P<code>.*?)^```\n"
    r"(\n?^```text(?P<about> about)?\n(?P<shown>.*?)^```\n|\n!\[[^\]]*\]\((?P<image>[^)]*)\)\n)?",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")


def pages() -> list[Path]:
    """The pages whose output is exact: the README, and everything in docs/ and docs/tutorials/."""
    folders = (ROOT / "docs", ROOT / "docs" / "tutorials")
    return [ROOT / "README.md", *(p for f in folders for p in sorted(f.glob("*.md")))]


def examples() -> list[Path]:
    """The example models, which are executed in their folder because they read data there."""
    return sorted((ROOT / "docs" / "examples").glob("*.md"))


def execute(page: Path, save: bool = False) -> str:
    """The text of the page as it should be: every output block holds what was printed.

    With ``save`` plots are written, and a block ``text about`` takes the new numbers even where the
    old ones are about the same.
    """
    namespace = {"__name__": "__main__"}
    text = page.read_text()
    shown_path = page.resolve().relative_to(ROOT.resolve()).as_posix()

    def run(match: re.Match) -> str:
        code, plot = match["code"], match[1] is not None
        if plot and importlib.util.find_spec("matplotlib") is None:
            return match[0]
        line = text.count("\n", 0, match.start("code"))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + code, shown_path, "exec"), namespace)
        if plot:
            finish_plot(page.parent / match["image"] if save else None)
        if match["shown"] is None:
            return match[0]
        lines = "\n".join(x.rstrip() for x in printed.getvalue().rstrip("\n").split("\n")) + "\n"
        if match["about"] and not save and about_the_same(lines, match["shown"]):
            return match[0]
        return f"```python\n{code}```\n\n```text{match['about'] or ''}\n{lines}```\n"

    return BLOCK.sub(run, text)


def finish_plot(path: Path | None) -> None:
    """Save what was drawn, if there is a path, and close it."""
    import matplotlib.pyplot as plt

    if path is not None:
        # Without the version of matplotlib in it: the same plot is the same file.
        plt.savefig(path, dpi=75, bbox_inches="tight", metadata={"Software": None})
    plt.close("all")


def about_the_same(new: str, old: str) -> bool:
    """Whether the words are the same and the numbers as close as two runs of a sampler.

    Close is within a factor of 6 (effective sample sizes of tails differ that much between runs),
    or within sixty units of the last digit shown: tables show three digits of a standard deviation;
    quantiles of some thousand draws have errors of a few per cent of it. What a page claims, it
    asserts in its code.
    """
    if NUMBER.sub("#", new).split() != NUMBER.sub("#", old).split():
        return False
    pairs = zip(NUMBER.findall(new), NUMBER.findall(old), strict=True)
    return all(
        abs(float(a) - float(b))
        <= max(
            0.85 * max(abs(float(a)), abs(float(b))),
            60.0 * 10.0 ** -len(b.partition(".")[2]) if "." in b else 0,
        )
        for a, b in pairs
    )


def main(names: list[str]) -> None:
    os.environ.setdefault("MPLBACKEND", "agg")
    for page in [Path(n).resolve() for n in names] or [*pages(), *examples()]:
        if page.parent.name == "examples":
            os.chdir(page.parent)
        new = execute(page, save=True)
        while new != page.read_text():  # again, because printed text may quote line numbers
            page.write_text(new)
            new = execute(page, save=True)


if __name__ == "__main__":
    main(sys.argv[1:])
