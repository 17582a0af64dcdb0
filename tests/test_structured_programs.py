"""Programs with loops over structures, written as for Theano, against counting all cases."""

import itertools

import numpy as np
from numpy.testing import assert_allclose

import graphcore
import graphcore.tensor as tt

RNG = np.random.default_rng(8)


def log_sum_exp(x, axis):
    top = x.max(axis=axis, keepdims=True)
    return x.max(axis=axis) + tt.log(tt.exp(x - top).sum(axis=axis))


def test_chain_of_labels_by_forward_sums_and_best_path():
    scores, links, path = tt.matrix("scores"), tt.matrix("links"), tt.ivector("path")

    def forward(now, before):
        return log_sum_exp(before.dimshuffle(0, "x") + now.dimshuffle("x", 0) + links, 0)

    def best(now, before):
        reached = before.dimshuffle(0, "x") + now.dimshuffle("x", 0) + links
        return reached.max(axis=0), reached.argmax(axis=0)

    sums, _ = graphcore.scan(forward, sequences=scores[1:], outputs_info=scores[0])
    inside = scores[tt.arange(path.shape[0]), path].sum() + links[path[:-1], path[1:]].sum()
    loss = log_sum_exp(sums[-1], 0) - inside
    (tops, back), _ = graphcore.scan(best, sequences=scores[1:], outputs_info=[scores[0], None])
    last = tt.argmax(tops[-1])
    rest, _ = graphcore.scan(lambda step, at: step[at], sequences=back[::-1], outputs_info=last)
    found = tt.concatenate([rest[::-1], tt.stack([last])])
    f = graphcore.function(
        [scores, links, path], [loss, *graphcore.grad(loss, [scores, links]), found]
    )

    a, b, y = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3)), np.array([0, 2, 1, 1])
    paths = np.array(list(itertools.product(range(3), repeat=4)))
    total = a[np.arange(4), paths].sum(1) + b[paths[:, :-1], paths[:, 1:]].sum(1)
    chance = np.exp(total - np.log(np.exp(total).sum()))
    by_scores, by_links = np.zeros((4, 3)), np.zeros((3, 3))
    for p, weight in [*zip(paths, chance, strict=True), (y, -1.0)]:
        np.add.at(by_scores, (np.arange(4), p), weight)
        np.add.at(by_links, (p[:-1], p[1:]), weight)
    value, g, h, route = f(a, b, y.astype("int32"))
    assert_allclose(value, -np.log(chance[(paths == y).all(1)][0]), rtol=1e-12)
    assert_allclose(g, by_scores, atol=1e-13)
    assert_allclose(h, by_links, atol=1e-13)
    assert (route == paths[total.argmax()]).all()


def test_labels_without_places():
    """The sum over all ways to spread labels over time, of which repeats and blanks are dropped."""
    logits, labels = tt.matrix("logits"), tt.ivector("labels")
    blank, n = 3, 2 * labels.shape[0] + 1
    wide = tt.set_subtensor((tt.zeros(n, dtype="int32") + blank)[1::2], labels)
    skips = tt.and_(tt.neq(wide[2:], wide[:-2]), tt.neq(wide[2:], blank))
    skips = tt.concatenate([tt.zeros(2), tt.cast(skips, "float64")])
    p = tt.nnet.softmax(logits)[:, wide]

    def step(now, before):
        one = tt.concatenate([tt.zeros(1), before[:-1]])
        two = tt.concatenate([tt.zeros(2), before[:-2]]) * skips
        return now * (before + one + two)

    start = tt.set_subtensor(tt.zeros(n)[:2], p[0, :2])
    ways, _ = graphcore.scan(step, sequences=p[1:], outputs_info=start)
    loss = -tt.log(ways[-1][-1] + ways[-1][-2])
    f = graphcore.function([logits, labels], [loss, graphcore.grad(loss, logits)])

    a = RNG.normal(size=(5, 4))
    for y in ([0, 1], [2, 2], [1]):
        chance = np.exp(a) / np.exp(a).sum(1, keepdims=True)
        total, slope = 0.0, np.zeros_like(a)
        for path in itertools.product(range(4), repeat=5):
            if [k for k, _ in itertools.groupby(path) if k != blank] == y:
                way = chance[range(5), path].prod()
                total += way
                slope += way * (np.eye(4)[list(path)] - chance)
        value, g = f(a, np.array(y, dtype="int32"))
        assert_allclose(value, -np.log(total), rtol=1e-12)
        assert_allclose(g, -slope / total, atol=1e-13)


def test_a_distribution_built_one_element_after_the_other():
    size, hidden = 6, 4
    W, V = (graphcore.shared(RNG.normal(size=(size, hidden))) for _ in range(2))
    b, c = graphcore.shared(RNG.normal(size=size)), graphcore.shared(RNG.normal(size=hidden))
    v = tt.matrix("v")

    def step(x, w, u, bias, a, total):
        p = tt.nnet.sigmoid(tt.dot(tt.nnet.sigmoid(a), u) + bias)
        return a + tt.outer(x, w), total + x * tt.log(p) + (1 - x) * tt.log(1 - p)

    start = [tt.alloc(c, v.shape[0], hidden), tt.zeros(v.shape[0])]
    (_, logs), _ = graphcore.scan(step, sequences=[v.T, W, V, b], outputs_info=start)
    before = tt.cumsum(v[:, :, None] * W, axis=1)[:, :-1]
    before = tt.concatenate([tt.zeros((v.shape[0], 1, hidden)), before], axis=1) + c
    p = tt.nnet.sigmoid((tt.nnet.sigmoid(before) * V).sum(axis=2) + b)
    flat = -tt.nnet.binary_crossentropy(p, v).sum(axis=1)
    slopes = [s for y in (logs[-1], flat) for s in graphcore.grad(y.mean(), [W, V, b, c])]
    found = graphcore.function([v], [logs[-1], flat, *slopes])(
        np.array(list(itertools.product([0.0, 1.0], repeat=size)))
    )
    assert_allclose(np.exp(found[0]).sum(), 1.0, rtol=1e-13)
    assert_allclose(found[0], found[1], rtol=1e-12)
    for one, other in zip(found[2:6], found[6:], strict=True):
        assert_allclose(one, other, rtol=1e-10, atol=1e-15)
