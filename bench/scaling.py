# ruff: noqa: E402  the thread variables have to be set before NumPy is loaded
"""How building and evaluating grow: with the number of separate terms, and with the data.

    python bench/scaling.py                  both, and the exponents
    python bench/scaling.py --terms 10 1000  building only, for these numbers of terms
    python bench/scaling.py --rows 100 10000 evaluating only, for these numbers of rows
    python bench/scaling.py --nodes 100000 1000000   graphs of so many operations, by stage

A model with so many terms has that many separate observed variables, each with a parameter of its
own that depends on the one before.  An exponent of 1 is linear; the last column is the exponent
between a size and the one before.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

for _name in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{_name}_NUM_THREADS", "1")

import numpy as np

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

TERMS = (10, 100, 1000, 10_000)
ROWS = (10**2, 10**3, 10**4, 10**5, 10**6, 10**7)


def chain_of_terms(n):
    """n observed numbers, each with a parameter around the one before: dimension n + 1."""
    y = np.random.default_rng(1).normal(size=n).cumsum()
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1)
        level = 0.0
        for i in range(n):
            level = pm.Normal(f"level_{i}", level, scale)
            pm.Normal(f"y_{i}", level, 1.0, observed=y[i])
    return model


def separate_groups(n):
    """n groups of ten observations that share their mean and spread: dimension n + 2."""
    rng = np.random.default_rng(1)
    with pm.Model() as model:
        mu, spread = pm.Normal("mu", 0, 5), pm.HalfNormal("spread", 1)
        for i in range(n):
            rate = tt.exp(pm.Normal(f"a_{i}", mu, spread))
            pm.Poisson(f"y_{i}", rate, observed=rng.poisson(3, size=10))
    return model


def sum_of_terms(n):
    """One expression with n different operations on a vector of five numbers."""
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1, shape=5)
        total = 0.0
        for i in range(n):
            total = total + tt.sin(x * (1 + i / n)).sum() * (i + 1)
        pm.Potential("total", total / n)
    return model


def logistic(n):
    """Logistic regression with three columns."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, 3))
    y = (rng.random(n) < 0.5).astype(np.int8)
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1, shape=3)
        pm.Bernoulli("y", logit_p=tt.dot(X, beta), observed=y)
    return model


def groups(n):
    """Student-t observations of 30 groups."""
    rng = np.random.default_rng(1)
    g, y = rng.integers(0, 30, n), rng.normal(size=n)
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1, shape=30)
        pm.StudentT("y", nu=4, mu=a[g], sigma=pm.HalfNormal("sd", 1), observed=y)
    return model


def latent(n):
    """Random walk with a step per observation: dimension n + 1."""
    y = np.random.default_rng(1).poisson(3, size=n)
    with pm.Model() as model:
        h = pm.Normal("h", 0, 1, shape=n)
        step = pm.HalfNormal("step", 1)
        pm.Potential("walk", pm.logp(pm.Normal.dist(0, step), h[1:] - h[:-1]).sum())
        pm.Poisson("y", tt.exp(h), observed=y)
    return model


def chain_of_nodes(n):
    """Every operation on the result of the one before."""
    x = tt.scalar("x")
    y = x
    for _ in range(n // 2):
        y = tt.sin(y) * 1.0001
    return [x], y, [0.5]


def wide_sum(n):
    """A sum of many terms."""
    x, total = tt.scalar("x"), 0.0
    for i in range(n // 3):
        total = total + tt.exp(x * (i / n))
    return [x], total, [0.5]


def unrolled_loop(n):
    """Steps of a recurrence on five numbers, written one after the other."""
    a, b, v = tt.scalar("a"), tt.scalar("b"), tt.vector("v")
    y = v
    for _ in range(n // 5):
        y = a * y + b * tt.sin(y) + 0.01
    return [a, b, v], y.sum(), [0.5, 0.3, np.linspace(0, 1, 5)]


GRAPHS = (chain_of_nodes, wide_sum, unrolled_loop)
BUILDS = (chain_of_terms, separate_groups, sum_of_terms)
GRADIENTS = (logistic, groups, latent)


def build_seconds(make, n):
    """Seconds of this process for the model and its program; where short, the best of two."""
    best = (np.inf, np.inf)
    for _ in range(2):
        start = time.process_time()
        model = make(n)
        middle = time.process_time()
        model.logp_dlogp_function()
        end = time.process_time()
        best = min(best, (middle - start, end - middle), key=sum)
        if end - start > 2:
            break
    return best


def gradient_seconds(make, n, batch=0.02, batches=7):
    """Seconds per log density and gradient: median of batches."""
    f = make(n).logp_dlogp_function(statistics=False)
    x = 0.1 * np.random.default_rng(2).normal(size=f.dim)
    f(x)
    start = time.perf_counter()
    f(x)
    repeat = max(1, int(batch / (time.perf_counter() - start)))
    times = []
    for _ in range(batches):
        start = time.perf_counter()
        for _ in range(repeat):
            f(x)
        times.append((time.perf_counter() - start) / repeat)
    return float(np.median(times))


def exponents(sizes, seconds):
    """Exponents of the growth between neighbouring sizes; the first is None.

    >>> exponents([10, 100, 1000], [1.0, 10.0, 1000.0])
    [None, 1.0, 2.0]
    """
    growth = np.diff(np.log(seconds)) / np.diff(np.log(sizes))
    return [None, *(round(float(g), 12) for g in growth)]


def _shown(exponent):
    return "" if exponent is None else f"{exponent:9.2f}"


def stage_seconds(make, n):
    """Seconds to build a graph of n operations, to differentiate, to rewrite, to lower and run."""
    marks = [time.process_time()]
    inputs, cost, values = make(n)
    marks.append(time.process_time())
    gradients = graphcore.grad(cost, inputs)
    marks.append(time.process_time())
    f = graphcore.function(inputs, [cost, *gradients])
    marks.append(time.process_time())
    f(*values)
    marks.append(time.process_time())
    return np.diff(marks)


def print_nodes(sizes):
    stages = "".join(f"{s:>10s}" for s in ("build s", "grad s", "rewrite s", "lower s", "all s"))
    print(f"{'graph':18s} {'nodes':>9s}{stages} {'exponent':>9s}")
    for make in GRAPHS:
        times = [stage_seconds(make, n) for n in sizes]
        growth = exponents(sizes, [t.sum() for t in times])
        for n, t, e in zip(sizes, times, growth, strict=True):
            shown = "".join(f"{s:10.2f}" for s in (*t, t.sum()))
            print(f"{make.__name__:18s} {n:9d}{shown} {_shown(e)}")
        print(flush=True)


def print_builds(sizes):
    print(f"{'build':18s} {'terms':>9s} {'model ms':>10s} {'program ms':>11s} {'exponent':>9s}")
    for make in BUILDS:
        times = [build_seconds(make, n) for n in sizes]
        growth = exponents(sizes, [sum(t) for t in times])
        for n, (model, program), e in zip(sizes, times, growth, strict=True):
            ms = f"{1e3 * model:10.1f} {1e3 * program:11.1f}"
            print(f"{make.__name__:18s} {n:9d} {ms} {_shown(e)}")
        print(flush=True)


def print_gradients(sizes):
    print(f"{'gradient':18s} {'rows':>9s} {'us':>10s} {'ns per row':>11s} {'exponent':>9s}")
    for make in GRADIENTS:
        times = [gradient_seconds(make, n) for n in sizes]
        for n, t, e in zip(sizes, times, exponents(sizes, times), strict=True):
            print(f"{make.__name__:18s} {n:9d} {1e6 * t:10.2f} {1e9 * t / n:11.3f} {_shown(e)}")
        print(flush=True)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--terms", type=int, nargs="*", metavar="N")
    parser.add_argument("--rows", type=int, nargs="*", metavar="N")
    parser.add_argument("--nodes", type=int, nargs="+", metavar="N")
    args = parser.parse_args(argv)
    if args.nodes:
        print_nodes(args.nodes)
        return 0
    both = args.terms is None and args.rows is None
    if both or args.terms is not None:
        print_builds(args.terms or TERMS)
    if both or args.rows is not None:
        print_gradients(args.rows or ROWS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
