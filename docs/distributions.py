"""Write docs/distributions.md and its plots, from the registry, the docstrings and the table.

    python docs/distributions.py

The tests compare the page with what this makes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "tests")]

from distribution_cases import UNDRAWN, case  # noqa: E402 - one instance of each
from distribution_table import OTHERS, SCALAR, TEXTBOOK  # noqa: E402

import graphcore.model as pm  # noqa: E402
from graphcore.model.distributions.base import Distribution  # noqa: E402
from graphcore.model.distributions.docstrings import support_of  # noqa: E402

COLOURS = ("#1f5fa8", "#c8501e", "#3a8a3a", "#7a4fa0")
WIDTH, HEIGHT, MARGIN = 260, 130, 14

HEAD = """# Distributions

Every distribution of `graphcore.model`, written by `python docs/distributions.py`. Densities are in
Python's notation, with `Gamma` and `B` for the gamma and beta functions, `C(n, k)` for binomial
coefficients, `phi` and `Phi` for density and distribution function of the standard normal, `I0` for
the modified Bessel function, `x!` for the factorial; the tests evaluate those of single numbers and
compare them with `logp`. Outside of the support, and for parameters that are not what they must be,
`logp` is -inf (constants that are not raise an error in a model). Parameters broadcast; those with
defaults may be left out.

`logp`, `logcdf`, `logccdf` and `icdf` stand where they exist; where there is no formula the
quantile is searched for, and that of counts is the smallest that reaches the probability. All but
the improper distributions draw random numbers. Moments are variables, `d.distribution.mean` and
`d.distribution.variance` of `d = pm.Gamma.dist(2, 3)`. The same formulas stand in `help(pm.Gamma)`.
Each plot shows the density for the parameters beside it, or a few draws of a vector, series or
matrix, element after element.
"""


def page() -> str:
    """The text of docs/distributions.md."""
    names = sorted(Distribution.registry)
    links = " | ".join(f"[{n}](#{n.lower()})" for n in names)
    return "\n".join([HEAD, links, "", *(section(n) for n in names)])


def section(name: str) -> str:
    cls = Distribution.registry[name]
    summary, parameters = described(cls.__dict__["__doc__"].text)
    formula = SCALAR[name][0] if name in SCALAR else OTHERS[name]
    rows = parameters or list(declared(cls))
    moments = [f"- {k}: {v}" for k, v in zip(("mean", "variance"), TEXTBOOK[name][1:], strict=True)]
    lines = [f"## {name}", "", summary, "", "```text", *wrapped(formula), "```", ""]
    lines += [*rows, *moments, f"- support: {support_of(cls)}; {functions(name)}", ""]
    if (image := DOCS / "plots" / f"{name}.svg").exists() or drawn(name):
        shown = "; ".join(map(settings, SCALAR[name][1])) if name in SCALAR else "draws"
        lines += [f"![{name}: {shown}](plots/{image.name})", ""]
        if name in SCALAR and SCALAR[name][1] != [{}]:
            lines += [f"*{shown}*", ""]
    return "\n".join(lines)


def described(doc: str) -> tuple[str, list[str]]:
    """The text of a docstring, and its parameters as lines of a list."""
    text = re.split(r"\nExamples\n-+\n", doc)[0]
    summary, _, table = text.partition("\nParameters\n----------\n")
    rows = []
    for line in table.splitlines():
        if not line.startswith(" ") and line.strip():
            rows.append(f"- `{line.partition(' : ')[0]}`: {line.partition(' : ')[2]}")
        elif line.strip():
            rows[-1] += (". " if rows[-1].count(".") == 0 else " ") + line.strip()
    return " ".join(summary.split()), [r for r in rows if not r.startswith("- `name`")]


def declared(cls) -> list[str]:
    """The parameters of the table of a class, and the other ways to give them."""
    for name, p in cls.params.items():
        default = f" (default {p.default:g})" if isinstance(p.default, int | float) else ""
        yield f"- `{name}`: {p.constraint.text}{default}"
    for other in (*cls.alt, *cls.forms):
        given = ", ".join(f"`{k}` ({p.constraint.text})" for k, p in other.params.items())
        yield f"- or by {given}"


def functions(name: str) -> str:
    have = [n for n in ("logcdf", "logccdf", "icdf") if _has(name, n)]
    return f"functions: logp{''.join(', ' + n for n in have)}"


def _has(name, function):
    try:
        getattr(getattr(pm, name).dist(**case(name)), function)(0.5)
    except NotImplementedError:
        return False
    return True


def settings(parameters: dict) -> str:
    return ", ".join(f"{k} = {v:g}" for k, v in parameters.items())


def wrapped(formula: str) -> list[str]:
    """The formula in lines of at most 96 characters, broken before operators."""
    lines, words = [""], formula.split(" ")
    for word in words:
        if len(lines[-1]) + len(word) > 95:
            lines.append("    ")
        lines[-1] += word if lines[-1].strip() == "" else f" {word}"
    return lines


# -- plots -----------------------------------------------------------------------------------------


def drawn(name: str) -> bool:
    return name in SCALAR or name not in UNDRAWN


def plot(name: str) -> str:
    """The plot of a distribution as the text of an SVG file."""
    curves = densities(name) if name in SCALAR else draws(name)
    xs = np.concatenate([x for x, _, _ in curves])
    ys = np.concatenate([y for _, y, _ in curves])
    low = 0.0 if name in SCALAR else float(ys.min())
    high = float(ys.max())
    if name in SCALAR and not curves[0][2]:  # poles would hide the rest
        high = min(high, 5 * float(np.mean(ys)) + 1e-9)
    high = high if high > low else low + 1.0
    left, right = float(xs.min()), float(xs.max())

    def place(x, y):
        u = MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN)
        v = HEIGHT - MARGIN - (np.clip(y, low, high) - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        return u, v

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="9">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<path d="M{MARGIN} {HEIGHT - MARGIN}H{WIDTH - MARGIN}" stroke="#888"/>',
        f'<text x="{MARGIN}" y="{HEIGHT - 3}">{left:.3g}</text>',
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 3}" text-anchor="end">{right:.3g}</text>',
        f'<text x="{MARGIN}" y="{MARGIN - 4}">{high:.3g}</text>',
    ]
    for k, (x, y, counts) in enumerate(curves):
        colour = COLOURS[k % len(COLOURS)]
        points = [f"{u:.1f},{v:.1f}" for u, v in zip(*place(x, y), strict=True)]
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}"/>')
        if counts:
            parts += [
                f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="2" fill="{colour}"/>'
                for p in points
            ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def densities(name: str) -> list:
    """``(x, density, whether of counts)`` for each set of parameters."""
    _, sets, (low, high) = SCALAR[name]
    found = []
    for parameters in sets:
        rv = getattr(pm, name).dist(**parameters)
        counts = isinstance(low, int)
        x = np.arange(low, high + 1.0) if counts else np.linspace(low, high, 101)
        y = np.exp(np.broadcast_to(rv.logp(x).eval(), x.shape))
        found.append((x, np.nan_to_num(y), counts))
    return found


def draws(name: str) -> list:
    """``(index, element, False)`` of a few draws."""
    rv = getattr(pm, name).dist(**case(name))
    drawn = np.asarray(rv.random(size=4, rng=1), dtype=float).reshape(4, -1)
    return [(np.arange(x.size * 1.0), x, False) for x in drawn]


if __name__ == "__main__":
    (DOCS / "plots").mkdir(exist_ok=True)
    for each in sorted(Distribution.registry):
        if drawn(each):
            (DOCS / "plots" / f"{each}.svg").write_text(plot(each))
    (DOCS / "distributions.md").write_text(page())
