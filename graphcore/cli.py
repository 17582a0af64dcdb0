"""The ``graphcore`` command: sample a demo model, show the configuration, print a program."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings

import numpy as np

import graphcore
import graphcore.model as pm
from graphcore.demos import DEMOS

DEFAULT_DEMO = "eight_schools"


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    Examples
    --------
    >>> from graphcore.cli import main
    >>> main(["demo", "wells", "--draws", "50", "--tune", "100", "--no-progress"])  # doctest: +SKIP
    0
    """
    args = _parser().parse_args(argv)
    try:
        status = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        print(f"graphcore: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="graphcore",
        description="Probability models and array expressions as chains of compiled kernels.",
    )
    parser.add_argument("--version", action="version", version=graphcore.__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    models = f"models: {', '.join(DEMOS)} (default: {DEFAULT_DEMO})"

    text = "sample a demo model and print its posterior"
    demo = commands.add_parser("demo", help=text, description=text, epilog=models)
    demo.add_argument("name", nargs="?", default=DEFAULT_DEMO, metavar="NAME", choices=DEMOS)
    demo.add_argument("--draws", type=_at_least(1), default=1000, help="draws per chain (1000)")
    demo.add_argument("--tune", type=_at_least(0), default=1000, help="warm-up steps (1000)")
    demo.add_argument("--chains", type=_at_least(1), default=4, help="number of chains (4)")
    demo.add_argument("--seed", type=_at_least(0), default=None, help="makes the draws repeatable")
    demo.add_argument("--plot", metavar="FILE.png", help="save trace plots (needs matplotlib)")
    demo.add_argument("--no-progress", action="store_true", help="no progress bar")
    demo.set_defaults(run=_demo)

    text = "version, kernels, libraries, threads"
    info = commands.add_parser("info", help=text, description=text)
    info.set_defaults(run=_info)

    text = "print the program that computes a demo model's log density and gradient"
    explain = commands.add_parser("explain", help=text, description=text, epilog=models)
    explain.add_argument("name", nargs="?", default=DEFAULT_DEMO, metavar="NAME", choices=DEMOS)
    explain.set_defaults(run=_explain)
    return parser


def _at_least(smallest: int):
    """An argparse type: an integer that is not below ``smallest``."""

    def integer(text: str) -> int:
        value = int(text)
        if value < smallest:
            raise argparse.ArgumentTypeError(f"{value} is less than {smallest}")
        return value

    return integer


def _heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _first_gradient(demo):
    """Build the model, evaluate its log density once; also the milliseconds that took."""
    start = time.perf_counter()
    model = demo.build()
    density = model.logp_dlogp_function()
    density(np.zeros(density.dim))
    return model, density, 1e3 * (time.perf_counter() - start)


def _microseconds(density, seconds: float = 0.1) -> float:
    """Time of one log density with gradient, called from Python: the best of a few batches."""
    x, best, calls = np.zeros(density.dim), float("inf"), 10
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(calls):
            density(x)
        best = min(best, (time.perf_counter() - start) / calls)
        calls = max(10, int(seconds / 20 / best))
    return 1e6 * best


def _demo(args) -> int:
    pyplot = _pyplot() if args.plot else None
    demo = DEMOS[args.name]
    print(f"{demo.title}\nData: {demo.source}")
    model, density, first = _first_gradient(demo)
    _heading("Model")
    print(model)
    _heading("Log density and gradient")
    print(f"parameters               {density.dim:10d}")
    print(f"model to first gradient  {first:10.1f} ms")
    print(f"each gradient            {_microseconds(density):10.2f} us")
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        result, seconds = _sample(model, demo, args)
    diverging = np.asarray(result.sample_stats["diverging"])
    chains, draws = diverging.shape
    _heading(f"Posterior: {chains} x ({args.tune} warm-up + {draws} draws)")
    steps = int(np.asarray(result.sample_stats["n_steps"]).sum())
    print(f"sampling                 {seconds:10.3f} s")
    print(f"gradients while drawing  {steps:10d}")
    print()
    print(pm.summary(result, var_names=demo.shown))
    hidden = [name for name in result.posterior if name not in demo.shown]
    if hidden:
        print(f"(not shown: {', '.join(hidden)})")
    print(f"\n{int(diverging.sum())} of {diverging.size} draws diverged.")
    for note in notes:
        print(note.message)
    if pyplot is not None:
        _plot(pyplot, {name: result.posterior[name] for name in demo.shown}, args.plot)
        print(f"Trace plots saved to {args.plot}.")
    return 0


def _sample(model, demo, args):
    """Draws, and the seconds they took."""
    start = time.perf_counter()
    result = pm.sample(
        args.draws,
        tune=args.tune,
        chains=args.chains,
        random_seed=args.seed,
        target_accept=demo.target_accept,
        progressbar=sys.stderr.isatty() and not args.no_progress,
        return_inferencedata=False,
        model=model,
    )
    return result, time.perf_counter() - start


def _pyplot():
    """matplotlib.pyplot drawing to files; asked for before the sampling, not after it."""
    try:
        import matplotlib
    except ImportError:
        raise SystemExit(
            'graphcore demo: --plot needs matplotlib: pip install "graphcore[plot]"'
        ) from None
    matplotlib.use("agg")
    from matplotlib import pyplot

    return pyplot


def _plot(pyplot, posterior, path: str, most: int = 8) -> None:
    """Histogram and trace of the first parameters, one row each, one colour per chain."""
    rows = []
    for name, draws in posterior.items():
        draws = np.asarray(draws)
        flat = draws.reshape(*draws.shape[:2], -1)
        for k in range(flat.shape[2]):
            label = name if flat.shape[2] == 1 else f"{name}[{k}]"
            rows.append((label, flat[:, :, k]))
    rows = rows[:most]
    size = (10, 1.6 * len(rows) + 0.4)
    figure, axes = pyplot.subplots(len(rows), 2, figsize=size, squeeze=False)
    for (label, chains), (left, right) in zip(rows, axes, strict=True):
        for chain in chains:
            left.hist(chain, bins=40, histtype="step", density=True)
            right.plot(chain, linewidth=0.4)
        left.set_ylabel(label)
        left.set_yticks([])
    axes[0, 0].set_title("density")
    axes[0, 1].set_title("draws")
    figure.tight_layout()
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise SystemExit(f"graphcore demo: the plot could not be saved: {error}") from None
    finally:
        pyplot.close(figure)


def _info(_args) -> int:
    graphcore.show_config()
    return 0


def _explain(args) -> int:
    demo = DEMOS[args.name]
    density = demo.build().logp_dlogp_function()
    print(demo.title)
    _heading("What runs where")
    print(graphcore.explain(density))
    _heading("Program")
    print(density.disassembly())
    return 0


if __name__ == "__main__":
    sys.exit(main())
