"""The sampler core over densities written in C."""

import time

import numpy as np
import pytest
from graphcore._nuts import STAT_DTYPE, Chain, Status, Stop
from graphcore._testdensity import Density
from numpy.testing import assert_allclose, assert_array_equal

from graphcore.errors import SamplingError
from graphcore.sample import diagnostics
from graphcore.sample.nuts import sample_flat

CLOCKS = {"perf_counter_start", "perf_counter_diff", "process_time_diff"}


def run(density, chains=4, seed=1, **options):
    starts = np.random.default_rng(seed).uniform(-1, 1, (chains, density.dim))
    return sample_flat(
        density.address, density.user_data, starts, **{"random_seed": seed, **options}
    )


def check_moments(draws, sd):
    """Means 0 and the given sds, within 4 Monte Carlo standard errors of each."""
    x = draws / sd
    assert np.all(np.abs(x.mean(axis=(0, 1))) < 4 * diagnostics.mcse_mean(x))
    squares = x**2
    error = np.abs(squares.mean(axis=(0, 1)) - 1)
    assert np.all(error < 4 * diagnostics.mcse_mean(squares))


# ---------------------------------------------------------------------------------- right answers

NORMALS = {
    "one": Density("normal", 1),
    "scales": Density("normal", 10, np.logspace(-2, 2, 10) ** -2.0),
    "correlated": Density("ar1", 5, b=0.9),
    "hundred": Density("normal", 100),
}


@pytest.mark.parametrize("name", NORMALS)
def test_normals_have_their_moments(name):
    sd = np.logspace(-2, 2, 10) if name == "scales" else 1.0
    result = run(NORMALS[name], draws=5_000 if name == "hundred" else 20_000)
    check_moments(result.positions, sd)
    assert np.all(diagnostics.rhat(result.positions) < 1.01)
    assert not result.stats["diverging"].any()


@pytest.mark.slow
@pytest.mark.parametrize("name", NORMALS)
def test_normals_have_their_moments_to_a_thousandth(name):
    sd = np.logspace(-2, 2, 10) if name == "scales" else 1.0
    draws = 500_000 if NORMALS[name].dim <= 10 else 50_000
    check_moments(run(NORMALS[name], draws=draws, seed=2).positions, sd)


def test_a_fixed_step_size_without_warmup_is_unbiased():
    density = Density("ar1", 3, b=0.7)
    draws = []
    for k in range(4):
        chain = Chain(
            density.address,
            density.user_data,
            np.full(3, 0.5),
            np.array([0.5, 1.0, 2.0]),
            np.random.PCG64(k),
            Stop(),
            tune=0,
            draws=20_000,
            step_size=0.9,
        )
        assert chain.run() == Status.FINISHED
        assert chain.step_size == 0.9
        draws.append(chain.positions)
    check_moments(np.stack(draws), 1.0)


# ---------------------------------------------------------------------------------- bookkeeping


def test_statistics_are_consistent():
    density = Density("ar1", 4, b=0.5)
    result = run(density, draws=200, keep_warmup=True)
    stats = result.stats
    assert stats.dtype == STAT_DTYPE and stats.shape == (4, 200)
    for chain, draw in [(0, 0), (3, 199)]:
        logp, _ = density(result.positions[chain, draw])
        assert stats["lp"][chain, draw] == logp
    assert np.all(stats["energy"] >= -stats["lp"])
    assert np.all((stats["acceptance_rate"] > 0) & (stats["acceptance_rate"] <= 1))
    # A tree of depth d that was built has 2**d - 1 steps; an abandoned half adds fewer.
    full = 2.0 ** stats["tree_depth"] - 1
    assert np.all((stats["n_steps"] >= full) & (stats["n_steps"] <= 2 * full + 1))
    assert np.all(np.ptp(stats["step_size"], axis=1) == 0)
    assert result.warmup_positions.shape == (4, 1000, 4)
    assert result.warmup_stats.shape == (4, 1000)


def test_where_a_trajectory_went():
    """The leapfrog steps of a normal in one dimension, done again, end at the draw."""
    density = Density("normal", 1)
    result = run(density, draws=300, tune=100, chains=2)
    for chain in range(2):
        stats = result.stats[chain]
        scale = np.sqrt(result.inverse_mass[chain, 0])
        for i in range(1, 300):
            now, before = stats[i], stats[i - 1]
            start = now["energy"] - now["energy_error"]
            momentum = np.sqrt(max(0.0, 2 * (start + before["lp"])))
            ends = []
            for p in (momentum, -momentum):
                q = result.positions[chain, i - 1, 0]
                eps = np.copysign(now["step_size"], now["index_in_trajectory"])
                for _ in range(abs(now["index_in_trajectory"])):
                    p -= 0.5 * eps * scale * q
                    q += eps * scale * p
                    p -= 0.5 * eps * scale * q
                ends.append(q)
            assert np.min(np.abs(np.array(ends) - result.positions[chain, i, 0])) < 1e-6
        turned = stats["index_in_trajectory"]
        assert (turned < 0).any() and (turned > 0).any()
        assert np.all(np.abs(turned) < 2.0 ** stats["tree_depth"])
        assert np.all(np.abs(stats["max_energy_error"]) >= np.abs(stats["energy_error"]))


def test_the_step_size_that_warmup_would_end_with():
    result = run(Density("ar1", 4, b=0.5), draws=5, tune=200)
    mean = result.warmup_stats["step_size_bar"]
    assert_array_equal(mean[:, -1], result.stats["step_size"][:, 0])
    assert_array_equal(result.stats["step_size_bar"], result.stats["step_size"])
    late = mean[:, 160:]  # an average moves less than what it is taken of
    assert np.all(np.ptp(late, axis=1) < np.ptp(result.warmup_stats["step_size"][:, 160:], axis=1))


@pytest.mark.parametrize("slices", [False, True])
def test_transitions_follow_each_other_in_time(slices):
    watch = (lambda index, chain: None) if slices else None
    before = time.perf_counter()
    result = run(Density("ar1", 20, b=0.5), draws=500, tune=0, cores=1, callback=watch)
    for stats in result.stats:
        began, took = stats["perf_counter_start"], stats["perf_counter_diff"]
        assert np.all(took > 0) and np.all(np.diff(began) >= took[:-1] - 1e-9)
        assert 0 < stats["process_time_diff"].sum() <= 1.01 * took.sum() + 1e-4
        assert stats["process_time_diff"].min() >= 0
        assert took.sum() <= time.perf_counter() - before


def test_adaptation_finds_the_scales_and_the_acceptance_rate():
    sd = np.logspace(-2, 2, 6)
    result = run(Density("normal", 6, sd**-2), target_accept=0.9)
    ratio = result.inverse_mass / sd**2
    assert np.all((ratio > 0.7) & (ratio < 1.4))
    assert 0.85 < result.stats["acceptance_rate"].mean() < 0.97
    assert result.stats["n_steps"].mean() < 10


def test_higher_target_accept_takes_smaller_steps():
    density = Density("normal", 20)
    steps = [
        run(density, target_accept=t, draws=1).stats["step_size"].mean() for t in (0.6, 0.8, 0.95)
    ]
    assert steps[0] > steps[1] > steps[2]


def test_tree_depth_is_bounded_and_reported():
    density = Density("normal", 2, [1e6, 1e-6])
    result = run(density, tune=0, draws=20, max_treedepth=3)
    assert result.stats["tree_depth"].max() == 3
    assert result.stats["n_steps"].max() == 7
    assert result.stats["reached_max_treedepth"].any()


@pytest.mark.parametrize("tune", [0, 1, 5, 10, 19, 20, 21, 50, 100, 149, 150, 151, 500])
def test_short_warmups(tune):
    result = run(Density("normal", 3), tune=tune, draws=50, keep_warmup=True)
    assert np.isfinite(result.positions).all()
    assert result.warmup_stats.shape == (4, tune)
    assert (result.inverse_mass != 1).any() == (tune >= 20)


@pytest.mark.parametrize(
    ("tune", "closed"),
    [
        (1000, [30, 60, 120, 240, 950]),
        (2000, [30, 60, 120, 240, 480, 960, 1950]),
        (300, [30, 60, 120, 250]),
        (100, [30, 50]),
        (98, [48]),
        (80, [30]),
        (79, [72]),
        (20, [18]),
        (19, []),
    ],
)
def test_the_metric_changes_when_a_window_closes(tune, closed):
    density = Density("normal", 1)
    chain = Chain(
        density.address,
        density.user_data,
        np.zeros(1),
        np.ones(1),
        np.random.PCG64(0),
        Stop(),
        tune=tune,
        draws=0,
    )
    seen, before = [], chain.inverse_mass[0]
    while chain.done < tune:
        chain.run(1)
        if chain.inverse_mass[0] != before:
            seen.append(chain.done)
            before = chain.inverse_mass[0]
    assert seen == closed


# ---------------------------------------------------------------------------------- streams


def test_draws_do_not_depend_on_cores_or_slices():
    density = Density("funnel", 5)
    runs = [run(density, draws=200, tune=200, cores=cores) for cores in (1, 2, 4)]
    runs.append(run(density, draws=200, tune=200, callback=lambda index, chain: None))
    for other in runs[1:]:
        assert_array_equal(other.positions, runs[0].positions)
        for name in set(STAT_DTYPE.names) - CLOCKS:
            assert_array_equal(other.stats[name], runs[0].stats[name])


@pytest.mark.parametrize(
    "seed", [3, [1, 2, 3, 4], np.int64(3), "sequence", "generator", "state"], ids=str
)
def test_chains_differ_and_seeds_repeat(seed):
    make = {
        "sequence": lambda: np.random.SeedSequence(5),
        "generator": lambda: np.random.default_rng(5),
        "state": lambda: np.random.RandomState(5),
    }.get(seed if isinstance(seed, str) else None, lambda: seed)
    density = Density("normal", 2)
    first, second = (
        sample_flat(
            density.address, density.user_data, np.zeros((4, 2)), random_seed=make(), draws=10
        )
        for _ in range(2)
    )
    assert_array_equal(first.positions, second.positions)
    assert len(np.unique(first.positions[:, 0, 0])) == 4


def test_without_a_seed_every_run_is_new():
    density = Density("normal", 2)
    a, b = (run(density, random_seed=None, draws=5, tune=5).positions for _ in range(2))
    assert not np.any(a == b)


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        ("x", TypeError, "random_seed must be an integer"),
        (1.5, TypeError, "random_seed must be an integer"),
        ([1, 2], ValueError, "2 seeds for 4 chains"),
        (-1, ValueError, "must not be negative"),
    ],
)
def test_bad_seeds(seed, error, message):
    with pytest.raises(error, match=message):
        run(Density("normal", 2), random_seed=seed)


# ---------------------------------------------------------------------------------- trouble


def test_a_funnel_diverges():
    stats = run(Density("funnel", 10), seed=3, draws=4000).stats
    assert stats["diverging"].sum() > 10
    assert np.all(stats["divergence_reason"][stats["diverging"] == 1] == 1)


@pytest.mark.parametrize(("code", "reason"), [(0, 2), (4, 3)])
def test_failing_regions_are_divergences_with_their_reason(code, reason):
    """The draws are those of the normal restricted to where the density can be computed."""
    density = Density("trouble", 2, a=[1.5, 0], b=code)
    result = run(density, draws=5000)
    stats = result.stats
    assert stats["diverging"].sum() > 10
    assert np.all(stats["divergence_reason"][stats["diverging"] == 1] == reason)
    assert result.positions[..., 0].max() <= 1.5
    x = result.positions[..., 0]
    truncated_mean = -0.1387964  # -phi(1.5) / Phi(1.5)
    assert abs(x.mean() - truncated_mean) < 5 * diagnostics.mcse_mean(x)


def test_a_fatal_code_stops_every_chain_and_names_it():
    with pytest.raises(SamplingError, match=r"fatal code -7 \(chain \d, ") as caught:
        run(Density("trouble", 2, a=[1.5, 0], b=-7), draws=10_000_000)
    assert caught.value.position.shape == (2,)


@pytest.mark.parametrize(
    ("name", "message"),
    [("flat", "improper"), ("cusp", "gradient does not belong to the density")],
)
def test_densities_without_a_step_size(name, message):
    with pytest.raises(SamplingError, match=message):
        run(Density(name, 2))


@pytest.mark.parametrize(("code", "message"), [(0, "not finite"), (3, "not finite"), (-2, "-2")])
def test_bad_start(code, message):
    density = Density("trouble", 2, a=[1.5, 0], b=code)
    with pytest.raises(SamplingError, match=message):
        sample_flat(density.address, density.user_data, np.full((2, 2), 2.0), random_seed=1)


def test_arguments_are_checked():
    density = Density("normal", 2)
    with pytest.raises(ValueError, match="inverse_mass"):
        run(density, inverse_mass=[1.0, 0.0])
    with pytest.raises(ValueError, match="max_treedepth"):
        run(density, max_treedepth=0)


def test_a_good_metric_to_start_with_is_used():
    sd = np.array([1e-3, 1e3])
    result = run(Density("normal", 2, sd**-2), tune=0, draws=2000, inverse_mass=sd**2)
    assert_allclose(result.inverse_mass, np.broadcast_to(sd**2, (4, 2)))
    assert result.stats["n_steps"].mean() < 5


# ---------------------------------------------------------------------------------- stopping


def test_a_callback_can_stop_the_run():
    seen = []

    def stop_late(index, chain):
        seen.append(index)
        if index == 1 and chain.done == 150:
            while 0 not in seen:  # a busy machine may have left the other chain waiting
                time.sleep(0.01)
            raise KeyboardInterrupt

    result = run(Density("normal", 2), chains=2, tune=100, cores=2, callback=stop_late)
    assert result.interrupted
    assert set(seen) == {0, 1}
    assert 1 <= result.positions.shape[1] <= 1000
    assert result.positions.shape[:2] == result.stats.shape


def test_interrupted_before_the_first_draw():
    def stop(index, chain):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="before the first draw"):
        run(Density("normal", 2), callback=stop)


def test_an_error_in_a_callback_is_raised():
    def fail(index, chain):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(Density("normal", 2), callback=fail)


def test_unfinished_chains_are_left_out():
    """With one core the second chain never starts; the first one's draws are kept."""

    def stop(index, chain):
        if chain.done == 120:
            raise KeyboardInterrupt

    result = run(Density("normal", 2), chains=3, tune=100, cores=1, callback=stop)
    assert result.positions.shape[:2] == (1, 20)
    assert result.chains == (0,)
