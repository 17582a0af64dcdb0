"""Tables of the benchmark results: text for the terminal, Markdown for the documentation."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

YARDSTICKS = ("handc", "handc_statistics", "numpy_hand")
ENGINES = ("numpy", "scipy", "pymc", "pytensor", "nutpie", "numba", "jax", "numpyro", "casadi",
           "bridgestan")  # fmt: skip


def machine() -> dict:
    """CPU, Python and the versions of the engines that are installed."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        cpu = lines[0].split(":", 1)[1].strip() if lines else cpu
    versions = {}
    for name in ("graphcore", *ENGINES):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"cpu": cpu, "python": platform.python_version(), "versions": versions}


def number(us) -> str:
    """Three significant digits, or a dash."""
    if us is None:
        return "-"
    return f"{us:.3f}" if us < 10 else f"{us:.1f}" if us < 100 else f"{us:.0f}"


def ratio(a, b) -> str:
    """``a / b`` as a factor, or a dash."""
    if not a or not b:
        return "-"
    return f"{a / b:.2f}x" if a / b >= 0.005 else "<0.01x"


def best_peer(results, field):
    """The fastest agreeing engine that is neither graphcore nor a hand-written yardstick."""
    peers = [
        (r[field], r["label"])
        for key, r in results.items()
        if key not in YARDSTICKS and key != "graphcore_" and r.get(field) and r["agrees"]
    ]
    return min(peers, default=(None, "-"))


def _line(label, *cells) -> str:
    return f"  {label:20s} {cells[0]:>10s} {cells[1]:>8s} {cells[2]:>10s} {cells[3]:>8s}"


def text(row) -> str:
    """The block printed for one model."""
    results = row["results"]
    base = results.get("handc", {})
    lines = [f"\n{row['model']}  {row['description']}  (dimension {row['dim']})"]
    lines.append(_line("engine", "Python us", "/hand-C", "native us", "/hand-C"))
    for r in results.values():
        if "error" in r:
            lines.append(f"  {r['label']:20s} {r['error'][:70]}")
            continue
        python, native = r["python_us"], r["native_us"]
        ratios = ratio(python, base.get("python_us")), ratio(native, base.get("native_us"))
        line = _line(r["label"], number(python), ratios[0], number(native), ratios[1])
        if not r["agrees"]:
            line += f"  DISAGREES: gradient {r['gradient_error']:.1e}, logp {r['logp_error']:.1e}"
        lines.append(line)
    ours = results.get("graphcore_", {})
    for field, where in (("python_us", "from Python"), ("native_us", "native")):
        peer, label = best_peer(results, field)
        if peer and ours.get(field):
            factor = peer / ours[field]
            lines.append(f"  best peer {where}: {label}, {factor:.1f} times graphcore's time")
    return "\n".join(lines)


def markdown(rows) -> str:
    """One table over all models: microseconds per log density and gradient."""
    head = ["model", "graphcore", "hand-C", "best other engine"]
    head += ["graphcore, native", "hand-C, native", "native / hand-C"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        results = row["results"]
        ours, base = results.get("graphcore_", {}), results["handc"]
        peer, label = best_peer(results, "python_us")
        cells = [
            row["description"],
            number(ours.get("python_us")),
            number(base["python_us"]),
            f"{number(peer)} ({label})" if peer else "-",
            number(ours.get("native_us")),
            number(base["native_us"]),
            ratio(ours.get("native_us"), base["native_us"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
