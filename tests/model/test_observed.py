"""Observed data: what is accepted, what is kept, what is refused with which words."""

import numpy as np
import pytest

import graphcore.model as pm
import graphcore.tensor as tt


class Frame:
    """As much of a pandas object as is read."""

    def __init__(self, values):
        self.values = values

    def to_numpy(self, dtype=None, na_value=None):
        if dtype is None:
            return np.array(self.values, dtype=object)
        return np.array([na_value if v is None else v for v in self.values], dtype=dtype)


OBSERVED = [
    ([1, 2, 3], "int64"),
    ([True, False], "bool"),
    (np.array([1, 2], "uint8"), "uint8"),
    (np.array([1, 2], "uint64"), "int64"),
    ([1.5, 2], "float64"),
    (np.array([1, 2], "float32"), "float64"),
    (np.array([1, 2], ">f8"), "float64"),
    (np.array([1, 2], ">i4"), "int32"),
    (3, "int64"),
    (np.ma.array([1.0, 2.0], mask=False), "float64"),
    (np.arange(10.0)[::-3], "float64"),
    (Frame([1, 2, 3]), "float64"),
    (np.zeros(0), "float64"),
]


@pytest.mark.parametrize(("data", "dtype"), OBSERVED, ids=lambda v: "")
def test_observed_data_keep_their_type(data, dtype):
    with pm.Model() as model:
        mu = pm.Normal("mu")
        y = pm.Normal("y", mu, observed=data)
    held = model.rvs_to_values[y].data
    assert held.dtype == dtype and type(held) is np.ndarray
    plain = np.asarray(data.values if isinstance(data, Frame) else data, dtype="float64")
    want = (-0.5 * plain**2 - 0.5 * np.log(2 * np.pi)).sum() - 0.5 * np.log(2 * np.pi)
    assert model.logp_dlogp_function()(np.zeros(1))[0] == pytest.approx(want, rel=1e-13)


def test_changing_the_data_afterwards_does_not_change_the_model():
    data = np.array([1.0, 2.0])
    with pm.Model() as model:
        pm.Normal("mu")
        pm.Normal("y", model["mu"], observed=data)
    before = model.compile_logp()({"mu": 0.0})
    data[:] = 1e6
    assert model.compile_logp()({"mu": 0.0}) == before


def test_small_integers_do_not_overflow():
    with pm.Model() as model:
        mu = pm.Gamma("mu", 2, 1)
        pm.Poisson("y", mu, observed=np.array([255, 254], "uint8"))
    with pm.Model() as wide:
        mu = pm.Gamma("mu", 2, 1)
        pm.Poisson("y", mu, observed=np.array([255, 254]))
    x = np.array([5.0])
    assert model.logp_dlogp_function()(x)[0] == wide.logp_dlogp_function()(x)[0]


vector = np.array([1.0, 2.0, 3.0])
OBSERVED_ERRORS = [
    ((0, 1), [1, np.nan, np.nan], ValueError, "y: observed has.* 2 NaN.*index 1.*masked_invalid"),
    ((0, 1), [[1, 2], [3, np.nan]], ValueError, r"y: observed has.* 1 NaN.*index \(1, 1\)"),
    ((0, 1), np.nan, ValueError, r"y: observed has shape \(\) and 1 NaN"),
    ((0, 1), [1, None], TypeError, "y: observed must be numbers, got dtype object"),
    ((0, 1), ["a"], TypeError, "y: observed must be numbers"),
    ((0, 1), [[1, 2], [3]], TypeError, "y: observed is not a regular array"),
    ((0, 1), np.array([1], "datetime64[s]"), TypeError, "y: observed must be numbers"),
    ((0, 1), np.array([1j]), TypeError, "y: observed must be numbers, got dtype complex"),
    ((0, 1), tt.vector("v"), TypeError, "y: observed must be data"),
    ((vector, 1), vector[:, None], ValueError, r"y: the observed data have shape \(3, 1\).*\(3,\)"),
    ((vector[:, None], 1), vector, ValueError, r"y: the observed data have shape \(3,\).*\(3, 1\)"),
    ((vector, 1), 1.0, ValueError, r"y: the observed data have shape \(\).*\(3,\)"),
    ((vector, 1), vector[:2], ValueError, r"y: the observed data have shape \(2,\).*\(3,\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "data", "error", "message"), OBSERVED_ERRORS, ids=lambda v: ""
)
def test_observed_data_are_checked(parameters, data, error, message):
    with pm.Model(), pytest.raises(error, match=message):
        pm.Normal("y", *parameters, observed=data)


def test_observed_and_shape_have_to_agree():
    with pm.Model() as model:
        pm.Normal("a", observed=vector, shape=3)
        with pytest.raises(ValueError, match=r"b: the observed data have shape \(3,\).*\(4,\)"):
            pm.Normal("b", observed=vector, shape=4)
    assert list(model.named_vars) == ["a"]


def test_an_observed_variable_is_its_data_in_expressions():
    with pm.Model() as model:
        y = pm.Normal("y", observed=vector)
        pm.Normal("mu", y.mean())
    assert model.compile_fn(y.sum())({"mu": 0.0}) == 6
    assert model.initial_point()["mu"] == 2
