"""A short run of the fuzzer."""

import json

import fuzz
import pytest


@pytest.mark.parametrize("start", [10**6, 2 * 10**6])
def test_random_graphs_have_one_value(start, capsys):
    assert fuzz.main(["15", "--seed", str(start)]) == 0, capsys.readouterr().out


def test_the_fuzzer_sees_a_wrong_rule(monkeypatch, capsys):
    monkeypatch.setattr(fuzz, "rewrite", lambda outputs, **options: [v * 1.001 for v in outputs])
    assert fuzz.main(["8", "--seed", "3"]) == 1
    assert "rewriting: output" in capsys.readouterr().out


def test_the_fuzzer_sees_what_is_wrong_without_a_rule(monkeypatch, capsys):
    def rewritten(outputs, exclude=(), **options):
        return [v * 1.001 for v in outputs] if exclude else rewrite(outputs, **options)

    rewrite = fuzz.rewrite
    monkeypatch.setattr(fuzz, "rewrite", rewritten)
    assert fuzz.main(["8", "--seed", "3"]) == 1
    assert "rewriting without" in capsys.readouterr().out


def test_a_run_goes_on_where_its_log_ends(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fuzz, "BLOCK", 2)
    log = tmp_path / "log"
    command = ["4", "--seed", "30", "--log", str(log)]
    assert fuzz.main(command) == 0
    whole, summary = log.read_text().splitlines(), capsys.readouterr().out
    assert "4 graphs, 0 differ" in summary
    # the second block as if a graph had differed, and the first not done
    log.write_text(json.dumps(json.loads(whole[1]) | {"differ": {"33": "told"}}) + "\n")
    asked = []
    check = fuzz.check
    monkeypatch.setattr(fuzz, "check", lambda seed: asked.append(seed) or check(seed))
    assert fuzz.main(command) == 1
    assert asked == [30, 31]
    assert capsys.readouterr().out == summary.replace("0 differ", "1 differ: 33")


@pytest.mark.slow
def test_processes_find_what_one_finds(capsys):
    assert fuzz.main(["200", "--seed", "77"]) == 0
    summary = capsys.readouterr().out
    assert fuzz.main(["200", "--seed", "77", "--jobs", "2"]) == 0
    assert capsys.readouterr().out == summary
