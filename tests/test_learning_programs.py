"""Whole learning programs in Theano's manner: loops, streams, shared state, updates, pickles."""

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy
import pytest

import graphcore as theano
import graphcore.tensor as T
from graphcore.sandbox.rng_mrg import MRG_RandomStreams
from graphcore.tensor.shared_randomstreams import RandomStreams

DIGITS = Path(__file__).parent.parent / "docs" / "tutorials" / "data" / "digits.npz"


def digits():
    with numpy.load(DIGITS) as file:
        return file["images"] / 16.0, file["labels"].astype("int32")


def hamiltonian_moves(positions, stream, energy, stepsize, n_steps):
    """Accepted moves, as the tutorial on hybrid Monte Carlo makes them."""

    def leapfrog(pos, vel, step):
        new_vel = vel - step * T.grad(energy(pos).sum(), pos)
        return [pos + step * new_vel, new_vel], {}

    def total(pos, vel):
        return energy(pos) + 0.5 * (vel**2).sum(axis=1)

    start = stream.normal(size=positions.shape)
    half = start - 0.5 * stepsize * T.grad(energy(positions).sum(), positions)
    (all_pos, all_vel), updates = theano.scan(
        leapfrog,
        outputs_info=[{"initial": positions + stepsize * half}, {"initial": half}],
        non_sequences=[stepsize],
        n_steps=n_steps - 1,
    )
    assert not updates
    pos = all_pos[-1]
    vel = all_vel[-1] - 0.5 * stepsize * T.grad(energy(pos).sum(), pos)
    gain = total(positions, start) - total(pos, vel)
    accept = (T.exp(gain) - stream.uniform(size=gain.shape)) >= 0
    return accept, T.switch(accept.dimshuffle(0, "x"), pos, positions)


def test_hybrid_monte_carlo():
    rng = numpy.random.RandomState(123)
    mean, root = rng.rand(3) * 10, rng.rand(3, 3)
    covariance = root @ root.T + numpy.eye(3)
    precision = numpy.linalg.inv(covariance)
    positions = theano.shared(rng.randn(200, 3))
    stepsize, rate = theano.shared(0.1, name="stepsize"), theano.shared(0.9)
    accept, moved = hamiltonian_moves(
        positions,
        RandomStreams(1),
        lambda x: 0.5 * (T.dot(x - mean, precision) * (x - mean)).sum(axis=1),
        stepsize,
        15,
    )
    dtype = theano.scalar.upcast(accept.dtype, rate.dtype)
    bigger = T.switch(rate > 0.9, stepsize * 1.02, stepsize * 0.98)
    move = theano.function(
        [],
        [],
        updates=[
            (positions, moved),
            (stepsize, T.clip(bigger, 0.01, 0.4)),
            (rate, T.add(0.9 * rate, 0.1 * accept.mean(dtype=dtype))),
        ],
    )
    for _ in range(50):
        move()
    draws = []
    for _ in range(300):
        move()
        draws.append(positions.get_value(borrow=True).copy())
    draws = numpy.concatenate(draws)
    numpy.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.05)
    numpy.testing.assert_allclose(numpy.cov(draws.T), covariance, atol=0.1)


def boltzmann_machine(v, weights, hidden_bias, visible_bias, chain, stream, k):
    """Cost and updates of persistent contrastive divergence."""

    def free_energy(sample):
        inner = T.dot(sample, weights) + hidden_bias
        return -T.log(1 + T.exp(inner)).sum(axis=1) - T.dot(sample, visible_bias)

    def draw(mean):
        return stream.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)

    def gibbs(h):
        v_mean = T.nnet.sigmoid(T.dot(h, weights.T) + visible_bias)
        v = draw(v_mean)
        return [v, draw(T.nnet.sigmoid(T.dot(v, weights) + hidden_bias))]

    (visible, hidden), updates = theano.scan(gibbs, outputs_info=[None, chain], n_steps=k)
    end = visible[-1]
    cost = T.mean(free_energy(v)) - T.mean(free_energy(end))
    params = [weights, hidden_bias, visible_bias]
    for p, g in zip(params, T.grad(cost, params, consider_constant=[end]), strict=True):
        updates[p] = p - g * 0.1
    if chain:
        updates[chain] = hidden[-1]
    flipped = theano.shared(0, name="bit")
    rounded = T.round(v)
    other = T.set_subtensor(rounded[:, flipped], 1 - rounded[:, flipped])
    updates[flipped] = (flipped + 1) % 64
    return T.mean(64 * T.log(T.nnet.sigmoid(free_energy(other) - free_energy(rounded)))), updates


def test_restricted_boltzmann_machine():
    images = theano.shared(digits()[0], borrow=True)
    rng = numpy.random.RandomState(7)
    weights = theano.shared(rng.uniform(-0.5, 0.5, size=(64, 30)), name="W", borrow=True)
    index, x = T.lscalar(), T.matrix("x")
    likelihood, updates = boltzmann_machine(
        x, weights, theano.shared(numpy.zeros(30)), theano.shared(numpy.zeros(64)),
        theano.shared(numpy.zeros((20, 30))), RandomStreams(rng.randint(2**30)), 5,
    )  # fmt: skip
    train = theano.function(
        [index],
        likelihood,
        updates=updates,
        givens={x: images[index * 20 : (index + 1) * 20]},
    )
    epochs = [numpy.mean([train(i) for i in range(25)]) for _ in range(4)]
    assert epochs[0] < epochs[3] and epochs[3] > -27


def lstm(params, x, mask, size):
    """Hidden states of a network that remembers, for sequences of different lengths."""

    def part(z, n):
        return z[:, n * size : (n + 1) * size]

    def step(m, x, h, c):
        z = T.dot(h, params["U"]) + x
        kept = T.nnet.sigmoid(part(z, 1)) * c + T.nnet.sigmoid(part(z, 0)) * T.tanh(part(z, 3))
        c = m[:, None] * kept + (1.0 - m)[:, None] * c
        out = T.nnet.sigmoid(part(z, 2)) * T.tanh(c)
        return m[:, None] * out + (1.0 - m)[:, None] * h, c

    zeros = T.alloc(numpy.asarray(0.0, theano.config.floatX), x.shape[1], size)
    (hidden, _), _ = theano.scan(
        step,
        sequences=[mask, T.dot(x, params["W"]) + params["b"]],
        outputs_info=[zeros, zeros],
        n_steps=x.shape[0],
    )
    return hidden


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_long_short_term_memory_with_dropout(floatX):
    size, words, rng = 6, 12, numpy.random.RandomState(3)
    with theano.config.change_flags(floatX=floatX):
        shapes = {"E": (words, size), "W": (size, 4 * size), "U": (size, 4 * size),
                  "b": (4 * size,), "V": (size, 2)}  # fmt: skip
        params = OrderedDict(
            (k, theano.shared((0.5 * rng.randn(*s)).astype(floatX), name=k))
            for k, s in shapes.items()
        )
        noisy, stream = theano.shared(numpy.asarray(1.0, floatX)), MRG_RandomStreams(1)
        x, mask, y = T.lmatrix("x"), T.matrix("mask"), T.lvector("y")
        embedded = params["E"][x.flatten()].reshape([x.shape[0], x.shape[1], size])
        hidden = (lstm(params, embedded, mask, size) * mask[:, :, None]).sum(axis=0)
        pooled = hidden / mask.sum(axis=0)[:, None]
        thinned = pooled * stream.binomial(pooled.shape, p=0.5, n=1, dtype=pooled.dtype)
        pooled = T.switch(noisy, thinned, pooled * 0.5)
        guess = T.nnet.softmax(T.dot(pooled, params["V"]))
        cost = -T.log(guess[T.arange(x.shape[1]), y] + 1e-8).mean()
        updates = []
        for p, g in zip(params.values(), T.grad(cost, list(params.values())), strict=True):
            square = theano.shared(p.get_value() * numpy.asarray(0.0, floatX))
            mean = 0.95 * square + 0.05 * g**2
            updates += [(square, mean), (p, p - 0.02 * g / T.sqrt(mean + 1e-6))]
        train = theano.function([x, mask, y], cost, updates=updates)
        predict = theano.function([x, mask], guess.argmax(axis=1))
        costs = []
        for _ in range(250):
            length = rng.randint(3, 6)
            data = rng.randint(0, words, (length, 16))
            given = numpy.ones((length, 16), floatX)
            given[-1, ::2] = 0.0
            costs.append(train(data, given, (data[0] > 5).astype("int64")))
        assert costs[0].dtype == floatX
        noisy.set_value(numpy.asarray(0.0, floatX))
        accuracy = (predict(data, given) == (data[0] > 5)).mean()
        assert numpy.mean(costs[-20:]) < 0.45 and accuracy > 0.85
        loaded = pickle.loads(pickle.dumps((params, predict), -1))
        numpy.testing.assert_array_equal(loaded[1](data, given), predict(data, given))
        assert loaded[0]["U"].get_value().dtype == floatX
