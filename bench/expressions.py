"""Twelve expressions of arrays, and the price of a call, beside NumPy, numexpr and JAX.

    python bench/expressions.py            every library that is installed
    python bench/expressions.py 1000       one size

Printed are times relative to graphcore's: above 1 the other library takes longer.  The libraries
take turns, batch after batch, and the best batch of each counts; one thread each.
"""

import sys
import time

import numpy as np

import graphcore
import graphcore.tensor as tt

SIZES = (1_000, 10_000, 100_000, 1_000_000)

#: name: the expression in a namespace o, and as text for numexpr
EXPRESSIONS = {
    "a + b": (lambda o, a, b, c: a + b, "a + b"),
    "a * b + c": (lambda o, a, b, c: a * b + c, "a * b + c"),
    "polynomial": (lambda o, a, b, c: ((a * 0.5 + 1) * a - 2) * a + b, "((a*.5+1)*a-2)*a+b"),
    "exp(-a * a)": (lambda o, a, b, c: o.exp(-a * a), "exp(-a*a)"),
    "log(b) * c": (lambda o, a, b, c: o.log(b) * c, "log(b)*c"),
    "sqrt(a² + b²)": (lambda o, a, b, c: o.sqrt(a * a + b * b), "sqrt(a*a+b*b)"),
    "tanh(a * b + c)": (lambda o, a, b, c: o.tanh(a * b + c), "tanh(a*b+c)"),
    "sin(a) * cos(b)": (lambda o, a, b, c: o.sin(a) * o.cos(b), "sin(a)*cos(b)"),
    "where(a > 0, b, c)": (lambda o, a, b, c: o.where(a > 0, b, c), "where(a > 0, b, c)"),
    "a / (1 + b)": (lambda o, a, b, c: a / (1 + b), "a/(1+b)"),
    "sum(a * b)": (lambda o, a, b, c: o.sum(a * b), "sum(a*b)"),
    "normal density": (
        lambda o, a, b, c: o.sum(-0.5 * ((a - c) / b) ** 2 - o.log(b)),
        "sum(-0.5*((a-c)/b)**2-log(b))",
    ),
}


def seconds(calls, least=0.002, batches=50):
    """Best time of one call of each of several."""
    counts, best = {}, dict.fromkeys(calls, np.inf)
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        counts[name] = max(1, int(least / max(time.perf_counter() - start, 1e-7)))
    order = [*calls.items()]
    for _ in range(batches):
        order = [*order[1:], order[0]]  # nobody always comes after the same one
        for name, call in order:
            call()  # what the others left in the caches is not its business
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            best[name] = min(best[name], (time.perf_counter() - start) / counts[name])
    return best


def libraries(make, text, arrays):
    """A call per installed library."""
    a, b, c = tt.vectors("a", "b", "c")
    f = graphcore.function([a, b, c], make(tt, a, b, c), on_unused_input="ignore")
    found = {"graphcore": lambda: f(*arrays), "numpy": lambda: make(np, *arrays)}
    try:
        import numexpr

        numexpr.set_num_threads(1)
        names = dict(zip("abc", arrays, strict=True))
        found["numexpr"] = lambda: numexpr.evaluate(text, names)
    except ImportError:
        pass
    try:
        import jax

        jax.config.update("jax_enable_x64", True)
        jitted = jax.jit(lambda a, b, c: make(jax.numpy, a, b, c))
        inside = [jax.numpy.asarray(x) for x in arrays]
        found["jax"] = lambda: jitted(*inside).block_until_ready()
    except ImportError:
        pass
    return found


def overhead():
    """Microseconds of ``a + b`` of ten elements: checked, trusted, NumPy."""
    a, b = tt.vectors("a", "b")
    f = graphcore.function([a, b], a + b)
    trusting = graphcore.function([a, b], a + b, trust_input=True)
    x = np.ones(10)
    calls = {
        "checked": lambda: f(x, x), "trusted": lambda: trusting(x, x), "NumPy": lambda: x + x
    }  # fmt: skip
    times = ", ".join(f"{name} {1e6 * t:.2f}" for name, t in seconds(calls).items())
    print(f"one call of a + b, 10 elements, us: {times}")


def main(sizes):
    """Print the tables."""
    overhead()
    rng = np.random.default_rng(0)
    for n in sizes:
        arrays = [rng.normal(size=n), rng.uniform(0.5, 2, n), rng.normal(size=n)]
        print(f"\n{n} elements")
        for name, (make, text) in EXPRESSIONS.items():
            times = seconds(libraries(make, text, arrays))
            own = times.pop("graphcore")
            ratios = "  ".join(f"{k} {t / own:5.2f}" for k, t in times.items())
            print(f"{name:20s} {1e6 * own:9.2f} us   {ratios}")


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or SIZES)
