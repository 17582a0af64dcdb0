"""Loops for the tests of scan: each as a scan and unrolled, on the same inputs."""

import numpy as np

import graphcore.tensor as tt


def unrolled(
    fn,
    sequences=None,
    outputs_info=None,
    non_sequences=None,
    n_steps=None,
    go_backwards=False,
    truncate_gradient=-1,
    **_,
):
    """What ``graphcore.scan`` computes, as one expression without a loop (for static lengths)."""

    def listed(x):
        return [] if x is None else list(x) if isinstance(x, (list, tuple)) else [x]

    columns = []
    for s in listed(sequences):
        s = s if isinstance(s, dict) else {"input": s}
        taps = s.get("taps", [0])
        low, high = min(*taps, 0), max(*taps, 0)
        n = s["input"].type.shape[0]
        for t in taps:
            column = [s["input"][i] for i in range(t - low, n - (high - t))]
            columns.append(column[::-1] if go_backwards else column)
    steps = min(len(c) for c in columns) if n_steps is None else n_steps
    infos = [i if isinstance(i, dict) else {"initial": i} for i in listed(outputs_info)]
    past = []
    for info in infos:
        taps = info.get("taps", [-1])
        if info.get("initial") is None:
            past.append(None)
        elif taps == [-1]:
            past.append([tt.as_tensor(info["initial"])])
        else:
            past.append([info["initial"][i] for i in range(-min(taps))])
    found = []
    for t in range(steps):
        if truncate_gradient == steps - t:
            past = [p and [tt.stop_gradient(v) for v in p] for p in past]
            found = [[tt.stop_gradient(v) for v in f] for f in found]
            columns = [
                [tt.stop_gradient(v) if i < t else v for i, v in enumerate(c)] for c in columns
            ]
        seen = [
            p[tap]
            for p, info in zip(past, infos, strict=True)
            if p
            for tap in info.get("taps", [-1])
        ]
        results = listed(fn(*[c[t] for c in columns], *seen, *listed(non_sequences)))
        if not infos:
            infos, past = [{} for _ in results], [None] * len(results)
        found = found or [[] for _ in results]
        for i, v in enumerate(results):
            found[i].append(tt.as_tensor(v))
            if past[i]:
                past[i].append(v)
    stacked = [tt.stack(f) for f in found]
    return (stacked[0] if len(stacked) == 1 else stacked), {}


def as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


CASES = {}


def case(*shapes):
    """Enter a loop: a function of ``scan`` and of inputs of these shapes."""

    def enter(function):
        CASES[function.__name__] = (shapes, function)
        return function

    return enter


@case((7,), (), ())
def linear(scan, x, s0, a):
    return scan(lambda x, s, a: a * s + x, x, s0, a)


@case((7,), (), ())
def around_a_mean(scan, x, s0, a):
    return scan(lambda x, s, m: m + 0.5 * (s - m) - x * s / 3, x, s0, a)


@case((7,), (7,), ())
def garch(scan, q, y, a):
    s, _ = scan(lambda q, s, w, a, b: w + a * q + b * s, q**2, tt.as_tensor(1.5), [a**2, a, 0.6])
    return tt.sqrt(s) * y, {}


@case((), ())
def filter_of_constants(scan, q, r):
    def step(y, m, p, q, r):
        p = p + q**2
        gain = p / (p + r**2)
        return m + gain * (y - m), (1 - gain) * p

    y = tt.as_tensor(np.array([0.3, 1.2, -0.4, 0.8, 2.0]))
    return scan(step, [y], [0.0, 1.0], [q, r])


@case((7,), ())
def nonlinear(scan, x, a):
    return scan(lambda x, s, a: tt.tanh(a * s + x) * tt.exp(-x), [x], [0.3], [a])


@case((5,), ())
def one_of_many_uses(scan, x, a):
    def step(x, s, a):
        z = tt.exp(-tt.sqr(s)) + x
        return tt.sin(z) * a, z, z * s

    return scan(step, [x], [0.3, None, None], [a])


@case((4, 3), (3,), (3, 3))
def recurrent_network(scan, x, h0, w):
    return scan(lambda x, h, w: tt.tanh(tt.dot(w, h) + x), x, h0, w)


@case((3, 4, 2), (4, 3), (3, 3), (2, 3), (3,))
def batched_network(scan, x, h0, w, u, b):
    return scan(lambda x, h, w, u, b: tt.tanh(h @ w + x @ u + b), x, h0, [w, u, b])


@case((3, 3), (3, 3))
def matrix_powers(scan, a, start):
    return scan(lambda p, a: tt.dot(p, a), outputs_info=start, non_sequences=a, n_steps=3)


@case((4, 2, 2), (2,))
def matrices_in_turn(scan, a, v):
    return scan(lambda a, v: tt.sin(tt.dot(a, v)), a, v)


@case((3, 2, 3), (3, 2, 3))
def products_of_entries(scan, a, b):
    return scan(lambda a, b, s: s + tt.dot(a, b.T), [a, b], tt.zeros((2, 2)))


@case((8,), (2,), ())
def several_taps(scan, x, s0, a):
    return scan(
        lambda x, s2, s1, a: tt.sin(a * s2) - 0.3 * s1 + x,
        [x], [{"initial": s0, "taps": [-2, -1]}], [a],
    )  # fmt: skip


@case((8,), (3,), ())
def distant_tap(scan, x, s0, a):
    return scan(lambda x, s, a: a * s + tt.exp(x), [x], [{"initial": s0, "taps": [-3]}], [a])


@case((2,), ())
def fewer_steps_than_taps(scan, s0, a):
    return scan(
        lambda s2, s1, a: tt.tanh(a * s2 + s1),
        outputs_info=[{"initial": s0, "taps": [-2, -1]}], non_sequences=[a], n_steps=1,
    )  # fmt: skip


@case((7,), (7,))
def taps_of_sequences(scan, x, y):
    return scan(
        lambda x0, x1, x2, y, s: s * x1 + x0 * y - x2,
        [{"input": x, "taps": [-1, 0, 1]}, y[:5]], [tt.as_tensor(0.1)],
    )  # fmt: skip


@case((6,), (), ())
def backwards(scan, x, s0, a):
    return scan(lambda x, s, a: tt.sin(s * a) + x, x, s0, a, go_backwards=True)


@case((5,), (), (), ())
def two_that_meet(scan, x, s0, r0, a):
    return scan(lambda x, s, r, a: [tt.tanh(a * s + r), r * 0.5 + s * x], [x], [s0, r0], [a])


@case((5,), (), (), ())
def one_after_another(scan, x, s0, r0, a):
    return scan(lambda x, s, r, a: [a * s + x, tt.tanh(r + s * s)], [x], [s0, r0], [a])


@case((5,), (), ())
def one_reads_only_the_other(scan, x, r0, a):
    return scan(lambda x, s, r, a: [tt.sin(r) * a + x, 0.5 * r + x], [x], [r0 * 2, r0], [a])


@case((5,), ())
def shift_register(scan, x, a):
    return scan(
        lambda x, s, old: [tt.sin(s) * a + old + x, s], [x], [tt.as_tensor(0.2), tt.as_tensor(0.1)]
    )


@case((5, 3), (3,))
def only_a_map(scan, x, w):
    return scan(lambda x, w: [tt.dot(x, w), tt.exp(x) * w, x.sum()], [x], None, [w])


@case((4, 3), (2,))
def parts_of_entries(scan, x, s0):
    def step(x, s):
        return tt.set_subtensor(s[:1], tt.sin(s[1]) * x[0]) + x[1:]

    return scan(step, [x], [s0])


@case((5,), (4,))
def picked_by_number(scan, x, table):
    return scan(
        lambda i, x, s, table: tt.tanh(table[i] + s) * x,
        [tt.constant(np.array([0, 3, -1, 1, 1])), x], [tt.as_tensor(0.0)], [table],
    )  # fmt: skip


@case((4, 2), (2,), (2, 2))
def states_summed_in_logarithms(scan, x, s0, move):
    def step(x, s, move):
        joint = s[:, None] + move
        top = tt.max(joint, axis=0)
        return x + top + tt.log(tt.sum(tt.exp(joint - top), axis=0))

    return scan(step, [x], [s0], [move])


@case((4, 3), (3,), (3, 3))
def three_states_summed_in_logarithms(scan, x, s0, move):
    return scan(lambda x, s, m: x + tt.logsumexp(s + m, axis=1), [x], [s0], [move])


@case((4, 2, 3), (2, 3), (4, 3, 3))
def a_batch_summed_in_logarithms(scan, x, s0, moves):
    return scan(lambda x, m, s: x + tt.logsumexp(s[:, :, None] + m, axis=1), [x, moves], [s0])


@case((4, 3), (4, 3), (3,), (3, 3))
def linear_map(scan, x, y, s0, w):
    return scan(lambda x, y, s, w: x + y * tt.dot(w, s * y - x), [x, y], [s0], [w])


@case((3, 2), (2,))
def broadcast_over_entries(scan, x, s0):
    return scan(lambda x, s: (s[:, None] * x + tt.concatenate([x, s])[:2]).sum(axis=0), [x], [s0])


@case((5,), ())
def choice(scan, x, a):
    return scan(lambda x, s, a: tt.switch(x > 0, a * s, s + x), [x], [tt.as_tensor(1.0)], [a])


@case((1,), (), ())
def a_single_step(scan, x, s0, a):
    return scan(lambda x, s, a: tt.tanh(a * s + x), x, s0, a)


@case((6,), (), ())
def truncated(scan, x, s0, a):
    return scan(lambda x, s, a: tt.tanh(a * s + x), x, s0, a, truncate_gradient=2)


@case((3,), (2, 2))
def a_loop_within_a_loop(scan, x, y):
    def outer(x, s, y):
        inner, _ = scan(lambda row, t, x: tt.tanh(t * x + row), [y], [s], [x])
        return inner[-1] + x

    return scan(outer, [x], [tt.as_tensor(np.array([0.1, -0.2]))], [y])


ROWS = (tt.tanh, tt.sin, tt.sqr, tt.exp, tt.neg, tt.sigmoid, lambda v: v)
PAIRS = (
    tt.add, tt.sub, tt.mul, tt.maximum,
    lambda v, w: v / (1.5 + tt.sqr(w)), lambda v, w: tt.switch(w > 0.1, v, w),
    lambda v, w: v * 0.5 + 0.3, lambda v, w: w - 2 * v,
)  # fmt: skip


def random_expression(rng, pool):
    """An expression of some of the variables, with bounded values."""
    pool = list(pool)
    v = pool[rng.integers(len(pool))]
    for _ in range(rng.integers(1, 5)):
        v = PAIRS[rng.integers(len(PAIRS))](v, pool[rng.integers(len(pool))])
        v = ROWS[rng.integers(len(ROWS))](v)
        pool.append(v)
    return tt.tanh(v) if rng.random() < 0.7 else 0.3 * v


def random_loop(seed):
    """``(function of scan, variables, values)``: two carried values, one with two taps."""
    rng = np.random.default_rng(seed)
    entry = (3,) if rng.random() < 0.4 else ()
    n, kind, body_seed = int(rng.integers(1, 7)), rng.integers(3), rng.integers(1 << 30)
    shapes = [(n,), (n, *entry), (), (2, *entry), entry]
    x, y, a, s0, r0 = variables = [tt.tensor("float64", s, f"v{i}") for i, s in enumerate(shapes)]

    def step(x, y, s2, s1, r, a):
        inner = np.random.default_rng(body_seed)
        everything, one = [x, y, s2, s1, r, a], tt.ones_like(s1)
        first = [[x, y, s1, a, s2], [x, a, s1, y], everything][kind]
        return [
            random_expression(inner, first) * one,
            random_expression(inner, everything) * one,
            random_expression(inner, everything) + s1,
        ]

    back = bool(rng.integers(2))
    infos = [{"initial": s0, "taps": [-2, -1]}, r0, None]

    def build(scan):
        return scan(step, [x, y], infos, [a], go_backwards=back)

    return build, variables, [rng.normal(size=s) for s in shapes]


def inputs(name, known=True):
    """Variables and values of the inputs of a case."""
    shapes, _ = CASES[name]
    rng = np.random.default_rng(len(name))
    variables = [
        tt.tensor("float64", s if known else (None,) * len(s), name=f"v{i}")
        for i, s in enumerate(shapes)
    ]
    return variables, [rng.normal(size=s) * 0.7 for s in shapes]
