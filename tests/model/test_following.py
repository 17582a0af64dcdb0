"""What is computed from the shape of data, after the data got another one.

Each expression is written for five rows; three rows are set afterwards, and everything has to be
what a model of three rows says.
"""

import numpy as np
import pytest

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

RNG = np.random.default_rng(0)
FIVE, THREE = RNG.normal(size=(5, 2)), RNG.normal(size=(3, 2))

EXPRESSIONS = {
    "mean": lambda x: x - tt.mean(x, axis=0),
    "mean of all": lambda x: x.mean(),
    "var": lambda x: tt.var(x, axis=0),
    "std": lambda x: x.std(axis=0, ddof=1),
    "standardised": lambda x: (x[:, 0] - x[:, 0].mean()) / x[:, 0].std(),
    "covariance": lambda x: tt.dot((x - x.mean(0)).T, x - x.mean(0)) / (x.shape[0] - 1),
    "median": lambda x: tt.median(x[:, 0]),
    "softmax": lambda x: tt.softmax(x, axis=0),
    "zeros_like": lambda x: tt.zeros_like(x[:, 0]) + x[:, 0],
    "ones_like": lambda x: tt.concatenate([tt.ones_like(x[:, :1]), x], axis=1),
    "full_like": lambda x: tt.full_like(x, 2.0) * x,
    "zeros": lambda x: tt.zeros((x.shape[0], 3)),
    "zeros of a part": lambda x: tt.zeros(x[:, 0].shape) + x[:, 0],
    "ones": lambda x: tt.ones((2, x.shape[0])),
    "full": lambda x: tt.full((x.shape[0],), 3.0) + x[:, 0],
    "alloc": lambda x: tt.alloc(1.0, x.shape[0]) + x[:, 0],
    "arange": lambda x: tt.arange(1, x[:, 0].shape[0] + 1) * x[:, 0],
    "linspace": lambda x: tt.linspace(0, 1, x.shape[0]),
    "eye": lambda x: tt.eye(x.shape[0]) + x[:, 0],
    "identity_like": lambda x: tt.identity_like(tt.dot(x, x.T)),
    "tril": lambda x: tt.tril(tt.ones((x.shape[0], x.shape[0]))),
    "diag": lambda x: tt.diag(x[:, 0]),
    "length": lambda x: x.shape[0] * x[0, 0],
    "length of a part": lambda x: (2 * x).T.shape[1] * x[0, 0],
    "size": lambda x: x.size * x[0, 0],
    "reshape": lambda x: tt.reshape(x, (x.shape[0] * 2,)),
    "new axis": lambda x: x.reshape((x.shape[0], 2, 1)),
    "repeat": lambda x: tt.repeat(x[:, 0], 2),
    "tile": lambda x: tt.tile(x[:, 0], 2),
    "roll": lambda x: tt.roll(x[:, 0], 1),
    "broadcast_to": lambda x: tt.broadcast_to(x[:1, 0], (x.shape[0],)),
    "einsum": lambda x: tt.einsum("ij,kj->ik", x, x),
    "part of zeros": lambda x: tt.set_subtensor(tt.zeros((x.shape[0], 4))[:, 1:3], x),
    "scan": lambda x: graphcore.scan(lambda v, p: p / 2 + v, x[:, 0], [tt.constant(0.0)])[0],
    "noise": lambda x: pm.Normal("e", 0, 1, shape=x.shape[0]) + x[:, 0],
    "mean of a variable": lambda x: pm.Normal("e", x[:, 0], 1) - pm.math.mean(x),
    "sum to zero": lambda x: pm.ZeroSumNormal("e", shape=x.shape[0]),
    "autoregression": lambda x: pm.AR(
        "e", [0.3], sigma=1, init_dist=pm.Normal.dist(), steps=x.shape[0] - 1
    ),
    "random walk": lambda x: pm.GaussianRandomWalk(
        "e", init_dist=pm.Normal.dist(), steps=x.shape[0] - 1
    ),
    "vector": lambda x: pm.MvNormal("e", tt.zeros(x.shape[0]), tt.eye(x.shape[0])),
    "latent process": lambda x: pm.gp.Latent(cov_func=pm.gp.cov.ExpQuad(2, 0.5)).prior("e", x),
    "spectral process": lambda x: pm.gp.HSGP(
        [3, 2], c=1.5, cov_func=pm.gp.cov.ExpQuad(2, 0.5)
    ).prior("f", x),
    "white noise": lambda x: pm.gp.cov.WhiteNoise(0.1)(x),
}


def model_of(expression, data):
    with pm.Model() as model:
        x = pm.Data("x", data)
        found = expression(x)
        pm.Deterministic("found", found)
        pm.Normal("z", tt.sum(found**2), 1)
    return model


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_new_shape_is_followed(name):
    fresh, model = model_of(EXPRESSIONS[name], THREE), model_of(EXPRESSIONS[name], FIVE)
    value, logp = model.compile_fn(model["found"]), model.compile_logp()
    logp(model.initial_point())
    model.set_data("x", THREE)
    point = {
        k: v + 0.1 * np.arange(v.size).reshape(v.shape) for k, v in fresh.initial_point().items()
    }
    assert model["found"].type == fresh["found"].type
    np.testing.assert_allclose(value(point), fresh.compile_fn(fresh["found"])(point), rtol=1e-13)
    assert logp(point) == pytest.approx(float(fresh.compile_logp()(point)), rel=1e-12)


def test_outside_of_models_lengths_stay_numbers():
    x = tt.tensor("float64", (5, 2), "x")
    assert x[:, 0].shape[0].owner is None
    with pm.Model():  # and in a model without data
        assert (x + 1).shape[0].owner is None
