"""Random graphs through both evaluators, with and without rewriting.

    python tests/fuzz.py 100000            so many graphs, from seed 0
    python tests/fuzz.py 1000 --seed 5000  from another seed

A graph that differs is printed with its seed, and the command fails.  Every graph is evaluated by
NumPy as it is written, by NumPy after rewriting, by NumPy after rewriting without one rule (another
rule for each seed), and as a program; its gradient, where it has one, as well.
"""

import argparse
import sys
import warnings

import numpy as np
from numpy.linalg import LinAlgError
from randomgraphs import RandomGraph, assert_close, random_graph, sensitivity
from richgraphs import RichGraph

import graphcore
import graphcore.tensor as tt
from graphcore.rewrite import rewrite
from graphcore.rewrite.stages import rule_names

DTYPES = (("float64",), ("float64", "int64"), ("float64", "float32"), ("float64", "bool", "int32"))


def check(seed):
    """Compare the ways to evaluate the graph of a seed; AssertionError where they differ."""
    rng = np.random.default_rng((seed, 1))
    dtypes = DTYPES[rng.integers(len(DTYPES))]
    outputs, values = random_graph(
        seed, count=int(rng.integers(3, 25)), static=bool(rng.random() < 0.5), dtypes=dtypes,
        kind=RichGraph if rng.random() < 0.5 else RandomGraph,
    )  # fmt: skip
    if not outputs:
        return 0
    left_out = str(rng.choice(rule_names()))
    _compare(outputs, values, dtypes, left_out)
    terms = [tt.sum(v) for v in outputs if v.type.dtype == "float64"]
    wrt = [v for v in values if v.type.dtype == "float64"]
    if not terms:
        return 1
    try:
        cost = sum(terms[1:], terms[0])
        slopes = graphcore.grad(cost, wrt, disconnected_inputs="ignore")
    except (NotImplementedError, graphcore.NullTypeGradError):  # a function without derivative
        return 1
    known = graphcore.evaluate(slopes, values)
    sane = [s for s, a in zip(slopes, known, strict=True) if np.isfinite(a).all()]
    if sane:
        _compare(sane, values, dtypes, left_out)
    return 2


def _compare(outputs, values, dtypes, left_out):
    wanted = graphcore.evaluate(outputs, values)
    spread = sensitivity(outputs, values)
    for exclude in ((), (left_out,)):
        graph = rewrite(outputs, final=True, exclude=exclude)
        found = graphcore.evaluate(graph, values)
        try:
            assert_close(found, wanted, spread, dtypes)
        except AssertionError as error:
            raise AssertionError(f"rewriting without {exclude}: {error}") from None
    f = graphcore.function(list(values), outputs, on_unused_input="ignore")
    try:
        found = f(*values.values())
    except LinAlgError:  # where rounding decides whether a matrix has a factor
        if not all(np.isinf(s).all() for s in spread):
            raise
        return
    assert_close(found, wanted, spread, dtypes)


def main(arguments=None):
    """Run the command; 1 when a graph differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    compared, wrong = 0, []
    warnings.simplefilter("ignore")
    for seed in range(given.seed, given.seed + given.count):
        try:
            compared += check(seed)
        except Exception as error:
            wrong.append(seed)
            print(f"seed {seed}: {type(error).__name__}: {error}")
    print(f"{given.count} graphs, {compared} comparisons with gradients, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
