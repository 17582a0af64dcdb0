"""The ``graphcore`` command."""

import subprocess
import sys

import numpy as np
import pytest

import graphcore
from graphcore.cli import main
from graphcore.demos import DEMOS

SHORT = ["--draws", "60", "--tune", "150", "--chains", "2", "--seed", "1", "--no-progress"]


@pytest.mark.parametrize("name", DEMOS)
def test_demo_prints_model_times_summary_and_divergences(name, capsys):
    assert main(["demo", name, *SHORT]) == 0
    out = capsys.readouterr().out
    model = DEMOS[name].build()
    for line in str(model).splitlines():
        assert line in out
    for text in ("model to first gradient", "each gradient", "sampling", "diverged", "ess_bulk"):
        assert text in out
    assert DEMOS[name].source in out


def test_demo_defaults_to_eight_schools(capsys):
    assert main(["demo", *SHORT]) == 0
    assert DEMOS["eight_schools"].title in capsys.readouterr().out


def test_demo_with_a_seed_is_repeatable(capsys):
    tables = []
    for _ in range(2):
        main(["demo", "wells", *SHORT])
        tables.append(capsys.readouterr().out.split("gradients while drawing")[1])
    assert tables[0] == tables[1]


def test_demo_saves_a_plot(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "trace.png"
    assert main(["demo", "wells", *SHORT, "--plot", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert str(path) in capsys.readouterr().out


def test_plot_without_matplotlib_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match=r"graphcore\[plot\]"):
        main(["demo", "wells", *SHORT, "--plot", str(tmp_path / "trace.png")])


@pytest.mark.parametrize("name", ["missing/trace.png", "trace.nothing"])
def test_a_plot_that_cannot_be_saved_is_one_sentence(name, tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(SystemExit, match=r"(?s)could not be saved.*(missing|nothing)"):
        main(["demo", "wells", *SHORT, "--plot", str(tmp_path / name)])


def test_info_prints_the_configuration(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert graphcore.__version__ in out


@pytest.mark.parametrize("name", DEMOS)
def test_explain_prints_the_program(name, capsys):
    assert main(["explain", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(DEMOS[name].title)
    assert len(out.splitlines()) > 5


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["demo", "nine_schools"], "eight_schools"),
        (["demo", "--draws", "0"], "0 is less than 1"),
        (["demo", "--chains", "two"], "two"),
        ([], "COMMAND"),
    ],
)
def test_wrong_arguments_are_named(argv, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_interruption_before_the_first_draw_is_one_line(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("graphcore.cli.pm.sample", interrupted)
    assert main(["demo", "wells", *SHORT]) == 130
    assert capsys.readouterr().err == "graphcore: interrupted\n"


def test_a_closed_pipe_ends_quietly():
    command = f"{sys.executable} -m graphcore explain varying_slopes | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [DEMOS["varying_slopes"].title]
    assert not done.stderr


def test_the_module_is_the_command():
    command = [sys.executable, "-m", "graphcore", "--version"]
    assert subprocess.check_output(command, text=True).strip() == graphcore.__version__


@pytest.mark.parametrize("name", DEMOS)
def test_demo_models_have_a_finite_density_and_gradient(name):
    f = DEMOS[name].build().logp_dlogp_function()
    value, gradient = f(np.zeros(f.dim))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
