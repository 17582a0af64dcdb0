"""Diagnostics against numbers of ArviZ 0.23.4, and against ArviZ itself when it is installed."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from graphcore.sample import diagnostics
from graphcore.sample.summary import summary

NAMES = ("rhat", "ess_bulk", "ess_tail", "ess_mean", "mcse_mean", "mcse_sd")


def autoregression(rho, shape, rng):
    x = np.zeros(shape)
    for t in range(1, shape[1]):
        x[:, t] = rho * x[:, t - 1] + rng.normal(size=shape[0])
    return x


def case(name):
    rng = np.random.default_rng(7)
    return {
        "independent": lambda: rng.normal(size=(4, 100)),
        "positive": lambda: autoregression(0.9, (4, 250), rng),
        "antithetic": lambda: autoregression(-0.6, (3, 101), rng),
        "cauchy": lambda: rng.standard_cauchy((2, 200)),
        "shifted": lambda: rng.normal(size=(4, 100)) + np.array([0, 0, 0, 2.0])[:, None],
        "one chain": lambda: rng.normal(size=(1, 64)),
        "ties": lambda: rng.poisson(2, (4, 50)).astype(float),
        "short": lambda: rng.normal(size=(2, 5)),
        "walk": lambda: rng.normal(size=(2, 80)).cumsum(axis=1),
    }[name]()


# As the functions of NAMES.
ARVIZ = {
    "independent": [
        0.99838890499,
        412.8092068,
        338.60917122,
        411.07535665,
        0.045577830109,
        0.030680161823,
    ],
    "positive": [
        1.0633638541,
        61.541602466,
        127.90325248,
        61.515489938,
        0.28371360271,
        0.15285801455,
    ],
    "antithetic": [
        1.0047590546,
        743.13637642,
        278.86751331,
        743.13637642,
        0.039894001981,
        0.050851326892,
    ],
    "cauchy": [0.99926059477, 319.11831025, 367.40918673, 404.85617437, 1.1807156961, 9.8653195947],
    "shifted": [
        1.3849338345,
        9.3697764245,
        57.891550283,
        8.5087674382,
        0.44492874385,
        0.15498043686,
    ],
    "one chain": [np.nan, 14.908523438, 63.268117363, 14.518669452, 0.22896816774, 0.066356743481],
    "ties": [
        1.0169384047,
        192.46646852,
        122.20205687,
        202.11818608,
        0.095776169972,
        0.070411007489,
    ],
    "short": [1.5355014764, 7.2247198959, 7.2247198959, 7.2247198959, 0.25309902115, 0.19656014621],
    "walk": [1.6289685299, 3.6090428206, 25.246086733, 3.1718611761, 3.2031519929, 0.91195658375],
}


@pytest.mark.parametrize("name", ARVIZ)
def test_stored_numbers_of_arviz(name):
    draws = case(name)
    ours = [getattr(diagnostics, f)(draws) for f in NAMES]
    assert_allclose(ours, ARVIZ[name], rtol=1e-9)


@pytest.mark.parametrize("name", ARVIZ)
def test_installed_arviz(name):
    arviz = pytest.importorskip("arviz")
    draws = case(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if draws.shape[0] > 1:
            assert_allclose(diagnostics.rhat(draws), arviz.rhat(draws), rtol=1e-10)
        for method in ("bulk", "tail", "mean"):
            ours = getattr(diagnostics, f"ess_{method}")(draws)
            assert_allclose(ours, arviz.ess(draws, method=method), rtol=1e-10)
        assert_allclose(diagnostics.bfmi(draws), arviz.bfmi(draws), rtol=1e-10)


def test_trailing_axes_are_separate_scalars():
    draws = np.random.default_rng(0).normal(size=(4, 50, 2, 3))
    draws[..., 1, 2] += np.arange(4)[:, None]
    for name in NAMES:
        function = getattr(diagnostics, name)
        assert function(draws).shape == (2, 3)
        assert_allclose(function(draws)[1, 2], function(draws[:, :, 1, 2]))
    assert_allclose(
        diagnostics.convergence(draws),
        [diagnostics.rhat(draws), diagnostics.ess_bulk(draws)],
    )


@pytest.mark.parametrize("name", NAMES)
def test_draws_that_cannot_be_judged(name):
    function = getattr(diagnostics, name)
    good = np.random.default_rng(0).normal(size=(2, 50))
    for bad in (np.nan, np.inf):
        broken = good.copy()
        broken[1, 7] = bad
        assert np.isnan(function(broken))
    assert np.isnan(function(good[:, :3]))
    assert function(np.empty((2, 50, 0))).shape == (0,)
    with pytest.raises(ValueError, match=r"\(chain, draw, ...\)"):
        function(good[0])


def test_a_constant_has_full_size_and_no_r_hat():
    draws = np.full((4, 100), 3.0)
    assert np.isnan(diagnostics.rhat(draws))
    assert diagnostics.ess_bulk(draws) == 400
    assert diagnostics.mcse_mean(draws) == diagnostics.mcse_sd(draws) == 0


def test_summary_table():
    rng = np.random.default_rng(3)
    draws = {"mu": rng.normal(size=(4, 500)), "b": rng.normal(5, 1e-3, (4, 500, 2, 1))}
    table = summary(draws)
    assert table.rows == ["mu", "b[0, 0]", "b[1, 0]"]
    assert_allclose(table["mu", "mean"], draws["mu"].mean())
    assert_allclose(table["b[1, 0]", "q95"], np.quantile(draws["b"][:, :, 1, 0], 0.95))
    assert_allclose(table["ess_bulk"][0], diagnostics.ess_bulk(draws["mu"]))
    text = str(table).splitlines()
    assert len(text) == 4 and len({len(line) for line in text}) == 1
    assert text[2].split()[2:4] == ["5.00000", "0.00100"] or "5.0000" in text[2]
    assert summary(draws, var_names="mu").rows == ["mu"]
    assert summary(draws, var_names=["b"]).to_dict().keys() == {"b[0, 0]", "b[1, 0]"}


def test_summary_names_what_is_missing():
    with pytest.raises(KeyError, match=r"no variable 'nu'.*there are mu"):
        summary({"mu": np.zeros((2, 10))}, var_names=["nu"])
    with pytest.raises(KeyError, match="no row 'nu'"):
        summary({"mu": np.random.default_rng(0).normal(size=(2, 10))})["nu", "mean"]
