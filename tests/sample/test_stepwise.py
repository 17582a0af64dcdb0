"""A chain whose draws are looked at while it runs."""

import numpy as np
import pytest
import scipy.stats as st

import graphcore.model as pm


def test_the_trace_grows_by_one_draw():
    seen = []
    with pm.Model() as model:
        x = pm.Normal("x", 3, 1)
        sd = pm.HalfNormal("sd", 1)
        pm.Deterministic("twice", 2 * x)
        steps = [pm.Metropolis([x]), pm.Slice([sd])]
        found = list(
            pm.iter_sample(20, steps, tune=5, random_seed=1, callback=lambda *a: seen.append(a))
        )
    assert [len(t) for t in found] == list(range(1, 21))
    assert set(found[-1].varnames) == {"x", "sd", "twice", "sd_log__"}
    for i, (trace, (same, draw)) in enumerate(zip(found, seen, strict=True)):
        assert same is trace and draw.draw_idx == i and draw.tuning == (i < 5)
        assert trace["x"][-1] == draw.point["x"] == found[-1]["x"][i]
        assert trace["twice"][-1] == 2 * draw.point["x"]
        assert trace["sd"][-1] == pytest.approx(np.exp(draw.point["sd_log__"]), rel=1e-14)
    assert seen[-1][1].is_last and not seen[-2][1].is_last
    kept = list(pm.iter_sample(2, pm.Metropolis(model=model), trace=[x], model=model))
    assert "twice" not in kept[-1].varnames


@pytest.mark.parametrize("method", [pm.NUTS, pm.Slice])
def test_draws_have_the_distribution_of_the_model(method):
    with pm.Model():
        pm.Normal("x", 3, 2)
        *_, trace = pm.iter_sample(1500, method(), {"x": 2.0}, tune=300, random_seed=2)
    assert st.kstest(trace["x"][300::10], st.norm(3, 2).cdf).pvalue > 1e-3


def test_bad_numbers_of_draws_are_refused():
    with pm.Model():
        pm.Normal("x")
        for draws, tune in ((0, 0), (5, 6)):
            with pytest.raises(ValueError, match="draws must be at least 1"):
                pm.iter_sample(draws, pm.Metropolis(), tune=tune)
