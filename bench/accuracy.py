"""Writes docs/accuracy.md: the worst error of every float64 kernel, beside NumPy's and SciPy's.

    python bench/accuracy.py [COUNT]

COUNT times four to seven arguments per row, drawn as the accuracy tests draw them; the exact values
are mpmath's, so that the default takes some minutes.
"""

import runpy
import sys
from pathlib import Path

import numpy as np

from graphcore import kernels
from graphcore.ops.elementwise import resolve

ROOT = Path(__file__).parent.parent
#: What to compare with where the reference of a row is not itself a library's function.
THEIRS = {
    "pow": "numpy.power",
    "reciprocal": "numpy.reciprocal",
    "owens_t": "scipy.special.owens_t",
    "polygamma": "scipy.special.polygamma",
}
HEAD = """# Accuracy

Worst error of each float64 kernel in units in the last place (ulp), over arguments of every
magnitude in its domain, against mpmath; beside it that of the function of NumPy or SciPy at the
same arguments. The unit is that of the result; for functions with zeros at arguments that are not
special it is that of the larger of argument and result. 0.5 is the nearest number. The last
column is what the tests hold every instruction-set level to.

`python bench/accuracy.py` made the table, on level `{level}` with NumPy {numpy} and SciPy {scipy}.

| function | points | graphcore | NumPy or SciPy | promised |
|---|---:|---:|---:|---:|
"""


def line(tests, row, count):
    """One line of the table."""
    xs = tests["drawn"](row, count)
    theirs = THEIRS.get(row.name, row.ref)
    found = [kernels.elementwise(row.name, xs)]
    if not theirs.startswith("graphcore."):
        with np.errstate(all="ignore"):
            found.append(resolve(theirs)(*xs))
    worst = [f"{error.max():.2g}" for error in tests["errors"](row, found, xs)]
    return f"| `{row.name}` | {xs[0].size} | {' | '.join([*worst, ''][:2])} | {row.ulp:g} |\n"


def main(count):
    """Measure all rows and write the page."""
    import scipy

    tests = runpy.run_path(str(ROOT / "tests" / "kernels" / "test_accuracy.py"))
    text = HEAD.format(level=kernels.active(), numpy=np.__version__, scipy=scipy.__version__)
    for row in tests["MEASURED"]:
        text += line(tests, row, count)
        print(text.splitlines()[-1], flush=True)
    (ROOT / "docs" / "accuracy.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 760)
