"""Random graphs through both evaluators, with and without rewriting.

    python tests/fuzz.py 100000                         so many graphs, from seed 0
    python tests/fuzz.py 1000 --seed 5000               from another seed
    python tests/fuzz.py 100000 --jobs 2 --log fuzz.log   in two processes; once more to go on

A graph that differs is printed with its seed, and the command fails.  Every graph is evaluated by
NumPy as it is written, by NumPy after rewriting, by NumPy after rewriting without one of the rules
that have changed it, and as a program; its gradient, where it has one, as well.

A log holds one line per block of graphs, so that a run that was stopped goes on where it was.
"""

import argparse
import gc
import json
import sys
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.linalg import LinAlgError
from randomgraphs import RandomGraph, assert_close, random_graph
from richgraphs import RichGraph
from settling import LEAST, Settling

import graphcore
import graphcore.tensor as tt
from graphcore.rewrite import rewrite, rule_names

DTYPES = (("float64",), ("float64", "int64"), ("float64", "float32"), ("float64", "bool", "int32"))
RULES = frozenset(rule_names())
BLOCK = 100  # graphs between two lines of a log


def drawn(seed):
    """``(outputs, {input: value}, dtypes, rng)`` of a seed."""
    rng = np.random.default_rng((seed, 1))
    dtypes = DTYPES[rng.integers(len(DTYPES))]
    outputs, values = random_graph(
        seed, count=int(rng.integers(3, 25)), static=bool(rng.random() < 0.5), dtypes=dtypes,
        kind=RichGraph if rng.random() < 0.5 else RandomGraph,
    )  # fmt: skip
    return outputs, values, dtypes, rng


def check(seed):
    """Compare the ways to evaluate the graph of a seed; AssertionError where they differ.

    Returns
    -------
    Counter
        What was compared, and why something was not.
    """
    outputs, values, dtypes, rng = drawn(seed)
    if not outputs:
        return Counter({"nothing finite": 1})
    comparison = Comparison(values, dtypes, rng)
    comparison.run(outputs, graphcore.evaluate(outputs, values), "values")
    terms = [tt.sum(v) for v in outputs if v.type.dtype == "float64"]
    wrt = [v for v in values if v.type.dtype == "float64"]
    if not terms:
        return comparison.counts + Counter({"no gradient: no float64 output": 1})
    try:
        cost = sum(terms[1:], terms[0])
        slopes = graphcore.grad(cost, wrt, disconnected_inputs="ignore")
    except (NotImplementedError, graphcore.NullTypeGradError):  # a function without derivative
        return comparison.counts + Counter({"no gradient: an operation has none": 1})
    wanted = graphcore.evaluate(slopes, values)
    sane = [(s, a) for s, a in zip(slopes, wanted, strict=True) if np.isfinite(a).all()]
    if not sane:
        return comparison.counts + Counter({"no gradient: not finite": 1})
    comparison.run(*zip(*sane, strict=True), "gradients")
    return comparison.counts


class Comparison:
    """The ways to evaluate graphs of the same inputs.

    Attributes
    ----------
    counts : Counter
        How much was compared, and how much of it only after looking at rounding.
    """

    def __init__(self, values, dtypes, rng):
        self.values, self.dtypes, self.rng = values, dtypes, rng
        self.counts = Counter()

    def run(self, outputs, wanted, kind):
        """Compare; ``wanted`` are the values of ``outputs`` by NumPy."""
        settling = Settling(outputs, wanted, self.values, self.dtypes)
        steps = []
        graph = rewrite(outputs, final=True, trace=steps)
        self._try(partial(graphcore.evaluate, graph, self.values), settling, "rewriting")
        fired = sorted(RULES & {step.rule for step in steps})  # and not marks of inner graphs
        if fired:
            left_out = str(self.rng.choice(fired))
            other = rewrite(outputs, final=True, exclude=left_out)
            evaluated = partial(graphcore.evaluate, other, self.values)
            self._try(evaluated, settling, f"rewriting without {left_out}")
        f = graphcore.function(list(self.values), list(outputs), on_unused_input="ignore")
        self._try(partial(f, *self.values.values()), settling, "the program")
        self.counts[kind] += 1

    def _try(self, compute, settling, what):
        try:
            found = compute()
        except (LinAlgError, IndexError, ValueError):
            # where rounding decides about a factor, an index or a length
            if not all(np.isinf(s).all() for s in settling.spread()):
                raise
            self.counts["not compared: rounding decides whether there is a value"] += 1
        else:
            self._same(found, settling, what)

    def _same(self, found, settling, what):
        reason = settling.reason(found)
        if reason is None:
            assert_close(found, settling.wanted, settling.spread(), self.dtypes, what, least=LEAST)
        self.counts[reason] += 1


def check_block(seeds):
    """``(counts, {seed: message})`` of some graphs."""
    counts, wrong = Counter(), {}
    gc.disable()  # what a graph leaves behind is collected once per block
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            try:
                counts += check(seed)
            except Exception as error:
                wrong[seed] = f"{type(error).__name__}: {error}"
    gc.enable()
    gc.collect()
    return counts, wrong


def results(blocks, jobs):
    """``(first seed, count, counts, wrong)`` of blocks, in one process or several."""
    if jobs == 1:
        for seeds in blocks:
            yield seeds.start, len(seeds), *check_block(seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        running = {pool.submit(check_block, seeds): seeds for seeds in blocks}
        for future in as_completed(running):
            seeds = running[future]
            yield seeds.start, len(seeds), *future.result()


def main(arguments=None):
    """Run the command; 1 when a graph differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--log", type=Path, help="file of finished blocks, to go on from")
    given = parser.parse_args(arguments)
    end = given.seed + given.count
    blocks = {s: range(s, min(s + BLOCK, end)) for s in range(given.seed, end, BLOCK)}
    total, counts, wrong = 0, Counter(), {}
    done = given.log.read_text().splitlines() if given.log and given.log.exists() else []
    for line in map(json.loads, done):
        if len(blocks.get(line["seed"], ())) == line["graphs"]:
            del blocks[line["seed"]]
            total, counts = total + line["graphs"], counts + Counter(line["counts"])
            wrong |= line["differ"]
    for seed, graphs, more, differ in results(blocks.values(), given.jobs):
        total, counts, wrong = total + graphs, counts + more, wrong | differ
        for one, message in differ.items():
            print(f"seed {one}: {message}", flush=True)
        if given.log:
            line = {"seed": seed, "graphs": graphs, "counts": more, "differ": differ}
            with given.log.open("a") as log:
                log.write(json.dumps(line) + "\n")
    print(
        f"{total} graphs, {len(wrong)} differ"
        + (f": {', '.join(map(str, wrong))}" if wrong else "")
    )
    for name, n in sorted(counts.items()):
        print(f"  {name}: {n}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
